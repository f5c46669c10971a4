"""The lamps of a card stand: near the card, so that what they throw moves over it as it tilts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.card_scene import Lamps
from renderers.errors import RendererError

Rgb = tuple[float, float, float]
Matrix3 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """A rectangle of light, or a round one, that looks at the card's middle. Angles in degrees: ``azimuth``
    counter-clockwise from the viewer's right, ``off`` from the axis to the viewer; ``share`` is what it adds to a
    white matt card at rest (display white is 1), in the lamp's colour. ``width_mm`` lies across the plane of the axis
    and the lamp. ``mirrored`` is how much of it mirrors and gratings see: who takes photographs of foil puts a
    polariser before the softbox and on the lens, so that it lights the print and does not veil the foil.
    """

    azimuth: float
    off: float
    distance_mm: float
    width_mm: float
    height_mm: float
    share: float
    mirrored: float = 1.0
    colour: Rgb = (1.0, 1.0, 1.0)
    round: bool = False

    @property
    def size(self) -> float:
        """The standard deviation of the directions to it, seen from the card's middle, in radians."""
        return float(np.sqrt(self.width_mm * self.height_mm / 12)) / self.distance_mm


@dataclass(frozen=True, kw_only=True)
class CardStand:
    """Lamps in a dark surround that is graded from below to above. The first ``coated`` of them are mirrored by the
    clear coat, those from ``grated`` on are taken apart by gratings; ``key`` throws the shadow.
    """

    lamps: tuple[Lamp, ...]
    coated: int
    grated: int
    key: int
    above: Rgb
    below: Rgb

    @property
    def apart(self) -> tuple[Lamp, ...]:
        """The lamps that gratings take apart."""
        return self.lamps[self.grated :]


_WARM, _COOL, _PLAIN = (1.0, 0.95, 0.88), (0.92, 0.97, 1.0), (1.0, 1.0, 1.0)
_COAT_CAP, _METAL_CAP = 8.0, 1.8  # radiance that a lamp shows at most in a coat, in metal
_GLOSS_CAP = 30.0  # in a thick varnish, whose glints are all that there is to see of it


def _point(azimuth: float, off: float, share: float, colour: Rgb = _PLAIN, size: float = 9.0) -> Lamp:
    """A small round lamp, which foil sees and the print hardly."""
    return Lamp(
        azimuth=azimuth,
        off=off,
        distance_mm=360,
        width_mm=size,
        height_mm=size,
        share=share,
        mirrored=2.4,
        colour=colour,
        round=True,
    )


@dataclass(frozen=True, kw_only=True)
class Lobe:
    """What a rough mirror of GGX ``alpha`` sends to one eye; no lamp is brighter in it than ``cap`` (at no exposure):
    a film on the lens would clip the rest.
    """

    alpha: float
    cap: float | None = None

    @classmethod
    def coat(cls, roughness: float) -> Lobe:
        """Of a clear coat."""
        return cls(alpha=max(roughness, 0.04) ** 2, cap=_COAT_CAP)

    @classmethod
    def gloss(cls, roughness: float) -> Lobe:
        """Of a thick varnish on a part of the card."""
        return cls(alpha=max(roughness, 0.04) ** 2, cap=_GLOSS_CAP)

    @classmethod
    def metal(cls, roughness: float) -> Lobe:
        """Of a sheet of metal, which is never quite flat."""
        return cls(alpha=max(roughness, 0.08) ** 2, cap=_METAL_CAP)


STANDS: Final[Mapping[str, CardStand]] = MappingProxyType(
    {
        # A softbox from the upper left, a strip from the right, and small lamps to the sides, above and below, so far
        # off that at any tilt within 30 degrees one of their orders comes back from gratings of 800 to 2000 nm.
        "studio": CardStand(
            lamps=(
                Lamp(azimuth=122, off=42, distance_mm=430, width_mm=200, height_mm=200, share=0.62, mirrored=0.12),
                Lamp(
                    azimuth=-8,
                    off=60,
                    distance_mm=420,
                    width_mm=300,
                    height_mm=36,
                    share=0.1,
                    mirrored=0.7,
                    colour=_COOL,
                ),
                _point(-3, 28, 0.055, _WARM),
                _point(176, 20, 0.05),
                _point(87, 27, 0.055),
                _point(266, 21, 0.05, _COOL),
                _point(35, 45, 0.055, _WARM),
            ),
            coated=2,
            grated=2,
            key=0,
            above=(0.085, 0.09, 0.1),
            below=(0.02, 0.02, 0.024),
        ),
        # A tall window on the left and the room's own lamps: broad light, pale rainbows, deep gradients.
        "window": CardStand(
            lamps=(
                Lamp(
                    azimuth=172,
                    off=48,
                    distance_mm=480,
                    width_mm=300,
                    height_mm=170,
                    share=0.7,
                    mirrored=0.4,
                    colour=_COOL,
                ),
                Lamp(azimuth=20, off=62, distance_mm=460, width_mm=140, height_mm=140, share=0.1, colour=_WARM),
                _point(95, 30, 0.06, _WARM, 20.0),
                _point(300, 38, 0.06, _WARM, 20.0),
                _point(5, 44, 0.05, _WARM, 20.0),
            ),
            coated=2,
            grated=0,
            key=0,
            above=(0.14, 0.145, 0.16),
            below=(0.06, 0.055, 0.05),
        ),
        # One hard lamp close by, a second one, and a strip far to the side: deep shadow, the purest colours.
        "spot": CardStand(
            lamps=(
                Lamp(azimuth=200, off=64, distance_mm=420, width_mm=240, height_mm=30, share=0.08, colour=_COOL),
                Lamp(
                    azimuth=105,
                    off=27,
                    distance_mm=340,
                    width_mm=9,
                    height_mm=9,
                    share=0.62,
                    mirrored=0.5,
                    colour=_WARM,
                    round=True,
                ),
                _point(-60, 38, 0.1, _COOL),
            ),
            coated=2,
            grated=1,
            key=1,
            above=(0.045, 0.045, 0.052),
            below=(0.014, 0.014, 0.016),
        ),
    }
)


def stand(lamps: Lamps) -> CardStand:
    """The preset's lamps. Raises RendererError ``renderer.bad_card`` for one that there is not."""
    if lamps.preset not in STANDS:
        message = f"there is no card stand '{lamps.preset}'; there are {', '.join(STANDS)}"
        raise RendererError(message, code="renderer.bad_card", ours=False)
    return STANDS[lamps.preset]


def place(lamp: Lamp, turn: float) -> NDArray[np.float64]:
    """Where a lamp is when the stand is turned by ``turn`` degrees: millimetres from the card's middle, in the
    viewer's axes.
    """
    return np.asarray(_axes(lamp, turn)[0] * lamp.distance_mm)


def rows(lamps: Lamps, to_face: Matrix3) -> NDArray[np.float32]:
    """Five rows for each lamp, float32[5 n, 4], in the axes of the face: place and size; the axes over the half
    sides, and the way that the lamp faces, each with the place's own coordinate; radiance times area over pi, as
    gratings see it, and the least variance of a direction to the lamp.
    """
    found = []
    for lamp in stand(lamps).lamps:
        towards, across, along = (to_face @ axis for axis in _axes(lamp, lamps.turn))
        at = towards * lamp.distance_mm
        found.append([*at, lamp.size])
        axes = (across * 2 / lamp.width_mm, along * 2 / lamp.height_mm, -towards)
        found += [[*axis, axis @ at] for axis in axes]
        light = _radiance(lamp, lamps.exposure) * lamp.width_mm * lamp.height_mm / pi
        found.append([*(light * lamp.mirrored), lamp.size**2 + 4e-4])
    return np.array(found, dtype=np.float32)


def lobe_rows(lamps: Lamps, lobes: Sequence[Lobe]) -> NDArray[np.float32]:
    """Two rows for each lobe and each lamp, float32[2 n k, 4]: the lamp's radiance times the share of the lobe that
    its image fills (the product of the shares along both sides, for the marginal of GGX is x / sqrt(1 + x^2)), and
    how fast the lobe falls off along both sides; then how much of the image's half sides comes before that: a round
    lamp falls off from its middle on.
    """
    found = []
    gain = 2.0**lamps.exposure
    for lobe in lobes:
        for lamp in stand(lamps).lamps:
            wide = 2 * lobe.alpha * lamp.distance_mm
            half = np.array([lamp.width_mm, lamp.height_mm]) / 2
            reach = np.hypot(half, wide)
            radiance = _radiance(lamp, lamps.exposure) * lamp.mirrored * float(np.prod(half / reach))
            if lobe.cap is not None:
                radiance *= min(1.0, lobe.cap * gain / max(float(radiance.max()), 1e-9))
            # A softbox is brightest in its middle: its image has no hard edge.
            sharp, core = (half / reach, 0.0) if lamp.round else (half / np.hypot(wide, _SOFT * half), 1 - _SOFT)
            found += [[*radiance, sharp[0]], [sharp[1], core, 0.0, 0.0]]
    return np.array(found, dtype=np.float32)


_SOFT: Final = 0.5  # of a softbox's half sides, over which it fades
_FIT: Final = 5  # places a side at which the light is computed


def diffuse(lamps: Lamps, to_face: Matrix3, half: tuple[float, float]) -> NDArray[np.float32]:
    """What a white matt face gives back, float32[6, 3]: the polynomial 1, x, y, x^2, xy, y^2 (shares of the half
    sides) that fits it best; it changes so little over a card that more would not be seen.
    """
    side = np.linspace(-1, 1, _FIT)
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    points = np.stack([x * half[0], y * half[1], np.zeros_like(x)], axis=-1)
    light = _falling(lamps, to_face, points, np.array([0.0, 0.0, 1.0]))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    return np.asarray(np.linalg.lstsq(terms, light, rcond=None)[0], dtype=np.float32)


def beside(lamps: Lamps, to_face: Matrix3) -> NDArray[np.float32]:
    """What white matt walls of the card give back that look to the right, up, left and down: float32[4, 3]."""
    sides = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], dtype=np.float64)
    middle = np.zeros((1, 3))
    return np.array([_falling(lamps, to_face, middle, side)[0] for side in sides], dtype=np.float32)


def _falling(
    lamps: Lamps, to_face: Matrix3, points: NDArray[np.float64], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What white matt surfaces at ``points`` (float64[n, 3]) that look along ``normal`` give back, float64[n, 3]."""
    preset = stand(lamps)
    share = (to_face.T @ normal)[1] / 2 + 0.5
    surround = np.array(preset.below) + (np.array(preset.above) - np.array(preset.below)) * share
    total = np.tile(surround * 2.0**lamps.exposure, (len(points), 1))
    for lamp in preset.lamps:
        to = to_face @ place(lamp, lamps.turn) - points
        squared = (to**2).sum(axis=-1, keepdims=True)
        facing = np.maximum(to @ normal, 0)[:, None] / np.sqrt(squared)
        total += _radiance(lamp, lamps.exposure) * lamp.width_mm * lamp.height_mm / pi * facing / squared
    return total


def _axes(lamp: Lamp, turn: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    around, off = radians(lamp.azimuth + turn), radians(lamp.off)
    towards = np.array([sin(off) * cos(around), sin(off) * sin(around), cos(off)])
    across = np.array([-sin(around), cos(around), 0.0])
    return towards, across, np.cross(towards, across)


def _radiance(lamp: Lamp, exposure: float) -> NDArray[np.float64]:
    solid = lamp.width_mm * lamp.height_mm / lamp.distance_mm**2
    return np.asarray(np.array(lamp.colour) * lamp.share * pi / (solid * cos(radians(lamp.off))) * 2.0**exposure)

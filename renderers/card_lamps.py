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
    """A rectangle of light that looks at the card's middle. Angles in degrees: ``azimuth`` counter-clockwise from
    the viewer's right, ``off`` from the axis to the viewer; ``share`` is what it adds to a white matt card at rest
    (display white is 1), in the lamp's colour. ``width_mm`` lies across the plane of the axis and the lamp.
    """

    azimuth: float
    off: float
    distance_mm: float
    width_mm: float
    height_mm: float
    share: float
    colour: Rgb = (1.0, 1.0, 1.0)

    @property
    def size(self) -> float:
        """The standard deviation of the directions to it, seen from the card's middle, in radians."""
        return float(np.sqrt(self.width_mm * self.height_mm / 12)) / self.distance_mm


@dataclass(frozen=True, kw_only=True)
class CardStand:
    """Lamps in a dark surround that is graded from below to above."""

    lamps: tuple[Lamp, ...]
    above: Rgb
    below: Rgb


_WARM, _COOL = (1.0, 0.95, 0.88), (0.9, 0.96, 1.0)

STANDS: Final[Mapping[str, CardStand]] = MappingProxyType(
    {
        # A softbox from the upper left, a strip from the right, and small lamps all round that wake the foil.
        "studio": CardStand(
            lamps=(
                Lamp(azimuth=122, off=38, distance_mm=430, width_mm=210, height_mm=210, share=0.46),
                Lamp(azimuth=-8, off=58, distance_mm=420, width_mm=40, height_mm=300, share=0.13, colour=_COOL),
                Lamp(azimuth=68, off=24, distance_mm=360, width_mm=7, height_mm=7, share=0.12, colour=_WARM),
                Lamp(azimuth=165, off=29, distance_mm=340, width_mm=7, height_mm=7, share=0.10),
                Lamp(azimuth=248, off=26, distance_mm=380, width_mm=7, height_mm=7, share=0.10, colour=_COOL),
                Lamp(azimuth=330, off=31, distance_mm=350, width_mm=7, height_mm=7, share=0.10, colour=_WARM),
            ),
            above=(0.10, 0.105, 0.115),
            below=(0.03, 0.03, 0.034),
        ),
        # A tall window on the left and the room's own lamps: broad light, pale rainbows, deep gradients.
        "window": CardStand(
            lamps=(
                Lamp(azimuth=172, off=44, distance_mm=480, width_mm=330, height_mm=200, share=0.66, colour=_COOL),
                Lamp(azimuth=20, off=62, distance_mm=460, width_mm=160, height_mm=160, share=0.1, colour=_WARM),
                Lamp(azimuth=95, off=27, distance_mm=420, width_mm=16, height_mm=16, share=0.1, colour=_WARM),
                Lamp(azimuth=300, off=33, distance_mm=420, width_mm=16, height_mm=16, share=0.08, colour=_WARM),
            ),
            above=(0.16, 0.165, 0.18),
            below=(0.07, 0.065, 0.06),
        ),
        # One hard lamp close by, a second far to the side: deep shadow, the purest colours.
        "spot": CardStand(
            lamps=(
                Lamp(azimuth=105, off=27, distance_mm=340, width_mm=9, height_mm=9, share=0.62, colour=_WARM),
                Lamp(azimuth=-60, off=34, distance_mm=360, width_mm=7, height_mm=7, share=0.16, colour=_COOL),
                Lamp(azimuth=200, off=64, distance_mm=420, width_mm=30, height_mm=240, share=0.06, colour=_COOL),
            ),
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
    sides, and the way that the lamp faces, each with the place's own coordinate; radiance times area over pi.
    """
    found = []
    for lamp in stand(lamps).lamps:
        towards, across, along = (to_face @ axis for axis in _axes(lamp, lamps.turn))
        at = towards * lamp.distance_mm
        found.append([*at, lamp.size])
        axes = (across * 2 / lamp.width_mm, along * 2 / lamp.height_mm, -towards)
        found += [[*axis, axis @ at] for axis in axes]
        found.append([*(_radiance(lamp, lamps.exposure) * lamp.width_mm * lamp.height_mm / pi), 0.0])
    return np.array(found, dtype=np.float32)


def lobes(lamps: Lamps, alphas: Sequence[float]) -> NDArray[np.float32]:
    """Two rows for each lobe of GGX ``alphas`` and each lamp, float32[2 n k, 4]: the lamp's radiance times the share
    of the lobe that its image fills (the product of the shares along both sides, for the marginal of GGX is
    x / sqrt(1 + x^2)), and how fast the lobe falls off beyond the image along both sides. The first lobe's second
    row also holds the least variance of a direction to the lamp.
    """
    found = []
    for alpha in alphas:
        for lamp in stand(lamps).lamps:
            wide = 2 * alpha * lamp.distance_mm
            half = np.array([lamp.width_mm, lamp.height_mm]) / 2
            share = float(np.prod(half / np.hypot(half, wide)))
            found.append([*(_radiance(lamp, lamps.exposure) * share), half[0] / wide])
            found.append([half[1] / wide, lamp.size**2 + 4e-4, 0.0, 0.0])
    return np.array(found, dtype=np.float32)


def _axes(lamp: Lamp, turn: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    around, off = radians(lamp.azimuth + turn), radians(lamp.off)
    towards = np.array([sin(off) * cos(around), sin(off) * sin(around), cos(off)])
    across = np.array([-sin(around), cos(around), 0.0])
    return towards, across, np.cross(towards, across)


def _radiance(lamp: Lamp, exposure: float) -> NDArray[np.float64]:
    solid = lamp.width_mm * lamp.height_mm / lamp.distance_mm**2
    return np.asarray(np.array(lamp.colour) * lamp.share * pi / (solid * cos(radians(lamp.off))) * 2.0**exposure)

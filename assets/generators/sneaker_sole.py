"""The cupsole of a trainer: an outsole with a tread, a midsole whose wall is stitched to the upper."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import sneaker_last as last
from assets.generators.lofts import surface, unit
from assets.generators.solids import joined
from assets.generators.threads import seam
from assets.model import Material, Primitive

Array = NDArray[np.float64]

COLUMNS: Final = 132
_SPRING: Final = 0.011
"""Metres that the sole's tip stands above the ground."""

# Outwards from the feather line, which edge of the sole (0 the lower, 1 the upper), up from there: metres.
_Profile = tuple[tuple[float, int, float], ...]
_UNDER: Final[_Profile] = ((0.0024, 0, 0.0),)
_TREAD: Final[tuple[_Profile, ...]] = (
    ((0.0024, 0, 0.0), (0.0056, 0, 0.0012), (0.0068, 0, 0.0030), (0.0069, 0, 0.0062), (0.0064, 0, 0.0068)),
    ((0.0064, 0, 0.0068), (0.0048, 0, 0.0070)),
)
_WALL: Final[tuple[_Profile, ...]] = (
    ((0.0048, 0, 0.0070), (0.0058, 0, 0.0073), (0.0064, 0, 0.0084), (0.0062, 1, -0.0105), (0.0058, 1, -0.0092)),
    ((0.0058, 1, -0.0092), (0.0045, 1, -0.0089), (0.0044, 1, -0.0071), (0.0056, 1, -0.0068)),
    (
        (0.0056, 1, -0.0068),
        (0.0054, 1, -0.0016),
        (0.0048, 1, -0.0004),
        (0.0036, 1, 0.0),
        (0.0020, 1, -0.0002),
        (0.0008, 1, -0.0014),
        (0.0000, 1, -0.0050),
    ),
)
_GROOVE: Final = (0.00444, -0.0080)
_CORE: Final = (-0.035, 0.175)
"""From where to where the foot's axis runs."""


def lower(points: Array) -> Array:
    """The height of the sole's lower edge at points of the feather line, float64[n, 3]: float64[n]."""
    z = points[..., 2]
    tip = np.clip((z - 0.120) / 0.100, 0, 1)
    heel = np.clip((-z - 0.040) / 0.030, 0, 1)
    return np.asarray(last.FLOOR + _SPRING * tip**2 + 0.003 * heel**2)


def upper(points: Array) -> Array:
    """The height of the wall's upper edge: float64[n]."""
    z = points[..., 2]
    tip = np.clip((z - 0.150) / 0.070, 0, 1)
    heel = np.clip((-z - 0.010) / 0.060, 0, 1)
    return np.asarray(0.0655 + 0.0070 * tip * tip * (3 - 2 * tip) + 0.0035 * heel * heel)


def _rows(profile: _Profile, s: Array) -> Array:
    line, out = last.feather(s), last.outward(s)
    rows = np.stack([line + out * away for away, _, _ in profile])
    for row, (_, which, height) in zip(rows, profile, strict=True):
        row[:, 1] = (upper(line) if which else lower(line)) + height
    return rows


def _faces(profiles: tuple[_Profile, ...], material: Material) -> list[Primitive]:
    s = np.linspace(0, 1, COLUMNS + 1)
    out = last.outward(s)
    return [surface(_rows(profile, s), material, outward=out, around=True) for profile in profiles]


def rubber(material: Material) -> Primitive:
    """The midsole: its wall with the groove that the stitches lie in."""
    return joined(_faces(_WALL, material))


def tread(material: Material) -> Primitive:
    """The outsole: its edge and what stands on the ground."""
    rings = _rings(_rows(_UNDER, np.linspace(0, 1, COLUMNS + 1))[0], (1.0, 0.85, 0.6, 0.3, 0.0))
    down = np.array([0.0, -1.0, 0.0])
    under = surface(rings, material, outward=down, around=True, uv=rings[..., [0, 2]])
    return joined([*_faces(_TREAD, material), under])


def _rings(ring: Array, shares: tuple[float, ...]) -> Array:
    """A ring float64[n, 3] drawn in towards the foot's axis, step by step: float64[k, n, 3]."""
    core = ring * np.array([0.0, 1.0, 1.0])
    core[:, 2] = np.clip(core[:, 2], *_CORE)
    return np.stack([core + share * (ring - core) for share in shares])


def insole(ring: Array, material: Material) -> Primitive:
    """What the foot stands on, within a ring float64[n, 3] that closes on itself."""
    rings = _rings(ring, (1.0, 0.7, 0.35, 0.0))
    up = np.broadcast_to([0.0, 1.0, 0.0], rings.shape)
    return surface(rings, material, outward=up, normals=up, around=True, uv=rings[..., [0, 2]])


def stitched(material: Material) -> Primitive:
    """The thread in the wall's groove."""
    s = np.linspace(0, 1, 4 * COLUMNS + 1)
    line, out = last.feather(s), last.outward(s)
    points = line + out * _GROOVE[0]
    points[:, 1] = upper(line) + _GROOVE[1]
    return seam(points, unit(out), material, every=0.0056, long=0.0042, wide=0.0011, high=0.0007)

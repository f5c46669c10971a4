"""The shape of a low shoe about a foot that stands flat: a surface from the sole's edge up to the opening.

Coordinates are the shoe's own, metres: x to the outer side, y up from the floor that the figure's toes touch,
z forward; :func:`placed` puts the left one on the figure's foot, and mirrors it for the right. The surface is a loft
of cubic curves (Hermite) from the feather line, where upper and sole meet, to the edge of the opening, which runs
round the heel, along the collar, down one side of the throat and up the other.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from assets.generators.lofts import runs, unit

Array = NDArray[np.float64]

HEEL: Final = (0.0945, 0.0, 0.0)
"""Where the left shoe's own origin is on the figure."""
TURN: Final = np.radians(5.0)
"""How far the left foot points outwards."""
FLOOR: Final = 0.037
"""The height of the ground that the soles stand on: they lift the foot, which is level at 0.0605."""
INSOLE: Final = 0.0556
FEATHER: Final = 0.0600

_TONGUE: Final = (
    (0.030, 0.193),
    (0.037, 0.176),
    (0.050, 0.1615),
    (0.070, 0.1490),
    (0.100, 0.1335),
    (0.130, 0.1215),
    (0.160, 0.1080),
)
"""Forward and up of the tongue's middle line."""
PAD: Final = 0.0025
"""Half the tongue's thickness."""
GAP: Final = 0.0036
"""From the tongue up to the last's surface at the throat's edge."""
ROUND: Final = 0.052
"""The radius of the instep across."""

# Feather line (x, z), then the opening's edge (x, y or None for the tongue's height, z), then which way the loft
# arrives there; the heel first, the outer side, the toe, the inner side.
_ROWS: Final = (
    ((-0.002, -0.0685), (-0.002, 0.1330, -0.0640), (0.0, 1.0, 0.05)),
    ((0.0180, -0.0625), (0.0150, 0.1310, -0.0585), (0.0, 1.0, 0.02)),
    ((0.0300, -0.0460), (0.0285, 0.1255, -0.0430), (-0.05, 1.0, 0.0)),
    ((0.0352, -0.0200), (0.0345, 0.1185, -0.0180), (-0.12, 1.0, 0.0)),
    ((0.0372, 0.0050), (0.0368, 0.1160, 0.0040), (-0.18, 1.0, 0.0)),
    ((0.0386, 0.0270), (0.0366, 0.1205, 0.0225), (-0.32, 1.0, 0.0)),
    ((0.0400, 0.0440), (0.0315, 0.1360, 0.0385), (-0.62, 0.85, -0.02)),
    ((0.0416, 0.0610), (0.0205, None, 0.0565), (-0.92, 0.62, -0.02)),
    ((0.0450, 0.0870), (0.0172, None, 0.0790), (-1.0, 0.48, 0.0)),
    ((0.0485, 0.1120), (0.0150, None, 0.1020), (-1.0, 0.45, 0.0)),
    ((0.0505, 0.1400), (0.0128, None, 0.1230), (-1.0, 0.45, -0.1)),
    ((0.0490, 0.1680), (0.0100, None, 0.1370), (-0.9, 0.42, -0.45)),
    ((0.0405, 0.1930), (0.0064, None, 0.1440), (-0.6, 0.42, -0.8)),
    ((0.0240, 0.2110), (0.0030, None, 0.1468), (-0.25, 0.42, -0.95)),
    ((-0.002, 0.2175), (0.0000, None, 0.1476), (0.0, 0.42, -1.0)),
    ((-0.0270, 0.2095), (-0.0030, None, 0.1468), (0.25, 0.42, -0.95)),
    ((-0.0430, 0.1900), (-0.0064, None, 0.1440), (0.6, 0.42, -0.8)),
    ((-0.0505, 0.1650), (-0.0100, None, 0.1370), (0.9, 0.42, -0.45)),
    ((-0.0510, 0.1380), (-0.0128, None, 0.1230), (1.0, 0.45, -0.1)),
    ((-0.0480, 0.1100), (-0.0150, None, 0.1020), (1.0, 0.45, 0.0)),
    ((-0.0440, 0.0850), (-0.0172, None, 0.0790), (1.0, 0.48, 0.0)),
    ((-0.0422, 0.0600), (-0.0208, None, 0.0565), (0.92, 0.62, -0.02)),
    ((-0.0414, 0.0430), (-0.0355, 0.1375, 0.0385), (0.62, 0.85, -0.02)),
    ((-0.0410, 0.0260), (-0.0412, 0.1220, 0.0225), (0.32, 1.0, 0.0)),
    ((-0.0405, 0.0040), (-0.0415, 0.1180, 0.0040), (0.18, 1.0, 0.0)),
    ((-0.0390, -0.0210), (-0.0396, 0.1205, -0.0180), (0.12, 1.0, 0.0)),
    ((-0.0335, -0.0470), (-0.0336, 0.1265, -0.0430), (0.05, 1.0, 0.0)),
    ((-0.0215, -0.0630), (-0.0190, 0.1312, -0.0585), (0.0, 1.0, 0.02)),
)
TOE: Final = 14
"""The row at the tip."""


def instep(z: Array) -> tuple[Array, Array]:
    """The height of the tongue's middle at z, and its slope."""
    at = np.array(_TONGUE)
    line = PchipInterpolator(at[:, 0], at[:, 1])
    return np.asarray(line(z)), np.asarray(line.derivative()(z))


def tongue_line(count: int) -> Array:
    """The tongue's middle from the top down to under the vamp, float64[count, 2]: y and z, evenly spaced."""
    at = np.array(_TONGUE)
    spline = CubicSpline(runs(at), at, bc_type="natural")
    return np.asarray(spline(np.linspace(0, spline.x[-1], count)))[:, ::-1]


@cache
def _splines() -> tuple[CubicSpline, CubicSpline, CubicSpline]:
    feather, edge, way = [], [], []
    for (x, z), (ex, ey, ez), arrives in _ROWS:
        over = float(instep(np.array(ez))[0]) + PAD + GAP - ex * ex / (2 * ROUND)
        feather.append((x, FEATHER, z))
        edge.append((ex, over if ey is None else ey, ez))
        way.append(unit(np.array(arrives)))
    knots = runs(np.array([*feather, feather[0]]))
    knots = knots / knots[-1]
    first, second, third = (
        CubicSpline(knots, np.array([*rows, rows[0]]), bc_type="periodic") for rows in (feather, edge, way)
    )
    return first, second, third


def knots() -> Array:
    """Where the rows of the table are along the feather line, 0 to 1 from the heel over the outer side."""
    return np.asarray(_splines()[0].x)


def around(z: float, *, inner: bool) -> float:
    """Where along the feather line its z is found on a side."""
    at = np.linspace(knots()[TOE], 1.0, 4001) if inner else np.linspace(0.0, knots()[TOE], 4001)
    forward = _splines()[0](at)[:, 2]
    return float(at[np.argmin(np.abs(forward - z))])


def feather(s: Array) -> Array:
    """The feather line, float64[..., 3]."""
    return np.asarray(_splines()[0](s % 1.0))


def edge(s: Array) -> Array:
    """The opening's edge, float64[..., 3]."""
    return np.asarray(_splines()[1](s % 1.0))


def skin(s: Array, h: Array) -> Array:
    """The surface at ``s`` round the feather line and ``h`` from it (0) to the opening (1): float64[..., 3]."""
    low, high, way = (np.asarray(spline(s % 1.0)) for spline in _splines())
    chord = np.linalg.norm(high - low, axis=-1, keepdims=True)
    out = unit(outward(s) * 0.16 + np.array([0.0, 1.0, 0.0]))
    t = h[..., None]
    found: Array = (
        (2 * t**3 - 3 * t**2 + 1) * low
        + (t**3 - 2 * t**2 + t) * out * chord * 1.02
        + (3 * t**2 - 2 * t**3) * high
        + (t**3 - t**2) * unit(way) * chord * 0.95
    )
    return found


def outward(s: Array) -> Array:
    """The level direction away from the foot at the feather line, unit float64[..., 3]."""
    along = np.asarray(_splines()[0](s % 1.0, 1))
    return unit(np.stack([along[..., 2], 0 * along[..., 1], -along[..., 0]], axis=-1))


def normal(s: Array, h: Array) -> Array:
    """The surface's outward unit normals, float64[..., 3]."""
    step = 1e-4
    up = np.where(h > 0.5, -step, step)
    across = skin(s + step, h) - skin(s - step, h)
    along = (skin(s, h + up) - skin(s, h)) * np.sign(up)[..., None]
    return unit(np.cross(along, across))


def tall(s: Array, count: int = 24) -> Array:
    """How long the surface is from feather to opening at each ``s``, metres."""
    h = np.linspace(0, 1, count)
    points = skin(np.broadcast_to(s[..., None], (*s.shape, count)), np.broadcast_to(h, (*s.shape, count)))
    return np.asarray(np.linalg.norm(np.diff(points, axis=-2), axis=-1).sum(axis=-1))


def shifted(s: Array, h: Array, move: Array) -> tuple[Array, Array]:
    """The parameters of points moved along the surface by ``move`` float64[..., 3], to first order."""
    step = 1e-4
    a = (skin(s + step, h) - skin(s - step, h)) / (2 * step)
    b = (skin(s, h + step) - skin(s, h - step)) / (2 * step)
    aa, ab, bb = (np.einsum("...i,...i->...", p, q) for p, q in ((a, a), (a, b), (b, b)))
    ma, mb = np.einsum("...i,...i->...", move, a), np.einsum("...i,...i->...", move, b)
    spread = np.maximum(aa * bb - ab * ab, 1e-15)
    return s + (bb * ma - ab * mb) / spread, h + (aa * mb - ab * ma) / spread


def placed(points: Array, *, right: bool) -> Array:
    """Points of the shoe on the figure's foot; the right one is mirrored."""
    c, s = np.cos(TURN), np.sin(TURN)
    x, y, z = np.moveaxis(points, -1, 0)
    left: Array = np.stack([x * c + z * s, y, z * c - x * s], axis=-1) + np.array(HEEL)
    return left * [-1.0, 1.0, 1.0] if right else left

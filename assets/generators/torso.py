"""The torso of the dress form: a lofted surface with measured girths.

Landmarks follow ISO 8559-1 terms; girths are those of a women's size EU 38 (bust 88, waist 70, hip 96 cm), lengths
those of a 168 cm figure, lifted 11.5 cm as display forms are. Lengths are metres, angles radians, axes glTF's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator, RegularGridInterpolator
from scipy.ndimage import gaussian_filter1d, map_coordinates
from scipy.spatial import ConvexHull, cKDTree

Array = NDArray[np.float64]

BOTTOM: Final = 0.800
HIP: Final = 0.965
WAIST: Final = 1.165
BUST: Final = 1.325
SHOULDER: Final = 1.487
NECK_TOP: Final = 1.620
GIRTHS: Final = {BUST: 0.88, WAIST: 0.70, HIP: 0.96}

# Height; half width; depth to the front and to the back of the axis; superellipse exponents front and back.
_SECTIONS: Final = np.array(
    [
        (0.780, 0.1590, 0.0920, 0.1140, 2.15, 2.25),
        (0.860, 0.1705, 0.0985, 0.1250, 2.15, 2.30),
        (0.920, 0.1750, 0.1030, 0.1330, 2.15, 2.30),
        (0.965, 0.1750, 0.1060, 0.1340, 2.15, 2.25),
        (1.020, 0.1675, 0.1085, 0.1240, 2.15, 2.20),
        (1.080, 0.1480, 0.1060, 0.1030, 2.15, 2.20),
        (1.130, 0.1300, 0.0990, 0.0885, 2.15, 2.20),
        (1.165, 0.1235, 0.0950, 0.0860, 2.15, 2.25),
        (1.200, 0.1260, 0.0950, 0.0895, 2.15, 2.30),
        (1.250, 0.1335, 0.0965, 0.0985, 2.20, 2.40),
        (1.325, 0.1425, 0.0985, 0.1090, 2.25, 2.50),
        (1.370, 0.1500, 0.0940, 0.1150, 2.30, 2.60),
        (1.410, 0.1600, 0.0850, 0.1150, 2.40, 2.60),
        (1.445, 0.1720, 0.0735, 0.1065, 2.45, 2.50),
        (1.465, 0.1775, 0.0645, 0.0985, 2.40, 2.40),
        (1.480, 0.1770, 0.0570, 0.0920, 2.30, 2.30),
        (1.492, 0.1660, 0.0510, 0.0870, 2.20, 2.20),
        (1.502, 0.1460, 0.0470, 0.0830, 2.10, 2.10),
        (1.514, 0.1180, 0.0435, 0.0800, 2.00, 2.05),
        (1.526, 0.0905, 0.0415, 0.0770, 2.00, 2.00),
        (1.540, 0.0705, 0.0410, 0.0735, 2.00, 2.00),
        (1.556, 0.0612, 0.0418, 0.0690, 2.00, 2.00),
        (1.590, 0.0568, 0.0445, 0.0625, 2.00, 2.00),
        (1.640, 0.0560, 0.0470, 0.0600, 2.00, 2.00),
    ]
)
_BUST_POINT: Final = (0.086, 1.322)
_BUST_LIFT: Final = 0.036
_STEP: Final = 0.001


@lru_cache(maxsize=1)
def _profile() -> tuple[Array, Array]:
    """Heights at 1 mm and the smoothed section values there."""
    heights = np.arange(_SECTIONS[0, 0], _SECTIONS[-1, 0] + _STEP / 2, _STEP)
    values = PchipInterpolator(_SECTIONS[:, 0], _SECTIONS[:, 1:])(heights)
    # Pchip keeps what the table says; its curvature jumps would show as bands in a highlight.
    smooth = gaussian_filter1d(values, 5.0, axis=0, mode="nearest")
    wide = gaussian_filter1d(values, 14.0, axis=0, mode="nearest")
    blend = np.clip((1.44 - heights) / 0.05, 0, 1)[:, None]
    return heights, smooth * (1 - blend) + wide * blend


def _raw(y: Array, theta: Array) -> Array:
    heights, values = _profile()
    w, f, b, nf, nb = (np.interp(y, heights, values[:, i]) for i in range(5))
    c, s = np.cos(theta), np.sin(theta)
    n = np.where(s >= 0, nf, nb)
    x = w * np.sign(c) * np.abs(c) ** (2 / n)
    z = np.where(s >= 0, f, b) * np.sign(s) * np.abs(s) ** (2 / n)
    front = 1 / (1 + np.exp(-z / 0.012))
    up = np.where(y > _BUST_POINT[1], 0.066, 0.047)
    rise = np.exp(-0.5 * ((y - _BUST_POINT[1]) / up) ** 2)
    mounds = sum(np.exp(-0.5 * ((x - side * _BUST_POINT[0]) / 0.047) ** 2) for side in (-1, 1))
    z = z + _BUST_LIFT * rise * mounds * front
    seat = np.exp(-0.5 * ((y - 0.945) / 0.055) ** 2) * (1 - front)
    z = z - 0.007 * seat * sum(np.exp(-0.5 * ((x - side * 0.075) / 0.05) ** 2) for side in (-1, 1))
    spine = np.exp(-0.5 * (x / 0.022) ** 2) * np.exp(-0.5 * ((y - 1.23) / 0.09) ** 2) * (1 - front)
    return np.stack([x, y + 0 * x, z + 0.006 * spine], axis=-1)


def _girth_of(ring: Array) -> float:
    """The length of a tape around the ring: it bridges hollows, as a tape does."""
    flat = ring[:, [0, 2]]
    hull = flat[ConvexHull(flat).vertices]
    return float(np.linalg.norm(np.roll(hull, -1, axis=0) - hull, axis=1).sum())


_RING: Final = np.linspace(0, 2 * np.pi, 1440, endpoint=False)


@lru_cache(maxsize=1)
def _scales() -> PchipInterpolator:
    at = sorted(GIRTHS)
    found = [GIRTHS[y] / _girth_of(_raw(np.full_like(_RING, y), _RING)) for y in at]
    return PchipInterpolator([0.7, *at, 1.41, 1.7], [found[0], *found, 1.0, 1.0])


def surface(y: Array, theta: Array) -> Array:
    """Points of the skin, float64[..., 3]; ``theta`` runs from the left side (+X) over the front (+Z)."""
    raw = _raw(np.asarray(y, dtype=np.float64), np.asarray(theta, dtype=np.float64))
    scale = _scales()(raw[..., 1])
    raw[..., 0] *= scale
    raw[..., 2] *= scale
    return raw


def girth(y: float) -> float:
    """The tape measure at a height, in metres."""
    return _girth_of(surface(np.full_like(_RING, y), _RING))


def normals(y: Array, theta: Array) -> Array:
    """Outward unit normals at :func:`surface`, by central differences."""
    d = 1e-4
    across = surface(y, theta + d) - surface(y, theta - d)
    along = surface(y + d, theta) - surface(y - d, theta)
    n = np.cross(along, across)
    return np.asarray(n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-12))


class Distance:
    """A signed distance on a grid: negative inside; trilinear between its points.

    ``values`` float64[nx, ny, nz] in metres over the box from ``low`` with ``step`` between points.
    """

    def __init__(self, low: Array, step: float, values: Array) -> None:
        self.low, self.step, self.values = low, step, values
        axes = [low[i] + step * np.arange(values.shape[i]) for i in range(3)]
        gradient = np.stack([np.gradient(values, step, axis=i) for i in range(3)], axis=-1)
        self._field = RegularGridInterpolator(
            axes, np.concatenate([values[..., None], gradient], axis=-1), bounds_error=False, fill_value=None
        )

    def __call__(self, points: Array) -> tuple[Array, Array]:
        """Distances float64[n] and outward unit directions float64[n, 3]."""
        held = self._field(points)
        direction = held[:, 1:]
        return held[:, 0], direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)


def skin_samples() -> tuple[Array, Array]:
    """About 250,000 points of the closed torso and their outward normals: float64[n, 3] each."""
    heights, _ = _profile()
    y = heights[(heights >= BOTTOM) & (heights <= NECK_TOP)]
    y = np.unique(np.concatenate([y[::2], np.arange(1.475, 1.545, 0.00025)]))
    theta = np.linspace(0, 2 * np.pi, 540, endpoint=False)
    yy, tt = np.meshgrid(y, theta, indexing="ij")
    points, outward = surface(yy, tt).reshape(-1, 3), normals(yy, tt).reshape(-1, 3)
    caps = []
    for height, up in ((BOTTOM, -1.0), (NECK_TOP, 1.0)):
        ring = surface(np.full_like(theta, height), theta)
        for r in np.linspace(0, 1, 60):
            disc = ring * [r, 1, r]
            caps.append((disc, np.tile([0.0, up, 0.0], (len(disc), 1))))
    return (
        np.concatenate([points, *(p for p, _ in caps)]),
        np.concatenate([outward, *(n for _, n in caps)]),
    )


@lru_cache(maxsize=1)
def distance() -> Distance:
    """The torso as a signed distance on a 5 mm grid with room for a wide garment."""
    points, outward = skin_samples()
    low, high, step, ratio = np.array([-0.40, 0.50, -0.32]), np.array([0.40, 1.70, 0.32]), 0.005, 4
    # Far from the skin a query must look at thousands of samples: there a coarse grid over few samples will do.
    thin = cKDTree(points[::23])
    axes = [np.arange(low[i], high[i] + ratio * step * 1.5, ratio * step) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    far, nearest = thin.query(grid.reshape(-1, 3), workers=2)
    sign = ((grid.reshape(-1, 3) - points[::23][nearest]) * outward[::23][nearest]).sum(axis=1)
    coarse = np.where(sign < 0, -far, far).reshape(grid.shape[:3])
    axes = [np.arange(low[i], high[i] + step / 2, step) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    value = map_coordinates(coarse, (grid - low).T / (ratio * step), order=1)
    near = np.flatnonzero(np.abs(value) < 0.022)
    far, nearest = cKDTree(points).query(grid[near], workers=2)
    height = ((grid[near] - points[nearest]) * outward[nearest]).sum(axis=1)
    # Near the skin the plane through the nearest sample is exact; farther away the distance to the sample is.
    value[near] = np.where(far < 0.012, height, np.where(height < 0, -far, far))
    shape = tuple(len(axis) for axis in axes)
    return Distance(low, step, value.reshape(shape))

"""Rows of thread along lines in space: top-stitching of shoes, hats and bags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.generators.lofts import runs, unit
from assets.generators.solids import primitive
from assets.model import Material, Primitive

Array = NDArray[np.float64]


def seam(
    line: Array,
    normals: Array,
    material: Material,
    *,
    every: float = 0.0036,
    long: float = 0.0026,
    wide: float = 0.0008,
    high: float = 0.0005,
) -> Primitive:
    """Stitches along a polyline on a surface, float64[k, 3], with the surface's normals there: little roofs ``long``
    metres long, one ``every`` metres, that stand ``high`` above it.
    """
    run = runs(line)
    count = max(int(run[-1] / every), 1)
    middle = (np.arange(count) + 0.5) * run[-1] / count

    def at(where: Array, values: Array) -> Array:
        return np.stack([np.interp(where, run, values[:, i]) for i in range(3)], axis=1)

    a, m, b = (at(middle + shift, line) for shift in (-long / 2, 0.0, long / 2))
    up = unit(at(middle, normals))
    side = unit(np.cross(up, b - a)) * wide / 2
    lift = up * 0.0001
    points = np.stack([a + lift, b + lift, m + side, m - side, m + up * high], axis=1).reshape(-1, 3)
    lean = np.stack([up, up, up + 0.9 * unit(side), up - 0.9 * unit(side), up], axis=1).reshape(-1, 3)
    base = 5 * np.arange(count)[:, None]
    triangles = np.concatenate([base + np.array(t) for t in ((0, 3, 4), (3, 1, 4), (1, 2, 4), (2, 0, 4))])
    corner = points[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    flip = np.einsum("ij,ij->i", face, np.repeat(up, 5, axis=0)[triangles[:, 0]]) < 0
    triangles[flip] = triangles[flip][:, ::-1]
    uv = np.repeat(np.stack([middle, 0 * middle], axis=1), 5, axis=0)
    return primitive(points, lean, uv, triangles, material)

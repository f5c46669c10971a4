"""Sewn-on buttons with four holes and a cross of thread, and buttonholes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.generators.solids import joined, lathe, primitive, sweep
from assets.model import Material, Primitive

Array = NDArray[np.float64]


def frame(normal: Array, up: Array) -> Array:
    """Right, up, out as columns float64[3, 3]; ``up`` is made square to ``normal``, the way out."""
    out = normal / np.linalg.norm(normal)
    high = up - out * (up @ out)
    high /= np.linalg.norm(high)
    return np.stack([np.cross(high, out), high, out], axis=1)


def _placed(part: Primitive, at: Array, axes: Array) -> Primitive:
    """A part that was made lying in x and y with its outside along z, set on a garment."""
    assert part.uv0 is not None
    return primitive(
        part.positions @ axes.T + at,
        part.normals @ axes.T,
        part.uv0.astype(np.float64),
        part.indices.astype(np.int64),
        part.material,
    )


def _upright(part: Primitive) -> Primitive:
    """A lathed part, whose axis is y, lying with its outside along z."""
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return _placed(part, np.zeros(3), turn.T)


def button(
    at: Array, normal: Array, up: Array, material: Material, hole: Material, *, radius: float = 0.0056
) -> tuple[Primitive, Primitive]:
    """A button on the cloth at ``at``, and the dark of its holes: a rim, a dish, four holes ``radius`` / 4 apart."""
    high, r = 0.0024, radius
    profile = np.array(
        [
            (0.86 * r, 0.0), (r, 0.30 * high), (r, 0.30 * high), (0.99 * r, 0.72 * high), (0.90 * r, high),
            (0.76 * r, high), (0.62 * r, 0.74 * high), (0.62 * r, 0.74 * high), (0.0, 0.70 * high),
        ]
    )  # fmt: skip
    axes = frame(normal, up)
    body = _placed(_upright(lathe(profile, material, columns=20)), at, axes)
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 0.12 * r
    spots = np.array([(x, y) for x in (-0.23, 0.23) for y in (-0.23, 0.23)]) * r
    corners = np.concatenate([spot + ring for spot in spots])
    points = np.concatenate([corners, np.full((len(corners), 1), 0.715 * high + 0.00008)], axis=1)
    fan = np.array([(0, i, i + 1) for i in range(1, 7)])
    faces = np.concatenate([fan + 8 * k for k in range(4)])
    up_all = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return body, _placed(primitive(points, up_all, corners, faces, hole), at, axes)


def cross(at: Array, normal: Array, up: Array, thread: Material, *, radius: float = 0.0056) -> Primitive:
    """The thread through a button's holes: two crossed stitches."""
    parts = []
    for hand in (-1.0, 1.0):
        end = 0.23 * radius
        bow = np.linspace(-1, 1, 5)
        path = np.stack(
            [hand * end * bow, end * bow, 0.00172 + 0.00030 * (1 - bow**2) + 0.00012 * (hand > 0)], axis=1
        )
        parts.append(sweep(path, np.full((5, 2), 0.00026), thread, columns=5))
    axes = frame(normal, up)
    return joined([_placed(part, at, axes) for part in parts])


def buttonhole(at: Array, normal: Array, up: Array, thread: Material, *, long: float = 0.0155) -> Primitive:
    """The stitched edge of a buttonhole that runs along ``up``."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    x = 0.0011 * np.cos(turn)
    y = long / 2 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.6
    path = np.stack([x, y, np.full_like(x, 0.0001)], axis=1)
    radii = np.tile([0.00075, 0.00035], (len(path), 1))
    return _placed(sweep(path, radii, thread, columns=5, closed=True), at, frame(normal, up))

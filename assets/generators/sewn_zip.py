"""Closed zips: a row of teeth that mesh, along a line on the cloth."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.solids import primitive
from assets.model import Material, Primitive

Array = NDArray[np.float64]

_CORNERS: Final = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (0, 1)], dtype=np.float64)
_FACES: Final = (
    ((0, 1, 3, 2), 0, -1),
    ((4, 6, 7, 5), 0, 1),
    ((0, 4, 5, 1), 1, -1),
    ((2, 3, 7, 6), 1, 1),
    ((1, 5, 7, 3), 2, 1),
)
"""The five sides of a tooth that show: corners counter-clockwise from outside, axis and sign of the normal."""


def teeth(
    line: Array,
    outward: Array,
    metal: Material,
    *,
    every: float = 0.0029,
    size: tuple[float, float, float] = (0.0019, 0.00095, 0.0015),
) -> Primitive:
    """Teeth along float64[k, 3], ``outward`` unit float64[k, 3]; ``size`` is half a tooth's breadth, half its length
    along the line and its height, metres. Left and right ones lie in turn, each half a breadth to its side.
    """
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.arange(every, run[-1] - every / 2, every)
    middle = _along(line, run, at)
    up = _along(outward, run, at)
    ahead = _along(line, run, at + 5e-4) - _along(line, run, at - 5e-4)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    up -= ahead * np.einsum("ij,ij->i", up, ahead)[:, None]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    side = np.cross(ahead, up)
    middle = middle + side * (0.45 * size[0] * (-1.0) ** np.arange(len(at)))[:, None]
    axes = np.stack([side, ahead, up], axis=1)
    taper = np.where(_CORNERS[:, 2:] > 0, [0.72, 0.72, 1.0], 1.0)
    corners = middle[:, None] + np.einsum("ca,tad->tcd", _CORNERS * taper * np.array(size), axes)
    points: list[Array] = []
    normals: list[Array] = []
    triangles: list[NDArray[np.int64]] = []
    for face, axis, sign in _FACES:
        base = 4 * len(points) * len(at) + 4 * np.arange(len(at))[:, None]
        points.append(corners[:, face].reshape(-1, 3))
        normals.append(np.repeat(sign * axes[:, axis], 4, axis=0))
        # The frame is right-handed (side, ahead, up), so corners turn as they are listed.
        triangles.append(np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])]))
    where, facing = np.concatenate(points), np.concatenate(normals)
    faces = np.concatenate(triangles)
    corner = where[faces]
    turned = np.einsum(
        "ij,ij->i", np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), facing[faces[:, 0]]
    )
    faces[turned < 0] = faces[turned < 0][:, ::-1]
    return primitive(where, facing, where[:, :2], faces, metal)


def _along(values: Array, run: Array, at: Array) -> Array:
    return np.stack([np.interp(at, run, values[:, i]) for i in range(3)], axis=1)

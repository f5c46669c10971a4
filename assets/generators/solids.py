"""Pieces that are not cloth: lathed, swept and lofted surfaces as primitives with normals and UVs in metres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.model import Material, Primitive

Array = NDArray[np.float64]
Triangles = NDArray[np.int64]


def primitive(points: Array, normals: Array, uv: Array, triangles: Triangles, material: Material) -> Primitive:
    """The arrays in the model's types."""
    unit = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    return Primitive(
        positions=np.ascontiguousarray(points, dtype=np.float32),
        normals=np.ascontiguousarray(unit, dtype=np.float32),
        uv0=np.ascontiguousarray(uv, dtype=np.float32),
        indices=np.ascontiguousarray(triangles, dtype=np.uint32),
        material=material,
    )


def joined(parts: Sequence[Primitive]) -> Primitive:
    """Parts of one material as one primitive."""
    starts = np.cumsum([0, *(len(part.positions) for part in parts[:-1])])
    return Primitive(
        positions=np.concatenate([part.positions for part in parts]),
        normals=np.concatenate([part.normals for part in parts]),
        uv0=np.concatenate([part.uv0 for part in parts if part.uv0 is not None]),
        indices=np.concatenate(
            [part.indices + np.uint32(start) for part, start in zip(parts, starts, strict=True)]
        ).astype(np.uint32),
        material=parts[0].material,
    )


def grid_triangles(rows: int, columns: int) -> Triangles:
    """Triangles of a rows x columns grid of vertices, row by row; outward when rows rise and columns run
    clockwise seen from above.
    """
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).reshape(-1)
    b, c, d = a + 1, a + columns + 1, a + columns
    return np.concatenate([np.stack([a, d, c], axis=1), np.stack([a, c, b], axis=1)])


def grid_normals(points: Array) -> Array:
    """Normals of float64[rows, columns, 3] for :func:`grid_triangles`, by differences."""
    along, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    return np.asarray(np.cross(along, across))


def lathe(
    profile: Array,
    material: Material,
    *,
    axis: tuple[float, float] = (0.0, 0.0),
    columns: int = 32,
    aspect: tuple[float, float] = (1.0, 1.0),
) -> Primitive:
    """A turned solid. ``profile`` is float64[k, 2]: radius and height, from bottom to top of the outside;
    repeat a point to get a sharp edge. ``axis`` is x and z; ``aspect`` stretches x and z.
    """
    theta = np.linspace(0, 2 * np.pi, columns + 1)
    radius, height = profile[:, :1], profile[:, 1:]
    x, z = radius * np.cos(theta) * aspect[0], radius * np.sin(theta) * aspect[1]
    points = np.stack([x + axis[0], height + 0 * x, z + axis[1]], axis=-1)
    step = np.diff(profile, axis=0)
    length = np.hypot(*step.T)
    outward = np.stack([step[:, 1], -step[:, 0]], axis=1) / np.maximum(length, 1e-12)[:, None]
    # A repeated point splits the two sides of an edge; elsewhere the neighbours' mean is smooth.
    before = np.concatenate([outward[:1], outward])
    after = np.concatenate([outward, outward[-1:]])
    before_ok = np.concatenate([[False], length > 1e-9])[:, None]
    after_ok = np.concatenate([length > 1e-9, [False]])[:, None]
    n = before * before_ok + after * after_ok
    normals = np.stack(
        [n[:, :1] * np.cos(theta) / aspect[0], n[:, 1:] + 0 * theta, n[:, :1] * np.sin(theta) / aspect[1]], axis=-1
    )
    run = np.concatenate([[0.0], np.cumsum(length)])
    u = np.broadcast_to(theta * float(np.max(radius)), x.shape)
    uv = np.stack([u, np.broadcast_to(-run[:, None], x.shape)], axis=-1)
    triangles = grid_triangles(len(profile), columns + 1)
    flat = points.reshape(-1, 3)
    area = np.linalg.norm(
        np.cross(flat[triangles[:, 1]] - flat[triangles[:, 0]], flat[triangles[:, 2]] - flat[triangles[:, 0]]), axis=1
    )
    return primitive(flat, normals.reshape(-1, 3), uv.reshape(-1, 2), triangles[area > 1e-12], material)


def sweep(path: Array, radii: Array, material: Material, *, columns: int = 12, closed: bool = False) -> Primitive:
    """A tube along ``path`` float64[k, 3]; ``radii`` float64[k, 2] sideways and upwards. Ends are domed by the
    caller with shrinking radii.
    """
    if closed:
        path, radii = np.concatenate([path, path[:1]]), np.concatenate([radii, radii[:1]])
    tangent = np.gradient(path, axis=0)
    if closed:
        tangent[0] = tangent[-1] = path[1] - path[-2]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.empty_like(path)
    start = np.cross(tangent[0], [0.0, 1.0, 0.0])
    if np.linalg.norm(start) < 1e-3:
        start = np.cross(tangent[0], [1.0, 0.0, 0.0])
    for i in range(len(path)):
        start = start - tangent[i] * (start @ tangent[i])
        start /= np.linalg.norm(start)
        side[i] = start
    up = np.cross(side, tangent)
    theta = np.linspace(0, 2 * np.pi, columns + 1)
    c, s = np.cos(theta)[None, :, None], np.sin(theta)[None, :, None]
    points = path[:, None] + side[:, None] * c * radii[:, None, :1] + up[:, None] * s * radii[:, None, 1:]
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(theta[None] * radii.max(), -run[:, None]), axis=-1)
    triangles = grid_triangles(len(path), columns + 1)
    radial = side[:, None] * c / radii[:, None, :1] + up[:, None] * s / radii[:, None, 1:]
    flat = points.reshape(-1, 3)
    face = np.cross(flat[triangles[:, 1]] - flat[triangles[:, 0]], flat[triangles[:, 2]] - flat[triangles[:, 0]])
    if (face * radial.reshape(-1, 3)[triangles[:, 0]]).sum() < 0:
        triangles = triangles[:, ::-1]
    return primitive(flat, radial.reshape(-1, 3), uv.reshape(-1, 2), triangles, material)

"""A fitted garment as a model again: normals turned with the cloth, prints true to size, details named."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from assets import regions
from assets.fitting_cloth import Cloth
from assets.model import Model, Primitive

Array = NDArray[np.float64]

_PANEL: Final = 50  # triangles: what has fewer is a stitch or a button, on which no print is measured


def moved(garment: Model, cloth: Cloth, graded: Array, x: Array) -> Model:
    """The garment with its vertices at ``x``, float64[n, 3]; ``graded`` is where they are on the wearer at rest: the
    UVs of each panel are stretched as grading stretched it, as a larger panel is cut from more cloth.
    """
    turned = _turned(cloth.normals, _normals(cloth, cloth.points), _normals(cloth, x))
    grown = not np.array_equal(graded, cloth.points)
    meshes, start = [], 0
    for mesh in garment.meshes:
        parts = []
        for part in mesh.primitives:
            mine = slice(start, start + len(part.positions))
            start = mine.stop
            positions = x[mine].astype(np.float32)
            parts.append(
                replace(
                    part,
                    positions=positions,
                    normals=turned[mine].astype(np.float32),
                    uv0=_cut(part, cloth.points[mine], graded[mine]) if grown else part.uv0,
                    extras=regions.moved(part.extras, part.positions, positions),
                )
            )
        meshes.append(replace(mesh, primitives=tuple(parts)))
    return replace(garment, meshes=tuple(meshes))


def _normals(cloth: Cloth, x: Array) -> Array:
    """Of the faces about each vertex, across seams, float64[n, 3]."""
    corner = x[cloth.triangles]
    faces = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    at = cloth.welded[cloth.triangles].ravel()
    total = np.stack([np.bincount(at, np.repeat(faces[:, axis], 3), cloth.count) for axis in range(3)], axis=1)
    found: Array = (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20))[cloth.welded]
    return found


def _turned(normals: Array, before: Array, after: Array) -> Array:
    """Normals turned by the shortest turn that takes ``before`` to ``after`` (Rodrigues), unit float64[n, 3]."""
    axis = np.cross(before, after)
    cosine = np.einsum("ij,ij->i", before, after)
    share = 1 / np.maximum(1 + cosine, 1e-3)
    along = np.einsum("ij,ij->i", axis, normals)
    found = cosine[:, None] * normals + np.cross(axis, normals) + (share * along)[:, None] * axis
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(np.where(length > 1e-9, found / np.maximum(length, 1e-9), after))


def _cut(part: Primitive, before: Array, after: Array) -> NDArray[np.float32] | None:
    """The primitive's UVs, each panel stretched about its middle by the mean stretch of its cloth."""
    if part.uv0 is None:
        return None
    indices = part.indices.astype(np.int64)
    uv = part.uv0.astype(np.float64)
    inverse, real = _inverse(uv[indices])
    one, two = (_metric(points[indices], inverse) for points in (before, after))
    area = np.where(real, np.linalg.norm(_crossed(before[indices]), axis=1), 0.0)
    links = sparse.coo_matrix(
        (np.ones(2 * len(indices)), (indices[:, [0, 1]].T.ravel(), indices[:, [1, 2]].T.ravel())),
        shape=(len(uv), len(uv)),
    )
    count, panel = csgraph.connected_components(links, directed=False)
    mine = panel[indices[:, 0]]
    large = np.flatnonzero(np.bincount(mine, minlength=count) >= _PANEL)
    found = uv.copy()
    for number in large:
        held = (mine == number) & real
        weight = area[held, None, None]
        if not weight.sum() > 0:
            continue
        old, new = ((metric[held] * weight).sum(axis=0) / weight.sum() for metric in (one, two))
        points = panel == number
        middle = uv[points].mean(axis=0)
        found[points] = middle + (uv[points] - middle) @ (_root(new) @ np.linalg.inv(_root(old))).T
    return found.astype(np.float32)


def _crossed(corner: Array) -> Array:
    return np.asarray(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))


def _inverse(flat: Array) -> tuple[Array, NDArray[np.bool_]]:
    """From edges in space to steps in UVs, float64[m, 2, 2], and where the triangle has an area in UVs."""
    (a, b), (c, d) = (flat[:, 1] - flat[:, 0]).T, (flat[:, 2] - flat[:, 0]).T
    spread = a * d - b * c
    real = np.abs(spread) > 1e-10
    safe = np.where(real, spread, 1.0)[:, None, None]
    return np.stack([d, -b, -c, a], axis=1).reshape(-1, 2, 2) / safe, real


def _metric(corner: Array, inverse: Array) -> Array:
    """How long steps in UVs are in space: float64[m, 2, 2], the first fundamental form."""
    edges = np.stack([corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]], axis=1)
    across = inverse @ edges
    return np.asarray(across @ across.transpose(0, 2, 1))


def _root(metric: Array) -> Array:
    values, vectors = np.linalg.eigh(metric)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 1e-12))) @ vectors.T)

"""A fitted garment as a model again: normals turned with the cloth, prints true to size, details named."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.sparse import csgraph

from assets import regions
from assets.fitting_cloth import Cloth
from assets.model import Model, Primitive
from assets.normals import turned, unit

Array = NDArray[np.float64]

_PASSES: Final = 2  # the rows of a panel that grow change its columns
_CELLS: Final = 10  # along each side of a panel, in each of which it grows by its own measure
_PANEL: Final = 50  # triangles: what has fewer is a stitch or a button, on which no print is measured
_SMALL: Final = 0.0008  # square metres: nor on what is smaller than a stamp


def moved(garment: Model, cloth: Cloth, graded: Array, x: Array) -> Model:
    """The garment with its vertices at ``x``, float64[n, 3]; ``graded`` is where they are on the wearer at rest: the
    UVs of each panel are stretched as grading stretched it, as a larger panel is cut from more cloth.
    """
    bent = _bent(cloth, x)
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
                    normals=bent[mine],
                    uv0=_cut(part, cloth.points[mine], graded[mine]) if grown else part.uv0,
                    extras=regions.moved(part.extras, part.positions, positions),
                )
            )
        meshes.append(replace(mesh, primitives=tuple(parts)))
    return replace(garment, meshes=tuple(meshes))


def _bent(cloth: Cloth, x: Array) -> NDArray[np.float32]:
    """The garment's own normals turned as the cloth was, float32[n, 3]. Where a crease became so sharp that they
    would look away from a face, they are made anew.
    """
    faces = _faces(cloth, x)
    before, after = _normals(cloth, _faces(cloth, cloth.points)), _normals(cloth, faces)
    found = turned(cloth.normals, before, after)
    along = np.zeros(len(cloth.triangles))
    for axis in range(3):
        a, b, c = found[:, axis][cloth.triangles.T]
        along += faces[axis] * (a + b + c)
    away = np.unique(cloth.triangles[along < 0])
    found[away] = after[away]
    return unit(found.astype(np.float32))


def _faces(cloth: Cloth, x: Array) -> Array:
    """The triangles' normals, twice as long as their areas, in columns: float64[3, m]."""
    a, b, c = cloth.triangles.T
    columns = np.ascontiguousarray(x.T)
    one, two = (columns[:, corner] - columns[:, a] for corner in (b, c))
    return np.stack([one[(k + 1) % 3] * two[(k + 2) % 3] - one[(k + 2) % 3] * two[(k + 1) % 3] for k in range(3)])


def _normals(cloth: Cloth, faces: Array) -> Array:
    """Of the faces about each vertex, across seams, float64[n, 3]."""
    total = np.zeros((3, cloth.count))
    for corner in cloth.corners.T:
        for axis in range(3):
            total[axis] += np.bincount(corner, faces[axis], cloth.count)
    total /= np.maximum(np.sqrt((total * total).sum(axis=0)), 1e-20)
    return np.ascontiguousarray(total.T[cloth.welded])


def _cut(part: Primitive, before: Array, after: Array) -> NDArray[np.float32] | None:
    """The primitive's UVs, each panel stretched about its middle as its cloth was."""
    if part.uv0 is None:
        return None
    indices, uv = part.indices.astype(np.int64), part.uv0.astype(np.float64)
    links = sparse.coo_matrix(
        (np.ones(2 * len(indices), bool), (indices[:, [0, 1]].T.ravel(), indices[:, [1, 2]].T.ravel())),
        shape=(len(uv), len(uv)),
    )
    count, panel = csgraph.connected_components(links, directed=False)
    indices = indices[(np.bincount(panel[indices[:, 0]], minlength=count) >= _PANEL)[panel[indices[:, 0]]]]
    if not len(indices):
        return part.uv0
    mine = panel[indices[:, 0]]
    inverse, real = _inverse(uv[indices])
    area = np.where(real, np.linalg.norm(_crossed(before[indices]), axis=1), 0.0)
    large = np.flatnonzero(np.bincount(mine, area, count) / 2 >= _SMALL)
    one = _metric(before[indices], inverse)
    faces, points = _members(np.where(real, mine, count), count + 1), _members(panel, count)
    found = uv.copy()
    for again in range(_PASSES if len(large) else 0):
        if again:
            inverse, _ = _inverse(found[indices])
        two = _metric(after[indices], inverse)
        centres = found[indices].mean(axis=1)
        for number in large:
            held, own = faces[number], points[number]
            found[own] = _wider(found[own], centres[held], one[held], two[held], area[held])
    return found.astype(np.float32)


def _members(groups: NDArray[np.integer], count: int) -> list[NDArray[np.int64]]:
    """Who is in each of the groups 0 to ``count`` - 1."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.searchsorted(groups[order], np.arange(1, count)))


def _wider(uv: Array, centres: Array, before: Array, after: Array, area: Array) -> Array:
    """A panel's UVs as a larger panel has them. A grid over the panel holds how much wider and longer its cloth
    became in each cell, and is summed up from the middle. Of its triangles ``centres`` float64[m, 2] are the UVs in
    their middle, and ``before`` and ``after`` float64[m, 2, 2] the metrics.
    """
    low, high = uv.min(axis=0), uv.max(axis=0)
    cell = np.clip((centres - low) / np.maximum(high - low, 1e-9) * _CELLS, 0, _CELLS - 1).astype(np.int64)
    key = cell[:, 0] * _CELLS + cell[:, 1]
    size = (np.maximum(high - low, 1e-9)) / _CELLS
    at = np.clip((uv - low) / size, 0, _CELLS).T
    found = np.empty_like(uv)
    for axis in range(2):
        old, new = (
            gaussian_filter(np.bincount(key, metric[:, axis, axis] * area, _CELLS**2).reshape(_CELLS, _CELLS), 1.0)
            for metric in (before, after)
        )
        grown = np.sqrt(_mean(new, old))
        lines = np.pad(np.cumsum(grown, axis=axis), [(1, 0), (0, 0)] if axis == 0 else [(0, 0), (1, 0)])
        across = [(0, 0), (1, 1)] if axis == 0 else [(1, 1), (0, 0)]
        wide = np.pad(lines, across, mode="edge")
        corners = (wide[:, 1:] + wide[:, :-1]) / 2 if axis == 0 else (wide[1:] + wide[:-1]) / 2
        moved = map_coordinates(corners, at, order=1)
        middle = map_coordinates(corners, np.where(np.arange(2)[:, None] == axis, _CELLS / 2, at), order=1)
        found[:, axis] = (low[axis] + high[axis]) / 2 + (moved - middle) * size[axis]
    return found


def _mean(new: Array, old: Array) -> Array:
    """Ratios, where there is no cloth that of the whole."""
    return np.asarray(np.where(old > 0, new / np.where(old > 0, old, 1.0), new.sum() / old.sum()))


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

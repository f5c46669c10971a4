"""A fitted garment as a model again: normals turned with the cloth, prints true to size, details named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets import regions
from assets.fitting_cloth import Cloth
from assets.model import Model
from assets.normals import turned, unit

Array = NDArray[np.float64]


def moved(garment: Model, cloth: Cloth, x: Array, uv: Array | None) -> Model:
    """The garment with its vertices at ``x``, float64[n, 3], and their UVs ``uv`` float64[n, 2]; without these only
    in shape, with UVs and named regions as they were.
    """
    bent = _bent(cloth, x)
    meshes, start = [], 0
    for mesh in garment.meshes:
        parts = []
        for part in mesh.primitives:
            mine = slice(start, start + len(part.positions))
            start = mine.stop
            positions = x[mine].astype(np.float32)
            part_moved = replace(part, positions=positions, normals=bent[mine])
            if uv is not None:
                part_moved = replace(
                    part_moved,
                    uv0=None if part.uv0 is None else uv[mine].astype(np.float32),
                    extras=regions.moved(part.extras, part.positions, positions),
                )
            parts.append(part_moved)
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

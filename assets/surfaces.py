"""Surfaces in the world: what is drawn of a layer, as triangles that others cover or lie under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_WELD: Final = 2e-5
_NEAR_BODY: Final = 0.08


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Triangles in the world: points float64[n, 3], their outward normals, triangles int64[m, 3].

    ``opaque`` bool[m]: nothing can be seen through the triangle.
    """

    points: Floats
    normals: Floats
    triangles: Ints
    opaque: Mask

    def corners(self) -> Floats:
        """float64[m, 3, 3]."""
        corners: Floats = self.points[self.triangles]
        return corners

    @cached_property
    def tree(self) -> cKDTree:
        """Of the points."""
        return cKDTree(self.points)


def join(surfaces: Sequence[Surface]) -> Surface:
    """Several surfaces as one."""
    starts = np.cumsum([0, *[len(surface.points) for surface in surfaces[:-1]]])
    return Surface(
        points=np.concatenate([surface.points for surface in surfaces]),
        normals=np.concatenate([surface.normals for surface in surfaces]),
        triangles=np.concatenate([s.triangles + start for s, start in zip(surfaces, starts, strict=True)]),
        opaque=np.concatenate([surface.opaque for surface in surfaces]),
    )


def outward(cloth: Surface, body: Surface | None) -> Surface:
    """Cloth whose triangles face away from the body, piece by connected piece.

    A piece is turned round when clearly most of it faces the body under it; a piece with both an inside and an
    outside is left as it is. Without a body the cloth is taken at its word.
    """
    if body is None or not len(cloth.triangles) or not len(body.points):
        return cloth
    corners = cloth.corners()
    faces = face_normals(corners)
    area = length(faces)
    distance, nearest = body.tree.query(middles(corners), distance_upper_bound=_NEAR_BODY)
    near = np.isfinite(distance)
    if not near.any():
        return cloth
    vote = np.zeros(len(faces))
    vote[near] = np.einsum("ij,ij->i", faces[near], body.normals[nearest[near]])
    one, count = weld(cloth.points)
    welded = one[cloth.triangles]
    _, piece_of = csgraph.connected_components(adjacency(welded, count), directed=False)
    piece = piece_of[welded[:, 0]]
    for_body = np.bincount(piece, weights=vote)
    weight = np.bincount(piece, weights=np.where(near, area, 0.0))
    turned = (for_body < -0.3 * weight)[piece]
    triangles = np.where(turned[:, None], cloth.triangles[:, ::-1], cloth.triangles)
    return Surface(points=cloth.points, normals=cloth.normals, triangles=triangles, opaque=cloth.opaque)


def weld(points: Floats) -> tuple[Ints, int]:
    """One number for each place: vertices split by texture seams become one."""
    cells = np.round((points - points.min(axis=0)) / _WELD).astype(np.int64)
    _, first, inverse = np.unique(
        (cells[:, 0] << 42) ^ (cells[:, 1] << 21) ^ cells[:, 2], return_index=True, return_inverse=True
    )
    return inverse.ravel().astype(np.int64), len(first)


def adjacency(triangles: Ints, count: int) -> Any:
    """Vertex to vertex, 1 where an edge is: scipy CSR [count, count]."""
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    matrix = sparse.coo_matrix(
        (np.ones(2 * len(a)), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(count, count)
    ).tocsr()
    matrix.data[:] = 1.0
    return matrix


def face_normals(corners: Floats) -> Floats:
    """Of triangles float64[m, 3, 3], twice as long as their areas."""
    (a, b, c), (x, y, z) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=1)


def middles(corners: Floats) -> Floats:
    """Of triangles float64[m, 3, 3]."""
    return np.asarray((corners[:, 0] + corners[:, 1] + corners[:, 2]) / 3)


def length(vectors: Floats) -> Floats:
    """Of rows, by columns: rows of three are slow to reduce."""
    x, y, z = vectors.T
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def unit(vectors: Floats) -> Floats:
    """Vectors of length one, float64[n, 3]; none of none."""
    long = length(vectors)[:, None]
    return np.asarray(vectors / np.where(long > 1e-20, long, 1.0))

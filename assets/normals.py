"""Surface normals made from triangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Triangles = NDArray[np.uint32]


def face_vectors(positions: Vectors, indices: Triangles) -> Vectors:
    """float32[m, 3]: along each triangle's normal, as long as twice its area."""
    a, b, c = (positions[indices[:, corner]] for corner in range(3))
    vectors: Vectors = np.cross(b - a, c - a)
    return vectors


def unit(vectors: Vectors, *, fallback: tuple[float, float, float] = (0.0, 1.0, 0.0)) -> Vectors:
    """Vectors of length 1; those too short to have a direction become ``fallback``."""
    wide = vectors.astype(np.float64)
    x, y, z = np.abs(wide).T
    scale = np.maximum(np.maximum(x, y), z)[:, None]  # by columns: rows of three are slow to reduce
    wide /= np.where(scale > 0, scale, 1.0)  # so that squares neither vanish nor overflow
    length = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
    return np.where(length > 0, wide / np.where(length > 0, length, 1.0), fallback).astype(np.float32)


def smooth(positions: Vectors, indices: Triangles) -> Vectors:
    """float32[n, 3]: the area-weighted mean of the faces around each vertex."""
    faces = face_vectors(positions, indices).astype(np.float64)
    count = len(positions)
    corners = indices.ravel()
    total = np.stack(
        [np.bincount(corners, weights=np.repeat(faces[:, axis], 3), minlength=count) for axis in range(3)], axis=1
    )
    return unit(total.astype(np.float32))


def turned(
    vectors: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Vectors, float64[n, 3], each turned by the shortest turn that takes the unit vector ``before`` to ``after``
    (Rodrigues; Moeller and Hughes, "Efficiently building a matrix to rotate one vector to another", 1999).
    """
    axis = np.cross(before, after)
    cosine = np.einsum("ij,ij->i", before, after)
    share = 1 / np.maximum(1 + cosine, 1e-3)
    along = np.einsum("ij,ij->i", axis, vectors)
    found: NDArray[np.float64] = cosine[:, None] * vectors + np.cross(axis, vectors) + (share * along)[:, None] * axis
    return found

"""Level of detail: the fewest triangles whose error stays under a given length.

Only the triangles change; the vertices are the mesh's own, so coordinates, normals and seams stay exact.
"""

from __future__ import annotations

from ctypes import c_float, c_size_t
from math import floor, log2

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from assets.model import Primitive

LEAST = 1500  # triangles under which a smaller mesh would save nothing
ASSEMBLED = "farm:assembled"
"""In a primitive's extras: made of parts so small that none would be simplified by itself (renderers.batches)."""
_NORMAL_WEIGHT = 0.02  # an error of 0.05 in a unit normal counts like 0.1 % of the mesh's size
_UV_WEIGHT = 0.5

Triangles = NDArray[np.uint32]


def step(error: float) -> int:
    """A length in metres as a step of a scale of half octaves, rounded down, so that near views share a level."""
    return floor(2 * log2(max(error, 1e-9)))


def simplified(primitive: Primitive, level: int) -> Triangles:
    """Triangles uint32[k, 3] with an error of at most ``2 ** (level / 2)`` metres; ordered for vertex reuse."""
    error = 2.0 ** (level / 2)
    indices = np.ascontiguousarray(primitive.indices, dtype=np.uint32).reshape(-1)
    positions = np.ascontiguousarray(primitive.positions, dtype=np.float32)
    if len(indices) >= 3 * LEAST and ASSEMBLED not in primitive.extras:
        extent = float(np.ptp(positions, axis=0).max())  # what meshoptimizer's relative errors are relative to
        if extent > 0 and error < extent:
            indices = _collapse(primitive, indices, positions, error / extent)
    ordered = np.empty_like(indices)
    if len(indices):
        meshoptimizer.optimize_vertex_cache(
            ordered, indices, index_count=c_size_t(len(indices)), vertex_count=c_size_t(len(positions))
        )
    return ordered.reshape(-1, 3)


def _collapse(primitive: Primitive, indices: Triangles, positions: NDArray[np.float32], error: float) -> Triangles:
    parts, weights = [primitive.normals], [_NORMAL_WEIGHT] * 3
    for uv in (primitive.uv0, primitive.uv1):
        if uv is not None:
            parts.append(uv)
            weights += [_UV_WEIGHT] * 2
    if primitive.colors is not None:
        parts.append(primitive.colors)
        weights += [_NORMAL_WEIGHT] * 4
    attributes = np.ascontiguousarray(np.concatenate(parts, axis=1), dtype=np.float32)
    out = np.empty_like(indices)
    # The binding declares no argument types, so numbers must come as the C types that they are.
    count = meshoptimizer.simplify_with_attributes(
        out,
        indices,
        positions,
        attributes,
        np.array(weights, dtype=np.float32),
        index_count=c_size_t(len(indices)),
        vertex_count=c_size_t(len(positions)),
        vertex_positions_stride=c_size_t(positions.strides[0]),
        vertex_attributes_stride=c_size_t(attributes.strides[0]),
        attribute_count=c_size_t(len(weights)),
        target_index_count=c_size_t(0),
        target_error=c_float(error),
    )
    return np.ascontiguousarray(out[:count])

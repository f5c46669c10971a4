"""What a primitive says of each of its vertices, and the primitive with some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets.model import MorphTarget, Primitive

ARRAYS: Final = ("positions", "normals", "tangents", "uv0", "uv1", "colors", "joints", "weights")
"""What a primitive says of each vertex, by name."""
_DISPLACED: Final = ("positions", "normals", "tangents")

Array = NDArray[Any]


def arrays_of(part: Primitive) -> Iterator[tuple[str, Array]]:
    """Everything that a primitive says of each vertex: name and [n, width]."""
    for name in ARRAYS:
        array = getattr(part, name)
        if array is not None:
            yield name, array
    yield from part.attributes.items()
    for number, target in enumerate(part.targets):
        for name in _DISPLACED:
            array = getattr(target, name)
            if array is not None:
                yield f"target {number} {name}", array


def with_vertices(part: Primitive, keep: NDArray[np.intp], indices: NDArray[np.uint32]) -> Primitive:
    """The primitive with the vertices ``keep``, in that order (one may come twice), and these triangles."""
    own: dict[str, Any] = {
        name: np.ascontiguousarray(getattr(part, name)[keep]) for name in ARRAYS if getattr(part, name) is not None
    }
    targets = tuple(
        MorphTarget(
            name=target.name,
            positions=None if target.positions is None else target.positions[keep],
            normals=None if target.normals is None else target.normals[keep],
            tangents=None if target.tangents is None else target.tangents[keep],
        )
        for target in part.targets
    )
    others = {name: array[keep] for name, array in part.attributes.items()}
    return replace(part, indices=indices, targets=targets, attributes=others, **own)


def compact(part: Primitive) -> Primitive:
    """The primitive without the vertices that no triangle uses."""
    used, places = np.unique(part.indices, return_inverse=True)
    if len(used) == len(part.positions):
        return part
    return with_vertices(part, used.astype(np.intp), places.reshape(-1, 3).astype(np.uint32))

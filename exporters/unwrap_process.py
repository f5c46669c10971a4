"""xatlas in a process of its own, for it dies on some meshes (smooth closed ones, upstream's issue 146) and cannot be
stopped: three arrays come in, three go out, in NumPy's format.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any, BinaryIO, Final

import numpy as np
import xatlas
from numpy.typing import NDArray

MEMORY: Final = 4 * 2**30
"""Bytes of address space; a mesh of 200,000 triangles takes a fraction."""


SIDES: Final = "sides"
"""The argument that cuts a mesh into the six sides that its triangles face before xatlas sees it."""

Array = NDArray[Any]


def main(source: BinaryIO, target: BinaryIO, *, sides: bool) -> None:
    """Reads positions float32[n, 3], triangles uint32[m, 3] and normals float32[n, 3]; writes the source's vertex of
    each new one, the triangles and the UVs in 0..1.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    given = io.BytesIO(source.read())  # a pipe cannot go back, as NumPy does
    positions, triangles, normals = (np.load(given) for _ in range(3))
    parts = _sides(positions, triangles) if sides else [triangles]
    atlas = xatlas.Atlas()
    used = []
    for part in parts:
        own, corners = np.unique(part, return_inverse=True)
        used.append(own)
        atlas.add_mesh(positions[own], corners.reshape(-1, 3).astype(np.uint32), normals[own])
    pack = xatlas.PackOptions()
    pack.padding = 2
    atlas.generate(pack_options=pack)
    made = [atlas[number] for number in range(len(parts))]
    starts = np.cumsum([0, *(len(uv) for _, _, uv in made[:-1])])
    np.save(target, np.concatenate([own[vertices] for own, (vertices, _, _) in zip(used, made, strict=True)]))
    np.save(target, np.concatenate([c + np.uint32(s) for (_, c, _), s in zip(made, starts, strict=True)]))
    np.save(target, np.concatenate([uv for _, _, uv in made]))


def _sides(positions: Array, triangles: Array) -> list[Array]:
    a, b, c = (positions[triangles[:, corner]] for corner in range(3))
    facing = np.cross(b - a, c - a)
    axis = np.abs(facing).argmax(axis=1)
    side = 2 * axis + (facing[np.arange(len(axis)), axis] < 0)
    return [triangles[side == one] for one in np.unique(side)]


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer, sides=SIDES in sys.argv)

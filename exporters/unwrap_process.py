"""xatlas in a process of its own, for it dies on some meshes (smooth closed ones, upstream's issue 146) and cannot be
stopped: three arrays come in, three go out, in NumPy's format.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import BinaryIO, Final

import numpy as np
import xatlas

MEMORY: Final = 4 * 2**30
"""Bytes of address space; a mesh of 200,000 triangles takes a fraction."""


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Reads positions float32[n, 3], triangles uint32[m, 3] and normals float32[n, 3]; writes the source's vertex of
    each new one, the triangles and the UVs in 0..1.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    given = io.BytesIO(source.read())  # a pipe cannot go back, as NumPy does
    positions, triangles, normals = (np.load(given) for _ in range(3))
    atlas = xatlas.Atlas()
    atlas.add_mesh(positions, triangles, normals)
    pack = xatlas.PackOptions()
    pack.padding = 2
    atlas.generate(pack_options=pack)
    for array in atlas[0]:
        np.save(target, array)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)

"""Triangles on the device: one vertex buffer for each level of detail of each distinct mesh."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.model import Primitive
from renderers.simplify import simplified

_digests: WeakKeyDictionary[Primitive, bytes] = WeakKeyDictionary()

_AMBIENTS = 8

# Attribute in the shaders, field of a primitive, floats.
_ATTRIBUTES = (
    ("in_position", "positions", 3),
    ("in_normal", "normals", 3),
    ("in_uv0", "uv0", 2),
    ("in_uv1", "uv1", 2),
    ("in_colour", "colors", 4),
    ("in_tangent", "tangents", 4),
)


def digest(primitive: Primitive) -> bytes:
    """A name for the geometry alone: equal arrays, equal digest, whoever made them. Hashed once an object."""
    known = _digests.get(primitive)
    if known is None:
        state = hashlib.blake2b(digest_size=20)
        for _, name, width in (*_ATTRIBUTES, ("", "indices", 3)):
            array = getattr(primitive, name)
            if array is not None:
                state.update(f"{name}:{len(array)}:{width};".encode())
                state.update(np.ascontiguousarray(array).data)
        known = _digests[primitive] = state.digest()
    return known


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The sphere about a mesh, in its own space."""

    centre: NDArray[np.float64]
    radius: float


_bounds: WeakKeyDictionary[Primitive, Bounds] = WeakKeyDictionary()


def bounds(primitive: Primitive) -> Bounds:
    """The sphere about the box of a primitive's vertices."""
    known = _bounds.get(primitive)
    if known is None:
        low = primitive.positions.min(axis=0).astype(np.float64)
        high = primitive.positions.max(axis=0).astype(np.float64)
        centre = (low + high) / 2
        reach = np.linalg.norm(primitive.positions - centre.astype(np.float32), axis=1).max()
        known = _bounds[primitive] = Bounds(centre=centre, radius=float(reach))
    return known


class GpuMesh:
    """One level of detail of one primitive: interleaved vertices that the level uses, and its triangles."""

    def __init__(self, context: moderngl.Context, primitive: Primitive, level: int) -> None:
        self._context = context
        triangles = simplified(primitive, level)
        self.vertices, fresh = _compact(triangles, len(primitive.positions))
        parts = [(a, getattr(primitive, f), n) for a, f, n in _ATTRIBUTES if getattr(primitive, f) is not None]
        self._layout = [(a, n) for a, _, n in parts]
        table = np.concatenate([np.asarray(p, np.float32)[self.vertices] for _, p, _ in parts], axis=1)
        self._vbo = context.buffer(np.ascontiguousarray(table).tobytes() or b"\0" * 4)
        self._ibo = context.buffer(fresh.tobytes() or b"\0" * 4)
        self._arrays: dict[tuple[int, bytes], moderngl.VertexArray] = {}
        self._ambient: OrderedDict[bytes, moderngl.Buffer] = OrderedDict()
        self.nbytes = int(table.nbytes + fresh.nbytes) + _AMBIENTS * 4 * len(table)

    def ambient(self, key: bytes, shares: NDArray[np.float32]) -> None:
        """Takes one float for each vertex of the primitive as the attribute ``in_ambient`` of :meth:`array`.

        The same mesh stands in many places and designs: the last few are kept, by ``key``.
        """
        if key not in self._ambient:
            while len(self._ambient) >= _AMBIENTS:
                self._forget()  # the arrays may use what goes
                self._ambient.popitem(last=False)[1].release()
            data = np.ascontiguousarray(shares[self.vertices], np.float32).tobytes() or b"\0" * 4
            self._ambient[key] = self._context.buffer(data)
        self._ambient.move_to_end(key)

    def _forget(self) -> None:
        for array in self._arrays.values():
            array.release()
        self._arrays.clear()

    def array(self, program: moderngl.Program, *, ambient: bytes | None = None) -> moderngl.VertexArray:
        """The vertex array for a program. ``ambient`` is a key of :meth:`ambient`."""
        key = (program.glo, ambient or b"")
        if key not in self._arrays:
            names = [a for a, _ in self._layout if a in program]
            form = " ".join(f"{n}f" if a in program else f"{n}x4" for a, n in self._layout)
            content: list[tuple[object, ...]] = [(self._vbo, form, *names)]
            if ambient is not None and "in_ambient" in program:
                content.append((self._ambient[ambient], "1f", "in_ambient"))
            self._arrays[key] = self._context.vertex_array(program, content, self._ibo, index_element_size=4)
        return self._arrays[key]

    def release(self) -> None:
        """Frees the buffers."""
        self._forget()
        for buffer in (self._vbo, self._ibo, *self._ambient.values()):
            if buffer is not None:
                buffer.release()


def _compact(triangles: NDArray[np.uint32], count: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The vertices in the order of their first use, and the triangles renumbered to them."""
    flat = triangles.ravel()
    used, first = np.unique(flat, return_index=True)
    vertices = used[np.argsort(first)].astype(np.int64)
    number = np.zeros(count, dtype=np.uint32)
    number[vertices] = np.arange(len(vertices), dtype=np.uint32)
    return vertices, number[triangles]

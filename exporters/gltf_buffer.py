"""The binary side of a glTF: arrays in, buffer views and accessors out; equal arrays are stored once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exporters.errors import ExportError

VERTICES: Final = 34962  # ARRAY_BUFFER
INDICES: Final = 34963  # ELEMENT_ARRAY_BUFFER

COMPONENTS: Final = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
TYPES: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_SPARSE: Final = 0.5  # below this share of moved vertices a sparse accessor is smaller

Json = dict[str, Any]


class Attribute(NamedTuple):
    """What is said of each vertex, [n, width]. ``semantic`` is what it is, for buffers that pack; "" is not known."""

    values: NDArray[Any]
    semantic: str = ""


class Grid(NamedTuple):
    """Positions of a mesh as they are stored: ``offset`` (float64[3]) is taken away, then ``scale`` divides."""

    offset: NDArray[np.float64]
    scale: float

    @property
    def matrix(self) -> NDArray[np.float64]:
        """From what is stored to what is meant, float64[4, 4]."""
        made = np.diag([self.scale, self.scale, self.scale, 1.0])
        made[:3, 3] = self.offset
        return made


class Buffer:
    """One glTF buffer being filled. ``views`` and ``accessors`` are the JSON to be written."""

    def __init__(self) -> None:
        self.views: list[Json] = []
        self.accessors: list[Json] = []
        self.size = 0
        self.grid: Grid | None = None  # of the mesh that is being written
        self._parts: list[bytes] = []
        self._known_views: dict[tuple[bytes, int | None, int | None], int] = {}
        self._known_accessors: dict[tuple[Any, ...], int] = {}

    def view(self, data: bytes, *, target: int | None = None, stride: int | None = None) -> int:
        """Index of a buffer view of ``data``, at an offset that is a multiple of four."""
        key = (hashlib.sha256(data).digest(), target, stride)
        known = self._known_views.get(key)
        if known is not None:
            return known
        entry: Json = {"buffer": 0, "byteOffset": self.size, "byteLength": len(data)}
        if stride is not None:
            entry["byteStride"] = stride
        if target is not None:
            entry["target"] = target
        self.append(data)
        self.views.append(entry)
        self._known_views[key] = len(self.views) - 1
        return len(self.views) - 1

    def append(self, data: bytes) -> int:
        """Where the bytes are from now on."""
        start = self.size
        padded = data + bytes(-len(data) % 4)
        self._parts.append(padded)
        self.size += len(padded)
        return start

    def accessor(
        self,
        array: NDArray[Any],
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
        semantic: str = "",  # noqa: ARG002 - for buffers that pack
    ) -> int:
        """Index of an accessor of ``array`` (1, 2, 3, 4 or 16 columns; i1, u1, i2, u2, u4 or f4).

        ``bounds`` writes the least and largest values, ``semantic`` is the vertex attribute that it is. Raises
        ``export.not_finite``.
        """
        array, width = checked(array)
        stride = None
        if target == VERTICES:
            array, stride = aligned(array)
        view = self.view(array.tobytes(), target=target, stride=stride)
        if stride is not None:
            array = array[:, :width]
        entry: Json = {
            "bufferView": view,
            "componentType": COMPONENTS[array.dtype.str[1:]],
            "count": len(array),
            "type": TYPES[width],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= least_and_largest(array)
        return self._add(entry, (view, entry["componentType"], entry["count"], width, normalized, bounds))

    def enter(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """A mesh begins whose positions lie between ``low`` and ``high``: buffers that round them take one grid."""

    def geometry(
        self,
        arrays: Mapping[str, Attribute],
        corners: NDArray[Any],
        *,
        morphs: bool,  # noqa: ARG002 - for buffers that order vertices anew
    ) -> Json:
        """A primitive's "attributes" and "indices" (and "extensions", where it takes one). ``corners`` are uint16 or
        uint32[3 m]; ``morphs`` says that displacements of the same vertices follow.
        """
        attributes = {
            name: self.accessor(values, target=VERTICES, bounds=name == "POSITION", semantic=semantic)
            for name, (values, semantic) in arrays.items()
        }
        return {"attributes": attributes, "indices": self.accessor(corners, target=INDICES)}

    def sparse(self, array: NDArray[np.float32], *, bounds: bool = False) -> int:
        """As :meth:`accessor` for vertex displacements that are mostly zero."""
        array, width = checked(array)
        moved = np.flatnonzero(array.any(axis=1))
        if len(moved) >= _SPARSE * len(array):
            return self.accessor(array, target=VERTICES, bounds=bounds)
        entry: Json = {"componentType": 5126, "count": len(array), "type": TYPES[width]}
        if bounds:
            entry |= least_and_largest(array)
        places: int | None = None
        values: int | None = None
        if len(moved):
            kind = np.uint16 if len(array) <= 65_536 else np.uint32
            places = self.view(moved.astype(kind).tobytes())
            values = self.view(array[moved].tobytes())
            entry["sparse"] = {
                "count": len(moved),
                "indices": {"bufferView": places, "componentType": COMPONENTS[np.dtype(kind).str[1:]]},
                "values": {"bufferView": values},
            }
        return self._add(entry, ("sparse", places, values, len(array), width, bounds))

    def buffers(self) -> list[Json]:
        """The document's buffers."""
        return [{"byteLength": self.size}] if self.size else []

    def required(self) -> set[str]:
        """The extensions without which a program reads nothing of what is here."""
        return set()

    def data(self) -> bytes:
        """The whole buffer; its length is a multiple of four."""
        return b"".join(self._parts)

    def _add(self, entry: Json, key: tuple[Any, ...]) -> int:
        known = self._known_accessors.get(key)
        if known is None:
            self.accessors.append(entry)
            known = self._known_accessors[key] = len(self.accessors) - 1
        return known


def checked(array: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """The array as rows, floats in 32 bits, and its columns. Raises ``export.not_finite``."""
    array = np.ascontiguousarray(array)
    array = array.reshape(len(array), -1)
    if array.dtype.kind == "f":
        array = array.astype("<f4", copy=False)
        if not np.isfinite(array).all():
            raise ExportError("export.not_finite", "the model holds numbers that are not finite; repair it")
    return array, array.shape[1]


def aligned(array: NDArray[Any]) -> tuple[NDArray[Any], int | None]:
    """Vertex attributes start at multiples of four (glTF 2.0, 3.6.2.4): narrow rows are padded."""
    row = array.shape[1] * array.itemsize
    if row % 4 == 0:
        return array, None
    padded = np.zeros((len(array), (row + 3) // 4 * 4 // array.itemsize), array.dtype)
    padded[:, : array.shape[1]] = array
    return padded, padded.shape[1] * padded.itemsize


def least_and_largest(array: NDArray[Any]) -> Json:
    """An accessor's ``min`` and ``max``."""
    return {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}

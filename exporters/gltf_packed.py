"""The binary side of a glTF in few bytes: EXT_meshopt_compression, with vertex data in as many bits as are seen.

Positions and UVs keep their units: every column shares one exponent (meshopt's exponential filter), so that a step is
at most 2^-15 of the largest coordinate, 2^-13 of the largest UV. Normals are octahedral in 10 bits, tangents
in 8 (KHR_mesh_quantization), weights and colours bytes. Arseny Kapoulkine, meshoptimizer; the extension's appendices
A and B, Khronos.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from exporters.gltf_buffer import (
    COMPONENTS,
    INDICES,
    TYPES,
    VERTICES,
    Buffer,
    Json,
    aligned,
    checked,
    least_and_largest,
)

EXTENSION: Final = "EXT_meshopt_compression"
QUANTISED: Final = "KHR_mesh_quantization"
BITS: Final = {"POSITION": 16, "TEXCOORD": 14}
"""Of each column's whole numbers, sign included."""
NORMAL_BITS: Final = {"NORMAL": 10, "TANGENT": 8}
_WHOLE: Final = 1e-3

Array = NDArray[Any]


class PackedBuffer(Buffer):
    """As a :class:`Buffer`, but what is drawn is compressed: buffer 0 holds the packed bytes, buffer 1, which is not
    in the file, stands for the ``unpacked`` bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unpacked = 0
        self.quantised = False
        self._known_packed: dict[tuple[Any, ...], int] = {}
        meshoptimizer.encode_vertex_version(0)  # the extension's; 1 is KHR_meshopt_compression's
        meshoptimizer.encode_index_version(1)

    def accessor(
        self,
        array: Array,
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
        semantic: str = "",
    ) -> int:
        """As :meth:`Buffer.accessor`. ``semantic`` ("POSITION", "TEXCOORD_0") says how exact the array must stay."""
        kind = semantic.rstrip("0123456789").rstrip("_")
        values, width = checked(array)
        if target == INDICES:
            return self._indices(values)
        if target != VERTICES or not len(values):
            return super().accessor(array, target=target, bounds=bounds, normalized=normalized)
        if kind in BITS and values.dtype.kind == "f":
            stored, seen = exponential(values, BITS[kind])
            return self._attribute(stored, seen, width, "EXPONENTIAL", bounds=bounds)
        if kind in {"NORMAL", "TANGENT"}:
            self.quantised = True
            turned = octahedral(values, NORMAL_BITS[kind])
            component = turned.dtype.str[1:]
            return self._attribute(turned, values, width, "OCTAHEDRAL", component=component, normalized=True)
        if kind == "WEIGHTS" and whole_shares(values):
            return self._attribute(shares(values), values, width, "NONE", component="u1", normalized=True)
        if kind == "COLOR" and values.dtype.kind == "f":
            code = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
            return self._attribute(aligned(code)[0], values, width, "NONE", component="u1", normalized=True)
        if kind == "JOINTS":
            stored = aligned(values)[0]
            return self._attribute(stored, values, width, "NONE", component=values.dtype.str[1:])
        return super().accessor(array, target=target, bounds=bounds, normalized=normalized)

    def buffers(self) -> list[Json]:
        """The document's buffers."""
        found: list[Json] = [{"byteLength": self.size}]
        if self.unpacked:
            found.append({"byteLength": self.unpacked, "extensions": {EXTENSION: {"fallback": True}}})
        return found

    def required(self) -> set[str]:
        """The extensions without which a program reads nothing of what is here."""
        return ({EXTENSION} if self.unpacked else set()) | ({QUANTISED} if self.quantised else set())

    def _indices(self, values: Array) -> int:
        stream = meshoptimizer.encode_index_buffer(values.reshape(-1).astype(np.uint32), len(values))
        place = self._packed(stream, len(values), values.itemsize, mode="TRIANGLES", target=INDICES)
        entry = {"bufferView": place, "componentType": COMPONENTS[values.dtype.str[1:]], "count": len(values)}
        return self._add({**entry, "type": "SCALAR"}, ("packed", place, entry["componentType"]))

    def _attribute(
        self,
        stored: Array,
        seen: Array,
        width: int,
        how: str,
        *,
        component: str = "f4",
        normalized: bool = False,
        bounds: bool = False,
    ) -> int:
        stored = np.ascontiguousarray(stored)
        stride = stored.shape[1] * stored.itemsize
        stream = meshoptimizer.encode_vertex_buffer(stored, len(stored), stride)
        place = self._packed(stream, len(stored), stride, mode="ATTRIBUTES", target=VERTICES, how=how)
        entry: Json = {
            "bufferView": place,
            "componentType": COMPONENTS[component],
            "count": len(stored),
            "type": TYPES[width],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= least_and_largest(seen[:, :width])
        return self._add(entry, ("packed", place, component, width, normalized, bounds))

    def _packed(self, stream: bytes, count: int, stride: int, *, mode: str, target: int, how: str = "NONE") -> int:
        """Index of a view of what ``stream`` unpacks to."""
        packed = {"buffer": 0, "byteLength": len(stream), "byteStride": stride, "mode": mode, "count": count}
        if how != "NONE":
            packed["filter"] = how
        key = (
            hashlib.sha256(stream).digest(),
            target,
            mode,
            how,
            stride,
            count,
        )  # one stream may stand for many counts
        known = self._known_packed.get(key)
        if known is not None:
            return known
        packed["byteOffset"] = self.append(stream)
        entry: Json = {
            "buffer": 1,
            "byteOffset": self.unpacked,
            "byteLength": count * stride,
            "target": target,
            "extensions": {EXTENSION: packed},
        }
        if target == VERTICES:
            entry["byteStride"] = stride
        self.unpacked += (count * stride + 3) // 4 * 4
        self.views.append(entry)
        self._known_packed[key] = len(self.views) - 1
        return len(self.views) - 1


def exponential(values: NDArray[np.float32], bits: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Whole numbers of ``bits`` with one exponent a column: what the filter reads, uint32[n, k], and the numbers that
    come back, float32[n, k].
    """
    largest = np.abs(values).max(axis=0)
    step = np.ceil(np.log2(np.maximum(largest, 1e-30) / (2.0 ** (bits - 1) - 1))).astype(np.int32)
    step = np.clip(step, -126, 127)
    whole = np.rint(np.ldexp(values.astype(np.float64), -step)).astype(np.int32)
    stored = (whole & 0xFFFFFF).astype(np.uint32) | ((step & 0xFF).astype(np.uint32) << np.uint32(24))
    return stored, np.ldexp(whole.astype(np.float64), step).astype(np.float32)


def octahedral(vectors: NDArray[np.float32], bits: int) -> NDArray[np.int16] | NDArray[np.int8]:
    """Unit vectors (and a tangent's sign) as the filter reads them: int16[n, 4], int8[n, 4] for 8 bits."""
    exact = vectors[:, :3].astype(np.float64)
    flat = exact / np.maximum(np.abs(exact).sum(axis=1, keepdims=True), 1e-12)
    x, y, z = flat.T
    over_x, over_y = (1 - np.abs(y)) * np.where(x >= 0, 1, -1), (1 - np.abs(x)) * np.where(y >= 0, 1, -1)
    most = 2 ** (bits - 1) - 1
    whole = np.int8 if bits == 8 else np.int16
    out = np.empty((len(vectors), 4), whole)
    largest = np.iinfo(whole).max
    out[:, 0] = np.rint(np.where(z >= 0, x, over_x) * most)
    out[:, 1] = np.rint(np.where(z >= 0, y, over_y) * most)
    out[:, 2] = most
    out[:, 3] = 0 if vectors.shape[1] == 3 else np.where(vectors[:, 3] < 0, -largest, largest)
    return out


def whole_shares(weights: NDArray[np.float32]) -> bool:
    """Whether the rows add up to 1: not those of one of two sets."""
    return bool(np.abs(weights.sum(axis=1) - 1).max(initial=0.0) < _WHOLE)


def shares(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Weights as bytes; each row adds up to 255: the largest takes the rounding."""
    whole = np.rint(weights * 255).astype(np.int32)
    short = 255 - whole.sum(axis=1)
    whole[np.arange(len(whole)), whole.argmax(axis=1)] += short
    return np.clip(whole, 0, 255).astype(np.uint8)

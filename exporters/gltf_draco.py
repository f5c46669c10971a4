"""Geometry of a glTF in few bytes: KHR_draco_mesh_compression, by Google's encoder.

Positions keep 14 bits of their mesh's longest side, on one grid a mesh, so that parts that touch still do; UVs a step
of at most 1/4096 of a tile, normals 10 bits, weights and colours bytes. Second UVs stay as they are. Tangents (in
bytes, KHR_mesh_quantization) and what is of kinds that the encoder lacks stand beside the stream, in the order that
Draco gives the vertices. Primitives with morph targets are left alone (KHR_draco_mesh_compression, Khronos).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import DracoPy
import numpy as np
from numpy.typing import NDArray

from exporters.gltf_buffer import COMPONENTS, TYPES, VERTICES, Attribute, Buffer, Json, checked, least_and_largest
from exporters.gltf_packed import QUANTISED, shares, whole_shares

EXTENSION: Final = "KHR_draco_mesh_compression"
BITS: Final = 14
NORMAL_BITS: Final = 10
_TILE_STEPS: Final = 4096
_LEVEL: Final = 7  # of 10; above it encoding takes far longer for a percent
_POSITION, _NORMAL, _COLOR, _UV = 0, 1, 2, 3  # Draco's own kinds of attributes
_NAMES: Final = {"POSITION": _POSITION, "NORMAL": _NORMAL, "COLOR_0": _COLOR, "TEXCOORD_0": _UV}
_NUMBER: Final = "_NUMBER"
_KINDS: Final = frozenset({"f4", "u1", "u2", "u4"})

Array = NDArray[Any]


class DracoBuffer(Buffer):
    """As a :class:`Buffer`, with whole primitives in one view each where Draco can hold them."""

    def __init__(self) -> None:
        super().__init__()
        self._low: NDArray[np.float64] = np.zeros(3)
        self._side = 0.0
        self._known: dict[bytes, Json] = {}
        self._quantised = False

    def enter(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """One grid for the primitives of a mesh."""
        self._low, self._side = low, float((high - low).max())

    def geometry(self, arrays: Mapping[str, Attribute], corners: Array, *, morphs: bool) -> Json:
        """As :meth:`Buffer.geometry`; what Draco cannot hold is written plainly."""
        if morphs or self._side <= 0:
            return super().geometry(arrays, corners, morphs=morphs)
        stored = {name: _stored(name, attribute) for name, attribute in arrays.items()}
        beside = {name: stored.pop(name) for name in list(stored) if stored[name].dtype.str[1:] not in _KINDS}
        try:
            stream = self._encoded(stored, corners)
        except DracoPy.EncodingFailedException:  # of a mesh whose triangles all have no area
            return super().geometry(arrays, corners, morphs=morphs)
        if beside:
            order = self._order(stored, corners, stream)
            if order is None:
                return super().geometry(arrays, corners, morphs=morphs)
            beside = {name: array[order] for name, array in beside.items()}
        key = hashlib.sha256(stream).digest() + repr([(n, a.dtype.str) for n, a in stored.items()]).encode()
        if key not in self._known:
            self._known[key] = self._entry(stored, stream)
        entry = dict(self._known[key])
        own = {name: self._plain(name, array) for name, array in beside.items()}
        entry["attributes"] = {**entry["attributes"], **own}
        return entry

    def _plain(self, name: str, array: Array) -> int:
        self._quantised = self._quantised or name == "TANGENT"
        return self.accessor(array, target=VERTICES, normalized=name == "TANGENT")

    def _order(self, stored: Mapping[str, Array], corners: Array, stream: bytes) -> NDArray[np.int64] | None:
        """Which of our vertices each of the stream's is: found by numbers that are encoded along once. None where
        these changed the order.
        """
        numbers = np.arange(len(stored["POSITION"]), dtype=np.uint32)[:, None]
        numbered = DracoPy.decode(self._encoded({**stored, _NUMBER: numbers}, corners))
        plain = DracoPy.decode(stream)
        same = np.array_equal(numbered.points, plain.points) and np.array_equal(numbered.faces, plain.faces)
        found = numbered.get_attribute_by_unique_id(len(_others(stored)))["data"]
        return found.reshape(-1).astype(np.int64) if same else None

    def required(self) -> set[str]:
        """The extensions without which a program reads nothing of what is here."""
        return ({EXTENSION} if self._known else set()) | ({QUANTISED} if self._quantised else set())

    def _encoded(self, stored: Mapping[str, Array], corners: Array) -> bytes:
        uv, normal, colour = stored.get("TEXCOORD_0"), stored.get("NORMAL"), stored.get("COLOR_0")
        span = 0.0 if uv is None or not len(uv) else float((uv.max(axis=0) - uv.min(axis=0)).max())
        others = {number: stored[name] for number, name in enumerate(_others(stored))}
        made: bytes = DracoPy.encode(
            stored["POSITION"],
            np.ascontiguousarray(corners.reshape(-1, 3).astype(np.uint32)),
            quantization_bits=BITS,
            quantization_range=self._side,
            quantization_origin=self._low.tolist(),
            compression_level=_LEVEL,
            normals=None if normal is None else normal.astype(np.float64),
            normal_quantization_bits=NORMAL_BITS,
            tex_coord=None if uv is None else uv.astype(np.float64),
            tex_coord_quantization_bits=int(np.clip(np.ceil(np.log2(max(span, 1.0) * _TILE_STEPS)), 12, 24)),
            colors=colour,
            generic_attributes=others or None,
        )
        return made

    def _entry(self, stored: Mapping[str, Array], stream: bytes) -> Json:
        """What stands in the document: the counts are those of the stream, which splits and joins vertices."""
        mesh = DracoPy.decode(stream)
        by_kind = {one["attribute_type"]: one["unique_id"] for one in mesh.attributes}
        ids = {name: by_kind[kind] for name, kind in _NAMES.items() if name in stored}
        ids |= {name: number for number, name in enumerate(_others(stored))}
        points = np.asarray(mesh.points, np.float32)
        attributes: Json = {}
        for name, array in stored.items():
            entry: Json = {
                "componentType": COMPONENTS[array.dtype.str[1:]],
                "count": len(points),
                "type": TYPES[array.shape[1]],
            }
            if array.dtype.kind == "u" and name.startswith(("WEIGHTS", "COLOR")):
                entry["normalized"] = True
            if name == "POSITION":
                entry |= least_and_largest(points)
            self.accessors.append(entry)
            attributes[name] = len(self.accessors) - 1
        wide = len(points) > 65_535
        self.accessors.append(
            {"componentType": COMPONENTS["u4" if wide else "u2"], "count": 3 * len(mesh.faces), "type": "SCALAR"}
        )
        extension = {"bufferView": self.view(stream), "attributes": ids}
        return {
            "attributes": attributes,
            "indices": len(self.accessors) - 1,
            "extensions": {EXTENSION: extension},
        }


def _others(stored: Mapping[str, Array]) -> list[str]:
    """Attributes without a kind of their own, in the order of their ids."""
    return [name for name in stored if name not in _NAMES]


def _stored(name: str, attribute: Attribute) -> Array:
    values, _ = checked(attribute.values)
    if name.startswith("WEIGHTS") and whole_shares(values):
        return shares(values)
    if name.startswith("COLOR") and values.dtype.kind == "f":
        values = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    if name == "TANGENT":
        values = np.rint(np.clip(values, -1, 1) * 127).astype(np.int8)
    return values

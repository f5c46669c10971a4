"""Writes small GLBs for tests, right or wrong on purpose."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
from PIL import Image as Pillow

_COMPONENTS = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)


def png(width: int = 2, height: int = 2, colour: tuple[int, ...] = (255, 0, 0)) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


class Glb:
    """A glTF under construction: ``doc`` is the JSON, to be changed at will before :meth:`data`."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.doc: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
        }

    def view(self, data: bytes, **fields: Any) -> int:
        while len(self.binary) % 4:
            self.binary.append(0)
        self.doc["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **fields}
        )
        self.binary += data
        return len(self.doc["bufferViews"]) - 1

    def accessor(self, array: Any, **fields: Any) -> int:
        array = np.ascontiguousarray(array)
        width = 1 if array.ndim == 1 else array.shape[1]
        self.doc["accessors"].append(
            {
                "bufferView": self.view(array.tobytes()),
                "componentType": _COMPONENTS[array.dtype.name],
                "count": len(array),
                "type": _TYPES[width],
                **fields,
            }
        )
        return len(self.doc["accessors"]) - 1

    def mesh(self, positions: Any = TRIANGLE, indices: Any = None, **fields: Any) -> int:
        """A mesh of one primitive. ``fields`` in capitals are attributes (arrays), others go into the JSON."""
        attributes = {"POSITION": self.accessor(np.asarray(positions, np.float32))}
        for name in [name for name in fields if name.isupper() or name[-2:] in {"_0", "_1"}]:
            value = fields.pop(name)
            attributes[name] = value if isinstance(value, int) else self.accessor(value)
        primitive = {"attributes": attributes, **fields}
        if indices is not None:
            primitive["indices"] = self.accessor(np.asarray(indices))
        self.doc["meshes"].append({"primitives": [primitive]})
        return len(self.doc["meshes"]) - 1

    def node(self, mesh: int | None = None, *, root: bool = True, **fields: Any) -> int:
        self.doc["nodes"].append(({} if mesh is None else {"mesh": mesh}) | fields)
        place = len(self.doc["nodes"]) - 1
        if root:
            self.doc["scenes"][0]["nodes"].append(place)
        return place

    def material(self, **fields: Any) -> int:
        self.doc.setdefault("materials", []).append(fields)
        return len(self.doc["materials"]) - 1

    def texture(self, data: bytes, **fields: Any) -> int:
        self.doc.setdefault("images", []).append({"bufferView": self.view(data)})
        self.doc.setdefault("textures", []).append({"source": len(self.doc["images"]) - 1, **fields})
        return len(self.doc["textures"]) - 1

    def data(self) -> bytes:
        doc = {key: value for key, value in self.doc.items() if value != []}
        if self.binary and "buffers" not in doc:
            doc["buffers"] = [{"byteLength": len(self.binary)}]
        return pack(json.dumps(doc).encode(), bytes(self.binary))


def pack(text: bytes, binary: bytes = b"") -> bytes:
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def simple(**fields: Any) -> Glb:
    """One triangle, one node."""
    glb = Glb()
    glb.node(glb.mesh(**fields))
    return glb

"""Integrity of what was written: read back before it is published, so that no broken file leaves the farm."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import numpy as np
import orjson
import trimesh

from assets import gltf
from assets.errors import ContentError
from exporters import fbx_binary, fbx_objects
from exporters.errors import ExportError
from exporters.obj import parts

_PACKED: Final = frozenset({"EXT_meshopt_compression", "KHR_draco_mesh_compression"})
_MIMES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ktx2": "image/ktx2"}
_WHOLE: Final = 64 * 2**20
"""Bytes of a .gltf and its files that are put together to be read."""


def check(files: Mapping[str, bytes], kind: str) -> None:
    """Reads the files back. Raises ExportError ``export.damaged``, the farm's fault, for anything that is wrong."""
    try:
        if kind == "glb":
            (data,) = files.values()
            _read(data)
        elif kind == "gltf":
            _gltf(files)
        elif kind == "obj":
            _obj(files)
        else:
            (data,) = files.values()
            _CHECKS[kind](data)
    except (ContentError, ValueError, KeyError, IndexError, zipfile.BadZipFile, ET.ParseError) as error:
        raise ExportError(
            "export.damaged", f"the {kind} that was written cannot be read: {error}", ours=True
        ) from error


def _gltf(files: Mapping[str, bytes]) -> None:
    document = orjson.loads(next(data for name, data in files.items() if name.endswith(".gltf")))
    for buffer in document.get("buffers", ()):
        if "uri" not in buffer:  # what stands for the unpacked bytes
            continue
        held = len(files[unquote(buffer["uri"])])
        if held < buffer["byteLength"]:
            msg = f"{buffer['uri']} holds {held} bytes of {buffer['byteLength']}"
            raise ValueError(msg)
    for image in document.get("images", ()):
        if "uri" in image and unquote(image["uri"]) not in files:
            msg = f"{image['uri']} is missing"
            raise ValueError(msg)
    if sum(map(len, files.values())) <= _WHOLE:
        _read(_embedded(document, files))


def _read(data: bytes) -> None:
    """Our own reader's verdict; what is packed is unpacked."""
    if not _PACKED.isdisjoint(gltf.inspect(data).extensions):
        gltf.read(data)


def _embedded(document: dict[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The files as one, for a reader that opens none."""
    for kind in ("buffers", "images"):
        for item in document.get(kind, ()):
            if "uri" in item:
                name = unquote(item["uri"])
                media = "application/octet-stream" if kind == "buffers" else _MIMES[PurePosixPath(name).suffix]
                item["uri"] = f"data:{media};base64,{base64.b64encode(files[name]).decode()}"
    return orjson.dumps(document)


def _fbx(data: bytes) -> None:
    top = {record.name: record for record in fbx_binary.decode(data)}
    ids = {record.properties[0].value for record in top["Objects"].children} | {fbx_objects.ROOT}
    for link in top["Connections"].children:
        for end in link.properties[1:3]:
            if end.value not in ids:
                msg = f"something is connected to object {end.value}, which is not there"
                raise ValueError(msg)
    for geometry in top["Objects"].all("Geometry"):
        points, corners = geometry.find("Vertices"), geometry.find("PolygonVertexIndex")
        if points is not None and corners is not None:
            index = corners.properties[0]
            if len(index) and np.where(index < 0, ~index, index).max() >= len(points.properties[0]) // 3:
                msg = "a face names a point that is not there"
                raise ValueError(msg)


def _usdz(data: bytes) -> None:
    from exporters.usdz import faults  # tens of megabytes of USD, for those who write one

    with tempfile.NamedTemporaryFile(suffix=".usdz") as file:
        file.write(data)
        file.flush()
        if found := faults(Path(file.name)):
            raise ValueError(found[0])


def _triangles(kind: str) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        if not len(trimesh.load_mesh(io.BytesIO(data), file_type=kind, process=False).faces):
            msg = "it holds no triangle"
            raise ValueError(msg)

    return check


def _3mf(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if broken := package.testzip():
            msg = f"{broken} is damaged"
            raise ValueError(msg)
        # What was written here holds no entity: nothing is expanded.
        if ET.fromstring(package.read("3D/3dmodel.model")).find(".//{*}triangle") is None:  # noqa: S314
            msg = "it holds no triangle"
            raise ValueError(msg)


_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "fbx": _fbx,
    "usdz": _usdz,
    "stl": _triangles("stl"),
    "ply": _triangles("ply"),
    "3mf": _3mf,
}


def _obj(files: Mapping[str, bytes]) -> None:
    for name in parts(files):
        if name not in files:
            msg = f"{name} is missing"
            raise ValueError(msg)
    counts = {b"v": 0, b"vt": 0, b"vn": 0}
    for row in next(data for name, data in files.items() if name.endswith(".obj")).splitlines():
        keyword, _, rest = row.partition(b" ")
        if keyword in counts:
            counts[keyword] += 1
        elif keyword == b"f":
            for corner in rest.split():
                v, vt, vn = corner.split(b"/")
                if int(v) > counts[b"v"] or int(vn) > counts[b"vn"] or (vt and int(vt) > counts[b"vt"]):
                    msg = f"a face names a vertex that is not there: {row.decode()}"
                    raise ValueError(msg)

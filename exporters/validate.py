"""Integrity of what was written: read back before it is published, so that no broken file leaves the farm."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import numpy as np
import orjson

from assets import gltf
from assets.errors import ContentError
from exporters import fbx_binary, fbx_objects
from exporters.errors import ExportError
from exporters.obj import parts


def check(files: Mapping[str, bytes], kind: str) -> None:
    """Reads the files back. Raises ExportError ``export.damaged``, the farm's fault, for anything that is wrong."""
    try:
        if kind == "glb":
            (data,) = files.values()
            gltf.inspect(data)
        elif kind == "gltf":
            _gltf(files)
        elif kind == "fbx":
            (data,) = files.values()
            _fbx(data)
        else:
            _obj(files)
    except (ContentError, ValueError, KeyError, IndexError) as error:
        raise ExportError(
            "export.damaged", f"the {kind} that was written cannot be read: {error}", ours=True
        ) from error


def _gltf(files: Mapping[str, bytes]) -> None:
    document = orjson.loads(next(data for name, data in files.items() if name.endswith(".gltf")))
    for buffer in document.get("buffers", ()):
        held = len(files[unquote(buffer["uri"])])
        if held < buffer["byteLength"]:
            msg = f"{buffer['uri']} holds {held} bytes of {buffer['byteLength']}"
            raise ValueError(msg)
    for image in document.get("images", ()):
        if "uri" in image and unquote(image["uri"]) not in files:
            msg = f"{image['uri']} is missing"
            raise ValueError(msg)


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

"""Models to glTF 2.0: one GLB, or a .gltf with its .bin and textures. Equal models give equal bytes."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

import orjson

from assets.model import Image, Model
from exporters.errors import ExportError
from exporters.gltf_buffer import Buffer
from exporters.gltf_cameras import LIGHTS, camera_json, light_json
from exporters.gltf_draco import DracoBuffer
from exporters.gltf_materials import Materials, TextureKind
from exporters.gltf_meshes import VARIANTS, Meshes
from exporters.gltf_nodes import INSTANCING, Nodes
from exporters.gltf_packed import PackedBuffer
from exporters.gltf_quantised import QuantisedBuffer

EXPORTER_VERSION: Final = 2
"""Goes into step hashes: raise it when the bytes change."""

GENERATOR: Final = "render-farm"
MAX_BYTES: Final = 2**32 - 1  # a GLB's lengths are 32 bits

_CARRIED: Final = frozenset({"extensions", "extras"})
_SUFFIX: Final = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/ktx2": ".ktx2"}

Json = dict[str, Any]
Compression = Literal["none", "quantise", "meshopt", "draco"]

_BUFFERS: Final[Mapping[Compression, type[Buffer]]] = {
    "none": Buffer,
    "quantise": QuantisedBuffer,
    "meshopt": PackedBuffer,
    "draco": DracoBuffer,
}


def write_glb(
    model: Model, *, extras: Mapping[str, Any], compression: Compression = "none", textures: TextureKind = "keep"
) -> bytes:
    """The model as one GLB. ``extras`` (design, layers, units, licence, …: JSON) go into ``asset.extras``.

    ``compression`` is that of the geometry (:mod:`exporters.gltf_quantised`, :mod:`exporters.gltf_packed`,
    :mod:`exporters.gltf_draco`); ``textures`` "webp" or "ktx2" leaves images of that kind as they are, for programs
    that know the extension. Raises ExportError ``export.not_finite``, ``export.empty`` or ``export.too_large``.
    """
    buffer = _BUFFERS[compression]()

    def store(image: Image) -> Json:
        entry: Json = {"name": image.name} if image.name else {}
        return entry | {"bufferView": buffer.view(image.data), "mimeType": image.mime}

    document = _document(model, buffer, Materials(store, textures=textures), extras)
    if buffer.size:
        document["buffers"] = buffer.buffers()
    head = _dump(document)
    head += b" " * (-len(head) % 4)
    body = buffer.data()
    total = 12 + 8 + len(head) + 8 + len(body)
    if total > MAX_BYTES:
        raise ExportError("export.too_large", "a GLB holds at most 4 GiB; optimise the model or export GLTF")
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(head), b"JSON"),
            head,
            struct.pack("<I4s", len(body), b"BIN\x00"),
            body,
        ]
    )


def write_gltf(
    model: Model,
    *,
    extras: Mapping[str, Any],
    stem: str,
    compression: Compression = "none",
    textures: TextureKind = "keep",
) -> dict[str, bytes]:
    """The model as files by name: ``stem.gltf``, ``stem.bin`` and a file for each texture, all side by side.

    ``compression`` and ``textures`` are those of :func:`write_glb`.
    """
    buffer = _BUFFERS[compression]()
    files: dict[str, bytes] = {}

    def store(image: Image) -> Json:
        name = texture_name(image, stem, files)
        files[name] = image.data
        entry: Json = {"name": image.name} if image.name else {}
        return entry | {"uri": quote(name)}

    document = _document(model, buffer, Materials(store, textures=textures), extras)
    first, *more = buffer.buffers() or [{"byteLength": 0}]
    document["buffers"] = [{"uri": quote(f"{stem}.bin"), **first}, *more]
    return {f"{stem}.gltf": _dump(document), f"{stem}.bin": buffer.data(), **files}


def texture_name(image: Image, stem: str, taken: Mapping[str, bytes]) -> str:
    """A file name for an image that no other file in ``taken`` has: ``stem-name.png``."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", image.name).strip("-.")
    plain = re.sub(r"\.(png|jpe?g|webp|ktx2)$", "", plain, flags=re.IGNORECASE)[:60] or "texture"
    suffix = _SUFFIX[image.mime]
    name, number = f"{stem}-{plain}{suffix}", 1
    while name.lower() in {other.lower() for other in taken}:  # some disks do not tell case apart
        number += 1
        name = f"{stem}-{plain}-{number}{suffix}"
    return name


def _document(model: Model, buffer: Buffer, materials: Materials, extras: Mapping[str, Any]) -> Json:
    meshes = Meshes(buffer, materials)
    tree = Nodes(model, buffer, meshes)
    if not meshes.meshes:
        raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
    roots = tree.roots
    if tree.joints_without_common_root():
        tree.nodes.append({"name": "root", "children": roots})
        roots = [len(tree.nodes) - 1]
    asset: Json = {"version": "2.0", "generator": GENERATOR}
    if model.copyright:
        asset["copyright"] = model.copyright
    asset |= {key: value for key, value in model.asset.items() if key in _CARRIED}
    if extras:
        asset["extras"] = {**asset.get("extras", {}), **extras}
    scene: Json = {"name": model.name} if model.name else {}
    scene |= {key: value for key, value in model.scene.items() if key in _CARRIED}
    document: Json = {"asset": asset, "scene": 0, "scenes": [scene | {"nodes": roots}]}
    extensions = dict(model.extensions)
    if model.lights:
        extensions[LIGHTS] = {"lights": [light_json(light) for light in model.lights]}
    if model.variants:
        extensions[VARIANTS] = {"variants": [{"name": name} for name in model.variants]}
    document |= {
        key: value
        for key, value in (
            ("extensions", extensions),
            ("nodes", tree.nodes),
            ("meshes", meshes.meshes),
            ("materials", materials.materials),
            ("textures", materials.textures),
            ("samplers", materials.samplers),
            ("images", materials.images),
            ("skins", tree.skins),
            ("animations", tree.animations),
            ("accessors", buffer.accessors),
            ("bufferViews", buffer.views),
            ("cameras", [camera_json(camera) for camera in model.cameras]),
            ("extras", dict(model.extras)),
        )
        if value
    }
    needed = buffer.required() | materials.required()
    used = _used(document) | needed
    if used:
        document["extensionsUsed"] = sorted(used)
    if INSTANCING in used:  # without it a program would draw one where there are many
        needed.add(INSTANCING)
    if needed:
        document["extensionsRequired"] = sorted(needed)
    return document


def _used(value: Any) -> set[str]:
    """Every extension that something in the document carries; application data does not count."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "extensions" and isinstance(part, Mapping):
                found.update(part)
            if key != "extras":
                found |= _used(part)
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, Mapping | list):
                found |= _used(part)
    return found


def _dump(document: Json) -> bytes:
    try:
        return orjson.dumps(document)
    except (TypeError, ValueError) as error:
        raise ExportError(
            "export.extras_invalid", f"the model's extras cannot be written as JSON: {error}"
        ) from error

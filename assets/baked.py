"""The catalogue's own model files: a Model in one compressed NumPy archive, quantised.

glTF would do, but a catalogue model is read by every worker on its first job: this takes a few milliseconds and
a third of the size. Positions are kept in 16 bits of their box (under 0.03 mm for a person's height), normals
octahedral in 2 x 16 bits, UVs in 16 bits of theirs, indices as differences, which deflate well.
Quantisation box and octahedral mapping as in KHR_mesh_quantization and Cigolle et al., "A Survey of Efficient
Representations for Independent Unit Vectors", JCGT 3(2), 2014.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import archives
from assets.images import probe
from assets.model import AlphaMode, Image, Material, Mesh, Model, Node, Primitive, Sampler, Texture

VERSION: Final = 1
_TEXTURES: Final = ("base_color_texture", "metallic_roughness_texture", "normal_texture", "occlusion_texture")
_NUMBERS: Final = (
    "base_color",
    "metallic",
    "roughness",
    "normal_scale",
    "occlusion_strength",
    "double_sided",
    "sheen_color",
    "sheen_roughness",
)


def write(model: Model) -> bytes:
    """The model as an archive. Nodes, meshes, materials and images; no skins and no animations."""
    if model.skins or model.animations:
        msg = "a baked model has no skins and no animations"
        raise ValueError(msg)
    arrays: dict[str, NDArray[Any]] = {}
    images: dict[str, Image] = {}
    materials: list[Material] = []
    meshes = []
    for mesh in model.meshes:
        parts = []
        for part in mesh.primitives:
            if part.material not in materials:
                materials.append(part.material)
            key = f"p{len(arrays)}"
            box = _pack(arrays, key, part)
            parts.append({"key": key, "material": materials.index(part.material), **box})
        meshes.append({"name": mesh.name, "primitives": parts})
    document = {
        "version": VERSION,
        "name": model.name,
        "copyright": model.copyright,
        "extras": dict(model.extras),
        "roots": list(model.roots),
        "nodes": [
            {
                "name": node.name,
                "matrix": node.matrix.reshape(-1).tolist(),
                "mesh": node.mesh,
                "children": list(node.children),
                "extras": dict(node.extras),
            }
            for node in model.nodes
        ],
        "meshes": meshes,
        "materials": [_material_out(material, images) for material in materials],
        "images": {digest: image.name for digest, image in images.items()},
    }
    return archives.packed(
        {"model.json": json.dumps(document, sort_keys=True)},
        arrays,
        {f"images/{digest}": image.data for digest, image in images.items()},
    )


def read(data: bytes) -> Model:
    """The model of an archive that :func:`write` made. It trusts its input: only for files that ship with us."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = json.loads(archive.read("model.json"))
        if document["version"] != VERSION:
            msg = f"a baked model of version {document['version']}, not {VERSION}; run python -m assets.generators"
            raise ValueError(msg)
        images = {
            digest: probe(archive.read(f"images/{digest}"), name=name) for digest, name in document["images"].items()
        }
        materials = [_material_in(entry, images) for entry in document["materials"]]
        meshes = tuple(
            Mesh(
                name=mesh["name"],
                primitives=tuple(_unpack(archive, part, materials[part["material"]]) for part in mesh["primitives"]),
            )
            for mesh in document["meshes"]
        )
    return Model(
        name=document["name"],
        copyright=document["copyright"],
        extras=document["extras"],
        roots=tuple(document["roots"]),
        nodes=tuple(
            Node(
                name=node["name"],
                matrix=np.array(node["matrix"], dtype=np.float64).reshape(4, 4),
                mesh=node["mesh"],
                children=tuple(node["children"]),
                extras=node["extras"],
            )
            for node in document["nodes"]
        ),
        meshes=meshes,
    )


def _pack(arrays: dict[str, NDArray[Any]], key: str, part: Primitive) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    arrays[f"{key}.positions"], facts["positions"] = _quantise(part.positions)
    arrays[f"{key}.normals"] = _octahedral(part.normals)
    if part.uv0 is not None:
        arrays[f"{key}.uv0"], facts["uv0"] = _quantise(part.uv0)
    flat = part.indices.astype(np.int64).reshape(-1)
    arrays[f"{key}.indices"] = np.diff(flat, prepend=0).astype(np.int32)
    return facts


def _unpack(archive: zipfile.ZipFile, part: Mapping[str, Any], material: Material) -> Primitive:
    def array(name: str) -> NDArray[Any]:
        return archives.array(archive, f"{part['key']}.{name}")

    return Primitive(
        positions=_restore(array("positions"), part["positions"]),
        normals=_unit_vectors(array("normals")),
        uv0=_restore(array("uv0"), part["uv0"]) if "uv0" in part else None,
        indices=np.cumsum(array("indices"), dtype=np.int64).astype(np.uint32).reshape(-1, 3),
        material=material,
    )


def _quantise(values: NDArray[np.float32]) -> tuple[NDArray[np.uint16], list[list[float]]]:
    low = values.min(axis=0).astype(np.float64)
    span = np.maximum(values.max(axis=0).astype(np.float64) - low, 1e-9)
    steps = np.round((values - low) / span * 65535).astype(np.uint16)
    # Columns, not rows: neighbours along one axis are alike and deflate better.
    return np.ascontiguousarray(steps.T), [low.tolist(), span.tolist()]


def _restore(steps: NDArray[np.uint16], box: list[list[float]]) -> NDArray[np.float32]:
    low, span = (np.array(side) for side in box)
    return np.ascontiguousarray((steps.T / 65535.0 * span + low).astype(np.float32))


def _octahedral(normals: NDArray[np.float32]) -> NDArray[np.int16]:
    n = normals.astype(np.float64)
    n /= np.maximum(np.abs(n).sum(axis=1, keepdims=True), 1e-12)
    folded = (1 - np.abs(n[:, 1::-1])) * np.where(n[:, :2] >= 0, 1.0, -1.0)
    flat = np.where(n[:, 2:3] < 0, folded, n[:, :2])
    # 11 bits and a sign: 0.03 degrees, a third smaller than 16 bits after deflation.
    return np.ascontiguousarray(np.round(flat * 2047).astype(np.int16).T)


def _unit_vectors(packed: NDArray[np.int16]) -> NDArray[np.float32]:
    flat = packed.T / 2047.0
    z = 1 - np.abs(flat).sum(axis=1)
    below = np.maximum(-z, 0)[:, None]
    xy = flat - np.where(flat >= 0, below, -below)
    n = np.concatenate([xy, z[:, None]], axis=1)
    return np.ascontiguousarray((n / np.linalg.norm(n, axis=1, keepdims=True)).astype(np.float32))


def _material_out(material: Material, images: dict[str, Image]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": material.name, "alpha_mode": material.alpha_mode.value}
    entry.update({name: getattr(material, name) for name in _NUMBERS})
    for name in _TEXTURES:
        texture: Texture | None = getattr(material, name)
        if texture is not None:
            images.setdefault(texture.image.digest, texture.image)
            entry[name] = {"image": texture.image.digest, "scale": texture.scale, "offset": texture.offset}
    return entry


def _material_in(entry: Mapping[str, Any], images: Mapping[str, Image]) -> Material:
    values: dict[str, Any] = {
        name: tuple(entry[name]) if isinstance(entry[name], list) else entry[name] for name in _NUMBERS
    }
    for name in _TEXTURES:
        if name in entry:
            use = entry[name]
            values[name] = Texture(
                image=images[use["image"]],
                sampler=Sampler(),
                scale=tuple(use["scale"]),
                offset=tuple(use["offset"]),
            )
    return Material(name=entry["name"], alpha_mode=AlphaMode(entry["alpha_mode"]), **values)

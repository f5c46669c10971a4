"""Small models that between them use everything the reader knows: what the fuzz corpus starts from."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import DracoPy
import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from tests.assets.glb import Glb, png, simple
from tests.assets.test_gltf_hostile import rich
from tests.assets.test_variants import colourways
from tests.assets.test_viewpoints import lit

SIDE = 6
GRID = np.array([[x, y, np.sin(x) * np.cos(y)] for x in range(SIDE) for y in range(SIDE)], np.float32)
FACES = np.array(
    [
        corner
        for x in range(SIDE - 1)
        for y in range(SIDE - 1)
        for a in (x * SIDE + y,)
        for corner in ((a, a + SIDE, a + 1), (a + 1, a + SIDE, a + SIDE + 1))
    ],
    np.uint32,
)
NORMALS = np.tile(np.array([[0, 0, 1]], np.float32), (len(GRID), 1))
UV = (GRID[:, :2] / SIDE).astype(np.float32)


def grid(**fields: Any) -> Glb:
    return simple(
        positions=GRID, indices=FACES.reshape(-1).astype(np.uint16), NORMAL=NORMALS, TEXCOORD_0=UV, **fields
    )


def sparse_morphs() -> bytes:
    glb = grid(TANGENT=np.tile(np.array([[1, 0, 0, 1]], np.float32), (len(GRID), 1)))
    targets = []
    for place in range(2):
        places = glb.view(np.array([1 + place, 5, 20], np.uint16).tobytes())
        values = glb.view(np.ones((3, 3), np.float32).tobytes())
        glb.doc["accessors"].append(
            {
                "componentType": 5126,
                "type": "VEC3",
                "count": len(GRID),
                "sparse": {
                    "count": 3,
                    "indices": {"bufferView": places, "componentType": 5123},
                    "values": {"bufferView": values},
                },
            }
        )
        moved = len(glb.doc["accessors"]) - 1
        targets.append({"POSITION": moved, "NORMAL": moved, "TANGENT": moved})
    glb.doc["meshes"][0]["primitives"][0]["targets"] = targets
    glb.doc["meshes"][0] |= {"weights": [0.5, 0], "extras": {"targetNames": ["wide", "long"]}}
    glb.doc["nodes"][0]["weights"] = [0.25, 1]
    times = glb.accessor(np.array([0, 1], np.float32))
    samplers = [
        {"input": times, "output": glb.accessor(np.zeros(12, np.float32)), "interpolation": "CUBICSPLINE"},
        {"input": times, "output": glb.accessor(np.zeros((2, 4), np.int16), normalized=True)},
    ]
    channels = [
        {"sampler": 0, "target": {"node": 0, "path": "weights"}},
        {"sampler": 1, "target": {"node": 0, "path": "rotation"}},
    ]
    glb.doc["animations"] = [{"samplers": samplers, "channels": channels}]
    return glb.data()


def quantised() -> bytes:
    """KHR_mesh_quantization, interleaved."""
    glb = Glb()
    rows = np.zeros(len(GRID), np.dtype([("p", "<i2", 4), ("n", "i1", 4), ("t", "<u2", 2), ("c", "u1", 4)]))
    rows["p"][:, :3] = GRID * 1000
    rows["n"][:, 2] = 127
    rows["t"] = UV * 65535
    rows["c"] = 255
    view = glb.view(rows.tobytes(), byteStride=rows.dtype.itemsize)
    attributes = {}
    for name, offset, component, kind, normalized in (
        ("POSITION", 0, 5122, "VEC3", False),
        ("NORMAL", 8, 5120, "VEC3", True),
        ("TEXCOORD_0", 12, 5123, "VEC2", True),
        ("COLOR_0", 16, 5121, "VEC3", True),
    ):
        glb.doc["accessors"].append(
            {
                "bufferView": view,
                "byteOffset": offset,
                "componentType": component,
                "count": len(GRID),
                "type": kind,
                "normalized": normalized,
            }
        )
        attributes[name] = len(glb.doc["accessors"]) - 1
    indices = glb.accessor(FACES.reshape(-1).astype(np.uint8))
    glb.doc["meshes"] = [{"primitives": [{"attributes": attributes, "indices": indices}]}]
    glb.node(0, scale=[0.001, 0.001, 0.001])
    glb.doc["extensionsRequired"] = ["KHR_mesh_quantization"]
    return glb.data()


def draco(**options: Any) -> bytes:
    glb = grid()
    stream = DracoPy.encode(GRID, FACES, preserve_order=False, **options)
    decoded = DracoPy.decode(stream)
    primitive = glb.doc["meshes"][0]["primitives"][0]
    kinds = {0: "POSITION", 1: "NORMAL", 3: "TEXCOORD_0"}
    ids = {
        kinds[one["attribute_type"]]: one["unique_id"] for one in decoded.attributes if one["attribute_type"] in kinds
    }
    primitive["attributes"] = {name: place for name, place in primitive["attributes"].items() if name in ids}
    counts = dict.fromkeys(primitive["attributes"].values(), len(decoded.points))
    for accessor, count in (counts | {primitive["indices"]: 150}).items():
        glb.doc["accessors"][accessor]["count"] = count
        del glb.doc["accessors"][accessor]["bufferView"]
    primitive["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": glb.view(stream), "attributes": ids}}
    glb.doc["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    return glb.data()


def meshopt(name: str = "EXT_meshopt_compression", version: int = 0) -> bytes:
    """Attributes, filtered and not, and triangles; with version 1 the newer vertex codec and coloured vertices."""
    meshoptimizer.encode_vertex_version(version)
    glb = grid(COLOR_0=glued_colours()) if version else grid()
    primitive = glb.doc["meshes"][0]["primitives"][0]
    normals = np.zeros((len(GRID), 4), np.int8)
    normals[:, 2] = 127
    glb.doc["accessors"][primitive["attributes"]["NORMAL"]] |= {"componentType": 5120, "normalized": True}
    parts: tuple[tuple[str, Any, int, dict[str, str]], ...] = (
        ("POSITION", meshoptimizer.encode_vertex_buffer(GRID, len(GRID), 12), 12, {}),
        ("NORMAL", meshoptimizer.encode_vertex_buffer(normals, len(GRID), 4), 4, {"filter": "OCTAHEDRAL"}),
        ("", meshoptimizer.encode_index_buffer(FACES.reshape(-1), FACES.size, len(GRID)), 2, {"mode": "TRIANGLES"}),
    )
    if version:
        packed = meshoptimizer.encode_vertex_buffer(ycocg(glued_colours()), len(GRID), 4)
        glb.doc["accessors"][primitive["attributes"]["COLOR_0"]]["normalized"] = True
        parts += (("COLOR_0", packed, 4, {"filter": "COLOR"}),)
    for attribute, data, stride, more in parts:
        accessor = primitive["attributes"][attribute] if attribute else primitive["indices"]
        count = glb.doc["accessors"][accessor]["count"]
        place = glb.view(bytes(data))
        raw = glb.doc["bufferViews"][place]
        extension = {
            "buffer": 0,
            "byteOffset": raw["byteOffset"],
            "byteLength": raw["byteLength"],
            "byteStride": stride,
            "count": count,
            "mode": "ATTRIBUTES",
        }
        glb.doc["bufferViews"][place] = {
            "buffer": 1,
            "byteLength": count * stride,
            "byteStride": stride,
            "extensions": {name: extension | more},
        }
        glb.doc["accessors"][accessor]["bufferView"] = place
    meshoptimizer.encode_vertex_version(0)
    fallback = {"byteLength": 10_000, "extensions": {name: {"fallback": True}}}
    glb.doc["buffers"] = [{"byteLength": len(glb.binary)}, fallback]
    glb.doc["extensionsRequired"] = [name]
    return glb.data()


def glued_colours() -> NDArray[np.uint8]:
    """RGBA of the grid's vertices, each channel even so that seven bits hold it."""
    x, y = (GRID[:, :2] * 40).astype(np.uint8).T
    return np.ascontiguousarray(np.stack([x, y, (x + y) // 2 * 2, np.full_like(x, 254)], axis=1))


def ycocg(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA as KHR_meshopt_compression's filter COLOR stores it, seven bits for each colour, six for alpha."""
    r, g, b, a = (rgba.astype(np.int64) * 127 / 255).round().astype(np.int64).T
    co, cg = (r - b) // 2, (2 * g - r - b) // 4
    stored = np.stack([g - cg, co, cg, (a >> 1) | 0x40], axis=1)
    return np.ascontiguousarray(stored.astype(np.int8).view(np.uint8))


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    pixels = (np.arange(8 * 8 * 3) * 7 % 256).astype(np.uint8).reshape(8, 8, 3)
    Pillow.fromarray(pixels).save(out, kind)
    return out.getvalue()


def ktx2(name: str) -> bytes:
    return (Path(__file__).parent / "ktx2" / f"{name}.ktx2").read_bytes()


def supercompressed() -> bytes:
    """KTX 2 in ETC1S and UASTC, and AVIF."""
    glb = grid()
    names = ("opaque.etc1s", "alpha.uastc", "alpha.zstd")
    textures = [glb.texture(data) for data in (*map(ktx2, names), picture("AVIF"))]
    for place in textures:
        kind = "KHR_texture_basisu" if place < 3 else "EXT_texture_avif"
        glb.doc["textures"][place] = {"extensions": {kind: {"source": place}}}
    glb.material(
        pbrMetallicRoughness={"baseColorTexture": {"index": 0}, "metallicRoughnessTexture": {"index": 1}},
        emissiveTexture={"index": 2},
        occlusionTexture={"index": 3},
    )
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    glb.doc["extensionsRequired"] = ["KHR_texture_basisu", "EXT_texture_avif"]
    return glb.data()


def textured() -> bytes:
    """Every kind of image, and materials with every extension that has numbers."""
    glb = grid(TEXCOORD_1=UV)
    kinds = [png(4, 4, (9, 8, 7, 128)), picture("JPEG"), picture("WEBP"), picture("PNG")]
    a, b, c, d = (glb.texture(data, sampler=0) for data in kinds)
    glb.doc["textures"][c] = {"source": 0, "extensions": {"EXT_texture_webp": {"source": 2}}}
    glb.doc["samplers"] = [{"magFilter": 9728, "minFilter": 9987, "wrapS": 33071, "wrapT": 33648}]
    transform = {"KHR_texture_transform": {"offset": [0.5, 0], "rotation": 1.5, "scale": [2, 2], "texCoord": 1}}
    glb.material(
        pbrMetallicRoughness={
            "baseColorTexture": {"index": a, "extensions": transform},
            "metallicRoughnessTexture": {"index": b},
        },
        normalTexture={"index": c, "scale": 0.5},
        occlusionTexture={"index": d, "texCoord": 1, "strength": 0.5},
        emissiveFactor=[1, 1, 1],
        alphaMode="BLEND",
        extensions={
            "KHR_materials_clearcoat": {"clearcoatFactor": 1, "clearcoatTexture": {"index": b}},
            "KHR_materials_sheen": {"sheenColorFactor": [1, 0, 0], "sheenRoughnessFactor": 0.5},
            "KHR_materials_transmission": {"transmissionFactor": 0.5},
            "KHR_materials_volume": {"thicknessFactor": 1, "attenuationDistance": 2, "attenuationColor": [1, 0, 1]},
            "KHR_materials_ior": {"ior": 1.4},
            "KHR_materials_specular": {"specularFactor": 0.5, "specularColorFactor": [1, 2, 1]},
            "KHR_materials_iridescence": {"iridescenceFactor": 1, "iridescenceThicknessMaximum": 300},
            "KHR_materials_anisotropy": {"anisotropyStrength": 0.5, "anisotropyRotation": 1},
            "KHR_materials_emissive_strength": {"emissiveStrength": 3},
            "ACME_unknown": {"k": [1, {"texture": 3}]},
        },
    )
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    return glb.data()


def text() -> bytes:
    """A .gltf with its buffer in a data URI."""
    data = grid().data()
    (length,) = struct.unpack_from("<I", data, 12)
    doc = json.loads(data[20 : 20 + length])
    uri = base64.b64encode(data[28 + length :]).decode()
    doc["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{uri}"
    return json.dumps(doc).encode()


def strips() -> bytes:
    glb = simple(positions=GRID, mode=5)
    glb.node(glb.mesh(positions=GRID, mode=6, COLOR_0=np.ones((len(GRID), 3), np.float32)))
    glb.node(glb.mesh(positions=GRID, indices=np.arange(10, dtype=np.uint8), mode=1, extras={"seam": 1}))
    glb.doc["nodes"].append({"children": [0, 1, 2], "matrix": np.eye(4).reshape(-1).tolist()})
    glb.doc["scenes"] = [{"nodes": [3], "name": "all"}]
    return glb.data()


def instanced() -> bytes:
    glb = grid()
    attributes = {
        "TRANSLATION": glb.accessor(GRID[:7]),
        "ROTATION": glb.accessor(np.tile(np.array([[0, 0, 0, 127]], np.int8), (7, 1)), normalized=True),
        "SCALE": glb.accessor(np.ones((7, 3), np.float32)),
        "_ID": glb.accessor(np.arange(7, dtype=np.float32)),
    }
    glb.doc["meshes"][0]["primitives"][0]["attributes"] |= {
        "_TENSION": glb.accessor(np.zeros((len(GRID), 4), np.int8), normalized=True),
        "TEXCOORD_3": glb.accessor(UV),
    }
    glb.doc["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    return glb.data()


SEEDS: dict[str, Callable[[], bytes]] = {
    "rich": rich,
    "sparse morphs": sparse_morphs,
    "quantised": quantised,
    "draco": draco,
    "draco with all": lambda: draco(normals=NORMALS.astype(float), tex_coord=UV.astype(float), compression_level=10),
    "draco with metadata": lambda: draco(generic_attributes={"fabric": np.zeros((len(GRID), 2), np.uint8)}),
    "meshopt": meshopt,
    "meshopt 1": lambda: meshopt("KHR_meshopt_compression", 1),
    "textured": textured,
    "supercompressed": supercompressed,
    "text": text,
    "strips": strips,
    "variants": lambda: colourways().data(),
    "instanced": instanced,
    "cameras": lambda: lit().data(),
}

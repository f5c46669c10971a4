"""One small GLB for each feature of the reader, and when it is looked at: for goldens and for the documentation."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import DracoPy
import meshoptimizer
import numpy as np
from PIL import Image as Picture

from assets import gltf, viewpoints
from assets.compose import digest
from assets.design import CameraSettings
from assets.framing import view
from assets.model import Model
from assets.pose import flatten
from assets.scene import Background, Draw, Scene, View
from assets.transforms import compose_trs
from assets.variants import chosen
from tests.assets.glb import Glb

LIGHT = Background(top="#f4f4f2", bottom="#d9d8d4")
KTX2 = Path(__file__).parents[1] / "assets" / "ktx2"
RED, NAVY, SAND, TEAL = (0.42, 0.02, 0.04), (0.02, 0.05, 0.2), (0.6, 0.45, 0.25), (0.02, 0.25, 0.22)


@lru_cache
def tube(rows: int = 24, columns: int = 40, folds: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A hanging sleeve of cloth, 1 high and 0.5 wide: positions, normals, uv (3 times round), triangles."""
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    angle = u * 2 * np.pi
    radius = 0.25 + 0.02 * (1 - v) * np.cos(folds * angle)
    points = np.stack([radius * np.sin(angle), v, radius * np.cos(angle)], axis=-1)
    across, up = np.gradient(points, axis=1), np.gradient(points, axis=0)
    across[:, [0, -1]] = (across[:, [0]] + across[:, [-1]]) / 2
    normals = np.cross(across, up)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    i = np.arange(rows * columns)
    a = i // columns * (columns + 1) + i % columns
    triangles = np.concatenate(
        [np.stack([a, a + 1, a + columns + 1], 1), np.stack([a + 1, a + columns + 2, a + columns + 1], 1)]
    )
    uv = np.stack([u * 3, (1 - v) * 2], axis=-1)
    flat = (points.reshape(-1, 3), normals.reshape(-1, 3), uv.reshape(-1, 2))
    return (*(part.astype(np.float32) for part in flat), triangles.astype(np.uint32))  # type: ignore[return-value]


def cloth(glb: Glb, colour: tuple[float, float, float], **more: Any) -> int:
    pbr = {"baseColorFactor": [*colour, 1], "metallicFactor": 0, "roughnessFactor": 0.75}
    return glb.material(pbrMetallicRoughness=pbr | more.pop("pbr", {}), doubleSided=True, **more)


def sleeve(glb: Glb, material: int, **attributes: Any) -> int:
    points, normals, uv, triangles = tube()
    found = {"NORMAL": normals, "TEXCOORD_0": uv} | attributes
    return glb.mesh(points, triangles.reshape(-1).astype(np.uint16), material=material, **found)


def keys(glb: Glb, times: list[float], values: np.ndarray, how: str) -> dict[str, Any]:
    return {
        "input": glb.accessor(np.array(times, np.float32)),
        "output": glb.accessor(values.astype(np.float32)),
        "interpolation": how,
    }


def side_by_side(models: list[tuple[Model, dict[str, Any]]]) -> tuple[Draw, ...]:
    """Each model at its moment, 0.85 apart."""
    found: list[Draw] = []
    for place, (model, when) in enumerate(models):
        shift = compose_trs(
            np.array([0.85 * (place - (len(models) - 1) / 2), 0, 0]), np.array([0, 0, 0, 1]), np.ones(3)
        )
        found += [
            Draw(primitive=draw.primitive, matrix=shift @ draw.matrix, layer=draw.layer)
            for draw in flatten(model, **when)
        ]
    return tuple(found)


def morphs() -> tuple[Draw, ...]:
    """A sparse target that flares the lower half, by an animation of its weight."""
    glb = Glb()
    points = tube()[0]
    low = np.flatnonzero(points[:, 1] < 0.5).astype(np.uint16)
    moved = points[low] * np.array([1.6, 0, 1.6], np.float32) * (0.5 - points[low, 1:2]) ** 1.5 * 1.2
    glb.node(sleeve(glb, cloth(glb, RED)))
    glb.doc["accessors"].append(
        {
            "componentType": 5126,
            "type": "VEC3",
            "count": len(points),
            "sparse": {
                "count": len(low),
                "indices": {"bufferView": glb.view(low.tobytes()), "componentType": 5123},
                "values": {"bufferView": glb.view(moved.astype(np.float32).tobytes())},
            },
        }
    )
    glb.doc["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": len(glb.doc["accessors"]) - 1}]
    glb.doc["animations"] = [
        {
            "samplers": [keys(glb, [0, 1], np.array([0, 1]), "LINEAR")],
            "channels": [{"sampler": 0, "target": {"node": 0, "path": "weights"}}],
        }
    ]
    model = gltf.read(glb.data())
    return side_by_side([(model, {"animation": 0, "time": time}) for time in (0, 0.5, 1)])


def skins() -> tuple[Draw, ...]:
    """Three joints up the sleeve; a cubic spline, a linear key and a step bend them."""
    glb = Glb()
    points = tube()[0]
    along = np.clip(points[:, 1] * 2.4 - 0.2, 0, 2)
    first = np.minimum(np.floor(along), 1)
    joints = np.zeros((len(points), 4), np.uint8)
    joints[:, 0], joints[:, 1] = first, first + 1
    weights = np.zeros((len(points), 4), np.float32)
    weights[:, 1] = along - first
    weights[:, 0] = 1 - weights[:, 1]
    glb.node(sleeve(glb, cloth(glb, NAVY), JOINTS_0=joints, WEIGHTS_0=weights), skin=0)
    glb.node(children=[2])
    glb.node(root=False, children=[3], translation=[0, 0.5, 0])
    glb.node(root=False, translation=[0, 0.4, 0])
    binds = np.stack([np.eye(4), np.eye(4), np.eye(4)])
    binds[1, 1, 3], binds[2, 1, 3] = -0.5, -0.9
    columns = binds.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
    glb.doc["skins"] = [{"joints": [1, 2, 3], "inverseBindMatrices": glb.accessor(columns)}]
    bend = [0.0, 0.0, math.sin(0.35), math.cos(0.35)]
    still = [0.0, 0.0, 0.0, 1.0]
    spline = np.array([[0] * 4, still, [0] * 4, [0] * 4, bend, [0] * 4])
    samplers = [
        keys(glb, [0, 1], spline, "CUBICSPLINE"),
        keys(glb, [0, 1], np.array([still, bend]), "LINEAR"),
    ]
    channels = [{"sampler": n, "target": {"node": 2 + n, "path": "rotation"}} for n in (0, 1)]
    glb.doc["animations"] = [{"samplers": samplers, "channels": channels}]
    model = gltf.read(glb.data())
    return side_by_side([(model, {"animation": 0, "time": time}) for time in (0, 0.5, 1)])


def variants() -> tuple[Draw, ...]:
    glb = Glb()
    colours = [cloth(glb, colour) for colour in (SAND, TEAL, RED)]
    glb.node(sleeve(glb, colours[0]))
    mappings = [{"material": colours[place], "variants": [place - 1]} for place in (1, 2)]
    glb.doc["meshes"][0]["primitives"][0]["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    glb.doc["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "teal"}, {"name": "red"}]}}
    model = gltf.read(glb.data())
    return side_by_side([(model, {}), (chosen(model, "teal"), {}), (chosen(model, "red"), {})])


def instances() -> tuple[Draw, ...]:
    """Sixty buttons from one, each turned and some larger."""
    glb = Glb()
    angle = np.linspace(0, 2 * np.pi, 33)
    profile = [(0.0, 0.02), (0.07, 0.02), (0.085, 0.035), (0.1, 0.02), (0.1, 0.0)]
    rings = np.array([[r * np.cos(angle), r * np.sin(angle), np.full_like(angle, z)] for r, z in profile])
    points = rings.transpose(0, 2, 1).reshape(-1, 3)
    i = np.arange(4 * 32)
    a = i // 32 * 33 + i % 32
    triangles = np.concatenate([np.stack([a, a + 33, a + 1], 1), np.stack([a + 1, a + 33, a + 34], 1)])
    material = glb.material(
        pbrMetallicRoughness={"baseColorFactor": [*SAND, 1], "metallicFactor": 1, "roughnessFactor": 0.3}
    )
    mesh = glb.mesh(points, triangles.reshape(-1).astype(np.uint16), material=material)
    x, y = np.meshgrid(np.arange(15) * 0.24 - 1.68, np.arange(4) * 0.24 + 0.15)
    places = np.stack([x.ravel(), y.ravel(), np.zeros(60)], 1).astype(np.float32)
    lean = np.linspace(-0.5, 0.5, 60)
    turns = np.stack([np.zeros(60), np.sin(lean), np.zeros(60), np.cos(lean)], 1)
    attributes = {
        "TRANSLATION": glb.accessor(places),
        "ROTATION": glb.accessor((turns * 32767).astype(np.int16), normalized=True),
        "SCALE": glb.accessor(np.repeat(np.where(np.arange(60) % 7, 0.9, 1.15)[:, None], 3, 1).astype(np.float32)),
    }
    glb.node(mesh, extensions={"EXT_mesh_gpu_instancing": {"attributes": attributes}})
    return flatten(gltf.read(glb.data()))


def draco() -> Model:
    glb = Glb()
    points, normals, uv, triangles = tube()
    glb.node(sleeve(glb, cloth(glb, TEAL)))
    primitive = glb.doc["meshes"][0]["primitives"][0]
    data = DracoPy.encode(
        points, triangles, normals=normals.astype(float), tex_coord=uv.astype(float), quantization_bits=12
    )
    decoded = DracoPy.decode(data)
    kinds = {0: "POSITION", 1: "NORMAL", 3: "TEXCOORD_0"}
    ids = {kinds[one["attribute_type"]]: one["unique_id"] for one in decoded.attributes}
    for accessor in primitive["attributes"].values():
        glb.doc["accessors"][accessor]["count"] = len(decoded.points)
        del glb.doc["accessors"][accessor]["bufferView"]
    view = glb.view(bytes(data))
    primitive["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": view, "attributes": ids}}
    return gltf.read(glb.data())


def meshopt(name: str, version: int) -> Model:
    glb = Glb()
    points, _, _, triangles = tube()
    glb.node(sleeve(glb, cloth(glb, TEAL)))
    primitive = glb.doc["meshes"][0]["primitives"][0]
    meshoptimizer.encode_vertex_version(version)
    packed = (
        (primitive["attributes"]["POSITION"], meshoptimizer.encode_vertex_buffer(points, len(points), 12), 12),
        (
            primitive["indices"],
            meshoptimizer.encode_index_buffer(triangles.reshape(-1), triangles.size, len(points)),
            2,
        ),
    )
    meshoptimizer.encode_vertex_version(0)
    for accessor, data, stride in packed:
        place, count = glb.view(bytes(data)), glb.doc["accessors"][accessor]["count"]
        mode = "ATTRIBUTES" if stride == 12 else "TRIANGLES"
        extension = glb.doc["bufferViews"][place] | {"byteStride": stride, "count": count, "mode": mode}
        glb.doc["bufferViews"][place] = {"buffer": 0, "byteLength": count * stride, "extensions": {name: extension}}
        glb.doc["accessors"][accessor]["bufferView"] = place
    return gltf.read(glb.data())


def quantised() -> Model:
    glb = Glb()
    points, normals, _, _ = tube()
    glb.node(sleeve(glb, cloth(glb, TEAL)), scale=[1 / 16000] * 3)
    attributes = glb.doc["meshes"][0]["primitives"][0]["attributes"]
    small = np.zeros((len(normals), 4), np.int8)
    small[:, :3] = np.round(normals * 127)
    place = glb.accessor(small, normalized=True, type="VEC3")
    glb.doc["bufferViews"][glb.doc["accessors"][place]["bufferView"]]["byteStride"] = 4
    attributes["NORMAL"] = place
    attributes["POSITION"] = glb.accessor(np.round(points * 16000).astype(np.int16), normalized=False)
    return gltf.read(glb.data())


def ways() -> list[Model]:
    """Draco, both meshopts, and quantised: four times the same."""
    return [draco(), meshopt("EXT_meshopt_compression", 0), meshopt("KHR_meshopt_compression", 1), quantised()]


def compressed() -> tuple[Draw, ...]:
    return side_by_side([(model, {}) for model in ways()])


def textures() -> tuple[Draw, ...]:
    """A plaid in KTX 2 (ETC1S, UASTC), in WebP and in AVIF."""
    pixels = np.full((128, 128, 3), (236, 228, 214), np.uint8)
    bars, lines = np.arange(128) % 32 < 12, np.arange(128) % 32 < 6
    pixels[:, bars] = (176, 40, 52)
    pixels[lines] = (40, 58, 92)
    pixels[np.ix_(lines, bars)] = (96, 30, 52)
    files = [((KTX2 / f"plaid.{kind}.ktx2").read_bytes(), "KHR_texture_basisu") for kind in ("etc1s", "uastc")]
    for kind in ("webp", "avif"):
        out = io.BytesIO()
        Picture.fromarray(pixels).save(out, kind, quality=90)
        files.append((out.getvalue(), f"EXT_texture_{kind}"))
    models = []
    for data, name in files:
        glb = Glb()
        texture = glb.texture(data)
        glb.doc["textures"][texture] = {"extensions": {name: {"source": 0}}}
        glb.node(sleeve(glb, cloth(glb, (1, 1, 1), pbr={"baseColorTexture": {"index": texture}})))
        models.append((gltf.read(glb.data()), {}))
    return side_by_side(models)


def vertices() -> tuple[Draw, ...]:
    """Colours of each vertex: RGB in floats, RGBA in bytes, and a pattern on the file's third UV set."""
    points = tube()[0]
    rgb = np.stack([points[:, 1], 0.3 * np.ones(len(points)), 1 - points[:, 1]], 1).astype(np.float32)
    rgba = np.full((len(points), 4), 255, np.uint8)
    rgba[:, :3] = (127 + 127 * np.sin(points * 12)).astype(np.uint8)
    third = np.stack([np.arctan2(points[:, 0], points[:, 2]) * 1.5, points[:, 1] * 4], 1).astype(np.float32)
    models = []
    for more in ({"COLOR_0": rgb}, {"COLOR_0": rgba}, {"TEXCOORD_1": third * 0, "TEXCOORD_2": third}):
        glb = Glb()
        fields: dict[str, Any] = {}
        if "TEXCOORD_2" in more:
            texture = glb.texture((KTX2 / "plaid.uastc.ktx2").read_bytes())
            glb.doc["textures"][texture] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
            fields["pbr"] = {"baseColorTexture": {"index": texture, "texCoord": 2}}
        mesh = sleeve(glb, cloth(glb, (1, 1, 1), **fields), **more)
        colour = glb.doc["meshes"][mesh]["primitives"][0]["attributes"].get("COLOR_0")
        if colour is not None and glb.doc["accessors"][colour]["componentType"] == 5121:
            glb.doc["accessors"][colour]["normalized"] = True
        glb.node(mesh)
        models.append((gltf.read(glb.data()), {}))
    return side_by_side(models)


def lens() -> tuple[Model, str]:
    """A row of sleeves seen along by a camera of the file."""
    glb = Glb()
    mesh = sleeve(glb, cloth(glb, SAND))
    for place in range(7):
        glb.node(mesh, translation=[0.7 * place, 0, -0.5 * place])
    glb.doc["cameras"] = [{"type": "perspective", "perspective": {"yfov": 0.5, "znear": 0.1, "aspectRatio": 2.5}}]
    glb.node(camera=0, name="along", translation=[0.2, 0.9, 3.4], rotation=[-0.05, -0.12, 0, 0.99])
    return gltf.read(glb.data()), "camera:along"


SCENES: dict[str, Callable[[], tuple[Draw, ...]]] = {
    "vertices": vertices,
    "textures": textures,
    "compressed": compressed,
    "morphs": morphs,
    "skins": skins,
    "variants": variants,
    "instances": instances,
    "camera": lambda: flatten(lens()[0]),
}


def seen(name: str, aspect: float) -> tuple[Scene, View]:
    """The scene of a feature, and the view of it."""
    draws = SCENES[name]()
    scene = Scene(draws=draws, digest=digest(draws), background=LIGHT)
    if name == "camera":
        return scene, viewpoints.view(*lens(), aspect=aspect)
    return scene, view(draws, "front", settings=CameraSettings(fov=15), aspect=aspect)

"""Smaller models: what packing, simplifying and WebP may change, and what they must not."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from assets import catalogue, gltf, images
from assets.model import Model, MorphTarget, Primitive
from assets.pose import flatten
from exporters import slim
from exporters.gltf import write_glb, write_gltf
from exporters.gltf_materials import textures
from exporters.gltf_packed import exponential, octahedral, shares
from exporters.optimise import Options, count, optimise
from tests.exporters.test_models import errors, model_of, picture, quad, textured


def document(glb: bytes) -> dict:
    (length,) = struct.unpack("<I", glb[12:16])
    return dict(json.loads(glb[20 : 20 + length]))


def packed(model: Model) -> bytes:
    return write_glb(model, extras={}, compression="meshopt", textures="webp")


def turned(triangles: np.ndarray) -> np.ndarray:
    """Each triangle from its lowest corner, the same way round."""
    first = triangles.argmin(axis=1)[:, None]
    return np.take_along_axis(triangles, (first + np.arange(3)) % 3, axis=1)


@pytest.fixture(scope="module")
def shirt() -> Model:
    return slim.ordered(catalogue.model("tshirt"))


def test_a_packed_model_is_the_same_within_the_steps(shirt: Model, tmp_path: Path) -> None:
    glb = packed(shirt)
    errors(tmp_path, {"a.glb": glb})
    assert len(glb) < 0.5 * len(write_glb(shirt, extras={}))
    back = gltf.read(glb)
    for ours, read in zip(flatten(shirt), flatten(back), strict=True):
        a, b = ours.primitive, read.primitive
        assert np.array_equal(turned(a.indices), turned(b.indices))  # the codec may begin at another corner
        assert np.abs(a.positions - b.positions).max() <= np.abs(a.positions).max() * 2.0**-14
        assert np.abs(a.uv0 - b.uv0).max() <= np.abs(a.uv0).max() * 2.0**-12
        turn = np.degrees(np.arccos(np.clip((a.normals * b.normals).sum(axis=1), -1, 1)))
        assert turn.max() < 0.35
    found = document(glb)
    assert set(found["extensionsRequired"]) == {"EXT_meshopt_compression", "KHR_mesh_quantization"}
    assert found["buffers"][1]["extensions"] == {"EXT_meshopt_compression": {"fallback": True}}
    assert packed(shirt) == glb


def test_bounds_are_those_of_what_is_read(shirt: Model) -> None:
    glb = packed(shirt)
    accessors = document(glb)["accessors"]
    place = document(glb)["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    read = gltf.read(glb).meshes[0].primitives[0].positions
    assert accessors[place]["min"] == pytest.approx(read.min(axis=0).tolist(), abs=0)
    assert accessors[place]["max"] == pytest.approx(read.max(axis=0).tolist(), abs=0)


def test_a_packed_gltf_has_its_files(shirt: Model, tmp_path: Path) -> None:
    files = write_gltf(shirt, extras={}, stem="s", compression="meshopt", textures="webp")
    assert {"s.gltf", "s.bin"} <= set(files)
    buffers = json.loads(files["s.gltf"])["buffers"]
    assert buffers[0]["byteLength"] == len(files["s.bin"])
    assert "uri" not in buffers[1]


def test_skins_morphs_and_animations_survive_packing(samples: Path) -> None:
    for name in ("khronos/Fox.glb", "features/sparse_morph.glb"):
        model = slim.ordered(gltf.read((samples / name).read_bytes()))
        back = gltf.read(packed(model))
        assert count(back) == count(model)
        assert (len(back.animations), len(back.skins)) == (len(model.animations), len(model.skins))
        moment = {"animation": 0, "time": 0.4} if model.animations else {}
        for ours, read in zip(flatten(model, **moment), flatten(back, **moment), strict=True):
            size = np.ptp(ours.primitive.positions, axis=0).max()
            assert np.abs(ours.primitive.positions - read.primitive.positions).max() < 0.004 * size


def test_weights_of_bytes_add_up() -> None:
    weights = np.random.default_rng(1).dirichlet([1, 1, 1, 1], 500).astype(np.float32)
    stored = shares(weights)
    assert (stored.astype(int).sum(axis=1) == 255).all()
    assert np.abs(stored / 255 - weights).max() < 0.012


@pytest.mark.parametrize(
    "values", [np.zeros((3, 3)), np.array([[1e-8, 5.0, -3e4]] * 2), np.array([[-1.0, 1.0, 0.5]])]
)
def test_one_exponent_a_column_keeps_every_size(values: np.ndarray) -> None:
    stored, back = exponential(values.astype(np.float32), 16)
    assert stored.dtype == np.uint32
    assert (np.abs(back - values) <= np.abs(values).max(axis=0) * 2.0**-15 + 1e-12).all()


def test_poles_and_folds_of_the_octahedron() -> None:
    ends = np.array([[0, 0, -1], [0, 0, 1], [-1, 0, 0], [0.577, -0.577, -0.577]], np.float32)
    stored = octahedral(ends, 10).astype(float)
    x, y = stored[:, 0] / 511, stored[:, 1] / 511
    z = 1 - np.abs(x) - np.abs(y)
    fold = np.maximum(-z, 0)
    made = np.stack([x - np.copysign(fold, x), y - np.copysign(fold, y), z], axis=1)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    assert np.abs(made - ends / np.linalg.norm(ends, axis=1, keepdims=True)).max() < 0.004


def sphere(material) -> Primitive:
    ball = trimesh.creation.icosphere(subdivisions=5, radius=0.5)
    return Primitive(
        positions=ball.vertices.astype(np.float32),
        normals=ball.vertex_normals.astype(np.float32),
        indices=ball.faces.astype(np.uint32),
        material=material,
    )


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_a_simplified_surface_moves_no_further_than_allowed(scale: float) -> None:
    """Also where a node makes the mesh larger than it is written."""
    model = model_of(sphere(textured((200, 30, 30))))
    node = replace(model.nodes[0], matrix=np.diag([scale, scale, scale, 1.0]))
    model = replace(model, nodes=(node,))
    made, report = optimise(model, Options(simplify=0.002 * scale))
    assert report.after.triangles < 0.25 * report.before.triangles
    (draw,) = flatten(made)
    points = (draw.primitive.positions @ draw.matrix[:3, :3].T)[draw.primitive.indices]
    middles = np.linalg.norm(points.mean(axis=1), axis=1)
    assert 0.5 * scale - middles.min() < 0.006 * scale
    assert len(draw.primitive.positions) == len(np.unique(draw.primitive.indices))


def test_open_edges_stay_where_they_are_when_simplified() -> None:
    shirt = catalogue.model("tshirt")
    made, _ = optimise(shirt, Options(simplify=0.001))
    for before, after in zip(shirt.meshes[0].primitives, made.meshes[0].primitives, strict=True):
        far, _ = cKDTree(after.positions).query(_rim(before))
        assert far.max(initial=0) < 1e-6


def _rim(part: Primitive) -> np.ndarray:
    """Points of edges that one triangle has, where nothing else lies at the same place."""
    places, names = np.unique(part.positions, axis=0, return_inverse=True)
    corners = names[part.indices]
    ends = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    known, uses = np.unique(ends, axis=0, return_counts=True)
    return places[np.unique(known[uses == 1])]


def test_order_changes_nothing_that_is_drawn() -> None:
    part = quad(textured((9, 9, 9)))
    target = MorphTarget(positions=np.arange(12, dtype=np.float32).reshape(4, 3), name="up")
    mixed = replace(
        part,
        indices=np.array([[2, 3, 0], [0, 1, 2]], np.uint32),
        targets=(target,),
        attributes={"_HEAT": np.arange(4, dtype=np.float32)[:, None]},
    )
    (made,) = slim.ordered(model_of(mixed)).meshes[0].primitives
    before = {tuple(sorted(map(tuple, mixed.positions[t].tolist()))) for t in mixed.indices}
    assert {tuple(sorted(map(tuple, made.positions[t].tolist()))) for t in made.indices} == before
    for row, point in enumerate(made.positions):
        (at,) = np.flatnonzero((mixed.positions == point).all(axis=1))
        assert np.array_equal(made.targets[0].positions[row], target.positions[at])
        assert made.attributes["_HEAT"][row] == at


def test_webp_is_taken_where_it_is_smaller_and_understood(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8)
    big = replace(textured((1, 2, 3)), base_color_texture=replace(_texture(noise), uv_set=0))
    model = model_of(quad(big), quad(textured((200, 30, 60), name="flat"), x=2.0))
    made, report = optimise(model, Options(textures="webp"))
    assert report.after.image_bytes < report.before.image_bytes
    mimes = [t.image.mime for part in made.meshes[0].primitives for t in textures(part.material)]
    assert "image/webp" in mimes
    glb = write_glb(made, extras={}, textures="webp")
    errors(tmp_path, {"a.glb": glb})
    assert document(glb)["extensionsRequired"] == ["EXT_texture_webp"]
    kept = [t.image.mime for m in gltf.read(glb).meshes for p in m.primitives for t in textures(p.material)]
    assert kept == mimes
    assert b"webp" not in json.dumps(document(write_glb(made, extras={}))).encode()  # PNG for everybody else


def _texture(pixels: np.ndarray):
    import io

    from PIL import Image as Pillow

    from assets.model import Texture

    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG")
    return Texture(image=images.probe(buffer.getvalue(), name="noise"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_textures_are_made_smaller(kind: str) -> None:
    material = replace(
        textured((1, 2, 3)), base_color_texture=replace(_texture(np.zeros((8, 8, 3), np.uint8)), uv_set=0)
    )
    material = replace(
        material, base_color_texture=replace(material.base_color_texture, image=picture((80, 90, 100), kind, 200))
    )
    made, _ = optimise(model_of(quad(material)), Options(longest=64))
    (texture,) = textures(made.meshes[0].primitives[0].material)
    assert (texture.image.width, texture.image.height, texture.image.mime) == (64, 64, f"image/{kind.lower()}")
    assert np.abs(images.decode(texture.image)[..., :3].astype(int) - (80, 90, 100)).max() <= 3

"""GLB with Draco: what comes back, what is left alone, and that what touches still touches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from assets import catalogue, gltf
from assets.model import Model, MorphTarget, Primitive
from assets.pose import flatten
from exporters.gltf import write_glb, write_gltf
from exporters.gltf_draco import BITS
from exporters.optimise import count
from tests.exporters.test_models import errors, model_of, quad, textured
from tests.exporters.test_slim import document, sphere

DRACO = "KHR_draco_mesh_compression"


def draco(model: Model) -> bytes:
    return write_glb(model, extras={}, compression="draco")


def near(ours: Primitive, read: Primitive, step: float) -> None:
    """Every vertex has its like on the other side, with its UV and its normal."""
    for one, other in ((ours, read), (read, ours)):
        used = np.unique(one.indices)
        far, place = cKDTree(other.positions).query(one.positions[used], k=min(6, len(other.positions)))
        assert far[:, 0].max() <= step
        alike = np.abs(one.uv0[used][:, None] - other.uv0[place]).max(axis=2) < 1e-3
        alike &= (one.normals[used][:, None] * other.normals[place]).sum(axis=2) > 0.99
        assert (alike & (far <= 2 * step)).any(axis=1).mean() > 0.999


def test_a_garment_comes_back_within_its_steps(tmp_path: Path) -> None:
    shirt = catalogue.model("tshirt")
    glb = draco(shirt)
    errors(tmp_path, {"a.glb": glb})
    assert len(glb) < 0.5 * len(write_glb(shirt, extras={}))
    assert glb == draco(shirt)
    assert document(glb)["extensionsRequired"] == [DRACO]
    back = gltf.read(glb)
    assert count(back).triangles == count(shirt).triangles
    (mesh,) = shirt.meshes
    side = np.ptp(np.concatenate([p.positions for p in mesh.primitives]), axis=0).max()
    for ours, read in zip(flatten(shirt), flatten(back), strict=True):
        near(ours.primitive, read.primitive, side * 2.0**-BITS)


def test_counts_and_bounds_are_those_of_the_stream() -> None:
    """Draco joins equal vertices and leaves triangles without area out: the accessors say what a reader finds."""
    part = quad(textured((9, 9, 9)))
    broken = replace(part, indices=np.array([[0, 1, 2], [0, 2, 3], [1, 1, 2]], np.uint32))
    glb = draco(model_of(broken))
    found = document(glb)
    (entry,) = found["meshes"][0]["primitives"]
    (back,) = gltf.read(glb).meshes[0].primitives
    position = found["accessors"][entry["attributes"]["POSITION"]]
    assert position["count"] == len(back.positions) == 4
    assert found["accessors"][entry["indices"]]["count"] == back.indices.size == 6
    assert position["max"] == back.positions.max(axis=0).tolist()


def test_parts_that_touch_still_touch() -> None:
    cloth = textured((9, 9, 9))
    left, right = quad(cloth), quad(textured((1, 1, 1)), x=1.0)
    high = replace(right, positions=np.concatenate([right.positions, [[1.7, 3.1, 0.4]]]).astype(np.float32))
    high = replace(high, normals=np.tile(right.normals[:1], (5, 1)), uv0=np.zeros((5, 2), np.float32))
    high = replace(high, indices=np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4]], np.uint32))
    a, b = gltf.read(draco(model_of(left, high))).meshes[0].primitives
    assert {tuple(p) for p in a.positions if p[0] > 0.9} <= {tuple(p) for p in b.positions}


def test_skins_and_animations_move_as_before(samples: Path) -> None:
    model = gltf.read((samples / "khronos/Fox.glb").read_bytes())
    back = gltf.read(draco(model))
    assert (len(back.skins), len(back.animations)) == (len(model.skins), len(model.animations))
    for ours, read in zip(flatten(model, animation=1, time=0.4), flatten(back, animation=1, time=0.4), strict=True):
        far, _ = cKDTree(ours.primitive.positions).query(read.primitive.positions)
        assert far.max() < 0.01 * np.ptp(ours.primitive.positions, axis=0).max()


def test_what_morphs_is_written_plainly(tmp_path: Path) -> None:
    target = MorphTarget(positions=np.arange(12, dtype=np.float32).reshape(4, 3), name="up")
    plain = replace(quad(textured((9, 9, 9))), targets=(target,))
    ball = replace(sphere(textured((9, 9, 8))), uv0=None)
    model = model_of(plain)
    both = replace(
        model,
        meshes=(*model.meshes, *model_of(ball).meshes),
        nodes=(*model.nodes, replace(model.nodes[0], mesh=1)),
        roots=(0, 1),
    )
    glb = draco(both)
    errors(tmp_path, {"a.glb": glb, **write_gltf(both, extras={}, stem="b", compression="draco")})
    first, second = (mesh["primitives"][0] for mesh in document(glb)["meshes"])
    assert DRACO not in first.get("extensions", {})
    assert DRACO in second["extensions"]
    read = gltf.read(glb).meshes[0].primitives[0]
    assert np.array_equal(read.positions, plain.positions)
    assert len(read.targets) == len(plain.targets)


def test_triangles_without_area_are_written_plainly() -> None:
    flat = replace(quad(textured((9, 9, 9))), indices=np.array([[0, 0, 1], [1, 1, 2]], np.uint32))
    (read,) = gltf.read(draco(model_of(flat, quad(textured((9, 9, 8)), x=2.0)))).meshes[0].primitives[:1]
    assert np.array_equal(read.indices, flat.indices)


def test_what_draco_cannot_hold_stands_beside_it_in_its_order(tmp_path: Path) -> None:
    ball = sphere(textured((9, 9, 9)))
    turned = np.cross(ball.normals, [0.0, 1.0, 0.0])
    turned[:, 0] += 1e-6
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    sign = np.where(ball.positions[:, :1] < 0, -1.0, 1.0)
    heat = np.clip(ball.positions[:, :1] * 200, -100, 100).astype(np.int8)
    whole = replace(
        ball,
        uv0=ball.positions[:, :2].copy(),
        tangents=np.hstack([turned, sign]).astype(np.float32),
        attributes={"_HEAT": heat, "_WIDE": ball.positions[:, 1:2].copy()},
    )
    glb = draco(model_of(whole))
    errors(tmp_path, {"a.glb": glb})
    (entry,) = document(glb)["meshes"][0]["primitives"]
    assert set(entry["extensions"][DRACO]["attributes"]) == {"POSITION", "NORMAL", "TEXCOORD_0", "_WIDE"}
    assert set(document(glb)["extensionsRequired"]) == {DRACO, "KHR_mesh_quantization"}
    (read,) = gltf.read(glb).meshes[0].primitives
    _, place = cKDTree(whole.positions).query(read.positions)
    assert len(set(place)) == len(whole.positions)
    assert np.abs(read.tangents - whole.tangents[place]).max() < 0.006
    found = document(glb)["accessors"][entry["attributes"]["_HEAT"]]
    assert (found["componentType"], found["count"]) == (5120, len(whole.positions))


def test_tiles_do_not_swim() -> None:
    """UVs that tile far keep their steps."""
    ball = sphere(textured((9, 9, 9)))
    tiled = replace(ball, uv0=(ball.positions[:, :2] * 80).astype(np.float32))
    (read,) = gltf.read(draco(model_of(tiled))).meshes[0].primitives
    far, place = cKDTree(tiled.positions).query(read.positions)
    assert far.max() < 1e-4
    assert np.abs(tiled.uv0[place] - read.uv0).max() <= 1 / 4096

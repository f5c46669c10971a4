"""GLB with vertices in fewer bits: what comes back; nodes, skins, morphs and instances stand where they did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets import catalogue, gltf
from assets.model import Animation, Channel, Loose, Mesh, Model, MorphTarget, Node, Primitive, Skin
from assets.pose import flatten
from exporters.gltf import write_glb, write_gltf
from exporters.optimise import count
from tests.exporters.test_models import errors, model_of, quad, textured
from tests.exporters.test_slim import document, sphere


def quantised(model: Model) -> bytes:
    return write_glb(model, extras={}, compression="quantise")


def far(model: Model, back: Model, **moment: object) -> float:
    """How far a vertex came to lie from where it was, in the mesh's sizes."""
    most = 0.0
    for ours, read in zip(flatten(model, **moment), flatten(back, **moment), strict=True):
        a, b = ours.primitive, read.primitive
        assert np.array_equal(a.indices, b.indices)
        before, after = (
            d.primitive.positions.astype(float) @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in (ours, read)
        )
        most = max(most, float(np.abs(before - after).max() / np.ptp(before, axis=0).max()))
        turned = [d.primitive.normals @ np.linalg.inv(d.matrix[:3, :3]) for d in (ours, read)]
        one, other = (t / np.linalg.norm(t, axis=1, keepdims=True) for t in turned)
        assert np.abs(one - other).max() < 2e-3
    return most


def test_a_garment_comes_back_within_its_steps(tmp_path: Path) -> None:
    shirt = catalogue.model("tshirt")
    glb = quantised(shirt)
    errors(tmp_path, {"a.glb": glb, **write_gltf(shirt, extras={}, stem="b", compression="quantise")})
    assert document(glb)["extensionsRequired"] == ["KHR_mesh_quantization"]
    plain = write_glb(shirt, extras={})
    assert len(glb) < len(plain)
    back = gltf.read(glb)
    assert count(back) == count(shirt)
    assert far(shirt, back) < 1 / 32_000
    for ours, read in zip(flatten(shirt), flatten(back), strict=True):
        assert np.abs(ours.primitive.uv0 - read.primitive.uv0).max() <= 1 / 65_535
    assert quantised(shirt) == glb


@pytest.mark.parametrize("name", ["khronos/Fox.glb", "features/sparse_morph.glb", "khronos/FlightHelmet.glb"])
def test_samples_move_as_before(samples: Path, tmp_path: Path, name: str) -> None:
    model = gltf.read((samples / name).read_bytes())
    glb = quantised(model)
    errors(tmp_path, {"a.glb": glb})
    back = gltf.read(glb)
    assert (len(back.skins), len(back.animations)) == (len(model.skins), len(model.animations))
    assert far(model, back, **({"animation": 0, "time": 0.4} if model.animations else {})) < 1e-3


def test_nodes_skins_morphs_and_instances_stand_where_they_did(tmp_path: Path) -> None:
    """One mesh still, turned by an animation, bent by a morph and in three places; two bound to one skin."""
    ball = replace(sphere(textured((9, 9, 9))), uv0=None)
    up = MorphTarget(positions=np.tile(np.float32([[0, 0.3, 0]]), (len(ball.positions), 1)), name="up")
    bones = np.zeros((len(ball.positions), 4), np.uint16)
    bones[:, 1] = 1
    bound = replace(ball, joints=bones, weights=np.tile(np.float32([0.2, 0.8, 0, 0]), (len(bones), 1)))
    high = replace(bound, positions=bound.positions * np.float32([3, 1, 1]) + np.float32([0, 4, 0]))
    rigid = quad(textured((1, 1, 1)), x=7.0)
    lines = Loose(mode=1, attributes={"POSITION": np.float32([[0, 0, 0], [0.5, 0.25, 0]])})
    turn = np.array([[0, 0, 2, 1], [0, 1, 0, 2], [-1, 0, 0, 3], [0, 0, 0, 1]], float)
    places = np.stack([turn, np.diag([2.0, 2, 2, 1]), np.eye(4)])
    nodes = (
        Node(matrix=turn, mesh=0, children=(1,)),
        Node(matrix=turn, mesh=1, morph_weights=(0.5,)),
        Node(matrix=turn, mesh=0, instances=places),
        Node(matrix=np.eye(4), mesh=2, skin=0),
        Node(matrix=np.eye(4), mesh=3, skin=0),
        Node(matrix=np.eye(4), children=(6,)),
        Node(matrix=turn),
        Node(matrix=np.diag([0.05, 0.05, 0.05, 1]), children=(0, 2, 3, 4, 5)),
    )
    keys = {"times": np.float32([0, 1])}
    model = Model(
        nodes=nodes,
        roots=(7,),
        meshes=(
            Mesh(primitives=(replace(ball, positions=ball.positions + np.float32([0, 0, 9])),), loose=(lines,)),
            Mesh(primitives=(replace(ball, targets=(up,)),), morph_weights=(0.0,)),
            Mesh(primitives=(bound, rigid)),
            Mesh(primitives=(high,)),
        ),
        skins=(Skin(joints=(5, 6), inverse_bind=np.stack([np.eye(4), np.linalg.inv(turn)])),),
        animations=(
            Animation(
                channels=(
                    Channel(node=1, path="weights", values=np.float32([[0], [1]]), **keys),
                    Channel(node=6, path="translation", values=np.float32([[1, 2, 3], [0, 5, 0]]), **keys),
                    Channel(node=0, path="scale", values=np.float32([[1, 1, 1], [2, 2, 2]]), **keys),
                )
            ),
        ),
    )
    glb = quantised(model)
    errors(tmp_path, {"a.glb": glb})
    back = gltf.read(glb)
    assert len(back.skins) == 2
    for moment in ({}, {"animation": 0, "time": 0.7}):
        assert far(model, back, **moment) < 1 / 8_000
    (read,) = (mesh for mesh in back.meshes if mesh.loose)
    *_, grid = (node for node in document(glb)["nodes"] if node.get("mesh") == back.meshes.index(read))
    stored = read.loose[0].attributes["POSITION"] * grid["scale"][0] + grid["translation"]
    assert np.abs(stored - lines.attributes["POSITION"]).max() < 1e-3


def test_uvs_that_tile_stay_exact() -> None:
    part = quad(textured((9, 9, 9)))
    tiled: Primitive = replace(part, uv0=part.uv0 * 7 - 2)
    (read,) = gltf.read(quantised(model_of(tiled))).meshes[0].primitives
    assert np.array_equal(read.uv0, tiled.uv0)

"""Posing: world matrices, morphs, skins, animations, mirrors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assets.errors import ModelError
from assets.gltf import inspect, read
from assets.model import Model
from assets.pose import flatten, posed
from assets.transforms import apply, compose_trs, decompose, euler_xyz
from exporters.gltf import write_glb
from tests.assets.glb import TRIANGLE, Glb, simple
from tests.assets.seeds import SEEDS


def world(model: Model, **options: object) -> np.ndarray:
    (draw,) = flatten(model, **options)
    return apply(draw.matrix, draw.primitive.positions)


def test_matrices_multiply_down_the_tree() -> None:
    glb = Glb()
    child = glb.node(glb.mesh(), root=False, scale=[2, 2, 2])
    half = math.sqrt(0.5)
    glb.node(children=[child], translation=[1, 0, 0], rotation=[0, 0, half, half])  # a quarter turn about Z
    assert np.allclose(world(read(glb.data())), [[1, 0, 0], [1, 2, 0], [-1, 0, 0]])


def test_what_is_under_a_hidden_node_is_not_drawn() -> None:
    glb = Glb()
    mesh = glb.mesh()
    hidden = {"KHR_node_visibility": {"visible": False}}
    child = glb.node(mesh, root=False, extensions={"KHR_node_visibility": {"visible": True}})
    glb.node(mesh, children=[child], extensions=hidden)
    glb.node(mesh, translation=[3, 0, 0])
    glb.doc["extensionsRequired"] = ["KHR_node_visibility"]
    assert np.allclose(world(read(glb.data())), TRIANGLE + np.array([3, 0, 0]))
    assert inspect(glb.data()).triangles == 1
    back = read(write_glb(read(glb.data()), extras={}))
    assert [node.visible for node in back.nodes] == [True, False, True]
    glb.doc["nodes"][2]["extensions"] = hidden
    with pytest.raises(ModelError) as caught:
        read(glb.data())
    assert caught.value.code == "model.empty"


def test_a_mirror_keeps_the_front_in_front() -> None:
    glb = simple(NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3, 1)))
    glb.doc["nodes"][0]["scale"] = [-1, 1, 1]
    (draw,) = flatten(read(glb.data()))
    a, b, c = apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices[0]]
    assert np.cross(b - a, c - a)[2] > 0


def test_morph_weights_of_the_mesh_the_node_and_the_animation() -> None:
    glb = simple(NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3, 1)))
    shift = np.tile(np.array([0, 0, 2], np.float32), (3, 1))
    mesh = glb.doc["meshes"][0]
    mesh["primitives"][0]["targets"] = [{"POSITION": glb.accessor(shift)}]
    mesh["weights"] = [0.5]
    assert world(read(glb.data()))[0, 2] == 1.0
    glb.doc["nodes"][0]["weights"] = [1.0]
    assert world(read(glb.data()))[0, 2] == 2.0
    sampler = {
        "input": glb.accessor(np.array([0, 2], np.float32)),
        "output": glb.accessor(np.array([0, 1], np.float32)),
    }
    channel = {"sampler": 0, "target": {"node": 0, "path": "weights"}}
    glb.doc["animations"] = [{"samplers": [sampler], "channels": [channel]}]
    model = read(glb.data())
    assert [world(model, animation=0, time=t)[0, 2] for t in (-1, 0, 1, 2, 9)] == [0, 0, 1, 2, 2]


def test_a_skin_follows_its_joints_and_not_its_node() -> None:
    joints = np.zeros((3, 4), np.uint8)
    joints[:, 1] = 1
    weights = np.tile(np.array([0.5, 0.5, 0, 0], np.float32), (3, 1))
    glb = simple(JOINTS_0=joints, WEIGHTS_0=weights)
    glb.doc["nodes"][0] |= {"skin": 0, "translation": [100, 0, 0]}
    glb.node(translation=[0, 2, 0])
    glb.node(translation=[0, 4, 0])
    glb.doc["skins"] = [{"joints": [1, 2]}]
    assert np.allclose(world(read(glb.data())), TRIANGLE + np.array([0, 3, 0]))


def test_eight_joints_a_vertex_all_count_and_come_back() -> None:
    joints = np.tile(np.arange(4, dtype=np.uint8), (3, 1))
    weights = np.full((3, 4), 0.125, np.float32)
    glb = simple(JOINTS_0=joints, WEIGHTS_0=weights, JOINTS_1=joints + 4, WEIGHTS_1=weights)
    glb.doc["nodes"][0]["skin"] = 0
    for place in range(8):
        glb.node(translation=[place, 0, 0])
    glb.doc["skins"] = [{"joints": list(range(1, 9))}]
    model = read(glb.data())
    assert model.meshes[0].primitives[0].joints.shape == (3, 8)
    assert np.allclose(world(model), TRIANGLE + np.array([3.5, 0, 0]))
    assert np.allclose(world(read(write_glb(model, extras={}))), TRIANGLE + np.array([3.5, 0, 0]))
    model = read(simple(JOINTS_0=joints, WEIGHTS_0=weights, JOINTS_1=joints, WEIGHTS_1=weights * 0).data())
    assert model.meshes[0].primitives[0].joints.shape == (3, 4)


def test_a_skin_of_many_vertices_is_the_skin_of_each() -> None:
    count = 3 * 50_000
    turns = np.random.default_rng(3)
    weights = turns.random((count, 4)).astype(np.float32)
    glb = simple(
        positions=turns.random((count, 3)),
        NORMAL=np.tile(np.array([0, 0, 1], np.float32), (count, 1)),
        JOINTS_0=turns.integers(0, 2, (count, 4)).astype(np.uint8),
        WEIGHTS_0=weights / weights.sum(axis=1, keepdims=True),
    )
    glb.doc["nodes"][0] |= {"skin": 0}
    glb.node(translation=[0, 2, 0])
    glb.node(rotation=[0, 1, 0, 0], scale=[1, 2, 1])
    glb.doc["skins"] = [{"joints": [1, 2]}]
    model = read(glb.data())
    source = model.meshes[0].primitives[0]
    (draw,) = flatten(model)
    assert source.weights is not None
    assert source.joints is not None
    places = [model.nodes[1].matrix, model.nodes[2].matrix]
    for vertex in (0, 65_535, 65_536, 131_071, 131_072, count - 1):
        blend = sum(w * places[j] for w, j in zip(source.weights[vertex], source.joints[vertex], strict=True))
        assert np.allclose(draw.primitive.positions[vertex], (blend @ [*source.positions[vertex], 1])[:3], atol=1e-5)


def test_rotation_takes_the_shorter_way_and_steps_hold() -> None:
    def turned(interpolation: str, time: float) -> np.ndarray:
        glb = simple()
        half = math.sqrt(0.5)
        values = np.array([[0, 0, 0, 1], [0, 0, -half, -half]], np.float32)  # the same as +90 degrees about Z
        sampler = {
            "input": glb.accessor(np.array([0, 1], np.float32)),
            "output": glb.accessor(values),
            "interpolation": interpolation,
        }
        channel = {"sampler": 0, "target": {"node": 0, "path": "rotation"}}
        glb.doc["animations"] = [{"samplers": [sampler], "channels": [channel]}]
        return world(read(glb.data()), animation=0, time=time)[1]

    assert np.allclose(turned("LINEAR", 0.5), [math.cos(math.pi / 4), math.sin(math.pi / 4), 0], atol=1e-6)
    assert np.allclose(turned("STEP", 0.99), [1, 0, 0])


def test_cubic_splines_pass_through_their_keys() -> None:
    glb = simple()
    values = np.zeros((6, 3), np.float32)
    values[4] = (1, 0, 0)  # the second key's value; all tangents are zero
    sampler = {
        "input": glb.accessor(np.array([0, 1], np.float32)),
        "output": glb.accessor(values),
        "interpolation": "CUBICSPLINE",
    }
    channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
    glb.doc["animations"] = [{"samplers": [sampler], "channels": [channel]}]
    model = read(glb.data())
    found = [world(model, animation=0, time=t)[0, 0] for t in (0, 0.25, 0.5, 1)]
    assert np.allclose(found, [0, 3 * 0.0625 - 2 * 0.015625, 0.5, 1])


def test_an_animation_that_does_not_exist() -> None:
    with pytest.raises(ModelError) as caught:
        flatten(read(simple().data()), animation=0)
    assert caught.value.code == "model.no_animation"


def test_a_model_held_at_a_moment_looks_like_the_animation_there() -> None:
    model = read(SEEDS["sparse morphs"]())
    (moving,) = flatten(model, animation=0, time=0.4)
    held = posed(model, animation=0, time=0.4)
    (still,) = flatten(held)
    assert np.array_equal(still.primitive.positions, moving.primitive.positions)
    assert np.array_equal(still.matrix, moving.matrix)
    assert not np.array_equal(still.primitive.positions, flatten(model)[0].primitive.positions)
    assert len(held.animations) == 1


def test_animations_have_names() -> None:
    glb = simple()
    sampler = {"input": glb.accessor(np.zeros(1, np.float32)), "output": glb.accessor(np.full((1, 3), 2, np.float32))}
    channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
    glb.doc["animations"] = [{"name": name, "samplers": [sampler], "channels": [channel]} for name in ("Sit", "Walk")]
    model = read(glb.data())
    assert np.allclose(world(posed(model, animation="Walk", time=1)), TRIANGLE + 2)
    for wrong, shown in (("Run", "'Sit', 'Walk'"), (2, "has 2 animations")):
        with pytest.raises(ModelError, match=shown) as caught:
            posed(model, animation=wrong, time=0)
        assert caught.value.code == "model.no_animation"


def test_a_faceted_mesh_shades_as_it_is_moved() -> None:
    glb = simple()
    tilt = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]], np.float32)  # the corner on +X comes forward by its distance
    glb.doc["meshes"][0] |= {"weights": [1]}
    glb.doc["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": glb.accessor(tilt)}]
    (draw,) = flatten(read(glb.data()))
    assert np.allclose(draw.primitive.normals, [-math.sqrt(0.5), 0, math.sqrt(0.5)], atol=1e-6)


def test_tangents_move_with_their_target() -> None:
    tangents = np.tile(np.array([1, 0, 0, -1], np.float32), (3, 1))
    glb = simple(NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3, 1)), TANGENT=tangents)
    glb.doc["meshes"][0] |= {"weights": [0.5]}
    moved = glb.accessor(np.tile(np.array([-2, 2, 0], np.float32), (3, 1)))
    glb.doc["meshes"][0]["primitives"][0]["targets"] = [{"TANGENT": moved}]
    (draw,) = flatten(read(glb.data()))
    assert np.allclose(draw.primitive.tangents, [0, 1, 0, -1])


def test_decompose_undoes_compose() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        rotation = rng.normal(size=4)
        scale = rng.uniform(0.1, 3, 3) * [rng.choice([-1, 1]), 1, 1]
        matrix = compose_trs(rng.normal(size=3), rotation, scale)
        assert np.allclose(compose_trs(*decompose(matrix)), matrix)


def test_euler_turns_about_x_then_y_then_z() -> None:
    point = np.array([[0, 1, 0]], np.float32)
    assert np.allclose(apply(euler_xyz((90, 0, 0)), point), [[0, 0, 1]])
    assert np.allclose(apply(euler_xyz((90, 90, 0)), point), [[1, 0, 0]])
    assert np.allclose(apply(euler_xyz((90, 90, 90)), point), [[0, 1, 0]])

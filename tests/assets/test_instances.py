"""EXT_mesh_gpu_instancing: one mesh in many places, drawn, counted, bounded, written again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assets.dressing import dress
from assets.errors import ModelError
from assets.gltf import inspect, read
from assets.instances import expanded
from assets.limits import Limits
from assets.merging import Part, merge
from assets.model import Model
from assets.pose import flatten
from assets.transforms import Matrix, apply
from assets.units import extent
from exporters.gltf import write_glb, write_gltf
from exporters.optimise import count
from tests.assets.glb import TRIANGLE, Glb, simple

PLACES = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0]], np.float32)
HALF = math.sqrt(0.5)
TURNS = np.array([[0, 0, 0, 1], [0, 0, HALF, HALF], [0, 0, 0, 1]], np.float32)
SIZES = np.array([[1, 1, 1], [1, 1, 1], [-1, 2, 1]], np.float32)


def buttons(**more: object) -> Glb:
    """A triangle in three places under a node that stands a metre higher, and another that is not instanced."""
    glb = simple()
    glb.node(glb.mesh())
    attributes = {
        "TRANSLATION": glb.accessor(PLACES),
        "ROTATION": glb.accessor((TURNS * 32767).astype(np.int16), normalized=True),
        "SCALE": glb.accessor(SIZES),
    }
    glb.doc["nodes"][0] |= {
        "translation": [0, 1, 0],
        "extensions": {"EXT_mesh_gpu_instancing": {"attributes": attributes | more}},
    }
    glb.doc["extensionsRequired"] = ["EXT_mesh_gpu_instancing"]
    return glb


def points(model: Model) -> list[Matrix]:
    return [apply(draw.matrix, draw.primitive.positions[draw.primitive.indices.ravel()]) for draw in flatten(model)]


def test_the_mesh_stands_at_each_place_under_its_node() -> None:
    model = read(buttons().data())
    first, turned, mirrored, plain = points(model)
    assert np.allclose(first, TRIANGLE + np.array([0, 1, 0]))
    assert np.allclose(turned, [[2, 1, 0], [2, 2, 0], [1, 1, 0]], atol=1e-4)
    assert np.allclose(plain, TRIANGLE)
    # A mirrored copy is turned round, so that its front stays in front.
    normal = np.cross(mirrored[1] - mirrored[0], mirrored[2] - mirrored[0])
    assert normal[2] > 0
    assert np.allclose(sorted(mirrored.tolist()), sorted([[0, 4, 0], [-1, 4, 0], [0, 6, 0]]))
    low, high = extent(model)
    assert np.allclose([low, high], [[-1, 0, 0], [2, 6, 0]], atol=1e-4)


def test_copies_share_their_arrays() -> None:
    first, second, *_ = flatten(read(buttons().data()))
    assert first.primitive is second.primitive


def test_copies_count_as_triangles() -> None:
    assert inspect(buttons().data()).triangles == 4
    assert count(read(buttons().data())).triangles == 4


def test_expanding_draws_the_same() -> None:
    model = read(buttons().data())
    flat = expanded(model)
    assert all(node.instances is None for node in flat.nodes)
    assert np.allclose(points(flat), points(model))
    assert expanded(read(simple().data())).nodes[0].mesh == 0


def test_layers_that_are_worn_over_each_other_may_be_instanced() -> None:
    apart = np.eye(4)
    apart[2, 3] = -5
    parts = tuple(
        Part(model=read(glb.data()), matrix=matrix, layer=name, name=name)
        for name, glb, matrix in (("body", simple(), apart), ("buttons", buttons(), np.eye(4)))
    )
    model = dress(merge(parts, name="both"), ("body", "buttons"), body="body", see_through=frozenset(), scale=1.0)
    assert [draw.layer for draw in flatten(model)] == ["body"] + ["buttons"] * 4
    assert np.allclose(points(model)[1:], points(read(buttons().data())))


def test_they_are_written_as_instances() -> None:
    model = read(buttons().data())
    glb = write_glb(model, extras={})
    back = read(glb)
    assert np.allclose(points(back), points(model), atol=1e-4)
    assert back.nodes[0].copies == 3
    assert b'"extensionsRequired":["EXT_mesh_gpu_instancing"]' in write_gltf(model, extras={}, stem="a")["a.gltf"]


def test_only_so_many() -> None:
    for reader in (read, inspect):
        with pytest.raises(ModelError) as caught:
            reader(buttons().data(), limits=Limits(instances=2))
        assert caught.value.code == "model.too_many"
        with pytest.raises(ModelError) as caught:
            reader(buttons().data(), limits=Limits(triangles=3))
        assert caught.value.code == "model.too_many"


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("SCALE", np.ones((2, 3), np.float32), "model.instancing"),
        ("SCALE", np.ones((3, 4), np.float32), "model.instancing"),
        ("TRANSLATION", np.full((3, 3), np.nan, np.float32), "model.not_finite"),
        ("TRANSLATION", 99, "model.reference"),
    ],
)
def test_attributes_that_do_not_fit(name: str, values: object, code: str) -> None:
    glb = buttons()
    attributes = glb.doc["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"]
    attributes[name] = values if isinstance(values, int) else glb.accessor(values)
    for reader in (read, inspect):
        with pytest.raises(ModelError) as caught:
            reader(glb.data())
        assert caught.value.code == code

"""Colourways: read from KHR_materials_variants, chosen by name, numbered anew when models are merged."""

from __future__ import annotations

import numpy as np
import pytest

from assets.errors import ModelError
from assets.gltf import inspect, read
from assets.merging import Part, merge
from assets.model import Model
from assets.variants import chosen
from tests.assets.glb import Glb, simple


def colourways() -> Glb:
    """Two triangles; the first is red or blue in variants, the second always green."""
    glb = simple()
    glb.node(glb.mesh())
    for red, green, blue in ((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
        glb.material(pbrMetallicRoughness={"baseColorFactor": [red, green, blue, 1]})
    first, second = (glb.doc["meshes"][place]["primitives"][0] for place in (0, 1))
    mappings = [{"material": 1, "variants": [0]}, {"material": 3, "variants": [1, 2]}]
    first |= {"material": 0, "extensions": {"KHR_materials_variants": {"mappings": mappings}}}
    second["material"] = 2
    names = [{"name": "red"}, {"name": "blue"}, {}]
    glb.doc["extensions"] = {"KHR_materials_variants": {"variants": names}}
    return glb


def colours(model: Model) -> list[tuple[float, ...]]:
    return [mesh.primitives[0].material.base_color[:3] for mesh in model.meshes]


def test_a_variant_changes_what_it_names_and_nothing_else() -> None:
    model = read(colourways().data())
    assert model.variants == ("red", "blue", "variant 2")
    assert colours(model) == [(1, 1, 1), (0, 1, 0)]
    assert colours(chosen(model, "red")) == [(1, 0, 0), (0, 1, 0)]
    assert colours(chosen(model, "blue")) == [(0, 0, 1), (0, 1, 0)]
    assert colours(model) == [(1, 1, 1), (0, 1, 0)]


def test_an_unknown_variant_is_refused_with_the_names_there_are() -> None:
    model = read(colourways().data())
    with pytest.raises(ModelError, match="'red', 'blue'") as caught:
        chosen(model, "mauve")
    assert caught.value.code == "model.no_variant"
    with pytest.raises(ModelError, match="has none"):
        chosen(read(simple().data()), "red")


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"material": 9, "variants": [0]}, "model.reference"),
        ({"material": 0, "variants": [9]}, "model.reference"),
        ({"material": 0, "variants": [True]}, "model.reference"),
        ({"variants": [0]}, "model.schema"),
        (7, "model.schema"),
    ],
)
def test_mappings_that_lie(mapping: object, code: str) -> None:
    glb = colourways()
    glb.doc["meshes"][0]["primitives"][0]["extensions"]["KHR_materials_variants"]["mappings"] = [mapping]
    for reader in (read, inspect):
        with pytest.raises(ModelError) as caught:
            reader(glb.data())
        assert caught.value.code == code


def test_merged_models_share_variants_of_one_name() -> None:
    other = colourways()
    other.doc["extensions"]["KHR_materials_variants"]["variants"] = [
        {"name": "blue"},
        {"name": "sand"},
        {"name": "x"},
    ]
    parts = tuple(
        Part(model=read(glb.data()), matrix=np.eye(4), layer=name, name=name)
        for name, glb in (("a", colourways()), ("b", other))
    )
    model = merge(parts, name="both")
    assert model.variants == ("red", "blue", "variant 2", "sand", "x")
    assert colours(chosen(model, "blue")) == [(0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 1, 0)]
    assert colours(chosen(model, "sand")) == [(1, 1, 1), (0, 1, 0), (0, 0, 1), (0, 1, 0)]

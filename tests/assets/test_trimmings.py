"""Cloth is dyed and cut from another fabric; buttons, zips and seams of another colour stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets import catalogue
from assets.customise import customise
from assets.design import Customisation, Ref
from assets.model import Material, Mesh, Model
from assets.srgb import light_of
from assets.trimmings import trimmings
from tests.assets.bodies import model, tube

DENIM = Material(name="denim", base_color=(0.05, 0.08, 0.2, 1))
PARTS = {
    "thread": (0.6, 0.3, 0.05, 1),  # orange, on purpose
    "thread-tonal": (0.07, 0.1, 0.24, 1),
    "rivet": (0.05, 0.08, 0.2, 1),
    "zip-tape": (0.05, 0.08, 0.2, 1),
    "pocket": (0.05, 0.08, 0.19, 1),
}


def jeans() -> Model:
    """A tube of denim with a small tube of each trimming."""
    made = model(*tube(0.1, 0.0, 1.0), DENIM)
    (cloth,) = made.meshes[0].primitives
    (small,) = model(*tube(0.01, 0.0, 0.1)).meshes[0].primitives
    parts = [replace(small, material=Material(name=name, base_color=colour)) for name, colour in PARTS.items()]
    return replace(made, meshes=(Mesh(primitives=(*parts, cloth)),))


def looks(found: Model) -> dict[str, Material]:
    return {part.material.name: part.material for part in found.meshes[0].primitives}


def test_hardware_and_contrast_are_trimmings() -> None:
    garment = jeans()
    names = {part.material.name for part in garment.meshes[0].primitives if id(part.material) in trimmings(garment)}
    assert names == {"thread", "rivet", "zip-tape"}


def test_a_sewn_garment_keeps_its_trimmings() -> None:
    red = looks(customise(jeans(), Customisation(colour="#aa2211"), None, sewn=True))
    for name in ("denim", "thread-tonal", "pocket"):
        assert red[name].base_color[:3] == light_of("#aa2211"), name
    for name in ("thread", "rivet", "zip-tape"):
        assert red[name].base_color == PARTS[name]
    cut = looks(
        customise(
            jeans(), Customisation(texture=Ref(item="linen")), catalogue.fabric("linen"), uv_metres=1, sewn=True
        )
    )
    assert cut["denim"].base_color_texture is not None
    assert cut["rivet"].base_color_texture is None


def test_of_other_models_everything_is_changed() -> None:
    red = looks(customise(jeans(), Customisation(colour="#aa2211"), None))
    assert {one.base_color[:3] for one in red.values()} == {light_of("#aa2211")}


def test_one_material_is_the_cloth_whatever_it_is_called() -> None:
    assert trimmings(model(*tube(0.1, 0.0, 1.0), Material(name="zip"))) == frozenset()


@pytest.mark.parametrize("item", ["tshirt", "skirt", "tee", "long-sleeve", "dress"])
def test_thread_and_ribs_in_the_cloths_tone_are_dyed_with_it(item: str) -> None:
    assert trimmings(catalogue.model(item)) == frozenset()

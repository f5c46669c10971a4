"""A fabric: its numbers are checked, and a material takes over all that it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.customise import customise
from assets.design import Customisation, Ref
from assets.errors import CatalogueError
from assets.fabric import Fabric, from_facts
from assets.finish import finish
from assets.images import probe
from assets.model import AlphaMode, Material, Texture
from tests.assets.bodies import model, tube
from tests.assets.glb import png

PICTURE = probe(png(4, 4))
PLAIN = Fabric(base_color=PICTURE, normal=PICTURE, metallic_roughness=PICTURE, repeat_mm=50, name="plain")


def clothed(fabric: Fabric, material: Material | None = None) -> Material:
    made = customise(model(*tube(0.1, 0.0, 1.0), material), Customisation(texture=Ref(item="plain")), fabric)
    return made.meshes[0].primitives[0].material


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sheen_roughness", 1.5),
        ("anisotropy", -0.1),
        ("anisotropy_rotation", float("inf")),
        ("translucency", float("nan")),
        ("clearcoat", 2.0),
        ("sheen_color", (0.1, 0.2, 1.2)),
        ("ior", 0.5),
        ("repeat_mm", -1.0),
        ("weight_gsm", 5000.0),
        ("composition", {"cotton": 60.0, "linen": 30.0}),
        ("composition", {"cotton": 130.0, "linen": -30.0}),
    ],
)
def test_a_number_out_of_range_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(CatalogueError, match=field) as caught:
        replace(PLAIN, **{field: value})
    assert caught.value.code == "catalogue.fabric_invalid"


def test_blends_add_up_to_a_hundred() -> None:
    assert replace(PLAIN, composition={"wool": 66.7, "silk": 33.3}).composition["silk"] == 33.3


def test_a_material_takes_the_grain_the_varnish_and_the_light_behind() -> None:
    fabric = replace(
        PLAIN, anisotropy=0.7, anisotropy_rotation=0.5, translucency=0.4, translucency_color=(1.0, 0.5, 0.25),
        clearcoat=0.9, clearcoat_roughness=0.1, ior=2.0,
    )  # fmt: skip
    surface = finish(clothed(fabric))
    assert (surface.anisotropy, surface.anisotropy_rotation) == (0.7, 0.5)
    assert (surface.translucency, surface.translucency_color) == (0.4, (1.0, 0.5, 0.25))
    assert (surface.clearcoat, surface.clearcoat_roughness) == (0.9, 0.1)
    assert surface.ior == 2.0


def test_a_plain_cloth_adds_no_extension() -> None:
    made = clothed(PLAIN)
    assert not made.extensions
    assert made.alpha_mode is AlphaMode.OPAQUE
    assert not made.double_sided


def test_what_a_cloth_brings_takes_the_place_of_the_model_s_own_maps_of_it() -> None:
    own = Texture(image=PICTURE)
    material = Material(
        extensions={"KHR_materials_clearcoat": {"clearcoatFactor": 0.2}, "KHR_materials_specular": {}},
        extension_textures={
            "KHR_materials_clearcoat/clearcoatTexture": own,
            "KHR_materials_specular/specularTexture": own,
        },
    )
    made = clothed(replace(PLAIN, clearcoat=1.0), material)
    assert finish(made).clearcoat == 1.0
    assert finish(made).clearcoat_texture is None
    assert finish(made).specular_texture is own


def test_a_cloth_with_holes_is_seen_from_inside_too() -> None:
    made = clothed(replace(PLAIN, alpha_mode=AlphaMode.MASK, alpha_cutoff=0.3))
    assert made.alpha_mode is AlphaMode.MASK
    assert made.alpha_cutoff == 0.3
    assert made.double_sided


def test_baked_facts_become_the_fabric() -> None:
    facts = {
        "repeat_mm": 26, "weight_gsm": 48, "composition": {"polyester": 100}, "care": ["hand wash cold"],
        "sheen_color": [0.1, 0.2, 0.3], "sheen_roughness": 0.4, "alpha_mode": "BLEND", "translucency": 0.3,
    }  # fmt: skip
    made = from_facts(facts, PICTURE, PICTURE, PICTURE, name="chiffon")
    assert (made.repeat_mm, made.weight_gsm, made.translucency) == (26.0, 48.0, 0.3)
    assert made.sheen_color == (0.1, 0.2, 0.3)
    assert made.alpha_mode is AlphaMode.BLEND
    assert made.care == ("hand wash cold",)

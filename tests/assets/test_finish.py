"""What material extensions say, with their defaults and their ranges."""

from __future__ import annotations

from math import inf

import pytest

from assets.errors import ModelError
from assets.finish import Finish, finish
from assets.gltf import read
from assets.model import Material
from tests.assets.glb import Glb, png

FULL = {
    "KHR_materials_clearcoat": {
        "clearcoatFactor": 0.9,
        "clearcoatRoughnessFactor": 0.2,
        "clearcoatTexture": {"index": 0},
        "clearcoatRoughnessTexture": {"index": 0},
        "clearcoatNormalTexture": {"index": 0, "scale": 0.5},
    },
    "KHR_materials_sheen": {
        "sheenColorFactor": [0.1, 0.2, 0.3],
        "sheenColorTexture": {"index": 0},
        "sheenRoughnessTexture": {"index": 0},
    },
    "KHR_materials_specular": {
        "specularFactor": 0.4,
        "specularColorFactor": [0.5, 2.0, 0.25],
        "specularTexture": {"index": 0},
        "specularColorTexture": {"index": 0},
    },
    "KHR_materials_ior": {"ior": 1.8},
    "KHR_materials_transmission": {"transmissionFactor": 0.7, "transmissionTexture": {"index": 0}},
    "KHR_materials_volume": {
        "thicknessFactor": 0.02,
        "thicknessTexture": {"index": 0},
        "attenuationDistance": 0.1,
        "attenuationColor": [0.9, 0.5, 0.1],
    },
    "KHR_materials_anisotropy": {
        "anisotropyStrength": 0.6,
        "anisotropyRotation": -1.5,
        "anisotropyTexture": {"index": 0},
    },
    "KHR_materials_iridescence": {
        "iridescenceFactor": 1.0,
        "iridescenceIor": 1.4,
        "iridescenceThicknessMinimum": 200.0,
        "iridescenceThicknessMaximum": 600.0,
        "iridescenceTexture": {"index": 0},
        "iridescenceThicknessTexture": {"index": 0},
    },
    "KHR_materials_dispersion": {"dispersion": 0.3},
    "KHR_materials_diffuse_transmission": {
        "diffuseTransmissionFactor": 0.4,
        "diffuseTransmissionColorFactor": [0.9, 0.8, 0.3],
        "diffuseTransmissionTexture": {"index": 0},
        "diffuseTransmissionColorTexture": {"index": 0},
    },
}

BAD = (
    ("KHR_materials_clearcoat", "clearcoatFactor", 1.5),
    ("KHR_materials_clearcoat", "clearcoatRoughnessFactor", "rough"),
    ("KHR_materials_specular", "specularFactor", -0.1),
    ("KHR_materials_specular", "specularColorFactor", [1, 1]),
    ("KHR_materials_specular", "specularColorFactor", [1, -1, 1]),
    ("KHR_materials_ior", "ior", 0.5),
    ("KHR_materials_ior", "ior", -1),
    ("KHR_materials_transmission", "transmissionFactor", True),
    ("KHR_materials_volume", "thicknessFactor", -1),
    ("KHR_materials_volume", "attenuationDistance", 0),
    ("KHR_materials_volume", "attenuationColor", [2, 0, 0]),
    ("KHR_materials_anisotropy", "anisotropyStrength", 2),
    ("KHR_materials_anisotropy", "anisotropyRotation", None),
    ("KHR_materials_iridescence", "iridescenceFactor", -0.5),
    ("KHR_materials_iridescence", "iridescenceIor", 0.9),
    ("KHR_materials_iridescence", "iridescenceThicknessMinimum", -5),
    ("KHR_materials_iridescence", "iridescenceThicknessMaximum", []),
    ("KHR_materials_dispersion", "dispersion", -1),
    ("KHR_materials_diffuse_transmission", "diffuseTransmissionFactor", 1.1),
    ("KHR_materials_diffuse_transmission", "diffuseTransmissionColorFactor", [1, 1, 2]),
)


def file(extensions: dict[str, object]) -> bytes:
    glb = Glb()
    glb.texture(png())
    glb.material(extensions=extensions)
    glb.node(glb.mesh(material=0))
    glb.doc["extensionsUsed"] = list(extensions)
    return glb.data()


def test_a_plain_material_has_the_finish_that_changes_nothing():
    found = finish(Material())
    assert vars(found) == vars(Finish())
    assert found.attenuation_distance == inf


def test_every_field_of_every_extension_is_read():
    material = read(file(FULL)).meshes[0].primitives[0].material
    found, plain = vars(finish(material)), vars(Finish())
    assert {name for name in found if found[name] == plain[name]} == set()
    assert found["specular_color"] == (0.5, 2.0, 0.25)
    assert found["iridescence_thickness"] == (200.0, 600.0)
    assert found["clearcoat_normal_scale"] == 0.5
    assert material.extensions["KHR_materials_volume"] == FULL["KHR_materials_volume"]  # kept for exporters


@pytest.mark.parametrize(("extension", "field", "value"), BAD)
def test_a_value_that_the_extension_does_not_allow_is_refused_when_read(extension, field, value):
    with pytest.raises(ModelError) as caught:
        read(file({extension: {field: value}}))
    assert caught.value.code == "model.schema"
    assert caught.value.path == f"materials/0/extensions/{extension}/{field}"


def test_an_extension_that_is_no_object_is_refused():
    with pytest.raises(ModelError) as caught:
        finish(Material(extensions={"KHR_materials_ior": 1.5}))
    assert caught.value.path == "material/extensions/KHR_materials_ior"


def test_an_index_of_refraction_of_zero_is_the_old_mirror():
    assert finish(Material(extensions={"KHR_materials_ior": {"ior": 0}})).ior == 0

"""A layer that is shown in part is so in formats that know materials alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdShade

from assets import compose
from assets.design import Avatar, Design, Layer, Ref
from assets.model import AlphaMode, Material, Model
from exporters.fbx import write_fbx
from exporters.see_through import faded
from exporters.usdz import write_usdz
from tests.exporters.fbx_reads import Document, properties
from tests.exporters.test_models import model_of, quad

VEIL = Material(name="veil", base_color=(1.0, 1.0, 1.0, 0.8), alpha_mode=AlphaMode.BLEND)
CLOTH = Material(name="cloth", base_color=(1.0, 0.0, 0.0, 0.3))  # opaque: its alpha says nothing


def dressed(opacity: float) -> Model:
    layers = [
        Layer(id="under", model=Ref(item="tshirt")),
        Layer(id="over", model=Ref(item="skirt"), opacity=opacity),
    ]
    design = Design(name="d", avatar=Avatar(model=Ref(item="dress-form"), visible=False), layers=tuple(layers))
    worn = model_of(quad(VEIL), quad(CLOTH, 2.0))
    return compose.compose(design, lambda _: worn, lambda _: pytest.fail("no cloth is asked for"))


def test_only_the_layer_fades_and_opaque_cloth_starts_from_one() -> None:
    model = dressed(0.5)
    found = {
        (model.nodes[root].layer, part.material.name): (part.material.base_color[3], part.material.alpha_mode)
        for model in [faded(model)]
        for root in model.roots
        for child in model.nodes[root].children
        for part in model.meshes[model.nodes[child].mesh or 0].primitives
    }
    assert found["under", "veil"] == (0.8, AlphaMode.BLEND)
    assert found["under", "cloth"] == (0.3, AlphaMode.OPAQUE)
    assert found["over", "veil"] == (pytest.approx(0.4), AlphaMode.BLEND)
    assert found["over", "cloth"] == (0.5, AlphaMode.BLEND)
    whole = dressed(1.0)
    assert faded(whole) is whole


def test_fbx_and_usdz_say_so(tmp_path: Path) -> None:
    model = dressed(0.5)
    doc = Document(write_fbx(model, extras={}, stem="a"))
    told = [properties(record)["Maya|opacity"][0] for record in doc.objects.values() if record.name == "Material"]
    assert sorted(told) == pytest.approx([0.4, 0.5, 0.8, 1.0])
    (tmp_path / "a.usdz").write_bytes(write_usdz(model, extras={}, stem="a"))
    stage = Usd.Stage.Open(str(tmp_path / "a.usdz"))
    surfaces = [UsdShade.Shader(prim) for prim in stage.Traverse() if prim.GetName() == "Surface"]
    opacities = [shader.GetInput("opacity").Get() for shader in surfaces if shader.GetInput("opacity")]
    assert np.allclose(sorted(opacities), [0.4, 0.5, 0.8])

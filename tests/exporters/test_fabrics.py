"""Fabrics leave with the models that wear them: holes, varnish, grain and the light from behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import catalogue, gltf
from assets.customise import customise
from assets.design import Customisation, Ref
from assets.finish import finish
from exporters.gltf import write_glb
from tests.assets.bodies import model, tube
from tests.exporters.test_models import errors


@pytest.mark.parametrize("name", ["chiffon", "silk-satin", "vinyl", "sequins"])
def test_a_fabric_comes_back_from_a_glb(name: str, tmp_path: Path) -> None:
    fabric = catalogue.fabric(name)
    worn = customise(model(*tube(0.1, 0.0, 1.0)), Customisation(texture=Ref(item=name)), fabric, uv_metres=1.0)
    glb = write_glb(worn, extras={})
    errors(tmp_path, {"a.glb": glb})
    (back,) = {id(p.material): p.material for m in gltf.read(glb).meshes for p in m.primitives}.values()
    surface = finish(back)
    assert back.alpha_mode is fabric.alpha_mode
    assert back.double_sided == (name == "chiffon")
    assert surface.translucency == pytest.approx(fabric.translucency)
    assert surface.anisotropy == pytest.approx(fabric.anisotropy)
    assert surface.clearcoat == pytest.approx(fabric.clearcoat)
    assert surface.ior == pytest.approx(fabric.ior)
    assert back.base_color_texture is not None
    assert back.base_color_texture.scale[0] == pytest.approx(1000 / fabric.repeat_mm)

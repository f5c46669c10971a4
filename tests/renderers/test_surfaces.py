"""What each feature of a material must do to the light, on small pictures."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from assets import environments
from assets.environments import Panel, Studio
from assets.model import Material
from assets.scene import Lighting
from tests.renderers.conftest import ball, card
from tests.renderers.test_opengl import picture, texture

pytestmark = pytest.mark.gl

MIDDLE = slice(22, 42)


def finished(base=(1.0, 1.0, 1.0), metallic=0.0, roughness=0.5, textures=None, **extensions) -> Material:
    """A material with extensions by their short names (``clearcoat={"clearcoatFactor": 1}``)."""
    return Material(
        base_color=(*base, 1),
        metallic=metallic,
        roughness=roughness,
        extensions={f"KHR_materials_{name}": value for name, value in extensions.items()},
        extension_textures={f"KHR_materials_{name}": value for name, value in (textures or {}).items()},
    )


@pytest.fixture
def room(monkeypatch) -> Lighting:
    """A furnace: radiance 0.5 from everywhere."""
    dark = Panel(azimuth=0, elevation=45, width=10, height=10, radiance=(0, 0, 0))
    studio = Studio(key=dark, panels=(), zenith=(0.5,) * 3, horizon=(0.5,) * 3, nadir=(0.5,) * 3)
    monkeypatch.setattr(environments, "STUDIOS", MappingProxyType({"room": studio}))
    return Lighting(studio="room", ground_shadow=False)


def reflected(frame) -> np.ndarray:
    """Linear radiance of a furnace's picture: sRGB decoded, and the 0.04 that the tone mapper takes put back."""
    code = frame[..., :3] / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4) + 0.04


FURNACE = {
    "plain": {},
    "dull": {"specular": {"specularFactor": 0.2}},
    "dense": {"ior": {"ior": 2.4}},
}


@pytest.mark.parametrize("name", FURNACE)
@pytest.mark.parametrize("metallic", [0.0, 1.0])
def test_a_white_furnace_gives_back_what_it_gets(renderer, room, name, metallic):
    """A white body, matt or metal, rough or smooth, cannot be told from the room that it stands in."""
    for roughness in (0.0, 0.25, 0.5, 0.75, 1.0):
        material = finished(metallic=metallic, roughness=roughness, **FURNACE[name])
        frame = picture(renderer, [ball(material, y=0.0)], lighting=room)
        body = reflected(frame)[frame[..., 3] == 255]
        assert len(body) > 500
        assert np.abs(body / 0.5 - 1).max() < 0.02


def test_a_surface_without_specular_reflects_nothing(renderer, room):
    """Black and matt it is a hole in the furnace; with an index of refraction of 2.4 it shines by (1.4 / 3.4)²."""
    hole = picture(renderer, [card(finished((0, 0, 0), specular={"specularFactor": 0.0}))], lighting=room)
    assert hole[MIDDLE, MIDDLE, :3].max() == 0
    gem = picture(renderer, [card(finished((0, 0, 0), roughness=0.0, ior={"ior": 2.4}))], lighting=room)
    assert reflected(gem)[32, 32].mean() == pytest.approx(0.5 * (1.4 / 3.4) ** 2, rel=0.05)


def test_specular_colour_and_weight_come_from_their_textures(renderer, room):
    """Left half of the card: weight 0. Right half: a blue reflection."""
    weight = np.full((8, 8, 4), 255)
    weight[:, :4, 3] = 0
    tint = np.zeros((8, 8, 3))
    tint[..., 2] = 255
    material = finished(
        (0, 0, 0),
        roughness=0.0,
        ior={"ior": 2.4},
        textures={"specular/specularTexture": texture(weight), "specular/specularColorTexture": texture(tint)},
    )
    frame = picture(renderer, [card(material)], lighting=room).astype(int)
    assert frame[32, 20, :3].max() < 3
    assert frame[32, 44, 2] > frame[32, 44, 0] + 40

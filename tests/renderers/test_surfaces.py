"""What each feature of a material must do to the light, on small pictures."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from assets import environments
from assets.environments import Panel, Studio
from assets.model import Material
from assets.scene import Lighting
from renderers.behind import BehindPass
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


@pytest.fixture
def alone(monkeypatch) -> None:
    """Bodies that transmit show the studio, not the picture behind them."""
    monkeypatch.setattr(BehindPass, "draw", lambda *_: None)


def reflected(frame) -> np.ndarray:
    """Linear radiance of a picture without highlights: sRGB decoded, and the tone mapper's toe undone."""
    code = frame[..., :3] / 255
    toned = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    least = toned.min(axis=-1, keepdims=True)
    return toned + np.where(least < 0.04, np.sqrt(least / 6.25) - least, 0.04)


FURNACE = {
    "plain": {},
    "dull": {"specular": {"specularFactor": 0.2}},
    "dense": {"ior": {"ior": 2.4}},
    "varnished": {"clearcoat": {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.3}},
    "glass": {"transmission": {"transmissionFactor": 1.0}, "volume": {"thicknessFactor": 0.3}},
    "paper": {"diffuse_transmission": {"diffuseTransmissionFactor": 0.6}},
    "frosted": {"transmission": {"transmissionFactor": 0.5}},
    "brushed": {"anisotropy": {"anisotropyStrength": 0.8, "anisotropyRotation": 0.7}},
}


@pytest.mark.parametrize("name", FURNACE)
@pytest.mark.parametrize("metallic", [0.0, 1.0])
@pytest.mark.parametrize("sheen", [0.0, 1.0])
def test_a_white_furnace_gives_back_what_it_gets(renderer, room, alone, name, metallic, sheen):
    """A white body, matt or metal, rough or smooth, cannot be told from the room that it stands in."""
    for roughness in (0.0, 0.25, 0.5, 0.75, 1.0):
        material = finished(metallic=metallic, roughness=roughness, **FURNACE[name])
        material = replace(material, sheen_color=(sheen,) * 3, sheen_roughness=roughness)
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


COAT = {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.0}


def test_varnish_reflects_four_percent_of_what_is_in_front_and_keeps_it_from_what_is_under(renderer, room):
    black = picture(
        renderer, [card(finished((0, 0, 0), specular={"specularFactor": 0.0}, clearcoat=COAT))], lighting=room
    )
    assert reflected(black)[32, 32].mean() == pytest.approx(0.5 * 0.04, abs=0.004)
    glow = replace(finished((0, 0, 0), specular={"specularFactor": 0.0}, clearcoat=COAT), emissive=(0.5, 0.5, 0.5))
    lamp = picture(renderer, [card(glow)], lighting=room)
    assert reflected(lamp)[32, 32].mean() == pytest.approx(0.5, rel=0.02)  # as bright as the room: a furnace again


def test_varnish_has_its_own_normal_and_its_own_textures(renderer):
    """A bump under the varnish does not bend the varnish, one in it does; red is its share, green its roughness."""
    up = texture(np.full((8, 8, 3), 0) + np.array([128, 230, 180]))
    black = finished((0, 0, 0), roughness=1.0, specular={"specularFactor": 0.0}, clearcoat=COAT)
    plain = picture(renderer, [card(black)]).astype(int)[32, 32]
    under = picture(renderer, [card(replace(black, normal_texture=up))]).astype(int)[32, 32]
    assert (plain == under).all()
    bumpy = replace(black, extension_textures={"KHR_materials_clearcoat/clearcoatNormalTexture": up})
    assert picture(renderer, [card(bumpy)]).astype(int)[32, 32, :3].mean() > plain[:3].mean() + 5
    halves = np.zeros((8, 8, 3))
    halves[:, :4] = (255, 255, 0)  # all of it, rough
    halves[:, 4:] = (0, 0, 0)  # none
    rough = {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.9}
    mapped = finished(
        (0, 0, 0),
        specular={"specularFactor": 0.0},
        clearcoat=rough,
        textures={f"clearcoat/{name}": texture(halves) for name in ("clearcoatTexture", "clearcoatRoughnessTexture")},
    )
    frame = picture(renderer, [card(mapped)])
    whole = picture(renderer, [card(replace(mapped, extension_textures={}))])
    assert frame[32, 44, :3].max() == 0
    assert np.abs(frame[32, 20].astype(int) - whole[32, 20]).max() <= 1


@pytest.fixture
def lamp(monkeypatch) -> Lighting:
    """A black room with one small lamp straight ahead."""
    front = Panel(azimuth=0, elevation=0, width=12, height=12, radiance=(40, 40, 40))
    studio = Studio(key=front, panels=(), zenith=(0.001,) * 3, horizon=(0.001,) * 3, nadir=(0.001,) * 3)
    monkeypatch.setattr(environments, "STUDIOS", MappingProxyType({"lamp": studio}))
    return Lighting(studio="lamp", ground_shadow=False)


def spread(frame) -> tuple[float, float]:
    """How far a highlight reaches across and up: standard deviations in pixels."""
    light = reflected(frame).mean(axis=-1) * (frame[..., 3] == 255)
    light *= light > light.max() / 2
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    total = light.sum()
    x, y = (columns * light).sum() / total, (rows * light).sum() / total
    across = float(np.sqrt(((columns - x) ** 2 * light).sum() / total))
    return across, float(np.sqrt(((rows - y) ** 2 * light).sum() / total))


@pytest.mark.parametrize(("rotation", "longer"), [(0.0, "across"), (np.pi / 2, "up")])
def test_a_highlight_is_drawn_out_along_the_rougher_direction(renderer, lamp, rotation, longer):
    """Where nothing gives a tangent it lies level; the rotation turns it."""
    brushed = finished(
        metallic=1.0, roughness=0.2, anisotropy={"anisotropyStrength": 0.7, "anisotropyRotation": rotation}
    )
    across, up = spread(picture(renderer, [ball(brushed, y=0.0, size=0.9)], lighting=lamp))
    assert (across / up if longer == "across" else up / across) > 2
    even = spread(picture(renderer, [ball(finished(metallic=1.0, roughness=0.2), y=0.0, size=0.9)], lighting=lamp))
    assert even[0] == pytest.approx(even[1], rel=0.05)


def test_the_grain_follows_the_texture_coordinates_and_its_texture(renderer, lamp):
    """The tangent is the way that u grows, and red and green turn it: up for (0, 1)."""
    strong = {"anisotropyStrength": 1.0}
    shades = []
    for turn in ((255, 128), (128, 255)):
        drawn = texture(np.full((8, 8, 3), 0) + np.array([*turn, 255]))
        material = finished(
            metallic=1.0, roughness=0.15, anisotropy=strong, textures={"anisotropy/anisotropyTexture": drawn}
        )
        tilted = card(material)
        lean = np.eye(4)
        lean[:3, :3] = [[1, 0, 0], [0, np.cos(0.4), -np.sin(0.4)], [0, np.sin(0.4), np.cos(0.4)]]
        frame = picture(renderer, [replace(tilted, matrix=lean)], lighting=lamp)
        shades.append(frame[32, 32, :3].mean())
    # The card leans back about the level axis: facets that spread upwards still find the lamp, others do not.
    assert shades[1] > shades[0] + 40


def airy(index: float, thickness: float, f0: float) -> np.ndarray:
    """Linear sRGB reflectance head-on of a film (nanometres) over glass: Airy's sum over the spectrum with the
    colour matching functions of Wyman, Sloan and Shirley (2013).
    """
    waves = np.arange(380.0, 781.0, 2.0)
    body = (1 + np.sqrt(f0)) / (1 - np.sqrt(f0))
    first, second = (1 - index) / (1 + index), (index - body) / (index + body)
    turn = np.exp(2j * np.pi * 2 * index * thickness / waves)
    power = np.abs((first + second * turn) / (1 + first * second * turn)) ** 2

    def lobe(height, middle, below, above):
        side = np.where(waves < middle, below, above)
        return height * np.exp(-0.5 * ((waves - middle) * side) ** 2)

    curves = np.stack(
        [
            lobe(0.362, 442.0, 0.0624, 0.0374)
            + lobe(1.056, 599.8, 0.0264, 0.0323)
            + lobe(-0.065, 501.1, 0.0490, 0.0382),
            lobe(0.821, 568.8, 0.0213, 0.0247) + lobe(0.286, 530.9, 0.0613, 0.0322),
            lobe(1.217, 437.0, 0.0845, 0.0278) + lobe(0.681, 459.0, 0.0385, 0.0725),
        ]
    )
    to_rgb = np.array(
        [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
    )
    return (to_rgb @ (curves @ power)) / (to_rgb @ curves.sum(axis=1))


@pytest.mark.parametrize("thickness", [0.0, 150.0, 250.0, 350.0, 450.0])
def test_a_thin_film_has_the_colour_that_interference_gives_it(renderer, room, thickness):
    film = {"iridescenceFactor": 1.0, "iridescenceIor": 1.8, "iridescenceThicknessMaximum": thickness}
    foil = finished((0, 0, 0), roughness=0.0, ior={"ior": 3.0}, iridescence=film)
    found = reflected(picture(renderer, [card(foil)], lighting=room))[32, 32] / 0.5
    assert np.abs(found - airy(1.8 if thickness else 1.0, thickness, 0.25)).max() < 0.07


def test_coloured_glass_darkens_with_the_way_through_it(renderer, room, alone):
    """Beer's law: after one attenuation distance light has the attenuation colour, after two its square."""
    shades = {}
    for thickness in (0.1, 0.2):
        glass = finished(
            roughness=0.0,
            specular={"specularFactor": 0.0},
            transmission={"transmissionFactor": 1.0},
            volume={"thicknessFactor": thickness, "attenuationDistance": 0.1, "attenuationColor": [1.0, 0.5, 0.25]},
        )
        shades[thickness] = reflected(picture(renderer, [card(glass)], lighting=room))[32, 32] / 0.5
    assert shades[0.1] == pytest.approx([1, 0.5, 0.25], rel=0.03)
    assert shades[0.2] == pytest.approx([1, 0.25, 0.0625], rel=0.05)


def test_transmission_and_thickness_come_from_their_textures(renderer, room, alone):
    """Left: closed, matt white. Right: open, and half as thick as the factor says."""
    red = np.zeros((8, 8, 3))
    red[:, 4:, 0] = 255
    green = np.zeros((8, 8, 3)) + np.array([0, 128, 0])
    glass = finished(
        roughness=0.0,
        specular={"specularFactor": 0.0},
        transmission={"transmissionFactor": 1.0},
        volume={"thicknessFactor": 0.2, "attenuationDistance": 0.1, "attenuationColor": [0.25, 0.25, 0.25]},
        textures={"transmission/transmissionTexture": texture(red), "volume/thicknessTexture": texture(green)},
    )
    frame = reflected(picture(renderer, [card(glass)], lighting=room))
    assert frame[32, 20].mean() == pytest.approx(0.5, rel=0.02)
    assert frame[32, 44].mean() == pytest.approx(0.125, rel=0.05)


def test_every_map_at_once_with_its_own_coordinates(renderer, alone):
    """Nineteen textures with nineteen transforms fit the device's units and interpolators."""
    names = (
        *("clearcoat/clearcoatTexture", "clearcoat/clearcoatRoughnessTexture", "clearcoat/clearcoatNormalTexture"),
        *("sheen/sheenColorTexture", "sheen/sheenRoughnessTexture"),
        *("specular/specularTexture", "specular/specularColorTexture"),
        *(f"diffuse_transmission/diffuseTransmission{name}" for name in ("Texture", "ColorTexture")),
        *("transmission/transmissionTexture", "volume/thicknessTexture", "anisotropy/anisotropyTexture"),
        *("iridescence/iridescenceTexture", "iridescence/iridescenceThicknessTexture"),
    )
    white = texture(np.full((4, 4, 4), 255))
    material = finished(
        textures={name: replace(white, offset=(0.01 * (i + 1), 0.0)) for i, name in enumerate(names)},
        clearcoat={"clearcoatFactor": 0.5},
        specular={"specularFactor": 0.5},
        transmission={"transmissionFactor": 0.5},
        volume={"thicknessFactor": 0.1},
        anisotropy={"anisotropyStrength": 0.5},
        iridescence={"iridescenceFactor": 0.5},
        dispersion={"dispersion": 1.0},
        diffuse_transmission={"diffuseTransmissionFactor": 0.5},
    )
    fields = ("base_color", "metallic_roughness", "normal", "occlusion", "emissive")
    maps = {f"{name}_texture": replace(white, offset=(0.0, 0.01 * (i + 1))) for i, name in enumerate(fields)}
    frame = picture(renderer, [card(replace(material, sheen_color=(0.5,) * 3, **maps))])
    assert frame[32, 32, 3] == 255
    assert frame[32, 32, :3].max() > 50


def test_light_from_behind_comes_through_paper_in_its_colour(renderer, lamp):
    """The lamp stands behind the card: a closed one is black, a translucent one glows in its own colour."""
    behind = replace(lamp, rotation=np.pi)
    closed = picture(renderer, [card(finished((1, 1, 1), roughness=1.0))], lighting=behind)
    paper = {"diffuseTransmissionFactor": 1.0, "diffuseTransmissionColorFactor": [1.0, 0.5, 0.25]}
    glowing = picture(
        renderer, [card(finished((0, 0, 1), roughness=1.0, diffuse_transmission=paper))], lighting=behind
    )
    assert closed[32, 32, :3].max() < 25
    light = reflected(glowing)[32, 32]
    assert light[0] > 0.3
    assert light[1:] / light[0] == pytest.approx([0.5, 0.25], rel=0.1)
    share = np.full((8, 8, 4), 255)
    share[:, :4, 3] = 0
    half = finished(
        (0, 0, 0),
        roughness=1.0,
        diffuse_transmission=paper,
        textures={"diffuse_transmission/diffuseTransmissionTexture": texture(share)},
    )
    frame = picture(renderer, [card(half)], lighting=behind)
    assert frame[32, 20, 0] < 25
    assert frame[32, 44, 0] > 100

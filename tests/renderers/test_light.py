"""The light that a scene stands in: colour under the neutral studio, measured environments, tone mapping."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from assets import environments, framing
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Lighting, Tone
from assets.sphere import directions
from tests.renderers.conftest import ball, card, flat, linear
from tests.renderers.test_opengl import picture, rgb

pytestmark = pytest.mark.gl

# Fabrics as shops have them. A channel over about 231 runs into the tone mapper's shoulder, so pure red is none.
FABRICS = (
    *("#000000", "#0a0a0a", "#1f2a44", "#36454f", "#808080", "#c0c0c0", "#f4f4f2", "#ffffff", "#e8dcc4", "#7a4b2a"),
    *("#b01030", "#c8102e", "#00a651", "#12ab7f", "#d9c40a", "#d81b60", "#0033a0", "#5b2a86", "#ffd1dc", "#4a6b8a"),
)


@pytest.mark.parametrize("roughness", [0.8, 0.9, 1.0])
def test_a_flat_patch_under_the_neutral_studio_has_the_colour_that_was_asked_for(renderer, roughness):
    neutral = Lighting(studio="neutral", ground_shadow=False)
    off = {}
    for colour in FABRICS:
        cloth = Material(base_color=(*linear(colour), 1), metallic=0, roughness=roughness)
        patch = picture(renderer, [card(cloth)], lighting=neutral, size=32)[8:24, 8:24, :3]
        wanted = rgb2lab(np.array(rgb(colour)).reshape(1, 1, 3) / 255)
        off[colour] = float(deltaE_ciede2000(rgb2lab(patch / 255), wanted).max())
    assert {colour: far for colour, far in off.items() if far >= 3} == {}


def noon(azimuth: float = 60.0, elevation: float = 45.0) -> environments.Environment:
    """A grey sky with a small sun, degrees from the front towards +X."""
    direction, _ = directions(128)
    a, e = np.radians([azimuth, elevation])
    towards = np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])
    disc = direction @ towards > np.cos(np.radians(2))
    whole = (0.3 + 600.0 * disc[..., None] * np.ones(3)).astype(np.float32)
    return environments.from_radiance(whole, digest=f"noon {azimuth}")


def test_a_measured_environment_lights_the_design_and_throws_its_shadow(renderer):
    """The sun stands to the right: the right is bright, and the shadow falls to the left."""
    draws = [ball(Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0))]
    view = framing.view(draws, "front", settings=CameraSettings(fill=0.4), aspect=1)
    frame = picture(renderer, draws, view=view, lighting=Lighting(environment=noon()), size=96).astype(int)
    body = frame[..., 3] == 255
    columns = np.nonzero(body.any(axis=0))[0]
    row = frame[48 - 6, columns[0] : columns[-1], 0]
    assert row[-len(row) // 4 : -3].mean() > row[3 : len(row) // 4].mean() + 40
    veil = (frame[..., :3].max(axis=-1) == 0) & (frame[..., 3] > 30)
    assert np.nonzero(veil)[1].mean() < columns.mean() - 3
    turned = picture(renderer, draws, view=view, lighting=Lighting(environment=noon(), rotation=np.pi), size=96)
    assert np.abs(turned.astype(int) - frame).max() > 40


def test_two_environments_do_not_share_a_reflection(renderer):
    mirror = [ball(Material(roughness=0.05), y=0.0)]
    first, second = (
        picture(renderer, mirror, lighting=Lighting(environment=noon(angle), ground_shadow=False))
        for angle in (60.0, -60.0)
    )
    bright = [np.unravel_index(f[..., 0].argmax(), f.shape[:2])[1] for f in (first, second)]
    assert bright[0] > 36
    assert bright[1] < 28


def film(light: float) -> float:
    """The ACES curve for grey: its matrices keep grey, so the fit alone decides."""
    c = light / 0.6
    toned = (c * (c + 0.0245786) - 0.000090537) / (c * (0.983729 * c + 0.4329510) + 0.238081)
    return 255 * (1.055 * min(toned, 1.0) ** (1 / 2.4) - 0.055)


def test_the_film_look_is_that_of_aces_and_leaves_unlit_colours_alone(renderer):
    black = Material(
        base_color=(0, 0, 0, 1), metallic=0, extensions={"KHR_materials_specular": {"specularFactor": 0}}
    )
    for light in (0.05, 0.2, 0.8, 3.0):
        glow = Material(**{**vars(black), "emissive": (1.0,) * 3, "emissive_strength": light})
        frame = picture(renderer, [card(glow)], lighting=Lighting(ground_shadow=False, tone=Tone.ACES))
        assert np.abs(frame[32, 32, :3] - film(light)).max() < 1.5
    unlit = picture(renderer, [card(flat("#cc3311"))], lighting=Lighting(ground_shadow=False, tone=Tone.ACES))
    assert tuple(unlit[32, 32, :3]) == rgb("#cc3311")


def veil(renderer, environment: environments.Environment) -> np.ndarray:
    """The alpha of the shadow beside a ball on the ground."""
    draws = [ball(Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0))]
    view = framing.view(draws, "three-quarter", settings=CameraSettings(fill=0.4), aspect=1)
    frame = picture(renderer, draws, view=view, lighting=Lighting(environment=environment), size=96)
    return np.where(frame[..., :3].max(axis=-1) == 0, frame[..., 3], 0)


def test_the_shadow_on_the_ground_is_as_dark_as_the_key_is_strong(renderer):
    """Under an even sky only the touch of the design darkens the ground; the sun's shadow reaches far."""
    even = environments.from_radiance(np.full((32, 64, 3), 0.5, np.float32), digest="even")
    soft, hard = veil(renderer, even), veil(renderer, noon())
    assert soft.max() > 40
    assert (hard > 60).sum() > 3 * (soft > 60).sum()

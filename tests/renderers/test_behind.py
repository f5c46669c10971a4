"""Bodies that transmit light show what is solid behind them."""

from __future__ import annotations

import numpy as np
import pytest

from assets.model import Material
from assets.scene import Background, Camera, Lighting, Quality, Scene, Target, View
from renderers import sampling
from tests.renderers.conftest import ball, card, flat

pytestmark = pytest.mark.gl

FRONT = View(camera=Camera(eye=(0.0, 0.0, 5.0), target=(0.0, 0.0, 0.0), ortho_height=2, near=0.1, far=50))


def glass(roughness: float = 0.0, tint=(1.0, 1.0, 1.0)) -> Material:
    """A thin wall."""
    return Material(
        base_color=(*tint, 1.0),
        metallic=0,
        roughness=roughness,
        extensions={"KHR_materials_transmission": {"transmissionFactor": 1.0}, "KHR_materials_ior": {"ior": 1.5}},
    )


def picture(renderer, draws, *, size=64, top="#ffffff", quality=Quality.FINAL):
    scene = Scene(
        draws=tuple(draws),
        digest="test",
        lighting=Lighting(ground_shadow=False),
        background=Background(top=top),
    )
    return next(renderer.frames(scene, (FRONT,), Target(width=size, height=size, quality=quality))).copy()


def test_what_is_behind_is_seen_through(renderer):
    pane, wall = card(glass(), z=0.5, side=1.6), card(flat("#c02020"), z=-0.5, side=0.8)
    frame = picture(renderer, [pane, wall])[..., :3].astype(int)
    red, green, _ = frame[32, 32]
    assert red > green + 80  # the wall
    assert frame[10, 10].min() > 200  # the white background beside it
    in_front = picture(renderer, [pane, card(flat("#c02020"), z=0.8, side=0.8)])[32, 32, :3]
    assert tuple(in_front) == (0xC0, 0x20, 0x20)


def test_a_rough_body_scatters_what_is_behind(renderer):
    """The edge of the wall has more shades through frosted glass."""
    wall = card(flat("#000000"), z=-0.2, side=0.8)
    shades = [
        len(np.unique(picture(renderer, [card(glass(rough), z=0.2, side=1.6), wall])[32, 12:32, 0]))
        for rough in (0.0, 0.4)
    ]
    assert shades[1] > shades[0] + 3


@pytest.mark.parametrize("thickness", [0.1, 0.2])
def test_coloured_glass_tints_what_is_behind_by_the_way_through_it(renderer, thickness):
    """Beer's law over a white background; what the surface reflects lightens it a little."""
    volume = {"thicknessFactor": thickness, "attenuationDistance": 0.1, "attenuationColor": [1.0, 0.5, 0.25]}
    extensions = {
        "KHR_materials_transmission": {"transmissionFactor": 1.0},
        "KHR_materials_volume": volume,
        "KHR_materials_specular": {"specularFactor": 0.0},
    }
    tinted = Material(metallic=0, roughness=0, extensions=extensions)
    code = picture(renderer, [card(tinted, side=1.6)])[32, 32, :3] / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    assert light == pytest.approx(np.array([1.0, 0.5, 0.25]) ** (thickness / 0.1), abs=0.02)


def test_a_transparent_picture_stays_transparent_behind_glass(renderer):
    frame = picture(renderer, [card(glass(), side=1.6)], top=None)
    assert frame[32, 32, 3] < 60
    solid = picture(renderer, [card(glass(), side=1.6)], top="#3060c0")[32, 32, :3].astype(float)
    alpha = frame[32, 32, 3] / 255
    over = frame[32, 32, :3] * alpha + np.array([0x30, 0x60, 0xC0]) * (1 - alpha)
    assert np.abs(over - solid).max() <= 6  # one alpha stands for three channels


def test_blended_surfaces_go_over_glass(renderer):
    pane, veil = card(glass(), z=0.0, side=1.6), card(flat("#ff0000", 0.5), z=0.5, side=0.8)
    bare = picture(renderer, [pane])[32, 32, :3].astype(float)
    assert np.abs(picture(renderer, [veil, pane])[32, 32, :3] - (bare + np.array([255, 0, 0])) / 2).max() <= 2


@pytest.mark.parametrize("size", [150, 151])
def test_no_tile_shows_in_glass(renderer, monkeypatch, size):
    """Whatever part of the picture is drawn, frosted glass scatters the whole of it."""
    draws = [
        ball(glass(0.4), x=0.0, y=0.0, z=0.5, size=0.8),
        card(flat("#20c040"), z=-0.5, side=0.9),
        card(flat("#402060"), z=-0.6, side=1.7),
    ]
    whole = picture(renderer, draws, size=size).astype(int)
    monkeypatch.setattr(sampling, "_WHOLE", 0)
    monkeypatch.setattr(sampling, "_TILE", 64)
    tiled = picture(renderer, draws, size=size).astype(int)
    assert np.abs(whole - tiled).max() <= 2
    assert np.abs(whole - tiled).mean() < 0.01

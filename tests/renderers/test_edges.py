"""Outlines and patterns get every sample; smooth surfaces are shaded by the first pass alone, and look the same."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from assets import framing
from assets.design import CameraSettings
from assets.model import AlphaMode, Material
from assets.scene import Background, Draw, Frame, Quality, Scene, Target
from renderers import edges
from renderers.opengl import OpenGLRenderer
from renderers.surface_pass import SurfacePass
from tests.renderers.conftest import ball, card
from tests.renderers.features import texture

pytestmark = pytest.mark.gl

NEVER, ALWAYS = 2.0, -1.0
BALLS = (ball(Material(metallic=0, base_color=(0.6, 0.1, 0.1, 1)), x=-0.4), ball(Material(roughness=0.2), x=0.5))


def picture(renderer: OpenGLRenderer, draws: tuple[Draw, ...], side: int = 160) -> Frame:
    view = framing.view(draws, "front", settings=CameraSettings(), aspect=1)
    scene = Scene(draws=draws, digest="edges", background=Background(top="#ffffff"))
    (frame,) = renderer.frames(scene, (view,), Target(width=side, height=side, quality=Quality.FINAL))
    return frame.astype(np.int16)


def checks(squares: int) -> Material:
    """Black and white squares, of which ``squares`` fit beside each other."""
    dots = (np.indices((squares, squares)).sum(axis=0) % 2).astype(float).repeat(4, axis=0).repeat(4, axis=1)
    return Material(base_color_texture=texture(dots), unlit=True)


def test_smooth_surfaces_look_as_if_every_pixel_had_all_samples(renderer, monkeypatch):
    found = picture(renderer, BALLS)
    monkeypatch.setattr(edges, "CONTRAST", ALWAYS)
    away = np.abs(found - picture(renderer, BALLS))
    assert away.max() <= 3
    assert away.mean() < 0.05


def test_outlines_get_all_samples(renderer, monkeypatch):
    found = picture(renderer, BALLS)
    monkeypatch.setattr(edges, "CONTRAST", NEVER)
    few = picture(renderer, BALLS)
    monkeypatch.setattr(edges, "CONTRAST", ALWAYS)
    every = picture(renderer, BALLS)
    rough = np.abs(few - every).max(axis=2) > 6
    assert rough.sum() > 50, "four samples are not enough for outlines, or this tells nothing"
    assert np.abs(found - every)[rough].max() <= 1


def test_a_fine_pattern_gets_all_samples(renderer, monkeypatch):
    cloth = (card(checks(64)),)
    found = picture(renderer, cloth, side=96)
    monkeypatch.setattr(edges, "CONTRAST", ALWAYS)
    assert np.array_equal(found, picture(renderer, cloth, side=96))


def test_most_of_a_smooth_surface_is_shaded_once(renderer, monkeypatch):
    drawn = shaded(renderer, BALLS[:1], monkeypatch)
    assert len(drawn) == 4
    assert 0 < max(drawn[1:]) < 0.2 * drawn[0]


def test_scenes_with_something_to_see_through_get_all_passes_everywhere(renderer, monkeypatch):
    glass = Material(base_color=(0.2, 0.5, 0.8, 0.4), alpha_mode=AlphaMode.BLEND)
    drawn = shaded(renderer, (*BALLS, card(glass, z=1.0)), monkeypatch)
    assert min(drawn) > 0.9 * max(drawn) > 0


def shaded(renderer: OpenGLRenderer, draws: tuple[Draw, ...], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples of solid surfaces each pass shades."""
    counts: list[int] = []
    draw = SurfacePass.draw

    def counted(self, shot, items, clip, part, lists=None):
        query = moderngl.get_context().query(samples=True)
        with query:
            draw(self, shot, items, clip, part, lists)
        if lists is None:
            counts.append(query.samples)

    monkeypatch.setattr(SurfacePass, "draw", counted)
    picture(renderer, draws, side=240)
    return counts

"""What cannot be seen is not drawn: hulls outside the view or the tile, back faces of single-sided surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from assets.model import Material
from assets.scene import Background, Camera, Draw, Lighting, Quality, Scene, Target, View
from renderers import surface_pass
from renderers.opengl import OpenGLRenderer
from tests.renderers.conftest import ball

CAMERA = Camera(eye=(0.0, 0.5, 4.0), target=(0.0, 0.5, 0.0))
RED = Material(base_color=(0.5, 0.1, 0.1, 1), metallic=0.0)


def drawn(
    renderer: OpenGLRenderer, monkeypatch: pytest.MonkeyPatch, draws: tuple[Draw, ...], target: Target
) -> tuple[np.ndarray, list[bool]]:
    """The frame, and of each draw in each pass over the surfaces whether it was left out."""
    asked: list[bool] = []
    outside = surface_pass._outside

    def spy(clip: np.ndarray, points: np.ndarray) -> bool:
        asked.append(outside(clip, points))
        return asked[-1]

    monkeypatch.setattr(surface_pass, "_outside", spy)
    scene = Scene(
        draws=draws, digest="c", background=Background(top="#ffffff"), lighting=Lighting(ground_shadow=False)
    )
    frame = next(iter(renderer.frames(scene, (View(camera=CAMERA),), target))).copy()
    return frame, asked


@pytest.mark.parametrize("place", [{"x": 30.0}, {"x": -30.0}, {"y": 40.0}, {"z": 30.0}, {"z": -400.0}])
def test_a_draw_outside_the_view_is_left_out_and_changes_nothing(
    renderer: OpenGLRenderer, monkeypatch: pytest.MonkeyPatch, place: dict[str, float]
) -> None:
    target = Target(width=96, height=96, quality=Quality.DRAFT)
    seen, unseen = ball(RED), ball(Material(unlit=True), **place)
    frame, asked = drawn(renderer, monkeypatch, (seen, unseen), target)
    assert sorted(asked) == [False, True]
    assert (frame[..., :3].min(axis=-1) < 200).any()


def test_each_tile_draws_its_own(renderer: OpenGLRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(width=2048, height=1200, quality=Quality.DRAFT)
    left, right = ball(RED, x=-0.9, size=0.2), ball(RED, x=0.9, size=0.2)
    _, asked = drawn(renderer, monkeypatch, (left, right), target)
    assert asked.count(False) < len(asked)
    assert asked.count(True) >= 2


def test_back_faces_of_single_sided_surfaces_are_culled(renderer: OpenGLRenderer) -> None:
    def frame(material: Material) -> np.ndarray:
        inside = Camera(eye=(0.0, 0.5, 0.0), target=(0.0, 0.5, -1.0))
        scene = Scene(draws=(ball(material, size=1.0),), digest="b", background=Background(top="#00ff00"))
        view = View(camera=inside)
        return next(iter(renderer.frames(scene, (view,), Target(width=32, height=32, quality=Quality.DRAFT)))).copy()

    assert (frame(Material(unlit=True))[..., :3] == (0, 255, 0)).all()
    assert (frame(Material(unlit=True, double_sided=True))[..., :3] == (255, 255, 255)).all()

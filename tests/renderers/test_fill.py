"""Rendered, any model fills 80 to 90 percent of the frame: what framing promises, in pixels."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from assets import framing
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Lighting, Quality, Scene, Target
from renderers.opengl import OpenGLRenderer
from tests.renderers.conftest import Draw, at, ball, primitive

pytestmark = pytest.mark.gl

CLOTH = Material(double_sided=True, metallic=0.0)
SIDE = 256


def shape(mesh: trimesh.Trimesh, matrix: np.ndarray) -> Draw:
    return Draw(primitive=primitive(mesh, CLOTH), matrix=matrix)


SHAPES = {
    "ball": ball(CLOTH),
    "tiny": ball(CLOTH, size=1e-4),
    "huge": ball(CLOTH, size=500.0),
    "off-centre": ball(CLOTH, 900.0, -700.0, 500.0, size=0.3),
    "flat": shape(trimesh.creation.box((1.2, 0.002, 0.8)), at(0, 1, 0)),
    "upright sheet": shape(trimesh.creation.box((0.8, 1.2, 0.006)), at(2, 0, 0)),
    "thin": shape(trimesh.creation.cylinder(0.002, 1.5), at(0, 0, 3)),
    "a triangle": shape(
        trimesh.Trimesh([[0, 0, 0], [1, 0.2, 0], [0.3, 1, 0.4]], [[0, 1, 2]], process=False), at(0, 5, 0)
    ),
}


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("view", ["front", "left", "three-quarter", "top"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_picture_is_filled(renderer: OpenGLRenderer, name: str, view: str, orthographic: bool) -> None:
    draw = SHAPES[name]
    scene = Scene(draws=(draw,), digest=name, lighting=Lighting(ground_shadow=False))
    camera = framing.view(scene.draws, view, settings=CameraSettings(orthographic=orthographic), aspect=1.0)
    frame = next(iter(renderer.frames(scene, (camera,), Target(width=SIDE, height=SIDE, quality=Quality.FINAL))))
    rows, columns = (np.flatnonzero((frame[..., 3] > 8).any(axis=axis)) for axis in (1, 0))
    tight = max((rows, columns), key=lambda line: int(line[-1] - line[0]))
    assert 0.8 <= (tight[-1] - tight[0] + 1) / SIDE <= 0.9
    assert abs((tight[0] + tight[-1] + 1) / 2 - SIDE / 2) <= 2  # centred where it touches

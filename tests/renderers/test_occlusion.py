"""What draws hide from the studio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from assets.model import Material
from assets.scene import Background, Camera, Draw, Lighting, Quality, Scene, Target, View
from tests.renderers.conftest import at, ball, primitive

pytestmark = pytest.mark.gl

FRONT = View(camera=Camera(eye=(0.0, 0.5, 5.0), target=(0.0, 0.5, 0.0), ortho_height=2, near=0.1, far=50))
MATT = Material(base_color=(0.6, 0.6, 0.6, 1), metallic=0, roughness=1, double_sided=True)


def picture(renderer, draws):
    scene = Scene(
        draws=tuple(draws), digest="t", lighting=Lighting(ground_shadow=False), background=Background(top="#ffffff")
    )
    return next(renderer.frames(scene, (FRONT,), Target(width=96, height=96, quality=Quality.PREVIEW))).copy()


def test_each_of_several_equal_meshes_has_its_own_occlusion(renderer):
    """Two equal balls, one close under a shelf: as when the second one's vertices are counted another way."""
    shelf = Draw(primitive=primitive(trimesh.creation.box((0.8, 0.05, 0.8)), MATT), matrix=at(-0.5, 0.8, 0.0))
    near, far = ball(MATT, x=-0.5, size=0.25), ball(MATT, x=0.5, size=0.25)
    mesh = far.primitive
    other = replace(
        mesh,
        positions=mesh.positions[::-1].copy(),
        normals=mesh.normals[::-1].copy(),
        indices=(len(mesh.positions) - 1 - mesh.indices).astype(np.uint32),
    )
    shared = picture(renderer, [shelf, near, far]).astype(int)
    apart = picture(renderer, [shelf, near, replace(far, primitive=other)]).astype(int)
    assert np.abs(shared - apart).mean() < 0.1
    assert np.quantile(np.abs(shared - apart), 0.999) <= 6

"""What the key's shadow tells of the surface that casts it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from assets.model import AlphaMode, Material, Sampler, Wrap
from assets.scene import Background, Camera, Draw, Lighting, Quality, Scene, Target, View
from renderers.studio_light import light_block
from tests.renderers.conftest import card, flat, linear
from tests.renderers.test_opengl import texture
from tests.renderers.test_surfaces import reflected

pytestmark = pytest.mark.gl

LIGHT = Lighting(ground_shadow=False, exposure=-1.5)
HEIGHT, SIDE = 0.6, 0.3
ABOVE = View(
    camera=Camera(eye=(0.0, 5.0, 0.0), target=(0.0, 0.0, 0.0), up=(0.0, 0.0, -1.0), ortho_height=4, near=0.1, far=50)
)
LYING = trimesh.transformations.rotation_matrix(-np.pi / 2, [1, 0, 0])


def lying(draw: Draw, height: float) -> Draw:
    matrix = LYING @ draw.matrix
    matrix[1, 3] = height
    return replace(draw, matrix=matrix)


def floor() -> Draw:
    return lying(card(Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0, roughness=1), side=3.6), 0.0)


def under(renderer, *panes: Draw) -> float:
    """How bright the floor is, linear, where the shadow's middle falls."""
    block = np.frombuffer(light_block(LIGHT), np.float32)
    key = block[36:39]
    x, z = (-key[[0, 2]] / key[1] * HEIGHT).tolist()
    scene = Scene(draws=(floor(), *panes), digest="t", lighting=LIGHT, background=Background(top="#000000"))
    frame = next(renderer.frames(scene, (ABOVE,), Target(width=200, height=200, quality=Quality.DRAFT)))
    row, column = round(100 + z * 50), round(100 + x * 50)
    return float(reflected(frame[row - 1 : row + 2, column - 1 : column + 2]).mean())


def held(renderer, *panes: Draw) -> float:
    """The share of the key that the panes hold back."""
    lit = under(renderer)
    dark = under(renderer, pane(flat("#ffffff", double_sided=True)))
    assert dark < 0.8 * lit
    return (lit - under(renderer, *panes)) / (lit - dark)


def pane(material: Material, side=SIDE, height=HEIGHT, **more) -> Draw:
    return lying(card(material, side=side, **more), height)


def moved(draw: Draw, x: float) -> Draw:
    matrix = draw.matrix.copy()
    matrix[0, 3] = x
    return replace(draw, matrix=matrix)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75])
def test_a_blended_surface_holds_back_as_much_as_its_alpha(renderer, alpha):
    assert held(renderer, pane(flat("#ffffff", alpha, double_sided=True))) == pytest.approx(alpha, abs=0.06)


def test_surfaces_over_each_other_hold_back_more(renderer):
    film = flat("#ffffff", 0.5, double_sided=True)
    two = held(renderer, pane(film), pane(film, height=HEIGHT + 0.01))
    assert two == pytest.approx(0.75, abs=0.06)


def test_a_half_opaque_layer_casts_half_a_shadow(renderer):
    layer = pane(flat("#ffffff", double_sided=True), layer="coat", opacity=0.4)
    assert held(renderer, layer) == pytest.approx(0.4, abs=0.06)


def test_glass_holds_back_what_its_colour_does(renderer):
    clear, tinted = (
        Material(
            base_color=(*colour, 1),
            metallic=0,
            roughness=0,
            double_sided=True,
            extensions={"KHR_materials_transmission": {"transmissionFactor": 1.0}},
        )
        for colour in ((1.0, 1.0, 1.0), linear("#808080"))
    )
    assert held(renderer, pane(clear)) == pytest.approx(0.08, abs=0.06)
    assert held(renderer, pane(tinted)) == pytest.approx(1 - 0.92 * linear("#808080")[0], abs=0.08)


def test_a_veil_behind_a_wall_adds_nothing_to_its_shadow(renderer):
    wall = pane(flat("#ffffff", double_sided=True))
    veil = pane(flat("#ffffff", 0.5, double_sided=True), height=HEIGHT - 0.1)
    assert held(renderer, wall, veil) == pytest.approx(1.0, abs=0.03)


def test_what_lies_before_a_veil_is_not_shaded_by_it(renderer):
    """A floor tile above the veil, in the key's way: as bright as the tile alone."""
    tile = lying(card(Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0, roughness=1), side=3.0), HEIGHT)
    veil = pane(flat("#ffffff", 0.5, double_sided=True), height=HEIGHT - 0.2, side=2.0)
    assert under(renderer, tile, veil) == pytest.approx(under(renderer, tile), rel=0.02)


@pytest.mark.parametrize("mode", [AlphaMode.MASK, AlphaMode.BLEND])
def test_holes_cast_no_shadow_wherever_their_alpha_comes_from(renderer, mode):
    """The pane's right half is a hole: by texture, by a mirrored texture, by its vertices' colours."""
    wide = SIDE * 1.5
    pixels = np.full((32, 32, 4), 255)
    pixels[:, 16:, 3] = 0
    clamped = Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP)
    plain = texture(pixels, sampler=clamped)
    mirrored = texture(pixels, sampler=Sampler(wrap_u=Wrap.MIRROR), scale=(2.0, 1.0))
    faded = np.ones((4, 4), np.float32)
    faded[[1, 2], 3] = 0.0  # under one half from the middle on
    look = Material(alpha_mode=mode, unlit=True, double_sided=True)
    for drawn, colors in ((plain, None), (mirrored, None), (None, faded)):
        whole = pane(replace(look, base_color_texture=drawn), side=wide, colors=colors)
        # The floor is lifted off its own shadow, which moves the pane's by an eighth of its side.
        solid, middle, end = (held(renderer, moved(whole, x * wide)) for x in (0.5, 0.15, -0.22))
        assert solid > 0.7
        if drawn is mirrored:
            assert middle < 0.1
            assert end > 0.7
        else:
            assert middle > end + 0.2
            assert end < 0.3


def test_scenes_without_see_through_surfaces_have_no_second_map(renderer):
    under(renderer, pane(flat("#ffffff", double_sided=True)))
    kept = renderer._painter._canvases._kept
    kept.pop("veil", None)
    under(renderer, pane(flat("#ffffff", double_sided=True)))
    assert "veil" not in kept
    under(renderer, pane(flat("#ffffff", 0.5, double_sided=True)))
    assert "veil" in kept

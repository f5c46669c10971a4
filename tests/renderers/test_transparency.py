"""Surfaces that let light through: right by depth at every sample, whatever order they are submitted in."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import trimesh

from assets import framing
from assets.design import CameraSettings
from assets.model import AlphaMode, Material
from assets.scene import Background, Blend, Camera, Draw, Lighting, Quality, Scene, Target, View
from renderers import fragments
from renderers.errors import RendererError
from renderers.opengl import open_renderer
from renderers.surface_pass import SurfacePass
from tests.renderers.conftest import at, ball, card, flat, primitive

pytestmark = pytest.mark.gl

FRONT = View(camera=Camera(eye=(0, 0, 5), target=(0, 0, 0), ortho_height=2, near=0.1, far=50))


def picture(renderer, draws, *, size=64, view=FRONT, top="#ffffff", lighting=None, quality=Quality.FINAL):
    scene = Scene(
        draws=tuple(draws),
        digest="test",
        lighting=lighting or Lighting(ground_shadow=False),
        background=Background(top=top),
    )
    return next(renderer.frames(scene, (view,), Target(width=size, height=size, quality=quality))).copy()


def turned(draw: Draw, degrees: float) -> Draw:
    return replace(draw, matrix=draw.matrix @ trimesh.transformations.rotation_matrix(np.radians(degrees), [0, 1, 0]))


def over(*colours: tuple[str, float], background: str = "#ffffff") -> np.ndarray:
    """Hex colours and alphas, the farthest first."""
    result = np.array([int(background[i : i + 2], 16) for i in (1, 3, 5)], float)
    for colour, alpha in colours:
        result = result * (1 - alpha) + alpha * np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return result


def glass(red: float, green: float, blue: float, alpha: float) -> Material:
    return Material(
        base_color=(red, green, blue, alpha),
        alpha_mode=AlphaMode.BLEND,
        metallic=0,
        roughness=0.2,
        double_sided=True,
    )


def sheet(colour: str, degrees: float, **more) -> Draw:
    return turned(card(flat(colour, 0.5, double_sided=True), side=2.0, **more), degrees)


def test_planes_that_cross_are_each_in_front_on_their_own_side(renderer):
    red, blue = sheet("#ff0000", 30), sheet("#0000ff", -30)
    frame = picture(renderer, [red, blue])[..., :3].astype(float)
    # Turned counter-clockwise seen from above, the red sheet comes forward on the left.
    assert np.abs(frame[32, 16] - over(("#0000ff", 0.5), ("#ff0000", 0.5))).max() <= 1.5
    assert np.abs(frame[32, 48] - over(("#ff0000", 0.5), ("#0000ff", 0.5))).max() <= 1.5


SHAPES = (
    ball(glass(0.9, 0.1, 0.1, 0.4), x=-0.2, y=0.5, size=0.5),
    ball(glass(0.1, 0.2, 0.9, 0.3), x=0.2, y=0.5, size=0.5),
    ball(glass(0.1, 0.9, 0.3, 0.5), x=0.0, y=0.5, size=0.3),
    Draw(
        primitive=primitive(
            trimesh.creation.box((0.9, 0.9, 0.9)), Material(base_color=(0.7, 0.7, 0.7, 1), metallic=0)
        ),
        matrix=at(0.5, 0.3, -0.5),
    ),
)


def test_every_order_of_submission_gives_the_same_bytes(renderer):
    """Nested and intersecting bodies, one of them solid, with shadows and occlusion."""
    view = framing.view(SHAPES, "three-quarter", settings=CameraSettings(), aspect=1)
    frames = {
        picture(renderer, order, view=view, lighting=Lighting(), quality=Quality.PREVIEW).tobytes()
        for order in permutations(SHAPES)
    }
    assert len(frames) == 1


def test_layers_go_over_each_other_by_depth_in_every_order(renderer):
    """Half-opaque layers, a blend mode and a see-through surface among one another."""
    near = card(flat("#ff0000"), z=0.4, side=1.6, layer="near", opacity=0.5)
    tint = card(flat("#80ff80"), z=0.2, side=1.6, layer="tint", blend=Blend.MULTIPLY)
    pane = card(flat("#0000ff", 0.25), z=0.0, side=1.6)
    far = card(flat("#ffff00"), z=-0.4, side=1.6, layer="far", opacity=0.75)
    behind = over(("#ffff00", 0.75), ("#0000ff", 0.25)) * np.array([0x80, 255, 0x80]) / 255
    wanted = behind * 0.5 + 0.5 * np.array([255, 0, 0])
    frames = [picture(renderer, order) for order in permutations([near, tint, pane, far])]
    assert np.abs(frames[0][32, 32, :3] - wanted).max() <= 2
    assert len({frame.tobytes() for frame in frames}) == 1


@pytest.mark.parametrize("count", [15, 16, 17, 40])
def test_no_layer_of_many_is_lost(renderer, count):
    """The lists are sorted some at a time; the seams between them must not show."""
    hues = ["#ff0000", "#00ff00", "#0000ff", "#202020", "#ffffff"]
    panes = [(hues[i % 5], 0.1) for i in range(count)]
    draws = [card(flat(c, a), z=-0.8 + 1.6 * i / count, side=1.5) for i, (c, a) in enumerate(panes)]
    shuffled = [draws[i] for i in np.random.default_rng(count).permutation(count)]
    frame = picture(renderer, shuffled, quality=Quality.DRAFT)
    # Colours are kept in 8 bits a channel, alpha too: a tenth of half a step each.
    assert np.abs(frame[32, 32, :3] - over(*panes)).max() <= 2


def test_sheets_in_one_plane_all_count(renderer):
    panes = [card(flat(c, 0.5), side=1.5) for c in ("#ff0000", "#ff0000", "#0000ff")]
    shades = {tuple(picture(renderer, order)[32, 32, :3]) for order in permutations(panes)}
    assert len(shades) == 1
    red, green, blue = shades.pop()
    assert abs(int(green) - 255 / 8) <= 1.5  # three times half of the white is left
    assert red > green
    assert blue > green


def test_the_later_layer_wins_in_one_plane(renderer):
    """A print on the very triangles of its cloth."""
    cloth = card(flat("#804020"), side=1.5, layer="cloth")
    print_ = card(flat("#20ff40"), side=1.5, layer="print", opacity=0.5)
    solid = card(flat("#2040ff"), side=1.5, layer="badge")
    half = picture(renderer, [cloth, print_])[32, 32, :3]
    assert np.abs(half - over(("#804020", 1), ("#20ff40", 0.5))).max() <= 1.5
    assert tuple(picture(renderer, [cloth, solid])[32, 32, :3]) == (0x20, 0x40, 0xFF)
    assert tuple(picture(renderer, [solid, cloth])[32, 32, :3]) == (0x80, 0x40, 0x20)


def test_a_layer_of_solid_and_clear_parts_is_one(renderer):
    """What is behind shines through by the layer's opacity alone."""
    inner = card(flat("#00ff00"), z=0.0, side=1.6, layer="coat", opacity=0.5)
    veil = card(flat("#ff0000", 0.5), z=0.3, side=1.6, layer="coat", opacity=0.5)
    frame = picture(renderer, [veil, inner], top="#0000ff")
    assert np.abs(frame[32, 32, :3] - over(("#808000", 0.5), background="#0000ff")).max() <= 2


def test_lists_that_do_not_fit_are_drawn_in_bands(monkeypatch):
    view = framing.view(SHAPES, "three-quarter", settings=CameraSettings(), aspect=1)
    wide = open_renderer()
    try:
        whole = picture(wide, SHAPES, view=view, size=128)
    finally:
        wide.close()
    monkeypatch.setattr(fragments, "_FIRST", 1024)
    monkeypatch.setattr(fragments, "_MOST", 8191)
    narrow = open_renderer()
    try:
        assert (picture(narrow, SHAPES, view=view, size=128) == whole).all()
        layered = [replace(draw, layer="all", opacity=0.5) for draw in SHAPES]
        banded = picture(narrow, layered, view=view, size=128)
    finally:
        narrow.close()
    monkeypatch.undo()
    wide = open_renderer()
    try:
        assert (picture(wide, layered, view=view, size=128) == banded).all()
    finally:
        wide.close()


def test_a_run_that_breaks_off_leaves_nothing_in_the_lists(renderer, monkeypatch):
    pane = card(flat("#ff0000", 0.5), side=1.5)
    clean = picture(renderer, [pane])
    draw = SurfacePass.draw

    def broken(self, shot, items, clip, part, lists=None):
        draw(self, shot, items, clip, part, lists)
        if lists is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr(SurfacePass, "draw", broken)
    with pytest.raises(KeyboardInterrupt):
        picture(renderer, [card(flat("#00ff00", 0.5), side=1.5)])
    monkeypatch.undo()
    assert (picture(renderer, [pane]) == clean).all()


def test_more_layers_than_one_row_holds_are_refused(monkeypatch):
    monkeypatch.setattr(fragments, "_FIRST", 64)
    monkeypatch.setattr(fragments, "_MOST", 127)
    small = open_renderer()
    try:
        with pytest.raises(RendererError) as caught:
            picture(small, [card(flat("#ff0000", 0.5), z=z / 10, side=2.0) for z in range(4)])
        assert caught.value.code == "renderer.too_many_layers"
        assert not caught.value.ours
        frame = picture(small, [card(flat("#ff0000"))])  # and the renderer works on
        assert tuple(frame[32, 32, :3]) == (255, 0, 0)
    finally:
        small.close()

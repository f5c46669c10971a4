"""Blur, drop shadow and glow of layers."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from assets.scene import Background, Blend, Camera, DropShadow, Effects, Glow, Lighting, Quality, Scene, Target, View
from renderers import sampling
from tests.renderers.conftest import ball, card, flat

pytestmark = pytest.mark.gl

# The picture shows two metres, so that a share of 0.1 of its height is 0.2 m.
FRONT = View(camera=Camera(eye=(0.0, 0.0, 5.0), target=(0.0, 0.0, 0.0), ortho_height=2, near=0.1, far=50))


def picture(renderer, draws, *, size=100, top="#ffffff", quality=Quality.FINAL):
    scene = Scene(
        draws=tuple(draws),
        digest="test",
        lighting=Lighting(ground_shadow=False),
        background=Background(top=top),
    )
    return next(renderer.frames(scene, (FRONT,), Target(width=size, height=size, quality=quality))).copy()


def badge(colour: str, effects: Effects, *, z=0.0, side=1.0, layer="badge", **more):
    return card(flat(colour), z=z, side=side, layer=layer, effects=effects, **more)


HARD = Effects(shadow=DropShadow(colour="#000000", opacity=0.5, radius=0.0, offset=(0.1, 0.05)))


def test_a_drop_shadow_lies_right_and_down_of_its_layer(renderer):
    frame = picture(renderer, [badge("#ff0000", HARD)])[..., :3].astype(int)
    dark = np.abs(frame - 128).max(axis=-1) <= 2
    red = (frame == (255, 0, 0)).all(axis=-1)
    rows, columns = np.nonzero(red)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (25, 74, 25, 74)
    rows, columns = np.nonzero((frame < 200).all(axis=-1) | red)
    assert (rows.max(), columns.max()) == (79, 84)
    assert dark[40, 80]
    assert dark[77, 40]
    assert not dark[27, 80]  # the shadow begins five pixels lower than the layer
    assert (frame[20, 50] == 255).all()


def test_a_shadow_falls_on_what_is_behind_and_not_on_what_is_before(renderer):
    behind = card(flat("#8080ff"), z=-0.3, side=1.8)
    before = card(flat("#40c040"), z=0.3, side=0.2)
    right = replace(before, matrix=before.matrix + np.array([[0, 0, 0, 0.6], [0] * 4, [0] * 4, [0] * 4]))
    frame = picture(renderer, [badge("#ff0000", HARD), behind, right])[..., :3].astype(int)
    assert np.abs(frame[40, 82] - (64, 64, 128)).max() <= 2
    assert tuple(frame[50, 80]) == (0x40, 0xC0, 0x40)


def test_what_covers_a_layer_is_not_shadowed_by_it(renderer):
    scarf = card(flat("#40c040"), z=0.1, side=0.6)
    frame = picture(renderer, [badge("#ff0000", HARD), scarf])
    assert tuple(frame[50, 50, :3]) == (0x40, 0xC0, 0x40)


def test_a_see_through_layer_does_not_show_its_own_shadow(renderer):
    frame = picture(renderer, [badge("#ff0000", HARD, opacity=0.5)])[..., :3].astype(int)
    assert np.abs(frame[50, 50] - (255, 128, 128)).max() <= 1
    assert np.abs(frame[40, 80] - 191).max() <= 2  # the layer's opacity is that of its shadow too


def test_a_soft_shadow_fades_by_its_radius(renderer):
    soft = Effects(shadow=DropShadow(opacity=1.0, radius=0.1, offset=(0.0, 0.0)))
    row = picture(renderer, [badge("#ff0000", soft)])[50, :, 1].astype(int)
    edge = row[75:]
    assert (np.diff(edge) >= 0).all()
    assert 120 < edge[0] < 155  # half at the edge
    assert edge[10] > 240  # and hardly any after the radius
    assert edge[16] == 255


def test_a_glow_is_strongest_at_the_edge_and_outside_only(renderer):
    lit = Effects(glow=Glow(colour="#ffff00", opacity=1.0, radius=0.1))
    frame = picture(renderer, [badge("#0000ff", lit)], top="#000000")[..., :3].astype(int)
    assert tuple(frame[50, 50]) == (0, 0, 255)
    assert frame[50, 76, 0] > 190
    assert frame[50, 76, 2] == 0
    assert frame[50, 88, 0] < 20
    assert (np.diff(frame[50, 76:92, 0]) <= 0).all()


def test_a_blurred_layer_keeps_its_colour_and_loses_its_edge(renderer):
    frame = picture(renderer, [badge("#2060a0", Effects(blur=0.1))], top=None).astype(int)
    assert tuple(frame[50, 50]) == (0x20, 0x60, 0xA0, 255)
    alpha = frame[50, :, 3]
    assert abs(alpha[24:26].mean() - 127) < 6
    assert (np.diff(alpha[:50]) >= 0).all()
    assert alpha.sum() == pytest.approx(50 * 255, rel=0.01)
    seen = frame[..., 3] > 40
    assert np.abs(frame[seen][:, :3] - (0x20, 0x60, 0xA0)).max() <= 3


def test_effects_of_a_layer_beyond_the_picture_reach_into_it(renderer):
    wide = Effects(shadow=DropShadow(opacity=1.0, radius=0.02, offset=(-0.25, 0.0)))
    outside = badge("#ff0000", wide, side=0.4)
    moved = outside.matrix.copy()
    moved[0, 3] = 1.3
    frame = picture(renderer, [replace(outside, matrix=moved), card(flat("#0000ff"), z=-0.2, side=0.2)])
    assert frame[50, 95, :3].max() <= 4


SEVERAL = (
    card(flat("#c0c0c0"), z=-0.4, side=1.5),
    badge("#ff4040", Effects(shadow=DropShadow(opacity=0.6, radius=0.03, offset=(0.04, 0.05))), side=0.9),
    badge("#40ff40", Effects(glow=Glow(colour="#ffd040", radius=0.06)), z=0.2, side=0.6, layer="light", opacity=0.8),
    badge("#4040ff", Effects(blur=0.02), z=0.4, side=0.3, layer="haze", blend=Blend.SCREEN),
)


@pytest.mark.parametrize("quality", [Quality.PREVIEW, Quality.FINAL])
def test_no_tile_shows_in_effects(renderer, monkeypatch, quality):
    whole = picture(renderer, SEVERAL, size=150, quality=quality).astype(int)
    monkeypatch.setattr(sampling, "_WHOLE", 0)
    monkeypatch.setattr(sampling, "_TILE", 64)
    tiled = picture(renderer, SEVERAL, size=150, quality=quality).astype(int)
    assert np.abs(whole - tiled).max() <= 2


def test_all_sizes_look_alike(renderer):
    small = picture(renderer, SEVERAL, size=90).astype(int)
    large = picture(renderer, SEVERAL, size=540).reshape(90, 6, 90, 6, 4).mean(axis=(1, 3))
    assert np.abs(small - large).mean() < 1
    assert np.quantile(np.abs(small - large), 0.99) < 12


def test_more_layers_than_are_kept_at_once(renderer):
    """Six shadows one beside the other, each as it is alone."""
    row = []
    hard = Effects(shadow=DropShadow(opacity=0.5, radius=0.0, offset=(0.03, 0.05)))
    for i in range(6):
        one = badge("#ff0000", hard, side=0.1, layer=f"badge {i}")
        matrix = one.matrix.copy()
        matrix[0, 3] = -0.8 + 0.27 * i
        row.append(replace(one, matrix=matrix))
    together = picture(renderer, row).astype(int)
    alone = [picture(renderer, [one]).astype(int) for one in row]
    assert np.abs(together - np.minimum.reduce(alone)).max() <= 2


def test_the_order_of_submission_within_a_layer_does_not_matter(renderer):
    wall, badge_, light, haze = SEVERAL
    second = replace(badge_, matrix=badge_.matrix + np.array([[0, 0, 0, 0.3], [0] * 4, [0, 0, 0, 0.1], [0] * 4]))
    first = picture(renderer, [wall, badge_, second, light, haze])
    assert (picture(renderer, [second, badge_, light, haze, wall]) == first).all()


def test_what_is_worn_over_a_layer_lies_over_its_effects(renderer):
    """A millimetre apart, where a layer's relief within the reach of its effects is many times that."""
    for effects in (
        Effects(glow=Glow(radius=0.1)),
        Effects(blur=0.05),
        Effects(shadow=DropShadow(offset=(0.0, 0.1))),
    ):
        inner = ball(flat("#ff0000"), y=0.0, size=0.7, layer="inner", effects=effects)
        outer = ball(flat("#2040c0"), y=0.0, size=0.701, layer="outer")
        frame = picture(renderer, [inner, outer])[..., :3].astype(int)
        y, x = np.mgrid[0:100, 0:100] - 49.5
        inside = np.hypot(x, y) < 33
        assert np.abs(frame[inside] - (0x20, 0x40, 0xC0)).max() <= 1


def test_a_glow_lies_over_the_shadow_of_its_layer_everywhere(renderer):
    """Their blurs differ, and with them how near each is taken to be."""
    both = Effects(glow=Glow(colour="#00ff00", opacity=1.0, radius=0.08), shadow=DropShadow(opacity=1.0, radius=0.02))
    frame = picture(renderer, [ball(flat("#ff0000"), y=0.0, size=0.5, layer="ball", effects=both)])
    y, x = np.mgrid[0:100, 0:100] - 49.5
    ring = frame[np.abs(np.hypot(x, y) - 26.5) < 0.5][:, :3].astype(int)
    assert (ring[:, 1] > 170).all()
    assert (ring[:, 0] < 120).all()


def test_a_drawn_scene_is_let_go_of(renderer):
    draws = (badge("#ff0000", HARD), card(flat("#00ff00"), z=-0.3))
    picture(renderer, draws)
    gone = weakref.ref(draws[0])
    del draws
    gc.collect()
    assert gone() is None

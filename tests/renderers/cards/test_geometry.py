"""Where a card is in its picture, and what of it is seen."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, radians, tan

import numpy as np
import pytest

from assets.card_scene import CardView, Lamps, Plane
from assets.scene import Background, Quality, Target
from renderers.errors import RendererError
from tests.renderers.cards.cards import HEIGHT_MM, WIDTH_MM, card, everywhere, made_foil, sheet

pytestmark = pytest.mark.gl

DARK = Lamps(shadow=False)
SIZE = Target(width=160, height=200)
REST = CardView()


def drawn(renderer, scene, view=REST, target=SIZE):
    (frame,) = (one.copy() for one in renderer.cards(scene, (view,), target))
    return frame


def plain(colour, size=(126, 176)):
    picture = np.full((size[1], size[0], 4), 255, np.uint8)
    picture[..., :3] = colour
    return picture


def test_the_untilted_card_fills_its_share_of_the_tighter_side(renderer):
    alpha = drawn(renderer, card(lamps=DARK))[..., 3] / 255
    assert alpha[:, 80].sum() == pytest.approx(0.86 * 200, abs=1.0)
    assert alpha[100].sum() == pytest.approx(0.86 * 200 * WIDTH_MM / HEIGHT_MM, abs=1.0)


@pytest.mark.parametrize("quality", list(Quality))
def test_the_outline_is_covered_as_its_area_says(renderer, quality):
    """Round corners and all, for a card held at an angle, within a third of a percent."""
    scene = card(lamps=DARK, radius_mm=8.0, thickness_mm=0.1)
    view = CardView(roll=20, fov=1.0, fill=0.7)
    alpha = drawn(renderer, scene, view, Target(width=200, height=260, quality=quality))[..., 3] / 255
    scale = 0.7 * 260 / HEIGHT_MM
    area = (WIDTH_MM * HEIGHT_MM - (4 - pi) * 8.0**2) * scale**2
    assert alpha.sum() == pytest.approx(area, rel=0.0035)
    partly = (alpha > 0.02) & (alpha < 0.98)
    assert partly.sum() > 200


@pytest.mark.parametrize(("yaw", "pitch"), [(80, 0), (-80, 0), (0, 80), (0, -80), (45, 20)])
def test_a_card_held_at_a_slant_stays_in_the_frame(renderer, yaw, pitch):
    alpha = drawn(renderer, card(lamps=DARK), CardView(yaw=yaw, pitch=pitch))[..., 3]
    assert alpha.max() == 255
    assert not alpha[0].any()
    assert not alpha[-1].any()
    assert not alpha[:, 0].any()
    assert not alpha[:, -1].any()


@pytest.mark.parametrize("yaw", [88.5, 89.99, 90.0, 90.01, 91.5, 270.0])
def test_from_the_edge_a_card_is_a_line_of_board(renderer, yaw):
    alpha = drawn(renderer, card(lamps=DARK, thickness_mm=1.0), CardView(yaw=yaw))[..., 3] / 255
    widths = alpha[60:140].sum(axis=1)
    least = 1.0 * 0.86 * 200 / HEIGHT_MM
    most = least + 1.2 * abs(cos(radians(yaw))) * WIDTH_MM * 0.86 * 200 / HEIGHT_MM + 2.0
    assert widths.min() > 0.6 * least
    assert widths.max() < most + WIDTH_MM / 2 * 200 / HEIGHT_MM * tan(radians(8)) * 0.3


def test_the_edge_shows_core_line_and_core(renderer):
    scene = card(lamps=DARK, thickness_mm=4.0, core="#ff2020", core_line="#1030ff", back=plain((128, 128, 128)))
    frame = drawn(renderer, scene, CardView(yaw=75), Target(width=240, height=300))
    row = frame[150].astype(int)
    red, blue = row[:, 0] - row[:, 2] > 60, row[:, 2] - row[:, 0] > 30
    assert red.any()
    (at,) = np.nonzero(red)
    assert blue[at.min() : at.max()].any()  # the line lies inside the core


def test_yaw_turns_the_right_side_away_and_pitch_the_top(renderer):
    turned = drawn(renderer, card(lamps=DARK), CardView(yaw=40, fov=40))[..., 3] > 128
    columns = np.nonzero(turned.any(axis=0))[0]
    assert turned[:, columns[4]].sum() > turned[:, columns[-5]].sum()
    tipped = drawn(renderer, card(lamps=DARK), CardView(pitch=40, fov=40))[..., 3] > 128
    rows = np.nonzero(tipped.any(axis=1))[0]
    assert tipped[rows[-5]].sum() > tipped[rows[4]].sum()


def test_roll_turns_counter_clockwise(renderer):
    front = plain((255, 255, 255))
    front[:40, :, 1:3] = 0  # a red head
    frame = drawn(renderer, card(lamps=DARK, front=(Plane(name="art", picture=front),)), CardView(roll=90))
    left, right = frame[100, 30].astype(int), frame[100, 130].astype(int)
    assert left[0] - left[1] > 80
    assert right[0] - right[1] < 40


def test_the_back_is_seen_from_behind_the_right_way_round(renderer):
    back = plain((255, 255, 255))
    back[:, :60, 1:3] = 0  # red on the left, for one who looks at the back
    frame = drawn(renderer, card(lamps=DARK, back=back), CardView(yaw=180))
    left, right = frame[100, 55].astype(int), frame[100, 105].astype(int)
    assert left[0] - left[1] > 80
    assert right[0] - right[1] < 40


@pytest.mark.parametrize("depth", [3.0, 8.0])
def test_a_plane_behind_the_face_moves_by_its_depth_and_the_angle(renderer, depth):
    """As in a body of index 1.5: by depth times the tangent of the angle inside."""
    stripe = plain((255, 255, 255), (630, 880))
    stripe[:, 312:318, :3] = 0
    glass = np.zeros_like(stripe)
    front = (Plane(name="art", picture=stripe, depth_mm=depth), Plane(name="frame", picture=glass))
    places = []
    for planes in (front, (replace(front[0], depth_mm=0.0), front[1])):
        scene = card(lamps=DARK, front=planes)
        row = drawn(renderer, scene, CardView(yaw=25, fov=1.0), Target(width=400, height=500))[250].astype(float)
        dark = np.where(row[:, 3] == 255, 255 - row[:, 1], 0)
        dark = np.where(dark > 0.6 * dark.max(), dark, 0)
        places.append((dark * np.arange(400)).sum() / dark.sum())
    inside = np.arcsin(np.sin(radians(25)) / 1.5)
    expected = depth * tan(inside) * cos(radians(25)) * 0.86 * 500 / HEIGHT_MM
    # The face looks to the right, so that what lies behind it moves to the left.
    assert places[1] - places[0] == pytest.approx(expected, rel=0.06)


def test_a_transparent_picture_laid_over_a_colour_is_the_picture_on_that_colour(renderer):
    view = CardView(yaw=30, pitch=-20)
    clear = drawn(renderer, card(), view).astype(float)
    alpha = clear[..., 3:] / 255
    for colour in ("#ffffff", "#2060a0"):
        behind = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        laid = clear[..., :3] * alpha + behind * (1 - alpha)
        solid = drawn(renderer, card(background=Background(top=colour)), view)
        assert np.abs(laid - solid[..., :3]).max() <= 2
        assert solid[..., 3].min() == 255


def test_a_gradient_runs_from_top_to_bottom(renderer):
    frame = drawn(renderer, card(lamps=DARK, background=Background(top="#ff0000", bottom="#0000ff")))
    assert frame[0, 0].tolist() == [255, 0, 0, 255]
    assert frame[-1, 0].tolist() == [0, 0, 255, 255]


def test_the_shadow_falls_away_from_the_key_and_is_soft(renderer):
    with_, without = drawn(renderer, card())[..., 3], drawn(renderer, card(lamps=DARK))[..., 3]
    shadow = with_.astype(int) - without
    right, left = shadow[:, 145:].sum(), shadow[:, :15].sum()
    assert right > 2 * left + 100  # the key stands at the upper left
    assert shadow[185:].sum() > 2 * shadow[:15].sum()
    assert np.abs(np.diff(shadow[150:, 150:].astype(int), axis=1)).max() < 24
    assert shadow.max() < 160


@pytest.mark.parametrize("view", [CardView(fov=0.2), CardView(fov=100), CardView(fill=0), CardView(yaw=float("nan"))])
def test_a_view_that_cannot_be_is_refused(renderer, view):
    with pytest.raises(RendererError, match="card is seen") as caught:
        drawn(renderer, card(), view)
    assert caught.value.code == "renderer.bad_view"
    assert not caught.value.ours


def test_a_card_that_cannot_be_is_refused(renderer):
    scene = card()
    for wrong in (
        replace(scene, front=()),
        replace(scene, lamps=Lamps(preset="disco")),
        replace(scene, sheets=(sheet(made_foil(), everywhere()),) * 5),
        replace(scene, sheets=(sheet(made_foil(), everywhere()), sheet(made_foil(), everywhere(2)))),
        replace(scene, front=(scene.front[0], Plane(name="frame", picture=plain((0, 0, 0), (8, 8))))),
    ):
        with pytest.raises(RendererError) as caught:
            drawn(renderer, wrong)
        assert caught.value.code == "renderer.bad_card"


def test_a_picture_of_no_size_is_refused(renderer):
    with pytest.raises(RendererError) as caught:
        renderer.cards(card(), (CardView(),), Target(width=0, height=10))
    assert caught.value.code == "renderer.bad_target"

"""Lenses, raised gloss, reliefs, maps; and what holds for every foil of the catalogue."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from assets import foil
from assets.card_scene import CardMap, CardView, Lamps, Plane
from assets.scene import Background, Quality, Target
from renderers.byte_cache import ByteCache
from renderers.card_painter import CardPainter
from renderers.context import make_current, open_context
from renderers.errors import RendererError
from renderers.opengl import OpenGLRenderer
from tests.assets.test_spectrum import hues
from tests.renderers.cards.cards import HEIGHT_MM, WIDTH_MM, card, everywhere, made_foil, sheet

pytestmark = pytest.mark.gl

SIZE = Target(width=126, height=176)
STILL = Lamps(shadow=False)


def flat(*colour):
    picture = np.full((352, 252, 4), 255, np.uint8)
    picture[..., :3] = colour
    return picture


def paper(value=255):
    return (Plane(name="art", picture=flat(value, value, value)),)


def drawn(renderer, scene, *views, target=SIZE):
    return [frame.copy() for frame in renderer.cards(scene, views, target)]


FRAMES = (flat(230, 60, 60), flat(60, 60, 230))


def half_mask():
    """The left half of the card."""
    mask = everywhere()
    mask[:, mask.shape[1] // 2 :] = 0
    return mask


# -- parts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("upright", [True, False])
def test_lenses_show_another_frame_at_another_angle_and_fade_between(renderer, upright):
    lens = made_foil(metal=None, lenses={"angle": 40.0, "upright": upright})
    scene = card(
        sheet(lens, everywhere()),
        front=paper(),
        lamps=STILL,
        frames=(flat(250, 20, 20), flat(20, 20, 250)),
        varnish=0.55,
    )
    share = []
    tilts = np.arange(-24.0, 24.1, 1.0)
    for tilt in tilts:
        view = CardView(yaw=tilt, fov=1.0) if upright else CardView(pitch=tilt, fov=1.0)
        (frame,) = drawn(renderer, scene, view, target=Target(width=31, height=43))
        r, _, b = frame[21, 15, :3].astype(float)
        share.append(r / (r + b))
    seen = np.array(share)
    red, blue = seen > 0.75, seen < 0.25
    assert red.sum() > 15
    assert blue.sum() > 15
    assert (~red & ~blue).sum() <= 10  # fades are short: three of them at most, of three degrees
    assert (np.diff(red.astype(int)) != 0).sum() >= 2  # it comes back after all frames
    across = CardView(pitch=15.0, fov=1.0) if upright else CardView(yaw=15.0, fov=1.0)
    still, other = drawn(renderer, scene, CardView(fov=1.0), across, target=Target(width=31, height=43))
    assert (still[21, 15, 0] > still[21, 15, 2]) == (other[21, 15, 0] > other[21, 15, 2])


def test_lenses_leave_what_is_outside_their_mask(renderer):
    lens = made_foil(metal=None, lenses={})
    scene = card(sheet(lens, half_mask()), front=paper(), lamps=STILL, frames=(flat(250, 0, 0), flat(250, 0, 0)))
    (frame,) = drawn(renderer, scene, CardView())
    left, right = frame[88, 40, :3].astype(int), frame[88, 86, :3].astype(int)
    assert left[0] - left[1] > 100
    assert abs(right[0] - right[1]) < 15


def test_raised_gloss_mirrors_where_the_stock_about_it_does_not(renderer):
    gloss = made_foil(varnish=True, metal=None)
    scene = card(
        sheet(gloss, half_mask()), front=paper(40), varnish=0.4, lamps=Lamps(preset="spot", turn=-105.0, shadow=False)
    )
    # The spot passes the left half, then the right half, as the card turns.
    frames = drawn(renderer, scene, *(CardView(yaw=float(y)) for y in np.arange(8, 18, 0.5)))
    light = np.stack(frames)[:, 20:-20, :, 1].astype(float)
    left, right = light[:, :, 15:60].max(), light[:, :, 66:111].max()
    assert left > right + 30


def test_raised_gloss_has_a_bevel_at_its_edge(renderer):
    gloss = made_foil(varnish=True, metal=None)
    scene = card(sheet(gloss, half_mask()), front=paper(40), lamps=STILL)
    normal = renderer.card_map(scene, CardMap.NORMAL, 252, 352)
    slope = normal[176, :, 0].astype(int) - 128
    assert slope[118:134].max() > 12  # down to the right
    assert abs(slope[60]) <= 1
    assert abs(slope[200]) <= 1


def test_a_relief_by_the_art_bends_the_highlight(renderer):
    steps = flat(0, 0, 0)
    steps[:, 126:, :3] = 255
    foil_ = made_foil(relief={"height_mm": 0.1, "source": "art"}, pattern={"kind": "even"})
    scene = card(sheet(foil_, everywhere()), front=(Plane(name="art", picture=steps),), lamps=STILL)
    height = renderer.card_map(scene, CardMap.HEIGHT, 252, 352).astype(int)
    assert height[176, 60] < 3
    assert height[176, 190] > 252
    normal = renderer.card_map(scene, CardMap.NORMAL, 252, 352).astype(int)
    assert normal[176, 126, 0] < 110  # up to the right: the normal leans left
    assert np.abs(normal[176, 60, :2] - 128).max() <= 1


def test_the_crossed_grating_answers_to_both_tilts(renderer):
    found = {}
    for cross in (0.0, 1.0):
        foil_ = made_foil(
            metal=None,
            pattern={"kind": "even", "angle": 45.0, "contrast": 0, "jitter": 0},
            grating={"spread": 4.0, "cross": cross},
        )
        lamps = Lamps(preset="spot", turn=-105.0 - 45.0, exposure=-2.0, shadow=False)  # across the other grating
        (frame,) = drawn(renderer, card(sheet(foil_, everywhere()), front=paper(), lamps=lamps), CardView())
        found[cross] = np.percentile(np.ptp(frame[40:-40, 30:-30, :3].astype(int), axis=-1), 95)
    assert found[1.0] > 2 * found[0.0] + 20


def test_the_intensity_of_a_sheet_scales_its_light_and_none_is_none(renderer):
    foil_ = made_foil(grating={"spread": 20.0})
    bare = drawn(renderer, card(front=paper(150), lamps=STILL), CardView(yaw=6))[0].astype(int)
    lights = []
    for intensity in (0.0, 0.5, 1.0):
        scene = card(sheet(foil_, everywhere(), intensity), front=paper(150), lamps=STILL)
        lights.append(np.abs(drawn(renderer, scene, CardView(yaw=6))[0].astype(int) - bare).sum())
    assert lights[0] == 0
    assert 0 < lights[1] < lights[2]


@pytest.mark.parametrize("frames", [(), "two"])
def test_four_sheets_of_every_kind_lie_on_one_card(renderer, frames):
    """Each changes the picture where the others leave room, with and without frames for the lenses."""
    kinds = [
        made_foil(pattern={"kind": "cells"}, grating={"cross": 0.4}, relief={}),
        made_foil(pattern={"kind": "stars"}, flakes={}, film={"variation_nm": 80.0}),
        made_foil(metal=None, varnish=True),
        made_foil(metal=None, lenses={}),
    ]
    masks = []
    for i in range(4):
        mask = np.zeros_like(everywhere())
        mask[:, 63 * i : 63 * (i + 1)] = 255
        masks.append(mask)
    base = card(front=paper(150), lamps=STILL, frames=FRAMES if frames else ())
    bare, full = (
        drawn(renderer, replace(base, sheets=sheets, digest=f"{len(sheets)} {frames}"), CardView(yaw=-12, pitch=9))[0]
        for sheets in ((), tuple(sheet(foil_, mask) for foil_, mask in zip(kinds, masks, strict=True)))
    )
    change = np.abs(full.astype(int) - bare)[30:-30].sum(axis=(0, 2))
    assert change[20:36].sum() > 1000
    assert change[42:58].sum() > 1000
    assert change[92:106].sum() > 200


# -- maps --------------------------------------------------------------------------------------------------------


def test_maps_of_a_bare_card_are_flat(renderer):
    scene = card(front=paper())
    size = (63, 88)
    assert not renderer.card_map(scene, CardMap.FOIL, *size).any()
    assert not renderer.card_map(scene, CardMap.HEIGHT, *size).any()
    assert (renderer.card_map(scene, CardMap.NORMAL, *size) == (128, 128, 255)).all()
    assert (renderer.card_map(scene, CardMap.DIRECTION, *size) == (255, 128, 0)).all()
    assert (renderer.card_map(scene, CardMap.DEPTH, *size) == 255).all()


def test_the_foil_map_is_the_mask_and_the_direction_map_the_grooves(renderer):
    foil_ = made_foil(pattern={"kind": "even", "angle": 60.0, "jitter": 0}, grating={})
    scene = card(sheet(foil_, half_mask()), front=paper())
    size = (252, 352)
    foil_map = renderer.card_map(scene, CardMap.FOIL, *size)
    assert foil_map.shape == (352, 252)
    assert (foil_map[:, :124] == 255).all()
    assert not foil_map[:, 128:].any()
    direction = renderer.card_map(scene, CardMap.DIRECTION, *size)
    along = (direction[100, 60, :2].astype(float) - 128) / 127
    assert along == pytest.approx([0.5, 0.866], abs=0.01)
    assert direction[100, 60, 2] > 250
    assert direction[100, 200, 2] == 0


def test_the_depth_map_says_which_plane_is_seen(renderer):
    window = flat(255, 255, 255)
    window[80:270, 40:210, 3] = 0
    scene = card(front=(Plane(name="art", picture=flat(9, 9, 9), depth_mm=4.0), Plane(name="frame", picture=window)))
    depth = renderer.card_map(scene, CardMap.DEPTH, 252, 352)
    assert depth[170, 120] == 0
    assert depth[20, 20] == 255


def test_a_map_drawn_in_tiles_has_no_seam(renderer):
    """At 1100 pixels a side the map is drawn in four pieces; the next pixel differs little."""
    foil_ = made_foil(pattern={"kind": "bubbles", "size_mm": 9.0}, grating={}, relief={})
    scene = card(sheet(foil_, everywhere(18)), front=paper(), digest="seam")
    large = renderer.card_map(scene, CardMap.NORMAL, 1100, 1100).astype(int)
    step = np.abs(np.diff(large, axis=1)).sum(axis=(0, 2))
    assert step[1023] <= 1.5 * np.median(step[990:1060]) + 50


def test_a_map_of_no_size_is_refused(renderer):
    with pytest.raises(RendererError) as caught:
        renderer.card_map(card(), CardMap.FOIL, 0, 8)
    assert caught.value.code == "renderer.bad_target"


# -- every foil of the catalogue -----------------------------------------------------------------------------------


def catalogue_card(foil_id, mask, value=210, **changes):
    return card(sheet(foil.foil(foil_id), mask), front=paper(value), frames=FRAMES, lamps=STILL, **changes)


@pytest.mark.parametrize("foil_id", foil.names())
def test_no_light_of_a_foil_falls_outside_its_mask(renderer, foil_id):
    """Less than a thousandth of what it changes."""
    views = [CardView(yaw=y, pitch=p) for y, p in ((-20, 5), (0, 0), (14, -8), (24, 12))]
    empty = np.zeros_like(everywhere())
    with_ = drawn(renderer, catalogue_card(foil_id, half_mask()), *views)
    without = drawn(renderer, catalogue_card(foil_id, empty), *views)
    marker = flat(255, 255, 255)
    marker[:, 126:, :3] = 0
    where = drawn(renderer, card(front=(Plane(name="art", picture=marker),), lamps=STILL, varnish=0.55), *views)
    inside = outside = 0
    for a, b, place in zip(with_, without, where, strict=True):
        change = np.abs(a[..., :3].astype(int) - b[..., :3]).sum(axis=-1)
        right = (place[..., 0] < 60) & (place[..., 3] == 255)
        right[:, 1:] &= right[:, :-1]  # not the pixels that the border runs through
        outside += change[right].sum()
        inside += change[~right].sum()
    assert inside > 2000
    assert outside < 0.001 * inside


RAINBOWS = [  # glitter glints, whatever it is made of
    name
    for name in foil.names()
    if (one := foil.foil(name)).grating is not None
    and one.grating.strength >= 1
    and one.hue.range == 360
    and one.pattern.kind != "flakes"
]


@pytest.mark.parametrize("foil_id", RAINBOWS)
def test_a_rainbow_foil_shows_all_hues_as_it_sweeps(renderer, foil_id):
    """At least 300 degrees of the colour circle, over 60 degrees of tilt."""
    counts = np.zeros(36)
    views = [CardView(yaw=float(y), pitch=6.0) for y in np.arange(-30, 31, 6)]
    for frame in drawn(renderer, catalogue_card(foil_id, everywhere()), *views):
        rgb = frame[frame[..., 3] == 255][:, :3].astype(float) / 255
        clear = np.ptp(rgb, axis=-1) > 0.12
        counts += np.histogram(hues(((rgb[clear] + 0.055) / 1.055) ** 2.4), 36, (0, 360))[0]
    assert (counts >= 10).sum() >= 30


@pytest.mark.parametrize("foil_id", foil.names())
def test_a_closed_tilt_ends_where_it_began(renderer, foil_id):
    """The step from the last frame to the first is no larger than the steps between neighbours are."""
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    views = [CardView(yaw=22 * float(np.cos(t))) for t in turns]
    frames = drawn(renderer, catalogue_card(foil_id, everywhere()), *views, target=Target(width=63, height=88))
    steps = [np.abs(a.astype(int) - b).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert steps[-1] <= np.median(steps)


@pytest.mark.parametrize("foil_id", foil.names())
def test_a_foil_answers_to_tilt(renderer, foil_id):
    frames = drawn(renderer, catalogue_card(foil_id, everywhere()), CardView(yaw=-8), CardView(yaw=8))
    bare = drawn(renderer, card(front=paper(210), lamps=STILL), CardView(yaw=-8), CardView(yaw=8))
    inside = np.s_[40:-40, 30:-30, :3]
    light = [a[inside].astype(int) - b[inside] for a, b in zip(frames, bare, strict=True)]
    assert np.abs(light[0] - light[1]).mean() > 0.2


# -- same input, same bytes --------------------------------------------------------------------------------------


def hashes(renderer: OpenGLRenderer) -> str:
    state = hashlib.sha256()
    everything = made_foil(
        pattern={"kind": "cells"}, grating={"cross": 0.3}, film={"variation_nm": 60.0}, flakes={}, relief={}
    )
    for quality in Quality:
        scene = card(sheet(everything, everywhere()), background=Background())
        for frame in renderer.cards(
            scene, (CardView(yaw=20), CardView(yaw=200)), Target(width=90, height=90, quality=quality)
        ):
            state.update(frame.tobytes())
    state.update(renderer.card_map(scene, CardMap.NORMAL, 63, 88).tobytes())
    return state.hexdigest()


SCRIPT = """
import sys
sys.path.insert(0, ".")
from renderers.opengl import open_renderer
from tests.renderers.cards.test_parts import hashes
print(hashes(open_renderer()))
"""


def test_a_card_is_the_same_in_another_process_whatever_its_threads(renderer):
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "LP_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
        ).stdout.strip()
        for threads in ("1", "2")
    }
    assert found == {hashes(renderer)}


def test_a_large_picture_drawn_in_tiles_is_the_whole(renderer):
    """2.6 megapixels: four tiles for a CPU's painter, one for a GPU's."""
    foil_ = made_foil(pattern={"kind": "cells"}, grating={})
    scene = replace(card(sheet(foil_, everywhere())), background=Background(top="#223344", bottom="#aabbcc"))
    target = Target(width=1800, height=1440, quality=Quality.DRAFT)
    ticks = []
    context = open_context("llvmpipe")
    try:
        frames: list[np.ndarray] = []
        for software in (True, False):
            painter = CardPainter(context, ByteCache(1 << 28), lambda: ticks.append(1), software=software)
            frame = np.empty((target.height, target.width, 4), np.uint8)
            painter.paint(scene, CardView(yaw=20, pitch=10), target, frame)
            frames.append(frame)
            painter.release()
        assert np.array_equal(*frames)
        assert len(ticks) == 4
    finally:
        context.release()
        make_current(renderer._context)


def test_a_card_that_changed_is_not_drawn_from_the_cache(renderer):
    first, second = card(front=paper(200), lamps=STILL), card(front=paper(40), lamps=STILL)
    a, b, again = (drawn(renderer, scene, CardView())[0] for scene in (first, second, first))
    assert not np.array_equal(a, b)
    assert np.array_equal(a, again)


def test_a_thin_card_of_any_size_is_drawn(renderer):
    scene = replace(card(lamps=STILL), width_mm=20.0, height_mm=300.0, radius_mm=20.0)
    (frame,) = drawn(renderer, scene, CardView())
    assert frame[88, 63, 3] == 255
    assert WIDTH_MM / HEIGHT_MM > 20 / 300
    assert (frame[..., 3] > 0).mean() < 0.09

"""A small picture of every foil, looked at and found right.

Run with FARM_GOLDEN=write to make them again, then look at them before they are committed. The card is made of
numbers (tests/renderers/cards/cards.py), so that no template, art or font changes them: only light, patterns and
foils do.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture

from assets.card_scene import CardScene, CardView, Lamps, Mask
from assets.foil import foil, names
from assets.scene import Background, Target
from tests.renderers.cards.cards import HEIGHT_MM, WIDTH_MM, art, card, everywhere, frame, sheet

pytestmark = pytest.mark.gl

GOLDEN = Path(__file__).parents[2] / "golden"
DENSITY = 4.0
SIZE = Target(width=192, height=267)
VIEW = CardView(yaw=-14, pitch=6, fill=0.96)
INTO_THE_LIGHT = CardView(yaw=22, fill=0.96)  # where a gloss mirrors a window, which is all that is seen of it

# Glints are small and bright: where another compiler rounds the border of a flake or the end of a groove's lobe the
# other way, single pixels differ much, and so a few in a thousand may; the mean of all hardly moves.
MEAN, WORST_IN_A_HUNDRED = 1.0, 24


def masks() -> dict[str, Mask]:
    """What the slots of a template would give for the card of numbers."""
    ink = frame(DENSITY)
    framed = ink[..., 3]
    text = np.where((ink[..., :3].max(-1) < 40) & (framed > 0), 255, 0).astype(np.uint8)
    height, width = framed.shape
    y, x = np.mgrid[0:height, 0:width]
    away = np.hypot((x + 0.5) / width - 0.5, ((y + 0.5) / height - 0.42) * HEIGHT_MM / WIDTH_MM)
    figure = np.clip((0.3 - away) * 20_000, 0, 255).astype(np.uint8)
    slots = {"all": everywhere(DENSITY), "art": 255 - framed, "frame": framed, "text": text, "figure": figure}
    return {**slots, **{f"not-{name}": 255 - mask for name, mask in slots.items()}}


def night(density: float) -> NDArray[np.uint8]:
    """The art with other colours, as the second picture of lenses."""
    picture = art(density)
    picture[..., :3] = picture[..., [2, 0, 1]] // 2 + 40
    return picture


@cache
def scene(name: str) -> CardScene:
    found = foil(name)
    return card(
        sheet(found, masks()[found.mask], found.intensity),
        density=DENSITY,
        frames=(art(DENSITY), night(DENSITY)) if found.lenses else (),
        varnish=0.55 if found.varnish else 0.05,
        lamps=Lamps(preset="window" if found.varnish else "studio"),
        background=Background(top="#2b2e35", bottom="#0c0d10"),
    )


def drawn(renderer, name: str, *, bare: bool = False) -> NDArray[np.uint8]:
    shown = replace(scene(name), sheets=(), digest=f"bare {name}") if bare else scene(name)
    view = INTO_THE_LIGHT if foil(name).varnish else VIEW
    return next(renderer.cards(shown, (view,), SIZE))[..., :3].copy()


def golden(name: str) -> Path:
    return GOLDEN / f"foil-{name}.png"


@pytest.mark.parametrize("name", names())
def test_the_picture_of_a_foil_is_the_one_that_was_approved(renderer, name):
    frame = drawn(renderer, name)
    if os.environ.get("FARM_GOLDEN") == "write":
        Picture.fromarray(frame).save(golden(name), optimize=True)
    off = np.abs(frame.astype(int) - np.asarray(Picture.open(golden(name)).convert("RGB")))
    assert off.mean() <= MEAN
    assert np.quantile(off, 0.99) <= WORST_IN_A_HUNDRED


def test_there_is_no_golden_of_a_foil_that_is_gone():
    assert {path.name for path in GOLDEN.glob("foil-*.png")} == {golden(name).name for name in names()}


@pytest.mark.parametrize("name", names())
def test_the_golden_shows_the_foil(renderer, name):
    """Without it the card would not pass for the picture."""
    bare = drawn(renderer, name, bare=True).astype(int)
    assert np.abs(bare - np.asarray(Picture.open(golden(name)).convert("RGB"))).mean() > 2 * MEAN


def test_no_golden_would_pass_for_another():
    """A golden that is blind to its own foil would not be one."""
    pictures = {name: np.asarray(Picture.open(golden(name)).convert("RGB")).astype(int) for name in names()}
    for one, other in combinations(pictures, 2):
        assert np.abs(pictures[one] - pictures[other]).mean() > 2 * MEAN, (one, other)

"""How a card moves in a loop: closed, smooth, and slowest where it begins."""

from __future__ import annotations

from itertools import pairwise
from math import dist
from statistics import median

import pytest

from assets.card_scene import CardView
from pipelines.card import DEGREES
from pipelines.steps import card_paths

PATHS = sorted(DEGREES)


def at(view: CardView) -> tuple[float, float]:
    return view.yaw, view.pitch


def loop(path: str, frames: int) -> list[tuple[float, float]]:
    """One frame more than the loop has: the last is the first again."""
    return [at(view) for view in card_paths.views(path, DEGREES[path], 0, frames + 1, frames)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("frames", [48, 90, 91, 600])
def test_the_seam_is_no_larger_than_the_median_step(path: str, frames: int) -> None:
    steps = [dist(one, two) for one, two in pairwise(loop(path, frames))]
    assert steps[-1] <= median(steps) + 1e-9, "from the last frame to the first again"
    assert max(steps) <= 3 * median(steps), "nowhere it jumps"


@pytest.mark.parametrize("path", PATHS)
def test_a_loop_is_closed(path: str) -> None:
    places = loop(path, 90)
    turned = 360.0 if path == "spin" else 0.0
    assert places[-1] == pytest.approx((places[0][0] + turned, places[0][1]))


@pytest.mark.parametrize("path", PATHS)
def test_a_part_is_the_same_wherever_it_is_cut(path: str) -> None:
    whole = card_paths.views(path, DEGREES[path], 0, 90, 90)
    assert (
        card_paths.views(path, DEGREES[path], 0, 41, 90) + card_paths.views(path, DEGREES[path], 41, 90, 90) == whole
    )


def test_a_spin_shows_both_faces_longer_than_the_edge() -> None:
    turned = [yaw % 360 for yaw, _ in loop("spin", 360)[:-1]]
    faces = sum(1 for yaw in turned if yaw < 45 or 135 < yaw < 225 or yaw > 315)
    edges = len(turned) - faces
    assert faces > 1.5 * edges > 0
    assert any(170 < yaw < 190 for yaw in turned)


@pytest.mark.parametrize(("path", "yaw", "pitch"), [("sway", 40.0, 4.0), ("nod", 6.0, 40.0), ("orbit", 40.0, 26.0)])
def test_a_path_leans_as_far_as_it_was_asked_to(path: str, yaw: float, pitch: float) -> None:
    places = [at(view) for view in card_paths.views(path, 40.0, 0, 360, 360)]
    assert max(abs(place[0]) for place in places) == pytest.approx(yaw)
    assert max(abs(place[1]) for place in places) == pytest.approx(pitch, abs=0.01)

"""Tailored jackets: fronts that lap over, lapels that lie on them, and all that a tailor puts on."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_jacket, sewn_blazer, sewn_checks
from assets.generators.drape_body import Body
from assets.generators.drape_jacket import BLAZER, TRENCH
from assets.generators.garment import Draped
from assets.generators.jacket_lapel import Turned, drawn
from assets.generators.panels_jacket import cut
from assets.generators.pattern import length
from assets.generators.solids import joined
from assets.model import Primitive

COARSE = 0.030
GARMENTS = ["blazer", "trench-coat"]


@cache
def skin() -> Body:
    return drape_jacket.skin(BLAZER)


@cache
def long_skin() -> Body:
    return drape_jacket.skin(TRENCH)


@cache
def draped() -> Draped:
    return drape_jacket.finished(*drape_jacket.drape(BLAZER, COARSE, skin()), skin())


def part(item: str, material: str) -> Primitive:
    return next(p for p in sewn_checks.parts(catalogue.model(item)) if p.material.name == material)


def pieces(held: Primitive) -> int:
    """How many pieces that do not touch a primitive has."""
    at = cKDTree(held.positions)
    parent = np.arange(len(held.positions))
    pairs = np.concatenate([held.indices[:, :2], held.indices[:, 1:], at.query_pairs(2e-5, output_type="ndarray")])
    while True:
        lower = parent.copy()
        np.minimum.at(lower, pairs[:, 0], parent[pairs[:, 1]])
        np.minimum.at(lower, pairs[:, 1], parent[pairs[:, 0]])
        if np.array_equal(lower, parent):
            return len(np.unique(parent))
        parent = lower


def test_the_sleeve_s_cap_is_eased_into_the_armhole() -> None:
    draft = BLAZER.draft
    assert length(draft.crown(draft.biceps)) == pytest.approx(1.03 * length(draft.armhole), abs=1e-4)


def test_seams_are_as_long_on_both_sides() -> None:
    draft = BLAZER.draft
    for seam in (0, 1):
        assert length(draft.seam(seam, -1)) == pytest.approx(length(draft.seam(seam, 1)), abs=1e-6)
    parts = draft.parts()
    assert sum(length(line) for line in parts) == pytest.approx(length(draft.armhole), abs=1e-6)


def test_a_jacket_is_open_at_its_edges_only() -> None:
    sewn = cut(BLAZER.draft, COARSE)
    assert sewn_checks.unsewn(sewn, frozenset({"hem", "roll", "neck", "cutaway"})) == 0
    assert sewn_checks.unsewn(sewn, frozenset({"hem", "roll", "neck"})) > 6


def test_a_lapel_is_notched_under_the_collar() -> None:
    shape = drawn(BLAZER.draft, Turned())
    down = (shape.roll[-1] - shape.roll[0]) / np.linalg.norm(shape.roll[-1] - shape.roll[0])
    out = shape.corner - shape.notch
    assert shape.away(shape.corner) == pytest.approx(Turned().lapel[0], abs=0.008)
    assert np.linalg.norm(out) > 0.025
    assert (shape.tip - shape.notch) @ down < (shape.corner - shape.notch) @ down - 0.02


def test_the_baked_blazer_is_the_one_that_is_made() -> None:
    made = sewn_blazer.model(draped()).meshes[0].primitives[0].positions
    far, _ = cKDTree(part("blazer", "shell").positions).query(made)
    assert np.percentile(far, 90) < 0.020  # a coarser cloth folds a little elsewhere


def test_a_blazer_has_two_buttons_in_front_and_four_on_each_sleeve() -> None:
    horn = part("blazer", "button")
    assert pieces(horn) == 10
    front = horn.positions[np.abs(horn.positions[:, 0]) < 0.03]
    assert len(front) == len(horn.positions) / 5
    assert np.ptp(front[:, 1]) == pytest.approx(0.09 + 0.022, abs=0.015)


def test_a_trench_coat_has_two_rows_of_three_buttons_and_one_on_each_shoulder() -> None:
    horn = part("trench-coat", "button")
    assert pieces(horn) == 8
    front = horn.positions[horn.positions[:, 1] < 1.3]
    assert len(front) == len(horn.positions) * 6 / 8
    assert (front[:, 0] > 0).sum() == (front[:, 0] < 0).sum()


def test_the_belt_is_all_about_the_waist_outside_the_coat_and_has_a_buckle_in_front() -> None:
    at = part("trench-coat", "buckle").positions
    closing = at[np.abs(at[:, 0]) < 0.1]
    assert closing[:, 2].min() > 0.08
    level = float(closing[:, 1].mean())
    coat = part("trench-coat", "shell").positions.astype(np.float64)
    ring = coat[(np.abs(coat[:, 1] - level) < 0.02) & (np.abs(coat[:, 0]) < 0.25)]
    way = np.degrees(np.arctan2(ring[:, 0], ring[:, 2])) // 10
    assert len(np.unique(way)) == 36
    far, height = long_skin()(ring)[0], np.hypot(ring[:, 0], ring[:, 2])
    outermost = [far[way == k][height[way == k].argmax()] for k in np.unique(way)]
    assert min(outermost) > 0.011


def test_what_is_worn_under_it_shows_in_the_neck() -> None:
    """Nothing of the blazer is before the breastbone, nor before the throat."""
    points = part("blazer", "shell").positions
    middle = points[(np.abs(points[:, 0]) < 0.02) & (points[:, 2] > 0.02)]
    assert middle[:, 1].max() < 1.27
    higher = points[(points[:, 1] > 1.38) & (points[:, 1] < 1.42) & (points[:, 2] > 0.03)]
    assert np.abs(higher[:, 0]).min() > 0.045


@pytest.mark.parametrize("item", GARMENTS)
def test_room_is_left_for_what_is_worn_under_it(item: str) -> None:
    on = skin() if item == "blazer" else long_skin()
    assert sewn_checks.deepest(catalogue.model(item), on) < 0.0005
    lowest = on(part(item, "shell").positions.astype(np.float64))[0]
    assert np.percentile(lowest, 2) > 0.006


@pytest.mark.parametrize("item", GARMENTS)
def test_prints_keep_their_size_in_every_direction(item: str) -> None:
    cloths = [p for p in sewn_checks.parts(catalogue.model(item)) if p.material.name in {"shell", "lining"}]
    assert catalogue.item(item).uv_metres == 1.0
    assert sewn_checks.true_to_size(joined(cloths), 1.0) > 0.95


@pytest.mark.parametrize("item", GARMENTS)
def test_normals_look_out(item: str) -> None:
    for held in sewn_checks.parts(catalogue.model(item)):
        assert sewn_checks.turned(held) < 0.001


@pytest.mark.parametrize("item", GARMENTS)
def test_the_file_is_small_and_details_are_where_they_are_said_to_be(item: str) -> None:
    entry = catalogue.item(item)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([held.positions for held in sewn_checks.parts(catalogue.model(item))])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

"""Trousers of all kinds: two legs that lie on the figure, true to their pattern, as they are made again."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import (
    drape_jeans,
    drape_legs,
    drape_shorts,
    drape_trousers,
    sewn_checks,
    sewn_jeans,
    sewn_shorts,
    sewn_trousers,
)
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.panels_legs import cut
from assets.generators.pattern import length
from assets.model import Primitive

COARSE: Final = 0.032
KINDS: Final = {
    "jeans": (drape_jeans, sewn_jeans),
    "trousers": (drape_trousers, sewn_trousers),
    "shorts": (drape_shorts, sewn_shorts),
}
MAIN: Final = {"jeans": "denim", "trousers": "shell", "shorts": "shell"}


@cache
def skin() -> Body:
    return drape_legs.skin()


@cache
def draped(item: str) -> Draped:
    drape: ModuleType = KINDS[item][0]
    found: Draped = drape.finished(*drape.drape(COARSE, skin(), 0.2), skin())
    return found


def part(item: str, material: str) -> Primitive:
    """The baked garment's primitive of one material."""
    (found,) = (one for one in sewn_checks.parts(catalogue.model(item)) if one.material.name == material)
    return found


def pieces(one: Primitive) -> int:
    """How many separate solids a primitive has."""
    _, same = np.unique(one.positions.round(5), axis=0, return_inverse=True)
    corners = same[one.indices]
    number = np.arange(int(same.max()) + 1)
    while True:
        lowest = number[corners].min(axis=1)
        known = number.copy()
        for corner in corners.T:
            np.minimum.at(number, corner, lowest)
        if np.array_equal(known, number):
            return len(np.unique(number))


@pytest.mark.parametrize("item", KINDS)
@pytest.mark.parametrize("edge", ["side-low", "side-mid", "inseam"])
def test_front_and_back_are_as_long_where_they_are_sewn(item: str, edge: str) -> None:
    lines = [line for own in KINDS[item][0].pattern().pieces().values() for name, line in own if name == edge]
    assert len(lines) == 2
    assert length(lines[0]) == pytest.approx(length(lines[1]), rel=0.03, abs=0.006)  # eased in


@pytest.mark.parametrize("item", KINDS)
def test_the_waistband_is_as_long_as_what_is_sewn_to_it(item: str) -> None:
    legs = KINDS[item][0].pattern()
    around = sum(length(line) for own in legs.pieces().values() for name, line in own if name == "waist")
    assert legs.band[0] == pytest.approx(2 * around, rel=0.02)


@pytest.mark.parametrize("item", KINDS)
def test_the_pattern_is_open_at_its_hems_and_the_waistband_s_rim_only(item: str) -> None:
    sewn = cut(KINDS[item][0].pattern(), COARSE)
    assert sewn_checks.unsewn(sewn) == 0
    assert sewn_checks.unsewn(sewn, frozenset({"hem"})) > 20
    named = {edge for loop in KINDS[item][0].LOOPS for edge in loop}
    assert named == {(p.name, edge) for p in sewn.panels for edge in p.edges if edge in {"hem", "rim"}}


@pytest.mark.parametrize("item", KINDS)
def test_what_is_baked_is_what_is_made(item: str) -> None:
    made, held = KINDS[item][1].model(draped(item)), catalogue.model(item)
    points = made.meshes[0].primitives[0].positions
    far, _ = cKDTree(held.meshes[0].primitives[0].positions).query(points)
    assert np.percentile(far[points[:, 1] > 0.5], 90) < 0.012
    assert np.percentile(far, 90) < 0.03  # lower down they gather where they happen to


@pytest.mark.parametrize("item", KINDS)
def test_the_fork_hangs_just_under_the_figure_s_crotch(item: str) -> None:
    extras = catalogue.model("mannequin-female").meshes[0].primitives[0].extras
    crotch = extras["landmarks"]["crotch point"][1]
    panel = next(p for p in draped(item).sewn.panels if p.name in {"front-left", "front-in-left"})
    fork = draped(item).points[draped(item).sewn.particle[panel.name][panel.edges["centre"][-1]]]
    assert abs(fork[0]) < 0.01
    assert crotch - 0.04 < fork[1] < crotch


@pytest.mark.parametrize("item", KINDS)
def test_nothing_is_under_the_skin(item: str) -> None:
    assert sewn_checks.deepest(catalogue.model(item), skin()) < 0.0005


@pytest.mark.parametrize("item", KINDS)
def test_prints_keep_their_size_in_every_direction(item: str) -> None:
    assert sewn_checks.true_to_size(part(item, MAIN[item]), catalogue.item(item).uv_metres) > 0.95


@pytest.mark.parametrize("item", KINDS)
def test_normals_look_out(item: str) -> None:
    for one in sewn_checks.parts(catalogue.model(item)):
        assert sewn_checks.turned(one) < 0.001


@pytest.mark.parametrize("item", KINDS)
def test_the_file_is_small_and_its_details_are_where_it_is(item: str) -> None:
    entry = catalogue.item(item)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(catalogue.model(item))])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100


def test_jeans_have_four_rivets_and_a_button_and_copper_thread() -> None:
    assert pieces(part("jeans", "rivet")) == 4
    assert pieces(part("jeans", "button")) == 1
    red, green, blue, _ = part("jeans", "thread").material.base_color
    assert red > 1.5 * green > 2 * blue
    assert pieces(part("jeans", "thread")) > 1500


@pytest.mark.parametrize(("item", "count"), [("trousers", 2), ("shorts", 3)])
def test_back_pockets_and_waistbands_have_their_buttons(item: str, count: int) -> None:
    assert pieces(part(item, "button")) == count
    assert pieces(part(item, "button-hole")) == 4 * count


def test_trousers_are_pressed_along_the_middle_of_each_leg() -> None:
    """At the knee the two sides of a crease meet at an angle, which the cloth of jeans does not have there."""
    cloth = draped("trousers")
    panel = next(p for p in cloth.sewn.panels if p.name == "front-in-left")
    other = next(p for p in cloth.sewn.panels if p.name == "front-out-left")
    crease = panel.flat[panel.edges["crease"]]
    knee = crease[(crease[:, 1] < -0.2) & (crease[:, 1] > -0.5)]
    aside = np.array([0.02, 0.0])
    middle, _ = cloth.at(panel, knee)
    inner, _ = cloth.at(panel, knee - aside)
    outer, _ = cloth.at(other, knee + aside)
    one, two = inner - middle, outer - middle
    angle = np.einsum("ij,ij->i", one, two) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert np.degrees(np.arccos(angle)).mean() < 150

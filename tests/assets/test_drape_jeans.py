"""Jeans: two legs of denim that lie on the figure, true to their pattern, with all that jeans have."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_jeans, drape_legs, sewn_checks, sewn_jeans
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.panels_legs import cut
from assets.generators.pattern import length
from assets.model import Primitive

COARSE = 0.030


@cache
def skin() -> Body:
    return drape_legs.skin()


@cache
def draped() -> Draped:
    return drape_jeans.finished(*drape_jeans.drape(COARSE, skin(), 0.4), skin())


def part(material: str) -> Primitive:
    """The baked jeans' primitive of one material."""
    (found,) = (one for one in sewn_checks.parts(catalogue.model("jeans")) if one.material.name == material)
    return found


def pieces(one: Primitive) -> int:
    """How many solids a primitive has."""
    parent = np.arange(len(one.positions))
    _, same = np.unique(one.positions.round(5), axis=0, return_inverse=True)
    for _ in range(64):
        low = np.full(int(same.max()) + 1, len(parent))
        np.minimum.at(low, same, parent)
        parent = low[same]
        for corner in range(3):
            np.minimum.at(parent, one.indices[:, corner], parent[one.indices].min(axis=1))
    return len(np.unique(parent))


@pytest.mark.parametrize("edge", ["side-low", "side-mid", "inseam"])
def test_front_and_back_are_as_long_where_they_are_sewn(edge: str) -> None:
    found = drape_jeans.pattern().pieces()
    front = dict(found["pocket" if edge == "side-mid" else "front"])[edge]
    assert length(front) == pytest.approx(length(dict(found["back"])[edge]), rel=0.03)


def test_the_waistband_is_as_long_as_what_is_sewn_to_it() -> None:
    legs = drape_jeans.pattern()
    around = sum(length(dict(edges)["waist"]) for edges in legs.pieces().values() if "waist" in dict(edges))
    assert legs.band[0] == pytest.approx(2 * around, rel=0.02)


def test_the_pattern_is_open_at_its_hems_and_the_waistband_s_rim_only() -> None:
    sewn = cut(drape_jeans.pattern(), COARSE)
    assert sewn_checks.unsewn(sewn) == 0
    assert sewn_checks.unsewn(sewn, frozenset({"hem"})) > 20


def test_the_baked_jeans_are_those_that_are_made() -> None:
    made, held = sewn_jeans.model(draped()), catalogue.model("jeans")
    points = made.meshes[0].primitives[0].positions
    far, _ = cKDTree(held.meshes[0].primitives[0].positions).query(points)
    assert np.percentile(far[points[:, 1] > 0.5], 90) < 0.012
    assert np.percentile(far, 90) < 0.03  # lower down they gather where they happen to


def test_the_crotch_is_under_the_figure_s() -> None:
    extras = catalogue.model("mannequin-female").meshes[0].primitives[0].extras
    crotch = extras["landmarks"]["crotch point"][1]
    spots = draped().sewn.particle
    panel = next(p for p in draped().sewn.panels if p.name == "front-left")
    fork = draped().points[spots["front-left"][panel.edges["centre"][-1]]]
    assert abs(fork[0]) < 0.01
    assert crotch - 0.04 < fork[1] < crotch


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(catalogue.model("jeans"), skin()) < 0.0005


def test_prints_keep_their_size_in_every_direction() -> None:
    assert sewn_checks.true_to_size(part("denim"), catalogue.item("jeans").uv_metres) > 0.95


def test_normals_look_out() -> None:
    for one in sewn_checks.parts(catalogue.model("jeans")):
        assert sewn_checks.turned(one) < 0.001


def test_there_are_four_rivets_and_a_button_and_copper_thread() -> None:
    assert pieces(part("rivet")) == 4
    assert pieces(part("button")) == 1
    red, green, blue, _ = part("thread").material.base_color
    assert red > 1.5 * green > 2 * blue
    assert pieces(part("thread")) > 1500


def test_the_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("jeans")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(catalogue.model("jeans"))])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

"""The bomber: a closed zip from hem to collar, welts, a sleeve pocket, ribs."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_bomber, drape_ribbed, sewn_bomber, sewn_checks
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.sewn_zip import teeth
from assets.generators.solids import joined
from assets.model import Material, Model, Primitive

COARSE = 0.026


@cache
def skin() -> Body:
    return drape_ribbed.skin()


@cache
def hung() -> Draped:
    return drape_bomber.finished(*drape_bomber.drape(COARSE, skin()), skin())


@cache
def baked() -> Model:
    return catalogue.model("bomber")


def part(name: str) -> Primitive:
    return joined([p for p in sewn_checks.parts(baked()) if p.material.name == name])


def test_teeth_lie_in_turn_along_their_line_and_show_their_outsides() -> None:
    line = np.stack([np.zeros(20), np.linspace(0, 0.1, 20), np.zeros(20)], axis=1)
    made = teeth(line, np.tile([0.0, 0.0, 1.0], (20, 1)), Material(name="zip"), every=0.0025)
    middles = made.positions.reshape(5, -1, 4, 3).mean(axis=(0, 2))
    assert len(middles) == 39
    assert (np.sign(middles[:, 0]) == np.where(np.arange(39) % 2, 1, -1) * np.sign(middles[1, 0])).all()
    assert np.diff(middles[:, 1]).min() > 0.002
    assert made.positions[:, 2].min() > -1e-6
    assert sewn_checks.turned(made) == 0


def test_the_zip_runs_from_the_hem_up_the_collar() -> None:
    zip_, rib = part("zip").positions, part("rib").positions
    middle = zip_[np.abs(zip_[:, 0]) < 0.01]
    front = rib[(np.abs(rib[:, 0]) < 0.01) & (rib[:, 2] > 0)]
    assert middle[:, 1].min() < front[:, 1].min() + 0.01
    assert middle[:, 1].max() > front[:, 1].max() - 0.018
    # Another one slants over the pocket on the left sleeve.
    assert zip_[:, 0].max() > 0.22
    assert zip_[:, 0].min() > -0.02


def test_what_lies_on_the_front_lies_over_it() -> None:
    for piece in sewn_bomber.pieces(hung()):
        assert cKDTree(hung().points).query(piece.points)[0].max() < 0.03
        distance, _ = skin()(piece.points)
        assert distance.min() > drape_bomber.GAP
    assert len(sewn_bomber.pieces(hung())) == 5


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(baked(), skin()) < 0.0005


def test_prints_keep_their_size_in_every_direction() -> None:
    assert sewn_checks.true_to_size(joined([part("shell"), part("rib")]), catalogue.item("bomber").uv_metres) > 0.95


def test_normals_look_out() -> None:
    for each in sewn_checks.parts(baked()):
        assert sewn_checks.turned(each) < 0.001


def test_it_is_open_at_its_ribs_only() -> None:
    assert sewn_checks.unsewn(hung().sewn, frozenset({"rim"})) == 0
    assert sewn_checks.unsewn(hung().sewn, frozenset({"hem"})) > 40


def test_the_baked_bomber_is_the_one_that_is_made() -> None:
    made = sewn_bomber.model(hung())
    far, _ = cKDTree(part("shell").positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.022  # a coarser cloth folds elsewhere


def test_its_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("bomber")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([each.positions for each in sewn_checks.parts(baked())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

"""The polo shirt: sewn but for hems and vents, clear of the skin, with three buttons and stripes on its ribs."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_polo, sewn_checks, sewn_polo
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.panels_polo import cut
from assets.generators.pattern import length
from assets.generators.sewn_fine import edges
from assets.model import Primitive

COARSE = 0.026


@cache
def skin() -> Body:
    return drape_polo.skin()


@cache
def draped() -> Draped:
    return drape_polo.finished(*drape_polo.drape(COARSE, skin(), seconds=0.4), skin())


def parts() -> dict[str, Primitive]:
    return {part.material.name: part for part in sewn_checks.parts(catalogue.model("polo"))}


def test_the_cap_is_as_long_as_the_armholes_it_is_sewn_to() -> None:
    polo = drape_polo.pattern()
    assert length(polo.crown(polo.biceps)) == pytest.approx(2 * length(polo.armhole), abs=1e-4)


def test_the_side_is_open_at_its_vent_and_the_back_is_longer() -> None:
    polo = drape_polo.pattern()
    vent, side = polo.vented()
    assert np.ptp(vent[:, 1]) == pytest.approx(polo.vent[0])
    assert vent[-1] == pytest.approx(side[0])
    sewn = cut(polo, COARSE)
    front, back = (next(p for p in sewn.panels if p.name == name) for name in ("front", "back"))
    assert front.flat[:, 1].min() - back.flat[:, 1].min() == pytest.approx(polo.vent[1])
    hems = frozenset({"hem", "rim", "vent-left", "vent-right"})
    assert sewn_checks.unsewn(sewn, hems) == 0
    assert sewn_checks.unsewn(sewn, hems - {"vent-left"}) > 3
    assert edges(sewn.triangles())[2].max() == 2


def test_the_baked_polo_is_the_one_that_is_made() -> None:
    made = sewn_polo.model(drape_polo.pattern(), draped())
    far, _ = cKDTree(parts()["shell"].positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.016  # a coarser cloth folds a little elsewhere


def test_the_ribs_fit_the_arms() -> None:
    """A rib is no shorter than the arm with its clearance is round, or it would stretch."""
    points, panels = draped().points, {p.name: p for p in draped().sewn.panels}
    for hand in ("left", "right"):
        panel = panels[f"cuff-{hand}"]
        ring = points[draped().sewn.particle[panel.name][panel.edges["hem"]]]
        girth = np.linalg.norm(np.diff(ring, axis=0), axis=1).sum()
        assert girth == pytest.approx(2 * drape_polo.pattern().cuff[0], rel=0.06)


def test_three_buttons_in_the_middle_of_the_front() -> None:
    button = parts()["button"].positions
    assert np.abs(button[:, 0]).max() < 0.02
    high = np.sort(button[:, 1])
    gaps = np.flatnonzero(np.diff(high) > 0.02)
    assert len(gaps) + 1 == sewn_polo.SHOWN == 3
    assert (button[:, 2] > 0.03).all()


def test_stripes_go_round_collar_and_cuffs_and_lie_on_them() -> None:
    stripes, rib = parts()["thread-tipping"].positions, parts()["rib"].positions
    far, _ = cKDTree(rib).query(stripes)
    assert far.max() < 0.02
    for hand in (-1, 1):
        cuff = stripes[hand * stripes[:, 0] > 0.22]
        assert np.ptp(cuff[:, 2]) > 0.07
    collar = stripes[np.abs(stripes[:, 0]) < 0.15]
    assert collar[:, 2].min() < -0.07
    assert collar[:, 2].max() > 0.04


def test_nothing_of_the_polo_is_under_the_skin() -> None:
    assert sewn_checks.deepest(catalogue.model("polo"), skin()) < 0.0005


def test_prints_on_the_polo_keep_their_size() -> None:
    """Fabrics go on the pique; the knitted collar is a strip that stretches."""
    assert sewn_checks.true_to_size(parts()["shell"], 1.0) > 0.95
    assert sewn_checks.true_to_size(parts()["rib"], 1.0, 0.6, 1.6) > 0.9


def test_the_polo_s_normals_look_out() -> None:
    for part in parts().values():
        assert sewn_checks.turned(part) < 0.001


def test_the_polo_s_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("polo")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in parts().values()])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

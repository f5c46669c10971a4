"""The hoodie: ribs that hold, a hood that lies on the back, a pocket, cords."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_hoodie, drape_ribbed, sewn_checks, sewn_hoodie
from assets.generators.drape_body import Body
from assets.generators.panels_hood import flattened
from assets.generators.solids import grid_triangles, joined
from assets.model import Model, Primitive

COARSE = 0.026


@cache
def skin() -> Body:
    return drape_ribbed.skin()


@cache
def hung() -> drape_hoodie.Hoodie:
    return drape_hoodie.finished(*drape_hoodie.drape(COARSE, skin()), skin())


@cache
def baked() -> Model:
    return catalogue.model("hoodie")


def part(name: str) -> Primitive:
    return joined([p for p in sewn_checks.parts(baked()) if p.material.name == name])


def test_a_cone_is_laid_flat_without_strain() -> None:
    turn, high = np.meshgrid(np.linspace(0, 2, 15), np.linspace(1, 2, 9))
    form = np.stack([-0.6 * high * np.cos(turn), 0.8 * high, 0.6 * high * np.sin(turn)], axis=-1)
    triangles = grid_triangles(9, 15)
    flat = flattened(form.reshape(-1, 3), triangles)
    for i in range(3):
        a, b = triangles[:, i], triangles[:, (i + 1) % 3]
        solid = np.linalg.norm(form.reshape(-1, 3)[a] - form.reshape(-1, 3)[b], axis=1)
        assert np.linalg.norm(flat[a] - flat[b], axis=1) == pytest.approx(solid, rel=0.02)
    corner = flat[triangles]
    (ax, ay), (bx, by) = (corner[:, 1] - corner[:, 0]).T, (corner[:, 2] - corner[:, 0]).T
    assert (ax * by - ay * bx > 0).all()


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(baked(), skin()) < 0.0005


def test_prints_keep_their_size_in_every_direction() -> None:
    cloth = [part("jersey"), part("rib")]
    assert sewn_checks.true_to_size(joined(cloth), catalogue.item("hoodie").uv_metres) > 0.95


def test_normals_look_out() -> None:
    for each in sewn_checks.parts(baked()):
        assert sewn_checks.turned(each) < 0.001


def test_it_is_open_at_its_ribs_and_where_the_hood_is_sewn_on_only() -> None:
    assert sewn_checks.unsewn(hung().body.sewn, frozenset({"rim", "neck"})) == 0
    assert sewn_checks.unsewn(hung().body.sewn, frozenset({"rim"})) > 20
    assert sewn_checks.unsewn(hung().hood.sewn, frozenset({"low", "high", "front"})) == 0


def test_the_hood_is_sewn_to_the_neckline() -> None:
    body, hood = hung().body, hung().hood
    by_name = {p.name: p for p in body.sewn.panels}
    neck = [body.points[body.sewn.particle[name][by_name[name].edges["neck"]]] for name in ("front", "back")]
    tree = cKDTree(np.concatenate(neck))
    for p in hood.sewn.panels:
        if p.name.endswith("under"):
            far, _ = tree.query(hood.points[hood.sewn.particle[p.name][p.edges["low"]]])
            assert far.max() < 0.5 * COARSE + 0.010


def test_the_hood_lies_down_on_the_back() -> None:
    points = hung().hood.points
    assert 1.20 < points[:, 1].min() < 1.36
    assert points[:, 1].max() < 1.60
    assert points[points[:, 1] < 1.40][:, 2].max() < -0.08
    assert points[:, 0].max() < 0.26


def test_ribs_hold_the_cloth_in() -> None:
    """The cloth bulges out over the seam of the band; cuffs are close."""
    points, sewn = hung().body.points, hung().body.sewn
    (front,) = (p for p in sewn.panels if p.name == "front")
    cloth, seam = points[sewn.particle["front"]], points[sewn.particle["front"][front.edges["hem"]]]
    over = cloth[cloth[:, 1] < seam[:, 1].max() + 0.05]
    assert np.ptp(over[:, 0]) > np.ptp(seam[:, 0]) + 0.010
    for panel in sewn.panels:
        if panel.name.startswith("cuff"):
            rim = points[sewn.particle[panel.name][panel.edges["rim"]]]
            assert 0.19 < np.linalg.norm(np.diff(rim, axis=0), axis=1).sum() < 0.26


def test_cords_hang_from_eyelets_over_the_chest() -> None:
    for middle, _, line in hung().cords:
        assert np.linalg.norm(line[0] - middle) < 0.006
        assert 0.15 < line[0, 1] - line[-1, 1] < 0.25
        distance, _ = skin()(line)
        assert distance.min() > 0.010
    cord, metal = part("cord").positions, part("metal").positions
    for side in (1, -1):
        ends = cord[cord[:, 0] * side > 0]
        assert cKDTree(metal).query(ends[[ends[:, 1].argmin(), ends[:, 1].argmax()]])[0].max() < 0.008


def test_the_baked_hoodie_is_the_one_that_is_made() -> None:
    made = sewn_hoodie.model(hung())
    far, _ = cKDTree(part("jersey").positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.018  # a coarser cloth folds elsewhere


def test_its_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("hoodie")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 750_000
    points = np.concatenate([each.positions for each in sewn_checks.parts(baked())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

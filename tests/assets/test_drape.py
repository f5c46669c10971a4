"""Draped garments: cloth that lies on the mannequin, true to its paper pattern, with hems where it ends."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_dress, drape_tee, panels_dress, sewn_checks, sewn_dress, sewn_tee
from assets.generators.drape_body import Body, body
from assets.generators.garment import Draped
from assets.generators.panels_tee import cut
from assets.generators.pattern import length
from assets.generators.sewn_fine import edges, finer
from assets.generators.solids import joined
from assets.model import Primitive

COARSE = 0.022
GARMENTS = ["tee", "long-sleeve", "dress"]


@cache
def skin() -> Body:
    return drape_tee.skin()


@cache
def figure() -> Body:
    """The body down to the knees and out to the hands."""
    (_, low, back), (_, _, front) = drape_dress.BOX
    part = catalogue.model(drape_tee.FIGURE).meshes[0].primitives[0]
    return body(part, (-0.60, low, back), (0.60, drape_dress.BOX[1][1], front))


@cache
def dressed() -> Draped:
    return drape_dress.finished(*drape_dress.drape(COARSE, figure(), 0.2), figure())


@cache
def draped() -> Draped:
    return drape_tee.finished(*drape_tee.drape(COARSE, skin()), skin())


def cloths(item: str) -> list[Primitive]:
    """The garment's primitives that are cut from the pattern: all but threads."""
    return [part for part in sewn_checks.parts(catalogue.model(item)) if part.material.name != "thread"]


def test_distances_are_the_skin_s() -> None:
    part = catalogue.model(drape_tee.FIGURE).meshes[0].primitives[0]
    at, out = part.positions.astype(np.float64), part.normals.astype(np.float64)
    low, high = (np.array(corner) + edge for corner, edge in zip(drape_tee.BOX, (0.03, -0.03), strict=True))
    near = ((at > low) & (at < high)).all(axis=1)
    for away in (-0.006, 0.0, 0.006):
        found, way = skin()(at[near] + away * out[near])
        assert np.percentile(np.abs(found - away), 95) < 0.0008
        assert np.percentile(np.einsum("ij,ij->i", way, out[near]), 2) > 0.9


def test_the_cap_is_as_long_as_the_armholes_it_is_sewn_to() -> None:
    tee = drape_tee.pattern()
    assert length(tee.crown(tee.biceps())) == pytest.approx(2 * length(tee.armhole()), abs=1e-4)


def test_a_long_sleeve_ends_at_the_wrist() -> None:
    """The arm's length is from shoulder point to wrist."""
    extras = catalogue.model(drape_tee.FIGURE).meshes[0].primitives[0].extras
    wrist = extras["landmarks"]["wrist"]
    points = sewn_checks.parts(catalogue.model("long-sleeve"))[0].positions
    assert points[:, 0].max() == pytest.approx(wrist[0], abs=0.03)
    assert drape_tee.pattern(long=True).armhole() == pytest.approx(drape_tee.pattern().armhole())


def test_a_finer_cloth_has_four_triangles_for_each_and_the_same_seams() -> None:
    sewn = cut(drape_tee.pattern(), COARSE)
    made, points = finer(sewn, drape_tee.start(drape_tee.pattern(), sewn))
    assert len(made.triangles()) == 4 * len(sewn.triangles())
    assert len(points) == made.count
    assert sewn_checks.unsewn(made) == 0
    assert edges(made.triangles())[2].max() == 2
    for coarse, fine in zip(sewn.panels, made.panels, strict=True):
        for name, line in coarse.edges.items():
            assert np.array_equal(fine.edges[name][::2], line)
        inside = fine.flat[fine.triangles].mean(axis=1)
        corners, shares = fine.locate(inside)
        assert np.allclose(np.einsum("kc,kcd->kd", shares, fine.flat[corners]), inside, atol=1e-9)
        assert shares.min() > 0.3


def test_an_edge_left_open_is_counted() -> None:
    sewn = cut(drape_tee.pattern(), COARSE)
    assert sewn_checks.unsewn(sewn) == 0
    assert sewn_checks.unsewn(sewn, frozenset({"rim"})) > 50


def test_the_same_shirt_comes_out_twice() -> None:
    again = drape_tee.finished(*drape_tee.drape(COARSE, skin()), skin())
    assert np.array_equal(again.points, draped().points)


def test_the_baked_shirt_is_the_one_that_is_made() -> None:
    made, held = sewn_tee.model(draped()), catalogue.model("tee")
    far, _ = cKDTree(held.meshes[0].primitives[0].positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.014  # a coarser cloth folds a little elsewhere


def test_the_baked_dress_is_the_one_that_is_made() -> None:
    made, held = sewn_dress.model(dressed()), catalogue.model("dress")
    points = made.meshes[0].primitives[0].positions
    far, _ = cKDTree(held.meshes[0].primitives[0].positions).query(points)
    assert np.percentile(far[points[:, 1] > 1.0], 90) < 0.010
    assert np.percentile(far, 90) < 0.05  # the skirt's folds fall elsewhere


def test_the_dress_is_open_at_its_edges_only() -> None:
    named = {edge for loop in drape_dress.LOOPS for _, edge in loop}
    sewn = panels_dress.cut(drape_dress.pattern(), COARSE)
    assert sewn_checks.unsewn(sewn, named) == 0
    assert sewn_checks.unsewn(sewn, named - {"neck"}) > 20


def test_a_dress_s_hem_is_at_one_distance_from_where_its_sides_meet() -> None:
    dress = drape_dress.pattern()
    away = np.linalg.norm(dress.hem() - [0.0, dress.apex], axis=1)
    assert np.allclose(away, dress.apex + dress.long)
    assert dress.seam()[0] == pytest.approx(dress.hem()[-1])
    assert length(dress.top()) == pytest.approx(2 * dress.waist[0], rel=1e-3)
    assert dress.side()[0] == pytest.approx([dress.waist[0], -dress.waist[1]])


@pytest.mark.parametrize("item", GARMENTS)
def test_nothing_is_under_the_skin(item: str) -> None:
    assert sewn_checks.deepest(catalogue.model(item), figure()) < 0.0005


@pytest.mark.parametrize("item", GARMENTS)
def test_prints_keep_their_size_in_every_direction(item: str) -> None:
    metres = catalogue.item(item).uv_metres
    assert metres == 1.0
    assert sewn_checks.true_to_size(joined(cloths(item)), metres) > 0.95


@pytest.mark.parametrize("item", GARMENTS)
def test_normals_look_out(item: str) -> None:
    for part in sewn_checks.parts(catalogue.model(item)):
        assert sewn_checks.turned(part) < 0.001


@pytest.mark.parametrize("item", GARMENTS)
def test_a_garment_s_file_is_small_and_its_details_are_where_it_is(item: str) -> None:
    entry = catalogue.item(item)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in sewn_checks.parts(catalogue.model(item))])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

"""The pleated skirt: folds in order, sharp, of real cloth, closed but for its hem and what the waistband holds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_pleats, sewn_checks, sewn_pleats
from assets.generators.drape_body import Body
from assets.generators.panels_pleats import PleatDraft, cut, grid, rows
from assets.generators.pleat_folds import LOOSENS, sewn_down
from assets.generators.sewn_fine import edges, finer
from assets.generators.solids import joined
from assets.generators.waist_ring import girth, grown, level, walk
from tools.collection_rules import OPEN, open_edges

COARSE = 0.042
ITEM = "pleated-skirt"
CREASES = frozenset({"outer", "inner"})
Array = NDArray[np.float64]


@cache
def skin() -> Body:
    return drape_pleats.skin()


@cache
def pleats() -> PleatDraft:
    return drape_pleats.pattern(skin())


def test_a_pleat_takes_more_than_twice_what_is_seen_of_it() -> None:
    draft = pleats()
    for depth in (0.0, 0.1, 0.3, draft.long):
        at = draft.columns(depth)
        assert (np.diff(at) > 0.004).all()
        assert at[2] - at[0] == pytest.approx(float(draft.seen(np.array(depth))))
        assert at[6] - at[0] == pytest.approx(draft.cloth)
    assert draft.cloth > 2.0 * float(draft.seen(np.array(draft.long)))


def test_pleats_are_closed_but_for_hem_and_waist() -> None:
    sewn = cut(pleats(), COARSE)
    assert sewn_checks.unsewn(sewn, {"hem", "tucked", "rim", "foot"}) == 0
    assert sewn_checks.unsewn(sewn, {"hem", "rim", "foot"}) == 6 * pleats().count


def test_layers_start_in_their_order_and_are_put_back_into_it() -> None:
    draft, spacing = pleats(), COARSE
    sewn = cut(draft, spacing)
    x, out = drape_pleats.start(draft, sewn, skin(), spacing)
    held = grid(draft, sewn)
    apart = drape_pleats.layer(draft, rows(draft, spacing))
    layers = drape_pleats.ordered(held, out, np.ones(sewn.count), apart)
    inner, above = held[:, 4, 6:], np.roll(held, -1, axis=0)[:, 1, 6:]

    def height() -> float:
        return float(np.einsum("krd,krd->kr", x[above] - x[inner], out[inner]).min())

    assert height() > 0
    x[inner] += 0.006 * out[inner]
    assert height() < 0
    for _ in range(12):
        layers(x)
    assert height() > 0.0005


def test_a_fold_stays_sharp_when_the_cloth_is_made_finer() -> None:
    sewn = cut(pleats(), COARSE)
    x, _ = drape_pleats.start(pleats(), sewn, skin(), COARSE)
    made, points = finer(sewn, x, CREASES)
    assert edges(made.triangles())[2].max() == 2
    fold = made.particle["face-3"][made.panels[6].edges["outer"]]
    was = sewn.particle["face-3"][sewn.panels[6].edges["outer"]]
    assert made.panels[6].name == "face-3"
    assert np.abs(points[fold][::2] - x[was]).max() < 0.004
    _, rounded = finer(sewn, x)
    assert np.linalg.norm(rounded[fold[::2]] - x[was], axis=1)[3:-3].min() > 0.004


def test_sewn_folds_lie_on_the_faces_that_they_are_sewn_to_and_free_ones_stay_where_they_are() -> None:
    """Of folds that start two layers off, so that one sees in under them."""
    draft = pleats()
    sewn = cut(draft, COARSE)
    sewn, x = finer(sewn, drape_pleats.start(draft, sewn, skin(), COARSE)[0], CREASES)
    by_name = {panel.name: panel for panel in sewn.panels}
    x[sewn.particle["face-8"]] += 0.003 * np.array([0.0, 0.0, np.sign(x[sewn.particle["face-8"], 2].mean())])
    laid = sewn_down(sewn, x, draft)
    fold = by_name["face-8"].edges["outer"]
    depth = -by_name["face-8"].flat[fold, 1]

    def off(points: Array) -> Array:
        """How far the fold is from the face under it, metres, at each of its points."""
        corners = points[sewn.particle["face-7"][by_name["face-7"].triangles]]
        shares = np.array([(i, j, 12 - i - j) for i in range(13) for j in range(13 - i)]) / 12
        spots = np.einsum("sk,tkd->tsd", shares, corners).reshape(-1, 3)
        return np.asarray(cKDTree(spots).query(points[sewn.particle["face-8"][fold]])[0])

    stitched = (depth > 0.01) & (depth < draft.stitched)
    assert off(x)[stitched].min() > 0.002
    assert off(laid)[stitched].max() < 0.0015
    free = np.concatenate([sewn.particle[p.name][-p.flat[:, 1] > draft.stitched + LOOSENS] for p in sewn.panels])
    np.testing.assert_array_equal(laid[free], x[free])


def test_a_line_about_the_waist_is_as_long_as_the_waist() -> None:
    line = level(skin(), 1.12087, 0.0)
    assert girth(line) == pytest.approx(0.72, abs=0.012)
    assert girth(grown(line, 0.8)) == pytest.approx(0.8)
    spot, way = walk(line, np.array([0.25, 0.5]))
    assert spot[0, 1] > 0.07
    assert way[0, 1] > 0.99
    assert spot[1, 0] > 0.12
    assert way[1, 0] > 0.99


def test_the_baked_skirt_is_the_one_that_is_made() -> None:
    sewn, x = drape_pleats.drape(COARSE, skin(), 0.4)
    worn = drape_pleats.finished(sewn, x, skin())
    made = sewn_pleats.model(worn, pleats()).meshes[0].primitives[0].positions
    held = catalogue.model(ITEM).meshes[0].primitives[0].positions
    far, _ = cKDTree(held).query(made)
    assert np.percentile(far[made[:, 1] > 0.95], 90) < 0.010
    assert np.percentile(far, 90) < 0.035  # the free ends of the pleats swing


def test_the_baked_skirt_is_whole() -> None:
    model = catalogue.model(ITEM)
    cloths = [part for part in sewn_checks.parts(model) if part.material.name not in {"thread", "zip"}]
    assert {part.material.name for part in sewn_checks.parts(model)} == {"shell", "thread", "zip"}
    assert sewn_checks.deepest(model, skin()) < 0.0005
    assert sewn_checks.true_to_size(joined(cloths), catalogue.item(ITEM).uv_metres) > 0.95
    assert all(sewn_checks.turned(part) < 0.001 for part in sewn_checks.parts(model))
    entry = catalogue.item(ITEM)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in sewn_checks.parts(model)])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100


def test_nowhere_does_one_see_past_a_fold_of_the_baked_skirt_to_where_its_cloth_was_cut() -> None:
    assert open_edges(ITEM) < OPEN / 2


def test_pleats_open_under_the_hip_and_lie_close_over_it() -> None:
    """How deep the cloth is from its innermost to its outermost layer."""
    points = catalogue.model(ITEM).meshes[0].primitives[0].positions
    front = points[(np.abs(points[:, 0]) < 0.06) & (points[:, 2] > 0)]

    def deep(y: float) -> float:
        near = front[np.abs(front[:, 1] - y) < 0.02]
        return float(np.percentile(near[:, 2], 95) - np.percentile(near[:, 2], 5))

    assert deep(1.03) < 0.014
    assert deep(0.64) > 0.018

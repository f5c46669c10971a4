"""The A-line skirt: darts, a waistband that fits, a level hem, cloth true to its paper pattern."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_aline, sewn_aline, sewn_checks
from assets.generators.drape_body import Body
from assets.generators.panels_aline import ALineDraft, cut
from assets.generators.pattern import length
from assets.generators.solids import joined

COARSE = 0.024
ITEM = "a-line-skirt"


@cache
def skin() -> Body:
    return drape_aline.skin()


@cache
def draft() -> ALineDraft:
    return drape_aline.pattern(skin())


def test_with_its_darts_closed_the_waist_is_as_long_as_the_waistband() -> None:
    skirt = draft()
    waist = 2 * sum(length(skirt.top(back)) - skirt.darts[back][0] for back in (0, 1))
    assert waist == pytest.approx(skirt.waist, rel=0.01)
    assert length(skirt.side(0)) == pytest.approx(length(skirt.side(1)), abs=0.004)
    for back in (0, 1):
        (one, tip, two), side = skirt.dart(back), skirt.side(back)[-1]
        assert np.linalg.norm(one - tip) == pytest.approx(np.linalg.norm(two - tip), abs=0.002)
        closed = skirt.open(np.array([one[0], two[0], tip[0]]), np.array([0.0, 0.0, tip[1]]), back)
        assert closed[0] == pytest.approx(closed[1], abs=0.001)
        assert closed[2] == pytest.approx(tip[0])
        assert skirt.open(side[:1], np.zeros(1), back)[0] == pytest.approx(skirt.waist / 4, abs=0.001)


def test_the_hem_is_square_to_the_sides_and_wider_than_the_hips() -> None:
    hem, side = draft().hem(), draft().side(0)
    along, up = hem[-1] - hem[-3], side[1] - side[0]
    assert abs(float(along @ up)) < 0.02 * float(np.linalg.norm(along) * np.linalg.norm(up))
    assert 1.2 < hem[-1, 0] / draft().hip < 1.45
    assert hem[-1] == pytest.approx(side[0])


def test_the_skirt_is_open_at_hem_and_waistband_only() -> None:
    sewn = cut(draft(), COARSE)
    assert sewn_checks.unsewn(sewn, {"hem", "rim"}) == 0
    assert sewn_checks.unsewn(sewn, {"hem"}) > 30


def test_the_baked_skirt_is_the_one_that_is_made() -> None:
    sewn, x = drape_aline.drape(COARSE, skin(), 0.5)
    made = sewn_aline.model(drape_aline.finished(sewn, x, skin()), draft())
    points = made.meshes[0].primitives[0].positions
    far, _ = cKDTree(catalogue.model(ITEM).meshes[0].primitives[0].positions).query(points)
    assert np.percentile(far[points[:, 1] > 0.9], 90) < 0.010
    assert np.percentile(far, 90) < 0.040  # folds fall elsewhere


def test_the_waistband_is_level() -> None:
    points = catalogue.model(ITEM).meshes[0].primitives[0].positions
    top = points[points[:, 1] > drape_aline.TOP + 0.034]
    assert np.ptp(top[:, 1]) < 0.004
    assert len(top) > 100


def test_the_baked_skirt_is_whole() -> None:
    model = catalogue.model(ITEM)
    parts = sewn_checks.parts(model)
    assert {part.material.name for part in parts} == {"shell", "thread", "zip"}
    assert sewn_checks.deepest(model, skin()) < 0.0005
    cloths = [part for part in parts if part.material.name == "shell"]
    assert sewn_checks.true_to_size(joined(cloths), catalogue.item(ITEM).uv_metres) > 0.95
    assert all(sewn_checks.turned(part) < 0.001 for part in parts)
    entry = catalogue.item(ITEM)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in parts])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

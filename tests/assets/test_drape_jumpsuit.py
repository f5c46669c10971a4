"""The jumpsuit: a bodice and two legs that are one garment, over what is worn next to the skin."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_jumpsuit, sewn_checks, sewn_jumpsuit
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.panels_jumpsuit import cut
from assets.generators.pattern import length
from assets.generators.solids import joined

ITEM = "jumpsuit"
COARSE = 0.034


@cache
def skin() -> Body:
    return drape_jumpsuit.skin()


@cache
def draped() -> Draped:
    return drape_jumpsuit.finished(*drape_jumpsuit.drape(COARSE, skin(), 0.2), skin())


def test_it_is_open_at_legs_neck_and_armholes_only() -> None:
    sewn = cut(*drape_jumpsuit.pattern(), COARSE)
    named = {edge for loop in drape_jumpsuit.LOOPS for _, edge in loop}
    assert sewn_checks.unsewn(sewn, named) == 0
    assert sewn_checks.unsewn(sewn, named - {"neck"}) > 10


def test_band_legs_and_bodice_are_as_long_where_they_meet() -> None:
    legs, dress = drape_jumpsuit.pattern()
    around = sum(length(line) for own in legs.pieces().values() for name, line in own if name == "waist")
    assert legs.band[0] == pytest.approx(2 * around, rel=0.02)
    assert legs.band[1] == pytest.approx(4 * dress.waist[0], rel=0.02)


def test_what_is_baked_is_what_is_made() -> None:
    made, held = sewn_jumpsuit.model(draped()), catalogue.model(ITEM)
    far, _ = cKDTree(held.meshes[0].primitives[0].positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.02


def test_it_keeps_its_distance_from_the_skin() -> None:
    cloth = next(one for one in sewn_checks.parts(catalogue.model(ITEM)) if one.material.name == "shell")
    away, _ = skin()(cloth.positions.astype(np.float64))
    assert sewn_checks.deepest(catalogue.model(ITEM), skin()) < 0.0005
    assert np.percentile(away, 5) > 0.002  # hems and facings lie within the cloth


def test_prints_keep_their_size_in_every_direction() -> None:
    cloth = [one for one in sewn_checks.parts(catalogue.model(ITEM)) if one.material.name != "thread"]
    assert sewn_checks.true_to_size(joined(cloth), catalogue.item(ITEM).uv_metres) > 0.95


def test_normals_look_out() -> None:
    for one in sewn_checks.parts(catalogue.model(ITEM)):
        assert sewn_checks.turned(one) < 0.001


def test_the_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item(ITEM)
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(catalogue.model(ITEM))])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

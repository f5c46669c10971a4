"""The sweater: cables that run down the middle, ribs that hold, a collar about the neck."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import drape_ribbed, drape_sweater, fabric_knits, knit_textures, sewn_checks, sewn_sweater
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.solids import joined
from assets.model import Model, Primitive, Texture

COARSE = 0.026


@cache
def skin() -> Body:
    return drape_ribbed.skin()


@cache
def hung() -> Draped:
    return drape_sweater.finished(*drape_sweater.drape(COARSE, skin()), skin())


@cache
def baked() -> Model:
    return catalogue.model("sweater")


@cache
def cable() -> tuple[Texture, Texture]:
    return knit_textures.knitted("cable", fabric_knits.cable(64), sewn_sweater.REPEAT[0])


def part(name: str) -> Primitive:
    return joined([p for p in sewn_checks.parts(baked()) if p.material.name == name])


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(baked(), skin()) < 0.0005


def test_prints_keep_their_size_in_every_direction() -> None:
    assert sewn_checks.true_to_size(joined([part("knit"), part("rib")]), catalogue.item("sweater").uv_metres) > 0.95


def test_normals_look_out() -> None:
    for each in sewn_checks.parts(baked()):
        assert sewn_checks.turned(each) < 0.001


def test_it_is_open_at_its_ribs_only() -> None:
    assert sewn_checks.unsewn(hung().sewn, frozenset({"rim"})) == 0
    assert sewn_checks.unsewn(hung().sewn, frozenset({"hem"})) > 40


def test_a_cable_runs_down_the_middle_of_the_front() -> None:
    """The highest part of the swatch lies at the middle of the front panel and of the back one."""
    height = np.asarray(fabric_knits.cable(256).height).mean(axis=0)
    repeat = sewn_sweater.REPEAT[0] / 1000
    front = part("knit")
    assert front.uv0 is not None
    middle = front.uv0[(np.abs(front.positions[:, 0]) < 0.004) & (front.positions[:, 2] > 0.05)][:, 0]
    at = np.round(np.median(middle % repeat) / repeat * 256).astype(int) % 256
    assert height[at] > np.percentile(height, 75)


def test_the_collar_stands_about_the_neck() -> None:
    (collar,) = (p for p in hung().sewn.panels if p.name == "collar")
    rim = hung().points[hung().sewn.particle["collar"][collar.edges["rim"]]]
    assert 1.46 < rim[:, 1].min() < rim[:, 1].max() < 1.57
    assert 0.40 < np.linalg.norm(np.diff(rim, axis=0), axis=1).sum() < 0.54


def test_textures_repeat_at_their_size() -> None:
    color, normal = cable()
    assert color.scale == normal.scale == pytest.approx((1000 / 140,) * 2)
    assert color.image.width == normal.image.width == 64


def test_the_baked_sweater_is_the_one_that_is_made() -> None:
    made = sewn_sweater.model(hung(), cable(), cable())
    far, _ = cKDTree(part("knit").positions).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.022  # a coarser cloth folds elsewhere


def test_its_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("sweater")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([each.positions for each in sewn_checks.parts(baked())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

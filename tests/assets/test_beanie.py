"""The beanie: a ribbed cap about the head, a turned cuff that lies over it, a label."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import beanie, sewn_checks
from assets.generators.drape_body import Body
from assets.model import Model, Primitive


@cache
def head() -> Body:
    return beanie.head()


@cache
def held() -> Model:
    return catalogue.model("beanie")


def part(name: str) -> Primitive:
    (found,) = [one for one in sewn_checks.parts(held()) if one.material.name == name]
    return found


def test_the_baked_cap_is_the_one_that_is_made() -> None:
    made = np.concatenate([points.reshape(-1, 3) for points in (beanie.crown(head())[0], beanie.cuff(head())[0])])
    far, _ = cKDTree(part("knit").positions).query(made)
    assert far.max() < 3e-5


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(held(), head()) == 0


def test_the_edge_is_snug_and_the_top_has_room() -> None:
    lining = beanie.lining(head())
    off = head()(lining.reshape(-1, 3))[0].reshape(lining.shape[:2])
    assert 0.001 < off[0].min() < off[0].max() < 0.005
    assert off[-2].min() > 0.012


def test_the_cuff_lies_over_the_cap() -> None:
    crown, _ = beanie.crown(head())
    fold, _ = beanie.cuff(head())
    edge = fold[14:20].reshape(-1, 3)
    far, near = cKDTree(crown[:4].reshape(-1, 3)).query(edge)
    beyond = np.linalg.norm(edge - beanie.CENTRE, axis=1)
    under = np.linalg.norm(crown[:4].reshape(-1, 3)[near] - beanie.CENTRE, axis=1)
    assert far.max() < 0.02
    assert np.percentile(beyond - under, 5) > 0


def test_the_cap_has_its_ribs() -> None:
    fold, _ = beanie.cuff(head())
    row = np.linalg.norm(fold[12, :-1] - beanie.CENTRE, axis=1)
    spectrum = np.abs(np.fft.rfft(row - row.mean()))
    assert 20 + int(np.argmax(spectrum[20:])) == beanie.RIBS


@pytest.mark.parametrize("name", ["knit", "label"])
def test_normals_look_out_and_prints_keep_their_size(name: str) -> None:
    assert sewn_checks.turned(part(name)) < 0.003
    assert sewn_checks.true_to_size(part(name), catalogue.item("beanie").uv_metres) > 0.85


def test_knit_is_true_to_size() -> None:
    assert sewn_checks.true_to_size(part("knit"), 1.0) > 0.95


def test_the_file_is_small_and_details_are_where_they_are_said_to_be() -> None:
    entry = catalogue.item("beanie")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(held())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 50

"""The fedora: felt that is clear of the head, a ribbon with a bow, a sweatband."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from assets import catalogue
from assets.generators import hat, headwear_surfaces, sewn_checks
from assets.generators.drape_body import Body, body
from assets.model import Model, Primitive


@cache
def head() -> Body:
    return body(catalogue.model("mannequin-female").meshes[0].primitives[0], (-0.2, 1.52, -0.2), (0.2, 1.85, 0.22))


@cache
def held() -> Model:
    return catalogue.model("hat")


def part(name: str) -> Primitive:
    (found,) = [one for one in sewn_checks.parts(held()) if one.material.name == name]
    return found


def test_the_baked_hat_is_the_one_that_is_made() -> None:
    made = hat.model(headwear_surfaces.felt(), headwear_surfaces.ribbon(), headwear_surfaces.leather())
    for one, other in zip(sewn_checks.parts(held()), sewn_checks.parts(made), strict=True):
        assert one.material.name == other.material.name
        assert np.abs(one.positions - other.positions).max() < 2e-5


def test_the_hat_is_on_the_head_and_not_in_it() -> None:
    assert sewn_checks.deepest(held(), head()) == 0
    band = part("lining-leather").positions.astype(np.float64)
    assert np.percentile(head()(band)[0], 5) > 0.0015
    assert head()(band)[0].min() < 0.006


def test_the_crown_has_a_dent_along_its_middle() -> None:
    points = part("felt").positions
    middle = points[np.abs(points[:, 0]) < 0.004]
    ridge = points[np.abs(np.abs(points[:, 0]) - 0.05) < 0.004]
    places = np.linspace(-0.05, 0.05, 21)
    dent = [middle[np.abs(middle[:, 2] - hat.MIDDLE[2] - at) < 0.006][:, 1].max() for at in places]
    assert ridge[:, 1].max() - min(dent) > 0.008


def test_the_brim_is_as_wide_as_it_is_said_to_be() -> None:
    angle = np.linspace(-np.pi, np.pi, 33)
    inner, outer = hat.brim(angle, 0 * angle), hat.brim(angle, 1 + 0 * angle)
    wide = np.linalg.norm((outer - inner)[:, [0, 2]], axis=1)
    assert wide == pytest.approx(hat.BRIM, rel=0.06)
    assert outer[16, 1] < outer[0, 1]  # down over the brow, up at the nape


@pytest.mark.parametrize("name", ["felt", "ribbon", "lining-leather"])
def test_normals_look_out(name: str) -> None:
    assert sewn_checks.turned(part(name)) < 0.002


def test_felt_is_true_to_size_where_it_is_not_blocked() -> None:
    assert sewn_checks.true_to_size(part("felt"), 1.0) > 0.8


def test_the_file_is_small_and_details_are_where_they_are_said_to_be() -> None:
    entry = catalogue.item("hat")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(held())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

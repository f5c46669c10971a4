"""The scarf: one strip of wool wound once round the neck, thick, with fringes at both ends."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import headwear_surfaces, scarf, sewn_checks
from assets.generators.drape_body import Body
from assets.model import Model, Primitive


@cache
def skin() -> Body:
    return scarf.skin()


@cache
def held() -> Model:
    return catalogue.model("scarf")


@cache
def cloth() -> Primitive:
    (found,) = sewn_checks.parts(held())
    return found


def test_the_baked_scarf_is_the_one_that_is_made() -> None:
    (made,) = sewn_checks.parts(scarf.model(skin(), headwear_surfaces.tweed()))
    assert made.material.name == cloth().material.name
    assert np.abs(made.positions - cloth().positions).max() < 3e-5


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(held(), skin()) == 0


def test_it_goes_round_the_neck_once_and_a_half() -> None:
    """From the left of the chest over the nape, the throat and the nape again to the right of the chest."""
    points, _ = scarf.folded(skin())
    middle = points.mean(axis=1)
    neck = middle[middle[:, 1] > 1.44]
    angle = np.unwrap(np.arctan2(neck[:, 0], neck[:, 2] + 0.03))
    assert 1.2 < abs(angle[-1] - angle[0]) / (2 * np.pi) < 1.9
    assert middle[0, 0] > 0.05
    assert middle[-1, 0] < -0.05


def test_the_second_turn_lies_over_the_first() -> None:
    points, _ = scarf.folded(skin())
    off = skin()(points.reshape(-1, 3))[0].reshape(points.shape[:2]).mean(axis=1)
    nape = np.flatnonzero((points.mean(axis=1)[:, 2] < -0.08) & (points.mean(axis=1)[:, 1] > 1.45))
    first, second = np.split(nape, [int(np.argmax(np.diff(nape))) + 1])
    assert off[second].mean() - off[first].mean() > 0.015


def test_both_ends_have_their_fringes() -> None:
    strand = 8 * 6
    count = 2 * scarf.STRANDS * strand
    ends = cloth().positions[-count:].reshape(2 * scarf.STRANDS, strand, 3)
    long = ends[:, :, 1].max(axis=1) - ends[:, :, 1].min(axis=1)
    assert np.allclose(long, scarf.FRINGE, rtol=0.25)
    near, _ = cKDTree(cloth().positions[:-count]).query(ends.reshape(-1, 3))
    assert near.reshape(ends.shape[:2]).min(axis=1).max() < 0.006


def test_normals_look_out_and_wool_is_true_to_size() -> None:
    assert sewn_checks.turned(cloth()) < 0.002
    assert sewn_checks.true_to_size(cloth(), catalogue.item("scarf").uv_metres) > 0.85


def test_the_file_is_small_and_details_are_where_they_are_said_to_be() -> None:
    entry = catalogue.item("scarf")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    for low, high in entry.regions.values():
        assert ((cloth().positions > low) & (cloth().positions < high)).all(axis=1).sum() > 100

"""The tote: canvas beside the hip, handles over the shoulder that are sewn to both panels."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import sewn_checks, tote_bag
from assets.generators.drape_body import Body
from assets.generators.headwear_surfaces import canvas
from assets.model import Model, Primitive


@cache
def skin() -> Body:
    return tote_bag.skin()


@cache
def held() -> Model:
    return catalogue.model("tote-bag")


@cache
def shells() -> list[tote_bag.Array]:
    return tote_bag.shells(skin())


def part(name: str) -> Primitive:
    (found,) = [one for one in sewn_checks.parts(held()) if one.material.name == name]
    return found


def test_the_baked_bag_is_the_one_that_is_made() -> None:
    webbing, _ = tote_bag.handles(skin(), shells(), canvas(), canvas())
    made = np.concatenate([*(piece.reshape(-1, 3) for piece in shells()), webbing.positions])
    far, _ = cKDTree(part("canvas").positions).query(made)
    assert far.max() < 3e-5


def test_nothing_is_under_the_skin() -> None:
    assert sewn_checks.deepest(held(), skin()) == 0


def test_the_bag_hangs_between_arm_and_hip_and_is_open_at_its_top_alone() -> None:
    outer, inner, front, back, bottom = shells()
    assert (outer[..., 0] - inner[..., 0] > 0.005).all()
    for gusset, column in ((front, -1), (back, 0)):
        assert np.allclose(gusset[:, 0], outer[:, column])
        assert np.allclose(gusset[:, -1], inner[:, column])
    assert np.allclose(bottom[0], outer[-1])
    assert np.allclose(bottom[-1], inner[-1])
    assert outer[0, :, 1] == pytest.approx(tote_bag.TOP, abs=0.01)


def test_the_handles_go_over_the_shoulder() -> None:
    points = part("canvas").positions
    shoulder = catalogue.model(tote_bag.FIGURE).meshes[0].primitives[0].extras["landmarks"]["shoulder point"]
    top = points[points[:, 1] > shoulder[1]]
    assert len(top) > 100
    assert top[:, 0].max() < shoulder[0]
    assert top[:, 0].max() - top[:, 0].min() > 2 * tote_bag.WEBBING


@pytest.mark.parametrize("name", ["canvas", "thread", "label"])
def test_normals_look_out(name: str) -> None:
    assert sewn_checks.turned(part(name)) < 0.002


def test_canvas_is_true_to_size() -> None:
    assert sewn_checks.true_to_size(part("canvas"), catalogue.item("tote-bag").uv_metres) > 0.95


def test_the_file_is_small_and_details_are_where_they_are_said_to_be() -> None:
    entry = catalogue.item("tote-bag")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(held())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 50

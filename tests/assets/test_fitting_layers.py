"""Pleats in a pose: their layers stay in their order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue, fitting, fitting_bind, fitting_layers, fitting_skin, folds, stance
from assets.fitting_free import bodies
from assets.pose import posed

ITEM = "pleated-skirt"


def torn(x: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """How differently points of the skirt move, as a share of how far they lie apart: the worst of a hundred. Over 1,
    they can change places.
    """
    at = fitting_bind.bound(ITEM).cloth.points
    far, near = cKDTree(at).query(at[::7], k=12)
    apart = np.linalg.norm((x - at)[near] - (x - at)[::7][:, None], axis=2)
    real = far > 0.0008
    return float(np.percentile(apart[real] / far[real], 99))


def test_skirts_of_pleats_are_known() -> None:
    assert ITEM in fitting_layers.LAYERED
    assert "tee" not in fitting_layers.LAYERED


@pytest.mark.parametrize(("avatar", "pose"), [("mannequin-female", "walk"), ("mannequin-male", "relaxed")])
def test_what_lies_in_one_place_moves_alike(avatar: str, pose: str) -> None:
    body = posed(catalogue.model(avatar), animation=pose, time=0)
    model = fitting.fitted(ITEM, body)
    x = np.concatenate([part.positions for mesh in model.meshes for part in mesh.primitives]).astype(np.float64)
    assert torn(x) < 1.0
    skin = fitting_skin.skin(catalogue.model(avatar), stance.moves(body))
    arm = fitting_skin.shares(body)[:, fitting_bind.joints_of(body, "shoulder", "elbow", "wrist")].sum(axis=1)
    assert bodies(skin, arm, arm).trunk.over(x)[0].min() > -0.0005


def test_layers_that_were_moved_apart_come_together() -> None:
    held = fitting_bind.bound(ITEM)
    skin = fitting_skin.skin(catalogue.model("mannequin-female"))
    none = np.zeros(len(skin.points))
    around = bodies(skin, none, none)
    low = np.clip(0.9 - held.cloth.points[:, 1], 0, 1)
    swung = held.cloth.points * (1 + np.stack([0.4 * low, 0 * low, 0.4 * low], axis=1))
    assert np.abs(fitting_layers.evened(held, swung, around) - swung).max() < 0.004
    rough = swung + np.where(np.arange(len(low)) % 5 == 0, 0.006, 0.0)[:, None] * held.cloth.normals
    assert torn(rough) > 1.5
    assert torn(fitting_layers.evened(held, rough, around)) < 0.6


def test_pushed_folds_take_along_what_lies_about_them_and_the_skin_under_them() -> None:
    held = fitting_bind.bound(ITEM)
    at, high = held.cloth.points, held.cloth.points[:, 1] > 0.90
    outer = high & (held.cloth.normals[:, 2] > 0.5)
    push = np.where(outer[:, None], np.array([0.0, 0.0, -0.01]), 0.0)
    moved = folds.together(at, push)
    assert moved[outer, 2].max() < -0.0085
    assert torn(at + moved) < 0.5
    assert np.linalg.norm(moved[at[:, 1] < 0.70], axis=1).max() < 1e-6
    skin = catalogue.model("mannequin-female").meshes[0].primitives[0].positions.astype(np.float64)
    gone = np.linalg.norm(folds.under(skin, at, moved), axis=1)
    belly = (np.abs(skin[:, 0]) < 0.05) & (skin[:, 2] > 0.05) & (np.abs(skin[:, 1] - 0.95) < 0.03)
    assert gone[belly].min() > 0.003
    assert gone[skin[:, 1] < 0.65].max() == 0
    assert gone[skin[:, 1] > 1.25].max() == 0

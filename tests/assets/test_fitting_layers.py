"""Pleats in a pose: their layers stay in their order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue, fitting, fitting_bind, fitting_layers, fitting_skin, stance
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
    arm = fitting_skin.shares(body)[:, fitting_bind.joints_of(body, "elbow", "wrist")].sum(axis=1) > 0.5
    assert bodies(skin, arm).trunk.over(x)[0].min() > -0.0005


def test_layers_that_were_moved_apart_come_together() -> None:
    held = fitting_bind.bound(ITEM)
    skin = fitting_skin.skin(catalogue.model("mannequin-female"))
    around = bodies(skin, np.zeros(len(skin.points), dtype=bool))
    low = np.clip(0.9 - held.cloth.points[:, 1], 0, 1)
    swung = held.cloth.points * (1 + np.stack([0.4 * low, 0 * low, 0.4 * low], axis=1))
    assert np.abs(fitting_layers.evened(held, swung, around) - swung).max() < 0.004
    rough = swung + np.where(np.arange(len(low)) % 5 == 0, 0.006, 0.0)[:, None] * held.cloth.normals
    assert torn(rough) > 1.5
    assert torn(fitting_layers.evened(held, rough, around)) < 0.6

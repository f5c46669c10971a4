"""Catalogue garments follow the mannequin that wears them."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, compose, fitting, fitting_skin, stance
from assets.design import Design
from assets.model import Model
from assets.pose import flatten, posed

POSES = ("relaxed", "walk", "hands-on-hips", "t-pose")


def points(model: Model) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Every vertex, float64[n, 3]."""
    return np.concatenate([part.positions for mesh in model.meshes for part in mesh.primitives]).astype(np.float64)


def as_posed(avatar: str, pose: str) -> Model:
    return posed(catalogue.model(avatar), animation=pose, time=0)


def design(avatar: str, pose: str, *garments: str) -> Design:
    return Design.model_validate(
        {
            "avatar": {"model": {"item": avatar}, "pose": {"animation": pose}},
            "layers": [{"id": item, "model": {"item": item}} for item in garments],
        }
    )


def composed(wanted: Design) -> Model:
    return compose.compose(
        wanted, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )


def test_where_nothing_moves_a_garment_is_as_it_was_draped() -> None:
    assert fitting.fitted("tee", catalogue.model("mannequin-female")) is catalogue.model("tee")


@pytest.mark.parametrize(
    "avatar", ["mannequin-female-xs", "mannequin-female-xl", "mannequin-male", "mannequin-neutral-l"]
)
def test_a_graded_garment_keeps_its_distance_to_the_skin(avatar: str) -> None:
    base, body = catalogue.model("mannequin-female"), catalogue.model(avatar)
    before, _ = fitting_skin.skin(base).over(points(catalogue.model("tee")))
    after, _ = fitting_skin.skin(body).over(points(fitting.fitted("tee", body)))
    near = before < 0.02
    assert after.min() > -0.0005
    assert np.percentile(np.abs(after - before)[near], 90) < 0.012


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("avatar", ["mannequin-female", "mannequin-male-l"])
def test_no_cloth_is_under_the_posed_skin(avatar: str, pose: str) -> None:
    body = as_posed(avatar, pose)
    height, _ = fitting_skin.skin(body, stance.moves(body)).over(points(fitting.fitted("tee", body)))
    assert (height < -0.0005).mean() < 0.01


def test_sleeves_follow_the_arms_and_the_trunk_stays() -> None:
    body = as_posed("mannequin-female", "t-pose")
    before, after = points(catalogue.model("long-sleeve")), points(fitting.fitted("long-sleeve", body))
    cuffs = before[:, 0] > 0.42
    assert after[cuffs, 1].mean() > before[cuffs, 1].mean() + 0.3
    hem = before[:, 1] < 0.95
    assert np.abs(after - before)[hem & (np.abs(before[:, 0]) < 0.2)].max() < 0.02


def test_cloth_does_not_tear() -> None:
    """Edges keep their length, but for few at elbows and under the arms."""
    body = as_posed("mannequin-female", "walk")
    for item in ("long-sleeve", "dress"):
        for old, new in zip(
            catalogue.model(item).meshes[0].primitives, fitting.fitted(item, body).meshes[0].primitives, strict=True
        ):
            pairs = old.indices[:, :2]
            was = np.linalg.norm(old.positions[pairs[:, 0]] - old.positions[pairs[:, 1]], axis=1)
            now = np.linalg.norm(new.positions[pairs[:, 0]] - new.positions[pairs[:, 1]], axis=1)
            assert np.percentile(np.abs(now / np.maximum(was, 1e-4) - 1), 95) < 0.40
            assert now.max() < was.max() + 0.03


def test_regions_follow_the_pose() -> None:
    model = fitting.fitted("long-sleeve", as_posed("mannequin-female", "t-pose"))
    low, high = model.meshes[0].primitives[0].extras["regions"]["left-cuff"]
    assert low[1] > 1.2
    assert high[0] > 0.6


def test_a_garment_is_fitted_once_and_shared() -> None:
    body = as_posed("mannequin-male", "relaxed")
    assert fitting.fitted("tee", body) is fitting.fitted("tee", as_posed("mannequin-male", "relaxed"))


def test_the_shelf_drops_what_was_asked_for_longest_ago() -> None:
    shelf = fitting.Shelf(2)
    model = catalogue.model("tee")
    for name in ("a", "b"):
        shelf.put((name,), model)
    assert shelf.get(("a",)) is model
    shelf.put(("c",), model)
    assert shelf.get(("b",)) is None
    assert shelf.get(("a",)) is model


def test_a_composed_design_wears_what_fits() -> None:
    made = composed(design("mannequin-male-xl", "walk", "tee"))
    (draw,) = (draw for draw in flatten(made) if draw.layer == "tee" and draw.primitive.material.name == "jersey")
    body = as_posed("mannequin-male-xl", "walk")
    assert np.array_equal(draw.primitive.positions, fitting.fitted("tee", body).meshes[0].primitives[0].positions)


def test_what_is_made_for_a_dress_form_is_left_alone() -> None:
    assert fitting.worn(design("mannequin-female", "walk", "tshirt")) == {}
    assert fitting.worn(design("dress-form", "walk", "tee")) == {}
    assert fitting.worn(design("mannequin-male-s", "walk", "tee")) == {"tee": "tee"}


@pytest.mark.parametrize("avatar", ["mannequin-female", "mannequin-male-xl", "mannequin-neutral-xs"])
@pytest.mark.parametrize("pose", ["a-pose", "relaxed", "hands-on-hips", "seated"])
def test_level_feet_lie_on_one_floor(avatar: str, pose: str) -> None:
    body = stance.level(as_posed(avatar, pose))
    y = stance.skinned(stance.skin_of(body), stance.moves(body))[:, 1]
    rest = stance.skin_of(body).positions
    floors = [float(y[(rest[:, 1] < 0.1) & (sign * rest[:, 0] > 0)].min()) for sign in (1, -1)]
    assert floors[0] == pytest.approx(floors[1], abs=0.001)


def test_a_level_foot_stands_on_heel_ball_and_toes() -> None:
    body = stance.level(catalogue.model("mannequin-female"))
    rest = stance.skin_of(body).positions
    y = stance.skinned(stance.skin_of(body), stance.moves(body))[:, 1]
    foot = (rest[:, 1] < 0.1) & (rest[:, 0] > 0)
    heel, tip = foot & (rest[:, 2] < 0.0), foot & (rest[:, 2] > 0.14)
    assert float(y[heel].min()) == pytest.approx(float(y[tip].min()), abs=0.006)
    assert float(rest[heel, 1].min()) > 0.06

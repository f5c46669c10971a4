"""Catalogue garments follow the mannequin that wears them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets import catalogue, compose, fitting, fitting_bind, fitting_free, fitting_skin, stance
from assets.design import Design
from assets.generators import sewn_checks
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


def outer(item: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which vertices are of the cloth's outer layer."""
    held = fitting_bind.bound(item)
    return held.outer[held.cloth.welded]


def bodies(body: Model) -> fitting_free.Bodies:
    shares = fitting_skin.shares(body)
    arm, forearm = (
        shares[:, fitting_bind.joints_of(body, *stems)].sum(axis=1)
        for stems in (("shoulder", "elbow", "wrist"), ("elbow", "wrist"))
    )
    return fitting_free.bodies(fitting_skin.skin(body, stance.moves(body)), arm, forearm)


def test_where_nothing_moves_a_garment_is_as_it_was_draped() -> None:
    assert fitting.fitted("tee", catalogue.model("mannequin-female")) is catalogue.model("tee")


@pytest.mark.parametrize(
    "avatar", ["mannequin-female-xs", "mannequin-female-xl", "mannequin-male", "mannequin-neutral-l"]
)
def test_a_graded_garment_keeps_its_distance_to_the_skin(avatar: str) -> None:
    base, body = catalogue.model("mannequin-female"), catalogue.model(avatar)
    before, _ = fitting_skin.skin(base).over(points(catalogue.model("tee")))
    after, _ = fitting_skin.skin(body).over(points(fitting.fitted("tee", body)))
    assert after[outer("tee")].min() > -0.0003
    assert np.percentile(np.abs(after - before)[before < 0.02], 90) < 0.003


@pytest.mark.parametrize("avatar", ["mannequin-female-xl", "mannequin-male"])
def test_prints_stay_true_to_size_in_every_size(avatar: str) -> None:
    worn = fitting.fitted("tee", catalogue.model(avatar)).meshes[0].primitives[0]
    kept = replace(worn, uv0=catalogue.model("tee").meshes[0].primitives[0].uv0)
    assert sewn_checks.true_to_size(worn, 1.0) > 0.92
    assert sewn_checks.true_to_size(worn, 1.0) > sewn_checks.true_to_size(kept, 1.0)


def test_what_is_loose_is_hardly_stretched_to_the_widest_figure() -> None:
    body = as_posed("mannequin-male-xl", "walk")
    (worn,) = sewn_checks.parts(fitting.fitted("scarf", body))
    assert sewn_checks.true_to_size(worn, 1.0) > 0.95
    assert bodies(body).trunk.over(worn.positions.astype(np.float64))[0].min() > -0.0003


def test_a_skirt_is_cloth_across_the_middle_below_the_crotch() -> None:
    assert fitting_bind.bound("dress").skirt.max() == 1
    assert not fitting_bind.bound("tee").skirt.any()


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("avatar", ["mannequin-female", "mannequin-male-l"])
def test_no_cloth_is_under_the_posed_skin(avatar: str, pose: str) -> None:
    body = as_posed(avatar, pose)
    height, _ = bodies(body).trunk.over(points(fitting.fitted("tee", body)))
    sleeve = fitting_bind.bound("tee").sleeve[fitting_bind.bound("tee").cloth.welded]
    assert (height[outer("tee") & ~sleeve] < -0.0005).mean() < 0.001


def test_sleeves_follow_the_arms_and_the_trunk_stays() -> None:
    body = as_posed("mannequin-female", "t-pose")
    before, after = points(catalogue.model("long-sleeve")), points(fitting.fitted("long-sleeve", body))
    cuffs = before[:, 0] > 0.42
    assert after[cuffs, 1].mean() > before[cuffs, 1].mean() + 0.3
    hem = before[:, 1] < 0.95
    assert np.abs(after - before)[hem & (np.abs(before[:, 0]) < 0.2)].max() < 0.02


@pytest.mark.parametrize(("item", "pose"), [("long-sleeve", "hands-on-hips"), ("dress", "walk")])
def test_cloth_neither_tears_nor_stretches(item: str, pose: str) -> None:
    """But for a few edges under the arms."""
    worn = fitting.fitted(item, as_posed("mannequin-female", pose))
    old, new = (model.meshes[0].primitives[0] for model in (catalogue.model(item), worn))
    pairs = old.indices[:, :2]
    was, now = (
        np.linalg.norm(part.positions[pairs[:, 0]] - part.positions[pairs[:, 1]], axis=1) for part in (old, new)
    )
    ratio = now[was > 0.001] / was[was > 0.001]
    assert np.percentile(ratio, 97.5) < 1.25
    assert now.max() < was.max() + 0.025


def test_a_skirt_goes_with_the_leg_that_pushes_it() -> None:
    """Its front follows the right leg, which is in front; no leg comes through it."""
    body = as_posed("mannequin-female", "walk")
    before, after = points(catalogue.model("dress")), points(fitting.fitted("dress", body))
    front = (before[:, 1] < 0.55) & (before[:, 2] > 0.08)
    assert (after - before)[front & (before[:, 0] < -0.05), 2].mean() > 0.05
    assert (after - before)[front & (before[:, 0] > 0.05), 2].mean() > -0.06


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


@pytest.mark.parametrize("order", [("jeans", "sneakers"), ("sneakers", "jeans")])
def test_a_hem_falls_over_shoes_in_whatever_order_they_are_listed(order: tuple[str, str]) -> None:
    """Neither cuts pieces out of the other; the foot in the shoe is cut."""
    made = composed(design("mannequin-female", "relaxed", *order))
    drawn: dict[str, int] = {}
    for draw in flatten(made):
        drawn[draw.layer] = drawn.get(draw.layer, 0) + len(draw.primitive.indices)
    for item in order:
        assert drawn[item] == sum(len(part.indices) for part in fitting_bind.parts(catalogue.model(item)))
    assert drawn[compose.AVATAR] < len(catalogue.model("mannequin-female").meshes[0].primitives[0].indices)


def test_regions_go_with_a_garment_that_is_lowered() -> None:
    """To the last bit: what a region holds is what it held."""
    body = stance.level(as_posed("mannequin-male", "relaxed"))
    high, low = (fitting.fitted("jeans", one) for one in (body, stance.lowered(body, 0.0437)))
    before, after = (next(iter(flatten(model))).primitive for model in (high, low))
    for name, box in before.extras["regions"].items():
        held, moved = (
            np.all((part.positions >= np.float32(corners[0])) & (part.positions <= np.float32(corners[1])), axis=1)
            for part, corners in ((before, box), (after, after.extras["regions"][name]))
        )
        assert held.any()
        assert np.array_equal(held, moved)


def test_a_shape_is_fitted_once_and_is_the_garments() -> None:
    """Without prints the points are the same; who asks for less may get more, and never the other way round."""
    body = as_posed("mannequin-female-s", "walk")
    shape = fitting.fitted("tee", body, prints=False)
    assert fitting.fitted("tee", body, prints=False) is shape
    whole = fitting.fitted("tee", body)
    assert whole is not shape
    assert np.array_equal(points(shape), points(whole))
    assert fitting.fitted("tee", body, prints=False) is whole


def test_legs_come_out_whole_from_under_hems_that_they_lift() -> None:
    """At rest a coat and a dress cover the knees that are bare in a walk."""
    pieces = ("dress", "trench-coat")
    made = composed(design("mannequin-female-xl", "walk", *pieces))
    body = flatten(as_posed("mannequin-female-xl", "walk"))[0].primitive
    hem = min(float(draw.primitive.positions[:, 1].min()) for draw in flatten(made) if draw.layer in pieces)
    (skin,) = (draw.primitive for draw in flatten(made) if draw.layer == compose.AVATAR)
    below, drawn = (int((part.positions[part.indices, 1].max(axis=1) < hem).sum()) for part in (body, skin))
    assert drawn == below > 1000
    assert len(skin.indices) < len(body.indices) - 3000

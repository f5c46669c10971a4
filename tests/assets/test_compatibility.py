"""What of a design is judged before it is taken: figures, poses and the order of layers."""

from __future__ import annotations

from typing import Any

import pytest

from assets import catalogue, catalogue_garments, compatibility
from assets.catalogue import ITEMS, Item
from assets.design import Design

COAT = Item(
    id="coat",
    kind="garment",
    name_en="Coat",
    name_ko="코트",
    tags=(),
    covers=("shoulders", "chest", "back", "waist", "hips"),
    depth=30,
    figures=catalogue_garments.FIGURES,
    poses=catalogue_garments.POSES,
)


def found(
    avatar: str | None, *worn: str, pose: object = None, change: dict[str, Any] | None = None
) -> list[tuple[str, str]]:
    design: dict[str, Any] = {
        "layers": [{"id": f"l{n}", "model": {"item": item}, **(change or {})} for n, item in enumerate(worn)]
    }
    if avatar is not None:
        design["avatar"] = {"model": {"item": avatar}}
        if pose is not None:
            design["avatar"]["pose"] = {"animation": pose}
    return [(one.code, one.path) for one in compatibility.faults(Design.model_validate_json(_json(design)))]


def _json(design: dict[str, Any]) -> str:
    import json

    return json.dumps(design)


@pytest.fixture
def coat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ITEMS", {**ITEMS, "coat": COAT})


@pytest.mark.parametrize(
    "avatar", ["mannequin-female", "mannequin-female-xl", "mannequin-male-xs", "mannequin-neutral"]
)
def test_a_garment_is_worn_by_its_figures_in_every_size(avatar: str) -> None:
    assert found(avatar, "tee") == []


def test_a_garment_of_another_figure_is_told_with_what_fits() -> None:
    assert found("mannequin-female-s", "tshirt", "tee") == [("design.wrong_figure", "design.layers[0].model")]
    assert found("dress-form", "tshirt", "dress") == [("design.wrong_figure", "design.layers[1].model")]
    assert found("mannequin-child", "tee") == [("design.wrong_figure", "design.layers[0].model")]
    design = Design.model_validate(
        {"avatar": {"model": {"item": "dress-form"}}, "layers": [{"id": "a", "model": {"item": "tee"}}]}
    )
    (fault,) = compatibility.faults(design)
    assert "mannequin-female" in fault.detail
    assert "tshirt" in fault.detail


def test_what_nobody_wears_or_nobody_knows_is_not_judged() -> None:
    assert found(None, "tee", "tshirt") == []
    design = {
        "avatar": {"model": {"blob": "a" * 64}},
        "layers": [{"id": "a", "model": {"item": "tee"}}, {"id": "b", "model": {"blob": "b" * 64}}],
    }
    assert list(compatibility.faults(Design.model_validate_json(_json(design)))) == []


def test_who_moves_or_hides_a_layer_is_let_alone() -> None:
    assert found("dress-form", "skirt", "tee", change={"transform": {"scale": [0.9, 0.9, 0.9]}}) == []
    design = {
        "avatar": {"model": {"item": "dress-form"}},
        "layers": [{"id": "a", "model": {"item": "tee"}, "visible": False}],
    }
    assert list(compatibility.faults(Design.model_validate_json(_json(design)))) == []


@pytest.mark.parametrize("pose", ["seated", 4])
def test_a_pose_that_a_garment_is_not_shown_in_is_told(pose: object) -> None:
    assert found("mannequin-female", "dress", pose=pose) == [("design.wrong_pose", "design.avatar.pose.animation")]
    assert found("mannequin-female", "dress", pose="walk") == []
    assert found("mannequin-female", "tee", pose=pose) == []


def test_a_pose_that_no_mannequin_has_is_left_to_whoever_poses() -> None:
    assert found("mannequin-female", "dress", pose="handstand") == []
    assert found("mannequin-female", "dress", pose=77) == []


@pytest.mark.usefixtures("coat")
def test_a_coat_goes_over_what_it_covers() -> None:
    assert found("mannequin-female", "dress", "coat") == []
    assert found("mannequin-female", "coat", "dress") == [("design.wrong_order", "design.layers[1].model")]
    assert found(None, "coat", "tee", "dress") == [
        ("design.wrong_order", "design.layers[1].model"),
        ("design.wrong_order", "design.layers[2].model"),
    ]


def test_a_top_may_be_tucked_in_or_worn_over() -> None:
    assert found("dress-form", "skirt", "tshirt") == []
    assert found("dress-form", "tshirt", "skirt") == []


def test_the_poses_of_garments_are_those_of_the_mannequins() -> None:
    assert tuple(one.name for one in catalogue.model("mannequin-female").animations) == catalogue_garments.POSES

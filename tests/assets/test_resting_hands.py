"""Hands rest on what is under them: outside of it, whatever the size, and no farther off than they have to be."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, compose, fitting_skin, resting_hands, stance
from assets.design import Design
from assets.fitting_bind import joints_of
from assets.model import Model
from assets.pose import flatten, posed


def heights(body: Model) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of the hands' points over the skin of trunk and legs, where they are near."""
    skin, share = fitting_skin.skin(body, stance.moves(body)), fitting_skin.shares(body)
    hand = share[:, joints_of(body, "wrist")].sum(axis=1) > 0.5
    trunk = share[:, joints_of(body, "shoulder", "elbow", "wrist")].sum(axis=1) < 0.15
    other = fitting_skin.Skin(points=skin.points[trunk], normals=skin.normals[trunk])
    far, _ = other.tree.query(skin.points[hand])
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = other.over(skin.points[hand][far < 0.06])[0]
    return found


@pytest.mark.parametrize("avatar", ["mannequin-male-xl", "mannequin-female", "mannequin-neutral-xs"])
@pytest.mark.parametrize("pose", ["hands-on-hips", "seated"])
def test_hands_are_clear_of_what_they_rest_on(avatar: str, pose: str) -> None:
    body = posed(catalogue.model(avatar), animation=pose, time=0.0)
    thighs = pose == "seated"
    for garments, room in (
        ((), 0.001),
        (("tee", "jeans"), 0.006 if thighs else 0.012),
        (("shirt", "blazer", "hat"), 0.001 if thighs else 0.018),
    ):
        laid = resting_hands.laid(body, garments)
        found = np.percentile(heights(laid), 2)
        before = np.percentile(heights(body), 2)
        assert found > room - 0.004
        if before < room - 0.001:
            assert laid is not body
            assert found < room + 0.012
        again = resting_hands.laid(laid, garments)
        assert np.abs(stance.moves(again) - stance.moves(laid)).max() < 1e-9


def test_nothing_turns_where_hands_rest_on_nothing() -> None:
    for pose in ("a-pose", "t-pose", "walk"):
        body = posed(catalogue.model("mannequin-female"), animation=pose, time=0.0)
        assert resting_hands.laid(body, ("shirt", "blazer")) is body


def test_only_the_arms_turn() -> None:
    body = posed(catalogue.model("mannequin-male-xl"), animation="hands-on-hips", time=0.0)
    laid = resting_hands.laid(body, ("blazer",))
    moved = {
        node.name for node, other in zip(body.nodes, laid.nodes, strict=True) if (node.matrix != other.matrix).any()
    }
    assert moved == {"shoulder-l", "shoulder-r", "shoulder-half-l", "shoulder-half-r"}


def test_a_composed_mannequin_has_its_hands_on_its_hips() -> None:
    design = Design.model_validate(
        {"avatar": {"model": {"item": "mannequin-male-xl"}, "pose": {"animation": "hands-on-hips"}}}
    )
    made = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    (draw,) = flatten(made)
    bare = posed(catalogue.model("mannequin-male-xl"), animation="hands-on-hips", time=0.0)
    laid = stance.skinned(stance.skin_of(bare), stance.moves(resting_hands.laid(bare, ())))
    assert np.abs(draw.primitive.positions - laid).max() < 1e-4
    assert np.abs(draw.primitive.positions - stance.skinned(stance.skin_of(bare), stance.moves(bare))).max() > 0.01

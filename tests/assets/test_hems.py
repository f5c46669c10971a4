"""Hems fall over shoes and straps over sleeves: they are let out, and what is left of a tongue goes under them."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, compose
from assets.design import Design
from assets.hems import room, tucked
from assets.pose import flatten
from assets.surfaces import Surface, join
from assets.transforms import apply
from tests.assets.sheets import sheet
from tools import collection_rules


def test_a_hem_lies_over_a_tongue_that_stood_out_through_it_and_its_layers_stay_apart() -> None:
    over, turned_in = sheet(0.020), sheet(0.0185)
    tongue = sheet(0.029, side=0.04)
    cloth = join([over, turned_in])
    moved = cloth.points + room(cloth, [tongue], sheet(0.0), scale=1.0)
    count = len(over.points)
    above, within = moved[:count, 1], np.abs(over.points[:, (0, 2)] - 0.15).max(axis=1)
    assert above[within <= 0.02].min() > 0.029
    assert np.abs(above[within > 0.09] - 0.020).max() < 0.001
    assert np.abs(np.diff(above.reshape(61, 61), axis=1)).max() < 0.005  # it falls off over centimetres
    assert (above - moved[count:, 1]).min() > 0.001


@pytest.mark.parametrize("height", [0.010, 0.040])
def test_what_lies_under_cloth_or_far_over_it_is_no_reason_to_move(height: float) -> None:
    cloth = sheet(0.020)
    assert not room(cloth, [sheet(height, side=0.04)], sheet(0.0), scale=1.0).any()


def test_a_tongue_that_is_still_out_goes_under_the_hem_and_what_lies_in_it_goes_along() -> None:
    cloth, face, lining = sheet(0.020), sheet(0.026, side=0.04), sheet(0.023, side=0.04)
    tongue = join([face, lining])
    offsets = tucked(tongue, [cloth], sheet(0.0), scale=1.0)
    moved = tongue.points + offsets
    assert moved[:, 1].max() < 0.0196
    assert np.linalg.norm(offsets, axis=1).max() < 0.012
    count = len(face.points)
    assert (moved[:count, 1] - moved[count:, 1]).min() > 0.001


def test_of_a_tongue_that_lies_aslant_to_the_hem_no_corner_stays_out() -> None:
    """What looks sideways must go farther than it looks to be out: it goes in, not back to where it came from."""
    cloth, side = sheet(0.020), sheet(0.024, side=0.03)
    tilted = Surface(
        points=side.points,
        normals=np.tile([0.8, 0.6, 0.0], (len(side.points), 1)),
        triangles=side.triangles,
        opaque=side.opaque,
    )
    moved = tilted.points + tucked(tilted, [cloth], sheet(0.0), scale=1.0)
    assert moved[:, 1].max() < 0.0196
    np.testing.assert_allclose(moved[:, (0, 2)], tilted.points[:, (0, 2)], atol=0.001)


def test_what_is_under_the_hem_or_below_its_edge_is_not_tucked() -> None:
    cloth, body = sheet(0.020), sheet(0.0)
    assert not tucked(sheet(0.018, side=0.04), [cloth], body, scale=1.0).any()
    assert not tucked(sheet(0.026, middle=0.5, side=0.04), [cloth], body, scale=1.0).any()
    assert not tucked(sheet(0.026, side=0.04), [], body, scale=1.0).any()


@pytest.mark.parametrize("body", [sheet(0.0), None])
def test_lengths_go_with_the_figure(body: Surface | None) -> None:
    cloth, tongue = sheet(0.020), sheet(0.026, side=0.04)
    half = [
        None if s is None else Surface(points=s.points / 2, normals=s.normals, triangles=s.triangles, opaque=s.opaque)
        for s in (cloth, tongue, body)
    ]
    assert half[0] is not None
    assert half[1] is not None
    out = room(cloth, [tongue], body, scale=1.0)
    assert out.any()
    np.testing.assert_allclose(room(half[0], [half[1]], half[2], scale=0.5), out / 2, atol=1e-9)
    back = tucked(tongue, [cloth], body, scale=1.0)
    assert back.any()
    np.testing.assert_allclose(tucked(half[1], [half[0]], half[2], scale=0.5), back / 2, atol=1e-9)


def upright(surface: Surface, looks: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Surface:
    """The sheet turned up to face forwards, as cloth before a leg does; its points look along ``looks``."""
    points = surface.points[:, [0, 2, 1]]
    normals = np.tile(np.array(looks), (len(points), 1))
    return Surface(points=points, normals=normals, triangles=surface.triangles[:, ::-1], opaque=surface.opaque)


def test_the_side_of_a_tongue_that_is_past_a_hem_and_looks_away_lets_it_out() -> None:
    hem, leg = upright(sheet(0.020)), upright(sheet(0.0))
    side = upright(sheet(0.034, side=0.02), looks=(-0.98, 0.0, -0.2))
    moved = hem.points + room(hem, [side], leg, scale=1.0)
    within = np.abs(hem.points[:, :2] - 0.15).max(axis=1) <= 0.01
    assert moved[within, 2].min() > 0.034


def test_a_strap_goes_over_what_stands_out_through_it_and_stays_taut() -> None:
    cloth, sleeve = sheet(0.020), sheet(0.029, side=0.02)
    hem, taut = (room(cloth, [sleeve], sheet(0.0), scale=1.0, strap=strap)[:, 1] for strap in (False, True))
    within = np.abs(cloth.points[:, (0, 2)] - 0.15).max(axis=1)
    assert (taut[within <= 0.01] + 0.020).min() > 0.029
    far = (within > 0.06) & (within < 0.07)
    assert (taut - hem)[far].min() > 0.002


@pytest.mark.parametrize(
    ("pieces", "pose"),
    [(("sneakers", "jeans"), "walk"), (("sneakers", "jeans"), "seated"), (("sweater", "tote-bag"), "t-pose")],
)
def test_nothing_is_through_hems_and_straps(
    pieces: tuple[str, ...], pose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_rules, "open_edges", lambda _: 0.0)  # slow, and of each garment alone
    found = collection_rules.check(pieces, "worn", "mannequin-female", pose)
    assert (found.through, found.poking) == (0.0, 0)


def test_jeans_fall_over_sneakers() -> None:
    design = Design.model_validate(
        {
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": item, "model": {"item": item}} for item in ("sneakers", "jeans")],
        }
    )
    made = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    points = {}
    for layer in ("sneakers", "jeans"):
        drawn = [draw for draw in flatten(made) if draw.layer == layer]
        points[layer] = np.concatenate([apply(draw.matrix, draw.primitive.positions) for draw in drawn])
    # In front of the hem, in each leg's middle: nothing of the shoe that is higher than the hem there.
    hem, shoe = points["jeans"], points["sneakers"]
    for side in (1.0, -1.0):
        leg = hem[(hem[:, 0] * side > 0) & (hem[:, 1] < hem[:, 1].min() + 0.06)]
        middle = leg[:, 0].mean()
        front = leg[(np.abs(leg[:, 0] - middle) < 0.02) & (leg[:, 2] > leg[:, 2].mean())]
        above = shoe[(np.abs(shoe[:, 0] - middle) < 0.02) & (shoe[:, 1] > front[:, 1].min() + 0.008)]
        assert len(above)
        assert above[:, 2].max() < front[:, 2].max()

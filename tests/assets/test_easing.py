"""Cloth gives way where what is worn under it stands out through it."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, compose
from assets.covering import Inner, Outer, Surface, covers, join
from assets.design import Design
from assets.easing import pressed, room
from assets.pose import flatten
from assets.transforms import apply


def sheet(height: float, *, middle: float = 0.15, side: float = 0.3) -> Surface:
    """A level square that looks up, a point every 5 mm, around ``middle`` in x and z."""
    count = round(side / 0.005) + 1
    along = np.linspace(-side / 2, side / 2, count) + middle
    x, z = np.meshgrid(along, along)
    a = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + count, a + 1], 1), np.stack([a + 1, a + count, a + count + 1], 1)])
    points = np.stack([x.ravel(), np.full(x.size, height), z.ravel()], axis=1)
    return Surface(
        points=points,
        normals=np.tile([0.0, 1.0, 0.0], (len(points), 1)),
        triangles=triangles,
        opaque=np.ones(len(triangles), dtype=bool),
    )


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


def bumpy(at: float) -> Surface:
    """A sheet under one at 2 cm, wider than it, with a bump 2 cm across that stands 6 mm out at x = ``at``."""
    flat = sheet(0.012, side=0.4)
    points = flat.points.copy()
    points[np.linalg.norm(points[:, (0, 2)] - [at, 0.15], axis=1) < 0.011, 1] = 0.026
    return Surface(points=points, normals=flat.normals, triangles=flat.triangles, opaque=flat.opaque)


def test_what_stands_out_near_a_hem_is_pressed_under_it_and_all_about_it_stays_drawn() -> None:
    over, inner = sheet(0.020), bumpy(0.292)
    (offsets,), (gone,) = pressed(over, [inner], sheet(0.0), scale=1.0)
    moved = inner.points + offsets
    under = np.abs(inner.points[:, (0, 2)] - 0.15).max(axis=1) < 0.15
    assert inner.points[under, 1].max() > 0.025
    assert moved[under & ~gone, 1].max() < 0.020
    assert not gone[~under].any()
    far = np.linalg.norm(inner.points[:, (0, 2)] - [0.292, 0.15], axis=1) > 0.03
    assert not offsets[far].any()


def test_what_stands_out_well_inside_is_not_drawn() -> None:
    inner = bumpy(0.15)
    (offsets,), (gone,) = pressed(sheet(0.020), [inner], sheet(0.0), scale=1.0)
    assert (gone == (inner.points[:, 1] > 0.02)).all()
    assert not offsets.any()


def test_a_shirt_under_a_jacket_that_stands_off_is_cut_well_inside_and_skin_is_not() -> None:
    """Between 1.5 and 5 cm over skin no cloth is near enough for it to come through; of a shirt folds may."""
    shirt, jacket = sheet(0.012), Outer(sheet(0.042))
    (worn,) = covers(Inner(shirt, body=sheet(0.0)), [jacket])
    middles = np.abs(shirt.points[shirt.triangles].mean(axis=1)[:, (0, 2)] - 0.15).max(axis=1)
    assert not worn.keep[middles < 0.08].any()
    (bare,) = covers(Inner(shirt), [jacket])
    assert bare.keep.all()


def test_lengths_go_with_the_figure() -> None:
    cloth, tongue, body = sheet(0.020), sheet(0.026, side=0.04), sheet(0.0)
    whole = room(cloth, [tongue], body, scale=1.0)
    half = [
        Surface(points=s.points / 2, normals=s.normals, triangles=s.triangles, opaque=s.opaque)
        for s in (cloth, tongue, body)
    ]
    np.testing.assert_allclose(room(half[0], half[1:2], half[2], scale=0.5), whole / 2, atol=1e-9)


def test_jeans_fall_over_sneakers_which_stay_as_they_are() -> None:
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

"""Cloth is pressed in where it stands out through what is worn over it."""

from __future__ import annotations

import numpy as np
import pytest

from assets.covering import Inner, Outer, covers
from assets.easing import Rested, pressed
from assets.surfaces import Surface, join
from tests.assets.sheets import sheet


def rested(cloth: Surface, *, away: float = 0.0, covered: bool = False) -> Rested:
    """The cloth at rest, that far away in x."""
    return Rested(points=cloth.points + np.array([away, 0.0, 0.0]), covered=np.full(len(cloth.points), covered))


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


@pytest.mark.parametrize(("away", "moves"), [(0.0, True), (0.4, False)])
def test_what_lies_apart_at_rest_is_not_under_it(away: float, moves: bool) -> None:
    """As a cuff and the jacket's hip that a hand rests on in a pose."""
    over, inner = sheet(0.020), bumpy(0.292)
    rest = (rested(over), [rested(inner, away=away)])
    (offsets,), (gone,) = pressed(over, [inner], sheet(0.0), scale=1.0, rest=rest)
    assert offsets.any() == moves
    assert not gone.any()


@pytest.mark.parametrize("covered", [True, False])
def test_what_no_press_gets_under_is_not_drawn_and_at_a_hem_only_if_it_was_hidden_at_rest(covered: bool) -> None:
    """Pressed under one fold, the bump stands out of the next. At the edge of that a hole would be seen."""
    over, inner = join([sheet(0.020, side=0.02), sheet(0.010, side=0.02)]), bumpy(0.15)
    rest = (rested(over), [rested(inner, covered=covered)])
    (offsets,), (gone,) = pressed(over, [inner], sheet(0.0), scale=1.0, rest=rest)
    off = np.abs(inner.points[:, (0, 2)] - 0.15).max(axis=1)
    out = (inner.points + offsets)[:, 1] > 0.0103
    assert out[(off < 0.009) & gone].any()
    assert gone[off < 0.003].all()
    assert gone[(off > 0.006) & (off < 0.0101)].any() == covered
    assert not (out & ~gone)[off < 0.0101].any()  # each place for itself

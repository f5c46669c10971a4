"""What cloth closes in is cut, though no cloth is right over it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets.covering import Inner, Outer, covers
from assets.surfaces import Surface
from tests.assets.sheets import sheet


def jacket(*, slit: bool = False, glass: bool = False) -> Surface:
    """A box that closes in a sheet at 12 mm: its lid is at 2 cm, and in the middle, 8 cm across, at 12 cm. That part
    may have a slit, or be see-through.
    """
    lid = sheet(0.02)
    apart = np.abs(lid.points[:, (0, 2)] - 0.15).max(axis=1)
    points = lid.points.copy()
    points[apart < 0.041, 1] = 0.12
    middles = np.abs(points[lid.triangles].mean(axis=1)[:, (0, 2)] - 0.15)
    keep = np.ones(len(lid.triangles), dtype=bool)
    if slit:
        keep = ~((middles[:, 0] < 0.01) & (middles[:, 1] < 0.035))
    opaque = np.where(glass, middles.max(axis=1) > 0.045, True)[keep]
    low, high = -0.2, 0.3
    count = len(points)
    corners = np.array([[x, y, z] for x in (0.0, high) for y in (low, 0.02) for z in (0.0, high)])
    sides = np.array(
        [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
    )
    return Surface(
        points=np.concatenate([points, corners]),
        normals=np.concatenate([lid.normals, np.tile([0.0, 1.0, 0.0], (8, 1))]),
        triangles=np.concatenate([lid.triangles[keep], sides + count]),
        opaque=np.concatenate([opaque, np.ones(len(sides), dtype=bool)]),
    )


def kept(cloth: Surface) -> bool:
    """Whether anything is drawn in the middle of a shirt under the cloth."""
    shirt = sheet(0.012, side=0.28)
    (worn,) = covers(Inner(shirt, body=sheet(0.0, side=0.28)), [Outer(cloth)])
    middles = np.abs(shirt.points[shirt.triangles].mean(axis=1)[:, (0, 2)] - 0.15).max(axis=1)
    return bool(worn.keep[middles < 0.035].any())


def test_under_a_closed_fold_that_stands_far_off_nothing_is_drawn() -> None:
    assert not kept(jacket())


@pytest.mark.parametrize("how", ["slit", "glass"])
def test_under_a_slit_and_under_what_one_sees_through_it_is(how: str) -> None:
    assert kept(jacket(slit=how == "slit", glass=how == "glass"))


def test_a_corner_that_stands_out_through_a_seam_at_rest_is_no_opening_and_a_hem_is() -> None:
    """Which would keep all about it drawn, and show it in every pose."""
    cloth = sheet(0.02)
    gap = np.linalg.norm(cloth.points[cloth.triangles].mean(axis=1)[:, (0, 2)] - 0.15, axis=1) < 0.004
    seam = replace(cloth, triangles=cloth.triangles[~gap], opaque=cloth.opaque[~gap])
    shirt = sheet(0.012, side=0.4)
    (worn,) = covers(Inner(shirt, body=sheet(0.0, side=0.4)), [Outer(seam)])
    middles = np.abs(shirt.points[shirt.triangles].mean(axis=1)[:, (0, 2)] - 0.15).max(axis=1)
    assert not worn.keep[middles < 0.08].any()
    assert worn.keep[middles > 0.13].all()

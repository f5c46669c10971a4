"""Around a garment as it lies flat: folds counted, what lies beneath not, the other leg left alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.measure import MeasureError, Surface, girth, weld
from assets.measure_flat import flat

UP = np.array([0.0, 1.0, 0.0])
MIDDLE = np.array([0.0, 0.5, 0.0])


def wall(rim: NDArray[np.float64], *, closed: bool = True) -> Surface:
    """An upright wall of 1 m over points float64[n, 2] (x, z)."""
    count = len(rim)
    points = np.concatenate([np.insert(rim, 1, y, axis=1) for y in (0.0, 1.0)])
    at = np.arange(count if closed else count - 1)
    after = (at + 1) % count
    return weld(
        points,
        np.concatenate([np.stack([at, after, at + count], 1), np.stack([after, after + count, at + count], 1)]),
    )


def ring(radius: float, *, flutes: float = 0.0, count: int = 400, x: float = 0.0) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    away = radius + flutes * np.cos(12 * angle)
    return np.stack([x + away * np.cos(angle), away * np.sin(angle)], axis=1)


def together(*parts: Surface) -> Surface:
    first = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    return Surface(
        points=np.concatenate([part.points for part in parts]),
        triangles=np.concatenate([part.triangles + at for part, at in zip(parts, first, strict=True)]),
    )


def length(rim: NDArray[np.float64]) -> float:
    return 100 * float(np.linalg.norm(np.roll(rim, -1, axis=0) - rim, axis=1).sum())


@pytest.mark.parametrize("radius", [0.03, 0.16, 0.5])
def test_a_round_tube_is_as_a_tape_says(radius: float) -> None:
    taken = flat(wall(ring(radius)), MIDDLE, UP)
    assert taken.cm == pytest.approx(200 * np.pi * radius, rel=0.004)
    assert abs(taken.cm - 200 * np.pi * radius) <= 2 * taken.error


def test_open_folds_count_and_a_tape_lies_over_them() -> None:
    rim = ring(0.16, flutes=0.012)
    cloth = wall(rim)
    assert length(rim) > 104
    assert flat(cloth, MIDDLE, UP).cm == pytest.approx(length(rim), abs=1.0)
    assert girth(cloth, MIDDLE).cm < length(rim) - 1


def test_what_lies_beneath_does_not_count() -> None:
    """A facing inside, and a front that laps over the other: as long as the outside alone."""
    outside = 200 * np.pi * 0.16
    facing = together(wall(ring(0.16)), wall(ring(0.157, count=90)))
    assert flat(facing, MIDDLE, UP).cm == pytest.approx(outside, abs=1.0)
    angle = np.linspace(0.0, 2 * np.pi + 0.6, 500)
    spiral = (0.16 + 0.002 * angle / np.pi)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lapped = wall(spiral, closed=False)
    assert flat(lapped, MIDDLE, UP).cm == pytest.approx(outside + 1.0, abs=1.0)
    assert girth(lapped, MIDDLE, cloth=True).cm > outside + 8


def test_what_stands_open_is_closed_straight() -> None:
    angle = np.linspace(0.2, 2 * np.pi - 0.2, 300)
    coat = wall(0.16 * np.stack([np.cos(angle), np.sin(angle)], axis=1), closed=False)
    assert flat(coat, MIDDLE, UP).cm == pytest.approx(200 * np.pi * 0.16, abs=0.5)


def test_panels_that_are_not_joined_are_one_outline() -> None:
    """Front and back that only touch at the side seams."""
    halves = [np.linspace(first + 0.01, first + np.pi - 0.01, 120) for first in (0.0, np.pi)]
    front, back = (wall(0.16 * np.stack([np.cos(angle), np.sin(angle)], axis=1), closed=False) for angle in halves)
    assert flat(together(front, back), MIDDLE, UP).cm == pytest.approx(200 * np.pi * 0.16, abs=0.5)


def test_the_other_leg_is_not_measured() -> None:
    legs = together(wall(ring(0.08, x=0.085)), wall(ring(0.09, x=-0.095)))
    for x, radius in ((0.085, 0.08), (-0.095, 0.09)):
        near = np.array([x, 0.5, 0.0])
        assert flat(legs, near, UP, near=near).cm == pytest.approx(200 * np.pi * radius, abs=0.3)


def test_a_level_where_nothing_is_says_where_it_is() -> None:
    with pytest.raises(MeasureError, match=r"from 0\.0 to 100\.0 cm") as caught:
        flat(wall(ring(0.1)), np.array([0.0, 2.0, 0.0]), UP)
    assert caught.value.code == "measure.no_section"

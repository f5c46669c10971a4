"""Pushes at rest turn with the body into a pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.turning import Turns
from tests.assets.sheets import sheet


def test_offsets_turn_with_the_body_next_to_them_and_those_of_one_place_stay_alike() -> None:
    """The half of the body at x > 0.15 is bent up, as a lap is: what was pressed down there goes forwards."""
    rest = sheet(0.0)
    bent = rest.points[:, 0] > 0.15
    pose = np.where(bent[:, None], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    points = np.array([[0.25, 0.01, 0.1], [0.251, 0.012, 0.1], [0.05, 0.01, 0.1], [0.06, 0.01, 0.1]])
    down = np.array([[0.0, -0.02, 0.0], [0.0, -0.02, 0.0], [0.0, -0.02, 0.0], [0.0, 0.0, 0.0]])
    found = Turns(rest, pose * 2.0).of(points, down)
    np.testing.assert_allclose(found[:2], [[0.02, 0.0, 0.0]] * 2, atol=1e-12)
    np.testing.assert_allclose(found[2:], down[2:], atol=1e-12)


def test_a_body_that_stays_turns_nothing() -> None:
    rest = sheet(0.0)
    offsets = np.array([[0.003, -0.01, 0.002]])
    found = Turns(replace(rest, normals=rest.normals * 3.0), rest.normals).of(np.array([[0.1, 0.02, 0.1]]), offsets)
    np.testing.assert_allclose(found, offsets, atol=1e-15)

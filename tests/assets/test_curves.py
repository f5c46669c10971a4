"""Animated values between keys, beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation, Slerp

from assets.curves import sampled
from assets.model import Channel

KEYS = np.array([0.0, 0.25, 0.4, 1.0], np.float32)
MOMENTS = np.linspace(-0.1, 1.1, 61)
INSIDE = np.clip(MOMENTS, 0.0, 1.0)


def channel(path: str, interpolation: str, values: NDArray[np.float64]) -> Channel:
    return Channel(node=0, path=path, times=KEYS, values=values.astype(np.float32), interpolation=interpolation)


@pytest.mark.parametrize("seed", range(4))
def test_straight_ways_and_steps(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(4, 3))
    found = sampled(channel("translation", "LINEAR", values), MOMENTS)
    assert np.allclose(found, np.stack([np.interp(INSIDE, KEYS, row) for row in values.T], axis=1), atol=1e-6)
    found = sampled(channel("scale", "STEP", values), MOMENTS)
    assert np.allclose(found, values[np.searchsorted(KEYS, INSIDE, side="right") - 1], atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_splines_are_hermite_s(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(4, 3, 3))  # slope in, value, slope out
    found = sampled(channel("translation", "CUBICSPLINE", values.reshape(12, 3)), MOMENTS)
    for first in range(3):
        ends = slice(first, first + 2)
        held = (KEYS[first] <= MOMENTS) & (KEYS[first + 1] >= MOMENTS)
        slopes = np.stack([values[first, 2], values[first + 1, 0]])
        spline = CubicHermiteSpline(KEYS[ends].astype(float), values[ends, 1], slopes)
        assert np.allclose(found[held], spline(MOMENTS[held]), atol=1e-5)
    assert np.allclose(found[MOMENTS < 0], values[0, 1], atol=1e-6)
    assert np.allclose(found[MOMENTS > 1], values[-1, 1], atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_turns_go_the_shorter_way_at_an_even_pace(seed: int) -> None:
    turns = Rotation.from_quat(np.random.default_rng(seed).normal(size=(4, 4)))
    long = turns.as_quat() * np.array([[1.0], [-1.0], [2.0], [0.5]])  # of any sign and length
    found = sampled(channel("rotation", "LINEAR", long), MOMENTS)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    wanted = Slerp(KEYS.astype(float), turns)(INSIDE)
    assert (Rotation.from_quat(found) * wanted.inv()).magnitude().max() < 1e-5

"""Metres and centimetres are told apart by plausible size, and small real things stay small."""

from __future__ import annotations

import numpy as np
import pytest

from assets.gltf import read
from assets.units import extent
from tests.assets.glb import TRIANGLE, simple


@pytest.mark.parametrize(
    ("size", "unit", "metres"),
    [
        (0.01, 1.0, 0.01),  # a bead in metres
        (0.088, 1.0, 0.088),  # a playing card
        (0.6, 1.0, 0.6),  # a helmet
        (1.75, 1.0, 1.75),  # a person
        (4.0, 1.0, 4.0),  # a room
        (28.0, 0.01, 0.28),  # a hat in centimetres
        (175.0, 0.01, 1.75),  # a person in centimetres
        (1200.0, 0.001, 1.2),  # a dress in millimetres
        (1750.0, 0.001, 1.75),  # a person in millimetres
        (50_000.0, 1.0, 50_000.0),  # nothing that is worn
    ],
)
def test_units_by_size(size: float, unit: float, metres: float) -> None:
    model = read(simple(positions=TRIANGLE * np.float32(size)).data())
    low, high = extent(model)
    assert model.unit_scale == unit
    assert (high - low).max() == pytest.approx(metres, rel=1e-6)
    assert bool(model.warnings) == (unit != 1.0 or size > 10_000)


def test_the_size_counts_the_nodes_scale() -> None:
    glb = simple(positions=TRIANGLE * np.float32(175))
    glb.doc["nodes"][0]["scale"] = [0.01, 0.01, 0.01]
    assert read(glb.data()).unit_scale == 1.0

"""Buttons and buckles: small solids set on draped cloth."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.jacket_plate import unit
from assets.generators.solids import joined, lathe, sweep
from assets.model import Material, Primitive

Array = NDArray[np.float64]

_RIM: Final = (
    (0.0, 0.62), (0.52, 0.62), (0.62, 0.66), (0.72, 0.92), (0.82, 1.0), (0.92, 0.94), (1.0, 0.66), (0.98, 0.30),
    (0.80, 0.06), (0.55, 0.0),
)  # fmt: skip
"""A turned button from the middle of its face over the rim to its back, shares of its radius and height."""


def _set(part: Primitive, at: Array, frame: Array) -> Primitive:
    """A solid made about the y axis, moved: rows of ``frame`` are where x, y and z go."""
    return replace(
        part,
        positions=(part.positions @ frame + at).astype(np.float32),
        normals=(part.normals @ frame).astype(np.float32),
    )


def frame(normal: Array, up: Array) -> Array:
    """Rows x, y, z for what is made lying: y goes along the normal, z against ``up``."""
    y = unit(normal)
    z = unit(-(up - y * float(up @ y)))
    return np.stack([np.cross(y, z), y, z])


def button(
    at: Array,
    normal: Array,
    horn: Material,
    thread: Material,
    *,
    radius: float,
    high: float = 0.0034,
    columns: int = 22,
) -> tuple[Primitive, Primitive]:
    """A button of four holes and its thread, sewn on at a point of the cloth; metres."""
    turned = lathe(np.array(_RIM[::-1]) * [radius, high], horn, columns=columns)
    held = frame(normal, np.array([0.0, 1.0, 0.0]))
    middle = 0.62 * high
    across = 0.30 * radius
    threads = []
    for way in (-1.0, 1.0):
        t = np.linspace(0, 1, 5)
        path = np.stack(
            [across * (2 * t - 1), middle + 0.0004 * np.sin(np.pi * t), np.full(5, way * 0.26 * radius)], axis=1
        )
        threads.append(sweep(path, np.full((5, 2), 0.00045), thread, columns=5))
    return _set(turned, at, held), _set(joined(threads), at, held)


def buckle(at: Array, normal: Array, up: Array, horn: Material, *, wide: float, high: float) -> Primitive:
    """A rounded rectangular frame with its bar and prong, lying on the cloth; ``wide`` along the strap, metres."""
    round_ = 0.0065
    corners = []
    for cx, cz, turn in ((1, 1, 0.0), (-1, 1, 0.5), (-1, -1, 1.0), (1, -1, 1.5)):
        angle = np.pi * (turn + np.linspace(0, 0.5, 6))
        x, z = cx * (wide / 2 - round_), cz * (high / 2 - round_)
        corners.append(np.stack([x + round_ * np.cos(angle), np.full(6, 0.0035), z + round_ * np.sin(angle)], axis=1))
    ring = np.concatenate(corners)
    outer = sweep(ring, np.tile([[0.0036, 0.0030]], (len(ring), 1)), horn, columns=10, closed=True)
    t = np.linspace(-1, 1, 7)
    bar = np.stack([np.full(7, 0.0), np.full(7, 0.0028), t * high / 2], axis=1)
    prong = np.stack([wide / 4 * (t + 1), 0.0068 - 0.0012 * t * t, np.zeros(7)], axis=1)
    thin = np.full((7, 2), 0.0017)
    parts = [outer, sweep(bar, thin, horn, columns=8), sweep(prong, thin, horn, columns=8)]
    return _set(joined(parts), at, frame(normal, up))

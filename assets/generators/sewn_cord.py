"""Cords with tips that come out of eyelets and hang down over what is worn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.solids import sweep
from assets.model import Material, Primitive

Array = NDArray[np.float64]
Collider = Callable[[Array], tuple[Array, Array]]

RADIUS: Final = 0.0026
_EVERY: Final = 0.005
_TIP: Final = 0.024


def hanging(start: Array, outward: Array, long: float, on: Collider) -> Array:
    """The line of a cord of ``long`` metres that leaves the cloth at ``start`` float64[3]: float64[k, 3]."""
    count = round(long / _EVERY) + 1
    lead = start + outward * np.array([[-0.002], [0.003]])
    way = outward * [1.0, 0.0, 1.0]
    way /= np.linalg.norm(way)
    down = np.array([0.0, -1.0, 0.0])
    steps = np.arange(count - 2)[:, None]
    free = lead[1] + way * np.minimum(0.004 * (steps + 1), 0.05) + down * _EVERY * steps * 0.8
    x = np.concatenate([lead, free])
    near = np.stack([np.arange(count - 1), np.arange(1, count)], axis=1)
    far = np.stack([np.arange(count - 2), np.arange(2, count)], axis=1)
    rest = np.concatenate([np.full(count - 1, _EVERY), np.full(count - 2, 2 * _EVERY)])
    inverse = np.full(count, 1 / 4e-5)
    inverse[:2] = 0.0
    inverse[-5:] = 1 / 3e-4  # the tip's weight
    cord = Cloth(
        pairs=np.concatenate([near, far]),
        rest=rest,
        compliance=np.concatenate([np.zeros(count - 1), np.full(count - 2, 0.02)]),
        inverse_mass=inverse,
    )
    x = relax(cord, x, on, Drape(seconds=1.0, damping=6.0, clearance=RADIUS, friction=0.5))
    for _ in range(3):
        x[2:-1] = 0.5 * x[2:-1] + 0.25 * (x[1:-2] + x[3:])
    return x


def cord(line: Array, material: Material) -> Primitive:
    """The braid itself."""
    return sweep(line, np.full((len(line), 2), RADIUS), material, columns=10)


def tip(line: Array, material: Material) -> Primitive:
    """The metal end of a cord: a tube with a rounded rim over its last 24 mm."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = run[-1] + np.array([-1.0, -1.0, -0.96, -0.5, -0.04, 0.0, 0.0]) * _TIP
    at += np.array([-1e-5, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-5])
    points = np.stack([np.interp(at, run, line[:, i]) for i in range(3)], axis=1)
    end = line[-1] - line[-2]
    points[-1] += 1e-5 * end / np.linalg.norm(end)
    radius = RADIUS * np.array([0.9, 1.18, 1.3, 1.3, 1.3, 1.15, 0.02])
    return sweep(points, np.repeat(radius[:, None], 2, axis=1), material, columns=12)


def eyelet(middle: Array, outward: Array, material: Material, *, radius: float = 0.0056) -> Primitive:
    """A metal ring that lies on the cloth."""
    side = np.cross(outward, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, outward)
    turn = np.linspace(0, 2 * np.pi, 25)[:-1, None]
    ring = middle + 0.0008 * outward + radius * (np.cos(turn) * side + np.sin(turn) * up)
    return sweep(ring, np.full((24, 2), 0.0014), material, columns=8, closed=True)

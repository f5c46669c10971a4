"""Solids as fields: negative inside, metres, smoothly joined. What the mannequins are carved from.

A loft is a row of cross-sections along a straight axis, each a superellipse with its own reach to four sides
(Gielis, "A generic geometric transformation that unifies a wide range of natural shapes", 2003, is the general
case). Solids are joined by Quilez' cubic smooth minimum, which has a continuous second derivative, so that
highlights run over a joint without a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]
Field = Callable[[Array], Array]
"""float64[n, 3] metres to float64[n]."""

_SAMPLES: Final = 800
_TINY: Final = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Loft:
    """``axes`` float64[3, 3]: rows are the axis and the section's u and v; ``at`` float64[k] metres along the axis.

    ``low_u``, ``high_u``, ``low_v``, ``high_v`` float64[k] are where a section ends, measured from the axis;
    ``power`` float64[k] its exponent (2 an ellipse). ``widest`` says where along v it is widest, 0..1. ``round_low``
    and ``round_high`` round the ends off over that length.
    """

    origin: Array
    axes: Array
    at: Array
    low_u: Array
    high_u: Array
    low_v: Array
    high_v: Array
    power: Array
    widest: Array
    round_low: float = 0.0
    round_high: float = 0.0

    def field(self) -> Field:
        """The solid's field."""
        along = np.linspace(self.at[0], self.at[-1], _SAMPLES)
        columns = np.stack([self.low_u, self.high_u, self.low_v, self.high_v, self.power, self.widest], axis=1)
        table = CubicSpline(self.at, columns)(along)
        low_u, high_u, low_v, high_v, power, widest = table.T
        u, v = (low_u + high_u) / 2, low_v + (high_v - low_v) * widest
        half_u = np.maximum((high_u - low_u) / 2, _TINY)
        down, up = np.maximum(v - low_v, _TINY), np.maximum(high_v - v, _TINY)
        cap_low, cap_high = max(self.round_low, _TINY), max(self.round_high, _TINY)
        start, stop = along[0] + cap_low, along[-1] - cap_high
        first, step = along[0], along[1] - along[0]

        def value(points: Array) -> Array:
            local = (points - self.origin) @ self.axes.T
            place = np.clip((local[:, 0] - first) / step, 0, _SAMPLES - 1 - 1e-9)
            index = place.astype(np.int64)
            share = place - index

            def row(column: Array) -> Array:
                mixed: Array = column[index] * (1 - share) + column[index + 1] * share
                return mixed

            du, dv = np.abs(local[:, 1] - row(u)) + 1e-9, local[:, 2] - row(v)
            n = row(power)
            side = np.where(dv > 0, row(up), row(down))
            q = ((du / row(half_u)) ** n + (np.abs(dv) / side) ** n) ** (1 / n)
            # The ends are halves of ellipsoids: past them the distance counts along the axis too.
            under, over = np.maximum(start - local[:, 0], 0.0), np.maximum(local[:, 0] - stop, 0.0)
            q = np.sqrt(q * q + (under / cap_low) ** 2 + (over / cap_high) ** 2)
            reach = np.sqrt(du * du + dv * dv + under * under + over * over)
            found: Array = reach - reach / q
            return found

        return value


def ellipsoid(centre: Array, half: Array, axes: Array | None = None) -> Field:
    """An ellipsoid; ``axes`` rows are its directions."""
    turn = np.eye(3) if axes is None else axes

    def value(points: Array) -> Array:
        local = (points - centre) @ turn.T
        k0 = np.linalg.norm(local / half, axis=1)
        k1 = np.linalg.norm(local / half**2, axis=1)
        found: Array = k0 * (k0 - 1) / np.maximum(k1, _TINY)
        return found

    return value


def cone(start: Array, stop: Array, first: float, last: float) -> Field:
    """A capsule whose radius goes from ``first`` to ``last``."""
    axis = stop - start
    length = float(axis @ axis)

    def value(points: Array) -> Array:
        offset = points - start
        t = np.clip(offset @ axis / length, 0, 1)
        found: Array = np.linalg.norm(offset - t[:, None] * axis, axis=1) - (first + (last - first) * t)
        return found

    return value


def union(a: Array, b: Array, k: float | Array) -> Array:
    """Both solids, the crease between them filled over about ``k`` metres."""
    h = np.maximum(k - np.abs(a - b), 0.0) / k
    joined: Array = np.minimum(a, b) - h * h * h * (k / 6)
    return joined


def gradient(field: Field, points: Array, step: float = 5e-4) -> Array:
    """Central differences, float64[n, 3]."""
    found = np.empty_like(points)
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = step
        found[:, axis] = (field(points + shift) - field(points - shift)) / (2 * step)
    return found


def project(field: Field, points: Array, *, steps: int = 6, most: float = 0.01) -> Array:
    """The points moved onto the surface by Newton's steps of at most ``most`` metres."""
    for _ in range(steps):
        slope = gradient(field, points)
        size = np.einsum("ij,ij->i", slope, slope)
        move = -(field(points) / np.maximum(size, 0.05))[:, None] * slope
        length = np.linalg.norm(move, axis=1, keepdims=True)
        points = points + move * np.minimum(1.0, most / np.maximum(length, 1e-12))
    return points

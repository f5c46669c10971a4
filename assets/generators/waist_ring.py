"""Lines about a figure's trunk that a waistband or a skirt starts on: level, convex, at a distance from the skin."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.spatial import ConvexHull

from assets.generators.drape_body import Body

Array = NDArray[np.float64]

_TURNS: Final = 360
_FAR: Final = 0.25  # metres: outside the trunk, inside the hands of an A-pose
_DEEP: Final = -0.005  # metres that the middle of the trunk lies behind the axis


def level(on: Body, y: float, away: float) -> Array:
    """The taut line at height ``y``, ``away`` metres from the skin: float64[k, 2] of x and z, first point last again,
    from the wearer's right over the front to the left and round the back, even in length.
    """
    turn = np.linspace(0, 2 * np.pi, _TURNS, endpoint=False)
    way = np.stack([np.sin(turn), np.zeros_like(turn), np.cos(turn)], axis=1)
    middle = np.array([0.0, y, _DEEP])
    reach = np.arange(_FAR, 0.0, -0.002)
    value = on((middle + reach[:, None, None] * way).reshape(-1, 3))[0].reshape(len(reach), -1)
    first = np.argmax(value < away, axis=0)
    before = np.maximum(first - 1, 0)
    every = np.arange(_TURNS)
    share = (value[before, every] - away) / np.maximum(value[before, every] - value[first, every], 1e-9)
    radius = reach[before] + np.clip(share, 0, 1) * (reach[first] - reach[before])
    radius[value.min(axis=0) >= away] = 0.0  # between the legs
    flat = (middle + radius[:, None] * way)[:, [0, 2]]
    hull = ConvexHull(flat)
    taut = flat[hull.vertices]
    angle = np.arctan2(taut[:, 0], taut[:, 1] - _DEEP)
    taut = taut[np.argsort(np.mod(angle + np.pi / 2, 2 * np.pi))]
    return _even(np.concatenate([taut, taut[:1]]))


def _even(line: Array) -> Array:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0, run[-1], _TURNS + 1)
    return np.stack([np.interp(at, run, line[:, k]) for k in range(2)], axis=1)


def girth(line: Array) -> float:
    """The length of a closed line, metres."""
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def grown(line: Array, to: float) -> Array:
    """The line about its middle, stretched until it is ``to`` metres long."""
    middle = (line[:-1].max(axis=0) + line[:-1].min(axis=0)) / 2
    return np.asarray(middle + (line - middle) * (to / girth(line)))


def walk(line: Array, share: Array) -> tuple[Array, Array]:
    """Points float64[n, 2] and unit normals outward at shares 0..1 of a closed line, which wrap."""
    spots = np.linspace(0, 1, len(line))
    at = np.mod(share, 1.0)
    tangent = np.gradient(line, axis=0)
    tangent[0] = tangent[-1] = line[1] - line[-2]
    # A hull has corners: its normals are taken over a few points.
    soft = uniform_filter1d(tangent[:-1], 13, axis=0, mode="wrap")
    soft = np.concatenate([soft, soft[:1]])
    point = np.stack([np.interp(at, spots, line[:, k]) for k in range(2)], axis=1)
    slope = np.stack([np.interp(at, spots, soft[:, k]) for k in range(2)], axis=1)
    normal = np.stack([-slope[:, 1], slope[:, 0]], axis=1)
    return point, normal / np.linalg.norm(normal, axis=1, keepdims=True)


def band_at(on: Body, flat: Array, long: float, low: float, away: float) -> Array:
    """Where the points float64[n, 2] of a flat waistband of length ``long`` lie, float64[n, 3]: its lower edge at the
    height ``low``, ``away`` from the skin, its ends at the wearer's left.
    """
    x, y = flat.T
    heights = np.linspace(0.0, float(y.max()), 5)
    rings = [walk(level(on, low + float(height), away), x / long + 1.0)[0] for height in heights]
    at = np.clip(y / heights[1], 0, 4)
    below = np.minimum(at.astype(int), 3)
    every, share = np.arange(len(flat)), (at - below)[:, None]
    held = np.stack(rings)
    spot = (1 - share) * held[below, every] + share * held[below + 1, every]
    return np.stack([spot[:, 0], low + y, spot[:, 1]], axis=1)

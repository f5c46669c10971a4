"""Outlines that several patterns share: halves mirrored to a whole, straight cuffs, the curved stand of a collar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Outline = list[tuple[str, Array, int]]

MIRROR = np.array([-1.0, 1.0])


def both(right: Outline, middle: Outline, bottom: Outline) -> Outline:
    """A whole outline: the bottom's edges, the right half's going up, the middle's, the left half's going down."""
    left = [(f"{name}-left", line[::-1] * MIRROR, n) for name, line, n in right[::-1]]
    return [*bottom, *((f"{name}-right", line, n) for name, line, n in right), *middle, *left]


def cuff(wide: float, high: float, around: int, up: int) -> Outline:
    """A strip, ``wide`` half its length; its upper edge is sewn to the sleeve."""
    return [
        ("hem", np.array([(-wide, 0.0), (wide, 0.0)]), around),
        ("end", np.array([(wide, 0.0), (wide, high)]), up),
        ("top", np.array([(wide, high), (-wide, high)]), around),
        ("start", np.array([(-wide, high), (-wide, 0.0)]), up),
    ]


def stand(
    half: float, split: float, heights: tuple[float, float], lean: float, counts: tuple[int, int, int]
) -> Outline:
    """A collar's stand from the middle of the front round the wearer's left and the back to the middle again.

    ``half`` is half its length and ``split`` what of that runs along the front, metres; ``heights`` are at the back
    and at the front; ``lean`` is its upper edge over its lower one, which curves it; ``counts`` are the intervals of
    one front, of the back and of its ends.
    """
    radius = heights[0] / (1 - lean)
    front, back, up = counts

    def arc(start: float, end: float) -> Array:
        turn = np.linspace(start, end, 60) / radius
        return radius * np.stack([np.sin(turn), -np.cos(turn)], axis=1) + [0.0, radius]

    turn = np.linspace(half, -half, 181) / radius
    ahead = np.clip((np.abs(turn) * radius / half - 0.45) / 0.55, 0, 1)
    y = heights[0] + (heights[1] - heights[0]) * ahead**1.5
    top = (radius - y)[:, None] * np.stack([np.sin(turn), -np.cos(turn)], axis=1) + [0.0, radius]
    low = arc(-half, half)
    return [
        ("left", arc(-half, split - half), front),
        ("back", arc(split - half, half - split), back),
        ("right", arc(half - split, half), front),
        ("end", np.array([low[-1], top[0]]), up),
        ("rim", top, 2 * front + back),
        ("start", np.array([top[-1], low[0]]), up),
    ]

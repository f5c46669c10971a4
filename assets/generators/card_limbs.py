"""Bodies of shapes for the demo art: limbs that taper, joined at round joints, lit from one side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import skia

from assets.generators.card_art import Picture, Points, disc, polygon

Joint = tuple[float, float, float]
"""x, y and how thick the limb is there (its radius), in pixels."""


def limb(joints: Sequence[Joint]) -> Any:
    """The outline around a chain of joints."""
    whole = skia.Path(disc(*joints[0]))
    for one, two in pairwise(joints):
        whole = skia.Op(whole, _taper(one, two), skia.PathOp.kUnion_PathOp)
        whole = skia.Op(whole, disc(*two), skia.PathOp.kUnion_PathOp)
    return whole


def joined(paths: Sequence[Any]) -> Any:
    """One outline around them all."""
    whole = skia.Path(paths[0])
    for path in paths[1:]:
        whole = skia.Op(whole, path, skia.PathOp.kUnion_PathOp)
    return whole


def smooth(points: Points, *, closed: bool = True) -> Any:
    """A curve through the points (Catmull and Rom, 1974)."""
    count = len(points)
    drawn = skia.Path()
    drawn.moveTo(*points[0])

    def at(k: int) -> tuple[float, float]:
        return points[k % count] if closed else points[min(max(k, 0), count - 1)]

    for k in range(count if closed else count - 1):
        a, b, c, d = at(k - 1), at(k), at(k + 1), at(k + 2)
        drawn.cubicTo(
            b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6, *c
        )
    if closed:
        drawn.close()
    return drawn


def edged(picture: Picture, path: Any, colour: str, shift: tuple[float, float], *, blur: float = 0.0) -> None:
    """Light on one edge of a shape: what of it the shape, moved by ``shift``, does not cover."""
    moved = skia.Path(path)
    moved.offset(*shift)
    picture.fill(skia.Op(path, moved, skia.PathOp.kDifference_PathOp), colour, blur=blur)


def _taper(one: Joint, two: Joint) -> Any:
    (ax, ay, ar), (bx, by, br) = one, two
    far = math.hypot(bx - ax, by - ay)
    if far <= abs(ar - br):
        return disc(*max(one, two, key=lambda joint: joint[2]))
    along = math.atan2(by - ay, bx - ax)
    open_ = math.acos((ar - br) / far)  # where the outer tangents of two circles touch them
    points = [
        (x + r * math.cos(along + way * open_), y + r * math.sin(along + way * open_))
        for x, y, r, way in ((ax, ay, ar, 1), (bx, by, br, 1), (bx, by, br, -1), (ax, ay, ar, -1))
    ]
    return polygon(points)

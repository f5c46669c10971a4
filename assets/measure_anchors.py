"""The points of a garment that a tailor measures from: the high point of the shoulder, the underarm, the crotch.

A garment is looked at as it stands at rest on a body that stands upright, arms a little away from it: feet on 0, +z
to the front, +x the wearer's left. Where the body's landmarks are known they say where shoulder, wrist and waist are;
else they are guessed from the garment itself. Points are float64[3], metres. What cannot be found is None: such a
point of measure is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from assets.measure import Array, Surface, openings, sections
from assets.measure_ways import LANDMARKS
from assets.scene import Draw

SIDEWAYS: Final = np.array([1.0, 0.0, 0.0])
UPWARDS: Final = np.array([0.0, 1.0, 0.0])
_STEP_M: Final = 0.004
_APART_M: Final = 0.004  # a sleeve that hangs free is further from the side than this
_BESIDE_M: Final = 0.003  # of the middle: a cut along the seam itself frays
_EDGE_M: Final = 0.006  # what counts as the edge of a cuff


def landmarks(draws: Sequence[Draw]) -> dict[str, Array]:
    """The landmarks that a body names, where it stands; none of what is no body."""
    found: dict[str, Array] = {}
    for draw in draws:
        named: Any = draw.primitive.extras.get(LANDMARKS)
        for name, point in named.items() if isinstance(named, Mapping) else ():
            if isinstance(point, list | tuple) and len(point) == 3:
                found[str(name)] = draw.matrix[:3, :3] @ np.array(point, np.float64) + draw.matrix[:3, 3]
    return found


class Anchors:
    """Of one garment, alone, on a body with these landmarks (none: guessed)."""

    def __init__(self, of: Surface, body: Mapping[str, Array]) -> None:
        self.of, self.body = of, body
        self.points = of.points[np.unique(of.triangles)]
        self.low, self.high = of.box
        whole = sections(of, np.array([_BESIDE_M, 0.0, 0.0]), SIDEWAYS)
        self.middle = np.concatenate([one.segments.reshape(-1, 3) for one in whole]) if whole else self.points
        self.longest = max(whole, key=lambda one: one.length).segments.reshape(-1, 3) if whole else self.points
        self.underarm = self._underarm()

    def nearest(self, point: Array) -> Array:
        """The garment's vertex that is nearest to a point."""
        return np.asarray(self.points[np.linalg.norm(self.points - point, axis=1).argmin()])

    def neck(self) -> Array | None:
        """The high point of the left shoulder, at the neck."""
        at = self.body.get("side neck point")
        if at is not None:
            # Where the line of the shoulder meets the neck: a collar that stands on it is no part of the body.
            return self.nearest(at + np.array([0.012, -0.012, 0.0]))
        top = self.high[1] - 0.15 * (self.high[1] - self.low[1])
        rings = [hole.points for hole in openings(self.of) if hole.centre[1] > top]
        return np.asarray(rings[0][rings[0][:, 0].argmax()]) if rings else None

    def nape(self) -> Array | None:
        """Centre back, where the neck begins."""
        at = self.body.get("cervicale")
        if at is not None:
            return self.nearest(at)
        back = self.middle[self.middle[:, 2] < self._depth()]
        return np.asarray(back[back[:, 1].argmax()]) if len(back) else None

    def shoulder(self) -> Array | None:
        """The tip of the left shoulder, where a set-in sleeve begins."""
        at = self.body.get("shoulder point")
        if at is not None:
            return self.nearest(at)
        if self.underarm is None:
            return None
        near = self.points[np.abs(self.points[:, 0] - self.underarm[0]) < 0.006]
        return np.asarray(near[near[:, 1].argmax()]) if len(near) else None

    def mirrored(self, point: Array | None) -> Array | None:
        """The same point of the right side."""
        return None if point is None else self.nearest(point * np.array([-1.0, 1.0, 1.0]))

    def edge(self, x: float, *, front: bool, above: float = -np.inf) -> Array | None:
        """The lowest point in front of or behind the body, as far to the side as ``x``."""
        cut = self._cut(np.array([x, 0.0, 0.0]), SIDEWAYS)
        if cut is None:
            return None
        middle = (float(cut[:, 2].min()) + float(cut[:, 2].max())) / 2
        side = cut[((cut[:, 2] > middle) == front) & (cut[:, 1] > above)]
        return self.nearest(side[side[:, 1].argmin()]) if len(side) else None

    def flank(self) -> Array | None:
        """The lowest point of the left side."""
        low = self.points[self.points[:, 1] < self.low[1] + 0.2]
        if self.underarm is not None:  # long sleeves hang beside the body
            low = low[np.abs(low[:, 0]) < self.underarm[0] + 0.06]
        cut = self._cut(np.array([0.0, 0.0, float(self.middle[:, 2].mean())]), np.array([0.0, 0.0, 1.0]))
        if cut is None or not len(low):
            return None
        cut = cut[(cut[:, 0] > 0.6 * low[:, 0].max()) & (cut[:, 0] <= low[:, 0].max() + 0.01)]
        return self.nearest(cut[cut[:, 1].argmin()]) if len(cut) else None

    def top(self, *, front: bool) -> Array | None:
        """The highest point at the centre front or back."""
        side = self.middle[(self.middle[:, 2] > self._depth()) == front]
        return self.nearest(side[side[:, 1].argmax()]) if len(side) else None

    def crotch(self) -> Array | None:
        """Where the legs part, of trousers: the lowest point between them."""
        at = self.body.get("crotch point")
        found = self.longest  # folds of the legs may touch the middle further down
        if at is not None:
            found = found[(found[:, 1] > at[1] - 0.10) & (found[:, 1] < at[1] + 0.04)]
        return self.nearest(found[found[:, 1].argmin()]) if len(found) else None

    def level(self, y: float, *, x: float = 0.0) -> Array:
        """A point in the middle of what is at that height and as far to the side as ``x``: a tape goes around it."""
        z = (float(self.low[2]) + float(self.high[2])) / 2
        cut = self._cut(np.array([0.0, y, 0.0]), UPWARDS)
        if cut is not None and x:
            cut = cut[(cut[:, 0] > 0) == (x > 0)]
        if cut is not None and len(cut):
            z = (float(cut[:, 2].min()) + float(cut[:, 2].max())) / 2
            x = (float(cut[:, 0].min()) + float(cut[:, 0].max())) / 2 if x else 0.0
        return np.array([x, y, z])

    def arm(self) -> tuple[Array, Array, float] | None:
        """The left sleeve: where its line begins, the direction down the arm, and how far the sleeve goes."""
        start = self.shoulder()
        if start is None or self.underarm is None:
            return None
        sleeve = self.points[self.points[:, 0] > self.underarm[0] + 0.01]
        if len(sleeve) < 16:
            return None
        first, last = self.body.get("shoulder point"), self.body.get("wrist")
        if first is not None and last is not None:
            way = last - first
            start = first + np.array([0.0, -0.02, 0.0])
        else:
            sleeve = sleeve[sleeve[:, 1] > self.underarm[1] - 0.6 * (sleeve[:, 0] - self.underarm[0]) - 0.06]
            tip = sleeve[sleeve[:, 0].argsort()[-max(len(sleeve) // 12, 8) :]].mean(axis=0)
            way = tip - start
        way = way / np.linalg.norm(way)
        # Of what lies along the arm: the side of the body, further down, is no sleeve.
        along = (sleeve - start) @ way
        aside = np.linalg.norm(sleeve - start - along[:, None] * way, axis=1)
        held = along[(aside < 0.16) & (along > 0)]
        return (start, way, float(held.max())) if len(held) else None

    def cuff(self) -> Array | None:
        """The outer point of the left sleeve's edge."""
        line = self.arm()
        if line is None:
            return None
        start, way, far = line
        along = (self.points - start) @ way
        aside = self.points - start - along[:, None] * way
        ring = self.points[(along > far - _EDGE_M) & (np.linalg.norm(aside, axis=1) < 0.16)]
        outer = UPWARDS - way * float(UPWARDS @ way)
        if not len(ring):
            return None
        aslant = np.abs(ring[:, 2] - (ring[:, 2].min() + ring[:, 2].max()) / 2)
        return np.asarray(ring[(ring @ outer - 0.5 * aslant).argmax()])

    def leg(self, *, outer: bool) -> Array | None:
        """The inner or the outer point of the left leg's edge."""
        left = self.points[self.points[:, 0] > 0.002]
        if not len(left):
            return None
        ring = left[left[:, 1] < left[:, 1].min() + 0.012]
        return np.asarray(ring[ring[:, 0].argmax() if outer else ring[:, 0].argmin()])

    def side(self) -> Array | None:
        """The top edge at the left side."""
        ring = self.points[self.points[:, 1] > self.high[1] - 0.03]
        at = ring[ring[:, 0] > 0.85 * ring[:, 0].max()]
        return np.asarray(at[at[:, 1].argmax()]) if len(at) else None

    def _underarm(self) -> Array | None:
        """The point where the left sleeve leaves the side: the highest level at which there is room between them."""
        tip = self.body.get("shoulder point")
        top = float(tip[1]) - 0.02 if tip is not None else float(self.high[1]) - 0.06
        for y in np.arange(top, max(top - 0.32, float(self.low[1])), -_STEP_M):
            cut = self._spans(float(y))
            if len(cut) > 1:
                x = cut[0][1]
                return np.array([x, float(y), self.level(float(y))[2]])
        return None

    def _spans(self, y: float) -> list[tuple[float, float]]:
        """What is at that height to the left, from the middle outwards: intervals of x that nothing joins."""
        found = sections(self.of, np.array([0.0, y, 0.0]), UPWARDS)
        ends = [
            np.sort(np.maximum(section.segments[:, :, 0], 0.0), axis=1)
            for section in found
            if section.segments[:, :, 0].max() > 0.01
        ]
        if not ends:
            return []
        every = np.concatenate(ends)
        every = every[every[:, 1] > 0.0]
        every = every[every[:, 0].argsort()]
        joined = [[float(every[0, 0]), float(every[0, 1])]]
        for low, high in every.tolist():
            if low > joined[-1][1] + _APART_M:
                joined.append([low, high])
            joined[-1][1] = max(joined[-1][1], high)
        return [(low, high) for low, high in joined if high - low > 0.02]

    def _cut(self, point: Array, normal: Array) -> Array | None:
        """All points of a cut, float64[n, 3]."""
        found = sections(self.of, point, normal)
        return np.concatenate([one.segments.reshape(-1, 3) for one in found]) if found else None

    def _depth(self) -> float:
        """Where the front ends and the back begins, at the middle."""
        return (float(self.middle[:, 2].min()) + float(self.middle[:, 2].max())) / 2

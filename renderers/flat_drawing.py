"""The lines of a drawing as they are put on paper one kind after the other, the heaviest first.

A line is smoothed, cut where it runs along one that is there already, and left out when it is a speck; at the end
what nearly meets is made to meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.flat import Line, LineKind
from renderers import flat_chains as chains
from renderers.flat_chains import Chain
from renderers.flat_edges import looked_up
from renderers.flat_mesh import Array
from renderers.flat_page import Raster

_SHORTEST_MM: Mapping[LineKind, float] = {
    LineKind.SILHOUETTE: 2.0,
    LineKind.BORDER: 1.5,
    LineKind.FOLD: 3.5,
    LineKind.SEAM: 2.5,
    LineKind.CREASE: 4.0,
}
_ALONE = 2.0  # how much longer a line must be that touches no other
_SMOOTH_MM: Mapping[LineKind, float] = {
    LineKind.SILHOUETTE: 0.4,
    LineKind.BORDER: 0.5,
    LineKind.FOLD: 0.6,
    LineKind.SEAM: 0.8,
    LineKind.CREASE: 0.4,
}
_SMOOTH_EDGE, _SMOOTH_SEAM = 0.35, 0.7  # of the mesh's edges, so that a coarse mesh has curves too
_SMOOTHEST_MM = 2.5
_TOLERANCE_MM = 0.03
_CORNER = 32.0  # degrees that a line may turn at once without being rounded
_TOUCH_MM: Mapping[LineKind, float] = {  # a lighter line this near to a heavier one says nothing
    LineKind.SILHOUETTE: 0.3,
    LineKind.BORDER: 0.4,
    LineKind.FOLD: 0.6,
    LineKind.SEAM: 0.9,
    LineKind.CREASE: 0.7,
}
_ONCE = frozenset({LineKind.FOLD, LineKind.CREASE})  # of these, rough meshes have several side by side
_CROSSING_MM = 1.0  # unless it only crosses it
_LEFT_OVER_MM = 6.0  # what is left of a line that ran along another one
_REACH_MM, _LOOK_BACK_MM, _CONE = 12.0, 4.0, 0.94  # how far and how straight ahead (cosine) a seam goes on
_MEET_MM, _MEET_STRAIGHT = 4.0, -0.9  # a gap between lines that go on into one another


class Drawing:
    """The lines so far, and where they lie, so that a lighter line does not run along a heavier one."""

    def __init__(self, paper: Raster, fineness_mm: float) -> None:
        self.lines: list[Line] = []
        self._paper = paper
        self._fineness_mm = fineness_mm
        self._apart = np.full((paper.height, paper.width), np.inf, dtype=np.float32)  # pixels to the next line
        self._ink = np.full((paper.height, paper.width), 255, dtype=np.uint8)

    def finished(self) -> list[Line]:
        """The lines, with the gaps closed where one goes on into another."""
        self._reach()
        return _met(self.lines)

    def add(self, kind: LineKind, layer: str, found: Sequence[Chain]) -> None:
        """Takes lines of one kind in pixels: smoothed, without what runs along another line, and without specks."""
        mm = self._paper.pixels_per_mm
        touch = _TOUCH_MM[kind] * mm
        shortest = _SHORTEST_MM[kind] * mm
        rough = _SMOOTH_SEAM if kind is LineKind.SEAM else _SMOOTH_EDGE
        sigma = max(_SMOOTH_MM[kind], min(rough * self._fineness_mm, _SMOOTHEST_MM)) * mm
        own = np.zeros_like(self._ink)  # about the lines of this kind, where it shall not repeat itself
        soft = [(chains.smoothed(points, closed, sigma=sigma, corner=_CORNER), closed) for points, closed in found]
        fresh: list[Chain] = []
        for line in sorted(soft, key=lambda line: -chains.length(*line)):
            parts = self._free(*line, touch, own)
            if len(parts) != 1 or parts[0][0] is not line[0]:
                parts = [part for part in parts if self._worth(part[0], touch)]
            parts = [part for part in parts if chains.length(*part) >= shortest * self._alone(kind, *part)]
            fresh += parts
            if kind in _ONCE:
                for points, closed in parts:
                    ring = [np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)]
                    cv2.polylines(own, ring, closed, 255, thickness=max(round(2 * touch), 1), shift=4)
        for points, closed in fresh:
            ring = [np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)]
            cv2.polylines(self._ink, ring, closed, 0, thickness=1, shift=4)
            short = chains.simplified(points, closed, _TOLERANCE_MM * mm)
            self.lines.append(Line(kind=kind, points=self._paper.to_page(short), closed=closed, layer=layer))
        if fresh:
            self._apart = np.asarray(cv2.distanceTransform(self._ink, cv2.DIST_L2, 3), np.float32)

    def _reach(self) -> None:
        """Takes seams that end in the open to the line that they were about to meet: cloth that rolls over a seam
        hides its last bit, but a seam ends at a seam, a border or an outline.
        """
        mm = self._paper.pixels_per_mm
        middle = np.array([self._paper.width / 2, self._paper.height / 2])
        page = np.array([self._paper.page.width_mm / 2, self._paper.page.height_mm / 2])
        for i, line in enumerate(self.lines):
            if line.kind is not LineKind.SEAM or line.closed:
                continue
            points = line.points
            for _ in range(2):
                tip = (points[0] - page) * mm + middle
                inner = points[np.flatnonzero(np.linalg.norm(points - points[0], axis=1) >= _LOOK_BACK_MM)[:1]]
                way = points[0] - (inner[0] if len(inner) else points[-1])
                met = self._ahead(tip, way / max(float(np.linalg.norm(way)), 1e-9), _REACH_MM * mm)
                if met is not None:
                    points = np.vstack([(met - middle) / mm + page, points])
                points = points[::-1]
            self.lines[i] = replace(line, points=points)

    def _ahead(self, tip: Array, way: Array, far: float) -> Array | None:
        """The nearest inked pixel in a narrow cone ahead of a tip that no ink is at."""
        mm = self._paper.pixels_per_mm
        left, top = (max(int(v - far), 0) for v in tip)
        window = self._ink[top : int(tip[1] + far) + 1, left : int(tip[0] + far) + 1]
        y, x = np.nonzero(window == 0)
        offset = np.stack([x + left, y + top], axis=1) + 0.5 - tip
        distance = np.linalg.norm(offset, axis=1)
        along = offset @ way
        # Its own last pixels are at the tip, and behind it.
        if ((distance < 1.5 * mm) & (along > -0.3 * distance) & (distance > 3)).any():
            return None
        fits = np.flatnonzero((along > _CONE * distance) & (distance >= 1.5 * mm) & (distance <= far))
        if not len(fits):
            return None
        return np.asarray(tip + offset[fits[distance[fits].argmin()]])

    def _worth(self, points: Array, touch: float) -> bool:
        """Whether what is left of a cut line says something: it is long, and goes away from what it was cut by."""
        away = looked_up(self._apart, points).max()
        long = chains.length(points, closed=False) >= _LEFT_OVER_MM * self._paper.pixels_per_mm
        return bool(long and away >= 2 * touch)

    def _alone(self, kind: LineKind, points: Array, closed: bool) -> float:
        """What a line's least length is multiplied by: a short one that hangs in the air is dirt."""
        if closed or kind is LineKind.SILHOUETTE:
            return 1.0
        near = looked_up(self._apart, points[[0, -1]]) <= 1.5 * self._paper.pixels_per_mm
        return 1.0 if near.any() else _ALONE

    def _free(self, points: Array, closed: bool, touch: float, own: NDArray[np.uint8]) -> list[Chain]:
        """The parts of a line that lie apart from what is drawn already."""
        crossing = _CROSSING_MM * self._paper.pixels_per_mm
        ring = np.vstack([points, points[:1]]) if closed else points
        taken = (looked_up(self._apart, ring) < touch) | (looked_up(own, ring) > 0)
        if not taken.any():
            return [(points, closed)]
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
        steps = np.diff(np.concatenate([[0], taken.astype(np.int8), [0]]))
        for a, b in zip(np.flatnonzero(steps > 0), np.flatnonzero(steps < 0), strict=True):
            inner = a > 0 and b < len(ring)
            # A line that only crosses another, or ends at it, does not run along it.
            if run[b - 1] - run[a] <= (crossing + 2 * touch if inner else 1.6 * touch):
                taken[a:b] = False
        if not taken.any():
            return [(points, closed)]
        steps = np.diff(np.concatenate([[0], (~taken).astype(np.int8), [0]]))
        starts, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
        # Each part reaches into what it meets, so that no gap is left between them.
        return [(ring[max(a - 2, 0) : b + 2], False) for a, b in zip(starts, ends, strict=True) if b - a > 1]


def _met(lines: Sequence[Line]) -> list[Line]:
    """Lines of different kinds that go on into one another, where a seam turns into a fold, without a gap."""
    tips, ways, owner = [], [], []
    for i, line in enumerate(lines):
        if line.kind is LineKind.SILHOUETTE or line.closed:
            continue
        for points in (line.points, line.points[::-1]):
            inner = points[np.flatnonzero(np.linalg.norm(points - points[0], axis=1) >= 1.5)[:1]]
            way = points[0] - (inner[0] if len(inner) else points[-1])
            tips.append(points[0])
            ways.append(way / max(float(np.linalg.norm(way)), 1e-9))
            owner.append(i)
    if not tips:
        return list(lines)
    at, out = np.array(tips), np.array(ways)
    pairs = cKDTree(at).query_pairs(_MEET_MM, output_type="ndarray")
    gap = at[pairs[:, 1]] - at[pairs[:, 0]]
    far = np.linalg.norm(gap, axis=1)
    ahead = np.minimum(
        np.einsum("ij,ij->i", gap, out[pairs[:, 0]]), -np.einsum("ij,ij->i", gap, out[pairs[:, 1]])
    ) / np.maximum(far, 1e-9)
    straight = np.einsum("ij,ij->i", out[pairs[:, 0]], out[pairs[:, 1]])
    fits = (far > 1e-6) & (ahead > -_MEET_STRAIGHT) & (straight < _MEET_STRAIGHT)
    found, used = list(lines), set()
    for a, b in pairs[fits][np.argsort(far[fits], kind="stable")].tolist():
        if a in used or b in used or owner[a] == owner[b]:
            continue
        used |= {a, b}
        line, end = found[owner[a]], at[b][None]
        first = np.array_equal(line.points[0], at[a])
        found[owner[a]] = replace(line, points=np.vstack([end, line.points] if first else [line.points, end]))
    return found

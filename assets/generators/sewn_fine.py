"""Sewn cloth made finer: every triangle in four, the surface smoothed as Loop does, the flat panels split alike.

Loop, "Smooth Subdivision Surfaces Based on Triangles", 1987, with Warren's weights (1995); free edges are cubic
B-splines of their own, so that a hem stays a line.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators.pattern import Panel, Sewn

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class FinePanel(Panel):
    """A panel whose triangles are not those of its ``finder``: points are looked for among the triangles' middles."""

    def locate(self, points: Array) -> tuple[Index, Array]:
        """As :meth:`Panel.locate`."""
        middles = self.flat[self.triangles].mean(axis=1)
        _, near = cKDTree(middles).query(points, k=12)
        corners = self.triangles[near]
        a, b, c = (self.flat[corners[..., i]] for i in range(3))
        p = points[:, None]
        area = _cross(b - a, c - a)
        shares = (
            np.stack([_cross(b - p, c - p), _cross(c - p, a - p), _cross(a - p, b - p)], axis=-1) / area[..., None]
        )
        best = shares.min(axis=-1).argmax(axis=1)
        rows = np.arange(len(points))
        return corners[rows, best], shares[rows, best]


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def edges(triangles: Index) -> tuple[Index, Index, Index]:
    """Edges int64[e, 2] (lower vertex first), each triangle's three int64[m, 3] (01, 12, 20), uses int64[e]."""
    ends = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    unique, place, uses = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    return unique, place.reshape(-1, 3), uses


def finer(sewn: Sewn, points: Array, creases: AbstractSet[str] = frozenset()) -> tuple[Sewn, Array]:
    """The cloth with four triangles for each, and its points float64[n, 3] smoothed; edges of panels that are named
    in ``creases`` stay sharp (Hoppe et al., "Piecewise Smooth Surface Reconstruction", 1994).
    """
    triangles = sewn.triangles()
    known, _, _ = edges(triangles)
    sharp: set[tuple[int, int]] = set()
    panels, particle = [], {}
    for p in sewn.panels:
        own, place, _ = edges(p.triangles)
        ids = sewn.particle[p.name]
        ends = np.sort(ids[own], axis=1)
        key = ends[:, 0] * sewn.count + ends[:, 1]
        at = np.searchsorted(known[:, 0] * sewn.count + known[:, 1], key)
        particle[p.name] = np.concatenate([ids, sewn.count + at])
        middle = place + len(p.flat)
        a, b, c = p.triangles.T
        u, v, w = middle.T
        split = np.stack([a, u, w, u, b, v, w, v, c, u, v, w], axis=1).reshape(-1, 3)
        flat = np.concatenate([p.flat, p.flat[own].mean(axis=1)])
        where = {(int(i), int(j)): len(p.flat) + k for k, (i, j) in enumerate(own.tolist())}
        named = {}
        for name, line in p.edges.items():
            pairs = np.sort(np.stack([line[:-1], line[1:]], axis=1), axis=1)
            halves = np.array([where[int(i), int(j)] for i, j in pairs.tolist()])
            named[name] = np.append(np.stack([line[:-1], halves], axis=1).reshape(-1), line[-1])
            if name in creases:
                sharp.update(map(tuple, np.sort(np.stack([ids[line[:-1]], ids[line[1:]]], axis=1), axis=1).tolist()))
        panels.append(FinePanel(name=p.name, flat=flat, triangles=split, edges=named, finder=p.finder))
    made = replace(sewn, panels=tuple(panels), particle=particle, count=sewn.count + len(known))
    return made, _loop(points, triangles, sharp)


def _loop(points: Array, triangles: Index, sharp: AbstractSet[tuple[int, int]]) -> Array:
    known, place, uses = edges(triangles)
    across = np.zeros((len(known), 3))
    for side, opposite in ((0, 2), (1, 0), (2, 1)):
        np.add.at(across, place[:, side], points[triangles[:, opposite]])
    ends = points[known].sum(axis=1)
    inner = uses == 2
    if sharp:
        inner &= np.array([tuple(pair) not in sharp for pair in known.tolist()])
    middle = np.where(inner[:, None], 0.375 * ends + 0.125 * across, 0.5 * ends)
    total, degree = np.zeros_like(points), np.zeros(len(points))
    rim, rims = np.zeros_like(points), np.zeros(len(points))
    for one, other in ((0, 1), (1, 0)):
        np.add.at(total, known[:, one], points[known[:, other]])
        np.add.at(degree, known[:, one], 1.0)
        np.add.at(rim, known[~inner, one], points[known[~inner, other]])
        np.add.at(rims, known[~inner, one], 1.0)
    weight = np.where(degree == 3, 3 / 16, 3 / (8 * np.maximum(degree, 1)))[:, None]
    moved = (1 - degree[:, None] * weight) * points + weight * total
    border = rims == 2
    moved[border] = 0.75 * points[border] + 0.125 * rim[border]
    moved[rims > 2] = points[rims > 2]
    return np.concatenate([moved, middle])

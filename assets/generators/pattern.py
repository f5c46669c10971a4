"""Sewing patterns: flat panels with named edges, triangulated so that sewn edges meet point on point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree
from shapely import contains_xy
from shapely.geometry import Polygon

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """A triangulated flat piece. ``flat`` float64[n, 2] metres, counter-clockwise outside up; ``edges`` maps a
    name to its vertices in order (both corners included); ``triangles`` int64[m, 3].
    """

    name: str
    flat: Array
    triangles: Index
    edges: Mapping[str, Index]
    finder: Delaunay = field(repr=False)

    def locate(self, points: Array) -> tuple[Index, Array]:
        """The triangle's vertices int64[k, 3] and barycentric weights float64[k, 3] of points on the panel; a
        point a little outside takes the nearest triangle, extrapolated.
        """
        simplex = self.finder.find_simplex(points)
        inside = np.zeros(len(self.finder.simplices), dtype=bool)
        inside[_kept(self.finder, self.triangles)] = True
        centres = self.flat[self.finder.simplices].mean(axis=1)
        lost = (simplex < 0) | ~inside[np.maximum(simplex, 0)]
        if lost.any():
            usable = np.flatnonzero(inside)
            simplex[lost] = usable[cKDTree(centres[usable]).query(points[lost])[1]]
        corners = self.finder.simplices[simplex].astype(np.int64)
        a, b, c = (self.flat[corners[:, i]] for i in range(3))
        area = _cross(b - a, c - a)
        weights = np.stack([_cross(b - points, c - points), _cross(c - points, a - points)], axis=1) / area[:, None]
        return corners, np.concatenate([weights, 1 - weights.sum(axis=1, keepdims=True)], axis=1)


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _kept(finder: Delaunay, triangles: Index) -> Index:
    known = {tuple(sorted(t)) for t in triangles.tolist()}
    return np.array([i for i, t in enumerate(finder.simplices.tolist()) if tuple(sorted(t)) in known])


def along(points: Array, count: int) -> Array:
    """``count`` intervals of equal length along a polyline: float64[count + 1, 2]."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0, run[-1], count + 1)
    return np.stack([np.interp(at, run, points[:, i]) for i in range(2)], axis=1)


def length(points: Array) -> float:
    """The length of a polyline."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def panel(name: str, edges: Sequence[tuple[str, Array, int]], spacing: float) -> Panel:
    """A panel from its outline: (name, polyline, intervals) counter-clockwise, each starting where the last ended."""
    outline: list[Array] = []
    named: dict[str, Index] = {}
    total = sum(count for _, _, count in edges)
    start = 0
    for label, line, count in edges:
        outline.append(along(line, count)[:-1])
        named[label] = np.arange(start, start + count + 1) % total
        start += count
    border = np.concatenate(outline)
    polygon = Polygon(border)
    low, high = border.min(axis=0), border.max(axis=0)
    rows = np.arange(low[1], high[1], spacing * np.sqrt(3) / 2)
    xs = np.arange(low[0] - spacing, high[0] + spacing, spacing)
    lattice = np.concatenate(
        [np.stack([xs + (i % 2) * spacing / 2, np.full_like(xs, y)], axis=1) for i, y in enumerate(rows)]
    )
    lattice += 1e-4 * np.random.default_rng(7).standard_normal(lattice.shape)
    inner = lattice[contains_xy(polygon, lattice[:, 0], lattice[:, 1])]
    inner = inner[cKDTree(border).query(inner)[0] > 0.62 * spacing]
    points = np.concatenate([border, inner])
    for _ in range(4):
        finder = Delaunay(points)
        triangles = _inside(points, finder.simplices, polygon)
        points = _smoothed(points, triangles, len(border))
    finder = Delaunay(points)
    triangles = _inside(points, finder.simplices, polygon)
    a, b, c = (points[triangles[:, i]] for i in range(3))
    flip = _cross(b - a, c - a) < 0
    triangles[flip] = triangles[flip][:, ::-1]
    return Panel(name=name, flat=points, triangles=triangles, edges=named, finder=finder)


def _inside(points: Array, simplices: NDArray[np.int32], polygon: Polygon) -> Index:
    centre = points[simplices].mean(axis=1)
    a, b, c = (points[simplices[:, i]] for i in range(3))
    real = np.abs(_cross(b - a, c - a)) > 1e-9
    return np.asarray(simplices[contains_xy(polygon, centre[:, 0], centre[:, 1]) & real], dtype=np.int64)


def _smoothed(points: Array, triangles: Index, fixed: int) -> Array:
    total, count = np.zeros_like(points), np.zeros(len(points))
    for i in range(3):
        for j in range(3):
            if i != j:
                np.add.at(total, triangles[:, i], points[triangles[:, j]])
                np.add.at(count, triangles[:, i], 1.0)
    moved = points.copy()
    moved[fixed:] = 0.5 * points[fixed:] + 0.5 * (total / np.maximum(count, 1)[:, None])[fixed:]
    return moved


@dataclass(frozen=True, kw_only=True, eq=False)
class Sewn:
    """Panels sewn into one cloth. ``particle[p]`` int64[n_p] maps a panel's vertices to particles."""

    panels: tuple[Panel, ...]
    particle: Mapping[str, Index]
    count: int

    def triangles(self) -> Index:
        """All triangles, in particles."""
        return np.concatenate([self.particle[p.name][p.triangles] for p in self.panels])


def sew(panels: Sequence[Panel], seams: Sequence[tuple[str, str, str, str, bool]]) -> Sewn:
    """Joins edges (panel, edge, panel, edge, whether the second runs the other way) vertex to vertex."""
    start = np.cumsum([0, *(len(p.flat) for p in panels)])
    base = {p.name: int(s) for p, s in zip(panels, start, strict=False)}
    by_name = {p.name: p for p in panels}
    parent = np.arange(start[-1])

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    for one, edge, other, edge_other, reverse in seams:
        a = by_name[one].edges[edge] + base[one]
        b = by_name[other].edges[edge_other] + base[other]
        if len(a) != len(b):
            msg = f"{one}.{edge} has {len(a)} points and {other}.{edge_other} {len(b)}"
            raise ValueError(msg)
        for i, j in zip(a.tolist(), (b[::-1] if reverse else b).tolist(), strict=True):
            parent[root(i)] = root(j)
    roots = np.array([root(i) for i in range(len(parent))])
    unique, inverse = np.unique(roots, return_inverse=True)
    particle = {p.name: inverse[base[p.name] : base[p.name] + len(p.flat)] for p in panels}
    return Sewn(panels=tuple(panels), particle=particle, count=len(unique))


def constraints(sewn: Sewn) -> tuple[Index, Array, Index, Array, Array]:
    """Stretch pairs and rest lengths, bend pairs and rest lengths, and each particle's share of area (m^2)."""
    rest: dict[tuple[int, int], list[float]] = {}
    opposite: dict[tuple[int, int], list[int]] = {}
    area = np.zeros(sewn.count)
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        a, b, c = (p.flat[p.triangles[:, i]] for i in range(3))
        third = np.abs(_cross(b - a, c - a)) / 6
        for i in range(3):
            np.add.at(area, ids[p.triangles[:, i]], third)
        for t in p.triangles.tolist():
            for i in range(3):
                u, v, o = t[i], t[(i + 1) % 3], t[(i + 2) % 3]
                gu, gv = int(ids[u]), int(ids[v])
                key = (gu, gv) if gu < gv else (gv, gu)
                rest.setdefault(key, []).append(float(np.hypot(*(p.flat[u] - p.flat[v]))))
                opposite.setdefault(key, []).append(int(ids[o]))
    stretch = np.array(list(rest))
    lengths = np.array([np.mean(found) for found in rest.values()])
    total = dict(zip(map(tuple, stretch.tolist()), lengths.tolist(), strict=True))
    bend, bend_rest = [], []
    for key, found in opposite.items():
        if len(found) == 2 and found[0] != found[1]:
            # Rest: the two triangles unfolded flat over their common edge.
            e = total[key]
            foot = []
            for o in found:
                la = total[tuple(sorted((key[0], o)))]
                lb = total[tuple(sorted((key[1], o)))]
                x = (la * la - lb * lb + e * e) / (2 * e)
                foot.append((x, np.sqrt(max(la * la - x * x, 1e-12))))
            bend.append(found)
            bend_rest.append(np.hypot(foot[0][0] - foot[1][0], foot[0][1] + foot[1][1]))
    return stretch, lengths, np.array(bend), np.array(bend_rest), area

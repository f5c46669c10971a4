"""Measurements of a surface, taken as a tailor takes them: girths with a tape, openings along their edges.

Lengths go in as metres of the world and come out as centimetres. Every measure states its error: what the flat
facets of the mesh may hide of the round form that they stand for. A polygon that is inscribed in a smooth curve and
turns by ``t`` at a corner is short by about ``l * t**2 / 24`` of each side's length ``l`` (an arc and its chord).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError

from assets.errors import ContentError
from assets.scene import Draw

WELD_M: Final = 1e-5
"""Vertices nearer than this are one: seams of UVs and of panels."""
TRIM_SHARE: Final = 0.06
"""Pieces smaller than this share of the whole are thread and buttons: no tape is laid on them."""
READING_CM: Final = 0.01
"""The error that is left when the mesh has none."""
MOST_TRIANGLES: Final = 4_000_000

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class MeasureError(ContentError):
    """A measurement that cannot be taken of this surface."""

    code = "measure.not_possible"


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Welded triangles: ``points`` float64[n, 3] world metres, ``triangles`` int64[m, 3]."""

    points: Array
    triangles: Index

    @property
    def box(self) -> tuple[Array, Array]:
        """Lowest and highest corner."""
        used = self.points[np.unique(self.triangles)]
        return used.min(axis=0), used.max(axis=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """``cm`` with the ``error`` (cm) that it may be off by; ``line`` float64[n, 3] is where the tape lay, metres."""

    cm: float
    error: float
    line: Array

    def times(self, factor: float) -> Measured:
        """A share of it: a half measure is half of the girth, and so is its error."""
        return Measured(cm=self.cm * factor, error=self.error * factor, line=self.line)


def surface(draws: Sequence[Draw], *, trims: bool = False) -> Surface:
    """One surface of draws, without thread, buttons and other small pieces unless ``trims`` are wanted.

    Raises MeasureError ``measure.empty`` where there is nothing, ``measure.too_large`` over 4 million triangles.
    """
    points, triangles, first = [], [], 0
    for draw in draws:
        if not len(draw.primitive.indices):
            continue
        points.append(draw.primitive.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3])
        triangles.append(draw.primitive.indices.astype(np.int64) + first)
        first += len(draw.primitive.positions)
    if not triangles:
        raise MeasureError("there is no surface to measure: name a layer that has triangles", code="measure.empty")
    welded = weld(np.concatenate(points), np.concatenate(triangles))
    if not len(welded.triangles):
        msg = "the triangles have no area, so there is nothing to measure: give the values in cm"
        raise MeasureError(msg, code="measure.empty")
    return welded if trims else _large(welded)


def weld(points: Array, triangles: Index) -> Surface:
    """The surface with vertices at one place made one, and without triangles that have no area."""
    if len(triangles) > MOST_TRIANGLES:
        msg = f"the surface has {len(triangles):,} triangles; measure one of at most {MOST_TRIANGLES:,}"
        raise MeasureError(msg, code="measure.too_large")
    _, kept, number = np.unique(
        np.round(points / WELD_M).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    faces = number.ravel()[triangles]
    a, b, c = faces.T
    return Surface(points=points[kept], triangles=faces[(a != b) & (b != c) & (c != a)])


def _large(whole: Surface) -> Surface:
    """The surface without its small pieces."""
    faces = whole.triangles
    count, piece = pieces(len(whole.points), faces[:, :2], faces[:, 1:])
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, whole.points)
    np.maximum.at(high, piece, whole.points)
    size = np.linalg.norm(high - low, axis=1)
    used = np.unique(piece[faces[:, 0]])
    least = TRIM_SHARE * size[used].max() if len(used) else 0.0
    return Surface(points=whole.points, triangles=faces[size[piece[faces[:, 0]]] >= least])


def keys(rows: Index, count: int) -> Index:
    """One number for each row int64[n, 2 or 3] of numbers below ``count``, in the rows' own order: sorting these is
    many times faster than sorting rows.
    """
    if rows.shape[1] > 2 and count >= 2_097_152:  # the number would not fit into 63 bits
        return np.asarray(np.unique(rows, axis=0, return_inverse=True)[1].ravel())
    key = rows[:, 0].astype(np.int64)
    for column in range(1, rows.shape[1]):
        key = key * count + rows[:, column]
    return np.asarray(key)


def pieces(count: int, *pairs: Index) -> tuple[int, Index]:
    """How many pieces ``pairs`` int64[n, 2] join ``count`` things into, and the piece of each."""
    joined = np.concatenate(pairs)
    graph = coo_matrix((np.ones(len(joined), np.int8), (joined[:, 0], joined[:, 1])), shape=(count, count))
    number, piece = connected_components(graph, directed=False)
    return int(number), np.asarray(piece, np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """One piece of a cut: ``segments`` float64[k, 2, 3] in the plane with the unit ``normal``."""

    segments: Array
    normal: Array

    @property
    def length(self) -> float:
        """Metres of cloth that the cut runs through."""
        return float(np.linalg.norm(self.segments[:, 1] - self.segments[:, 0], axis=1).sum())

    @property
    def hull(self) -> Array:
        """float64[n, 3]: the corners that a tape would lie on, in order."""
        points = self.segments.reshape(-1, 3)
        across, along = spanning(self.normal)
        flat = np.stack([points @ across, points @ along], axis=1)
        try:
            corners = ConvexHull(flat).vertices
        except QhullError:  # a cut that has no width: the tape goes there and back
            way = points @ (points[-1] - points[0])
            corners = np.array([int(way.argmin()), int(way.argmax())])
        return np.asarray(points[corners])


def spanning(normal: Array) -> tuple[Array, Array]:
    """Two unit vectors that span the plane with that normal."""
    start = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
    across = start - normal * (start @ normal)
    across /= np.linalg.norm(across)
    return across, np.cross(normal, across)


def sections(of: Surface, point: Array, normal: Array) -> tuple[Section, ...]:
    """The pieces of a cut with a plane, the longest tape first; none where the plane misses the surface."""
    normal = np.asarray(normal, np.float64) / np.linalg.norm(normal)
    away = (of.points - point) @ normal
    above = away >= 0.0  # what lies in the plane counts as above it, so that every cut goes through two edges
    sides = above[of.triangles]
    mixed = of.triangles[sides.any(axis=1) & ~sides.all(axis=1)]
    if not len(mixed):
        return ()
    pairs = np.sort(np.stack([mixed, np.roll(mixed, -1, axis=1)], axis=2), axis=2)
    crossed = above[pairs[..., 0]] != above[pairs[..., 1]]
    both = pairs[crossed].reshape(-1, 2, 2)  # two edges of every triangle
    flat = both.reshape(-1, 2)
    _, first, number = np.unique(keys(flat, len(of.points)), return_index=True, return_inverse=True)
    edges, ends = flat[first], number.reshape(-1, 2)
    a, b = away[edges[:, 0]], away[edges[:, 1]]
    share = (a / (a - b))[:, None]
    at = of.points[edges[:, 0]] * (1 - share) + of.points[edges[:, 1]] * share
    count, piece = pieces(len(edges), ends)
    found = [Section(segments=at[ends[piece[ends[:, 0]] == one]], normal=normal) for one in range(count)]
    return tuple(sorted(found, key=lambda section: -_around(section.hull)))


def girth(
    of: Surface,
    point: Array,
    normal: Array | None = None,
    *,
    near: Array | None = None,
    cloth: bool = False,
) -> Measured:
    """Around a body at a plane (level, unless it has a ``normal``): the convex hull of the cut, as a tape lies over
    hollows; with ``cloth`` the length of the cloth itself, which goes into every fold. Of several pieces (a torso and
    its arms) the one nearest to ``near``, or the largest. Raises MeasureError ``measure.no_section``.
    """
    found = sections(of, point, np.array([0.0, 1.0, 0.0]) if normal is None else normal)
    if not found:
        low, high = (100 * value for value in of.box)
        msg = f"nothing is cut there: the surface reaches from {low[1]:.1f} to {high[1]:.1f} cm in height"
        raise MeasureError(msg, code="measure.no_section")
    one = found[0]
    if near is not None:
        one = min(found, key=lambda section: float(np.linalg.norm(section.hull.mean(axis=0) - near)))
    corners = one.hull
    ring = np.vstack([corners, corners[:1]])
    metres = one.length if cloth else _around(corners)
    return Measured(cm=100 * metres, error=_facets(corners) * metres / max(_around(corners), 1e-9), line=ring)


def extent(of: Surface, axis: int = 1) -> Measured:
    """How far the surface reaches along an axis (0 wide, 1 high, 2 deep): exact."""
    used = of.points[np.unique(of.triangles)]
    low, high = used[used[:, axis].argmin()], used[used[:, axis].argmax()]
    return Measured(cm=100 * float(high[axis] - low[axis]), error=0.0, line=np.stack([high, low]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """A hole that somebody puts an arm through: ``points`` float64[n, 3], the last not the first."""

    points: Array

    @property
    def measured(self) -> Measured:
        """Around its edge."""
        ring = np.vstack([self.points, self.points[:1]])
        return Measured(cm=100 * _around(self.points), error=_facets(self.points), line=ring)

    @property
    def centre(self) -> Array:
        """The middle of its edge, weighed by length."""
        after = np.roll(self.points, -1, axis=0)
        weight = np.linalg.norm(after - self.points, axis=1)
        return np.asarray(((self.points + after) / 2 * weight[:, None]).sum(axis=0) / max(weight.sum(), 1e-12))


def openings(of: Surface, *, least_cm: float = 4.0) -> tuple[Opening, ...]:
    """The loops of edges that only one triangle has, the longest first; slits of less than ``least_cm`` are none."""
    pairs = np.concatenate([of.triangles[:, [0, 1]], of.triangles[:, [1, 2]], of.triangles[:, [2, 0]]])
    same = keys(np.sort(pairs, axis=1), len(of.points))
    _, first, count = np.unique(same, return_index=True, return_counts=True)
    after: dict[int, list[int]] = {}
    for a, b in pairs[np.sort(first[count == 1])].tolist():
        after.setdefault(a, []).append(b)
    found = []
    for start in sorted(after):
        while after.get(start):
            loop, here = [start], after[start].pop()
            while here != start and after.get(here):
                loop.append(here)
                here = after[here].pop()
            if here == start and len(loop) > 2:
                found.append(Opening(points=of.points[loop]))
    long = [100 * _around(opening.points) for opening in found]
    order = sorted((n for n, cm in enumerate(long) if cm >= least_cm), key=lambda n: -long[n])
    return tuple(found[n] for n in order)


def _around(corners: Array) -> float:
    return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).sum())


def _facets(corners: Array) -> float:
    """Centimetres that a closed polygon float64[n, 3] may be short of the curve it stands for."""
    way = np.roll(corners, -1, axis=0) - corners
    long = np.linalg.norm(way, axis=1)
    way, long = way[long > 1e-9], long[long > 1e-9]
    if len(way) < 3:
        return READING_CM
    unit = way / long[:, None]
    turn = np.arccos(np.clip((unit * np.roll(unit, -1, axis=0)).sum(axis=1), -1.0, 1.0))
    turn = np.minimum(turn, np.pi / 4)  # a real corner hides nothing
    return max(float((long * (turn**2 + np.roll(turn, 1) ** 2) / 48).sum()) * 100, READING_CM)

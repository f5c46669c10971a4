"""The shortest way over a surface between two points: a tape that is laid along the back or down a sleeve.

Points are put on the edges of the mesh and Dijkstra's algorithm finds the way between them (Lanthier, Maheshwari and
Sack, 1997). What is left of the error is that the way bends at those points; the sequence of edges is kept and the
places on them are moved until the way is as short as it gets, which is a convex problem: lengths of straight pieces
between points that move along straight edges. Works on any triangles, with borders and non-manifold edges.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from assets.measure import READING_CM, Array, Index, Measured, MeasureError, Surface, keys, pieces

_PLACES: Final = ((60_000, 4), (300_000, 2))  # triangles, places on an edge: short edges need fewer
_BRIDGED_M: Final = 0.05
_LAYERS_M: Final = 0.012
SEAM_M: Final = 0.005
"""Open edges that are nearer than this are sewn together."""
_REACHES: Final = (1.15, 1.6)  # of the straight way: what lies further out is looked at only if need be


def path(of: Surface, start: Array, end: Array) -> Measured:
    """The way from ``start`` to ``end`` over the piece that is nearest to both: a collar may lie on a neckline and
    not be joined to it. Up to 5 cm from an end to the piece are bridged straight, and a fifth of that is error.

    Raises MeasureError ``measure.no_way`` when no piece comes near to both.
    """
    seams = _seams(of)
    a, b, gaps = _ends(of, seams, start, end)
    seams = np.concatenate([seams, _through(of, a), _through(of, b)])
    if a == b:
        raise MeasureError("both ends of the length are the same point of the surface", code="measure.no_way")
    apart = float(np.linalg.norm(of.points[a] - of.points[b]))
    about = np.linalg.norm(of.points - of.points[a], axis=1) + np.linalg.norm(of.points - of.points[b], axis=1)
    least = about[of.triangles].min(axis=1)
    for reach in (*_REACHES, np.inf):
        rough = _places(of.points, of.triangles[least <= reach * apart], seams, a, b)
        # A way that is longer than those left out could have been is not trusted.
        if rough is not None and rough[1] <= reach * apart:
            line, metres = _straightened(*rough[0])
            error = max(100 * 0.02 * (rough[1] - metres), READING_CM) + _hidden(line) + 20 * gaps
            return Measured(cm=100 * (metres + gaps), error=error, line=_bridged(start, line, end))
    raise MeasureError(
        "the two ends lie on pieces that nothing joins: choose both on one garment", code="measure.no_way"
    )


def _bridged(start: Array, line: Array, end: Array) -> Array:
    """The line with what is bridged at its ends."""
    before = start[None] if np.linalg.norm(start - line[0]) > 1e-3 else line[:0]
    after = end[None] if np.linalg.norm(end - line[-1]) > 1e-3 else line[:0]
    return np.concatenate([before, line, after])


def _seams(of: Surface) -> Index:
    """Pairs int64[n, 2] of vertices on open edges that lie within half a centimetre of each other: panels that meet
    at a seam need not share vertices there.
    """
    sides = np.sort(np.stack([of.triangles, np.roll(of.triangles, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    _, first, count = np.unique(keys(sides, len(of.points)), return_index=True, return_counts=True)
    border = np.unique(sides[first[count == 1]])
    if not len(border):
        return np.zeros((0, 2), np.int64)
    near = cKDTree(of.points[border]).query_pairs(SEAM_M, output_type="ndarray")
    return np.asarray(border[near].reshape(-1, 2), np.int64)


def _through(of: Surface, end: int) -> Index:
    """Pairs of a vertex and those of other layers beneath it or above: a strap on a shoulder is where a way along the
    sleeve begins, and the way need not go round by where the strap is sewn on.
    """
    used = np.unique(of.triangles)
    near = used[np.linalg.norm(of.points[used] - of.points[end], axis=1) < _LAYERS_M]
    near = near[near != end]
    return np.stack([np.full(len(near), end, np.int64), near], axis=1)


def _ends(of: Surface, seams: Index, start: Array, end: Array) -> tuple[int, int, float]:
    """A vertex at each end, of one piece, and the metres from the two points to them."""
    used = np.unique(of.triangles)
    _, piece = pieces(len(of.points), of.triangles[:, :2], of.triangles[:, 1:], seams)
    own, number = np.unique(piece[used], return_inverse=True)
    far = [np.linalg.norm(of.points[used] - point, axis=1) for point in (start, end)]
    least = np.full((2, len(own)), np.inf)
    for side in (0, 1):
        np.minimum.at(least[side], number, far[side])
    best = int(least.sum(axis=0).argmin())
    if least[:, best].max() > _BRIDGED_M:
        msg = "the two ends lie on pieces that nothing joins: choose both on one garment"
        raise MeasureError(msg, code="measure.no_way")
    a, b = (int(used[np.where(number == best, distance, np.inf).argmin()]) for distance in far)
    return a, b, float(least[:, best].sum())


def _places(
    points: Array, faces: Index, seams: Index, a: int, b: int
) -> tuple[tuple[Array, Array, Array], float] | None:
    """The way by places on edges: each one's edge (its two ends) and its share along it; and its length."""
    count = next((places for most, places in _PLACES if len(faces) <= most), 1)
    _, once = np.unique(keys(np.sort(faces, axis=1), len(points)), return_index=True)  # or its links are added up
    faces = faces[once]
    sides = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2), axis=2)
    flat = sides.reshape(-1, 2)
    _, first, inverse = np.unique(keys(flat, len(points)), return_index=True, return_inverse=True)
    edges, number = flat[first], inverse.reshape(-1, 3)
    vertices, total = len(points), len(points) + len(edges) * count
    share = np.arange(1, count + 1) / (count + 1)
    on = points[edges[:, 0], None] * (1 - share[:, None]) + points[edges[:, 1], None] * share[:, None]
    at = np.concatenate([points, on.reshape(-1, 3)])
    ids = vertices + number[..., None] * count + np.arange(count)  # [m, 3 sides, places]
    links = []
    for i in range(3):  # places of a side see those of the next side, and the corner that faces them
        links += [
            np.stack(np.broadcast_arrays(ids[:, i, :, None], ids[:, (i + 1) % 3, None, :]), axis=-1).reshape(-1, 2),
            np.stack(np.broadcast_arrays(ids[:, i], faces[:, (i + 2) % 3, None]), axis=-1).reshape(-1, 2),
        ]
    along = np.concatenate(
        [edges[:, :1], vertices + np.arange(len(edges))[:, None] * count + np.arange(count), edges[:, 1:]], 1
    )
    links += [along[:, i : i + 2] for i in range(count + 1)]
    pairs = np.concatenate([*links, seams])
    long = np.maximum(np.linalg.norm(at[pairs[:, 0]] - at[pairs[:, 1]], axis=1), 1e-12)
    graph = coo_matrix((long, (pairs[:, 0], pairs[:, 1])), shape=(total, total)).tocsr()
    far, before = dijkstra(graph, directed=False, indices=a, return_predecessors=True)
    if not np.isfinite(far[b]):
        return None
    way = [b]
    while way[-1] != a:
        way.append(int(before[way[-1]]))
    place = np.array(way[::-1])
    edge = (place - vertices) // count
    inner = place >= vertices
    ends = np.where(inner[:, None], edges[np.where(inner, edge, 0)], place[:, None])
    return (points[ends[:, 0]], points[ends[:, 1]], np.where(inner, share[(place - vertices) % count], 0.0)), float(
        far[b]
    )


def _straightened(low: Array, high: Array, share: Array) -> tuple[Array, float]:
    """The way with its places moved along their edges until it is shortest, float64[n, 3], and its metres."""
    span = high - low

    def length(given: Array) -> tuple[float, Array]:
        at = low + span * given[:, None]
        step = np.diff(at, axis=0)
        long = np.maximum(np.linalg.norm(step, axis=1), 1e-12)
        unit = step / long[:, None]
        pull = np.zeros_like(at)
        pull[1:] += unit
        pull[:-1] -= unit
        return float(long.sum()), (pull * span).sum(axis=1)

    found = minimize(
        length, share, jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(share), options={"maxiter": 400}
    )
    best = found.x if found.fun <= length(share)[0] else share
    return np.asarray(low + span * best[:, None]), length(best)[0]


def _hidden(line: Array) -> float:
    """Centimetres that facets may hide: the way cuts through triangles too, whose middles lie deeper than edges."""
    way = np.diff(line, axis=0)
    long = np.linalg.norm(way, axis=1)
    way, long = way[long > 1e-6], long[long > 1e-6]
    if len(way) < 2:
        return 0.0
    unit = way / long[:, None]
    turn = np.minimum(np.arccos(np.clip((unit[1:] * unit[:-1]).sum(axis=1), -1.0, 1.0)), np.pi / 4)
    return float(((long[1:] + long[:-1]) * turn**2 / 16).sum()) * 100

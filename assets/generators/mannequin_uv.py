"""Unfolds a mannequin's surface: pieces between the seams, laid flat with little stretch, and packed.

Each piece starts as a least-squares conformal map (Levy et al., "Least squares conformal maps for automatic texture
atlas generation", 2002) and is then made as rigid as possible (Liu et al., "A local/global approach to mesh
parameterization", 2008), which gives it its real size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bmat, coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from assets.generators.mannequin_field import Array
from assets.generators.mannequin_quads import Fine, edges_of

Indices = NDArray[np.int64]
_ROUNDS: Final = 30
_MARGIN: Final = 0.012  # metres between pieces


@dataclass(frozen=True, kw_only=True, eq=False)
class Unfolded:
    """``source`` int64[v] is the surface's point of each vertex, ``uv`` float64[v, 2] in 0..1 (v down), ``triangles``
    int64[t, 3] and ``chart`` int64[t]; ``metres`` on the surface for each UV unit.
    """

    source: Indices
    uv: Array
    triangles: Indices
    chart: Indices
    metres: float


def triangulated(quads: Indices, points: Array) -> Indices:
    """Each quad split along its shorter diagonal."""
    p = points[quads]
    first = np.linalg.norm(p[:, 0] - p[:, 2], axis=1) <= np.linalg.norm(p[:, 1] - p[:, 3], axis=1)
    one = np.where(first[:, None], quads[:, [0, 1, 2]], quads[:, [0, 1, 3]])
    two = np.where(first[:, None], quads[:, [0, 2, 3]], quads[:, [1, 2, 3]])
    return np.stack([one, two], axis=1).reshape(-1, 3)


def unfolded(fine: Fine) -> Unfolded:
    """The whole surface, its points split along the seams."""
    quads = fine.quads
    edges, sides = edges_of(quads)
    cut = np.array([(int(a), int(b)) in fine.seams for a, b in edges])
    order = np.argsort(sides.reshape(-1), kind="stable")
    pairs = (order // 4).reshape(-1, 2)[~cut]
    count = len(quads)
    joined = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    charts, of_quad = connected_components(joined, directed=False)
    corner, corners = _corners(quads, order.reshape(-1, 2)[~cut])
    source = np.empty(corners, dtype=np.int64)
    source[corner.reshape(-1)] = quads.reshape(-1)
    triangles = triangulated(corner, fine.points[source])
    chart = np.repeat(of_quad, 2)
    uv = np.zeros((corners, 2))
    boxes = []
    for number in range(charts):
        mine = triangles[chart == number]
        used, local = np.unique(mine, return_inverse=True)
        flat = flattened(fine.points[source[used]], local.reshape(-1, 3))
        uv[used] = _upright(flat, fine.points[source[used]])
        boxes.append((used, np.ptp(uv[used], axis=0)))
        uv[used] -= uv[used].min(axis=0)
    side = _pack(uv, boxes)
    return Unfolded(source=source, uv=uv / side, triangles=triangles, chart=chart, metres=side)


def _corners(quads: Indices, shared: Indices) -> tuple[Indices, int]:
    """Numbers the corners of the quads: those that meet at a point without a cut between them share one."""
    count = quads.size
    quad, side = shared // 4, shared % 4
    pairs = np.stack([quad * 4 + side, quad * 4 + (side + 1) % 4], axis=2)
    a, b = pairs[:, 0], pairs[:, 1]
    points = quads.reshape(-1)
    straight = points[a[:, 0]] == points[b[:, 0]]
    b = np.where(straight[:, None], b, b[:, ::-1])
    links = csr_matrix((np.ones(a.size), (a.reshape(-1), b.reshape(-1))), shape=(count, count))
    number, label = connected_components(links, directed=False)
    return label.reshape(-1, 4).astype(np.int64), int(number)


def flattened(points: Array, triangles: Indices) -> Array:
    """A disc of triangles laid flat: float64[n, 2], in the points' unit."""
    shape = _local(points, triangles)
    uv = _conformal(shape, triangles, points)
    return _rigid(shape, triangles, uv)


def _local(points: Array, triangles: Indices) -> Array:
    """Each triangle in its own plane: float64[t, 3, 2]."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    x = b - a
    length = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    x = x / length
    y = np.cross(np.cross(x, c - a), x)
    y /= np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-12)
    flat = np.zeros((len(triangles), 3, 2))
    flat[:, 1, 0] = length[:, 0]
    flat[:, 2, 0] = np.einsum("ij,ij->i", c - a, x)
    flat[:, 2, 1] = np.maximum(np.einsum("ij,ij->i", c - a, y), 1e-9)
    return flat


def _conformal(shape: Array, triangles: Indices, points: Array) -> Array:
    count, many = len(points), len(triangles)
    area = np.sqrt(np.maximum(shape[:, 1, 0] * shape[:, 2, 1], 1e-14))
    w = np.stack([shape[:, 2] - shape[:, 1], shape[:, 0] - shape[:, 2], shape[:, 1] - shape[:, 0]], axis=1)
    w = w / area[:, None, None]
    rows = np.repeat(np.arange(many), 3)
    real = coo_matrix((w[:, :, 0].reshape(-1), (rows, triangles.reshape(-1))), shape=(many, count))
    other = coo_matrix((w[:, :, 1].reshape(-1), (rows, triangles.reshape(-1))), shape=(many, count))
    system = bmat([[real, -other], [other, real]]).tocsc()
    # Two points far apart are held: they give the map its place, turn and size.
    low, high = int(np.argmin(points[:, 1])), int(np.argmax(points[:, 1]))
    size = float(np.linalg.norm(points[high] - points[low]))
    held = np.array([low, high, low + count, high + count])
    values = np.array([0.0, 0.0, 0.0, size])
    free = np.setdiff1d(np.arange(2 * count), held)
    right = -system[:, held] @ values
    part = system[:, free]
    solved = splu((part.T @ part + 1e-12 * _eye(len(free))).tocsc()).solve(part.T @ right)
    flat = np.empty(2 * count)
    flat[held], flat[free] = values, solved
    return np.stack([flat[:count], flat[count:]], axis=1)


def _eye(count: int) -> csr_matrix:
    return csr_matrix((np.ones(count), (np.arange(count), np.arange(count))), shape=(count, count))


def _rigid(shape: Array, triangles: Indices, uv: Array) -> Array:
    count = len(uv)
    cot = np.empty((len(triangles), 3))
    for k in range(3):
        e, f = shape[:, (k + 1) % 3] - shape[:, k], shape[:, (k + 2) % 3] - shape[:, k]
        cross = np.abs(e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0])
        cot[:, k] = np.clip(np.einsum("ij,ij->i", e, f) / np.maximum(cross, 1e-14), 0.02, 20)
    i = np.concatenate([triangles[:, (k + 1) % 3] for k in range(3)])
    j = np.concatenate([triangles[:, (k + 2) % 3] for k in range(3)])
    w = np.concatenate([cot[:, k] for k in range(3)])
    adjacent = coo_matrix((w, (i, j)), shape=(count, count)).tocsr()
    adjacent = adjacent + adjacent.T
    laplace = csr_matrix((np.asarray(adjacent.sum(axis=1)).ravel(), (np.arange(count), np.arange(count)))) - adjacent
    solver = splu((laplace + 1e-9 * _eye(count)).tocsc())
    for _ in range(_ROUNDS):
        covariance = np.zeros((len(triangles), 2, 2))
        for k in range(3):
            a, b = (k + 1) % 3, (k + 2) % 3
            moved = uv[triangles[:, a]] - uv[triangles[:, b]]
            rest = shape[:, a] - shape[:, b]
            covariance += cot[:, k, None, None] * moved[:, :, None] * rest[:, None, :]
        left, _, right = np.linalg.svd(covariance)
        turned = np.linalg.det(left @ right) < 0
        left[turned, :, 1] *= -1
        turn = left @ right
        total = np.zeros((count, 2))
        for k in range(3):
            a, b = (k + 1) % 3, (k + 2) % 3
            pull = cot[:, k, None] * np.einsum("tij,tj->ti", turn, shape[:, a] - shape[:, b])
            np.add.at(total, triangles[:, a], pull)
            np.add.at(total, triangles[:, b], -pull)
        uv = solver.solve(total)
        uv -= uv.mean(axis=0)
    return uv


def _upright(flat: Array, points: Array) -> Array:
    """The piece turned so that up on the body is up in the picture (v counts down)."""
    centred = flat - flat.mean(axis=0)
    slope = centred.T @ (points[:, 1] - points[:, 1].mean())
    angle = np.arctan2(slope[0], slope[1])
    c, s = np.cos(angle), np.sin(angle)
    turned = centred @ np.array([[c, s], [-s, c]])
    placed: Array = turned * np.array([1.0, -1.0])
    return placed


def _pack(uv: Array, boxes: list[tuple[Indices, Array]]) -> float:
    """Moves the pieces apart, onto shelves of a square; gives its side."""
    order = sorted(range(len(boxes)), key=lambda k: (-boxes[k][1][1], k))
    best = None
    for wide in np.linspace(0.9, 2.4, 61):
        x, y, shelf, places = _MARGIN, _MARGIN, 0.0, {}
        for k in order:
            w, h = boxes[k][1]
            if x + w + _MARGIN > wide:
                x, y, shelf = _MARGIN, y + shelf + _MARGIN, 0.0
            places[k] = (x, y)
            x, shelf = x + w + _MARGIN, max(shelf, h)
        side = max(wide, y + shelf + _MARGIN)
        if best is None or side < best[0]:
            best = (side, places)
    assert best is not None
    for k, (x, y) in best[1].items():
        uv[boxes[k][0]] += (x, y)
    return float(best[0])

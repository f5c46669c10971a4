"""The paper of what is shaped on the stand: a form of the body laid flat with as little strain as it can be.

Liu, Zhang, Xu, Gotsman and Gortler, "A Local/Global Approach to Mesh Parameterization", SGP 2008: every triangle
wants to be turned only, as rigid as possible; all agree by one sparse system.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu
from scipy.spatial import Delaunay

from assets.generators.sewn_fine import FinePanel

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROUNDS = 60


def paper(name: str, points: Array, triangles: Index, edges: Mapping[str, Index]) -> FinePanel:
    """The panel that gives a form float64[n, 3] seen from outside, with its named edges; the paper runs upwards from
    the edge "low" to the edge "high".
    """
    flat = flattened(points, triangles)
    way = flat[edges["high"]].mean(axis=0) - flat[edges["low"]].mean(axis=0)
    way /= np.linalg.norm(way)
    flat = flat @ np.array([[way[1], way[0]], [-way[0], way[1]]])
    flat -= flat[edges["low"]].mean(axis=0)
    return FinePanel(name=name, flat=flat, triangles=triangles, edges=dict(edges), finder=Delaunay(flat))


def flattened(points: Array, triangles: Index) -> Array:
    """The surface of float64[n, 3] laid flat, float64[n, 2], the right side up."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    along = np.linalg.norm(b - a, axis=1)
    shift = np.einsum("ij,ij->i", c - a, b - a) / along
    high = np.sqrt(np.maximum(np.einsum("ij,ij->i", c - a, c - a) - shift**2, 1e-12))
    zero = np.zeros_like(along)
    own = np.stack([np.stack([zero, zero], 1), np.stack([along, zero], 1), np.stack([shift, high], 1)], axis=1)
    # Cotangents of the angles opposite to each side; thin triangles are kept from pulling without bound.
    cot = np.empty((len(triangles), 3))
    for i in range(3):
        one, two = own[:, (i + 1) % 3] - own[:, i], own[:, (i + 2) % 3] - own[:, i]
        cross = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
        cot[:, i] = np.clip(np.einsum("ij,ij->i", one, two) / np.maximum(cross, 1e-12), 0.05, 20.0)
    start, end = triangles[:, [1, 2, 0]], triangles[:, [2, 0, 1]]
    rows = np.concatenate([start, end, start, end], axis=0).reshape(-1)
    columns = np.concatenate([end, start, start, end], axis=0).reshape(-1)
    values = np.concatenate([-cot, -cot, cot, cot], axis=0).reshape(-1)
    count = len(points)
    matrix = coo_matrix((values, (rows, columns)), shape=(count, count)).tocsc()
    matrix = matrix + coo_matrix(([1.0], ([0], [0])), shape=(count, count)).tocsc()
    solve = splu(matrix)
    flat = _tutte(triangles, points)
    sides = own[:, [2, 0, 1]] - own[:, [1, 2, 0]]
    for _ in range(_ROUNDS):
        drawn = flat[end] - flat[start]
        spread = np.einsum("tk,tki,tkj->tij", cot, drawn, sides)
        u, _, v = np.linalg.svd(spread)
        u[np.linalg.det(u @ v) < 0, :, 1] *= -1
        pull = cot[..., None] * np.einsum("tij,tkj->tki", u @ v, sides)
        right = np.zeros((count, 2))
        np.add.at(right, end, pull)
        np.subtract.at(right, start, pull)
        flat = solve.solve(right)
    return np.asarray(flat)


def _tutte(triangles: Index, points: Array) -> Array:
    """A first layout without folds: the border on a circle, everything else in the middle of its neighbours
    (Tutte 1963).
    """
    sides = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    known = set(map(tuple, sides.tolist()))
    after = {i: j for i, j in known if (j, i) not in known}
    border = [next(iter(sorted(after)))]
    while after[border[-1]] != border[0]:
        border.append(after[border[-1]])
    count = len(points)
    leg = np.linalg.norm(np.diff(points[[*border, border[0]]], axis=0), axis=1)
    turn = 2 * np.pi * np.concatenate([[0.0], np.cumsum(leg)[:-1]]) / leg.sum()
    size = leg.sum() / (2 * np.pi)
    degree = np.bincount(sides.reshape(-1), minlength=count).astype(np.float64)
    ends = np.concatenate([sides, sides[:, ::-1]])
    matrix = coo_matrix((-np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tolil()
    matrix.setdiag(degree)
    right = np.zeros((count, 2))
    for k, i in enumerate(border):
        matrix.rows[i], matrix.data[i] = [i], [1.0]
        right[i] = size * np.cos(turn[k]), size * np.sin(turn[k])
    return np.asarray(splu(matrix.tocsc()).solve(right))

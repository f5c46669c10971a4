"""A field of space over folded cloth: what lies in one place moves alike, however many layers of it there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_CELL: Final = 0.016  # metres of space that one node stands for
_ROUND: Final = 12  # nodes that a vertex is moved by
_NEAR: Final = 0.016  # metres over which they count
_REACH: Final = 0.06  # metres about a push that are taken along
_LONG: Final = 0.16  # likewise, of folds that something is worn over
_AGAIN: Final = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Where the vertices and the nodes are, float64[v, 3] and float64[n, 3], the node of each vertex, and the share
    that it takes of each node, [v, n].
    """

    points: Array
    nodes: Array
    mine: Index
    share: sparse.csr_matrix

    def spread(self, value: Array, slope: Array | None = None) -> Array:
        """A field of the nodes, float64[n, 3] and its change along x, y, z float64[n, 3, 3], at the vertices."""
        if slope is None:
            return np.asarray(self.share @ value)
        # Each node's value and slope make one plane over all space; the vertices take the mean plane.
        level = value - np.einsum("ni,nij->nj", self.nodes, slope)
        mean = self.share @ np.concatenate([level, slope.reshape(-1, 9)], axis=1)
        x, y, z = self.points.T[:, :, None]
        return np.asarray(mean[:, :3] + x * mean[:, 3:6] + y * mean[:, 6:9] + z * mean[:, 9:])

    def means(self, value: Array) -> Array:
        """The mean of the vertices' values float64[v, 3] at each node."""
        size = np.bincount(self.mine)
        return np.stack([np.bincount(self.mine, value[:, axis]) for axis in range(3)], axis=1) / size[:, None]


def field(points: Array) -> Field:
    """Nodes among the vertices float64[v, 3] of cloth, and which of them move each."""
    cells = np.floor((points - points.min(axis=0)) / _CELL).astype(np.int64)
    key = (cells[:, 0] * 4096 + cells[:, 1]) * 4096 + cells[:, 2]
    _, mine, size = np.unique(key, return_inverse=True, return_counts=True)
    nodes = np.stack([np.bincount(mine, points[:, axis]) for axis in range(3)], axis=1) / size[:, None]
    far, near = cKDTree(nodes).query(points, k=min(_ROUND, len(nodes)))
    share = np.exp(-0.5 * (far / _NEAR) ** 2) + 1e-12
    share /= share.sum(axis=1, keepdims=True) if share.ndim > 1 else share
    ends = np.arange(0, near.size + 1, near.size // len(points))
    shares = sparse.csr_matrix((share.ravel(), near.ravel(), ends), shape=(len(points), len(nodes)))
    return Field(points=points, nodes=nodes, mine=mine, share=shares)


def together(points: Array, push: Array, *, reach: float = _LONG) -> Array:
    """Pushes float64[v, 3] of vertices with those within ``reach`` metres taken along, so that layers keep their
    order.
    """
    found = field(points)
    size = np.linalg.norm(push, axis=1)
    way = push / np.maximum(size, 1e-12)[:, None]
    out = found.spread(taken(found, push, reach))
    for _ in range(_AGAIN):
        # What blending left too short.
        short = np.clip(size - np.einsum("ij,ij->i", out, way), 0, None)
        out = out + found.spread(taken(found, short[:, None] * way, min(reach, _REACH)))
    return out


def under(skin: Array, points: Array, push: Array) -> Array:
    """How far points of the skin, float64[n, 3], go with pushed folds that lie on them."""
    far, near = cKDTree(points).query(skin, k=min(_ROUND, len(points)), distance_upper_bound=_REACH)
    near = np.minimum(near, len(points) - 1)
    share = np.where(np.isfinite(far), np.clip(1 - far / _REACH, 0, 1) ** 2, 0.0)
    total = share.sum(axis=1, keepdims=True)
    moved = np.einsum("nk,nki->ni", share / np.maximum(total, 1e-12), push[near])
    fade = np.clip(2 - 2 * far[:, :1] / _REACH, 0, 1)
    return np.asarray(moved * np.where(np.isfinite(fade), fade, 0.0))


def taken(field: Field, push: Array, reach: float = _REACH) -> Array:
    """Pushes of the vertices as ones of the nodes: the longest in each, and what is near it taken along."""
    x, y, z = push.T
    length = x * x + y * y + z * z
    order = np.flatnonzero(length)
    order = order[np.argsort(length[order], kind="stable")]
    own = np.zeros_like(field.nodes)
    own[field.mine[order]] = push[order]  # of those of one node the last stays
    size = np.linalg.norm(own, axis=1)
    pushed = np.flatnonzero(size > 0)
    far, near = cKDTree(field.nodes[pushed]).query(field.nodes, k=min(48, len(pushed)))
    far, near = far.reshape(len(field.nodes), -1), near.reshape(len(field.nodes), -1)
    share = np.clip(1 - np.maximum(far - _CELL, 0) / reach, 0, 1)
    share = share * share * (3 - 2 * share) * size[pushed][near]
    most = share.argmax(axis=1)
    rows = np.arange(len(field.nodes))
    way = own[pushed][near[rows, most]]
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12) * share[rows, most, None])

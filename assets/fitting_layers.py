"""Folded cloth in a pose: what lies in one place moves alike, however many layers of it there are.

Pleats are three layers a few millimetres apart. Bound to the skin one by one they would go through each other, so the
move of a layered garment is made a field of space: fitted around nodes by moving least squares (Levin, "The
approximation power of moving least-squares", 1998), with as little change across the layers as along them it allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue_garments
from assets.fitting_bind import Bound
from assets.fitting_free import Bodies

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LAYERED: Final = frozenset(entry.id for entry in catalogue_garments.GARMENTS if entry.layered)
"""The garments that this is for."""
_CELL: Final = 0.016  # metres of space that one node stands for
_NODES: Final = 48  # that a fit is made over
_WIDE: Final = 0.030  # metres over which they count
_ROUND: Final = 12  # nodes that a vertex is moved by
_NEAR: Final = 0.016  # metres, likewise
_RIDGE: Final = 0.012  # metres: what is thinner than this, as layers are, has no change across it
_REACH: Final = 0.06  # metres about a push that are taken along
_LEAST: Final = 0.0008  # metres over the posed skin
_CLOSE: Final = 0.02  # metres over the skin from which on a push may bring it under
_ROUNDS: Final = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Where the nodes are, float64[n, 3], the node of each vertex, and what of its nodes it takes."""

    nodes: Array
    mine: Index
    near: Index
    share: Array
    apart: Array

    def spread(self, value: Array, slope: Array | None = None) -> Array:
        """A field of the nodes, float64[n, 3] and its change along x, y, z float64[n, 3, 3], at the vertices."""
        found = value[self.near]
        if slope is not None:
            found = found + np.einsum("vki,vkij->vkj", self.apart, slope[self.near])
        return np.asarray(np.einsum("vk,vkj->vj", self.share, found))

    def means(self, value: Array) -> Array:
        """The mean of the vertices' values float64[v, 3] at each node."""
        size = np.bincount(self.mine)
        return np.stack([np.bincount(self.mine, value[:, axis]) for axis in range(3)], axis=1) / size[:, None]


def _field(points: Array) -> Field:
    cells = np.floor((points - points.min(axis=0)) / _CELL).astype(np.int64)
    key = (cells[:, 0] * 4096 + cells[:, 1]) * 4096 + cells[:, 2]
    _, mine, size = np.unique(key, return_inverse=True, return_counts=True)
    nodes = np.stack([np.bincount(mine, points[:, axis]) for axis in range(3)], axis=1) / size[:, None]
    far, near = cKDTree(nodes).query(points, k=min(_ROUND, len(nodes)))
    share = np.exp(-0.5 * (far / _NEAR) ** 2) + 1e-12
    share /= share.sum(axis=1, keepdims=True)
    return Field(nodes=nodes, mine=mine, near=near, share=share, apart=points[:, None] - nodes[near])


def evened(held: Bound, x: Array, around: Bodies) -> Array:
    """The vertices ``x`` float64[n, 3] of a fitted garment, moved from where they were stored as what lies about them
    moves, and over the skin again.
    """
    points = held.cloth.points
    field = _field(points)
    value, slope = _fitted(field, field.means(x - points))
    out = points + field.spread(value, slope)
    close = np.flatnonzero(around.trunk.over(out)[0] < _CLOSE)
    push = np.zeros_like(out)
    for _ in range(_ROUNDS):
        push[close] = _short(around, out[close], _LEAST)
        if not push.any():
            break
        out = out + field.spread(_taken(field, push))
    out[close] += _short(around, out[close], _LEAST / 2)
    return out


def _short(around: Bodies, at: Array, least: float) -> Array:
    """What brings points float64[n, 3] out of the trunk and the legs to ``least`` metres over them."""
    height, way = around.trunk.over(at)
    return np.asarray(np.clip(least - height, 0, None)[:, None] * way)


def _fitted(field: Field, moves: Array) -> tuple[Array, Array]:
    """Moves of the nodes as values float64[n, 3] and changes along x, y, z float64[n, 3, 3]."""
    far, near = cKDTree(field.nodes).query(field.nodes, k=min(_NODES, len(field.nodes)))
    weight = np.exp(-0.5 * (far / _WIDE) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    ones = np.ones((*near.shape, 1))
    about = np.concatenate([ones, field.nodes[near] - field.nodes[:, None]], axis=2)
    normal = np.einsum("nk,nki,nkj->nij", weight, about, about)
    normal += np.diag([0.0, *(3 * [_RIDGE * _RIDGE])])
    right = np.einsum("nk,nki,nkj->nij", weight, about, moves[near])
    found = np.linalg.solve(normal, right)
    return found[:, 0], found[:, 1:]


def _taken(field: Field, push: Array) -> Array:
    """Pushes of the vertices as ones of the nodes: the longest in each, and what is near it taken along."""
    length = np.linalg.norm(push, axis=1)
    order = np.argsort(length)
    longest = np.zeros(len(field.nodes), dtype=np.int64)
    longest[field.mine[order]] = order
    own = push[longest]
    size = np.linalg.norm(own, axis=1)
    pushed = np.flatnonzero(size > 0)
    far, near = cKDTree(field.nodes[pushed]).query(field.nodes, k=min(24, len(pushed)))
    far, near = far.reshape(len(field.nodes), -1), near.reshape(len(field.nodes), -1)
    share = np.clip(1 - (far / _REACH) ** 2, 0, 1) ** 2 * size[pushed][near]
    most = share.argmax(axis=1)
    rows = np.arange(len(field.nodes))
    way = own[pushed][near[rows, most]]
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12) * share[rows, most, None])

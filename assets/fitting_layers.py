"""Folded cloth in a pose: what lies in one place moves alike, however many layers of it there are.

Pleats are three layers a few millimetres apart. Bound to the skin one by one they would go through each other, so the
move of a layered garment is made a field of space: fitted around nodes by moving least squares (Levin, "The
approximation power of moving least-squares", 1998), with as little change across the layers as along them it allows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue_garments
from assets.fitting_bind import Bound
from assets.fitting_free import NEAR, SAFE, Bodies
from assets.folds import Field, taken
from assets.folds import field as field_of

Array = NDArray[np.float64]

LAYERED: Final = frozenset(entry.id for entry in catalogue_garments.GARMENTS if entry.layered)
"""The garments that this is for."""
SKIRTS: Final = frozenset(
    entry.id for entry in catalogue_garments.GARMENTS if entry.layered and "hips" in entry.covers
)
"""Those of them that fall in folds from the hips, on which whatever is worn over them presses."""
CARRIED: Final = frozenset(
    entry.id for entry in catalogue_garments.GARMENTS if entry.follows and "shoulders" in entry.covers
)
"""The garments that hang from a shoulder, by straps over whatever is worn there."""
_NODES: Final = 48  # that a fit is made over
_WIDE: Final = 0.030  # metres over which they count
_RIDGE: Final = 0.012  # metres: what is thinner than this, as layers are, has no change across it
_LEAST: Final = 0.0008  # metres over the posed skin
_CLOSE: Final = 0.02  # metres over the skin from which on a push may bring it under
_ROUNDS: Final = 4


def evened(held: Bound, x: Array, around: Bodies) -> Array:
    """The vertices ``x`` float64[n, 3] of a fitted garment, moved from where they were stored as what lies about them
    moves, and over the skin again.
    """
    points = held.cloth.points
    field = field_of(points)
    value, slope = _fitted(field, field.means(x - points))
    out = points + field.spread(value, slope)
    height, way = around.trunk.over(out)
    close = height < _CLOSE
    for _ in range(_ROUNDS):
        push = np.where(close, np.clip(_LEAST - height, 0, None), 0.0)[:, None] * way
        if not push.any():
            break
        move = field.spread(taken(field, push))
        out = out + move
        far = np.sqrt(np.einsum("ij,ij->i", move, move))
        height -= SAFE * far
        again = np.flatnonzero(close & (far > 0) & (height < _LEAST + NEAR))
        height[again], way[again] = around.trunk.over(out[again])
    return np.asarray(out + np.where(close, np.clip(_LEAST / 2 - height, 0, None), 0.0)[:, None] * way)


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

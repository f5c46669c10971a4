"""Skirts, coat tails and long hems in a pose: legs push them, and they keep their width and their length.

Cloth about both legs follows the leg that pushes it out, and hangs between the two where its own leg moves away from
it. Then its controls are moved until no leg is in them: the move is as smooth over the cloth as it can be, and edges
that it stretches pull back (Jacobi steps of position-based dynamics; Mueller et al., 2007).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assets.fitting_bind import Bound
from assets.fitting_skin import Skin

Array = NDArray[np.float64]

_PUSHED: Final = 0.06  # metres between the two legs' moves, outwards, over which cloth goes from both to one
_EASED: Final = 8  # steps over the controls in which that is smoothed
_STEPS: Final = 14
_PULLS: Final = 6  # times that edges pull in each of them
_SOFT: Final = 0.3  # of a control's move that it takes from its neighbours in each step
_STIFF: Final = 1.0  # of an edge's excess that is taken back
_SLACK: Final = 0.3  # of what an edge is too short, likewise: cloth folds rather than stretches
_GAP: Final = 0.006  # metres over the skin that hanging cloth is kept, or what it was kept at rest
_MOVES: Final = 0.02  # share of a skirt from which on a control is moved


def shared(held: Bound, own: Array, other: Array) -> Array:
    """How much of the other leg's move each control takes, float64[controls, 1], 0 to 0.5: none where its own leg
    (``own`` is where that takes it, ``other`` where the other one does) pushes it out, half where that leg leaves it.
    """
    out = held.cloth.facing * [1.0, 0.0, 1.0]
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    pushed = np.einsum("ij,ij->i", own - other, out)[held.ties.lies]
    ease = np.clip(0.5 - pushed / _PUSHED, 0, 1)
    share = (0.5 * held.skirt * ease * ease * (3 - 2 * ease))[:, None]
    return held.cloth.smoothed(share, np.zeros(len(share)), _EASED)


def hung(held: Bound, rest: Array, posed: Array, skin: Skin) -> Array:
    """How the controls move, float64[controls, 3]: ``rest`` are their places on the wearer at rest, ``posed`` where
    the joints took them.
    """
    free = held.skirt > _MOVES
    pull, lengths = _edges(held, rest, free)
    degree = np.maximum(np.asarray(abs(pull).sum(axis=0)).ravel(), 1)[:, None]
    share = held.skirt[:, None]
    back = pull.T.tocsr()
    moved = np.zeros_like(posed)
    gap = np.minimum(_GAP, np.maximum(_heights(held), 0.001))
    for _ in range(_STEPS):
        moved += _SOFT * share * (held.cloth.mean @ moved - moved)
        for _ in range(_PULLS):
            along = pull @ (posed + moved)
            now = np.linalg.norm(along, axis=1)
            excess = np.where(now > lengths, now - lengths, _SLACK * (now - lengths))
            moved -= _STIFF * share * (back @ ((excess / np.maximum(now, 1e-9))[:, None] * along)) / degree
        moved[free] += _out(skin, (posed + moved)[free], gap[free])
    return moved


def _heights(held: Bound) -> Array:
    """How far the controls were over the skin at rest, at most."""
    mine = held.cloth.control >= 0
    count = np.maximum(np.bincount(held.cloth.control[mine], minlength=len(held.skirt)), 1)
    return np.asarray(np.bincount(held.cloth.control[mine], held.ties.off[mine], len(held.skirt)) / count)


def _out(skin: Skin, at: Array, gap: Array) -> Array:
    height, out = skin.over(at)
    found: Array = np.clip(gap - height, 0, None)[:, None] * out
    return found


def _edges(held: Bound, rest: Array, free: NDArray[np.bool_]) -> tuple[sparse.csr_matrix, Array]:
    """The matrix that gives the edges' vectors, [edges, controls], of edges with a free end, and their lengths."""
    links = sparse.triu(held.cloth.mean, k=1).tocoo()
    mine = free[links.row] | free[links.col]
    a, b = links.row[mine], links.col[mine]
    rows = np.arange(len(a))
    values = np.concatenate([np.ones(len(a)), -np.ones(len(a))])
    pull = sparse.csr_matrix(
        (values, (np.concatenate([rows, rows]), np.concatenate([a, b]))), shape=(len(a), len(rest))
    )
    return pull, np.linalg.norm(rest[a] - rest[b], axis=1)

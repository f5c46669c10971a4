"""Folds of pleats where they are sewn: each lies on the face beside it, as its stitches hold it there.

The drape keeps layers apart by more than cloth is thick, and a surface made finer is not where its particles were.
What is left under a fold is a slit that one sees through to the skin from the side.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.garment import Draped, vertex_normals
from assets.generators.panels_pleats import PleatDraft
from assets.generators.pattern import Panel, Sewn

Array = NDArray[np.float64]

ONTO: Final = 0.0005
"""Metres from a sewn fold to the face that it lies on."""
ROLLS: Final = 0.004
"""Metres from a fold within which the cloth rolls down on to the face."""
LIFTS: Final = 0.015
"""Metres below the stitches over which returns come off them."""
LOOSENS: Final = 0.030
"""Metres below the stitches over which folds come off the faces."""


def sewn_down(sewn: Sewn, x: Array, pleats: PleatDraft) -> Array:
    """The points ``x`` float64[n, 3] of sewn pleats with each fold, as far as it is sewn, brought on to the face that
    it is sewn to, and the cloth on both sides of the fold laid after it.
    """
    by_name = {p.name: p for p in sewn.panels}
    lain = Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))
    out = x.copy()
    for k in range(pleats.count):
        after = (k + 1) % pleats.count
        below, face, back = by_name[f"face-{k}"], by_name[f"face-{after}"], by_name[f"return-{k}"]
        out[sewn.particle[back.name]] += _laid(lain, below, back, pleats, k)
        depth, move = _moves(lain, below, face, pleats, k)
        moved = np.stack([np.interp(-face.flat[:, 1], depth, along) for along in move.T], axis=1)
        at = _columns(face.flat[:, 1], pleats, after)
        share = np.clip(1 - (face.flat[:, 0] - at[:, 0]) / (at[:, 2] - at[:, 0]), 0, 1)
        ids = sewn.particle[face.name]
        out[ids] = x[ids] + share[:, None] * moved
    return out


def _moves(lain: Draped, below: Panel, face: Panel, pleats: PleatDraft, k: int) -> tuple[Array, Array]:
    """Depths of the points of a fold, downwards, and how far each moves: float64[r], float64[r, 3]. ``face`` begins
    at the fold, ``below``, the ``k``-th, is the one that it lies on.
    """
    fold = face.edges["outer"]
    fold = fold[np.argsort(-face.flat[fold, 1])]
    depth = -face.flat[fold, 1]
    lies = _columns(-depth, pleats, k)[:, 2]
    spot, way = lain.at(below, np.stack([lies, -depth], axis=1))
    way[:, 1] = 0.0
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    high = np.einsum("ij,ij->i", lain.points[lain.sewn.particle[face.name][fold]] - spot, way)
    held = np.clip((pleats.stitched + LOOSENS - depth) / LOOSENS, 0, 1)
    held *= held * (3 - 2 * held)
    return depth, -(np.clip(high - ONTO, 0, None) * held)[:, None] * way


def _laid(lain: Draped, below: Panel, back: Panel, pleats: PleatDraft, k: int) -> Array:
    """How far each point of a return moves, float64[n, 3]. As far as the fold is sewn its outer half lies on the face
    under it and ends where that is cut, so that between them it is closed; the inner half follows, the inner fold
    stays.
    """
    at = _columns(back.flat[:, 1], pleats, k)
    half, away = at[:, 3] - at[:, 2], at[:, 6] - back.flat[:, 0]
    near = np.minimum(away, half)
    spot, way = lain.at(below, np.stack([at[:, 2] + near, back.flat[:, 1]], axis=1))
    was, _ = lain.at(back, np.stack([at[:, 6] - near, back.flat[:, 1]], axis=1))
    held = np.clip((pleats.stitched + LIFTS + back.flat[:, 1]) / LIFTS, 0, 1) * np.clip(2 - away / half, 0, 1)
    high = ONTO * np.clip(1 - near / ROLLS, 0, 1)
    return np.asarray(held[:, None] * (spot + high[:, None] * way - was))


def _columns(high: Array, pleats: PleatDraft, number: int) -> Array:
    """The columns of the ``number``-th pleat, float64[n, 7], for ``high`` float64[n] up the flat cloth."""
    depth, row = np.unique(-high, return_inverse=True)
    return np.array([pleats.columns(float(t)) for t in depth])[row] + number * pleats.cloth

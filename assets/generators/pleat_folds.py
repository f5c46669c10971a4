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
        face, back = by_name[f"face-{after}"], by_name[f"return-{k}"]
        depth, move = _moves(lain, by_name[f"face-{k}"], face, pleats, k)
        for panel, first in ((face, after), (back, k)):
            deep = -panel.flat[:, 1]
            moved = np.stack([np.interp(deep, depth, along) for along in move.T], axis=1)
            ids = sewn.particle[panel.name]
            out[ids] = x[ids] + _share(panel, pleats, first)[:, None] * moved
    return out


def _moves(lain: Draped, below: Panel, face: Panel, pleats: PleatDraft, k: int) -> tuple[Array, Array]:
    """Depths of the points of a fold, downwards, and how far each moves: float64[r], float64[r, 3]. ``face`` begins
    at the fold, ``below``, the ``k``-th, is the one that it lies on.
    """
    fold = face.edges["outer"]
    fold = fold[np.argsort(-face.flat[fold, 1])]
    depth = -face.flat[fold, 1]
    lies = np.array([pleats.columns(float(t))[2] for t in depth]) + k * pleats.cloth
    spot, way = lain.at(below, np.stack([lies, -depth], axis=1))
    way[:, 1] = 0.0
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    high = np.einsum("ij,ij->i", lain.points[lain.sewn.particle[face.name][fold]] - spot, way)
    held = np.clip((pleats.stitched + LOOSENS - depth) / LOOSENS, 0, 1)
    held *= held * (3 - 2 * held)
    return depth, -(np.clip(high - ONTO, 0, None) * held)[:, None] * way


def _share(panel: Panel, pleats: PleatDraft, first: int) -> Array:
    """How much of its fold's move each point of a panel, of the ``first``-th pleat, takes: float64[n]."""
    across = panel.flat[:, 0] - first * pleats.cloth
    depths, row = np.unique(-panel.flat[:, 1], return_inverse=True)
    at = np.array([pleats.columns(float(t)) for t in depths])[row]
    if panel.name.startswith("face"):
        return np.asarray(np.clip(1 - (across - at[:, 0]) / (at[:, 2] - at[:, 0]), 0, 1))
    # The return lies between two faces, and stays above the one that does not move.
    return np.asarray(np.clip(1 - (at[:, 6] - across) / (at[:, 6] - at[:, 4]), 0, 1) ** 2)

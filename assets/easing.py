"""Room for what is worn underneath: cloth is let out where, in the pose, what is under it stands out through it.

Layers are fitted to the figure one by one, and what covers what is decided at rest. In a pose a tongue of a shoe, a
pocket or the crown of a sleeve may come out through the layer over it all the same. Cloth gives way there as it does
on a person: what lies within a few centimetres goes along, all layers of a hem alike, and nothing is torn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.covering import Surface
from assets.folds import together
from assets.rays import Grid

Floats = NDArray[np.float64]

_THROUGH: Final = 0.015  # metres that something may stand out of the cloth over it
_OVER: Final = 0.001  # metres over it from which on cloth is clear
_CLEAR: Final = 0.0025  # metres over it that cloth ends
_ALIKE: Final = 0.4  # cosine between the ways that both look
_OUT: Final = 0.2  # cosine to the skin's normal from which on something looks out
_REACH: Final = 0.05  # metres about a place that is let out that go along
_HELD: Final = 0.12  # metres about it that are looked at
_ROUNDS: Final = 3
_CELL: Final = 0.01


def room(cloth: Surface, under: Sequence[Surface], body: Surface | None, *, scale: float) -> Floats:
    """How far each point of the cloth goes, float64[n, 3], to lie over the surfaces ``under`` it, which stand out of
    it by at most 15 mm; ``body`` says which way is out. Lengths are those of an adult and scale with ``scale``.
    """
    offsets = np.zeros_like(cloth.points)
    points, ways = _looking(cloth, under, scale)
    if not len(points):
        return offsets
    away = None
    for _ in range(_ROUNDS):
        moved = cloth.points + offsets
        which, hit, short = _out(moved, cloth.triangles, points, ways, scale)
        if len(which) and body is not None:
            if away is None:
                away = body.normals[body.tree.query(points)[1]]
            out = np.einsum("ij,ij->i", away[which], ways[which]) > _OUT
            which, hit, short = which[out], hit[out], short[out]
        if not len(which):
            break
        need = np.zeros_like(offsets)
        for place in np.argsort(short, kind="stable"):  # the longest last, so that it stays
            need[cloth.triangles[hit[place]]] = short[place] * ways[which[place]]
        pushed = (need != 0).any(axis=1)
        near = np.isfinite(cKDTree(moved[pushed]).query(moved, distance_upper_bound=_HELD * scale)[0])
        offsets[near] += together(moved[near] / scale, need[near] / scale, reach=_REACH) * scale
    return offsets


def _looking(cloth: Surface, under: Sequence[Surface], scale: float) -> tuple[Floats, Floats]:
    """The vertices of drawn triangles within the cloth's box, and the ways they look: float64[n, 3]."""
    used = cloth.points[np.unique(cloth.triangles)]
    points, ways = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for surface in under if len(used) else ():
        mine = np.unique(surface.triangles)
        at = surface.points[mine]
        low, high = used.min(axis=0) - _THROUGH * scale, used.max(axis=0) + _THROUGH * scale
        within = ((at >= low) & (at <= high)).all(axis=1)
        points.append(at[within])
        ways.append(surface.normals[mine[within]].astype(np.float64))
    at, way = np.concatenate(points), np.concatenate(ways)
    return at, way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)


def _out(
    points: Floats, triangles: NDArray[np.int64], under: Floats, ways: Floats, scale: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Which points ``under`` cloth stand out of it, the triangles that they stand out of, and how far those go."""
    corners = points[triangles]
    reach = (_THROUGH + _OVER) * scale
    low, high = under.min(axis=0) - reach, under.max(axis=0) + reach
    near = np.flatnonzero(((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1))
    corners = corners[near]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-20)
    distance, hit = Grid(corners, facing, cell=_CELL * scale).first_hit(
        under - _THROUGH * scale * ways, ways, np.full(len(under), reach)
    )
    alike = np.einsum("ij,ij->i", facing[hit], ways) > _ALIKE if len(facing) else np.zeros(len(under), dtype=bool)
    which = np.flatnonzero((hit >= 0) & alike)
    return which, near[hit[which]], (_THROUGH + _CLEAR) * scale - distance[which]

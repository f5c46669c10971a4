"""Hems over shoes and straps over sleeves: where something stands out through the cloth over it in the pose, that is
let out, and what is left of a shoe goes under it.

A hem falls over a tongue and breaks there: what lies within a few centimetres goes along, all layers of the hem
alike, and nothing is torn. A tongue's corners and sides, that look past the hem, may be through it still. They are
soft and go back under it: laces, lining and stitches alike. The handles of a bag go over the shoulder of whatever is
worn under them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from assets.folds import together
from assets.rays import Grid
from assets.surfaces import Surface, unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_THROUGH: Final = 0.015  # metres that something may stand out of the cloth over it
_OVER: Final = 0.001  # metres over it from which on cloth is clear
_CLEAR: Final = 0.0025  # metres over it that cloth ends
_MOST: Final = 0.025  # metres that cloth is let out
_ALIKE: Final = 0.4  # cosine between the ways that both look
_OUT: Final = 0.2  # cosine to the skin's normal from which on something looks out
_HEM: Final = 0.05  # metres of a hem, about a place that is let out, that go along
_STRAP: Final = 0.10  # likewise of a strap
_FAR: Final = 0.04  # metres beyond that from which on nothing goes along
_TIMES: Final = 4  # that cloth is let out
_LEVEL: Final = 0.030  # metres level with the ground that a shoe may be past a hem
_TUCK: Final = 0.0135  # metres of a shoe that are tucked in at a time
_UNDER: Final = (0.0005, 0.0015)  # metres under the cloth from which on a shoe is clear of it, and that it ends
_DEEPEST: Final = 0.020  # metres that it goes
_BESIDE: Final = 0.015  # metres about it that go along
_TUCKS: Final = 8
_CELL: Final = 0.01


class _Out(NamedTuple):
    """Which points stand out of cloth, the triangles they stand out of and the ways these look, float64[n, 3], and
    how far it is along those until the point is clear.
    """

    which: Ints
    hit: Ints
    facing: Floats
    far: Floats


def room(
    cloth: Surface, under: Sequence[Surface], body: Surface | None, *, scale: float, strap: bool = False
) -> Floats:
    """How far each point of the cloth goes, float64[n, 3], to lie over the surfaces ``under`` it, which stand out of
    it by at most 15 mm, or past a hem by at most 30; ``body`` says which way is out. Of a ``strap``, which is taut,
    more goes along. Lengths are those of an adult and scale with ``scale``.
    """
    offsets, reach = np.zeros_like(cloth.points), _STRAP if strap else _HEM
    near = _near(cloth, under, scale)
    points, ways = _looking(under, cloth.points[near], scale)
    triangles = cloth.triangles[_any(near, cloth.triangles)]
    if not len(points) or not len(triangles):
        return offsets
    points, ways, deep = _asked(points, ways, body, None if strap else cloth.points[near, 1].min(), scale)
    for _ in range(_TIMES):
        moved = cloth.points + offsets
        out = _through(_Cloth(moved[triangles], scale), points, ways, deep, _OVER * scale, _CLEAR * scale)
        if not len(out.which):
            break
        # A tongue has sides: cloth before it goes one way.
        alike = sparse.csr_matrix(_pairs(points[out.which], reach * scale), shape=(len(out.which), len(out.which)))
        way = unit(np.asarray(alike @ ways[out.which]))
        push = way * (out.far / np.maximum(np.einsum("ij,ij->i", way, out.facing), _ALIKE))[:, None]
        need = np.zeros_like(offsets)
        for one in np.argsort(out.far, kind="stable"):  # the longest last, so that it stays
            need[triangles[out.hit[one]]] = push[one]
        offsets = _along(moved, need, offsets, reach * scale, _MOST * scale, scale)
        # What was clear of the cloth stays so: it goes outwards.
        some = _within(points, points[out.which], reach * scale)
        triangles = triangles[_any(_within(moved, points[some], 2 * _THROUGH * scale), triangles)]
        points, ways, deep = points[some], ways[some], deep[some]
    return offsets


def tucked(shoe: Surface, cloths: Sequence[Surface], body: Surface | None, *, scale: float) -> Floats:
    """How far each point of a shoe goes, float64[n, 3], to lie under the ``cloths`` where it still stands out of
    them; ``body`` says which way is out. Lengths are those of an adult and scale with ``scale``.
    """
    offsets = np.zeros_like(shoe.points)
    near = [_near(cloth, [shoe], scale) for cloth in cloths]
    corners = [
        cloth.points[cloth.triangles[_any(mine, cloth.triangles)]] for cloth, mine in zip(cloths, near, strict=True)
    ]
    over = np.concatenate([np.zeros((0, 3, 3)), *corners])
    if not len(over):
        return offsets
    mine = np.flatnonzero(_drawn(shoe) & _within(shoe.points, over.reshape(-1, 3), _THROUGH * scale))
    cloth, ways = _Cloth(over, scale), unit(shoe.normals[mine].astype(np.float64))
    away = _away(shoe.points[mine], ways, body)[0]
    looks = np.einsum("ij,ij->i", away, ways) > _OUT
    mine, ways, away = mine[looks], ways[looks], away[looks]
    deep = np.full(len(mine), _TUCK * scale)
    for _ in range(_TUCKS):
        at = shoe.points + offsets
        under, ends = (length * scale for length in _UNDER)
        out = _through(cloth, at[mine], ways, deep, under, ends)
        if not len(out.which):
            break
        # Straight in where the cloth faces away from the body, and aslant under its edge.
        way = -unit(away[out.which] + out.facing)
        need = np.zeros_like(offsets)
        need[mine[out.which]] = way * (out.far / np.maximum(-np.einsum("ij,ij->i", way, out.facing), _ALIKE))[:, None]
        offsets = _along(at, need, offsets, _BESIDE * scale, _DEEPEST * scale, scale)
    return offsets


class _Cloth:
    """Triangles float64[m, 3, 3] by place."""

    def __init__(self, corners: Floats, scale: float) -> None:
        self.facing = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
        self.grid = Grid(corners, self.facing, cell=_CELL * scale)


def _asked(
    points: Floats, ways: Floats, body: Surface | None, low: float | None, scale: float
) -> tuple[Floats, Floats, Floats]:
    """Rays that tell what is outside of the cloth: points, ways and lengths. Of what looks out of the body, the ways
    it looks; and of all that is higher than a hem at ``low``, level with the ground as far as the skin: the side of a
    tongue that is past the hem looks anywhere.
    """
    away, height = _away(points, ways, body)
    looks = np.flatnonzero(np.einsum("ij,ij->i", away, ways) > _OUT)
    asked, along, deep = points[looks], ways[looks], np.full(len(looks), _THROUGH * scale)
    if low is None or body is None:
        return asked, along, deep
    flat = away * [1.0, 0.0, 1.0]
    aside = np.flatnonzero((points[:, 1] > low) & (np.linalg.norm(flat, axis=1) > _OUT))
    return (
        np.concatenate([asked, points[aside]]),
        np.concatenate([along, unit(flat[aside])]),
        np.concatenate([deep, np.minimum(_LEVEL * scale, height[aside])]),
    )


def _through(cloth: _Cloth, points: Floats, ways: Floats, deep: Floats, over: float, clear: float) -> _Out:
    """Points that stand out of the cloth, by at most ``deep`` float64[n], or are less than ``over`` under it, until
    they are ``clear`` of it.
    """
    distance, hit = cloth.grid.first_hit(points - deep[:, None] * ways, ways, deep + over)
    along = np.einsum("ij,ij->i", cloth.facing[hit], ways)
    which = np.flatnonzero((hit >= 0) & (along > _ALIKE))
    hit = hit[which]
    return _Out(which, hit, cloth.facing[hit], (deep[which] + clear - distance[which]) * along[which])


def _along(points: Floats, need: Floats, offsets: Floats, reach: float, most: float, scale: float) -> Floats:
    """The offsets with pushes float64[n, 3] and what lies within ``reach`` of them taken along, at most ``most``."""
    x, y, z = need.T
    pushed, far = points[(x != 0) | (y != 0) | (z != 0)], reach + _FAR * scale
    near = np.flatnonzero(_within(points, pushed, far))
    near = near[np.isfinite(cKDTree(pushed).query(points[near], distance_upper_bound=far)[0])]
    found = offsets.copy()
    found[near] += together(points[near] / scale, need[near] / scale, reach=reach / scale) * scale
    x, y, z = found[near].T
    length = np.sqrt(x * x + y * y + z * z)
    found[near] *= np.minimum(1.0, most / np.maximum(length, 1e-12))[:, None]
    return found


def _near(cloth: Surface, under: Sequence[Surface], scale: float) -> Mask:
    """Which points of the cloth are near the box of what is under it."""
    at = np.concatenate([np.zeros((0, 3)), *[surface.points[_drawn(surface)] for surface in under]])
    return _within(cloth.points, at, 2 * _THROUGH * scale)


def _looking(under: Sequence[Surface], cloth: Floats, scale: float) -> tuple[Floats, Floats]:
    """The drawn points under the cloth about the box of its own, and the ways they look: float64[n, 3]."""
    points, ways = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for surface in under:
        mine = _drawn(surface) & _within(surface.points, cloth, _THROUGH * scale)
        points.append(surface.points[mine])
        ways.append(surface.normals[mine].astype(np.float64))
    return np.concatenate(points), unit(np.concatenate(ways))


def _away(points: Floats, ways: Floats, body: Surface | None) -> tuple[Floats, Floats]:
    """Which way is out of the body at points, float64[n, 3], and how far it is; the ways they look where there is
    none.
    """
    if body is None or not len(body.points):
        return ways, np.full(len(points), np.inf)
    height, near = body.tree.query(points)
    return unit(body.normals[near].astype(np.float64)), height


def _drawn(surface: Surface) -> Mask:
    """Which points belong to a triangle."""
    found = np.zeros(len(surface.points), dtype=bool)
    found[surface.triangles.ravel()] = True
    return found


def _within(points: Floats, others: Floats, reach: float) -> Mask:
    """Which points lie in the box of the others or within reach of it."""
    found = np.full(len(points), len(others) > 0)
    for along, other in zip(points.T, others.T if len(others) else (), strict=False):
        found &= (along >= other.min() - reach) & (along <= other.max() + reach)
    return found


def _any(points: Mask, triangles: Ints) -> Mask:
    """Which triangles have one of the points."""
    a, b, c = triangles.T
    return np.asarray(points[a] | points[b] | points[c])


def _pairs(points: Floats, reach: float) -> tuple[Floats, tuple[Ints, Ints]]:
    """Ones for the points within reach of each other, and of themselves."""
    pairs = cKDTree(points).query_pairs(reach, output_type="ndarray").astype(np.int64)
    own = np.arange(len(points))
    a, b = np.concatenate([own, pairs[:, 0], pairs[:, 1]]), np.concatenate([own, pairs[:, 1], pairs[:, 0]])
    return np.ones(len(a)), (a, b)

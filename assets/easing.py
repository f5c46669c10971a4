"""Where, in the pose, cloth stands out through a jacket over it, it is pressed in.

Layers are fitted to the figure one by one, and what covers what is decided at rest. In a pose a pocket or the crown
of a sleeve may come out through the layer over it all the same. Cloth gives way there as it does on a person: what
lies within a few centimetres goes along. Hems over shoes are let out instead (:mod:`assets.hems`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.rays import Grid
from assets.surfaces import Surface

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_THROUGH: Final = 0.015  # metres that something may stand out of the cloth over it
_OVER: Final = 0.001  # metres over it from which on cloth is clear
_STILL: Final = 0.0002  # metres out of it that what is left may be
_ONE: Final = 1e-5  # metres apart that two points are one
_CLEAR: Final = 0.0025  # metres over it that cloth ends
_ALIKE: Final = 0.4  # cosine between the ways that both look
_OUT: Final = 0.2  # cosine to the skin's normal from which on something looks out
_IN: Final = 0.015  # metres that what is under it is pressed in
_BESIDE: Final = 6  # pushed points that a point goes with
_AROUND: Final = 0.015  # metres about a place that is pressed in that go along
_FAR: Final = 0.05  # metres that cloth may be off what it covers
_INSIDE: Final = 0.03  # metres about what need not be drawn
_MANY: Final = 512  # points of it that are looked at
_NEARLY: Final = 0.98  # of them that are covered
_APART: Final = 0.1  # metres at rest between what is not over one another
_ROUNDS: Final = 5
_CELL: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class Rested:
    """Cloth at rest: its ``points`` float64[n, 3], and which of them other cloth covered there, bool[n]."""

    points: Floats
    covered: Mask


def pressed(
    cloth: Surface,
    under: Sequence[Surface],
    body: Surface | None,
    *,
    scale: float,
    rest: tuple[Rested, Sequence[Rested]] | None = None,
) -> tuple[list[Floats], list[Mask]]:
    """How far the points of each surface ``under`` the cloth go, float64[n, 3], to lie under it where they stand out
    of it by at most 15 mm, and which need not be drawn, bool[n]: those that do and lie well inside, or that folds of
    the cloth leave no room for. ``body`` says which way is out. ``rest`` are the cloth and the others at rest: what
    lies apart there, as a cuff and the hip that a hand rests on, is not under it. Lengths are those of an adult and
    scale with ``scale``.
    """
    presses = _Presses(cloth, under, body, scale=scale, rest=rest)
    if presses.any and not presses.rounds():
        presses.look_again()
        presses.cut()
        presses.one_by_one()
    return presses.offsets, presses.gone


class _Presses:
    """Points under cloth, how far they go, and which of them are not drawn."""

    def __init__(
        self,
        cloth: Surface,
        under: Sequence[Surface],
        body: Surface | None,
        *,
        scale: float,
        rest: tuple[Rested, Sequence[Rested]] | None,
    ) -> None:
        self._under, self._scale = under, scale
        self.offsets = [np.zeros_like(surface.points) for surface in under]
        self.gone = [np.zeros(len(surface.points), dtype=bool) for surface in under]
        self._hidden = [gone if rest is None else rest[1][n].covered for n, gone in enumerate(self.gone)]
        self._points, self._ways, self._owner, self._place = _looking(cloth, under, scale)
        self.any = len(self._points) > 0
        if not self.any:
            return
        self._over = _Over(cloth.points, cloth.triangles, self._points, scale)
        self._outside = _Outside(self._points, self._ways, body)
        self._apart = None
        if rest is not None:
            middles = rest[0].points[cloth.triangles].mean(axis=1)
            self._apart = _Apart(middles, rest[1], self._owner, self._place, scale)
        self._left = np.ones(len(self._points), dtype=bool)

    def _out(self, at: Floats) -> tuple[Ints, Floats]:
        """Which points that are drawn stand out where all are ``at``, and how far they go to be clear."""
        which, hit, short = self._outside.only(*self._over.out(at, self._ways))
        mine = self._left[which] if self._apart is None else self._left[which] & self._apart.near(which, hit)
        return which[mine], short[mine]

    def _now(self) -> Floats:
        now = self._points.copy()
        for number, offsets in enumerate(self.offsets):
            mine = self._owner == number
            now[mine] += offsets[self._place[mine]]
        return now

    def _drop(self, which: Ints) -> None:
        self._left[which] = False
        for number, gone in enumerate(self.gone):
            gone[self._place[which[self._owner[which] == number]]] = True

    def rounds(self) -> bool:
        """Presses points in with what is next to them; what lies well inside goes. Whether that was enough."""
        points, ways, owner, place, scale = self._points, self._ways, self._owner, self._place, self._scale
        now, offsets = points.copy(), [found.copy() for found in self.offsets]
        least, known = np.full(len(offsets), np.inf), np.zeros(len(points), dtype=bool)
        for again in range(_ROUNDS + 1):
            which, short = self._out(now)
            for number in range(len(offsets)) if again else np.unique(owner[which]):
                mine = owner == number
                out, far = which[owner[which] == number], short[owner[which] == number]
                new = out[~known[out]]
                if len(new):
                    known[new] = True
                    self._drop(new[_well_inside(self._over, points[mine], ways[mine], points[new], scale)])
                    out, far = out[self._left[out]], far[self._left[out]]
                # Where presses from several sides meet, more of them may do harm.
                if far.sum() < least[number]:
                    self.offsets[number], least[number] = offsets[number], far.sum()
                if not len(out):
                    continue
                at = self._under[number].points + offsets[number]
                push = _carried(at, at[place[out]], -far[:, None] * ways[out], scale)
                offsets[number] = _at_most(offsets[number] + push, _IN * scale)
                now[mine] = points[mine] + offsets[number][place[mine]]
            if not least.any() or not len(which):
                return True
        return False

    def look_again(self) -> None:
        """What did not look out of the body may do so where it was pressed to."""
        self._outside.moved(self._now())

    def _still(self, at: Floats) -> tuple[Ints, Floats]:
        which, short = self._out(at)
        far = short > (_CLEAR + _STILL) * self._scale
        return which[far], short[far]

    def cut(self) -> None:
        """What still stands out goes where cloth is over, under or all about it; at a hem a hole would be seen."""
        now = self._now()
        which, _ = self._still(now)
        for number in np.unique(self._owner[which]):
            out, triangles = which[self._owner[which] == number], self._under[number].triangles
            about = triangles[np.isin(triangles, self._place[out]).any(axis=1)]
            mine = np.flatnonzero(self._owner == number)
            mine = mine[np.isin(self._place[mine], about)]
            covered = self._hidden[number].copy()
            covered[self._place[mine]] |= self._over.covers(now[mine], self._ways[mine])
            torn = about[~covered[about].all(axis=1)]
            self._drop(out[~np.isin(self._place[out], torn)])

    def one_by_one(self) -> None:
        """Presses what is left alone, each place for itself, where that puts it under the cloth."""
        now = self._now()
        which, short = self._still(now)
        if not len(which):
            return
        spots, spot = np.unique(np.round(now[which] / _ONE), axis=0, return_inverse=True)
        push = np.zeros((len(spots), 3))
        np.add.at(push, spot.ravel(), -short[:, None] * self._ways[which])
        push /= np.bincount(spot.ravel())[:, None]
        far, near = cKDTree(spots * _ONE).query(now, distance_upper_bound=2 * _ONE)
        moved = np.flatnonzero(np.isfinite(far))
        tried = now.copy()
        tried[moved] += push[near[moved]]
        still, _ = self._still(tried)
        bad = np.zeros(len(spots), dtype=bool)
        bad[near[np.intersect1d(still, moved)]] = True
        moved = moved[~bad[near[moved]]]
        for number in np.unique(self._owner[moved]):
            mine = moved[self._owner[moved] == number]
            self.offsets[number] = self.offsets[number].copy()
            self.offsets[number][self._place[mine]] += push[near[mine]]


def _carried(points: Floats, pushed: Floats, push: Floats, scale: float) -> Floats:
    """How far points go with the places ``pushed`` next to them: float64[n, 3]."""
    offsets = np.zeros_like(points)
    tree = cKDTree(pushed)
    near = np.flatnonzero(np.isfinite(tree.query(points, distance_upper_bound=_AROUND * scale)[0]))
    far, which = tree.query(points[near], k=min(_BESIDE, len(pushed)))
    far, which = far.reshape(len(near), -1), which.reshape(len(near), -1)
    share = np.clip(1.0 - far / (_AROUND * scale), 0.0, 1.0) ** 3 + 1e-9
    mean = np.einsum("nk,nki->ni", share, push[which]) / share.sum(axis=1, keepdims=True)
    fade = np.clip((1.0 - far[:, :1] / (_AROUND * scale)) / 0.7, 0.0, 1.0)
    offsets[near] = mean * fade * fade * (3 - 2 * fade)
    return offsets


def _well_inside(over: _Over, points: Floats, ways: Floats, out: Floats, scale: float) -> Mask:
    """Which of the points ``out`` have cloth over nearly all of their own surface about them."""
    near = np.isfinite(cKDTree(out).query(points, distance_upper_bound=_INSIDE * scale)[0])
    covered = over.covers(points[near], ways[near])
    far, which = cKDTree(points[near]).query(out, k=min(_MANY, len(covered)), distance_upper_bound=_INSIDE * scale)
    far, which = far.reshape(len(out), -1), which.reshape(len(out), -1)
    known = np.isfinite(far)
    over_them = (known & np.append(covered, [False])[which]).sum(axis=1)
    return np.asarray(over_them >= _NEARLY * known.sum(axis=1))


def _at_most(offsets: Floats, length: float) -> Floats:
    far = np.linalg.norm(offsets, axis=1)
    return np.asarray(offsets * np.minimum(1.0, length / np.maximum(far, 1e-12))[:, None])


class _Apart:
    """Which points lie by which triangles, with ``middles`` float64[m, 3], where nothing is posed."""

    def __init__(self, middles: Floats, others: Sequence[Rested], owner: Ints, place: Ints, scale: float) -> None:
        self._middles, self._reach = middles, _APART * scale
        self._points = np.zeros((len(owner), 3))
        for number, other in enumerate(others):
            self._points[owner == number] = other.points[place[owner == number]]

    def near(self, which: Ints, hit: Ints) -> Mask:
        """Whether each of the points ``which`` lies by its triangle ``hit``."""
        far = np.linalg.norm(self._points[which] - self._middles[hit], axis=1)
        return np.asarray(far < self._reach)


class _Outside:
    """Which of some points look away from the body under them: looked up for those that are asked for, once."""

    def __init__(self, points: Floats, ways: Floats, body: Surface | None) -> None:
        self._points, self._ways, self._body = points, ways, body
        self._known = np.full(len(points), 1 if body is None else -1, dtype=np.int8)

    def moved(self, points: Floats) -> None:
        """The points are elsewhere now: those that did not look out are asked again."""
        self._points = points
        self._known[self._known == 0] = -1

    def only(self, which: Ints, hit: Ints, short: Floats) -> tuple[Ints, Ints, Floats]:
        """Those of the points ``which``, and what is said of them."""
        new = which[self._known[which] < 0]
        if len(new) and self._body is not None:
            near = self._body.tree.query(self._points[new], k=min(_BESIDE, len(self._body.points)))[1]
            away = self._body.normals[near.reshape(len(new), -1)]
            # Any of them: in an armpit the nearest may be the arm's or the trunk's.
            self._known[new] = np.einsum("nki,ni->nk", away, self._ways[new]).max(axis=1) > _OUT
        out = self._known[which] > 0
        return which[out], hit[out], short[out]


def _looking(cloth: Surface, under: Sequence[Surface], scale: float) -> tuple[Floats, Floats, Ints, Ints]:
    """The vertices of drawn triangles within the cloth's box, the ways they look, float64[n, 3], whose they are and
    which.
    """
    used = cloth.points[np.unique(cloth.triangles)]
    points, ways = [np.zeros((0, 3))], [np.zeros((0, 3))]
    owner, place = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for number, surface in enumerate(under if len(used) else ()):
        mine = np.unique(surface.triangles)
        low, high = used.min(axis=0) - _THROUGH * scale, used.max(axis=0) + _THROUGH * scale
        at = surface.points[mine]
        mine = mine[((at >= low) & (at <= high)).all(axis=1)]
        points.append(surface.points[mine])
        ways.append(surface.normals[mine].astype(np.float64))
        owner.append(np.full(len(mine), number))
        place.append(mine)
    at, way = np.concatenate(points), np.concatenate(ways)
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    return at, way, np.concatenate(owner), np.concatenate(place)


class _Over:
    """Cloth over points, of which only what is near them counts."""

    def __init__(self, points: Floats, triangles: Ints, under: Floats, scale: float) -> None:
        corners = points[triangles]
        self._scale, self._reach = scale, (_THROUGH + _OVER) * scale
        low, high = under.min(axis=0) - self._reach, under.max(axis=0) + self._reach
        self._near = np.flatnonzero(((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1))
        corners = corners[self._near]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        self._facing = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-20)
        self._grid = Grid(corners, self._facing, cell=_CELL * scale)

    def covers(self, points: Floats, ways: Floats) -> Mask:
        """Over which of the points there is cloth, within 5 cm."""
        reach = np.full(len(points), _THROUGH + _FAR) * self._scale
        return np.asarray(self._grid.first_hit(points - _THROUGH * self._scale * ways, ways, reach)[1] >= 0)

    def out(self, points: Floats, ways: Floats) -> tuple[Ints, Ints, Floats]:
        """Which points stand out of it, the triangles that they stand out of, and how far those or they go."""
        if not len(self._near):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        distance, hit = self._grid.first_hit(
            points - _THROUGH * self._scale * ways, ways, np.full(len(points), self._reach)
        )
        alike = np.einsum("ij,ij->i", self._facing[hit], ways) > _ALIKE
        which = np.flatnonzero((hit >= 0) & alike)
        return which, self._near[hit[which]], (_THROUGH + _CLEAR) * self._scale - distance[which]

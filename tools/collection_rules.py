"""What must hold of whatever the catalogue declares to go together: one combination, composed, against the rules.

- No cloth is deeper than 0.5 mm under skin, and no garment deeper than 0.5 mm outside one that is worn over it, where
  a camera around sees it. What lies on a person's hand is in front of what lies on the hip that it rests on.
- Prints are within 0.8 and 1.25 of their size on 95 % of the cloth. Cloth is all that is not a trimming (soles,
  laces, buttons, thread that contrasts), of hats and shoes as of shirts.
- No open edge is in sight but those that lie on another layer: where cloth ends it is turned in.
- No face looks away from its normals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue, compose, fitting, fitting_skin, resting_hands, stance
from assets.design import Design
from assets.fitting_bind import bound, joints_of, parts
from assets.fitting_skin import Skin
from assets.generators import sewn_checks
from assets.generators.solids import joined
from assets.model import Model, Primitive
from assets.pose import flatten, posed
from assets.rays import Grid
from assets.scene import Draw
from assets.transforms import apply
from assets.trimmings import trimmings

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DEEP: Final = 0.0005
"""Metres under the skin, or outside what is worn over it, that no cloth may be where it is seen."""
TRUE: Final = 0.95
"""Share of a garment's cloth on which prints keep their size."""
TURNED: Final = 0.002
"""Share of the area that may look away from its normals: slivers in the corners of folds that are sharper than a
triangle, 0.3 mm2 in the mean, which no picture shows."""
OPEN: Final = 0.025
"""Metres of open edge on the outer layer that are let pass: where three seams meet, the end of a lace."""

_LIFT: Final = 0.0004  # metres over a surface from which a camera is looked for
_REACH: Final = 2.2  # metres within which something may be in the way
_SIDES: Final = 8
_HEIGHTS: Final = (-10.0, 12.0, 45.0)  # degrees of the cameras over the horizon
_DRAWN: Final = 0.008  # metres from a vertex of the drawn skin within which skin is drawn
_SHARED: Final = 0.15  # of the weights of skin: with less of an arm it is no limb's, with less of others no trunk's
_LAYER: Final = 0.009  # metres beside an open edge within which the cloth lies that it is sewn or turned on to
_CLOSED: Final = 0.0002  # metres between two open edges that are one: baked points are right to 0.02 mm
_SAMPLES: Final = np.array([(4, 1, 1), (1, 4, 1), (1, 1, 4), (2, 2, 2)]) / 6.0
_THROUGH: Final = 0.010  # metres under a garment's outside within which what is worn over it has come through it
_ALIKE: Final = 0.5  # cosine to it from which on what is over it looks the same way
_APART: Final = 0.1  # metres at rest between parts of garments of which neither is over the other
_OUTSIDE: Final = 0.3  # cosine to the way out of the body from which on cloth looks out


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one combination measured: ``deep`` metres of the deepest penetration of skin in sight, ``seen`` how many
    points go deeper than :data:`DEEP`; ``through`` and ``poking`` the same of garments through those worn over them;
    ``true`` the share of prints true to size, ``open`` metres of open edge, ``turned`` the share of faces that look
    the wrong way, each of the worst garment.
    """

    what: str
    avatar: str
    pose: str
    deep: float
    seen: int
    through: float
    poking: int
    where: str
    true: float
    open: float
    turned: float

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not hold."""
        found = {
            "penetration": self.deep > DEEP,
            "layers": self.through > DEEP,
            "print": self.true < TRUE,
            "open edge": self.open > OPEN,
            "normals": self.turned > TURNED,
        }
        return tuple(name for name, bad in found.items() if bad)


class Sight:
    """Cameras around a scene of triangles, ``corners`` float64[m, 3, 3]: what of it they see."""

    def __init__(self, corners: Array) -> None:
        self._corners = corners

    @cached_property
    def _grid(self) -> Grid:
        both = np.concatenate([self._corners, self._corners[:, ::-1]])
        normals = np.cross(both[:, 1] - both[:, 0], both[:, 2] - both[:, 0])
        return Grid(both, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20), cell=0.03)

    def sees(self, points: Array) -> Mask:
        """Which points a camera somewhere around sees past the triangles, bool[n]."""
        found = np.zeros(len(points), dtype=bool)
        for azimuth in np.arange(_SIDES) * 2 * np.pi / _SIDES:
            for height in np.radians(_HEIGHTS):
                hidden = np.flatnonzero(~found)
                if not len(hidden):
                    return found
                way = np.array([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
                ways = np.tile(way, (len(hidden), 1))
                distance, _ = self._grid.first_hit(points[hidden], ways, np.full(len(hidden), _REACH))
                free = hidden[np.isinf(distance)]
                found[free[~self._blocked(points[free], way)]] = True
        return found

    def _blocked(self, points: Array, way: Array) -> Mask:
        """Whether a triangle is in the way, bool[n], one point after the other against all triangles: on long rays
        the grid passes over corners of cells, in which a small triangle may lie.
        """
        blocked = np.zeros(len(points), dtype=bool)
        if not len(points):
            return blocked
        side = np.cross(way, [0.0, 1.0, 0.0])
        side /= np.linalg.norm(side)
        flat = self._corners @ np.stack([side, np.cross(side, way), way], axis=1)
        at = points @ np.stack([side, np.cross(side, way), way], axis=1)
        low, high = flat.min(axis=1), flat.max(axis=1)
        for number, (x, y, z) in enumerate(at):
            near = (low[:, 0] <= x) & (high[:, 0] >= x) & (low[:, 1] <= y) & (high[:, 1] >= y) & (high[:, 2] > z)
            a, b, c = (flat[near][:, corner] - [x, y, z] for corner in range(3))
            one, two, three = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] for p, q in ((b, c), (c, a), (a, b)))
            total = one + two + three
            inside = (np.minimum(np.minimum(one, two), three) >= 0) | (np.maximum(np.maximum(one, two), three) <= 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                ahead = (one * a[:, 2] + two * b[:, 2] + three * c[:, 2]) / total
            blocked[number] = bool((inside & (ahead > 0)).any())
        return blocked


def check(pieces: tuple[str, ...], what: str, avatar: str, pose: str) -> Finding:
    """One combination, composed as the farm composes it."""
    design = Design.model_validate(
        {
            "avatar": {"model": {"item": avatar}, "pose": {"animation": pose}},
            "layers": tuple({"id": item, "model": {"item": item}} for item in pieces),
        }
    )
    made = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    draws = tuple(flatten(made))
    sight = Sight(np.concatenate([_corners(draw) for draw in draws]))
    (body,) = [draw.primitive for draw in draws if draw.layer == compose.AVATAR] or [None]
    figure = fitting.standing(
        resting_hands.laid(posed(catalogue.model(avatar), animation=pose, time=0.0), pieces), pieces
    )
    skin = fitting_skin.skin(figure, stance.moves(figure))
    worn = {item: parts(fitting.fitted(item, figure)) for item in pieces}
    rested = fitting.standing(fitting.rested(figure), pieces, prints=False)
    at_rest = {item: parts(fitting.fitted(item, rested, prints=False)) for item in pieces}
    places = {item: Places(_points(worn[item]), _points(at_rest[item])) for item in pieces}
    deep, seen = 0.0, 0
    for item in pieces if body is not None else ():
        for points, near, drawn in _beside(item, worn[item], figure, skin, body):
            under, count = visible(points, near, drawn, sight)
            deep, seen = max(deep, under), seen + count
    through, poking, where = _layers(pieces, draws, skin, sight, places)
    return Finding(
        what=what,
        avatar=avatar,
        pose=pose,
        deep=deep,
        seen=seen,
        through=through,
        poking=poking,
        where=where,
        true=min(sewn_checks.true_to_size(cloth_of(item, whole), 1.0) for item, whole in worn.items()),
        open=max(open_edges(item) for item in pieces),
        turned=max(sewn_checks.turned(part) for whole in worn.values() for part in whole),
    )


def _corners(draw: Draw) -> Array:
    return apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices.astype(np.int64)]


def _beside(
    item: str, whole: tuple[Primitive, ...], figure: Model, skin: Skin, body: Primitive
) -> Iterator[tuple[Array, Skin, cKDTree]]:
    """The outer layer of a garment, the skin that must not come through it, and what of it is drawn.

    Of sleeves that is the arms' skin, of the rest the trunk's: a hand on a hip, or an arm at the side, is in front of
    the cloth and not through it.
    """
    held = bound(item)
    points = _points(whole)
    outer, sleeve = (mask[held.cloth.welded] for mask in (held.outer, held.sleeve))
    arms = joints_of(figure, "shoulder", "elbow", "wrist")
    drawn = cKDTree(body.positions)
    share = fitting_skin.shares(figure)[:, arms].sum(axis=1)
    for cloth, mine in ((outer & sleeve, share > _SHARED), (outer & ~sleeve, share < 1 - _SHARED)):
        if cloth.any():
            yield points[cloth], Skin(points=skin.points[mine], normals=skin.normals[mine]), drawn


def visible(points: Array, skin: Skin, drawn: cKDTree, sight: Sight) -> tuple[float, int]:
    """How deep under the skin points lie over which a camera sees it, and how many deeper than :data:`DEEP`. Of the
    skin what is ``drawn`` (its vertices) can be seen.
    """
    far, _ = skin.tree.query(points, distance_upper_bound=0.02)
    near = np.flatnonzero(np.isfinite(far))
    if not len(near):
        return 0.0, 0
    height, out = skin.over(points[near])
    below = np.flatnonzero((height < -DEEP) & (height > -0.02))
    if not len(below):
        return 0.0, 0
    over = points[near][below] + out[below] * (_LIFT - height[below])[:, None]
    # Only where skin is drawn right there: what was cut under the cloth hides nothing.
    real = drawn.query(over)[0] < _DRAWN
    over, depth = over[real], -height[below][real]
    seen = sight.sees(over)
    return (float(depth[seen].max()), int(seen.sum())) if seen.any() else (0.0, 0)


class Places:
    """Where a garment's points, ``posed`` float64[n, 3], are at rest."""

    def __init__(self, posed: Array, rest: Array) -> None:
        self._tree, self._rest = cKDTree(posed), rest

    def at_rest(self, points: Array) -> Array:
        """Of points on the garment in the pose, or pressed in a little, float64[k, 3]."""
        return np.asarray(self._rest[self._tree.query(points)[1]])


def _points(whole: tuple[Primitive, ...]) -> Array:
    return np.concatenate([part.positions for part in whole]).astype(np.float64)


def _layers(
    pieces: tuple[str, ...], draws: tuple[Draw, ...], skin: Skin, sight: Sight, places: Mapping[str, Places]
) -> tuple[float, int, str]:
    """How far a garment comes through one that is worn over it where a camera sees it, of how many points, and which
    through which.
    """
    worst, total, where = 0.0, 0, ""
    sides = {item: _outsides([draw for draw in draws if draw.layer == item], skin) for item in pieces}
    for number, inner in enumerate(pieces):
        for outer in pieces[number + 1 :]:
            cloth = np.concatenate([np.zeros((0, 3, 3)), *[_corners(draw) for draw in draws if draw.layer == outer]])
            depth, count = pokes(*sides[inner], cloth, sight, both(places[inner], places[outer]))
            total += count
            if depth > worst:
                worst, where = depth, f"{inner} through {outer}"
    return worst, total, where


def both(inner: Places, outer: Places) -> Callable[[Array, Array], Mask]:
    """Whether points of a garment and of one worn over it lie by each other at rest."""

    def found(points: Array, others: Array) -> Mask:
        apart = np.linalg.norm(inner.at_rest(points) - outer.at_rest(others), axis=1)
        return np.asarray(apart < _APART)

    return found


def _outsides(draws: list[Draw], skin: Skin) -> tuple[Array, Array]:
    """The drawn vertices of a garment that look out from the body, and the ways they look: float64[n, 3]."""
    points, ways = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for draw in draws:
        used = np.unique(draw.primitive.indices)
        points.append(apply(draw.matrix, draw.primitive.positions[used]))
        turned = draw.primitive.normals[used].astype(np.float64) @ np.linalg.inv(draw.matrix[:3, :3])
        ways.append(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12))
    at, way = np.concatenate(points), np.concatenate(ways)
    out = skin.over(at)[1] if len(at) else at
    looks = np.einsum("ij,ij->i", out, way) > _OUTSIDE
    return at[looks], way[looks]


def pokes(
    points: Array, ways: Array, cloth: Array, sight: Sight, together: Callable[[Array, Array], Mask]
) -> tuple[float, int]:
    """How far ``points``, that look along ``ways``, lie outside ``cloth`` (float64[m, 3, 3]) that looks as they do
    and is at most 10 mm under them, where a camera sees them; and how many further than :data:`DEEP`. Only what is
    ``together`` with the middle of the triangle under it counts: a cuff on a hip does not come through the jacket.
    """
    if not len(points) or not len(cloth):
        return 0.0, 0
    low, high = cloth.min(axis=(0, 1)) - _THROUGH, cloth.max(axis=(0, 1)) + _THROUGH
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    normals = np.cross(cloth[:, 1] - cloth[:, 0], cloth[:, 2] - cloth[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    grid = Grid(cloth, normals, cell=0.01)
    distance, hit = grid.first_hit(
        points[near] - _THROUGH * ways[near], ways[near], np.full(len(near), _THROUGH - DEEP)
    )
    along = np.einsum("ij,ij->i", normals[hit], ways[near]) > _ALIKE
    out = np.flatnonzero(np.isfinite(distance) & along)
    out = out[together(points[near[out]], cloth[hit[out]].mean(axis=1))]
    seen = out[sight.sees(points[near[out]] + _LIFT * ways[near[out]])]
    return (float(_THROUGH - distance[seen].min()), len(seen)) if len(seen) else (0.0, 0)


def cloth_of(item: str, whole: tuple[Primitive, ...]) -> Primitive:
    """What of a garment bears prints: all but its trimmings."""
    kept = trimmings(catalogue.model(item))
    return joined([part for part in whole if part.uv0 is not None and id(part.material) not in kept])


@cache
def open_edges(item: str) -> float:
    """Metres of raw edge: open edges of the garment, its seams closed, with no other layer of it beside them, that a
    camera sees.
    """
    cloth = bound(item).cloth
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    corner = cloth.welded[cloth.triangles]
    a, b = _alone(corner, places)
    if not len(a):
        return 0.0
    samples = (places[corner][:, None] * _SAMPLES[None, :, :, None]).sum(axis=2)
    owner = np.repeat(np.arange(len(corner)), len(_SAMPLES))
    tree = cKDTree(samples.reshape(-1, 3))
    beside = tree.query_ball_point((places[a] + places[b]) / 2, _LAYER, return_sorted=False)
    around = _rings(corner, cloth.count)
    raw = []
    for place, (one, two, near) in enumerate(zip(a, b, beside, strict=True)):
        own = set().union(*(around[next_to] for next_to in around[one] | around[two]))
        if not any(own.isdisjoint(corner[owner[spot]].tolist()) for spot in near):
            raw.append(place)
    if not raw:
        return 0.0
    ends, middles = (places[a[raw]], places[b[raw]]), (places[a[raw]] + places[b[raw]]) / 2
    looks = np.zeros_like(places)
    looks[cloth.welded] = cloth.normals
    body = catalogue.model(catalogue.item(item).draped_on).meshes[0].primitives[0]
    sight = Sight(np.concatenate([places[corner], body.positions[body.indices].astype(np.float64)]))
    seen = np.zeros(len(raw), dtype=bool)
    for side in (_LIFT, -_LIFT):
        seen |= sight.sees(middles + side * looks[a[raw]])
    return float(np.linalg.norm(ends[0] - ends[1], axis=1)[seen].sum())


def _alone(corner: NDArray[np.int64], places: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ends of edges with a triangle on one side only, int64[k] each. Two such edges in one place are a seam,
    whose sides were rounded apart.
    """
    count = len(places)
    a, b = corner.ravel(), np.roll(corner, -1, axis=1).ravel()
    known, uses = np.unique(np.minimum(a, b) * count + np.maximum(a, b), return_counts=True)
    alone = known[uses == 1]
    a, b = alone // count, alone % count
    if len(a) < 2:
        return a, b
    middles, half = (places[a] + places[b]) / 2, (places[a] - places[b]) / 2
    single = np.ones(len(a), dtype=bool)
    for one, two in cKDTree(middles).query_pairs(_CLOSED):
        apart = min(np.abs(half[one] - half[two]).max(), np.abs(half[one] + half[two]).max())
        if apart < _CLOSED:
            single[[one, two]] = False
    return a[single], b[single]


def _rings(corner: NDArray[np.int64], count: int) -> list[set[int]]:
    """The vertices about each, and itself."""
    found: list[set[int]] = [{place} for place in range(count)]
    for triangle in corner.tolist():
        for place in triangle:
            found[place].update(triangle)
    return found


def digests(pieces: tuple[str, ...], avatar: str) -> Mapping[str, str]:
    """The content that a combination is made of, by id."""
    return {item: catalogue.digest(item) for item in (*pieces, avatar)}

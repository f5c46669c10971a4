"""What is worn hides what is under it: from the meshes alone, without tags.

For every vertex of the inner surface a ray goes along its outward normal, from a few centimetres inside to a
few outside. Where it meets cloth that faces outwards, the vertex is covered, and the distance says how far the
skin is under the cloth, or how far it pokes through it (real garments: up to two centimetres). Then

- covered vertices that poke through or lie too close are pushed inwards until they are just under the cloth;
  the push fades out over the bare skin beside it, so that no step shows;
- triangles well inside the covered region are not drawn at all. A margin of skin stays under every hem, cuff
  and neckline, so no hole shows there; it is wider than what one sees into an opening.

Cloth that one can see through (opacity, blending, alpha) pushes and never cuts. A hand near a hip is not
"covered" by it: the cloth must face the same way as the skin, and rays start no deeper than half way through
a limb. Lengths are metres for an adult and scale with the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from assets.enclosed import enclosed, stray
from assets.rays import Grid
from assets.surfaces import Surface, adjacency, face_normals, length, middles, unit, weld

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_INSIDE: Final = 0.025  # how far skin may be outside its cloth
_INSIDE_CLOTH: Final = 0.15  # how far off the body rays through an inner garment may start at most
_BODY_NEIGHBOURS: Final = 8
_OPPOSED: Final = -0.3  # cosine between the skin's normals where two sides of the body face each other
_OUTSIDE: Final = 0.05  # cloth farther off does not count as covering
_CLOSE: Final = 0.015  # only skin this near under the cloth is cut; farther off nothing can poke through
_CLEARANCE: Final = 0.003  # how far under the cloth pushed skin ends
MARGIN: Final = 0.03
"""Skin kept under an edge of the cloth."""
_FADE: Final = 0.03  # over which a push fades out beside the cloth
_LONG_EDGE: Final = 0.02  # triangles larger than this are tested at their centres too
_SIDE_BY_SIDE: Final = 3  # threads: most of the work is done by NumPy and SciPy, which let others run


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What to do with an inner surface: ``offsets`` float64[n, 3] to add, ``keep`` bool[m] triangles to draw.
    ``under`` bool[n] are the vertices that have cloth over them, or all about them.
    """

    offsets: Floats
    keep: Mask
    under: Mask

    @property
    def changes(self) -> bool:
        """False when nothing is covered."""
        return not bool(self.keep.all()) or bool(self.offsets.any())


class Inner:
    """A surface that others cover, a closed body or, with ``body``, a garment worn on it: what is known of it
    whatever lies over it. ``scale`` multiplies all lengths.

    A garment has folds, hems and an inside, so its own normals say little: its rays leave the body underneath.
    """

    def __init__(self, surface: Surface, *, scale: float = 1.0, body: Surface | None = None) -> None:
        self.surface, self.body, self.scale = surface, body, scale
        self.weld, count = weld(surface.points)
        self.triangles = self.weld[surface.triangles]
        self.points = np.zeros((count, 3))
        self.points[self.weld] = surface.points
        self.around = adjacency(self.triangles, count)
        self.inside = (_INSIDE if body is None else _INSIDE_CLOTH) * scale
        self._depth = np.full(count, self.inside)
        self._known = np.zeros(count, dtype=bool)
        if body is None:
            self.normals = _ray_normals(self.points, self.triangles, self.around, surface.normals, self.weld)
        else:
            self.normals = np.zeros((count, 3))
            self._faces = np.zeros((count, 3))
            np.add.at(self._faces, self.weld, surface.normals)

    @cached_property
    def _far_side(self) -> Grid:
        """Its triangles by place, for rays through it; facing as its normals do."""
        corners = self.points[self.triangles]
        facing = unit(face_normals(corners))
        # The body's winding may be reversed; its vertex normals say which way is out.
        if np.einsum("ij,ij->", facing, self.normals[self.triangles[:, 0]]) < 0:
            facing = -facing
        return Grid(corners, facing, cell=_cell(corners, self.scale))

    def _thickness(self, near: Ints, longest: float) -> Floats:
        """How far it is from each vertex through the body to its other side, at most ``longest``."""
        skip = 1e-4 * self.scale
        inward = -self.normals[near]
        starts = self.points[near] + inward * skip
        distance, _ = self._far_side.first_hit(starts, inward, np.full(len(near), longest))
        return np.minimum(distance + skip, longest)

    def depth(self, near: Ints) -> Floats:
        """How far inside the rays of the vertices ``near`` start, float64[vertices]; of others nothing is said."""
        new = near[~self._known[near]]
        if len(new):
            self._known[new] = True
            if self.body is None:
                self._depth[new] = np.minimum(self.inside, 0.45 * self._thickness(new, 2.5 * self.inside))
            else:
                self.normals[new], self._depth[new] = _from_body(
                    self.points[new], self._faces[new], self.body, self.inside, self.scale
                )
        return self._depth

    def patches(self, bare: Ints, outer: Outer) -> Mask:
        """Of the vertices ``bare``, which no cloth is over, those that it closes in, and strays: bool[vertices]."""
        rows, ways = self.around[bare], self.normals[bare]
        links = rows[:, bare]
        beside = np.asarray(rows.sum(axis=1) > links.sum(axis=1)).ravel()
        found = np.zeros(len(self.points), dtype=bool)
        cloth, opaque = outer.grid, outer.surface.opaque
        found[bare] = enclosed(self.points[bare], ways, links, beside, cloth, opaque, scale=self.scale)
        others, beside = bare[~found[bare]], beside[~found[bare]]
        found[others] = stray(self.points, others, beside, scale=self.scale)
        return found


class Outer:
    """Cloth, facing outwards, that covers others: sorted into cells once for all of them."""

    def __init__(self, surface: Surface, *, scale: float = 1.0) -> None:
        self.surface, self._scale = surface, scale
        self.corners = surface.corners()

    @cached_property
    def box(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner of its triangles."""
        used = self.surface.points[np.unique(self.surface.triangles)]
        return used.min(axis=0), used.max(axis=0)

    @cached_property
    def grid(self) -> Grid:
        """Its triangles by place."""
        return Grid(self.corners, unit(face_normals(self.corners)), cell=_cell(self.corners, self._scale))


def covers(inner: Inner, outers: Sequence[Outer]) -> list[Covered]:
    """What each cloth hides of the surface under it, worked out side by side."""
    near = [_near(inner, outer) for outer in outers]
    inner.depth(np.unique(np.concatenate([np.zeros(0, np.int64), *near])))
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda pair: _cover(inner, *pair), zip(outers, near, strict=True)))


def _near(inner: Inner, outer: Outer) -> Ints:
    """The vertices within reach of the cloth's box."""
    if not len(inner.surface.triangles) or not len(outer.corners):
        return np.zeros(0, np.int64)
    reach = inner.inside + _OUTSIDE * inner.scale
    low, high = outer.box[0] - reach, outer.box[1] + reach
    within = [(at >= a) & (at <= b) for at, a, b in zip(inner.points.T, low, high, strict=True)]
    return np.flatnonzero(np.logical_and.reduce(within))


def _cover(inner: Inner, outer: Outer, near: Ints) -> Covered:
    surface, scale = inner.surface, inner.scale
    nothing = Covered(
        offsets=np.zeros_like(surface.points),
        keep=np.ones(len(surface.triangles), dtype=bool),
        under=np.zeros(len(surface.points), dtype=bool),
    )
    if not len(near):
        return nothing
    points = inner.points
    depth, normals = inner.depth(near), inner.normals
    height = np.full(len(points), np.inf)  # of the cloth over the skin; negative where skin pokes through
    hit = np.full(len(points), -1, dtype=np.int64)
    distance, hit[near] = outer.grid.first_hit(
        points[near] - normals[near] * depth[near, None], normals[near], depth[near] + _OUTSIDE * scale
    )
    height[near] = distance - depth[near]
    covered = hit >= 0
    if not covered.any():
        return nothing
    patches = None if inner.body is None else inner.patches(near[~covered[near]], outer)
    push = _push(points, inner.around, covered, height, scale * (1.0 if inner.body is None else 2.0), scale)
    keep = _keep(
        points,
        inner.triangles,
        normals,
        inner.around,
        covered,
        height,
        hit,
        depth,
        outer.surface,
        outer.grid,
        scale,
        enclosed=patches,
    )
    under = covered if patches is None else covered | patches
    return Covered(offsets=(-normals * push[:, None])[inner.weld], keep=keep, under=under[inner.weld])


def _push(points: Floats, around: Any, covered: Mask, height: Floats, spread: float, scale: float) -> Floats:
    """How far each vertex goes inwards: what it needs, fading out over ``spread`` times the usual distance."""
    need = np.where(covered, np.maximum(_CLEARANCE * scale - height, 0.0), 0.0)
    pushed = np.flatnonzero(need > 0)
    if not len(pushed):
        return need
    push = need.copy()
    # Beside the cloth, and where a ray slipped through a fold, the push of the nearest pushed vertex fades out.
    # Nearest along the surface: a finger beside a hip does not give way because the hip does.
    edges = around.tocoo()
    lengths = np.linalg.norm(points[edges.row] - points[edges.col], axis=1)
    graph = sparse.csr_matrix((np.maximum(lengths, 1e-9), (edges.row, edges.col)), shape=around.shape)
    distance, _, nearest = csgraph.dijkstra(
        graph, indices=pushed, min_only=True, limit=_FADE * spread, return_predecessors=True
    )
    reached = np.isfinite(distance)
    # The first quarter goes all the way, or triangles across the cloth's edge would ride up over it.
    fade = np.minimum((1.0 - distance[reached] / (_FADE * spread)) / 0.75, 1.0)
    push[reached] = np.maximum(push[reached], need[nearest[reached]] * fade * fade * (3 - 2 * fade))
    degree = np.maximum(np.asarray(around.sum(axis=1)).ravel(), 1.0)
    for _ in range(4):
        push = np.where(reached, np.maximum(0.5 * push + 0.5 * (around @ push) / degree, need), 0.0)
    return push


def _keep(
    points: Floats,
    triangles: Ints,
    normals: Floats,
    around: Any,
    covered: Mask,
    height: Floats,
    hit: Ints,
    depth: Floats,
    cloth: Surface,
    grid: Grid,
    scale: float,
    *,
    enclosed: Mask | None,
) -> Mask:
    """Which triangles to draw: all but those well inside the part that opaque, close cloth covers. Of what is worn,
    twice as far inside, however close: a jacket stands off in folds, through which a shirt may come in a pose. There
    ``enclosed`` says what is hidden though no cloth is right over it, as in an armpit.
    """
    worn = enclosed is not None
    close = covered & (height < _CLOSE * scale)
    hidden = covered.copy() if worn else close
    hidden[covered] &= cloth.opaque[hit[covered]]
    if enclosed is not None:
        covered, hidden = covered | enclosed, hidden | enclosed
    bare = np.flatnonzero(~covered)
    deep = hidden & (np.asarray(around @ (~covered).astype(np.float64)).ravel() == 0)
    if len(bare):
        candidates = np.flatnonzero(deep)
        margin = np.where(close[candidates], MARGIN, 2 * MARGIN) * scale
        distance, _ = cKDTree(points[bare]).query(points[candidates], distance_upper_bound=margin.max(initial=MARGIN))
        deep[candidates] = distance > margin
    cut = deep[triangles].all(axis=1)
    large = np.flatnonzero(cut)
    corners = points[triangles[large]]
    longest = np.max([length(corners[:, k] - corners[:, k - 1]) for k in range(3)], axis=0)
    corners, large = corners[longest > _LONG_EDGE * scale], large[longest > _LONG_EDGE * scale]
    if len(large):
        direction = unit(normals[triangles[large]].mean(axis=1))
        start = depth[triangles[large]].min(axis=1)
        centres = middles(corners) - direction * start[:, None]
        _, centre_hit = grid.first_hit(centres, direction, start + (_OUTSIDE if worn else _CLOSE) * scale)
        cut[large] = (centre_hit >= 0) & cloth.opaque[centre_hit]
    keep: Mask = ~cut
    return keep


def _from_body(points: Floats, faces: Floats, body: Surface, inside: float, scale: float) -> tuple[Floats, Floats]:
    """For each vertex of a garment, which way is away from the body under it, and how far back the body is.

    Between two sides of the body, as between a hip and the palm that rests on it, ``faces`` tell which one is under
    the cloth: the ways that it looks.
    """
    count = min(_BODY_NEIGHBOURS, len(body.points))
    distance, nearest = body.tree.query(points, k=count)
    distance, nearest = distance.reshape(len(points), count), nearest.reshape(len(points), count)
    weight = 1.0 / (distance + 0.01 * scale)
    normals = unit(body.normals)[nearest]
    agrees = np.einsum("pki,pi->pk", normals, faces) > 0
    torn = np.einsum("pki,pi->pk", normals, normals[:, 0]).min(axis=1) < _OPPOSED
    other = torn[:, None] & ~agrees & agrees.any(axis=1)[:, None]
    away = unit((normals * np.where(other, 0.0, weight)[..., None]).sum(axis=1))
    back = np.where(other, np.inf, distance).min(axis=1)
    return away, np.minimum(back + 0.01 * scale, inside)


def _ray_normals(points: Floats, triangles: Ints, around: Any, given: Floats, weld: Ints) -> Floats:
    """Outward normals of welded vertices, smoothed so that creases do not scatter the rays."""
    faces = face_normals(points[triangles])
    total = np.zeros_like(points)
    for axis in range(3):
        total[:, axis] = np.bincount(triangles.ravel(), weights=np.repeat(faces[:, axis], 3), minlength=len(points))
    shading = np.zeros_like(points)
    shading[weld] = given
    if np.einsum("ij,ij->", total, shading) < 0:
        total = -total
    normals = np.where(np.linalg.norm(total, axis=1, keepdims=True) > 0, unit(total), shading)
    for _ in range(3):
        normals = unit(normals + around @ normals)
    return normals


def _cell(corners: Floats, scale: float) -> float:
    edge = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    return float(np.clip(1.5 * np.median(edge), 0.008 * scale, 0.05 * scale))

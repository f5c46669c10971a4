"""Surfaces given as rows of points: shoes, hats, what is wound or knotted; laid flat for their UVs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from assets.generators.solids import grid_triangles, primitive
from assets.model import Material, Primitive

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROUNDS: Final = 60
_FLAT: Final = 1e-12


def unit(vectors: Array) -> Array:
    """Vectors along the last axis at length 1; those without a length stay 0."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def runs(line: Array) -> Array:
    """How far along a polyline float64[k, d] each of its points is, float64[k]."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])


def curve(points: Sequence[Sequence[float]] | Array, count: int, *, closed: bool = False) -> Array:
    """A smooth line through points float64[k, d], ``count`` of them, evenly spaced: float64[count, d]. A closed one
    does not repeat its first point.
    """
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        knots = np.concatenate([knots, knots[:1]])
    spline = CubicSpline(runs(knots), knots, bc_type="periodic" if closed else "natural")
    fine = spline(np.linspace(0, spline.x[-1], 40 * len(knots)))
    way = runs(fine)
    at = np.linspace(0, way[-1], count + 1)[:-1] if closed else np.linspace(0, way[-1], count)
    return np.stack([np.interp(at, way, fine[:, i]) for i in range(fine.shape[1])], axis=1)


def grid_normals(points: Array, *, around: bool = False) -> Array:
    """Unit normals of float64[rows, columns, 3] on the side from which :func:`solids.grid_triangles` run
    counter-clockwise. ``around`` says that the last column is the first one again.
    """
    rows = np.gradient(points, axis=0)
    columns = np.gradient(points, axis=1)
    if around:
        columns[:, 0] = columns[:, -1] = (points[:, 1] - points[:, -2]) / 2
    return unit(np.cross(rows, columns))


def surface(
    points: Array,
    material: Material,
    *,
    outward: Array | None = None,
    normals: Array | None = None,
    around: bool = False,
    uv: Array | None = None,
) -> Primitive:
    """A grid float64[rows, columns, 3] as a primitive. It faces the way of ``outward`` float64[3] or the grid of
    such (else as its triangles run). ``uv`` float64[rows, columns, 2] are else the lengths along and across, and
    ``normals`` those of the grid.
    """
    rows, columns = points.shape[:2]
    triangles = grid_triangles(rows, columns)
    facing = grid_normals(points, around=around)
    if outward is not None and float((facing * outward).sum()) < 0:
        triangles, facing = triangles[:, ::-1], -facing
    if normals is None:
        normals = facing
    if uv is None:
        uv = lengths(points)
    flat = points.reshape(-1, 3)
    triangles = triangles[_areas(flat, triangles) > _FLAT]
    return primitive(flat, normals.reshape(-1, 3), uv.reshape(-1, 2), triangles, material)


def lengths(points: Array) -> Array:
    """UVs of a grid in metres: the mean run of its rows across, of its columns down: float64[rows, columns, 2]."""
    across = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(axis=0)
    down = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    u = np.concatenate([[0.0], np.cumsum(across)])
    v = np.concatenate([[0.0], np.cumsum(down)])
    return np.stack(np.meshgrid(u, v), axis=-1)


def flattened(points: Array) -> Array:
    """A grid float64[rows, columns, 3] laid flat as stiff leather would be, metres: float64[rows, columns, 2].

    As-rigid-as-possible parameterisation (Liu et al., "A local/global approach to mesh parameterization", 2008).
    """
    rows, columns = points.shape[:2]
    solid = points.reshape(-1, 3)
    triangles = grid_triangles(rows, columns)
    triangles = triangles[_areas(solid, triangles) > _FLAT]
    used, triangles = np.unique(triangles, return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    flat = lengths(points).reshape(-1, 2)[used]
    corner = solid[used][triangles]
    along = corner[:, 1] - corner[:, 0]
    far = corner[:, 2] - corner[:, 0]
    x = np.linalg.norm(along, axis=1)
    px = np.einsum("ij,ij->i", far, along) / x
    py = np.linalg.norm(np.cross(along, far), axis=1) / x
    zero = np.zeros_like(x)
    rest = np.stack([np.stack([zero, zero], 1), np.stack([x, zero], 1), np.stack([px, py], 1)], axis=1)
    if _turned(flat[triangles]) < 0:
        flat = flat * [1.0, -1.0]
    edges = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    weight = np.stack([_cotangent(rest, i, j, k) for i, j, k in edges], axis=1)
    n = len(used)
    ends = np.concatenate([triangles[:, [i, j]] for i, j, _ in edges])
    value = np.concatenate([weight[:, e] for e in range(3)])
    graph = coo_matrix((value, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    graph = graph + graph.T
    diagonal = np.asarray(graph.sum(axis=1)).ravel() + 1e-9
    solver = splu((coo_matrix((diagonal, (range(n), range(n))), shape=(n, n)) - graph).tocsc())
    for _ in range(_ROUNDS):
        now = flat[triangles]
        spread = np.zeros((len(triangles), 2, 2))
        for e, (i, j, _) in enumerate(edges):
            spread += weight[:, e, None, None] * np.einsum(
                "ti,tj->tij", now[:, i] - now[:, j], rest[:, i] - rest[:, j]
            )
        u, _, vt = np.linalg.svd(spread)
        sign = np.sign(np.linalg.det(u @ vt))
        u[:, :, 1] *= sign[:, None]
        turn = u @ vt
        total = np.zeros((n, 2))
        for e, (i, j, _) in enumerate(edges):
            pull = weight[:, e, None] * np.einsum("tij,tj->ti", turn, rest[:, i] - rest[:, j])
            np.add.at(total, triangles[:, i], pull)
            np.add.at(total, triangles[:, j], -pull)
        flat = solver.solve(total)
    out = np.zeros((rows * columns, 2))
    out[used] = flat - flat.min(axis=0)
    return out.reshape(rows, columns, 2)


def tube(path: Array, normals: Array, section: Array, material: Material) -> Primitive:
    """A closed section swept along a path with normals, float64[k, 3] both. ``section`` float64[k, m, 2] or [m, 2],
    metres: sideways and along the normal, without its first point again. Its ends are closed. UVs are metres: v along
    it, u round it from a quarter on.
    """
    tangent = unit(np.gradient(path, axis=0))
    up = unit(normals - tangent * np.einsum("ij,ij->i", normals, tangent)[:, None])
    side = np.cross(up, tangent)
    shape = np.broadcast_to(section, (len(path), *section.shape[-2:]))
    ring = np.concatenate([shape, shape[:, :1]], axis=1)
    middle = np.broadcast_to(ring.mean(axis=1, keepdims=True), ring.shape)
    ring = np.concatenate([middle[:1], ring, middle[-1:]])
    path, side, up = (np.concatenate([part[:1], part, part[-1:]]) for part in (path, side, up))
    points = path[:, None] + side[:, None] * ring[..., :1] + up[:, None] * ring[..., 1:]
    across = np.linalg.norm(np.diff(points, axis=1), axis=2).cumsum(axis=1)
    across = np.concatenate([np.zeros((len(points), 1)), across], axis=1) - across[:, -1:] / 4
    uv = np.stack([across, np.broadcast_to(runs(path)[:, None], across.shape)], axis=-1)
    triangles = grid_triangles(*points.shape[:2])
    flat = points.reshape(-1, 3)
    triangles = triangles[_areas(flat, triangles) > _FLAT]
    corner = flat[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    out = flat - np.repeat(path, points.shape[1], axis=0)
    if float((face * out[triangles].mean(axis=1)).sum()) < 0:
        triangles, face = triangles[:, ::-1], -face
    normal = np.zeros_like(flat)
    for i in range(3):
        np.add.at(normal, triangles[:, i], face)
    grid = normal.reshape(points.shape)
    grid[:, 0] = grid[:, -1] = grid[:, 0] + grid[:, -1]
    return primitive(flat, grid.reshape(-1, 3), uv.reshape(-1, 2), triangles, material)


def oblong(width: float, thickness: float, count: int = 8) -> Array:
    """The section of a flat lace, float64[count, 2]: an oval with blunt sides."""
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    c, s = np.cos(angle), np.sin(angle)
    blunt = 0.45
    return np.stack(
        [width / 2 * np.sign(c) * np.abs(c) ** blunt, thickness / 2 * np.sign(s) * np.abs(s) ** blunt], axis=1
    )


def _areas(points: Array, triangles: Index) -> Array:
    a, b, c = (points[triangles[:, i]] for i in range(3))
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1))


def _turned(corner: Array) -> float:
    a, b = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    return float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())


def _cotangent(rest: Array, i: int, j: int, k: int) -> Array:
    a, b = rest[:, i] - rest[:, k], rest[:, j] - rest[:, k]
    sine = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    found: Array = np.einsum("ij,ij->i", a, b) / np.maximum(sine, 1e-12) / 2
    return np.clip(found, 0.01, 20.0)

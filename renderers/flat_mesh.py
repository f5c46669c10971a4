"""A scene's triangles as a technical drawing needs them: welded, in pixels of the drawing, edge by edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from assets.scene import Draw
from renderers.simplify import simplified, step

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_DENSE = 300_000  # triangles of a draw
_GAP = 1.2e-4  # of the design's size: open edges nearer than this were meant to meet (0.2 mm of a person)


@dataclass(frozen=True, kw_only=True, eq=False)
class Soup:
    """Triangles before they are welded, of all draws. ``corners`` int64[m, 3] index the vertices; ``uv`` is NaN
    where a primitive has none.
    """

    points: Array  # float64[n, 3] world metres
    normals: Array  # float64[n, 3] unit, world
    uv: Array  # float64[n, 2]
    corners: Index  # int64[m, 3]
    layer: Index  # int64[m]
    part: Index  # int64[m]: equal where the material is


@dataclass(frozen=True, kw_only=True, eq=False)
class Edges:
    """Edges of the welded mesh, each once. ``faces`` int64[k, 2] are two triangles at it, -1 for none; ``count`` is
    how many there are; ``ends`` int64[k, 2] are welded vertices.
    """

    ends: Index
    faces: Index
    count: Index
    uv_split: NDArray[np.bool_]  # the texture coordinates of the two triangles differ along it
    normal_split: NDArray[np.bool_]  # the shading normals do


@dataclass(frozen=True, kw_only=True, eq=False)
class WeldedMesh:
    """``points`` float64[n, 3] world metres; ``triangles`` int64[m, 3]."""

    points: Array
    triangles: Index
    normals: Array  # float64[m, 3] unit normals of the triangles
    layer: Index
    part: Index
    edges: Edges


def soup(draws: Sequence[Draw], layers: Sequence[str], error: float) -> Soup:
    """All triangles of the draws in the world, with their layer's index in ``layers``. Of scans and the like only so
    many are kept as show a difference of ``error`` metres.
    """
    points, normals, uv, corners, layer, part = [], [], [], [], [], []
    materials: dict[int, int] = {}
    first = 0
    for draw in draws:
        primitive, matrix = draw.primitive, draw.matrix
        linear = matrix[:3, :3]
        triangles = primitive.indices
        if len(triangles) > _DENSE:
            scale = float(np.linalg.norm(linear, ord=2))
            triangles = simplified(primitive, step(error / max(scale, 1e-9)))
        used, inverse = np.unique(triangles, return_inverse=True)
        points.append(primitive.positions[used].astype(np.float64) @ linear.T + matrix[:3, 3])
        cofactor = np.stack([np.cross(linear[(i + 1) % 3], linear[(i + 2) % 3]) for i in range(3)])
        turned = primitive.normals[used].astype(np.float64) @ cofactor.T
        normals.append(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-30))
        flat = primitive.uv0
        uv.append(np.full((len(used), 2), np.nan) if flat is None else flat[used].astype(np.float64))
        corners.append(inverse.reshape(-1, 3).astype(np.int64) + first)
        layer.append(np.full(len(triangles), layers.index(draw.layer)))
        part.append(np.full(len(triangles), materials.setdefault(id(primitive.material), len(materials))))
        first += len(used)
    return Soup(
        points=np.concatenate(points),
        normals=np.concatenate(normals),
        uv=np.concatenate(uv),
        corners=np.concatenate(corners),
        layer=np.concatenate(layer),
        part=np.concatenate(part),
    )


def weld(loose: Soup) -> WeldedMesh:
    """One vertex for each place in each layer. Open edges that lie within a hair of each other are closed, flat and
    doubled triangles are left out.
    """
    size = float(np.ptp(loose.points, axis=0).max()) if len(loose.points) else 0.0
    owner = np.zeros(len(loose.points), dtype=np.int64)
    owner[loose.corners] = loose.layer[:, None]
    _, first, place = np.unique(
        np.column_stack([loose.points + 0.0, owner]), axis=0, return_index=True, return_inverse=True
    )
    place = place.reshape(-1)
    points, owner = loose.points[first], owner[first]
    triangles = place[loose.corners]
    merged = _close(points, owner, triangles, size * _GAP)
    triangles = merged[triangles]
    kept = _real(triangles)
    triangles = triangles[kept]
    a, b, c = (points[triangles[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    edges = _described(loose, loose.corners[kept], triangles)
    return WeldedMesh(
        points=points,
        triangles=triangles,
        normals=normals,
        layer=loose.layer[kept],
        part=loose.part[kept],
        edges=edges,
    )


def islands(mesh: WeldedMesh) -> Index:
    """For each triangle the number of the connected piece that it belongs to, int64[m]."""
    n = len(mesh.points)
    a, b = mesh.edges.ends.T
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label[mesh.triangles[:, 0]], dtype=np.int64)


def _edges(triangles: Index) -> tuple[Index, Index, Index]:
    """Unique edges int64[k, 2]; the first two triangles at each, -1 for none; how many each has int64[k]."""
    halves = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2)
    halves = np.sort(halves, axis=1)
    n = int(halves.max(initial=0)) + 1
    keys, edge, count = np.unique(halves[:, 0] * n + halves[:, 1], return_inverse=True, return_counts=True)
    order = np.argsort(edge, kind="stable")
    start = np.cumsum(count) - count
    faces = np.full((len(keys), 2), -1, dtype=np.int64)
    faces[:, 0] = order[start] // 3
    double = count >= 2
    faces[double, 1] = order[start[double] + 1] // 3
    return np.stack([keys // n, keys % n], axis=1), faces, count.astype(np.int64)


def _close(points: Array, owner: Index, triangles: Index, gap: float) -> Index:
    """For each vertex the one that it is merged with, where open edges meet within ``gap``."""
    ends, _, count = _edges(triangles)
    same = np.arange(len(points))
    loose = np.unique(ends[count == 1])
    if len(loose) < 2 or gap <= 0:
        return same
    apart = np.ptp(points, axis=0).max() * 4 * owner[loose]
    tree = cKDTree(np.column_stack([points[loose], apart]))
    pairs = tree.query_pairs(gap, output_type="ndarray")
    if not len(pairs):
        return same
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(loose), len(loose)))
    _, label = connected_components(graph, directed=False)
    _, leader = np.unique(label, return_index=True)
    same[loose] = loose[leader[label]]
    return same


def _real(triangles: Index) -> NDArray[np.bool_]:
    """Triangles with three corners, each set of corners once."""
    low = np.sort(triangles, axis=1)
    real = (low[:, 0] != low[:, 1]) & (low[:, 1] != low[:, 2])
    _, first = np.unique(low, axis=0, return_index=True)
    once = np.zeros(len(triangles), dtype=bool)
    once[first] = True
    return np.asarray(real & once)


def _described(loose: Soup, corners: Index, triangles: Index) -> Edges:
    """The edges and what differs across them. ``corners`` are the triangles' loose vertices."""
    ends, faces, count = _edges(triangles)
    two = count >= 2
    uv_split = np.zeros(len(ends), dtype=bool)
    normal_split = np.zeros(len(ends), dtype=bool)
    for end in range(2):
        vertex = ends[two, end]
        seen = []
        for side in range(2):
            face = faces[two, side]
            at = (triangles[face] == vertex[:, None]).argmax(axis=1)
            seen.append(corners[face, at])
        a, b = loose.uv[seen[0]], loose.uv[seen[1]]
        uv_split[two] |= (np.abs(a - b) > 1e-4).any(axis=1)
        straight = np.einsum("ij,ij->i", loose.normals[seen[0]], loose.normals[seen[1]])
        normal_split[two] |= straight < 0.985  # ten degrees
    return Edges(ends=ends, faces=faces, count=count, uv_split=uv_split, normal_split=normal_split)

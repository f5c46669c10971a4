"""A garment's cloth as a graph: its vertices welded, gathered into a few thousand controls, and what comes between.

Fields over a garment (weights of joints, displacements) are made and smoothed on the controls, which is cheap, and
spread over its vertices by one sparse matrix. Small parts (buttons, stitches) move as one with the cloth under them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from assets.model import Primitive

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CELL: Final = 0.016
"""Metres across the cloth that one control stands for."""
_WELD: Final = 6e-5  # metres: a baked point is right to 0.02 mm, and the two sides of a seam are rounded apart
_SMALL: Final = 0.045  # metres across: what is smaller is a button, a stitch, an eyelet
_SPREAD: Final = 4  # steps over the mesh that blur one control into the next


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloth:
    """``points`` and outward ``normals`` float64[n, 3] of all vertices, ``triangles`` int64[m, 3]; ``welded``
    int64[n] is each vertex's place among the ``count`` welded ones. ``control`` int64[count] is the control of each
    (-1 for small parts), ``spread`` [count, controls] takes a field from the controls to them (nothing
    for small parts), ``middle`` float64[count, 3] is where each is, of small parts the middle of the part; ``mean``
    [controls, controls] is the mean over a control's neighbours; ``centres`` and ``facing`` float64[controls, 3] are
    where controls are and which way they look.
    """

    points: Array
    normals: Array
    triangles: Index
    welded: Index
    count: int
    control: Index
    spread: sparse.csr_matrix
    middle: Array
    mean: sparse.csr_matrix
    centres: Array
    facing: Array

    def smoothed(self, field: Array, hold: Array, rounds: int) -> Array:
        """A field of the controls drawn towards its mean; ``hold`` float64[controls] is how much of its own a control
        keeps each time (1 all).
        """
        keep = hold[:, None].astype(field.dtype)
        rest = (1 - keep).astype(field.dtype)
        found, own = field, keep * field
        for _ in range(rounds):
            found = own + rest * (self.mean @ found)
        return found

    def most(self, values: Array) -> Array:
        """The largest value among each control's vertices, from one for each welded vertex."""
        found = np.full(len(self.centres), -np.inf)
        mine = self.control >= 0
        np.maximum.at(found, self.control[mine], values[mine])
        return found


def cloth_of(parts: tuple[Primitive, ...]) -> Cloth:
    """The graph of a garment's primitives."""
    starts = np.cumsum([0, *[len(part.positions) for part in parts]])
    points = np.concatenate([part.positions for part in parts]).astype(np.float64)
    normals = np.concatenate([part.normals for part in parts]).astype(np.float64)
    triangles = np.concatenate(
        [part.indices.astype(np.int64) + start for part, start in zip(parts, starts[:-1], strict=True)]
    )
    welded, count = _weld(points, triangles)
    places, facing = _gathered(points, welded, count), _gathered(normals, welded, count)
    graph = _graph(welded[triangles], count)
    small, piece = _pieces(graph, places)
    control, controls = _controls(places, facing, small)
    size = np.bincount(control[control >= 0], minlength=controls).astype(np.float64)[:, None]
    big = control >= 0
    pick = sparse.csr_matrix(
        (np.ones(int(big.sum()), np.float32), (np.flatnonzero(big), control[big])), (count, controls)
    )
    centres = np.stack([np.bincount(control[big], places[big, axis], controls) for axis in range(3)], axis=1) / size
    looks = np.stack([np.bincount(control[big], facing[big, axis], controls) for axis in range(3)], axis=1) / size
    links = (pick.T @ graph @ pick).tocsr()
    links.setdiag(0)
    links.eliminate_zeros()
    links.data[:] = 1
    mean = _rows(links + sparse.identity(controls, dtype=np.float32, format="csr"))
    spread = pick
    step = _rows(graph + sparse.identity(count, dtype=np.float32, format="csr"))
    for _ in range(_SPREAD):
        spread = step @ spread
    return Cloth(
        points=points,
        normals=normals,
        triangles=triangles,
        welded=welded,
        count=count,
        control=control,
        spread=_rows(spread.tocsr()),
        middle=_middles(places, small, piece),
        mean=mean,
        centres=centres,
        facing=looks,
    )


def _weld(points: Array, triangles: Index) -> tuple[Index, int]:
    """One number for vertices on open edges that lie in one place."""
    n = len(points)
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    key = np.minimum(a, b) * n + np.maximum(a, b)
    order = np.sort(key)
    same = order[1:] == order[:-1]
    alone = np.ones(len(order), dtype=bool)
    alone[1:] &= ~same
    alone[:-1] &= ~same
    edge = np.unique(np.concatenate([order[alone] // n, order[alone] % n]))
    pairs = cKDTree(points[edge]).query_pairs(_WELD, output_type="ndarray")
    joined = sparse.coo_matrix((np.ones(len(pairs)), (edge[pairs[:, 0]], edge[pairs[:, 1]])), shape=(n, n))
    count, welded = csgraph.connected_components(joined, directed=False)
    return welded.astype(np.int64), int(count)


def _gathered(values: Array, welded: Index, count: int) -> Array:
    size = np.bincount(welded, minlength=count)
    return np.stack([np.bincount(welded, values[:, axis], count) for axis in range(3)], axis=1) / size[:, None]


def _graph(triangles: Index, count: int) -> sparse.csr_matrix:
    """Vertex to vertex, 1 where an edge is."""
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    ones = np.ones(2 * len(a), np.float32)
    graph = sparse.coo_matrix((ones, (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(count, count)).tocsr()
    graph.data[:] = 1
    return graph


def _pieces(graph: sparse.csr_matrix, places: Array) -> tuple[NDArray[np.bool_], Index]:
    """Which vertices are of small parts, and the connected piece of each."""
    number, piece = csgraph.connected_components(graph, directed=False)
    low, high = np.full((number, 3), np.inf), np.full((number, 3), -np.inf)
    np.minimum.at(low, piece, places)
    np.maximum.at(high, piece, places)
    across = np.linalg.norm(high - low, axis=1)
    small = across < min(_SMALL, 0.5 * float(across.max()))
    return small[piece], piece.astype(np.int64)


def _controls(places: Array, facing: Array, small: NDArray[np.bool_]) -> tuple[Index, int]:
    """Cells of space, apart by the way that the cloth looks in them, so that two layers are never one."""
    cell = np.floor((places - places.min(axis=0)) / CELL).astype(np.int64)
    main = np.argmax(np.abs(facing), axis=1)
    side = 2 * main + (np.take_along_axis(facing, main[:, None], axis=1)[:, 0] > 0)
    key = ((cell[:, 0] * 4096 + cell[:, 1]) * 4096 + cell[:, 2]) * 6 + side
    found = np.full(len(places), -1, dtype=np.int64)
    names, found[~small] = np.unique(key[~small], return_inverse=True)
    return found, len(names)


def _rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Every row a mean."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    scale = sparse.diags((1 / np.maximum(total, 1e-12)).astype(np.float32))
    return (scale @ matrix).tocsr().astype(np.float32)


def _middles(places: Array, small: NDArray[np.bool_], piece: Index) -> Array:
    """The places of vertices, those of a small part all in its middle."""
    size = np.maximum(np.bincount(piece), 1)
    middle = np.stack([np.bincount(piece, places[:, axis]) for axis in range(3)], axis=1) / size[:, None]
    return np.asarray(np.where(small[:, None], middle[piece], places))

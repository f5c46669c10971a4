"""A garment's cloth as a graph: its vertices welded, gathered into a few thousand controls, and what comes between.

Fields over a garment (weights of joints, displacements) are made and smoothed on the controls, which is cheap, and
spread over its vertices step by step along its edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from assets.model import Primitive

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_SPREAD: Final = 4  # steps over the mesh that blur one control into the next


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """All triangles of a garment: ``points`` and outward ``normals`` float64[n, 3], ``triangles`` int64[m, 3]."""

    points: Array
    normals: Array
    triangles: Index


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloth(Sheet):
    """``welded`` int64[n] is each vertex's place among the ``count`` welded ones, ``places`` float64[count, 3] is
    where those are. ``control`` int64[count] is the control of each (-1 for small parts); ``mean``
    [controls, controls] is the mean over a control's neighbours; ``centres`` and ``facing`` float64[controls, 3] are
    where controls are and which way they look.
    """

    welded: Index
    count: int
    places: Array
    control: Index
    mean: sparse.csr_matrix
    centres: Array
    facing: Array

    @cached_property
    def corners(self) -> Index:
        """The triangles by welded vertices, int64[m, 3]."""
        return np.asarray(self.welded[self.triangles])

    @cached_property
    def _step(self) -> sparse.csr_matrix:
        """[count, count]: the mean over a welded vertex and its neighbours."""
        return rows(graph(self.corners, self.count))

    @cached_property
    def _reach(self) -> Array:
        """How much of a 1 at every control comes to each welded vertex, float64[count, 1]."""
        return np.asarray(np.maximum(self._blurred(np.ones((len(self.centres), 1))), 1e-12))

    def _blurred(self, field: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = np.concatenate([field, np.zeros_like(field[:1])])[self.control]  # -1 is the last
        for _ in range(_SPREAD):
            found = self._step @ found
        return found

    def spread(self, field: NDArray[Any]) -> NDArray[Any]:
        """A field of the controls, [controls, k], at the welded vertices, [count, k]: nothing at small parts."""
        return np.asarray(self._blurred(field) / self._reach.astype(field.dtype))

    def smoothed(self, field: NDArray[Any], hold: Array, rounds: int) -> NDArray[Any]:
        """A field of the controls drawn towards its mean; ``hold`` float64[controls] is how much of its own a control
        keeps each time (1 all).
        """
        keep = hold[:, None].astype(field.dtype)
        rest = (1 - keep).astype(field.dtype)
        found, own = field, keep * field
        for _ in range(rounds):
            found = own + rest * (self.mean @ found)
        return found


def sheet(parts: tuple[Primitive, ...]) -> Sheet:
    """A garment's primitives as one."""
    starts = np.cumsum([0, *[len(part.positions) for part in parts]])
    return Sheet(
        points=np.concatenate([part.positions for part in parts]).astype(np.float64),
        normals=np.concatenate([part.normals for part in parts]).astype(np.float64),
        triangles=np.concatenate(
            [part.indices.astype(np.int64) + start for part, start in zip(parts, starts[:-1], strict=True)]
        ),
    )


def cloth_of(made: Sheet, welded: Index, control: Index, links: Index) -> Cloth:
    """The graph of a garment whose vertices are welded and gathered so; ``links`` int64[k, 2] are the pairs of
    controls that are neighbours.
    """
    count, controls = int(welded.max()) + 1, int(control.max()) + 1
    places = gathered(made.points, welded, count)
    big = control >= 0
    own = np.arange(controls)
    a, b = np.concatenate([links, links[:, ::-1], np.stack([own, own], axis=1)]).T
    return Cloth(
        points=made.points,
        normals=made.normals,
        triangles=made.triangles,
        welded=welded,
        count=count,
        places=places,
        control=control,
        mean=rows(sparse.coo_matrix((np.ones(len(a), np.float32), (a, b)), shape=(controls, controls)).tocsr()),
        centres=gathered(places[big], control[big], controls),
        facing=gathered(gathered(made.normals, welded, count)[big], control[big], controls),
    )


def gathered(values: Array, places: Index, count: int) -> Array:
    """The means of values float64[n, 3] that have one place, float64[count, 3]."""
    size = np.bincount(places, minlength=count)
    return np.stack([np.bincount(places, values[:, axis], count) for axis in range(3)], axis=1) / size[:, None]


def graph(triangles: Index, count: int) -> sparse.csr_matrix:
    """Vertex to vertex, 1 where an edge is and from each to itself."""
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    own = np.arange(count)
    ones = np.ones(2 * len(a) + count, np.float32)
    found = sparse.coo_matrix(
        (ones, (np.concatenate([a, b, own]), np.concatenate([b, a, own]))), shape=(count, count)
    ).tocsr()
    found.data[:] = 1
    return found


def rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Every row a mean."""
    size = np.diff(matrix.indptr)
    total = np.add.reduceat(matrix.data, matrix.indptr[:-1])
    assert (size > 0).all()
    matrix.data /= np.repeat(total, size)
    return matrix

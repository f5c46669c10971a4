"""A garment's panels as they are cut: which cloth is one piece in UVs, and which seams carry a print across."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from assets import catalogue
from assets.fitting_bind import bound, laid, parts
from assets.model import Primitive
from assets.trimmings import trimmings

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_PANEL: Final = 50  # triangles: what has fewer is a stitch, on which no print is measured
_SMALL: Final = 0.0008  # square metres: nor on what is smaller than a stamp
_ALIKE: Final = 3e-4  # metres between UVs that are the same: they are rounded
_TOGETHER: Final = 8  # vertices in one place, at most
_LEVEL: Final = 0.002  # metres that the two sides of a seam may be apart along the grain, where stripes match
_MOST: Final = 0.9  # of the seam


@dataclass(frozen=True, kw_only=True, eq=False)
class Flat:
    """A garment's cloth in UVs (metres), without its trimmings and stitches: ``uv`` float64[n, 2] of all vertices,
    ``triangles`` int64[m, 3] of the panels and the ``panel`` int64[m] of each; ``member`` int64[n] the panel of each
    vertex (-1 for none), ``count`` how many there are. ``same`` int64[n] numbers vertices, those alike that are in
    one place on the cloth and on the garment: at a pressed crease, at a hem that is turned in. ``ties`` int64[k, 2]
    are vertices in one place, across seams that are sewn level: what is printed along v goes on there.
    """

    uv: Array
    same: Index
    triangles: Index
    panel: Index
    member: Index
    count: int
    ties: Index


@lru_cache(maxsize=32)
def flat_of(item: str) -> Flat:
    """The catalogue's garment as it is cut. Kept."""
    return cut(parts(laid(item)), trimmings(catalogue.model(item)), bound(item).cloth.welded)


def cut(held: Sequence[Primitive], kept: Container[int], welded: Index) -> Flat:
    """A garment's primitives as they are cut. ``kept`` are the ``id()`` of its trimmings' materials, ``welded``
    int64[n] numbers its vertices, the same for those in one place.
    """
    starts = np.cumsum([0, *[len(part.positions) for part in held]])
    uv = np.zeros((starts[-1], 2))
    cloth = [np.zeros((0, 3), dtype=np.int64)]
    for part, start in zip(held, starts[:-1], strict=True):
        if part.uv0 is not None:
            uv[start : start + len(part.positions)] = part.uv0
            if id(part.material) not in kept:
                cloth.append(part.indices.astype(np.int64) + start)
    triangles = np.concatenate(cloth)
    pairs = _together(welded)
    same, number = _same(uv, pairs)
    ends = (same[triangles[:, :2]].T.ravel(), same[triangles[:, 1:]].T.ravel())
    links = sparse.coo_matrix((np.ones(2 * len(triangles), bool), ends), shape=(number, number))
    count, piece = csgraph.connected_components(links, directed=False)
    member = piece[same]
    of, area = member[triangles[:, 0]], np.abs(signed(uv[triangles]))
    large = (np.bincount(of, minlength=count) >= _PANEL) & (np.bincount(of, area, count) >= _SMALL)
    name = np.where(large, np.cumsum(large) - 1, -1)
    real = large[of] & (area > 1e-10)
    return Flat(
        uv=uv,
        same=same,
        triangles=triangles[real],
        panel=name[of[real]],
        member=name[member],
        count=int(large.sum()),
        ties=_ties(uv, name[member], pairs),
    )


def _together(welded: Index) -> Index:
    """Pairs of vertices that are in one place, int64[k, 2]."""
    order = np.argsort(welded, kind="stable")
    pairs = []
    for apart in range(1, _TOGETHER):
        one, two = order[:-apart], order[apart:]
        here = welded[one] == welded[two]
        pairs.append(np.stack([one[here], two[here]], axis=1))
    return np.concatenate(pairs)


def _same(uv: Array, pairs: Index) -> tuple[Index, int]:
    """One number for vertices that are in one place with the same UVs, and how many there are."""
    one, two = pairs[np.abs(uv[pairs[:, 0]] - uv[pairs[:, 1]]).max(axis=1) < _ALIKE].T
    joined = sparse.coo_matrix((np.ones(len(one), bool), (one, two)), shape=(len(uv), len(uv)))
    count, same = csgraph.connected_components(joined, directed=False)
    return same.astype(np.int64), int(count)


def _ties(uv: Array, member: Index, pairs: Index) -> Index:
    """The pairs of seams along which v is as far apart everywhere."""
    pairs = pairs[(member[pairs] >= 0).all(axis=1)]
    pairs = pairs[np.abs(uv[pairs[:, 0]] - uv[pairs[:, 1]]).max(axis=1) >= _ALIKE]
    # Of two panels the one with the lower number comes first, so that the way over the seam is one way.
    pairs = np.take_along_axis(pairs, np.argsort(member[pairs], axis=1, kind="stable"), axis=1)
    apart = uv[pairs[:, 1], 1] - uv[pairs[:, 0], 1]
    _, seam = np.unique(member[pairs], axis=0, return_inverse=True)
    seam = seam.ravel()
    keep = np.zeros(len(pairs), dtype=bool)
    for number in range(int(seam.max(initial=-1)) + 1):
        mine = np.flatnonzero(seam == number)
        level = np.abs(apart[mine] - np.median(apart[mine])) < _LEVEL
        if level.mean() > _MOST:
            keep[mine[level]] = True
    return pairs[keep]


def signed(corner: Array) -> Array:
    """Areas of triangles in UVs, float64[m]."""
    (a, b), (c, d) = (corner[:, 1] - corner[:, 0]).T, (corner[:, 2] - corner[:, 0]).T
    return np.asarray((a * d - b * c) / 2)

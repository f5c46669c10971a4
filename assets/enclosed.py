"""What cloth closes in though none is right over it: the patches in folds, as of armpits, that no camera sees."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from assets.rays import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_PATCH: Final = 0.3  # metres across that a patch may be
_SAMPLES: Final = 12  # vertices of a patch that are looked from first
_AMONG: Final = 0.03  # metres about a stray vertex
_FEW: Final = 0.03  # of the vertices there that may be bare
_SKY: Final = 0.6  # metres that are looked
_LIKELY: Final = 0.8  # of the first ways straight out that cloth is in
_STRAIGHT: Final = 0.9  # of all of them
_BOTH: Final = 1.85  # of them and of the ways all about


def enclosed(
    points: Floats, ways: Floats, links: Any, beside: Mask, cloth: Grid, opaque: Mask, *, scale: float
) -> Mask:
    """Which of the points, float64[n, 3], with straight ``ways`` out, lie in patches from all over which opaque cloth
    is in the way: straight out, which a slit is not, and nearly all about. ``links`` (scipy CSR [n, n]) join them to
    patches, of which those count that some of ``beside`` bool[n], points next to what is covered, are in: no buttons
    and stitches. ``opaque`` bool[m] is of the cloth's triangles.
    Lengths are those of an adult and scale with ``scale``.
    """
    found = np.zeros(len(points), dtype=bool)
    if not len(points):
        return found
    count, patch = csgraph.connected_components(links, directed=False)
    order = np.argsort(patch, kind="stable")
    patches = np.split(order, np.cumsum(np.bincount(patch, minlength=count))[:-1])
    small = [
        members
        for members in patches
        if beside[members].any() and np.ptp(points[members], axis=0).max() <= _PATCH * scale
    ]
    if not small:
        return found

    def blocked(starts: list[Ints], looks: list[Floats]) -> list[float]:
        """Which share of the ways is blocked, of each patch; all at once, for the rays are walked together."""
        _, hit = cloth.first_hit(
            points[np.concatenate(starts)], np.concatenate(looks), np.full(sum(map(len, starts)), _SKY * scale)
        )
        ends = np.cumsum([len(those) for those in starts])[:-1]
        return [float(part.mean()) for part in np.split((hit >= 0) & opaque[hit], ends)]

    some = [members[:: max(len(members) // _SAMPLES, 1)] for members in small]
    first = blocked(some, [ways[these] for these in some])
    small = [members for members, share in zip(small, first, strict=True) if share >= _LIKELY]
    if not small:
        return found
    straight = blocked(small, [ways[members] for members in small])
    some = [np.repeat(members[:: max(len(members) // _SAMPLES, 1)], len(_ALL_ABOUT)) for members in small]
    about = blocked(some, [np.tile(_ALL_ABOUT, (len(these) // len(_ALL_ABOUT), 1)) for these in some])
    for members, out, other in zip(small, straight, about, strict=True):
        found[members] = out >= _STRAIGHT and out + other >= _BOTH
    return found


def stray(points: Floats, bare: Ints, beside: Mask, *, scale: float) -> Mask:
    """Which of the vertices ``bare`` of a surface, float64[n, 3], are so few among others that no opening is there:
    where a corner of a sleeve stands out through a jacket's seam. Those ``beside`` what is covered are looked at.
    """
    found = np.zeros(len(bare), dtype=bool)
    some = np.flatnonzero(beside)
    if len(some):
        about, reach = points[bare[some]], _AMONG * scale
        few = cKDTree(points[bare]).query_ball_point(about, reach, return_length=True)
        all_of_them = cKDTree(points).query_ball_point(about, reach, return_length=True)
        found[some] = few <= _FEW * all_of_them
    return found


def _all_about() -> Floats:
    """To the faces and corners of a cube, float64[14, 3]."""
    ways = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3), axis=-1).reshape(-1, 3)
    ways = ways[np.abs(ways).sum(axis=1) % 2 == 1]
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


_ALL_ABOUT: Final = _all_about()

"""What cloth closes in though none is right over it: the patches in folds, as of armpits, that no camera sees."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph

from assets.rays import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_PATCH: Final = 0.3  # metres across that a patch may be
_VERTICES: Final = 24  # from which on it is cloth, and no button or stitch
_SAMPLES: Final = 12  # vertices of a patch that are looked from first
_SKY: Final = 0.6  # metres that are looked
_STRAIGHT: Final = 0.95  # of the ways straight out that cloth is in
_ABOUT: Final = 0.85  # of those all about


def enclosed(points: Floats, ways: Floats, links: Any, cloth: Grid, opaque: Mask, *, scale: float) -> Mask:
    """Which of the points, float64[n, 3], with straight ``ways`` out, lie in patches from all over which opaque cloth
    is in the way: straight out, which a slit is not, and nearly all about. ``links`` (scipy CSR [n, n]) join them to
    patches; ``opaque`` bool[m] is of the cloth's triangles. Lengths are those of an adult and scale with ``scale``.
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
        if len(members) >= _VERTICES and np.ptp(points[members], axis=0).max() <= _PATCH * scale
    ]
    if not small:
        return found

    def blocked(starts: Ints, looks: Floats) -> Mask:
        _, hit = cloth.first_hit(points[starts], looks, np.full(len(looks), _SKY * scale))
        return np.asarray((hit >= 0) & opaque[hit])

    some = [members[:: max(len(members) // _SAMPLES, 1)] for members in small]
    likely = blocked(np.concatenate(some), ways[np.concatenate(some)])
    ends = np.cumsum([len(members) for members in some])[:-1]
    for members, from_these, closed in zip(small, some, np.split(likely, ends), strict=True):
        if closed.mean() >= _STRAIGHT and blocked(members, ways[members]).mean() >= _STRAIGHT:
            about = blocked(np.repeat(from_these, len(_ALL_ABOUT)), np.tile(_ALL_ABOUT, (len(from_these), 1)))
            found[members] = about.mean() >= _ABOUT
    return found


def _all_about() -> Floats:
    """To the faces and corners of a cube, float64[14, 3]."""
    ways = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3), axis=-1).reshape(-1, 3)
    ways = ways[np.abs(ways).sum(axis=1) % 2 == 1]
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


_ALL_ABOUT: Final = _all_about()

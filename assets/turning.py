"""How what is pushed at rest is pushed in a pose."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.normals import turned
from assets.surfaces import Surface, unit

Floats = NDArray[np.float64]

_BESIDE: Final = 4  # places of the body with which a point turns


class Turns:
    """How a body turns from ``rest`` to a pose, in which its points' normals are ``normals``, float64[n, 3]."""

    def __init__(self, rest: Surface, normals: Floats) -> None:
        self._rest = rest
        self._before, self._after = unit(rest.normals.astype(np.float64)), unit(normals.astype(np.float64))

    def of(self, points: Floats, offsets: Floats) -> Floats:
        """Offsets of points at rest, float64[n, 3], turned with the body next to them. A garment's own normals will
        not do: in folds they turn every way, and a hem that is pushed by them comes out crumpled.
        """
        found = np.zeros_like(offsets)
        moved = np.flatnonzero(offsets.any(axis=1))
        _, near = self._rest.tree.query(points[moved], k=min(_BESIDE, len(self._before)))
        near = near.reshape(len(moved), -1)
        before, after = (unit(normals[near].sum(axis=1)) for normals in (self._before, self._after))
        found[moved] = turned(offsets[moved], before, after)
        return found

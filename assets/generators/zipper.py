"""The slider of a closed zip with the tab that hangs from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.generators.solids import joined, sweep
from assets.model import Material, Primitive

Array = NDArray[np.float64]


def _domed(start: Array, end: Array, thick: tuple[float, float], material: Material, columns: int) -> Primitive:
    """A bar between two points, its ends rounded off; ``thick`` sideways and outward, metres."""
    share = np.array([0.0, 0.02, 0.08, 0.2, 0.8, 0.92, 0.98, 1.0])
    round_ = np.array([0.05, 0.45, 0.80, 1.0, 1.0, 0.80, 0.45, 0.05])
    path = start + share[:, None] * (end - start)
    return sweep(path, round_[:, None] * np.array(thick), material, columns=columns)


def slider(at: Array, normal: Array, down: Array, metal: Material, *, tab: float = 0.020) -> Primitive:
    """A slider on the cloth at a point, its tab hanging ``down`` for ``tab`` metres; unit vectors."""
    body = _domed(
        at + normal * 0.0016 - down * 0.0045, at + normal * 0.0016 + down * 0.0045, (0.0036, 0.0020), metal, 12
    )
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)[:, None]
    middle = at + normal * 0.0030 + down * 0.0035
    loop = middle + 0.0024 * (np.cos(turn) * down + 0.55 * np.sin(turn) * normal)
    ring = sweep(loop, np.full((12, 2), 0.00065), metal, columns=6, closed=True)
    top = middle + down * 0.0026
    return joined([body, ring, _domed(top, top + down * tab, (0.0030, 0.0008), metal, 10)])

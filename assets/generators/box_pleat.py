"""A box pleat under a yoke: its face outside, what returns under it, and the cloth that goes on innermost.

Particles a centimetre apart do not see layers two millimetres apart, but the pattern knows who lies on whom: in every
step each lower layer is kept under the cloth that was folded over it (as in a pleated skirt's
:func:`assets.generators.drape_pleats.ordered`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.pattern import Sewn

Array = NDArray[np.float64]

LAYER: Final = 0.0020
"""Metres between two layers."""
LONG: Final = 0.34
"""Metres under the yoke where layers keep their order; further down the pleat is open."""
_OUT: Final = np.array([0.0, 0.0, -1.0])
_BESIDE: Final = 0.014  # metres aside from where two layers no longer lie on each other


def folded(x: Array, half: float) -> tuple[Array, Array]:
    """Where points of the back across its pattern, metres from the middle, lie on the yoke's, and which layer they
    are in: 2 the face, 1 what returns, 0 the rest. ``half`` is half the pleat's width.
    """
    far = np.abs(x)
    laid = np.where(far < half, far, np.where(far < 2 * half, 2 * half - far, far - 2 * half))
    layer = np.where(far < half, 2.0, np.where(far < 2 * half, 1.0, 0.0))
    return np.sign(x) * laid, layer


def ordered(sewn: Sewn, half: float, top: float) -> Callable[[Array], None]:
    """What keeps the layers in their order, for points float64[n, 3] in place; ``top`` is the height of the pleat's
    upper end on the back's pattern.
    """
    back = next(p for p in sewn.panels if p.name == "back")
    ids, (x, y) = sewn.particle["back"], back.flat.T
    far, hand = np.abs(x), np.where(x < 0, -1.0, 1.0)
    low = (y < top - 1e-6) & (y > top - LONG)
    rules = []
    for upper, under in (
        (far < 0.98 * half, 2 * half - far),
        (far < 0.98 * half, 2 * half + far),
        ((far > 1.02 * half) & (far < 1.98 * half), 4 * half - far),
    ):
        chosen = np.flatnonzero(upper & low)
        corners, shares = back.locate(np.stack([hand * under, y], axis=1)[chosen])
        # At a fold two layers are one.
        off = np.minimum(np.abs(far[chosen] % half), half - np.abs(far[chosen] % half))
        off = np.where(far[chosen] < 0.5 * half, half - far[chosen], off)
        rules.append((ids[chosen], ids[corners], shares, LAYER * np.clip(off / 0.005, 0, 1)))

    def layers(points: Array) -> None:
        for over, corners, shares, apart in rules:
            spot = np.einsum("kc,kcd->kd", shares, points[corners])
            away = points[over] - spot
            high = away @ _OUT
            beside = np.linalg.norm(away - high[:, None] * _OUT, axis=1)
            short = np.where(beside < _BESIDE, np.clip(apart - high, 0, 0.003), 0.0)
            push = 0.5 * short[:, None] * _OUT
            np.add.at(points, over, push)
            np.subtract.at(points, corners, shares[:, :, None] * push[:, None])

    return layers

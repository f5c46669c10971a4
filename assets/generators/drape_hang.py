"""How every garment gets from tubes about the body to cloth at rest, and from that to a smooth surface.

Panels start sewn, as tubes about the trunk and the limbs, where they stretch and cut into each other and into the
skin. The body is first taken 25 mm thinner, which parts the arms from the trunk, and swells back while the cloth
pulls itself even without weight; then it hangs, and settles while it sees itself. Solver:
:mod:`assets.generators.cloth`.

A new garment is a draft and a cut (``panels_*``: outlines and seams), a start and the stiffness of its parts
(``drape_*``), materials and trimmings (``sewn_*``). Other figures, sizes and poses are fitted to on loading
(:mod:`assets.fitting`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body
from assets.generators.garment import Draped, even, sunken, vertex_normals
from assets.generators.pattern import Sewn
from assets.generators.sewn_fine import finer

Array = NDArray[np.float64]
Loop = Sequence[tuple[str, str]]

GAP: Final = 0.0030
"""Metres between the middle of the cloth and the skin, at least."""

_SLACK: Final = 0.001
_SWELL: Final = (-0.025, -0.018, -0.011, -0.004, 0.002)
"""How far from the skin the cloth is kept while the body swells back, metres."""


def hung(
    cloth: Cloth,
    start: Array,
    on: Body,
    spacing: float,
    seconds: float = 1.0,
    *,
    gap: float = GAP,
    layers: Callable[[Array], None] | None = None,
) -> Array:
    """Where the particles come to rest, float64[n, 3]; ``spacing`` is the cloth's, ``seconds`` how long it swings,
    ``gap`` how far from the skin it is kept, metres: more for what is worn over other garments; ``layers`` as in
    :func:`assets.generators.cloth.relax`.
    """
    x = start
    lie = gap + _SLACK
    for clearance in (*_SWELL, lie):
        even = Drape(seconds=0.10, gravity=0.0, damping=15.0, friction=0.0, clearance=clearance)
        x = relax(cloth, x, on, even, layers)
    x = relax(cloth, x, on, Drape(seconds=seconds, damping=2.5, clearance=lie, friction=0.25), layers)
    settle = Drape(seconds=0.5, damping=8.0, clearance=lie, friction=0.25, spacing=0.55 * spacing)
    return relax(cloth, x, on, settle, layers)


def finished(
    sewn: Sewn,
    x: Array,
    on: Body,
    loops: Sequence[Loop],
    *,
    gap: float = GAP,
    creases: AbstractSet[str] = frozenset(),
) -> Draped:
    """The cloth at rest, finer, smooth, its free edges (``loops``) even, nothing of it within ``gap`` of the skin;
    ``creases`` names the edges that stay sharp.
    """
    sewn, x = finer(sewn, x, creases)
    for loop in loops:
        x = even(sewn, x, loop)
    x = sunken(sewn, x, 0.0013)
    for _ in range(2):
        distance, outward = on(x)
        x += outward * np.clip(gap - distance, 0, None)[:, None]
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))

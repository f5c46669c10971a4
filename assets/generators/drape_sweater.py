"""A chunky crew-neck sweater for the female mannequin in M."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.drape_body import Body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_ribbed import cloth, girths, skin, start
from assets.generators.garment import Draped
from assets.generators.panels_ribbed import RibbedDraft, cut, draft
from assets.generators.pattern import Sewn

Array = NDArray[np.float64]

SPACING: Final = 0.0185
GAP: Final = 0.006
WEIGHT: Final = 0.62
"""kg/m^2, cables of thick wool."""
LOOPS: Final = (
    (("band-front", "rim"), ("band-back", "rim")),
    (("cuff-left", "rim"),),
    (("cuff-right", "rim"),),
    (("collar", "rim"),),
)


def pattern() -> RibbedDraft:
    """The draft for the figure."""
    return draft(girths(), ease=0.20, long=0.590, blouse=0.045, gap=GAP, collar=0.030)


def drape(spacing: float = SPACING, collider: Body | None = None) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    top = pattern()
    sewn = cut(top, spacing)
    knit = cloth(sewn, weight=WEIGHT, soft=0.35, rib=0.015)
    return sewn, hung(knit, start(top, sewn), collider or skin(), spacing, gap=GAP)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The sweater as a smooth surface."""
    return smoothed(sewn, x, on, LOOPS, gap=GAP)

"""A bomber jacket for the female mannequin in M."""

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

SPACING: Final = 0.0175
GAP: Final = 0.011
WEIGHT: Final = 0.30
"""kg/m^2, a nylon satin with its lining."""
LOOPS: Final = (
    (("band-front", "rim"), ("band-back", "rim")),
    (("cuff-left", "rim"),),
    (("cuff-right", "rim"),),
    (("collar", "rim"),),
)


def pattern() -> RibbedDraft:
    """The draft for the figure."""
    return draft(girths(), ease=0.28, long=0.580, blouse=0.065, gap=GAP, collar=0.042)


def drape(spacing: float = SPACING, collider: Body | None = None) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    top = pattern()
    sewn = cut(top, spacing)
    nylon = cloth(sewn, weight=WEIGHT, soft=0.8, rib=0.015)
    return sewn, hung(nylon, start(top, sewn), collider or skin(), spacing, gap=GAP)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The jacket as a smooth surface."""
    return smoothed(sewn, x, on, LOOPS, gap=GAP)

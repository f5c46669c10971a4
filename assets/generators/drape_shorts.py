"""Chino shorts for the female mannequin in M: their draft, and how stiff the twill is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.drape_body import Body
from assets.generators.drape_legs import cloth, hung, skin, start
from assets.generators.drape_legs import finished as smoothed
from assets.generators.garment import Draped
from assets.generators.panels_legs import LegsDraft, cut
from assets.generators.pattern import Sewn

Array = NDArray[np.float64]

SPACING: Final = 0.0150
WEIGHT: Final = 0.27
"""kg/m^2, a chino twill."""
HEM: Final = 0.030
LOOPS: Final = (
    (("front-left", "hem"), ("back-left", "hem")),
    (("back-right", "hem"), ("front-right", "hem")),
    (("band", "rim"),),
)
"""The free edges."""


def pattern() -> LegsDraft:
    """The draft for the figure: to the middle of the thigh, 54 cm wide there."""
    return LegsDraft(
        waist=(0.2025, 0.2025),
        hip=(0.2345, 0.2555),
        fork=(0.050, 0.106),
        lean=(0.006, 0.038),
        top=(0.206, 0.212, 0.222),
        hip_up=0.067,
        knee=(0.0, 0.0),
        knee_down=1.0,
        hem=(0.248, 0.288),
        long=0.160,
        opening=(0.036, 0.150),
        band=(0.806, 0.764, 0.036),
        fly=0.135,
        slant=True,
    )


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.0) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    legs, on = pattern(), collider or skin()
    sewn = cut(legs, spacing)
    firm = {"hem": (HEM, 0.03), "mouth": (0.02, 0.05), "fly": (0.03, 0.05)}
    made = cloth(sewn, weight=WEIGHT, soft=0.25, firm=firm)
    return sewn, hung(made, start(legs, sewn, on), on, spacing, seconds)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The shorts as a smooth surface."""
    return smoothed(sewn, x, on, LOOPS)

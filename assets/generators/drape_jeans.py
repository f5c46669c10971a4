"""Straight jeans for the female mannequin in M: their draft, and how stiff the denim is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.drape_body import Body
from assets.generators.drape_legs import cloth, hung, shod, skin, start
from assets.generators.drape_legs import finished as smoothed
from assets.generators.garment import Draped
from assets.generators.panels_legs import LegsDraft, cut
from assets.generators.pattern import Sewn

Array = NDArray[np.float64]

SPACING: Final = 0.0185
WEIGHT: Final = 0.40
"""kg/m^2, a 12 oz denim."""
HEM: Final = 0.022
SHOES: Final = 0.152
"""The height at which the hems rest on shoes, metres."""
LOOPS: Final = (
    (("front-left", "hem"), ("back-left", "hem")),
    (("back-right", "hem"), ("front-right", "hem")),
    (("band", "rim"),),
)
"""The free edges."""


def pattern() -> LegsDraft:
    """The draft for the figure: close on the hips, 41 cm at the knee, 34 at the hem, long enough to gather there."""
    return LegsDraft(
        waist=(0.2025, 0.2025),
        hip=(0.237, 0.258),
        fork=(0.043, 0.094),
        lean=(0.006, 0.040),
        top=(0.206, 0.212, 0.222),
        hip_up=0.067,
        knee=(0.194, 0.212),
        knee_down=0.335,
        hem=(0.165, 0.181),
        long=0.706,
        opening=(0.100, 0.072),
        band=(0.806, 0.764, 0.038),
        fly=0.135,
        yoke=(0.068, 0.036),
    )


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.0) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    legs, on = pattern(), collider or skin()
    sewn = cut(legs, spacing)
    made = cloth(
        sewn, weight=WEIGHT, soft=0.10, firm={"hem": (HEM, 0.01), "mouth": (0.02, 0.03), "inseam": (0.012, 0.05)}
    )
    return sewn, hung(made, start(legs, sewn, on), shod(on, SHOES), spacing, seconds)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The jeans as a smooth surface."""
    return smoothed(sewn, x, on, LOOPS)

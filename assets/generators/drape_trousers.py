"""Tailored trousers for the female mannequin in M: their draft, and how stiff the wool is."""

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

SPACING: Final = 0.0185
WEIGHT: Final = 0.29
"""kg/m^2, a wool gabardine."""
HEM: Final = 0.030
CREASE: Final = np.radians(95.0)
LOOPS: Final = (
    (("front-in-left", "hem"), ("front-out-left", "hem"), ("back-out-left", "hem"), ("back-in-left", "hem")),
    (("back-in-right", "hem"), ("back-out-right", "hem"), ("front-out-right", "hem"), ("front-in-right", "hem")),
    (("band", "rim"),),
)
"""The free edges."""


def pattern() -> LegsDraft:
    """The draft for the figure: easy on the thigh, 47 cm at the knee and 42 cm at the hem, to the ankle."""
    return LegsDraft(
        waist=(0.2025, 0.2025),
        hip=(0.238, 0.259),
        fork=(0.046, 0.100),
        lean=(0.006, 0.036),
        top=(0.206, 0.212, 0.222),
        hip_up=0.067,
        knee=(0.226, 0.246),
        knee_down=0.335,
        hem=(0.200, 0.218),
        long=0.652,
        opening=(0.034, 0.160),
        band=(0.806, 0.764, 0.038),
        fly=0.145,
        slant=True,
        pressed=True,
    )


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.0) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    legs, on = pattern(), collider or skin()
    sewn = cut(legs, spacing)
    firm = {"hem": (HEM, 0.05), "mouth": (0.02, 0.05), "fly": (0.03, 0.05)}
    made = cloth(sewn, weight=WEIGHT, soft=0.35, firm=firm, pressed=CREASE)
    return sewn, hung(made, start(legs, sewn, on, lowest=0.17), on, spacing, seconds)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The trousers as a smooth surface that is sharp along its creases."""
    return smoothed(sewn, x, on, LOOPS)

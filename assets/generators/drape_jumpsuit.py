"""A sleeveless jumpsuit for the female mannequin in M: where its panels start, and how stiff the crepe is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators import drape_dress, drape_legs
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped
from assets.generators.panels_dress import DressDraft
from assets.generators.panels_jumpsuit import cut
from assets.generators.panels_legs import LegsDraft
from assets.generators.pattern import Sewn, constraints

Array = NDArray[np.float64]

SPACING: Final = 0.0200
WEIGHT: Final = 0.20
"""kg/m^2, a heavy crepe."""
BOX: Final = ((-0.42, -0.04, -0.30), (0.42, 1.62, 0.32))
GAP: Final = 0.005
"""Metres from the skin: it is worn over what is next to it."""
HEM: Final = 0.030
BOUND: Final = 0.007
LOOPS: Final = (
    (("front-left", "hem"), ("back-left", "hem")),
    (("back-right", "hem"), ("front-right", "hem")),
    (("bodice-front", "neck"), ("bodice-back", "neck")),
    (("bodice-front", "armhole-right"), ("bodice-back", "armhole-left")),
    (("bodice-back", "armhole-right"), ("bodice-front", "armhole-left")),
)
"""The free edges, all of them turned in."""
_TOP: Final = 1.512


def skin() -> Body:
    """The figure that the jumpsuit is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern() -> tuple[LegsDraft, DressDraft]:
    """The drafts for the figure: wide legs, 54 cm at the hem, to the ankle; a bodice with a little to blouse."""
    legs = LegsDraft(
        waist=(0.2045, 0.2045),
        hip=(0.240, 0.261),
        fork=(0.052, 0.108),
        lean=(0.006, 0.038),
        top=(0.206, 0.212, 0.222),
        hip_up=0.067,
        knee=(0.258, 0.290),
        knee_down=0.335,
        hem=(0.256, 0.288),
        long=0.650,
        opening=(0.036, 0.155),
        band=(0.816, 0.778, 0.036),
        slant=True,
    )
    return legs, replace(drape_dress.pattern(), waist=(0.1945, 0.417), drops=(0.150, 0.060))


def start(legs: LegsDraft, dress: DressDraft, sewn: Sewn, on: Body) -> Array:
    """Where the particles begin, float64[n, 3]: legs and band as trousers do, the bodice as an oval tube."""
    x = drape_legs.start(legs, sewn, on, lowest=0.17, away=GAP + 0.0015)
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    below = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        if not p.name.startswith("bodice"):
            below[ids] = True
            continue
        half, low = dress.half(p.flat[:, 1]), p.flat[:, 1]
        turn = np.pi / 2 * np.clip(p.flat[:, 0] / half, -1, 1) + (np.pi if p.name.endswith("back") else 0.0)
        deep = 0.62 * half * np.sqrt(np.clip(-(low - 0.03) / 0.20, 0.03, 1))
        spot = np.stack([0.80 * half * np.sin(turn), _TOP + 0.985 * low, deep * np.cos(turn)], axis=1)
        np.add.at(total, ids, spot)
        np.add.at(count, ids, 1)
    return np.where(below[:, None], x, total / np.maximum(count, 1)[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The crepe's particles and constraints; tapes hold neck and armholes close."""
    firm = {"hem": (HEM, 0.25), "mouth": (0.02, 0.10)}
    firm |= dict.fromkeys(("neck", "armhole-left", "armhole-right"), (0.016, 0.25))
    made = drape_legs.cloth(sewn, weight=WEIGHT, soft=0.6, firm=firm)
    rest = made.rest.copy()
    edges = np.arange(len(rest)) < len(constraints(sewn)[0])
    for p in sewn.panels:
        for name in drape_dress.TAPED.keys() & p.edges.keys() - {"waist"}:
            taped = np.zeros(sewn.count, dtype=bool)
            taped[sewn.particle[p.name][p.edges[name]]] = True
            rest[edges & taped[made.pairs].all(axis=1)] *= drape_dress.TAPED[name]
    return replace(made, rest=rest)


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.0) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    (legs, dress), on = pattern(), collider or skin()
    sewn = cut(legs, dress, spacing)
    return sewn, drape_legs.hung(cloth(sewn), start(legs, dress, sewn, on), on, spacing, seconds, gap=GAP)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The jumpsuit as a smooth surface."""
    return drape_legs.finished(sewn, x, on, LOOPS, gap=GAP)

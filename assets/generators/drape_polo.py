"""A polo shirt on the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_shirt import GAP, arm, near_edge, ring, stiffened, trunk
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped
from assets.generators.panels_polo import PoloDraft, cut, draft
from assets.generators.pattern import Panel, Sewn

Array = NDArray[np.float64]

SPACING: Final = 0.0145
WEIGHT: Final = 0.21
"""kg/m^2, a pique."""
BOX: Final = ((-0.44, 0.78, -0.26), (0.44, 1.64, 0.28))
PLACKET: Final = (0.0150, 0.160)
"""Half the placket's width and its length, metres."""
TURNED: Final = 0.020
_SOFT: Final = 3.2
_FIRM: Final = {"stand": 0.006, "cuff-left": 0.02, "cuff-right": 0.02}
"""Compliances against bending of the collar and the ribs, m/N."""
_CREASES: Final = frozenset({"top", "wrist", "left", "right", "back", "neck", "neck-left", "neck-right"})


def skin() -> Body:
    """The figure that the polo is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern() -> PoloDraft:
    """The draft for the figure."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    return draft(girth["bust"], girth["hip"], girth["upper_arm"], girth["shoulder"], girth["neck"])


def start(polo: PoloDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube with two short arms and a ring about the neck."""
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        if p.name in {"front", "back"}:
            placed = trunk(p.flat, polo.hem[0], 1.0 if p.name == "front" else -1.0)
        elif p.name == "stand":
            placed = ring(p)
        else:
            placed = _sleeved(polo, p)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def _sleeved(polo: PoloDraft, p: Panel) -> Array:
    name, _, hand = p.name.partition("-")
    side = 1.0 if hand == "left" else -1.0
    if name == "cuff":
        wide = np.array([(-9.0, polo.cuff[0]), (9.0, polo.cuff[0])])
        return arm(p.flat - [0.0, polo.sleeve + polo.cuff[1]], side, polo.cap, wide)
    return arm(p.flat, side, polo.cap, np.array([(-polo.sleeve, polo.wrist), (0.0, polo.biceps)]))


def cloth(sewn: Sewn) -> Cloth:
    """The pique's particles and constraints; collar, ribs, placket and hems are stiffer."""
    firm = []
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        if p.name in _FIRM:
            firm.append((ids, _FIRM[p.name]))
        if p.name == "front":
            top = p.flat[:, 1].max() - PLACKET[1] - 0.09
            firm.append((ids[(np.abs(p.flat[:, 0]) < PLACKET[0] + 0.002) & (p.flat[:, 1] > top)], 0.05))
        if p.name in {"front", "back"}:
            firm += [(near_edge(sewn, p, edge, TURNED), 0.5) for edge in ("hem", "vent-left", "vent-right")]
    return stiffened(sewn, WEIGHT, _SOFT, firm, 2e-5)


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.0) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    polo = pattern()
    sewn = cut(polo, spacing)
    return sewn, hung(cloth(sewn), start(polo, sewn), collider or skin(), spacing, seconds=seconds, gap=GAP)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The polo as a smooth surface."""
    loops = ((("cuff-left", "hem"),), (("cuff-right", "hem"),), (("stand", "rim"),))
    return smoothed(sewn, x, on, loops, gap=GAP, creases=_CREASES)

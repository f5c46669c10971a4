"""A sleeveless dress for the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped
from assets.generators.panels_dress import DressDraft, cut, draft
from assets.generators.pattern import Sewn, constraints

Array = NDArray[np.float64]

SPACING: Final = 0.0170
WEIGHT: Final = 0.14
"""kg/m^2, a crepe."""
BOX: Final = ((-0.42, 0.42, -0.30), (0.42, 1.62, 0.32))
WORN: Final = 0.005
"""Metres from the skin, as everything that may be worn over something thin."""
WAVES: Final = 10
RIPPLE: Final = 0.16
"""How many waves the skirt has at first, and how far they reach, a share of its width: folds grow from them."""
TURNED: Final = 0.016  # metres that the hem is deep
BOUND: Final = 0.007  # metres that the bindings of neck and armholes are deep
TAPED: Final = {"armhole-left": 0.90, "armhole-right": 0.90, "neck": 0.97, "waist": 0.99}
"""Edges that a tape holds a little shorter than they are cut, so that they lie close."""
LOOPS: Final = (
    (("skirt-front", "hem"), ("skirt-back", "hem")),
    (("front", "neck"), ("back", "neck")),
    (("front", "armhole-right"), ("back", "armhole-left")),
    (("back", "armhole-right"), ("front", "armhole-left")),
)
"""The free edges, all of them turned in."""
WAIST: Final = (("front", "waist"), ("back", "waist"))
"""The seam that bodice and skirt meet in, a line all round."""


def skin() -> Body:
    """The figure that the dress is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern() -> DressDraft:
    """The draft for the figure."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    return draft(girth["bust"], girth["waist"], girth["neck"], girth["stature"])


def start(dress: DressDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube, wider where the panels are, the skirt in waves."""
    top, middle = 1.512, 0.0
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        x, y = p.flat.T
        if p.name.startswith("skirt"):
            away, angle = np.hypot(x, dress.apex - y), np.arctan2(x, dress.apex - y)
            half, low = away * dress.flare, dress.apex - away
            share = angle / dress.flare
        else:
            half, low = dress.half(y), y
            share = np.clip(x / half, -1, 1)
        turn = np.pi / 2 * share + (np.pi if p.name.endswith("back") else 0.0)
        grow = 1 + RIPPLE * np.cos(WAVES * turn) * np.clip(-(low + dress.waist[1]) / 0.40, 0, 1)
        flat = np.sqrt(np.clip(-(low - 0.03) / 0.20, 0.03, 1))
        wide, deep = 0.80 * half * grow, 0.62 * half * flat * grow
        placed = np.stack([wide * np.sin(turn), top + low, middle + deep * np.cos(turn)], axis=1)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The crepe's particles and constraints; turned edges, which are two layers and a seam, are stiffer."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), 1.0)
    turned = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        for name in {"neck", "armhole-left", "armhole-right", "hem"} & p.edges.keys():
            far, _ = cKDTree(p.flat[p.edges[name]]).query(p.flat)
            turned[sewn.particle[p.name][far < TURNED]] = True
    soft[turned[bend].all(axis=1)] = 0.25
    for p in sewn.panels:
        for name, share in TAPED.items():
            if name not in p.edges:
                continue
            taped = np.zeros(sewn.count, dtype=bool)
            taped[sewn.particle[p.name][p.edges[name]]] = True
            rest[taped[stretch].all(axis=1)] *= share
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 1e-5), soft]),
        inverse_mass=1.0 / (area * WEIGHT),
    )


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.6) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest after swinging for some seconds."""
    dress = pattern()
    sewn = cut(dress, spacing)
    made, on = cloth(sewn), collider or skin()
    x = hung(made, start(dress, sewn), on, spacing, seconds=seconds, gap=WORN)
    # What hangs on the straps stretches them more than crepe gives: one step a moment does not hold a whole skirt.
    lighter = Drape(
        seconds=0.35, steps_per_second=1200, gravity=0.7, damping=6.0, friction=0.0, clearance=WORN + 0.001
    )
    return sewn, relax(made, x, on, lighter)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The dress as a smooth surface."""
    return smoothed(sewn, x, on, (*LOOPS, WAIST), gap=WORN)

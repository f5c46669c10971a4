"""A sleeveless dress for the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped
from assets.generators.panels_dress import DressDraft, cut, draft
from assets.generators.pattern import Sewn, constraints

Array = NDArray[np.float64]

SPACING: Final = 0.0145
WEIGHT: Final = 0.14
"""kg/m^2, a crepe."""
BOX: Final = ((-0.42, 0.42, -0.30), (0.42, 1.62, 0.32))
TURNED: Final = 0.016  # metres that the hem is deep
BOUND: Final = 0.007  # metres that the bindings of neck and armholes are deep
TAPED: Final = {"armhole-left": 0.90, "armhole-right": 0.90, "neck": 0.97}
"""Edges that a tape holds a little shorter than they are cut, so that they lie close."""
LOOPS: Final = (
    (("front", "hem"), ("back", "hem")),
    (("front", "neck"), ("back", "neck")),
    (("front", "armhole-right"), ("back", "armhole-left")),
    (("back", "armhole-right"), ("front", "armhole-left")),
)
"""The free edges, all of them turned in."""


def skin() -> Body:
    """The figure that the dress is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern() -> DressDraft:
    """The draft for the figure."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    return draft(girth["bust"], girth["waist"], girth["neck"], girth["stature"])


def start(dress: DressDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube, wider where the panels are."""
    top, middle = 1.512, 0.0
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        x, y = p.flat.T
        side = 1.0 if p.name == "front" else -1.0
        half = dress.half(y)
        turn = np.clip(x / half, -1, 1) * np.pi / 2
        deep = 0.62 * half * np.sqrt(np.clip(-(y - 0.03) / 0.20, 0.03, 1))
        placed = np.stack([side * 0.80 * half * np.sin(turn), top + y, middle + side * deep * np.cos(turn)], axis=1)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The crepe's particles and constraints; turned edges, which are two layers and a seam, are stiffer."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), 0.4)
    turned = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        for name in ("neck", "armhole-left", "armhole-right", "hem"):
            far, _ = cKDTree(p.flat[p.edges[name]]).query(p.flat)
            turned[sewn.particle[p.name][far < TURNED]] = True
    soft[turned[bend].all(axis=1)] = 0.05
    for p in sewn.panels:
        for name, share in TAPED.items():
            taped = np.zeros(sewn.count, dtype=bool)
            taped[sewn.particle[p.name][p.edges[name]]] = True
            rest[taped[stretch].all(axis=1)] *= share
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 2e-5), soft]),
        inverse_mass=1.0 / (area * WEIGHT),
    )


def drape(spacing: float = SPACING, collider: Body | None = None) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    dress = pattern()
    sewn = cut(dress, spacing)
    return sewn, hung(cloth(sewn), start(dress, sewn), collider or skin(), spacing, seconds=1.6)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The dress as a smooth surface."""
    return smoothed(sewn, x, on, LOOPS)

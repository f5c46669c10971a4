"""A T-shirt for the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.garment import Draped
from assets.generators.panels_tee import TeeDraft, cut, draft
from assets.generators.pattern import Sewn, constraints

Array = NDArray[np.float64]

FIGURE: Final = "mannequin-female"
SPACING: Final = 0.0135
WEIGHT: Final = 0.17
"""kg/m^2, a single jersey."""
RIPPLE: Final = 0.10
"""How far the lower part waves at first, a share of its width: folds grow from that where there is cloth for them."""
WORN: Final = 0.005
"""Metres from the skin: it may be worn over a skirt or trousers."""
HEM: Final = 0.024
BOX: Final = ((-0.42, 0.80, -0.24), (0.42, 1.62, 0.26))
BOX_LONG: Final = ((-0.60, 0.80, -0.24), (0.60, 1.62, 0.26))
LONG_SPACING: Final = 0.0150
WRIST: Final = 0.205  # metres round the end of a long sleeve


def skin(*, long: bool = False) -> Body:
    """The figure that the shirt is draped on, in its A-pose; ``long`` reaches to the hands."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *(BOX_LONG if long else BOX))


def pattern(*, long: bool = False) -> TeeDraft:
    """The draft for the figure, with short sleeves or with ones to the wrist."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    short = draft(girth["bust"], girth["hip"], girth["upper_arm"], girth["shoulder"], girth["neck"])
    return replace(short, sleeve=girth["arm"] - 0.150, cuff=WRIST / 2) if long else short


def start(tee: TeeDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]."""
    top, middle = 1.520, 0.005
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        x, y = p.flat.T
        if p.name in {"front", "back"}:
            side = 1.0 if p.name == "front" else -1.0
            turn = np.clip(x / tee.hem[0], -1, 1) * np.pi / 2
            deep = 0.150 * np.sqrt(np.clip(-(y - 0.03) / 0.20, 0.03, 1))
            about = turn if p.name == "front" else np.pi - turn
            grow = 1 + RIPPLE * np.cos(9 * about + 0.7) * np.clip(-(y + 0.25) / 0.30, 0, 1)
            placed = np.stack(
                [side * 0.195 * grow * np.sin(turn), top + y, middle + side * deep * grow * np.cos(turn)], axis=1
            )
        elif p.name == "collar":
            span = np.abs(x).max()
            around = x / span * np.pi
            split = p.flat[p.edges["front"][-1], 0] / span * np.pi
            turn = around - (split - np.pi) / 2
            placed = np.stack([0.085 * np.sin(turn), top - 0.02 + y, -0.02 + 0.085 * np.cos(turn)], axis=1)
        else:
            side = 1.0 if p.name == "sleeve-left" else -1.0
            root, way = np.array([side * 0.1625, 1.410, -0.022]), np.array([side * 0.588, -0.809, 0.0])
            across, ahead = np.array([side * 0.809, 0.588, 0.0]), np.array([0.0, 0.0, 1.0])
            half = np.interp(y, [-tee.sleeve, 0.0], [tee.cuff, tee.biceps()])
            turn = x / half * np.pi * 0.98
            ring = np.cos(turn)[:, None] * across - side * np.sin(turn)[:, None] * ahead
            placed = root + (0.114 - y)[:, None] * way + (1.16 / np.pi * half)[:, None] * ring
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The jersey's particles and constraints; hems, which are two layers and a seam, and the rib are stiffer."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), 6.0)
    for names, compliance in ((("front", "back"), 1.2), (("sleeve-left", "sleeve-right"), 0.015)):
        turned = np.zeros(sewn.count, dtype=bool)
        for p in sewn.panels:
            if p.name in names:
                line = p.flat[p.edges["hem"]]
                edge = np.interp(p.flat[:, 0], line[:, 0], line[:, 1])
                turned[sewn.particle[p.name][p.flat[:, 1] < edge + HEM]] = True
        soft[turned[bend].all(axis=1)] = compliance
    rib = np.zeros(sewn.count, dtype=bool)
    rib[sewn.particle["collar"]] = True
    soft[rib[bend].all(axis=1)] = 1e-2
    inverse = 1.0 / (area * WEIGHT)
    inverse[rib] *= 0.5
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 2e-5), soft]),
        inverse_mass=inverse,
    )


def drape(spacing: float = SPACING, collider: Body | None = None, tee: TeeDraft | None = None) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest; ``tee`` is the short-sleeved one unless it is given."""
    tee = tee or pattern()
    sewn = cut(tee, spacing)
    return sewn, hung(cloth(sewn), start(tee, sewn), collider or skin(), spacing, gap=WORN)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The shirt as a smooth surface."""
    loops = ((("front", "hem"), ("back", "hem")), (("sleeve-left", "hem"),), (("sleeve-right", "hem"),))
    return smoothed(sewn, x, on, loops, gap=WORN)

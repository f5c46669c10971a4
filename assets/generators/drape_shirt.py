"""A button-up shirt on the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators.box_pleat import LAYER, folded, ordered
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped
from assets.generators.panels_shirt import ShirtDraft, cut, draft
from assets.generators.pattern import Panel, Sewn, constraints

Array = NDArray[np.float64]

SPACING: Final = 0.0165
FULL_SPACING: Final = 0.018
GAP: Final = 0.005
"""Metres to the skin: trousers and skirts are worn under it."""
BOX: Final = ((-0.60, 0.72, -0.26), (0.60, 1.64, 0.28))
PLACKET: Final = 0.016
"""Half the placket's width, metres."""
_FIRM: Final = {"stand": 0.002, "cuff-left": 0.006, "cuff-right": 0.006, "yoke": 0.15}
"""Compliances against bending of parts that are interlined or double, m/N."""
CREASES: Final = frozenset({"top", "wrist", "left", "right", "back", "neck-left", "neck-right", "neck"})
"""The seams of cuffs and collar, where the cloth turns sharply."""
_HEM: Final = 0.010


class Shirting(NamedTuple):
    """A cloth's weight, kg/m^2, and its compliances against bending on the trunk and in the sleeves, m/N."""

    weight: float
    trunk: float
    sleeves: float


OXFORD: Final = Shirting(0.125, 1.6, 1.6)
CREPE: Final = Shirting(0.120, 1.6, 4.0)


def skin() -> Body:
    """The figure that the shirt is draped on, in its A-pose, to the wrists."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern(*, blouse: bool = False) -> ShirtDraft:
    """The draft for the figure: a shirt's, or a blouse's with full sleeves that are gathered into narrow cuffs."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    shirt = draft(girth["bust"], girth["hip"], girth["shoulder"], girth["neck"], girth["arm"])
    if blouse:
        full = (0.088, 0.046)
        return replace(shirt, sleeve=0.478, cap=0.122, wrist=0.190, cuff=full, tails=(0.030, 0.045))
    return shirt


def start(shirt: ShirtDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube with two arms and a ring about the neck."""
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        half = shirt.hem[0]
        if p.name == "front":
            placed = trunk(p.flat, half, 1.0)
        elif p.name == "back":
            across, layer = folded(p.flat[:, 0], shirt.pleat)
            placed = trunk(np.stack([across, p.flat[:, 1]], axis=1), half, -1.0)
            placed[:, 2] -= 1.5 * LAYER * layer
        elif p.name == "yoke":
            over = shirt.beyond(p.flat) > 0
            placed = np.where(over[:, None], trunk(shirt.turned(p.flat), half, 1.0), trunk(p.flat, half, -1.0))
        elif p.name == "stand":
            placed = ring(p)
        else:
            placed = _sleeved(shirt, p)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def trunk(flat: Array, half: float, side: float) -> Array:
    """On the oval tube: flat float64[n, 2] of the front (``side`` 1) or, seen from behind, of the back (-1), whose
    half width is ``half``.
    """
    x, y = flat.T
    turn = np.clip(x / half, -1, 1) * np.pi / 2
    deep = 0.155 * np.sqrt(np.clip(-(y - 0.03) / 0.20, 0.03, 1))
    return np.stack([side * 0.200 * np.sin(turn), 1.520 + y, 0.005 + side * deep * np.cos(turn)], axis=1)


def ring(p: Panel) -> Array:
    """A collar's stand about the neck: from the middle of the front round the wearer's left."""
    low = p.flat[p.edges["start"][-1]]
    radius = (low @ low) / (2 * low[1])
    x, y = p.flat.T
    turn = np.arctan2(x, radius - y)
    up = radius - np.hypot(x, radius - y)
    turn = turn / np.abs(turn).max() * np.pi
    return np.stack([-0.080 * np.sin(turn), 1.505 + up, -0.022 - 0.080 * np.cos(turn)], axis=1)


def arm(flat: Array, side: float, cap: float, widths: Array) -> Array:
    """A tube about an arm, ``side`` 1 the left; ``widths`` float64[k, 2] are heights, from below, and half widths."""
    x, y = flat.T
    root, way = np.array([side * 0.1625, 1.410, -0.022]), np.array([side * 0.588, -0.809, 0.0])
    across, ahead = np.array([side * 0.809, 0.588, 0.0]), np.array([0.0, 0.0, 1.0])
    half = np.interp(y, *widths.T)
    turn = x / half * np.pi * 0.98
    round_it = np.cos(turn)[:, None] * across - side * np.sin(turn)[:, None] * ahead
    return np.asarray(root + (cap - y)[:, None] * way + (1.12 / np.pi * half)[:, None] * round_it)


def _sleeved(shirt: ShirtDraft, p: Panel) -> Array:
    name, _, hand = p.name.partition("-")
    side = 1.0 if hand == "left" else -1.0
    if name == "cuff":
        wide = np.array([(-9.0, shirt.cuff[0]), (9.0, shirt.cuff[0])])
        return arm(p.flat - [0.0, shirt.sleeve + shirt.cuff[1]], side, shirt.cap, wide)
    return arm(p.flat, side, shirt.cap, np.array([(-shirt.sleeve, shirt.wrist), (0.0, shirt.biceps)]))


def stiffened(
    sewn: Sewn, weight: float, soft: float, firm: Sequence[tuple[NDArray[np.int64], float]], stretch_by: float = 1e-5
) -> Cloth:
    """Particles and constraints of a cloth of ``weight`` kg/m^2 with the compliance ``soft`` against bending, m/N;
    ``firm`` are groups of particles with theirs; ``stretch_by`` is the compliance against stretching.
    """
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    bent = np.full(len(bend), soft)
    for ids, compliance in firm:
        held = np.zeros(sewn.count, dtype=bool)
        held[ids] = True
        inside = held[bend].all(axis=1)
        bent[inside] = np.minimum(bent[inside], compliance)
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), stretch_by), bent]),
        inverse_mass=1.0 / (area * weight),
    )


def near_edge(sewn: Sewn, p: Panel, edge: str, far: float) -> NDArray[np.int64]:
    """The particles of a panel at most ``far`` metres from one of its edges."""
    away, _ = cKDTree(p.flat[p.edges[edge]]).query(p.flat)
    return np.asarray(sewn.particle[p.name][away < far])


def cloth(sewn: Sewn, made_of: Shirting = OXFORD) -> Cloth:
    """The shirting's particles and constraints; what is interlined, double or turned is stiffer."""
    firm = []
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        if p.name in _FIRM:
            firm.append((ids, _FIRM[p.name]))
        if p.name == "front":
            firm.append((ids[np.abs(p.flat[:, 0]) < PLACKET + 0.002], 0.03))
        if p.name in {"front", "back"}:
            firm.append((ids, made_of.trunk))
            firm.append((near_edge(sewn, p, "hem", _HEM), 0.10))
    return stiffened(sewn, made_of.weight, made_of.sleeves, firm)


def drape(
    spacing: float = SPACING,
    collider: Body | None = None,
    seconds: float = 1.0,
    shirt: ShirtDraft | None = None,
    made_of: Shirting = OXFORD,
) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest; ``shirt`` is the button-up one unless it is given."""
    shirt = shirt or pattern()
    sewn = cut(shirt, spacing)
    layers = ordered(sewn, shirt.pleat, -shirt.yoke[1])
    on, begun = collider or skin(), start(shirt, sewn)
    return sewn, hung(cloth(sewn, made_of), begun, on, spacing, seconds=seconds, gap=GAP, layers=layers)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The shirt as a smooth surface."""
    loops = (
        (("front", "hem"), ("back", "hem")),
        (("cuff-left", "hem"),),
        (("cuff-right", "hem"),),
        (("stand", "rim"),),
    )
    return smoothed(sewn, x, on, loops, gap=GAP, creases=CREASES)

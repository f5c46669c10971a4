"""A T-shirt for the female mannequin in M: placed about the body, sewn, drawn out from under the skin, hung.

The panels start sewn, as tubes about the trunk and the arms, where they stretch and cut into each other. The body is
first taken 25 mm thinner, which parts the arms from the trunk, and swells back while the cloth pulls itself even;
then the cloth gets its weight. Solver: :mod:`assets.generators.cloth`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body, body
from assets.generators.garment import Draped, even, sunken, vertex_normals
from assets.generators.panels_tee import TeeDraft, cut, draft
from assets.generators.pattern import Sewn, constraints
from assets.generators.sewn_fine import finer, ironed

Array = NDArray[np.float64]

FIGURE: Final = "mannequin-female"
SPACING: Final = 0.012
WEIGHT: Final = 0.17
"""kg/m^2, a single jersey."""
HEM: Final = 0.024
GAP: Final = 0.0030
"""Metres between the middle of the cloth and the skin, at least."""

BOX: Final = ((-0.42, 0.80, -0.24), (0.42, 1.62, 0.26))
_SWELL: Final = (-0.025, -0.018, -0.011, -0.004, 0.002, GAP + 0.001)
"""How far from the skin the cloth is kept while the body swells back, metres."""


def skin() -> Body:
    """The figure that the shirt is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern() -> TeeDraft:
    """The draft for the figure."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    girth = {name: row["cm"] / 100 for name, row in extras["measures"].items()}
    return draft(girth["bust"], girth["hip"], girth["upper_arm"], girth["shoulder"], girth["neck"])


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
            placed = np.stack([side * 0.195 * np.sin(turn), top + y, middle + side * deep * np.cos(turn)], axis=1)
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
            turn = x / tee.biceps() * np.pi * 0.98
            ring = np.cos(turn)[:, None] * across - side * np.sin(turn)[:, None] * ahead
            placed = root + (0.114 - y)[:, None] * way + 0.062 * ring
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The jersey's particles and constraints; hems, which are two layers and a seam, and the rib are stiffer."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), 1.5)
    turned = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        if p.name != "collar":
            edge = p.flat[p.edges["hem"][0], 1]
            turned[sewn.particle[p.name][p.flat[:, 1] < edge + HEM]] = True
    soft[turned[bend].all(axis=1)] = 0.04
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


def drape(spacing: float = SPACING, collider: Body | None = None) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    tee = pattern()
    sewn, on = cut(tee, spacing), collider or skin()
    made, x = cloth(sewn), start(tee, sewn)
    for clearance in _SWELL:
        x = relax(made, x, on, Drape(seconds=0.10, gravity=0.0, damping=15.0, friction=0.0, clearance=clearance))
    lie = GAP + 0.001
    x = relax(made, x, on, Drape(seconds=1.0, damping=2.5, clearance=lie, friction=0.25))
    settle = Drape(seconds=0.5, damping=8.0, clearance=lie, friction=0.25, spacing=0.55 * spacing)
    return sewn, relax(made, x, on, settle)


def finished(sewn: Sewn, x: Array, collider: Body) -> Draped:
    """The cloth at rest, finer, smooth, its edges even and nothing of it under the skin."""
    x = ironed(sewn, x, 5)
    sewn, x = finer(sewn, x)
    for edges in ([("front", "hem"), ("back", "hem")], [("sleeve-left", "hem")], [("sleeve-right", "hem")]):
        x = even(sewn, x, edges)
    x = sunken(sewn, x, 0.0013)
    for _ in range(2):
        distance, outward = collider(x)
        x += outward * np.clip(GAP - distance, 0, None)[:, None]
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))

"""Tops that end in rib, on the female mannequin in M: where their panels start, and how stiff their parts are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth
from assets.generators.drape_body import Body, body
from assets.generators.drape_tee import FIGURE
from assets.generators.panels_ribbed import RibbedDraft
from assets.generators.pattern import Panel, Sewn, constraints

Array = NDArray[np.float64]

BOX: Final = ((-0.62, 0.78, -0.32), (0.62, 1.64, 0.30))
_RIBS: Final = ("band", "cuff", "collar")
_ARM: Final = np.array(
    [(0.1885, 1.453, -0.022), (0.3413, 1.164, -0.022), (0.4985, 0.948, -0.022), (0.58, 0.836, -0.022)]
)
"""Shoulder, elbow, wrist and beyond of the A-pose, metres."""


def skin() -> Body:
    """The figure, from the hips to the chin and out to the hands."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def girths() -> dict[str, float]:
    """What the figure measures, metres by the name of the measure."""
    extras = catalogue.model(FIGURE).meshes[0].primitives[0].extras
    return {name: row["cm"] / 100 for name, row in extras["measures"].items()}


def start(top: RibbedDraft, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube about the trunk, a bent one about each arm."""
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        np.add.at(total, sewn.particle[p.name], _placed(top, p))
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def _placed(top: RibbedDraft, p: Panel) -> Array:
    high, middle = 1.530, 0.002
    x, y = p.flat.T
    kind, _, side = p.name.partition("-")
    if kind in {"front", "back", "band"}:
        front = 1.0 if "front" in p.name else -1.0
        half, drop = (top.hem[0], 0.0) if kind != "band" else (top.band[1], top.hem[1])
        turn = np.clip(x / half, -1, 1) * np.pi / 2
        below = y + drop
        deep = 0.165 * np.sqrt(np.clip(-(below - 0.03) / 0.20, 0.03, 1))
        return np.stack(
            [
                front * (0.205 if kind != "band" else 0.195) * np.sin(turn),
                high + below,
                middle + front * deep * np.cos(turn),
            ],
            axis=1,
        )
    if kind == "collar":
        span = np.abs(x).max()
        split = p.flat[p.edges["front"][-1], 0] / span * np.pi
        turn = x / span * np.pi - (split - np.pi) / 2
        return np.stack([0.085 * np.sin(turn), high - 0.03 + y, -0.02 + 0.085 * np.cos(turn)], axis=1)
    out = 1.0 if side == "left" else -1.0
    along = top.cap + 0.015 - y + (top.sleeve if kind == "cuff" else 0.0)
    wide = [top.wrist[1], top.wrist[1]] if kind == "cuff" else [top.cuff, top.biceps()]
    around = np.interp(y, [-top.sleeve, 0.0], wide)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(_ARM, axis=0), axis=1))])
    axis = np.stack([np.interp(along, run, _ARM[:, i]) for i in range(3)], axis=1)
    way = _ARM[2] - _ARM[0]
    way = way / np.linalg.norm(way)
    across = np.array([-way[1], way[0], 0.0])
    turn = x / around * np.pi * 0.98
    ring = np.cos(turn)[:, None] * across - out * np.sin(turn)[:, None] * np.array([0.0, 0.0, 1.0])
    return np.asarray((axis + (1.08 / np.pi * around)[:, None] * ring) * [out, 1.0, 1.0])


def ribs(sewn: Sewn) -> NDArray[np.bool_]:
    """Which particles are of the rib, bool[n]."""
    found = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        if p.name.startswith(_RIBS):
            found[sewn.particle[p.name]] = True
    return found


def cloth(sewn: Sewn, *, weight: float, soft: float, rib: float) -> Cloth:
    """Particles and constraints. ``weight`` in kg/m^2; ``soft`` and ``rib`` are the compliances of bending of cloth
    and rib, m/N. A seam is as long as the rib in it: rib is sewn on stretched and pulls back.
    """
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    of_rib = ribs(sewn)
    own: dict[tuple[int, int], float] = {}
    for p in sewn.panels:
        if p.name.startswith(_RIBS):
            ids = sewn.particle[p.name]
            for i, j in ((0, 1), (1, 2), (2, 0)):
                a, b = p.triangles[:, i], p.triangles[:, j]
                far = np.linalg.norm(p.flat[a] - p.flat[b], axis=1)
                ends = np.sort(np.stack([ids[a], ids[b]], axis=1), axis=1)
                own.update(zip(map(tuple, ends.tolist()), far.tolist(), strict=True))
    rest = np.array([own.get(tuple(pair), r) for pair, r in zip(stretch.tolist(), rest.tolist(), strict=True)])
    give = np.where(of_rib[stretch].all(axis=1), 6e-5, 2e-5)
    bending = np.where(of_rib[bend].all(axis=1), rib, soft)
    inverse = 1.0 / (area * weight)
    inverse[of_rib] *= 0.6
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([give, bending]),
        inverse_mass=inverse,
    )

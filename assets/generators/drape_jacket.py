"""Tailored jackets and coats on the female mannequin in M: drafts, where panels start, how stiff their parts are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators.cloth import Cloth
from assets.generators.drape_body import STEP, Body, body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped, vertex_normals
from assets.generators.panels_jacket import SIDES, JacketDraft, cut
from assets.generators.pattern import Sewn, constraints

Array = NDArray[np.float64]

GAP: Final = 0.011
"""Metres to the skin: a shirt or a sweater is worn under it."""
TAPE: Final = 0.985
"""What a tape along the roll line and the neck holds them to, of the length that they are cut."""
_EDGES: Final = ("roll", "centre", "cutaway", "neck")
_FACED: Final = 0.05  # metres that facings reach in from the edges
_HEM: Final = (0.030, 0.4)
"""How deep hems are, metres, and their compliance as a share of the cloth's: stiffer ones dent the cloth above."""
_COLLAR: Final = 0.009  # metres more room at the neck, for the collar of a shirt


@dataclass(frozen=True, kw_only=True)
class Tailoring:
    """What is tailored: its draft, the cloth, and how it is worn.

    ``weight`` is the cloth's with its lining, kg/m^2; ``bend`` and ``faced`` are the compliances of plain and of
    faced cloth against bending, m/N; ``pad`` is how high the shoulder is built up, metres; ``box`` is where the
    figure is looked at; ``belt`` (y, share of its length that a belt draws the cloth in to) or None.
    """

    draft: JacketDraft
    weight: float
    bend: float
    faced: float
    pad: float
    box: tuple[tuple[float, float, float], tuple[float, float, float]]
    spacing: float
    seconds: float = 1.0
    belt: tuple[float, float] | None = None


BLAZER: Final = Tailoring(
    draft=JacketDraft(
        half=0.530,
        neck=(0.088, 0.020),
        shoulder=(0.201, -0.048),
        depth=0.258,
        seams=(0.198, 0.332),
        intake=((-0.40, 0.036, 0.022), (-0.45, 0.033, 0.021), (-0.700, -0.024, 0.002)),
        break_=(0.020, -0.415),
        cut_away=(-0.470, 0.125),
        sleeve=0.440,
        cap=0.144,
        cuff=0.132,
    ),
    weight=0.34,
    bend=0.10,
    faced=0.02,
    pad=0.008,
    box=((-0.62, 0.74, -0.26), (0.62, 1.64, 0.28)),
    spacing=0.0175,
)

TRENCH: Final = Tailoring(
    draft=JacketDraft(
        half=0.560,
        neck=(0.094, 0.022),
        shoulder=(0.206, -0.047),
        depth=0.264,
        seams=(0.206, 0.352),
        intake=((-0.40, 0.038, 0.024), (-0.44, 0.036, 0.022), (-1.000, -0.080, -0.030)),
        break_=(0.085, -0.365),
        cut_away=None,
        sleeve=0.450,
        cap=0.146,
        cuff=0.148,
        dip=0.0,
    ),
    weight=0.36,
    bend=0.16,
    faced=0.03,
    pad=0.005,
    box=((-0.62, 0.44, -0.32), (0.62, 1.64, 0.34)),
    spacing=0.0215,
    seconds=1.3,
    belt=(-0.415, 0.87),
)


def skin(tailoring: Tailoring = BLAZER) -> Body:
    """The figure that it is draped on, in its A-pose, its shoulders padded."""
    part = catalogue.model(FIGURE).meshes[0].primitives[0]
    bare = body(part, *tailoring.box)
    tip = np.array(part.extras["landmarks"]["shoulder point"])
    grid = np.stack(
        np.meshgrid(*(bare.low[i] + STEP * np.arange(n) for i, n in enumerate(bare.values.shape)), indexing="ij"),
        axis=-1,
    )
    # Height that fades along the shoulder towards the neck, and falls off at its end as a pad's edge does.
    grid[..., 0] = np.abs(grid[..., 0])
    away = (grid - (tip - [0.012, 0.0, 0.0])) / [0.060, 0.045, 0.070]
    raised = tailoring.pad * np.exp(-np.einsum("...i,...i->...", away, away))
    nape = (grid - np.array([0.045, 1.515, -0.025])) / [0.060, 0.060, 0.080]
    raised += _COLLAR * np.exp(-np.einsum("...i,...i->...", nape, nape))
    return replace(bare, values=bare.values - raised)


def start(tailoring: Tailoring, sewn: Sewn) -> Array:
    """Where the particles begin, float64[n, 3]: an oval tube with two arms."""
    draft, top, middle = tailoring.draft, 1.530, 0.004
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        x, y = p.flat.T
        name, hand = p.name.split("-")
        side = 1.0 if hand == "left" else -1.0
        if name == "sleeve":
            root, way = np.array([side * 0.1625, 1.420, -0.022]), np.array([side * 0.520, -0.854, 0.0])
            across, ahead = np.array([side * 0.854, 0.520, 0.0]), np.array([0.0, 0.0, 1.0])
            half = np.interp(y, [-draft.sleeve, 0.0], [draft.cuff, draft.biceps])
            turn = x / half * np.pi * 0.98
            ring = np.cos(turn)[:, None] * across - side * np.sin(turn)[:, None] * ahead
            placed = root + (draft.cap - y)[:, None] * way + (half / np.pi)[:, None] * ring
        else:
            turn = x / draft.half * np.pi
            wide = 0.205 * np.interp(-y, [0.0, 0.42, 0.62, 1.2], [1.0, 0.95, 1.05, 1.35])
            deep = 0.160 * np.sqrt(np.clip(-(y - 0.03) / 0.20, 0.03, 1)) * np.interp(-y, [0.6, 1.2], [1.0, 1.35])
            placed = np.stack([wide * np.sin(turn), top + y, middle + deep * np.cos(turn)], axis=1)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def cloth(tailoring: Tailoring, sewn: Sewn) -> Cloth:
    """The particles and constraints: faced edges and canvassed chests are stiffer, taped edges shorter."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), tailoring.bend)
    firm = np.zeros(sewn.count, dtype=bool)
    hemmed, taped = np.zeros(sewn.count, dtype=bool), np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        for name, edge in p.edges.items():
            far, _ = cKDTree(p.flat[edge]).query(p.flat)
            if name in _EDGES and (name, p.name.split("-")[0]) != ("centre", "back"):
                firm[ids[far < _FACED]] = True
            elif name == "hem":
                hemmed[ids[far < _HEM[0]]] = True
        if p.name.startswith(("front", "back")):
            firm[ids[p.flat[:, 1] > tailoring.draft.shoulder[1] - 0.06]] = True
        for name in {"roll", "neck"} & p.edges.keys():
            taped[ids[p.edges[name]]] = True
    soft[hemmed[bend].all(axis=1)] *= _HEM[1]
    soft[firm[bend].all(axis=1)] = tailoring.faced
    rest[taped[stretch].all(axis=1)] *= TAPE
    if tailoring.belt is not None:
        rest = np.where(_belted(tailoring, sewn)[stretch].all(axis=1), rest * tailoring.belt[1], rest)
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 2e-5), soft]),
        inverse_mass=1.0 / (area * tailoring.weight),
    )


def _belted(tailoring: Tailoring, sewn: Sewn) -> NDArray[np.bool_]:
    """The particles under the belt."""
    assert tailoring.belt is not None
    found = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        if not p.name.startswith("sleeve"):
            found[sewn.particle[p.name][np.abs(p.flat[:, 1] - tailoring.belt[0]) < 0.022]] = True
    return found


def drape(
    tailoring: Tailoring = BLAZER, spacing: float | None = None, collider: Body | None = None
) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    spacing = spacing or tailoring.spacing
    sewn = cut(tailoring.draft, spacing)
    on = collider or skin(tailoring)
    held = cloth(tailoring, sewn)
    return sewn, hung(held, start(tailoring, sewn), on, spacing, seconds=tailoring.seconds, gap=GAP)


def loops(sewn: Sewn) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The free edges, panel by panel in order: fronts with hem and neck, and the sleeves."""
    front = {p.name: p for p in sewn.panels}["front-left"]
    cutaway = ("cutaway",) if "cutaway" in front.edges else ()
    left = tuple(("front-left", name) for name in (*cutaway, "hem"))
    right = tuple(("front-right", name) for name in ("hem", *cutaway))
    hem = (*left, ("side-left", "hem"), ("back-left", "hem"), ("back-right", "hem"), ("side-right", "hem"), *right)
    neck = (("front-right", "roll"), ("back-right", "neck"), ("back-left", "neck"), ("front-left", "roll"))
    return hem, neck, *(((f"sleeve-{hand}", "hem"),) for hand in SIDES)


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The jacket as a smooth surface, its sleeves' heads a little proud of the shoulders."""
    draped = smoothed(sewn, x, on, loops(sewn), gap=GAP)
    points = draped.points.copy()
    for p in draped.sewn.panels:
        ids = draped.sewn.particle[p.name]
        if p.name.startswith("front"):  # what is joined there is one cloth over another, not a seam
            joined = ids[p.edges["centre"]]
            points[joined] += (0.0013 / 2) * draped.normals[joined]
        if p.name.startswith("sleeve"):
            caps = np.concatenate([p.edges["cap-back"], p.edges["cap-front"]])
            far, _ = cKDTree(p.flat[caps]).query(p.flat)
            proud = 0.0026 * np.sin(np.pi * np.clip(far / 0.034, 0, 1)) * (p.flat[:, 1] > 0.03)
            points[ids] += proud[:, None] * draped.normals[ids]
            points[ids[caps]] -= 0.0008 * draped.normals[ids[caps]]
    return replace(draped, points=points, normals=vertex_normals(points, draped.sewn.triangles()))

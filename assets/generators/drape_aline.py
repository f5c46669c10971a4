"""An A-line skirt for the female mannequin in M: where its panels start, and how stiff its parts are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import GAP
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_pleats import BOX, HIP, TOP
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped, vertex_normals
from assets.generators.panels_aline import ALineDraft, cut, draft
from assets.generators.pattern import Sewn, constraints
from assets.generators.waist_ring import band_at, girth, grown, level, walk

Array = NDArray[np.float64]

SPACING: Final = 0.0135
WEIGHT: Final = 0.24
"""kg/m^2, a wool crepe."""
TURNED: Final = 0.038
"""Metres that the hem's facing is deep."""
LOOPS: Final = ((("front", "hem"), ("back", "hem")),)
_LIE: Final = GAP + 0.001
_BAND: Final = _LIE + 0.0012


def skin() -> Body:
    """The figure that the skirt is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern(on: Body) -> ALineDraft:
    """The draft for the figure."""
    waist, hip = girth(level(on, TOP, _BAND)), girth(level(on, HIP, _LIE))
    return draft(waist, hip, deep=TOP - HIP)


def start(skirt: ALineDraft, sewn: Sewn, on: Body) -> Array:
    """Where the particles begin, float64[n, 3]: level about the trunk, as wide as the panels are there."""
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    hip = level(on, HIP, _LIE)
    heights = np.arange(-skirt.long - 0.02, 0.03, 0.006)
    rings = [hip if TOP + h < HIP else level(on, TOP + float(h), _LIE) for h in heights]
    for p in sewn.panels:
        if p.name == "band":
            placed = band_at(on, p.flat, skirt.waist, TOP, _BAND)
        else:
            back = int(p.name == "back")
            x, y = p.flat.T
            side = skirt.side(back)
            half = np.interp(y, side[:, 1], side[:, 0])
            near = skirt.open(x, y, back) / skirt.open(half, y, back)
            placed = np.empty((len(x), 3))
            row = np.clip(np.rint((y - heights[0]) / 0.006).astype(int), 0, len(heights) - 1)
            for k in np.unique(row):
                own = np.flatnonzero(row == k)
                wide = 4 * float(np.mean(skirt.open(half[own], y[own], back)))
                ring = grown(rings[k], max(wide, girth(rings[k])))
                spot, _ = walk(ring, 0.25 + 0.5 * back + near[own] / 4)
                placed[own] = np.stack([spot[:, 0], TOP + y[own], spot[:, 1]], axis=1)
        held = p.name == "band"
        ids = sewn.particle[p.name]
        np.add.at(total, ids, placed * (1000.0 if held else 1.0))
        np.add.at(count, ids, 1000.0 if held else 1.0)
    return np.asarray(total / count[:, None])


def cloth(sewn: Sewn) -> Cloth:
    """The crepe's particles and constraints; the faced hem is stiffer, the waistband stays where it is."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    soft = np.full(len(bend), 0.40)
    turned = np.zeros(sewn.count, dtype=bool)
    for p in sewn.panels:
        if p.name != "band":
            line = p.flat[p.edges["hem"]]
            low = np.interp(p.flat[:, 0], line[:, 0], line[:, 1])
            turned[sewn.particle[p.name][p.flat[:, 1] < low + TURNED]] = True
    soft[turned[bend].all(axis=1)] = 0.20
    inverse = 1.0 / (np.maximum(area, 1e-9) * WEIGHT)
    inverse[sewn.particle["band"]] = 0.0
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 1e-5), soft]),
        inverse_mass=inverse,
    )


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 1.2) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    on = collider or skin()
    skirt = pattern(on)
    sewn = cut(skirt, spacing)
    made, x = cloth(sewn), start(skirt, sewn, on)
    x = relax(made, x, on, Drape(seconds=0.2, gravity=0.1, damping=15.0, friction=0.0, clearance=_LIE))
    x = relax(made, x, on, Drape(seconds=seconds, damping=2.5, friction=0.2, clearance=_LIE))
    return sewn, relax(made, x, on, Drape(seconds=0.4, damping=8.0, friction=0.2, clearance=_LIE))


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The skirt as a smooth surface, the waistband's seam a level line."""
    worn = smoothed(sewn, x, on, LOOPS)
    band = next(p for p in worn.sewn.panels if p.name == "band")
    points = worn.points.copy()
    points[worn.sewn.particle["band"]] = band_at(on, band.flat, float(np.ptp(band.flat[:, 0])), TOP, _BAND)
    normals = vertex_normals(points, worn.sewn.triangles())
    seam = np.unique(worn.sewn.particle["band"][band.flat[:, 1] < 1e-6])
    points[seam] -= 0.0013 * normals[seam]
    return Draped(sewn=worn.sewn, points=points, normals=vertex_normals(points, worn.sewn.triangles()))

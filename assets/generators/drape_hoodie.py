"""A hoodie for the female mannequin in M: its body is draped first, its hood on that."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators import drape_hood, sewn_cord
from assets.generators.drape_body import Body
from assets.generators.drape_hang import finished as smoothed
from assets.generators.drape_hang import hung
from assets.generators.drape_hood import Worn
from assets.generators.drape_ribbed import cloth, girths, skin, start
from assets.generators.garment import Draped
from assets.generators.panels_ribbed import RibbedDraft, cut, draft
from assets.generators.pattern import Sewn

Array = NDArray[np.float64]

SPACING: Final = 0.0175
GAP: Final = 0.011
WEIGHT: Final = 0.32
"""kg/m^2, a fleece-backed jersey."""
LOOPS: Final = (
    (("band-front", "rim"), ("band-back", "rim")),
    (("cuff-left", "rim"),),
    (("cuff-right", "rim"),),
)
"""The free edges of the body."""
HOOD_SOFT: Final = 0.3
EYELET: Final = (0.078, 0.018)
"""Where the cords come out, metres along the hood's edge from the front and inside it."""
CORDS: Final = (0.235, 0.215)
"""Metres of cord that hang out, left and right."""


class Hoodie(NamedTuple):
    """What hangs: the body with sleeves and ribs, the hood, and for both cords where they come out of it, which way
    is out there, float64[3], and their lines, float64[k, 3].
    """

    body: Draped
    hood: Draped
    cords: tuple[tuple[Array, Array, Array], ...]


def pattern() -> RibbedDraft:
    """The draft for the figure."""
    return draft(girths(), ease=0.26, long=0.60, blouse=0.04, gap=GAP)


def drape(spacing: float = SPACING, collider: Body | None = None) -> tuple[Sewn, Array]:
    """The body's sewn panels and where their particles come to rest."""
    top = pattern()
    sewn = cut(top, spacing)
    jersey = cloth(sewn, weight=WEIGHT, soft=0.5, rib=0.02)
    return sewn, hung(jersey, start(top, sewn), collider or skin(), spacing, gap=GAP)


def finished(sewn: Sewn, x: Array, on: Body) -> Hoodie:
    """The hoodie as smooth surfaces, with its hood laid back and its cords hanging."""
    body = smoothed(sewn, x, on, LOOPS, gap=GAP)
    neck, edge = drape_hood.neckline(body)
    under = drape_hood.worn(on, body, edge, GAP)
    halves, form, held = drape_hood.form(neck, under)
    hood = drape_hood.finished(halves, drape_hood.settled(halves, form, held, under, soft=HOOD_SOFT), under)
    return Hoodie(
        body, hood, tuple(_cord(hood, side, long, under) for side, long in zip(("left", "right"), CORDS, strict=True))
    )


def _cord(hood: Draped, side: str, long: float, under: Worn) -> tuple[Array, Array, Array]:
    (p,) = (p for p in hood.sewn.panels if p.name == f"hood-{side}-upper")
    line = p.flat[p.edges["high"][:: 1 if side == "right" else -1]]
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.array([np.interp(EYELET[0] + step, run, line[:, i]) for step in (0.0, 1e-3) for i in range(2)]).reshape(
        2, 2
    )
    along = (at[1] - at[0]) / np.linalg.norm(at[1] - at[0])
    inward = np.array([-along[1], along[0]]) * (1.0 if side == "right" else -1.0)
    point, outward = (found[0] for found in hood.at(p, (at[0] + EYELET[1] * inward)[None]))
    points, normals = np.concatenate([under.points, hood.points]), np.concatenate([under.normals, hood.normals])
    rim = np.concatenate([under.rim, np.zeros(len(hood.points), dtype=bool)])
    both = Worn(under.body, points, normals, rim, cKDTree(points), under.skin)
    return point, outward, sewn_cord.hanging(point, outward, long, both)

"""A knife-pleated skirt for the female mannequin in M: how its folds start, and what keeps them in order.

Pleats are three layers of cloth that must not change places. Particles do not see each other well enough for that: a
cell is a centimetre and more wide, a layer two millimetres thick. But who lies on whom is known from the pattern, so
every lower particle is kept under the cloth that was folded over it, along the level way out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue
from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import GAP
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped, vertex_normals
from assets.generators.panels_pleats import PleatDraft, cut, draft, grid, rows
from assets.generators.pattern import Sewn, constraints
from assets.generators.pleat_folds import sewn_down
from assets.generators.sewn_fine import finer
from assets.generators.waist_ring import band_at, girth, grown, level, walk

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SPACING: Final = 0.022
WEIGHT: Final = 0.26
"""kg/m^2, a wool twill."""
BOX: Final = ((-0.36, 0.42, -0.34), (0.36, 1.20, 0.34))
TOP: Final = 1.088
"""The height of the waistband's lower edge."""
HIGH: Final = 1.018
HIP: Final = 0.910
LAYER: Final = 0.0024
"""Metres between two layers of the pleats."""
PRESSED_LAYER: Final = 0.0008
"""The same where the folds are sewn: pressed flat, or one would look in under them."""
_THICKENS: Final = 0.020  # metres to both sides of where the stitches end over which the layers come apart
STITCHED: Final = np.radians(4.0)
PRESSED: Final = np.radians(42.0)
"""The angles between the layers at a fold at rest, where it is sewn and where it is free."""
_CREASES: Final = frozenset({"outer", "inner"})
_STACK: Final = GAP + 0.001 + 2 * LAYER


def skin() -> Body:
    """The figure that the skirt is draped on, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def pattern(on: Body) -> PleatDraft:
    """The draft for the figure: girths are taken over the pleats."""
    return draft(*(girth(level(on, y, _STACK)) * ease for y, ease in ((TOP, 1.0), (HIGH, 1.0), (HIP, 1.012))))


def layer(pleats: PleatDraft, depth: Array) -> Array:
    """Metres between two layers of the pleats at depths."""
    ends = pleats.stitched + np.array([-_THICKENS, _THICKENS])
    return np.interp(depth, ends, [PRESSED_LAYER, LAYER])


def start(pleats: PleatDraft, sewn: Sewn, on: Body, spacing: float) -> tuple[Array, Array]:
    """Where the particles begin and the level ways out there, float64[n, 3] each: folded flat about the hips."""
    at, n = np.zeros((sewn.count, 3)), np.zeros((sewn.count, 3))
    held = grid(pleats, sewn)
    hip = level(on, HIP, _STACK)
    k = np.arange(pleats.count)
    depths = rows(pleats, spacing)
    for r, (depth, apart) in enumerate(zip(depths, layer(pleats, depths), strict=True)):
        seen = float(pleats.seen(np.array(depth)))
        y = TOP - depth
        ring = grown(level(on, max(y, HIP), _STACK) if y > HIP else hip, pleats.count * seen)
        flat = pleats.columns(float(depth))
        face, under = flat[4] - flat[0], flat[6] - flat[4]
        for c in range(7):
            if c <= 4:
                along, low = flat[c] - flat[0], (flat[c] - flat[0]) / face
            else:
                along, low = face - (flat[c] - flat[4]), 1 - (flat[c] - flat[4]) / under
            spot, out = walk(ring, (k + along / seen) / pleats.count)
            spot = spot - out * (2 * apart * low)
            ids = held[:, c, r]
            at[ids] = np.stack([spot[:, 0], np.full(len(k), y), spot[:, 1]], axis=1)
            n[ids] = np.stack([out[:, 0], np.zeros(len(k)), out[:, 1]], axis=1)
    band = next(p for p in sewn.panels if p.name == "band")
    at[sewn.particle["band"]] = band_at(on, band.flat, pleats.waist, TOP, _STACK + 0.0024)
    return at, n


def cloth(pleats: PleatDraft, sewn: Sewn, spacing: float) -> Cloth:
    """The twill's particles and constraints. Folds are at rest at an angle; the waistband and what it holds stay."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    held, depth = grid(pleats, sewn), rows(pleats, spacing)
    column = np.full(sewn.count, -9)
    height = np.zeros(sewn.count)
    aside = np.zeros(sewn.count)
    for c in range(6):
        column[held[:, c]] = c
        height[held[:, c]] = depth
        flat = np.stack([pleats.columns(float(t)) for t in depth])
        fold = {1: 0, 3: 4, 5: 6}.get(c)
        if fold is not None:
            aside[held[:, c]] = np.abs(flat[:, c] - flat[:, fold])
    inner = np.sort(column[bend], axis=1)
    soft = np.full(len(bend), 0.02)
    for low, high in ((1, 5), (3, 5)):
        over = (inner[:, 0] == low) & (inner[:, 1] == high)
        a, b = bend[over].T
        stitched = np.maximum(height[a], height[b]) < pleats.stitched
        angle = np.where(stitched, STITCHED, PRESSED)
        wide_a, wide_b = aside[a], aside[b]
        square = (height[a] - height[b]) ** 2 + wide_a**2 + wide_b**2 - 2 * wide_a * wide_b * np.cos(angle)
        bend_rest[over] = np.sqrt(np.maximum(square, 1e-8))
        soft[over] = 0.015
    # Down to the row that is next to where the stitches end.
    rim = depth < pleats.stitched + spacing / 2
    sewn_pairs = np.stack([held[:, 6, rim].reshape(-1), held[:, 2, rim].reshape(-1)], axis=1)
    sewn_rest = np.tile(1.2 * layer(pleats, depth[rim]), pleats.count)
    inverse = 1.0 / (np.maximum(area, 1e-9) * WEIGHT)
    inverse[held[:, :, :2].reshape(-1)] = 0.0
    inverse[sewn.particle["band"]] = 0.0
    return Cloth(
        pairs=np.concatenate([stretch, bend, sewn_pairs]),
        rest=np.concatenate([rest, bend_rest, sewn_rest]),
        compliance=np.concatenate([np.full(len(stretch), 1e-5), soft, np.full(len(sewn_pairs), 1e-5)]),
        inverse_mass=inverse,
    )


def ordered(held: Index, out: Array, free: Array, apart: Array) -> Callable[[Array], None]:
    """What keeps the layers in their order: for points float64[n, 3], in place. ``held`` are the pleats' particles
    (see :func:`assets.generators.panels_pleats.grid`), ``out`` the ways out, ``free`` 1 where a particle may move,
    ``apart`` float64[rows] the metres between two layers.
    """
    ahead = np.roll(held, -1, axis=0)
    between = np.tile(apart, len(held))
    o, a, v = ahead[:, 0], ahead[:, 1], ahead[:, 2]
    # A lower particle, and the two ends of the stretch of cloth that lies over it.
    over = [
        (held[:, 5], o, a),
        (held[:, 4], a, v),
        (held[:, 4], o, a),
        (held[:, 3], held[:, 5], held[:, 4]),
        (held[:, 3], held[:, 5], o),
        (held[:, 2], held[:, 5], o),
    ]
    # The same from above: the face's own middle over the return.
    under = [(a, held[:, 5], held[:, 4]), (a, held[:, 5], o)]
    triples = [
        *((low.reshape(-1), one.reshape(-1), two.reshape(-1), 1.0) for low, one, two in over),
        *((top.reshape(-1), one.reshape(-1), two.reshape(-1), -1.0) for top, one, two in under),
    ]

    def layers(x: Array) -> None:
        for point, one, two, sign in triples:
            stretch = x[two] - x[one]
            share = np.einsum("ij,ij->i", x[point] - x[one], stretch)
            share /= np.maximum(np.einsum("ij,ij->i", stretch, stretch), 1e-12)
            beside = (share < -0.02) | (share > 1.02)
            share = np.clip(share, 0, 1)
            spot = x[one] + share[:, None] * stretch
            n = out[point]
            short = between - sign * np.einsum("ij,ij->i", spot - x[point], n)
            short = np.where(beside, 0.0, np.clip(short, 0, 0.004))
            w, wa, wb = free[point], free[one] * (1 - share), free[two] * share
            total = w + wa * (1 - share) + wb * share
            push = (sign * short / np.maximum(total, 1e-9))[:, None] * n
            x[point] -= w[:, None] * push
            x[one] += wa[:, None] * push
            x[two] += wb[:, None] * push

    return layers


def drape(spacing: float = SPACING, collider: Body | None = None, seconds: float = 0.8) -> tuple[Sewn, Array]:
    """The sewn panels and where their particles come to rest."""
    on = collider or skin()
    pleats = pattern(on)
    sewn = cut(pleats, spacing)
    x, out = start(pleats, sewn, on, spacing)
    made = cloth(pleats, sewn, spacing)
    free = (made.inverse_mass > 0).astype(np.float64)
    layers = ordered(grid(pleats, sewn), out, free, layer(pleats, rows(pleats, spacing)))
    lie = GAP + 0.001
    x = relax(made, x, on, Drape(seconds=0.2, gravity=0.2, damping=15.0, friction=0.0, clearance=lie), layers)
    x = relax(made, x, on, Drape(seconds=seconds, damping=4.0, friction=0.2, clearance=lie), layers)
    x = relax(made, x, on, Drape(seconds=0.4, damping=9.0, friction=0.2, clearance=lie), layers)
    return sewn, x


def finished(sewn: Sewn, x: Array, on: Body) -> Draped:
    """The skirt as a smooth surface that is sharp along its folds."""
    sewn, x = finer(sewn, x, _CREASES)
    x = sewn_down(sewn, x, pattern(on))
    for _ in range(2):
        distance, outward = on(x)
        x += outward * np.clip(GAP - distance, 0, None)[:, None]
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))

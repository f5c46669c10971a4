"""A hood that lies on the back: formed on the stand as a pouch about the neckline, laid flat into paper, and settled
under its weight on what is worn below.

Every line from the neckline to the edge about the face goes out over the shoulders or down the back, turns, and
comes back over itself; behind it reaches far, at the front it only stands up and leans out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.spatial import cKDTree

from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.drape_body import Body
from assets.generators.garment import Draped, vertex_normals
from assets.generators.panels_hood import paper
from assets.generators.pattern import Sewn, constraints, sew
from assets.generators.sewn_fine import finer
from assets.generators.solids import grid_triangles

Array = NDArray[np.float64]
Index = NDArray[np.int64]

THICK: Final = 0.005
"""Metres between the middles of the hood's cloth and of the cloth that it lies on."""
LAP: Final = 0.034
"""Metres that each half goes past the middle of the front."""
_WEIGHT: Final = 0.34
_SLACK: Final = 1.035
"""How much longer the cloth is than the form, which it fills with folds."""
_HELD: Final = 0.62
"""How far round, from the front, the edge about the face stays up."""
_LAPPED: Final = 0.15
_EVENED: Final = 3
_STEP: Final = 0.005
_COLUMNS: Final = 25
_ROWS: Final = (9, 14)  # of the under side and of the upper side
_REACH: Final = PchipInterpolator(
    [0.0, 0.12, 0.25, 0.40, 0.52, 0.65, 0.80, 1.0], [0.003, 0.008, 0.016, 0.030, 0.062, 0.140, 0.205, 0.215]
)
"""How far out a line goes, metres, by its place from the front (0) to the middle of the back (1)."""


@dataclass(frozen=True, eq=False)
class Worn:
    """A body with one garment on it, as what other cloth lies on. ``rim`` is true at the garment's edges: beyond
    them it is not there. The body counts as ``skin`` metres thicker.
    """

    body: Body
    points: Array
    normals: Array
    rim: NDArray[np.bool_]
    tree: cKDTree
    skin: float

    def __call__(self, points: Array) -> tuple[Array, Array]:
        """Distances float64[n] and ways out, unit float64[n, 3], of points float64[n, 3]; metres."""
        distance, outward = self.body(points)
        distance = distance - self.skin
        far, nearest = self.tree.query(points)
        height = np.einsum("ij,ij->i", points - self.points[nearest], self.normals[nearest])
        on = (far < 0.03) & ~self.rim[nearest] & (height < distance)
        return np.where(on, height, distance), np.where(on[:, None], self.normals[nearest], outward)


def worn(body: Body, garment: Draped, edges: Index, skin: float) -> Worn:
    """The body with ``garment`` on; ``edges`` are its particles on edges."""
    rim = np.zeros(garment.sewn.count, dtype=bool)
    rim[edges] = True
    return Worn(body, garment.points, garment.normals, rim, cKDTree(garment.points), skin)


def neckline(garment: Draped) -> tuple[Array, Index]:
    """The neckline from the middle of the front by the wearer's left all round, float64[k, 3], and its particles."""
    by_name = {p.name: p for p in garment.sewn.panels}
    front, back = (garment.sewn.particle[name][by_name[name].edges["neck"]] for name in ("front", "back"))
    # Seen from outside both run from right to left: the front's from the wearer's left, the back's to it.
    middle = len(front) // 2
    ids = np.concatenate([front[: middle + 1][::-1], back[::-1][1:], front[middle:][::-1][1:]])
    return garment.points[ids], ids


def form(neck: Array, on: Worn) -> tuple[Sewn, Array, NDArray[np.bool_]]:
    """The hood sewn of four panels, where its particles are on the stand, float64[n, 3], and which of them lie
    under the others and stay there, bool[n].
    """
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(neck, axis=0), axis=1))])
    whole = run[-1]
    share = np.linspace(0, 1, _COLUMNS)
    panels, seams, shapes = [], [], {}
    low, high = _ROWS
    for side, out in (("left", 1.0), ("right", -1.0)):
        along = share * (whole / 2 + LAP) - LAP
        at = along % whole if out > 0 else (whole - along) % whole
        base = np.stack([np.interp(at, run, neck[:, i]) for i in range(3)], axis=1)
        over = np.clip(1 - along / LAP, 0, 1) * (0.5 if out < 0 else 1.0)
        base = base + on(base)[1] * (0.007 * over)[:, None]
        lines = _lines(base, on, out)
        if out > 0:
            lines = lines[:, ::-1]  # columns run clockwise seen from above where rows rise
        for part, rows in (("under", slice(0, low)), ("upper", slice(low - 1, low + high))):
            name = f"hood-{side}-{part}"
            piece = lines[rows]
            count, columns, _ = piece.shape
            grid = np.arange(count * columns).reshape(count, columns)
            # Seen from outside columns run to the left; outlines run counter-clockwise.
            right, left = ("back", "front") if out > 0 else ("front", "back")
            edges = {"low": grid[0, ::-1], right: grid[:, 0], "high": grid[-1], left: grid[::-1, -1]}
            shapes[name] = piece.reshape(-1, 3)
            panels.append(paper(name, shapes[name], grid_triangles(count, columns), edges))
        seams.append((f"hood-{side}-under", "high", f"hood-{side}-upper", "low", True))
    seams += [(f"hood-left-{part}", "back", f"hood-right-{part}", "back", True) for part in ("under", "upper")]
    sewn = sew(panels, seams)
    total, uses, pinned = np.zeros((sewn.count, 3)), np.zeros(sewn.count), np.zeros(sewn.count, dtype=bool)
    for p in panels:
        np.add.at(total, sewn.particle[p.name], shapes[p.name])
        np.add.at(uses, sewn.particle[p.name], 1)
        # The lower side is held by the upper's weight and the fold between them by its roundness, the edge beside the
        # neck by its casing and cord; where the halves overlap both are stitched down.
        place = np.tile(share[::-1] if "left" in p.name else share, len(p.flat) // _COLUMNS)
        edge = np.isin(np.arange(len(p.flat)), p.edges["high"])
        round_ = np.arange(len(p.flat)) < 2 * _COLUMNS
        held = (place < _LAPPED) | (edge & (place < _HELD)) | round_ | p.name.endswith("under")
        pinned[sewn.particle[p.name][held]] = True
    return sewn, total / uses[:, None], pinned


def _lines(base: Array, on: Worn, out: float) -> Array:
    """The lines from the neckline's points ``base`` float64[k, 3] to the edge: float64[rows, k, 3]."""
    share = np.linspace(0, 1, len(base))
    front, back = base[0], base[-1]
    turn = np.pi * share
    # The edge about the face lies round the neck, highest at its sides and behind.
    rim = np.stack(
        [
            out * 0.108 * np.sin(turn) + front[0] * (1 - share) ** 3,
            front[1] + 0.008 + (back[1] + 0.016 - front[1]) * np.sin(turn / 2) ** 0.85,
            front[2] + 0.010 + 0.003 * out + (back[2] - 0.056 - front[2]) * (0.5 - 0.5 * np.cos(turn)),
        ],
        axis=1,
    )
    lines = np.stack([_line(base[k], rim[k], float(_REACH(u)), u, on) for k, u in enumerate(share)], axis=1)
    # Lines that end at a crease of what lies below turn another way than their neighbours: they are evened.
    for _ in range(_EVENED):
        lines[1:, 1:-1] = 0.5 * lines[1:, 1:-1] + 0.25 * (lines[1:, :-2] + lines[1:, 2:])
    return lines


def _line(low: Array, high: Array, reach: float, share: float, on: Worn) -> Array:
    out = low - np.array([0.0, low[1], -0.015])
    # Behind the shoulders lines run down the back side by side.
    out[0] *= 1 - 0.65 * np.clip((share - 0.35) / 0.35, 0, 1)
    out /= np.linalg.norm(out)
    way = [low]
    for _ in range(int(reach / _STEP) + 2):
        ahead = way[-1] + _STEP * (0.75 * out + np.array([0.0, -0.55, 0.0]))
        distance, normal = on(ahead[None])
        ahead = ahead + normal[0] * (1.3 * THICK - distance[0])
        leg = ahead - way[-1]
        way.append(way[-1] + _STEP * leg / np.linalg.norm(leg))
    slope = np.array(way)
    at = np.linspace(0, reach, _ROWS[0]) / _STEP
    lower = np.stack([np.interp(at, np.arange(len(slope)), slope[:, i]) for i in range(3)], axis=1)
    end = lower[-1]
    ahead = (slope[-1] - slope[-2]) / np.linalg.norm(slope[-1] - slope[-2])
    up = on(end[None])[1][0]
    puff = 0.030 * np.clip(reach / 0.10, 0.12, 1.0)
    span = np.linalg.norm(high - end)
    handles = np.array(
        [
            end,
            end + 1.3 * puff * ahead + 0.35 * puff * up,
            end + 0.45 * puff * ahead + 1.5 * puff * up,
            end - 0.35 * span * ahead + 1.35 * puff * up,
            high + 0.30 * span * (0.6 * out - np.array([0.0, 0.45, 0.0])) + 0.35 * puff * up,
            high,
        ]
    )
    t = np.linspace(0, 1, 120)[:, None]
    upper = _bezier(handles, t)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(upper, axis=0), axis=1))])
    at = np.linspace(0, run[-1], _ROWS[1] + 1)[1:]
    return np.concatenate([lower, np.stack([np.interp(at, run, upper[:, i]) for i in range(3)], axis=1)])


def _bezier(handles: Array, t: Array) -> Array:
    points = [handles[k] + 0 * t for k in range(len(handles))]
    while len(points) > 1:
        points = [(1 - t) * one + t * two for one, two in pairwise(points)]
    return np.asarray(points[0])


def settled(sewn: Sewn, start: Array, pinned: NDArray[np.bool_], on: Worn, *, soft: float) -> Array:
    """Where the hood comes to rest, float64[n, 3]; ``soft`` its compliance of bending, m/N."""
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    inverse = 1.0 / (area * _WEIGHT)
    inverse[pinned] = 0.0
    cloth = Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([_SLACK * rest, _SLACK * bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 3e-5), np.full(len(bend), soft)]),
        inverse_mass=inverse,
    )
    swing = Drape(seconds=0.6, damping=5.0, clearance=2.2 * THICK, friction=0.4)
    x = relax(cloth, start, on, swing)
    return relax(cloth, x, on, Drape(seconds=0.3, damping=14.0, clearance=2.2 * THICK, friction=0.4))


def finished(sewn: Sewn, x: Array, on: Worn) -> Draped:
    """The hood as a smooth surface that lies on what is worn. Its paper is taken off anew, with the folds in it."""
    panels = tuple(paper(p.name, x[sewn.particle[p.name]], p.triangles, p.edges) for p in sewn.panels)
    sewn, x = finer(replace(sewn, panels=panels), x)
    for _ in range(2):
        distance, outward = on(x)
        x = x + outward * np.clip(0.8 * THICK - distance, 0, 0.01)[:, None]
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))

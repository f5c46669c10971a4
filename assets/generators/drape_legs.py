"""Two-legged garments on the female mannequin in M: where panels start about trunk and legs, how stiff they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators.cloth import Cloth, Collider, Drape, relax
from assets.generators.drape_body import Body, body
from assets.generators.drape_hang import GAP, Loop
from assets.generators.drape_tee import FIGURE
from assets.generators.garment import Draped, even, sunken, vertex_normals
from assets.generators.panels_legs import LegsDraft
from assets.generators.pattern import Sewn, constraints, length
from assets.generators.sewn_fine import finer
from assets.generators.waist_ring import level

Array = NDArray[np.float64]

BOX: Final = ((-0.28, -0.04, -0.28), (0.28, 1.20, 0.28))
FORK: Final = 0.848
"""The height of the fork, metres: a finger under the figure's crotch."""

_SWELL: Final = (-0.025, -0.017, -0.009, -0.002)
_EASE: Final = 6  # steps
_GIVE: Final = 0.0
_IRONED: Final = 0.01
"""m/N across a crease."""
_AWAY: Final = 0.0045
_MIXED: Final = 0.11  # metres above the fork within which a line about the trunk becomes one about a leg
_LEG: Final = (0.0900, ((1.0, -0.005), (0.83, -0.005), (0.53, 0.002), (0.41, -0.018), (0.15, -0.008)))
"""The leg's axis: x, and z by falling height."""
_TURNS: Final = 121
_NARROW: Final = 0.175  # metres: lower down the foot begins; hems start about the ankle


def skin() -> Body:
    """The figure from the floor to the waist, in its A-pose."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def _half_trunk(on: Body, y: float, away: float = _AWAY) -> tuple[Array, Array]:
    """From the middle of the front, and of the back, to the left side: float64[k, 2] of x and z each."""
    line = level(on, y, away)
    line = line[line[:, 0] > 0]
    side = int(np.argmax(line[:, 0]))
    front, back = line[: side + 1].copy(), line[side:][::-1].copy()
    front[0, 0] = back[0, 0] = 0.0
    return front, back


def _half_leg(on: Body, y: float) -> tuple[Array, Array]:
    """From the inseam over the front, and over the back, to the side seam of the left leg."""
    middle = np.array([_LEG[0], y, float(_depth(np.array(y)))])
    turn = np.linspace(0, np.pi, _TURNS)
    reach = np.arange(0.02, 0.16, 0.001)
    halves = []
    for side in (1.0, -1.0):
        way = np.stack([-np.cos(turn), 0 * turn, side * np.sin(turn)], axis=1)
        value = on((middle + reach[:, None, None] * way).reshape(-1, 3))[0].reshape(len(reach), -1)
        far = reach[np.argmax(value > _AWAY, axis=0)]
        far = np.where(value.max(axis=0) > _AWAY, far, 0.09)
        spot = (middle + far[:, None] * way)[:, [0, 2]]
        spot[:, 0] = np.maximum(spot[:, 0], 0.0015)
        halves.append(spot)
    return halves[0], halves[1]


def _on(line: Array, share: Array) -> Array:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    return np.stack([np.interp(share * run[-1], run, line[:, k]) for k in range(2)], axis=1)


def start(
    legs: LegsDraft, sewn: Sewn, on: Body, fork: float = FORK, lowest: float = _NARROW, away: float = _AWAY
) -> Array:
    """Where the particles begin, float64[n, 3]: about the trunk above the fork, about the legs below, as wide as the
    pattern is; hems that would hang lower than ``lowest`` are gathered to there. The waistband starts
    ``away`` from the skin. What is not of the legs stays at 0.
    """
    lowest = max(fork - legs.long, lowest)
    squeeze = (fork - lowest) / legs.long
    heights = np.arange(min(fork, 0.82), max(lowest, _NARROW) - 0.02, -0.02)[::-1]
    leg_lines = [_half_leg(on, float(y)) for y in heights]
    around = np.array([length(front) + length(back) for front, back in leg_lines])
    top = fork + max(legs.top) + legs.band[2] + 0.02
    trunk_heights = np.arange(max(fork, 0.86), top, 0.02)
    trunk_lines = [_half_trunk(on, float(y), away) for y in trunk_heights]
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        if p.name.startswith("bodice"):
            continue
        if p.name == "band":
            placed = _band(legs, p.flat, fork, trunk_lines, trunk_heights)
        else:
            part = 0 if p.name.startswith(("front", "pocket")) else 1
            left = p.name.endswith("left")
            x = p.flat[:, 0] if (part == 0) == left else -p.flat[:, 0]
            y = p.flat[:, 1]
            low, high = _row(legs, part, y)
            share = np.clip((x - low) / (high - low), 0, 1)
            at = fork + np.where(y < 0, y * squeeze, y)
            other = _row(legs, 1 - part, y)
            ease = np.clip((high - low + other[1] - other[0]) / np.interp(at, heights, around), 1.0, 1.9)
            about_leg = _between(leg_lines, heights, part, share, at)
            axis = np.stack([np.full(len(y), _LEG[0]), _depth(at)], axis=1)
            about_leg = axis + ease[:, None] * (about_leg - axis)
            about_leg[:, 0] = np.maximum(about_leg[:, 0], 0.0015)
            if legs.pressed:
                # Folds begin on the outside: turned in, they would be at rest as well.
                peak = 0.014 * np.clip(1 - np.abs(2 * share - 1), 0, 1) * np.clip(-y / 0.1, 0, 1)
                about_leg[:, 1] += peak if part == 0 else -peak
            about_trunk = _between(trunk_lines, trunk_heights, part, share, at)
            mix = np.clip(y / _MIXED, 0, 1)
            mix = (mix * mix * (3 - 2 * mix))[:, None]
            spot = mix * about_trunk + (1 - mix) * about_leg
            placed = np.stack([spot[:, 0] if left else -spot[:, 0], at, spot[:, 1]], axis=1)
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / np.maximum(count, 1)[:, None])


def _row(legs: LegsDraft, part: int, y: Array) -> tuple[Array, Array]:
    """Where a panel's row begins at the inseam or the centre and ends at the side."""
    inner, outer = legs.borders(part)
    return np.interp(y, inner[:, 1], inner[:, 0]), np.interp(y, outer[:, 1], outer[:, 0])


def _depth(y: Array) -> Array:
    """How far forward the leg's axis is at heights."""
    heights, depths = np.array(_LEG[1])[::-1].T
    return np.asarray(np.interp(y, heights, depths))


def _between(lines: list[tuple[Array, Array]], heights: Array, part: int, share: Array, at: Array) -> Array:
    spots = np.stack([_on(line[part], share) for line in lines])
    place = np.clip(np.interp(at, heights, np.arange(len(heights))), 0, len(heights) - 1.0001)
    k = place.astype(np.int64)
    rest = (place - k)[:, None]
    every = np.arange(len(share))
    return np.asarray((1 - rest) * spots[k, every] + rest * spots[np.minimum(k + 1, len(lines) - 1), every])


def _band(legs: LegsDraft, flat: Array, fork: float, lines: list[tuple[Array, Array]], heights: Array) -> Array:
    """A closed ring, a little lower in front: from there round the wearer's left."""
    below, above, high = legs.band
    turn = (below - above) / high
    radius = below / turn
    x, y = flat[:, 0], radius - flat[:, 1]
    share = 2 * np.abs(((np.arctan2(x, y) / turn + 0.5) + 0.5) % 1.0 - 0.5)
    left = x < 0
    up = radius - np.hypot(x, y)
    front, side, back = (fork + top for top in legs.top)
    base = np.interp(share, [0.0, 0.5, 1.0], [front, side, back])
    at = base + up
    spot = np.where(
        (share < 0.5)[:, None],
        _between(lines, heights, 0, np.clip(2 * share, 0, 1), at),
        _between(lines, heights, 1, np.clip(2 - 2 * share, 0, 1), at),
    )
    return np.stack([np.where(left, spot[:, 0], -spot[:, 0]), at, spot[:, 1]], axis=1)


def cloth(
    sewn: Sewn, *, weight: float, soft: float, firm: Mapping[str, tuple[float, float]], pressed: float | None = None
) -> Cloth:
    """Particles and constraints of a woven of ``weight`` kg/m^2 that bends with ``soft`` m/N; ``firm`` gives, by
    edge, how deep it is turned in or faced, metres, and how it bends there. ``pressed`` is the angle at rest between
    the two sides of a crease, radians. The waistband stays.
    """
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    inverse = 1.0 / (area * weight)
    bends = np.full(len(bend), soft)
    for p in sewn.panels:
        ids = sewn.particle[p.name]
        if p.name == "band":
            inverse[ids] = 0.0
            continue
        for name, (deep, stiff) in firm.items():
            if name in p.edges:
                far, _ = cKDTree(p.flat[p.edges[name]]).query(p.flat)
                near = np.zeros(sewn.count, dtype=bool)
                near[ids[far < deep]] = True
                bends[near[bend].all(axis=1)] = stiff
    if pressed is not None:
        folded, apart = _creased(sewn, bend, pressed)
        bend_rest[folded], bends[folded] = apart, _IRONED
    return Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 1e-5), bends]),
        inverse_mass=inverse,
    )


def _creased(sewn: Sewn, bend: NDArray[np.int64], angle: float) -> tuple[NDArray[np.int64], Array]:
    """The pairs that bend across a crease, and their distances when it is folded. Creases fade out above the fork."""
    flat = np.zeros((sewn.count, 2))
    side = np.zeros(sewn.count)
    group = np.zeros(sewn.count, dtype=np.int64)
    legs = [f"{part}-{hand}" for part in ("front", "back") for hand in ("left", "right")]
    for p in sewn.panels:
        own = sewn.particle[p.name]
        for way, word in ((-1.0, "-in-"), (1.0, "-out-")):
            if word in p.name:
                inner = np.setdiff1d(np.arange(len(p.flat)), p.edges["crease"])
                flat[own[inner]], side[own[inner]] = p.flat[inner], way
                group[own[inner]] = 1 + legs.index(p.name.replace(word, "-"))
    a, b = bend.T
    found = np.flatnonzero((side[a] * side[b] < 0) & (group[a] == group[b]))
    one, two = flat[a[found]], flat[b[found]]
    upper = np.clip((0.10 - np.maximum(one[:, 1], two[:, 1])) / 0.20, 0, 1)
    turn = np.cos(np.pi + (angle - np.pi) * upper)
    wide, other = np.abs(one[:, 0]), np.abs(two[:, 0])
    square = (one[:, 1] - two[:, 1]) ** 2 + wide**2 + other**2 - 2 * wide * other * turn
    return found, np.sqrt(np.maximum(square, 1e-8))


def shod(on: Body, floor: float) -> Collider:
    """The figure with the tops of its shoes at a height: there hems end that are too long, and legs gather."""

    def meet(points: Array) -> tuple[Array, Array]:
        distance, outward = on(points)
        over = points[:, 1] - floor
        lower = over < distance
        outward[lower] = [0.0, 1.0, 0.0]
        return np.where(lower, over, distance), outward

    return meet


def hung(cloth: Cloth, start: Array, on: Collider, spacing: float, seconds: float, *, gap: float = GAP) -> Array:
    """Where the particles come to rest, float64[n, 3]. Legs start gathered above the feet: they first fall without
    friction, or they would stay pushed up at the hips, and then settle with it.
    """
    x, lie = start, gap + 0.001
    for clearance in (*_SWELL, lie):
        x = relax(cloth, x, on, Drape(seconds=0.08, gravity=0.15, damping=15.0, friction=0.0, clearance=clearance))
    x = relax(cloth, x, on, Drape(seconds=0.5 * seconds, damping=3.0, friction=0.0, clearance=lie))
    x = relax(cloth, x, on, Drape(seconds=0.5 * seconds, damping=3.0, friction=0.35, clearance=lie))
    settle = Drape(seconds=0.4, damping=9.0, friction=0.35, clearance=lie, spacing=0.5 * spacing)
    return relax(cloth, x, on, settle)


def finished(sewn: Sewn, x: Array, on: Body, loops: Sequence[Loop], *, gap: float = GAP) -> Draped:
    """The cloth at rest as a smooth surface whose seams are even lines: Loop's rule would let them wander between the
    uneven triangles either side. Free edges (``loops``) are evened, nothing stays within the gap.
    """
    seams = {name for p in sewn.panels for name in p.edges} - {"hem", "rim"}
    sewn, x = finer(sewn, x, seams)
    x = _eased(sewn, x, on, gap)
    for loop in loops:
        x = even(sewn, x, loop)
    x = sunken(sewn, x, 0.0007)
    for _ in range(2):
        distance, outward = on(x)
        x += outward * np.clip(gap - distance, 0, None)[:, None]
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))


def _eased(sewn: Sewn, x: Array, on: Body, gap: float) -> Array:
    """Loop's rule draws uneven triangles together, mostly beside seams: a few steps give edges their lengths back."""
    pairs, rest, _, _, area = constraints(sewn)
    sheet = Cloth(pairs=pairs, rest=rest, compliance=np.full(len(pairs), _GIVE), inverse_mass=1.0 / area)
    return relax(sheet, x, on, Drape(seconds=_EASE / 600, gravity=0.0, damping=300.0, friction=0.0, clearance=gap))

"""A mannequin's quads: a coarse cage of loops around body and limbs, the same for every figure and size.

Sixteen columns around the body, twelve around a leg, ten around an arm, four around a finger; loops run across
each joint, as in hand-made models. :mod:`assets.generators.mannequin_quads` makes the fine surface of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.mannequin_field import Array
from assets.generators.mannequin_shape import Shape

PARTS: Final = ("torso", "head", "arm-l", "arm-r", "hand-l", "hand-r", "leg-l", "leg-r", "foot-l", "foot-r")
_HOLE: Final = (3, 4, 5)


@dataclass(kw_only=True, eq=False)
class Cage:
    """``points`` float64[n, 3]; ``quads`` int64[m, 4]; ``part`` int64[m] indexes :data:`PARTS`;
    ``seams`` are the edges along which the UVs are cut.
    """

    points: list[Array] = field(default_factory=list)
    quads: list[tuple[int, int, int, int]] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    seams: set[tuple[int, int]] = field(default_factory=set)

    def ring(self, points: Array) -> list[int]:
        """New points; their numbers."""
        start = len(self.points)
        self.points.extend(points)
        return list(range(start, start + len(points)))

    def face(self, part: str, *corners: int) -> None:
        """One quad."""
        a, b, c, d = corners
        self.quads.append((a, b, c, d))
        self.part.append(PARTS.index(part))

    def tube(self, part: str, low: list[int], high: list[int], *, skip: tuple[int, ...] = ()) -> None:
        """Quads between two closed loops."""
        count = len(low)
        for k in range(count):
            if k not in skip:
                self.face(part, low[k], low[(k + 1) % count], high[(k + 1) % count], high[k])

    def cap(self, part: str, loop: list[int], inner: Array, wide: int) -> NDArray[np.int64]:
        """A grid ``wide`` quads across in a closed loop; ``inner`` float64[(wide-1)*(high-1), 3] are its own points,
        row by row from the loop's first corner. Gives the grid's points, int64[high + 1, wide + 1].
        """
        high = len(loop) // 2 - wide
        own = self.ring(inner) if len(inner) else []
        grid = np.empty((high + 1, wide + 1), dtype=np.int64)
        grid[0, :] = loop[: wide + 1]
        grid[:, wide] = loop[wide : wide + high + 1]
        grid[high, ::-1] = loop[wide + high : 2 * wide + high + 1]
        grid[1:, 0] = list(reversed(loop[2 * wide + high :]))
        grid[1:high, 1:wide] = np.array(own, dtype=np.int64).reshape(high - 1, wide - 1)
        for i in range(high):
            for j in range(wide):
                self.face(part, int(grid[i, j]), int(grid[i, j + 1]), int(grid[i + 1, j + 1]), int(grid[i + 1, j]))
        return grid

    def cut(self, path: list[int]) -> None:
        """A seam along a path of points."""
        for a, b in itertools.pairwise(path):
            self.seams.add((min(a, b), max(a, b)))


def _section(loft_row: tuple[float, float, float, float], angle: Array) -> Array:
    """(u, v) of a section's outline by the angle from +v towards +u; low_u, high_u, low_v, high_v."""
    low_u, high_u, low_v, high_v = loft_row
    u = (low_u + high_u) / 2 + (high_u - low_u) / 2 * np.sin(angle)
    v = (low_v + high_v) / 2 + (high_v - low_v) / 2 * np.cos(angle)
    return np.stack([u, v], axis=1)


def cage(shape: Shape) -> Cage:
    """The cage about a figure, near its surface."""
    made = Cage()
    level, joint = shape.levels, shape.joints
    angle: Array = np.linspace(0.0, 2 * np.pi, 16, endpoint=False, dtype=np.float64)

    def torso_ring(y: float, grow: float = 1.0) -> list[int]:
        loft = shape.torso_loft
        row = tuple(
            float(np.interp(y, loft.at, column)) * grow
            for column in (loft.low_u, loft.high_u, loft.low_v, loft.high_v)
        )
        uv = _section(row, angle)  # type: ignore[arg-type]  # four of them
        return made.ring(np.stack([uv[:, 0], np.full(16, y), uv[:, 1]], axis=1))

    arm_pit = joint["shoulder"][1] - 0.075
    top = level["shoulder"] + 0.012
    lows = [level["crotch"] + 0.050, level["hip"] + 0.025, level["waist"] - 0.090]
    lows += [level["waist"], level["underbust"] - 0.005, level["bust"] - 0.010, arm_pit]
    lows += [arm_pit + (top - arm_pit) * share for share in (0.34, 0.67)]
    rows = [torso_ring(y) for y in lows]
    side = np.abs(np.sin(angle))
    x_top = shape.torso_loft.high_u.max()
    rows.append(
        made.ring(
            np.stack(
                [
                    np.sin(angle) * np.where(side > 0.9, joint["shoulder"][0], x_top * 0.86),
                    level["shoulder"] - 0.030 * (1 - side) + 0.020 * side,
                    -0.022 + np.cos(angle) * np.where(np.cos(angle) > 0, 0.070, 0.082),
                ],
                axis=1,
            )
        )
    )
    first = lows.index(arm_pit)
    hole = range(first, first + 3)
    for k in range(len(rows) - 1):
        made.tube("torso", rows[k], rows[k + 1], skip=(3, 4, 11, 12) if k in hole else ())
    neck = _head(made, shape, rows[-1], angle)
    _arms(made, shape, rows[first : first + 4])
    _legs(made, shape, rows[0])
    # Front and back are apart along the sides, the shoulders and over the ears, as a garment's pieces are.
    for column in (4, 12):
        made.cut([ring[column] for ring in rows[: first + 1]])
        made.cut([ring[column] for ring in [*rows[first + 3 :], *neck]])
    return made


def _head(made: Cage, shape: Shape, shoulder: list[int], angle: Array) -> list[list[int]]:
    level, joint = shape.levels, shape.joints
    chin, crown, nape = level["chin"], level["crown"], level["nape"]
    size = (crown - chin) / 0.215
    base, high = joint["neck"], joint["head"]
    head_z = shape.head_loft.origin[2]
    loft = shape.head_loft
    half = float(loft.high_u.max())
    front, back = float(loft.high_v.max()), float(-loft.low_v.min())
    r = 0.052 * size
    sin, cos = np.sin(angle), np.cos(angle)
    fore = (cos + 1) / 2

    def ring(y: Array, x: float, zf: float, zb: float, middle: float) -> list[int]:
        z = middle + np.where(cos > 0, zf, zb) * cos
        return made.ring(np.stack([x * sin, y, z], axis=1))

    rings = [
        ring(nape - 0.012 - 0.030 * fore, 0.072 * size, 0.050, 0.048, base[2]),
        ring(nape + 0.010 - 0.016 * fore, r, r, r, base[2] + 0.004),
        ring(np.full(16, chin + 0.020 * size) - 0.012 * fore, r * 0.93, r, r, (base[2] + high[2]) / 2),
        ring(chin + 0.055 * size - 0.062 * size * fore, r * 0.95, 0.050 * size, r, high[2] + 0.004),
        ring(chin + 0.075 * size - 0.058 * size * fore, 0.050 * size, front * 0.86, back * 0.62, head_z),
        ring(chin + 0.115 * size - 0.036 * size * fore, half * 0.90, front * 0.98, back * 0.93, head_z),
        ring(np.full(16, chin + 0.162 * size), half * 0.95, front * 0.97, back * 0.96, head_z),
        ring(np.full(16, chin + 0.193 * size), half * 0.72, front * 0.74, back * 0.72, head_z),
    ]
    made.tube("torso", shoulder, rings[0])
    made.tube("torso", rings[0], rings[1])
    for low, up in itertools.pairwise(rings[1:]):
        made.tube("head", low, up)
    grid = np.array(
        [(-0.5, 0.5), (0, 0.5), (0.5, 0.5), (-0.5, 0), (0, 0), (0.5, 0), (-0.5, -0.5), (0, -0.5), (0.5, -0.5)]
    )
    # The loop's first corner is to the front and right, at minus 45 degrees.
    loop = rings[-1][-2:] + rings[-1][:-2]
    inner = np.stack(
        [
            grid[:, 0] * half * 0.72,
            crown - 0.004 * size - 0.010 * size * np.abs(grid).sum(axis=1),
            head_z + grid[:, 1] * front * 0.74,
        ],
        axis=1,
    )
    crown_grid = made.cap("head", loop, inner, 4)
    made.cut([int(k) for k in crown_grid[2, :]])
    made.seams |= {(min(a, b), max(a, b)) for a, b in zip(rings[1], rings[1][1:] + rings[1][:1], strict=True)}
    return rings


def _arms(made: Cage, shape: Shape, rows: list[list[int]]) -> None:
    for sign, name in ((1.0, "l"), (-1.0, "r")):
        front, middle, back = _HOLE if sign > 0 else (13, 12, 11)
        loop = (
            [rows[0][middle]] + [row[back] for row in rows] + [rows[3][middle]] + [row[front] for row in rows[::-1]]
        )
        turn = np.array([sign, 1.0, 1.0])
        loft = shape.arm_loft
        along, forward, outer = loft.axes
        angle = np.arange(10) * (2 * np.pi / 10)
        elbow, wrist = _far(shape, "elbow"), _far(shape, "wrist")
        places = [0.050, (0.050 + elbow) / 2, elbow - 0.040, elbow + 0.002, elbow + 0.044]
        places += [(elbow + wrist) / 2 + 0.01, wrist]
        previous = loop
        made.cut([*loop, loop[0]])
        spine = [loop[0]]
        for t in places:
            row = [
                float(np.interp(t, loft.at, column)) for column in (loft.low_u, loft.high_u, loft.low_v, loft.high_v)
            ]
            u = (row[0] + row[1]) / 2 - (row[1] - row[0]) / 2 * np.sin(angle)
            v = (row[2] + row[3]) / 2 - (row[3] - row[2]) / 2 * np.cos(angle)
            points = loft.origin + along * t + u[:, None] * forward + v[:, None] * outer
            ring = made.ring(points * turn)
            made.tube(f"arm-{name}", previous, ring)
            previous = ring
            spine.append(ring[0])
        made.cut(spine)
        made.cut([*previous, previous[0]])
        _hand(made, shape, previous, turn, f"hand-{name}")


def _far(shape: Shape, name: str) -> float:
    return float((shape.joints[name] - shape.joints["shoulder"]) @ shape.arm)


def _hand(made: Cage, shape: Shape, wrist: list[int], turn: Array, part: str) -> None:
    along, palm, thumb, size = shape.arm, shape.palm, shape.thumb, shape.hand
    root = shape.joints["wrist"]
    # Ten points: five across the palm from the thumb's side (8, 9, 0, 1, 2), five across the back (7, 6, 5, 4, 3).
    across = np.array([0.0, -0.5, -1.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.0, 0.5])
    over = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0, 1.0])
    previous = wrist
    rings: list[list[int]] = []
    for t, wide, thick, slope in (
        (0.018, 0.028, 0.0155, 0.0),
        (0.060, 0.0335, 0.0140, 0.0),
        (0.076, 0.0345, 0.0120, 0.08),
        (0.0900, 0.0345, 0.0098, 0.16),
    ):
        points = root + size * (
            (t + slope * across * wide)[:, None] * along
            + (across * wide)[:, None] * thumb
            + (over * thick + 0.001)[:, None] * palm
        )
        ring = made.ring(points * turn)
        made.tube(part, previous, ring, skip=(7,) if len(rings) == 1 else ())
        rings.append(ring)
        previous = ring
    made.cut([wrist[2], *[ring[2] for ring in rings]])
    made.cut([wrist[8], rings[0][8]])
    made.cut([ring[8] for ring in rings[1:]])
    last = rings[-1]
    sides = ((8, 9, 6, 7), (9, 0, 5, 6), (0, 1, 4, 5), (1, 2, 3, 4))
    for line, corners in zip(shape.fingers[:4], sides, strict=True):
        _finger(made, part, [last[c] for c in corners], line, (0.0105 * size, 0.0078 * size), palm, turn)
    base = [rings[0][8], rings[1][8], rings[1][7], rings[0][7]]
    # The thumb's loop: palm side first, from the wrist's end to the fingers' end, then back along the other side.
    line = shape.fingers[4]
    _thumb(made, part, base, line, (0.0150 * size, 0.0085 * size), turn, shape)


def _frames(line: Array, up: Array) -> tuple[Array, Array]:
    direction = np.gradient(line, axis=0)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    side = np.cross(direction, up)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return direction, side


def _along(line: Array, shares: Array) -> Array:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    return np.stack([np.interp(shares * run[-1], run, line[:, k]) for k in range(3)], axis=1)


def _finger(
    made: Cage, part: str, base: list[int], line: Array, radii: tuple[float, float], palm: Array, turn: Array
) -> None:
    """Four sides out of a quad: palm and thumb's side, palm and little finger's, back and little finger's, back."""
    shares = np.array([0.37, 0.68, 1.0])
    centres = _along(line, shares)
    direction, side = _frames(centres, palm)
    centres[-1] += direction[-1] * radii[1] * 0.75
    up = np.cross(side, direction)
    previous = base
    for k in range(len(shares)):
        r = radii[0] + (radii[1] - radii[0]) * shares[k]
        c, s, u = centres[k], side[k] * r, up[k] * r
        sign = 1.0 if s[2] > 0 else -1.0  # the thumb is to the front, +Z
        ring = made.ring(np.stack([c + sign * s + u, c - sign * s + u, c - sign * s - u, c + sign * s - u]) * turn)
        made.tube(part, previous, ring)
        made.cut([previous[0], ring[0]])
        previous = ring
    made.face(part, *previous)
    made.cut([*base, base[0]])
    made.cut(previous)


def _thumb(
    made: Cage, part: str, base: list[int], line: Array, radii: tuple[float, float], turn: Array, shape: Shape
) -> None:
    shares = np.array([0.52, 0.74, 1.0])
    centres = _along(line, shares)
    direction, _ = _frames(centres, shape.palm)
    centres[-1] += direction[-1] * radii[1] * 0.75
    previous = base
    for k in range(len(shares)):
        r = radii[0] + (radii[1] - radii[0]) * shares[k]
        ahead = shape.arm - direction[k] * (shape.arm @ direction[k])
        ahead /= np.linalg.norm(ahead)
        up = np.cross(direction[k], ahead)
        up *= np.sign(up @ shape.palm)
        c, a, u = centres[k], ahead * r, up * r
        ring = made.ring(np.stack([c - a + u, c + a + u, c + a - u, c - a - u]) * turn)
        made.tube(part, previous, ring)
        made.cut([previous[0], ring[0]])
        previous = ring
    made.face(part, *previous)
    made.cut([*base, base[0]])
    made.cut(previous)


def _legs(made: Cage, shape: Shape, hips: list[int]) -> None:
    crotch = shape.levels["crotch"]
    bridge = made.ring(np.array([(0, crotch + 0.016, -0.052), (0, crotch, -0.006), (0, crotch + 0.012, 0.036)]))
    loft = shape.leg_loft
    angle = np.radians(np.arange(12) * 30.0 - 30.0)
    knee, ankle = shape.joints["knee"][1], shape.joints["ankle"][1]
    thigh = crotch - knee
    heights = [crotch - 0.055, crotch - 0.42 * thigh, knee + 0.060, knee + 0.004, knee - 0.054]
    heights += [knee - 0.150, ankle + 0.120, ankle + 0.032]
    for sign, name in ((1.0, "l"), (-1.0, "r")):
        turn = np.array([sign, 1.0, 1.0])
        columns = list(range(9)) if sign > 0 else [0, 15, 14, 13, 12, 11, 10, 9, 8]
        loop = [hips[c] for c in columns] + bridge
        made.cut([*loop[:9]])
        if sign > 0:
            made.cut([loop[8], *bridge, loop[0]])
        previous, inside = loop, [loop[10]]
        for y in heights:
            row = tuple(
                float(np.interp(y, loft.at, column)) for column in (loft.low_u, loft.high_u, loft.low_v, loft.high_v)
            )
            uv = _section(row, angle)  # type: ignore[arg-type]  # four of them
            ring = made.ring(np.stack([uv[:, 0], np.full(12, y), uv[:, 1]], axis=1) * turn)
            made.tube(f"leg-{name}", previous, ring)
            previous = ring
            inside.append(ring[10])
        made.cut(inside)
        made.cut([*previous, previous[0]])
        _foot(made, shape, previous, angle, turn, f"foot-{name}")


def _foot(made: Cage, shape: Shape, ankle: list[int], angle: Array, turn: Array, part: str) -> None:
    loft = shape.foot_loft
    low, high = float(loft.at[0]), float(loft.at[-1])
    along, across, up = loft.axes
    sin, cos = np.sin(angle), np.cos(angle)
    # Where each loop meets the instep and the sole, as shares of the foot's length before or behind the ankle.
    loops = ((0.27, -0.96, 0.45, 0.86), (0.43, -0.55, 0.0, 0.95), (0.60, 0.32, 0.0, 1.0), (0.80, 0.72, 0.0, 0.95))
    previous, rings = ankle, [ankle]
    for top, bottom, raised, wide in loops:
        z_top = top * high
        z_low = bottom * (high if bottom > 0 else -low)
        sole, instep = (float(np.interp(z_low, loft.at, loft.low_v)), float(np.interp(z_top, loft.at, loft.high_v)))
        if raised:
            sole += raised * (float(np.interp(z_low, loft.at, loft.high_v)) - sole)
        width = float(np.interp((z_top + z_low) / 2, loft.at, loft.high_u)) * wide
        middle = np.array([(z_top + z_low) / 2, (sole + instep) / 2])
        arm = np.array([(z_top - z_low) / 2, (instep - sole) / 2])
        place = middle + cos[:, None] * arm
        points = loft.origin + place[:, :1] * along + place[:, 1:] * up + (sin * width)[:, None] * across
        ring = made.ring(points * turn)
        made.tube(part, previous, ring)
        previous = ring
        rings.append(ring)
    sole, instep = float(loft.low_v[-1]), float(loft.high_v[-1])
    tip = high * 0.97
    inner = [
        loft.origin + along * tip + up * (sole + (instep - sole) * h) + across * (x * float(loft.high_u[-1]) * 0.5)
        for h in (0.62, 0.38)
        for x in (-0.5, 0.5)
    ]
    made.cap(part, previous, np.array(inner) * turn, 3)
    # The sole is a piece of its own; the upper is open down the heel.
    made.cut([ankle[7], rings[1][7]])
    made.cut(rings[1][5:10])
    made.cut(rings[-1][3:])
    made.cut([rings[-1][-1], rings[-1][0]])
    for column in (5, 9):
        made.cut([ring[column] for ring in rings[1:]])

"""The paper pattern of what has two legs: fronts, backs, yokes, pocket facings and a waistband, drafted from girths.

Blocks as in Aldrich, "Metric Pattern Cutting for Women's Wear" (6th ed.), the classic tailored trouser and the jeans
block: the fork of the back is about twice as long as that of the front, its centre seam leans and stands higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_tee import curve
from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]
Edges = list[tuple[str, Array]]
Seam = tuple[str, str, str, str, bool]

SIDES: Final = ("left", "right")
_ALONE: Final = frozenset({"hem", "waist", "centre", "fly"})
"""Edges that no other piece of the same half has."""
_CLOSE: Final = {"mouth": 0.6, "fly": 0.8}
"""Edges that are looked at from near by have their points closer together: shares of the spacing."""
_MIRROR: Final = np.array([-1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class LegsDraft:
    """Lines of the draft, metres. In a panel y = 0 is the level of the fork, x = 0 the crease, and x grows from the
    inseam to the side seam; pairs are the front's and the back's.

    ``waist``, ``hip``, ``knee`` and ``hem`` are the widths of a panel, ``fork`` how far it reaches beyond the hip's
    line between the legs, ``lean`` how far its centre seam leans outward at the waist. ``top`` is how high the
    waist's seam is in the middle of the front, at the side and in the middle of the back; ``hip_up`` the hip's
    line, ``knee_down`` and ``long`` the depths of knee and hem. ``yoke`` is how deep it is in the middle and at the
    side; without one the back is one piece. ``opening`` is how far the front pocket goes along the waist and down
    the side, ``slant`` says that it is straight. With ``pressed`` every leg is cut along the crease too. ``fly`` is
    how long the centre seam opens, ``band`` the length of the waistband's lower and upper edge and its height,
    ``drop`` how much lower the back's fork is.
    """

    waist: tuple[float, float]
    hip: tuple[float, float]
    fork: tuple[float, float]
    lean: tuple[float, float]
    top: tuple[float, float, float]
    hip_up: float
    knee: tuple[float, float]
    knee_down: float
    hem: tuple[float, float]
    long: float
    opening: tuple[float, float]
    band: tuple[float, float, float]
    fly: float = 0.130
    yoke: tuple[float, float] | None = None
    slant: bool = False
    pressed: bool = False
    drop: float = 0.006

    def _ends(self, part: int) -> tuple[float, float]:
        """Where the fork and the hip's side are."""
        half = (self.hip[part] + self.fork[part]) / 2
        return -half, half

    def inseam(self, part: int) -> Array:
        """From the fork down to the hem."""
        fork, _ = self._ends(part)
        knee, hem = -self.knee[part] / 2, -self.hem[part] / 2
        low = -self.drop * part
        lean = (hem - knee) / (self.long - self.knee_down)
        bend = (knee - lean * 0.16, 0.16 - self.knee_down)
        if self.knee_down >= self.long:
            return curve((fork, low), (fork + 0.022, low - 0.03), (hem - 0.004, 0.05 - self.long), (hem, -self.long))
        upper = curve((fork, low), (fork + 0.040, low - 0.05), bend, (knee, -self.knee_down))
        return np.concatenate([upper, [(hem, -self.long)]])

    def side(self, part: int) -> Array:
        """From the hem up to the waist's seam."""
        _, hip = self._ends(part)
        knee, hem = self.knee[part] / 2, self.hem[part] / 2
        right = self.centre(part)[0, 0] + self.waist[part]
        upper = curve(
            (hip, self.hip_up), (hip, self.hip_up + 0.06), (right + 0.006, self.top[1] - 0.06), (right, self.top[1])
        )
        if self.knee_down >= self.long:
            lower = curve((hem, -self.long), (hem, 0.04 - self.long), (hip, self.hip_up - 0.05), (hip, self.hip_up))
            return np.concatenate([lower, upper[1:]])
        lean = (hem - knee) / (self.long - self.knee_down)
        middle = curve(
            (knee, -self.knee_down),
            (knee - lean * 0.14, 0.14 - self.knee_down),
            (hip, self.hip_up - 0.14),
            (hip, self.hip_up),
        )
        return np.concatenate([[(hem, -self.long)], middle, upper[1:]])

    def centre(self, part: int) -> Array:
        """From the waist's seam down to the fork."""
        fork, _ = self._ends(part)
        hip, reach = fork + self.fork[part], self.fork[part]
        high, low = self.top[2 * part], -self.drop * part
        lean = self.lean[part]
        slope = lean / (high - self.hip_up)
        turn = curve(
            (hip, self.hip_up),
            (hip - slope * 0.6 * self.hip_up, 0.40 * self.hip_up),
            (fork + 0.52 * reach, low + 0.002),
            (fork, low),
        )
        return np.concatenate([[(hip + lean, high)], turn])

    def waistline(self, part: int) -> Array:
        """From the side to the middle."""
        side, middle = self.side(part)[-1], self.centre(part)[0]
        # Both seams are met at a right angle, so that the line is smooth across them.
        third = (side - middle)[0] / 3
        return curve(tuple(side), (side[0] - third, side[1]), (middle[0] + third, middle[1]), tuple(middle))

    def mouth(self) -> Array:
        """The front pocket's edge, from the side up to the waist."""
        start, end = _parted(self.side(0), -self.opening[1])[1][0], _parted(self.waistline(0), self.opening[0])[1][0]
        if self.slant:
            return np.stack([start, end])
        wide = start[0] - end[0]
        return curve(
            tuple(start), (start[0] - 0.55 * wide, start[1] - 0.002), (end[0] + 0.010, end[1] - 0.045), tuple(end)
        )

    def seat(self) -> Array:
        """The yoke's lower seam, from the side to the middle."""
        assert self.yoke is not None
        return np.stack([_parted(self.side(1), -self.yoke[1])[1][0], _parted(self.centre(1), self.yoke[0])[1][0]])

    def borders(self, part: int) -> tuple[Array, Array]:
        """The inner and the outer border, upward."""
        return np.concatenate([self.inseam(part)[::-1], self.centre(part)[::-1][1:]]), self.side(part)

    def pieces(self) -> dict[str, Edges]:
        """The outlines of the left half, counter-clockwise, with the side to the right."""
        found: dict[str, Edges] = {}
        low, high = _parted(self.side(0), -self.opening[1])
        back_low, back_high = _parted(self.side(1), -self.opening[1])
        out, waist = _parted(self.waistline(0), self.opening[0])
        fly, seam = _parted(self.centre(0), self.fly)
        front: Edges = [("side-low", low), ("mouth", self.mouth()), ("waist", waist), ("fly", fly), ("centre", seam)]
        if self.yoke is None:
            pocket: Edges = [("side-mid", high)]
            back: Edges = [("side-low", back_low), ("side-mid", back_high), ("waist", self.waistline(1))]
            back.append(("centre", self.centre(1)))
        else:
            middle, top = _parted(high, -self.yoke[1])
            pocket = [("side-mid", middle), ("side-high", top)]
            middle, top = _parted(back_high, -self.yoke[1])
            upper, centre = _parted(self.centre(1), self.yoke[0])
            back = [("side-low", back_low), ("side-mid", middle), ("seat", self.seat()), ("centre", centre)]
            found["yoke"] = [("seat", self.seat()[::-1]), ("side-high", top), ("waist", self.waistline(1))]
            found["yoke"].append(("centre", upper))
        found["pocket"] = [*pocket, ("waist", out), ("mouth", self.mouth()[::-1])]
        for part, (name, edges) in enumerate((("front", front), ("back", back))):
            half = self.hem[part] / 2
            hem = np.array([(-half, -self.long), (half, -self.long)])
            outline: Edges = [("hem", hem), *edges, ("inseam", self.inseam(part))]
            found |= _pressed(name, outline) if self.pressed else {name: outline}
        return found

    def waistband(self) -> Edges:
        """An arc that opens upward, from the middle of the front round the wearer's left; pieces name its edges."""
        below, above, high = self.band
        turn = (below - above) / high
        radius = below / turn
        own = [(f"{name}-{side}", length(line)) for side in SIDES for name, line in self.about(side)]
        total = sum(wide for _, wide in own)
        edges: Edges = []
        run = -0.5
        for name, wide in own:
            edges.append((name, _arc(radius, turn * run, turn * (run + wide / total), radius)))
            run += wide / total
        upper = _arc(radius - high, turn / 2, -turn / 2, radius)
        return [
            *edges,
            ("end", np.stack([edges[-1][1][-1], upper[0]])),
            ("rim", upper),
            ("start", np.stack([upper[-1], edges[0][1][0]])),
        ]

    def about(self, side: str) -> Edges:
        """The pieces that meet the waistband on one side of the body, in its order, and their edges."""
        around = [(name, dict(edges)["waist"]) for name, edges in self.pieces().items() if "waist" in dict(edges)]
        order = ("front-in", "front", "front-out", "pocket", "yoke", "back-out", "back", "back-in")
        around.sort(key=lambda item: order.index(item[0]))
        return around if side == "left" else around[::-1]


def _arc(radius: float, start: float, stop: float, middle: float) -> Array:
    angle = np.linspace(start, stop, 90)
    return np.stack([radius * np.sin(angle), middle - radius * np.cos(angle)], axis=1)


def _parted(line: Array, at: float) -> tuple[Array, Array]:
    """A line as two, parted ``at`` metres along it, from its end where that is negative."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = at if at >= 0 else run[-1] + at
    point = np.array([np.interp(at, run, line[:, k]) for k in range(2)])
    return np.concatenate([line[run < at - 1e-9], [point]]), np.concatenate([[point], line[run > at + 1e-9]])


def _pressed(name: str, outline: Edges) -> dict[str, Edges]:
    """A panel as two that meet at its crease."""
    hem, rest = outline[0][1], outline[1:]
    across = next(k for k, (_, line) in enumerate(rest) if line[0, 0] > 0 >= line[-1, 0])
    edge, line = rest[across]
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    outer, inner = _parted(line, float(np.interp(0.0, -line[:, 0], run)))
    foot = np.array([0.0, hem[0, 1]])
    crease = np.stack([foot, inner[0]])
    return {
        f"{name}-in": [("hem", np.stack([hem[0], foot])), ("crease", crease), (edge, inner), *rest[across + 1 :]],
        f"{name}-out": [("hem", np.stack([foot, hem[1]])), *rest[:across], (edge, outer), ("crease", crease[::-1])],
    }


def _mirrored(edges: Edges) -> Edges:
    return [(name, line[::-1] * _MIRROR) for name, line in edges[::-1]]


def cut(legs: LegsDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn."""
    return sew(*parts(legs, spacing))


def parts(legs: LegsDraft, spacing: float) -> tuple[list[Panel], list[Seam]]:
    """All panels and seams. Each is drawn as it is seen from outside, so that the wearer's left is to the right on
    fronts and to the left on backs. A waistband's edges are named after the panels that it is sewn to.
    """
    pieces = legs.pieces()
    counts = {
        (name, edge): max(2, round(length(line) / spacing)) for name, own in pieces.items() for edge, line in own
    }
    within = _seams(pieces)
    for one, edge, other in within:
        counts[other, edge] = counts[one, edge]
    panels: list[Panel] = []
    seams: list[Seam] = []
    for side in SIDES:
        for name, edges in pieces.items():
            drawn = edges if name.startswith(("front", "pocket")) == (side == "left") else _mirrored(edges)
            counted = [(edge, line, counts[name, edge]) for edge, line in drawn]
            panels.append(panel(f"{name}-{side}", counted, spacing))
        seams += [(f"{one}-{side}", edge, f"{other}-{side}", edge, True) for one, edge, other in within]
        seams += [(f"{name}-{side}", "waist", "band", f"{name}-{side}", True) for name, _ in legs.about(side)]
    both = [(name, edge) for name, own in pieces.items() for edge, _ in own if edge in {"centre", "fly"}]
    seams += [(f"{name}-left", edge, f"{name}-right", edge, True) for name, edge in both]
    seams.append(("band", "start", "band", "end", True))
    band = legs.waistband()
    joined = {f"{name}-{side}": counts[name, "waist"] for side in SIDES for name, _ in legs.about(side)}
    up = max(2, round(legs.band[2] / spacing))
    around = {**joined, "rim": sum(joined.values()), "start": up, "end": up}
    panels.append(panel("band", [(name, line, around[name]) for name, line in band], min(spacing, legs.band[2] / 2)))
    return panels, seams


def _seams(pieces: dict[str, Edges]) -> list[tuple[str, str, str]]:
    """The seams of one half: (piece, edge, piece), where the edge has one name on both."""
    found = []
    holders: dict[str, list[str]] = {}
    for name, edges in pieces.items():
        for edge, _ in edges:
            key = f"{edge} {name.split('-')[0]}" if edge == "crease" else edge
            holders.setdefault(key, []).append(name)
    for key, names in holders.items():
        if key not in _ALONE:
            one, other = names
            found.append((one, key.split(" ", maxsplit=1)[0], other))
    return found

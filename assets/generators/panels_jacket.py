"""The paper pattern of a tailored jacket or coat: fronts with a V from the roll line, side bodies, backs, sleeves.

One half is drafted in one frame, x = 0 in the middle of the front and ``half`` in the middle of the back, and cut at
two seams that take in the waist and let out the hips (Aldrich, "Metric Pattern Cutting for Women's Wear", 6th ed.,
tailored jacket block). The fronts are cut to the middle and joined there where they are buttoned: what laps over
lies on the cloth and is laid there afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_tee import curve
from assets.generators.pattern import Sewn, length, panel, sew

Array = NDArray[np.float64]
Outline = list[tuple[str, Array, int]]
Half = tuple[tuple[float, float], ...]

SIDES = ("left", "right")


@dataclass(frozen=True, kw_only=True)
class JacketDraft:
    """Lines of the left half, metres; y = 0 at the neck's side point.

    ``half`` is half the bust with its ease; ``neck`` the neck's half width and the drop of the back; ``shoulder``
    the tip's distance from the middle and its drop; ``depth`` how far the underarm lies under the neck;
    ``seams`` where the side body begins and ends; ``intake`` (y, metres taken in at each of both seams, at the middle
    of the back) rows from the underarm down, the last at the hem, negative where it flares; ``break_`` where the roll
    line meets the front's edge, its x the overlap; ``cut_away`` (y where the edge leaves the upright, how far it has
    gone at the hem) or None for an edge that runs straight down; ``sleeve`` is its length under the cap, ``cap`` the
    cap's height, ``cuff`` half the width at the wrist.
    """

    half: float
    neck: tuple[float, float]
    shoulder: tuple[float, float]
    depth: float
    seams: tuple[float, float]
    intake: tuple[tuple[float, float, float], ...]
    break_: tuple[float, float]
    cut_away: tuple[float, float] | None
    sleeve: float
    cap: float
    cuff: float
    dip: float = 0.012

    @property
    def hem(self) -> float:
        """The height of the hem."""
        return self.intake[-1][0]

    def _taken(self, y: Array, column: int) -> Array:
        rows = np.array([(-self.depth, 0.0, 0.0), *self.intake])[::-1]
        # Monotone cubic through the rows would bulge at the waist; a smoothed polyline turns as a curve does.
        fine = np.linspace(rows[0, 0], rows[-1, 0], 241)
        line = np.interp(fine, rows[:, 0], rows[:, column])
        wide = np.hanning(61) / np.hanning(61).sum()
        turned = np.convolve(np.pad(line, 30, mode="reflect", reflect_type="odd"), wide, mode="valid")
        return np.asarray(np.interp(y, fine, turned))

    @cached_property
    def armhole(self) -> Array:
        """From the shoulder's tip on the front, under the arm, to the tip on the back: float64[n, 2]."""
        (x, y), low = self.shoulder, -self.depth
        mid = 0.5 * (self.seams[0] + self.seams[1])
        front = curve((mid, low), (mid - 0.064, low - 0.003), (x - 0.048, low + 0.085), (x, y))
        back_x = self.half - x
        back = curve((mid, low), (mid + 0.074, low - 0.002), (back_x + 0.030, low + 0.090), (back_x, y))
        return np.concatenate([front[:0:-1], back])

    def _crossing(self, seam: int) -> tuple[int, Array]:
        """Where a seam leaves the armhole: before which of its points, and the point."""
        line, x = self.armhole, self.seams[seam]
        lowest = int(line[:, 1].argmin())
        part = range(lowest, 0, -1) if seam == 0 else range(lowest, len(line) - 1)
        step = -1 if seam == 0 else 1
        for i in part:
            a, b = line[i], line[i + step]
            if (a[0] - x) * (b[0] - x) <= 0:
                share = (x - a[0]) / (b[0] - a[0])
                return (i if seam == 0 else i + 1), a + share * (b - a)
        msg = f"the seam at {x} does not meet the armhole"
        raise ValueError(msg)

    def parts(self) -> tuple[Array, Array, Array, Array]:
        """The armhole in four: front's, the side body's to the lowest point, from there on, back's."""
        line = self.armhole
        lowest = int(line[:, 1].argmin())
        (i, one), (j, other) = self._crossing(0), self._crossing(1)
        return (
            np.concatenate([line[:i], [one]]),
            np.concatenate([[one], line[i : lowest + 1]]),
            np.concatenate([line[lowest:j], [other]]),
            np.concatenate([[other], line[j:]]),
        )

    def seam(self, which: int, side: int) -> Array:
        """A seam's line from the armhole down to the hem; ``side`` -1 is the front's edge of it, 1 the back's."""
        top = self._crossing(which)[1]
        y = np.linspace(top[1], self.hem, 120)
        return np.stack([self.seams[which] + side * self._taken(y, 1) / 2, y], axis=1)

    def middle(self) -> Array:
        """The middle of the back from the neck down."""
        y = np.linspace(-self.neck[1], self.hem, 160)
        taken = np.where(y < -self.depth, self._taken(np.minimum(y, -self.depth), 2), 0.0)
        return np.stack([self.half - taken, y], axis=1)

    def edge(self) -> Array:
        """The front's edge from the break down to the hem, overlap and all; x is negative where it laps over."""
        (x, y), low = self.break_, self.hem - self.dip
        if self.cut_away is None:
            return np.array([(-x, y), (-x, low)])
        leaves, away = self.cut_away
        bend = curve((-x, leaves), (-x, leaves + 0.62 * (low - leaves)), (-x + 0.30 * away, low), (away, low))
        return np.concatenate([[(-x, y)], bend])

    def roll(self) -> Array:
        """The roll line from the neck's side point down to the break: float64[80, 2]."""
        (x, y), share = self.break_, np.linspace(0, 1, 80)[:, None]
        line = (1 - share) * np.array([self.neck[0], 0.0]) + share * np.array([-x, y])
        # A hair of belly towards the shoulder: the edge lies over the bust's curve.
        return np.asarray(line + 0.006 * np.sin(np.pi * share**0.8) * np.array([0.97, 0.22]))

    def hem_at(self, x: Array) -> Array:
        """The height of the hem: the front dips towards its middle."""
        return np.asarray(self.hem - self.dip * np.clip(1 - x / self.seams[0], 0, 1) ** 1.5)

    def crown(self, biceps: float) -> Array:
        """The sleeve's cap from its right end over the top: float64[241, 2]."""
        x = np.linspace(-1, 1, 241)
        return np.stack([-x * biceps, self.cap * (0.5 + 0.5 * np.cos(np.pi * x)) ** 0.72], axis=1)

    @cached_property
    def biceps(self) -> float:
        """Half the sleeve's width at which the cap is 3 % longer than the armhole, the ease that rounds its head."""
        wanted, low, high = 1.03 * length(self.armhole), 0.08, 0.32
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if length(self.crown(middle)) < wanted else (low, middle)
        return low


def _split(line: Array, at: float, *, downwards: bool) -> tuple[Array, Array]:
    """A line cut where its x is ``at`` first: falling through it with ``downwards``, else rising."""
    x = line[:, 0] if not downwards else -line[:, 0]
    wanted = at if not downwards else -at
    i = int(np.flatnonzero(x >= wanted)[0])
    share = (wanted - x[i - 1]) / (x[i] - x[i - 1]) if i else 0.0
    point = line[i - 1] + share * (line[i] - line[i - 1]) if i else line[0]
    return np.concatenate([line[:i], [point]]), np.concatenate([[point], line[i:]])


def _mirrored(outline: Outline) -> Outline:
    """The other half's outline: as many points, still counter-clockwise."""
    return [(name, line[::-1] * np.array([-1.0, 1.0]), count) for name, line, count in outline[::-1]]


def _outlines(draft: JacketDraft, spacing: float) -> Mapping[str, Outline]:
    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    holes = draft.parts()
    holes_n = [count(part) for part in holes]
    above, _ = _split(draft.roll(), 0.0, downwards=True)
    _, below = _split(draft.edge(), 0.0, downwards=False) if draft.cut_away else (None, None)
    low = below[0] if below is not None else np.array([0.0, draft.hem_at(np.zeros(1))[0]])
    foot = below[-1] if below is not None else low
    centre = np.array([above[-1], low])
    front_side, side_front = draft.seam(0, -1), draft.seam(0, 1)
    side_back, back_side = draft.seam(1, -1), draft.seam(1, 1)
    hem_x = np.linspace(foot[0], front_side[-1, 0], 30)
    hem = np.stack([hem_x, draft.hem_at(hem_x)], axis=1)
    hem[0], hem[-1] = foot, front_side[-1]
    tip = np.array(draft.shoulder)
    neck_front = np.array([draft.neck[0], 0.0])
    neck_back = np.array([draft.half - draft.neck[0], 0.0])
    middle = draft.middle()
    nape = curve(
        tuple(middle[0]), (middle[0, 0] - 0.6 * draft.neck[0], middle[0, 1]),
        (neck_back[0] + 0.012, -0.8 * draft.neck[1]), tuple(neck_back),
    )  # fmt: skip
    seams_n = count(front_side), count(side_back)
    shoulder_n = count(np.array([tip, neck_front]))
    front: Outline = [
        ("hem", hem, count(hem)),
        ("side", front_side[::-1], seams_n[0]),
        ("armhole", holes[0][::-1], holes_n[0]),
        ("shoulder", np.array([tip, neck_front]), shoulder_n),
        ("roll", above, count(above)),
        ("centre", centre, count(centre)),
    ]
    if below is not None:
        front.append(("cutaway", below, count(below)))
    side_hem = np.array([side_front[-1], side_back[-1]])
    side: Outline = [
        ("hem", side_hem, count(side_hem)),
        ("back", side_back[::-1], seams_n[1]),
        ("armhole-back", holes[2][::-1], holes_n[2]),
        ("armhole-front", holes[1][::-1], holes_n[1]),
        ("front", side_front, seams_n[0]),
    ]
    back_hem = np.array([back_side[-1], middle[-1]])
    back: Outline = [
        ("hem", back_hem, count(back_hem)),
        ("centre", middle[::-1], count(middle)),
        ("neck", nape, count(nape)),
        ("shoulder", np.array([neck_back, (draft.half - tip[0], tip[1])]), shoulder_n),
        ("armhole", holes[3][::-1], holes_n[3]),
        ("side", back_side, seams_n[1]),
    ]
    return {"front": front, "side": side, "back": back, "sleeve": _sleeve(draft, holes, holes_n, spacing)}


def _sleeve(draft: JacketDraft, holes: tuple[Array, ...], holes_n: list[int], spacing: float) -> Outline:
    b, cuff, low = draft.biceps, draft.cuff, -draft.sleeve
    crown = draft.crown(b)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(crown, axis=0), axis=1))])
    pieces = [length(part) for part in (holes[2], holes[3], holes[0], holes[1])]
    ends = np.concatenate([[0.0], np.cumsum(pieces)]) / sum(pieces) * run[-1]
    names = ("cap-back-low", "cap-back", "cap-front", "cap-front-low")
    counts = (holes_n[2], holes_n[3], holes_n[0], holes_n[1])
    cap: Outline = []
    for name, start, end, n in zip(names, ends[:-1], ends[1:], counts, strict=True):
        at = np.linspace(start, end, 40)
        cap.append((name, np.stack([np.interp(at, run, crown[:, k]) for k in range(2)], axis=1), n))
    under = np.array([(cuff, low), (b, 0.0)])
    hem = np.array([(-cuff, low), (cuff, low)])
    n = max(2, round(length(under) / spacing))
    return [
        ("hem", hem, 2 * max(2, round(cuff / spacing))),
        ("under-right", under, n),
        *cap,
        ("under-left", np.array([(-b, 0.0), (-cuff, low)]), n),
    ]


def cut(draft: JacketDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn: front, side, back, sleeve, left and right.

    All are drawn as seen from outside: on the left half x grows towards the back, on the right half it is negative.
    """
    outlines = _outlines(draft, spacing)
    pieces = []
    seams: list[tuple[str, str, str, str, bool]] = []
    for hand in SIDES:
        for name, outline in outlines.items():
            pieces.append(panel(f"{name}-{hand}", outline if hand == "left" else _mirrored(outline), spacing))
        f, s, b, arm = (f"{name}-{hand}" for name in ("front", "side", "back", "sleeve"))
        seams += [
            (f, "side", s, "front", True),
            (s, "back", b, "side", True),
            (f, "shoulder", b, "shoulder", True),
            (arm, "cap-back-low", s, "armhole-back", True),
            (arm, "cap-back", b, "armhole", True),
            (arm, "cap-front", f, "armhole", True),
            (arm, "cap-front-low", s, "armhole-front", True),
            (arm, "under-left", arm, "under-right", True),
        ]
    seams += [
        ("front-left", "centre", "front-right", "centre", True),
        ("back-left", "centre", "back-right", "centre", True),
    ]
    return sew(pieces, seams)

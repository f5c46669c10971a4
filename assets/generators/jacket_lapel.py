"""Lapels and collar of a tailored front: one leaf that turns over at the roll line and lies on the draped cloth.

The lapel is drawn on the flat front where it comes to lie, mirrored about the roll line, as a tailor drafts it; the
collar stands up about the neck and falls back over its seam.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from assets.generators.garment import Draped
from assets.generators.jacket_plate import (
    FIRST_COLUMN,
    LAST_COLUMN,
    LAST_ROW,
    Plate,
    ease,
    plate,
    sheet,
    unit,
    unrolled,
)
from assets.generators.panels_jacket import JacketDraft
from assets.generators.panels_tee import curve
from assets.generators.solids import joined
from assets.model import Material

Array = NDArray[np.float64]

MIRROR: Final = np.array([-1.0, 1.0])
ROLL: Final = (0.0050, 0.0065)
"""How far the roll reaches in from its line, and how high it stands over the front, metres."""
LIES: Final = 0.0064  # metres over the front where the lapel lies flat
THICK: Final = 0.0036
LAP: Final = 0.0054  # metres that the front on top lies over the other, and its lapel's root
BESIDE: Final = 0.030  # metres from the middle where the front on top begins to rise
UP: Final = np.array([0.0, 0.955, 0.295])
"""The way of the neck: across the plane in which its girth is taken."""


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What turns over, metres: ``gorge`` where collar and lapel part on the roll line, as a share from the neck to
    the break; ``lapel`` its width and how far its corner lies under the gorge, along the roll line; ``notch`` how far
    out it begins; ``end`` the collar's front edge and its angle to the gorge, degrees; ``stand`` and ``cover`` the
    height of the stand at the back and how far the collar covers its seam there; ``belly`` how much the lapel's edge
    curves out.
    """

    gorge: float = 0.19
    lapel: tuple[float, float] = (0.080, 0.014)
    notch: float = 0.046
    end: tuple[float, float] = (0.034, 62.0)
    stand: float = 0.028
    cover: tuple[float, float] = (0.019, 0.032)
    belly: float = 0.006


@dataclass(frozen=True, kw_only=True, eq=False)
class Front:
    """One half of a draped jacket as a ground: flat points as on the left half, negative x over on the other one."""

    draped: Draped
    draft: JacketDraft
    hand: str
    on_top: bool

    def _at(self, panel: str, hand: str, flat: Array) -> tuple[Array, Array]:
        held = next(p for p in self.draped.sewn.panels if p.name == f"{panel}-{hand}")
        return self.draped.at(held, flat if hand == "left" else flat * MIRROR)

    def __call__(self, flat: Array) -> tuple[Array, Array]:
        """Points and normals of the front, float64[k, 3] each."""
        other = "right" if self.hand == "left" else "left"
        points, normals = self._at("front", self.hand, np.maximum(flat, [0.0, -9.0]))
        past = flat[:, 0] < 0
        if past.any():
            points[past], normals[past] = self._at("front", other, flat[past] * MIRROR)
        if self.on_top:
            points = points + normals * (LAP * ease(1.0 - flat[:, 0] / BESIDE))[:, None]
        return points, normals

    def back(self, flat: Array) -> tuple[Array, Array]:
        """Points and normals of the back, which may reach past its middle, float64[k, 3] each."""
        return self._at("back", self.hand, flat)

    def past_back(self, flat: Array) -> tuple[Array, Array]:
        """The same on the other half's back."""
        return self._at("back", "right" if self.hand == "left" else "left", flat)


def _between(line: Array, count: int) -> Array:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0, run[-1], count)
    return np.stack([np.interp(at, run, line[:, k]) for k in range(line.shape[1])], axis=1)


def _point(line: Array, share: float) -> Array:
    return np.asarray(_between(line, 2001)[round(2000 * share)])


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """The leaf drawn on the flat front: its corners, and the roll line from the neck down."""

    roll: Array
    gorge: Array
    notch: Array
    corner: Array
    tip: Array

    def away(self, flat: Array) -> Array:
        """Distances from the roll line's chord, float64[...]."""
        way = (self.roll[-1] - self.roll[0]) / np.linalg.norm(self.roll[-1] - self.roll[0])
        off = flat - self.roll[0]
        return np.asarray(np.abs(off[..., 0] * way[1] - off[..., 1] * way[0]))

    def down(self, flat: Array) -> Array:
        """How far points lie down the roll line, float64[...]."""
        way = (self.roll[-1] - self.roll[0]) / np.linalg.norm(self.roll[-1] - self.roll[0])
        return np.asarray((flat - self.roll[0]) @ way)


def drawn(draft: JacketDraft, turned: Turned) -> Drawn:
    """Where the corners come to lie."""
    roll = draft.roll()
    down = (roll[-1] - roll[0]) / np.linalg.norm(roll[-1] - roll[0])
    out = np.array([-down[1], down[0]])
    gorge = _point(roll, turned.gorge)
    corner = gorge + turned.lapel[0] * out + turned.lapel[1] * down
    along = (corner - gorge) / np.linalg.norm(corner - gorge)
    notch = gorge + turned.notch * along
    angle = np.radians(turned.end[1])
    up = np.array([-along[1], along[0]])
    tip = notch + turned.end[0] * (np.cos(angle) * along + np.sin(angle) * up)
    return Drawn(roll=roll, gorge=gorge, notch=notch, corner=corner, tip=tip)


def _profile(rows: int) -> tuple[Array, Array]:
    """Shares of the way from the roll line outward and the angle round the roll, for rows of a leaf."""
    turn = np.linspace(0, np.pi / 2, 6)
    return turn, np.linspace(0, 1, rows)[1:] ** 1.15


def _section(start: Array, end: Array, rows: int) -> tuple[Array, Array]:
    """Flat points of one section float64[k, 2] and how high the leaf stands over the front there."""
    turn, shares = _profile(rows)
    wide = float(np.linalg.norm(end - start))
    deep, high = ROLL
    deep = min(deep, 0.4 * wide)
    small = ease(np.array([wide / 0.045]))[0]
    high = LIES * 0.5 * (1 - small) + high * small
    lies = LIES * (0.5 + 0.5 * small)
    way = (end - start) / max(wide, 1e-9)
    d = np.concatenate([deep * (1 - np.cos(turn)), deep + (wide - deep) * shares])
    settle = ease((d - deep) / 0.035)
    over = np.concatenate([high * np.sin(turn), np.full(len(shares), high)])
    return start + d[:, None] * way, over - (high - lies) * settle * (d > deep)


def lapel(front: Front, turned: Turned, material: Material, shift: Array, columns: int = 56, rows: int = 15) -> Plate:
    """The lapel of one half, from the break up to the gorge."""
    shape = drawn(front.draft, turned)
    inner = _between(shape.roll, 400)[round(399 * turned.gorge) :][::-1]
    low, high = inner[0], shape.corner
    bow = np.array([high[1] - low[1], low[0] - high[0]])
    bow /= np.linalg.norm(bow)
    third = (high - low) / 3
    outer = curve(
        tuple(low), tuple(low + third + turned.belly * bow), tuple(high - third + turned.belly * bow), tuple(high)
    )
    if not front.on_top:  # what would lie past the middle is under the other front
        inner, outer = inner[inner[:, 0] > 0.0], outer[outer[:, 0] > 0.0]
    inner, outer = _between(inner, columns), _between(outer, columns)
    flat, over = zip(*(_section(a, b, rows) for a, b in zip(inner, outer, strict=True)), strict=True)
    laid = np.stack(flat, axis=1)
    ground, n = front(laid.reshape(-1, 2))
    n = n.reshape(*laid.shape[:2], 3)
    points = ground.reshape(n.shape) + n * np.stack(over, axis=1)[..., None]
    # Canvas keeps the leaf even along itself; at the gorge it meets the collar, at the roll line the front.
    along, across = np.linspace(1, 0, columns), np.linspace(0, 1, points.shape[0])
    held = (ease(along / 0.12) * ease(across / 0.3)[:, None])[..., None]
    points += held * (gaussian_filter1d(points, 2.5, axis=1, mode="nearest") - points)
    sign = 1.0 if front.hand == "left" else -1.0
    uv = unrolled(points, np.stack([-sign * shape.away(laid), shape.down(laid)], axis=-1)) + shift
    # On the roll the leaf looks sideways, out of the neck's opening, before it looks the way that the front does.
    sideways = unit(points[:1] - points[-1:]) * np.cos(_turning(rows))[:, None, None]
    return plate(points, n + sideways, uv, material, thickness=THICK, sides=(LAST_ROW, LAST_COLUMN))


def collar(halves: tuple[Front, Front], turned: Turned, material: Material, shift: Array, rows: int = 15) -> Plate:
    """The collar from the left gorge about the neck to the right one, ``halves`` left and right."""
    left, right = (_half(front, turned, rows) for front in halves)
    points = np.concatenate([left[0], right[0][:, -2::-1]], axis=1)
    base = np.concatenate([left[1], right[1][-2::-1]], axis=0)
    out = np.concatenate([left[2], right[2][:, -2::-1]], axis=1)
    # A collar turns the corner of the shoulder in a curve; at its ends it meets the lapels.
    held = ease(np.minimum(np.arange(len(base)), np.arange(len(base))[::-1]) / 12)[:, None]
    points = points + held * (gaussian_filter1d(points, 2.2, axis=1, mode="nearest") - points)
    base = base + held * (gaussian_filter1d(base, 1.2, axis=0, mode="nearest") - base)
    across = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    v = np.concatenate([np.zeros((1, points.shape[1])), np.cumsum(across, axis=0)])
    middle = points[2 * len(points) // 3]
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
    uv = unrolled(points, np.stack([np.broadcast_to(u, v.shape), v], axis=-1)) + shift
    leaf = plate(points, out, uv, material, thickness=THICK, sides=(LAST_ROW, FIRST_COLUMN, LAST_COLUMN))
    # The stand, seen from inside: from its seam up to the fold.
    shares = np.linspace(0, 1, 6)[:, None, None]
    top = points[0]
    stand = base + shares * (top - base)
    inward = unit(np.cross(np.gradient(stand, axis=0), np.gradient(stand, axis=1)))
    centre = np.array([0.0, 0.0, -0.02])
    look = unit((centre - stand) * np.array([1.0, 0.0, 1.0]))
    inward *= np.where(np.einsum("rci,rci->rc", inward, look) < 0, -1.0, 1.0)[..., None]
    rise = np.linalg.norm(top - base, axis=1) * shares[..., 0]
    under = unrolled(stand, np.stack([np.broadcast_to(u, rise.shape), -rise], axis=-1)) + shift
    return replace(leaf, cloth=joined([leaf.cloth, sheet(stand, inward, under, material)]))


def _half(front: Front, turned: Turned, rows: int) -> tuple[Array, Array, Array]:
    """One half from its gorge to the middle of the back: leaf float64[r, c, 3], seam float64[c, 3], outward."""
    shape, draft = drawn(front.draft, turned), front.draft
    hand = 1.0 if front.hand == "left" else -1.0
    ahead, behind = 22, 22
    seam = _between(_between(shape.roll, 400)[: round(399 * turned.gorge) + 1][::-1], ahead)
    # On the shoulder the collar covers its seam by as much as the stand is high.
    reach = shape.roll[0] + turned.cover[1] * unit_flat(np.array(draft.shoulder) - shape.roll[0])
    count = round(ahead * 0.42)
    rim = np.concatenate(
        [
            _between(np.array([shape.notch, shape.tip]), count),
            _between(_edge(shape, reach), ahead - count + 1)[1:],
        ]
    )
    up = unit(UP)
    leaf, bases, outs = [], [], []
    for k in range(ahead):
        share = k / (ahead - 1)
        flat, over = _section(seam[k], rim[k], rows)
        ground, n = front(flat)
        lying = ground + n * over[:, None]
        rise = turned.stand * 0.86 * float(ease(np.array([share * 1.06]))[0])
        base = front(seam[k][None])[0][0]
        away = unit(np.array([hand, 0.15, 0.25]))
        bent = _fallen(base, rise, up, away, lying[-1], n[-1], len(flat))
        m = float(ease(np.array([share / 0.75]))[0])
        leaf.append((1 - m) * lying + m * bent)
        bases.append(base)
        sideways = unit(leaf[-1][:1] - leaf[-1][-1:]) * np.cos(_turning(rows))[:, None]
        outs.append((1 - m) * (n + sideways) + m * _looks(up, away, rows))
    nape = _nape(draft)
    line = _between(nape, behind)
    along = unit_flat(np.array([draft.half - draft.shoulder[0], draft.shoulder[1]]) - nape[0])
    turning = ease(np.linspace(0, 1.6, behind))[:, None]
    inward = (1 - turning) * along + turning * np.array([0.0, -1.0])
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    for k in range(1, behind):
        share = k / (behind - 1)
        cover = turned.cover[1] + (turned.cover[0] - turned.cover[1]) * float(ease(np.array([share * 1.3]))[0])
        ground, n = front.back(np.stack([line[k], line[k] + cover * inward[k]]))
        # Past the middle there is no cloth of this half: its normal looks straight back there.
        n = n * np.array([1.0 - share, 1.0, 1.0])
        turn = ease(np.array([share]))[0]
        away = unit(np.array([hand * np.cos(turn * np.pi / 2), 0.15, 0.25 * (1 - turn) - np.sin(turn * np.pi / 2)]))
        rise = turned.stand * (0.86 + 0.14 * turn)
        end = ground[1] + unit(n[1]) * LIES
        leaf.append(_fallen(ground[0], rise, up, away, end, unit(n[1]), leaf[0].shape[0]))
        bases.append(ground[0])
        outs.append(_looks(up, away, rows))
    points, base, out = np.stack(leaf, axis=1), np.stack(bases), np.stack(outs, axis=1)
    points[:, -1, 0], base[-1, 0] = 0.0, 0.0  # the halves meet in the middle
    return points, base, unit(out)


def _turning(rows: int) -> Array:
    """The angle round the roll for every row of a section."""
    return np.concatenate([_profile(rows)[0], np.full(rows - 1, np.pi / 2)])


def _looks(up: Array, away: Array, rows: int) -> Array:
    """Which way a collar's section looks: at the neck, up and away, from the fold's inner side outward."""
    turn = 2 * _turning(rows)[:, None] - np.pi / 2
    return np.asarray(np.sin(turn) * away + np.cos(turn) * up + 0.25 * away)


def unit_flat(way: Array) -> Array:
    """A flat way at length 1."""
    return np.asarray(way / np.linalg.norm(way))


def _edge(shape: Drawn, reach: Array) -> Array:
    """The collar's outer edge on the front, from its tip up to the shoulder."""
    up = unit_flat(reach - shape.tip)
    bow = np.array([up[1], -up[0]]) * 0.004
    third = (reach - shape.tip) / 3
    return curve(tuple(shape.tip), tuple(shape.tip + third + bow), tuple(reach - third + bow), tuple(reach))


def _nape(draft: JacketDraft) -> Array:
    """The back's neckline from the shoulder to the middle."""
    wide, drop = draft.neck
    middle, side = (draft.half, -drop), (draft.half - wide, 0.0)
    return curve(side, (side[0] + 0.012, -0.8 * drop), (middle[0] - 0.6 * wide, -drop), middle)


def _fallen(base: Array, rise: float, up: Array, away: Array, end: Array, normal: Array, count: int) -> Array:
    """A section of the collar float64[count, 3]: from the top of its stand round the fold and down to its edge."""
    top = base + rise * up
    span = float(np.linalg.norm(end - top))
    fold = top + 0.0065 * away + 0.0015 * up
    t = np.linspace(0, 1, 30)[:, None]
    turn = (1 - t) ** 2 * top + 2 * t * (1 - t) * (top + 0.0030 * away + 0.0052 * up) + t**2 * fold
    second = fold + 0.30 * span * unit(0.55 * away - 0.8 * up)
    third = end + 0.30 * span * unit(0.45 * up - 0.30 * away + 0.35 * normal)
    fall = (1 - t) ** 3 * fold + 3 * t * (1 - t) ** 2 * second + 3 * t**2 * (1 - t) * third + t**3 * end
    whole = np.concatenate([turn, fall[1:]])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(whole, axis=0), axis=1))])
    turn_at, shares = _profile(count - 5)
    fold_at = run[29]
    at = np.concatenate([fold_at * turn_at / turn_at[-1], fold_at + (run[-1] - fold_at) * shares])
    return np.stack([np.interp(at, run, whole[:, k]) for k in range(3)], axis=1)

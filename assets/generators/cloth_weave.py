"""Woven cloth, yarn by yarn: which of them shows at each point, how high it is there, and how its fibres run.

A warp goes down the cloth and a weft across it. Each yarn has a path that wanders, a thickness that varies, and a
crimp that follows from the draft: up where it lies on top, down where it dives. At each point the yarns near by are
looked at and the highest one is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.fabric_swatch import Array, grid, lines, noise

Draft = NDArray[np.bool_]
Index = NDArray[np.int32]
PLAIN: Draft = np.array([[True, False], [False, True]])
_FIBRES = 512  # of the table of fibres, a side


@dataclass(frozen=True, kw_only=True)
class Yarn:
    """``width`` is half a yarn's breadth and ``thick`` half its height, both in its own pitch; ``wander`` how far its
    axis strays, ``uneven`` how much its breadth varies (deviations, in the same units); ``slub`` how much thicker
    its thickest places are; ``twist`` how often a fibre goes round in one pitch, Z-twist if positive; ``fibre`` how
    coarse the fibres' relief is; ``bend`` how high the yarn climbs over those that it crosses.
    """

    width: float = 0.5
    thick: float = 0.42
    wander: float = 0.03
    uneven: float = 0.05
    slub: float = 0.0
    twist: float = 0.35
    fibre: float = 0.05
    bend: float = 0.3


@dataclass(frozen=True, kw_only=True, eq=False)
class Web:
    """Fields [s, s] of what shows: ``warp`` whether it is a warp; ``index`` its number; ``height`` in warp pitches;
    ``across`` -1..1 over its breadth; ``fibre`` about 0, deviation 1; ``over`` how far up it is in its crimp, -1..1;
    ``gap`` where no yarn is.
    """

    warp: NDArray[np.bool_]
    index: Index
    height: Array
    across: Array
    fibre: Array
    over: Array
    gap: NDArray[np.bool_]


def interlace(draft: Draft, warps: int, wefts: int, size: int, *, warp: Yarn, weft: Yarn, seed: int) -> Web:
    """``draft[weft, warp]``, true where the warp lies on top, is repeated over the tile: ``warps`` and ``wefts`` must
    be multiples of its sides, or the pattern would break at the tile's edge.
    """
    rows, columns = draft.shape
    if wefts % rows or warps % columns:
        msg = f"{warps} warps and {wefts} wefts do not hold a whole number of drafts of {columns} by {rows}"
        raise ValueError(msg)
    tops = np.tile(draft, (wefts // rows, warps // columns))
    u, v = grid(size)
    pitch = warps / wefts  # of the wefts, in warp pitches
    down = _candidates(u, np.arange(size)[:, None], warps, wefts, tops.T, warp, seed)
    over = _candidates(v, np.arange(size)[None, :], wefts, warps, ~tops, weft, seed + 50)
    best: Web | None = None
    for is_warp, found, unit in ((True, down, 1.0), (False, over, pitch)):
        for index, height, across, fibre, lift in found:
            tall = height * np.float32(unit)
            if best is None:
                best = Web(
                    warp=np.full((size, size), is_warp),
                    index=index.copy(),
                    height=tall.copy(),
                    across=across.copy(),
                    fibre=fibre.copy(),
                    over=lift.copy(),
                    gap=np.zeros((size, size), dtype=np.bool_),
                )
                continue
            win = tall > best.height
            for field, value in (
                (best.index, index),
                (best.height, tall),
                (best.across, across),
                (best.fibre, fibre),
                (best.over, lift),
            ):
                np.copyto(field, value, where=win)
            best.warp[win] = is_warp
    assert best is not None
    best.gap[...] = best.height < -50.0
    floor = -max(warp.thick + warp.bend, (weft.thick + weft.bend) * pitch)
    np.maximum(best.height, floor, out=best.height)
    return best


def _candidates(
    place: Array, along: NDArray[np.int64], count: int, crossings: int, tops: Draft, yarn: Yarn, seed: int
) -> list[tuple[Index, Array, Array, Array, Array]]:
    """The three nearest yarns of one system at each point. ``place`` is 0..1 across them, ``along`` the pixel
    along them; ``tops[yarn, crossing]`` is true where it lies on top.
    """
    size = place.shape[0]
    axis = yarn.wander * lines(count, size, seed, 0.05, across=0.0) + yarn.wander * lines(
        count, size, seed + 1, 0.16, across=1.2 / count
    )
    breadth = (
        1 + yarn.uneven * lines(count, size, seed + 2, 0.09) + 0.5 * yarn.uneven * lines(count, size, seed + 3, 0.02)
    )
    if yarn.slub:
        thick = lines(count, size, seed + 4, 0.035)
        breadth = breadth + yarn.slub * np.clip(thick - 1.4, 0, 1.6).astype(np.float32)
    breadth = (yarn.width * np.clip(breadth, 0.55, 2.2)).astype(np.float32)
    lift = _lift(tops, size, crossings)
    table = _fibres(seed + 5)
    shift = np.random.default_rng(seed + 6).integers(0, _FIBRES, (count, 2))
    x = place * count
    nearest = np.floor(x).astype(np.int32)
    per_pitch = max(1, round(crossings * 14 / _FIBRES)) * _FIBRES / crossings  # the table closes round the tile
    turns = 2 * max(1, round(abs(yarn.twist) * crossings / 2)) * np.sign(yarn.twist) / crossings  # even: it closes
    s = (np.arange(size, dtype=np.float32) + 0.5) / size * crossings
    run = s[along] + np.zeros_like(place)
    found = []
    for offset in (-1, 0, 1):
        number = nearest + offset
        index = (number % count).astype(np.int32)
        wide = breadth[index, along]
        d = (x - number - 0.5 - axis[index, along]) / wide
        inside = np.abs(d) < 1
        round_up = np.sqrt(np.clip(1 - d * d, 0, 1))
        up = lift[index, along]
        angle = np.arcsin(np.clip(d, -1, 1)) / np.pi  # -0.5..0.5: half a turn is seen
        a = ((angle + turns * run) * (_FIBRES / 2) + shift[index, 0]).astype(np.int64) % _FIBRES
        b = (run * per_pitch + shift[index, 1]).astype(np.int64) % _FIBRES
        fibre = table[a, b]
        height = (
            yarn.bend * up + yarn.thick * (wide / yarn.width) * round_up + yarn.fibre * fibre * (0.3 + 0.7 * round_up)
        )
        height = np.where(inside, height, -100.0).astype(np.float32)
        found.append((index, height, np.clip(d, -1, 1).astype(np.float32), fibre, up))
    return found


def _lift(tops: Draft, size: int, crossings: int) -> Array:
    """How far up each yarn is along the tile, [yarns, size], -1..1: flat over a float, a slope between two sides."""
    s = (np.arange(size) + 0.5) / size * crossings - 0.5
    before = np.floor(s).astype(int)
    t = s - before
    ease = t * t * (3 - 2 * t)
    level = np.where(tops, 1.0, -1.0)
    here, there = level[:, before % crossings], level[:, (before + 1) % crossings]
    bow = 0.12 * (here == there) * np.sin(np.pi * t) * here  # a float bows a little between where it is held
    return np.asarray(here + (there - here) * ease + bow, dtype=np.float32)


def _fibres(seed: int) -> Array:
    """A table of fibres: rows go round the yarn, columns along it; smooth along, fine across."""
    return noise(_FIBRES, seed, 4.0 / _FIBRES, 60.0 / _FIBRES) * np.float32(0.7) + noise(
        _FIBRES, seed + 1, 10.0 / _FIBRES, 140.0 / _FIBRES
    ) * np.float32(0.5)

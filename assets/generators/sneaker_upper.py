"""The upper of a trainer: pieces of leather laid over each other on the last, each with a thickness and an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import sneaker_last as last
from assets.generators.lofts import flattened, surface, tube, unit
from assets.generators.solids import joined
from assets.generators.threads import seam
from assets.model import Material, Primitive

Array = NDArray[np.float64]

THICK: Final = 0.0018
"""Metres from the last's surface to the lining."""
_LAYER: Final = 0.0012
_INSET: Final = 0.0024
_TONGUE_HALF: Final = (
    (0.030, 0.0310),
    (0.042, 0.0290),
    (0.056, 0.0245),
    (0.079, 0.0205),
    (0.102, 0.0183),
    (0.123, 0.0160),
    (0.147, 0.0125),
    (0.160, 0.0090),
)
"""Half the tongue's width by how far forward it is, metres."""
_ALL: Final = slice(None)
_Place = tuple[int, slice] | tuple[slice, int]
_RIM: Final[dict[str, _Place]] = {"low": (0, _ALL), "high": (-1, _ALL), "start": (_ALL, 0), "stop": (_ALL, -1)}
_NEXT: Final[dict[str, _Place]] = {"low": (1, _ALL), "high": (-2, _ALL), "start": (_ALL, 1), "stop": (_ALL, -2)}
_OVER: Final = 0.0002  # that a row of stitches lies above its leather


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """A piece of leather: its parameters on the last float64[rows, columns], how high it lies over it (metres), and
    which of its borders are cut edges ("low", "high": first and last row; "start", "stop": columns).
    """

    s: Array
    h: Array
    lift: float
    cut: tuple[str, ...]

    def border(self, name: str) -> tuple[Array, Array]:
        """The parameters along a border."""
        return self.s[_RIM[name]], self.h[_RIM[name]]

    def inward(self, name: str) -> tuple[Array, Array]:
        """The parameters of the row next to a border."""
        return self.s[_NEXT[name]], self.h[_NEXT[name]]


def _smooth(t: Array) -> Array:
    x = np.clip(t, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def _grid(s: Array, low: Array, high: Array, rows: int) -> tuple[Array, Array]:
    share = np.linspace(0, 1, rows)[:, None]
    return np.broadcast_to(s, (rows, len(s))).copy(), low + share * (high - low)


def _sides(z_outer: float, z_inner: float) -> tuple[float, float]:
    return last.around(z_outer, inner=False), last.around(z_inner, inner=True)


def vamp() -> Piece:
    """The front of the shoe, under all other pieces; nothing of it where they cover it."""
    start, stop = _sides(0.070, 0.068)
    s = np.linspace(start, stop, 55)
    low = np.clip(_capped(s) - 0.06, 0, None)
    return Piece(**_as(_grid(s, low, _faced(s) + 0.06, 13)), lift=0.0, cut=())


def _capped(s: Array) -> Array:
    """How high the toe cap reaches."""
    start, stop = _sides(0.150, 0.147)
    t = np.clip((s - start) / (stop - start), 0, 1)
    return np.asarray((0.03 + 0.43 * np.sin(np.pi * t) ** 0.62) * (np.abs(t - 0.5) < 0.5))


def _faced(s: Array) -> Array:
    """Where the facing begins."""
    start, stop = _sides(0.030, 0.029)
    side = np.abs(2 * (s - start) / (stop - start) - 1)
    wide = 0.0150 + 0.0055 * _smooth((side - 0.30) / 0.35) - 0.012 * np.clip((side - 0.70) / 0.3, 0, 1) ** 2
    return np.asarray(1 - wide / last.tall(s))


def _as(grid: tuple[Array, Array]) -> dict[str, Array]:
    return {"s": grid[0], "h": grid[1]}


def quarters() -> tuple[Piece, Piece]:
    """The sides, from the heel's seam to where they overlap the vamp in a slanted curve."""
    found = []
    for inner in (False, True):
        h = np.linspace(0, 1, 14)[:, None]
        low, high = last.around(0.098, inner=inner), last.around(0.160, inner=inner)
        front = low + (high - low) * (0.25 * h + 0.75 * h**2.2)
        share = np.linspace(0, 1, 41)[None]
        s = front * share if not inner else 1 + (front - 1) * share[:, ::-1]
        found.append(
            Piece(s=s, h=np.broadcast_to(h, s.shape).copy(), lift=_LAYER, cut=("start" if inner else "stop",))
        )
    return found[0], found[1]


def toe_cap() -> Piece:
    """Over the toes, ending in a bow across the vamp."""
    s = np.linspace(*_sides(0.150, 0.147), 51)[1:-1]
    return Piece(**_as(_grid(s, 0 * s, _capped(s), 13)), lift=_LAYER, cut=("high",))


def eyestay() -> Piece:
    """The facing with the eyelets, in one piece round the end of the throat."""
    s = np.linspace(*_sides(0.030, 0.029), 97)
    return Piece(**_as(_grid(s, _faced(s), 1 + 0 * s, 9)), lift=2 * _LAYER, cut=("low", "start", "stop"))


def counter() -> Piece:
    """Round the heel, falling towards the sole on both sides."""
    outer, inner = _sides(0.028, 0.026)
    s = np.linspace(inner - 1, outer, 45)
    t = np.where(s > 0, s / outer, s / (inner - 1))
    high = 0.02 + 0.66 * np.sqrt(np.clip(1 - t**2.4, 0, 1)) - 0.06 * (1 - t**2)
    return Piece(**_as(_grid(s, 0 * s, high, 11)), lift=2 * _LAYER, cut=("high",))


def heel_tab() -> Piece:
    """The patch at the back, under the collar."""
    s = np.linspace(-0.031, 0.028, 15)
    t = np.abs(s) / 0.031
    low = 0.50 + 0.10 * t**3
    return Piece(**_as(_grid(s, low, 1 + 0 * s, 8)), lift=3 * _LAYER, cut=("low", "start", "stop"))


def leather(piece: Piece, material: Material) -> Primitive:
    """The piece's face, its UVs flattened, and its cut edges rounded down to what lies under it."""
    normals = last.normal(piece.s, piece.h)
    points = last.skin(piece.s, piece.h) + piece.lift * normals
    flat = flattened(points)
    parts = [surface(points, material, outward=normals, uv=flat)]
    for name in piece.cut:
        rim, up = points[_RIM[name]], normals[_RIM[name]]
        away = rim - points[_NEXT[name]]
        along = unit(np.gradient(rim, axis=0))
        away -= along * np.einsum("ij,ij->i", away, along)[:, None]
        away = unit(away - up * np.einsum("ij,ij->i", away, up)[:, None])
        deep = _LAYER + 0.0005
        rows = [
            rim + away * 0.9 * _LAYER * np.sin(a) - up * _LAYER * (1 - np.cos(a))
            for a in np.linspace(0, np.pi / 2, 4)
        ]
        rows.append(rows[-1] - up * (deep - _LAYER))
        strip = np.stack(rows)
        off = flat[_RIM[name]] - flat[_NEXT[name]]
        way = unit(np.gradient(flat[_RIM[name]], axis=0))
        off = unit(off - way * np.einsum("ij,ij->i", off, way)[:, None])
        deep_in = np.concatenate([[0.0], np.linalg.norm(np.diff(strip, axis=0), axis=2).mean(axis=1).cumsum()])
        uv = flat[_RIM[name]] + off * deep_in[:, None, None]
        parts.append(surface(strip, material, outward=away + 0.5 * up, uv=uv))
    return joined(parts)


def stitched(piece: Piece, name: str, material: Material, *, away: float = _INSET, ends: int = 0) -> Primitive:
    """A row of stitches along a border, ``away`` metres inside; ``ends`` points at each end are left out."""
    s, h = piece.border(name)
    inner = piece.inward(name)
    rim, next_to = last.skin(s, h), last.skin(*inner)
    along = unit(np.gradient(rim, axis=0))
    move = next_to - rim
    move = unit(move - along * np.einsum("ij,ij->i", move, along)[:, None]) * away
    keep = slice(ends, len(s) - ends)
    s, h = last.shifted(s[keep], h[keep], move[keep])
    normals = last.normal(s, h)
    return seam(last.skin(s, h) + (piece.lift + _OVER) * normals, normals, material)


def lining(material: Material) -> tuple[Primitive, Array]:
    """The inside of the upper, and the ring float64[n, 3] where it meets the insole."""
    s = np.linspace(0, 1, 91)
    h = np.linspace(0, 1, 12)[::-1]
    ss, hh = np.meshgrid(s, h)
    normals = last.normal(ss, hh)
    points = last.skin(ss, hh) - THICK * normals
    ring = points[-1].copy()
    ring[:, 1] = last.INSOLE
    points = np.concatenate([points, ring[None]])
    inward = -np.concatenate([normals, normals[-1:]])
    return surface(points, material, outward=inward, around=True), ring


def collar(material: Material) -> Primitive:
    """The padded roll along the opening round the heel."""
    start, stop = _sides(0.046, 0.045)
    s = np.linspace(stop - 1, start, 75)
    t = np.clip(np.minimum(s - s[0], s[-1] - s) / 0.05, 0, 1)
    fat = 0.45 + 0.55 * _smooth(t)
    return _roll(s, 0.0036 * fat, 0.0052 * fat, -0.0004 * fat, material)


def facing(material: Material) -> Primitive:
    """The thin edge of the throat, from one end of the collar to the other."""
    start, stop = _sides(0.038, 0.037)
    s = np.linspace(start, stop, 85)
    half = np.full_like(s, (2 * _LAYER + THICK) / 2)
    return _roll(s, half, 0.7 * half, _LAYER - THICK / 2, material, 8)


def _roll(
    s: Array, across: Array, up: Array, shift: Array | float, material: Material, columns: int = 12
) -> Primitive:
    one = np.ones_like(s)
    normals = last.normal(s, one)
    path = last.edge(s) + normals * np.broadcast_to(shift, s.shape)[:, None]
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    section = np.stack([np.outer(up, np.cos(angle)), np.outer(across, np.sin(angle))], axis=-1)
    return tube(path, normals, section, material)


def tongue(material: Material, thread: Material) -> tuple[Primitive, Primitive]:
    """The padded tongue, and the stitches along its rim."""
    line = last.tongue_line(33)
    path = np.stack([0 * line[:, 0], line[:, 0], line[:, 1]], axis=1)
    tangent = unit(np.gradient(path, axis=0))
    up = unit(np.cross(tangent, np.array([-1.0, 0.0, 0.0])))
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    near = np.clip(run / 0.014, 0, 1)
    half = np.interp(line[:, 1], *np.array(_TONGUE_HALF).T) * (0.70 + 0.30 * np.sqrt(1 - (1 - near) ** 2))
    fat = last.PAD * (0.35 + 0.65 * np.sqrt(1 - (1 - near) ** 2)) * (1 + 0.25 * _smooth(1 - run / 0.035))
    a = np.concatenate([np.linspace(-1, 1, 13), np.linspace(1, -1, 13)[1:-1]])
    sign = np.concatenate([np.ones(13), -np.ones(11)])
    thick = sign * (0.22 + 0.78 * np.sqrt(np.clip(1 - np.abs(a) ** 4, 0, 1)))
    thick[[0, 12]] = 0.0
    x = half[:, None] * a
    section = np.stack([x, -(x**2) / (2 * last.ROUND) + fat[:, None] * thick], axis=-1)
    pad = tube(path, up, section, material)
    rows = []
    for side in (-1.0, 1.0):
        away = side * (half - 0.0045)
        height = -(away**2) / (2 * last.ROUND) + fat * 0.86
        rows.append((path + up * height[:, None] + away[:, None] * np.array([1.0, 0.0, 0.0]))[2:19])
    across = np.linspace(-1, 1, 9) * (half[2] - 0.0045)
    top = (
        path[2] + np.outer(across, [1.0, 0.0, 0.0]) + up[2] * (fat[2] * 0.9 - across[:, None] ** 2 / (2 * last.ROUND))
    )
    stitched_rows = [seam(row, up[2:19], thread) for row in rows]
    return pad, joined([*stitched_rows, seam(top, np.broadcast_to(up[2], top.shape), thread)])

"""Eyelets, and a flat lace that goes through them crosswise and ends in a bow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from assets.generators import sneaker_last as last
from assets.generators.lofts import oblong, runs, surface, tube, unit
from assets.generators.solids import joined
from assets.model import Material, Primitive

Array = NDArray[np.float64]

PAIRS: Final = 6
WIDE: Final = 0.0066
"""The lace's width, metres."""
THICK: Final = 0.0015
_FROM_EDGE: Final = 0.0080
_FORWARD: Final = (0.0600, 0.1310)
_LEATHER: Final = 0.0024  # how high the facing lies over the last


def _hole(pair: float, *, inner: bool, away: float = _FROM_EDGE) -> tuple[Array, Array]:
    """A point of the facing ``away`` metres from its edge, at a pair (0 the foremost), and the normal there."""
    first, final = _FORWARD
    z = final + (first - final) * pair / (PAIRS - 1)
    middle = last.knots()[last.TOE]
    at = np.linspace(middle, 1, 3001) if inner else np.linspace(0, middle, 3001)
    s = at[np.argmin(np.abs(last.edge(at)[:, 2] - z))][None]
    h = 1 - away / last.tall(s)
    normal = last.normal(s, h)
    return (last.skin(s, h) + _LEATHER * normal)[0], normal[0]


def eyelets(ring: Material, hole: Material) -> tuple[Primitive, Primitive]:
    """A rolled ring in each hole, and the dark inside it."""
    rings, holes = [], []
    turn, roll = np.linspace(0, 2 * np.pi, 13), np.linspace(0, np.pi, 4)
    for pair in range(PAIRS):
        for inner in (False, True):
            middle, normal = _hole(pair, inner=inner)
            side = unit(np.cross(normal, [0.0, 0.0, 1.0]))
            front = np.cross(side, normal)
            spoke = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * front
            out = 0.0030 + 0.0008 * np.cos(roll)
            up = 0.0005 * np.sin(roll)
            points = middle + spoke[None] * out[:, None, None] + normal * up[:, None, None]
            away = spoke[None] * np.cos(roll)[:, None, None] + normal * np.sin(roll)[:, None, None]
            rings.append(surface(points, ring, outward=away, around=True))
            disc = middle + 0.00015 * normal + np.stack([0 * spoke, 0.0030 * spoke])
            holes.append(surface(disc, hole, outward=normal, around=True))
    return joined(rings), joined(holes)


def _lace(
    points: Sequence[Array], ups: Sequence[Array], material: Material, count: int, wide: float = WIDE
) -> Primitive:
    knots = np.array(points)
    along = CubicSpline(runs(knots), knots, bc_type="natural")
    up = CubicSpline(along.x, np.array(ups), bc_type="natural")
    at = np.linspace(0, along.x[-1], count)
    return tube(along(at), unit(up(at)), oblong(wide, THICK), material)


def _over(z: float, lift: float) -> tuple[Array, Array]:
    """A point over the middle of the tongue, and the way up there."""
    y, slope = last.instep(np.array(z))
    up = unit(np.array([0.0, 1.0, -float(slope)]))
    return np.array([0.0, float(y), z]) + up * (last.PAD + lift), up


def crossings(material: Material) -> Primitive:
    """The lace from the foremost bar, crosswise over the tongue, to the last pair of eyelets."""
    parts = []
    ends = [_hole(0, inner=inner) for inner in (False, True)]
    (a, na), (b, nb) = ends
    top, up = _over(float(a[2] + b[2]) / 2 - 0.001, 0.0048)
    rise = 0.5 * WIDE * unit(b - a)
    parts.append(
        _lace([a - 0.001 * na, a + 0.0014 * na + rise, top, b + 0.0014 * nb - rise, b - 0.001 * nb],
              [na, na, up, nb, nb], material, 17)
    )  # fmt: skip
    for pair in range(PAIRS - 1):
        for inner in (False, True):
            (a, na), (b, nb) = _hole(pair, inner=inner), _hole(pair + 1, inner=not inner, away=0.0005)
            under, nu = _hole(pair + 1.08, inner=not inner, away=0.0055)
            way = unit(b - a)
            above = inner == (pair % 2 == 0)
            mid, up = _over(float(a[2] + b[2]) / 2, 0.0030 if above else 0.0014)
            points = [
                a - 0.0016 * na,
                a + 0.0015 * na + 0.0036 * way,
                _hole(pair + 0.30, inner=inner, away=-0.001)[0] + 0.0010 * na,
                mid,
                b - 0.0036 * nb,
                under - 0.0052 * nu,
            ]
            parts.append(_lace(points, [na, na, (na + up) / 2, up, nb, nu], material, 17))
    return joined(parts)


def _beside(forward: float, away: float, lift: float, *, inner: bool) -> tuple[Array, Array]:
    """A point ``away`` metres down the side from the opening's edge, ``forward`` metres from the last pair."""
    first, final = _FORWARD
    pair = (PAIRS - 1) - forward / (final - first) * (PAIRS - 1)
    point, normal = _hole(pair, inner=inner, away=away)
    return point + normal * lift, normal


_LOOP: Final = (
    (-0.002, 0.004, 0.0052),
    (-0.006, 0.017, 0.0050),
    (-0.006, 0.031, 0.0044),
    (0.001, 0.0425, 0.0036),
    (0.011, 0.0455, 0.0030),
    (0.0185, 0.038, 0.0030),
    (0.0175, 0.025, 0.0032),
    (0.0110, 0.011, 0.0042),
    (0.0040, 0.002, 0.0040),
)
"""Forward of the last eyelets, down from the edge, above the facing: metres."""
_END: Final = (
    (0.010, 0.000, 0.0030),
    (0.021, 0.012, 0.0016),
    (0.031, 0.027, 0.0004),
    (0.037, 0.044, -0.0004),
    (0.040, 0.060, -0.0008),
)


def bow(material: Material, tips: Material) -> tuple[Primitive, Primitive]:
    """The knot on the tongue, two loops and two ends, each with its tip."""
    knot, up = _over(_FORWARD[0] - 0.002, 0.0052)
    parts, caps = [], []
    for inner in (False, True):
        sign = -1.0 if inner else 1.0
        out = np.array([sign, 0.0, 0.0])
        under, nu = _hole(PAIRS - 1, inner=inner)
        parts.append(
            _lace([under - 0.001 * nu, under + 0.0016 * nu - 0.004 * out, knot + 0.006 * out - 0.003 * up, knot],
                  [nu, nu, up, up], material, 15)
        )  # fmt: skip
        places = [_beside(*row, inner=inner) for row in _LOOP]
        points = [knot, *(point for point, _ in places), knot + 0.0006 * up]
        heart = np.mean([point for point, _ in places], axis=0)
        ups = [up]
        for step, (point, normal) in enumerate(places):
            lean = np.sin(np.pi * (step + 0.5) / len(places))
            ups.append(unit(normal + 1.1 * lean * unit(point - heart)))
        parts.append(_lace(points, [*ups, up], material, 39))
        tail = [_beside(*row, inner=inner) for row in _END]
        parts.append(_lace([knot, *(p for p, _ in tail)], [up, *(n for _, n in tail)], material, 21))
        (before, _), (tip, normal) = tail[-2], tail[-1]
        way = unit(tip - before)
        stick = tip + np.outer(np.linspace(-0.003, 0.013, 6), way)
        angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
        round_ = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        sizes = np.array([0.0019, 0.0022, 0.0020, 0.0018, 0.0017, 0.0014])[:, None, None]
        caps.append(tube(stick, np.broadcast_to(normal, stick.shape), round_ * sizes, tips))
    side = np.array([1.0, 0.0, 0.0])
    front = unit(np.cross(side, up))
    wrap = [
        knot + front * 0.0075 * np.cos(t) + up * (0.0042 * np.sin(t) + 0.0004)
        for t in np.linspace(-0.5, np.pi + 0.5, 7)
    ]
    ways = [unit(front * np.cos(t) + up * np.sin(t)) for t in np.linspace(-0.5, np.pi + 0.5, 7)]
    parts.append(_lace(wrap, ways, material, 17, wide=0.0078))
    return joined(parts), joined(caps)

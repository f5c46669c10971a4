"""A slim hand: palm, four fingers a little bent, and a thumb that stands off."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators.mannequin_field import Array, Field, Loft, cone, union

_FINGERS: Final = (  # across the palm, start and length of a finger of a hand 0.175 m long, radii
    (0.0260, 0.083, 0.080, 0.0083, 0.0060),
    (0.0090, 0.088, 0.089, 0.0085, 0.0060),
    (-0.0085, 0.085, 0.083, 0.0081, 0.0058),
    (-0.0250, 0.077, 0.065, 0.0073, 0.0053),
)
_CURL: Final = (0.10, 0.30, 0.50)  # radians of a finger's three bones towards the palm


def hand(wrist: Array, along: Array, thumb: Array, palm: Array, size: float) -> tuple[Field, tuple[Array, ...]]:
    """A hand's field, and the lines through its fingers and its thumb: float64[4, 3] each, root to tip."""
    flat = Loft(
        origin=wrist, axes=np.stack([along, thumb, palm]),
        at=np.array([-0.02, 0.012, 0.040, 0.068, 0.088, 0.098]) * size,
        low_u=np.array([-0.024, -0.0240, -0.029, -0.0335, -0.0335, -0.032]) * size,
        high_u=np.array([0.025, 0.0265, 0.032, 0.0350, 0.0345, 0.033]) * size,
        low_v=np.array([-0.017, -0.0155, -0.0135, -0.0115, -0.0095, -0.0085]) * size,
        high_v=np.array([0.017, 0.0165, 0.0165, 0.0135, 0.0105, 0.0085]) * size,
        power=np.full(6, 2.3), widest=np.full(6, 0.5), round_low=0.01 * size, round_high=0.012 * size,
    )  # fmt: skip
    lines: list[Array] = []
    solids: list[Field] = []
    for number, (across, start, length, thick, thin) in enumerate(_FINGERS):
        spread = 0.05 * (1.5 - number)
        path = [wrist + size * (along * (start - 0.010) + thumb * across)]
        bend = 0.0
        for share, curl in zip((0.46, 0.30, 0.24), _CURL, strict=True):
            bend = curl * (1.0 + 0.12 * number)
            straight = along * np.cos(spread) + thumb * np.sin(spread)
            direction = straight * np.cos(bend) + palm * np.sin(bend)
            path.append(path[-1] + direction * (length + 0.010) * share * size)
        line = np.array(path)
        lines.append(line)
        radii = np.interp([0.0, 0.46, 0.76, 1.0], [0, 1], [thick, thin]) * size
        solids.extend(cone(line[k], line[k + 1], radii[k], radii[k + 1]) for k in range(3))
    points = np.array([(0.012, 0.016, 0.004), (0.046, 0.042, 0.014), (0.074, 0.056, 0.020), (0.098, 0.063, 0.023)])
    line = wrist + size * (points @ np.stack([along, thumb, palm]))
    lines.append(line)
    for k, (a, b) in enumerate(((0.0135, 0.0115), (0.0108, 0.0090), (0.0090, 0.0068))):
        solids.append(cone(line[k], line[k + 1], a * size, b * size))
    flat_f = flat.field()

    def value(p: Array) -> Array:
        found = flat_f(p)
        fingers = [_joined([solid(p) for solid in solids[3 * k : 3 * k + 3]], 0.004 * size) for k in range(5)]
        four = _joined(fingers[:4], 0.0025 * size)
        found = union(found, four, 0.011 * size)
        return union(found, fingers[4], 0.020 * size)

    return value, tuple(lines)


def _joined(values: list[Array], k: float) -> Array:
    found = values[0]
    for other in values[1:]:
        found = union(found, other, k)
    return found

"""The ribbon about a hat's crown, and its flat bow on the wearer's left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.lofts import grid_normals, lengths, surface, unit
from assets.generators.solids import joined
from assets.model import Material, Primitive

Array = NDArray[np.float64]

WIDE: Final = 0.036
LOW: Final = 0.0022
"""Metres from the band's line up to the ribbon."""
_THICK: Final = 0.0009
_LEFT: Final = np.radians(78.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """Where a ribbon lies: points of the crown's wall by angle and height (metres) and how tall the crown is."""

    crown: Callable[[Array, Array], Array]
    tall: float

    def at(self, angle: Array, up: Array, off: Array | float) -> Array:
        """Points ``off`` metres outside the wall, float64[..., 3]."""
        points = self.crown(angle, up)
        step = 1e-3
        along = self.crown(angle + step, up) - self.crown(angle - step, up)
        rise = self.crown(angle, up + step) - self.crown(angle, np.maximum(up - step, 0))
        out = unit(np.cross(rise, along))
        out = out * np.sign((out * points * [1.0, 0.0, 1.0]).sum(axis=-1, keepdims=True))
        return np.asarray(points + out * np.broadcast_to(off, angle.shape)[..., None])


def _sheet(outer: Array, material: Material, outward: Array) -> Primitive:
    """A strip with rounded long edges, as its outer face float64[rows, columns, 3]."""
    way = grid_normals(outer)
    if float((way * outward).sum()) < 0:
        way = -way
    first, last = outer[0], outer[-1]
    below, above = unit(first - outer[1]), unit(last - outer[-2])
    rows = np.concatenate(
        [
            [first - _THICK * way[0], first - 0.5 * _THICK * way[0] + 0.4 * _THICK * below],
            outer,
            [last - 0.5 * _THICK * way[-1] + 0.4 * _THICK * above, last - _THICK * way[-1]],
        ]
    )
    facing = np.broadcast_to(outward.mean(axis=0), rows.shape)
    return surface(rows, material, outward=facing, uv=lengths(rows)[..., ::-1])


def ribbon(place: Place, material: Material) -> Primitive:
    """Once round the crown."""
    angle, up = np.meshgrid(np.linspace(-np.pi, np.pi, 97), LOW + WIDE * np.linspace(0, 1, 6))
    points = place.at(angle, up, _THICK + 0.0004)
    return _sheet(points, material, place.at(angle, up, 1.0) - points)


def bow(place: Place, material: Material) -> Primitive:
    """Two flat loops, one before and one behind the knot, over two ends that are cut slanting."""
    girth = 0.088
    parts = []
    for side in (-1.0, 1.0):
        for reach, low, high, off in ((0.050, 0.02, 0.84, 0.0020), (0.043, 0.10, 0.98, 0.0042)):
            t, v = np.meshgrid(np.linspace(0, 1, 17), np.linspace(0, 1, 7))
            pinch = 0.62 + 0.38 * np.sin(np.pi / 2 * np.clip(t / 0.45, 0, 1))
            middle = (low + high) / 2 + 0.06 * (0.5 - t)
            height = LOW + WIDE * (middle + (high - low) * (v - 0.5) * pinch)
            slant = (v - 0.5) * 0.012 * side if off < 0.003 else 0 * v
            angle = _LEFT + side * (0.003 + t * (reach + slant)) / girth
            puff = 0.0052 * np.sin(np.pi * t) ** 0.8 if off > 0.003 else 0.0 * t
            crease = -0.0007 * np.cos(3 * np.pi * v) * (1 - t)
            points = place.at(angle, height, off + puff + crease)
            parts.append(_sheet(points, material, place.at(angle, height, 1.0) - points))
            if off > 0.003:
                # The loop's end, folded back to the ribbon.
                a, h = angle[:, -1], height[:, -1]
                rows = [place.at(a, h, off - share * (off - 0.0012)) for share in (0.0, 0.25, 0.7, 1.0)]
                away = unit(place.at(a + side * 0.03, h, off) - place.at(a, h, off))
                bulge = np.array([0.0, 0.0011, 0.0011, 0.0])[:, None, None] * away
                back = np.stack(rows) + bulge
                parts.append(surface(back, material, outward=np.broadcast_to(away, back.shape)))
    turn, up = np.meshgrid(np.linspace(-1, 1, 13), np.linspace(0, 1, 9))
    lift = 0.0078 + 0.0024 * np.sqrt(1 - 0.96 * turn**2) - 0.0035 * (2 * up - 1) ** 4
    knot = place.at(_LEFT + 0.0085 * turn / girth, LOW + WIDE * (-0.02 + 1.04 * up), lift)
    parts.append(_sheet(knot, material, place.at(_LEFT + 0 * turn, LOW + WIDE * up, 1.0) - knot))
    return joined(parts)

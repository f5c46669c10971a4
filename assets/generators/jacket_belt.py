"""A belt pulled tight about a draped coat: it lies where a taut band lies, on the hull of each height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from assets.generators.fastenings import buckle
from assets.generators.jacket_plate import ALL, FIRST_ROW, LAST_ROW, Plate, ease, plate, unit
from assets.model import Material, Primitive

Array = NDArray[np.float64]

THICK: Final = 0.0032


@dataclass(frozen=True, kw_only=True, eq=False)
class Belt:
    """``heights`` float64[r], and for each of them a ring of x and z, ``rings`` float64[r, c, 2], from the middle of
    the front to the wearer's left and on about the back; the last column is the first.
    """

    heights: Array
    rings: Array

    def points(self, columns: Array, off: float) -> tuple[Array, Array]:
        """The band at shares of the way round, ``off`` metres outside it: points and ways out float64[r, c, 3]."""
        run = np.linspace(0, 1, self.rings.shape[1])
        flat = np.stack(
            [np.stack([np.interp(columns % 1.0, run, ring[:, k]) for k in range(2)], axis=1) for ring in self.rings]
        )
        ahead = np.stack(
            [
                np.stack([np.interp((columns + 0.004) % 1.0, run, ring[:, k]) for k in range(2)], axis=1)
                for ring in self.rings
            ]
        )
        way = ahead - flat
        out = unit(np.stack([-way[..., 1], np.zeros(way.shape[:2]), way[..., 0]], axis=-1))
        out *= np.sign(np.einsum("rci,rci->rc", out, _spread(flat)))[..., None]
        y = np.broadcast_to(self.heights[:, None], flat.shape[:2])
        return np.stack([flat[..., 0], y, flat[..., 1]], axis=-1) + off * out, out

    @property
    def girth(self) -> float:
        """How long the band is, metres."""
        middle = self.rings[len(self.rings) // 2]
        return float(np.linalg.norm(np.diff(middle, axis=0), axis=1).sum())


def _spread(flat: Array) -> Array:
    return np.stack([flat[..., 0], np.zeros(flat.shape[:2]), flat[..., 1]], axis=-1)


def taut(points: Array, middle: float, wide: float, rows: int = 7, columns: int = 160) -> Belt:
    """The belt about points float64[n, 3] of a coat's trunk, ``wide`` metres about the height ``middle``."""
    heights = middle + np.linspace(-wide / 2, wide / 2, rows)
    rings = []
    for y in heights:
        near = points[np.abs(points[:, 1] - y) < 0.009][:, [0, 2]]
        hull = near[ConvexHull(near).vertices]
        angle = np.arctan2(hull[:, 0], hull[:, 1])
        ring = hull[np.argsort(angle)]
        turn = np.sort(angle)
        ring = np.concatenate([ring[-1:], ring, ring[:1]])
        turn = np.concatenate([turn[-1:] - 2 * np.pi, turn, turn[:1] + 2 * np.pi])
        first = np.array([np.interp(0.0, turn, ring[:, k]) for k in range(2)])
        after = ring[1:-1][np.argsort(np.sort(angle) % (2 * np.pi))]
        loop = np.concatenate([[first], after, [first]])
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(loop, axis=0), axis=1))])
        at = np.linspace(0, run[-1], columns + 1)
        rings.append(np.stack([np.interp(at, run, loop[:, k]) for k in range(2)], axis=1))
    held = np.stack(rings)
    smooth = gaussian_filter1d(held[:, :-1], 2.0, axis=1, mode="wrap")
    smooth = gaussian_filter1d(smooth, 1.5, axis=0, mode="nearest")
    return Belt(heights=heights, rings=np.concatenate([smooth, smooth[:, :1]], axis=1))


def band(belt: Belt, shell: Material, shift: Array) -> Plate:
    """The belt itself, all the way round."""
    columns = np.linspace(0, 1, belt.rings.shape[1])
    columns[-1] = 0.0
    points, out = belt.points(columns, 0.0045)
    around = np.linspace(0, 1, len(columns)) * belt.girth
    uv = np.stack(np.broadcast_arrays(around[None], -belt.heights[:, None]), axis=-1) + shift
    return plate(points, out, uv, shell, thickness=THICK, sides=(FIRST_ROW, LAST_ROW))


def tail(belt: Belt, start: float, long: float, shell: Material, shift: Array) -> Plate:
    """The belt's end past its buckle, on the belt: from ``start`` (metres round) for ``long`` metres, pointed."""
    share = np.linspace(0, 1, 40)
    columns = (start + share * long) / belt.girth
    points, out = belt.points(columns, 0.0088)
    middle = points.mean(axis=0, keepdims=True)
    # The last four centimetres taper to a point.
    narrow = np.where(share > 1 - 0.030 / long, 0.12 + 0.88 * (1 - share) * long / 0.030, 1.0)
    points = middle + (points - middle) * narrow[:, None]
    # It comes out of the buckle and lies down on the belt.
    points += out * (0.0030 * (1 - ease(share / 0.2)) + 0.0035 * ease((share - 0.7) / 0.3))[None, :, None]
    height = (belt.heights - belt.heights.mean())[:, None] * narrow
    uv = np.stack(np.broadcast_arrays((share * long)[None], -height), axis=-1) + shift
    return plate(points, out, uv, shell, thickness=0.0028, sides=ALL)


def closed(belt: Belt, at: float, horn: Material) -> Primitive:
    """The buckle, ``at`` metres round from the middle of the front."""
    points, out = belt.points(np.array([at / belt.girth]), 0.0075)
    middle = len(belt.heights) // 2
    high = float(np.ptp(belt.heights)) + 0.018
    return buckle(points[middle, 0], out[middle, 0], np.array([0.0, 1.0, 0.0]), horn, wide=0.048, high=high)


def loop(belt: Belt, at: float, shell: Material, shift: Array, wide: float = 0.011) -> Plate:
    """A belt loop across the belt, ``at`` metres round."""
    columns = (at + np.linspace(-wide / 2, wide / 2, 4)) / belt.girth
    points, out = belt.points(columns, 0.0)
    over = np.full(len(belt.heights), 0.0092)
    stack = [points + out * over[:, None, None]]
    for end, way in ((0, -1.0), (-1, 1.0)):
        foot = points[end] + np.array([0.0, way * 0.010, 0.0]) + 0.0010 * out[end]
        bend = points[end] + np.array([0.0, way * 0.0042, 0.0]) + 0.0085 * out[end]
        stack = [np.stack([foot, bend]), *stack] if end == 0 else [*stack, np.stack([bend, foot])]
    grid = np.concatenate(stack)
    outward = np.broadcast_to(out[:1], grid.shape)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(grid[:, 0], axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(np.linspace(0, wide, 4)[None], -run[:, None]), axis=-1) + shift
    return plate(grid, outward, uv, shell, thickness=0.0022, sides=(2, 3))

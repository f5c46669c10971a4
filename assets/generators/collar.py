"""A shirt collar's fall: it rolls over the stand's upper edge and comes down outside, clear of what lies there.

Interlined and pressed, a fall hardly bends but at its roll: along the neck it is a ruled surface, as leaning as what
is under it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates, maximum_filter1d
from scipy.spatial import cKDTree

from assets.generators.garment import Draped
from assets.generators.laid import lofted

Array = NDArray[np.float64]

_STEP: Final = 0.003
_BEND: Final = 0.006  # metres over which the fall bends
_OVER: Final = 0.0005  # metres from the stand's edge to the middle of the fall's outside over it
_AWAY: Final = 0.030  # metres from the garment where its tangent planes mean nothing


@dataclass(frozen=True, kw_only=True)
class Fall:
    """Metres: ``back`` and ``point`` are its depth at the back and along its front edge, ``spread`` how far a point
    is drawn away from the middle, ``gap`` from the middle of the front to where it begins, ``roll`` the radius of
    its fold, ``clear`` how far it stays from the garment; ``lean`` is its least angle from the stand, radians;
    ``knit`` says that it is a straight strip that stretches, not cut to its shape;
    ``rings`` are distances from its free edges, rising, at which rows and columns of its grid run;
    ``rounded`` is the radius of its front corners.
    """

    back: float = 0.046
    point: float = 0.072
    spread: float = 0.034
    gap: float = 0.004
    roll: float = 0.0026
    clear: float = 0.0032
    lean: float = 0.10
    knit: bool = False
    rings: tuple[float, ...] = ()
    rounded: float = 0.0
    rows: int = 15
    columns: int = 97


def fall(rim: Array, foot: Array, garment: Draped, under: Array, shape: Fall) -> Draped:
    """The fall over a stand, its outside up.

    ``rim`` and ``foot`` float64[n, 3] run along the stand's upper and lower edges from the middle of the front round
    the wearer's left and the back to the middle again; ``under`` are the garment's particles that it may lie on.
    """
    run, rim, foot = _even(rim, foot, 181)
    up = _soft(rim - foot)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    ahead = _soft(np.gradient(rim, axis=0))
    out = np.cross(ahead, up)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    depths, lean = _leaning(rim, up, out, garment, under, shape)
    span = run[-1]
    aside = np.array(shape.rings) * np.hypot(shape.point, shape.spread) / shape.point
    inner = shape.gap + aside.max(initial=0.0)
    u = np.linspace(inner, span - inner, shape.columns - 2 * len(aside))
    u = np.concatenate([[shape.gap, *(shape.gap + aside)][: len(aside)], u])
    u = np.concatenate([u, span - u[: len(aside)][::-1]])
    middle = np.abs(2 * u / span - 1)  # 1 at the front, 0 at the back
    # The depth grows from the shoulders to the points, and the columns lean with the front edges.
    front = np.clip((middle - 0.42) / 0.58, 0, 1)
    depth = shape.back + (shape.point - shape.back) * (0.35 * front + 0.65 * front**3)
    if shape.rounded:
        short = np.clip(shape.rounded - np.minimum(u, span - u) + shape.gap, 0, shape.rounded)
        depth -= shape.rounded - np.sqrt(shape.rounded**2 - short**2)
    drawn = shape.spread * np.clip((middle - 0.55) / 0.45, 0, 1) ** 1.6 * np.sign(span / 2 - u)
    arc = np.pi * shape.roll
    rolled = np.append(-0.004, np.linspace(0, 1, 7) * arc)[:, None] * np.ones_like(u)
    last = np.array([0.0, *shape.rings])[::-1, None]
    straight = np.linspace(0, 1, shape.rows - 6 - len(shape.rings))[1:-1, None] * (depth - last[0])
    v = np.concatenate([rolled, arc + straight, arc + depth - last])
    s = u + drawn * np.clip((v - arc) / depth, 0, 1)
    s = np.clip(s, 0.2 * shape.gap, span - 0.2 * shape.gap)

    def at(values: Array) -> Array:
        flat = np.stack([np.interp(s.reshape(-1), run, values[:, k]) for k in range(values.shape[1])], axis=1)
        return flat.reshape(*s.shape, values.shape[1])

    edge, high, way = at(rim), at(up), at(out)
    turn = np.clip(v / arc, 0, 1)[..., None] * np.pi
    # Its beginning covers the stand's edge from inside.
    over = edge + (shape.roll * (1 - np.cos(turn)) - _OVER) * way + (shape.roll * np.sin(turn) + _OVER) * high
    over += np.clip(v, None, 0)[..., None] * high
    where = np.stack([s / span * (len(run) - 1), np.clip(v - arc, 0, depths[-1]) / _STEP])
    aside, down = (map_coordinates(lean[..., k], where, order=1, mode="nearest")[..., None] for k in range(2))
    points = over + aside * way - down * high
    points = np.where(v[..., None] > arc + 0.010, _lifted(points, garment, under, shape.clear), points)
    flat = np.stack([1.12 * (s - span / 2), -v], axis=-1) if shape.knit else _unrolled(points, v)
    # Rows go down from the roll: seen from outside they run against the columns.
    return lofted("fall", flat[::-1], points[::-1])


def _unrolled(points: Array, v: Array) -> Array:
    """The flat pattern float64[rows, columns, 2] of a ruled surface: its strips laid down one after the other from
    the middle, every column a straight line. ``v`` float64[rows, columns] is how far down a point is.
    """
    top, low = points[1], points[-1]
    deep = v[-1] - v[1]
    ends = np.empty((points.shape[1], 2, 2))
    middle = points.shape[1] // 2
    ends[middle] = [(0.0, 0.0), (0.0, -deep[middle])]
    for step in (1, -1):
        stop = points.shape[1] if step > 0 else -1
        for k in range(middle + step, stop, step):
            p, q = ends[k - step]
            far = [float(np.linalg.norm(top[k] - end)) for end in (top[k - step], low[k - step])]
            near = _apex(p, q, far[0], far[1], step)
            side = [float(np.linalg.norm(low[k] - end)) for end in (top[k], low[k - step])]
            ends[k] = [near, _apex(near, q, side[0], side[1], step)]
    share = ((v - v[1]) / deep)[..., None]
    return np.asarray((1 - share) * ends[:, 0] + share * ends[:, 1])


def _apex(p: Array, q: Array, from_p: float, from_q: float, step: int) -> Array:
    """The point at two distances from two points, right of the way down from one to the other with ``step`` 1."""
    way = q - p
    base = np.hypot(*way)
    along = (from_p**2 - from_q**2 + base**2) / (2 * base)
    aside = np.sqrt(max(from_p**2 - along**2, 0.0))
    return np.asarray(p + (along * way + step * aside * np.array([-way[1], way[0]])) / base)


def _even(rim: Array, foot: Array, count: int) -> tuple[Array, Array, Array]:
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(rim, axis=0), axis=1))])
    at = np.linspace(0, run[-1], count)
    share = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(foot, axis=0), axis=1))])
    share *= run[-1] / share[-1]
    one = np.stack([np.interp(at, run, rim[:, k]) for k in range(3)], axis=1)
    two = np.stack([np.interp(at, share, foot[:, k]) for k in range(3)], axis=1)
    return at, _soft(one, 3.0), two


def _soft(values: Array, wide: float = 5.0) -> Array:
    """Along a closed line whose two ends are one place."""
    return np.asarray(gaussian_filter1d(values, wide, axis=0, mode="wrap"))


def _leaning(rim: Array, up: Array, out: Array, garment: Draped, under: Array, shape: Fall) -> tuple[Array, Array]:
    """Depths float64[k] under the roll, and where the fall is there, float64[stations, k, 2]: how far out and how far
    down. Each step goes as steeply as stays clear of the garment; then bends are made as wide as interlined cloth's.
    """
    tree = cKDTree(garment.points[under])
    near, away = garment.points[under], garment.normals[under]
    angles = np.radians(np.arange(np.degrees(shape.lean), 86.0, 3.0))
    steps = int(np.ceil(max(shape.back, shape.point) * 1.1 / _STEP))
    way = np.sin(angles)[:, None, None] * out - np.cos(angles)[:, None, None] * up
    here = rim + 2 * shape.roll * out
    turned = np.empty((len(rim), steps))
    for k in range(steps):
        ahead = here + _STEP * way
        _, nearest = tree.query(ahead)
        high = np.einsum("asi,asi->as", ahead - near[nearest], away[nearest])
        far = np.linalg.norm(ahead - near[nearest], axis=-1)
        clear = (high >= shape.clear) | (far > _AWAY)
        first = np.where(clear.any(axis=0), clear.argmax(axis=0), len(angles) - 1)
        turned[:, k] = angles[first]
        here = ahead[first, np.arange(len(rim))]
    turned = maximum_filter1d(turned, 5, axis=0, mode="wrap")
    turned = gaussian_filter1d(turned, 6.0, axis=0, mode="wrap")
    turned = gaussian_filter1d(turned, _BEND / _STEP, axis=1, mode="nearest")
    moved = _STEP * np.stack([np.sin(turned), np.cos(turned)], axis=-1)
    placed = np.concatenate([np.zeros((len(rim), 1, 2)), np.cumsum(moved, axis=1)], axis=1)
    return np.asarray(_STEP * np.arange(steps + 1), dtype=np.float64), placed


def _lifted(points: Array, garment: Draped, under: Array, clear: float) -> Array:
    """Points float64[rows, columns, 3] raised softly where they are too near the garment."""
    near, away = garment.points[under], garment.normals[under]
    tree = cKDTree(near)
    for _ in range(3):
        far, nearest = tree.query(points)
        high = np.einsum("...i,...i->...", points - near[nearest], away[nearest])
        short = np.where(far < _AWAY, np.clip(clear - high, 0, None), 0.0)
        short = np.maximum(short, gaussian_filter1d(gaussian_filter1d(short, 2.0, axis=0), 2.0, axis=1))
        points = points + short[..., None] * away[nearest]
    return points

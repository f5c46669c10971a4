"""From many short pieces to few long lines: joined end to end, smoothed a little, simplified."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from renderers.flat_mesh import Array, Index

_TURN_COST = 3.0  # pixels that a turn by ninety degrees is worth when a line looks for its next piece
_SHARPEST = 0.5  # cosine: pieces that double back are not one line
_MOST_PAIRS = 4_000_000
_ROUNDED = 4.0  # pixels about a corner that may be off

Chain = tuple[Array, bool]
"""Points float64[n, 2] and whether it is closed."""


def chained(ends: Array, reach: float) -> list[Chain]:
    """Joins straight pieces float64[k, 2, 2] whose ends lie within ``reach`` pixels, the straightest first."""
    return joined([(piece, False) for piece in ends], reach)


def joined(lines: Sequence[Chain], reach: float, *, sharpest: float = _SHARPEST) -> list[Chain]:
    """Joins open lines whose ends lie within ``reach`` pixels, nearest and straightest first."""
    done = [line for line in lines if line[1]]
    parts = [points for points, closed in lines if not closed and len(points) > 1]
    if not parts:
        return done
    tips = np.array([tip for points in parts for tip in (points[0], points[-1])])
    ways = np.array([way for points in parts for way in (_way(points), _way(points[::-1]))])
    mate = _mates(tips, ways, reach, sharpest)
    return done + _followed(parts, mate)


def _way(points: Array) -> Array:
    """The unit direction from the first point into the line, over a few pixels."""
    distance = np.linalg.norm(points - points[0], axis=1)
    far = np.flatnonzero(distance >= 4.0)
    way = points[far[0] if len(far) else -1] - points[0]
    length = np.linalg.norm(way)
    return way / length if length > 1e-9 else np.zeros(2)


def _mates(tips: Array, ways: Array, reach: float, sharpest: float) -> Index:
    """For each tip the one that it is joined to, or -1."""
    pairs = cKDTree(tips).query_pairs(reach, output_type="ndarray")
    mate = np.full(len(tips), -1, dtype=np.int64)
    if not 0 < len(pairs) <= _MOST_PAIRS:
        return mate
    turn = np.einsum("ij,ij->i", ways[pairs[:, 0]], ways[pairs[:, 1]])
    gap = np.linalg.norm(tips[pairs[:, 0]] - tips[pairs[:, 1]], axis=1)
    fits = turn < sharpest
    pairs, cost = pairs[fits], (gap + _TURN_COST * (1 + turn))[fits]
    for a, b in pairs[np.lexsort((pairs[:, 1], pairs[:, 0], np.round(cost, 6)))]:
        if mate[a] < 0 and mate[b] < 0 and a != b:
            mate[a], mate[b] = b, a
    return mate


def _followed(parts: Sequence[Array], mate: Index) -> list[Chain]:
    """Walks from piece to piece: tip 2i is the start of piece i, 2i + 1 its end."""
    found: list[Chain] = []
    used = np.zeros(len(parts), dtype=bool)
    open_tips = [tip for tip in range(2 * len(parts)) if mate[tip] < 0]
    for start in [*open_tips, *range(0, 2 * len(parts), 2)]:
        if used[start // 2]:
            continue
        walk: list[Array] = []
        tip, closed = start, False
        while True:
            piece = tip // 2
            used[piece] = True
            walk.append(parts[piece] if tip % 2 == 0 else parts[piece][::-1])
            tip = int(mate[tip ^ 1])
            if tip < 0:
                break
            if used[tip // 2]:
                closed = True
                break
        points = _distinct(np.concatenate(walk))
        if closed and len(points) > 1 and np.linalg.norm(points[0] - points[-1]) < 1e-6:
            points = points[:-1]
        if len(points) > 1:
            found.append((points, closed and len(points) > 2))
    return found


def _distinct(points: Array) -> Array:
    keep = np.ones(len(points), dtype=bool)
    keep[1:] = np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-6
    return points[keep]


def length(points: Array, closed: bool) -> float:
    """Pixels along a line."""
    ring = np.vstack([points, points[:1]]) if closed else points
    return float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())


def smoothed(points: Array, closed: bool, *, sigma: float, corner: float) -> Array:
    """The line resampled every pixel or so and low-passed over ``sigma`` pixels; turns of more than ``corner``
    degrees within that length stay sharp, and open ends stay where they are.
    """
    step = min(max(sigma / 3, 0.5), 1.0)
    fine = resampled(points, closed, step)
    if len(fine) < 5:
        return points
    reach = max(round(1.5 * sigma / step), 2)
    cuts = _corners(fine, closed, reach, corner)
    fine = _sharpened(fine, closed, cuts, round(_ROUNDED / step))
    if closed and not len(cuts):
        return np.asarray(gaussian_filter1d(fine, sigma / step, axis=0, mode="wrap"))
    if closed:
        fine = np.roll(fine, -int(cuts[0]), axis=0)
        fine = np.vstack([fine, fine[:1]])
        cuts = cuts - cuts[0]
        stops = np.unique([*cuts, len(fine) - 1])
    else:
        stops = np.unique([0, *cuts, len(fine) - 1])
    parts = [_held(fine[a : b + 1], sigma / step) for a, b in pairwise(stops)]
    whole = np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])
    return whole[:-1] if closed else whole


def _held(points: Array, sigma: float) -> Array:
    """Low-passed with both ends held: what is left of the straight line between them goes to 0 at both."""
    if len(points) < 4:
        return points
    share = np.linspace(0, 1, len(points))[:, None]
    straight = points[0] * (1 - share) + points[-1] * share
    rest = points - straight
    # Odd reflection keeps the ends where they are.
    padded = np.concatenate([-rest[:0:-1], rest, -rest[-2::-1]])
    low = gaussian_filter1d(padded, sigma, axis=0, mode="nearest")[len(rest) - 1 : 2 * len(rest) - 1]
    return np.asarray(straight + low)


def resampled(points: Array, closed: bool, step: float) -> Array:
    """Points along the line, about ``step`` pixels apart."""
    ring = np.vstack([points, points[:1]]) if closed else points
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    count = max(round(run[-1] / step), 1)
    at = np.linspace(0, run[-1], count + 1)
    fine = np.stack([np.interp(at, run, ring[:, i]) for i in range(2)], axis=1)
    return fine[:-1] if closed else fine


def _corners(points: Array, closed: bool, reach: int, degrees: float) -> Index:
    """Where the line turns by more than ``degrees`` within ``reach`` samples to each side; the sharpest of each."""
    reach = max(reach, 1)
    n = len(points)
    if n < 2 * reach + 2:
        return np.zeros(0, dtype=np.int64)
    number = np.arange(n)
    if closed:
        before, after = points[(number - reach) % n], points[(number + reach) % n]
    else:
        before, after = points[np.maximum(number - reach, 0)], points[np.minimum(number + reach, n - 1)]
    a, b = points - before, after - points
    product = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    turn = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", a, b) / np.maximum(product, 1e-12), -1, 1)))
    if not closed:
        turn[:reach] = turn[-reach:] = 0
    found: list[int] = []
    for i in np.flatnonzero(turn > degrees):
        around = np.arange(i - reach, i + reach + 1)
        around = around % n if closed else around[(around >= 0) & (around < n)]
        if turn[i] >= turn[around].max() and (not found or i - found[-1] > reach):
            found.append(int(i))
    return np.array(found, dtype=np.int64)


def _sharpened(points: Array, closed: bool, corners: Index, half: int) -> Array:
    """Each corner put where the straight lines on both sides of it meet, for pixels round it off."""
    out, n = points.copy(), len(points)
    reach = 3 * half
    for i in corners:
        span = np.array([i - reach, i - half, i + half, i + reach])
        if not closed and (span[0] < 0 or span[3] >= n):
            continue
        a, b, c, d = points[span % n]
        system = np.stack([b - a, c - d], axis=1)
        if abs(np.linalg.det(system)) < 1e-6 * max(float(np.abs(system).max()) ** 2, 1e-12):
            continue
        met = a + np.linalg.solve(system, c - a)[0] * (b - a)
        if np.linalg.norm(met - points[i]) > half:
            continue
        for k in range(1, half):  # the way there is straight too
            share = k / half
            out[(i - k) % n] = met * (1 - share) + points[(i - half) % n] * share
            out[(i + k) % n] = met * (1 - share) + points[(i + half) % n] * share
        out[i] = met
    return out


def simplified(points: Array, closed: bool, tolerance: float) -> Array:
    """Douglas and Peucker, 1973: as few points as stay within ``tolerance`` pixels of the line."""
    if len(points) < 3:
        return points
    found = cv2.approxPolyDP(points.astype(np.float32).reshape(-1, 1, 2), tolerance, closed)
    return np.asarray(found, np.float64).reshape(-1, 2)

"""Around a garment as it lies on a table: along the outside of all that is there, into folds that are open.

A tape around a worn garment is too short, for cloth hangs in folds; the whole length of the cut is too long where
cloth is doubled: a facing, a pocket, a front that laps over the other, a pleat. What a tailor measures flat is
between: the outline of everything at that level. It is taken in small angles about the middle; where several layers
lie there the outer one counts, and a gap (a coat that stands open) is bridged straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from assets.measure import READING_CM, Array, Measured, MeasureError, Section, Surface, sections, spanning
from assets.measure_paths import SEAM_M

_GRAIN_M: Final = 0.003  # of the outline: finer, and one saw the layers beneath through its gaps
_SAMPLE_M: Final = 0.0003
_SHARE: Final = 0.002  # of the length: what the grain may add or leave out


def flat(of: Surface, point: Array, normal: Array, *, near: Array | None = None) -> Measured:
    """Around, in the plane through ``point`` with that ``normal``: of what lies ``near`` (else of the largest piece),
    with all that its outline holds. Raises MeasureError ``measure.no_section``.
    """
    normal = np.asarray(normal, np.float64) / np.linalg.norm(normal)
    found = sections(of, point, normal)
    if not found:
        low, high = (100 * value for value in of.box)
        msg = f"nothing is cut there: the surface reaches from {low[1]:.1f} to {high[1]:.1f} cm in height"
        raise MeasureError(msg, code="measure.no_section")
    across, along = spanning(normal)
    hulls = [one.hull for one in found]
    flats = [np.stack([hull @ across, hull @ along], axis=1) for hull in hulls]
    first = 0
    if near is not None:
        first = min(range(len(found)), key=lambda n: _away(flats[n], np.array([near @ across, near @ along])))
    kept = _together(found, flats, first)
    ring = _outline([found[n] for n in kept], across, along)
    metres = _around(ring)
    return Measured(
        cm=100 * metres, error=_hidden([found[n] for n in kept], metres), line=np.vstack([ring, ring[:1]])
    )


def closed(of: Surface, point: Array, normal: Array) -> bool:
    """Whether cloth goes all round the point in the plane through it: no slit, no open front."""
    normal = np.asarray(normal, np.float64) / np.linalg.norm(normal)
    across, along = spanning(normal)
    at = np.array([[point @ across, point @ along]])
    for one in sections(of, point, normal):
        hull = one.hull
        if not len(_ends(one)) and _inside(at, np.stack([hull @ across, hull @ along], axis=1)).any():
            return True
    return False


def _hidden(parts: Sequence[Section], metres: float) -> float:
    """Centimetres that facets may hide of a round outline (an arc and its chord), and the grain of the outline."""
    long = np.linalg.norm(np.concatenate([np.diff(part.segments, axis=1)[:, 0] for part in parts]), axis=1)
    side = float((long**3).sum() / max(float(long.sum()), 1e-12)) / max(metres / (2 * np.pi), 1e-6) ** 2
    return max(100 * metres * (side / 24 + _SHARE), READING_CM)


def _together(found: Sequence[Section], flats: Sequence[Array], first: int) -> list[int]:
    """The pieces that lie in one outline with the first one: those that it holds, that hold it, that lap over it, or
    that go on where it ends: panels that meet at a seam and are not joined there.
    """
    ends = [_ends(one) for one in found]
    kept, waiting = [first], [n for n in range(len(flats)) if n != first]
    grew = True
    while grew:
        near = [n for n in waiting if any(_laps(flats[n], flats[m]) or _meet(found, ends, n, m) for m in kept)]
        kept += near
        waiting = [n for n in waiting if n not in near]
        grew = bool(near)
    return kept


def _ends(one: Section) -> Array:
    """Where a piece ends, float64[n, 3]; a closed one nowhere."""
    points = one.segments.reshape(-1, 3)
    _, at, count = np.unique(np.round(points / 1e-7).astype(np.int64), axis=0, return_index=True, return_counts=True)
    return np.asarray(points[at[count == 1]])


def _meet(found: Sequence[Section], ends: Sequence[Array], one: int, other: int) -> bool:
    for a, b in ((one, other), (other, one)):
        if len(ends[a]) and len(ends[b]):
            points = found[b].segments.reshape(-1, 3)
            if (np.linalg.norm(ends[a][:, None] - points, axis=2).min(axis=1) < SEAM_M).any():
                return True
    return False


def _laps(one: Array, other: Array) -> bool:
    return bool(_inside(one, other).any() or _inside(other, one).any())


def _inside(points: Array, hull: Array) -> Array:
    """Which points lie in a convex polygon, counterclockwise."""
    if len(hull) < 3:
        return np.zeros(len(points), bool)
    side = np.roll(hull, -1, axis=0) - hull
    to = points[:, None] - hull
    return np.asarray((side[:, 0] * to[..., 1] - side[:, 1] * to[..., 0] >= 0).all(axis=1))


def _away(hull: Array, point: Array) -> float:
    """How far a point is from a piece: of two that hold it the larger one is the nearer."""
    if _inside(point[None], hull).any():
        return -float(np.ptp(hull, axis=0).max())
    return float(np.linalg.norm(hull - point, axis=1).min())


def _outline(parts: Sequence[Section], across: Array, along: Array) -> Array:
    """The outermost points about the middle, float64[n, 3], in order of their angle."""
    ends = np.concatenate([part.segments for part in parts])
    step = ends[:, 1] - ends[:, 0]
    count = np.maximum(np.ceil(np.linalg.norm(step, axis=1) / _SAMPLE_M).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(ends)), count)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    at = ends[owner, 0] + step[owner] * share[:, None]
    plane = np.stack([at @ across, at @ along], axis=1)
    middle = (plane.min(axis=0) + plane.max(axis=0)) / 2
    away = plane - middle
    rays = int(np.clip(np.ptp(plane, axis=0).sum() * 1.6 / _GRAIN_M, 48, 1440))
    bin_ = np.floor((np.arctan2(away[:, 1], away[:, 0]) + np.pi) * (rays / (2 * np.pi))).astype(np.int64) % rays
    far = np.einsum("ij,ij->i", away, away)
    order = np.lexsort((far, bin_))
    last = np.flatnonzero(np.diff(bin_[order], append=rays))
    return np.asarray(at[order[last]])


def _around(corners: Array) -> float:
    return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).sum())

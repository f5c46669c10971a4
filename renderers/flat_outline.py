"""The outlines of layers: found in the drawn pixels, which never lose their thread, and put onto the exact edges of
the mesh, which know where they are to a hundredth of a pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from renderers.distances import Distances
from renderers.flat_chains import Chain
from renderers.flat_edges import looked_up
from renderers.flat_mesh import Array

_NORMAL_SIGMA = 2.0  # pixels over which an outline's direction is taken
_SHORTEST = 6  # pixels
_SNAP = 1.6  # pixels: further from every edge, an outline stays where the pixels have it


def outlines(seen: Distances, layer: int, exact: tuple[Array, Array], *, smallest: float, gap: int) -> list[Chain]:
    """The visible outline of one layer, in pixels. ``exact`` are points on the mesh's own edges float64[k, 2] with
    their directions; rings about less than ``smallest`` square pixels are left out. ``gap`` is how many pixels an
    outline may lose to a neighbour without being cut: where one layer lies on another, they take turns.
    """
    mask = (seen.layer == layer).astype(np.uint8)
    rings, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    tree = cKDTree(exact[0]) if len(exact[0]) else None
    found: list[Chain] = []
    for ring in rings:
        if len(ring) < 8 or cv2.contourArea(ring) < smallest:
            continue
        points = ring.reshape(-1, 2).astype(np.float64) + 0.5
        outward = _outward(points, mask)
        within = looked_up(seen.metres, points)
        beyond = looked_up(seen.metres, points + 2.0 * outward)
        ours = beyond >= within
        edge = points + 0.5 * outward
        if tree is not None:
            edge = _snapped(edge, tree, exact)
        found += _runs(edge, ours, gap)
    return found


def _outward(points: Array, mask: NDArray[np.uint8]) -> Array:
    """Unit normals that point out of the mask."""
    soft = gaussian_filter1d(points, _NORMAL_SIGMA, axis=0, mode="wrap")
    tangent = np.roll(soft, -1, axis=0) - np.roll(soft, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    image = mask.astype(np.float32)
    inside = looked_up(image, points + 2.0 * normal).mean() > looked_up(image, points - 2.0 * normal).mean()
    return np.asarray(-normal if inside else normal)


def _snapped(points: Array, tree: cKDTree, exact: tuple[Array, Array]) -> Array:
    far, nearest = tree.query(points, distance_upper_bound=_SNAP)
    near = np.isfinite(far)
    where, way = exact
    out = points.copy()
    at = nearest[near]
    along = np.einsum("ij,ij->i", points[near] - where[at], way[at])
    out[near] = where[at] + np.clip(along, -1.0, 1.0)[:, None] * way[at]
    return out


def _runs(points: Array, ours: NDArray[np.bool_], gap: int) -> list[Chain]:
    """The parts of a ring that are its own; short losses are kept."""
    if ours.all():
        return [(points, True)]
    if not ours.any():
        return []
    # Begins in the middle of the longest part that is another's, so that no run lies across the seam of the ring.
    other = np.flatnonzero(ours)
    lost = np.diff(np.concatenate([other, [other[0] + len(ours)]]))
    first = int(other[lost.argmax()] + lost.max() // 2) % len(ours)
    points, ours = np.roll(points, -first, axis=0), np.roll(ours, -first)
    mine = np.flatnonzero(ours)
    cuts = np.flatnonzero(np.diff(mine) > gap)
    starts, ends = mine[np.concatenate([[0], cuts + 1])], mine[np.concatenate([cuts, [-1]])]
    if lost.max() <= gap:
        return [(points, True)]
    return [(points[a : b + 1], False) for a, b in zip(starts, ends, strict=True) if b - a >= _SHORTEST]

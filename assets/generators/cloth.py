"""Cloth at rest under gravity: extended position-based dynamics with small steps.

Macklin, Müller, Chentanez, "XPBD: Position-Based Simulation of Compliant Constrained Dynamics", MIG 2016, and
Macklin et al., "Small Steps in Physics Simulation", SCA 2019: one iteration a step, many steps. Constraints are
distances along edges (stretch) and across edge pairs (bending), solved Gauss-Seidel by colours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Collider = Callable[[Array], tuple[Array, Array]]

GRAVITY: Final = np.array([0.0, -9.81, 0.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloth:
    """``pairs`` int64[k, 2] with rest lengths and compliances (m/N per pair, 0 is rigid), float64[k] each;
    ``inverse_mass`` float64[n] in 1/kg, 0 for what is pinned.
    """

    pairs: Index
    rest: Array
    compliance: Array
    inverse_mass: Array


@dataclass(frozen=True, kw_only=True)
class Drape:
    """How one stretch of relaxation goes. Seconds, metres; ``friction`` is Coulomb's; ``spacing`` is how far
    apart two cloth particles that are no neighbours keep (0: they do not see each other).
    """

    seconds: float
    steps_per_second: int = 600
    gravity: float = 1.0
    clearance: float = 0.004
    friction: float = 0.4
    damping: float = 2.0
    spacing: float = 0.0


def colours(pairs: Index, count: int) -> list[Index]:
    """Groups of pairs that share no particle, greedily: indices into ``pairs``."""
    used: list[set[int]] = [set() for _ in range(count)]
    colour = np.empty(len(pairs), dtype=np.int64)
    for k, (a, b) in enumerate(pairs.tolist()):
        c = 0
        taken_a, taken_b = used[a], used[b]
        while c in taken_a or c in taken_b:
            c += 1
        colour[k] = c
        taken_a.add(c)
        taken_b.add(c)
    return [np.flatnonzero(colour == c) for c in range(int(colour.max()) + 1)]


def relax(
    cloth: Cloth, start: Array, collider: Collider, drape: Drape, layers: Callable[[Array], None] | None = None
) -> Array:
    """Where the particles come to: float64[n, 3] from ``start`` of the same shape. ``layers`` is called with the
    points in every step before they meet the skin, and moves those whose order it knows.
    """
    x, v = start.copy(), np.zeros_like(start)
    w = cloth.inverse_mass
    groups = []
    h = 1.0 / drape.steps_per_second
    for group in colours(cloth.pairs, len(x)):
        a, b = cloth.pairs[group].T
        total = w[a] + w[b] + cloth.compliance[group] / (h * h)
        keep = total > 0
        a, b, total = a[keep], b[keep], total[keep]
        groups.append((a, b, cloth.rest[group][keep], (w[a] / total)[:, None], (w[b] / total)[:, None]))
    free = w > 0
    apart: tuple[Index, Index] | None = None
    neighbours = set(map(tuple, np.sort(cloth.pairs, axis=1).tolist())) if drape.spacing else set()
    for step in range(round(drape.seconds * drape.steps_per_second)):
        v[free] += h * drape.gravity * GRAVITY
        v *= max(0.0, 1 - drape.damping * h)
        speed = np.linalg.norm(v, axis=1, keepdims=True)
        v *= np.minimum(1.0, 3.0 / np.maximum(speed, 1e-9))
        before = x.copy()
        x = x + h * v
        for a, b, rest, share_a, share_b in groups:
            d = x[a] - x[b]
            length = np.sqrt(np.einsum("ij,ij->i", d, d))
            d *= ((length - rest) / np.maximum(length, 1e-9))[:, None]
            x[a] -= share_a * d
            x[b] += share_b * d
        if drape.spacing:
            if step % 20 == 0:
                apart = _close(x, drape.spacing, neighbours)
            if apart is not None:
                _push_apart(x, apart, drape.spacing)
        if layers is not None:
            layers(x)
        _collide(x, before, free, collider, drape)
        v = (x - before) / h
    return x


def _collide(x: Array, before: Array, free: NDArray[np.bool_], collider: Collider, drape: Drape) -> None:
    distance, outward = collider(x)
    inside = np.flatnonzero((distance < drape.clearance) & free)
    if not len(inside):
        return
    n = outward[inside]
    depth = drape.clearance - distance[inside]
    x[inside] += n * depth[:, None]
    slide = x[inside] - before[inside]
    slide -= n * np.einsum("ij,ij->i", slide, n)[:, None]
    length = np.linalg.norm(slide, axis=1)
    # Coulomb: sticks while the slide is shorter than friction times the depth that was pushed out.
    share = np.minimum(1.0, drape.friction * depth / np.maximum(length, 1e-12))
    x[inside] -= slide * share[:, None]


def _close(x: Array, spacing: float, neighbours: set[tuple[int, int]]) -> tuple[Index, Index] | None:
    found = cKDTree(x).query_pairs(1.5 * spacing, output_type="ndarray")
    kept = np.array([pair for pair in found.tolist() if tuple(pair) not in neighbours], dtype=np.int64)
    return (kept[:, 0], kept[:, 1]) if len(kept) else None


def _push_apart(x: Array, pairs: tuple[Index, Index], spacing: float) -> None:
    a, b = pairs
    d = x[a] - x[b]
    length = np.linalg.norm(d, axis=1)
    near = length < spacing
    if near.any():
        a, b, d, length = a[near], b[near], d[near], length[near]
        move = d * (0.25 * (spacing - length) / np.maximum(length, 1e-9))[:, None]
        np.add.at(x, a, move)
        np.subtract.at(x, b, move)

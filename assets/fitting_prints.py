"""Prints keep their size: the UVs of a fitted garment's panels are laid anew over the cloth as it hangs.

Cloth bends and hardly stretches, and what is printed on it no more than it does. A fitted garment follows skin,
which stretches; so its panels are flattened again as they are worn, by local and global steps in turn (Liu et al.,
"A local/global approach to mesh parameterization", 2008): each cell of a panel asks for the size that its cloth has
there, turned as its neighbours are, and one linear system finds what suits all of them best. After that cells that
are nearly true to size are left alone, and the others ask for no more than that, which spreads what cannot be flat.

The unknowns are displacements on a coarse lattice over each panel (:mod:`assets.fitting_nets`). Where that is too
coarse, as in the bend of an elbow, the panel's own triangles follow. A panel keeps its grain upright and its middle
in place.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.fitting_flat import Flat, flat_of
from assets.fitting_nets import Net, lattice, lattice_of, mesh, mesh_of

Array = NDArray[np.float64]

LOW, HIGH = 0.8, 1.25
"""What a print may be smaller or larger than it is, along any direction."""
_ENOUGH: Final = 0.04
"""Share of a garment's cloth that may be beyond that on the lattice; where there is more, panels are laid again."""
_LEFT: Final = 0.02  # of it on the panels that are not
_RIGID: Final = 2  # rounds in which every cell asks for its own size
_ROUNDS: Final = 6  # rounds after that
_AGAIN: Final = 5  # rounds on a panel's own triangles
_PRESSES: Final = 4  # times that all panels are, when a garment is made
_NEARLY: Final = (0.9, 1.11)  # within which a cell is left alone
_EYE: Final = np.array([[1.0], [0.0], [0.0], [1.0]])


def relaxed(item: str, x: Array) -> Array:
    """UVs of the catalogue's garment with its vertices at ``x`` float64[n, 3], metres: float64[n, 2]. Those of
    trimmings and stitches are as stored (zeros where there are none).
    """
    flat = flat_of(item)
    if not flat.count:
        return flat.uv
    square = _squares(x, flat)
    moved = _spread(flat, lattice_of(item), square)
    for panel in _beyond(flat, square, flat.uv + moved):
        _again(mesh_of(item, panel), square, moved)
    return flat.uv + moved


def pressed(flat: Flat, x: Array) -> Array:
    """UVs of a garment that is made, as true to size as they can be: as :func:`relaxed`, on the triangles of all of
    its panels.
    """
    square = _squares(x, flat)
    moved = _spread(flat, lattice(flat), square)
    nets = [mesh(flat, panel) for panel in range(flat.count)]
    for _ in range(_PRESSES):
        for net in nets:
            _again(net, square, moved)
    return flat.uv + moved


def _spread(flat: Flat, net: Net, square: Array) -> Array:
    """How a lattice moves all vertices, float64[n, 2]."""
    moved = np.zeros_like(flat.uv)
    moved[net.vertices] = net.spread @ _laid(net, square[:, net.mine], None, moved)
    return moved


def _again(net: Net, square: Array, moved: Array) -> None:
    """Lays a panel again that was ``moved``, on its own triangles."""
    assert net.first is not None
    before = moved[net.vertices[net.first]]
    moved[net.vertices] = net.spread @ _laid(net, square[:, net.mine], before, moved)


def _squares(x: Array, flat: Flat) -> Array:
    """Of each triangle's two edges from its first corner: their squares and their product, float64[3, m]."""
    a, b, c = (x[flat.triangles[:, corner]] for corner in range(3))
    one, two = b - a, c - a
    return np.stack([np.einsum("ij,ij->i", p, q) for p, q in ((one, one), (one, two), (two, two))])


def _beyond(flat: Flat, square: Array, uv: Array) -> list[int]:
    """The panels to lay again: those on which most is beyond its size, if that is much of the garment."""
    (a, b), (c, d) = (uv[flat.triangles[:, corner]].T - uv[flat.triangles[:, 0]].T for corner in (1, 2))
    spread = (a * d - b * c) ** 2
    area = np.sqrt(np.maximum(square[0] * square[2] - square[1] ** 2, 0))
    # The metric in UVs: its eigenvalues are the squares of how long steps are in space.
    half = (square[0] * (c * c + d * d) - 2 * square[1] * (a * c + b * d) + square[2] * (a * a + b * b)) / 2
    root = np.sqrt(np.maximum(half * half - area * area * spread, 0))
    bad = (half - root <= LOW * LOW * spread) | (half + root >= HIGH * HIGH * spread)
    total, beyond = (np.bincount(flat.panel, part, flat.count) for part in (area, np.where(bad, area, 0.0)))
    if beyond.sum() <= _ENOUGH * total.sum():
        return []
    worst = np.argsort(-beyond, kind="stable")
    left = beyond.sum() - np.concatenate([[0.0], np.cumsum(beyond[worst])])
    again: list[int] = worst[: int((left[:-1] > _LEFT * total.sum()).sum())].tolist()
    return again


def _laid(net: Net, square: Array, before: Array | None, others: Array) -> Array:
    """How the nodes move, float64[nodes, 2], for triangles with edges as :func:`_squares` gives them; from where they
    were moved ``before``, while all vertices moved by ``others`` float64[n, 2].
    """
    root = _root(net, square)
    moved, rounds = (np.zeros_like(net.nodes), _RIGID + _ROUNDS) if before is None else (before, _AGAIN)
    pulled = net.pull @ others[net.far, 1]
    for turn in range(rounds):
        slope = _slope(net, moved)
        ask = (_rigid if before is None and turn < _RIGID else _nearly)(slope, root) - _EYE
        wanted = net.back @ ask.reshape(2, 2, -1).transpose(0, 2, 1).reshape(-1, 2)
        moved = np.stack([net.solvers[0].solve(wanted[:, 0]), net.solvers[1].solve(wanted[:, 1] + pulled)], axis=1)
    return _upright(net, moved)


def _slope(net: Net, moved: Array) -> Array:
    """The gradient of the UVs in each cell: u and v along u, then along v, float64[4, cells]."""
    return np.asarray((net.along @ moved).reshape(2, -1, 2).transpose(0, 2, 1).reshape(4, -1) + _EYE)


def _root(net: Net, square: Array) -> Array:
    """The root of each cell's metric, by which its UVs would have to be stretched: float64[3, cells], of a symmetric
    matrix (Cayley and Hamilton).
    """
    a, b, c, d = net.inverse
    uu, uv, vv = (
        np.bincount(net.cell, net.share * found, len(net.area))
        for found in (
            a * a * square[0] + 2 * a * b * square[1] + b * b * square[2],
            a * c * square[0] + (a * d + b * c) * square[1] + b * d * square[2],
            c * c * square[0] + 2 * c * d * square[1] + d * d * square[2],
        )
    )
    area = np.sqrt(np.maximum(uu * vv - uv * uv, 1e-8))
    return np.asarray(np.stack([uu + area, uv, vv + area]) / np.sqrt(uu + vv + 2 * area))


def _times(gradient: Array | tuple[Array, Array, Array, Array], root: Array) -> Array:
    """A gradient (u and v along u, then along v) times a symmetric matrix."""
    (e, f, g, h), (p, q, r) = gradient, root
    return np.stack([e * p + g * q, f * p + h * q, e * q + g * r, f * q + h * r])


def _rigid(slope: Array, root: Array) -> Array:
    """What cells ask for that want their own size, turned as they are."""
    e, f, g, h = _times(slope, root)
    # The rotation nearest to a matrix of the plane is the direction of its turning part.
    co, si = e + h, f - g
    length = np.maximum(np.hypot(co, si), 1e-12)
    co, si = co / length, si / length
    return _times((co, si, -si, co), root)


def _nearly(slope: Array, root: Array) -> Array:
    """What cells ask for that would be nearly their size, whichever way they would be so soonest."""
    p, q, r = root
    size = p * r - q * q
    e, f, g, h = _times(slope, np.stack([r, -q, p]) / size)
    # A matrix of the plane is a turning and a mirroring part, whose lengths are half the sum and half the difference
    # of its singular values.
    a, b, c, d = (e + h) / 2, (f - g) / 2, (e - h) / 2, (f + g) / 2
    turning, mirroring = np.maximum(np.hypot(a, b), 1e-9), np.maximum(np.hypot(c, d), 1e-9)
    large, small = (np.clip(value, *_NEARLY) for value in (turning + mirroring, turning - mirroring))
    one, two = (large + small) / 2 / turning, (large - small) / 2 / mirroring
    a, b, c, d = a * one, b * one, c * two, d * two
    return _times((a + c, b + d, d - b, a - c), root)


def _upright(net: Net, moved: Array) -> Array:
    """Without each panel's mean turn, and with its middle in place, as far as no level seam holds it."""
    e, f, g, h = _slope(net, moved)
    count = len(net.loose)
    turning: Array = np.stack([np.bincount(net.panel, net.area * part, count) for part in (e + h, f - g)])
    turning[0, ~net.loose], turning[1, ~net.loose] = 1, 0
    co, si = (turning / np.maximum(np.hypot(*turning), 1e-12))[:, net.owner]
    u, v = (net.nodes + moved).T
    found = np.stack([co * u + si * v, co * v - si * u], axis=1) - net.nodes
    middle = net.middle @ found
    # Panels that are held together are moved together along the grain, as most of their cloth asks.
    held = net.level >= 0
    size = np.bincount(net.panel, net.area, count)[held]
    total = np.bincount(net.level[held], size)
    middle[held, 1] = (np.bincount(net.level[held], size * middle[held, 1]) / np.maximum(total, 1e-12))[
        net.level[held]
    ]
    middle[~held, 1] = 0
    return np.asarray(found - middle[net.owner])

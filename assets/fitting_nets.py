"""The nets on which the UVs of a garment's panels move: a lattice over all of them, or one panel's triangles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import SuperLU, splu

from assets.fitting_flat import Flat, flat_of, signed

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CELL: Final = 0.020
"""Metres across a cell of the lattice."""
_TWIST: Final = 0.3  # of a cell's stiffness, against the way in which its corners move and its middle does not
_SEWN: Final = 0.03  # times a cell's stiffness, of what holds the two sides of a level seam together along the grain
_HOLD: Final = 1e-6  # of the mean stiffness, so that the system has one solution
_MIDDLE: Final = 0.06  # metres about a panel's middle whose mean stays in place
_SPAN: Final = 1 << 14  # cells along a side


@dataclass(frozen=True, kw_only=True, eq=False)
class Net:
    """Cells over some panels, and what is constant of them whoever wears the garment.

    Of their triangles (``mine`` of those of the garment) ``inverse`` float64[4, k] takes edges to steps in UVs,
    ``cell`` int64[k] is where each is, and ``share`` float64[k] how much of it. ``along`` [2 cells, nodes] gives
    the changes of a field of the nodes along u, then along v, ``back`` [nodes, 2 cells] is its transpose weighted
    with the cells' ``area`` float64[cells], square metres, and ``solvers`` the factorised systems for u and for v.
    ``panel`` int64[cells] and ``owner`` int64[nodes] number the panels; ``nodes`` float64[nodes, 2] is where they
    are, ``middle`` [panels, nodes] a field's mean in the middle of each. ``spread`` [v, nodes] takes a field to the
    ``vertices`` int64[v]; ``first`` int64[nodes] is one of them for each node, where nodes are vertices.

    Level seams: ``pull`` [nodes, k] draws v along with what the ``far`` int64[k] vertices of other nets do. ``loose``
    bool[panels] are those that no seam holds upright, and ``level`` int64[panels] numbers those that seams hold
    together (-1 of what other nets hold).
    """

    mine: Index
    inverse: Array
    cell: Index
    share: Array
    along: sparse.csr_matrix
    back: sparse.csr_matrix
    area: Array
    solvers: tuple[SuperLU, SuperLU]
    panel: Index
    owner: Index
    nodes: Array
    middle: sparse.csr_matrix
    vertices: Index
    spread: sparse.csr_matrix
    first: Index | None
    pull: sparse.csr_matrix
    far: Index
    loose: NDArray[np.bool_]
    level: Index


@lru_cache(maxsize=32)
def lattice_of(item: str) -> Net:
    """Square cells over all panels of the catalogue's garment. Kept."""
    return lattice(flat_of(item))


@lru_cache(maxsize=96)
def mesh_of(item: str, panel: int) -> Net:
    """One panel's own triangles and vertices, of the catalogue's garment. Kept."""
    return mesh(flat_of(item), panel)


def lattice(flat: Flat) -> Net:
    """Square cells over all of a garment's panels."""
    corner = flat.uv[flat.triangles]
    vertices = np.flatnonzero(flat.member >= 0)
    member = flat.member[vertices]
    low = np.full((flat.count, 2), np.inf)
    np.minimum.at(low, member, flat.uv[vertices])
    place = np.floor((corner.mean(axis=1) - low[flat.panel]) / CELL).astype(np.int64)
    names, cell = np.unique(_key(flat.panel, place), return_inverse=True)
    keys, node = np.unique(np.stack([names, names + _SPAN, names + 1, names + _SPAN + 1]), return_inverse=True)
    node = node.reshape(4, -1)
    owner = keys // (_SPAN * _SPAN)
    nodes = np.stack([keys // _SPAN % _SPAN, keys % _SPAN], axis=1) * CELL + low[owner]
    signs = np.array([(-1, 1, -1, 1), (-1, -1, 1, 1), (1, -1, -1, 1)]) / (2 * CELL)
    along, across, twist = (_rows(np.tile(sign[:, None], len(names)), node, len(keys)) for sign in signs)
    return _net(
        flat,
        np.arange(len(flat.triangles)),
        cell,
        along=sparse.vstack([along, across]).tocsr(),
        twist=twist,
        node=node,
        panel=names // (_SPAN * _SPAN),
        owner=owner,
        nodes=nodes,
        vertices=vertices,
        spread=_spread(keys, member, (flat.uv[vertices] - low[member]) / CELL),
        first=None,
    )


def mesh(flat: Flat, panel: int) -> Net:
    """One panel's own triangles and vertices."""
    mine = np.flatnonzero(flat.panel == panel)
    vertices = np.flatnonzero(flat.member == panel)
    _, first, place = np.unique(flat.same[vertices], return_index=True, return_inverse=True)
    of = np.zeros(len(flat.uv), dtype=np.int64)
    of[vertices] = place
    node = of[flat.triangles[mine]].T
    a, b, c, d = _inverse(flat.uv[flat.triangles[mine]])
    along, across = (_rows(np.stack([-p - q, p, q]), node, len(first)) for p, q in ((a, b), (c, d)))
    return _net(
        flat,
        mine,
        np.arange(len(mine)),
        along=sparse.vstack([along, across]).tocsr(),
        twist=None,
        node=node,
        panel=np.zeros(len(mine), dtype=np.int64),
        owner=np.zeros(len(first), dtype=np.int64),
        nodes=flat.uv[vertices[first]],
        vertices=vertices,
        spread=sparse.csr_matrix((np.ones(len(place)), place, np.arange(len(place) + 1)), (len(place), len(first))),
        first=first,
    )


def _net(
    flat: Flat,
    mine: Index,
    cell: Index,
    *,
    along: sparse.csr_matrix,
    twist: sparse.csr_matrix | None,
    node: Index,
    panel: Index,
    owner: Index,
    nodes: Array,
    vertices: Index,
    spread: sparse.csr_matrix,
    first: Index | None,
) -> Net:
    """What is made alike of both: ``node`` int64[corners, cells] are the cells' nodes."""
    corner = flat.uv[flat.triangles[mine]]
    size = np.abs(signed(corner))
    area: Array = np.bincount(cell, size, len(panel)).astype(np.float64)
    back = (along.T @ sparse.diags(np.tile(area, 2))).tocsr()
    system = back @ along
    if twist is not None:
        system = system + _TWIST * (twist.T @ sparse.diags(area) @ twist)
    system = system + _HOLD * float(system.diagonal().mean()) * sparse.identity(len(nodes))
    weight: Array = np.bincount(node.ravel(), np.tile(area, len(node)), len(nodes)).astype(np.float64)
    tie, pull, far = _sewn(flat.ties, len(flat.uv), vertices, spread)
    solver = _factorised(system)
    loose, level = _held(flat)
    if first is not None:
        number = flat.member[vertices[0]]
        loose, level = loose[[number]], np.where(loose[[number]], 0, -1)
    return Net(
        mine=mine,
        inverse=_inverse(corner),
        cell=cell,
        share=size / area[cell],
        along=along,
        back=back,
        area=area,
        solvers=(solver, _factorised(system + tie) if tie.nnz else solver),
        panel=panel,
        owner=owner,
        nodes=nodes,
        middle=_middles(nodes, owner, weight),
        vertices=vertices,
        spread=spread,
        first=first,
        pull=pull,
        far=far,
        loose=loose,
        level=level,
    )


def _factorised(system: sparse.csr_matrix) -> SuperLU:
    options = {"SymmetricMode": True}
    return splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)


def _held(flat: Flat) -> tuple[NDArray[np.bool_], Index]:
    """Which panels no level seam joins to another, and numbers that are one for those that such seams join."""
    ends = flat.member[flat.ties]
    ends = ends[ends[:, 0] != ends[:, 1]]
    loose = np.ones(flat.count, dtype=bool)
    loose[ends.ravel()] = False
    links = sparse.coo_matrix((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(flat.count, flat.count))
    level = csgraph.connected_components(links, directed=False)[1].astype(np.int64)
    return loose, level


def _sewn(
    ties: Index, count: int, vertices: Index, spread: sparse.csr_matrix
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, Index]:
    """What level seams add to the system, [nodes, nodes], how what lies beyond them pulls, [nodes, k], and the
    vertices there.
    """
    row = np.full(count, -1)
    row[vertices] = np.arange(len(vertices))
    held = row[ties]
    inner, outer = (held >= 0).all(axis=1), (held >= 0).sum(axis=1) == 1
    across = spread[held[inner, 0]] - spread[held[inner, 1]]
    mine = held[outer].max(axis=1)
    edge = spread[mine]
    far = ties[outer][held[outer] < 0]
    return (_SEWN * (across.T @ across + edge.T @ edge)).tocsr(), (_SEWN * edge.T).tocsr(), far


def _inverse(corner: Array) -> Array:
    """From a triangle's two edges to steps along u (two shares), then along v: float64[4, m]."""
    (a, b), (c, d) = (corner[:, 1] - corner[:, 0]).T, (corner[:, 2] - corner[:, 0]).T
    return np.asarray(np.stack([d, -b, -c, a]) / (a * d - b * c))


def _rows(values: Array, node: Index, nodes: int) -> sparse.csr_matrix:
    """A row for each cell: ``values`` float64[corners, cells] at its nodes."""
    count = node.shape[1]
    start = np.arange(0, node.size + 1, len(node))
    return sparse.csr_matrix((values.T.ravel(), node.T.ravel(), start), shape=(count, nodes))


def _key(panel: Index, place: Index) -> Index:
    return np.asarray((panel * _SPAN + place[..., 0]) * _SPAN + place[..., 1])


def _spread(keys: Index, member: Index, at: Array) -> sparse.csr_matrix:
    """From the nodes to points ``at`` (in cells): bilinear, beyond the last cell from the nodes that there are."""
    cell = np.floor(at).astype(np.int64)
    part = at - cell
    ends = [(0, 0), (1, 0), (0, 1), (1, 1)]
    node = np.stack([_key(member, cell + end) for end in ends], axis=1)
    place = np.minimum(np.searchsorted(keys, node), len(keys) - 1)
    share = np.stack([np.abs(1 - i - part[:, 0]) * np.abs(1 - j - part[:, 1]) for i, j in ends], axis=1)
    share = np.where(keys[place] == node, share, 0)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
    start = np.arange(0, share.size + 1, len(ends))
    return sparse.csr_matrix((share.ravel(), place.ravel(), start), shape=(len(at), len(keys)))


def _middles(nodes: Array, owner: Index, weight: Array) -> sparse.csr_matrix:
    """A mean over the nodes near the middle of each panel."""
    total = np.bincount(owner, weight)
    centre = np.stack([np.bincount(owner, weight * nodes[:, axis]) / total for axis in range(2)], axis=1)
    far = ((nodes - centre[owner]) ** 2).sum(axis=1)
    nearest = np.full(len(total), np.inf)
    np.minimum.at(nearest, owner, far)
    share = weight * np.exp(-0.5 * (far - nearest[owner]) / _MIDDLE**2)
    share /= np.bincount(owner, share)[owner]
    return sparse.csr_matrix((share, (owner, np.arange(len(owner)))), shape=(len(total), len(owner)))

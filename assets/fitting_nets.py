"""A garment's panels as they are cut, and the nets on which their UVs move: a lattice, or a panel's triangles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import SuperLU, splu

from assets import catalogue
from assets.fitting_bind import laid, parts
from assets.trimmings import trimmings

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CELL: Final = 0.020
"""Metres across a cell of the lattice."""
_PANEL: Final = 50  # triangles: what has fewer is a stitch, on which no print is measured
_SMALL: Final = 0.0008  # square metres: nor on what is smaller than a stamp
_TWIST: Final = (
    0.3  # of a cell's stiffness, against the one way in which its corners move and its middle does not feel
)
_HOLD: Final = 1e-6  # of the mean stiffness, so that the system has one solution
_MIDDLE: Final = 0.06  # metres about a panel's middle whose mean stays in place
_SPAN: Final = 1 << 14  # cells along a side


@dataclass(frozen=True, kw_only=True, eq=False)
class Flat:
    """A garment's cloth in UVs (metres), without its trimmings and stitches: ``uv`` float64[n, 2] of all vertices,
    ``triangles`` int64[m, 3] of the panels and the ``panel`` int64[m] of each; ``member`` int64[n] the panel of each
    vertex (-1 for none), ``count`` how many there are.
    """

    uv: Array
    triangles: Index
    panel: Index
    member: Index
    count: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Net:
    """Cells over some panels, and what is constant of them whoever wears the garment.

    Of their triangles (``mine`` of those of the garment) ``inverse`` float64[4, k] takes edges to steps in UVs,
    ``cell`` int64[k] is where each is, and ``share`` float64[k] how much of it. ``along`` [2 cells, nodes] gives
    the changes of a field of the nodes along u, then along v, ``back`` [nodes, 2 cells] is its transpose weighted
    with the cells' ``area`` float64[cells], square metres, and ``solver`` the factorised system. ``panel``
    int64[cells] and ``owner`` int64[nodes] number the panels; ``nodes`` float64[nodes, 2] is where they are,
    ``middle`` [panels, nodes] a field's mean in the middle of each. ``spread`` [v, nodes] takes a field to the
    ``vertices`` int64[v].
    """

    mine: Index
    inverse: Array
    cell: Index
    share: Array
    along: sparse.csr_matrix
    back: sparse.csr_matrix
    area: Array
    solver: SuperLU
    panel: Index
    owner: Index
    nodes: Array
    middle: sparse.csr_matrix
    vertices: Index
    spread: sparse.csr_matrix


@lru_cache(maxsize=32)
def flat_of(item: str) -> Flat:
    """The catalogue's garment as it is cut. Kept."""
    kept = trimmings(catalogue.model(item))
    held = parts(laid(item))
    starts = np.cumsum([0, *[len(part.positions) for part in held]])
    uv = np.zeros((starts[-1], 2))
    cloth = [np.zeros((0, 3), dtype=np.int64)]
    for part, start in zip(held, starts[:-1], strict=True):
        if part.uv0 is not None:
            uv[start : start + len(part.positions)] = part.uv0
            if id(part.material) not in kept:
                cloth.append(part.indices.astype(np.int64) + start)
    triangles = np.concatenate(cloth)
    ends = (triangles[:, :2].T.ravel(), triangles[:, 1:].T.ravel())
    links = sparse.coo_matrix((np.ones(2 * len(triangles), bool), ends), shape=(len(uv), len(uv)))
    count, member = csgraph.connected_components(links, directed=False)
    of, area = member[triangles[:, 0]], np.abs(_signed(uv[triangles]))
    large = (np.bincount(of, minlength=count) >= _PANEL) & (np.bincount(of, area, count) >= _SMALL)
    number = np.where(large, np.cumsum(large) - 1, -1)
    real = large[of] & (area > 1e-10)
    return Flat(
        uv=uv, triangles=triangles[real], panel=number[of[real]], member=number[member], count=int(large.sum())
    )


@lru_cache(maxsize=32)
def lattice_of(item: str) -> Net:
    """Square cells over all of the garment's panels. Kept."""
    flat = flat_of(item)
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
    )


@lru_cache(maxsize=96)
def mesh_of(item: str, panel: int) -> Net:
    """One panel's own triangles and vertices. Kept."""
    flat = flat_of(item)
    mine = np.flatnonzero(flat.panel == panel)
    vertices, node = np.unique(flat.triangles[mine], return_inverse=True)
    node = node.reshape(-1, 3).T
    a, b, c, d = _inverse(flat.uv[flat.triangles[mine]])
    along, across = (_rows(np.stack([-p - q, p, q]), node, len(vertices)) for p, q in ((a, b), (c, d)))
    return _net(
        flat,
        mine,
        np.arange(len(mine)),
        along=sparse.vstack([along, across]).tocsr(),
        twist=None,
        node=node,
        panel=np.zeros(len(mine), dtype=np.int64),
        owner=np.zeros(len(vertices), dtype=np.int64),
        nodes=flat.uv[vertices],
        vertices=vertices,
        spread=sparse.identity(len(vertices), format="csr"),
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
) -> Net:
    """What is made alike of both: ``node`` int64[corners, cells] are the cells' nodes."""
    corner = flat.uv[flat.triangles[mine]]
    size = np.abs(_signed(corner))
    area: Array = np.bincount(cell, size, len(panel)).astype(np.float64)
    back = (along.T @ sparse.diags(np.tile(area, 2))).tocsr()
    system = back @ along
    if twist is not None:
        system = system + _TWIST * (twist.T @ sparse.diags(area) @ twist)
    system = system + _HOLD * float(system.diagonal().mean()) * sparse.identity(len(nodes))
    weight: Array = np.bincount(node.ravel(), np.tile(area, len(node)), len(nodes)).astype(np.float64)
    return Net(
        mine=mine,
        inverse=_inverse(corner),
        cell=cell,
        share=size / area[cell],
        along=along,
        back=back,
        area=area,
        solver=splu(
            system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        ),
        panel=panel,
        owner=owner,
        nodes=nodes,
        middle=_middles(nodes, owner, weight),
        vertices=vertices,
        spread=spread,
    )


def _signed(corner: Array) -> Array:
    """Areas of triangles in UVs, float64[m]."""
    (a, b), (c, d) = (corner[:, 1] - corner[:, 0]).T, (corner[:, 2] - corner[:, 0]).T
    return np.asarray((a * d - b * c) / 2)


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

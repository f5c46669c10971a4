"""What ties a garment to the figure that it was draped on, worked out once and baked beside it.

Which of its vertices are one, which of them one control stands for, which skin each control goes with and how much
each joint moves it take as long to find as to fit the garment, and depend on nothing but the two models. So they are
kept in a small file, in whole numbers of few bits; what is worked out anew goes through the same numbers.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from assets import archives
from assets.fitting_cloth import Cloth, Sheet, cloth_of, gathered, graph
from assets.fitting_skin import Skin

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Packed = dict[str, NDArray[Any]]

ROUNDS: Final = 30
"""Steps in which fields are smoothed over the controls."""
CELL: Final = 0.016
"""Metres across the cloth that one control stands for."""
VERSION: Final = 1
_WELD: Final = 6e-5  # metres: a baked point is right to 0.02 mm, and the two sides of a seam are rounded apart
_SMALL: Final = 0.045  # metres across: what is smaller is a button, a stitch, an eyelet
_NEAR: Final = 8  # points of the skin that a control is bound to
_FAR: Final = (1.5, 0.025)  # times the distance to any skin, and metres, within which the skin is that looks its way
_BESIDE: Final = 3  # vertices of the outer layer that one of another goes with
_TURN: Final = 0.05  # metres that a normal at right angles is worth times the square root of two
_OFF: Final = 0.05  # metres from the skin at which cloth goes with its neighbours rather than with the skin
_HELD: Final = (0.30, 0.02)  # how much of its own a control keeps in each round, near the skin and far from it
_SHARES: Final = 255  # steps of shares among neighbours, which move alike
_WEIGHTS: Final = 1 << 14  # steps of the weights of joints: under 0.03 mm for each half metre between two joints
_OVER: Final = 5e-5  # metres: steps of the height over the skin, which counts up to a centimetre


@dataclass(frozen=True, kw_only=True, eq=False)
class Ties:
    """``welded`` int64[n] numbers a garment's vertices, the same for those in one place; ``control`` int64[welded]
    the controls that they belong to, -1 for small parts; ``links`` int64[k, 2] are neighbouring controls. Of each
    control: ``near`` int64[controls, 8] are the points of the skin that it goes with and ``share`` float64 how much,
    ``lies`` int64 is the control of the outer layer that one of an inner layer goes with (its own number for the
    outer layer), ``hold`` float64 how much it keeps of its own in smoothing, ``weights`` float32[controls, joints]
    how much joints move it. ``off`` float64[welded] are metres over the skin, 0 to 12.75 mm. ``inner`` int64[i] are
    the welded vertices of inner layers and small parts; ``beside`` int64[i, 3] those of the outer layer that they go
    with, and ``takes`` float64[i, 3] how much.
    """

    welded: Index
    control: Index
    links: Index
    near: Index
    share: Array
    lies: Index
    hold: Array
    weights: NDArray[np.float32]
    off: Array
    inner: Index
    beside: Index
    takes: Array


def outer(control: Index, lies: Index) -> Mask:
    """Which welded vertices are of the outer layer."""
    found: Mask = (control >= 0) & (lies == np.arange(len(lies)))[control]
    return found


def found(made: Sheet, skin: Skin, weights: NDArray[np.float32], *, stiff: bool, follows: list[int]) -> Packed:
    """The ties of a garment to a skin whose points have ``weights`` float32[points, joints], packed. What is
    ``stiff``, like leather and soles, keeps little of its own: all that lies near moves alike. ``follows`` are the
    joints that all of it goes with, if any.
    """
    welded, count = weld(made.points, made.triangles)
    places = gathered(made.points, welded, count)
    links = graph(welded[made.triangles], count)
    small, piece = _pieces(links, places)
    control = _controls(places, gathered(made.normals, welded, count), small)
    cloth = cloth_of(made, welded, control, _linked(links, control))
    near, share, lies = _nearest(cloth, skin)
    ease = np.clip(np.linalg.norm(cloth.centres - mean(skin.points, near, share), axis=1) / _OFF, 0, 1)
    hold = _HELD[0] + (_HELD[1] - _HELD[0]) * ease * ease * (3 - 2 * ease)
    if stiff:
        hold = np.full(len(hold), _HELD[1])
    shares = cloth.smoothed(mean(weights, near, share).astype(np.float32), hold, ROUNDS)
    if follows:
        shares = np.zeros_like(shares)
        shares[:, follows] = 1
    top = outer(control, lies)
    beside, takes = _beside(places, top, _middles(places, small, piece))
    return {
        "welded": np.diff(welded, prepend=0).astype(np.int32),
        "control": _short(control + 1),
        "links": _narrow(_linked(links, control)),
        "near": _short(near.T),
        "share": np.round(_SHARES * share.T).astype(np.uint8),
        "lies": (lies - np.arange(len(lies))).astype(np.int32),
        "hold": np.round(255 * (hold - _HELD[1]) / (_HELD[0] - _HELD[1])).astype(np.uint8),
        "weights": np.round(_WEIGHTS * shares.T).astype(np.uint16),
        "off": np.round(np.clip(skin.over(places)[0] / _OVER, 0, 255)).astype(np.uint8),
        "beside": _short(beside.T),
        "takes": np.round(_SHARES * takes.T).astype(np.uint8),
    }


def unpacked(held: Packed) -> Ties:
    """Ties as they are used."""
    control = held["control"].astype(np.int64) - 1
    lies = held["lies"].astype(np.int64)
    lies += np.arange(len(lies))
    weights = np.ascontiguousarray(held["weights"].T, np.float32)
    return Ties(
        welded=np.cumsum(held["welded"], dtype=np.int64),
        control=control,
        links=_wide(held["links"]),
        near=np.ascontiguousarray(held["near"].T, np.int64),
        share=_whole(held["share"]),
        lies=lies,
        hold=_HELD[1] + (_HELD[0] - _HELD[1]) / 255 * held["hold"],
        weights=weights / weights.sum(axis=1, keepdims=True),
        off=_OVER * held["off"],
        inner=np.flatnonzero(~outer(control, lies)),
        beside=np.ascontiguousarray(held["beside"].T, np.int64),
        takes=_whole(held["takes"]),
    )


def write(held: Packed, made_of: str) -> bytes:
    """Packed ties as an archive; ``made_of`` names what they were found from."""
    return archives.packed({"made-of": made_of}, held)


def read(data: bytes, made_of: str) -> Packed | None:
    """Packed ties from an archive; None if they were found from something else."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.read("made-of").decode() != made_of:
            return None
        return {
            name.removesuffix(".npy"): archives.array(archive, name.removesuffix(".npy"))
            for name in archive.namelist()
            if name.endswith(".npy")
        }


def mean(values: NDArray[Any], near: Index, share: Array) -> Array:
    """What controls take of values of the skin's points, float64[controls, k]."""
    return np.asarray(np.einsum("ck,ckj->cj", share, values[near]))


def _whole(shares: NDArray[np.uint8]) -> Array:
    wide = np.ascontiguousarray(shares.T, np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    return wide


def _short(numbers: Index) -> NDArray[np.uint16]:
    if numbers.size and numbers.max() > np.iinfo(np.uint16).max:
        msg = f"{numbers.max()} points are too many to tie; make the garment coarser"
        raise ValueError(msg)
    return numbers.astype(np.uint16)


def _narrow(links: Index) -> NDArray[np.uint16]:
    """Pairs in order as steps, uint16[2, k]: from first to first, and from the first of each to its second."""
    return _short(np.stack([np.diff(links[:, 0], prepend=0), links[:, 1] - links[:, 0]]))


def _wide(steps: NDArray[np.uint16]) -> Index:
    first = np.cumsum(steps[0], dtype=np.int64)
    return np.stack([first, first + steps[1]], axis=1)


def weld(points: Array, triangles: Index) -> tuple[Index, int]:
    """One number for vertices on open edges that lie in one place."""
    n = len(points)
    a, b = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    key = np.minimum(a, b) * n + np.maximum(a, b)
    order = np.sort(key)
    same = order[1:] == order[:-1]
    alone = np.ones(len(order), dtype=bool)
    alone[1:] &= ~same
    alone[:-1] &= ~same
    edge = np.unique(np.concatenate([order[alone] // n, order[alone] % n]))
    pairs = cKDTree(points[edge]).query_pairs(_WELD, output_type="ndarray")
    joined = sparse.coo_matrix((np.ones(len(pairs)), (edge[pairs[:, 0]], edge[pairs[:, 1]])), shape=(n, n))
    count, welded = csgraph.connected_components(joined, directed=False)
    return welded.astype(np.int64), int(count)


def _pieces(links: sparse.csr_matrix, places: Array) -> tuple[Mask, Index]:
    """Which vertices are of small parts, and the connected piece of each."""
    number, piece = csgraph.connected_components(links, directed=False)
    low, high = np.full((number, 3), np.inf), np.full((number, 3), -np.inf)
    np.minimum.at(low, piece, places)
    np.maximum.at(high, piece, places)
    across = np.linalg.norm(high - low, axis=1)
    small = across < min(_SMALL, 0.5 * float(across.max()))
    return small[piece], piece.astype(np.int64)


def _controls(places: Array, facing: Array, small: Mask) -> Index:
    """Cells of space, apart by the way that the cloth looks in them, so that two layers are never one."""
    cell = np.floor((places - places.min(axis=0)) / CELL).astype(np.int64)
    main = np.argmax(np.abs(facing), axis=1)
    side = 2 * main + (np.take_along_axis(facing, main[:, None], axis=1)[:, 0] > 0)
    key = ((cell[:, 0] * 4096 + cell[:, 1]) * 4096 + cell[:, 2]) * 6 + side
    numbers = np.full(len(places), -1, dtype=np.int64)
    _, numbers[~small] = np.unique(key[~small], return_inverse=True)
    return numbers


def _linked(links: sparse.csr_matrix, control: Index) -> Index:
    """The pairs of controls that an edge of the cloth joins, the lower number first, in order."""
    edges = links.tocoo()
    a, b = control[edges.row], control[edges.col]
    real = (a >= 0) & (a < b)
    return np.unique(np.stack([a[real], b[real]], axis=1), axis=0)


def _middles(places: Array, small: Mask, piece: Index) -> Array:
    """The places of vertices, those of a small part all in its middle."""
    size = np.maximum(np.bincount(piece), 1)
    middle = np.stack([np.bincount(piece, places[:, axis]) for axis in range(3)], axis=1) / size[:, None]
    return np.asarray(np.where(small[:, None], middle[piece], places))


def _nearest(cloth: Cloth, skin: Skin) -> tuple[Index, Array, Index]:
    """The points of the skin near each control that look its way, how much each counts, and what controls lie on."""
    looks = cloth.facing
    for _ in range(3):
        looks = cloth.mean @ looks
    looks = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    tree = cKDTree(np.concatenate([skin.points, _TURN * skin.normals], axis=1))
    far, near = tree.query(np.concatenate([cloth.centres, _TURN * looks], axis=1), k=_NEAR)
    share = 1 / (far * far + 6e-5)
    share /= share.sum(axis=1, keepdims=True)
    # The inside of a hem looks at the wrong side of the body: it goes with the cloth that it lies on.
    sure = np.einsum("ci,cki,ck->c", cloth.facing, skin.normals[near], share) > 0
    # Nor does that of a narrow leg go with the skin on the leg's far side, or on the other leg.
    away = np.linalg.norm(cloth.centres - skin.points[near[:, 0]], axis=1)
    sure &= away < _FAR[0] * skin.tree.query(cloth.centres)[0] + _FAR[1]
    lies = np.arange(len(sure))
    if sure.any() and not sure.all():
        lies[~sure] = np.flatnonzero(sure)[cKDTree(cloth.centres[sure]).query(cloth.centres[~sure])[1]]
    return near[lies], share[lies], lies


def _beside(places: Array, top: Mask, middle: Array) -> tuple[Index, Array]:
    """Of each vertex that is not of the outer layer the three nearest of that layer, and how much each counts: the
    nearer the more.
    """
    mine, others = np.flatnonzero(top), np.flatnonzero(~top)
    far, near = cKDTree(places[mine]).query(middle[others], k=_BESIDE)
    share = 1 / (far + 1e-4)
    return mine[near], share / share.sum(axis=1, keepdims=True)

"""A garment bound to the figure that it was draped on: which skin each part of its cloth goes with, and how much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from assets import catalogue, catalogue_garments, fitting_skin, regions, stance
from assets.fitting_cloth import Cloth, cloth_of
from assets.fitting_skin import Skin
from assets.model import Mesh, Model, Node, Primitive
from assets.pose import drawing, flatten
from assets.transforms import apply

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDS: Final = 30
"""Steps in which fields are smoothed over the controls."""
_NEAR: Final = 8  # points of the skin that a control is bound to
_FAR: Final = (1.5, 0.025)  # times the distance to any skin, and metres, within which the skin is that looks its way
_BESIDE: Final = 3  # vertices of the outer layer that one of another goes with
_TURN: Final = 0.05  # metres that a normal at right angles is worth times the square root of two
_OFF: Final = 0.05  # metres from the skin at which cloth goes with its neighbours rather than with the skin
_HELD: Final = (0.30, 0.02)  # how much of its own a control keeps in each round, near the skin and far from it
_MINE: Final = 0.5  # of a point's weights, from which on it belongs to an arm
_SLICE, _SLICES = 0.03, 7  # metres, and how many from the crotch down: a skirt has cloth across the middle in each
_MIDDLE: Final = 0.012  # metres either side of the middle
_AHEAD: Final = 0.7  # cosine to front or back that cloth across the middle has at least
_ABOVE, _BELOW = 0.06, 0.10  # metres about the crotch between which cloth becomes a skirt


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """``to`` [controls, skin points] is the mean skin of each control, ``hold`` float64[controls] how much it keeps
    of its own in smoothing, ``weights`` float32[controls, joints] the smoothed weights. ``lies`` int64[controls] is
    the control of the outer layer that one of an inner layer goes with (its own number for the outer layer),
    ``skirt`` float64[controls] how much it hangs about both legs.
    Of the welded vertices: ``shares`` float32[welded, joints] are the weights, ``off`` float64 the metres over the
    skin, ``sleeve`` bool what goes with an arm, ``outer`` bool the outer layer of the cloth. ``along``
    [welded, welded] gives inner layers and small parts what the outer layer under them has, ``spread``
    [welded, controls] takes a field of the controls to all of them so.
    """

    cloth: Cloth
    to: sparse.csr_matrix
    hold: Array
    weights: NDArray[np.float32]
    lies: NDArray[np.int64]
    skirt: Array
    shares: NDArray[np.float32]
    off: Array
    sleeve: Mask
    outer: Mask
    along: sparse.csr_matrix
    spread: sparse.csr_matrix


@lru_cache(maxsize=32)
def bound(item: str) -> Bound:
    """The catalogue's garment bound to the figure that it was draped on. Kept."""
    entry = catalogue.item(item)
    base = catalogue.model(entry.draped_on)
    cloth = cloth_of(parts(laid(item)))
    skin = base_skin(entry.draped_on, level=entry.level_feet)
    near, share, lies = _nearest(cloth, skin)
    rows = np.repeat(np.arange(len(near)), _NEAR)
    to = sparse.csr_matrix((share.ravel(), (rows, near.ravel())), shape=(len(near), len(skin.points)))
    ease = np.clip(np.linalg.norm(cloth.centres - to @ skin.points, axis=1) / _OFF, 0, 1)
    hold = _HELD[0] + (_HELD[1] - _HELD[0]) * ease * ease * (3 - 2 * ease)
    if entry.level_feet:
        hold = np.full(len(hold), _HELD[1])  # leather and soles are stiff: what lies near moves alike
    weights = cloth.smoothed((to @ fitting_skin.shares(base)).astype(np.float32), hold, ROUNDS)
    follows = next(one.follows for one in catalogue_garments.GARMENTS if one.id == item)
    if follows:
        weights = np.zeros_like(weights)
        weights[:, joints_of(base, follows)] = 1
    skirt = _skirt(cloth, stance.skin_of(base).extras["landmarks"]["crotch point"][1])
    outer = (cloth.control >= 0) & (lies == np.arange(len(lies)))[cloth.control]
    along = _along(cloth, outer)
    spread = (along @ cloth.spread).tocsr()
    shares = spread @ weights
    shares /= shares.sum(axis=1, keepdims=True)
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    return Bound(
        cloth=cloth,
        to=to,
        hold=hold,
        weights=weights.astype(np.float32),
        lies=lies,
        skirt=skirt,
        shares=shares,
        off=skin.over(places)[0],
        sleeve=shares[:, joints_of(base, "shoulder", "elbow", "wrist")].sum(axis=1) > _MINE,
        outer=outer,
        along=along,
        spread=spread,
    )


@lru_cache(maxsize=32)
def laid(item: str) -> Model:
    """The catalogue's garment with each mesh where it stands: its nodes move nothing."""
    model = catalogue.model(item)
    if all(np.array_equal(node.matrix, np.eye(4)) for node in model.nodes) and len(drawing(model)) == len(
        model.meshes
    ):
        return model
    meshes = []
    for draw in flatten(model):
        part = draw.primitive
        linear = draw.matrix[:3, :3]
        # Inverse transpose for normals; a mirrored node's triangles were turned round already.
        normals = part.normals @ np.linalg.inv(linear)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        placed = replace(
            part,
            positions=apply(draw.matrix, part.positions).astype(np.float32),
            normals=normals.astype(np.float32),
            extras=regions.moved(part.extras, part.positions, apply(draw.matrix, part.positions).astype(np.float32)),
        )
        meshes.append(Mesh(name=draw.name, primitives=(placed,)))
    nodes = tuple(Node(matrix=np.eye(4), name=mesh.name, mesh=place) for place, mesh in enumerate(meshes))
    return replace(model, nodes=nodes, roots=tuple(range(len(nodes))), meshes=tuple(meshes))


def parts(model: Model) -> tuple[Primitive, ...]:
    """Every primitive, in the order in which a garment's vertices are numbered."""
    return tuple(part for mesh in model.meshes for part in mesh.primitives)


@lru_cache(maxsize=8)
def base_skin(figure: str, *, level: bool) -> Skin:
    """The skin of a figure at rest, on level feet or as it comes."""
    body = catalogue.model(figure)
    return fitting_skin.skin(body, stance.moves(stance.level(body)) if level else None)


def joints_of(body: Model, *stems: str) -> list[int]:
    """The numbers of the joints whose names begin so."""
    names = [body.nodes[joint].name for joint in body.skins[0].joints]
    return [place for place, name in enumerate(names) if name.startswith(stems)]


def mirrored(body: Model) -> list[int]:
    """Of each joint the number of the one on the other side, its own in the middle."""
    names = [body.nodes[joint].name for joint in body.skins[0].joints]
    other = {"l": "r", "r": "l"}
    found = []
    for name in names:
        stem, dash, side = name.rpartition("-")
        found.append(names.index(f"{stem}-{other[side]}") if dash and side in other else names.index(name))
    return found


def _nearest(cloth: Cloth, skin: Skin) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
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


def _along(cloth: Cloth, outer: Mask) -> sparse.csr_matrix:
    """Each vertex of the outer layer its own, of any other the three nearest of that layer, the nearer the more."""
    mine, others = np.flatnonzero(outer), np.flatnonzero(~outer)
    own = sparse.csr_matrix((np.ones(len(mine)), (mine, mine)), shape=(cloth.count, cloth.count))
    if not len(others) or len(mine) < _BESIDE:
        return own if len(mine) else sparse.identity(cloth.count, format="csr")
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    far, near = cKDTree(places[mine]).query(cloth.middle[others], k=_BESIDE)
    share = 1 / (far + 1e-4)
    share /= share.sum(axis=1, keepdims=True)
    entries = (share.ravel(), (np.repeat(others, _BESIDE), mine[near].ravel()))
    return (own + sparse.csr_matrix(entries, shape=own.shape)).tocsr()


def _skirt(cloth: Cloth, crotch: float) -> Array:
    """How much each control hangs about both legs, 0 to 1: of cloth that goes across the middle in every slice from
    the crotch down to its hem, or far enough. Trousers do so only where their legs meet.
    """
    x, y = cloth.centres[:, 0], cloth.centres[:, 1]
    number = np.floor((crotch - 0.02 - y) / _SLICE).astype(np.int64)
    last = min(int(number.max()) - 1, _SLICES)
    across = (np.abs(x) < _MIDDLE) & (np.abs(cloth.facing[:, 2]) > _AHEAD * np.linalg.norm(cloth.facing, axis=1))
    if last < 1 or not np.isin(np.arange(last), number[across]).all():
        return np.zeros(len(y))
    ease = np.clip((crotch + _ABOVE - y) / (_ABOVE + _BELOW), 0, 1)
    return np.asarray(ease * ease * (3 - 2 * ease))

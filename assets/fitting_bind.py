"""A garment bound to the figure that it was draped on: which skin each part of its cloth goes with, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from assets import catalogue, fitting_skin, stance
from assets.fitting_cloth import Cloth, cloth_of
from assets.fitting_skin import Skin
from assets.model import Model, Primitive

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDS: Final = 30
"""Steps in which fields are smoothed over the controls."""
_NEAR: Final = 8  # points of the skin that a control is bound to
_TURN: Final = 0.05  # metres that a normal at right angles is worth times the square root of two
_OFF: Final = 0.05  # metres from the skin at which cloth goes with its neighbours rather than with the skin
_HELD: Final = (0.30, 0.02)  # how much of its own a control keeps in each round, near the skin and far from it
_MINE: Final = 0.5  # of a point's weights, from which on it belongs to an arm
_SLICE: Final = 0.03  # metres: cloth is a skirt where every slice below the crotch has some before both legs
_MIDDLE: Final = 0.03  # metres either side of the middle that are before both legs
_ABOVE, _BELOW = 0.06, 0.10  # metres about the crotch between which cloth becomes a skirt


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """``to`` [controls, skin points] is the mean skin of each control, ``hold`` float64[controls] how much it keeps
    of its own in smoothing, ``weights`` float32[controls, joints] the smoothed weights. ``lies`` int64[controls] is
    the control of the outer layer that one of an inner layer goes with (its own number for the outer layer),
    ``skirt`` float64[controls] how much it hangs about both legs.
    Of the welded vertices: ``shares`` float32[welded, joints] are the weights, ``off`` float64 the metres over the
    skin, ``sleeve`` bool what goes with an arm, ``outer`` bool the outer layer of the cloth.
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


@lru_cache(maxsize=32)
def bound(item: str) -> Bound:
    """The catalogue's garment bound to the figure that it was draped on. Kept."""
    entry = catalogue.item(item)
    base = catalogue.model(entry.draped_on)
    cloth = cloth_of(parts(catalogue.model(item)))
    skin = base_skin(entry.draped_on, level=entry.level_feet)
    near, share, lies = _nearest(cloth, skin)
    rows = np.repeat(np.arange(len(near)), _NEAR)
    to = sparse.csr_matrix((share.ravel(), (rows, near.ravel())), shape=(len(near), len(skin.points)))
    ease = np.clip(np.linalg.norm(cloth.centres - to @ skin.points, axis=1) / _OFF, 0, 1)
    hold = _HELD[0] + (_HELD[1] - _HELD[0]) * ease * ease * (3 - 2 * ease)
    weights = cloth.smoothed((to @ fitting_skin.shares(base)).astype(np.float32), hold, ROUNDS)
    skirt = _skirt(cloth, stance.skin_of(base).extras["landmarks"]["crotch point"][1])
    shares = cloth.spread @ weights
    shares /= shares.sum(axis=1, keepdims=True)
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    sure = lies == np.arange(len(lies))
    return Bound(
        cloth=cloth,
        to=to,
        hold=hold,
        weights=weights,
        lies=lies,
        skirt=skirt,
        shares=shares,
        off=skin.over(places)[0],
        sleeve=shares[:, joints_of(base, "shoulder", "elbow", "wrist")].sum(axis=1) > _MINE,
        outer=(cloth.control >= 0) & sure[cloth.control],
    )


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
    lies = np.arange(len(sure))
    if sure.any() and not sure.all():
        lies[~sure] = np.flatnonzero(sure)[cKDTree(cloth.centres[sure]).query(cloth.centres[~sure])[1]]
    return near[lies], share[lies], lies


def _skirt(cloth: Cloth, crotch: float) -> Array:
    """How much each control hangs about both legs, 0 to 1."""
    x, y = cloth.centres[:, 0], cloth.centres[:, 1]
    number = np.floor((crotch - 0.02 - y) / _SLICE).astype(np.int64)
    before = (number >= 0) & (np.abs(x) < _MIDDLE)
    before &= np.abs(cloth.facing[:, 2]) > 0.6 * np.linalg.norm(cloth.facing, axis=1)
    found = np.unique(number[before])
    whole = len(found) and found[0] == 0
    if not whole:
        return np.zeros(len(y))
    deep = int(np.argmin(np.append(found == np.arange(len(found)), False)))  # slices without a gap
    if deep < 2:
        return np.zeros(len(y))
    ease = np.clip((crotch + _ABOVE - y) / (_ABOVE + _BELOW), 0, 1)
    return np.asarray(ease * ease * (3 - 2 * ease))

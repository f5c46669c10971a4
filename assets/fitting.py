"""Catalogue garments follow the mannequin that wears them: its figure, its size, its pose, level feet in flat shoes.

A garment is stored as it was draped: on one figure in its A-pose. On loading, every control of its cloth
(:mod:`assets.fitting_cloth`) is bound to the skin near it that looks the same way, so that a sleeve does not stick to
the trunk nor a skirt to a hand. Grading moves it by how far that skin lies from the wanted figure's: the distance to
the skin, and with it every fold, stays. Posing blends the body's joints, smoothed over the cloth, the more the farther
off the skin it hangs. At last cloth that came under the posed skin is pushed out, and what is near it along.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from assets import catalogue, catalogue_mannequins, fitting_skin, regions, stance
from assets.design import Design
from assets.fitting_cloth import Cloth, cloth_of
from assets.fitting_skin import Skin
from assets.model import Model, Primitive
from assets.transforms import Matrix

Array = NDArray[np.float64]

KEPT: Final = 24
"""Fitted garments that a process keeps: about 1.5 MB each."""
_NEAR: Final = 8  # points of the skin that a control is bound to
_TURN: Final = 0.05  # metres that a normal at right angles is worth times the square root of two
_OFF: Final = 0.05  # metres from the skin at which cloth goes with its neighbours rather than with the skin
_ROUNDS: Final = 30
_HELD: Final = (0.30, 0.02)  # how much of its own a control keeps in each round, near the skin and far from it
_LEAST, _MOST = 0.0006, 0.0030  # metres over the posed skin that cloth is kept


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """A garment's cloth on the figure that it was draped on. ``to`` [controls, skin points] is the mean skin of each
    control, ``hold`` float64[controls] how much it keeps of its own in smoothing, ``shares`` float32[welded, joints]
    the smoothed weights and ``off`` float64[welded] the metres over the skin.
    """

    cloth: Cloth
    to: sparse.csr_matrix
    hold: Array
    shares: NDArray[np.float32]
    off: Array


class Shelf:
    """The garments fitted last, by what they are and whom they were fitted to."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[tuple[object, ...], Model] = OrderedDict()

    def get(self, key: tuple[object, ...]) -> Model | None:
        """What is held under the key."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], model: Model) -> None:
        """Keeps it, and drops what was asked for longest ago."""
        with self._lock:
            self._held[key] = model
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


_SHELF: Final = Shelf(KEPT)


def worn(design: Design) -> dict[str, str]:
    """The layers that are fitted and the garments that they are: the catalogue's, on a mannequin that they fit."""
    avatar = design.avatar
    figure = None if avatar is None or avatar.model.item is None else catalogue_mannequins.figure(avatar.model.item)
    if figure is None:
        return {}
    found = {}
    for layer in design.layers:
        item = catalogue.ITEMS.get(layer.model.item) if layer.model.item is not None else None
        if item is None or item.kind != "garment" or not layer.visible or layer.opacity == 0:
            continue
        if figure.id in item.figures and catalogue_mannequins.figure(item.draped_on) is not None:
            found[layer.id] = item.id
    return found


def standing(body: Model, garments: Iterable[str]) -> Model:
    """The mannequin, posed or at rest, as it stands in what it wears: in flat shoes on level feet, their soles on
    y = 0.
    """
    shoes = [item for item in garments if catalogue.item(item).level_feet]
    if not shoes:
        return body
    body = stance.level(body)
    lowest = min(float(part.positions[:, 1].min()) for item in shoes for part in _parts(fitted(item, body)))
    return stance.lowered(body, lowest)


def fitted(item: str, body: Model) -> Model:
    """The catalogue's garment as a mannequin of the catalogue, posed or at rest, wears it: metres, in the mannequin's
    own place. The catalogue's own model where nothing has to move.
    """
    wearer = stance.item_of(body.name)
    joints = stance.moves(body)
    if wearer == catalogue.item(item).draped_on and np.allclose(joints, np.eye(4), atol=1e-7):
        return catalogue.model(item)
    key = (item, wearer, joints.round(7).tobytes())
    found = _SHELF.get(key)
    if found is None:
        found = _fit(item, catalogue.model(wearer), joints)
        _SHELF.put(key, found)
    return found


def _fit(item: str, wearer: Model, joints: Matrix) -> Model:
    garment, held = catalogue.model(item), bound(item)
    rest = _rest(item, wearer)
    x = held.cloth.points + _spread(held, _graded(item, held, wearer))
    undone = joints if rest is None else joints @ np.linalg.inv(rest)
    blend = (held.shares @ undone[:, :3].reshape(-1, 12).astype(np.float32)).reshape(-1, 3, 4)[held.cloth.welded]
    x = np.einsum("nij,nj->ni", blend[:, :, :3].astype(np.float64), x) + blend[:, :, 3]
    x = _freed(held, x, _posed_skin(wearer, joints))
    return _moved(garment, held, x)


@lru_cache(maxsize=32)
def bound(item: str) -> Bound:
    """The garment bound to the figure that it was draped on."""
    entry = catalogue.item(item)
    base = catalogue.model(entry.draped_on)
    cloth = cloth_of(_parts(catalogue.model(item)))
    skin = _base_skin(entry.draped_on, level=entry.level_feet)
    looks = cloth.facing
    for _ in range(3):
        looks = cloth.mean @ looks
    looks = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    tree = cKDTree(np.concatenate([skin.points, _TURN * skin.normals], axis=1))
    far, near = tree.query(np.concatenate([cloth.centres, _TURN * looks], axis=1), k=_NEAR)
    share = 1 / (far * far + 6e-5)
    share /= share.sum(axis=1, keepdims=True)
    # The inside of a hem looks at the wrong side of the body: it goes with the cloth that it lies on.
    own = np.einsum("ci,cki,ck->c", cloth.facing, skin.normals[near], share)
    sure = own > 0
    lying = np.arange(len(sure))
    if sure.any():
        lying[~sure] = np.flatnonzero(sure)[cKDTree(cloth.centres[sure]).query(cloth.centres[~sure])[1]]
    near, share = near[lying], share[lying]
    rows = np.repeat(np.arange(len(near)), _NEAR)
    to = sparse.csr_matrix((share.ravel(), (rows, near.ravel())), shape=(len(near), len(skin.points)))
    away = np.linalg.norm(cloth.centres - to @ skin.points, axis=1)
    ease = np.clip(away / _OFF, 0, 1)
    hold = _HELD[0] + (_HELD[1] - _HELD[0]) * ease * ease * (3 - 2 * ease)
    shares = cloth.smoothed((to @ fitting_skin.shares(base)).astype(np.float32), hold, _ROUNDS)
    spread = cloth.spread @ shares
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    off, _ = skin.over(places)
    return Bound(cloth=cloth, to=to, hold=hold, shares=spread / spread.sum(axis=1, keepdims=True), off=off)


def _parts(model: Model) -> tuple[Primitive, ...]:
    return tuple(part for mesh in model.meshes for part in mesh.primitives)


@lru_cache(maxsize=8)
def _base_skin(figure: str, *, level: bool) -> Skin:
    body = catalogue.model(figure)
    return fitting_skin.skin(body, stance.moves(stance.level(body)) if level else None)


def _rest(item: str, wearer: Model) -> Matrix | None:
    """What the joints of the wearer do where the garment is at rest on it: None for nothing."""
    return stance.moves(stance.level(wearer)) if catalogue.item(item).level_feet else None


def _graded(item: str, held: Bound, wearer: Model) -> Array:
    """How the controls move from the base figure to the wearer, both at rest."""
    entry = catalogue.item(item)
    if wearer is catalogue.model(entry.draped_on):
        return np.zeros_like(held.cloth.centres)
    before = _base_skin(entry.draped_on, level=entry.level_feet).points
    rest = _rest(item, wearer)
    part = stance.skin_of(wearer)
    after = part.positions.astype(np.float64) if rest is None else stance.skinned(part, rest)
    return held.cloth.smoothed(held.to @ (after - before), held.hold, _ROUNDS)


_POSED: Final[OrderedDict[tuple[str, bytes], Skin]] = OrderedDict()


def _posed_skin(wearer: Model, joints: Matrix) -> Skin:
    """Shared by the garments of one outfit."""
    key = (wearer.name, joints.tobytes())
    found = _POSED.get(key)
    if found is None:
        found = _POSED[key] = fitting_skin.skin(wearer, joints)
        while len(_POSED) > 2:
            _POSED.popitem(last=False)
    return found


def _spread(held: Bound, field: Array) -> Array:
    """A field of the controls at every vertex."""
    found: Array = (held.cloth.spread @ field)[held.cloth.welded]
    return found


def _freed(held: Bound, x: Array, skin: Skin) -> Array:
    """The cloth over the skin, as far as it was at rest but at most :data:`_MOST`."""
    cloth = held.cloth
    least = np.clip(0.5 * held.off, _LEAST, _MOST)
    first = np.zeros(cloth.count, dtype=np.int64)
    first[cloth.welded] = np.arange(len(cloth.points))
    for _ in range(3):
        at = x[first]
        height, out = skin.over(at)
        need = np.clip(least - height, 0, None)
        if not (need > 0).any():
            return x
        most = np.maximum(cloth.most(need), 0)
        ways = np.zeros_like(cloth.centres)
        mine = cloth.control >= 0
        for axis in range(3):
            ways[:, axis] = np.bincount(cloth.control[mine], (out * need[:, None])[mine, axis], len(ways))
        ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
        push = most[:, None] * ways
        for _ in range(6):
            soft = cloth.mean @ push
            longer = np.linalg.norm(soft, axis=1) > np.linalg.norm(push, axis=1)
            push = np.where(longer[:, None], soft, push)
        x = x + _spread(held, push)
    height, out = skin.over(x[first])
    need = np.clip(least - height, 0, None)
    return x + (need[:, None] * out)[cloth.welded]


def _moved(garment: Model, held: Bound, x: Array) -> Model:
    """The garment with its vertices at ``x``: normals turned as the cloth turned, named boxes moved along."""
    cloth = held.cloth
    turned = _turned(cloth.normals, _normals(cloth, cloth.points), _normals(cloth, x))
    meshes, start = [], 0
    for mesh in garment.meshes:
        parts = []
        for part in mesh.primitives:
            mine = slice(start, start + len(part.positions))
            start = mine.stop
            positions = x[mine].astype(np.float32)
            extras = regions.moved(part.extras, part.positions, positions)
            parts.append(replace(part, positions=positions, normals=turned[mine].astype(np.float32), extras=extras))
        meshes.append(replace(mesh, primitives=tuple(parts)))
    return replace(garment, meshes=tuple(meshes))


def _normals(cloth: Cloth, x: Array) -> Array:
    """Of the faces about each vertex, across seams, float64[n, 3]."""
    corner = x[cloth.triangles]
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    faces = np.cross(one, two)
    at = cloth.welded[cloth.triangles].ravel()
    total = np.stack([np.bincount(at, np.repeat(faces[:, axis], 3), cloth.count) for axis in range(3)], axis=1)
    found: Array = (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20))[cloth.welded]
    return found


def _turned(normals: Array, before: Array, after: Array) -> Array:
    """Normals turned by the shortest turn that takes ``before`` to ``after`` (Rodrigues), unit float64[n, 3]."""
    axis = np.cross(before, after)
    cosine = np.einsum("ij,ij->i", before, after)
    share = 1 / np.maximum(1 + cosine, 1e-3)
    along = np.einsum("ij,ij->i", axis, normals)
    found = cosine[:, None] * normals + np.cross(axis, normals) + (share * along)[:, None] * axis
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(np.where(length > 1e-9, found / np.maximum(length, 1e-9), after))

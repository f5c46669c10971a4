"""Catalogue garments follow the mannequin that wears them: its figure, its size, its pose, level feet in flat shoes.

A garment is stored as it was draped: on one figure in its A-pose. On loading, every control of its cloth
(:mod:`assets.fitting_cloth`) is bound to the skin near it that looks the same way, so that a sleeve does not stick to
the trunk nor a skirt to a hand. Grading moves it by how far that skin lies from the wanted figure's: the distance to
the skin, and with it every fold, stays. Posing blends the body's joints, smoothed over the cloth, and the more so the
farther off the skin it hangs. At last cloth that came under the posed skin is pushed out, and what is near it along.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import (
    catalogue,
    catalogue_mannequins,
    fitting_free,
    fitting_hang,
    fitting_layers,
    fitting_prints,
    fitting_skin,
    regions,
    stance,
)
from assets.design import Design
from assets.fitting_bind import Bound, base_skin, bound, joints_of, laid, mirrored, parts
from assets.fitting_free import Bodies
from assets.fitting_mesh import moved
from assets.model import Model
from assets.transforms import Matrix

Array = NDArray[np.float64]

KEPT: Final = 32
"""Fitted garments that a process keeps: about 1.5 MB each."""
_STILL: Final = 1e-7  # metres that are no move
_ANKLES: Final = 0.25  # metres: nothing that hangs higher goes with an ankle
_BODIES: Final = 2  # posed mannequins that are kept: garments of one outfit come one after the other


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


_SIDE_BY_SIDE: Final = 3  # threads: most of a fit is done by NumPy and SciPy, which let others run
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


def prepared(garments: Collection[str], body: Model, *, rest: Model | None = None) -> None:
    """Fits garments to a mannequin, side by side, and their shapes to it at rest: :func:`fitted` finds them then."""
    shoes = any(catalogue.item(item).level_feet for item in garments)
    bodies = [(body, True)] + ([] if rest is None else [(rest, False)])
    placed = [(stance.level(one) if shoes else one, prints) for one, prints in bodies]
    # What takes long goes first, so that no thread is left alone with it.
    items = sorted(garments, key=lambda item: item not in fitting_layers.LAYERED)
    work = [(item, *wearer) for wearer in placed for item in items]
    if len(work) > 1:
        # What garments share first: threads that ask for it at the same time would each make it.
        for entry in map(catalogue.item, garments):
            if entry.draped_on != stance.item_of(body.name):
                base_skin(entry.draped_on, level=entry.level_feet)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            list(pool.map(lambda one: fitted(one[0], one[1], prints=one[2]), work))


def standing(body: Model, garments: Iterable[str], *, prints: bool = True) -> Model:
    """The mannequin, posed or at rest, as it stands in what it wears: in flat shoes on level feet, their soles on
    y = 0. ``prints`` as for :func:`fitted`.
    """
    shoes = [item for item in garments if catalogue.item(item).level_feet]
    if not shoes:
        return body
    body = stance.level(body)
    made = (fitted(item, body, prints=prints) for item in shoes)
    return stance.lowered(body, min(float(part.positions[:, 1].min()) for model in made for part in parts(model)))


def rested(body: Model) -> Model:
    """The mannequin as the catalogue has it, in its A-pose."""
    return catalogue.model(stance.item_of(body.name))


def fitted(item: str, body: Model, *, prints: bool = True) -> Model:
    """The catalogue's garment as a mannequin of the catalogue, posed or at rest, wears it: metres, in the mannequin's
    own place. The catalogue's own model where nothing has to move. Without ``prints`` UVs and named regions may be
    left as they were: for who asks for the shape only.
    """
    wearer = stance.item_of(body.name)
    joints = stance.moves(body)
    # Where the figure stands changes nothing but the place: a garment is fitted once and moved along.
    shift = joints[0, :3, 3].copy()
    joints[:, :3, 3] -= shift
    key = (item, wearer, (joints.round(6) + 0.0).tobytes())  # no negative zeros
    place = shift.tobytes() if np.abs(shift).max() >= _STILL else b""
    kinds = (True,) if prints else (True, False)  # one with prints has a shape, too
    for there in dict.fromkeys((place, b"")):
        for kind in kinds:
            found = _SHELF.get((*key, kind, there))
            if found is not None:
                return found if there == place else _put((*key, kind, place), _shifted(found, shift))
    draped = _as_draped(item, wearer, joints)
    found = _put((*key, prints, b""), catalogue.model(item) if draped else _fit(item, wearer, joints, prints=prints))
    return _put((*key, prints, place), _shifted(found, shift)) if place else found


def _put(key: tuple[object, ...], model: Model) -> Model:
    _SHELF.put(key, model)
    return model


def _as_draped(item: str, wearer: str, joints: Matrix) -> bool:
    """Whether nothing that the garment lies on has moved: on level feet nothing above the ankles has, and level feet
    are what flat shoes were made on.
    """
    if wearer != catalogue.item(item).draped_on:
        return False
    body = catalogue.model(wearer)
    rest = _rest(item, body)
    still = np.broadcast_to(np.eye(4), joints.shape) if rest is None else rest
    turned = set(np.flatnonzero(~np.isclose(joints, still, atol=1e-6).all(axis=(1, 2))))
    if not turned or rest is not None:
        return not turned
    lowest = min(float(part.positions[:, 1].min()) for part in parts(laid(item)))
    return lowest > _ANKLES and turned <= set(joints_of(body, "ankle", "toe"))


def _shifted(model: Model, by: Array) -> Model:
    """The model somewhere else."""
    meshes = []
    for mesh in model.meshes:
        moved_parts = []
        for part in mesh.primitives:
            positions = (part.positions + by).astype(np.float32)
            moved_parts.append(replace(part, positions=positions, extras=regions.shifted(part.extras, by)))
        meshes.append(replace(mesh, primitives=tuple(moved_parts)))
    return replace(model, meshes=tuple(meshes))


def _fit(item: str, avatar: str, joints: Matrix, *, prints: bool) -> Model:
    wearer = catalogue.model(avatar)
    held, rest = bound(item), _rest(item, wearer)
    cloth = held.cloth
    grade = _graded(item, held, wearer)
    undone = joints if rest is None else joints @ np.linalg.inv(rest)
    centres = cloth.centres + grade
    at = cloth.points + held.spread(grade)[cloth.welded] if grade.any() else cloth.points
    weights = held.ties.weights
    x = _taken(at, held.spread(_blend(weights, undone))[cloth.welded])
    around = _posed(wearer, joints)
    if held.skirt.any():
        other = mirrored(wearer)
        over = _blend(weights[:, other], undone)
        own, far = _taken(centres, _blend(weights, undone)), _taken(centres, over)
        share = fitting_hang.shared(held, own, far)
        x = x + held.spread(share)[cloth.welded] * (_taken(at, held.spread(over)[cloth.welded]) - x)
        x = x + held.spread(fitting_hang.hung(held, centres, own + share * (far - own), around.trunk))[cloth.welded]
    x = fitting_free.freed(held, x, around, catalogue.item(item).depth)
    if item in fitting_layers.LAYERED:
        x = fitting_layers.evened(held, x, around)
    return moved(laid(item), cloth, x, fitting_prints.relaxed(item, x) if prints else None)


def _blend(weights: NDArray[np.float32], joints: Matrix) -> Array:
    """The mean of what joints do, float64[n, 12]."""
    return np.asarray(weights.astype(np.float64) @ joints[:, :3].reshape(-1, 12))


def _taken(points: Array, blend: Array) -> Array:
    """Points as means of joints take them along."""
    x, y, z = points.T
    return np.stack(
        [blend[:, i] * x + blend[:, i + 1] * y + blend[:, i + 2] * z + blend[:, i + 3] for i in (0, 4, 8)], 1
    )


def _rest(item: str, wearer: Model) -> Matrix | None:
    """What the joints of the wearer do where the garment is at rest on it: None for nothing."""
    return _level_rest(stance.item_of(wearer.name)) if catalogue.item(item).level_feet else None


@lru_cache(maxsize=16)
def _level_rest(wearer: str) -> Matrix:
    found = stance.moves(stance.level(catalogue.model(wearer)))
    found.setflags(write=False)
    return found


def _graded(item: str, held: Bound, wearer: Model) -> Array:
    """How the controls move from the base figure to the wearer, both at rest."""
    entry = catalogue.item(item)
    if wearer is catalogue.model(entry.draped_on):
        return np.zeros_like(held.cloth.centres)
    before = base_skin(entry.draped_on, level=entry.level_feet).points
    rest = _rest(item, wearer)
    part = stance.skin_of(wearer)
    after = part.positions.astype(np.float64) if rest is None else stance.skinned(part, rest)
    return held.graded(after - before)


_POSED: Final[OrderedDict[tuple[str, bytes], Bodies]] = OrderedDict()
_POSING: Final = Lock()


def _posed(wearer: Model, joints: Matrix) -> Bodies:
    """What cloth cannot be in: shared by the garments of one outfit."""
    key = (wearer.name, joints.tobytes())
    with _POSING:
        found = _POSED.get(key)
        if found is None:
            share = fitting_skin.shares(wearer)
            arm, forearm = (
                share[:, joints_of(wearer, *stems)].sum(axis=1)
                for stems in (("shoulder", "elbow", "wrist"), ("elbow", "wrist"))
            )
            found = _POSED[key] = fitting_free.bodies(fitting_skin.skin(wearer, joints), arm, forearm)
            while len(_POSED) > _BODIES:
                _POSED.popitem(last=False)
    return found

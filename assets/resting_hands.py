"""Hands lie on what they rest on: on hips and thighs, whatever the figure's size and however thick it is dressed.

A pose turns the same joints of every size, and clothes take room: arms turn out at the shoulders until their hands
are clear of trunk and legs. What is soft gives way under them (:mod:`assets.fitting_free`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue, fitting_skin, stance
from assets.fitting_bind import joints_of
from assets.model import Model
from assets.pose import worlds
from assets.transforms import Matrix

Array = NDArray[np.float64]

_BARE: Final = 0.001  # metres over the skin at which hands lie where nothing is worn
_DRESSED: Final = 0.006  # likewise for each layer of clothes: they give way to as much as their layers take
_HIPS, _THIGHS = frozenset({"waist", "hips"}), frozenset({"thighs"})  # that hands rest on
_LEG: Final = 0.5  # of the weights of skin, from which on it is a thigh's
_NEAR: Final = 0.08  # metres from the skin at which a hand may be said to rest on it
_HAND, _TRUNK = 0.5, 0.15  # shares of the weights: more of the wrist's, and less of the arm's
_PART: Final = 0.02  # of the hand's points that may be nearer: a fingertip sinks in
_ROUNDS: Final = 6
_EXACT: Final = 2e-4  # metres
_MOST: Final = np.radians(12.0)  # that an arm turns at a time
_KEPT: Final = 16

_HELD: Final[OrderedDict[tuple[str, bytes, tuple[float, float]], dict[int, Matrix]]] = OrderedDict()
_LOCK: Final = Lock()


def laid(body: Model, garments: Collection[str]) -> Model:
    """A mannequin of the catalogue in a pose, its hands clear of trunk and legs where they rest on them: over the
    skin, or over what the catalogue's ``garments`` take. The body itself, if they are.
    """
    room = (_taken(garments, _HIPS), _taken(garments, _THIGHS))
    key = (body.name, stance.moves(body).round(6).tobytes(), room)
    with _LOCK:
        found = _HELD.get(key)
    if found is None:
        found = _turned(body, room)
        with _LOCK:
            _HELD[key] = found
            while len(_HELD) > _KEPT:
                _HELD.popitem(last=False)
    return _with(body, found) if found else body


def _taken(garments: Collection[str], where: frozenset[str]) -> float:
    """Metres that hands are over the skin for what is worn there."""
    depths = [entry.depth for entry in map(catalogue.item, garments) if where.intersection(entry.covers)]
    return max(_BARE, _DRESSED * min(max(depths, default=0) / 10, 3))


def _with(body: Model, matrices: dict[int, Matrix]) -> Model:
    nodes = list(body.nodes)
    for place, matrix in matrices.items():
        nodes[place] = replace(nodes[place], matrix=matrix)
    return replace(body, nodes=tuple(nodes))


def _turned(body: Model, room: tuple[float, float]) -> dict[int, Matrix]:
    """The matrices of the joints that have to turn, by their node's place; ``room`` is over hips and thighs."""
    skin, share = stance.skin_of(body), fitting_skin.shares(body)
    whole = fitting_skin.skin(body, stance.moves(body))
    arms = share[:, joints_of(body, "shoulder", "elbow", "wrist")].sum(axis=1) >= _TRUNK
    trunk = fitting_skin.Skin(points=whole.points[~arms], normals=whole.normals[~arms])
    legs = share[~arms][:, joints_of(body, "hip", "knee")].sum(axis=1) > _LEG
    rooms = np.where(legs, room[1], room[0])
    names = {node.name: place for place, node in enumerate(body.nodes)}
    found: dict[int, Matrix] = {}
    for side in stance.SIDES:
        hand = np.flatnonzero(share[:, names[f"wrist-{side}"]] > _HAND)
        for _ in range(_ROUNDS):
            now = _with(body, found)
            at = stance.skinned(skin, stance.moves(now), hand)
            far, under = trunk.tree.query(at, distance_upper_bound=_NEAR)
            near = np.isfinite(far)
            if near.sum() <= _PART * len(hand):
                break
            height, out = trunk.over(at[near])
            short = rooms[under[near]] - height
            most = -np.sort(-short)[int(_PART * len(hand))]
            if most < _EXACT:
                break
            deep = np.clip(short + _EXACT, 0, None)
            way, place = deep @ out, deep @ at[near] / deep.sum()
            found |= _away(now, names, side, place, way / max(float(np.linalg.norm(way)), 1e-12), most)
    return found


def _away(body: Model, names: dict[str, int], side: str, place: Array, way: Array, far: float) -> dict[int, Matrix]:
    """The shoulder turned until a place on the arm has gone ``far`` metres along ``way``, its helper half as far."""
    world = worlds(body)
    shoulder, helper, parent = (names[f"{stem}-{side}"] for stem in ("shoulder", "shoulder-half", "clavicle"))
    arm = place - world[shoulder][:3, 3]
    axis = np.cross(arm, way)
    length = float(np.linalg.norm(axis))
    turn = min(far / max(length, 1e-3), _MOST)
    found = {}
    for node, angle in ((shoulder, turn), (helper, turn / 2)):
        rotation = np.linalg.inv(world[parent])[:3, :3] @ stance.about(axis / max(length, 1e-9), angle)
        matrix = body.nodes[node].matrix.copy()
        matrix[:3, :3] = rotation @ world[parent][:3, :3] @ matrix[:3, :3]
        found[node] = matrix
    return found

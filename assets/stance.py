"""How a mannequin of the catalogue stands: its joints in a pose, and on feet that are level in flat shoes.

The figures stand on high heels that nobody sees, each as high as its own feet are made for. In flat shoes the ankles
turn back until heel and ball are level and the toes lie flat; of a foot that is lifted more than that in a pose the
rest of the lift stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from assets import catalogue
from assets.catalogue_mannequins import MANNEQUINS
from assets.model import Model, Primitive
from assets.pose import worlds
from assets.transforms import Matrix, matrix_quaternion, quaternion_matrix

Array = NDArray[np.float64]

SIDES: Final = ("l", "r")
_BALL: Final = 0.0041062  # metres that the ball's sole lies under the heel's in a flat shoe: as sneakers are modelled
_TOES: Final = 0.0012123  # metres that the toes lie over the ball
_EXACT: Final = 1e-5  # radians
_EVEN: Final = 0.004  # metres between the soles of a figure that stands on both feet
_GIVES: Final = 45.0  # degrees that a knee bends at most to bring the lower foot up


@dataclass(frozen=True, kw_only=True, eq=False)
class Feet:
    """How far a figure's ankles and toes turn to be level, radians, about ``axes`` float64[3] by side."""

    ankle: float
    toe: float
    axes: Mapping[str, Array]

    def turned(self, name: str) -> Matrix:
        """The turn of a joint, float64[3, 3]; the identity for any but ankles and toes."""
        stem, _, side = name.rpartition("-")
        angle = {"ankle": self.ankle, "toe": self.toe}.get(stem)
        return np.eye(3) if angle is None else about(self.axes[side], angle)


def about(axis: Array, angle: float) -> Matrix:
    """The rotation about a unit axis, float64[3, 3]; radians."""
    x, y, z = axis
    return quaternion_matrix(np.array([*(np.sin(angle / 2) * np.array([x, y, z])), np.cos(angle / 2)]))


def skin_of(body: Model) -> Primitive:
    """A mannequin's only surface."""
    return body.meshes[0].primitives[0]


def moves(body: Model) -> Matrix:
    """What each joint does to the skin at rest: float64[joints, 4, 4]."""
    world = worlds(body)
    skin = body.skins[0]
    moved: Matrix = np.stack([world[joint] for joint in skin.joints]) @ skin.inverse_bind
    return moved


def skinned(skin: Primitive, joints: Matrix, chosen: NDArray[np.int64] | slice = slice(None)) -> Array:
    """The skin's points as the joints take them along (linear blending), float64[n, 3]; only those ``chosen``."""
    assert skin.joints is not None
    assert skin.weights is not None
    shares = skin.weights[chosen].astype(np.float64)
    at = skin.positions[chosen].astype(np.float64)
    flat = np.concatenate([at, np.ones((len(at), 1))], axis=1)
    moved = np.zeros_like(at)
    for number in range(shares.shape[1]):
        moved += shares[:, number, None] * np.einsum("nij,nj->ni", joints[skin.joints[chosen, number], :3], flat)
    return moved


def level(body: Model) -> Model:
    """The figure, posed or at rest, on level feet. In poses in which it stands on both feet, the lower one's knee
    bends until both touch the same floor. The pelvis stays where it is: what the figure then stands on is for the
    caller to lower it by.
    """
    feet = level_feet(body.name)
    names = {node.name: place for place, node in enumerate(body.nodes)}
    nodes = list(body.nodes)
    for stem in ("ankle", "toe"):
        for side in SIDES:
            place = names[f"{stem}-{side}"]
            nodes[place] = replace(nodes[place], matrix=nodes[place].matrix @ _four(feet.turned(f"{stem}-{side}")))
    return _evened(body, replace(body, nodes=tuple(nodes)))


def lowered(body: Model, down: float) -> Model:
    """The figure with its pelvis, and all that hangs from it, ``down`` metres lower."""
    nodes = list(body.nodes)
    matrix = nodes[0].matrix.copy()
    matrix[1, 3] -= down
    nodes[0] = replace(nodes[0], matrix=matrix)
    return replace(body, nodes=tuple(nodes))


@lru_cache(maxsize=32)
def level_feet(name: str) -> Feet:
    """The turns for a figure in a size, by its model's name ("mannequin-female M")."""
    return _solved(catalogue.model(item_of(name)))


def item_of(name: str) -> str:
    """The catalogue's id of a mannequin, by its model's name."""
    figure, size = name.rsplit(" ", 1)
    return next(one for one in MANNEQUINS if one.id == figure).item_id(size)


def _solved(body: Model) -> Feet:
    """First the ankle until the ball is where it should be under the heel, then the toes."""
    places = {node.name: place for place, node in enumerate(body.nodes)}
    rest = -body.skins[0].inverse_bind[:, :3, 3]
    axes = {}
    for side in SIDES:
        along = rest[places[f"toe-{side}"]] - rest[places[f"ankle-{side}"]]
        axis = np.cross([0.0, 1.0, 0.0], along)
        axes[side] = axis / np.linalg.norm(axis)
    skin = skin_of(body)
    ankle, toe = rest[places["ankle-l"]], rest[places["toe-l"]]
    at = skin.positions
    foot = np.flatnonzero((at[:, 0] > 0) & (at[:, 1] < ankle[1] - 0.01))
    along = at[foot, 2]
    heel = along < ankle[2] + 0.02
    ball = np.abs(along - toe[2]) < 0.022
    tip = along > toe[2] + 0.03

    def heights(turn: float, bend: float) -> tuple[float, float, float]:
        feet = Feet(ankle=turn, toe=bend, axes=axes)
        nodes = list(body.nodes)
        for stem in ("ankle", "toe"):
            place = places[f"{stem}-l"]
            nodes[place] = replace(nodes[place], matrix=nodes[place].matrix @ _four(feet.turned(f"{stem}-l")))
        y = skinned(skin, moves(replace(body, nodes=tuple(nodes))), foot)[:, 1]
        return float(y[heel].min()), float(y[ball].min()), float(y[tip].min())

    def ball_over(turn: float) -> float:
        back, front, _ = heights(turn, 0.5 * -turn)
        return front - (back - _BALL)

    def toes_over(bend: float) -> float:
        _, front, end = heights(turn, bend)
        return end - (front + _TOES)

    turn = _crossing(ball_over, np.radians(-40.0), np.radians(10.0))
    return Feet(ankle=turn, toe=_crossing(toes_over, np.radians(-20.0), np.radians(35.0)), axes=axes)


def _crossing(over: Callable[[float], float], least: float, most: float) -> float:
    """Radians at which a height that falls with the angle crosses zero; the end next to them, if they lie beyond."""
    if over(least) <= 0:
        return least
    if over(most) >= 0:
        return most
    return float(brentq(over, least, most, xtol=_EXACT))


def _evened(before: Model, body: Model) -> Model:
    """The lower foot's knee bent until both stand on the same floor, if both did ``before``."""
    skin = skin_of(body)
    low = skin.positions[:, 1] < 0.12
    feet = {
        "l": np.flatnonzero(low & (skin.positions[:, 0] > 0)),
        "r": np.flatnonzero(low & (skin.positions[:, 0] < 0)),
    }

    def height(model: Model, side: str) -> float:
        return float(skinned(skin, moves(model), feet[side])[:, 1].min())

    if abs(height(before, "l") - height(before, "r")) > _EVEN:
        return body
    floors = {side: height(body, side) for side in SIDES}
    if abs(floors["l"] - floors["r"]) < _EVEN / 8:
        return body
    deep = min(SIDES, key=lambda side: floors[side])
    floor = max(floors.values())
    names = {node.name: place for place, node in enumerate(body.nodes)}

    def bent(angle: float) -> Model:
        nodes = list(body.nodes)
        for name, share in ((f"knee-half-{deep}", 0.5), (f"knee-{deep}", 1.0), (f"ankle-{deep}", -1.0)):
            place = names[name]
            turn = _four(about(np.array([1.0, 0.0, 0.0]), share * angle))
            held = nodes[place].matrix
            matrix = held.copy()
            matrix[:3, :3] = turn[:3, :3] @ held[:3, :3]
            nodes[place] = replace(nodes[place], matrix=matrix)
        return replace(body, nodes=tuple(nodes))

    return bent(_crossing(lambda angle: floor - height(bent(angle), deep), 0.0, np.radians(_GIVES)))


def _four(turn: Matrix) -> Matrix:
    whole = np.eye(4)
    # Through a quaternion, so that rounding leaves a rotation.
    whole[:3, :3] = quaternion_matrix(matrix_quaternion(turn))
    return whole

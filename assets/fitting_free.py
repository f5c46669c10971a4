"""Cloth that a pose brought under the skin comes out again, lies under the hands that rest on it, and hangs.

Everything happens on the controls of the cloth, a few thousand points, and is spread over its vertices; only the last
half millimetre is seen to vertex by vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.fitting_bind import Bound
from assets.fitting_skin import Skin

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDS: Final = 3
_BLUR: Final = 6  # steps over the controls by which a push takes along what is near it
_SHARED: Final = (
    0.15  # of a point's weights: with more of the arm's it is of a limb, with more of others' of the trunk
)
_MINE: Final = 0.5
_MOVED: Final = 1e-5  # metres: what moved less need not be looked at again
SAFE: Final = 1.5
"""Times what it moved that cloth may have come nearer to the skin."""
NEAR: Final = 0.0015
"""Metres over where it has to be: what is farther off for certain need not be looked at again either."""
_LEAST: Final = 0.0006  # metres over the posed skin that cloth is kept
_ROOM: Final = 0.0020  # metres from one layer of clothes to the next
_UNDER_HAND: Final = 0.0015  # metres under a hand at which cloth ends
_THICK: Final = 0.07  # metres through a hand and what may lie under it
_BESIDE: Final = 0.014  # metres beside the nearest points of a hand at which cloth is no longer under it
_FACES: Final = -0.2  # cosine to the way out of the trunk below which an arm's skin looks at it


@dataclass(frozen=True, kw_only=True, eq=False)
class Bodies:
    """What cloth cannot be in: for sleeves the ``limbs``, for the rest the ``trunk`` with the legs, and ``arms`` from
    the elbows down, which lie on it. Limbs and trunk overlap; in the crease between them, which nobody sees into,
    neither cloth gives way to the other's skin.
    """

    limbs: Skin
    trunk: Skin
    arms: Skin

    @cached_property
    def resting(self) -> Skin | None:
        """The side that looks at the trunk of hands and forearms near it, if there is any."""
        height, out = self.trunk.over(self.arms.points)
        inner = (np.einsum("ij,ij->i", self.arms.normals, out) < _FACES) & (height < _THICK)
        return Skin(points=self.arms.points[inner], normals=self.arms.normals[inner]) if inner.any() else None


def bodies(skin: Skin, arm: Array, forearm: Array) -> Bodies:
    """The posed skin in parts; ``arm`` and ``forearm`` float64[n] are how much of its points goes with each."""

    def part(mine: Mask) -> Skin:
        return Skin(points=skin.points[mine], normals=skin.normals[mine])

    return Bodies(limbs=part(arm > _SHARED), trunk=part(arm < 1 - _SHARED), arms=part(forearm > _MINE))


def freed(held: Bound, x: Array, around: Bodies, depth: int) -> Array:
    """The garment's vertices ``x`` float64[n, 3] brought over the skin, as far as they were at rest, but between
    0.6 mm and what leaves room for those worn under it; ``depth`` is how far out it is worn (10, 20, 30).
    """
    cloth = held.cloth
    layer = min(max(depth / 10, 1), 3)
    least = np.clip(0.8 * held.ties.off, _LEAST, _ROOM * layer)
    first = np.zeros(cloth.count, dtype=np.int64)
    first[cloth.welded] = np.arange(len(cloth.points))
    under = _UNDER_HAND + _ROOM * (3 - layer)
    pressed = _pressed(x[first], np.flatnonzero(held.outer & ~held.sleeve), around, under)
    if pressed is not None:
        x = x + held.spread(_blurred(held, pressed, 3 * _BLUR))[cloth.welded]
    active, spare = held.outer, np.zeros(cloth.count)
    for _ in range(ROUNDS):
        push = _pushes(held, x[first], least, around, active, spare)
        if not push.any():
            return x
        moved = held.spread(_blurred(held, push))
        far = np.sqrt(np.einsum("ij,ij->i", moved, moved))
        spare -= SAFE * far
        active = held.outer & (far > _MOVED) & (spare < NEAR)
        x = x + moved[cloth.welded]
    found: Array = x + held.along(_pushes(held, x[first], least, around, active, spare))[cloth.welded]
    return found


def _pushes(held: Bound, at: Array, least: Array, around: Bodies, active: Mask, spare: Array) -> Array:
    """What those ``active`` of the outer layer need to be over the skin: float64[welded, 3]. Inner layers and
    trimmings go with them. ``spare`` float64[welded] becomes how much farther off than that they are.
    """
    push = np.zeros_like(at)
    for mine, skin in ((active & held.sleeve, around.limbs), (active & ~held.sleeve, around.trunk)):
        if mine.any():
            height, out = skin.over(at[mine])
            spare[mine] = height - least[mine]
            push[mine] = np.clip(-spare[mine], 0, None)[:, None] * out
    return push


def _pressed(at: Array, mine: NDArray[np.int64], around: Bodies, deep: float) -> Array | None:
    """How far cloth has to give way, inwards, to a hand or a forearm that lies on it: float64[welded, 3].

    Only the side of an arm that faces the trunk counts, so that cloth that a hand went into comes to lie ``deep``
    metres under it.
    """
    if around.resting is None:
        return None
    points, normals = around.resting.points, around.resting.normals
    far, near = around.resting.tree.query(at[mine], k=3, distance_upper_bound=_THICK)
    close = np.isfinite(far[:, 0])
    mine, far, near = mine[close], far[close], np.minimum(near[close], len(points) - 1)
    if not len(mine):
        return None
    apart = at[mine][:, None] - points[near]
    over = np.einsum("kni,kni->kn", apart, normals[near])
    beside = np.sqrt(np.maximum(far * far - over * over, 0))
    need = np.where(np.isfinite(far) & (beside < _BESIDE), np.clip(deep - over, 0, _THICK), 0)
    most = need.argmax(axis=1)
    rows = np.arange(len(mine))
    if not (need[rows, most] > 0).any():
        return None
    push = np.zeros_like(at)
    push[mine] = need[rows, most, None] * normals[near[rows, most]]
    return push


def _blurred(held: Bound, push: Array, steps: int = _BLUR) -> Array:
    """Pushes of the welded vertices as pushes of the controls, the longest of each, and what is near taken along."""
    cloth = held.cloth
    square = np.einsum("ij,ij->i", push, push)
    mine = np.flatnonzero((square > 0) & (cloth.control >= 0))
    control, own = cloth.control[mine], push[mine]
    most = np.zeros(len(cloth.centres))
    np.maximum.at(most, control, np.sqrt(square[mine]))
    ways = np.stack([np.bincount(control, own[:, axis], len(most)) for axis in range(3)], axis=1)
    ways *= (most / np.maximum(np.linalg.norm(ways, axis=1), 1e-12))[:, None]
    ways = ways[held.ties.lies]
    for _ in range(steps):
        soft = cloth.mean @ ways
        longer = np.einsum("ij,ij->i", soft, soft) > np.einsum("ij,ij->i", ways, ways)
        ways = np.where(longer[:, None], soft, ways)
    return np.asarray(ways[held.ties.lies])

"""What every tailored jacket has: its panels with turned edges, the lap of the fronts, a vent, flaps and welts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from assets.generators.fastenings import button
from assets.generators.garment import Draped, face_of, hem
from assets.generators.jacket_lapel import BESIDE, Front
from assets.generators.jacket_plate import LAST_COLUMN, Ground, Plate, ease, plate, resting, unit
from assets.model import Material, Primitive

Array = NDArray[np.float64]

LAID: Final = {
    "front-left": (0.0, 0.0),
    "side-left": (0.1, 0.0),
    "back-left": (0.2, 0.0),
    "front-right": (-0.8, 0.0),
    "side-right": (-0.9, 0.0),
    "back-right": (-1.0, 0.0),
    "sleeve-left": (0.3, 1.0),
    "sleeve-right": (-0.9, 1.0),
}
"""Where each panel lies on the cloth, metres."""
TURNED: Final = {"hem": 0.030, "roll": 0.010, "neck": 0.010, "cutaway": 0.009}
"""How deep edges are turned in, metres."""
EDGE: Final = 0.0034  # metres that a faced edge is thick


def bodies(draped: Draped, shell: Material) -> list[Primitive]:
    """All panels with their turned edges."""
    made = []
    for p in draped.sewn.panels:
        shift = -np.array(LAID[p.name])
        made.append(face_of(draped, p, shell, shift))
        made += [
            hem(draped, p, edge, shell, shift, depth=deep, thickness=EDGE)
            for edge, deep in TURNED.items()
            if edge in p.edges
        ]
    return made


def lap(front: Front, shell: Material, shift: Array, rows: int = 80) -> Plate:
    """The front on top along its edge, from a little beside the middle: it rises there and lies over the other."""
    draft = front.draft
    line = np.concatenate([draft.roll(), draft.edge()[1:]])
    near = line[line[:, 0] < BESIDE]
    if draft.cut_away is None:  # the edge runs down to the hem
        near[-1, 1] = draft.hem
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(near, axis=0), axis=1))])
    at = np.linspace(0, run[-1], rows)
    rim = np.stack([np.interp(at, run, near[:, k]) for k in range(2)], axis=1)
    shares = np.linspace(0, 1, 14 + round(150 * max(0.0, draft.break_[0] - 0.03)))
    x = BESIDE + (rim[:, :1] - BESIDE) * shares
    flat = np.stack([x, np.repeat(rim[:, 1:], len(shares), axis=1)], axis=-1)
    points, n = resting(front, flat, 0.0002)
    # A canvassed edge runs clean over what the cloth under it does.
    even = gaussian_filter1d(points, 3.0, axis=0, mode="nearest")
    points += (even - points) * ease(1.0 - x / BESIDE)[..., None]
    sign = 1.0 if front.hand == "left" else -1.0
    uv = flat * [sign, -1.0] + shift * [1.0, -1.0]
    return plate(points, n, uv, shell, thickness=EDGE, sides=(LAST_COLUMN,))


def vent(front: Front, top: float, wide: float, shell: Material, shift: Array) -> Plate:
    """The edge of the back that lies over the other one from ``top`` down to the hem, ``wide`` metres."""
    draft = front.draft
    middle = draft.middle()[::-1]
    y = np.linspace(draft.hem, top, 40)
    x = np.interp(y, middle[:, 1], middle[:, 0])
    shares = np.array([0.0, 0.15, 0.3, 0.5, 0.75, 1.0])
    flat = np.stack([(x - wide * 0)[:, None] + wide * shares, np.repeat(y[:, None], len(shares), axis=1)], axis=-1)
    mirrored = flat.copy()
    mirrored[..., 0] = 2 * x[:, None] - flat[..., 0]
    lift = 0.0030 * ease(wide * shares / 0.010) * ease((top - y) / 0.02 + 0.15)[:, None]
    points, n = resting(front.past_back, mirrored, lift)
    sign = 1.0 if front.hand == "left" else -1.0
    uv = flat * [sign, -1.0] + shift * [1.0, -1.0]
    return plate(points, n, uv, shell, thickness=0.0028, sides=(0, 1, 3))


def patch(
    ground: Ground,
    flat: Array,
    shell: Material,
    shift: Array,
    *,
    lift: Array | float = 0.0030,
    thickness: float = 0.0026,
) -> Plate:
    """A flap, welt or strap: a grid of the flat pattern that lies on the cloth, ``lift`` (for all, or for every row)
    metres over it, its edges rounded.
    """
    if np.ndim(lift) == 1:
        lift = np.asarray(lift)[:, None]
    points, n = resting(ground, flat, lift)
    return plate(points, n, flat * [1.0, -1.0] + shift, shell, thickness=thickness)


@dataclass(frozen=True, kw_only=True)
class Flap:
    """A pocket's flap on the front, metres: its upper corner nearest the middle, how long, how deep, how much its far
    end lies lower or, negative, higher.
    """

    at: tuple[float, float]
    long: float
    deep: float
    slant: float = 0.0

    def flat(self, rows: int = 10, columns: int = 22, round_: float = 0.010) -> Array:
        """The grid float64[rows, columns, 2] from below up, lower corners rounded."""
        u, v = np.linspace(0, 1, columns), np.linspace(0, 1, rows)
        near = np.minimum(u, 1 - u) * self.long
        cut = np.where(near < round_, round_ - np.sqrt(np.clip(round_**2 - (round_ - near) ** 2, 0, None)), 0.0)
        low = -self.deep + cut
        y = low[None] * (1 - v[:, None])
        x = np.broadcast_to(u * self.long, y.shape)
        return np.stack([self.at[0] + x, self.at[1] + y - self.slant * u[None]], axis=-1)


def buttons(
    ground: Ground, flat: Array, horn: Material, thread: Material, *, radius: float, over: float
) -> tuple[list[Primitive], list[Primitive]]:
    """Buttons at points of the flat pattern, ``over`` metres above the cloth: the buttons and their threads."""
    points, normals = ground(flat)
    made = [
        button(at + over * n, n, horn, thread, radius=radius) for at, n in zip(points, unit(normals), strict=True)
    ]
    return [one for one, _ in made], [other for _, other in made]

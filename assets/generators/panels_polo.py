"""The paper pattern of a polo shirt: front and back with vents at the sides, short sleeves with rib cuffs, a collar.

As in a button-up shirt, the placket lies on the front and is laid there afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_bands import MIRROR, Outline, both, cuff, stand
from assets.generators.panels_tee import curve
from assets.generators.pattern import Sewn, length, panel, sew

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PoloDraft:
    """Lines of the draft, metres; y = 0 at the neck's side point, x = 0 in the middle of a panel.

    ``neck``, ``drops``, ``shoulder``, ``bust``, ``depth``, ``waist`` and ``hem`` as a shirt's
    (:class:`assets.generators.panels_shirt.ShirtDraft`); ``vent`` how long the side vents are and how much longer
    the back is than the front; ``sleeve`` is its length between cap and cuff, ``wrist`` half its width there;
    ``cuff`` the rib's half width and height; ``stand`` the collar stand's heights at the back and at the front;
    ``lean`` its upper edge over its lower one.
    """

    neck: float
    drops: tuple[float, float]
    shoulder: tuple[float, float]
    bust: float
    depth: float
    waist: tuple[float, float]
    hem: tuple[float, float]
    vent: tuple[float, float]
    sleeve: float
    cap: float
    wrist: float
    cuff: tuple[float, float]
    stand: tuple[float, float]
    lean: float = 0.97

    @cached_property
    def armhole(self) -> Array:
        """From the underarm up to the shoulder, right half of a panel."""
        (sx, sy), (ux, uy) = self.shoulder, (self.bust, -self.depth)
        return curve((ux, uy), (ux - 0.052, uy + 0.002), (sx - 0.020, uy + 0.082), (sx, sy))

    def side(self) -> Array:
        """From the front's hem up to the underarm."""
        (wx, wy), (hx, hy) = self.waist, self.hem
        return curve((hx, hy), (hx - 0.001, hy + 0.08), (wx - 0.012, wy + 0.06), (self.bust, -self.depth))

    def vented(self) -> tuple[Array, Array]:
        """The side's part that is open, and what is sewn."""
        line, y = self.side(), self.hem[1] + self.vent[0]
        i = int(np.flatnonzero(line[:, 1] >= y)[0])
        point = line[i - 1] + (y - line[i - 1, 1]) / (line[i, 1] - line[i - 1, 1]) * (line[i] - line[i - 1])
        return np.concatenate([line[:i], [point]]), np.concatenate([[point], line[i:]])

    def neckline(self, side: int) -> Array:
        """The right half, from the shoulder to the middle; ``side`` 0 is the front's, 1 the back's."""
        drop, neck = self.drops[side], self.neck
        return curve((neck, 0.0), (neck - 0.004, -0.60 * drop), (0.62 * neck, -drop), (0.0, -drop))

    def crown(self, biceps: float) -> Array:
        """The sleeve's cap from its right end over the top: float64[161, 2]."""
        x = np.linspace(-1, 1, 161)
        return np.stack([-x * biceps, self.cap * (0.5 + 0.5 * np.cos(np.pi * x)) ** 0.83], axis=1)

    @cached_property
    def biceps(self) -> float:
        """Half the sleeve's width at which its cap is as long as the armhole."""
        wanted, low, high = 2 * length(self.armhole), 0.08, 0.30
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if length(self.crown(middle)) < wanted else (low, middle)
        return low


def draft(bust: float, hip: float, upper_arm: float, shoulder: float, neck: float) -> PoloDraft:
    """A regular fit for girths and the shoulders' width in metres.

    Ease as in Aldrich, "Metric Pattern Cutting for Women's Wear" (6th ed.), easy-fitting jersey: 13 cm on the bust;
    the back 2.5 cm longer than the front.
    """
    return PoloDraft(
        neck=neck / 5 - 0.001,
        drops=(neck / 5 + 0.010, 0.020),
        shoulder=(shoulder / 2 + 0.008, -0.055),
        bust=(bust + 0.13) / 4,
        depth=bust / 8 + 0.126,
        waist=((bust + 0.08) / 4, -0.42),
        hem=((hip + 0.10) / 4, -0.620),
        vent=(0.050, 0.025),
        sleeve=0.100,
        cap=0.114,
        wrist=upper_arm / 2 * 1.20,
        cuff=(upper_arm / 2 * 1.13, 0.026),
        stand=(0.028, 0.015),
    )


def cut(polo: PoloDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn. The back is drawn as seen from behind, so
    that its right is the wearer's right; x grows to the wearer's left on the front.
    """

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    half = length(polo.neckline(0)) + length(polo.neckline(1))
    split = length(polo.neckline(0))
    counts = (count(polo.neckline(0)), 2 * count(polo.neckline(1)), 2)
    pieces = [
        panel("front", _trunk(polo, 0, count), spacing),
        panel("back", _trunk(polo, 1, count), spacing),
        panel("stand", stand(half, split, polo.stand, polo.lean, counts), min(spacing, polo.stand[0] / 2.5)),
    ]
    seams: list[tuple[str, str, str, str, bool]] = [
        ("stand", "left", "front", "neck-right", True),
        ("stand", "right", "front", "neck-left", True),
        ("stand", "back", "back", "neck", True),
        ("stand", "start", "stand", "end", True),
    ]
    for side, other in (("right", "left"), ("left", "right")):
        seams += [
            ("front", f"side-{side}", "back", f"side-{other}", True),
            ("front", f"shoulder-{side}", "back", f"shoulder-{other}", True),
        ]
    around = 2 * round(polo.cuff[0] / 0.013)
    for hand, other in (("left", "right"), ("right", "left")):
        arm, band = f"sleeve-{hand}", f"cuff-{hand}"
        pieces += [
            panel(arm, _sleeve(polo, around, count), spacing),
            panel(band, cuff(*polo.cuff, around, 2), min(spacing, polo.cuff[1] / 2)),
        ]
        back, front = ("cap-right", "cap-left") if hand == "left" else ("cap-left", "cap-right")
        seams += [
            (arm, back, "back", f"armhole-{hand}", True),
            (arm, front, "front", f"armhole-{other}", True),
            (arm, "under-left", arm, "under-right", True),
            (band, "top", arm, "wrist", True),
            (band, "start", band, "end", True),
        ]
    return sew(pieces, seams)


def _trunk(polo: PoloDraft, which: int, count: Callable[[Array], int]) -> Outline:
    vent, side = polo.vented()
    if which:
        vent = np.concatenate([[(polo.hem[0], polo.hem[1] - polo.vent[1])], vent])
    hem = np.array([vent[0] * MIRROR, vent[0]])
    tip = np.array([polo.shoulder, (polo.neck, 0.0)])
    neck = polo.neckline(which)
    right: Outline = [
        ("vent", vent, count(vent)),
        ("side", side, count(side)),
        ("armhole", polo.armhole, count(polo.armhole)),
        ("shoulder", tip, count(tip)),
    ]
    middle: Outline = []
    if which:
        middle = [("neck", np.concatenate([neck, neck[-2::-1] * MIRROR]), 2 * count(neck))]
    else:
        right.append(("neck", neck, count(neck)))
    return both(right, middle, [("hem", hem, 2 * (count(hem) // 2))])


def _sleeve(polo: PoloDraft, around: int, count: Callable[[Array], int]) -> Outline:
    b, wrist, low, n = polo.biceps, polo.wrist, -polo.sleeve, count(polo.armhole)
    under = np.array([(wrist, low), (b, 0.0)])
    return [
        ("wrist", np.array([(-wrist, low), (wrist, low)]), around),
        ("under-right", under, count(under)),
        ("cap-right", polo.crown(b)[:81], n),
        ("cap-left", polo.crown(b)[80:], n),
        ("under-left", under[::-1] * MIRROR, count(under)),
    ]

"""The paper pattern of a button-up shirt: front, yoke, back with a box pleat, sleeves with cuffs, a collar's stand.

The front is cut whole and joined where it is buttoned: placket, pocket and what laps over lie on the cloth and are
laid there afterwards (:mod:`assets.generators.laid`).
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
Seam = tuple[str, str, str, str, bool]

_FOLDS = 2  # intervals of one layer of half the pleat


@dataclass(frozen=True, kw_only=True)
class ShirtDraft:
    """Lines of the draft, metres; y = 0 at the neck's side point, x = 0 in the middle of a panel.

    ``neck`` is half the opening's width, ``drops`` how deep it is at the front and at the back; ``shoulder`` the
    shoulder's tip; ``bust``, ``waist`` and ``hem`` half a panel's width and the height there, the hem's at the side
    seam; ``tails`` how much lower the hem is in the middle of front and back; ``depth`` how far the underarm lies
    under the neck; ``yoke`` how far its seams lie before and behind the shoulder's line; ``pleat`` half the box
    pleat's width and ``kept`` what share of it the back is still wider at the hem; ``sleeve`` is its length between
    cap and cuff, ``wrist`` half its width at the cuff; ``cuff`` the cuff's half width and height; ``stand`` the
    collar stand's height and its length over the neckline's, ``lean`` its upper edge over its lower one.
    """

    neck: float
    drops: tuple[float, float]
    shoulder: tuple[float, float]
    bust: float
    depth: float
    waist: tuple[float, float]
    hem: tuple[float, float]
    tails: tuple[float, float]
    yoke: tuple[float, float]
    pleat: float
    kept: float
    sleeve: float
    cap: float
    wrist: float
    cuff: tuple[float, float]
    stand: tuple[float, float]
    lean: float = 0.975

    @cached_property
    def armhole(self) -> Array:
        """From the underarm up to the shoulder, right half of a panel."""
        (sx, sy), (ux, uy) = self.shoulder, (self.bust, -self.depth)
        return curve((ux, uy), (ux - 0.056, uy + 0.002), (sx - 0.022, uy + 0.085), (sx, sy))

    def side(self) -> Array:
        """From the hem up to the underarm."""
        (wx, wy), (hx, hy) = self.waist, self.hem
        return curve((hx, hy), (hx - 0.001, hy + 0.06), (wx - 0.012, wy + 0.06), (self.bust, -self.depth))

    def neckline(self, side: int) -> Array:
        """The right half, from the shoulder to the middle; ``side`` 0 is the front's, 1 the back's."""
        drop, neck = self.drops[side], self.neck
        return curve((neck, 0.0), (neck - 0.004, -0.60 * drop), (0.62 * neck, -drop), (0.0, -drop))

    def tail(self, side: int) -> Array:
        """The hem from the left side seam to the right one: level in the middle, swinging up to the sides."""
        (x, y), low = self.hem, self.hem[1] - self.tails[side]
        half = curve((0.0, low), (0.58 * x, low), (0.66 * x, y - 0.002), (x, y))
        return np.concatenate([half[:0:-1] * MIRROR, half])

    @cached_property
    def cuts(self) -> tuple[Array, Array, Array, Array]:
        """The front's armhole up to the yoke, the strip of it that is the yoke's; the same of the neckline."""
        way = np.array(self.shoulder) - [self.neck, 0.0]
        across = np.array([way[1], -way[0]]) / np.hypot(*way)

        def halves(line: Array) -> tuple[Array, Array]:
            under = (line - [self.neck, 0.0]) @ across
            i = int(np.flatnonzero((under[:-1] - self.yoke[0]) * (under[1:] - self.yoke[0]) <= 0)[0])
            share = (self.yoke[0] - under[i]) / (under[i + 1] - under[i])
            point = line[i] + share * (line[i + 1] - line[i])
            return np.concatenate([line[: i + 1], [point]]), np.concatenate([[point], line[i + 1 :]])

        low, strip = halves(self.armhole)
        top, rest = halves(self.neckline(0))
        return low, strip, top, rest

    def turned(self, line: Array) -> Array:
        """A line of the front as the yoke goes on over the shoulder, and back: mirrored across its line."""
        way = np.array(self.shoulder) - [self.neck, 0.0]
        out = np.array([-way[1], way[0]]) / np.hypot(*way)
        hand = np.where(line[:, :1] < 0, MIRROR, 1.0)
        return np.asarray(line - 2 * self.beyond(line)[:, None] * out * hand)

    def beyond(self, flat: Array) -> Array:
        """How far points of the yoke lie before the shoulder's line, metres: negative behind it."""
        way = np.array(self.shoulder) - [self.neck, 0.0]
        out = np.array([-way[1], way[0]]) / np.hypot(*way)
        return np.asarray((np.abs(flat) * [1.0, 0.0] + flat * [0.0, 1.0] - [self.neck, 0.0]) @ out)

    def _yoke_line(self) -> tuple[Array, Array]:
        """The back's armhole up to the yoke's seam, and the yoke's part of it."""
        line, y = self.armhole, -self.yoke[1]
        i = int(np.flatnonzero(line[:, 1] >= y)[0])
        share = (y - line[i - 1, 1]) / (line[i, 1] - line[i - 1, 1])
        point = line[i - 1] + share * (line[i] - line[i - 1])
        return np.concatenate([line[:i], [point]]), np.concatenate([[point], line[i:]])

    def hole(self) -> tuple[Array, Array, Array]:
        """The armhole in three: the back's part going up, the yoke's over the shoulder, the front's going down."""
        low, strip, _, _ = self.cuts
        back, over = self._yoke_line()
        return back, np.concatenate([over, self.turned(strip)[-2::-1]]), low[::-1]

    def crown(self, biceps: float) -> Array:
        """The sleeve's cap from its right end over the top: float64[241, 2]."""
        x = np.linspace(-1, 1, 241)
        return np.stack([-x * biceps, self.cap * (0.5 + 0.5 * np.cos(np.pi * x)) ** 0.85], axis=1)

    @cached_property
    def biceps(self) -> float:
        """Half the sleeve's width at which its cap is as long as the armhole."""
        wanted, low, high = sum(length(part) for part in self.hole()), 0.08, 0.32
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if length(self.crown(middle)) < wanted else (low, middle)
        return low

    def round_neck(self) -> float:
        """The length of the whole neckline."""
        return 2 * (length(self.neckline(0)) + length(self.neckline(1)))


def draft(bust: float, hip: float, shoulder: float, neck: float, arm: float) -> ShirtDraft:
    """A regular shirt, worn loose, for girths, the shoulders' width and the arm's length in metres.

    Ease as in Aldrich, "Metric Pattern Cutting for Women's Wear" (6th ed.), classic shirt: 16 cm on the bust, 12 cm
    on the hips, a yoke 9 cm deep, cuffs 6 cm high.
    """
    return ShirtDraft(
        neck=neck / 5 - 0.001,
        drops=(neck / 5 + 0.009, 0.020),
        shoulder=(shoulder / 2 + 0.012, -0.056),
        bust=(bust + 0.16) / 4,
        depth=bust / 8 + 0.130,
        waist=((bust + 0.10) / 4, -0.42),
        hem=((hip + 0.12) / 4, -0.615),
        tails=(0.065, 0.085),
        yoke=(0.030, 0.100),
        pleat=0.017,
        kept=0.45,
        sleeve=arm - 0.142,
        cap=0.108,
        wrist=0.124,
        cuff=(0.096, 0.062),
        stand=(0.030, 1.01),
    )


def cut(shirt: ShirtDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn. Back and yoke are drawn as seen from behind,
    so that their right is the wearer's right; x grows to the wearer's left on the front.
    """

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    trunk = _trunk(shirt, count)
    pieces = [panel(name, outline, spacing) for name, outline in trunk.items()]
    pieces.append(panel("stand", _stand(shirt, count), min(spacing, shirt.stand[0] / 2.5)))
    seams: list[Seam] = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("stand", "left", "front", "neck-right", True),
        ("stand", "back", "yoke", "neck", True),
        ("stand", "right", "front", "neck-left", True),
        ("stand", "start", "stand", "end", True),
    ]
    for side, other in (("right", "left"), ("left", "right")):
        seams += [
            ("front", f"yoke-{side}", "yoke", f"front-{other}", True),
            ("yoke", f"back-{side}", "back", f"top-{side}", True),
            # The pleat: its face, what returns under it and what goes on lie on each other in the yoke's seam.
            ("yoke", f"box-{side}", "back", f"face-{side}", True),
            ("yoke", f"box-{side}", "back", f"under-{side}", False),
            ("yoke", f"box-{side}", "back", f"out-{side}", True),
        ]
    for hand, other in (("left", "right"), ("right", "left")):
        arm, band = f"sleeve-{hand}", f"cuff-{hand}"
        pieces += [
            panel(arm, _sleeve(shirt, hand, count), spacing),
            panel(
                band,
                cuff(*shirt.cuff, 2 * round(shirt.cuff[0] / 0.011), max(3, round(shirt.cuff[1] / spacing))),
                min(spacing, shirt.cuff[1] / 3),
            ),
        ]
        seams += [
            (arm, "cap-back", "back", f"armhole-{hand}", True),
            (arm, "cap-yoke", "yoke", f"armhole-{hand}", True),
            (arm, "cap-front", "front", f"armhole-{other}", True),
            (arm, "under-left", arm, "under-right", True),
            (band, "top", arm, "wrist", True),
            (band, "start", band, "end", True),
        ]
    return sew(pieces, seams)


def _trunk(shirt: ShirtDraft, count: Callable[[Array], int]) -> dict[str, Outline]:
    back_hole, yoke_hole, front_hole = shirt.hole()
    _, _, neck, rest = shirt.cuts
    a, tail, side = shirt.pleat, shirt.tail(0), shirt.side()
    front = both(
        [
            ("side", side, count(side)),
            ("armhole", front_hole[::-1], count(front_hole)),
            ("yoke", np.array([front_hole[0], rest[0]]), count(np.array([front_hole[0], rest[0]]))),
            ("neck", rest, count(rest)),
        ],
        [],
        [("hem", tail, 2 * count(tail[60:]))],
    )
    low = -shirt.yoke[1]
    seam = np.array([(a, low), (back_hole[-1, 0], low)])
    over = shirt.turned(neck)[::-1]
    around = np.concatenate([over, shirt.neckline(1)[1:]])
    joint = np.array([yoke_hole[-1], over[0]])
    yoke = both(
        [
            ("box", np.array([(0.0, low), (a, low)]), _FOLDS),
            ("back", seam, count(seam)),
            ("armhole", yoke_hole, count(yoke_hole)),
            ("front", joint, count(joint)),
        ],
        [("neck", np.concatenate([around, around[-2::-1] * MIRROR]), 2 * count(around))],
        [],
    )
    wide = np.array([2 * a, 0.0])
    # Part of the pleat's width has run out at the hem: the fold closes over the hips.
    flared = side + wide * np.interp(side[:, 1:], [shirt.hem[1], -shirt.depth], [shirt.kept, 1.0])
    tail = shirt.tail(1) * [flared[0, 0] / shirt.hem[0], 1.0]
    folds = [np.array([(k * a, low), ((k - 1) * a, low)]) for k in (3, 2, 1)]
    back = both(
        [
            ("side", flared, count(side)),
            ("armhole", back_hole + wide, count(back_hole)),
            ("top", (seam + wide)[::-1], count(seam)),
            *((name, fold, _FOLDS) for name, fold in zip(("out", "under", "face"), folds, strict=True)),
        ],
        [],
        [("hem", tail, 2 * (count(tail) // 2))],
    )
    return {"front": front, "yoke": yoke, "back": back}


def _sleeve(shirt: ShirtDraft, hand: str, count: Callable[[Array], int]) -> Outline:
    b, wrist, low = shirt.biceps, shirt.wrist, -shirt.sleeve
    crown = shirt.crown(b)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(crown, axis=0), axis=1))])
    parts = [
        (name, length(line), count(line)) for name, line in zip(("back", "yoke", "front"), shirt.hole(), strict=True)
    ]
    parts = parts if hand == "left" else parts[::-1]
    ends = np.concatenate([[0.0], np.cumsum([size for _, size, _ in parts])])
    ends *= run[-1] / ends[-1]
    cap: Outline = []
    for (name, _, n), start, end in zip(parts, ends[:-1], ends[1:], strict=True):
        at = np.linspace(start, end, 40)
        cap.append((f"cap-{name}", np.stack([np.interp(at, run, crown[:, k]) for k in range(2)], axis=1), n))
    under = np.array([(wrist, low), (b, 0.0)])
    return [
        ("wrist", np.array([(-wrist, low), (wrist, low)]), 2 * round(shirt.cuff[0] / 0.011)),
        ("under-right", under, count(under)),
        *cap,
        ("under-left", under[::-1] * MIRROR, count(under)),
    ]


def _stand(shirt: ShirtDraft, count: Callable[[Array], int]) -> Outline:
    (high, share), (_, _, neck, rest) = shirt.stand, shirt.cuts
    behind = np.concatenate([shirt.turned(neck)[::-1], shirt.neckline(1)[1:]])
    half = share * shirt.round_neck() / 2
    split = half * length(rest) / (length(behind) + length(rest))
    up = max(2, count(np.array([(0.0, 0.0), (0.0, high)])))
    return stand(half, split, (high, high), shirt.lean, (count(rest), 2 * count(behind), up))

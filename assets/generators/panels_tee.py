"""The paper pattern of a T-shirt, drafted from body measurements: front, back, two set-in sleeves, a rib collar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]

_MIRROR = np.array([-1.0, 1.0])


def curve(*points: tuple[float, float]) -> Array:
    """A cubic Bezier through two ends with two handles: float64[60, 2]."""
    p = np.array(points)
    t = np.linspace(0, 1, 60)[:, None]
    return np.asarray((1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1] + 3 * t**2 * (1 - t) * p[2] + t**3 * p[3])


@dataclass(frozen=True, kw_only=True)
class TeeDraft:
    """Lines of the draft, metres; y = 0 at the neck's side point, x = 0 in the middle of a panel.

    ``bust``, ``waist`` and ``hem`` are half a panel's width; ``neck`` half the opening's; ``depth`` how far the
    underarm lies under the neck's side point; ``biceps`` half the sleeve's width is what fits the cap to the armhole.
    """

    neck: float
    drops: tuple[float, float]
    shoulder: tuple[float, float]
    bust: float
    depth: float
    waist: tuple[float, float]
    hem: tuple[float, float]
    sleeve: float
    cap: float
    cuff: float
    collar: float = 0.018
    collar_ease: float = 0.96

    def armhole(self) -> Array:
        """From the underarm up to the shoulder, right half of a panel."""
        (sx, sy), (ux, uy) = self.shoulder, (self.bust, -self.depth)
        return curve((ux, uy), (ux - 0.050, uy + 0.002), (sx - 0.020, uy + 0.080), (sx, sy))

    def low(self, side: int) -> Array:
        """The hem from the left to the right; the front is longer in the middle, for the way over the bust."""
        (x, y), along = self.hem, np.linspace(-1, 1, 41)
        drop = (0.024, 0.0)[side]
        return np.stack([x * along, y - drop * (1 - along**2) ** 2], axis=1)

    def side(self) -> Array:
        """From the hem up to the underarm."""
        (wx, wy), (hx, hy) = self.waist, self.hem
        return curve((hx, hy), (hx - 0.001, hy + 0.08), (wx - 0.012, wy + 0.06), (self.bust, -self.depth))

    def neckline(self, side: int) -> Array:
        """From the right to the left; ``side`` 0 is the front's, 1 the back's."""
        drop, neck = self.drops[side], self.neck
        half = curve((neck, 0.0), (neck - 0.006, -0.62 * drop), (0.62 * neck, -drop), (0.0, -drop))
        return np.concatenate([half, half[-2::-1] * _MIRROR])

    def crown(self, biceps: float) -> Array:
        """The sleeve's cap from its right end over the top: float64[161, 2]."""
        x = np.linspace(-1, 1, 161)
        return np.stack([-x * biceps, self.cap * (0.5 + 0.5 * np.cos(np.pi * x)) ** 0.82], axis=1)

    def biceps(self) -> float:
        """Half the sleeve's width at which its cap is as long as the armholes it is sewn to."""
        wanted, low, high = 2 * length(self.armhole()), 0.08, 0.28
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if length(self.crown(middle)) < wanted else (low, middle)
        return low


def draft(bust: float, hip: float, upper_arm: float, shoulder: float, neck: float) -> TeeDraft:
    """A regular fit for girths and the shoulders' width in metres.

    Ease as in Aldrich, "Metric Pattern Cutting for Women's Wear" (6th ed.), easy-fitting jersey: 12 cm on the bust,
    8 cm on the hips, a quarter on the upper arm; the armhole is an eighth of the bust and 12.5 cm deep.
    """
    return TeeDraft(
        neck=neck / 5 + 0.016,
        drops=(neck / 5 + 0.030, 0.026),
        shoulder=(shoulder / 2 + 0.006, -0.054),
        bust=(bust + 0.14) / 4,
        depth=bust / 8 + 0.125,
        waist=((bust + 0.12) / 4, -0.42),
        hem=((hip + 0.17) / 4, -0.64),
        sleeve=0.100,
        cap=0.118,
        cuff=upper_arm / 2 * 1.15,
    )


def cut(tee: TeeDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn.

    The back is drawn as seen from behind, so that its right is the wearer's right; x grows to the wearer's left on
    the front.
    """

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    n = {
        "armhole": count(tee.armhole()),
        "side": count(tee.side()),
        "hem": 2 * round(tee.hem[0] / spacing),
        "shoulder": count(np.array([(tee.neck, 0.0), tee.shoulder])),
        "front": 2 * round(length(tee.neckline(0)) / 2 / spacing),
        "back": 2 * round(length(tee.neckline(1)) / 2 / spacing),
        "under": count(np.array([(0.0, 0.0), (0.0, tee.sleeve)])),
        "cuff": 2 * round(tee.cuff / spacing),
        "collar": max(2, round(tee.collar / spacing)),
    }
    pieces = [
        _trunk(tee, "front", n, spacing),
        _trunk(tee, "back", n, spacing),
        _sleeve(tee, "sleeve-left", n, spacing),
        _sleeve(tee, "sleeve-right", n, spacing),
        _collar(tee, n, spacing),
    ]
    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("front", "shoulder-right", "back", "shoulder-left", True),
        ("front", "shoulder-left", "back", "shoulder-right", True),
        ("sleeve-left", "cap-right", "back", "armhole-left", True),
        ("sleeve-left", "cap-left", "front", "armhole-right", True),
        ("sleeve-left", "under-left", "sleeve-left", "under-right", True),
        ("sleeve-right", "cap-right", "front", "armhole-left", True),
        ("sleeve-right", "cap-left", "back", "armhole-right", True),
        ("sleeve-right", "under-left", "sleeve-right", "under-right", True),
        ("collar", "front", "front", "neck", True),
        ("collar", "back", "back", "neck", True),
        ("collar", "start", "collar", "end", True),
    ]
    return sew(pieces, seams)


def _trunk(tee: TeeDraft, name: str, n: dict[str, int], spacing: float) -> Panel:
    tip = np.array([tee.shoulder, (tee.neck, 0.0)])
    return panel(
        name,
        [
            ("hem", tee.low(0 if name == "front" else 1), n["hem"]),
            ("side-right", tee.side(), n["side"]),
            ("armhole-right", tee.armhole(), n["armhole"]),
            ("shoulder-right", tip, n["shoulder"]),
            ("neck", tee.neckline(0 if name == "front" else 1), n[name]),
            ("shoulder-left", tip[::-1] * _MIRROR, n["shoulder"]),
            ("armhole-left", tee.armhole()[::-1] * _MIRROR, n["armhole"]),
            ("side-left", tee.side()[::-1] * _MIRROR, n["side"]),
        ],
        spacing,
    )


def _sleeve(tee: TeeDraft, name: str, n: dict[str, int], spacing: float) -> Panel:
    b, cuff, low = tee.biceps(), tee.cuff, -tee.sleeve
    return panel(
        name,
        [
            ("hem", np.array([(-cuff, low), (cuff, low)]), n["cuff"]),
            ("under-right", np.array([(cuff, low), (b, 0.0)]), n["under"]),
            ("cap-right", tee.crown(b)[:81], n["armhole"]),
            ("cap-left", tee.crown(b)[80:], n["armhole"]),
            ("under-left", np.array([(-b, 0.0), (-cuff, low)]), n["under"]),
        ],
        spacing,
    )


def _collar(tee: TeeDraft, n: dict[str, int], spacing: float) -> Panel:
    around = n["front"] + n["back"]
    half = (length(tee.neckline(0)) + length(tee.neckline(1))) * tee.collar_ease / 2
    split = half * (2 * n["front"] / around - 1)
    return panel(
        "collar",
        [
            ("front", np.array([(-half, 0.0), (split, 0.0)]), n["front"]),
            ("back", np.array([(split, 0.0), (half, 0.0)]), n["back"]),
            ("end", np.array([(half, 0.0), (half, tee.collar)]), n["collar"]),
            ("rim", np.array([(half, tee.collar), (-half, tee.collar)]), around),
            ("start", np.array([(-half, tee.collar), (-half, 0.0)]), n["collar"]),
        ],
        min(spacing, tee.collar / 2),
    )

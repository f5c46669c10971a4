"""The paper pattern of a sleeveless dress, drafted from body measurements: bodice, waist seam, round-cut skirt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_tee import curve
from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]

_MIRROR = np.array([-1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class DressDraft:
    """Lines of the draft, metres and radians; y = 0 at the neck's side point, x = 0 in the middle of a panel.

    ``bust`` and ``waist`` are half a panel's width and how far down. The skirt's panels are cut round: waist and hem
    are arcs about the point where the sides would meet, each side at ``flare`` from upright, the hem ``long`` down in
    the middle.
    """

    neck: float
    drops: tuple[float, float]
    shoulder: tuple[float, float]
    bust: tuple[float, float]
    waist: tuple[float, float]
    flare: float
    long: float

    @property
    def radius(self) -> float:
        """The radius of the skirt's waist, an arc as long as the bodice is wide."""
        return self.waist[0] / self.flare

    @property
    def apex(self) -> float:
        """The height at which the skirt's sides would meet."""
        return self.radius - self.waist[1]

    def armhole(self) -> Array:
        """From the underarm up to the shoulder, right half of a panel."""
        (sx, sy), (ux, uy) = self.shoulder, (self.bust[0], -self.bust[1])
        return curve((ux, uy), (ux - 0.052, uy - 0.004), (sx - 0.026, uy + 0.075), (sx, sy))

    def neckline(self, side: int) -> Array:
        """From the right to the left; ``side`` 0 is the front's, 1 the back's."""
        drop, neck = self.drops[side], self.neck
        half = curve((neck, 0.0), (neck - 0.014, -0.66 * drop), (0.66 * neck, -drop), (0.0, -drop))
        return np.concatenate([half, half[-2::-1] * _MIRROR])

    def _arc(self, radius: float) -> Array:
        angle = np.linspace(-self.flare, self.flare, 120)
        return np.stack([radius * np.sin(angle), self.apex - radius * np.cos(angle)], axis=1)

    def hem(self) -> Array:
        """From the left to the right, seen as the panel is drawn."""
        return self._arc(self.apex + self.long)

    def top(self) -> Array:
        """The skirt's waist from the left to the right."""
        return self._arc(self.radius)

    def seam(self) -> Array:
        """The skirt's side from the hem up to the waist."""
        return np.stack([self.hem()[-1], self.top()[-1]])

    def side(self) -> Array:
        """The bodice's side from the waist up to the underarm."""
        (bx, by), (wx, wy) = self.bust, self.waist
        return curve((wx, -wy), (wx - 0.002, -wy + 0.05), (bx - 0.012, -by - 0.08), (bx, -by))

    def half(self, y: Array) -> Array:
        """Half the bodice's width at heights."""
        line = self.side()
        return np.asarray(np.interp(y, line[:, 1], line[:, 0]))


def draft(bust: float, waist: float, neck: float, stature: float) -> DressDraft:
    """A dress to the knee for girths and the height in metres, close on the bust and easy at the waist."""
    return DressDraft(
        neck=neck / 5 + 0.030,
        drops=(0.150, 0.060),
        shoulder=(neck / 5 + 0.030 + 0.052, -0.026),
        bust=((bust + 0.005) / 4, bust / 8 + 0.118),
        waist=((waist + 0.034) / 4, 0.400),
        flare=np.radians(42.0),
        long=0.632 * stature,
    )


def cut(dress: DressDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn; backs are drawn as seen from behind."""

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    def both(line: Array) -> int:
        return 2 * round(length(line) / 2 / spacing)

    tip = np.array([dress.shoulder, (dress.neck, 0.0)])
    waist = np.array([(-dress.waist[0], -dress.waist[1]), (dress.waist[0], -dress.waist[1])])

    def bodice(name: str, side: int) -> Panel:
        neck = dress.neckline(side)
        return panel(
            name,
            [
                ("waist", waist, both(waist)),
                ("side-right", dress.side(), count(dress.side())),
                ("armhole-right", dress.armhole(), count(dress.armhole())),
                ("shoulder-right", tip, count(tip)),
                ("neck", neck, both(neck)),
                ("shoulder-left", tip[::-1] * _MIRROR, count(tip)),
                ("armhole-left", dress.armhole()[::-1] * _MIRROR, count(dress.armhole())),
                ("side-left", dress.side()[::-1] * _MIRROR, count(dress.side())),
            ],
            spacing,
        )

    def skirt(name: str) -> Panel:
        return panel(
            name,
            [
                ("hem", dress.hem(), both(dress.hem())),
                ("side-right", dress.seam(), count(dress.seam())),
                ("waist", dress.top()[::-1], both(waist)),
                ("side-left", dress.seam()[::-1] * _MIRROR, count(dress.seam())),
            ],
            spacing,
        )

    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("front", "shoulder-right", "back", "shoulder-left", True),
        ("front", "shoulder-left", "back", "shoulder-right", True),
        ("skirt-front", "waist", "front", "waist", True),
        ("skirt-back", "waist", "back", "waist", True),
        ("skirt-front", "side-right", "skirt-back", "side-left", True),
        ("skirt-front", "side-left", "skirt-back", "side-right", True),
    ]
    return sew([bodice("front", 0), bodice("back", 1), skirt("skirt-front"), skirt("skirt-back")], seams)

"""The paper pattern of a sleeveless dress, drafted from body measurements: front and back, flared from the waist."""

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

    ``bust`` and ``waist`` are half a panel's width and how far down; under the waist the sides run straight at
    ``flare`` from upright, and the hem is an arc about the point where they would meet, ``long`` down in the middle.
    """

    neck: float
    drops: tuple[float, float]
    shoulder: tuple[float, float]
    bust: tuple[float, float]
    waist: tuple[float, float]
    flare: float
    long: float

    @property
    def apex(self) -> float:
        """The height at which the skirt's sides would meet."""
        return self.waist[0] / float(np.tan(self.flare)) - self.waist[1]

    def armhole(self) -> Array:
        """From the underarm up to the shoulder, right half of a panel."""
        (sx, sy), (ux, uy) = self.shoulder, (self.bust[0], -self.bust[1])
        return curve((ux, uy), (ux - 0.052, uy - 0.004), (sx - 0.026, uy + 0.075), (sx, sy))

    def neckline(self, side: int) -> Array:
        """From the right to the left; ``side`` 0 is the front's, 1 the back's."""
        drop, neck = self.drops[side], self.neck
        half = curve((neck, 0.0), (neck - 0.014, -0.66 * drop), (0.66 * neck, -drop), (0.0, -drop))
        return np.concatenate([half, half[-2::-1] * _MIRROR])

    def hem(self) -> Array:
        """From the left to the right, seen as the panel is drawn."""
        angle = np.linspace(-self.flare, self.flare, 120)
        radius = self.apex + self.long
        return np.stack([radius * np.sin(angle), self.apex - radius * np.cos(angle)], axis=1)

    def side(self) -> Array:
        """From the hem up to the underarm."""
        (bx, by), (wx, wy), corner = self.bust, self.waist, self.hem()[-1]
        way = np.array([np.sin(self.flare), -np.cos(self.flare)])
        hip = np.array([wx, -wy]) + 0.10 * way
        up = hip - 0.09 * way
        waist = curve(tuple(hip), tuple(up), (wx - 0.006, -wy + 0.07), (bx, -by))
        return np.concatenate([[corner], waist])

    def half(self, y: Array) -> Array:
        """Half the panel's width at heights."""
        line = self.side()
        under = np.interp(y, line[:, 1], line[:, 0])
        return np.asarray(np.where(y > -self.bust[1], self.bust[0], under))


def draft(bust: float, waist: float, neck: float, stature: float) -> DressDraft:
    """A dress to the knee for girths and the height in metres, close on the bust and easy at the waist."""
    return DressDraft(
        neck=neck / 5 + 0.030,
        drops=(0.150, 0.060),
        shoulder=(neck / 5 + 0.030 + 0.052, -0.026),
        bust=((bust + 0.005) / 4, bust / 8 + 0.118),
        waist=((waist + 0.05) / 4, 0.405),
        flare=np.radians(26.0),
        long=0.60 * stature,
    )


def cut(dress: DressDraft, spacing: float) -> Sewn:
    """Both panels, triangulated about every ``spacing`` metres, and sewn; the back is drawn as seen from behind."""

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    tip = np.array([dress.shoulder, (dress.neck, 0.0)])

    def piece(name: str, side: int) -> Panel:
        neck = dress.neckline(side)
        return panel(
            name,
            [
                ("hem", dress.hem(), 2 * round(length(dress.hem()) / 2 / spacing)),
                ("side-right", dress.side(), count(dress.side())),
                ("armhole-right", dress.armhole(), count(dress.armhole())),
                ("shoulder-right", tip, count(tip)),
                ("neck", neck, 2 * round(length(neck) / 2 / spacing)),
                ("shoulder-left", tip[::-1] * _MIRROR, count(tip)),
                ("armhole-left", dress.armhole()[::-1] * _MIRROR, count(dress.armhole())),
                ("side-left", dress.side()[::-1] * _MIRROR, count(dress.side())),
            ],
            spacing,
        )

    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("front", "shoulder-right", "back", "shoulder-left", True),
        ("front", "shoulder-left", "back", "shoulder-right", True),
    ]
    return sew([piece("front", 0), piece("back", 1)], seams)

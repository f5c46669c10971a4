"""The paper pattern of a jumpsuit: a dress's bodice over wide legs, with a band at the waist between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_dress import DressDraft
from assets.generators.panels_legs import LegsDraft, parts
from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]

_RISE: Final = (-0.004, 0.020)
"""How much higher the bodice's waist is in the middle of the front and of the back than at the sides, metres."""
_MIRROR = np.array([-1.0, 1.0])


def cut(legs: LegsDraft, dress: DressDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn: the legs', and two of the bodice. Its waist
    has an edge for each side of the front, and is as much higher in the back as the band is.
    """
    panels, seams = parts(legs, spacing)
    band = panels[-1]
    rim = band.edges["rim"]  # from the middle of the front round the wearer's right
    quarter = round((len(rim) - 1) / 4)
    edges = {"rim-right": rim[: quarter + 1], "rim-back": rim[quarter:-quarter], "rim-left": rim[-quarter - 1 :]}
    own = {name: line for name, line in band.edges.items() if name != "rim"}
    panels[-1] = replace(band, edges={**own, **edges})
    seams += [
        ("band", "rim-right", "bodice-front", "waist-right", True),
        ("band", "rim-left", "bodice-front", "waist-left", True),
        ("band", "rim-back", "bodice-back", "waist", True),
        ("bodice-front", "side-right", "bodice-back", "side-left", True),
        ("bodice-front", "side-left", "bodice-back", "side-right", True),
        ("bodice-front", "shoulder-right", "bodice-back", "shoulder-left", True),
        ("bodice-front", "shoulder-left", "bodice-back", "shoulder-right", True),
    ]
    return sew([*panels, *(_bodice(dress, side, quarter, len(rim) - 1, spacing) for side in (0, 1))], seams)


def _bodice(dress: DressDraft, part: int, quarter: int, around: int, spacing: float) -> Panel:
    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    wide, deep = dress.waist
    x = np.linspace(-wide, wide, 61)
    line = np.stack([x, -deep + _RISE[part] * (0.5 + 0.5 * np.cos(np.pi * x / wide))], axis=1)
    if part == 0:
        # x grows to the wearer's left.
        waist = [("waist-right", line[:31], quarter), ("waist-left", line[30:], quarter)]
    else:
        waist = [("waist", line, around - 2 * quarter)]
    tip = np.array([dress.shoulder, (dress.neck, 0.0)])
    neck = dress.neckline(part)
    return panel(
        "bodice-front" if part == 0 else "bodice-back",
        [
            *waist,
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

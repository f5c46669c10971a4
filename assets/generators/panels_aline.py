"""The paper pattern of an A-line skirt: front and back with two darts each, and a straight waistband."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_tee import curve
from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]

_MIRROR = np.array([-1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class ALineDraft:
    """Lines of the draft, metres and radians; y = 0 at the waist seam in the middle, x = 0 in the middle of a panel.

    ``waist`` is the waistband's length, ``hip`` half a panel's width ``deep`` under the waist; from there the sides
    lean by ``flare``. ``darts`` are the width and the length of the front's and the back's.
    """

    waist: float
    hip: float
    deep: float
    flare: float
    long: float
    rise: float
    band: float
    darts: tuple[tuple[float, float], tuple[float, float]]

    def side(self, back: int) -> Array:
        """From the hem up to the waist, right half of a panel."""
        low = self.hem()[-1]
        slope = float(np.tan(self.flare))
        hip = (self.hip, -self.deep)
        corner = (self.waist / 4 + self.darts[back][0], self.rise)
        bow = curve(hip, (self.hip - 0.08 * slope, -self.deep + 0.08), (corner[0] + 0.013, -0.05), corner)
        return np.concatenate([[low], bow])

    def hem(self) -> Array:
        """From the left to the right, square to the sides."""
        reach = self.long - self.deep
        x = self.hip + reach * float(np.tan(self.flare))
        lift = x * float(np.tan(self.flare)) * 0.5
        tip = (x - lift * float(np.tan(self.flare)), -self.long + lift)
        handle = 0.36 * x
        half = curve(
            (0.0, -self.long),
            (handle, -self.long),
            (tip[0] - handle * float(np.cos(self.flare)), tip[1] - handle * float(np.sin(self.flare))),
            tip,
        )
        return np.concatenate([half[:0:-1] * _MIRROR, half])

    def top(self, back: int) -> Array:
        """The waist's line from the side to the middle, over the dart."""
        wide = self.waist / 4 + self.darts[back][0]
        return curve((wide, self.rise), (0.72 * wide, 0.30 * self.rise), (0.40 * wide, 0.0), (0.0, 0.0))

    def dart(self, back: int) -> Array:
        """The outer end of a dart on the waist, its tip, the inner end: float64[3, 2]."""
        wide, long = self.darts[back]
        line = self.top(back)
        middle = 0.52 * (self.waist / 4 + wide)
        ends = [
            (x, float(np.interp(x, line[::-1, 0], line[::-1, 1]))) for x in (middle + wide / 2, middle - wide / 2)
        ]
        return np.array([ends[0], (middle, -long), ends[1]])

    def open(self, x: Array, y: Array, back: int) -> Array:
        """Distances from the middle of a panel with its darts closed."""
        wide, long = self.darts[back]
        gap = wide * np.clip(1 + y / long, 0, 1.1)
        shift = np.clip((np.abs(x) - self.dart(back)[1, 0]) / np.maximum(gap, 1e-6) + 0.5, 0, 1) * gap
        return np.asarray(np.sign(x) * (np.abs(x) - shift))


def draft(waist: float, hip: float, *, deep: float, long: float = 0.560) -> ALineDraft:
    """A skirt to the knee for girths in metres over the skirt at the waistband's lower edge and ``deep`` below it.

    Darts as in Aldrich, "Metric Pattern Cutting for Women's Wear" (6th ed.), the tailored skirt block, the back's the
    wider and longer ones; 3 cm of ease at the hips.
    """
    return ALineDraft(
        waist=waist,
        hip=(hip + 0.03) / 4,
        deep=deep,
        flare=np.radians(13.0),
        long=long,
        rise=0.010,
        band=0.036,
        darts=((0.020, 0.095), (0.028, 0.130)),
    )


def _part(line: Array, start: float, end: float) -> Array:
    """What of a line lies between two x, which it runs through from right to left."""
    x = np.concatenate([[start], line[(line[:, 0] < start - 1e-6) & (line[:, 0] > end + 1e-6), 0], [end]])
    return np.stack([x, np.interp(x, line[::-1, 0], line[::-1, 1])], axis=1)


def cut(skirt: ALineDraft, spacing: float) -> Sewn:
    """Both panels and the waistband, triangulated about every ``spacing`` metres, and sewn; the back is drawn as seen
    from behind. The waistband's ends meet at the wearer's left.
    """

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    foot: list[tuple[str, float, int]] = []
    pieces, seams = [], []
    for back, name in ((1, "back"), (0, "front")):
        dart, top = skirt.dart(back), skirt.top(back)
        outer = _part(top, float(top[0, 0]), float(dart[0, 0]))
        inner = _part(top, float(dart[2, 0]), 0.0)
        middle = np.concatenate([inner, inner[-2::-1] * _MIRROR])
        side = skirt.side(back)
        legs = (dart[:2], dart[1:])
        down = count(dart[:2])
        named = [
            ("hem", skirt.hem(), 2 * round(length(skirt.hem()) / 2 / spacing)),
            ("side-right", side, round((skirt.long + skirt.rise) / spacing)),
            ("waist-right", outer, count(outer)),
            ("dart-right-out", legs[0], down),
            ("dart-right-in", legs[1], down),
            ("waist", middle, 2 * count(inner)),
            ("dart-left-in", legs[1][::-1] * _MIRROR, down),
            ("dart-left-out", legs[0][::-1] * _MIRROR, down),
            ("waist-left", outer[::-1] * _MIRROR, count(outer)),
            ("side-left", side[::-1] * _MIRROR, round((skirt.long + skirt.rise) / spacing)),
        ]
        pieces.append(panel(name, named, spacing))
        seams += [(name, f"dart-{hand}-out", name, f"dart-{hand}-in", True) for hand in ("right", "left")]
        for edge, line, many in (
            ("waist-left", outer, count(outer)),
            ("waist", middle, 2 * count(inner)),
            ("waist-right", outer, count(outer)),
        ):
            foot.append((f"{name}-{edge}", length(line), many))
            seams.append(("band", f"{name}-{edge}", name, edge, True))
    seams += [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("band", "start", "band", "end", True),
    ]
    return sew([*pieces, _band(skirt, foot)], seams)


def _band(skirt: ALineDraft, foot: list[tuple[str, float, int]]) -> Panel:
    total = sum(long for _, long, _ in foot)
    half, high = skirt.waist / 2, skirt.band
    edges = []
    at = -half
    for name, long, many in foot:
        end = at + long / total * skirt.waist
        edges.append((name, np.array([(at, 0.0), (end, 0.0)]), many))
        at = end
    around = sum(many for _, _, many in foot)
    return panel(
        "band",
        [
            *edges,
            ("end", np.array([(half, 0.0), (half, high)]), 2),
            ("rim", np.array([(half, high), (-half, high)]), around),
            ("start", np.array([(-half, high), (-half, 0.0)]), 2),
        ],
        high / 2,
    )

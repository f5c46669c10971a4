"""The paper pattern of tops that end in rib: hoodie, sweater and bomber. Front, back, two sleeves with a flat cap,
and bands of rib at hem, wrists and (where there is no hood) neck, shorter than the edges they are sewn to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.panels_tee import TeeDraft
from assets.generators.pattern import Panel, Sewn, length, panel, sew

Array = NDArray[np.float64]

_MIRROR: Final = np.array([-1.0, 1.0])
_DRAWN: Final = 0.95  # of the cuffs, which would stand off over the hand
_LONGER: Final = 0.040  # metres that a sleeve may be longer than the arm, or its cuff goes over the hand
_WRIST: Final = 0.155  # metres about a wrist for an arm of medium size


@dataclass(frozen=True, kw_only=True)
class RibbedDraft(TeeDraft):
    """A draft whose edges end in rib, metres. ``band`` and ``wrist`` are the depth of the rib of hem and sleeve and
    half of its length (half of the front's, for the band). ``collar`` 0 leaves the neckline to a hood.
    """

    band: tuple[float, float]
    wrist: tuple[float, float]


def draft(
    girth: Mapping[str, float], *, ease: float, long: float, blouse: float, gap: float, collar: float = 0.0
) -> RibbedDraft:
    """A loose fit for girths and lengths in metres: ``ease`` on the bust, ``long`` from the neck's side point to the
    band, of which ``blouse`` lies over it in a fold (as much in the sleeves), ``gap`` how far off the skin it is.

    Shoulders are dropped by 3 cm and armholes deepened by 4 cm as in Aldrich, "Metric Pattern Cutting for Women's
    Wear" (6th ed.), easy-fitting overgarments; ribs are four fifths of what is gathered into them.
    """
    half = (girth["bust"] + ease) / 4
    shoulder = girth["shoulder"] / 2 + 0.030
    cap = 0.085
    wrist = (0.065, 0.93 * (_WRIST / 2 + np.pi * gap))
    return RibbedDraft(
        neck=girth["neck"] / 5 + (0.014 if collar else 0.022),
        drops=(girth["neck"] / 5 + (0.022 if collar else 0.030), 0.022),
        shoulder=(shoulder, -0.062),
        bust=half,
        depth=girth["bust"] / 8 + 0.165,
        waist=(half, -0.42),
        hem=(half - 0.006, -long),
        sleeve=girth["arm"] - 0.030 - cap - wrist[0] + 0.020 + min(blouse, _LONGER),
        cap=cap,
        cuff=wrist[1] * 1.22,
        collar=collar,
        collar_ease=0.90,
        band=(0.065, 0.94 * (girth["hip"] + 2 * np.pi * gap) / 4),
        wrist=wrist,
    )


def cut(top: RibbedDraft, spacing: float) -> Sewn:
    """All panels, triangulated about every ``spacing`` metres, and sewn. The back is drawn as seen from behind."""

    def count(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    tip = np.array([top.shoulder, (top.neck, 0.0)])
    n = {
        "armhole": count(top.armhole()),
        "side": count(top.side()),
        "hem": 2 * round(top.hem[0] / spacing),
        "shoulder": count(tip),
        "front": 2 * round(length(top.neckline(0)) / 2 / spacing),
        "back": 2 * round(length(top.neckline(1)) / 2 / spacing),
        "under": count(np.array([(0.0, 0.0), (0.0, top.sleeve)])),
        "cuff": 2 * round(top.cuff / spacing),
        "band": max(3, round(top.band[0] / spacing)),
        "wrist": max(3, round(top.wrist[0] / spacing)),
        "collar": max(2, round(top.collar / spacing)),
    }
    pieces = [
        *(_trunk(top, name, n, spacing) for name in ("front", "back")),
        *(_sleeve(top, f"sleeve-{side}", n, spacing) for side in ("left", "right")),
        *(_strip(f"band-{name}", top.band, n["hem"], n["band"], spacing) for name in ("front", "back")),
        *(
            _strip(f"cuff-{side}", top.wrist, n["cuff"], n["wrist"], spacing, drawn=_DRAWN)
            for side in ("left", "right")
        ),
    ]
    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("front", "shoulder-right", "back", "shoulder-left", True),
        ("front", "shoulder-left", "back", "shoulder-right", True),
        ("sleeve-left", "cap-right", "back", "armhole-left", True),
        ("sleeve-left", "cap-left", "front", "armhole-right", True),
        ("sleeve-right", "cap-right", "front", "armhole-left", True),
        ("sleeve-right", "cap-left", "back", "armhole-right", True),
        ("band-front", "right", "band-back", "left", True),
        ("band-front", "left", "band-back", "right", True),
        *((f"band-{name}", "top", name, "hem", True) for name in ("front", "back")),
    ]
    for side in ("left", "right"):
        seams += [
            (f"sleeve-{side}", "under-left", f"sleeve-{side}", "under-right", True),
            (f"cuff-{side}", "left", f"cuff-{side}", "right", True),
            (f"cuff-{side}", "top", f"sleeve-{side}", "hem", True),
        ]
    if top.collar:
        pieces.append(_collar(top, n, spacing))
        seams += [
            ("collar", "front", "front", "neck", True),
            ("collar", "back", "back", "neck", True),
            ("collar", "start", "collar", "end", True),
        ]
    return sew(pieces, seams)


def _trunk(top: RibbedDraft, name: str, n: Mapping[str, int], spacing: float) -> Panel:
    (hx, hy), tip = top.hem, np.array([top.shoulder, (top.neck, 0.0)])
    return panel(
        name,
        [
            ("hem", np.array([(-hx, hy), (hx, hy)]), n["hem"]),
            ("side-right", top.side(), n["side"]),
            ("armhole-right", top.armhole(), n["armhole"]),
            ("shoulder-right", tip, n["shoulder"]),
            ("neck", top.neckline(0 if name == "front" else 1), n[name]),
            ("shoulder-left", tip[::-1] * _MIRROR, n["shoulder"]),
            ("armhole-left", top.armhole()[::-1] * _MIRROR, n["armhole"]),
            ("side-left", top.side()[::-1] * _MIRROR, n["side"]),
        ],
        spacing,
    )


def _sleeve(top: RibbedDraft, name: str, n: Mapping[str, int], spacing: float) -> Panel:
    b, cuff, low = top.biceps(), top.cuff, -top.sleeve
    return panel(
        name,
        [
            ("hem", np.array([(-cuff, low), (cuff, low)]), n["cuff"]),
            ("under-right", np.array([(cuff, low), (b, 0.0)]), n["under"]),
            ("cap-right", top.crown(b)[:81], n["armhole"]),
            ("cap-left", top.crown(b)[80:], n["armhole"]),
            ("under-left", np.array([(-b, 0.0), (-cuff, low)]), n["under"]),
        ],
        spacing,
    )


def _strip(
    name: str, size: tuple[float, float], around: int, rows: int, spacing: float, *, drawn: float = 1.0
) -> Panel:
    """A band of rib: its upper edge is sewn on at y = 0, its lower one is ``drawn`` in to that share of it."""
    deep, half = size
    end = drawn * half
    low, high = np.array([(-end, -deep), (end, -deep)]), np.array([(half, 0.0), (-half, 0.0)])
    return panel(
        name,
        [
            ("rim", low, around),
            ("right", np.array([low[1], high[0]]), rows),
            ("top", high, around),
            ("left", np.array([high[1], low[0]]), rows),
        ],
        min(spacing, 2 * half / around),
    )


def _collar(top: RibbedDraft, n: Mapping[str, int], spacing: float) -> Panel:
    around = n["front"] + n["back"]
    half = (length(top.neckline(0)) + length(top.neckline(1))) * top.collar_ease / 2
    split = half * (2 * n["front"] / around - 1)
    return panel(
        "collar",
        [
            ("front", np.array([(-half, 0.0), (split, 0.0)]), n["front"]),
            ("back", np.array([(split, 0.0), (half, 0.0)]), n["back"]),
            ("end", np.array([(half, 0.0), (half, top.collar)]), n["collar"]),
            ("rim", np.array([(half, top.collar), (-half, top.collar)]), around),
            ("start", np.array([(-half, top.collar), (-half, 0.0)]), n["collar"]),
        ],
        min(spacing, top.collar / 2),
    )

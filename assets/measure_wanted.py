"""A point of measure before it has a code, and the usual kinds of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assets.measure import Array
from assets.measure_anchors import UPWARDS
from assets.measure_ways import AnyWay, GirthWay, LengthWay, Place

MOST_OPENINGS: Final = 64
"""As many as a way may name by number."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One point of measure before it has a code: names in both languages, how it is taken, and by which measure of
    the body it grows from size to size (a key of :data:`assets.tech_pack_grades.RULES`, "" for one that does not).
    """

    en: str
    ko: str
    way: AnyWay
    how_en: str
    how_ko: str
    half: bool = False
    tolerance_cm: float = 1.0
    grade: str = ""


def cm(point: Array) -> tuple[float, float, float]:
    """A point in centimetres, to 0.1 mm."""
    x, y, z = (round(100 * float(part), 2) + 0.0 for part in point)
    return x, y, z


def line(start: tuple[float, ...], end: tuple[float, ...]) -> LengthWay:
    """Straight from one point to the other, metres."""
    ends = (Place(point=cm(np.array(start))), Place(point=cm(np.array(end))))
    return LengthWay(kind="length", start=ends[0], end=ends[1], along="straight")


def over(
    start: Array, end: Array, en: str, ko: str, how_en: str, how_ko: str, tolerance: float = 1.0, *, grade: str = ""
) -> Wanted:
    """A point of measure over the surface between two points, float64[3], metres."""
    return Wanted(
        en=en,
        ko=ko,
        way=LengthWay(kind="length", start=Place(point=cm(start)), end=Place(point=cm(end))),
        how_en=how_en,
        how_ko=how_ko,
        tolerance_cm=tolerance,
        grade=grade,
    )


def straight(
    start: Array, end: Array, en: str, ko: str, how_en: str, how_ko: str, grade: str = "", tolerance: float = 1.0
) -> Wanted:
    """A point of measure straight between two points, float64[3], metres."""
    return Wanted(
        en=en,
        ko=ko,
        way=line(tuple(start), tuple(end)),
        how_en=how_en,
        how_ko=how_ko,
        tolerance_cm=tolerance,
        grade=grade,
    )


def around(
    at: Array,
    en: str,
    ko: str,
    how_en: str,
    how_ko: str,
    *,
    way: Array = UPWARDS,
    grade: str = "",
    tolerance: float = 1.0,
) -> Wanted:
    """A width: half of what goes around flat, through a point, across ``way``."""
    x, y, z = (round(float(part), 4) + 0.0 for part in way)
    normal = None if (x, y, z) == (0.0, 1.0, 0.0) else (x, y, z)
    return Wanted(
        en=en,
        ko=ko,
        way=GirthWay(kind="girth", place=Place(point=cm(at)), normal=normal, around="flat"),
        how_en=how_en,
        how_ko=how_ko,
        half=True,
        tolerance_cm=tolerance,
        grade=grade,
    )

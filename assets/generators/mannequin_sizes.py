"""The body measurements that the mannequins are made to, in centimetres, by the terms of ISO 8559-1:2017.

Sources. *Bust or chest, waist, hip*: consecutive rows of EN 13402-3:2004 in steps of 4 cm, women 80-64-88 to
96-80-104 (the pictogram of EN 13402-1 shows 88-72-96), men chest 88 to 104 with waist 12 less; men's hips as
European makers print them for sizes 44 to 52 (90 to 106). *Neck*: women W. Aldrich, "Metric Pattern Cutting for
Women's Wear", 6th edition (BS EN 13402-3), neck size 35 to 39; men EN 13402-3's neck girth by chest girth.
*Upper arm*: women Aldrich's top arm, 26 to 30.8; men, and *thigh*, *calf*, *arm length*, *shoulder width*: means of
ANSUR II (Gordon et al., "2012 Anthropometric Survey of U.S. Army Personnel", NATICK/TR-15/007, 2014; 1,986 women,
4,082 men, public domain), taken in proportion: thigh 0.603 and 0.613 of the hip, calf 0.366 and 0.385, arm (shoulder
to elbow to wrist) 0.3534 and 0.3597 of the stature, shoulders (biacromial) 0.2243 and 0.2367, upper arm of men 0.318
of the chest (flexed 0.338, relaxed 0.94 of that). *Crotch height*: 0.4735 and 0.4817 of the stature. *Stature*: the
middle of EN 13402-3's intervals, women 168, men 180. *Neutral*: the mean of the woman's and the man's row.
*Child*: EN 13402-3 sizes children by height, here 122; bust, waist, hip and neck are what European makers print for
it within a centimetre or two, everything else is our own drawing of a child of six heads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One row of a table, centimetres; the names are ISO 8559-1's in short."""

    stature: float
    bust: float
    waist: float
    hip: float
    neck: float
    shoulder: float
    upper_arm: float
    arm: float
    thigh: float
    calf: float
    crotch: float


SIZES: Final = ("XS", "S", "M", "L", "XL")
TOLERANCE: Final = 0.5
"""Centimetres that a figure may differ from its row."""

TERMS: Final = {
    "stature": "stature (body height)",
    "bust": "bust girth / chest girth",
    "waist": "waist girth",
    "hip": "hip girth",
    "neck": "neck girth",
    "shoulder": "shoulder width (biacromial)",
    "upper_arm": "upper arm girth",
    "arm": "arm length (shoulder point to elbow to wrist)",
    "thigh": "thigh girth",
    "calf": "calf girth",
    "crotch": "inside leg height (crotch height)",
}


def _row(*values: float) -> Measures:
    return Measures(**dict(zip((entry.name for entry in fields(Measures)), values, strict=True)))


FEMALE: Final = {
    "XS": _row(168, 80, 64, 88, 35, 36.5, 26.0, 59.4, 53.1, 32.2, 79.5),
    "S": _row(168, 84, 68, 92, 36, 37.1, 27.2, 59.4, 55.5, 33.6, 79.5),
    "M": _row(168, 88, 72, 96, 37, 37.7, 28.4, 59.4, 57.9, 35.1, 79.5),
    "L": _row(168, 92, 76, 100, 38, 38.3, 29.6, 59.4, 60.3, 36.6, 79.5),
    "XL": _row(168, 96, 80, 104, 39, 38.9, 30.8, 59.4, 62.7, 38.0, 79.5),
}

MALE: Final = {
    "XS": _row(180, 88, 76, 90, 37, 41.2, 28.0, 64.7, 55.2, 34.6, 86.7),
    "S": _row(180, 92, 80, 94, 38, 41.9, 29.3, 64.7, 57.6, 36.2, 86.7),
    "M": _row(180, 96, 84, 98, 39, 42.6, 30.5, 64.7, 60.1, 37.7, 86.7),
    "L": _row(180, 100, 88, 102, 40, 43.3, 31.8, 64.7, 62.5, 39.3, 86.7),
    "XL": _row(180, 104, 92, 106, 41, 44.0, 33.1, 64.7, 65.0, 40.8, 86.7),
}


def _mean(one: Measures, two: Measures) -> Measures:
    return _row(*(round((getattr(one, f.name) + getattr(two, f.name)) / 2, 2) for f in fields(Measures)))


NEUTRAL: Final = {size: _mean(FEMALE[size], MALE[size]) for size in SIZES}

CHILD: Final = {"122": _row(122, 63, 58, 67, 28.5, 27.4, 19.0, 42.5, 38.0, 25.5, 55.5)}

FIGURES: Final = {"female": FEMALE, "male": MALE, "neutral": NEUTRAL, "child": CHILD}

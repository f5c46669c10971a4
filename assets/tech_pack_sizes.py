"""Graded values and how they are written: centimetres with one decimal, inches in eighths."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from assets.tech_pack import Grade, Units

CM_PER_INCH: Final = 2.54
EIGHTHS: Final = 8
YARD_M: Final = 0.9144
OUNCE_YARD: Final = 33.9057
"""Grams a square metre in one ounce a square yard."""


def graded(cm: float, grade: Grade, sizes: Sequence[str], base: str, *, half: bool = False) -> tuple[float, ...]:
    """The value in each size, exact: nothing is rounded before it is written. Never below 0."""
    share = 0.5 if half and grade.of_girth else 1.0
    between = grade.between if grade.between is not None else (grade.step_cm,) * (len(sizes) - 1)
    middle = list(sizes).index(base)
    found = []
    for number in range(len(sizes)):
        changes = between[middle:number] if number >= middle else between[number:middle]
        found.append(max(cm + (1 if number >= middle else -1) * share * sum(changes), 0.0))
    return tuple(found)


def length(cm: float, units: Units) -> str:
    """As a table has it: "46.7", or "18 3/8"."""
    if units == "metric":
        return str(_rounded(cm, "0.1"))
    return inches(cm)


def inches(cm: float) -> str:
    """In inches and eighths, halves up: "18 3/8", "1/2", "0"; a change keeps its sign."""
    eighths = int(_rounded(abs(cm) / CM_PER_INCH * EIGHTHS, "1"))
    whole, rest = divmod(eighths, EIGHTHS)
    sign = "-" if cm < 0 and eighths else ""
    if not rest:
        return f"{sign}{whole}"
    below = EIGHTHS
    while rest % 2 == 0:
        rest, below = rest // 2, below // 2
    return f"{sign}{whole} {rest}/{below}" if whole else f"{sign}{rest}/{below}"


def tolerance(cm: float, units: Units) -> str:
    """What is allowed either way; in inches at least an eighth, for nobody measures less."""
    if units == "imperial" and 0 < cm < CM_PER_INCH / EIGHTHS:
        cm = CM_PER_INCH / EIGHTHS
    return f"±{length(cm, units)}"


def unit_of(units: Units) -> str:
    """How lengths are headed."""
    return "cm" if units == "metric" else "in"


def cloth(metres: float, units: Units) -> str:
    """Running cloth: "1.35 m", "1.48 yd"."""
    return f"{_rounded(metres, '0.01')} m" if units == "metric" else f"{_rounded(metres / YARD_M, '0.01')} yd"


def area(square_metres: float, units: Units) -> str:
    """Of cloth: "1.35 m²", "1.61 yd²"."""
    value = square_metres if units == "metric" else square_metres / YARD_M**2
    return f"{_rounded(value, '0.01')} {'m²' if units == 'metric' else 'yd²'}"


def weight(gsm: float, units: Units) -> str:
    """Of cloth: "180 g/m²", "5.3 oz/yd²"."""
    if units == "metric":
        return f"{_rounded(gsm, '1')} g/m²"
    return f"{_rounded(gsm / OUNCE_YARD, '0.1')} oz/yd²"


def _rounded(value: float, step: str) -> Decimal:
    """Halves up, as people do: 46.65 is 46.7. Measures come with noise in the tenth digit, which is dropped first."""
    return Decimal(f"{value:.9f}").quantize(Decimal(step), ROUND_HALF_UP)

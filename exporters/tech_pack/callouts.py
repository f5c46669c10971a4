"""Callouts: numbers in discs beside a drawing, with lines to what they mean, and the table of what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporters.tech_pack.content import CalloutAt, PackContent
from exporters.tech_pack.frames import BALLOON, Array, Frame, letter
from exporters.tech_pack.marks import MM, Disc, Stroke
from exporters.tech_pack.sheet import Sheet
from exporters.tech_pack.table import Column, Row
from exporters.tech_pack.words import word


def callout_rows(content: PackContent, numbered: Sequence[tuple[int, CalloutAt]]) -> tuple[list[Column], list[Row]]:
    """What the numbers say, as a table."""
    say = content.language
    rows = [
        Row(
            cells=(str(number), callout.text, ", ".join(word(view, say) for view in callout.views)),
            **content.row(f"callout.{number}"),
        )
        for number, callout in numbered
    ]
    columns = [
        Column(title=word("number", say), least=10, most=12, bold=True),
        Column(title=word("text", say), least=40, most=200, grow=1),
        Column(title=word("view", say), least=16, most=45),
    ]
    return columns, rows


def balloons(sheet: Sheet, frame: Frame, callouts: Sequence[tuple[int, CalloutAt]]) -> None:
    """Numbers at the sides of the drawing, in the order of height, with lines that do not cross on one side."""
    if not callouts:
        return
    spots = frame.at(np.array([callout.spot for _, callout in callouts]))
    middle = frame.x + frame.wide / 2
    order = sorted(range(len(callouts)), key=lambda at: (spots[at][1], spots[at][0]))
    left: list[int] = []
    right: list[int] = []
    for at in order:
        on_left = spots[at][0] < middle - 1 or (abs(spots[at][0] - middle) <= 1 and len(left) <= len(right))
        (left if on_left else right).append(at)
    for side, x in ((left, frame.x - 4.5 * MM), (right, frame.x + frame.wide + 4.5 * MM)):
        if not side:
            continue
        step = min(max(2.6 * BALLOON, 0.0), frame.high / len(side))
        wanted = [float(np.clip(spots[at][1], frame.y, frame.y + frame.high)) for at in side]
        heights = _spread(wanted, step, frame.y, frame.y + frame.high)
        for at, y in zip(side, heights, strict=True):
            _balloon(sheet, str(callouts[at][0]), x, y, spots[at])


def _spread(wanted: list[float], step: float, low: float, high: float) -> list[float]:
    """Heights in order, at least ``step`` apart, near to where they are wanted."""
    found = list(wanted)
    for at in range(1, len(found)):
        found[at] = max(found[at], found[at - 1] + step)
    over = found[-1] - high
    if over > 0:
        found[-1] = high
        for at in range(len(found) - 2, -1, -1):
            found[at] = min(found[at], found[at + 1] - step)
    return [max(value, low) for value in found]


def _balloon(sheet: Sheet, text: str, x: float, y: float, spot: Array) -> None:
    with sheet.decoration():
        sheet.put(
            Stroke(points=((x, y), (float(spot[0]), float(spot[1]))), width=0.5, colour=sheet.accent),
            Disc(x=float(spot[0]), y=float(spot[1]), radius=0.9, fill=sheet.accent, stroke=sheet.accent),
        )
    letter(sheet, text, x, y)

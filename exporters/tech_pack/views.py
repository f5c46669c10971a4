"""Pages that show the design: flats with callouts, and in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporters.tech_pack.content import CalloutAt, PackContent
from exporters.tech_pack.frames import BALLOON, CAPTION, GAP, Array, Frame, caption, letter, place
from exporters.tech_pack.marks import MM, Disc, Photo, Stroke
from exporters.tech_pack.sheet import Sheet
from exporters.tech_pack.table import Cell, Column, Row, height, table
from exporters.tech_pack.words import word


def flats(sheet: Sheet, content: PackContent) -> None:
    """Front and back on one page; on the next the side, and what the callouts say."""
    numbered = list(enumerate(content.callouts, start=1))
    wide = (sheet.column - GAP) / 2
    high = min(sheet.room - 2 * MM, 150 * MM)
    shown = [view for view in ("front", "back", "left") if view in content.flats]
    for number, view in enumerate(shown):
        if number == 2:
            sheet.turn()
        frame = place(sheet, content, view, sheet.left + (number % 2) * (wide + GAP), wide, high)
        _balloons(sheet, frame, [(n, callout) for n, callout in numbered if view in callout.views])
    if not numbered:
        return
    columns, rows = _callouts(content)
    title = word("source", content.language)
    if len(shown) % 2:
        with sheet.columned(sheet.left + wide + GAP, sheet.right):
            if height(sheet, columns, rows, source=title) + 12 * MM < sheet.room:
                sheet.heading(word("callouts", content.language))
                table(sheet, columns, rows, source=title)
                return
    sheet.turn()
    sheet.heading(word("callouts", content.language))
    table(sheet, columns, rows, source=title)


def _callouts(content: PackContent) -> tuple[list[Column], list[Row]]:
    """What the numbers say, as a table."""
    say = content.language
    rows = [
        Row(
            cells=(str(number), callout.text, ", ".join(word(view, say) for view in callout.views)),
            **content.row(f"callout.{number}"),
        )
        for number, callout in enumerate(content.callouts, start=1)
    ]
    columns = [
        Column(title=word("number", say), least=10, most=12, bold=True),
        Column(title=word("text", say), least=40, most=200, grow=1),
        Column(title=word("view", say), least=16, most=45),
    ]
    return columns, rows


def colour(sheet: Sheet, content: PackContent) -> None:
    """The renders side by side."""
    shown = [view for view in ("front", "back", "left") if view in content.pictures]
    if not shown:
        return
    wide = (sheet.column - GAP * (len(shown) - 1)) / len(shown)
    ratio = max(content.pictures[view].shape[0] / content.pictures[view].shape[1] for view in shown)
    high = min(wide * ratio, sheet.room - CAPTION - 4 * MM)
    wide = min(wide, high / ratio)
    step = (sheet.column - wide * len(shown)) / max(len(shown) - 1, 1) + wide
    for number, view in enumerate(shown):
        x = sheet.left + number * step if len(shown) > 1 else sheet.left
        photo(sheet, content, f"render.{view}", view, x, sheet.y, wide, high)
        caption(sheet, content, f"render.{view}", word(view, content.language), x, sheet.y + high, wide)
    sheet.y += high + CAPTION + 4 * MM


def photo(
    sheet: Sheet, content: PackContent, source: str, view: str, x: float, y: float, wide: float, high: float
) -> None:
    """A render in a thin frame, as large as fits, said in words to those who cannot see it."""
    picture = content.pictures[view]
    ratio = picture.shape[1] / picture.shape[0]
    fits_wide, fits_high = min(wide, high * ratio), min(high, wide / ratio)
    left, top = x + (wide - fits_wide) / 2, y + (high - fits_high) / 2
    digest = content.sources.get(source, "")
    with sheet.element("Figure", alt=f"{content.name}: {word(view, content.language)}"):
        sheet.put(Photo(x=left, y=top, wide=fits_wide, high=fits_high, key=view, source=digest))
    sheet.tile(left, top, fits_wide, fits_high)
    sheet.source(source, digest)


def layers(sheet: Sheet, content: PackContent) -> None:
    """What the design is made of, from the inside out."""
    from assets.tech_pack_sizes import area

    say = content.language
    rows = []
    for layer in content.layers:
        looks = layer.looks or (("", ""),)
        for number, (material, colour_hex) in enumerate(looks):
            first = number == 0
            size = area(layer.area_m2, content.units) if layer.area_m2 and first else ""
            cells = (
                layer.id if first else "",
                layer.name if first else "",
                layer.model if first else "",
                material,
                Cell(text=colour_hex, chip=colour_hex or None),
                size,
            )
            rows.append(Row(cells=cells, **content.row(f"layer.{layer.id}")))
    columns = [
        Column(title=word("layer", say), least=20, most=50, bold=True),
        Column(title=word("name", say), least=25, most=80, grow=1),
        Column(title=word("model", say), least=25, most=60),
        Column(title=word("material", say), least=25, most=60, grow=0.5),
        Column(title=word("colours", say), least=22, most=30),
        Column(title=word("area", say), least=18, most=26, align="right"),
    ]
    table(sheet, columns, rows, source=word("source", say))


def _balloons(sheet: Sheet, frame: Frame, callouts: Sequence[tuple[int, CalloutAt]]) -> None:
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

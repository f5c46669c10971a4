"""Pages that show the design: flats with callouts, and in colour."""

from __future__ import annotations

from collections.abc import Sequence

from assets.tech_pack_sizes import area
from exporters.tech_pack.callouts import balloons, callout_rows
from exporters.tech_pack.content import CalloutAt, PackContent
from exporters.tech_pack.frames import CAPTION, GAP, caption, framed, place
from exporters.tech_pack.marks import MM, Photo
from exporters.tech_pack.pieces import pieces
from exporters.tech_pack.sheet import Sheet
from exporters.tech_pack.table import Cell, Column, Row, height, table
from exporters.tech_pack.words import word


def flats(sheet: Sheet, content: PackContent) -> None:
    """The whole design: front and back on one page, on the next the side, and what its callouts say. Then each layer
    by itself.
    """
    every = list(enumerate(content.callouts, start=1))
    numbered = [(n, callout) for n, callout in every if callout.layer not in content.pieces]
    shown = [view for view in ("front", "back", "left") if view in content.flats]
    high = min(sheet.room - 2 * MM, 150 * MM)
    third = (sheet.column - GAP * 2) / 3
    # What is called out needs room at its sides, and a drawing is not made smaller than its round scale for company.
    close = not numbered and all(framed(seen, 0, 0, third, high).scale == 1 for seen in content.flats.values())
    abreast = 3 if close and len(shown) == 3 else 2
    wide = (sheet.column - GAP * (abreast - 1)) / abreast
    for number, view in enumerate(shown):
        if number == 2 and abreast == 2:
            sheet.turn()
        drawn = (f"flat.{view}", content.flats[view])
        frame = place(sheet, content, view, drawn, sheet.left + (number % abreast) * (wide + GAP), wide, high)
        balloons(sheet, frame, [(n, callout) for n, callout in numbered if view in callout.views])
    if numbered:
        _whole_callouts(sheet, content, numbered, wide, beside=len(shown) % 2 == 1)
    pieces(sheet, content, every)


def _whole_callouts(
    sheet: Sheet, content: PackContent, numbered: Sequence[tuple[int, CalloutAt]], wide: float, *, beside: bool
) -> None:
    """What the numbers say: beside the side view where that leaves room, else on pages of its own."""
    columns, rows = callout_rows(content, numbered)
    title = word("source", content.language)
    if beside:
        with sheet.columned(sheet.left + wide + GAP, sheet.right):
            if height(sheet, columns, rows, source=title) + 12 * MM < sheet.room:
                sheet.heading(word("callouts", content.language))
                table(sheet, columns, rows, source=title)
                return
    sheet.turn()
    sheet.heading(word("callouts", content.language))
    table(sheet, columns, rows, source=title)


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

"""Pages of tables: sizes, materials, colours, sewing, labels, fittings, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assets.tech_pack import BillLine, said
from assets.tech_pack_colours import nearest, parts
from assets.tech_pack_sizes import area, cloth, graded, length, tolerance, unit_of, weight
from assets.tech_pack_stitches import STITCHES
from exporters.tech_pack.content import PackContent, Taken
from exporters.tech_pack.diagram import diagrams
from exporters.tech_pack.marks import MM, Box
from exporters.tech_pack.sheet import GREY, Sheet
from exporters.tech_pack.table import Cell, Column, Row, height, table
from exporters.tech_pack.words import word

_SIZES_AT_ONCE: Final = {"metric": 10, "imperial": 8}
_MOST_LAYERS: Final = 32
_SWATCHES: Final = 8  # large ones in the strip above a colourway's table


def measures(sheet: Sheet, content: PackContent) -> None:
    """For each layer where it is measured, then its graded table."""
    layers = list(dict.fromkeys(taken.point.layer for taken in content.points))
    if len(layers) > _MOST_LAYERS:
        layers = [None]
    for number, layer in enumerate(layers):
        taken = [one for one in content.points if len(layers) == 1 or one.point.layer == layer]
        if number:
            sheet.turn()
        name = content.named(layer) if len(layers) > 1 or content.pieces else ""
        if name:
            sheet.heading(name)
        high = _high(sheet, content, taken, name)
        diagrams(sheet, content, taken, under=high)
        _table(sheet, content, taken, name)


def _table(sheet: Sheet, content: PackContent, points: Sequence[Taken], name: str) -> None:
    """The graded table; more sizes than fit go on in a second one, with the points' names again."""
    say, units = content.language, content.units
    title = f"{word('graded', say)} ({unit_of(units)})"
    sheet.heading(f"{name}: {title}" if name else title)
    if any(taken.error is not None for taken in points):
        sheet.paragraph(word("error", say), size=7.5, colour=GREY)
    for columns, rows in _parts(content, points):
        table(sheet, columns, rows, source=word("source", say))


def _high(sheet: Sheet, content: PackContent, points: Sequence[Taken], name: str) -> float:
    """Points that the table takes with its heading."""
    source = word("source", content.language)
    head = 30 * MM if name else 24 * MM
    return head + sum(height(sheet, columns, rows, source=source) for columns, rows in _parts(content, points))


def _parts(content: PackContent, points: Sequence[Taken]) -> list[tuple[list[Column], list[Row]]]:
    say, pack, units = content.language, content.pack, content.units
    at_once = _SIZES_AT_ONCE[units]
    found = []
    for first in range(0, len(pack.all_sizes), at_once):
        sizes = pack.all_sizes[first : first + at_once]
        columns = [
            Column(title=word("code", say), least=11, most=18, bold=True),
            Column(title=word("measure", say), least=34, most=90, grow=1),
            Column(title=word("how", say), least=28, most=80, grow=0.6),
            Column(title=word("taken", say), least=17, most=24),
            Column(title=word("tolerance", say), least=13, most=18, align="right"),
            *(
                Column(
                    title=size,
                    least=11 if units == "metric" else 15,
                    most=20,
                    align="right",
                    strong=size == pack.base_size,
                )
                for size in sizes
            ),
        ]
        found.append((columns, [_graded(content, taken, first, len(sizes)) for taken in points]))
    return found


def _graded(content: PackContent, taken: Taken, first: int, count: int) -> Row:
    point, pack, units = taken.point, content.pack, content.units
    values = graded(taken.cm, point.grade, pack.all_sizes, pack.base_size, half=point.half)
    origin = word("given", content.language)
    if taken.error is not None:
        error = taken.error if units == "metric" else taken.error / 2.54
        origin = f"{word('mesh', content.language)} ±{max(error, 0.1):.1f}"
    name = said(point.name, content.language)
    if point.half:
        name = f"{name} ({word('half', content.language)})"
    return Row(
        cells=(
            point.code,
            name,
            said(point.how, content.language),
            origin,
            tolerance(point.tolerance_cm, units),
            *(length(value, units) for value in values[first : first + count]),
        ),
        **content.row(f"point.{point.code}"),
    )


def materials(sheet: Sheet, content: PackContent) -> None:
    """The bill of materials, with what a garment uses of each."""
    say = content.language
    areas = {layer.id: layer.area_m2 for layer in content.layers}
    rows = []
    for number, line in enumerate(content.materials):
        facts = [said(line.composition, say), weight(line.weight_gsm, content.units) if line.weight_gsm else ""]
        rows.append(
            Row(
                cells=(
                    word(line.part, say),
                    Cell(text=said(line.name, say), chip=line.colour),
                    said(line.placement, say),
                    "\n".join(fact for fact in facts if fact),
                    _width(line, content),
                    usage(line, areas, content),
                    line.supplier or "",
                    line.reference or "",
                    said(line.note, say),
                ),
                **content.row(f"material.{number}"),
            )
        )
    columns = [
        Column(title=word("part", say), least=15, most=22, bold=True),
        Column(title=word("name", say), least=30, most=60, grow=1),
        Column(title=word("placement", say), least=20, most=45, grow=0.4),
        Column(title=f"{word('composition', say)} / {word('weight', say)}", least=28, most=46),
        Column(title=word("width", say), least=13, most=18, align="right"),
        Column(title=word("usage", say), least=22, most=34, align="right"),
        Column(title=word("supplier", say), least=16, most=36),
        Column(title=word("reference", say), least=16, most=32),
        Column(title=word("note", say), least=16, most=50, grow=0.6),
    ]
    table(sheet, columns, rows, source=word("source", say))


def _width(line: BillLine, content: PackContent) -> str:
    return f"{length(line.width_cm, content.units)} {unit_of(content.units)}" if line.width_cm else ""


def usage(line: BillLine, areas: dict[str, float], content: PackContent) -> str:
    """What one garment takes: as given, or the cloth's area and waste over its width."""
    say, units = content.language, content.units
    if line.usage is not None:
        if line.unit == "m":
            return cloth(line.usage, units)
        if line.unit == "m2":
            return area(line.usage, units)
        return f"{line.usage:g} {word(line.unit, say)}"
    square = line.area_m2 if line.area_m2 is not None else areas.get(line.layer or "", 0.0)
    if square <= 0:
        return ""
    with_waste = square * (1 + line.waste)
    note = f"+{line.waste * 100:.0f}% {word('waste', say)}"
    if line.width_cm:
        return f"{cloth(with_waste / (line.width_cm / 100), units)}\n{area(square, units)} {note}"
    return f"{area(with_waste, units)}\n{area(square, units)} {note}"


def colourways(sheet: Sheet, content: PackContent) -> None:
    """A strip of swatches for each, then their values."""
    say = content.language
    for number, way in enumerate(content.colourways):
        sheet.need(48 * MM)
        sheet.heading(" · ".join(part for part in (way.code or "", said(way.name, say)) if part))
        _strip(sheet, [swatch.hex for swatch in way.swatches[:_SWATCHES]])
        rows = []
        for swatch in way.swatches:
            red, green, blue = parts(swatch.hex)
            rows.append(
                Row(
                    cells=(
                        Cell(text=said(swatch.part, say), chip=swatch.hex),
                        swatch.hex.upper(),
                        f"{red}, {green}, {blue}",
                        nearest(swatch.hex),
                        swatch.reference or "",
                    ),
                    **content.row(f"colourway.{number}"),
                )
            )
        columns = [
            Column(title=word("part", say), least=30, most=90, grow=1),
            Column(title=word("hex", say), least=20, most=24),
            Column(title=word("rgb", say), least=26, most=34),
            Column(title=word("nearest", say), least=36, most=50),
            Column(title=word("reference", say), least=30, most=80, grow=0.6),
        ]
        table(sheet, columns, rows, source=word("source", say))


def _strip(sheet: Sheet, colours: Sequence[str]) -> None:
    wide = 22 * MM
    with sheet.decoration():
        for number, value in enumerate(colours):
            x = sheet.left + number * (wide + 2 * MM)
            sheet.put(Box(x=x, y=sheet.y, wide=wide, high=14 * MM, fill=value, stroke=GREY))
    sheet.y += 17 * MM


def construction(sheet: Sheet, content: PackContent) -> None:
    """Operations with stitch and seam types."""
    say, units = content.language, content.units
    rows = []
    for number, step in enumerate(content.pack.construction):
        stitch = f"{step.stitch} {STITCHES[step.stitch][say == 'ko']}" if step.stitch else ""
        density = ""
        if step.per_cm:
            density = f"{step.per_cm:g} {word('per_cm', say)}"
            if units == "imperial":
                density = f"{step.per_cm * 2.54:.0f} {word('per_inch', say)}"
        allowance = f"{length(step.allowance_cm, units)} {unit_of(units)}" if step.allowance_cm is not None else ""
        rows.append(
            Row(
                cells=(
                    str(number + 1),
                    said(step.place, say),
                    said(step.what, say),
                    stitch,
                    step.seam or "",
                    density,
                    allowance,
                    step.thread or "",
                    said(step.note, say),
                ),
                **content.row(f"operation.{number}"),
            )
        )
    columns = [
        Column(title=word("number", say), least=9, most=12, bold=True),
        Column(title=word("place", say), least=24, most=45, grow=0.3),
        Column(title=word("operation", say), least=34, most=80, grow=1),
        Column(title=word("stitch", say), least=32, most=50),
        Column(title=word("seam", say), least=16, most=24),
        Column(title=word("density", say), least=16, most=22),
        Column(title=word("allowance", say), least=15, most=20, align="right"),
        Column(title=word("thread", say), least=16, most=34),
        Column(title=word("note", say), least=16, most=50, grow=0.6),
    ]
    table(sheet, columns, rows, source=word("source", say))


def labels(sheet: Sheet, content: PackContent) -> None:
    """Labels, tags and packaging."""
    say = content.language
    rows = [
        Row(
            cells=(
                word(label.kind, say),
                said(label.name, say),
                said(label.placement, say),
                label.size or "",
                said(label.material, say),
                said(label.text, say),
                str(label.quantity),
            ),
            **content.row(f"label.{number}"),
        )
        for number, label in enumerate(content.pack.labels)
    ]
    columns = [
        Column(title=word("kind", say), least=20, most=28, bold=True),
        Column(title=word("name", say), least=30, most=60, grow=0.5),
        Column(title=word("placement", say), least=28, most=60, grow=0.5),
        Column(title=word("size", say), least=18, most=30),
        Column(title=word("material", say), least=20, most=45),
        Column(title=word("text", say), least=30, most=90, grow=1),
        Column(title=word("quantity", say), least=11, most=16, align="right"),
    ]
    table(sheet, columns, rows, source=word("source", say))


def fit(sheet: Sheet, content: PackContent) -> None:
    """What fittings found."""
    say = content.language
    rows = [
        Row(
            cells=(note.date or "", note.sample or "", ", ".join(note.points), note.finding, note.action),
            **content.row(f"fit.{number}"),
        )
        for number, note in enumerate(content.pack.fit_notes)
    ]
    columns = [
        Column(title=word("date", say), least=20, most=26),
        Column(title=word("sample", say), least=18, most=40),
        Column(title=word("points", say), least=14, most=26),
        Column(title=word("finding", say), least=50, most=110, grow=1),
        Column(title=word("action", say), least=40, most=100, grow=0.8),
    ]
    table(sheet, columns, rows, source=word("source", say))


def notes(sheet: Sheet, content: PackContent) -> None:
    """The designer's own words."""
    sheet.paragraph(content.notes, size=9.0)
    sheet.source("notes", content.sources.get("notes", ""))


def fields(sheet: Sheet, content: PackContent) -> None:
    """The studio's own fields."""
    say = content.language
    rows = [
        Row(cells=(said(one.name, say), one.value), **content.row(f"field.{number}"))
        for number, one in enumerate(content.pack.fields)
    ]
    columns = [
        Column(title=word("field", say), least=40, most=80, bold=True),
        Column(title=word("value", say), least=80, most=200, grow=1),
    ]
    table(sheet, columns, rows, source=word("source", say))


def revisions(sheet: Sheet, content: PackContent) -> None:
    """The history of the pack."""
    say = content.language
    rows = [
        Row(
            cells=(entry.revision, entry.date, entry.by or "", entry.what),
            **content.row(f"revision.{number}"),
        )
        for number, entry in enumerate(content.pack.revisions)
    ]
    columns = [
        Column(title=word("revision", say), least=16, most=24, bold=True),
        Column(title=word("date", say), least=22, most=32),
        Column(title=word("by", say), least=22, most=50),
        Column(title=word("what", say), least=80, most=200, grow=1),
    ]
    table(sheet, columns, rows, source=word("source", say))

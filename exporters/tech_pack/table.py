"""Tables that run over pages: headers repeat, rows break only where one is longer than a page, nothing overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exporters.tech_pack.marks import MM, Box, Stroke
from exporters.tech_pack.sheet import GREY, INK, LEADING, RULE, TINT, Sheet

PAD: Final = 1.4 * MM
CHIP: Final = 3.6 * MM
SMALL: Final = 6.5
_MOST_NATURAL: Final = 400  # letters that a column's natural width looks at


@dataclass(frozen=True, kw_only=True)
class Column:
    """``least`` and ``most`` are millimetres; ``grow`` is its share of what is left over."""

    title: str
    least: float = 12.0
    most: float = 60.0
    grow: float = 0.0
    align: str = "left"
    bold: bool = False
    strong: bool = False  # tinted, as the base size is


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A text, with a chip of colour before it."""

    text: str = ""
    chip: str | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """Cells, and where they come from: (key, hash); ``changed`` since the last revision."""

    cells: tuple[Cell | str, ...]
    source: tuple[str, str] | None = None
    changed: bool = False


def table(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[Row], *, source: str = "", size: float = 8.0
) -> None:
    """Lays a table out at the cursor. ``source`` is the title of the column of hashes; none without it."""
    columns = [*columns, Column(title=source, least=17, most=17, align="right")] if source else list(columns)
    _Table(sheet, columns, rows, hashes=bool(source), size=size).draw()


def height(sheet: Sheet, columns: Sequence[Column], rows: Sequence[Row], *, source: str, size: float = 8.0) -> float:
    """Points that :func:`table` would take between the sheet's margins, on one page."""
    columns = [*columns, Column(title=source, least=17, most=17, align="right")]
    return _Table(sheet, columns, rows, hashes=True, size=size).high


class _Table:
    def __init__(
        self, sheet: Sheet, columns: Sequence[Column], rows: Sequence[Row], *, hashes: bool, size: float
    ) -> None:
        self._sheet, self._columns, self._rows, self._hashes, self._size = sheet, columns, rows, hashes, size
        self._lead = size * LEADING
        self._widths = self._fitted()
        self._head = [
            sheet.type.lines(column.title, SMALL, wide - 2 * PAD, bold=True)[:3]
            for column, wide in zip(columns, self._widths, strict=True)
        ]
        self._element = -1

    def draw(self) -> None:
        """Header, rows, and the header again on each page."""
        sheet = self._sheet
        with sheet.element("Table") as self._element:
            first = self._row_lines(self._rows[0])[1] if self._rows else 1
            sheet.need(self._head_high + min(first, 4) * self._lead + 2 * PAD)
            self._header()
            for number, row in enumerate(self._rows):
                self._row(row, number)
        sheet.y += 4 * MM

    @property
    def high(self) -> float:
        """Points of the header and all rows."""
        return self._head_high + sum(self._row_lines(row)[1] * self._lead + 2 * PAD for row in self._rows)

    @property
    def _head_high(self) -> float:
        return max(len(lines) for lines in self._head) * SMALL * LEADING + 2 * PAD

    def _fitted(self) -> list[float]:
        """Column widths in points that fill the page's width exactly."""
        sheet = self._sheet
        least = [column.least * MM for column in self._columns]
        widths = []
        for number, column in enumerate(self._columns):
            natural = sheet.type.width(column.title, SMALL, bold=True)
            for row in self._rows if number < len(self._columns) - self._hashes else ():
                cell = _cell(row.cells[number])
                longest = max(cell.text[:_MOST_NATURAL].split("\n"), key=len, default="")
                chip = CHIP + PAD if cell.chip else 0.0
                natural = max(natural, sheet.type.width(longest, self._size, bold=column.bold) + chip)
            widths.append(min(max(natural + 2 * PAD + 1, column.least * MM), column.most * MM))
        over = sum(widths) - sheet.column
        if over > 0:
            give = [wide - small for wide, small in zip(widths, least, strict=True)]
            share = min(over / sum(give), 1.0) if sum(give) > 0 else 0.0
            widths = [wide - share * room for wide, room in zip(widths, give, strict=True)]
            over = sum(widths) - sheet.column
            if over > 1e-6:  # even the least widths do not fit: all shrink alike
                widths = [wide * sheet.column / sum(widths) for wide in widths]
        grow = [column.grow for column in self._columns]
        rest = sheet.column - sum(widths)
        total = sum(grow)
        if rest > 0:
            widths = [
                wide + rest * (share / total if total else wide / sum(widths))
                for wide, share in zip(widths, grow, strict=True)
            ]
        return widths

    def _header(self) -> None:
        sheet, high = self._sheet, self._head_high
        x = sheet.left
        with sheet.decoration():
            sheet.put(Box(x=x, y=sheet.y, wide=sheet.column, high=high, fill=sheet.colour))
        with sheet.within(self._element), sheet.element("TR"):
            for column, wide, lines in zip(self._columns, self._widths, self._head, strict=True):
                with sheet.element("TH"):
                    for at, line in enumerate(lines):
                        y = sheet.y + PAD + (at + 0.8) * SMALL * LEADING
                        sheet.text(
                            x + PAD,
                            y,
                            line,
                            size=SMALL,
                            bold=True,
                            colour="#ffffff",
                            wide=wide - 2 * PAD + 1,
                            align=column.align,
                        )
                x += wide
        sheet.y += high

    def _row_lines(self, row: Row) -> tuple[list[tuple[str, ...]], int]:
        lines: list[tuple[str, ...]] = []
        for number, wide in enumerate(self._widths):
            if self._hashes and number == len(self._widths) - 1:
                lines.append((row.source[1],) if row.source else ())
                continue
            cell = _cell(row.cells[number])
            room = wide - 2 * PAD - (CHIP + PAD if cell.chip else 0.0)
            column = self._columns[number]
            lines.append(self._sheet.type.lines(cell.text, self._size, max(room, 4.0), bold=column.bold))
        return lines, max([1, *(len(found) for found in lines)])

    def _row(self, row: Row, number: int) -> None:
        sheet = self._sheet
        lines, count = self._row_lines(row)
        if count * self._lead + 2 * PAD > sheet.room:
            whole = sheet.bottom - sheet.top - self._head_high
            if count * self._lead + 2 * PAD <= whole or sheet.room < 4 * self._lead + 2 * PAD:
                sheet.turn()
                self._header()
        with sheet.within(self._element), sheet.element("TR"):
            cells = []
            for _ in lines:
                with sheet.element("TD") as cell:
                    cells.append(cell)
            start = 0
            while True:
                fits = max(int((sheet.room - 2 * PAD) / self._lead + 1e-6), 1)
                stop = min(start + fits, count)
                self._part(row, lines, start, stop, number, cells)
                if stop == count:
                    return
                start = stop
                sheet.turn()
                self._header()

    def _part(
        self, row: Row, lines: list[tuple[str, ...]], start: int, stop: int, number: int, cells: Sequence[int]
    ) -> None:
        """Lines ``start`` to ``stop`` of a row: all of them, unless it is longer than the page."""
        sheet = self._sheet
        high = (stop - start) * self._lead + 2 * PAD
        x = sheet.left
        with sheet.decoration():
            if number % 2:
                sheet.put(Box(x=x, y=sheet.y, wide=sheet.column, high=high, fill="#f8f9fa"))
            for column, wide in zip(self._columns, self._widths, strict=True):
                if column.strong:
                    sheet.put(Box(x=x, y=sheet.y, wide=wide, high=high, fill="#e9ecf2"))
                x += wide
        x = sheet.left
        for at, (column, wide) in enumerate(zip(self._columns, self._widths, strict=True)):
            last = self._hashes and at == len(self._columns) - 1
            cell = Cell() if last else _cell(row.cells[at])
            indent = 0.0
            with sheet.within(cells[at]):
                if cell.chip and start == 0:
                    sheet.put(Box(x=x + PAD, y=sheet.y + PAD, wide=CHIP, high=CHIP, fill=cell.chip, stroke=GREY))
                indent = CHIP + PAD if cell.chip else 0.0
                for offset, line in enumerate(lines[at][start:stop]):
                    y = sheet.y + PAD + (offset + 0.78) * self._lead
                    sheet.text(
                        x + PAD + indent,
                        y,
                        line,
                        size=SMALL if last else self._size,
                        bold=column.bold or column.strong or (last and row.changed),
                        colour=(sheet.accent if row.changed else GREY) if last else INK,
                        wide=wide - 2 * PAD - indent + 1.5,
                        align=column.align,
                    )
            x += wide
        if row.source is not None:
            sheet.source(*row.source)
        sheet.y += high
        with sheet.decoration():
            sheet.put(Stroke(points=((sheet.left, sheet.y), (sheet.right, sheet.y)), width=0.3, colour=RULE))


def _cell(given: Cell | str) -> Cell:
    return given if isinstance(given, Cell) else Cell(text=given)


def pairs(sheet: Sheet, x: float, wide: float, rows: Sequence[tuple[str, str]], *, most: float) -> None:
    """Names and values at the cursor, without a frame; what would go over ``most`` points is cut."""
    stop = sheet.y + most
    name_wide = 0.34 * wide
    for name, value in rows:
        lines = sheet.type.lines(value, 9.0, wide - name_wide)[:3]
        high = max(len(lines), 1) * 9.0 * LEADING + PAD
        if sheet.y + high > stop:
            return
        with sheet.element("P"):
            sheet.text(x, sheet.y + 9.0, name, size=7.5, colour=GREY, wide=name_wide - PAD)
            for at, line in enumerate(lines):
                sheet.text(
                    x + name_wide, sheet.y + 9.0 + at * 9.0 * LEADING, line, size=9.0, wide=wide - name_wide + 1
                )
        sheet.y += high
        with sheet.decoration():
            sheet.put(Stroke(points=((x, sheet.y - PAD / 2), (x + wide, sheet.y - PAD / 2)), width=0.3, colour=TINT))

"""What a user sees: data on stdout as a table, JSON or NDJSON; progress and notes on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


class Format(StrEnum):
    """How data is written to stdout."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


Output = Annotated[Format, typer.Option("--output", "-o", help="How to write the data.")]
Row = Mapping[str, Any]


def note(text: str) -> None:
    """A remark on stderr."""
    sys.stderr.write(text + "\n")


def line(text: str) -> None:
    """A line of data on stdout."""
    sys.stdout.write(text + "\n")


def size(count: float) -> str:
    """Bytes for people: 1.4 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def seconds(value: float | None) -> str:
    """A duration for people."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)}:{int(value % 60):02d} min" if value < 3600 else f"{value / 3600:.1f} h"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_cell, value)) if isinstance(value, (list, tuple)) else str(value)


def _plain(text: str) -> str:
    """Without control characters: what a farm says must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def show(rows: Iterable[Row], columns: Sequence[str], output: Format) -> None:
    """Rows as they come; a table is drawn page by page, so that ten thousand rows cost no memory."""
    if output is Format.NDJSON:
        for row in rows:
            line(json.dumps(row, ensure_ascii=False, default=str))
        return
    if output is Format.JSON:
        line("[")
        before = ""
        for row in rows:
            sys.stdout.write(f"{before}{json.dumps(row, ensure_ascii=False, default=str)}")
            before = ",\n"
        line("\n]" if before else "]")
        return
    page: list[list[str]] = []
    widths = [len(column) for column in columns]
    first = True
    for row in rows:
        page.append([_plain(_cell(row.get(column))) for column in columns])
        if len(page) == 500:
            widths = _draw(page, columns, widths, head=first)
            page, first = [], False
    _draw(page, columns, widths, head=first)


def _draw(page: list[list[str]], columns: Sequence[str], widths: list[int], *, head: bool) -> list[int]:
    widths = [max([width, *(_width(row[i]) for row in page)]) for i, width in enumerate(widths)]
    if head:
        page = [[column.upper().replace("_", " ") for column in columns], *page]
    for row in page:
        line("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())
    return widths


def _width(text: str) -> int:
    """Columns on a terminal: Korean letters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def show_one(thing: Row, fields: Sequence[str], output: Format) -> None:
    """One thing: a list of its fields, or all of it as JSON."""
    if output is not Format.TABLE:
        line(json.dumps(thing, ensure_ascii=False, default=str, indent=2 if output is Format.JSON else None))
        return
    width = max(map(len, fields)) + 2
    for name in fields:
        text = _plain(_cell(thing.get(name)))
        if text:
            line(f"{name.replace('_', ' ')}:".ljust(width) + text)


class Bars(Protocol):
    """Progress by name."""

    def __call__(self, name: str, done: float, total: float) -> None:
        """Sets one bar; it appears on first use."""


@contextmanager
def progress(unit: str = "") -> Iterator[Bars]:
    """Rich bars on stderr; without a terminal, a plain line whenever a bar has come another tenth."""
    if sys.stderr.isatty():
        with _rich(unit) as display:
            tasks: dict[str, Any] = {}

            def on_terminal(name: str, done: float, total: float) -> None:
                if name not in tasks:
                    # What was done before is no part of the rate.
                    tasks[name] = display.add_task(_plain(name), total=total or None, completed=int(done))
                display.update(tasks[name], completed=done, total=total or None)

            yield on_terminal
        return
    tenths: dict[str, int] = {}

    def on_paper(name: str, done: float, total: float) -> None:
        tenth = int(10 * done / total) if total else 0
        if tenths.get(name) != tenth:
            tenths[name] = tenth
            far = f"{size(done)} of {size(total)}" if unit == "bytes" else f"{done:g}/{total:g} {unit}".rstrip()
            note(f"{_plain(name)}: {far}")

    yield on_paper


def _rich(unit: str) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    counts = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counts,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )

"""Each layer by itself, as it lies at rest: front and back side by side, and under them what its callouts say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exporters.tech_pack.callouts import balloons, callout_rows
from exporters.tech_pack.content import CalloutAt, PackContent
from exporters.tech_pack.frames import GAP, place
from exporters.tech_pack.marks import MM
from exporters.tech_pack.sheet import GREY, LEADING, Sheet
from exporters.tech_pack.table import table
from exporters.tech_pack.words import word

_HIGH: Final = 113 * MM
_COLUMNS: Final = 3
_SIZE: Final = 8.0


def pieces(sheet: Sheet, content: PackContent, numbered: Sequence[tuple[int, CalloutAt]]) -> None:
    """A page for each layer that has a drawing of its own."""
    for layer, drawn in content.pieces.items():
        own = [(n, callout) for n, callout in numbered if callout.layer == layer]
        sheet.turn()
        sheet.heading(content.named(layer))
        wide = (sheet.column - GAP) / 2
        for number, (view, seen) in enumerate(drawn.items()):
            key = f"piece.{layer}.{view}"
            x = sheet.left + number * (wide + GAP)
            frame = place(sheet, content, view, (key, seen), x, wide, _HIGH, layer=content.named(layer))
            seen_here = [
                (n, callout)
                for n, callout in own
                # What is called out on a side that is not drawn stands on the first one.
                if view in callout.views or (number == 0 and not set(callout.views) & set(drawn))
            ]
            balloons(sheet, frame, seen_here)
        sheet.y += _HIGH + 4 * MM
        if own:
            _told(sheet, content, own)


def _told(sheet: Sheet, content: PackContent, own: Sequence[tuple[int, CalloutAt]]) -> None:
    """Short texts in columns under the drawings; a table where they are long or many."""
    wide = sheet.column / _COLUMNS
    down = -(-len(own) // _COLUMNS)
    lead = _SIZE * LEADING + 1.6 * MM
    room = wide - 30 * MM
    if down * lead > sheet.room or any(
        "\n" in callout.text or sheet.type.width(callout.text, _SIZE) > room for _, callout in own
    ):
        columns, rows = callout_rows(content, own)
        table(sheet, columns, rows, source=word("source", content.language))
        return
    for at, (number, callout) in enumerate(own):
        x, y = sheet.left + at // down * wide, sheet.y + (at % down + 0.8) * lead
        key = f"callout.{number}"
        digest, changed = content.sources.get(key, ""), content.changed(key)
        with sheet.element("P"):
            sheet.text(x, y, str(number), size=_SIZE, bold=True, wide=8 * MM)
            sheet.text(x + 8 * MM, y, callout.text, size=_SIZE, wide=room + 2)
            sheet.text(
                x + 8 * MM + room, y, digest, size=6.5, bold=changed, colour=sheet.accent if changed else GREY,
                wide=17 * MM,
            )  # fmt: skip
        sheet.source(key, digest)
    sheet.y += down * lead + 2 * MM

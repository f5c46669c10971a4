"""The pages as they fill up: a cursor that goes down, new pages when there is no room, and the structure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from exporters.tech_pack.marks import DECORATION, MM, Bookmark, Box, Element, Mark, Page, Stroke, Text
from exporters.tech_pack.type import Type, plain

MARGIN: Final = 12 * MM
HEAD: Final = 15 * MM
FOOT: Final = 11 * MM
LEADING: Final = 1.36
SIZE: Final = 8.5
INK: Final = "#16181d"
GREY: Final = "#6b7280"
RULE: Final = "#c9cdd4"
TINT: Final = "#f2f3f5"
SIZES: Final = {"a4": (297 * MM, 210 * MM), "letter": (11 * 72.0, 8.5 * 72.0)}
"""Pages lie on their side, as packs do: tables are wide."""


class Sheet:
    """Takes marks at the cursor ``y`` of the last page."""

    def __init__(self, kind: Type, page: str, *, colour: str, accent: str) -> None:
        self.type, self.colour, self.accent = kind, colour, accent
        self.wide, self.high = SIZES[page]
        self.left, self.right = MARGIN, self.wide - MARGIN
        self.top, self.bottom = MARGIN + HEAD, self.high - MARGIN - FOOT
        self.pages: list[Page] = []
        self.elements: list[Element] = [Element(role="Document", parent=-1)]
        self.bookmarks: list[Bookmark] = []
        self.y = 0.0
        self._open = [0]

    @property
    def page(self) -> Page:
        """The page that is being filled."""
        return self.pages[-1]

    @property
    def room(self) -> float:
        """Points down to the page's bottom."""
        return self.bottom - self.y

    @property
    def column(self) -> float:
        """Points from margin to margin."""
        return self.right - self.left

    def section(self, key: str, title: str) -> None:
        """Begins a section on a page of its own, with a bookmark."""
        self._open = [0]
        self.elements.append(Element(role="Sect", parent=0))
        self._open.append(len(self.elements) - 1)
        self.pages.append(Page(section=key, title=title, first=True))
        self.bookmarks.append(Bookmark(title=title, page=len(self.pages) - 1))
        self.y = self.top

    def turn(self) -> None:
        """Goes on on the next page of the same section."""
        self.pages.append(Page(section=self.page.section, title=self.page.title))
        self.y = self.top

    def need(self, points: float) -> None:
        """Turns the page unless that much room is left, or the page is empty."""
        if self.room < points and self.y > self.top:
            self.turn()

    @contextmanager
    def element(self, role: str, alt: str = "") -> Iterator[int]:
        """What is put inside belongs to a new element of the structure."""
        self.elements.append(Element(role=role, parent=self._open[-1], alt=plain(alt)))
        self._open.append(len(self.elements) - 1)
        try:
            yield self._open[-1]
        finally:
            self._open.pop()

    @contextmanager
    def within(self, element: int) -> Iterator[None]:
        """Goes on in an element that was made before."""
        self._open.append(element)
        try:
            yield
        finally:
            self._open.pop()

    @contextmanager
    def columned(self, left: float, right: float) -> Iterator[None]:
        """Flows between other margins for a while."""
        held = self.left, self.right
        self.left, self.right = left, right
        try:
            yield
        finally:
            self.left, self.right = held

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """What is put inside means nothing to somebody who listens to the document."""
        with self.within(DECORATION):
            yield

    def put(self, *marks: Mark) -> None:
        """Marks on the last page."""
        self.page.marks += [(self._open[-1], mark) for mark in marks]

    def source(self, key: str, digest: str) -> None:
        """Says that the page shows something of this source."""
        self.page.sources[key] = digest

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SIZE,
        bold: bool = False,
        colour: str = INK,
        wide: float | None = None,
        align: str = "left",
    ) -> None:
        """One line at a baseline, cut to ``wide``; aligned to the left, right or centre of it."""
        shown = self.type.cut(text, size, wide if wide is not None else self.right - x, bold=bold)
        if not shown.strip():
            return
        if align != "left" and wide is not None:
            rest = wide - self.type.width(shown, size, bold=bold)
            x += rest if align == "right" else rest / 2
        self.put(Text(x=x, y=y, text=shown, size=size, bold=bold, colour=colour))

    def heading(self, text: str, *, depth: int = 2) -> None:
        """A heading in the flow, kept with what follows."""
        size = 11.0 if depth == 2 else 9.0
        self.need(size * LEADING + 14 * MM)
        with self.element(f"H{depth}"):
            for line in self.type.lines(text, size, self.column, bold=True)[:3]:
                self.y += size * LEADING
                self.text(self.left, self.y, line, size=size, bold=True, colour=self.colour)
        self.y += 2 * MM

    def paragraph(self, text: str, *, size: float = SIZE, colour: str = INK, wide: float | None = None) -> None:
        """Text that runs over as many lines and pages as it needs."""
        with self.element("P"):
            for line in self.type.lines(text, size, wide or self.column):
                self.need(size * LEADING)
                self.y += size * LEADING
                self.text(self.left, self.y, line, size=size, colour=colour, wide=(wide or self.column) + 1)
        self.y += 2 * MM

    def rule(self, y: float, *, colour: str = RULE, width: float = 0.4) -> None:
        """A hair line from margin to margin."""
        with self.decoration():
            self.put(Stroke(points=((self.left, y), (self.right, y)), width=width, colour=colour))

    def tile(
        self, x: float, y: float, wide: float, high: float, *, fill: str | None = None, stroke: str | None = RULE
    ) -> None:
        """A box behind or around something."""
        with self.decoration():
            self.put(Box(x=x, y=y, wide=wide, high=high, fill=fill, stroke=stroke))

"""Laid-out pages become a PDF: vector lines as paths, texts with embedded fonts, structure, bookmarks, metadata."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from assets.flat import STROKES_MM, LineKind
from exporters.pdf_objects import Picture, icc_based
from exporters.tech_pack.marks import DECORATION, MM, Box, Disc, Drawing, Mark, Page, Photo, Stroke, Text
from exporters.tech_pack.sheet import Sheet
from exporters.tech_pack.tags import Tags

_THINNEST: Final = 0.18


def paint(
    sheet: Sheet,
    pictures: Mapping[str, NDArray[np.uint8]],
    *,
    title: str,
    subject: str,
    author: str,
    keywords: str,
    lang: str,
) -> bytes:
    """The whole file; the same sheet gives the same bytes."""
    out = io.BytesIO()
    first = next(iter(sheet.type.runs("A")))[0]
    canvas = Canvas(
        out,
        pagesize=(sheet.wide, sheet.high),
        invariant=1,
        pageCompression=1,
        pdfVersion=(1, 7),
        initialFontName=first,
        lang=lang,
    )
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor(author)
    canvas.setKeywords(keywords)
    canvas.setCreator("render-farm")
    canvas.setProducer("render-farm")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    painter = _Painter(canvas, sheet, pictures)
    for number, page in enumerate(sheet.pages):
        painter.page(page, number)
    painter.finish()
    canvas.save()
    return out.getvalue()


class _Painter:
    def __init__(self, canvas: Any, sheet: Sheet, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
        self._canvas, self._sheet = canvas, sheet
        self._document = canvas._doc  # noqa: SLF001 - ReportLab's door to objects of one's own
        self._tags = Tags(self._document, sheet.elements)
        self._pages: list[Any] = []
        used = {mark.key for page in sheet.pages for _, mark in page.marks if isinstance(mark, Photo)}
        srgb = icc_based(self._document)
        for key in sorted(used):
            self._document.addForm(_key(key), Picture(np.ascontiguousarray(pictures[key]), srgb))

    def page(self, page: Page, number: int) -> None:
        """One page, with the bookmarks that lead to it."""
        canvas = self._canvas
        self._tags.page()
        held: int | None = None
        for element, mark in page.marks:
            if element != held:
                if held is not None:
                    canvas._code.append("EMC")  # noqa: SLF001
                opening = "/Artifact BMC" if element == DECORATION else self._tags.begin(element)
                canvas._code.append(opening)  # noqa: SLF001
                held = element
            self._mark(mark)
        if held is not None:
            canvas._code.append("EMC")  # noqa: SLF001
        for at, bookmark in enumerate(self._sheet.bookmarks):
            if bookmark.page == number:
                canvas.bookmarkPage(f"b{at}")
                canvas.addOutlineEntry(bookmark.title, f"b{at}", bookmark.depth)
        canvas.showPage()
        made = self._document.Pages.pages[-1]
        target = self._document.idToObject[made.name] if hasattr(made, "name") else made
        target.__NoDefault__ = [*target.__NoDefault__, "StructParents", "Tabs"]
        target.StructParents, target.Tabs = number, pdfdoc.PDFName("S")
        self._pages.append(made)

    def finish(self) -> None:
        """Structure and outline."""
        self._tags.finish(self._pages)
        self._canvas.showOutline()

    def _mark(self, mark: Mark) -> None:
        match mark:
            case Text():
                self._text(mark)
            case Box():
                self._box(mark)
            case Stroke():
                self._stroke(mark)
            case Disc():
                canvas = self._canvas
                canvas.setLineWidth(mark.width)
                canvas.setFillColor(HexColor(mark.fill))
                canvas.setStrokeColor(HexColor(mark.stroke))
                canvas.circle(mark.x, self._sheet.high - mark.y, mark.radius, fill=1)
            case Drawing():
                self._drawing(mark)
            case Photo():
                canvas = self._canvas
                canvas.saveState()
                canvas.transform(mark.wide, 0, 0, mark.high, mark.x, self._sheet.high - mark.y - mark.high)
                canvas.doForm(_key(mark.key))
                canvas.restoreState()

    def _text(self, mark: Text) -> None:
        canvas = self._canvas
        line = canvas.beginText(mark.x, self._sheet.high - mark.y)
        line.setFillColor(HexColor(mark.colour))
        for face, run in self._sheet.type.runs(mark.text, bold=mark.bold):
            line.setFont(face, mark.size)
            line.textOut(run)
        canvas.drawText(line)

    def _box(self, mark: Box) -> None:
        canvas = self._canvas
        if mark.fill:
            canvas.setFillColor(HexColor(mark.fill))
        if mark.stroke:
            canvas.setStrokeColor(HexColor(mark.stroke))
            canvas.setLineWidth(mark.width)
        y = self._sheet.high - mark.y - mark.high
        canvas.rect(mark.x, y, mark.wide, mark.high, stroke=int(bool(mark.stroke)), fill=int(bool(mark.fill)))

    def _stroke(self, mark: Stroke) -> None:
        canvas = self._canvas
        canvas.setLineWidth(mark.width)
        canvas.setStrokeColor(HexColor(mark.colour))
        canvas.setDash(list(mark.dash))
        path = canvas.beginPath()
        for at, (x, y) in enumerate(mark.points):
            (path.lineTo if at else path.moveTo)(x, self._sheet.high - y)
        if mark.fill:
            canvas.setFillColor(HexColor(mark.fill))
            path.close()
        canvas.drawPath(path, stroke=1, fill=int(bool(mark.fill)))
        canvas.setDash([])

    def _drawing(self, mark: Drawing) -> None:
        """Every line as a path, the light ones first."""
        canvas, flat = self._canvas, mark.flat
        unit = MM * mark.scale
        left, top = mark.x - flat.width_mm / 2 * unit, mark.y - flat.height_mm / 2 * unit
        code = ["q", "1 J", "1 j"]
        red, green, blue = HexColor(mark.colour).rgb()
        code.append(f"{red:.4f} {green:.4f} {blue:.4f} RG")
        for kind in reversed(LineKind):
            lines = flat.of(kind)
            if not lines:
                continue
            code.append(f"{max(STROKES_MM[kind] * unit, _THINNEST):.3f} w")
            for line in lines:
                points = line.points * [unit, -unit] + [left, self._sheet.high - top]
                pairs: Sequence[Sequence[float]] = points.tolist()
                code += [f"{x:.2f} {y:.2f} {'l' if at else 'm'}" for at, (x, y) in enumerate(pairs)]
                code.append("s" if line.closed else "S")
        code.append("Q")
        canvas._code += code  # noqa: SLF001 - paths as they are, without a Python call for every point


def _key(name: str) -> str:
    return "picture." + "".join(letter if letter.isalnum() else "-" for letter in name)

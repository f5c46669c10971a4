"""The print file of a card: a PDF with bleed, crop marks, true page boxes, and a named plate for each foil.

Pages: the front; the back; the front with its plates; each plate alone, labelled, black on white, as many foil
printers ask for. On the third, each plate is a Separation (a spot colour with the plate's name) that overprints, on
a layer that viewers can switch: a RIP makes the plates from it, and the inks below are printed as if it were not
there. It has a page of its own because a screen that does not simulate overprinting shows plates as solid colour;
the pictures of the front are in the file once. Nothing is transparent: blending would make RIPs convert the whole
page another way (Ghostscript 10 did).

Colour is RGB with the sRGB profile: the press converts it to its own inks, which only the press knows. Pictures are
lossless. Lengths: PDF's points, 1/72 inch (ISO 32000-1; boxes 14.11.2, Separation 8.6.6.4, overprint 8.6.7, colour
key masks 8.9.6.4, layers 8.11). The same sheet gives the same bytes: no date of now, no random id.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.colors import CMYKColor, CMYKColorSep
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from assets.card_fonts import file as font_file
from assets.card_scene import Plane
from assets.errors import MissingFontError
from exporters.card_sheet import MM_PER_INCH, PrintSheet, flat
from exporters.errors import ExportError
from exporters.pdf_objects import Held, Picture, Separation, icc_based

EXPORTER_VERSION = 1
"""Goes into step hashes: raise it when the bytes change."""

_MM: Final = 72 / MM_PER_INCH
_MARGIN: Final = 12 * _MM  # from the bleed to the edge of the page
_MARK: Final = (1.5 * _MM, 6.5 * _MM)  # where crop marks begin and end, from the bleed
_HAIR: Final = 0.25
_TARGET: Final = 1.4 * _MM  # radius of a register mark
_SLUG: Final = (3.5 * _MM, 1.3 * _MM)  # baselines of the two lines below
_EDGE: Final = 3 * _MM  # from the page's edge to where lines begin
_SIZE: Final = 5.5
_FONT: Final = "NanumBarunGothic"
_REGISTER: Final = CMYKColorSep(1, 1, 1, 1, spotName="All")  # on every plate
_SCREEN: Final = ((0.16, 0.08, 0.0, 0.34), (0.0, 0.22, 0.55, 0.12), (0.34, 0.0, 0.22, 0.14), (0.2, 0.34, 0.0, 0.1))
_CLEAR: Final = (0.14, 0.0, 0.24, 0.12)  # varnish on a screen


def write(sheet: PrintSheet) -> bytes:
    """A whole PDF of the sheet. Raises ExportError ``export.font_missing``, the farm's fault."""
    trim = (sheet.trim_mm[0] * _MM, sheet.trim_mm[1] * _MM)
    frame = _Frame(trim, sheet.bleed_mm * _MM)
    font = _font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=frame.page, invariant=1, pageCompression=1, pdfVersion=(1, 6), initialFontName=font)
    title = sheet.title or "card"
    canvas.setTitle(title)
    canvas.setSubject(_described(sheet))
    canvas.setCreator("render-farm")
    canvas.setAuthor("")
    canvas.setProducer("render-farm")
    canvas.setPageCompression(1)
    canvas.setTrimBox(frame.box(0))
    canvas.setBleedBox(frame.box(frame.bleed))
    document = _Document(canvas, sheet, frame, title)
    document.side("Front", sheet.front)
    if sheet.back is not None:
        document.side("Back", sheet.back)
    if sheet.plates:
        document.separations()
    for name in sheet.plates:
        document.plate(name)
    document.finish()
    canvas.save()
    return out.getvalue()


@dataclass(frozen=True)
class _Frame:
    """Where things are on every page: the trimmed card in the middle, points from the lower left corner."""

    trim: tuple[float, float]
    bleed: float

    @property
    def page(self) -> tuple[float, float]:
        rim = 2 * (self.bleed + _MARGIN)
        return self.trim[0] + rim, self.trim[1] + rim

    def box(self, around: float) -> tuple[float, float, float, float]:
        """The trimmed card and ``around`` more on each side: left, bottom, right, top."""
        near = self.bleed + _MARGIN
        return near - around, near - around, near + self.trim[0] + around, near + self.trim[1] + around


class _Document:
    """The pages of one file, made in order."""

    def __init__(self, canvas: Any, sheet: PrintSheet, frame: _Frame, title: str) -> None:
        self._canvas, self._sheet, self._frame, self._title = canvas, sheet, frame, title
        self._objects = canvas._doc  # noqa: SLF001 - ReportLab's door to objects of one's own
        self._colours = {
            name: CMYKColorSep(*_screen(name, at), spotName=name) for at, name in enumerate(sheet.plates)
        }
        self._layers: list[Any] = []
        self._pages = 0
        self._srgb = icc_based(self._objects)

    def side(self, name: str, picture: NDArray[np.uint8]) -> None:
        """One side in its colours, as one sees it."""
        self._place(name, Picture(_rgb(picture), self._srgb))
        self._end(name, _described(self._sheet), [])

    def separations(self) -> None:
        """The front once more, and every plate over it."""
        bits = self._sheet.plate_bits
        self._place("Front")
        for name, mask in self._sheet.plates.items():
            ink = self._objects.Reference(Separation(self._colours[name]), f"ink.{_key(name)}")
            image = Picture(_plate(mask, bits), ink, bits=bits, layer=self._layer(name), clear=0)
            self._canvas.saveState()
            # This plate's ink alone; all others stay as they are, where nothing is laid on and where something is.
            self._canvas.setFillOverprint(True)
            self._canvas.setStrokeOverprint(True)
            self._canvas.setOverprintMask(True)
            self._place(f"ink {name}", image)
            self._canvas.restoreState()
        self._end("Front with plates", f"{_described(self._sheet)}, overprinting plates", list(self._sheet.plates))

    def plate(self, name: str) -> None:
        """One plate, black on white, with its name above."""
        bits = self._sheet.plate_bits
        grey = pdfdoc.PDFName("DeviceGray")
        self._place(f"plate {name}", Picture(_plate(self._sheet.plates[name], bits), grey, bits=bits, inverted=True))
        self._canvas.setFillColor(CMYKColor(0, 0, 0, 1))
        self._canvas.setFont(_FONT, 8)
        self._canvas.drawString(_EDGE, self._frame.page[1] - 3.6 * _MM, name)
        self._end(name, f"{_described(self._sheet)}, black is {name}", [])

    def finish(self) -> None:
        """The layers, in the catalogue."""
        if not self._layers:
            return
        catalogue = self._objects.Catalog
        catalogue.__NoDefault__ = (*catalogue.__NoDefault__, "OCProperties")
        shown = pdfdoc.PDFArray(list(self._layers))
        default = pdfdoc.PDFDictionary(
            {"Name": pdfdoc.PDFString("Plates"), "Order": shown, "ON": shown, "BaseState": pdfdoc.PDFName("ON")}
        )
        self._canvas.setCatalogEntry(
            "OCProperties", pdfdoc.PDFDictionary({"OCGs": pdfdoc.PDFArray(list(self._layers)), "D": default})
        )
        self._canvas.showOutline()

    def _layer(self, name: str) -> Any:
        made = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("OCG"), "Name": pdfdoc.PDFString(name)})
        reference = self._objects.Reference(Held(made), f"layer.{_key(name)}")
        self._layers.append(reference)
        return reference

    def _place(self, name: str, image: Picture | None = None) -> None:
        """Draws a picture over the bleed; without one, the picture that had that name before."""
        left, bottom, right, top = self._frame.box(self._frame.bleed)
        name = _key(name)
        if image is not None:
            self._objects.addForm(name, image)
        self._canvas.saveState()
        self._canvas.transform(right - left, 0, 0, top - bottom, left, bottom)
        self._canvas.doForm(name)
        self._canvas.restoreState()

    def _end(self, name: str, described: str, inks: list[str]) -> None:
        """Marks, the lines below, bookmark and label; then the page is done."""
        canvas = self._canvas
        canvas.setStrokeColor(_REGISTER)
        canvas.setLineWidth(_HAIR)
        canvas.lines(_crop_marks(self._frame))
        for x, y in _targets(self._frame):
            canvas.circle(x, y, _TARGET / 2)
            canvas.lines([(x - _TARGET, y, x + _TARGET, y), (x, y - _TARGET, x, y + _TARGET)])
        left, wide = _EDGE, self._frame.page[0] - 2 * _EDGE
        canvas.setFillColor(_REGISTER)
        canvas.setFont(_FONT, _SIZE)
        canvas.drawString(left, _SLUG[0], _cut(f"{name} - {self._title}", wide))
        canvas.drawString(left, _SLUG[1], _cut(described, wide))
        # Each plate says its name in its own ink.
        x = left
        for ink in inks:
            canvas.setFillColor(self._colours[ink])
            canvas.drawString(x, self._frame.page[1] - 2.6 * _MM, ink)
            x += pdfmetrics.stringWidth(ink, _FONT, _SIZE) + 3 * _MM
        key = f"page-{self._pages}"
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(name, key)
        canvas.addPageLabel(self._pages, prefix=name)
        canvas.showPage()
        self._pages += 1


def _key(name: str) -> str:
    """A plate's name as the file's objects are named: no spaces, and no two alike."""
    return name.replace("-", "--").replace(" ", "-")


def _rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[h, w, 3]: on white paper."""
    if picture.shape[2] == 3:
        return np.ascontiguousarray(picture)
    return flat((Plane(name="side", picture=picture),))


def _plate(mask: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """uint8[h, w]: as it is, or 0 and 1 where it is printed solid."""
    return np.ascontiguousarray(mask) if bits == 8 else (mask >= 128).astype(np.uint8)


def _screen(name: str, number: int) -> tuple[float, float, float, float]:
    """How a screen shows a plate, as CMYK: like metal, and each unlike its neighbours."""
    return _CLEAR if name.upper().startswith("VARNISH") else _SCREEN[number % len(_SCREEN)]


def _crop_marks(frame: _Frame) -> list[tuple[float, float, float, float]]:
    """Two lines at each corner, in line with the trim and off the bleed."""
    left, bottom, right, top = frame.box(0)
    near, far = frame.bleed + _MARK[0], frame.bleed + _MARK[1]
    marks = []
    for x, outwards in ((left, -1), (right, 1)):
        marks += [(x + outwards * near, y, x + outwards * far, y) for y in (bottom, top)]
    for y, outwards in ((bottom, -1), (top, 1)):
        marks += [(x, y + outwards * near, x, y + outwards * far) for x in (left, right)]
    return marks


def _targets(frame: _Frame) -> list[tuple[float, float]]:
    """Register marks: the middle of each side."""
    left, bottom, right, top = frame.box(frame.bleed + sum(_MARK) / 2)
    x, y = (left + right) / 2, (bottom + top) / 2
    return [(x, bottom), (x, top), (left, y), (right, y)]


def _described(sheet: PrintSheet) -> str:
    width, height = sheet.trim_mm
    return f"{width:g} x {height:g} mm + {sheet.bleed_mm:g} mm bleed, {sheet.dpi} dpi, sRGB"


def _cut(text: str, wide: float) -> str:
    """A line that is no wider than that, of letters that the font has."""
    known = pdfmetrics.getFont(_FONT).face.charToGlyph
    shown = "".join(letter if ord(letter) in known else "?" for letter in text)
    while shown and pdfmetrics.stringWidth(shown, _FONT, _SIZE) > wide:
        shown = shown[:-1]
    return shown


@cache
def _font() -> str:
    """The font of all lines, known to ReportLab: it embeds the letters that are used."""
    try:
        pdfmetrics.registerFont(TTFont(_FONT, str(font_file(_FONT))))
    except (MissingFontError, TTFError) as error:
        raise ExportError("export.font_missing", f"the print file's font is missing: {error}", ours=True) from error
    return _FONT

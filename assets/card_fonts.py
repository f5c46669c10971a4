"""The fonts of cards: where their files are, what they can print, how wide a text is."""

from __future__ import annotations

import hashlib
import threading
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import skia

from assets.errors import MissingFontError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

FONTS: Final = {
    "title": ("NanumMyeongjoBold", "DejaVuSerif-Bold", "NanumBarunGothicBold", "DejaVuSans-Bold"),
    "title-light": ("NanumMyeongjo", "DejaVuSerif", "NanumBarunGothic", "DejaVuSans"),
    "text": ("NanumBarunGothic", "DejaVuSans"),
    "text-bold": ("NanumBarunGothicBold", "DejaVuSans-Bold"),
    "label": ("NanumSquareR", "NanumBarunGothic", "DejaVuSans"),
    "label-bold": ("NanumSquareB", "NanumBarunGothicBold", "DejaVuSans-Bold"),
    "number": ("NanumSquareRoundB", "NanumBarunGothicBold", "DejaVuSans-Bold"),
}
"""A card's fonts: the face, and the faces that stand in for words that it cannot print."""

PACKAGES: Final = {"Nanum": "fonts-nanum", "DejaVu": "fonts-dejavu-core"}
LINE: Final = 1000.0
"""The size at which lines are shaped: large, so that hinting does not round the letters' widths."""


class Families:
    """One font with its stand-ins, ready to shape lines. Not to be shared between threads."""

    def __init__(self, faces: tuple[str, ...]) -> None:
        manager = skia.FontMgr.New_Custom_Empty()  # never the system's: what is installed there must not matter
        self._faces = []
        provider = skia.textlayout.TypefaceFontProvider()
        for name in faces:
            face = manager.makeFromFile(str(file(name)))
            if face is None:
                msg = f"the font {file(name)} cannot be read; install it again"
                raise MissingFontError(msg)
            provider.registerTypeface(face, name)
            self._faces.append((name, face))
        self._fonts = skia.textlayout.FontCollection()
        self._fonts.setDefaultFontManager(provider)
        self._unicode = skia.Unicodes.ICU.Make()

    def has(self, letter: str) -> bool:
        """True if one of the fonts can print it."""
        return letter.isspace() or any(face.unicharToGlyph(ord(letter)) for _, face in self._faces)

    def shaped(self, line: str, tracking: float, paint: skia.Paint | None = None, units: float = LINE) -> Any:
        """One line at the size :data:`LINE`; ``units`` is how many of its units the paint's millimetre is."""
        style = self._style(self._faces[0][0], tracking, paint, units)
        whole = skia.textlayout.ParagraphStyle()
        whole.setTextStyle(style)
        builder = skia.textlayout.ParagraphBuilder.make(whole, self._fonts, self._unicode)
        for first, run in self._runs(line):
            builder.pushStyle(self._style(first, tracking, paint, units))
            builder.addText(run)
            builder.pop()
        made = builder.Build()
        made.layout(1e8)
        return made

    def _runs(self, line: str) -> Iterator[tuple[str, str]]:
        """Words in the first font that has all of their letters, so that none is half one face, half another."""
        held, run = "", ""
        for word in line.replace(" ", "\0 ").split("\0"):
            name = next((n for n, face in self._faces if all(_prints(n, face, letter) for letter in word)), "")
            name = name or self._faces[0][0]
            if run and name != held:
                yield held, run
                run = ""
            held, run = name, run + word
        if run:
            yield held, run

    def _style(self, first: str, tracking: float, paint: skia.Paint | None, units: float) -> Any:
        style = skia.textlayout.TextStyle()
        style.setFontFamilies([first, *(name for name, _ in self._faces if name != first)])
        style.setFontSize(LINE)
        style.setLetterSpacing(tracking * LINE)
        if paint is not None:
            scaled = skia.Paint(paint)
            scaled.setStrokeWidth(paint.getStrokeWidth() * units)
            style.setForegroundPaint(scaled)
        return style


def _prints(name: str, face: Any, letter: str) -> bool:
    if name.startswith("Nanum") and "\u0370" <= letter < "\u0530":
        return False  # its Greek and Cyrillic are as wide as Hangul, fit for a single sign and no word
    return letter == " " or bool(face.unicharToGlyph(ord(letter)))


_LOCAL = threading.local()


def families(font: str) -> Families:
    """The font of that name in :data:`FONTS`. Raises MissingFontError."""
    held: dict[str, Families] | None = getattr(_LOCAL, "held", None)
    if held is None:
        held = _LOCAL.held = {}
    if font not in held:
        held[font] = Families(FONTS[font])
    return held[font]


def missing(text: str, font: str) -> tuple[str, ...]:
    """The letters that neither the font nor its stand-ins can print, in order, each once."""
    return tuple(letter for letter in dict.fromkeys(text) if not families(font).has(letter))


@lru_cache(maxsize=8192)
def width(text: str, font: str, tracking: float) -> float:
    """How wide a line is, in em."""
    if not text:
        return 0.0
    return float(families(font).shaped(text, tracking).LongestLine) / LINE


@cache
def digest(font: str) -> str:
    """SHA-256 (hex) over the files of a font and its stand-ins."""
    total = hashlib.sha256()
    for name in FONTS[font]:
        total.update(hashlib.sha256(file(name).read_bytes()).digest())
    return total.hexdigest()


@cache
def file(name: str) -> Path:
    """Where a face's file is. Raises MissingFontError."""
    for folder in FOLDERS:
        for found in sorted(folder.rglob(f"{name}.ttf")):
            return found
    package = next(package for start, package in PACKAGES.items() if name.startswith(start))
    msg = f"this machine has no font {name}; install the package {package} (tools/setup.sh does)"
    raise MissingFontError(msg)

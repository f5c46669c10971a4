"""Letters: which font prints each, how wide texts are, and where lines break.

A text is cleaned of what no page can show (controls, direction marks), each letter is printed in the pack's font or
in the one that stands in for it, and a letter that neither has is shown as an empty box. Right-to-left words are put
in the order in which they are seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from assets.card_fonts import file as font_file
from assets.errors import MissingFontError
from exporters.errors import ExportError
from exporters.tech_pack.bidi import visual

FONTS: Final = {
    "gothic": ("NanumGothic", "NanumGothicBold"),
    "barun-gothic": ("NanumBarunGothic", "NanumBarunGothicBold"),
    "square": ("NanumSquareR", "NanumSquareB"),
    "myeongjo": ("NanumMyeongjo", "NanumMyeongjoBold"),
}
"""Regular and bold faces of a brand's font."""
STAND_INS: Final = (("DejaVuSans", "DejaVuSans-Bold"), ("NanumGothic", "NanumGothicBold"))
UNKNOWN: Final = "□"
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean(text: str) -> str:
    """The text as it can be printed: composed, without controls; lines stay apart."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").replace("\u2028", "\n")
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        if letter == "\n" or kind not in _DROPPED:
            kept.append(" " if kind in {"Zs", "Zl", "Zp"} else letter)
        elif kind in {"Cs", "Co", "Cn"}:
            kept.append(UNKNOWN)
    return "".join(letter for letter in kept if not "\ufe00" <= letter <= "\ufe0f")


def plain(text: str) -> str:
    """The text in one line, for titles and descriptions that are not printed."""
    return " ".join(clean(text).split())


class Type:
    """One brand's letters, in points."""

    def __init__(self, font: str) -> None:
        faces = (FONTS[font], *STAND_INS)
        self._faces = tuple(tuple(_registered(name) for name in pair) for pair in dict.fromkeys(faces))
        self._known: dict[tuple[str, bool], tuple[str, float]] = {}
        self._lines = lru_cache(maxsize=20_000)(self._broken)

    def letter(self, letter: str, bold: bool) -> tuple[str, float, str]:
        """The face that prints a letter, its width in thousandths of the size, and what is printed."""
        key = (letter, bold)
        if key not in self._known:
            self._known[key] = self._found(letter, bold=bold)
        face, wide = self._known[key]
        return face, wide, letter if face else UNKNOWN

    def _found(self, letter: str, *, bold: bool) -> tuple[str, float]:
        code = ord(letter)
        for pair in self._faces:
            face = pdfmetrics.getFont(pair[bold]).face
            if pair[bold].startswith("Nanum") and _not_from_nanum(code):
                continue
            if code in face.charToGlyph:
                return pair[bold], float(face.charWidths.get(code, face.defaultWidth))
        return "", self.letter(UNKNOWN, bold)[1]

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Points."""
        return sum(self.letter(letter, bold)[1] for letter in text) * size / 1000

    def runs(self, text: str, *, bold: bool = False) -> Iterator[tuple[str, str]]:
        """(face, text) from left to right."""
        held, run = "", ""
        for letter in visual(text):
            face, _, printed = self.letter(letter, bold)
            face = face or self.letter(UNKNOWN, bold)[0]
            if run and face != held:
                yield held, run
                run = ""
            held, run = face, run + printed
        if run:
            yield held, run

    def lines(self, text: str, size: float, wide: float, *, bold: bool = False) -> tuple[str, ...]:
        """The text broken into lines that are no wider than that; words that are longer are broken anywhere."""
        return self._lines(clean(text), round(1000 * wide / size), bold)

    def _broken(self, text: str, wide: int, bold: bool) -> tuple[str, ...]:
        found: list[str] = []
        space = self.letter(" ", bold)[1]
        for paragraph in text.split("\n"):
            line, used = "", 0.0
            for word in paragraph.split(" "):
                long = sum(self.letter(letter, bold)[1] for letter in word)
                if line and used + space + long <= wide:
                    line, used = f"{line} {word}", used + space + long
                    continue
                if line:
                    found.append(line)
                line, used = word, long
                if used > wide:
                    *full, line = self._chopped(word, wide, bold)
                    found += full
                    used = sum(self.letter(letter, bold)[1] for letter in line)
            found.append(line.rstrip())
        return tuple(found)

    def _chopped(self, word: str, wide: float, bold: bool) -> list[str]:
        """A word in pieces that fit; combining marks stay with their letter."""
        pieces, piece, used = [], "", 0.0
        for letter in word:
            long = self.letter(letter, bold)[1]
            if piece and used + long > wide and not unicodedata.combining(letter):
                pieces.append(piece)
                piece, used = "", 0.0
            piece, used = piece + letter, used + long
        return [*pieces, piece]

    def cut(self, text: str, size: float, wide: float, *, bold: bool = False) -> str:
        """One line of it that is no wider than that, with an ellipsis where something is left out."""
        text = clean(text).replace("\n", " ")
        if self.width(text, size, bold=bold) <= wide:
            return text
        room = wide - self.width("…", size, bold=bold)
        used, kept = 0.0, ""
        for letter in text:
            used += self.letter(letter, bold)[1] * size / 1000
            if used > room:
                break
            kept += letter
        return f"{kept.rstrip()}…"

    def missing(self, text: str) -> tuple[str, ...]:
        """The letters that are shown as boxes, each once."""
        letters = (letter for letter in clean(text) if letter != "\n")
        return tuple(dict.fromkeys(letter for letter in letters if not self._found(letter, bold=False)[0]))


def _not_from_nanum(code: int) -> bool:
    """Its Greek and Cyrillic are as wide as Hangul, fit for a sign and not for words; its backslash is a won sign."""
    return 0x0370 <= code < 0x0530 or code == ord("\\")


@cache
def _registered(name: str) -> str:
    """The face, known to ReportLab, which embeds what is used. Raises ExportError ``export.font_missing``."""
    if name in pdfmetrics.getRegisteredFontNames():  # by the cards' print files
        return name
    try:
        pdfmetrics.registerFont(TTFont(name, str(font_file(name))))
    except (MissingFontError, TTFError) as error:
        raise ExportError("export.font_missing", f"the tech pack's font is missing: {error}", ours=True) from error
    return name

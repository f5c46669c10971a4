"""Texts of cards: cleaned, broken into lines, shrunk until they fit, and drawn.

Letters are shaped by HarfBuzz and ordered by ICU through Skia's paragraphs, one line each; lines are broken here,
because Korean on cards breaks between words, and within a word only where it has to, which the default of Unicode's
line breaking (UAX 14) does not do.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import skia

from assets.card_fonts import LINE, families, missing, width
from assets.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.card_template import Field

PT_MM: Final = 25.4 / 72
STEP_PT: Final = 0.25
"""How much smaller a text becomes at a time."""

WHOLE: Final = 0.75
"""Down to this share of its size a text shrinks rather than tear a word."""

TOP: Final = 0.84
BOTTOM: Final = 0.24
"""How far letters reach above and below the line that they stand on, in em: capitals with accents; g, y."""

_MIDDLE: Final = 0.36  # em from the line to the middle of a capital
_MARKS: Final = 2  # accents on one letter; more is a prank that climbs out of its box
_NOT_FIRST: Final = frozenset(
    "!%),.:;?]}¢°’”…‰′″℃、。々〉》」』】〕ぁぃぅぇぉっゃゅょァィゥェォッャュョー・！％），．：；？］｝"
)
_BACK: Final = 4  # letters that a break moves back at most, lest it meets one that it may not stand at
_NOT_LAST: Final = frozenset("([{£¥‘“〈《「『【〔（［｛")


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A text that fits its field: ``lines`` from the top, at ``size_pt`` before the card's own scale."""

    lines: tuple[str, ...]
    size_pt: float


def cleaned(text: str) -> str:
    """The text as it is printed: NFC, every line end a newline, one space for a tab or a run of spaces, and without
    control, format and directional characters, variation selectors, lone surrogates, or a third accent on a letter.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", plain.replace("\t", " ")):
        kind = unicodedata.category(letter)
        if letter == "\n":
            kept.append(letter)
            continue
        if kind in {"Cc", "Cf", "Cs"} or "\ufe00" <= letter <= "\ufe0f":
            continue
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if marks <= _MARKS:
            kept.append("\u0020" if kind == "Zs" and letter not in "\u00a0\u3000" else letter)
    rows = ("".join(kept)).split("\n")
    return "\n".join(" ".join(part for part in row.split(" ") if part) for row in rows).strip("\n")


def fitted(field: Field, text: str, box_mm: tuple[float, float], scale: float) -> Fitted:
    """The cleaned text at the largest size at which it fits a box of that width and height.

    Raises CardError ``card.missing_glyphs`` and ``card.text_too_long``, with the path of the field.
    """
    where = f"card.fields.{field.name}"
    lacking = missing(text, field.font)
    if lacking:
        named = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in lacking[:8])
        more = f" and {len(lacking) - 8} more" if len(lacking) > 8 else ""
        msg = f"the fonts of field {field.name!r} cannot print {named}{more}; take these characters out"
        raise CardError(msg, code="card.missing_glyphs", path=where)
    for least, torn in ((max(field.min_pt, WHOLE * field.size_pt), False), (field.min_pt, True)):
        size = field.size_pt
        while size >= least - 1e-9:
            lines = _lines(field, text, box_mm, size * scale, torn=torn)
            if lines is not None:
                return Fitted(lines=lines, size_pt=size)
            size = max(size - STEP_PT, least) if size > least else 0.0
    room = _room(field, text, box_mm, field.min_pt * scale)
    msg = (
        f"field {field.name!r} holds {len(text)} characters; about {room} of them fit even at its smallest size of "
        f"{field.min_pt:g} pt, so shorten it"
    )
    raise CardError(msg, code="card.text_too_long", path=where)


def _room(field: Field, text: str, box_mm: tuple[float, float], size_pt: float) -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _lines(field, text[:middle].rstrip(), box_mm, size_pt) is not None:
            low = middle
        else:
            high = middle - 1
    return low


def _lines(
    field: Field, text: str, box_mm: tuple[float, float], size_pt: float, *, torn: bool = True
) -> tuple[str, ...] | None:
    """The lines at that size; None where they are too many, too wide or too tall, or where a word would have to be
    broken and ``torn`` does not allow it (Chinese and Japanese break anywhere).
    """
    em = size_pt * PT_MM
    most = min(field.lines, 1 + int(max(box_mm[1] / em - TOP - BOTTOM, -1.0) / field.leading + 1e-9))
    if most < 1 or box_mm[1] < em * (TOP + BOTTOM):
        return None
    room = box_mm[0] / em
    if not torn and any(
        width(word, field.font, field.tracking) > room and not _ideographic(word) for word in text.split()
    ):
        return None
    lines: list[str] = []
    for row in text.split("\n"):
        for line in _broken(row, field, room) if most > 1 else (row,):
            lines.append(line)
            if len(lines) > most:
                return None
    if any(width(line, field.font, field.tracking) > room + 1e-6 for line in lines):
        return None
    return tuple(lines)


def _broken(row: str, field: Field, room: float) -> Iterator[str]:
    """Greedy: as many words a line as fit; a word that is wider than a line is broken between letters."""
    space = width("n n", field.font, field.tracking) - width("nn", field.font, field.tracking)
    line, used = "", 0.0
    for word in row.split(" "):
        wide = width(word, field.font, field.tracking)
        if line and used + space + wide <= room:
            line, used = f"{line} {word}", used + space + wide
            continue
        if wide <= room:
            if line:
                yield line
            line, used = word, wide
            continue
        if line and (field.lines > 1 and not _ideographic(word)):
            yield line
            line = ""
        for piece in _pieces(word, field, room, line):
            if piece[0]:
                yield piece[1]
            else:
                line = piece[1]
        used = width(line, field.font, field.tracking)
    yield line


def _pieces(word: str, field: Field, room: float, line: str) -> Iterator[tuple[bool, str]]:
    """The word appended to the line, broken where it is full: (True, a full line) …, (False, the rest)."""
    current = f"{line} " if line else ""
    for letter in _letters(word):
        if current.strip() and width(current + letter, field.font, field.tracking) > room:
            whole, cut = current + letter, len(current)
            for _ in range(_BACK):
                if cut > 1 and (whole[cut] in _NOT_FIRST or whole[cut - 1] in _NOT_LAST or _accent(whole[cut])):
                    cut -= 1
            yield True, whole[:cut].rstrip()
            current = whole[cut:].lstrip()
        else:
            current += letter
    yield False, current


def _letters(word: str) -> Iterator[str]:
    """Letters with their accents."""
    held = ""
    for letter in word:
        if held and not _accent(letter):
            yield held
            held = ""
        held += letter
    if held:
        yield held


def _accent(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


def _ideographic(word: str) -> bool:
    """True for Chinese and Japanese, which have no spaces to break at."""
    return any("\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff" for letter in word)


def drawn(
    canvas: skia.Canvas,
    field: Field,
    text: Fitted,
    box_mm: tuple[float, float, float, float],
    scale: float,
    paint: skia.Paint,
) -> None:
    """Draws a fitted text into its box (x, y, width, height in mm) with that paint, fill or stroke."""
    em = text.size_pt * scale * PT_MM
    step = field.leading * em
    rows = len(text.lines)
    x, y, wide, high = box_mm
    if field.valign == "top":
        base = y + TOP * em
    elif field.valign == "bottom":
        base = y + high - BOTTOM * em - (rows - 1) * step
    else:
        base = y + high / 2 + _MIDDLE * em - (rows - 1) * step / 2
        base = min(max(base, y + TOP * em), y + high - BOTTOM * em - (rows - 1) * step) if rows > 1 else base
    for k, line in enumerate(text.lines):
        if not line:
            continue
        shaped = families(field.font).shaped(line, field.tracking, paint, LINE / em)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[field.align]
        left = x + share * (wide - shaped.LongestLine * em / LINE)
        canvas.save()
        canvas.translate(left, base + k * step)
        canvas.skew(-field.slant, 0)
        canvas.scale(em / LINE, em / LINE)
        shaped.paint(canvas, 0, -shaped.AlphabeticBaseline)
        canvas.restore()

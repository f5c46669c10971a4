"""The cover, and what every page has above and below."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from assets.tech_pack import said
from exporters.tech_pack.content import PackContent
from exporters.tech_pack.marks import DECORATION, MM, Box, Element, Page, Photo, Stroke, Text
from exporters.tech_pack.sheet import GREY, HEAD, INK, MARGIN, RULE, Sheet
from exporters.tech_pack.table import pairs
from exporters.tech_pack.views import photo
from exporters.tech_pack.words import word

LOGO: Final = "@logo"
_LINE: Final = 6.5


def cover(sheet: Sheet, content: PackContent) -> None:
    """The design at the left; its name, its facts and the contents at the right. The contents come with
    :func:`contents`, when all pages are known.
    """
    say, pack = content.language, content.pack
    high = sheet.room - 4 * MM
    left_wide = 0.42 * sheet.column
    shown = next((view for view in ("front", "back", "left") if view in content.pictures), None)
    if shown is not None:
        photo(sheet, content, f"render.{shown}", shown, sheet.left, sheet.y, left_wide, high)
    x = sheet.left + left_wide + 10 * MM if shown is not None else sheet.left
    wide = sheet.right - x
    with sheet.element("H1"):
        size = 24.0
        while size > 12 and len(sheet.type.lines(content.name, size, wide, bold=True)) > 2:
            size -= 2
        for line in sheet.type.lines(content.name, size, wide, bold=True)[:3]:
            sheet.y += size * 1.2
            sheet.text(x, sheet.y, line, size=size, bold=True, colour=sheet.colour, wide=wide + 1)
    sheet.y += 5 * MM
    facts = [
        (word("style", say), pack.style),
        (word("category", say), said(pack.category, say)),
        (word("season", say), pack.season),
        (word("revision", say), pack.revision),
        (word("date", say), pack.date),
        (word("designer", say), pack.designer),
        (word("factory", say), pack.factory),
        (word("sizes", say), " · ".join(pack.all_sizes)),
        (word("base", say), pack.base_size),
        (word("units", say), word(content.units, say)),
    ]
    pairs(sheet, x, wide, [(name, value) for name, value in facts if value], most=78 * MM)
    sheet.source("pack", content.sources.get("pack", ""))


def contents(sheet: Sheet, content: PackContent) -> None:
    """The list of sections on the cover, with their pages: put on when all pages are there."""
    page = sheet.pages[0]
    if page.section != "cover":
        return
    say = content.language
    x = sheet.left + (0.42 * sheet.column + 10 * MM if content.pictures else 0.0)
    used = max((mark.y for _, mark in page.marks if isinstance(mark, Text) and mark.x >= x - 1), default=sheet.top)
    y = max(used + 9 * MM, sheet.bottom - 62 * MM)
    entries = [(mark.title, mark.page) for mark in sheet.bookmarks[1:] if mark.depth == 0]
    lead = min(4.6 * MM, (sheet.bottom - y - 8 * MM) / max(len(entries), 1))
    marks: list[Any] = [Text(x=x, y=y, text=word("contents", say), size=9, bold=True, colour=sheet.colour)]
    for title, number in entries:
        y += lead
        shown = str(number + 1)
        end = sheet.right - sheet.type.width(shown, 8.5)
        name_end = x + sheet.type.width(title, 8.5) + 2 * MM
        marks += [
            Text(x=x, y=y, text=title, size=8.5, colour=INK),
            Stroke(points=((name_end, y - 1), (end - 2 * MM, y - 1)), width=0.4, colour=RULE, dash=(0.6, 2.0)),
            Text(x=end, y=y, text=shown, size=8.5, colour=INK),
        ]
    sheet.elements.append(Element(role="TOC", parent=1))
    element = len(sheet.elements) - 1
    page.marks += [(DECORATION if isinstance(mark, Stroke) else element, mark) for mark in marks]


def digest(page: Page) -> str:
    """The page as it is laid out, without what stands above and below: 8 hex digits."""
    total = hashlib.sha256()
    for _, mark in page.marks:
        total.update(repr(mark).encode("utf-8", "surrogatepass"))
    return total.hexdigest()[:8]


def furnish(sheet: Sheet, content: PackContent) -> list[dict[str, Any]]:
    """Heads and feet on all pages; the manifest: what each page shows, and of which sources."""
    manifest = []
    for number, page in enumerate(sheet.pages):
        changed = any(content.changed(key) for key in page.sources)
        manifest.append(
            {
                "page": number + 1,
                "section": page.section,
                "title": page.title,
                "digest": digest(page),
                "sources": dict(page.sources),
                "changed": changed,
            }
        )
        page.marks += [(DECORATION, mark) for mark in _head(sheet, content, page, changed)]
        page.marks += [(DECORATION, mark) for mark in _foot(sheet, content, page, number)]
    return manifest


def _head(sheet: Sheet, content: PackContent, page: Page, changed: bool) -> list[Any]:
    say, pack = content.language, content.pack
    base = MARGIN + 5.5 * MM
    marks: list[Any] = []
    x = sheet.left
    if content.logo is not None:
        high = 9 * MM
        ratio = content.logo.shape[1] / content.logo.shape[0]
        wide = min(high * ratio, 42 * MM)
        high = wide / ratio
        marks.append(Photo(x=x, y=MARGIN + (9 * MM - high) / 2, wide=wide, high=high, key=LOGO, source=""))
        x += wide + 4 * MM
    third = 0.3 * sheet.column
    brand = pack.brand.name or ""
    if brand:
        shown = sheet.type.cut(brand, 11, sheet.left + third - x, bold=True)
        marks.append(Text(x=x, y=base, text=shown, size=11, bold=True, colour=sheet.colour))
    elif content.logo is None:
        marks.append(Text(x=x, y=base, text=word("tech_pack", say), size=11, bold=True, colour=sheet.colour))
    middle = sheet.left + third + 4 * MM
    room = 0.4 * sheet.column - 4 * MM
    if page.section != "cover":
        title = sheet.type.cut(page.title, 11, room, bold=True)
        marks.append(Text(x=middle, y=base, text=title, size=11, bold=True, colour=INK))
    if changed and pack.since is not None:
        mark = f"{word('changed', say)} {pack.since.revision}"
        shown = sheet.type.cut(mark, 7, room - 4 * MM, bold=True)
        marks += [
            Box(
                x=middle,
                y=base + 1.6 * MM,
                wide=sheet.type.width(shown, 7, bold=True) + 3 * MM,
                high=4.2 * MM,
                fill=sheet.accent,
            ),
            Text(x=middle + 1.5 * MM, y=base + 4.6 * MM, text=shown, size=7, bold=True, colour="#ffffff"),
        ]
    facts = [content.name, *(fact for fact in (pack.style, pack.season, pack.revision) if fact)]
    wide = 0.28 * sheet.column
    for at, line in enumerate((facts[0], " · ".join(facts[1:]))):
        shown = sheet.type.cut(line, 8 if at == 0 else 7.5, wide, bold=at == 0)
        size = 8 if at == 0 else 7.5
        x = sheet.right - sheet.type.width(shown, size, bold=at == 0)
        if shown.strip():
            marks.append(
                Text(x=x, y=base - 1 + at * 10, text=shown, size=size, bold=at == 0, colour=GREY if at else INK)
            )
    rule = MARGIN + HEAD - 4 * MM
    marks.append(Stroke(points=((sheet.left, rule), (sheet.right, rule)), width=1.1, colour=sheet.colour))
    return marks


def _foot(sheet: Sheet, content: PackContent, page: Page, number: int) -> list[Any]:
    say = content.language
    y = sheet.high - MARGIN
    marks: list[Any] = [
        Stroke(points=((sheet.left, y - 7 * MM), (sheet.right, y - 7 * MM)), width=0.5, colour=RULE),
    ]
    count = f"{number + 1} / {len(sheet.pages)}"
    marks.append(
        Text(
            x=sheet.right - sheet.type.width(count, 8, bold=True),
            y=y - 2.5 * MM,
            text=count,
            size=8,
            bold=True,
            colour=INK,
        )
    )
    own = said(content.pack.brand.footer, say)
    room = sheet.column - 30 * MM
    own_shown = sheet.type.cut(own, _LINE, 0.4 * room) if own else ""
    own_wide = sheet.type.width(own_shown, _LINE)
    hashes = list(dict.fromkeys(value for value in page.sources.values() if value))
    line, left = f"{word('sources', say)}: ", len(hashes)
    limit = room - own_wide - 24 * MM
    for value in hashes:
        longer = f"{line}{value}  "
        if sheet.type.width(longer, _LINE) > limit:
            break
        line, left = longer, left - 1
    if left:
        line += f"+{left} {word('more', say)}"
    if hashes:
        marks.append(Text(x=sheet.left, y=y - 2.5 * MM, text=line.rstrip(), size=_LINE, colour=GREY))
    if own_shown:
        x = sheet.right - 26 * MM - own_wide
        marks.append(Text(x=x, y=y - 2.5 * MM, text=own_shown, size=_LINE, colour=GREY))
    return marks

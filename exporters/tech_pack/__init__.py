"""A tech pack as a PDF that a factory can work from.

Pages are laid out as data (:mod:`.sheet`, :mod:`.table`), then painted (:mod:`.paint`): flats as vector paths, texts
in embedded fonts that can be searched and copied, a structure for those who listen, bookmarks. Every row and view
carries the hash of its source, and the manifest says which page shows which, so that a change marks its pages and no
others. The same content gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assets.tech_pack import Section
from exporters.errors import ExportError
from exporters.tech_pack import cover, lists, views
from exporters.tech_pack.content import PackContent
from exporters.tech_pack.paint import paint
from exporters.tech_pack.sheet import Sheet
from exporters.tech_pack.type import Type, plain
from exporters.tech_pack.words import word

EXPORTER_VERSION: Final = 2
"""Goes into step hashes: raise it when the bytes change."""
MIME: Final = "application/pdf"
MOST_PAGES: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Written:
    """The file; ``manifest`` has an entry a page; ``missing`` are letters that no font has."""

    data: bytes
    manifest: list[dict[str, Any]]
    missing: tuple[str, ...] = ()


def laid_out(content: PackContent) -> tuple[Sheet, list[dict[str, Any]]]:
    """All pages as marks, and the manifest. Raises as :func:`write`."""
    brand = content.pack.brand
    sheet = Sheet(Type(brand.font), content.page, colour=brand.colour, accent=brand.accent)
    # A pack that is asked for pages that have nothing on them still has a cover.
    wanted: list[Section] = [section for section in brand.pages if _has(section, content)] or ["cover"]
    for section in wanted:
        sheet.section(section, word(section, content.language))
        for draw in _DRAWN[section]:
            draw(sheet, content)
            if len(sheet.pages) > MOST_PAGES:
                message = f"the pack has more than {MOST_PAGES} pages: shorten '{section}'"
                raise ExportError("export.over_budget", message)
    cover.contents(sheet, content)
    return sheet, cover.furnish(sheet, content)


def write(content: PackContent) -> Written:
    """The whole pack. Raises ExportError ``export.font_missing`` (the farm's fault) or ``export.over_budget``."""
    sheet, manifest = laid_out(content)
    pictures = dict(content.pictures)
    if content.logo is not None:
        pictures[cover.LOGO] = content.logo
    pack = content.pack
    data = paint(
        sheet,
        pictures,
        title=plain(" ".join(part for part in (content.name, pack.style) if part)),
        subject=word("tech_pack", content.language),
        author=plain(pack.designer or pack.brand.name or ""),
        keywords=plain(", ".join(part for part in (pack.season, pack.revision) if part)),
        lang="ko-KR" if content.language == "ko" else "en-GB",
    )
    shown = {
        letter for page in sheet.pages for _, mark in page.marks if hasattr(mark, "text") for letter in mark.text
    }
    return Written(data=data, manifest=manifest, missing=sheet.type.missing("".join(sorted(shown))))


def _has(section: Section, content: PackContent) -> bool:
    pack = content.pack
    there: Mapping[str, object] = {
        "cover": True,
        "flats": content.flats,
        "colour": content.pictures,
        "layers": content.layers,
        "measures": content.points,
        "materials": content.materials,
        "colourways": content.colourways,
        "construction": pack.construction,
        "labels": pack.labels,
        "fit": pack.fit_notes,
        "notes": content.notes.strip(),
        "fields": pack.fields,
        "revisions": pack.revisions,
    }
    return bool(there[section])


_DRAWN: Mapping[Section, tuple[Callable[[Sheet, PackContent], None], ...]] = {
    "cover": (cover.cover,),
    "flats": (views.flats,),
    "colour": (views.colour,),
    "layers": (views.layers,),
    "measures": (lists.measures,),
    "materials": (lists.materials,),
    "colourways": (lists.colourways,),
    "construction": (lists.construction,),
    "labels": (lists.labels,),
    "fit": (lists.fit,),
    "notes": (lists.notes,),
    "fields": (lists.fields,),
    "revisions": (lists.revisions,),
}

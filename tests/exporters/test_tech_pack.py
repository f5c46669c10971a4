"""The tech pack as others read it: text, fonts, bookmarks, structure, pages, and hashes that say what has changed."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pypdf import PdfReader

from assets.flat import Flat, Line, LineKind
from assets.tech_pack import SECTIONS, TechPack
from exporters import tech_pack
from exporters.tech_pack.bidi import visual
from exporters.tech_pack.content import CalloutAt, LayerFacts, PackContent, Projection, Seen, Taken
from exporters.tech_pack.marks import Box, Text
from exporters.tech_pack.sheet import MARGIN
from exporters.tech_pack.type import Type, clean

LONG = "W" * 200
HOSTILE = f"<b>bold</b> & {{x}} \\ % {LONG} שלום עולם مرحبا 😀🧵 \x00\x07\u202e\u200b가나다 \ud800 end"
AXES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
SQUARE = np.array([[30.0, 20.0], [90.0, 20.0], [90.0, 120.0], [30.0, 120.0]])


def seen(view: str) -> Seen:
    lines = (Line(kind=LineKind.SILHOUETTE, points=SQUARE, closed=True, layer="tee"),)
    flat = Flat(view=view, width_mm=120, height_mm=140, scale=0.1, lines=lines)
    return Seen(flat=flat, projection=Projection(axes=AXES, middle=np.array([0.0, 0.5]), mm=100.0))


def content(pack: dict[str, Any] | None = None, **changes: Any) -> PackContent:
    facts: dict[str, Any] = {
        "sizes": ["S", "M", "L"],
        "points": [
            {
                "code": f"P{n}",
                "name": {"en": f"Measure {n}", "ko": f"측정 {n}"},
                "cm": 20 + n,
                "grade": {"step_cm": 1},
            }
            for n in range(3)
        ],
        "materials": [{"name": "Jersey", "layer": "tee", "width_cm": 160, "colour": "#c8102e"}],
        "colourways": [{"name": "Red", "swatches": [{"part": "Body", "hex": "#c8102e"}]}],
        "construction": [{"place": "Hem", "what": "Coverstitch", "stitch": "406", "per_cm": 4}],
        "labels": [{"name": "Care label", "kind": "care"}],
        "fit_notes": [{"finding": "Too wide at the hem"}],
        "fields": [{"name": "Wash test", "value": "ISO 6330"}],
        "revisions": [{"revision": "A", "date": "2026-11-21", "what": "First issue"}],
        **(pack or {}),
    }
    made = TechPack.model_validate_json(json.dumps(facts))
    keys = [f"{view}.{side}" for view in ("flat", "render") for side in ("front", "back", "left")]
    rows = {
        "point": [point.code for point in made.points],
        "material": range(len(made.materials)),
        "colourway": range(len(made.colourways)),
        "operation": range(len(made.construction)),
        "label": range(len(made.labels)),
        "fit": range(len(made.fit_notes)),
        "field": range(len(made.fields)),
        "revision": range(len(made.revisions)),
    }
    keys += [f"{name}.{one}" for name, many in rows.items() for one in many]
    keys += ["callout.1", "layer.tee", "notes", "pack"]
    picture = np.full((40, 30, 3), 200, np.uint8)
    line = np.array([[-0.3, 0.5, 0.1], [0.3, 0.5, 0.1]])
    base: dict[str, Any] = {
        "name": "여름 티셔츠 Summer tee",
        "pack": made,
        "flats": {view: seen(view) for view in ("front", "back", "left")},
        "pictures": dict.fromkeys(("front", "back", "left"), picture),
        "layers": (LayerFacts(id="tee", name="Tee", model="tshirt", looks=(("jersey", "#c8102e"),), area_m2=0.8),),
        "points": tuple(
            Taken(point=point, cm=point.cm or 0.0, shape="across", line=line if n == 0 else None)
            for n, point in enumerate(made.points)
        ),
        "materials": made.materials,
        "colourways": made.colourways,
        "callouts": (CalloutAt(text="Rib collar", spot=np.array([0.0, 0.9, 0.1]), views=("front",)),),
        "notes": "Soft hand.",
        "sources": {key: f"{n:08x}" for n, key in enumerate(keys, start=0x1000)},
    }
    return PackContent(**{**base, **changes})


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data), strict=True)


def text_of(data: bytes) -> str:
    """As poppler reads it; as pypdf does where that is not installed."""
    if shutil.which("pdftotext"):
        ran = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
        assert not ran.stderr
        return ran.stdout.decode()
    return "\f".join(page.extract_text() for page in read(data).pages)


@pytest.mark.parametrize("page", ["a4", "letter"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_section_is_there_in_its_language(page: str, language: str) -> None:
    made = tech_pack.write(content(page=page, language=language))
    found = read(made.data)
    size = [round(float(side)) for side in found.pages[0].mediabox[2:]]
    assert size == ([842, 595] if page == "a4" else [792, 612])
    titles = {"en": "Points of measure", "ko": "측정 항목"}
    outline = [entry.title for entry in found.outline]
    assert len(outline) == len(SECTIONS)
    assert titles[language] in outline
    shown = text_of(made.data)
    assert ("Measure 2" if language == "en" else "측정 2") in shown
    assert "여름 티셔츠 Summer tee" in shown
    assert "#C8102E" in shown
    assert "crimson" in shown
    assert "406" in shown
    assert found.metadata is not None
    assert found.metadata.title == "여름 티셔츠 Summer tee"
    assert [entry["page"] for entry in made.manifest] == list(range(1, len(found.pages) + 1))


def test_bookmarks_lead_to_the_pages_that_the_contents_name() -> None:
    made = tech_pack.write(content())
    found = read(made.data)
    first = {entry["title"]: entry["page"] for entry in reversed(made.manifest)}
    pages = {entry.title: found.get_destination_page_number(entry) for entry in found.outline}
    assert {title: number - 1 for title, number in first.items()} == pages
    cover = found.pages[0].extract_text()
    for title, number in first.items():
        if title != "Cover":
            assert re.search(rf"{title}\s*{number}\b", cover), title


def test_fonts_are_embedded_and_the_structure_is_tagged() -> None:
    found = read(tech_pack.write(content({"notes": "مرحبا 😀 Ω"}, notes="مرحبا Ω")).data)
    fonts = {
        str(f["/BaseFont"]): f
        for page in found.pages
        for f in page["/Resources"]["/Font"].values()
        for f in [f.get_object()]
    }
    used = {name for name in fonts if "+" in name}
    assert any("NanumGothic" in name for name in used)
    assert any("DejaVu" in name for name in used)
    for name in used:
        assert "/FontFile2" in fonts[name]["/FontDescriptor"], name
        assert "/ToUnicode" in fonts[name], name
    root: Any = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    parents = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    roles: set[str] = set()

    def walk(node: Any) -> None:
        node = node.get_object()
        if "/S" in node:
            roles.add(str(node["/S"]))
            for kid in node["/K"]:
                walk(kid)

    walk(root["/StructTreeRoot"]["/K"][0])
    assert {"/Document", "/Sect", "/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= roles
    for number, page in enumerate(found.pages):
        assert page["/StructParents"] == number
        body = page.get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
        marked = [int(found) for found in re.findall(r"MCID (\d+)", body)]
        assert marked == list(range(len(parents[2 * number + 1].get_object())))
        assert body.count("BDC") + body.count("BMC") == body.count("EMC")


def test_the_same_content_is_the_same_file() -> None:
    assert tech_pack.write(content()).data == tech_pack.write(content()).data


def test_flats_are_paths_and_not_pictures() -> None:
    made = read(tech_pack.write(content({"brand": {"pages": ["flats"]}}, callouts=())).data)
    page = made.pages[0]
    assert "/XObject" not in page["/Resources"] or not page["/Resources"]["/XObject"]
    body = page.get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
    assert len(re.findall(r"[\d.]+ [\d.]+ l\n", body)) >= 6  # three sides of two squares


def test_long_lists_run_over_pages_with_their_header() -> None:
    rows = [{"code": f"R{n}", "name": f"Row {n}", "cm": n / 10} for n in range(500)]
    made = tech_pack.write(content({"points": rows}))
    pages = [entry["page"] for entry in made.manifest if entry["section"] == "measures"]
    found = read(made.data)
    texts = [found.pages[number - 1].extract_text() for number in pages]
    assert len(pages) > 10
    assert all("Point of measure" in text for text in texts[1:])
    shown = re.findall(r"\bR(\d+)\b", "\n".join(texts))
    assert set(map(int, shown)) == set(range(500))
    assert len({key for entry in made.manifest for key in entry["sources"] if key.startswith("point.")}) == 500


def overlaps(sheet: Any) -> list[tuple[str, str]]:
    """Lines of text of one page that lie on each other."""
    found = []
    for page in sheet.pages:
        boxes = [
            (
                m.x,
                m.y - 0.72 * m.size,
                m.x + sheet.type.width(m.text, m.size, bold=m.bold),
                m.y + 0.16 * m.size,
                m.text,
            )
            for _, m in page.marks
            if isinstance(m, Text)
        ]
        boxes.sort(key=lambda box: box[1])
        for at, a in enumerate(boxes):
            for b in boxes[at + 1 :]:
                if b[1] >= a[3]:
                    break
                if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5:
                    found.append((a[4], b[4]))
    return found


def hostile(many: int) -> dict[str, Any]:
    text = json.loads(json.dumps(HOSTILE.replace("\ud800", "")))
    return {
        "style": text[:300],
        "season": LONG,
        "designer": text,
        "sizes": [f"size {n}" for n in range(24)],
        "points": [
            {"code": f"LONGCODE{n}", "name": text, "how": text, "cm": 1999.9, "half": True, "tolerance_cm": 3}
            for n in range(many)
        ],
        "materials": [
            {
                "name": text,
                "supplier": text,
                "reference": LONG,
                "composition": text,
                "placement": text,
                "note": text,
                "usage": 99_999.5,
            }
            for _ in range(many)
        ],
        "colourways": [{"name": text, "swatches": [{"part": text, "hex": "#123456", "reference": LONG}] * 40}],
        "construction": [{"place": text, "what": text, "stitch": "301", "seam": "W" * 24, "thread": LONG}] * many,
        "labels": [{"name": text, "size": LONG, "material": text, "text": text, "quantity": 100_000}] * many,
        "fit_notes": [{"finding": text * 12, "action": text * 12, "points": ["ABCDEFGHIJKL"] * 32}] * many,
        "fields": [{"name": text, "value": text * 10}] * many,
        "revisions": [{"revision": "ABCDEFGHIJKL", "date": LONG, "by": text, "what": text * 12}] * many,
        "brand": {"name": text, "footer": text},
    }


@pytest.mark.parametrize("page", ["a4", "letter"])
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_whatever_is_written_stays_within_the_margins_and_apart(page: str, units: str) -> None:
    callouts = tuple(
        CalloutAt(
            text=HOSTILE,
            spot=np.array([0.01 * n, 0.5, 0.1]),
            views=("front", "back", "left"),
            layer="tee" if n % 2 else None,
        )
        for n in range(60)
    )
    pieces = {"tee": {view: seen(view) for view in ("front", "back")}}
    long = {"name": HOSTILE[:200], "notes": HOSTILE * 20, "callouts": callouts, "pieces": pieces}
    made = content(hostile(3), page=page, units=units, **long)
    sheet, manifest = tech_pack.laid_out(made)
    for number, sides in enumerate(sheet.pages):
        for _, mark in sides.marks:
            if isinstance(mark, Text):
                wide = sheet.type.width(mark.text, mark.size, bold=mark.bold)
                assert mark.x >= MARGIN - 0.5, (number, mark)
                assert mark.x + wide <= sheet.wide - MARGIN + 2, (number, mark)
                assert MARGIN <= mark.y <= sheet.high - MARGIN + 1, (number, mark)
            if isinstance(mark, Box):
                assert mark.y + mark.high <= sheet.high - MARGIN + 0.5, (number, mark)
    assert overlaps(sheet) == []
    assert len(manifest) == len(sheet.pages)
    written = tech_pack.write(made)
    shown = text_of(written.data)
    assert "<b>bold</b> &" in shown
    assert read(written.data).pages


def test_layers_are_drawn_by_themselves_with_what_is_called_out_on_them() -> None:
    pieces = {name: {view: seen(view) for view in ("front", "back")} for name in ("tee", "skirt")}
    spot = np.array([0.0, 0.9, 0.1])
    callouts = (
        CalloutAt(text="Rib collar", spot=spot, views=("front",), layer="tee"),
        CalloutAt(text="Blind hem", spot=spot, views=("left",), layer="skirt"),
        CalloutAt(text="As it is worn", spot=spot, views=("front",)),
    )
    rows = [{"code": f"{name}-{n}", "name": f"{name} {n}", "cm": 5, "layer": name} for name in pieces for n in (1, 2)]
    base = content({"points": rows}, pieces=pieces, callouts=callouts)
    line = np.array([[-0.3, 0.5, 0.1], [0.3, 0.5, 0.1]])
    made = replace(base, points=tuple(replace(one, line=line) for one in base.points))
    _, manifest = tech_pack.laid_out(made)
    drawn = {key: page for page in manifest for key in page["sources"] if key.startswith("piece.")}
    assert set(drawn) == {f"piece.{name}.{view}" for name in pieces for view in ("front", "back")}
    first = {key: page["page"] for page in reversed(manifest) for key in page["sources"]}
    assert first["piece.tee.front"] == first["callout.1"] != first["piece.skirt.front"] == first["callout.2"]
    for page in manifest:
        if page["section"] == "measures":
            names = {key.split(".")[1].split("-")[0] for key in page["sources"] if key.startswith("point.")}
            assert len(names) == 1, page  # each layer has a diagram and a table of its own
            assert not any(key.startswith("flat.") for key in page["sources"])
    text = text_of(tech_pack.write(made).data)
    assert all(callout.text in text for callout in callouts)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler is not installed")
def test_poppler_paints_every_page_without_a_complaint(tmp_path: Path) -> None:
    pieces = {"tee": {view: seen(view) for view in ("front", "back")}}
    logo = np.full((20, 60, 3), 80, np.uint8)
    made = tech_pack.write(content({"brand": {"name": "Maison"}}, language="ko", pieces=pieces, logo=logo))
    command = ["pdftoppm", "-r", "24", "-gray", "-", str(tmp_path / "page")]
    ran = subprocess.run(command, input=made.data, capture_output=True, check=True)
    assert not ran.stderr
    pages = sorted(tmp_path.iterdir())
    assert len(pages) == len(made.manifest)
    for page in pages:
        with Pillow.open(page) as opened:
            assert np.ptp(np.asarray(opened)) > 100, page.name


def test_a_row_longer_than_a_page_goes_on_on_the_next() -> None:
    words = " ".join(f"word{n}" for n in range(600))
    made = tech_pack.write(content({"fit_notes": [{"finding": words[:4000], "action": words[:4000]}] * 2}))
    shown = text_of(made.data)
    for n in (0, 250, 450):
        assert f"word{n}" in shown
    assert len([entry for entry in made.manifest if entry["section"] == "fit"]) >= 2


def test_a_changed_source_marks_its_pages_and_no_others() -> None:
    before = content()
    sources = {**before.sources, "material.0": "deadbeef"}
    now = replace(before, sources=sources)
    first, second = tech_pack.write(before).manifest, tech_pack.write(now).manifest
    differ = {a["section"] for a, b in zip(first, second, strict=True) if a["digest"] != b["digest"]}
    assert differ == {"materials"}
    since = {"revision": "A", "sources": dict(before.sources)}
    marked = tech_pack.write(content({"since": since}, sources=sources))
    assert {entry["section"] for entry in marked.manifest if entry["changed"]} == {"materials"}
    assert text_of(marked.data).count("CHANGED SINCE A") == 1
    assert not any(entry["changed"] for entry in tech_pack.write(content({"since": since})).manifest)


def test_a_brand_chooses_pages_order_colours_and_font() -> None:
    brand = {"pages": ["measures", "cover"], "font": "myeongjo", "colour": "#0a7a3c", "name": "Maison"}
    made = tech_pack.write(content({"brand": brand}, logo=np.zeros((20, 60, 3), np.uint8)))
    found = read(made.data)
    assert [entry.title for entry in found.outline] == ["Points of measure", "Cover"]
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in found.pages for font in page["/Resources"]["/Font"].values()
    }
    assert any("NanumMyeongjo" in name for name in fonts)
    assert "Maison" in text_of(made.data)


def test_a_pack_without_anything_has_a_cover() -> None:
    bare = PackContent(name="bare", pack=TechPack())
    assert len(read(tech_pack.write(bare).data).pages) == 1


def test_many_dimension_lines_get_a_diagram_a_layer() -> None:
    rows = [{"code": f"{n}", "name": "x", "cm": 5, "layer": ("tee", "skirt")[n % 2]} for n in range(50)]
    base = content({"points": rows})
    line = np.array([[-0.3, 0.5, 0.1], [0.3, 0.5, 0.1]])
    taken = tuple(replace(one, line=line) for one in base.points)
    _, manifest = tech_pack.laid_out(replace(base, points=taken))
    drawn = [page for page in manifest if page["section"] == "measures" and "flat.front" in page["sources"]]
    assert len(drawn) == 4
    shown = [key for page in drawn for key in page["sources"] if key.startswith("point.")]
    assert len(shown) == len(set(shown)) == 50


def test_sizes_over_ten_go_on_in_a_second_table() -> None:
    sizes = [f"S{n}" for n in range(24)]
    made = tech_pack.write(content({"sizes": sizes}))
    shown = text_of(made.data)
    assert all(size in shown for size in sizes)


def test_right_to_left_words_are_seen_in_their_order() -> None:
    assert visual("ab שלום 12 cd") == "ab 12 םולש cd"
    assert visual("plain (text)") == "plain (text)"
    assert visual("שלום (אב)") == "(בא) םולש"
    joined = visual("سلام")
    assert joined != "سلام"[::-1]
    assert len(joined) == 4


def test_what_cannot_be_printed_is_cleaned_or_boxed() -> None:
    kind = Type("gothic")
    assert clean("a\x00b\u202ec\u200bd\te\r\nf") == "abcd    e\nf"
    assert kind.missing("ab가🧵") == ("🧵",)
    assert "".join(run for _, run in kind.runs("a🧵")) == "a□"
    for line in kind.lines(f"{LONG} {LONG}", 8, 100):
        assert kind.width(line, 8) <= 100.5

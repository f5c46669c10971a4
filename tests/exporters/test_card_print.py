"""The print file: true boxes, plates as named inks that overprint, crisp pictures, the same bytes each time."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from assets.card_scene import CardScene, Lamps, Plane, Sheet
from assets.design import TransparentBackground
from assets.foil import Foil
from exporters import card_print
from exporters.card_sheet import PrintSheet, flat, plates, sheet
from exporters.errors import ExportError

MM = 72 / 25.4
DPI = 300
WIDTH, HEIGHT = round(26 * DPI / 25.4), round(36 * DPI / 25.4)


def art(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def ramp() -> np.ndarray:
    return np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))


def sample(**changes: Any) -> PrintSheet:
    facts: dict[str, Any] = {
        "title": "Aurora 빛나는 龍",
        "trim_mm": (20, 30),
        "bleed_mm": 3,
        "dpi": DPI,
        "front": art(),
        "back": art(2),
        "plates": {"FOIL cosmos": ramp(), "VARNISH": ramp()[:, ::-1].copy()},
    }
    return PrintSheet(**{**facts, **changes})


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data), strict=True)


def pictures(page: Mapping[str, Any]) -> list[StreamObject]:
    """A page's pictures in the order in which they are painted."""
    objects = page["/Resources"]["/XObject"]
    order = page.get_contents().get_data().split()  # type: ignore[attr-defined]
    return [objects[order[at - 1].decode()] for at, word in enumerate(order) if word == b"Do"]


def samples(picture: StreamObject) -> np.ndarray:
    width, height, bits = picture["/Width"], picture["/Height"], picture["/BitsPerComponent"]
    rows = np.frombuffer(picture.get_data(), np.uint8).reshape(height, -1)
    return np.unpackbits(rows, axis=1)[:, :width] if bits == 1 else rows.reshape(height, width, -1).squeeze()


@pytest.fixture(scope="module")
def document() -> PdfReader:
    return read(card_print.write(sample()))


def test_pages_are_the_sides_the_plates_together_and_each_plate(document: PdfReader) -> None:
    names = ["Front", "Back", "Front with plates", "FOIL cosmos", "VARNISH"]
    assert document.page_labels == names
    assert [entry["/Title"] for entry in document.outline] == names  # type: ignore[index,call-overload]
    assert document.metadata is not None
    assert document.metadata.title == "Aurora 빛나는 龍"


def test_boxes_are_the_trim_and_the_bleed_in_the_middle_of_the_page(document: PdfReader) -> None:
    for page in document.pages:
        media, bleed, trim = page.mediabox, page.bleedbox, page.trimbox
        assert float(trim.width) == pytest.approx(20 * MM, abs=0.01)
        assert float(trim.height) == pytest.approx(30 * MM, abs=0.01)
        assert float(bleed.width) == pytest.approx(26 * MM, abs=0.01)
        assert float(bleed.left) == pytest.approx(float(trim.left) - 3 * MM, abs=0.01)
        assert float(bleed.bottom) == pytest.approx(float(trim.bottom) - 3 * MM, abs=0.01)
        assert float(trim.left + trim.right) == pytest.approx(float(media.right), abs=0.01)
        assert float(trim.bottom + trim.top) == pytest.approx(float(media.top), abs=0.01)


def test_sides_are_lossless_in_srgb_with_a_profile(document: PdfReader) -> None:
    for page, drawn in zip(document.pages[:2], (art(), art(2)), strict=True):
        (picture,) = pictures(page)
        space = picture["/ColorSpace"]
        assert space[0] == "/ICCBased"
        assert space[1].get_object()["/N"] == 3
        assert space[1].get_object().get_data()[16:20] == b"RGB "
        np.testing.assert_array_equal(samples(picture), drawn)


def test_plates_are_named_inks_over_the_front(document: PdfReader) -> None:
    page = document.pages[2]
    front, *inks = pictures(page)
    assert front.indirect_reference == pictures(document.pages[0])[0].indirect_reference  # in the file once
    spaces = [ink["/ColorSpace"] for ink in inks]
    assert [(space[0], space[1], space[2]) for space in spaces] == [
        ("/Separation", "/FOIL cosmos", "/DeviceCMYK"),
        ("/Separation", "/VARNISH", "/DeviceCMYK"),
    ]
    np.testing.assert_array_equal(samples(inks[0]), ramp())
    np.testing.assert_array_equal(samples(inks[1]), ramp()[:, ::-1])
    assert all(list(ink["/Mask"]) == [0, 0] for ink in inks)  # where there is no foil the art is seen


def test_plates_overprint_and_nothing_is_transparent(document: PdfReader) -> None:
    page = document.pages[2]
    states = page["/Resources"]["/ExtGState"]
    code = page.get_contents().get_data().split(b"Do")
    for before in code[1:3]:
        used = {
            key: value for name, state in states.items() if name.encode() in before for key, value in state.items()
        }
        assert used["/op"].value is True
        assert used["/OP"].value is True
        assert used["/OPM"] == 1
    kinds = {key for state in states.values() for key in state}
    assert kinds <= {"/op", "/OP", "/OPM"}
    assert not any("/ExtGState" in other["/Resources"] for other in document.pages[:2])


def test_each_plate_is_a_layer_that_is_shown(document: PdfReader) -> None:
    layers = document.root_object["/OCProperties"]
    assert [layer.get_object()["/Name"] for layer in layers["/OCGs"]] == ["FOIL cosmos", "VARNISH"]
    assert list(layers["/D"]["/ON"]) == list(layers["/OCGs"])
    inks = pictures(document.pages[2])[1:]
    assert [ink["/OC"]["/Name"] for ink in inks] == ["FOIL cosmos", "VARNISH"]


def test_each_plate_has_a_page_black_on_white_that_says_its_name(document: PdfReader) -> None:
    for number, name, mask in ((3, "FOIL cosmos", ramp()), (4, "VARNISH", ramp()[:, ::-1])):
        (picture,) = pictures(document.pages[number])
        assert picture["/ColorSpace"] == "/DeviceGray"
        assert list(picture["/Decode"]) == [1, 0]
        np.testing.assert_array_equal(samples(picture), mask)
        assert name in document.pages[number].extract_text()


def test_marks_are_on_every_plate_and_outside_the_bleed(document: PdfReader) -> None:
    for page in document.pages:
        spaces = page["/Resources"]["/ColorSpace"]
        registers = [space for space in spaces.values() if space[1] == "/All"]
        assert len(registers) == 1
        lines = page.get_contents().get_data().decode("latin-1").splitlines()
        box = [float(side) for side in page.bleedbox]
        drawn = [line.split() for line in lines if " l S" in line or line.rstrip().endswith(" l")]
        points = [
            (float(words[at]), float(words[at + 1]))
            for words in drawn
            for at in range(len(words) - 2)
            if words[at + 2] in {"m", "l"}
        ]
        assert len(points) >= 16
        assert all(x <= box[0] or x >= box[2] or y <= box[1] or y >= box[3] for x, y in points)


def test_all_fonts_are_embedded(document: PdfReader) -> None:
    for page in document.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font["/FontDescriptor"]


def test_the_title_is_on_the_sheet_with_what_the_font_has(document: PdfReader) -> None:
    text = document.pages[0].extract_text()
    assert "Aurora 빛나는" in text
    assert "20 x 30 mm + 3 mm bleed, 300 dpi, sRGB" in text


def test_the_same_sheet_gives_the_same_bytes_on_any_thread() -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(card_print.write(sample()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    card_print.write(sample(title="Another 카드", plates={}))
    made.append(card_print.write(sample()))
    assert len(made) == 4
    assert len(set(made)) == 1


def test_hot_foil_is_solid_or_nothing() -> None:
    document = read(card_print.write(sample(plate_bits=1)))
    for picture in (pictures(document.pages[2])[1], pictures(document.pages[3])[0]):
        assert picture["/BitsPerComponent"] == 1
        np.testing.assert_array_equal(samples(picture), ramp() >= 128)


def test_without_back_and_plates_there_is_the_front_alone() -> None:
    document = read(card_print.write(sample(back=None, plates={})))
    assert document.page_labels == ["Front"]
    assert "/OCProperties" not in document.root_object


def test_what_is_transparent_prints_as_paper() -> None:
    clear = np.dstack([art(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    clear[:40, :, 3] = 0
    (picture,) = pictures(read(card_print.write(sample(front=clear))).pages[0])
    seen = samples(picture)
    assert (seen[:40] == 255).all()
    np.testing.assert_array_equal(seen[40:], art()[40:])


def test_a_pixel_more_or_less_is_no_error_and_covers_the_bleed() -> None:
    odd = sample(front=art()[:, :-1], plates={})
    page = read(card_print.write(odd)).pages[0]
    words = page.get_contents().get_data().split()
    at = words.index(b"Do") - 2
    assert words[at] == b"cm"
    width, _, _, height, left, bottom = (float(word) for word in words[at - 6 : at])
    assert (width, height) == (pytest.approx(26 * MM, abs=0.01), pytest.approx(36 * MM, abs=0.01))
    assert (left, bottom) == pytest.approx((12 * MM, 12 * MM), abs=0.01)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dpi": 299}, "export.print_density"),
        ({"dpi": 1201}, "export.print_density"),
        ({"bleed_mm": -1}, "export.print_bleed"),
        ({"bleed_mm": 10.5}, "export.print_bleed"),
        ({"trim_mm": (300, 400), "dpi": 1200}, "export.over_budget"),
        ({"front": art()[:-5]}, "export.print_size"),
        ({"back": ramp()}, "export.print_size"),
        ({"front": art().astype(np.float32)}, "export.print_size"),
        ({"plates": {"FOIL a": ramp()[:, :-9]}}, "export.print_size"),
        ({"plates": {"Black": ramp()}}, "export.plate_name"),
        ({"plates": {"All": ramp()}}, "export.plate_name"),
        ({"plates": {"foil (1)": ramp()}}, "export.plate_name"),
        ({"plates": {"": ramp()}}, "export.plate_name"),
        ({"plates": {f"FOIL {n}": ramp() for n in range(9)}}, "export.plate_count"),
    ],
)
def test_sheets_that_cannot_be_printed_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ExportError) as caught:
        sample(**changes)
    assert caught.value.code == code
    assert caught.value.ours == (code == "export.print_size")


def test_a_missing_font_is_the_farms_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> None:
        raise card_print.MissingFontError(name)

    monkeypatch.setattr(card_print, "font_file", gone)
    card_print._font.cache_clear()
    with pytest.raises(ExportError) as caught:
        card_print.write(sample())
    assert (caught.value.code, caught.value.ours) == ("export.font_missing", True)


def foil(foil_id: str, *, varnish: bool = False) -> Foil:
    return Foil(id=foil_id, name_en="a", name_ko="b", summary="c", varnish=varnish)


def scene(sheets: tuple[Sheet, ...]) -> CardScene:
    base = np.dstack([art(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    over = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    over[100:200] = (255, 0, 0, 255)
    over[200:300] = (0, 0, 0, 51)  # a fifth of black
    return CardScene(
        width_mm=26,
        height_mm=36,
        radius_mm=0,
        thickness_mm=0.3,
        core="#e6e2d8",
        core_line=None,
        front=(Plane(name="art", picture=base, depth_mm=3), Plane(name="frame", picture=over)),
        back=base,
        frames=(),
        sheets=sheets,
        varnish=0.1,
        lamps=Lamps(),
        background=TransparentBackground(kind="transparent"),
        digest="x",
    )


def test_a_scene_is_laid_flat() -> None:
    seen = flat(scene(()).front)
    np.testing.assert_array_equal(seen[:100], art()[:100])
    assert (seen[100:200] == (255, 0, 0)).all()
    assert np.abs(seen[200:300].astype(float) - art()[200:300] * 0.8).max() <= 0.6


def test_foils_of_one_kind_share_a_plate_and_varnish_has_its_own() -> None:
    left, right, none = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    left[:, :50], right[:, 50:90] = 255, 99
    made = scene(
        (
            Sheet(foil=foil("cosmos"), mask=left, intensity=1),
            Sheet(foil=foil("gloss", varnish=True), mask=right, intensity=0.5),
            Sheet(foil=foil("cosmos"), mask=right, intensity=1),
            Sheet(foil=foil("galaxy"), mask=none, intensity=1),
            Sheet(foil=foil("pearl"), mask=left, intensity=0),
        )
    )
    found = plates(made)
    assert list(found) == ["FOIL cosmos", "VARNISH"]
    np.testing.assert_array_equal(found["FOIL cosmos"], np.maximum(left, right))
    np.testing.assert_array_equal(found["VARNISH"], right)


def test_a_scene_with_bleed_becomes_a_sheet_of_its_trim() -> None:
    made = sheet(scene((Sheet(foil=foil("cosmos"), mask=ramp(), intensity=1),)), bleed_mm=3, dpi=DPI, title="x")
    assert made.trim_mm == (20, 30)
    assert made.pixels == (WIDTH, HEIGHT)
    document = read(card_print.write(made))
    assert document.page_labels == ["Front", "Back", "Front with plates", "FOIL cosmos"]


def test_text_is_as_crisp_as_the_density_asked_for(document: PdfReader) -> None:
    for page in document.pages:
        for picture in pictures(page):
            assert isinstance(picture, DictionaryObject)
            assert picture["/Width"] / (26 / 25.4) == pytest.approx(DPI, rel=0.01)

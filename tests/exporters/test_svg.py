"""A flat as files: groups, widths and millimetres in the SVG, the same lines in the pixels."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from assets.flat import STROKES_MM, Flat, Line, LineKind
from exporters import flat_pixels
from exporters.errors import ExportError
from exporters.svg import write_svg

SVG = "{http://www.w3.org/2000/svg}"


def line(kind: LineKind, *points: tuple[float, float], closed: bool = False, layer: str = "tee") -> Line:
    return Line(kind=kind, points=np.array(points, float), closed=closed, layer=layer)


SQUARE = line(LineKind.SILHOUETTE, (20, 20), (80, 20), (80, 80), (20, 80), closed=True)
DRAWING = Flat(
    view="front",
    width_mm=100,
    height_mm=120.5,
    scale=0.2,
    lines=(
        SQUARE,
        line(LineKind.SEAM, (50, 20), (50.004, 79.996)),
        line(LineKind.STITCH, (1, 2), (-0.001, 2)),
        line(LineKind.STITCH, (3, 2), (4, 2)),
    ),
)


def test_the_page_is_in_millimetres_and_states_its_scale() -> None:
    root = ET.fromstring(write_svg(DRAWING, title="Tee & <Co>"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("100mm", "120.5mm", "0 0 100 120.5")
    assert root.get("data-scale") == "1:5"
    assert root.findtext(f"{SVG}title") == "Tee & <Co>"
    assert "scale 1:5" in root.findtext(f"{SVG}desc", "")


def test_lines_are_grouped_by_kind_the_heaviest_on_top() -> None:
    root = ET.fromstring(write_svg(DRAWING))
    groups = root.findall(f"{SVG}g/{SVG}g")
    assert [g.get("id") for g in groups] == ["stitch", "seam", "silhouette"]
    assert [float(g.get("stroke-width", 0)) for g in groups] == [STROKES_MM[LineKind(g.get("id"))] for g in groups]
    assert {g.get("data-layer") for g in root.iter(f"{SVG}g")} >= {"tee"}
    paths = {g.get("id"): [p.get("d") for p in g.iter(f"{SVG}path")] for g in groups}
    assert paths["silhouette"] == ["M20 20L80 20L80 80L20 80Z"]
    assert paths["seam"] == ["M50 20L50 80"]
    assert paths["stitch"] == ["M1 2L0 2 M3 2L4 2"]


def test_names_that_xml_cannot_hold_are_cleaned() -> None:
    odd = Flat(
        view="front",
        width_mm=50,
        height_mm=50,
        scale=2,
        lines=(line(LineKind.FOLD, (1, 1), (2, 2), layer='a"\x00<'),),
    )
    root = ET.fromstring(write_svg(odd, title="x\x07\ud800y"))
    assert root.findtext(f"{SVG}title") == "xy"
    assert root.find(f"{SVG}g/{SVG}g/{SVG}g").get("data-layer") == 'a"<'
    assert root.get("data-scale") == "2:1"


def test_strokes_are_the_heaviest_for_outlines() -> None:
    assert [STROKES_MM[kind] for kind in LineKind] == sorted(STROKES_MM.values(), reverse=True)
    assert STROKES_MM[LineKind.SILHOUETTE] >= 1.5 * STROKES_MM[LineKind.BORDER]


@pytest.mark.parametrize("dpi", [72, 254, 300])
def test_pixels_show_the_same_lines_as_wide_as_they_are(dpi: float) -> None:
    frame = flat_pixels.pixels(DRAWING, dpi=dpi)
    per_mm = dpi / 25.4
    assert frame.shape == (round(120.5 * per_mm), round(100 * per_mm), 4)
    ink = 1 - frame[..., 0] / 255
    across = ink[round(50 * per_mm), : round(40 * per_mm)]  # a row that crosses the left side only
    assert across.sum() / per_mm == pytest.approx(0.7, abs=0.25 / per_mm)
    centre = (across * (np.arange(len(across)) + 0.5)).sum() / across.sum() / per_mm
    assert centre == pytest.approx(20, abs=0.1 / per_mm)
    assert (frame[..., 3] == 255).all()


def test_pixels_without_a_ground_have_their_ink_in_the_alpha() -> None:
    frame = flat_pixels.pixels(DRAWING, dpi=100, transparent=True)
    solid = flat_pixels.pixels(DRAWING, dpi=100)
    assert not frame[..., :3].any()
    assert (frame[..., 3] == 255 - solid[..., 0]).all()


def test_a_page_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(ExportError, match="fewer dpi") as caught:
        flat_pixels.pixels(DRAWING, dpi=2400)
    assert caught.value.code == "export.image_too_large"

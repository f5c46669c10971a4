"""Technical drawings through a real farm: SVG and PNG for front and back, and nothing drawn twice."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.e2e.client import DESIGN, Farm

pytestmark = pytest.mark.e2e


def test_a_flat_is_an_svg_and_a_png_a_side(farm: Farm) -> None:
    first = farm.run("flat", {"design": DESIGN, "dpi": 100})
    assert first["state"] == "succeeded", first["error"]
    names = [artifact["name"] for artifact in first["artifacts"]]
    assert names == [f"design-flat-{side}.{kind}" for side in ("front", "back") for kind in ("svg", "png")]
    drawing = first["artifacts"][0]
    assert (drawing["media_type"], drawing["meta"]["scale"]) == ("image/svg+xml", "1:4")
    root = ET.fromstring(farm.fetch(drawing))
    assert (root.get("width"), root.get("data-scale")) == ("210mm", "1:4")
    again = farm.run("flat", {"design": {**DESIGN, "name": "other"}, "dpi": 100})
    assert {artifact["source"] for artifact in again["artifacts"]} == {"cached"}

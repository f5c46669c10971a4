"""A tech pack through a real farm: one PDF, and only what changed is drawn again."""

from __future__ import annotations

import io
import json

import pytest
from pypdf import PdfReader

from tests.e2e.client import DESIGN, Farm

pytestmark = pytest.mark.e2e


def test_a_tech_pack_is_one_pdf_and_its_flats_are_drawn_once(farm: Farm) -> None:
    spec = {"design": DESIGN, "picture_px": 256, "quality": "draft", "tech_pack": {"sizes": ["S", "M", "L"]}}
    first = farm.run("techpack", spec)
    assert first["state"] == "succeeded", first["error"]
    (artifact,) = first["artifacts"]
    assert (artifact["name"], artifact["media_type"]) == ("design-techpack.pdf", "application/pdf")
    found = PdfReader(io.BytesIO(farm.fetch(artifact)), strict=True)
    assert len(found.pages) == artifact["meta"]["pages"]
    again = json.loads(json.dumps(spec))
    again["tech_pack"]["notes"] = "Second issue"
    second = farm.run("techpack", again)
    sources = {step["key"]: step["source"] for step in second["steps"]}
    assert second["state"] == "succeeded", second["error"]
    assert second["artifacts"][0]["digest"] != artifact["digest"]
    assert {key for key, source in sources.items() if source != "cached"} == {"compose"}
    assert len(sources) == 13

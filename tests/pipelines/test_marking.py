"""Watermarks: in the hash of what they cover, and of nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.kinds import KINDS
from pipelines.marking import marked
from tests.pipelines.test_closing import DESIGN, Blobs, close, hashes


def spec(kind: str, **more: Any) -> Any:
    return KINDS[kind].spec.model_validate_json(json.dumps({"design": DESIGN, **more}))


@pytest.mark.parametrize("kind", ["still", "turntable"])
def test_a_watermark_makes_other_pictures(kind: str) -> None:
    plain, draft, other = (close(kind, **({"watermark": text} if text else {})) for text in (None, "Draft", "Sample"))
    assert len(set(hashes(plain)) | set(hashes(draft)) | set(hashes(other))) == 3 * len(plain.plan.steps)


@pytest.mark.parametrize("kind", ["still", "turntable"])
def test_the_farm_s_text_replaces_the_asked_one(kind: str) -> None:
    found = KINDS[kind].close(marked(spec(kind, watermark="mine"), "Farm preview"), Blobs(), None)
    assert hashes(found) == hashes(close(kind, watermark="Farm preview"))
    assert found.spec["watermark"] == "Farm preview"


def test_the_pictures_of_a_bundle_are_marked() -> None:
    found = marked(spec("bundle", turntable=None), "Farm preview")
    assert found.still.watermark == "Farm preview"  # type: ignore[attr-defined]
    assert found.turntable is None  # type: ignore[attr-defined]
    assert found.model == spec("bundle").model  # type: ignore[attr-defined]


def test_what_bears_none_stays_what_it_is() -> None:
    model = spec("model")
    assert marked(model, "Farm preview") is model


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "x" * 61])
def test_a_text_is_one_short_line(text: str) -> None:
    with pytest.raises(ValueError, match="watermark"):
        spec("still", watermark=text)

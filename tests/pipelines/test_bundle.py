"""A bundle is the sum of the jobs that it stands for: same steps, same hashes, one plan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from farm.errors import Refused
from pipelines.bundle import PARTS
from pipelines.kinds import KINDS
from tests.pipelines.test_closing import DESIGN, GLB, Blobs, close, hashes


def without(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_the_hashes_of_a_job_of_its_kind(part: str) -> None:
    """So that what was made for one is found in the cache for the other, and the bytes are the same."""
    options = {"views": ["three-quarter", "front", "back"]} if part == "still" else {}
    bundle = close("bundle", "tee", **without(*(set(PARTS) - {part})))
    assert sorted(hashes(bundle)) == sorted(hashes(close(part, "tee", **options)))


def test_everything_of_a_design_is_one_plan() -> None:
    closed = close("bundle")
    keys = [step.key for step in closed.plan.steps]
    assert {key.partition(".")[0] for key in keys} == set(PARTS)
    assert len(keys) == sum(
        len(close(part, **({"views": ["front", "back", "left"]} if part == "still" else {})).plan.steps)
        for part in PARTS
    )
    assert keys[0].startswith("still.")
    assert closed.blobs == close("still").blobs


def test_a_closed_bundle_closes_to_itself() -> None:
    closed = close("bundle", model={"formats": ["glb", "fbx"]}, **without("flat"))
    kind = KINDS["bundle"]
    again = kind.close(kind.spec.model_validate_json(json.dumps(closed.spec)), Blobs(), closed.stem)
    assert hashes(again) == hashes(closed)
    assert again.spec == closed.spec
    assert closed.spec["flat"] is None


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        (
            {"still": {"format": "jpeg"}, "design": {**DESIGN, "canvas": {"background": {"kind": "transparent"}}}},
            "export.jpeg_has_no_alpha",
            "still.format",
        ),
        ({"flat": {"layers": ["cape"]}}, "flat.unknown_layer", "flat.layers[0]"),
        ({"design": {"avatar": {"model": {"item": "denim"}}}}, "catalogue.wrong_kind", "design.avatar.model"),
    ],
)
def test_a_refusal_names_the_part(spec: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(Refused) as found:
        close("bundle", **spec)
    assert (found.value.code, found.value.data["path"]) == (code, path)


def test_a_bundle_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="one part at least"):
        close("bundle", **without(*PARTS))


def test_a_design_by_reference_is_taken() -> None:
    closed = close("bundle", design={"blob": GLB}, **without("flat", "techpack"))
    assert closed.plan.steps

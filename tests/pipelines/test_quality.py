"""The quality that a deadline or the farm's load chooses, at intake and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from assets.scene import Quality
from farm.errors import Refused
from farm.jobs import BlobInfo, Closed, Load
from farm.lanes import LANES
from pipelines import cost
from pipelines.cost import CPU, GPU, Work
from pipelines.kinds import KINDS

GLB = "a" * 64
BUSY = LANES["render"].busy_depth
TEE: Mapping[str, Any] = {"layers": [{"id": "tee", "model": {"item": "tshirt"}}]}


class Farm:
    """A farm of a given load, and one model of a given inspection."""

    def __init__(self, load: Load | None = None, **inspection: int) -> None:
        self._load, self._inspection = load or Load(), inspection

    def blob(self, digest: str) -> BlobInfo:
        if digest != GLB:
            raise Refused("blob.unknown", "there is no such blob")
        return BlobInfo(digest=digest, size=10**6, media_type="model/gltf-binary", inspection=self._inspection)

    def load(self, lane: str) -> Load:
        assert lane == "render"
        return self._load


def close(kind: str, farm: Farm, **spec: Any) -> Closed:
    model = KINDS[kind].spec.model_validate_json(json.dumps({"design": TEE, **spec}))
    return KINDS[kind].close(model, farm, None)


def drawn(closed: Closed) -> set[str]:
    """The qualities in the steps that draw."""
    return {step.params["quality"] for step in closed.plan.steps if "quality" in step.params}


def estimate(kind: str, farm: Farm, **spec: Any) -> float:
    """Seconds that the work is expected to take as it is asked for."""
    return float(close(kind, farm, **{**spec, "deadline_s": 604_800}).spec["chosen"]["estimate_s"])


def test_without_a_deadline_nobody_is_asked_and_nothing_is_recorded() -> None:
    closed = close("still", Farm(Load(waiting=10_000)))
    assert drawn(closed) == {"final"}
    assert "chosen" not in closed.spec
    assert closed.spec["quality"] == "final"


def test_a_far_deadline_gives_what_was_asked_for() -> None:
    closed = close("still", Farm(), preset="high-res", deadline_s=3600)
    assert drawn(closed) == {"final"}
    assert closed.spec["chosen"]["reason"] == "fits"
    assert 1 < closed.spec["chosen"]["estimate_s"] < 60


def test_the_nearer_the_deadline_the_less_quality() -> None:
    spec = {"views": ["front", "back", "left", "right"], "width": 2048, "height": 2048}
    ladder = ("final", "preview", "draft")
    takes = [estimate("still", Farm(), quality=quality, **spec) for quality in ladder]
    assert takes[0] > takes[1] > takes[2]
    for quality, seconds in zip(ladder, takes, strict=True):
        assert drawn(close("still", Farm(), deadline_s=seconds, **spec)) == {quality}
    assert drawn(close("still", Farm(), deadline_s=takes[0] - 0.1, **spec)) == {"preview"}


def test_a_deadline_that_cannot_be_met_gets_a_draft_and_says_so() -> None:
    chosen = close("turntable", Farm(), resolution="4k", duration=10, deadline_s=2).spec["chosen"]
    assert (chosen["quality"], chosen["asked"], chosen["reason"]) == ("draft", "standard", "late")
    assert chosen["estimate_s"] > chosen["deadline_s"] == 2
    assert "2 s" in chosen["detail"]


def test_a_deadline_never_gives_more_than_was_asked_for() -> None:
    assert drawn(close("still", Farm(), preset="thumbnail", deadline_s=86_400)) == {"preview"}
    assert drawn(close("still", Farm(), quality="draft", deadline_s=86_400)) == {"draft"}


@pytest.mark.parametrize("kind", ["still", "turntable"])
def test_what_was_chosen_can_be_sent_again_and_makes_the_same_steps(kind: str) -> None:
    first = close(kind, Farm(Load(waiting=500, workers=1)), deadline_s=60, allow_lower_quality=True)
    spec = {key: value for key, value in first.spec.items() if key not in {"chosen", "design"}}
    again = close(kind, Farm(), **spec)
    assert again.plan.hashes() == first.plan.hashes()
    assert "chosen" not in again.spec


def test_a_turntable_says_its_own_names_of_qualities() -> None:
    enough = estimate("turntable", Farm(), quality="standard", resolution="1080p")
    closed = close("turntable", Farm(), quality="high", resolution="1080p", deadline_s=enough)
    assert closed.spec["quality"] == closed.spec["chosen"]["quality"] == "standard"
    assert closed.spec["chosen"]["asked"] == "high"
    assert closed.spec["chosen"]["detail"].startswith("high would take about")
    assert drawn(closed) == {"preview"}


def test_what_waits_before_counts_against_the_deadline_and_workers_for_it() -> None:
    spec: Mapping[str, Any] = {"width": 2048, "height": 2048}
    alone = estimate("still", Farm(Load(workers=1)), **spec)
    behind = estimate("still", Farm(Load(waiting=40, workers=1)), **spec)
    shared = estimate("still", Farm(Load(waiting=40, workers=40)), **spec)
    assert behind > 10 * alone
    assert alone < shared < 2 * alone
    crowd = close("still", Farm(Load(waiting=40, workers=1)), deadline_s=alone, **spec)
    assert crowd.spec["chosen"]["reason"] == "late"


def test_heavier_models_take_longer() -> None:
    spec = {"design": {"blob": GLB}}
    light = estimate("still", Farm(triangles=10_000), **spec)
    heavy = estimate("still", Farm(triangles=400_000), **spec)
    textured = estimate("still", Farm(triangles=400_000, image_pixels=4096 * 4096 * 4), **spec)
    assert light < heavy < textured
    assert drawn(close("still", Farm(triangles=10_000), deadline_s=light, **spec)) == {"final"}
    assert drawn(close("still", Farm(triangles=400_000), deadline_s=light, **spec)) == {"draft"}
    # Nobody looked into it: its size says how heavy it may be.
    assert estimate("still", Farm(triangles=0), **spec) < estimate("still", Farm(), **spec)


def test_a_farm_of_gpus_is_expected_to_be_faster_but_not_one_with_a_cpu_in_it() -> None:
    spec: Mapping[str, Any] = {"width": 2048, "height": 2048, "views": ["front", "back", "left", "right"]}
    cpu, gpu = "llvmpipe (LLVM 15.0.6, 256 bits)", "NVIDIA RTX A4000/PCIe/SSE2"
    fast = estimate("still", Farm(Load(workers=1, devices=(gpu,))), **spec)
    mixed = estimate("still", Farm(Load(workers=1, devices=(cpu, gpu))), **spec)
    assert fast < mixed == estimate("still", Farm(), **spec)


@pytest.mark.parametrize(
    ("waiting", "quality"), [(0, "final"), (BUSY - 1, "final"), (BUSY, "preview"), (4 * BUSY, "draft")]
)
def test_a_busy_lane_lowers_what_the_client_allows(waiting: int, quality: str) -> None:
    closed = close("still", Farm(Load(waiting=2 * waiting, workers=2)), allow_lower_quality=True)
    assert drawn(closed) == {quality}
    assert closed.spec["chosen"]["reason"] == ("fits" if quality == "final" else "load")


def test_a_busy_lane_leaves_the_others_alone() -> None:
    assert drawn(close("still", Farm(Load(waiting=10_000, workers=1)))) == {"final"}


@pytest.mark.parametrize("deadline", [0, -1, 604_801, "60", float("1e309")])
def test_a_deadline_is_seconds_within_a_week(deadline: Any) -> None:
    with pytest.raises(ValidationError):
        close("still", Farm(), deadline_s=deadline)


def test_estimates_grow_with_everything_that_costs() -> None:
    small = Work(width=512, height=512)
    for more in (
        Work(width=1024, height=512),
        Work(width=512, height=512, frames=2),
        Work(width=512, height=512, triangles=1000),
        Work(width=512, height=512, texels=1_000_000),
        Work(width=512, height=512, encodings=2),
    ):
        assert cost.seconds(more, Quality.FINAL) > cost.seconds(small, Quality.FINAL)
    large = Work(width=4096, height=4096, frames=8, parts=8, triangles=100_000)
    ladder = [cost.seconds(large, quality) for quality in (Quality.FINAL, Quality.PREVIEW, Quality.DRAFT)]
    assert ladder == sorted(ladder, reverse=True)
    assert cost.seconds(large, Quality.FINAL, hands=4) < cost.seconds(large, Quality.FINAL, hands=1)
    assert cost.seconds(large, Quality.FINAL, rates=GPU) < cost.seconds(large, Quality.FINAL, rates=CPU) / 2

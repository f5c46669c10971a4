"""The quality of a card's pictures, chosen at intake for all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.scene import Quality
from farm.jobs import Closed, Load
from pipelines.card import KIND
from pipelines.card_quality import work
from pipelines.cost import seconds
from tests.pipelines.cards import CARD, Owner, close

OUTPUTS: list[Any] = [
    "still",
    {"kind": "tilt", "quality": "draft"},
    {"kind": "tilt", "duration": 10},
    "share",
    "print",
]


def chosen(busy: Load, outputs: list[Any] = OUTPUTS, **spec: Any) -> Closed:
    document = json.dumps({"card": CARD, "outputs": outputs, **spec})
    return KIND.close(KIND.spec.model_validate_json(document), Owner(busy), None)


def qualities(closed: Closed) -> list[str]:
    return [output["quality"] for output in closed.spec["outputs"] if "quality" in output]


def test_without_a_wish_nothing_is_chosen() -> None:
    closed = close(outputs=OUTPUTS)
    assert "chosen" not in closed.spec
    assert qualities(closed) == ["final", "draft", "preview", "final"]


def between(better: Quality, worse: Quality) -> float:
    """Seconds that are too few for the one and enough for the other, whatever the estimates are."""
    spec = KIND.spec.model_validate_json(json.dumps({"card": CARD, "outputs": OUTPUTS}))
    return (seconds(work(spec.outputs), better) + seconds(work(spec.outputs), worse)) / 2


@pytest.mark.parametrize(
    ("deadline", "reason", "expected"),
    [
        (604_800, "fits", ["final", "draft", "preview", "final"]),
        (between(Quality.FINAL, Quality.PREVIEW), "deadline", ["preview", "draft", "preview", "preview"]),
        (1, "late", ["draft", "draft", "draft", "draft"]),
    ],
)
def test_a_deadline_lowers_what_is_better_and_raises_nothing(
    deadline: float, reason: str, expected: list[str]
) -> None:
    closed = chosen(Load(workers=1), deadline_s=deadline)
    assert (closed.spec["chosen"]["reason"], qualities(closed)) == (reason, expected)
    drawn = [step.params["quality"] for step in closed.plan.steps if step.name in {"card.still", "card.share"}]
    assert drawn == [expected[0], expected[3]]


def test_what_was_chosen_can_be_sent_again_and_is_the_same_job() -> None:
    closed = chosen(Load(workers=1), deadline_s=1)
    again = {name: value for name, value in closed.spec.items() if name != "chosen"}
    assert (
        KIND.close(KIND.spec.model_validate_json(json.dumps(again)), Owner(), None).plan.hashes()
        == closed.plan.hashes()
    )


def test_a_full_lane_lowers_only_what_allows_it() -> None:
    busy = Load(workers=1, waiting=100_000)
    assert qualities(chosen(busy, allow_lower_quality=True)) == ["draft"] * 4
    assert qualities(close(outputs=OUTPUTS)) == ["final", "draft", "preview", "final"]


def test_what_is_not_drawn_under_the_lamps_has_no_quality_to_choose() -> None:
    assert "chosen" not in close(outputs=["print", "model", "maps"], deadline_s=5).spec

"""Whose fault a failed step is."""

from __future__ import annotations

from typing import cast

import pytest

from assets.errors import CardError, MissingFontError
from farm.errors import FarmFault, JobFault
from farm.plan import StepResult
from farm.steps import StepContext
from pipelines.steps.faults import faults


def run(error: Exception) -> StepResult:
    @faults("render.failed")
    def step(context: StepContext) -> StepResult:
        raise error

    return step(cast("StepContext", None))


def test_a_card_that_cannot_be_printed_is_the_job_s_fault_and_its_place_is_told() -> None:
    with pytest.raises(JobFault) as caught:
        run(CardError("too long", code="card.text_too_long", path="card.fields.title"))
    assert (caught.value.code, caught.value.data) == ("card.text_too_long", {"path": "card.fields.title"})


def test_a_missing_font_is_the_farm_s_fault_and_what_to_install_is_told() -> None:
    with pytest.raises(FarmFault, match="install the package fonts-nanum") as caught:
        run(MissingFontError("this machine has no font; install the package fonts-nanum"))
    assert caught.value.code == "farm.no_worker"


def test_what_nobody_foresaw_leaves_by_its_type_alone() -> None:
    with pytest.raises(FarmFault, match="unexpected KeyError") as caught:
        run(KeyError("/secret/path"))
    assert "secret" not in str(caught.value)

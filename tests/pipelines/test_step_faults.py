"""Whose fault a failed step is."""

from __future__ import annotations

import ast
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from assets.errors import CardError, MissingFontError
from exporters.errors import ExportError
from farm.errors import FarmFault, JobFault, lookup
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


def codes_of_ours() -> Iterator[str]:
    """Every code that an exporter raises with ``ours=True``."""
    for file in (Path(__file__).resolve().parents[2] / "exporters").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and any(word.arg == "ours" for word in node.keywords):
                yield from (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))


def test_what_is_the_farm_s_fault_is_answered_as_the_farm_s_fault() -> None:
    codes = set(codes_of_ours())
    assert {"export.encode_stalled", "export.frame_count", "export.ffmpeg_missing"} <= codes
    assert {code: lookup(code).status for code in codes if lookup(code).status < 500} == {}
    assert lookup("export.disk_full").status == 507
    assert lookup("export.encode_failed").status == 500


def test_an_encoder_s_last_words_are_told_and_the_step_is_tried_again() -> None:
    with pytest.raises(FarmFault, match="moov atom") as caught:
        run(ExportError("export.encode_failed", "ffmpeg failed: moov atom not written", ours=True))
    assert caught.value.code == "export.encode_failed"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_without_the_file_s_name(number: int) -> None:
    with pytest.raises(FarmFault) as caught:
        run(OSError(number, "No space left on device", "/scratch/secret"))
    assert caught.value.code == "farm.disk_full"
    assert "secret" not in str(caught.value)

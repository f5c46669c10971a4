"""A turntable half done survives the loss of any process, and ends once, with the same frames."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.embedded import embedded
from tests.e2e.client import DESIGN, Farm
from tests.e2e.media import decoded_md5
from tests.faults.processes import encoders, kill9, role, scratch_files, until

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SPEC = {"design": DESIGN, "formats": ["mp4"], "duration": 5, "fps": 24, "resolution": "720p", "quality": "draft"}
MARKS = {
    "worker": ("heavy@", "pipelines.worker"),
    "redis": ("redis-server",),
    "api": ("farm-api", "api.serve"),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("undisturbed")
    with embedded(folder / "data") as running, Farm(running) as farm:
        job = farm.run("turntable", SPEC)
        digest = decoded_md5(farm.files(job, folder / "out")["design.mp4"])
    shutil.rmtree(folder)
    return digest


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with embedded(tmp_path / "data") as running, Farm(running) as client:
        yield client


@pytest.mark.parametrize("victim", sorted(MARKS))
def test_a_killed_process_costs_no_frame(farm: Farm, tmp_path: Path, undisturbed: str, victim: str) -> None:
    job = farm.submit("turntable", SPEC)
    farm.wait_for(job["id"], 0.5)
    assert kill9(role(farm.embedded, *MARKS[victim])) > 0
    done = farm.wait(job["id"], 180)
    assert done["state"] == "succeeded", done
    assert [a["name"] for a in done["artifacts"] if a["role"] != "preview"] == ["design.mp4"]
    assert len(done["artifacts"]) == 5
    assert all(step["state"] == "succeeded" for step in done["steps"])
    assert decoded_md5(farm.files(done, tmp_path / "out")["design.mp4"]) == undisturbed


@pytest.mark.skipif(os.environ.get("FARM_LONG") != "1", reason="the steps' own tests kill encoders too: FARM_LONG=1")
def test_a_killed_encoder_is_an_attempt_that_failed_and_costs_no_frame(
    farm: Farm, tmp_path: Path, undisturbed: str
) -> None:
    job = farm.submit("turntable", SPEC)
    farm.wait_for(job["id"], 0.3)
    until(30, "no encoder ran", lambda: kill9(encoders(farm.embedded)))
    done = farm.wait(job["id"], 180)
    assert done["state"] == "succeeded", done
    assert decoded_md5(farm.files(done, tmp_path / "out")["design.mp4"]) == undisturbed
    log = (farm.embedded.data_dir / "farm.log").read_text()
    assert "export.encode_failed" in log
    assert "ended by SIGKILL" in log


def test_a_cancelled_turntable_leaves_nothing_behind(farm: Farm) -> None:
    job = farm.submit("turntable", {**SPEC, "duration": 10, "resolution": "1080p"})
    farm.wait_for(job["id"], 0.02)
    until(30, "no encoder started", lambda: encoders(farm.embedded))
    answer = farm.http.post(f"/jobs/{job['id']}/cancel")
    assert answer.status_code in {200, 202}, answer.text
    until(2, "ffmpeg or scratch files were left", lambda: not encoders(farm.embedded) and not _scratch(farm))
    assert farm.job(job["id"])["state"] == "cancelled"
    assert farm.run("still", {"design": DESIGN, "preset": "thumbnail"})["state"] == "succeeded"


def _scratch(farm: Farm) -> list[Path]:
    return scratch_files(farm.embedded.data_dir)

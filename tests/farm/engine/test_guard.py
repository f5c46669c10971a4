"""The parent of heavy children ends what takes too long, and leaves the rest alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import psutil
import pytest

from farm.children import Holding, holding, holdings
from farm.claims import ClaimedStep
from farm.guard import Guard
from farm.lanes import LANES
from farm.wakes import NullWaker
from tests.farm.engine.conftest import WORKER, Store


@pytest.fixture
def hanging() -> Iterator[psutil.Popen]:
    """A child that does nothing for ever."""
    process = psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
    yield process
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
    process.wait()


def noted(folder: Path, process: psutil.Popen, claimed: ClaimedStep, since: float) -> None:
    note = Holding(
        pid=process.pid,
        born=process.create_time(),
        step_id=claimed.id,
        job_id=claimed.job_id,
        attempt=claimed.attempt,
        lane=claimed.step.lane,
        since=since,
    )
    (folder / f"{process.pid}.json").write_bytes(orjson.dumps(note))


def test_a_step_that_takes_too_long_is_ended_and_tried_again(
    store: Store, tmp_path: Path, hanging: psutil.Popen
) -> None:
    store.submit()
    claimed = store.must_claim()
    limit = LANES["render"].step_timeout_s
    guard = Guard(store.db, WORKER, NullWaker(), tmp_path)  # type: ignore[arg-type]

    noted(tmp_path, hanging, claimed, time.time() - limit + 60)
    guard._look()
    assert hanging.is_running()
    assert store.rows("SELECT state FROM steps")[0].state == "running"

    noted(tmp_path, hanging, claimed, time.time() - limit - 1)
    guard._look()
    hanging.wait(5)
    ((state, code, failures),) = store.rows("SELECT state, error_code, failures FROM steps")
    assert (state, code, failures) == ("ready", "farm.timeout", 1)
    assert holdings(tmp_path) == []


def test_a_child_says_since_when(tmp_path: Path) -> None:
    before = time.time()
    with holding(tmp_path, step_id="s", job_id="j", attempt=1, lane="render"):
        (note,) = holdings(tmp_path)
        assert before <= note.since <= time.time()
        assert note.alive
        assert not replace(note, born=note.born - 1).alive
    assert holdings(tmp_path) == []

"""Card writes under a worker that is killed whenever it works: what was acknowledged is there, exactly once."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import load
from farm.embedded import embedded
from tests.faults.processes import kill9, role

pytestmark = [pytest.mark.faults, pytest.mark.slow]

WRITES = 10_000


def test_every_acknowledged_card_is_there_exactly_once(tmp_path: Path) -> None:
    def card(number: int) -> bytes:
        return json.dumps({"name": f"card-{number}", "template": "card-classic"}).encode()

    with embedded(tmp_path / "data", roles=("api", "worker-light", "reconciler")) as farm:
        stop, kills = threading.Event(), []

        def killer() -> None:
            written = 0
            with closing(sqlite3.connect(tmp_path / "data" / "farm.db")) as database:
                while not stop.wait(1.0):
                    (count,) = database.execute("SELECT count(*) FROM cards").fetchone()
                    if count > written:  # on a slow machine a worker must come to do something before it dies
                        written = count
                        kills.append(kill9(role(farm, "light@", "api.worker")))

        thread = threading.Thread(target=killer)
        thread.start()
        try:
            run = load.post(farm.url, "/api/v1/cards", farm.token, card, total=WRITES, keep=True)
        finally:
            stop.set()
            thread.join()
        assert sum(1 for count in kills if count) >= 2, kills
        assert set(run.statuses) <= {201, 202}, run.statuses

        bodies = [json.loads(body) for body in run.bodies]
        with closing(sqlite3.connect(tmp_path / "data" / "farm.db")) as database:
            _drain(database)
            names = [name for (name,) in database.execute("SELECT name FROM cards")]
            ids = {found for (found,) in database.execute("SELECT id FROM cards")}
    assert len(names) == WRITES
    assert set(names) == {f"card-{number}" for number in range(WRITES)}
    assert {body["id"] for body in bodies if "name" in body} <= ids


def _drain(database: sqlite3.Connection) -> None:
    """Waits until the jobs that were answered with 202 have ended too."""
    end = threading.Event()
    for _ in range(600):
        (left,) = database.execute("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()
        if not left:
            return
        end.wait(0.1)
    pytest.fail(f"{left} jobs never ended")

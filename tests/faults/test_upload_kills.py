"""Uploads whose door, worker or Redis is killed: what arrives is what was sent, once."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from benchmarks import senders
from farm.embedded import Embedded, embedded, free_ports
from tests.e2e.client import Farm
from tests.faults.processes import kill9, role, until, words
from tests.faults.proxy import Decide, Fault, Way, proxy
from tests.faults.uploading import API, MIB, arrived, begun, files, put

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SIZE = 40 * MIB + 12_345
INGEST = ("api.ingest",)
WORKER = ("heavy@", "pipelines.worker")
KILLS_AT = (5 * MIB, 19 * MIB, 33 * MIB)
"""Bytes that have passed to the door when it dies."""

Sender = Callable[[Embedded, Path], str]
SENDERS: dict[str, Sender] = {
    "curl": senders.curl_chunks,
    "tus": lambda farm, file: senders.tus_js(farm, file, parallel=4, state=file.with_name("tus.json")),
    "own": senders.own,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scan.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def killing(farm: Callable[[], Embedded], *victims: Sequence[str]) -> tuple[Decide, list[int]]:
    """What a proxy decides to kill these roles by turns while bytes come, and the kills that are still to come."""
    left, lock, turns = list(KILLS_AT), threading.Lock(), itertools.cycle(victims)

    def decide(way: Way, _piece: bytes, passed: int) -> Fault:
        with lock:
            # Some pieces are still under way to a door that is dead already.
            if way == "up" and left and passed >= left[0] and kill9(role(farm(), *next(turns))):
                left.pop(0)
        return Fault.NONE

    return decide, left


@pytest.mark.parametrize("client", sorted(SENDERS))
def test_a_door_that_is_killed_while_bytes_come_costs_none(farm: Farm, file: Path, client: str) -> None:
    decide, left = killing(lambda: farm.embedded, API)
    port = urlsplit(farm.embedded.url).port
    assert port is not None
    with proxy(port, decide) as between:
        upload = SENDERS[client](replace(farm.embedded, url=between.url), file)
    assert not left, "it was not killed so often"
    arrived(farm, upload, file)


def test_doors_for_bytes_that_are_killed_by_turns_cost_none(tmp_path: Path, file: Path) -> None:
    found: list[Embedded] = []
    decide, left = killing(lambda: found[0], INGEST, API, INGEST)
    (port,) = free_ports(1)
    with proxy(port, decide) as between:
        env = {"FARM_INGEST_PORT": str(port), "FARM_INGEST_URL": between.url}
        roles = ("api", "ingest", "worker-heavy", "reconciler")
        with embedded(tmp_path / "data", roles=roles, env=env) as running, Farm(running) as farm:
            found.append(running)
            until(10, "no door for bytes", lambda: accepts(port))
            upload = senders.own(running, file)
            assert not left, "they were not killed so often"
            assert between.passed["up"] >= SIZE
            arrived(farm, upload, file)


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


# The completion


def stopped_reader(farm: Farm, place: Path, size: int) -> list[psutil.Process]:
    """The worker that is in the middle of an upload's file, stopped there; nobody while there is none."""
    for process in role(farm.embedded, *WORKER):
        for link in _descriptors(process):
            with contextlib.suppress(OSError):
                if Path(link).readlink() == place:
                    process.suspend()
                    told = Path(link.replace("/fd/", "/fdinfo/")).read_text()
                    if 0 < int(told.split("pos:", 1)[1].split()[0]) < size:
                        return [process]
                    process.resume()
    return []


def _descriptors(process: psutil.Process) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.path for entry in os.scandir(f"/proc/{process.pid}/fd")]
    return []


def steps_of(farm: Farm, job: str) -> list[tuple[str, int]]:
    """(state, attempts) of each step, as the database has them."""
    with closing(sqlite3.connect(farm.embedded.data_dir / "farm.db")) as database:
        return database.execute("SELECT state, attempt FROM steps WHERE job_id = ?", (job,)).fetchall()


def test_a_worker_that_is_killed_in_the_middle_of_a_completion_costs_nothing(farm: Farm, tmp_path: Path) -> None:
    file = senders.blocks(tmp_path / "scene.bin", 256 * MIB)
    made = farm.http.post("/uploads", json={"name": file.name, "size": file.stat().st_size, "chunk_size": 32 * MIB})
    upload = made.json()["id"]
    with file.open("rb") as source:
        for number in range(8):
            sent = farm.http.put(f"/uploads/{upload}/chunks/{number}", content=source.read(32 * MIB))
            assert sent.status_code == 201, sent.text
    place = (files(farm) / upload).resolve()
    job = farm.http.post(f"/uploads/{upload}/complete").json()["job"]

    end = time.monotonic() + 20
    while not (stopped := stopped_reader(farm, place, file.stat().st_size)):
        assert time.monotonic() < end, "no worker was seen in the middle of the file"
    assert kill9([*stopped, *role(farm.embedded, *WORKER)]) > 1

    view = arrived(farm, upload, file)
    assert view["job"] == job
    ((state, attempts),) = steps_of(farm, job)
    assert (state, attempts) == ("succeeded", 2)
    until(5, "its file is still there", lambda: not place.exists())


# Redis


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_chunks_go_on_counting_and_complete_without_redis(farm: Farm, tmp_path: Path, how: str) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(8 * MIB))
    data = file.read_bytes()
    upload = begun(farm, len(data))
    (redis,) = [one for one in role(farm.embedded, "redis-server") if "redis-server" in words(one)]

    kills = []

    def gone() -> None:
        """It comes back soon: so it is killed before every request, if it is there."""
        if how == "killed":
            kills.append(kill9(role(farm.embedded, "redis-server")))

    if how == "hung":
        redis.suspend()
    try:
        for number in range(8):
            gone()
            began = time.monotonic()
            sent = put(farm, upload, number, data[number * MIB :][:MIB])
            assert (sent.status_code, sent.json()["received"]) == (201, (number + 1) * MIB)
            assert time.monotonic() - began < 2
        gone()
        began = time.monotonic()
        asked = farm.http.post(f"/uploads/{upload}/complete")
        assert asked.status_code == 202, asked.text
        assert time.monotonic() - began < 5
    finally:
        if how == "hung":
            redis.resume()
    assert how == "hung" or kills[0], "it was not there in the first place"
    arrived(farm, upload, file)

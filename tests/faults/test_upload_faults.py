"""Uploads under kills, stalls and full disks: what arrives is what was sent, once, and nothing else is left."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from sqlalchemy import func, select, update

from benchmarks import senders
from farm import tables
from farm.db import Database, in_seconds
from farm.embedded import Embedded, embedded, free_ports
from tests.e2e.client import Farm
from tests.faults.processes import kill9, role, scratch_files, until, words
from tests.faults.proxy import Decide, Fault, Way, proxy

pytestmark = [pytest.mark.faults, pytest.mark.slow]

MIB = 1 << 20
SIZE = 40 * MIB + 12_345
STALL_S = 5.0
API = ("farm-api", "api.serve")
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


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """One farm for all tests here; every one of them gives it back whole."""
    data = tmp_path_factory.mktemp("faults") / "data"
    env = {"FARM_UPLOAD_STALL_S": str(STALL_S)}
    with embedded(data, roles=("api", "worker-heavy", "reconciler"), env=env) as running, Farm(running) as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scan.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def arrived(farm: Farm, upload: str, file: Path) -> dict[str, Any]:
    """The upload, once it is complete; its one artifact was downloaded and compared."""
    view = senders.settled(farm.embedded, upload)
    assert view["state"] == "complete", view
    (artifact,) = farm.job(view["job"])["artifacts"]
    assert (artifact["name"], artifact["size"]) == (file.name, file.stat().st_size)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert hashlib.sha256(farm.fetch(artifact)).hexdigest() == view["sha256"] == digest
    return view


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
    place = (farm.embedded.data_dir / "blobs" / "uploads" / upload).resolve()
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


def begun(farm: Farm, size: int, chunk: int = MIB, **more: Any) -> str:
    """A new chunk session."""
    asked = {"name": "scan.bin", "size": size, "chunk_size": chunk} | more
    made = farm.http.post("/uploads", json=asked)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def put(farm: Farm, upload: str, number: int, data: bytes) -> httpx.Response:
    return farm.http.put(f"/uploads/{upload}/chunks/{number}", content=data)


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_chunks_go_on_counting_and_complete_without_redis(farm: Farm, tmp_path: Path, how: str) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(8 * MIB))
    data = file.read_bytes()
    upload = begun(farm, len(data))
    (redis,) = [one for one in role(farm.embedded, "redis-server") if "redis-server" in words(one)]

    kills = []

    def gone() -> None:
        """Killed, it comes back soon: so it is killed before every request."""
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
    assert how == "hung" or sum(1 for count in kills if count) >= 3, kills
    arrived(farm, upload, file)


# Clients that fall silent


@contextlib.contextmanager
def half_open(farm: Farm, upload: str, number: int, size: int, data: bytes) -> Iterator[socket.socket]:
    """A request for a chunk of ``size`` bytes that sends ``data`` and then nothing; its connection stays open."""
    where = urlsplit(farm.embedded.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as connection:
        head = (
            f"PUT /api/v1/uploads/{upload}/chunks/{number} HTTP/1.1\r\nHost: farm\r\nContent-Length: {size}\r\n"
            f"Authorization: Bearer {farm.embedded.token}\r\n\r\n"
        )
        connection.sendall(head.encode() + data)
        yield connection


def writing(farm: Farm, upload: str, at_least: int) -> bool:
    """Whether so many bytes stand in the upload's file."""
    place = farm.embedded.data_dir / "blobs" / "uploads" / upload
    return place.stat().st_blocks * 512 >= at_least


def stalled(reply: bytes) -> bool:
    return reply.startswith(b"HTTP/1.1 408 ") and b'"upload.stalled"' in reply


def test_the_place_of_a_silent_client_is_free_again(farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(2 * MIB))
    data = file.read_bytes()
    upload = begun(farm, len(data))
    with half_open(farm, upload, 0, MIB, b"x" * (MIB // 2)) as silent:
        until(5, "its bytes were not written", lambda: writing(farm, upload, MIB // 2))
        busy = put(farm, upload, 0, data[:MIB])
        assert (busy.status_code, busy.json()["code"]) == (409, "upload.busy")
        assert put(farm, upload, 1, data[MIB:]).status_code == 201, "its neighbour is in the way"
        assert stalled(silent.recv(65_536)), "it ends by itself"
        assert put(farm, upload, 0, data[:MIB]).status_code == 201
    farm.http.post(f"/uploads/{upload}/complete").raise_for_status()
    arrived(farm, upload, file)


def test_a_newer_request_takes_the_place_of_a_silent_one(farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(MIB))
    upload = begun(farm, MIB)
    with half_open(farm, upload, 0, MIB, b"x" * (MIB // 2)) as silent:
        began = time.monotonic()
        until(5, "its bytes were not written", lambda: writing(farm, upload, MIB // 2))
        until(STALL_S, "it was not let in", lambda: put(farm, upload, 0, file.read_bytes()).status_code == 201)
        assert time.monotonic() - began < STALL_S, "nobody had to make way"
        reply = silent.recv(65_536)
        assert stalled(reply)
        assert b"took over" in reply
        with contextlib.suppress(OSError):
            silent.sendall(b"x" * (MIB // 2))  # too late: it changes nothing
    farm.http.post(f"/uploads/{upload}/complete").raise_for_status()
    arrived(farm, upload, file)


# Sessions that nobody goes on with


def files(farm: Farm) -> set[str]:
    """Names of the uploads that have a file."""
    return {path.name for path in (farm.embedded.data_dir / "blobs" / "uploads").iterdir()}


def left_of(database: Database, uploads_: Sequence[str]) -> int:
    """Rows of these uploads, and of their chunks."""
    with database.read() as conn:
        rows = [
            conn.execute(select(func.count()).where(column.in_(uploads_))).scalar_one()
            for column in (tables.uploads.c.id, tables.upload_parts.c.upload_id)
        ]
    return sum(rows)


def test_expired_sessions_leave_no_file_no_row_and_a_note(farm: Farm) -> None:
    chunked, stalled, untouched = (begun(farm, 4 * MIB) for _ in range(3))
    put(farm, chunked, 2, os.urandom(MIB)).raise_for_status()
    tus = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    made = farm.http.post("/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(2 * MIB)})
    appended = made.headers["location"].rsplit("/", 1)[1]
    farm.http.patch(f"/tus/{appended}", content=os.urandom(MIB), headers=tus).raise_for_status()
    asked = farm.http.post("/uploads/presign", json={"name": "a.bin", "size": MIB})
    presigned = asked.json()["upload"]["id"]
    all_of_them = [chunked, stalled, untouched, appended, presigned]
    assert files(farm) >= set(all_of_them)

    database = Database(f"sqlite:///{farm.embedded.data_dir / 'farm.db'}")
    with closing(database), half_open(farm, stalled, 0, MIB, b"x" * (MIB // 2)) as silent:
        until(5, "its bytes were not written", lambda: writing(farm, stalled, MIB // 2))
        with database.write() as conn:
            over = update(tables.uploads).where(tables.uploads.c.id.in_(all_of_them))
            conn.execute(over.values(expires_at=in_seconds(-1)))
        kill9(role(farm.embedded, "api.reconcile"))  # it looks once a minute, and first of all when it begins
        until(20, "rows were left", lambda: not left_of(database, all_of_them))
        until(5, "files were left", lambda: not files(farm) & set(all_of_them))
        assert silent.recv(65_536).startswith(b"HTTP/1.1 4")
    assert not files(farm) & set(all_of_them), "a writer brought a file back"
    assert not scratch_files(farm.embedded.data_dir)
    gone = put(farm, chunked, 0, os.urandom(MIB))
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    noted = [row for row in farm.http.get("/audit").json()["items"] if row["action"] == "upload.expired"]
    received = {row["subject"]: row["data"]["received"] for row in noted if row["subject"] in all_of_them}
    assert received == {chunked: MIB, stalled: 0, untouched: 0, appended: MIB, presigned: 0}


# Room that runs out


@contextlib.contextmanager
def full_disk(farm: Farm, size: int) -> Iterator[None]:
    """No process of the door can make a file longer than ``size``: writes behind that fail as on a full disk."""
    doors = role(farm.embedded, *API)
    assert doors
    before = [door.rlimit(psutil.RLIMIT_FSIZE) for door in doors]
    for door, (_, hard) in zip(doors, before, strict=True):
        door.rlimit(psutil.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for door, limits in zip(doors, before, strict=True):
            door.rlimit(psutil.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_named_and_the_upload_goes_on_when_there_is_room(farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(32 * MIB))
    data, half = file.read_bytes(), 16 * MIB
    upload = begun(farm, len(data), half)
    before = files(farm)
    with full_disk(farm, half + MIB):
        assert put(farm, upload, 0, data[:half]).status_code == 201
        full = put(farm, upload, 1, data[half:])
        assert (full.status_code, full.json()["code"]) == (507, "farm.disk_full")
        refused = farm.http.post("/uploads", json={"name": "other.bin", "size": half + 2 * MIB})
        assert (refused.status_code, refused.json()["code"]) == (507, "farm.disk_full")
        assert files(farm) == before
        view = farm.http.get(f"/uploads/{upload}").json()
        assert (view["state"], view["received"], view["missing"]) == ("open", half, [[1, 1]])
    assert put(farm, upload, 1, data[half:]).status_code == 201
    farm.http.post(f"/uploads/{upload}/complete").raise_for_status()
    arrived(farm, upload, file)

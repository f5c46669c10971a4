"""Uploads under silence, expiry and full disks: what arrives is what was sent, and nothing else is left."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from sqlalchemy import func, select, update

from farm import tables
from farm.db import Database, in_seconds
from tests.e2e.client import Farm
from tests.faults.processes import kill9, role, scratch_files, until
from tests.faults.uploading import API, MIB, STALL_S, arrived, begun, files, put

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TUS = {"Tus-Resumable": "1.0.0"}


# Clients that fall silent


@contextlib.contextmanager
def half_open(farm: Farm, request: str, size: int, data: bytes, *headers: str) -> Iterator[socket.socket]:
    """A request for ``size`` bytes that sends ``data`` and then nothing; its connection stays open."""
    where = urlsplit(farm.embedded.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as connection:
        method, path = request.split(" ")
        token = f"Authorization: Bearer {farm.embedded.token}"
        lines = (f"{method} /api/v1{path} HTTP/1.1", "Host: farm", f"Content-Length: {size}", token, *headers, "", "")
        connection.sendall("\r\n".join(lines).encode() + data)
        yield connection


def half_chunk(farm: Farm, upload: str) -> AbstractContextManager[socket.socket]:
    """Half of chunk 0, of bytes that are not the file's."""
    return half_open(farm, f"PUT /uploads/{upload}/chunks/0", MIB, b"x" * (MIB // 2))


def append_at(offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}


def writing(farm: Farm, upload: str, at_least: int) -> bool:
    """Whether so many bytes stand in the upload's file."""
    return (files(farm) / upload).stat().st_blocks * 512 >= at_least


def stalled(reply: bytes) -> bool:
    return reply.startswith(b"HTTP/1.1 408 ") and b'"upload.stalled"' in reply


def test_the_place_of_a_silent_client_is_free_again(farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(2 * MIB))
    data = file.read_bytes()
    upload = begun(farm, len(data))
    with half_chunk(farm, upload) as silent:
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
    with half_chunk(farm, upload) as silent:
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


def test_a_silent_append_keeps_what_came(farm: Farm, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(2 * MIB))
    data = file.read_bytes()
    name = base64.b64encode(file.name.encode()).decode()
    announced = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {name}"}
    upload = farm.http.post("/tus", headers=TUS | announced).headers["location"].rsplit("/", 1)[1]
    lines = [f"{name}: {value}" for name, value in (TUS | append_at(0)).items()]
    with half_open(farm, f"PATCH /tus/{upload}", len(data), data[:MIB], *lines) as silent:
        until(5, "its bytes were not written", lambda: writing(farm, upload, MIB))
        locked = farm.http.patch(f"/tus/{upload}", content=data, headers=TUS | append_at(0))
        assert (locked.status_code, locked.json()["code"]) == (409, "upload.busy")
        assert stalled(silent.recv(65_536))
    there = farm.http.head(f"/tus/{upload}", headers=TUS)
    assert there.headers["upload-offset"] == str(MIB)
    farm.http.patch(f"/tus/{upload}", content=data[MIB:], headers=TUS | append_at(MIB)).raise_for_status()
    arrived(farm, upload, file)


# Sessions that nobody goes on with


def names(farm: Farm) -> set[str]:
    """Of the uploads that have a file."""
    return {path.name for path in files(farm).iterdir()}


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
    made = farm.http.post("/tus", headers=TUS | {"Upload-Length": str(2 * MIB)})
    appended = made.headers["location"].rsplit("/", 1)[1]
    farm.http.patch(f"/tus/{appended}", content=os.urandom(MIB), headers=TUS | append_at(0)).raise_for_status()
    asked = farm.http.post("/uploads/presign", json={"name": "a.bin", "size": MIB})
    presigned = asked.json()["upload"]["id"]
    all_of_them = [chunked, stalled, untouched, appended, presigned]
    assert names(farm) >= set(all_of_them)

    database = Database(f"sqlite:///{farm.embedded.data_dir / 'farm.db'}")
    with closing(database), half_chunk(farm, stalled) as silent:
        until(5, "its bytes were not written", lambda: writing(farm, stalled, MIB // 2))
        with database.write() as conn:
            over = update(tables.uploads).where(tables.uploads.c.id.in_(all_of_them))
            conn.execute(over.values(expires_at=in_seconds(-1)))
        kill9(role(farm.embedded, "api.reconcile"))  # it looks once a minute, and first of all when it begins
        until(20, "rows were left", lambda: not left_of(database, all_of_them))
        until(5, "files were left", lambda: not names(farm) & set(all_of_them))
        assert silent.recv(65_536).startswith(b"HTTP/1.1 4")
    assert not names(farm) & set(all_of_them), "a writer brought a file back"
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
    before = names(farm)
    with full_disk(farm, half + MIB):
        assert put(farm, upload, 0, data[:half]).status_code == 201
        full = put(farm, upload, 1, data[half:])
        assert (full.status_code, full.json()["code"]) == (507, "farm.disk_full")
        refused = farm.http.post("/uploads", json={"name": "other.bin", "size": half + 2 * MIB})
        assert (refused.status_code, refused.json()["code"]) == (507, "farm.disk_full")
        assert names(farm) == before
        view = farm.http.get(f"/uploads/{upload}").json()
        assert (view["state"], view["received"], view["missing"]) == ("open", half, [[1, 1]])
    assert put(farm, upload, 1, data[half:]).status_code == 201
    farm.http.post(f"/uploads/{upload}/complete").raise_for_status()
    arrived(farm, upload, file)

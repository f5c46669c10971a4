"""What tests of the upload doors share: files, raw connections, and the worker that completes uploads."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from farm.blobs import register
from farm.bus import Change
from farm.claims import WorkerInfo, claim_step
from farm.endings import fail_step, finish_step
from farm.errors import FarmError
from farm.execution import Execution
from farm.parts import open_parts
from pipelines.steps.registry import STEPS
from tests.api.conftest import Farm

CHUNK = 65_536
"""The least that a chunk has on a disk."""
WORKER = WorkerInfo(name="w-assemble", lanes=("assemble",), capabilities=())


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes of no known type, the same for the same seed."""
    return b"noise" + random.Random(seed).randbytes(size - 5) if size >= 5 else b"noise"[:size]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def announce(http: httpx.Client, size: int, **more: Any) -> dict[str, Any]:
    """A new session with the smallest chunks."""
    answer = http.post("/uploads", json={"name": "a.bin", "size": size, "chunk_size": CHUNK} | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["links"]["self"]
    return found


def put(http: httpx.Client, upload_id: str, number: int, data: bytes, **headers: str) -> httpx.Response:
    return http.put(f"/uploads/{upload_id}/chunks/{number}", content=data, headers=headers)


def sent(http: httpx.Client, data: bytes, **more: Any) -> dict[str, Any]:
    """A session whose chunks are all there."""
    upload = announce(http, len(data), **more)
    for number in range(upload["chunks"]):
        answer = put(http, upload["id"], number, data[number * CHUNK :][:CHUNK])
        assert answer.status_code == 201, answer.text
    found: dict[str, Any] = http.get(f"/uploads/{upload['id']}").json()
    return found


def problem(answer: httpx.Response) -> tuple[int, str]:
    """(status, code) of a problem, which must be a whole one."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    body = answer.json()
    assert body["title"]
    assert body["detail"]
    assert body["status"] < 600
    return answer.status_code, body["code"]


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def assemble(farm: Farm, job_id: str) -> None:
    """Plays the heavy worker until the job has run. Jobs that other tests left are run as well."""
    while True:
        claimed = claim_step(farm.db, WORKER.lanes, WORKER)
        assert claimed is not None
        with tempfile.TemporaryDirectory() as scratch:
            context = Execution(
                step=claimed.step,
                scratch=Path(scratch),
                inputs={},
                resources={},
                blobs=farm.blobs,
                report=lambda _done, _total: None,
                write_log=lambda _level, _line: None,
                uploads=lambda: open_parts(farm.settings, farm.blobs),
            )
            try:
                result = STEPS[claimed.step.name](context)
            except FarmError as error:
                fail_step(farm.db, claimed, error)
            else:
                with farm.db.write() as conn:
                    for stored, media_type, inspection in context.stored.values():
                        register(conn, stored, media_type, claimed.owner, inspection)
                finish_step(farm.db, claimed, result, source="rendered", device="", seconds=0.1)
        farm.bus.announce(
            [Change(owner=claimed.owner, job_id=claimed.job_id, kind="assemble", state="succeeded", revision=99)]
        )
        if claimed.job_id == job_id:
            return


@dataclass(frozen=True)
class Reply:
    """An answer read from a raw connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """A raw connection: a request's head, then as much of its body as the test likes."""

    def __init__(self, farm: Farm, method: str, path: str, length: int, token: str | None, **headers: str) -> None:
        parts = urlsplit(farm.url)
        assert parts.hostname is not None
        self.socket = socket.create_connection((parts.hostname, parts.port or 80), 10)
        rows = {"Host": "farm", "Content-Length": str(length), "Connection": "close"} | headers
        if token is not None:
            rows["Authorization"] = f"Bearer {token}"
        head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
        self.socket.sendall(f"{method} /api/v1{path} HTTP/1.1\r\n{head}\r\n".encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def cut(self) -> None:
        """Ends the connection as a lost network does: with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def reply(self) -> Reply:
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := self.socket.recv(65_536):
                data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        headers = {name.lower(): value for name, value in BytesParser().parsebytes(rest).items()}
        return Reply(int(first.split()[1]), headers, body)


@contextlib.contextmanager
def line(farm: Farm, method: str, path: str, length: int, token: str | None = None, **headers: str) -> Iterator[Line]:
    made = Line(farm, method, path, length, token, **headers)
    try:
        yield made
    finally:
        made.socket.close()

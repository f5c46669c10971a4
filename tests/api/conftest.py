"""A real door: Litestar on uvicorn in a thread, a real SQLite database, a real Redis, and the light lane's worker.

Heavy workers are played by :class:`Door` itself, which claims and finishes steps as they would.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from pydantic import SecretStr

from api.app import create_app
from api.commands import COMMANDS
from api.identity import tokens
from api.realtime import Realtime
from api.roles import MIGRATIONS
from farm import light, redis_server
from farm.blobs import BlobStore, open_blobs, register
from farm.bus import Bus, Change, wait_for_redis
from farm.claims import WorkerInfo, claim_step
from farm.db import Database, open_database
from farm.embedded import free_ports
from farm.endings import finish_step
from farm.plan import Output, StepResult
from farm.settings import Settings

SPEC = {
    "design": {
        "name": "tee",
        "avatar": {"model": {"item": "dress-form"}},
        "layers": [{"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}}],
    },
    "views": ["front"],
    "preset": "thumbnail",
}
_owners = itertools.count(1)


class Light:
    """The light lane's worker as a thread that can be held up."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self.running = threading.Event()
        self.running.set()
        self._open = True
        self._db, self._bus = db, bus
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while self._open:
            lanes = ("cards", "designs") if self.running.is_set() else ()
            if sum(light.drain(self._db, self._bus, COMMANDS, lane) for lane in lanes) == 0:
                time.sleep(0.005)

    def close(self) -> None:
        self._open = False
        self._thread.join()


class Farm:
    """What tests use of a running door."""

    def __init__(self, url: str, app: Litestar, settings: Settings, db: Database, bus: Bus, lane: Light) -> None:
        self.url, self.app, self.settings, self.db, self.bus, self.lane = url, app, settings, db, bus, lane
        self.blobs: BlobStore = open_blobs(settings)
        self.worker = WorkerInfo(name="w1", lanes=("render", "encode", "export"), capabilities=("gl", "ffmpeg"))

    def token(self, owner: str, scopes: tuple[str, ...] = tokens.SCOPES[:-1], **more: Any) -> str:
        return tokens.create(self.db, owner=owner, scopes=scopes, **more)[1]

    def client(self, token: str | None, **headers: str) -> httpx.Client:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=20)

    def change(self, job: dict[str, Any], state: str) -> None:
        """Tells the bus, as whoever changed the job would."""
        self.bus.announce(
            [
                Change(
                    owner=job["owner"], job_id=job["id"], kind=job["kind"], state=state, revision=job["revision"] + 1
                )
            ]
        )

    def run_next(self, data: bytes = b"\x89PNG picture", name: str = "{stem}.png") -> str:
        """Claims a step of any job and finishes it with one artifact; the job's id."""
        claimed = claim_step(self.db, self.worker.lanes, self.worker)
        assert claimed is not None
        stored = self.blobs.put_bytes(data)
        self.db.transact(lambda conn: register(conn, stored, "image/png"))
        result = StepResult(
            outputs=(Output(name=name, digest=stored.digest, size=stored.size, media_type="image/png"),)
        )
        finish_step(self.db, claimed, result, source="rendered", device="test")
        with self.client(self.token(claimed.owner)) as mine:
            self.change(mine.get(f"/jobs/{claimed.job_id}").json(), "succeeded")
        return claimed.job_id


@contextmanager
def door(folder: Path, **changes: Any) -> Iterator[Farm]:
    """A running door with its own database and Redis."""
    url, _ = redis_server.choose_url(folder)
    redis = subprocess.Popen(redis_server.command(folder, url), stdout=subprocess.DEVNULL)
    settings = Settings(
        data_dir=folder,
        redis_url=url,
        secret_key=SecretStr("test"),
        max_body_bytes=200_000,
        max_blob_bytes=300_000,
        **changes,
    )
    try:
        assert wait_for_redis(url, 10)
        db = open_database(settings)
        db.upgrade(MIGRATIONS)
        bus = Bus(url)
        lane = Light(db, bus)
        (port,) = free_ports(1)
        app = create_app(settings)
        server = uvicorn.Server(
            uvicorn.Config(app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
        thread.start()
        try:
            wait_for_port(port)
            yield Farm(f"http://127.0.0.1:{port}", app, settings, db, bus, lane)
        finally:
            server.should_exit = True
            thread.join()
            lane.close()
            bus.close()
            db.close()
    finally:
        redis.terminate()
        redis.wait()


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """On SQLite."""
    with door(tmp_path_factory.mktemp("api")) as found:
        yield found


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def port(farm: Farm) -> Iterator[int]:
    """Of a Socket.IO server beside the door."""
    (found,) = free_ports(1)
    config = uvicorn.Config(
        Realtime(farm.settings).asgi(),
        port=found,
        log_config=None,
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    wait_for_port(found)
    yield found
    server.should_exit = True
    thread.join()


@pytest.fixture
def owner() -> str:
    return f"owner-{next(_owners)}"


@pytest.fixture
def http(farm: Farm, owner: str) -> Iterator[httpx.Client]:
    """A client of an owner that nobody else is."""
    with farm.client(farm.token(owner)) as client:
        yield client


@pytest.fixture
def other(farm: Farm) -> Iterator[httpx.Client]:
    """A stranger's client."""
    with farm.client(farm.token(f"stranger-{next(_owners)}")) as client:
        yield client


@pytest.fixture
def submitted(http: httpx.Client) -> dict[str, Any]:
    """A queued job."""
    answer = http.post("/jobs", json={"kind": "still", "spec": SPEC})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def token(farm: Farm, owner: str) -> str:
    """A token of that owner."""
    return farm.token(owner)


@pytest.fixture
def tus(farm: Farm, token: str) -> Iterator[httpx.Client]:
    """A client that speaks tus."""
    with farm.client(token, **{"Tus-Resumable": "1.0.0"}) as client:
        yield client

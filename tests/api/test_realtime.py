"""Job events over Socket.IO on a real WebSocket. The client speaks the protocol itself (Engine.IO 4, Socket.IO 5)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.sync.client import ClientConnection, connect

from api.realtime import Realtime
from farm.embedded import free_ports
from tests.api.conftest import SPEC, Farm, wait_for_port


class Client:
    """One connection."""

    def __init__(self, socket: ClientConnection, auth: dict[str, Any]) -> None:
        self.socket = socket
        assert self._receive().startswith("0")  # Engine.IO's handshake
        socket.send("40" + json.dumps(auth))
        self.greeting = self._receive()

    def _receive(self) -> str:
        while True:
            message = self.socket.recv(timeout=5)
            assert isinstance(message, str)
            if message != "2":
                return message
            self.socket.send("3")  # ping, pong

    def call(self, event: str, data: Any) -> dict[str, Any]:
        self.socket.send("420" + json.dumps([event, data]))
        answer = self._receive()
        assert answer.startswith("430"), answer
        found: dict[str, Any] = json.loads(answer[3:])[0]
        return found

    def event(self) -> tuple[str, dict[str, Any]]:
        message = self._receive()
        assert message.startswith("42"), message
        name, data = json.loads(message[2:])
        return name, data


@pytest.fixture(scope="module")
def port(farm: Farm) -> Iterator[int]:
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


@contextmanager
def connected(port: int, **auth: Any) -> Iterator[Client]:
    with connect(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket") as socket:
        yield Client(socket, auth)


def test_a_subscriber_hears_of_changes(
    farm: Farm, port: int, http: httpx.Client, owner: str, submitted: dict[str, Any]
) -> None:
    with connected(port, token=farm.token(owner)) as client:
        answer = client.call("subscribe", {"job": submitted["id"]})
        assert (answer["ok"], answer["job"]["state"]) == (True, "queued")
        http.post(f"/jobs/{submitted['id']}/cancel")
        name, job = client.event()
        assert (name, job) == ("job", http.get(f"/jobs/{submitted['id']}").json())
        assert job["state"] == "cancelled"


def test_an_owner_hears_of_all_jobs(farm: Farm, port: int, http: httpx.Client, owner: str) -> None:
    with connected(port, token=farm.token(owner)) as client:
        assert client.call("subscribe", {}) == {"ok": True}
        job = http.post("/jobs", json={"kind": "still", "spec": SPEC}).json()
        http.post(f"/jobs/{job['id']}/pause")
        assert client.event()[1]["state"] == "paused"
        assert client.call("unsubscribe", {}) == {"ok": True}
        http.post(f"/jobs/{job['id']}/resume")
        with pytest.raises(TimeoutError):
            client.socket.recv(timeout=0.5)


def test_a_batch_tells_of_its_jobs(farm: Farm, port: int, http: httpx.Client, owner: str) -> None:
    row = json.dumps({"kind": "still", "spec": SPEC})
    batch = http.post("/batches", content=f"{row}\n{row}", headers={"Content-Type": "application/x-ndjson"}).json()
    with connected(port, token=farm.token(owner)) as client:
        assert client.call("subscribe", {"batch": batch["id"]})["batch"]["total"] == 2
        http.post(f"/batches/{batch['id']}/cancel")
        assert {client.event()[1]["state"] for _ in range(2)} == {"cancelled"}


def test_others_jobs_are_not_there(farm: Farm, port: int, http: httpx.Client, submitted: dict[str, Any]) -> None:
    with connected(port, token=farm.token("spy")) as client:
        answer = client.call("subscribe", {"job": submitted["id"]})
        assert (answer["ok"], answer["problem"]["code"]) == (False, "not_found")
        for nonsense in ("x", {"room": 1}, {"job": 5}, {"job": "a" * 99}, {"job": "a", "batch": "b"}):
            answer = client.call("subscribe", nonsense)
            assert (answer["ok"], answer["problem"]["code"]) == (False, "request.invalid"), nonsense
        http.post(f"/jobs/{submitted['id']}/cancel")
        with pytest.raises(TimeoutError):
            client.socket.recv(timeout=0.5)


@pytest.mark.parametrize(
    ("auth", "code"), [({}, "auth.missing"), ({"token": "farm_x_y"}, "auth.invalid"), ({"token": 5}, "auth.missing")]
)
def test_a_bad_token_is_refused_at_the_handshake(port: int, auth: dict[str, Any], code: str) -> None:
    with connected(port, **auth) as client:
        assert client.greeting.startswith("44")
        assert code in client.greeting


def test_a_token_without_the_scope_is_refused(farm: Farm, port: int) -> None:
    with connected(port, token=farm.token("weak", ("cards:read",))) as client:
        assert client.greeting.startswith("44")
        assert "auth.forbidden" in client.greeting

"""Job events over Socket.IO on a real WebSocket."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPEC, Farm
from tests.api.sockets import connected


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

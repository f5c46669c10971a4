"""The role `api` as it runs: a process of Granian's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from farm import runtime
from farm.embedded import free_ports
from tests.api.conftest import SPEC, Farm, wait_for_port
from tests.api.test_events import events


@pytest.fixture(scope="module")
def url(farm: Farm) -> Iterator[str]:
    (port,) = free_ports(1)
    settings = farm.settings.model_copy(update={"http_port": port})
    process = subprocess.Popen(
        [sys.executable, "-m", "api.serve"],
        env={**os.environ, **runtime.environment(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        assert process.wait(15) == 0


@pytest.fixture
def door(url: str, farm: Farm, owner: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {farm.token(owner)}"}, timeout=20) as client:
        yield client


@pytest.fixture
def job(door: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = door.post("/jobs", json={"kind": "still", "spec": SPEC}).json()
    return found


def test_events_end_with_the_job(door: httpx.Client, job: dict[str, Any]) -> None:
    with door.stream("GET", f"/jobs/{job['id']}/events") as answer:
        stream = events(answer)
        assert next(stream)[1]["state"] == "queued"
        door.post(f"/jobs/{job['id']}/cancel")
        assert [found["state"] for _, found in stream] == ["cancelled"]


def test_who_goes_away_leaves_nothing_behind(door: httpx.Client, url: str, job: dict[str, Any]) -> None:
    def watches() -> float:
        text = httpx.get(url.removesuffix("/api/v1") + "/metrics").text
        found = re.search(r"^farm_http_watches (\S+)$", text, re.MULTILINE)
        assert found is not None
        return float(found.group(1))

    for _ in range(3):
        with door.stream("GET", f"/jobs/{job['id']}/events") as answer:
            stream = events(answer)  # kept: closing it closes the connection
            next(stream)
            assert watches() >= 1
    until = time.monotonic() + 5
    while watches() > 0:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_card_goes_through_the_lane(door: httpx.Client) -> None:
    made = door.post("/cards", json={"name": "Fox", "template": "card-classic"})
    assert made.status_code == 201
    assert door.get(f"/cards/{made.json()['id']}").json() == made.json()


def test_limits_hold_without_a_length(door: httpx.Client) -> None:
    answer = door.post("/jobs", content=iter([b" " * 100_000] * 5))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")

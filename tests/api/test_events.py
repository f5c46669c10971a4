"""Watching a job: server-sent events on a real connection."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from farm import control
from tests.api.conftest import Farm


def events(answer: httpx.Response) -> Iterator[tuple[int, dict[str, Any]]]:
    number = -1
    for line in answer.iter_lines():
        if line.startswith("id:"):
            number = int(line[3:])
        if line.startswith("data:"):
            yield number, json.loads(line[5:])


def test_events_tell_every_state_and_end_with_the_job(
    farm: Farm, http: httpx.Client, submitted: dict[str, Any]
) -> None:
    path = f"/jobs/{submitted['id']}"
    seen: list[tuple[int, str]] = []

    def act() -> None:
        time.sleep(0.2)
        http.post(f"{path}/pause")
        time.sleep(0.2)
        http.post(f"{path}/cancel")

    acting = threading.Thread(target=act)
    acting.start()
    began = time.monotonic()
    with http.stream("GET", f"{path}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        seen = [(number, job["state"]) for number, job in events(answer)]
    acting.join()
    assert [state for _, state in seen] == ["queued", "paused", "cancelled"]
    assert [number for number, _ in seen] == sorted({number for number, _ in seen})
    assert time.monotonic() - began < 2


def test_last_event_id_leaves_out_what_was_seen(http: httpx.Client, submitted: dict[str, Any]) -> None:
    path = f"/jobs/{submitted['id']}"
    revision = http.post(f"{path}/cancel").json()["revision"]
    with http.stream("GET", f"{path}/events", headers={"Last-Event-ID": str(revision - 1)}) as answer:
        assert [number for number, _ in events(answer)] == [revision]
    with http.stream("GET", f"{path}/events", headers={"Last-Event-ID": str(revision)}) as answer:
        assert list(events(answer)) == []


def test_a_change_that_the_bus_lost_is_seen_all_the_same(
    farm: Farm, http: httpx.Client, submitted: dict[str, Any]
) -> None:
    timer = threading.Timer(0.3, lambda: control.cancel(farm.db, submitted["id"]))
    timer.start()
    with http.stream("GET", f"/jobs/{submitted['id']}/events") as answer:
        assert [job["state"] for _, job in events(answer)] == ["queued", "cancelled"]
    timer.join()


def test_who_goes_away_leaves_nothing_behind(farm: Farm, http: httpx.Client, submitted: dict[str, Any]) -> None:
    for _ in range(3):
        with http.stream("GET", f"/jobs/{submitted['id']}/events") as answer:
            stream = events(answer)  # kept: closing it closes the connection
            next(stream)
            assert len(farm.app.state.services.hub) >= 1
    until = time.monotonic() + 5
    while len(farm.app.state.services.hub) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(farm.app.state.services.hub) == 0


def test_an_owner_has_so_many_watches(
    farm: Farm, http: httpx.Client, submitted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hub.MAX_WATCHES", 1)
    with http.stream("GET", f"/jobs/{submitted['id']}/events") as answer:
        stream = events(answer)
        next(stream)
        second = http.get(f"/jobs/{submitted['id']}/events")
        assert (second.status_code, second.json()["code"]) == (429, "rate.limited")

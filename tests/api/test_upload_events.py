"""Watching an upload: server-sent events and Socket.IO, on real connections."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from api.uploads.events import LEAST_GAP_S
from farm.errors import Refused
from farm.sessions import Sessions
from tests.api.conftest import Farm
from tests.api.sockets import Client, connected
from tests.api.uploading import CHUNK, announce, assemble, noise, put, sent, sha256, until


def events(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id, data) of each event; comments and `retry` are passed over."""
    name = kind = ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "id":
            name = value
        elif field == "event":
            kind = value
        elif field == "data":
            assert kind == "upload"
            yield name, json.loads(value)


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Work in another thread, which has ended at the end."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that hears of changes by the bus alone, and tells each."""
    monkeypatch.setattr("api.uploads.completion.LOOK_EVERY_S", 60.0)
    monkeypatch.setattr("api.uploads.events.LEAST_GAP_S", 0.0)


# Server-sent events


def test_events_tell_of_every_chunk_and_of_the_completion(farm: Farm, http: httpx.Client, told: None) -> None:
    data = noise(2 * CHUNK + 500)
    upload = announce(http, len(data))["id"]
    with http.stream("GET", f"/uploads/{upload}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        stream = events(answer)
        seen = [next(stream)]
        with farm.client(http.headers["Authorization"].removeprefix("Bearer ")) as sender:
            for number in range(3):
                put(sender, upload, number, data[number * CHUNK :][:CHUNK])
                seen.append(next(stream))
            job = sender.post(f"/uploads/{upload}/complete").json()["job"]
            seen.append(next(stream))
            assemble(farm, job)
            rest = list(stream)
            final = sender.get(f"/uploads/{upload}").json()
    assert [view["received"] for _, view in seen] == [0, CHUNK, 2 * CHUNK, len(data), len(data)]
    assert [view["state"] for _, view in seen] == ["open"] * 4 + ["assembling"]
    assert [view["progress"]["phase"] for _, view in seen] == ["receiving"] * 4 + ["assembling"]
    assert seen[1][1]["missing"] == [[1, 2]]
    assert rest[-1][1] == final
    assert (final["state"], final["blob"], final["progress"]["fraction"]) == ("complete", sha256(data), 1.0)
    names = [name for name, _ in seen + rest]
    assert len(set(names)) == len(names)


def test_last_event_id_leaves_out_what_was_seen(farm: Farm, http: httpx.Client, told: None) -> None:
    upload = sent(http, noise(CHUNK + 500))["id"]
    path = f"/uploads/{upload}/events"
    with http.stream("GET", path) as answer:
        first, view = next(events(answer))
    assert view["received"] == CHUNK + 500
    job = http.post(f"/uploads/{upload}/complete").json()["job"]
    assemble(farm, job)
    with http.stream("GET", path, headers={"Last-Event-ID": first}) as answer:
        ((last, view),) = events(answer)  # the newest state; those between are of no use any more
    assert view["state"] == "complete"
    with http.stream("GET", path, headers={"Last-Event-ID": last}) as answer:
        assert list(events(answer)) == []
    for nonsense in ("x", "0", "9" * 500):
        with http.stream("GET", path, headers={"Last-Event-ID": nonsense}) as answer:
            assert [name for name, _ in events(answer)] == [last]


def test_a_failure_is_the_last_event(farm: Farm, http: httpx.Client, told: None) -> None:
    upload = announce(http, 3 * CHUNK, type="image/png")["id"]
    token = http.headers["Authorization"].removeprefix("Bearer ")
    with http.stream("GET", f"/uploads/{upload}/events") as answer, farm.client(token) as sender:
        stream = events(answer)
        next(stream)
        assert put(sender, upload, 0, noise(CHUNK)).status_code == 422
        *_, (_, last) = stream
    assert (last["state"], last["error"]["code"]) == ("failed", "upload.type_mismatch")


def test_chunks_by_the_hundred_make_few_events(farm: Farm, http: httpx.Client) -> None:
    data = noise(30 * CHUNK)
    upload = announce(http, len(data))["id"]
    began = time.monotonic()
    with meanwhile(lambda: [put(http, upload, n, data[n * CHUNK :][:CHUNK]) for n in range(30)]):
        token = http.headers["Authorization"].removeprefix("Bearer ")
        with farm.client(token) as watcher, watcher.stream("GET", f"/uploads/{upload}/events") as answer:
            counts = []
            for _, view in events(answer):
                counts.append(view["received"])
                if counts[-1] == len(data):
                    break
    assert counts == sorted(counts)
    assert len(counts) <= 2 + (time.monotonic() - began) / LEAST_GAP_S


def test_a_change_that_the_bus_lost_is_seen_all_the_same(
    farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.uploads.completion.LOOK_EVERY_S", 0.1)
    upload = announce(http, CHUNK)["id"]
    silent = Sessions(farm.db, farm.app.state.services.sessions.parts)
    with http.stream("GET", f"/uploads/{upload}/events") as answer:
        stream = events(answer)
        assert next(stream)[1]["state"] == "open"
        silent.fail(upload, Refused("image.too_large", "too large"))
        assert [view["state"] for _, view in stream] == ["failed"]


def test_a_deleted_upload_ends_the_stream(
    farm: Farm, http: httpx.Client, other: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.uploads.completion.LOOK_EVERY_S", 0.1)
    upload = announce(http, CHUNK)["id"]
    token = http.headers["Authorization"].removeprefix("Bearer ")
    with http.stream("GET", f"/uploads/{upload}/events") as answer, farm.client(token) as mine:
        stream = events(answer)
        next(stream)
        assert mine.delete(f"/uploads/{upload}").status_code == 204
        assert list(stream) == []  # not cut off: ended
    again = http.get(f"/uploads/{upload}/events", headers={"Last-Event-ID": "1.0"})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_a_quiet_stream_shows_that_it_lives(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.uploads.completion.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("api.uploads.events.HEARTBEAT_S", 0.0)
    upload = announce(http, CHUNK)["id"]
    with http.stream("GET", f"/uploads/{upload}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "retry: 1000"
        assert ": alive" in lines


def test_who_goes_away_leaves_nothing_behind(farm: Farm, http: httpx.Client) -> None:
    hub = farm.app.state.services.hub
    until(lambda: len(hub) == 0)
    upload = sent(http, noise(500))["id"]
    job = http.post(f"/uploads/{upload}/complete").json()["job"]
    for _ in range(3):
        with http.stream("GET", f"/uploads/{upload}/events") as answer:
            stream = events(answer)  # kept: closing it closes the connection
            next(stream)
            assert len(hub) >= 1
    until(lambda: len(hub) == 0)
    http.post(f"/jobs/{job}/cancel")


def test_an_owner_has_so_many_watches(farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = farm.app.state.services.hub
    until(lambda: len(hub) == 0)
    monkeypatch.setattr("api.hub.MAX_WATCHES", 1)
    upload = sent(http, noise(500))["id"]
    http.post(f"/uploads/{upload}/complete")
    with http.stream("GET", f"/uploads/{upload}/events") as answer:
        stream = events(answer)
        assert next(stream)[1]["state"] == "assembling"  # the second watch, on its job, is no second one
        refused = http.get(f"/uploads/{upload}/events")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate.limited")
    until(lambda: len(hub) == 0)


def test_watching_needs_a_token_that_may_read(farm: Farm, http: httpx.Client, owner: str) -> None:
    path = f"/uploads/{announce(http, 10)['id']}/events"
    with farm.client(None) as nobody, farm.client(farm.token(owner, ("cards:read",))) as stranger:
        assert nobody.get(path).json()["code"] == "auth.missing"
        assert stranger.get(path).json()["code"] == "auth.forbidden"


# Socket.IO


def until_state(client: Client, state: str) -> dict[str, Any]:
    """The first `upload` event of that state."""
    while True:
        name, data = client.event()
        if name == "upload" and data["state"] == state:
            return data


def test_a_subscriber_hears_of_its_upload(farm: Farm, port: int, http: httpx.Client, owner: str) -> None:
    data = noise(CHUNK + 500)
    upload = announce(http, len(data))["id"]
    with connected(port, token=farm.token(owner)) as client:
        answer = client.call("subscribe", {"upload": upload})
        assert answer == {"ok": True, "upload": http.get(f"/uploads/{upload}").json()}
        for number, received in ((0, CHUNK), (1, CHUNK + 500)):
            put(http, upload, number, data[number * CHUNK :][:CHUNK])
            name, view = client.event()
            assert (name, view["received"], view["progress"]["done"]) == ("upload", received, received)
        job = http.post(f"/uploads/{upload}/complete").json()["job"]
        assert until_state(client, "assembling")["job"] == job
        assemble(farm, job)
        farm.app.state.services.sessions.settle([upload])  # as the reconciler does every second
        assert until_state(client, "complete") == http.get(f"/uploads/{upload}").json()


def test_an_owner_hears_of_all_uploads_until_it_leaves(farm: Farm, port: int, http: httpx.Client, owner: str) -> None:
    with connected(port, token=farm.token(owner)) as client:
        assert client.call("subscribe", {}) == {"ok": True}
        made = {announce(http, 2 * CHUNK)["id"] for _ in range(2)}
        for upload in made:
            put(http, upload, 0, noise(CHUNK))
        assert {client.event()[1]["id"] for _ in made} == made
        client.call("unsubscribe", {})
        for upload in made:
            put(http, upload, 1, noise(CHUNK))
        with pytest.raises(TimeoutError):
            client.socket.recv(timeout=0.4)


def test_nobody_else_hears(farm: Farm, port: int, http: httpx.Client) -> None:
    upload = announce(http, CHUNK)["id"]
    with connected(port, token=farm.token("upload-spy")) as spy:
        for asked in ({"upload": upload}, {"upload": "nope"}):
            answer = spy.call("subscribe", asked)
            assert (answer["ok"], answer["problem"]["code"]) == (False, "not_found")
        for nonsense in ({"upload": 5}, {"upload": "a" * 99}, {"upload": "a", "job": "b"}, {"upload": None}):
            answer = spy.call("subscribe", nonsense)
            assert (answer["ok"], answer["problem"]["code"]) == (False, "request.invalid"), nonsense
        assert spy.call("subscribe", {}) == {"ok": True}
        put(http, upload, 0, noise(CHUNK))
        http.post(f"/uploads/{upload}/complete")
        with pytest.raises(TimeoutError):
            spy.socket.recv(timeout=0.4)


def test_a_database_that_is_away_for_a_moment_ends_no_telling(
    farm: Farm, port: int, http: httpx.Client, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(http, noise(500))["id"]
    away = threading.Event()

    def lost(*_: Any, **__: Any) -> None:
        away.set()
        raise OperationalError("", {}, Exception("away"))

    with connected(port, token=farm.token(owner)) as client:
        client.call("subscribe", {"upload": upload})
        job = http.post(f"/uploads/{upload}/complete").json()["job"]
        until_state(client, "assembling")
        with monkeypatch.context() as patch:
            patch.setattr("api.realtime.upload_of", lost)
            assemble(farm, job)  # its job is told of, which asks the database
            assert away.wait(5)
        farm.app.state.services.sessions.settle([upload])
        assert until_state(client, "complete")["id"] == upload

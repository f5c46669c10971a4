"""The role `ingest` as it runs: the bytes of uploads through a door of their own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli.app import execute
from api.roles import ROLES
from farm import runtime
from farm.embedded import free_ports
from tests.api.conftest import Farm, door, wait_for_port
from tests.api.uploading import CHUNK, announce, assemble, noise, problem, put, sha256

STALL_S = 3.0
ORIGIN = "https://studio.example"


@pytest.fixture(scope="module")
def port() -> int:
    (found,) = free_ports(1)
    return found


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Farm]:
    """A farm of its own, whose sessions tell of the other door."""
    with door(
        tmp_path_factory.mktemp("ingest"),
        ingest_port=port,
        ingest_url=f"http://127.0.0.1:{port}",
        upload_stall_s=STALL_S,
        cors_origins=ORIGIN,
    ) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def process(farm: Farm, port: int) -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen(
        [sys.executable, "-m", ROLES["ingest"].module],
        env={**os.environ, **runtime.environment(farm.settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield made
    finally:
        made.send_signal(signal.SIGTERM)
        assert made.wait(15) == 0


@pytest.fixture
def ingest(farm: Farm, owner: str, port: int) -> Iterator[httpx.Client]:
    """A client of the other door."""
    headers = {"Authorization": f"Bearer {farm.token(owner)}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=20) as client:
        yield client


def raw(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


def head(farm: Farm, owner: str, upload: dict[str, Any], number: int, length: int, *more: str) -> bytes:
    lines = [
        f"PUT /api/v1/uploads/{upload['id']}/chunks/{number} HTTP/1.1",
        "Host: farm",
        f"Authorization: Bearer {farm.token(owner)}",
        f"Content-Length: {length}",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def answer_of(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and JSON of what comes back until the connection ends or the body is whole."""
    data = b""
    while True:
        before, found, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", before)
        if found and length and len(body) >= int(length[1]):
            return int(before.split()[1]), json.loads(body)
        piece = connection.recv(65536)
        assert piece, data
        data += piece


def test_a_file_in_chunks_through_both_doors(farm: Farm, http: httpx.Client, ingest: httpx.Client, port: int) -> None:
    data = noise(5 * CHUNK + 17)
    upload = announce(http, len(data))
    assert upload["links"]["chunks"] == f"http://127.0.0.1:{port}/api/v1/uploads/{upload['id']}/chunks"
    for number in (5, 0, 3):
        answer = httpx.put(
            f"{upload['links']['chunks']}/{number}",
            content=data[number * CHUNK :][:CHUNK],
            headers={"Authorization": ingest.headers["Authorization"]},
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["size"] == min(CHUNK, len(data) - number * CHUNK)
    for number in (1, 2, 4):
        assert put(http, upload["id"], number, data[number * CHUNK :][:CHUNK]).status_code == 201
    assert http.get(f"/uploads/{upload['id']}").json()["missing"] == []
    assemble(farm, http.post(f"/uploads/{upload['id']}/complete").json()["job"])
    assert http.get(f"/uploads/{upload['id']}").json()["sha256"] == sha256(data)


def test_two_doors_never_mix_their_bytes(farm: Farm, http: httpx.Client, ingest: httpx.Client) -> None:
    """Two processes, the same chunk at the same moment, other bytes: one of them wins."""
    count = 20
    upload = announce(http, count * CHUNK)["id"]
    sides = ((http, b"h" * CHUNK), (ingest, b"i" * CHUNK))
    place = farm.settings.data_dir / "blobs" / "uploads" / upload
    with ThreadPoolExecutor(2) as pool:
        for number in range(count):
            sent = [pool.submit(put, client, upload, number, data) for client, data in sides]
            answers = [one.result() for one in sent]
            assert sorted(answer.status_code for answer in answers) == [201, 409]
            (won,) = [data for answer, (_, data) in zip(answers, sides, strict=True) if answer.status_code == 201]
            (lost,) = [answer for answer in answers if answer.status_code == 409]
            assert lost.json()["code"] in {"upload.busy", "upload.conflict"}
            assert place.read_bytes()[number * CHUNK :][:CHUNK] == won
    assert http.get(f"/uploads/{upload}").json()["received"] == count * CHUNK


def test_chunks_larger_than_what_is_read_at_once(http: httpx.Client, ingest: httpx.Client) -> None:
    size = 3_000_001
    data = noise(2 * size)
    upload = announce(http, len(data), chunk_size=size)
    for number in (1, 0):
        piece = data[number * size :][:size]
        answer = ingest.put(
            f"/uploads/{upload['id']}/chunks/{number}",
            content=piece,
            headers={"X-Checksum": f"sha256 {sha256(piece)}"},
        )
        assert answer.status_code == 201, answer.text
    assert ingest.put(f"/uploads/{upload['id']}/chunks/0", content=data[:size]).status_code == 200
    assert problem(ingest.put(f"/uploads/{upload['id']}/chunks/0", content=data[1 : size + 1])) == (
        409,
        "upload.conflict",
    )


REFUSALS: Mapping[str, tuple[dict[str, str], bytes, tuple[int, str]]] = {
    "no token": ({"Authorization": ""}, bytes(CHUNK), (401, "auth.missing")),
    "wrong token": ({"Authorization": "Bearer no"}, bytes(CHUNK), (401, "auth.invalid")),
    "short": ({}, b"x", (422, "upload.chunk_length")),
    "checksum": ({"X-Checksum": "crc32c 00000000"}, noise(CHUNK), (422, "upload.checksum")),
    "algorithm": ({"X-Checksum": "md5 00"}, bytes(CHUNK), (400, "upload.checksum_unknown")),
    "encoded": ({"Content-Encoding": "gzip"}, bytes(CHUNK), (415, "request.media_type")),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_refused(http: httpx.Client, ingest: httpx.Client, case: str) -> None:
    headers, body, expected = REFUSALS[case]
    upload = announce(http, 2 * CHUNK)
    answer = ingest.put(f"/uploads/{upload['id']}/chunks/0", content=body, headers=headers)
    assert problem(answer) == expected
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert http.get(f"/uploads/{upload['id']}").json()["received"] == 0


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", "/uploads/{id}/chunks/7", (422, "upload.chunk_number")),
        ("PUT", "/uploads/01900000-0000-7000-8000-000000000000/chunks/0", (404, "not_found")),
        ("PUT", "/uploads/../chunks/0", (404, "not_found")),
        ("GET", "/uploads/{id}", (404, "not_found")),
        ("POST", "/uploads/{id}/chunks/0", (405, "request.method")),
    ],
)
def test_what_is_not_here(
    http: httpx.Client, ingest: httpx.Client, method: str, path: str, expected: tuple[int, str]
) -> None:
    upload = announce(http, 2 * CHUNK)
    answer = ingest.request(method, path.format(id=upload["id"]), content=bytes(CHUNK))
    assert problem(answer) == expected
    assert answer.headers.get("allow", "PUT") == "PUT"


def test_bytes_of_unknown_length_are_for_the_http_door(http: httpx.Client, ingest: httpx.Client) -> None:
    upload, data = announce(http, CHUNK), noise(CHUNK)
    path = f"/uploads/{upload['id']}/chunks/0"
    assert problem(ingest.put(path, content=iter([data]))) == (400, "request.malformed")
    assert http.put(path, content=iter([data])).status_code == 201


def test_a_stranger_and_a_weak_token_get_nothing(farm: Farm, http: httpx.Client, ingest: httpx.Client) -> None:
    upload = announce(http, CHUNK)
    path, data = f"/uploads/{upload['id']}/chunks/0", noise(CHUNK)
    for token, expected in (
        (farm.token("somebody"), (404, "not_found")),
        (farm.token("somebody", scopes=("jobs:read",)), (403, "auth.forbidden")),
    ):
        assert problem(ingest.put(path, content=data, headers={"Authorization": f"Bearer {token}"})) == expected


def test_a_refusal_reaches_a_sender_of_much_more(farm: Farm, http: httpx.Client, owner: str, port: int) -> None:
    """The answer must not be lost in a reset while megabytes are on their way."""
    upload = announce(http, CHUNK)
    with raw(port) as connection:
        connection.sendall(head(farm, owner, upload, 0, 50_000_000))
        with contextlib.suppress(OSError):
            for _ in range(400):
                connection.sendall(bytes(10_000))
        status, body = answer_of(connection)
    assert (status, body["code"]) == (422, "upload.chunk_length")


def test_problems_speak_korean(ingest: httpx.Client) -> None:
    answer = ingest.put("/nothing", headers={"Accept-Language": "ko", "X-Request-ID": "abc"})
    assert (answer.headers["content-language"], answer.headers["x-request-id"]) == ("ko", "abc")


def test_a_connection_that_breaks_counts_nothing(farm: Farm, http: httpx.Client, owner: str, port: int) -> None:
    data = noise(CHUNK)
    upload = announce(http, len(data))
    with raw(port) as connection:
        connection.sendall(head(farm, owner, upload, 0, CHUNK) + data[:-1])
    assert http.get(f"/uploads/{upload['id']}").json()["received"] == 0
    until = time.monotonic() + 5
    while (answer := put(http, upload["id"], 0, data)).status_code == 409 and time.monotonic() < until:
        time.sleep(0.05)  # the other process lets go as soon as it hears
    assert answer.status_code == 201


def test_a_silent_sender_is_told_and_loses_its_place(farm: Farm, http: httpx.Client, owner: str, port: int) -> None:
    data = noise(CHUNK)
    upload = announce(http, len(data))
    with raw(port) as connection:
        connection.sendall(head(farm, owner, upload, 0, CHUNK) + data[:100])
        began = time.monotonic()
        status, body = answer_of(connection)
        assert (status, body["code"]) == (408, "upload.stalled")
        assert STALL_S * 0.8 < time.monotonic() - began < STALL_S * 2
    assert put(http, upload["id"], 0, data).status_code == 201


def test_a_newer_request_takes_the_place_of_a_silent_one(tmp_path: Path, farm: Farm, owner: str, port: int) -> None:
    (patient,) = free_ports(1)
    settings = farm.settings.model_copy(update={"ingest_port": patient, "upload_stall_s": 60.0})
    process = subprocess.Popen(
        [sys.executable, "-m", ROLES["ingest"].module],
        env={**os.environ, **runtime.environment(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(patient)
        data = noise(CHUNK)
        with farm.client(farm.token(owner)) as http, raw(patient) as silent:
            upload = announce(http, len(data))
            silent.sendall(head(farm, owner, upload, 0, CHUNK) + data[:100])
            time.sleep(0.5)
            url = f"http://127.0.0.1:{patient}/api/v1/uploads/{upload['id']}/chunks/0"
            early = httpx.put(url, content=data, headers=dict(http.headers))
            assert problem(early) == (409, "upload.busy")
            time.sleep(3.0)
            assert httpx.put(url, content=data, headers=dict(http.headers), timeout=10).status_code == 201
            assert answer_of(silent)[1]["code"] == "upload.stalled"
    finally:
        process.terminate()
        assert process.wait(15) == 0


def test_a_slow_sender_is_not_silent(farm: Farm, http: httpx.Client, owner: str, port: int) -> None:
    data = noise(CHUNK)
    upload = announce(http, len(data))
    with raw(port) as connection:
        connection.sendall(head(farm, owner, upload, 0, CHUNK))
        for at in range(0, CHUNK, CHUNK // 4):
            time.sleep(STALL_S * 0.4)
            connection.sendall(data[at : at + CHUNK // 4])
        assert answer_of(connection)[0] == 201


def test_one_connection_carries_many_chunks(farm: Farm, http: httpx.Client, owner: str, port: int) -> None:
    data = noise(8 * CHUNK)
    upload = announce(http, len(data))
    with raw(port) as connection:
        for number in range(8):
            piece = data[number * CHUNK :][:CHUNK]
            if number == 3:  # head and body in one segment, and a client that waits to be asked
                connection.sendall(head(farm, owner, upload, number, CHUNK, "Expect: 100-continue"))
                assert connection.recv(100).startswith(b"HTTP/1.1 100")
                connection.sendall(piece)
            else:
                connection.sendall(head(farm, owner, upload, number, CHUNK) + piece)
            assert answer_of(connection)[0] == 201
    assert http.get(f"/uploads/{upload['id']}").json()["missing"] == []


def test_presigned_urls_lead_here(farm: Farm, http: httpx.Client, port: int) -> None:
    data = noise(200_000)
    made = http.post("/uploads/presign", json={"name": "print.tif", "size": len(data)}).json()
    assert made["url"].startswith(f"http://127.0.0.1:{port}/")
    assert problem(httpx.put(made["url"].replace("signature=", "signature=x"), content=data)) == (403, "link.invalid")
    assert httpx.put(made["url"], content=data, headers=made["headers"]).status_code == 200
    assemble(farm, http.post(f"/uploads/{made['upload']['id']}/complete").json()["job"])
    assert http.get(f"/uploads/{made['upload']['id']}").json()["sha256"] == sha256(data)
    empty = http.post("/uploads/presign", json={"name": "none.bin", "size": 0}).json()
    assert problem(httpx.put(empty["url"], content=b"x")) == (413, "request.too_large")
    assert httpx.put(empty["url"], content=b"").status_code == 200


def test_pages_of_named_origins_may_send(ingest: httpx.Client) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}
    answer = ingest.options("/uploads/x/chunks/0", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, ORIGIN)
    assert "authorization" in answer.headers["access-control-allow-headers"]
    told = ingest.put("/uploads/x/chunks/0", content=b"", headers={"Origin": ORIGIN})
    assert told.headers["access-control-allow-origin"] == ORIGIN
    other = ingest.put("/uploads/x/chunks/0", content=b"", headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in other.headers


def test_operators_see_it(port: int, http: httpx.Client, ingest: httpx.Client) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/health").json() == {"status": "ok"}

    def taken() -> float:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        found = re.search(r"^farm_ingest_bytes_total (\S+)$", text, re.MULTILINE)
        assert found is not None
        return float(found[1])

    before = taken()
    upload = announce(http, CHUNK)
    ingest.put(f"/uploads/{upload['id']}/chunks/0", content=noise(CHUNK))
    assert taken() - before == CHUNK


def test_the_command_line_uses_it_and_does_without(
    farm: Farm, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(noise(5 * CHUNK))
    for name, value in (("URL", farm.url), ("TOKEN", farm.token(owner)), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(f"FARM_{name}", value)

    def through_ingest() -> float:
        text = httpx.get(f"{farm.settings.ingest_url}/metrics").text
        found = re.search(r'^farm_ingest_requests_total\{method="PUT",status="201"\} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    before = through_ingest()
    assert execute(["upload", str(file), "--no-wait", "--chunk-size", str(CHUNK), "-o", "json"]) == 0
    assert through_ingest() - before == 5
    capsys.readouterr()
    (nobody,) = free_ports(1)
    services = farm.app.state.services
    monkeypatch.setattr(
        services, "settings", farm.settings.model_copy(update={"ingest_url": f"http://127.0.0.1:{nobody}"})
    )
    file.write_bytes(noise(5 * CHUNK, seed=2))
    assert execute(["upload", str(file), "--no-wait", "--chunk-size", str(CHUNK), "-o", "json"]) == 0
    assert through_ingest() - before == 5

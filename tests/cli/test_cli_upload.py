"""`farm upload` over real connections, against a small server that keeps sessions as the farm does."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google_crc32c
import pytest

from api.cli import amounts, patience
from api.cli.source import Source
from farm.errors import Refused
from tests.cli.conftest import Said

KIB = 1024
Run = Callable[..., Said]
Spoil = Callable[[Any], bool]


@dataclass
class Session:
    """An upload as the server keeps it."""

    asked: dict[str, Any]
    chunks: dict[int, bytes] = field(default_factory=dict)
    state: str = "open"
    error: dict[str, str] | None = None
    left_to_verify: int = 1  # answers before it is complete


@dataclass
class Uploads:
    """What the server has, was asked, and does wrong: each of ``spoils`` spoils one PUT."""

    sessions: dict[str, Session] = field(default_factory=dict)
    spoils: list[Spoil] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    checksums: dict[int, str] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None  # of new sessions
    found_wrong: dict[str, str] | None = None  # what the verification finds
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str, pattern: str) -> int:
        return sum(m == method and re.fullmatch(pattern, path) is not None for m, path in self.asked)

    @property
    def puts(self) -> int:
        return self.count("PUT", "/uploads/u[0-9]+/chunks/[0-9]+")

    def only(self) -> Session:
        (session,) = self.sessions.values()
        return session


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    uploads: Uploads

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, body: Any, status: int = 200, **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def problem(self, status: int, code: str, **headers: str) -> bool:
        self.answer({"code": code, "detail": "because"}, status, **headers)
        return True

    def drop(self) -> bool:
        self.close_connection = True
        self.connection.close()
        return True

    def view(self, name: str) -> dict[str, Any]:
        session = self.uploads.sessions[name]
        size, chunk = session.asked["size"], session.asked["chunk_size"]
        done = session.state == "complete"
        received = sum(map(len, session.chunks.values()))
        return {
            "id": name, "protocol": "chunks", "state": session.state, "name": session.asked["name"], "size": size,
            "type": session.asked.get("type"), "media_type": None, "chunk_size": chunk, "chunks": -(-size // chunk),
            "received": received, "job": None if session.state == "open" else "j1", "error": session.error,
            "artifact": "a1" if done else None, "blob": self.digest(session) if done else None,
            "fingerprint": session.asked["fingerprint"], "links": {"chunks": f"/api/v1/uploads/{name}/chunks"},
            "progress": {"phase": "assembling", "done": received, "total": size, "fraction": 0.5},
        }  # fmt: skip

    @staticmethod
    def digest(session: Session) -> str:
        return hashlib.sha256(b"".join(session.chunks[n] for n in sorted(session.chunks))).hexdigest()

    def do_GET(self) -> None:
        path, query = self.noted("GET")
        if path == "/uploads":
            wanted = {key: query[key][0] for key in ("state", "fingerprint") if key in query}
            views = [self.view(name) for name in reversed(self.uploads.sessions)]
            self.answer({"items": [v for v in views if wanted.items() <= v.items()], "next": None})
        elif path.startswith("/artifacts/"):
            self.answer({"id": "a1", "url": "/api/v1/artifacts/a1/content?signature=s"})
        else:
            name = path.split("/")[2]
            self.settle(name)
            view = self.view(name)
            if "chunks" in query:
                size = view["chunk_size"]
                view["stored"] = [
                    {"number": n, "start": n * size, "size": len(data), "crc32c": crc(data)}
                    for n, data in self.uploads.sessions[name].chunks.items()
                ]
            self.answer(view)

    def settle(self, name: str) -> None:
        session = self.uploads.sessions[name]
        if session.state == "assembling":
            session.left_to_verify -= 1
            if session.left_to_verify <= 0:
                session.error = self.uploads.found_wrong
                session.state = "failed" if session.error else "complete"

    def do_POST(self) -> None:
        path, _ = self.noted("POST")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if path == "/uploads":
            if self.uploads.refusal is not None:
                self.problem(*self.uploads.refusal)
                return
            name = f"u{len(self.uploads.sessions)}"
            self.uploads.sessions[name] = Session({"chunk_size": 64 * KIB, **body})
            self.answer(self.view(name), 201)
            return
        name = path.split("/")[2]
        session = self.uploads.sessions[name]
        if sum(map(len, session.chunks.values())) < session.asked["size"]:
            self.problem(409, "upload.incomplete")
            return
        assert body["sha256"] == self.digest(session)
        session.state = "assembling"
        self.answer(self.view(name), 202)

    def do_PUT(self) -> None:
        path, _ = self.noted("PUT")
        _, _, name, _, number = path.split("/")
        with self.uploads.lock:
            self.uploads.at_once += 1
            self.uploads.most_at_once = max(self.uploads.most_at_once, self.uploads.at_once)
            spoil = self.uploads.spoils.pop(0) if self.uploads.spoils else None
        try:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if spoil is not None and spoil(self):
                return
            session = self.uploads.sessions[name]
            if self.headers["X-Checksum"] != f"crc32c {crc(data)}":
                self.problem(422, "upload.checksum")
                return
            if session.chunks.setdefault(int(number), data) != data:
                self.problem(409, "upload.conflict")
                return
            self.answer({"number": int(number), "size": len(data), "crc32c": crc(data)}, 201)
        finally:
            with self.uploads.lock:
                self.uploads.at_once -= 1

    def noted(self, method: str) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path.removeprefix("/api/v1"))
        self.uploads.asked.append((method, parts.path))
        return parts.path, parse_qs(parts.query)


def crc(data: bytes) -> str:
    return f"{google_crc32c.value(data):08x}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Uploads]:
    found = Uploads()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"uploads": found}))
    httpd.daemon_threads = True
    httpd.block_on_close = False
    thread = threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    monkeypatch.setenv("FARM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FARM_URL", f"http://127.0.0.1:{httpd.server_port}")
    monkeypatch.setenv("FARM_TOKEN", "farm_test_secret")
    monkeypatch.setattr(patience, "FIRST_PAUSE_S", 0.005)
    yield found
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten chunks of 64 KiB, the last one shorter."""
    path = tmp_path / "scan.bin"
    path.write_bytes(os.urandom(9 * 64 * KIB + 777))
    return path


def test_a_file_arrives_whole_in_parallel_chunks(farm: Run, server: Uploads, file: Path) -> None:
    def slow(_: Any) -> bool:
        time.sleep(0.1)
        return False

    server.spoils.extend([slow] * 3)
    said = farm("upload", str(file), "--parallel", "3", "--type", "application/x-scan", "-o", "json")
    assert said.code == 0, said.err
    (row,) = json.loads(said.out)
    data = file.read_bytes()
    assert b"".join(server.only().chunks[n] for n in range(10)) == data
    assert server.only().asked["type"] == "application/x-scan"
    assert server.most_at_once == 3
    assert (row["name"], row["size"], row["sent"]) == ("scan.bin", len(data), len(data))
    assert (row["artifact"], row["blob"]) == ("a1", hashlib.sha256(data).hexdigest())
    assert row["url"].endswith("/api/v1/artifacts/a1/content?signature=s")
    assert f"scan.bin: {len(data) / 1000:.1f} kB of" in said.err
    assert "scan.bin: verifying" in said.err


def test_the_table_names_artifact_and_digest(farm: Run, server: Uploads, file: Path) -> None:
    said = farm("upload", str(file), "--name", "coat.bin", "--chunk-size", "128KiB")
    head, row = said.out.splitlines()
    assert head.split() == ["NAME", "SIZE", "SECONDS", "MB", "S", "ARTIFACT", "BLOB", "URL"]
    assert row.split()[:3] == ["coat.bin", "590.6", "kB"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() in row
    assert server.puts == 5


def test_another_machine_goes_on_with_what_is_missing(farm: Run, server: Uploads, file: Path, tmp_path: Path) -> None:
    server.spoils.extend([lambda _: False] * 4 + [lambda h: h.problem(409, "upload.conflict")] * 4)
    assert farm("upload", str(file), "--parallel", "1").code == 2
    assert len(server.only().chunks) == 4
    server.spoils.clear()
    server.asked.clear()
    copy = tmp_path / "elsewhere" / file.name
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    said = farm("upload", str(copy), "-o", "ndjson")
    assert said.code == 0
    assert server.puts == 6
    assert json.loads(said.out)["sent"] == file.stat().st_size - 4 * 64 * KIB
    assert "going on with upload u0; 262,144 of 590,601 bytes are there" in said.err
    assert server.only().state == "complete"


@pytest.mark.parametrize("why", ["other bytes", "another name", "--no-resume"])
def test_what_is_not_the_same_upload_begins_anew(farm: Run, server: Uploads, file: Path, why: str) -> None:
    server.spoils.extend([lambda _: False] * 2 + [lambda h: h.problem(409, "upload.conflict")])
    assert farm("upload", str(file), "--parallel", "1").code == 2
    first = server.sessions["u0"]
    if why == "other bytes":
        first.chunks[1] = bytes(64 * KIB)
    options = {"another name": ["--name", "b.bin"], "--no-resume": ["--no-resume"]}.get(why, [])
    said = farm("upload", str(file), *options)
    assert said.code == 0
    assert ("u0 has other bytes" in said.err) == (why == "other bytes")
    assert (first.state, server.sessions["u1"].state) == ("open", "complete")


def test_an_upload_that_is_being_verified_is_waited_for(farm: Run, server: Uploads, file: Path) -> None:
    said = farm("upload", str(file), "--no-wait", "-o", "json")
    (row,) = json.loads(said.out)
    assert (row["job"], row["artifact"], row["url"]) == ("j1", None, None)
    server.asked.clear()
    assert farm("upload", str(file)).code == 0
    assert server.puts == 0
    assert server.only().state == "complete"


def test_what_passes_is_sent_again(farm: Run, server: Uploads, file: Path) -> None:
    server.spoils.extend(
        [
            lambda h: h.drop(),
            lambda h: h.problem(408, "upload.stalled"),
            lambda h: h.problem(409, "upload.busy"),
            lambda h: h.problem(422, "upload.checksum"),
            lambda h: h.problem(500, "farm.internal"),
            lambda h: h.problem(503, "farm.unavailable", Retry_After="0"),
            lambda h: h.problem(429, "rate.limited", Retry_After="0"),
        ]
    )
    said = farm("upload", str(file))
    assert said.code == 0, said.err
    assert server.puts == 17
    assert server.only().state == "complete"


def test_a_farm_that_asks_for_a_pause_gets_it(farm: Run, server: Uploads, file: Path) -> None:
    server.spoils.append(lambda h: h.problem(429, "rate.limited", Retry_After="1"))
    begun = time.monotonic()
    assert farm("upload", str(file)).code == 0
    assert time.monotonic() - begun >= 1


def test_patience_ends_without_progress(farm: Run, server: Uploads, file: Path) -> None:
    server.spoils.extend([lambda h: h.problem(503, "farm.unavailable")] * 1000)
    said = farm("upload", str(file), "--give-up", "0.2s")
    assert said.code == 1
    assert "farm.unavailable" in said.err
    assert server.only().state == "open"


@pytest.mark.parametrize(
    ("status", "code", "ends"), [(409, "upload.conflict", 2), (403, "auth.forbidden", 6), (404, "not_found", 7)]
)
def test_what_cannot_pass_ends_it_at_once(
    farm: Run, server: Uploads, file: Path, status: int, code: str, ends: int
) -> None:
    server.spoils.append(lambda h: h.problem(status, code))
    said = farm("upload", str(file), "--parallel", "1")
    assert said.code == ends
    assert f"error: {code}: because" in said.err
    assert server.puts == 1


def test_a_full_quota_is_said_at_once(farm: Run, server: Uploads, file: Path) -> None:
    server.refusal = (429, "quota.exceeded")
    assert farm("upload", str(file)).code == 8
    assert server.count("POST", "/uploads") == 1


def test_an_upload_that_the_farm_ended_says_why(farm: Run, server: Uploads, file: Path) -> None:
    def ended(handler: Any) -> bool:
        server.only().state = "failed"
        server.only().error = {"code": "model.truncated", "title": "Bad", "detail": "half of it is missing"}
        return bool(handler.problem(409, "upload.not_open"))

    server.spoils.append(ended)
    said = farm("upload", str(file))
    assert said.code == 2
    assert "error: model.truncated: half of it is missing" in said.err


def test_a_verification_that_fails_says_why(farm: Run, server: Uploads, file: Path) -> None:
    server.found_wrong = {"code": "blob.digest_mismatch", "title": "Bad", "detail": "other bytes"}
    said = farm("upload", str(file))
    assert said.code == 2
    assert "blob.digest_mismatch: other bytes" in said.err


def test_a_file_that_changes_meanwhile_is_an_error(farm: Run, server: Uploads, file: Path) -> None:
    def change(_: Any) -> bool:
        with file.open("r+b") as opened:
            opened.write(b"changed")
        return False

    server.spoils.append(change)
    said = farm("upload", str(file))
    assert said.code == 2
    assert "changed while it was sent" in said.err
    assert server.only().state == "open"


def test_one_bad_file_does_not_stop_the_others(farm: Run, server: Uploads, file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.bin"
    empty.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    said = farm("upload", str(tmp_path / "gone.bin"), str(tmp_path), str(pipe), str(empty), str(file), "-o", "json")
    assert said.code == 2
    assert [row["name"] for row in json.loads(said.out)] == ["empty.bin", "scan.bin"]
    assert f"there is no file {tmp_path / 'gone.bin'}" in said.err
    assert f"{tmp_path} is a folder: name the files in it" in said.err
    assert f"{pipe} is no file" in said.err
    assert {session.state for session in server.sessions.values()} == {"complete"}


def test_a_cut_model_is_refused_before_it_is_sent(farm: Run, server: Uploads, tmp_path: Path) -> None:
    path = tmp_path / "cut.glb"
    path.write_bytes(b"glTF" + (2).to_bytes(4, "little") + (1000).to_bytes(4, "little") + bytes(500))
    said = farm("upload", str(path))
    assert said.code == 2
    assert "model.truncated" in said.err
    assert server.sessions == {}


def test_an_interrupt_says_how_to_go_on(farm: Run, server: Uploads, file: Path) -> None:
    done = file.with_name("first.bin")
    done.write_bytes(b"first")

    def interrupt(handler: Any) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        return bool(handler.drop())

    # Python drops an interrupt that comes while it runs a destructor: then the next request brings another.
    server.spoils.extend([lambda _: False] * 4 + [interrupt] * 3)
    words = ("upload", str(done), str(file), "--parallel", "1", "-o", "json")
    said = farm(*words)
    server.spoils.clear()
    assert said.code == 130
    assert [row["name"] for row in json.loads(said.out)] == ["first.bin"]
    assert f"interrupted; this goes on where it was: farm upload {file}" in said.err
    server.asked.clear()
    assert farm("upload", str(file)).code == 0
    assert server.puts == 7


def test_a_farm_that_is_not_there_is_not_waited_for(
    farm: Run, server: Uploads, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARM_URL", "http://127.0.0.1:9")
    said = farm("upload", str(file))
    assert said.code == 1
    assert "farm.unavailable" in said.err
    assert server.asked == []


def test_one_name_is_for_one_file(farm: Run, server: Uploads, file: Path) -> None:
    assert farm("upload", str(file), str(file), "--name", "a.bin").code == 2
    assert server.asked == []


@pytest.mark.parametrize(
    ("text", "count"), [("8MiB", 8 << 20), ("8m", 8 << 20), ("1.5 kB", 1500), ("4096", 4096), ("1GiB", 1 << 30)]
)
def test_sizes_as_people_type_them(text: str, count: int) -> None:
    assert amounts.size(text) == count


@pytest.mark.parametrize("text", ["", "MiB", "8 parsecs", "-1", "0", "1e9", "9" * 40])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(Refused):
        amounts.size(text)


@pytest.mark.parametrize(("text", "count"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("1d", 86400)])
def test_durations_as_people_type_them(text: str, count: float) -> None:
    assert amounts.duration(text) == count


@pytest.mark.parametrize("at", [0, 3 << 20, (4 << 20) - 1])
def test_the_fingerprint_is_of_size_ends_and_samples(tmp_path: Path, at: int) -> None:
    path = tmp_path / "a.bin"
    data = bytearray(4 << 20)
    path.write_bytes(data)
    with Source(path) as source:
        before = source.fingerprint()
    data[at] = 1
    path.write_bytes(data)
    with Source(path) as source:
        assert source.fingerprint() != before
    path.write_bytes(bytes(5 << 20))
    with Source(path) as source:
        assert source.fingerprint() not in {before, ""}
    assert re.fullmatch("farm-cli:[0-9a-f]{64}", before)

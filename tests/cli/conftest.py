"""A farm's doors as a small server, so that the command line is tested over real connections without a farm."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.cli.app import execute

TOKEN = "farm_test_secret"


@dataclass
class Doors:
    """What the farm has, what it was asked, and what it does wrong."""

    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # revisions, oldest first
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)  # by artifact id
    blobs: dict[str, int] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    batch_lines: list[list[dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    broken: list[Callable[[Any], bool]] = field(default_factory=list)  # each spoils one request
    workers: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def paths(self, method: str) -> list[str]:
        return [path for m, path, _, _ in self.asked if m == method]

    def job(self, *states: str, job_id: str = "j1", **extra: Any) -> None:
        """A job that goes through these states, a revision each."""
        self.jobs[job_id] = [
            {
                "id": job_id, "kind": "still", "state": state, "revision": i + 1, "batch": None, "error": None,
                "created_at": "2026-01-01T00:00:00Z", "finished_at": None, "artifacts": [],
                "progress": {"fraction": 0.5}, "owner": "me", "priority": 0,
                "steps": [{"key": "render", "lane": "render", "state": "running", "done": i, "total": 4}],
                **extra,
            }
            for i, state in enumerate(states)
        ]  # fmt: skip

    def artifact(self, name: str, data: bytes, job: str = "j1") -> dict[str, Any]:
        number = f"a{len(self.artifacts)}"
        made = {
            "id": number, "job": job, "name": name, "size": len(data), "digest": hashlib.sha256(data).hexdigest(),
            "media_type": "image/png", "source": "rendered", "created_at": "2026-01-01T00:00:00Z",
            "url": f"/api/v1/artifacts/{number}/content?expires=1&signature=s",
        }  # fmt: skip
        self.artifacts.append(made)
        self.contents[number] = data
        return made


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    doors: Doors

    def log_message(self, *_: Any) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def problem(self, status: int, code: str, detail: str = "", **extra: Any) -> None:
        self.send({"status": status, "code": code, "detail": detail, **extra}, status)

    def _spoilt(self) -> bool:
        for spoil in [*self.doors.broken]:
            if spoil(self):
                self.doors.broken.remove(spoil)
                return True
        return False

    def drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def do_GET(self) -> None:
        self.doors.asked.append(("GET", self.path, dict(self.headers), b""))
        if self._spoilt():
            return
        path, _, query = self.path.removeprefix("/api/v1").partition("?")
        parts = path.strip("/").split("/")
        if parts[-1] == "content":
            self._content(self.doors.contents[parts[1]])
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.problem(401, "auth.invalid", "who are you")
        elif parts[0] == "jobs" and len(parts) == 1:
            self._page([revisions[-1] for revisions in self.doors.jobs.values()], query)
        elif parts[0] == "workers":
            self.send({"items": self.doors.workers, "next": None})
        elif parts[0] == "lanes":
            self.send({"items": [{"name": "render", "depth": 7}], "next": None})
        elif parts[-1] == "logs":
            self._page(self.doors.logs, query)
        elif parts[0] == "jobs" and parts[1] not in self.doors.jobs:
            self.problem(404, "not_found", "there is no such job")
        elif parts[0] == "jobs" and len(parts) == 2:
            self.send(self.doors.jobs[parts[1]][0])
        elif parts[0] == "jobs" and parts[2] == "events":
            self._events(self.doors.jobs[parts[1]])
        elif parts[0] == "artifacts" and len(parts) == 1:
            job = re.search(r"job=(\w+)", query)
            self._page([a for a in self.doors.artifacts if not job or a["job"] == job[1]], query)
        elif parts[0] == "artifacts":
            self.send(next(a for a in self.doors.artifacts if a["id"] == parts[1]))
        elif parts[0] == "blobs" and parts[1] in self.doors.blobs:
            self.send({"digest": parts[1], "size": self.doors.blobs[parts[1]], "media_type": "model/gltf-binary"})
        elif parts[0] == "batches" and parts[1] in self.doors.batches:
            self.send(self.doors.batches[parts[1]])
        else:
            self.problem(404, "not_found", "nothing here")

    def do_POST(self) -> None:
        body = self._body()
        self.doors.asked.append(("POST", self.path, dict(self.headers), body))
        if self._spoilt():
            return
        path = self.path.removeprefix("/api/v1").partition("?")[0]
        if path == "/blobs":
            digest = hashlib.sha256(body).hexdigest()
            self.doors.blobs[digest] = len(body)
            self.send({"digest": digest, "size": len(body), "media_type": "model/gltf-binary", "inspection": {}}, 201)
        elif path == "/jobs":
            if "j1" not in self.doors.jobs:
                self.doors.job("queued", "running", "succeeded")
            self.send(self.doors.jobs["j1"][0], 202)
        elif path == "/batches":
            rows = [json.loads(line) for line in body.splitlines()]
            self.doors.batch_lines.append(rows)
            total = len(rows)
            self.doors.batches["b1"] = {"id": "b1", "total": total, "states": {"succeeded": total}, "name": "rows"}
            self.send(self.doors.batches["b1"], 202)
        elif path.startswith("/jobs/"):
            self.send({**self.doors.jobs["j1"][0], "state": "cancelled"})
        else:
            self.problem(404, "not_found", "nothing here")

    def _page(self, items: list[Any], query: str) -> None:
        at = int(m[1]) if (m := re.search(r"cursor=(\d+)", query)) else 0
        most = min(2, int(m[1])) if (m := re.search(r"limit=(\d+)", query)) else 2
        following = str(at + most) if at + most < len(items) else None
        self.send({"items": items[at : at + most], "next": following})

    def _content(self, data: bytes) -> None:
        start = int(m[1]) if (m := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        self.send(data[start:], 206 if start else 200)

    def _events(self, revisions: Sequence[dict[str, Any]]) -> None:
        seen = int(self.headers.get("Last-Event-ID", "-1"))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"retry: 10\n\n: alive\n\n")
        for job in revisions:
            if job["revision"] > seen:
                self.wfile.write(f"id: {job['revision']}\nevent: job\ndata: {json.dumps(job)}\n\n".encode())
                if self._spoilt():
                    break
        self.close_connection = True


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Doors]:
    found = Doors()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"doors": found}))
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("FARM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FARM_URL", found.url)
    monkeypatch.setenv("FARM_TOKEN", TOKEN)
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def farm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Said]:
    """Runs `farm …` in this process; exit code and what it said."""
    if "FARM_DATA_DIR" not in os.environ:
        monkeypatch.setenv("FARM_DATA_DIR", str(tmp_path / "data"))

    def call(*argv: str) -> Said:
        code = execute(argv)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call

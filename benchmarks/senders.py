"""Clients that send one file to a farm and go on after whatever breaks: plain curl, tus-js-client, and our own.

Each is a program of its own, as users have it, and returns the id of the upload. None gives up before ``patience_s``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from farm import checksums
from farm.embedded import Embedded

CHUNK = 8 << 20
TUS_CLIENT = Path(__file__).resolve().parents[1] / "tests" / "tus_clients" / "upload.mjs"
AGAIN_S = 0.1


class Gone(Exception):
    """The farm did not answer, or answered that it cannot now: try again."""


class Curl:
    """The farm through curl's command line."""

    def __init__(self, farm: Embedded) -> None:
        self._base = f"{farm.url}/api/v1"
        self._token = farm.token

    def call(
        self, method: str, path: str, *, data: bytes | None = None, headers: Sequence[str] = (), rate: str = ""
    ) -> Any:
        """One request; the JSON of its answer. Raises Gone when another try is worth it, RuntimeError for the rest.

        ``rate`` is curl's ``--limit-rate``, such as ``20M``.
        """
        words = ["curl", "-sS", "--max-time", "120", "-X", method, "-w", "\n%{http_code}"]
        for line in (f"Authorization: Bearer {self._token}", "Expect:", *headers):
            words += ["-H", line]
        if rate:
            words += ["--limit-rate", rate]
        if data is not None:
            words += ["--data-binary", "@-"]
        done = subprocess.run([*words, f"{self._base}{path}"], input=data, capture_output=True, check=False)
        body, _, status = done.stdout.rpartition(b"\n")
        if done.returncode:  # no whole answer
            raise Gone(done.stderr.decode(errors="replace"))
        if int(status) >= 500 or int(status) in {408, 429} or b'"upload.busy"' in body:
            raise Gone(body.decode(errors="replace"))
        if int(status) >= 400:
            msg = f"{method} {path}: {status.decode()} {body[:500]!r}"
            raise RuntimeError(msg)
        return json.loads(body) if body else None

    def insist(self, until: float, method: str, path: str, **more: Any) -> Any:
        """The same call until it is answered, or the time (monotonic) is up."""
        while True:
            try:
                return self.call(method, path, **more)
            except Gone as error:
                if time.monotonic() > until:
                    msg = f"{method} {path} was not answered in time: {error}"
                    raise RuntimeError(msg) from error
                time.sleep(AGAIN_S)


def crc32c(data: bytes) -> str:
    """In hex."""
    hasher = checksums.new("crc32c")
    hasher.update(data)
    return hasher.digest().hex()


def curl_chunks(
    farm: Embedded, file: Path, *, patience_s: float = 120, connections: int = 4, chunk: int = CHUNK, rate: str = ""
) -> str:
    """A chunk session by curl alone: asks what is missing, sends that with CRC-32Cs, until nothing is."""
    curl, until, size = Curl(farm), time.monotonic() + patience_s, file.stat().st_size
    mark = f"curl-{os.getpid()}-{time.monotonic_ns()}"
    wanted = json.dumps({"name": file.name, "size": size, "chunk_size": chunk, "fingerprint": mark}).encode()
    upload = ""
    while not upload:
        # An answer that was lost may have made the session all the same.
        found = curl.insist(until, "GET", f"/uploads?fingerprint={mark}")["items"]
        try:
            made = found[0] if found else curl.call("POST", "/uploads", data=wanted, headers=[_JSON])
        except Gone:
            time.sleep(AGAIN_S)
            continue
        upload = made["id"]
    with file.open("rb") as source, ThreadPoolExecutor(connections) as pool:

        def send(number: int) -> None:
            data = os.pread(source.fileno(), min(chunk, size - number * chunk), number * chunk)
            path = f"/uploads/{upload}/chunks/{number}"
            headers = [f"X-Checksum: crc32c {crc32c(data)}", _BYTES]
            curl.insist(until, "PUT", path, data=data, headers=headers, rate=rate)

        while missing := curl.insist(until, "GET", f"/uploads/{upload}")["missing"]:
            list(pool.map(send, [number for first, last in missing for number in range(first, last + 1)]))
    curl.insist(until, "POST", f"/uploads/{upload}/complete")
    return upload


_JSON = "Content-Type: application/json"
_BYTES = "Content-Type: application/octet-stream"


def tus_js(
    farm: Embedded,
    file: Path,
    *,
    patience_s: float = 120,
    parallel: int = 4,
    chunk: int | None = None,
    state: Path | None = None,
    deferred: bool = False,
) -> str:
    """tus-js-client under Node.js; with ``state`` (a file) it is started again when it gave up, and goes on."""
    want = {
        "endpoint": f"{farm.url}/api/v1/tus",
        "token": farm.token,
        "file": str(file),
        "parallel": parallel,
        "chunk": chunk,
        "deferred": deferred,
        "state": str(state) if state else None,
        "retries": max(1, int(patience_s * 2)),
    }
    words = ["node", str(TUS_CLIENT), json.dumps({name: value for name, value in want.items() if value is not None})]
    until = time.monotonic() + patience_s
    while True:
        left = max(1.0, until - time.monotonic())
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=left)
        if not done.returncode:
            return done.stdout.strip().rsplit("/", 1)[1]
        if state is None or time.monotonic() > until:
            msg = f"tus-js-client gave up: {done.stderr[-1000:]}"
            raise RuntimeError(msg)
        time.sleep(AGAIN_S)


def own(farm: Embedded, file: Path, *, patience_s: float = 120) -> str:
    """`farm upload`, started again when it gave up: it finds its session again."""
    until = time.monotonic() + patience_s
    words = [sys.executable, "-m", "api.cli", "upload", str(file), "--output", "json"]
    env = {**os.environ, "FARM_URL": farm.url, "FARM_TOKEN": farm.token}
    while True:
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=patience_s)
        if not done.returncode:
            return _upload_of(json.loads(done.stdout))
        if time.monotonic() > until:
            msg = f"farm upload gave up: {done.stderr[-1000:]}"
            raise RuntimeError(msg)
        time.sleep(AGAIN_S)


def _upload_of(answer: Any) -> str:
    found: str = (answer[0] if isinstance(answer, list) else answer)["upload"]
    return found


def settled(farm: Embedded, upload: str, *, patience_s: float = 120) -> dict[str, Any]:
    """The upload once its completion has ended, however often the door is away meanwhile."""
    curl, until = Curl(farm), time.monotonic() + patience_s
    while True:
        view: dict[str, Any] = curl.insist(until, "GET", f"/uploads/{upload}", headers=["Prefer: wait=5"])
        if view["state"] in {"complete", "failed"}:
            return view
        if view["state"] == "open" and not view["missing"]:  # the farm could not complete it then
            curl.insist(until, "POST", f"/uploads/{upload}/complete")
        if time.monotonic() > until:
            msg = f"the completion did not end in time: {view}"
            raise RuntimeError(msg)


def blocks(file: Path, size: int, *, every: int = 1 << 20, length: int = 4096) -> Path:
    """Writes a sparse file of ``size`` bytes with ``length`` random bytes every ``every``, so that places differ."""
    with file.open("wb") as target:
        for start in range(0, size, every):
            target.seek(start)
            target.write(os.urandom(min(length, size - start)))
        target.truncate(size)
    return file

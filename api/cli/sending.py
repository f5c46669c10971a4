"""One file through one upload session: found again or opened, its missing chunks sent in parallel, completed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import orjson

from api.cli.patience import Patience
from api.cli.screen import note
from api.cli.source import Digest, Source, Stopped
from farm.errors import FarmError, FarmFault, Refused, lookup

if TYPE_CHECKING:
    from api.cli.client import Farm
    from api.cli.screen import Bars

LEAVE_S = 2.0
"""How long an interrupted command waits for its threads; they end with the process."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a file is sent. ``media_type`` and ``chunk_size`` (bytes) None: the farm finds and chooses them."""

    name: str
    media_type: str | None = None
    chunk_size: int | None = None
    parallel: int = 4
    resume: bool = True
    give_up_s: float = 600.0


class Sending:
    """A file on its way. ``sent`` are the bytes that this process brought, ``upload`` the session as last seen.

    Raises FarmError with the farm's code, or ``farm.unavailable`` when nothing succeeded for ``give_up_s`` seconds.
    """

    def __init__(self, farm: Farm, source: Source, wanted: Wanted, bars: Bars) -> None:
        self.upload: dict[str, Any] = {}
        self.sent = 0
        self.sending_s = 0.0
        self._farm = farm
        self._source = source
        self._wanted = wanted
        self._bars = bars
        self._stop = Event()
        self._patience = Patience(wanted.give_up_s, self._stop)
        self._stored: set[int] = set()
        self._kept = 0
        self._on_the_way: dict[int, int] = {}
        self._lock = Lock()
        self._door = ""

    @property
    def kept(self) -> int:
        """Bytes that the farm has."""
        return self._kept + self.sent

    def run(self, *, wait: bool = True) -> dict[str, Any]:
        """Sends what is missing and completes; the upload as the farm has it then. An interrupt stops all threads."""
        digest = Digest(self._source)
        try:
            self._open()
            if self.upload["state"] == "open":
                self._send()
            sha256 = digest.result(lambda done: self._bars(f"{self._wanted.name}: sha256", done, self._source.size))
            self._source.must_be_unchanged()
            self._complete(sha256, wait=wait)
        finally:
            self._stop.set()
            digest.stop()
        return self.upload

    # The session

    def _open(self) -> None:
        fingerprint = self._source.fingerprint()
        if not (self._wanted.resume and self._find(fingerprint)):
            asked = {
                "name": self._wanted.name,
                "size": self._source.size,
                "type": self._wanted.media_type,
                "chunk_size": self._wanted.chunk_size,
                "fingerprint": fingerprint,
            }
            self.upload = self._post("/uploads", {k: v for k, v in asked.items() if v is not None})

    def _find(self, fingerprint: str) -> bool:
        """Takes up the newest session of these bytes, name and type, whichever machine opened it."""
        for state in ("assembling", "open"):
            for found in self._get("/uploads", state=state, fingerprint=fingerprint, limit=50)["items"]:
                same = (found["protocol"], found["name"], found["size"], found["type"]) == (
                    "chunks",
                    self._wanted.name,
                    self._source.size,
                    self._wanted.media_type,
                )
                if same and self._take_up(found):
                    return True
        return False

    def _take_up(self, found: dict[str, Any]) -> bool:
        if found["state"] != "open":
            self.upload = found
            return True
        view = self._get(f"/uploads/{quote(found['id'], safe='')}", chunks="true")
        stored, checked = view.pop("stored") or [], 0
        for chunk in stored:
            if self._source.crc32c(chunk["start"], chunk["size"]) != chunk["crc32c"]:
                note(f"{self._wanted.name}: upload {view['id']} has other bytes; a new one is begun")
                return False
            checked += chunk["size"]
            if checked < self._source.size:
                self._bars(f"{self._wanted.name}: comparing", checked, view["received"])
        self.upload = view
        self._stored = {chunk["number"] for chunk in stored}
        self._kept = checked
        note(
            f"{self._wanted.name}: going on with upload {view['id']}; "
            f"{checked:,} of {self._source.size:,} bytes are there"
        )
        return True

    def _get(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Any:
        return self._patience.ask(lambda: self._farm.http.get(path, params=params, headers=headers)).json()

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._patience.ask(lambda: self._farm.http.post(path, content=orjson.dumps(body), headers=sent)).json()

    @property
    def _path(self) -> str:
        return f"/uploads/{quote(self.upload['id'], safe='')}"

    # The chunks

    def _send(self) -> None:
        link = self.upload.get("links", {}).get("chunks", "")
        self._door = link if "://" in link else f"{self._path}/chunks"
        missing = iter([n for n in range(self.upload["chunks"]) if n not in self._stored])
        outcomes: SimpleQueue[Exception | None] = SimpleQueue()
        threads = [
            Thread(target=self._work, args=(missing, outcomes), name=f"chunks-{i}", daemon=True)
            for i in range(self._wanted.parallel)
        ]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        ended = 0
        failed: Exception | None = None
        try:
            while ended < len(threads):
                try:
                    outcome = outcomes.get(timeout=0.1)
                except Empty:
                    pass
                else:
                    ended += 1
                    if failed is None or isinstance(failed, Stopped):
                        failed = outcome or failed
                self._show()
        finally:
            if failed is not None or ended < len(threads):
                self._stop.set()
            until = time.monotonic() + LEAVE_S
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
            self.sending_s = time.monotonic() - begun
        if failed is not None:
            raise failed
        self._show()

    def _show(self) -> None:
        done = self.kept + sum(list(self._on_the_way.values()))
        self._bars(self._wanted.name, min(done, self._source.size), self._source.size)

    def _work(self, missing: Iterator[int], outcomes: SimpleQueue[Exception | None]) -> None:
        """A thread: one chunk after the other until none is left. The first failure stops the others."""
        try:
            while not self._stop.is_set():
                with self._lock:
                    number = next(missing, None)
                if number is None:
                    break
                self._chunk(number)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            self._stop.set()
            outcomes.put(error)
        else:
            outcomes.put(None)

    def _chunk(self, number: int) -> None:
        start = number * self.upload["chunk_size"]
        size = min(self.upload["chunk_size"], self._source.size - start)
        crc32c = self._source.crc32c(start, size)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "X-Checksum": f"crc32c {crc32c}",
        }

        def put() -> httpx.Response:
            door = self._door
            try:
                body = self._body(number, start, size)
                return self._farm.http.put(f"{door}/{number}", content=body, headers=headers)
            except httpx.ConnectError:
                self._door = f"{self._path}/chunks"  # a fast door that cannot be reached from here is none
                raise

        try:
            self._patience.ask(put, self._must_be_open)
        except FarmError as error:
            if error.code == "upload.not_open":  # what ended it says more
                self._must_be_open()
            raise
        with self._lock:
            self.sent += size
            self._on_the_way.pop(number, None)

    def _body(self, number: int, start: int, size: int) -> Iterator[bytes]:
        sent = 0
        self._source.must_be_unchanged()
        for piece in self._source.pieces(start, size):
            if self._stop.is_set():
                raise Stopped
            yield piece
            sent += len(piece)
            self._on_the_way[number] = sent
        self._source.must_be_unchanged()

    def _must_be_open(self) -> None:
        """Raises the error that ended the upload: a farm that refuses the bytes may close the connection at once."""
        view = self._get(self._path)
        if view["state"] == "failed":
            raise _ended(view)

    # The completion

    def _complete(self, sha256: str, *, wait: bool) -> None:
        headers = {"Prefer": "wait=1"} if wait else {}
        self.upload = self._post(f"{self._path}/complete", {"sha256": sha256}, headers)
        while wait and self.upload["state"] == "assembling":
            progress = self.upload["progress"]
            self._bars(f"{self._wanted.name}: verifying", progress["done"], progress["total"] or self._source.size)
            self.upload = self._get(self._path, headers=headers)
        if self.upload["state"] in {"failed", "open"}:
            raise _ended(self.upload)
        if self.upload["state"] == "complete" and self.upload["blob"] != sha256:
            raise FarmFault("blob.digest_mismatch", f"the farm has {self.upload['blob']}, the file here is {sha256}")


def _ended(view: dict[str, Any]) -> FarmError:
    error = view["error"] or {"code": "farm.internal", "detail": f"the upload is {view['state']} and nobody said why"}
    kind = FarmFault if lookup(error["code"]).status >= 500 else Refused
    return kind(error["code"], error["detail"] or error.get("title", ""))

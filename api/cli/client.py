"""The farm over HTTP: where it is, who asks, and its problems as our errors."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from api.cli.screen import note
from farm.blobs import CHUNK
from farm.errors import FarmError, FarmFault, Refused
from farm.settings import Settings

TRIES = 5
"""Requests that may safely be sent again are, with a pause that doubles from a quarter of a second."""

_AGAIN = frozenset({502, 503, 504})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


class Farm:
    """One farm and one owner's token. Found in ``FARM_URL`` and ``FARM_TOKEN``, else in the data directory.

    Raises FarmError with the code of the problem that the farm answers, ``farm.unavailable`` when nobody answers.
    """

    def __init__(self, settings: Settings) -> None:
        self.url = (settings.server_url or _read(settings.data_dir / "url") or settings.url).rstrip("/")
        token = settings.token.get_secret_value() or _read(settings.data_dir / "token")
        self.http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(60, connect=5),
            limits=httpx.Limits(max_connections=16),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path below /api/v1."""
        return self._json(lambda: self.http.get(path, params={k: v for k, v in params.items() if v is not None}))

    def post(self, path: str, body: Any = None, *, key: str | None = None, again: bool = False) -> Any:
        """Posts JSON. ``key`` is an Idempotency-Key, which makes it safe to send again; so does ``again``."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._json(
            lambda: self.http.post(path, content=orjson.dumps(body or {}), headers={**_JSON, **headers}),
            tries=TRIES if key or again else 1,
        )

    def delete(self, path: str) -> Any:
        """Deletes."""
        return self._json(lambda: self.http.delete(path))

    def stream(self, path: str, make: Callable[[], Iterable[bytes]], *, key: str, **params: Any) -> Any:
        """Posts NDJSON that ``make`` gives line by line, from the start on every try."""
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key}
        query = {k: v for k, v in params.items() if v is not None}
        return self._json(
            lambda: self.http.post(path, content=make(), headers=headers, params=query, timeout=600), tries=TRIES
        )

    def pages(self, path: str, *, most: int | None = None, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page."""
        cursor: str | None = None
        left = most
        while left is None or left > 0:
            found = self.get(path, **params, limit=min(200, left or 200), cursor=cursor)
            yield from found["items"]
            left = None if left is None else left - len(found["items"])
            cursor = found.get("next")
            if not cursor:
                return

    def _json(self, send: Callable[[], httpx.Response], *, tries: int = TRIES) -> Any:
        for attempt in range(1, tries + 1):
            try:
                answer = send()
            except httpx.TransportError as error:
                if attempt == tries or (isinstance(error, httpx.ConnectError) and attempt >= 2):
                    raise FarmFault("farm.unavailable", f"{self.url} does not answer ({error})") from error
            else:
                if answer.status_code not in _AGAIN or attempt == tries:
                    return self._body(answer)
            time.sleep(0.25 * 2**attempt)
        raise AssertionError

    @staticmethod
    def _body(answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        raise problem(answer)

    # Blobs

    def upload(self, path: Path, on_bytes: Callable[[int], None] = lambda _sent: None) -> dict[str, Any]:
        """Stores a file as a blob unless the owner has it; its info. ``on_bytes`` hears how much was sent."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            found: dict[str, Any] = self.get(f"/blobs/{digest}")
        except FarmError as error:
            if error.code not in {"not_found", "blob.unknown"}:
                raise
        else:
            on_bytes(path.stat().st_size)
            return found

        def chunks() -> Iterator[bytes]:
            sent = 0
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
                    sent += len(chunk)
                    on_bytes(sent)

        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
        stored: dict[str, Any] = self._json(
            lambda: self.http.post("/blobs", content=chunks(), headers=headers, timeout=600)
        )
        if stored["digest"] != digest:
            raise Refused("blob.digest_mismatch", f"{path} changed while it was sent: send it again")
        return stored

    # Events

    def watch(self, job_id: str, *, until: float | None = None) -> Iterator[dict[str, Any]]:
        """The job, each time it has changed, until it is final. Comes back by itself when the connection breaks.

        Raises FarmFault ``farm.timeout`` after the moment ``until`` (monotonic clock).
        """
        path = f"/jobs/{quote(job_id, safe='')}"
        job = self.get(path)
        yield job
        last, fails = str(job.get("revision", "")), 0
        while job["state"] not in FINAL:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise FarmFault("farm.timeout", f"job {job_id} was still {job['state']} when the time was up")
            try:
                for event_id, data in self._events(f"{path}/events", last, 30.0 if left is None else min(30.0, left)):
                    fails = 0
                    last = event_id or last
                    job = data if "steps" in data and "progress" in data else self.get(path)
                    yield job
                    if job["state"] in FINAL or (until is not None and time.monotonic() >= until):
                        break
            except httpx.TransportError:
                fails += 1
                if fails == 1:
                    note("the connection to the farm broke; waiting for it")
            if job["state"] not in FINAL:
                time.sleep(min(5.0, 0.2 * 2 ** min(fails, 5)))
                try:
                    fresh = self.get(path)
                except FarmFault:
                    if fails > 12:
                        raise
                    fails += 1
                    continue
                if fresh["revision"] != job.get("revision") or fresh["state"] != job["state"]:
                    job = fresh
                    last = str(job.get("revision", last))
                    yield job

    def _events(self, path: str, last: str, silence: float) -> Iterator[tuple[str, dict[str, Any]]]:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        timeout = httpx.Timeout(10, read=max(0.1, silence))
        with self.http.stream("GET", path, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                answer.read()
                raise problem(answer)
            event_id, data = "", []
            for line in answer.iter_lines():
                if line:
                    field, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    if field == "id":
                        event_id = value
                    elif field == "data":
                        data.append(value)
                elif data:
                    found = orjson.loads("\n".join(data))
                    data = []
                    if isinstance(found, dict):
                        yield event_id, found


FINAL = frozenset({"succeeded", "failed", "cancelled"})
_JSON = {"Content-Type": "application/json"}


def problem(answer: httpx.Response) -> FarmError:
    """A problem document (RFC 9457), or what stands in its place, as an error."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, Mapping) or "code" not in body:
        code = "not_found" if answer.status_code == 404 else "farm.unavailable"
        return FarmFault(code, f"{answer.request.url} answered {answer.status_code}: is this a farm?")
    kind = FarmFault if answer.status_code >= 500 else Refused
    return kind(str(body["code"]), str(body.get("detail", "")), {k: body[k] for k in ("errors", "rows") if k in body})


def connect() -> Farm:
    """The farm that the settings name."""
    return Farm(Settings())

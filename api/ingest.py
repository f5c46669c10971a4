"""The role `ingest`: a second door for the bytes of uploads, on a port of its own.

The HTTP door hands every piece of a body from its event loop to a thread. Here the thread reads the socket itself, so
that bytes come in about as fast as the disk takes them and the light lanes never notice. Paths, tokens, checks and
answers are those of the HTTP door; where an upload's chunks are to go, its ``links.chunks`` says.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import parse_qs

import msgspec
import structlog
from cheroot.server import Gateway, HTTPServer
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from api.http import SECURITY, header, request_id
from api.identity.auth import Authenticator, require
from api.problems import MEDIA_TYPE, answered
from api.services import Teller
from api.uploads import completion, direct, reads
from api.uploads.body import Broken, content_length
from api.uploads.chunked import checksum_of, stored
from api.uploads.raw import RawBody, linger
from farm import log as logs
from farm import runtime
from farm.blobs import open_blobs
from farm.bus import Bus
from farm.chunks import Chunks, ChunkWriter, Written
from farm.db import open_database
from farm.errors import Refused
from farm.parts import open_parts
from farm.process import tie_to_parent, watch_parent
from farm.sessions import Sessions
from farm.settings import Settings
from farm.upload_rows import find, unknown

log = structlog.get_logger()

BACKLOG = 1024
KEPT_ALIVE = 1000
KEEP_ALIVE_S = 10  # also the longest that a head may take: a slow one holds a thread
HEAD_BYTES = 32_768
_CHUNK = re.compile(r"/api/(?:v1/)?uploads/([0-9A-Za-z-]{1,64})/chunks/(\d{1,9})")
_CONTENT = re.compile(r"/api/(?:v1/)?uploads/([0-9A-Za-z-]{1,64})/content")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = "application/json"


class Metrics:
    """The process's counters."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("farm_ingest_requests", "Answers", ["method", "status"], registry=self.registry)
        self.bytes = Counter("farm_ingest_bytes", "Bytes of bodies taken in", registry=self.registry)
        self.seconds = Histogram(
            "farm_ingest_request_seconds",
            "Time from a request's head to its answer",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
        )


class Ingest:
    """What the door knows and does. Blocking, for many threads."""

    def __init__(self, settings: Settings) -> None:
        self.metrics = Metrics()
        self._settings = settings
        self._db = open_database(settings)
        self._parts = open_parts(settings, open_blobs(settings, self._db))
        self._bus = Bus(settings.redis_url)
        self._teller = Teller(self._bus)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tokens")
        self._authenticator = Authenticator(self._db, self._pool)
        self._sessions = Sessions(self._db, self._parts, self._teller.tell)
        self._chunks = Chunks(self._db, self._parts, self._teller.tell)
        self._inflows: dict[tuple[str, int], RawBody] = {}

    def close(self) -> None:
        """Says what is left to say."""
        self._pool.shutdown(wait=True)
        self._teller.close()
        self._bus.close()
        self._db.close()

    def answer(self, scope: Mapping[str, Any], body: Callable[[int], RawBody]) -> Answer:
        """One request: ``scope`` has method, path, query and headers as ASGI has them; ``body`` opens its body.
        Raises FarmError.
        """
        path, method = scope["path"], scope["method"]
        chunk, content = _CHUNK.fullmatch(path), _CONTENT.fullmatch(path)
        if chunk or content:
            if method != "PUT":
                raise Refused("request.method", "send bytes with PUT")
            if chunk:
                return self._chunk(scope, body, chunk[1], int(chunk[2]))
            assert content is not None
            return self._content(scope, body, content[1])
        if path == "/health" and method == "GET":
            return Answer(status=200, body=b'{"status":"ok"}')
        if path == "/metrics" and method == "GET":
            return Answer(
                status=200, body=generate_latest(self.metrics.registry), media_type="text/plain; version=0.0.4"
            )
        raise Refused("not_found", "this door takes the bytes of uploads: everything else is at the HTTP door")

    def _chunk(self, scope: Mapping[str, Any], body: Callable[[int], RawBody], upload_id: str, number: int) -> Answer:
        actor = require(self._authenticator.verified(header(scope, b"authorization")), "blobs:write")
        written = self._take(scope, body, actor.owner, upload_id, number)
        return Answer(status=201 if written.fresh else 200, body=msgspec.json.encode(stored(written)))

    def _content(self, scope: Mapping[str, Any], body: Callable[[int], RawBody], upload_id: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(scope["query"], max_num_fields=20).items()}
        secret = self._settings.secret_key.get_secret_value()
        direct.must_be_signed(secret, upload_id, asked.get("expires", ""), asked.get("signature", ""))
        with self._db.read() as conn:
            upload = find(conn, upload_id, owner=None)
        if upload.protocol != "direct":
            raise unknown()
        if upload.size:
            self._take(scope, body, None, upload_id, 0)
        elif content_length(scope):
            raise Refused("request.too_large", "the upload was announced as empty: send no bytes")
        with self._db.read() as conn:
            return Answer(status=200, body=msgspec.json.encode(reads.one(conn, None, upload_id)))

    def _take(
        self, scope: Mapping[str, Any], body: Callable[[int], RawBody], owner: str | None, upload_id: str, number: int
    ) -> Written:
        """A chunk's body to its place. A silent sender of the same chunk makes way."""
        length = content_length(scope)
        if length is None or header(scope, b"transfer-encoding") is not None:
            raise Refused("request.malformed", "send Content-Length: here bytes come in one known length")
        checksum = checksum_of(scope)

        def opened() -> ChunkWriter:
            return self._chunks.chunk(owner, upload_id, number, length=length, checksum=checksum)

        try:
            writer = opened()
        except Refused as error:
            holder = self._inflows.get((upload_id, number))
            if error.code != "upload.busy" or holder is None or not holder.give_way():
                raise
            writer = opened()
        raw = body(length)
        place = (upload_id, number)
        self._inflows[place] = raw
        try:
            return completion.land(self._sessions, writer, raw.pieces())
        except Broken:
            raise Refused("request.malformed", "the connection ended before the chunk did: send it again") from None
        finally:
            writer.close()
            if self._inflows.get(place) is raw:
                del self._inflows[place]
            raw.close()
            self.metrics.bytes.inc(length - raw.left)


class Door(HTTPServer):
    """Cheroot's server: it accepts, reads heads, keeps connections alive, and gives each request a thread."""

    def __init__(self, settings: Settings, ingest: Ingest) -> None:
        super().__init__(
            (settings.http_host, settings.ingest_port), Call, minthreads=settings.upload_bodies, server_name="farm"
        )
        self.request_queue_size = BACKLOG
        self.max_request_header_size = HEAD_BYTES
        self.keep_alive_conn_limit = KEPT_ALIVE
        self.timeout = KEEP_ALIVE_S
        self.ingest = ingest
        self.stall_s = settings.upload_stall_s
        self._origins = frozenset(origin.strip() for origin in settings.cors_origins.split(",") if origin.strip())

    def allowed(self, scope: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Headers that let a page of the request's origin read the answer, if it may (Fetch, "CORS protocol")."""
        origin = (header(scope, b"origin") or b"").decode("latin-1")
        if not origin or not {origin, "*"} & self._origins:
            return ()
        return ("Access-Control-Allow-Origin", origin), ("Vary", "Origin")

    def preflight(self, scope: Mapping[str, Any]) -> Answer | None:
        """The answer to a browser that asks first."""
        if scope["method"] != "OPTIONS":
            return None
        allowed = (
            ("Access-Control-Allow-Methods", "PUT"),
            ("Access-Control-Allow-Headers", "authorization, content-type, x-checksum, content-digest, repr-digest"),
            ("Access-Control-Max-Age", "86400"),
        )
        return Answer(status=204, body=b"", headers=allowed)

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """What went wrong below HTTP: a connection that broke is nobody's fault here."""
        log.log(level, "ingest.connection", why=msg[:500], exc_info=traceback)


class Call(Gateway):
    """One request."""

    def respond(self) -> None:
        """Answers it. A body that was not taken to its end ends the connection."""
        request, door = self.req, self.req.server
        began = time.perf_counter()
        path, _, query = (request.uri or b"").decode("latin-1").partition("?")
        scope: dict[str, Any] = {
            "method": request.method.decode("latin-1"),
            "path": path,
            "query": query,
            "headers": [(name.lower(), value) for name, value in request.inheaders.items()],
        }
        bodies: list[RawBody] = []

        def body(length: int) -> RawBody:
            bodies.append(RawBody(request.conn.socket, request.conn.rfile, length, door.stall_s))
            return bodies[0]

        try:
            answer = door.preflight(scope) or door.ingest.answer(scope, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes a problem
            status, headers, text = answered(scope, error)
            if status == HTTPStatus.METHOD_NOT_ALLOWED:
                headers["allow"] = "PUT"
            answer = Answer(status=status, body=text, headers=tuple(headers.items()), media_type=MEDIA_TYPE)
        untaken = bodies[0].left > 0 if bodies else _more_to_come(scope)
        request.close_connection = request.close_connection or untaken
        request.rfile.remaining = 0  # what is left of the body is not Cheroot's to take in
        request.status = f"{answer.status} {HTTPStatus(answer.status).phrase}".encode()
        request.outheaders = [
            *((name.encode(), value.encode()) for name, value in (*answer.headers, *door.allowed(scope))),
            (b"Content-Type", answer.media_type.encode()),
            (b"Content-Length", str(len(answer.body)).encode()),
            (b"X-Request-Id", request_id(scope).encode()),
            *SECURITY,
        ]
        request.ensure_headers_sent()
        request.write(answer.body)
        door.ingest.metrics.requests.labels(scope["method"], str(answer.status)).inc()
        door.ingest.metrics.seconds.observe(time.perf_counter() - began)
        if untaken:
            linger(request.conn.socket)


def _more_to_come(scope: Mapping[str, Any]) -> bool:
    """Whether a body comes that nobody has begun to take."""
    return header(scope, b"transfer-encoding") is not None or header(scope, b"content-length") not in {None, b"0"}


def main() -> None:
    """Serves until it is told to stop."""
    tie_to_parent()
    watch_parent()
    settings = runtime.prepare(Settings())
    logs.configure("ingest", settings.log_level)
    ingest = Ingest(settings)
    server = Door(settings, ingest)

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        server.safe_start()
    finally:
        ingest.close()


if __name__ == "__main__":
    main()

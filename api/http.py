"""HTTP conventions that every slice shares: answers, bodies, request ids, Prefer, ETag, paging."""

from __future__ import annotations

import base64
import gzip
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Message, Receive, Scope, Send

from api.etags import etags
from farm.errors import Refused
from farm.ids import is_id, new_id

JSON = b"application/json"
MAX_WAIT_S = 60.0
LIGHT_WAIT_S = 5.0
GZIP_BYTES = 1000
_CLOSING = "farm_closing"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
T = TypeVar("T")

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many items at most")]
Cursor = Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before")]


class Answer(ASGIResponse):
    """A finished answer: bytes and headers, sent as they are. Costs a fraction of Litestar's own on hot routes."""

    def __init__(
        self,
        content: Any = None,
        *,
        status: int = 200,
        body: bytes | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
        media_type: bytes = JSON,
    ) -> None:
        self.body = body if body is not None else b"" if content is None else msgspec.json.encode(content)
        self.status_code = status
        self.raw = [*headers]
        if status not in {204, 304}:
            self.raw += ((b"content-type", media_type), (b"content-length", str(len(self.body)).encode()))

    @classmethod
    def bare(cls, status: int, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """Headers exactly as given, no body: for HEAD."""
        made = cls(status=status)
        made.raw = [*headers]
        return made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """ASGI."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw})
        body = b"" if scope["method"] == "HEAD" else self.body  # type: ignore[typeddict-item]
        await send({"type": "http.response.body", "body": body, "more_body": False})


def header(scope: Mapping[str, Any], name: bytes) -> bytes | None:
    """The first header of that (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def request_id(scope: Any) -> str:
    """The client's X-Request-ID when it is plain, else a new one; the same throughout a request."""
    found: str | None = scope.get("farm_request_id")
    if found is None:
        given = header(scope, b"x-request-id")
        found = given.decode() if given and _REQUEST_ID.fullmatch(given) else new_id()
        scope["farm_request_id"] = found
    return found


def began(scope: Any) -> float:
    """When the request came, by ``time.perf_counter``."""
    found: float = scope.setdefault("farm_began", time.perf_counter())
    return found


def closing(scope: Any) -> None:
    """The answer comes before the whole body did: the connection ends with it, and the client must hear so, or it
    sends its next request there. HTTP/1 only; in HTTP/2 a stream ends alone.
    """
    if str(scope.get("http_version", "")).startswith("1"):
        scope[_CLOSING] = True


async def before_send(message: Message, scope: Scope) -> None:
    """Litestar's hook: the request's id and the security headers on every answer."""
    if message["type"] == "http.response.start":
        headers = [*message["headers"], (b"x-request-id", request_id(scope).encode())]
        if _CLOSING in scope:
            headers.append((b"connection", b"close"))
        present = {name for name, _ in headers}
        headers += [row for row in SECURITY if row[0] not in present]
        message["headers"] = headers


# Bodies


def json_wanted(scope: Any) -> None:
    """Refuses a body that says it is something else than JSON; no Content-Type at all is taken as JSON."""
    kind = header(scope, b"content-type")
    if kind is not None:
        plain = kind.partition(b";")[0].strip().lower()
        if plain != JSON and not plain.endswith(b"+json"):
            raise Refused("request.media_type", "send Content-Type: application/json")


async def stream(request: Request[Any, Any, Any], limit: int) -> AsyncIterator[bytes]:
    """The body's chunks; raises Refused ``request.too_large`` at once when it says or turns out to be over."""
    length = header(request.scope, b"content-length")
    if length is not None and (not length.isdigit() or int(length) > limit):
        raise _too_large(limit)
    seen = 0
    while True:
        message: Mapping[str, Any] = await request.receive()
        if message["type"] == "http.disconnect":
            raise InternalServerException("client disconnected prematurely")
        chunk: bytes = message.get("body", b"")
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


def _too_large(limit: int) -> Refused:
    return Refused("request.too_large", f"the body may have {limit:,} bytes: send less, or split it")


async def json_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    """A whole JSON body, unparsed."""
    json_wanted(request.scope)
    chunks = [chunk async for chunk in stream(request, limit)]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


# Prefer (RFC 7240), Idempotency-Key


def wait_preference(scope: Any) -> float | None:
    """Seconds of ``Prefer: wait=N``, at most 60; None when there is none."""
    for name, value in scope["headers"]:
        if name == b"prefer":
            for part in value.decode("latin-1").split(","):
                key, _, number = part.partition(";")[0].partition("=")
                if key.strip().lower() == "wait" and number.strip(' "').isdigit():
                    return min(float(number.strip(' "')), MAX_WAIT_S)
    return None


def preference_applied(waited: float | None) -> list[tuple[bytes, bytes]]:
    """The header that says so."""
    return [] if waited is None else [(b"preference-applied", f"wait={waited:.0f}".encode())]


def idempotency_key(scope: Any) -> str | None:
    """The Idempotency-Key: 1..200 visible ASCII characters."""
    given = header(scope, b"idempotency-key")
    if given is None:
        return None
    text = given.decode("latin-1")
    if not _KEY.fullmatch(text):
        raise Refused(
            "request.invalid",
            "Idempotency-Key: give 1 to 200 visible ASCII characters",
            {"path": "header.Idempotency-Key"},
        )
    return text


# ETag


def if_match(request: Request[Any, Any, Any]) -> tuple[int, ...] | None:
    """The versions that If-Match allows, None for any; raises ``request.precondition_required`` without it."""
    value = request.headers.get("if-match")
    if value is None:
        raise Refused("request.precondition_required", "send If-Match with the ETag that you read, or If-Match: *")
    tags = etags(value)
    return None if tags is None else tuple(int(tag) for tag in tags if tag.isdecimal() and len(tag) < 10)


def not_modified(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether If-None-Match already names it."""
    value = request.headers.get("if-none-match")
    if value is None:
        return False
    tags = etags(value)
    return tags is None or tag.strip('"') in tags


# Paging


def after(cursor: str) -> str:
    """The id that a page begins after. Raises Refused ``request.cursor`` for what :class:`Page` did not make."""
    found = decoded(cursor)
    if not is_id(found):
        raise bad_cursor()
    return found


def decoded(cursor: str) -> str:
    """What a cursor stands for, "" for what no page has made."""
    try:
        return base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeError):
        return ""


def bad_cursor() -> Refused:
    """Refused ``request.cursor``."""
    return Refused("request.cursor", "give the `next` of a page unchanged, or no cursor to begin again")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list, and the cursor of the next."""

    items: Sequence[Any]
    next: str | None = None

    @classmethod
    def of(cls, rows: Sequence[Any], limit: int) -> Page:
        """From ``limit + 1`` rows that have an ``id``: the last one only tells that there is more."""
        if len(rows) <= limit:
            return cls(items=rows)
        kept = rows[:limit]
        return cls(items=kept, next=base64.urlsafe_b64encode(kept[-1].id.encode()).rstrip(b"=").decode())

    def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """As JSON, compressed when it is long and the client takes gzip."""
        body = msgspec.json.encode({"items": self.items, "next": self.next})
        headers = [(b"vary", b"accept-encoding")]
        if len(body) > GZIP_BYTES and b"gzip" in (header(request.scope, b"accept-encoding") or b""):
            body = gzip.compress(body, 4, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
        return Answer(body=body, headers=headers)

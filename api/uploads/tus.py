"""The door of tus 1.0 (https://tus.io/protocols/resumable-upload): for every client that speaks it.

An upload is created with its metadata, continued by appends from where it broke, and completed by its last byte: then
the same job is made as for chunk sessions. `GET /uploads/{id}` reads such an upload like any other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from litestar import HttpMethod, Request, Response, Router, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap

from api.http import Answer, header
from api.identity.auth import authenticator, require, scope
from api.openapi import Body, Raw
from api.problems import respond
from api.services import Services, services
from api.uploads import completion
from api.uploads.body import Broken, content_length, receive
from api.uploads.chunked import READ
from farm.announcement import Wanted
from farm.checksums import NAMES, Checksum, from_tus
from farm.chunks import AppendWriter
from farm.errors import Refused
from farm.ids import is_id
from farm.jobs import Actor
from farm.quotas import QUOTAS
from farm.upload_rows import Upload, UploadState, find

VERSION = b"1.0.0"
EXTENSIONS = b"creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"
CHECKSUM_MISMATCH = 460
MAX_HEADER = 8_000
_NUMBER = re.compile(rb"\d{1,18}")
_RESUMABLE = (b"tus-resumable", VERSION)
_BYTES = b"application/offset+octet-stream"
_PATH = re.compile(r"/api/(?:v1/)?tus/([^/]+)/?")


def tus_problem(request: Request[Any, Any, Any], raised: Exception) -> Response[bytes]:
    """A problem as everywhere, with tus' header and its own status for a wrong checksum."""
    answer = respond(request, raised)
    if isinstance(raised, Refused) and raised.code == "upload.checksum":
        answer.status_code = CHECKSUM_MISMATCH
    if isinstance(raised, Refused) and raised.code == "tus.version":
        answer.headers["tus-version"] = VERSION.decode()
    answer.headers["tus-resumable"] = VERSION.decode()
    return answer


HANDLERS: ExceptionHandlersMap = {Exception: tus_problem, HTTPException: tus_problem, 500: tus_problem}


def _speaks(request: Request[Any, Any, Any]) -> None:
    if header(request.scope, b"tus-resumable") != VERSION:
        raise Refused("tus.version", "send Tus-Resumable: 1.0.0")


def _number(request: Request[Any, Any, Any], name: bytes) -> int | None:
    given = header(request.scope, name)
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        raise Refused("request.malformed", f"{name.decode()}: give a whole number of bytes")
    return int(given)


def _has_bytes(request: Request[Any, Any, Any]) -> bool:
    """By the media type, which some clients' libraries give parameters (RFC 9110, 8.3.1)."""
    given = header(request.scope, b"content-type") or b""
    return given.partition(b";")[0].strip().lower() == _BYTES


def metadata_of(text: str) -> dict[str, str]:
    """Upload-Metadata: ``key base64,key base64``. Raises Refused ``request.malformed``."""
    if len(text) > MAX_HEADER:
        raise Refused("request.malformed", f"Upload-Metadata has at most {MAX_HEADER} characters")
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not key or key in found or not key.isascii():
            raise Refused("request.malformed", "Upload-Metadata: give each key once, in ASCII")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise Refused(
                "request.malformed", f"Upload-Metadata: the value of {key} is not UTF-8 in base64"
            ) from None
    return found


def _facts(upload: Upload, *, location: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers that tell of an upload."""
    headers = [_RESUMABLE, (b"cache-control", b"no-store")]
    if location:
        headers.append((b"location", f"/api/v1/tus/{upload.id}".encode()))
    joined = not upload.sources or upload.state == UploadState.COMPLETE
    if joined:
        headers.append((b"upload-offset", b"%d" % upload.received))
    if upload.size is None:
        headers.append((b"upload-defer-length", b"1"))
    else:
        headers.append((b"upload-length", b"%d" % upload.size))
    if upload.partial:
        headers.append((b"upload-concat", b"partial"))
    if upload.sources:
        urls = " ".join(f"/api/v1/tus/{name}" for name in upload.sources)
        headers.append((b"upload-concat", f"final;{urls}".encode()))
    if upload.state == UploadState.OPEN:
        headers.append((b"upload-expires", format_datetime(upload.expires_at, usegmt=True).encode()))
    raw = upload.metadata.get("tus")
    if raw:
        headers.append((b"upload-metadata", str(raw).encode("latin-1")))
    return headers


@route(
    ["/tus", "/tus/{upload_id:str}"],
    http_method=[HttpMethod.OPTIONS],
    summary="What this tus server can do",
    status_code=200,
)
async def describe() -> Answer:
    """The protocol's version, its extensions, the largest file of any tier, and the checksums. Needs no token."""
    largest = max(quota.file_bytes for quota in QUOTAS.values())
    return Answer(
        status=204,
        headers=[
            _RESUMABLE,
            (b"tus-version", VERSION),
            (b"tus-max-size", b"%d" % largest),
            (b"tus-extension", EXTENSIONS),
            (b"tus-checksum-algorithm", ",".join(NAMES).encode()),
        ],
    )


@route(
    "/tus",
    http_method=[HttpMethod.POST],
    guards=[scope("blobs:write")],
    summary="Create a tus upload",
    status_code=201,
)
async def create(request: Request[Any, Any, Any]) -> Answer:
    """Creation, with bytes at once if there are any; or the concatenation of partial uploads."""
    _speaks(request)
    parts = services(request)
    actor: Actor = request.user
    wanted = _wanted(request)
    upload = await parts.thread(parts.sessions.create, actor, wanted)
    if upload.sources:
        upload = await completion.complete(parts, actor, upload.id)
    elif _has_bytes(request):
        upload = await _begun(parts, request, actor, upload.id)
    elif upload.whole and not upload.partial:
        upload = await completion.complete(parts, actor, upload.id)
    return Answer(status=201, headers=_facts(upload, location=True))


async def _begun(parts: Services, request: Request[Any, Any, Any], actor: Actor, upload_id: str) -> Upload:
    """The bytes that came with a creation. Where nothing of them counts, the upload goes with them: the client never
    learns its address.
    """
    try:
        return await _append(parts, request, actor, upload_id, 0)
    except Refused:
        upload = await parts.read(partial(find, upload_id=upload_id, owner=actor.owner))
        if upload.state == UploadState.OPEN and not upload.received:
            await parts.thread(parts.sessions.delete, actor, upload_id)
        raise


def _wanted(request: Request[Any, Any, Any]) -> Wanted:
    raw = (header(request.scope, b"upload-metadata") or b"").decode("latin-1")
    found = metadata_of(raw)
    concat = (header(request.scope, b"upload-concat") or b"").decode("latin-1").strip()
    size, deferred = _number(request, b"upload-length"), header(request.scope, b"upload-defer-length")
    sources: list[str] = []
    if concat.startswith("final;"):
        if size is not None or deferred is not None:
            raise Refused("request.malformed", "a final upload has the length of its parts: leave Upload-Length out")
        sources = [_id_of(url) for url in concat.removeprefix("final;").split()]
        if not sources:
            raise Refused("request.malformed", "Upload-Concat: final; and the URLs of the partial uploads")
    elif concat not in {"", "partial"}:
        raise Refused("request.malformed", "Upload-Concat is `partial` or `final;` and URLs")
    elif (size is None) == (deferred is None) or deferred not in {None, b"1"}:
        raise Refused("request.malformed", "send Upload-Length, or Upload-Defer-Length: 1")
    digest = found.get("sha256")
    if digest is not None and not re.fullmatch("[0-9a-f]{64}", digest):
        raise Refused("request.malformed", "Upload-Metadata: sha256 has 64 lower-case hexadecimal digits")
    return Wanted(
        name=found.get("filename") or found.get("name") or "upload",
        size=size,
        protocol="tus",
        declared_type=found.get("filetype") or found.get("type"),
        digest=digest,
        fingerprint=found.get("fingerprint", "")[:200] or None,
        partial=concat == "partial",
        sources=sources,
        metadata={"tus": raw} if raw else {},
    )


def _id_of(url: str) -> str:
    match = _PATH.fullmatch(urlsplit(url).path)
    if match is None or not is_id(match[1]):
        raise Refused("request.malformed", f"{url[:200]} is no upload of this farm")
    return match[1]


async def _append(
    parts: Services, request: Request[Any, Any, Any], actor: Actor, upload_id: str, offset: int
) -> Upload:
    """Takes a body in at the end of an upload; what came before a break is kept."""
    given = header(request.scope, b"upload-checksum")
    checksum: Checksum | None = None if given is None else from_tus(given.decode("latin-1"))
    open_writer = partial(
        parts.chunks.append, actor.owner, upload_id, offset, length=content_length(request.scope), checksum=checksum
    )

    def land(writer: AppendWriter, pieces: Iterator[bytes]) -> Upload:
        with completion.watched(writer, parts.sessions) as look:
            broken: Exception | None = None
            try:
                for piece in pieces:
                    look.write(piece)
            except Broken:
                broken = Refused("request.malformed", "the connection ended before the body did")
            except Refused as error:
                if error.code != "upload.stalled":
                    raise
                broken = error
            upload = writer.finish(broken=broken is not None)
            if broken is not None:
                raise broken
            if upload.received:
                look.now()
        return upload

    upload = await receive(parts, request, (upload_id, -1), open_writer, land)
    if upload.whole and not upload.partial:
        await completion.complete(parts, actor, upload.id)
    return upload


@route(
    "/tus/{upload_id:str}",
    http_method=[HttpMethod.HEAD],
    guards=[scope(*READ)],
    summary="Where a tus upload continues",
    status_code=200,
)
async def look(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """Upload-Offset says how many bytes are safe. 410 for an upload that failed: `GET /uploads/{id}` says why."""
    _speaks(request)
    upload = await _current(services(request), request.user.owner, upload_id)
    if upload.state == UploadState.FAILED:  # its bytes are gone: clients must not take what it had for a whole file
        return Answer.bare(410, [_RESUMABLE, (b"cache-control", b"no-store")])
    return Answer.bare(200, _facts(upload))


async def _current(parts: Services, owner: str, upload_id: str) -> Upload:
    await completion.view(parts, owner, upload_id)
    return await parts.read(partial(find, upload_id=upload_id, owner=owner))


@route(
    "/tus/{upload_id:str}",
    http_method=[HttpMethod.PATCH],
    guards=[scope("blobs:write")],
    summary="Continue a tus upload",
    status_code=200,
    opt={"body": Body(raw=Raw(media_type=_BYTES.decode(), description="The bytes from Upload-Offset on"))},
)
async def patch(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """Bytes from Upload-Offset on; answers 204 with the new Upload-Offset."""
    _speaks(request)
    return await _patched(request, request.user, upload_id)


async def _patched(request: Request[Any, Any, Any], actor: Actor, upload_id: str) -> Answer:
    parts = services(request)
    if not _has_bytes(request):
        raise Refused("request.media_type", "send Content-Type: application/offset+octet-stream")
    offset = _number(request, b"upload-offset")
    if offset is None:
        raise Refused("request.malformed", "send Upload-Offset: where these bytes begin")
    upload = await parts.read(partial(find, upload_id=upload_id, owner=actor.owner))
    if upload.sources:
        raise Refused("auth.forbidden", "a final upload is made of its parts: it takes no bytes")
    size = _number(request, b"upload-length")
    if size is not None:
        await parts.thread(parts.sessions.announce_size, actor.owner, upload_id, size)
    upload = await _append(parts, request, actor, upload_id, offset)
    return Answer(status=204, headers=_facts(upload))


@route(
    "/tus/{upload_id:str}",
    http_method=[HttpMethod.DELETE],
    guards=[scope("blobs:write")],
    summary="Delete a tus upload",
    status_code=200,
)
async def terminate(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """Its bytes go at once."""
    _speaks(request)
    return await _terminated(request, request.user, upload_id)


async def _terminated(request: Request[Any, Any, Any], actor: Actor, upload_id: str) -> Answer:
    parts = services(request)
    await completion.view(parts, actor.owner, upload_id)
    await parts.thread(parts.sessions.delete, actor, upload_id)
    return Answer(status=204, headers=[_RESUMABLE])


@route("/tus/{upload_id:str}", http_method=[HttpMethod.POST], include_in_schema=False, status_code=200)
async def override(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """For clients behind proxies that let nothing but POST through: X-HTTP-Method-Override."""
    _speaks(request)
    method = (header(request.scope, b"x-http-method-override") or b"").upper()
    actor = await authenticator(request.scope).actor(header(request.scope, b"authorization"))
    if method == b"PATCH":
        return await _patched(request, require(actor, "blobs:write"), upload_id)
    if method == b"DELETE":
        return await _terminated(request, require(actor, "blobs:write"), upload_id)
    raise Refused("request.method", "use HEAD, PATCH or DELETE")


ROUTES = Router(
    "/",
    route_handlers=[describe, create, look, patch, terminate, override],
    exception_handlers=HANDLERS,
    tags=["tus"],
)

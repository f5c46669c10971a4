"""The doors of chunk sessions: announce a file, send its chunks in any order, complete it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from api.http import (
    Answer,
    Cursor,
    Limit,
    Page,
    after,
    header,
    json_body,
    preference_applied,
    wait_preference,
)
from api.identity.auth import scope
from api.openapi import Body, Raw
from api.problems import undecodable
from api.services import Services, services
from api.uploads import completion, reads
from api.uploads.body import Broken, content_length, receive
from api.uploads.events import EventStream
from api.uploads.schemas import (
    EXAMPLE,
    ChunkStored,
    CompleteRequest,
    UploadRequest,
    UploadView,
)
from farm.announcement import Wanted
from farm.checksums import Checksum, from_base64, from_digest_field, from_plain
from farm.chunks import Written
from farm.errors import Refused
from farm.jobs import Actor

MAX_REQUEST = 10_000
READ = ("jobs:read", "blobs:write")
"""Who may send may also ask what has arrived."""
T = TypeVar("T")
ONE = ResponseSpec(UploadView, description="The upload")
STORED = ResponseSpec(ChunkStored, description="The chunk counts")
StateName = Literal["open", "assembling", "complete", "failed"]
State = Annotated[StateName | None, QueryParameter(name="state", description="Only uploads in this state")]
_create = msgspec.json.Decoder(UploadRequest)
_complete = msgspec.json.Decoder(CompleteRequest)


@post(
    "/uploads",
    guards=[scope("blobs:write")],
    summary="Announce a file",
    responses={201: ONE},
    status_code=201,
    opt={"body": Body(struct=UploadRequest, example=EXAMPLE)},
)
async def create_upload(request: Request[Any, Any, Any]) -> Answer:
    """Opens a session. Send the chunks next, each of ``chunk_size`` bytes (the last one has the rest), numbered from
    0, to ``links.chunks``/N, in any order and in parallel. The session expires when nothing came for a day (longer in
    higher tiers).
    """
    parts = services(request)
    asked = decoded(_create, await json_body(request, MAX_REQUEST))
    wanted = Wanted(
        name=asked.name,
        size=asked.size,
        declared_type=asked.type,
        chunk_size=asked.chunk_size,
        digest=asked.sha256,
        fingerprint=asked.fingerprint,
    )
    upload = await parts.thread(parts.sessions.create, request.user, wanted)
    view = await parts.read(lambda conn: reads.views(conn, [upload])[0])
    view = reads.sent_to(view, parts.settings.ingest_url)
    return Answer(view, status=201, headers=[(b"location", view.links["self"].encode())])


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Raises Refused ``request.malformed`` or ``request.invalid``."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise undecodable(error) from None


@get(
    "/uploads",
    guards=[scope(*READ)],
    summary="List your uploads, newest first",
    responses={200: ResponseSpec(list[UploadView])},
)
async def list_uploads(
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    cursor: Cursor = None,
    state_is: State = None,
    name: Annotated[str | None, QueryParameter(max_length=255)] = None,
    fingerprint: Annotated[str | None, QueryParameter(max_length=200, description="The client's own mark")] = None,
) -> Answer:
    """To find a session again, on another machine too."""
    parts = services(request)
    work = partial(
        reads.page,
        owner=request.user.owner,
        limit=limit,
        before=after(cursor) if cursor is not None else None,
        state=state_is,
        name=None if name is None else unicodedata.normalize("NFC", name),
        fingerprint=fingerprint,
    )
    found = [reads.sent_to(view, parts.settings.ingest_url) for view in await parts.read(work)]
    return Page.of(found, limit).answer(request)


@get("/uploads/{upload_id:str}", guards=[scope(*READ)], summary="Read an upload", responses={200: ONE})
async def read_upload(
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    chunks: Annotated[bool, QueryParameter(description="Also each stored chunk with its checksum")] = False,
) -> Answer:
    """What is received and what is missing. With ``Prefer: wait=N`` a completion is waited for."""
    parts = services(request)
    wait = wait_preference(request.scope)
    if wait:
        await completion.ended(parts, request.user.owner, upload_id, wait)
    view = await completion.view(parts, request.user.owner, upload_id, chunks=chunks)
    return Answer(reads.sent_to(view, parts.settings.ingest_url), headers=preference_applied(wait))


@put(
    "/uploads/{upload_id:str}/chunks/{number:int}",
    guards=[scope("blobs:write")],
    summary="Send a chunk",
    responses={201: STORED, 200: STORED},
    status_code=201,
    opt={"body": Body(raw=Raw(media_type="application/octet-stream", description="The chunk's bytes"))},
)
async def put_chunk(request: Request[Any, Any, Any], upload_id: FromPath[str], number: FromPath[int]) -> Answer:
    """Answers 201 once the chunk is verified and on the disk, 200 when the same bytes were there already. A checksum
    may be sent as Repr-Digest or Content-Digest (RFC 9530) or as ``X-Checksum: crc32c 9c3f00aa``.
    """
    parts = services(request)
    actor: Actor = request.user
    written = await receive_chunk(parts, request, actor.owner, upload_id, number)
    return Answer(stored(written), status=201 if written.fresh else 200)


def stored(written: Written) -> ChunkStored:
    """The answer to a chunk."""
    part = written.counted.part
    return ChunkStored(
        number=part.number,
        start=part.start,
        size=part.size,
        crc32c=written.counted.crc32c,
        received=written.upload.received,
        missing_bytes=(written.upload.size or 0) - written.upload.received,
    )


async def receive_chunk(
    parts: Services, request: Request[Any, Any, Any], owner: str | None, upload_id: str, number: int
) -> Written:
    """Takes a chunk in, and looks at it if it is the first one."""
    checksum, length = checksum_of(request.scope), content_length(request.scope)
    open_writer = partial(parts.chunks.chunk, owner, upload_id, number, length=length, checksum=checksum)

    land = partial(completion.land, parts.sessions)
    try:
        return await receive(parts, request, (upload_id, number), open_writer, land)
    except Broken:
        raise Refused("request.malformed", "the connection ended before the chunk did: send it again") from None


def checksum_of(scope: Mapping[str, Any]) -> Checksum | None:
    """What the client says of the body, if anything. Raises Refused ``upload.checksum_unknown``."""
    for name in (b"content-digest", b"repr-digest"):
        given = header(scope, name)
        if given is not None:
            return from_digest_field(given.decode("latin-1"))
    given = header(scope, b"x-checksum")
    if given is not None:
        return from_plain(given.decode("latin-1"))
    for name, algorithm in ((b"x-amz-checksum-crc32c", "crc32c"), (b"x-amz-checksum-sha256", "sha256")):
        given = header(scope, name)
        if given is not None:
            return from_plain(f"{algorithm} {from_base64(given.decode('latin-1')).hex()}")
    return None


@post(
    "/uploads/{upload_id:str}/complete",
    guards=[scope("blobs:write")],
    summary="Complete an upload",
    responses={202: ONE, 200: ONE},
    status_code=202,
    opt={"body": Body(struct=CompleteRequest, example={"sha256": "0" * 64})},
)
async def complete_upload(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """Makes the job that hashes the file, looks into it and publishes it as a blob and an artifact. Asking again
    gives the same job. With ``Prefer: wait=N`` the answer comes when it has ended (200), or after N seconds (202).
    """
    parts = services(request)
    actor: Actor = request.user
    body = await json_body(request, MAX_REQUEST)
    asked = decoded(_complete, body) if body.strip() else CompleteRequest()
    wait = wait_preference(request.scope)
    upload = await completion.complete(parts, actor, upload_id, asked.sha256)
    headers = [(b"location", f"/api/v1/jobs/{upload.job_id}".encode()), *preference_applied(wait)]
    if wait:
        found = await completion.ended(parts, actor.owner, upload_id, wait)
        if found is not None:
            return Answer(found, headers=headers)
    return Answer(await completion.view(parts, actor.owner, upload_id), status=202, headers=headers)


@delete(
    "/uploads/{upload_id:str}",
    guards=[scope("blobs:write")],
    summary="Delete an upload",
    responses={204: ResponseSpec(None, description="It is gone")},
    status_code=200,
)
async def delete_upload(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> Answer:
    """Its bytes go at once. What was completed stays as a blob and an artifact; only the session's record goes."""
    parts = services(request)
    await completion.view(parts, request.user.owner, upload_id)
    await parts.thread(parts.sessions.delete, request.user, upload_id)
    return Answer(status=204)


@get(
    "/uploads/{upload_id:str}/events",
    guards=[scope(*READ)],
    summary="Watch an upload",
    media_type="text/event-stream",
)
async def watch_upload(request: Request[Any, Any, Any], upload_id: FromPath[str]) -> EventStream:
    """Server-sent events ``upload``: the upload as JSON whenever it grew or its completion went on. Ends when it is
    complete or has failed. Last-Event-ID leaves out what was seen.
    """
    parts = services(request)
    await parts.read(partial(reads.one, owner=request.user.owner, upload_id=upload_id))
    return EventStream(parts, request.user.owner, upload_id, header(request.scope, b"last-event-id") or b"")


ROUTES = Router(
    "/",
    route_handlers=[
        create_upload,
        list_uploads,
        read_upload,
        put_chunk,
        complete_upload,
        delete_upload,
        watch_upload,
    ],
    tags=["uploads"],
)

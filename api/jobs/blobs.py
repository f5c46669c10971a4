"""The doors of blobs: bytes go in as they are, get their SHA-256 as a name, and are looked into before any use."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Router, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from api.catalogue.reads import user_of
from api.http import Answer, header, stream
from api.identity.auth import scope
from api.jobs import reads
from api.jobs.schemas import BlobView
from api.openapi import Body, Raw
from api.services import Services, services
from farm import blobs, deletion, quotas
from farm.blobs import BlobStore, BlobWriter, Stored
from farm.errors import FarmFault, Refused
from farm.jobs import Actor
from farm.media import HEAD_BYTES, sniff
from pipelines import preflight

BUFFER = 1 << 20
PICTURES = preflight.PICTURES
Expected = Annotated[
    str | None, QueryParameter(pattern="^[0-9a-f]{64}$", description="Refuse bytes of another SHA-256")
]
ONE = ResponseSpec(BlobView, description="The blob")


def inspect(store: BlobStore, digest: str, size: int, media_type: str) -> dict[str, Any]:
    """What the reader of this type says. Raises ContentError or Refused for a file that cannot be used."""
    if media_type not in preflight.LOOKED_INTO:
        return {}
    with ExitStack() as held:

        def local() -> Path:
            own = store.local_path(digest)
            if own is not None:
                return own
            copy = held.enter_context(tempfile.NamedTemporaryFile())
            for chunk in store.read(digest):
                copy.write(chunk)
            copy.flush()
            return Path(copy.name)

        file = held.enter_context(store.open(digest))
        return preflight.inspect(file, size, media_type, local)


@post(
    "/blobs",
    guards=[scope("blobs:write")],
    summary="Upload a file",
    responses={201: ONE, 200: ONE},
    status_code=201,
    opt={"body": Body(raw=Raw(media_type="application/octet-stream", description="The bytes, up to 64 MB"))},
)
async def create_blob(
    request: Request[Any, Any, Any],
    digest: Annotated[
        str | None, QueryParameter(pattern="^[0-9a-f]{64}$", description="SHA-256 to check against")
    ] = None,
) -> Answer:
    """Streamed to the store. Its type is found from its content; models and images are looked into, and refused with
    a code that says what is wrong.
    """
    parts = services(request)
    kind = header(request.scope, b"content-type") or b""
    if kind.startswith((b"multipart/", b"application/x-www-form-urlencoded")):
        raise Refused("request.media_type", "send the file itself as the body, as application/octet-stream")
    writer = await parts.thread(parts.blobs.writer)
    try:
        head = await _receive(request, parts, writer)
        stored = await parts.thread(writer.commit, digest)
    except BaseException:
        await parts.thread(writer.abort)
        raise
    view = await parts.thread(keep, parts, stored, sniff(head), request.user)
    return Answer(view, status=201, headers=[(b"location", f"/api/v1/blobs/{stored.digest}".encode())])


async def _receive(request: Request[Any, Any, Any], parts: Services, writer: BlobWriter) -> bytes:
    """Writes the body; gives its first bytes."""
    head = b""
    waiting = bytearray()
    async for chunk in stream(request, parts.settings.max_blob_bytes):
        if len(head) < HEAD_BYTES:
            head += chunk[: HEAD_BYTES - len(head)]
        waiting += chunk
        if len(waiting) >= BUFFER:
            await parts.thread(writer.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await parts.thread(writer.write, bytes(waiting))
    if not head:
        raise Refused("request.invalid", "the body is empty: send the file's bytes")
    return head


def keep(parts: Services, stored: Stored, media_type: str, actor: Actor) -> BlobView:
    """Looks into the bytes, then writes who may use them. Refused bytes stay unreferenced, for the collector. Raises
    Refused ``quota.exceeded``, and what the look says.
    """
    inspection = inspect(parts.blobs, stored.digest, stored.size, media_type)

    def work(conn: Connection) -> None:
        quotas.lock(conn, actor.owner)
        blobs.register(conn, stored, media_type, actor.owner, inspection)
        quotas.must_fit(conn, actor.owner, actor.tier)

    parts.db.transact(work)
    return BlobView(digest=stored.digest, size=stored.size, media_type=media_type, inspection=inspection)


@get("/blobs/{digest:str}", guards=[scope("jobs:read")], summary="Read about a blob", responses={200: ONE})
async def read_blob(request: Request[Any, Any, Any], digest: FromPath[str]) -> Answer:
    """Only your own."""
    found = await services(request).read(lambda conn: blobs.owned(conn, request.user.owner, [digest[:64]]))
    info = found.get(digest)
    if info is None:
        raise reads.unknown("blob")
    if not await services(request).thread(services(request).blobs.exists, digest):
        raise FarmFault("blob.missing", "the bytes are not in the store: upload them again")
    return Answer(
        BlobView(digest=info.digest, size=info.size, media_type=info.media_type, inspection=dict(info.inspection))
    )


@delete(
    "/blobs/{digest:str}",
    guards=[scope("blobs:write")],
    summary="Give up a blob",
    responses={204: ResponseSpec(None, description="It is no longer yours")},
    status_code=200,
)
async def delete_blob(request: Request[Any, Any, Any], digest: FromPath[str]) -> Answer:
    """It no longer counts against your quota. The bytes go when nothing else needs them. Refused with
    ``job.conflict`` while an unfinished job of yours needs them, with ``blob.in_use`` while an item of yours in the
    catalogue does.
    """
    await services(request).write(partial(_give_up, actor=request.user, digest=digest[:100]))
    return Answer(status=204)


def _give_up(conn: Connection, actor: Actor, digest: str) -> None:
    quotas.lock(conn, actor.owner)
    item = user_of(conn, actor.owner, digest)
    if item is not None:
        raise Refused("blob.in_use", f"it is the model of your item {item!r}: delete that first", {"item": item})
    deletion.blob(conn, actor, digest)


ROUTES = Router("/", route_handlers=[create_blob, read_blob, delete_blob], tags=["blobs"])

"""The doors of artifacts: what jobs made, and their bytes by signed links."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

from litestar import HttpMethod, Request, Router, delete, get, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from api.etags import etag, etags
from api.http import Answer, Cursor, Limit, Page, after, header, not_modified
from api.identity.auth import authenticator, require, scope
from api.jobs import reads
from api.jobs.schemas import ArtifactDetail, ArtifactView
from api.services import Services, services
from farm import deletion
from farm.artifacts import Opened, content_disposition, open_range, verify
from farm.errors import Refused

Expires = Annotated[str | None, QueryParameter(max_length=64)]
Signature = Annotated[str | None, QueryParameter(max_length=200)]


@get(
    "/artifacts",
    guards=[scope("jobs:read")],
    summary="List your artifacts",
    responses={200: ResponseSpec(list[ArtifactView])},
)
async def list_artifacts(
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    cursor: Cursor = None,
    job: Annotated[str | None, QueryParameter(max_length=36, description="Only of this job")] = None,
) -> Answer:
    """Newest first, or those of one job in the order they were made."""
    parts = services(request)
    links = reads.Links(parts.settings)
    owner = request.user.owner
    before = after(cursor) if cursor is not None else None
    if job is not None:
        await parts.read(partial(reads.revision, owner=owner, job_id=job))
        work = partial(reads.artifacts_of, owner=owner, links=links, job_id=job, limit=limit + 1, before=before)
    else:
        work = partial(reads.all_artifacts, owner=owner, links=links, limit=limit, before=before)
    return Page.of(await parts.read(work), limit).answer(request)


@get(
    "/artifacts/{artifact_id:str}",
    guards=[scope("jobs:read")],
    summary="Read about an artifact",
    responses={200: ResponseSpec(ArtifactDetail)},
)
async def read_artifact(request: Request[Any, Any, Any], artifact_id: FromPath[str]) -> Answer:
    """With its receipt and a signed link."""
    parts = services(request)
    links = reads.Links(parts.settings)
    return Answer(
        await parts.read(partial(reads.artifact, artifact_id=artifact_id, links=links, owner=request.user.owner))
    )


class Download:
    """An ASGI answer that streams a range, one chunk read ahead of the client at most."""

    def __init__(self, parts: Services, opened: Opened, headers: list[tuple[bytes, bytes]]) -> None:
        self._parts = parts
        self._opened = opened
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """ASGI."""
        chunks = self._opened.chunks
        first = await self._parts.thread(_next, chunks)  # before the head: a missing file is a problem, not a break
        status = 206 if self._opened.partial else 200
        await send({"type": "http.response.start", "status": status, "headers": self._headers})
        chunk: bytes | None = first
        try:
            while chunk is not None:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk = await self._parts.thread(_next, chunks)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                await asyncio.shield(self._parts.thread(close))


def _next(chunks: Iterator[bytes]) -> bytes | None:
    return next(chunks, None)


async def _found(
    request: Request[Any, Any, Any], artifact_id: str, expires: str | None, signature: str | None
) -> ArtifactDetail:
    """The artifact, if the link's signature or the owner's token allows it."""
    parts = services(request)
    owner: str | None = None
    if signature is not None or expires is not None:
        if not (expires or "").isdecimal() or len(str(expires)) > 12:
            raise Refused("link.invalid", "the link was changed: ask for the artifact again")
        secret = parts.settings.secret_key.get_secret_value()
        verify(secret, artifact_id, int(str(expires)), signature or "", now=time.time())
    else:
        actor = await authenticator(request.scope).actor(header(request.scope, b"authorization"))
        owner = require(actor, "jobs:read").owner
    links = reads.Links(parts.settings)
    return await parts.read(partial(reads.artifact, artifact_id=artifact_id, links=links, owner=owner))


def head_of(found: ArtifactDetail, cache: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of an artifact's bytes, all but their length. ``cache``: the value of Cache-Control."""
    return [
        (b"etag", etag(found.digest).encode()),
        (b"accept-ranges", b"bytes"),
        (b"content-disposition", content_disposition(found.name.rpartition("/")[2]).encode()),
        (b"cache-control", cache),
        (b"content-type", found.media_type.encode()),
        (b"last-modified", found.created_at.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()),
        # A page elsewhere may show a picture that it has a signed link for.
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


def without_bytes(
    request: Request[Any, Any, Any], found: ArtifactDetail, headers: list[tuple[bytes, bytes]]
) -> Answer | None:
    """The answer to HEAD, or that the client has the bytes already; None when they are to be sent."""
    if not_modified(request, found.digest):
        return Answer(status=304, headers=headers[:1])
    if request.method == HttpMethod.HEAD:
        # A range means nothing to HEAD (RFC 9110, 14.2).
        return Answer.bare(200, [*headers, (b"content-length", str(found.size).encode())])
    return None


def range_wanted(request: Request[Any, Any, Any], digest: str) -> str | None:
    """The Range header, unless If-Range says that it is of other bytes."""
    condition = request.headers.get("if-range")
    if condition is not None and etags(condition) != (digest,):
        return None
    return request.headers.get("range")


async def send(
    parts: Services, found: ArtifactDetail, headers: list[tuple[bytes, bytes]], wanted: str | None
) -> Download:
    """The bytes, or a range of them. Raises Refused ``request.range``."""
    opened = await parts.thread(open_range, parts.blobs, found.digest, found.size, wanted)
    headers = [*headers, (b"content-length", str(opened.end - opened.start).encode())]
    if opened.partial:
        headers.append((b"content-range", opened.content_range.encode()))
    return Download(parts, opened, headers)


@route(
    "/artifacts/{artifact_id:str}/content",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    summary="Download an artifact",
    media_type="application/octet-stream",
    status_code=200,
)
async def read_content(
    request: Request[Any, Any, Any], artifact_id: FromPath[str], expires: Expires = None, signature: Signature = None
) -> ASGIApp:
    """By a signed link without a token, or with the owner's token. A single Range is honoured."""
    found = await _found(request, artifact_id, expires, signature)
    headers = head_of(found, b"private, max-age=3600, immutable")
    bare = without_bytes(request, found, headers)
    if bare is not None:
        return bare
    return await send(services(request), found, headers, range_wanted(request, found.digest))


@delete(
    "/artifacts/{artifact_id:str}",
    guards=[scope("blobs:write")],
    summary="Delete an artifact",
    responses={204: ResponseSpec(None, description="It is gone, and every link to it")},
    status_code=200,
)
async def delete_artifact(request: Request[Any, Any, Any], artifact_id: FromPath[str]) -> Answer:
    """Its links end at once. Its bytes go when no job, cache entry or blob of yours needs them any more."""
    await services(request).write(partial(deletion.artifact, actor=request.user, artifact_id=artifact_id))
    return Answer(status=204)


ROUTES = Router(
    "/", route_handlers=[list_artifacts, read_artifact, read_content, delete_artifact], tags=["artifacts"]
)

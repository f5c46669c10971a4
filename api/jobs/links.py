"""The doors of shared links: an owner makes, lists and revokes them; whoever has the address downloads."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import HttpMethod, Request, Router, delete, get, post, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.types import ASGIApp
from sqlalchemy import Connection

from api.http import Answer, Cursor, Limit, Page, after, json_body
from api.identity.auth import scope
from api.jobs import reads
from api.jobs.artifacts import head_of, range_wanted, send, without_bytes
from api.jobs.schemas import ArtifactDetail, LinkRequest, LinkView
from api.openapi import Body
from api.problems import undecodable
from api.services import services
from farm import links
from farm.artifacts import parse_range
from farm.blobs import missing
from farm.links import Link

MAX_REQUEST = 10_000
EXAMPLE = {"expires_in": 604_800, "max_downloads": 3, "note": "for the fitting on Friday"}
Signature = Annotated[str, QueryParameter(max_length=200, description="As the link's `url` has it")]
_decoder = msgspec.json.Decoder(LinkRequest)


@post(
    "/artifacts/{artifact_id:str}/links",
    guards=[scope("blobs:write")],
    summary="Share an artifact by a link",
    responses={201: ResponseSpec(LinkView, description="The link")},
    status_code=201,
    opt={"body": Body(struct=LinkRequest, example=EXAMPLE)},
)
async def create_link(request: Request[Any, Any, Any], artifact_id: FromPath[str]) -> Answer:
    """Good for a week unless ``expires_in`` says otherwise: up to 7 days in the tier free, 30 in pro, 365 in studio,
    and never longer than the artifact.
    """
    parts = services(request)
    body = await json_body(request, MAX_REQUEST)
    try:
        asked = _decoder.decode(body) if body.strip() else LinkRequest()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise undecodable(error) from None
    made = await parts.write(
        partial(
            links.create,
            actor=request.user,
            artifact_id=artifact_id,
            expires_in=asked.expires_in,
            max_downloads=asked.max_downloads,
            note=asked.note,
        )
    )
    return Answer(reads.Links(parts.settings).shared(made), status=201)


@get(
    "/artifacts/{artifact_id:str}/links",
    guards=[scope("jobs:read")],
    summary="List an artifact's links",
    responses={200: ResponseSpec(list[LinkView])},
)
async def list_links(
    request: Request[Any, Any, Any], artifact_id: FromPath[str], limit: Limit = 50, cursor: Cursor = None
) -> Answer:
    """Newest first, with their counts; also those that were revoked, and for a month those that have expired."""
    parts = services(request)
    before = after(cursor) if cursor is not None else None
    found = await parts.read(
        partial(links.of_artifact, owner=request.user.owner, artifact_id=artifact_id, limit=limit + 1, before=before)
    )
    shared = reads.Links(parts.settings).shared
    return Page.of([shared(link) for link in found], limit).answer(request)


@delete(
    "/links/{link_id:str}",
    guards=[scope("blobs:write")],
    summary="Revoke a link",
    responses={204: ResponseSpec(None, description="Nobody can use it any more")},
    status_code=200,
)
async def revoke_link(request: Request[Any, Any, Any], link_id: FromPath[str]) -> Answer:
    """From now on it downloads nothing; what is on its way is not cut off."""
    await services(request).write(partial(links.revoke, actor=request.user, link_id=link_id))
    return Answer(status=204)


@route(
    "/links/{link_id:str}/content",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    summary="Download by a link",
    media_type="application/octet-stream",
    status_code=200,
)
async def read_link(request: Request[Any, Any, Any], link_id: FromPath[str], signature: Signature = "") -> ASGIApp:
    """Without a token. A request that starts at the first byte counts as a download; a Range that starts later
    continues one, also when the link is used up. HEAD does not count.
    """
    parts = services(request)
    links.verify(parts.settings.secret_key.get_secret_value(), link_id, signature)

    def look(conn: Connection) -> tuple[Link, ArtifactDetail]:
        link = links.living(conn, link_id)
        return link, reads.artifact(conn, link.artifact_id, reads.Links(parts.settings), owner=None)

    link, found = await parts.read(look)
    # Asked again at every use, so that a revocation is heard.
    headers = head_of(found, b"private, no-cache")
    bare = without_bytes(request, found, headers)
    if bare is not None:
        return bare
    wanted = range_wanted(request, found.digest)
    span = parse_range(wanted, found.size)
    if span is None or span[0] == 0 or link.downloads == 0:
        # A range of a link that was never used continues nothing. It is answered whole, as RFC 9110 (14.2) allows,
        # and counted: no byte leaves before a download is counted, and each that counts is offered from the start.
        if span is not None and span[0] > 0:
            wanted = None
        if not await parts.thread(parts.blobs.exists, found.digest):
            raise missing(found.digest)  # what cannot be sent is not counted
        await parts.write(partial(links.use, link_id=link_id))
    return await send(parts, found, headers, wanted)


ROUTES = Router("/", route_handlers=[create_link, list_links, revoke_link, read_link], tags=["sharing"])

"""The doors to pictures of cards: a thumbnail that is made when somebody looks, and renders on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp
from sqlalchemy import Connection, select

from api.cards import reads as own
from api.cards.commands import PICTURED
from api.cards.pictures import document, thumbnail
from api.cards.schemas import Card, Pictured, Renders
from api.cards.tables import cards
from api.etags import etag
from api.http import Answer, idempotency_key, json_body, not_modified, wait_preference
from api.identity.auth import scope
from api.jobs import events, reads
from api.jobs.artifacts import send
from api.jobs.schemas import ArtifactDetail, Job
from api.jobs.submitting import close, submitted
from api.openapi import Body
from api.problems import parsed
from api.services import Services, services
from farm.db import in_seconds, now
from farm.errors import FarmError, Refused, lookup
from farm.ids import new_id
from farm.jobs import Actor, Closed, JobState, NewJob
from farm.tables import artifacts, jobs
from pipelines.card import CardSpec

KIND = "card"
RETRY_S = 1
TRIES = 8
"""How often a picture is made anew at most in one request, when the jobs before left nothing."""
WAITING = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.PAUSED})
PRIORITY = -1
"""Of thumbnails: what somebody ordered goes first."""


PAUSE_S = 60.0
"""How long a picture that the farm failed to make is not tried again."""
_Known = tuple[str | None, str | None]
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Made:
    """The job of a picture: its state, why it failed, and what it left, while that is there."""

    job_id: str
    state: str
    problem: FarmError | None = None
    artifact: str | None = None


@get(
    "/cards/{card_id:str}/thumbnail",
    guards=[scope("cards:read")],
    summary="A card's picture",
    media_type="image/webp",
    responses={202: ResponseSpec(Job, description="It is being made: ask again after Retry-After")},
)
async def read_thumbnail(request: Request[Any, Any, Any], card_id: FromPath[str]) -> ASGIApp:
    """The front as the card is now, 512 pixels at its longer side, transparent. A picture that is not there yet is
    made: 202 with the job, or 200 when it comes within the N seconds of ``Prefer: wait=N``. What cannot be printed of
    the card is told as a problem.
    """
    parts = services(request)
    actor: Actor = request.scope["user"]
    card, known = await parts.read(partial(_card, owner=actor.owner, card_id=card_id))
    spec = thumbnail(card)
    closed = await close(parts, parts.kinds[KIND], spec, actor, None)
    (picture,) = closed.plan.hashes().values()
    headers = [(b"etag", etag(picture).encode()), (b"cache-control", b"private, no-cache")]
    if not_modified(request, picture):
        return Answer(status=304, headers=headers)
    made = await _made(parts, actor, card, closed, picture, known)
    wait = wait_preference(request.scope)
    if made.state in WAITING and wait and await events.ended(parts, actor.owner, made.job_id, wait) is not None:
        ended = await parts.read(partial(_state, owner=actor.owner, job_id=made.job_id))
        made = made if ended is None else ended
    if made.problem is not None:
        raise made.problem
    links = reads.Links(parts.settings)
    if made.artifact is None:
        job = await parts.read(partial(reads.job, owner=actor.owner, job_id=made.job_id, links=links))
        where = [(b"location", f"/api/v1/jobs/{made.job_id}".encode()), (b"retry-after", str(RETRY_S).encode())]
        return Answer(job, status=202, headers=where)
    found: ArtifactDetail = await parts.read(
        partial(reads.artifact, artifact_id=made.artifact, links=links, owner=actor.owner)
    )
    headers.append((b"content-type", found.media_type.encode()))
    return await send(parts, found, headers, None)


@post(
    "/cards/{card_id:str}/renders",
    guards=[scope("cards:read"), scope("jobs:write")],
    summary="Render a card",
    responses={202: ResponseSpec(Job, description="The job")},
    status_code=202,
    opt={"body": Body(Renders)},
)
async def render_card(request: Request[Any, Any, Any], card_id: FromPath[str]) -> Answer:
    """A job of kind "card" with the card as it is now. ``Prefer: wait=N`` and Idempotency-Key as for any job."""
    parts = services(request)
    actor: Actor = request.scope["user"]
    body = await json_body(request, parts.settings.max_body_bytes)
    asked = parsed(Renders, body)
    card, _ = await parts.read(partial(_card, owner=actor.owner, card_id=card_id))
    closed = await close(parts, parts.kinds[KIND], CardSpec(card=document(card), outputs=asked.outputs), actor, None)
    key = idempotency_key(request.scope)
    digest = hashlib.sha256(f"cards/{card.id}/renders\n".encode() + body).hexdigest() if key else ""
    return await submitted(request, _job(actor, closed, priority=asked.priority, key=key, request_hash=digest))


def _job(actor: Actor, closed: Closed, *, priority: int, key: str | None, request_hash: str) -> NewJob:
    return NewJob(
        id=new_id(),
        kind=KIND,
        lane=closed.plan.steps[0].lane,
        actor=actor,
        spec=closed.spec,
        closed=closed,
        priority=priority,
        idempotency_key=key,
        request_hash=request_hash,
    )


def _card(conn: Connection, owner: str, card_id: str) -> tuple[Card, _Known]:
    """The owner's card; the picture that was made of it last, and its job."""
    row = own.row(conn, owner, card_id, cards.c.picture, cards.c.picture_job)
    return own.card(row), (row["picture"], row["picture_job"])


async def _made(parts: Services, actor: Actor, card: Card, closed: Closed, picture: str, known: _Known) -> _Made:
    """The job of this picture: the one that the card remembers, else one that is submitted under the picture's name,
    so that many who look at once make one job. Where a job left nothing, its successor is named after it.
    """
    name = f"picture:{picture}"
    if known[0] == picture and known[1] is not None:
        made = await parts.read(partial(_state, owner=actor.owner, job_id=known[1]))
        if made is not None:
            return made
        name = f"{name}:{known[1]}"
    for _ in range(TRIES):
        accepted = await parts.submit(_job(actor, closed, priority=PRIORITY, key=name, request_hash=picture))
        made = await parts.read(partial(_state, owner=actor.owner, job_id=accepted.job_id))
        if made is not None:
            await _remember(parts, actor, Pictured(id=card.id, picture=picture, job=accepted.job_id))
            return made
        name = f"picture:{picture}:{accepted.job_id}"
    raise Refused("job.conflict", "the card's pictures go as fast as they are made: look again later")


async def _remember(parts: Services, actor: Actor, spec: Pictured) -> None:
    """By a write of the card's lane that nobody waits for; a picture that is not remembered is found by its name."""
    new = NewJob(id=new_id(), kind=PICTURED.kind, lane=PICTURED.lane, actor=actor, spec=spec.model_dump(mode="json"))
    try:
        await parts.submit(new)
    except FarmError as error:
        log.info("cards.picture_not_remembered", card=spec.id, why=error.code)


def _state(conn: Connection, owner: str, job_id: str) -> _Made | None:
    """What became of a picture's job; None when another has to make it. A job that failed by the card's fault would
    fail again; one that failed by the farm's is tried again after a while.
    """
    columns = [jobs.c[name] for name in ("state", "error_code", "error_detail", "error_data", "finished_at")]
    query = select(*columns, in_seconds(-PAUSE_S).label("past")).where(jobs.c.id == job_id, jobs.c.owner == owner)
    row = conn.execute(query).first()
    if row is None or row.state == JobState.CANCELLED:
        return None
    if row.state == JobState.FAILED:
        if lookup(row.error_code).status >= 500 and row.finished_at < row.past:
            return None
        problem = FarmError(row.error_code, row.error_detail or "", row.error_data or {})
        return _Made(job_id=job_id, state=row.state, problem=problem)
    if row.state in WAITING:
        return _Made(job_id=job_id, state=row.state)
    left = select(artifacts.c.id).where(artifacts.c.job_id == job_id, artifacts.c.expires_at > now())
    found = conn.execute(left.order_by(artifacts.c.id)).scalar()
    return None if found is None else _Made(job_id=job_id, state=row.state, artifact=found)

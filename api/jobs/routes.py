"""The doors of jobs: submit, read, control, watch."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated, Any, Literal

from litestar import Request, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from api.http import (
    Answer,
    Cursor,
    Limit,
    Page,
    after,
    header,
    idempotency_key,
    json_body,
    preference_applied,
    wait_preference,
)
from api.identity.auth import scope
from api.jobs import closing, events, reads
from api.jobs.schemas import Job, JobItem, LogLine
from api.jobs.steering import Action, steer
from api.jobs.submitting import close, submitted
from api.openapi import Body
from api.services import Services, services
from farm import control
from farm.jobs import Actor

ONE = ResponseSpec(Job, description="The job")
StateName = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
States = Annotated[list[StateName] | None, QueryParameter(name="state", description="Only jobs in these states")]


@post(
    "/jobs",
    guards=[scope("jobs:write")],
    summary="Submit a job",
    responses={202: ONE},
    status_code=202,
    opt={"body": Body(jobs=True)},
)
async def create_job(request: Request[Any, Any, Any]) -> Answer:
    """Answers 202 once the job is durable. With ``Prefer: wait=N`` it waits up to N seconds (60 at most) for the
    end and then answers 200. An Idempotency-Key makes sending it again safe for 24 hours.
    """
    parts = services(request)
    actor: Actor = request.scope["user"]
    body = await json_body(request, parts.settings.max_body_bytes)
    asked = closing.decode(body)
    kind = closing.kind_of(asked.kind, parts.kinds)
    name = closing.file_stem(asked.output_name)
    closed = await close(parts, kind, closing.validate(kind, asked.spec), actor, name)
    key = idempotency_key(request.scope)
    new = closing.new_job(
        asked,
        closed,
        actor,
        output_name=name,
        idempotency_key=key,
        request_hash=hashlib.sha256(b"jobs\n" + body).hexdigest() if key else "",
    )
    return await submitted(request, new)


@get(
    "/jobs",
    guards=[scope("jobs:read")],
    summary="List your jobs, newest first",
    responses={200: ResponseSpec(list[JobItem])},
)
async def list_jobs(
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Annotated[str | None, QueryParameter(max_length=64)] = None,
    states: States = None,
    batch: Annotated[str | None, QueryParameter(max_length=36, description="Only jobs of this batch")] = None,
) -> Answer:
    """One page as ``{"items": […], "next": cursor}``; steps and artifacts are left out."""
    work = partial(
        reads.listed,
        owner=request.user.owner,
        limit=limit,
        before=after(cursor) if cursor is not None else None,
        kind=kind,
        states=tuple(states or ()),
        batch=batch,
    )
    return Page.of(await services(request).read(work), limit).answer(request)


@get("/jobs/{job_id:str}", guards=[scope("jobs:read")], summary="Read a job", responses={200: ONE})
async def read_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Answer:
    """With its steps and artifacts. With ``Prefer: wait=N`` the answer comes when the job has ended, or after N s."""
    parts = services(request)
    wait = wait_preference(request.scope)
    if wait:
        await events.ended(parts, request.user.owner, job_id, wait)
    return Answer(await _read(parts, request.user, job_id), headers=preference_applied(wait))


@post(
    "/jobs/{job_id:str}/cancel",
    guards=[scope("jobs:write")],
    summary="Cancel a job",
    responses={200: ONE},
    status_code=200,
)
async def cancel_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Answer:
    """Reaches a running step within a second. Cancelling again changes nothing."""
    return await _controlled(request, job_id, control.cancel)


@post(
    "/jobs/{job_id:str}/retry",
    guards=[scope("jobs:write")],
    summary="Retry a job",
    responses={200: ONE},
    status_code=200,
)
async def retry_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Answer:
    """A failed or cancelled job runs again, but for the steps that had succeeded."""
    return await _controlled(request, job_id, control.retry)


@post(
    "/jobs/{job_id:str}/pause",
    guards=[scope("jobs:write")],
    summary="Pause a job",
    responses={200: ONE},
    status_code=200,
)
async def pause_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Answer:
    """A queued job waits until it is resumed."""
    return await _controlled(request, job_id, control.pause)


@post(
    "/jobs/{job_id:str}/resume",
    guards=[scope("jobs:write")],
    summary="Resume a job",
    responses={200: ONE},
    status_code=200,
)
async def resume_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Answer:
    """A paused job waits for a worker again."""
    return await _controlled(request, job_id, control.resume)


@get(
    "/jobs/{job_id:str}/logs",
    guards=[scope("jobs:read")],
    summary="Read a job's log",
    responses={200: ResponseSpec(list[LogLine])},
)
async def read_logs(
    request: Request[Any, Any, Any], job_id: FromPath[str], limit: Limit = 200, cursor: Cursor = None
) -> Answer:
    """The lines of its steps, oldest first."""
    work = partial(
        reads.logs,
        owner=request.user.owner,
        job_id=job_id,
        limit=limit,
        after=after(cursor) if cursor is not None else None,
    )
    return Page.of(await services(request).read(work), limit).answer(request)


@get("/jobs/{job_id:str}/events", guards=[scope("jobs:read")], summary="Watch a job", media_type="text/event-stream")
async def watch_job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> events.EventStream:
    """Server-sent events ``job``: the job as JSON whenever it changed, its revision as the event's id. Ends with the
    job. Last-Event-ID leaves out what was seen.
    """
    last = header(request.scope, b"last-event-id") or b""
    seen = int(last) if last.isdigit() and len(last) < 19 else -1
    parts = services(request)
    await parts.read(partial(reads.revision, owner=request.user.owner, job_id=job_id))
    return events.EventStream(parts, request.user.owner, job_id, seen)


async def _read(parts: Services, actor: Actor, job_id: str) -> Job:
    links = reads.Links(parts.settings)
    return await parts.read(partial(reads.job, owner=actor.owner, job_id=job_id, links=links))


async def _controlled(request: Request[Any, Any, Any], job_id: str, action: Action) -> Answer:
    parts = services(request)
    await parts.thread(steer, parts, request.user.owner, job_id, action)
    return Answer(await _read(parts, request.user, job_id))


ROUTES = Router(
    "/",
    route_handlers=[
        create_job,
        list_jobs,
        read_job,
        cancel_job,
        retry_job,
        pause_job,
        resume_job,
        read_logs,
        watch_job,
    ],
    tags=["jobs"],
)

"""Submitting one heavy job: closed for its owner, made durable, answered."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request

from api.http import Answer, preference_applied, wait_preference
from api.jobs import closing, events, reads
from api.services import Services, services
from farm.jobs import Actor, Closed, JobKind, NewJob, Spec


async def close(parts: Services, kind: JobKind, spec: Spec, actor: Actor, output_name: str | None) -> Closed:
    """Closes a spec here when it refers to the catalogue alone, else in a thread that may read the database."""
    mark = closing.over(parts.settings, actor)
    try:
        return closing.close(kind, spec, closing.NoBlobs(), output_name, watermark=mark)
    except closing.NeedsDatabase:
        return await parts.read(
            lambda conn: closing.close(
                kind, spec, closing.OwnersBlobs(conn, actor.owner), output_name, watermark=mark
            )
        )


async def submitted(request: Request[Any, Any, Any], new: NewJob) -> Answer:
    """202 with the job once it is durable; with ``Prefer: wait=N`` 200 with its end, when that comes in time."""
    parts = services(request)
    owner = new.actor.owner
    wait = wait_preference(request.scope)
    accepted = await parts.submit(new)
    headers = [(b"location", f"/api/v1/jobs/{accepted.job_id}".encode()), *preference_applied(wait)]
    if not accepted.created:
        headers.append((b"idempotency-replayed", b"true"))
    if wait:
        done = await events.ended(parts, owner, accepted.job_id, wait)
        if done is not None:
            return Answer(done, headers=headers)
    elif accepted.created:
        return Answer(reads.accepted(new), status=202, headers=headers)
    links = reads.Links(parts.settings)
    found = await parts.read(partial(reads.job, owner=owner, job_id=accepted.job_id, links=links))
    return Answer(found, status=202, headers=headers)

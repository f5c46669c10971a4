"""The light door: a write goes in as a job, and its command's reply comes out as the HTTP answer."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec
import structlog
from litestar import Request
from pydantic import BaseModel
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from api.http import LIGHT_WAIT_S, Answer, idempotency_key, preference_applied, wait_preference
from farm.bus import Outcome
from farm.errors import FarmError, FarmFault
from farm.ids import new_id
from farm.intake import Waker
from farm.intake_rows import Accepted
from farm.jobs import Actor, Command, JobState, NewJob
from farm.tables import jobs

log = structlog.get_logger()

SWEEP_S = 0.1
LOOK_AFTER_S = 0.3
"""After that the row is looked at instead: a message that Redis lost must not cost the whole wait."""
T = TypeVar("T")


@dataclass(kw_only=True)
class _Waiter:
    """Somebody who waits for a job: another's than the submitted one when the idempotency key was used before."""

    job_id: str
    lane: str
    future: asyncio.Future[Outcome | None]
    deadline: float
    look_at: float


class Door:
    """Light jobs of one process. Belongs to one event loop; one sweeping task stands in for a timer a request."""

    def __init__(
        self,
        *,
        process: str,
        submit: Callable[[NewJob], Awaitable[list[Accepted]]],
        read: Callable[[Callable[[Connection], Any]], Awaitable[Any]],
        waker: Waker,
    ) -> None:
        self.process = process
        self._submit = submit
        self._read = read
        self._waker = waker
        self._waiting: dict[str, _Waiter] = {}

    async def call(self, new: NewJob, wait_s: float = LIGHT_WAIT_S) -> tuple[str, Outcome | None]:
        """Submits and waits: (job id, outcome), the outcome None when the job is durable but not done in time.

        Raises what the intake refused with.
        """
        began = time.monotonic()
        waiter = _Waiter(
            job_id=new.id,
            lane=new.lane,
            future=asyncio.get_running_loop().create_future(),
            deadline=began + wait_s,
            look_at=began + LOOK_AFTER_S,
        )
        self._waiting[new.id] = waiter
        try:
            (accepted,) = await self._submit(new)
            if accepted.conflict is not None:
                raise accepted.conflict
            if not accepted.created:
                waiter.job_id, waiter.look_at = accepted.job_id, 0.0
            return accepted.job_id, await waiter.future
        finally:
            del self._waiting[new.id]

    def hear(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """A message of the bus: the outcomes of many jobs."""
        released = None
        for row in outcomes:
            waiter = self._waiting.get(row["job_id"])
            if waiter is not None and not waiter.future.done():
                waiter.future.set_result(Outcome(**row))
                released = waiter.lane
        if released is not None:
            self._released(released)

    def _released(self, lane: str) -> None:
        released = getattr(self._waker, "released", None)
        if released is not None:
            released(lane)

    async def sweep(self) -> None:
        """For ever: looks for outcomes whose message was lost, and ends waits that are over."""
        while True:
            await asyncio.sleep(SWEEP_S)
            present = time.monotonic()
            late = [one for one in self._waiting.values() if one.look_at < present and not one.future.done()]
            if not late:
                continue
            try:
                found = await self._read(partial(outcomes_of, ids=frozenset(one.job_id for one in late)))
            except (SQLAlchemyError, FarmError) as error:
                log.warning("door.look_failed", why=str(error))
                found = {}
            for one in late:
                if one.future.done():
                    continue
                if one.job_id in found:
                    one.future.set_result(found[one.job_id])
                elif one.deadline < present:
                    one.future.set_result(None)
                one.look_at = present + LOOK_AFTER_S


def outcomes_of(conn: Connection, ids: frozenset[str]) -> dict[str, Outcome]:
    """The outcomes of those jobs that have ended."""
    query = select(
        jobs.c.id, jobs.c.state, jobs.c.result, jobs.c.error_code, jobs.c.error_detail, jobs.c.error_data
    ).where(jobs.c.id.in_(list(ids)[:500]), jobs.c.state.in_(("succeeded", "failed", "cancelled")))
    found = {}
    for row in conn.execute(query):
        error = (
            {"code": row.error_code, "detail": row.error_detail or "", "data": row.error_data or {}}
            if row.error_code
            else None
        )
        found[row.id] = Outcome(job_id=row.id, state=row.state, result=row.result, error=error)
    return found


async def write(
    request: Request[Any, Any, Any], door: Door, command: Command, spec: BaseModel | Mapping[str, Any], body: bytes
) -> Answer:
    """Runs a light command for a request and answers as the command replied: the whole of a slice's write route.

    ``body`` is what the client sent: with the path, it is what an Idempotency-Key stands for.
    """
    actor: Actor = request.scope["user"]
    asked = wait_preference(request.scope)
    key = idempotency_key(request.scope)
    content = spec.model_dump(mode="json") if isinstance(spec, BaseModel) else spec
    new = NewJob(
        id=new_id(),
        kind=command.kind,
        lane=command.lane,
        actor=actor,
        spec=content,
        idempotency_key=key,
        request_hash=_request_hash(command.kind, request.scope["path"], body) if key else "",
        reply_to=door.process,
    )
    job_id, outcome = await door.call(new, LIGHT_WAIT_S if asked is None else asked)
    return answer(job_id, outcome, replayed=job_id != new.id, waited=asked)


def _request_hash(kind: str, path: str, body: bytes) -> str:
    place = path.removeprefix("/api/v1").removeprefix("/api")
    return hashlib.sha256(b"\n".join((kind.encode(), place.encode(), body))).hexdigest()


def answer(job_id: str, outcome: Outcome | None, *, replayed: bool = False, waited: float | None = None) -> Answer:
    """A light job's outcome as HTTP: the command's reply, its error, or 202 with the job's address."""
    headers = preference_applied(waited)
    if replayed:
        headers.append((b"idempotency-replayed", b"true"))
    if outcome is None:
        where = f"/api/v1/jobs/{job_id}"
        headers.append((b"location", where.encode()))
        return Answer({"id": job_id, "state": "queued", "links": {"self": where}}, status=202, headers=headers)
    if outcome.error is not None:
        raise FarmError(outcome.error["code"], outcome.error.get("detail") or "", outcome.error.get("data") or {})
    if outcome.result is None or outcome.state != JobState.SUCCEEDED:
        raise FarmFault("job.conflict", f"the write was {outcome.state}: send it again", {"job": job_id})
    reply = outcome.result
    if reply.get("etag"):
        headers.append((b"etag", str(reply["etag"]).encode()))
    if reply.get("location"):
        headers.append((b"location", str(reply["location"]).encode()))
    body = b"" if reply.get("body") is None else msgspec.json.encode(reply["body"])
    return Answer(status=int(reply["status"]), body=body, headers=headers)

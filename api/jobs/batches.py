"""The doors of batches: thousands of jobs as one stream of lines, accepted whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection, RowMapping, func, select

from api.http import Answer, Cursor, Limit, Page, after, header, idempotency_key, stream
from api.identity.auth import scope
from api.jobs import closing, naming, reads
from api.jobs.schemas import BatchView
from api.jobs.steering import Action, steer
from api.openapi import Body, Raw
from api.services import Services, services
from farm import control
from farm.errors import FarmError, Refused
from farm.ids import is_id, new_id
from farm.intake_rows import NewBatch
from farm.jobs import Actor, Load, NewJob
from farm.tables import batches, jobs, steps

TYPES = frozenset({b"application/x-ndjson", b"application/ndjson", b"application/jsonl", b"application/json"})
CHUNK_ROWS = 64
MAX_BAD = 50
EXAMPLE = '{"kind": "still", "spec": {"design": {"layers": [{"id": "a", "model": {"item": "tee"}}]}}}\n'
ONE = ResponseSpec(BatchView, description="The batch")
Template = Annotated[
    str | None, QueryParameter(max_length=200, description="Name of the outputs: {index}, {index:03}, {name}, {kind}")
]


@dataclass(kw_only=True)
class _Reading:
    """What has been read of a batch so far."""

    batch_id: str
    actor: Actor
    template: str | None
    rows: list[NewJob] = field(default_factory=list)
    bad: list[dict[str, Any]] = field(default_factory=list)
    total_bad: int = 0
    count: int = 0
    loads: dict[str, Load] = field(default_factory=dict)

    def refuse(self, number: int, error: FarmError) -> None:
        """Notes a bad row; the first 50 are told."""
        self.total_bad += 1
        if len(self.bad) < MAX_BAD:
            row: dict[str, Any] = {"row": number, "code": error.code, "detail": error.detail}
            if "errors" in error.data:
                row["errors"] = list(error.data["errors"])[:5]
            self.bad.append(row)


async def _lines(request: Request[Any, Any, Any], parts: Services, digest: Any) -> AsyncIterator[list[bytes]]:
    """The body's lines in groups, with their numbers' order kept; empty lines are left out."""
    rest = b""
    longest = parts.settings.max_body_bytes
    ready: list[bytes] = []
    async for chunk in stream(request, parts.settings.max_batch_bytes):
        digest.update(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > longest or any(len(line) > longest for line in lines):
            raise Refused("request.too_large", f"a row may have {longest:,} bytes")
        ready += [line for line in lines if line.strip()]
        while len(ready) >= CHUNK_ROWS:
            yield ready[:CHUNK_ROWS]
            ready = ready[CHUNK_ROWS:]
    if rest.strip():
        ready.append(rest)
    if ready:
        yield ready


def _take(conn: Connection, parts: Services, reading: _Reading, lines: list[bytes]) -> None:
    resolver = closing.OwnersBlobs(conn, reading.actor.owner, reading.loads)
    for line in lines:
        reading.count += 1
        try:
            reading.rows.append(_row(parts, reading, resolver, line))
        except FarmError as error:
            reading.refuse(reading.count, error)


def _row(parts: Services, reading: _Reading, resolver: closing.OwnersBlobs, line: bytes) -> NewJob:
    asked = closing.decode(line)
    kind = closing.kind_of(asked.kind, parts.kinds)
    spec = closing.validate(kind, asked.spec)
    name = closing.file_stem(asked.output_name)
    if name is None and reading.template is not None:
        design = naming.design_name(bytes(asked.spec))
        name = naming.filled(
            reading.template, index=reading.count, kind=asked.kind, name=design, batch=reading.batch_id
        )
    mark = closing.over(parts.settings, reading.actor)
    closed = closing.close(kind, spec, resolver, name, watermark=mark)
    return closing.new_job(asked, closed, reading.actor, batch_id=reading.batch_id, output_name=name)


@post(
    "/batches",
    guards=[scope("jobs:write")],
    summary="Submit many jobs",
    responses={202: ONE},
    status_code=202,
    opt={"body": Body(raw=Raw(media_type="application/x-ndjson", description="One job a line", example=EXAMPLE))},
)
async def create_batch(
    request: Request[Any, Any, Any],
    name: Annotated[str | None, QueryParameter(max_length=200)] = None,
    output_name: Template = None,
    partial_: Annotated[bool, QueryParameter(name="partial", description="Accept the good rows")] = False,
) -> Answer:
    """All rows or none: when some are bad, 422 lists the first fifty. ``?partial=true`` takes the good ones."""
    parts = services(request)
    kind = header(request.scope, b"content-type")
    if kind is not None and kind.partition(b";")[0].strip().lower() not in TYPES:
        raise Refused("request.media_type", "send Content-Type: application/x-ndjson, one job a line")
    reading = _Reading(
        batch_id=new_id(),
        actor=request.scope["user"],
        template=naming.checked(output_name) if output_name else None,
    )
    digest = hashlib.sha256(repr((name, output_name, partial_)).encode())
    async for lines in _lines(request, parts, digest):
        if reading.count + len(lines) > parts.settings.max_batch_rows:
            raise Refused("request.too_large", f"a batch may have {parts.settings.max_batch_rows:,} rows: split it")
        await parts.read(partial(_take, parts=parts, reading=reading, lines=lines))
    if reading.bad and (not partial_ or not reading.rows):
        raise Refused(
            "batch.invalid_rows",
            f"{reading.total_bad} of {reading.count} rows cannot be accepted; nothing was submitted",
            {"rows": reading.bad, "total_bad": reading.total_bad},
        )
    if not reading.rows:
        raise Refused("request.invalid", "a batch needs at least one row")
    batch = NewBatch(
        id=reading.batch_id,
        owner=reading.actor.owner,
        total=len(reading.rows),
        name=name,
        output_name=output_name,
        idempotency_key=idempotency_key(request.scope),
        request_hash=digest.hexdigest(),
    )
    submitted = await parts.thread(parts.intake.submit_batch, batch, reading.rows)
    accepted = await parts.landing.take(submitted)
    found = await parts.read(partial(_accepted, owner=reading.actor.owner, job_id=accepted[0].job_id))
    body = found if not reading.bad else _with_refused(found, reading)
    return Answer(body, status=202, headers=[(b"location", found.links["self"].encode())])


def _with_refused(found: BatchView, reading: _Reading) -> dict[str, Any]:
    return {**msgspec.structs.asdict(found), "refused": reading.bad, "total_refused": reading.total_bad}


def _accepted(conn: Connection, owner: str, job_id: str) -> BatchView:
    batch_id = conn.execute(select(jobs.c.batch_id).where(jobs.c.id == job_id)).scalar_one()
    return one(conn, owner, batch_id)


def one(conn: Connection, owner: str, batch_id: str) -> BatchView:
    """A batch. Raises Refused ``not_found``."""
    row = None
    if is_id(batch_id):
        query = select(batches).where(batches.c.id == batch_id, batches.c.owner == owner)
        row = conn.execute(query).mappings().first()
    if row is None:
        raise reads.unknown("batch")
    return _views(conn, [row])[0]


def _views(conn: Connection, rows: list[RowMapping]) -> list[BatchView]:
    ids = [row["id"] for row in rows]
    states: dict[str, dict[str, int]] = {batch_id: {} for batch_id in ids}
    counted = select(jobs.c.batch_id, jobs.c.state, func.count().label("jobs")).where(jobs.c.batch_id.in_(ids))
    for count in conn.execute(counted.group_by(jobs.c.batch_id, jobs.c.state)):
        states[count.batch_id][count.state] = count.jobs
    measured = (
        select(jobs.c.batch_id, func.sum(steps.c.done).label("done"), func.sum(steps.c.total).label("total"))
        .join(steps, steps.c.job_id == jobs.c.id)
        .where(jobs.c.batch_id.in_(ids), jobs.c.state == "running")
        .group_by(jobs.c.batch_id)
    )
    running = {each.batch_id: float(each.done) / float(each.total or 1) for each in conn.execute(measured)}
    views = []
    for row in rows:
        counts = states[row["id"]]
        ended = sum(counts.get(state, 0) for state in ("succeeded", "failed", "cancelled"))
        share = ended + running.get(row["id"], 0.0) * counts.get("running", 0)
        here = f"/api/v1/batches/{row['id']}"
        views.append(
            BatchView(
                id=row["id"],
                owner=row["owner"],
                name=row["name"],
                output_name=row["output_name"],
                total=row["total"],
                states=counts,
                fraction=round(min(1.0, share / row["total"]), 4) if row["total"] else 1.0,
                done=ended >= row["total"],
                created_at=row["created_at"],
                links={"self": here, "jobs": f"/api/v1/jobs?batch={row['id']}"},
            )
        )
    return views


@get("/batches", guards=[scope("jobs:read")], summary="List your batches, newest first")
async def list_batches(request: Request[Any, Any, Any], limit: Limit = 50, cursor: Cursor = None) -> Answer:
    """One page."""

    def work(conn: Connection) -> list[BatchView]:
        query = select(batches).where(batches.c.owner == request.user.owner)
        if cursor is not None:
            query = query.where(batches.c.id < after(cursor))
        rows = conn.execute(query.order_by(batches.c.id.desc()).limit(limit + 1)).mappings().all()
        return _views(conn, list(rows))

    return Page.of(await services(request).read(work), limit).answer(request)


@get("/batches/{batch_id:str}", guards=[scope("jobs:read")], summary="Read a batch", responses={200: ONE})
async def read_batch(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Answer:
    """How many of its jobs are in which state."""
    work = partial(one, owner=request.user.owner, batch_id=batch_id)
    return Answer(await services(request).read(work))


@post(
    "/batches/{batch_id:str}/cancel",
    guards=[scope("jobs:write")],
    summary="Cancel what has not ended",
    responses={200: ONE},
    status_code=200,
)
async def cancel_batch(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Answer:
    """Jobs that ended stay as they are."""
    return await _for_each(request, batch_id, ("queued", "running", "paused"), control.cancel)


@post(
    "/batches/{batch_id:str}/retry",
    guards=[scope("jobs:write")],
    summary="Retry what failed",
    responses={200: ONE},
    status_code=200,
)
async def retry_batch(request: Request[Any, Any, Any], batch_id: FromPath[str]) -> Answer:
    """Failed and cancelled jobs run again, but for their steps that had succeeded."""
    return await _for_each(request, batch_id, ("failed", "cancelled"), control.retry)


async def _for_each(
    request: Request[Any, Any, Any], batch_id: str, states: tuple[str, ...], action: Action
) -> Answer:
    parts = services(request)
    owner = request.user.owner
    await parts.read(partial(one, owner=owner, batch_id=batch_id))
    query = select(jobs.c.id).where(jobs.c.batch_id == batch_id, jobs.c.state.in_(states)).order_by(jobs.c.id)
    ids = await parts.read(lambda conn: list(conn.execute(query).scalars()))
    for job_id in ids:
        try:
            await parts.thread(steer, parts, owner, job_id, action)
        except Refused as error:
            if error.code != "job.conflict":  # it moved on meanwhile: as good
                raise
    return Answer(await parts.read(partial(one, owner=owner, batch_id=batch_id)))


ROUTES = Router(
    "/", route_handlers=[create_batch, list_batches, read_batch, cancel_batch, retry_batch], tags=["batches"]
)

"""The doors that tell what the farm can do, and how it is: kinds, plans, lanes, workers."""

from __future__ import annotations

import statistics
from typing import Any

from litestar import Request, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from sqlalchemy import Connection, func, select, update

from api.http import Answer, Page, json_body
from api.identity.auth import scope
from api.jobs import closing, reads
from api.jobs.schemas import KindView, LaneView, PlannedStep, PlanView, WorkerView
from api.jobs.submitting import close
from api.openapi import Body
from api.services import Services, services
from farm.cache import key_of
from farm.db import in_seconds, now
from farm.errors import Refused
from farm.jobs import Closed, JobKind
from farm.lanes import LANES
from farm.plan import Step
from farm.tables import jobs, step_cache, steps, workers

ALIVE_S = 60.0
SAMPLES = 50


def _kind_view(kind: JobKind, *, schema: bool) -> KindView:
    return KindView(
        name=kind.name,
        summary=kind.summary,
        example=dict(kind.example),
        schema=kind.spec.model_json_schema() if schema else None,
    )


@get(
    "/kinds",
    guards=[scope("jobs:read")],
    summary="List the kinds of jobs",
    responses={200: ResponseSpec(list[KindView])},
)
async def list_kinds(request: Request[Any, Any, Any]) -> Answer:
    """Each with an example that works."""
    return Page(items=[_kind_view(kind, schema=False) for kind in services(request).kinds.values()]).answer(request)


@get(
    "/kinds/{kind:str}",
    guards=[scope("jobs:read")],
    summary="Read a kind's JSON Schema",
    responses={200: ResponseSpec(KindView)},
)
async def read_kind(request: Request[Any, Any, Any], kind: FromPath[str]) -> Answer:
    """What its spec may hold."""
    found = services(request).kinds.get(kind)
    if found is None:
        raise Refused("not_found", f"there is no kind {kind[:64]!r}; there are {', '.join(services(request).kinds)}")
    return Answer(_kind_view(found, schema=True))


@post(
    "/plan",
    guards=[scope("jobs:read")],
    summary="Say what a job would do",
    responses={200: ResponseSpec(PlanView)},
    status_code=200,
    opt={"body": Body(jobs=True)},
)
async def plan_job(request: Request[Any, Any, Any]) -> Answer:
    """The closed spec and its steps, what is cached and about how long the rest takes. Nothing is submitted."""
    parts = services(request)
    body = await json_body(request, parts.settings.max_body_bytes)
    asked = closing.decode(body)
    kind = closing.kind_of(asked.kind, parts.kinds)
    closed = await close(
        parts, kind, closing.validate(kind, asked.spec), request.user, closing.file_stem(asked.output_name)
    )
    return Answer(await parts.read(lambda conn: _planned(conn, kind.name, closed)))


def _planned(conn: Connection, kind: str, closed: Closed) -> PlanView:
    hashes = closed.plan.hashes()
    devices = {row.device for row in conn.execute(select(workers.c.device).distinct())} | {""}
    names = {step.name for step in closed.plan.steps}
    took = {name: _seconds(conn, name) for name in names}

    def view(step: Step) -> PlannedStep:
        keys = [key_of(hashes[step.key], device) for device in sorted(devices)]
        kept = select(step_cache.c.key).where(step_cache.c.key.in_(keys), step_cache.c.expires_at > now())
        return PlannedStep(
            key=step.key,
            name=step.name,
            lane=step.lane,
            hash=hashes[step.key],
            needs=list(step.needs),
            requires=list(step.requires),
            total=step.total,
            unit=step.unit,
            cached=conn.execute(kept.limit(1)).first() is not None,
            seconds=took[step.name],
        )

    views = [view(step) for step in closed.plan.steps]
    open_seconds = [step.seconds for step in views if not step.cached]
    eta = None if None in open_seconds else round(sum(seconds or 0.0 for seconds in open_seconds), 2)
    return PlanView(
        kind=kind,
        spec=dict(closed.spec),
        stem=closed.stem,
        blobs=list(closed.blobs),
        steps=views,
        eta_s=eta,
        chosen=reads.chosen(closed.spec),
    )


def _seconds(conn: Connection, name: str) -> float | None:
    """The median of what the last such steps took."""
    query = select(step_cache.c.seconds).where(step_cache.c.name == name).order_by(step_cache.c.created_at.desc())
    found = list(conn.execute(query.limit(SAMPLES)).scalars())
    return round(statistics.median(found), 3) if found else None


def lane_views(conn: Connection) -> list[LaneView]:
    """Every lane: light ones by their jobs, heavy ones by their steps."""
    light = select(jobs.c.lane, jobs.c.state, func.count().label("many"), func.min(jobs.c.created_at).label("oldest"))
    heavy = select(
        steps.c.lane, steps.c.state, func.count().label("many"), func.min(jobs.c.created_at).label("oldest")
    ).join(jobs, jobs.c.id == steps.c.job_id)
    queries = (
        light.where(jobs.c.light, jobs.c.state == "queued").group_by(jobs.c.lane, jobs.c.state),
        heavy.where(steps.c.state.in_(("ready", "running")), jobs.c.state.in_(("queued", "running"))).group_by(
            steps.c.lane, steps.c.state
        ),
    )
    present = conn.execute(select(now())).scalar_one()
    waiting: dict[str, tuple[int, float]] = {}
    running: dict[str, int] = {}
    for query in queries:
        for row in conn.execute(query):
            if row.state == "running":
                running[row.lane] = row.many
            else:
                waiting[row.lane] = (row.many, max(0.0, (present - row.oldest).total_seconds()))
    return [
        LaneView(
            name=lane.name,
            light=lane.light,
            depth=waiting.get(lane.name, (0, 0.0))[0],
            running=running.get(lane.name, 0),
            oldest_s=round(waiting[lane.name][1], 3) if lane.name in waiting else None,
        )
        for lane in LANES.values()
    ]


@get("/lanes", guards=[scope("jobs:read")], summary="List the lanes", responses={200: ResponseSpec(list[LaneView])})
async def list_lanes(request: Request[Any, Any, Any]) -> Answer:
    """What waits in each, since when, and what runs."""
    return Page(items=await services(request).read(lane_views)).answer(request)


def worker_views(conn: Connection) -> list[WorkerView]:
    """Workers that were seen within a day."""
    query = select(workers, (workers.c.seen_at > in_seconds(-ALIVE_S)).label("alive")).order_by(workers.c.name)
    return [WorkerView(**row) for row in conn.execute(query.limit(1000)).mappings()]


@get("/workers", guards=[scope("admin")], summary="List the workers", responses={200: ResponseSpec(list[WorkerView])})
async def list_workers(request: Request[Any, Any, Any]) -> Answer:
    """For operators: hosts, devices, capabilities, health."""
    return Page(items=await services(request).read(worker_views)).answer(request)


@post("/workers/{name:str}/drain", guards=[scope("admin")], summary="Drain a worker", status_code=200)
async def drain_worker(request: Request[Any, Any, Any], name: FromPath[str]) -> Answer:
    """It finishes what it runs and claims nothing more."""
    return await _set_state(services(request), name, "draining")


@post("/workers/{name:str}/activate", guards=[scope("admin")], summary="Take a worker back", status_code=200)
async def activate_worker(request: Request[Any, Any, Any], name: FromPath[str]) -> Answer:
    """A draining or sick worker claims again."""
    return await _set_state(services(request), name, "active")


async def _set_state(parts: Services, name: str, state: str) -> Answer:
    def work(conn: Connection) -> WorkerView:
        change = update(workers).where(workers.c.name == name).values(state=state)
        if "\0" in name or conn.execute(change).rowcount == 0:
            raise reads.unknown("worker")
        return next(worker for worker in worker_views(conn) if worker.name == name)

    return Answer(await parts.write(work))


ROUTES = Router(
    "/",
    route_handlers=[list_kinds, read_kind, plan_job, list_lanes, list_workers, drain_worker, activate_worker],
    tags=["farm"],
)

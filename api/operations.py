"""For operators: liveness, readiness, metrics."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from litestar import Request, Router, get
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Connection, func, select

from api.http import Answer
from api.jobs.farm import lane_views
from api.services import Services, services
from farm.cache import Tally, tallies
from farm.errors import FarmFault
from farm.tables import jobs

CACHED_S = 2.0
TALLIED_S = 30.0
"""The render cache has many rows, which are all counted."""
SAMPLE_S = 0.02


class Metrics:
    """The process's counters, and the farm's state by the database, asked at most every two seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("farm_http_requests", "Answers", ["method", "status"], registry=self.registry)
        self.seconds = Histogram(
            "farm_http_request_seconds",
            "Time to the answer's head",
            ["method"],
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.delay = Histogram(
            "farm_http_loop_delay_seconds",
            "How late the event loop comes to what is due",
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1),
        )
        self.depth = Gauge("farm_lane_depth", "Jobs or steps that wait", ["lane"], registry=self.registry)
        self.running = Gauge("farm_lane_running", "Steps that run", ["lane"], registry=self.registry)
        self.oldest = Gauge("farm_lane_oldest_seconds", "Age of what waits longest", ["lane"], registry=self.registry)
        self.jobs = Gauge("farm_jobs", "Jobs by kind and state", ["kind", "state"], registry=self.registry)
        self.watches = Gauge("farm_http_watches", "Open event streams and waiting requests", registry=self.registry)
        self.cache_entries = Gauge(
            "farm_render_cache_entries", "Steps whose result is kept", ["step"], registry=self.registry
        )
        self.cache_hits = Gauge(
            "farm_render_cache_hits",
            "How often kept results served in a step's place",
            ["step"],
            registry=self.registry,
        )
        self.cache_saved = Gauge(
            "farm_render_cache_saved_seconds", "Work that the hits saved", ["step"], registry=self.registry
        )
        self._fresh_until = 0.0
        self._tallied_until = 0.0

    async def sample(self) -> None:
        """Measures the event loop's delay fifty times a second, for ever."""
        while True:
            due = time.perf_counter() + SAMPLE_S
            await asyncio.sleep(SAMPLE_S)
            self.delay.observe(max(0.0, time.perf_counter() - due))

    async def refresh(self, parts: Services) -> None:
        """Reads the farm's state when the last reading is two seconds old."""
        self.watches.set(len(parts.hub))
        if time.monotonic() < self._fresh_until:
            return
        self._fresh_until = time.monotonic() + CACHED_S
        if time.monotonic() >= self._tallied_until:
            self._tallied_until = time.monotonic() + TALLIED_S
            self._tally(await parts.read(tallies))
        lanes, counts = await parts.read(_state)
        for lane in lanes:
            self.depth.labels(lane.name).set(lane.depth)
            self.running.labels(lane.name).set(lane.running)
            self.oldest.labels(lane.name).set(lane.oldest_s or 0.0)
        self.jobs.clear()
        for kind, state, count in counts:
            self.jobs.labels(kind, state).set(count)

    def _tally(self, found: list[Tally]) -> None:
        for gauge in (self.cache_entries, self.cache_hits, self.cache_saved):
            gauge.clear()
        for one in found:
            self.cache_entries.labels(one.name).set(one.entries)
            self.cache_hits.labels(one.name).set(one.hits)
            self.cache_saved.labels(one.name).set(one.saved_s)


def _state(conn: Connection) -> tuple[list[Any], list[tuple[str, str, int]]]:
    counted = select(jobs.c.kind, jobs.c.state, func.count()).where(~jobs.c.light).group_by(jobs.c.kind, jobs.c.state)
    return lane_views(conn), [(row[0], row[1], row[2]) for row in conn.execute(counted)]


@get("/health", summary="Whether the process lives", responses={200: ResponseSpec(dict[str, str])})
async def health() -> Answer:
    """Asks nobody."""
    return Answer({"status": "ok"})


@get("/ready", summary="Whether work is accepted", responses={200: ResponseSpec(dict[str, str])})
async def ready(request: Request[Any, Any, Any]) -> Answer:
    """Database and Redis answer; 503 otherwise."""
    parts = services(request)
    await parts.thread(parts.db.ping)
    if not await parts.thread(parts.bus.ping):
        raise FarmFault("farm.unavailable", "Redis does not answer")
    return Answer({"status": "ready", "database": "ok", "redis": "ok"})


@get("/metrics", summary="Prometheus metrics", media_type="text/plain")
async def metrics(request: Request[Any, Any, Any]) -> Answer:
    """Of this process, and of the lanes by the database."""
    found: Metrics = request.app.state.metrics
    await found.refresh(services(request))
    body = generate_latest(found.registry)
    return Answer(body=body, media_type=b"text/plain; version=0.0.4; charset=utf-8")


ROUTES = Router("/", route_handlers=[health, ready, metrics], tags=["operations"])

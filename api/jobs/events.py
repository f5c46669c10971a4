"""Watching a job: server-sent events, and waiting for its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial

import msgspec
from litestar.types import Receive, Scope, Send

from api.jobs import reads
from api.jobs.reads import Links
from api.jobs.schemas import Job
from api.services import Services
from farm.errors import Refused
from farm.jobs import FINAL

HEARTBEAT_S = 15.0
LOOK_EVERY_S = 2.0
"""How often the database is looked at when nothing was heard: the bus may lose a message, or be away."""


async def changes(parts: Services, owner: str, job_id: str, seen: int) -> AsyncIterator[Job | None]:
    """The job, whenever it has another revision than ``seen``, up to its final state; None every 15 s as a sign of
    life. Raises Refused ``not_found`` before anything else.
    """
    links = Links(parts.settings)
    with parts.hub.watch(job_id, owner) as watch:
        spoken = time.monotonic()
        while True:
            revision, state = await parts.read(partial(reads.revision, owner=owner, job_id=job_id))
            if revision > seen:
                job = await parts.read(partial(reads.job, owner=owner, job_id=job_id, links=links))
                seen, state, spoken = job.revision, job.state, time.monotonic()
                yield job
            if state in FINAL or parts.hub.closed:
                return
            await watch.wait(LOOK_EVERY_S)
            if time.monotonic() - spoken >= HEARTBEAT_S:
                spoken = time.monotonic()
                yield None


async def ended(parts: Services, owner: str, job_id: str, seconds: float) -> Job | None:
    """The job in its final state, or None when the time is up before."""
    until = time.monotonic() + seconds
    with parts.hub.watch(job_id, owner) as watch:
        while True:
            _, state = await parts.read(partial(reads.revision, owner=owner, job_id=job_id))
            if state in FINAL:
                return await parts.read(partial(reads.job, owner=owner, job_id=job_id, links=Links(parts.settings)))
            left = until - time.monotonic()
            if left <= 0 or parts.hub.closed:
                return None
            await watch.wait(min(left, LOOK_EVERY_S))


def frame(job: Job | None) -> bytes:
    """One event, or a comment, in the format of the HTML standard (9.2.6)."""
    if job is None:
        return b": alive\n\n"
    return b"id: %d\nevent: job\ndata: %b\n\n" % (job.revision, msgspec.json.encode(job))


class EventStream:
    """An ASGI answer that streams until the job ends or the client goes; nothing is left behind either way."""

    def __init__(self, parts: Services, owner: str, job_id: str, seen: int) -> None:
        self._changes = changes(parts, owner, job_id, seen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """ASGI."""
        first: Job | None = None
        try:
            first = await anext(self._changes)
        except StopAsyncIteration:
            pass
        except Refused:
            await self._changes.aclose()  # type: ignore[attr-defined]
            raise
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        speaking = asyncio.create_task(self._speak(first, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, leaving):
                task.cancel()
            await asyncio.gather(speaking, leaving, return_exceptions=True)
            await self._changes.aclose()  # type: ignore[attr-defined]

    async def _speak(self, first: Job | None, send: Send) -> None:
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n" + frame(first), "more_body": True})
        async for job in self._changes:
            await send({"type": "http.response.body", "body": frame(job), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Watching an upload: server-sent events while it grows and while it is completed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import msgspec
from litestar.types import Receive, Scope, Send

from api.hub import Watch
from api.services import Services
from api.uploads import completion
from api.uploads.schemas import UploadView
from farm.errors import Refused

HEARTBEAT_S = 15.0
LEAST_GAP_S = 0.2
"""Chunks may come by the hundred a second; nobody reads a progress bar faster than this."""


async def changes(
    parts: Services, owner: str, upload_id: str, seen: bytes, watch: Watch
) -> AsyncIterator[UploadView | None]:
    """The upload whenever it is another than ``seen`` (an event's id), up to its end or until it is deleted; None as
    a sign of life.
    """
    with contextlib.ExitStack() as watches:
        job: str | None = None
        spoken = time.monotonic()
        while True:
            try:
                found = await completion.view(parts, owner, upload_id)
            except Refused:  # it was deleted, or has expired
                return
            if found.job is not None and found.job != job:
                job = found.job
                watches.enter_context(parts.hub.watch(job, owner, watch))
                continue  # what happened before the watch on its job began
            if event_id(found) != seen:
                seen, spoken = event_id(found), time.monotonic()
                yield found
            if found.state in completion.ENDED or parts.hub.closed:
                return
            await asyncio.sleep(LEAST_GAP_S)
            await watch.wait(completion.LOOK_EVERY_S)
            if time.monotonic() - spoken >= HEARTBEAT_S:
                spoken = time.monotonic()
                yield None


def event_id(view: UploadView) -> bytes:
    """Tells states of an upload apart: its revision, and how far its job is."""
    return b"%d.%d" % (view.revision, view.progress.done)


def frame(view: UploadView | None) -> bytes:
    """One event, or a comment, in the format of the HTML standard (9.2.6)."""
    if view is None:
        return b": alive\n\n"
    return b"id: %b\nevent: upload\ndata: %b\n\n" % (event_id(view), msgspec.json.encode(view))


class EventStream:
    """An ASGI answer that streams until the upload ends or the client goes."""

    def __init__(self, parts: Services, owner: str, upload_id: str, seen: bytes) -> None:
        self._parts = parts
        self._subject = upload_id, owner
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """ASGI. Raises Refused ``rate.limited`` before anything is sent."""
        upload_id, owner = self._subject
        with self._parts.hub.watch(upload_id, owner) as watch:
            stream = changes(self._parts, owner, upload_id, self._seen, watch)
            await self._stream(stream, receive, send)

    async def _stream(self, stream: AsyncIterator[UploadView | None], receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        speaking = asyncio.create_task(_speak(stream, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, leaving):
                task.cancel()
            await asyncio.gather(speaking, leaving, return_exceptions=True)
            await stream.aclose()  # type: ignore[attr-defined]


async def _speak(stream: AsyncIterator[UploadView | None], send: Send) -> None:
    await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
    async for view in stream:
        await send({"type": "http.response.body", "body": frame(view), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Bodies of many megabytes: received on the event loop, verified and written in threads, with flat memory.

While a thread works on what came, the loop receives half a megabyte more at most; then it stops reading, and TCP
holds the sender back. A process takes in a bounded number of bodies at once; others wait in the same way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from litestar import Request

from api.http import header
from api.services import Services
from farm.errors import Refused

AHEAD = 1 << 19
"""Bytes received beyond what the thread has."""

IDLE_S = 3.0
"""A body that was silent for so long makes way for a newer one at the same place."""

MAX_WAIT_S = 5.0
T = TypeVar("T")


class Writer(Protocol):
    """What takes a body in."""

    def close(self) -> None:
        """Lets go of its place."""


W = TypeVar("W", bound=Writer)


class Broken(Exception):
    """The connection ended before the body did."""


class Inflow:
    """One body on its way in. Another request may end it when it has become silent."""

    def __init__(self, stall_s: float) -> None:
        self.ended = asyncio.Event()
        self._stall_s = stall_s
        self._timeout: asyncio.Timeout | None = None
        self._heard = time.monotonic()
        self._interrupted = False

    async def receive(self, request: Request[Any, Any, Any]) -> tuple[bytes, bool]:
        """The next piece, and whether more follows. Raises Broken, or Refused ``upload.stalled``."""
        try:
            async with asyncio.timeout(0 if self._interrupted else self._stall_s) as self._timeout:
                message: Any = await request.receive()
        except TimeoutError:
            why = "a newer request took over" if self._interrupted else f"no byte came for {self._stall_s:.0f} s"
            raise Refused("upload.stalled", f"{why}: ask what was received, and continue there") from None
        finally:
            self._timeout = None
        self._heard = time.monotonic()
        if message["type"] == "http.disconnect":
            raise Broken
        return message.get("body", b""), bool(message.get("more_body", False))

    async def give_way(self) -> bool:
        """Ends it if it is silent; whether the place is free now."""
        if time.monotonic() - self._heard < IDLE_S:
            return False
        self._interrupted = True
        if self._timeout is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self.ended.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def inflow(
    parts: Services, place: tuple[str, int], open_writer: Callable[[], W]
) -> AsyncIterator[tuple[Inflow, W]]:
    """A body's turn (so many at once in this process) and its writer, closed when the block ends. ``place`` is the
    upload's id and the chunk. A silent request makes way for this one.
    """
    loop = asyncio.get_running_loop()
    async with parts.bodies:
        try:
            writer = await loop.run_in_executor(parts.writers, open_writer)
        except Refused as error:
            holder = parts.inflows.get(place)
            if error.code != "upload.busy" or holder is None or not await holder.give_way():
                raise
            writer = await loop.run_in_executor(parts.writers, open_writer)
        mine = Inflow(parts.settings.upload_stall_s)
        parts.inflows[place] = mine
        try:
            yield mine, writer
        finally:
            if parts.inflows.get(place) is mine:
                del parts.inflows[place]
            try:
                await settled(loop.run_in_executor(parts.writers, writer.close))
            finally:
                mine.ended.set()


async def pump(
    parts: Services, request: Request[Any, Any, Any], source: Inflow, write: Callable[[bytes], None]
) -> None:
    """Gives the whole body to ``write``, piece by piece, in a thread. Raises what the thread raises, Broken, or
    Refused ``upload.stalled``; what came before a break was written.
    """

    def work(pieces: list[bytes]) -> None:
        for piece in pieces:
            write(piece)

    loop = asyncio.get_running_loop()
    waiting: list[bytes] = []
    ahead = 0
    busy: asyncio.Future[None] | None = None
    more = True
    try:
        while more:
            piece, more = await source.receive(request)
            if piece:
                waiting.append(piece)
                ahead += len(piece)
            if busy is not None and (busy.done() or ahead >= AHEAD or not more):
                await busy
                busy = None
            if busy is None and waiting:
                busy = loop.run_in_executor(parts.writers, work, waiting)
                waiting, ahead = [], 0
    finally:
        # Whatever ended the loop, the thread must not outlive it.
        if busy is not None:
            await settled(busy)
        if waiting:
            await settled(loop.run_in_executor(parts.writers, work, waiting))


async def settled(work: asyncio.Future[T]) -> T:
    """The outcome of a thread's work, waited for even when the request is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError as error:
            if work.cancelled():
                raise
            cancelled = error
        except BaseException:  # noqa: BLE001 - told below, by the future itself
            break
    if cancelled is not None:
        raise cancelled
    return work.result()


def content_length(request: Request[Any, Any, Any]) -> int | None:
    """The body's announced length. Raises Refused ``request.malformed`` for what is no number."""
    given = header(request.scope, b"content-length")
    if given is None:
        return None
    if not given.isdigit() or len(given) > 18:
        raise Refused("request.malformed", "Content-Length is no number")
    return int(given)

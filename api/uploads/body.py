"""Bodies of many megabytes: received on the event loop, verified and written by one thread each, with flat memory.

The loop hands pieces over as they come and stops reading when the thread is a megabyte behind: then TCP holds the
sender back. A process takes in a bounded number of bodies at once; others wait in the same way. The thread begins
(the database is asked, the place is taken) while the first pieces are still coming.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from litestar import Request

from api.http import closing, header
from api.services import Services
from farm.errors import Refused

AHEAD = 1 << 20
"""Bytes received beyond what the thread has taken."""

IDLE_S = 3.0
"""A body that was silent for so long makes way for a newer one at the same place."""

MAX_WAIT_S = 5.0


class Broken(Exception):
    """The connection ended before the body did."""


class Writer(Protocol):
    """What takes a body in."""

    def close(self) -> None:
        """Lets go of its place."""


T = TypeVar("T")
W = TypeVar("W", bound=Writer)


class Feed:
    """One body on its way from the loop to a thread. Another request may end it when it has become silent."""

    def __init__(self, stall_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: SimpleQueue[bytes | Exception | None] = SimpleQueue()
        self._given = self._taken = 0  # each counted by one side alone
        self._room = asyncio.Event()
        self._waiting = False
        self._ended = asyncio.Event()
        self._stall_s = stall_s
        self._timeout: asyncio.Timeout | None = None
        self._heard = time.monotonic()
        self._interrupted = False

    # The loop's side

    async def fill(self, request: Request[Any, Any, Any], taker: asyncio.Future[Any]) -> None:
        """Hands the whole body over, or until the taker has ended. What goes wrong, the taker hears."""
        taker.add_done_callback(self._taken_enough)
        more = True
        try:
            async with asyncio.timeout(self._stall_s) as self._timeout:
                while more and not taker.done():
                    message = await _message(request)
                    more = bool(message.get("more_body", False))
                    piece: bytes = message.get("body", b"")
                    self._heard = time.monotonic()
                    if piece:
                        self._given += len(piece)
                        self._pieces.put(piece)
                        if self._given - self._taken > AHEAD:
                            await self._for_room(taker)
                    if not self._interrupted:
                        self._timeout.reschedule(self._loop.time() + self._stall_s)
            self._pieces.put(None)
        except TimeoutError:
            why = "a newer request took over" if self._interrupted else f"no byte came for {self._stall_s:.0f} s"
            self._pieces.put(Refused("upload.stalled", f"{why}: ask what was received, and continue there"))
        except BaseException:
            self._pieces.put(Broken())
            raise
        finally:
            self._timeout = None
            if more:
                closing(request.scope)

    def _taken_enough(self, _taker: asyncio.Future[Any]) -> None:
        """The taker has ended: its answer must not wait for bytes that nobody wants any more."""
        self._room.set()
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(self._loop.time())

    async def _for_room(self, taker: asyncio.Future[Any]) -> None:
        """Waits for the thread; that is not the client's silence."""
        assert self._timeout is not None
        self._timeout.reschedule(None)
        while self._given - self._taken > AHEAD and not taker.done():
            self._room.clear()
            self._waiting = True
            if self._given - self._taken > AHEAD and not taker.done():
                await self._room.wait()
            self._waiting = False

    async def give_way(self) -> bool:
        """Ends the body if it is silent; whether its place is free now."""
        if self._timeout is None or self._timeout.expired() or time.monotonic() - self._heard < IDLE_S:
            return False
        self._interrupted = True
        self._timeout.reschedule(self._loop.time())
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._ended.wait()
        except TimeoutError:
            return False
        return True

    # The thread's side

    def pieces(self) -> Iterator[bytes]:
        """The body; raises Broken, or Refused ``upload.stalled``, where it ends too early."""
        while True:
            piece = self._pieces.get()
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece
            self._taken += len(piece)
            if self._waiting and self._given - self._taken <= AHEAD // 2:
                self._loop.call_soon_threadsafe(self._room.set)

    def end(self) -> None:
        """Its place is free."""
        self._loop.call_soon_threadsafe(self._ended.set)


async def _message(request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    message: Mapping[str, Any] = await request.receive()
    if message["type"] == "http.disconnect":
        raise Broken
    return message


async def receive(
    parts: Services,
    request: Request[Any, Any, Any],
    place: tuple[str, int],
    open_writer: Callable[[], W],
    land: Callable[[W, Iterator[bytes]], T],
) -> T:
    """Takes a body in: ``open_writer`` and then ``land`` run in a thread while the body comes. ``place`` is the
    upload's id and the chunk; a silent request at the same place makes way for this one.
    """
    loop = asyncio.get_running_loop()

    def opened() -> W:
        try:
            return open_writer()
        except Refused as error:
            holder = parts.inflows.get(place)
            if error.code != "upload.busy" or holder is None:
                raise
            if not asyncio.run_coroutine_threadsafe(holder.give_way(), loop).result():
                raise
        return open_writer()

    def work(feed: Feed) -> T:
        writer = opened()
        parts.inflows[place] = feed
        try:
            return land(writer, feed.pieces())
        finally:
            writer.close()
            if parts.inflows.get(place) is feed:
                del parts.inflows[place]
            feed.end()

    async with parts.bodies:
        feed = Feed(parts.settings.upload_stall_s)
        taker = loop.run_in_executor(parts.writers, work, feed)
        try:
            await feed.fill(request, taker)
        except Broken:
            pass  # the taker says what that means
        except BaseException:
            await _settled(taker)
            raise
        try:
            return await _settled(taker)
        finally:
            del taker  # as there


async def _settled(work: asyncio.Future[T]) -> T:
    """The outcome of a thread's work, waited for even when the request is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as error:
            cancelled = error
    try:
        if cancelled is not None:
            raise cancelled
        return work.result()
    finally:
        # An error has this frame in its traceback, and the future has the error: with the request in such a ring, the
        # rest of its body would be waited for until the garbage collector comes by, and the connection with it.
        del work, cancelled


def content_length(scope: Mapping[str, Any]) -> int | None:
    """The body's announced length. Raises Refused ``request.malformed`` for what is no number, and
    ``request.media_type`` for an encoded body: its bytes would be counted as if they were the file's.
    """
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise Refused("request.media_type", "send the bytes as they are, without Content-Encoding")
    given = header(scope, b"content-length")
    if given is None:
        return None
    if not given.isdigit() or len(given) > 18:
        raise Refused("request.malformed", "Content-Length is no number")
    return int(given)

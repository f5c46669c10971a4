"""What the HTTP door works with: one of each for a process, opened with the application and closed with it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import Request
from sqlalchemy import Connection

from api.hub import Hub
from api.identity.auth import Authenticator
from api.light import Door
from farm.blobs import BlobStore, open_blobs
from farm.bus import JOBS, UPLOADS, Bus, Grown, reply_channel
from farm.celery_app import make_app
from farm.chunks import Chunks
from farm.db import Database, open_database
from farm.errors import FarmError
from farm.ids import new_id
from farm.intake import Intake
from farm.intake_rows import Accepted
from farm.jobs import JobKind, NewJob
from farm.lanes import LANES
from farm.parts import open_parts
from farm.sessions import Sessions
from farm.settings import Settings
from farm.upload_rows import Upload
from farm.wakes import NullWaker, Waker

READERS = 8
"""Threads for what may block: database reads, inspection of uploads, closing of specs with blobs."""
TELL_EVERY_S = 0.1
T = TypeVar("T")


class Landing:
    """Carries what the intake's thread decided to the event loop: one wake of the loop for many answers."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._landed: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    def take(self, decided: Future[T]) -> asyncio.Future[T]:
        """The same future for the loop's own thread."""
        awaited: asyncio.Future[T] = self._loop.create_future()
        decided.add_done_callback(lambda done: self._land(awaited, done))
        return awaited

    def _land(self, awaited: asyncio.Future[Any], done: Future[Any]) -> None:
        self._landed.append((awaited, done))
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._called = False
        while self._landed:
            awaited, done = self._landed.popleft()
            if awaited.done():
                continue
            error = done.exception()
            if error is not None:
                awaited.set_exception(error)
            else:
                awaited.set_result(done.result())


class Teller:
    """Says on the bus that uploads grew, from a thread of its own: a slow Redis must not hold up a chunk. Of changes
    that come faster than they can be said, the last is.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._grown: dict[str, Grown] = {}
        self._woken = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)
        self._thread.start()

    def tell(self, upload: Upload) -> None:
        """An upload has changed. From any thread."""
        self._grown[upload.id] = Grown(owner=upload.owner, upload_id=upload.id, revision=upload.revision)
        self._woken.set()

    def _run(self) -> None:
        said = 0.0
        while not self._closed:
            self._woken.wait()
            self._woken.clear()
            # Who watches sees ten changes a second; every chunk of a fast sender would be news for nobody.
            time.sleep(max(0.0, said + TELL_EVERY_S - time.monotonic()))
            said = time.monotonic()
            grown = [self._grown.pop(name) for name in list(self._grown)]
            self._bus.announce_uploads(grown)

    def close(self) -> None:
        """Says what is left."""
        self._closed = True
        self._woken.set()
        self._thread.join(5)


@dataclass(kw_only=True)
class Services:
    """The parts, by name. Belongs to one event loop."""

    settings: Settings
    kinds: Mapping[str, JobKind]
    db: Database
    blobs: BlobStore
    bus: Bus
    waker: Waker | NullWaker
    intake: Intake
    pool: ThreadPoolExecutor
    landing: Landing
    hub: Hub
    door: Door
    authenticator: Authenticator
    sessions: Sessions
    chunks: Chunks
    writers: ThreadPoolExecutor
    bodies: asyncio.Semaphore
    inflows: dict[tuple[str, int], Any]

    async def thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Runs what may block in one of the pool's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Reads the database."""

        def run() -> T:
            with self.db.read() as conn:
                return work(conn)

        return await self.thread(run)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """One of the few direct writes: identity, bytes, control."""
        return await self.thread(self.db.transact, work)

    async def submit(self, new: NewJob) -> Accepted:
        """A heavy job, durable when this returns. Raises why it was not accepted."""
        (accepted,) = await self.landing.take(self.intake.submit([new]))
        if accepted.conflict is not None:
            raise accepted.conflict
        return accepted


def services(request: Request[Any, Any, Any]) -> Services:
    """The application's own."""
    found: Services = request.scope["litestar_app"].state.services
    return found


@asynccontextmanager
async def open_services(settings: Settings, kinds: Mapping[str, JobKind]) -> AsyncIterator[Services]:
    """Opens everything, and closes it in the order that loses nothing: the intake commits what it was given."""
    process = new_id()
    db = open_database(settings)
    pool = ThreadPoolExecutor(READERS, thread_name_prefix="door")
    bus = Bus(settings.redis_url)
    waker = Waker(make_app(settings.redis_url, lanes=LANES), settings.redis_url)
    intake = Intake(db, waker)
    landing = Landing()
    hub = Hub()
    blobs = open_blobs(settings, db)
    part_store = open_parts(settings, blobs)
    teller = Teller(bus)

    async def read(work: Callable[[Connection], T]) -> T:
        return await opened.read(work)

    door = Door(process=process, submit=lambda new: landing.take(intake.submit([new])), read=read, waker=waker)
    opened = Services(
        settings=settings,
        kinds=kinds,
        db=db,
        blobs=blobs,
        bus=bus,
        waker=waker,
        intake=intake,
        pool=pool,
        landing=landing,
        hub=hub,
        door=door,
        authenticator=Authenticator(db, pool),
        sessions=Sessions(db, part_store, teller.tell),
        chunks=Chunks(db, part_store, teller.tell),
        # One a body: apart from the readers, so that uploads and reads never wait for one another.
        writers=ThreadPoolExecutor(settings.upload_bodies, thread_name_prefix="chunks"),
        bodies=asyncio.Semaphore(settings.upload_bodies),
        inflows={},
    )
    listening = asyncio.create_task(_listen(bus, process, hub, door))
    sweeping = asyncio.create_task(door.sweep())
    try:
        yield opened
    finally:
        hub.close()
        await asyncio.to_thread(intake.close)
        for task in (listening, sweeping):
            task.cancel()
        await asyncio.gather(listening, sweeping, return_exceptions=True)
        await asyncio.to_thread(waker.close)
        opened.writers.shutdown(wait=True, cancel_futures=True)
        pool.shutdown(wait=True, cancel_futures=True)
        await asyncio.to_thread(teller.close)
        bus.close()
        db.close()


async def _listen(bus: Bus, process: str, hub: Hub, door: Door) -> None:
    async for channel, message in bus.listen(JOBS, UPLOADS, reply_channel(process)):
        if channel in {JOBS, UPLOADS}:
            hub.tell(message)
        else:
            door.hear(message)


def raised(outcome: T | FarmError) -> T:
    """The value; raises what is an error."""
    if isinstance(outcome, FarmError):
        raise outcome
    return outcome

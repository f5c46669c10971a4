"""The role `realtime`: events of jobs and uploads over Socket.IO, on a port of its own.

A client gives its token in the handshake (``auth={"token": …}`` or an Authorization header) and then asks with
``subscribe {"job": id}``, ``{"batch": id}``, ``{"upload": id}`` or ``{}`` (all of its owner's jobs and uploads). It
gets ``job`` and ``upload`` events: the whole job or upload as JSON whenever it changed, the newest state when changes
come faster than they can be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import socketio
import structlog
import uvicorn
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.identity.auth import Authenticator, require
from api.jobs import batches, reads
from api.problems import as_farm_error, problem
from api.uploads import reads as upload_reads
from farm import log as logs
from farm import runtime
from farm.bus import JOBS, UPLOADS, Bus
from farm.db import Database, open_database
from farm.errors import FarmError, Refused
from farm.jobs import Actor
from farm.process import tie_to_parent, watch_parent
from farm.settings import Settings
from farm.upload_rows import upload_of
from pipelines import assemble

log = structlog.get_logger()

RECHECK_S = 20.0
"""How often the tokens of open connections are looked at again: a revoked one ends its connections."""
MAX_MESSAGE_BYTES = 100_000
MAX_SUBSCRIPTIONS = 200


@dataclass(kw_only=True)
class _Client:
    """An open connection."""

    token: str
    actor: Actor
    rooms: set[str]


class Realtime:
    """Rooms of one process: a job's, a batch's, an owner's. Every process hears everything from the bus by itself."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins="*",  # no cookie is read: a page of any origin needs the token itself
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=20,
            ping_timeout=20,
        )
        self.server.on("connect", self.connect)
        self.server.on("disconnect", self.disconnect)
        self.server.on("subscribe", self.subscribe)
        self.server.on("unsubscribe", self.unsubscribe)
        self._clients: dict[str, _Client] = {}
        self._listeners: dict[str, int] = {}
        self._changed: dict[str, Mapping[str, Any]] = {}
        self._grown: dict[str, Mapping[str, Any]] = {}
        self._woken = asyncio.Event()
        self._links = reads.Links(settings)
        self._db: Database
        self._pool: ThreadPoolExecutor
        self._authenticator: Authenticator

    def asgi(self) -> Any:
        """The ASGI application, lifespan included."""
        inner = socketio.ASGIApp(self.server)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await self._lifespan(receive, send)
            else:
                await inner(scope, receive, send)

        return app

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        async with self.opened():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Database, bus and the tasks that tell."""
        self._db = open_database(self.settings)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="realtime")
        self._authenticator = Authenticator(self._db, self._pool)
        bus = Bus(self.settings.redis_url)
        tasks = [asyncio.create_task(work) for work in (self._hear(bus), self._tell(), self._recheck())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._pool.shutdown(wait=True, cancel_futures=True)
            bus.close()
            self._db.close()

    # What clients ask

    async def connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        """Refuses a connection without a good token; the reason is the problem's JSON."""
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            given = str(environ.get("HTTP_AUTHORIZATION", ""))
            token = given[7:].strip() if given[:7].lower() == "bearer " else ""
        try:
            if not token:
                raise Refused("auth.missing", "give the token in the handshake: auth={'token': …}")
            actor = require(await self._authenticator.token(token), "jobs:read")
        except (FarmError, SQLAlchemyError) as error:
            refused = problem(as_farm_error(error))
            raise socketio.exceptions.ConnectionRefusedError(refused["code"], refused) from None
        self._clients[sid] = _Client(token=token, actor=actor, rooms=set())

    async def disconnect(self, sid: str, _reason: Any = None) -> None:
        """Forgets the connection and its rooms."""
        client = self._clients.pop(sid, None)
        for room in client.rooms if client else ():
            self._count(room, -1)

    async def subscribe(self, sid: str, asked: Any = None) -> dict[str, Any]:
        """Joins a room after the owner was checked; answers ``{"ok": true}`` with the job or batch as it is now, or
        ``{"ok": false, "problem": …}``.
        """
        client = self._clients.get(sid)
        try:
            if client is None:
                raise Refused("auth.missing", "connect first")
            room, work = self._place(client.actor, asked)
            if len(client.rooms) >= MAX_SUBSCRIPTIONS:
                raise Refused("rate.limited", f"a connection has at most {MAX_SUBSCRIPTIONS} subscriptions")
            if room not in client.rooms:
                # Joined before the look, so that no change falls between the two.
                client.rooms.add(room)
                self._count(room, 1)
                await self.server.enter_room(sid, room)
            found = {} if work is None else await self._read(work)
        except (FarmError, SQLAlchemyError) as error:
            if client is not None and isinstance(error, FarmError) and error.code == "not_found":
                await self._leave(sid, client, self._place(client.actor, asked)[0])
            return {"ok": False, "problem": problem(as_farm_error(error))}
        return {"ok": True, **found}

    async def unsubscribe(self, sid: str, asked: Any = None) -> dict[str, Any]:
        """Leaves a room."""
        client = self._clients.get(sid)
        if client is not None:
            try:
                await self._leave(sid, client, self._place(client.actor, asked)[0])
            except Refused as error:
                return {"ok": False, "problem": problem(error)}
        return {"ok": True}

    def _place(self, actor: Actor, asked: Any) -> tuple[str, Any]:
        """The room that is meant, and how to read what it is about."""
        asked = {} if asked is None else asked
        if not isinstance(asked, dict) or set(asked) - {"job", "batch", "upload"} or len(asked) > 1:
            raise Refused("request.invalid", 'give {"job": id}, {"batch": id}, {"upload": id} or {}')
        for what, value in asked.items():
            if not isinstance(value, str) or len(value) > 36:
                raise Refused("request.invalid", f"{what}: give an id")
            return f"{what}:{actor.owner}:{value}", partial(self._now, what, actor.owner, value)
        return f"owner:{actor.owner}", None

    def _now(self, what: str, owner: str, name: str, conn: Connection) -> dict[str, Any]:
        if what == "job":
            return {"job": msgspec.to_builtins(reads.job(conn, owner, name, self._links))}
        if what == "upload":
            return {"upload": msgspec.to_builtins(upload_reads.one(conn, owner, name))}
        return {"batch": msgspec.to_builtins(batches.one(conn, owner, name))}

    async def _leave(self, sid: str, client: _Client, room: str) -> None:
        if room in client.rooms:
            client.rooms.discard(room)
            self._count(room, -1)
            await self.server.leave_room(sid, room)

    def _count(self, room: str, by: int) -> None:
        left = self._listeners.get(room, 0) + by
        if left > 0:
            self._listeners[room] = left
        else:
            self._listeners.pop(room, None)

    # What happens

    async def _hear(self, bus: Bus) -> None:
        async for channel, change in bus.listen(JOBS, UPLOADS):
            # A completion's job tells of its upload too; which that is, only the database knows.
            about_upload = channel == UPLOADS or change["kind"] == assemble.NAME
            if about_upload and self._listeners:
                self._grown[str(change.get("upload_id") or change["job_id"])] = change
                self._woken.set()
            if channel == JOBS and any(room in self._listeners for room in rooms_of(change)):
                self._changed[str(change["job_id"])] = change
                self._woken.set()

    async def _tell(self) -> None:
        """One after the other; what changes again meanwhile is told once, in its newest state."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            changed, self._changed = self._changed, {}
            grown, self._grown = self._grown, {}
            for job_id, change in changed.items():
                work = partial(reads.job, owner=str(change["owner"]), job_id=job_id, links=self._links)
                await self._emit("job", work, rooms_of(change))
            for name, change in grown.items():
                await self._tell_upload(name, change)

    async def _tell_upload(self, name: str, change: Mapping[str, Any]) -> None:
        owner = str(change["owner"])
        if "upload_id" not in change:
            try:
                found = await self._read(partial(upload_of, job_id=name))
            except SQLAlchemyError as error:  # what happens after that must still be told
                log.warning("realtime.not_told", event_name="upload", why=str(error))
                return
            if found is None:
                return
            name = found
        rooms = (f"upload:{owner}:{name}", f"owner:{owner}")
        if any(room in self._listeners for room in rooms):
            await self._emit("upload", partial(upload_reads.one, owner=owner, upload_id=name), rooms)

    async def _emit(self, event: str, work: Any, rooms: tuple[str, ...]) -> None:
        try:
            found = await self._read(work)
        except (FarmError, SQLAlchemyError) as error:
            log.warning("realtime.not_told", event_name=event, why=str(error))
            return
        await self.server.emit(event, msgspec.to_builtins(found), room=list(rooms))

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            for sid, client in list(self._clients.items()):
                try:
                    require(await self._authenticator.token(client.token), "jobs:read")
                except Refused:
                    await self.server.disconnect(sid)
                except SQLAlchemyError:
                    break  # the database is away: nobody is thrown out for that

    async def _read(self, work: Any) -> Any:
        def run() -> Any:
            with self._db.read() as conn:
                return work(conn)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


def rooms_of(change: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a change is told."""
    owner = change["owner"]
    found = (f"job:{owner}:{change['job_id']}", f"owner:{owner}")
    return (*found, f"batch:{owner}:{change['batch_id']}") if change.get("batch_id") else found


def main() -> None:
    """Serves until it is told to stop."""
    tie_to_parent()
    watch_parent()
    settings = runtime.prepare(Settings())
    logs.configure("realtime", settings.log_level)
    uvicorn.run(
        Realtime(settings).asgi(),
        host=settings.http_host,
        port=settings.realtime_port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()

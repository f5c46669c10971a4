"""What happened, told to whoever waits: Redis pub/sub. Losing a message delays, the database is the record."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import redis
import redis.asyncio
import structlog

log = structlog.get_logger(__name__)

JOBS = "farm:jobs"
UPLOADS = "farm:uploads"


def reply_channel(process: str) -> str:
    """Where the door ``process`` hears of the light jobs that it waits for."""
    return f"farm:reply:{process}"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A job's visible change. ``revision`` orders the changes of one job."""

    owner: str
    job_id: str
    kind: str
    state: str
    revision: int
    batch_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Grown:
    """An upload's visible change."""

    owner: str
    upload_id: str
    revision: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a light job ended; ``result`` is its Reply as JSON, ``error`` {code, detail, data}."""

    job_id: str
    state: str
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


class Bus:
    """Publishes from any thread, listens in a thread or on an event loop. Never raises for a lost Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=2, socket_timeout=5, socket_keepalive=True, health_check_interval=15
        )

    def announce(self, changes: Iterable[Change]) -> bool:
        """Tells subscribers; False when Redis did not take it (the reconciler will say it again)."""
        return self._publish([(JOBS, asdict(change)) for change in changes])

    def announce_uploads(self, grown: Iterable[Grown]) -> bool:
        """Tells those who watch uploads; False when Redis did not take it (they look by themselves now and then)."""
        return self._publish([(UPLOADS, asdict(one)) for one in grown])

    def reply(self, replies: Mapping[str, Sequence[Outcome]]) -> bool:
        """Outcomes by the door that waits for them: one message a door."""
        return self._publish(
            [(reply_channel(process), [asdict(one) for one in outcomes]) for process, outcomes in replies.items()]
        )

    def _publish(self, messages: Sequence[tuple[str, Any]]) -> bool:
        if not messages:
            return True
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for channel, message in messages:
                    pipe.publish(channel, orjson.dumps(message))
                pipe.execute()
        except redis.RedisError as error:
            log.warning("bus.lost", action="publish", error=type(error).__name__)
            return False
        return True

    def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def subscribe(self, channels: Sequence[str], callback: Callable[[str, Any], None]) -> Callable[[], None]:
        """Calls back from a thread of its own for every message; reconnects for ever. Returns how to stop it."""
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                try:
                    with self._redis.pubsub(ignore_subscribe_messages=True) as listener:  # type: ignore[no-untyped-call]
                        listener.subscribe(*channels)
                        while not stop.is_set():
                            message = listener.get_message(timeout=0.5)
                            if message is not None:
                                callback(message["channel"].decode(), orjson.loads(message["data"]))
                except redis.RedisError as error:
                    log.warning("bus.lost", action="subscribe", error=type(error).__name__)
                    stop.wait(0.3)

        thread = threading.Thread(target=run, name="bus", daemon=True)
        thread.start()
        return stop.set

    async def listen(self, *channels: str) -> AsyncIterator[tuple[str, Any]]:
        """Messages as they come; reconnects for ever. What was said while Redis was away is not heard."""
        while True:
            client = redis.asyncio.Redis.from_url(
                self._url, socket_connect_timeout=2, socket_keepalive=True, health_check_interval=15
            )
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as listener:
                    await listener.subscribe(*channels)
                    while True:
                        message = await listener.get_message(timeout=10)
                        if message is not None:
                            yield message["channel"].decode(), orjson.loads(message["data"])
            except redis.RedisError as error:
                log.warning("bus.lost", action="listen", error=type(error).__name__)
                await asyncio.sleep(0.3)
            finally:
                with contextlib.suppress(redis.RedisError, RuntimeError):
                    await client.aclose()

    def close(self) -> None:
        """Closes the publishing connections."""
        self._redis.close()


def wait_for_redis(url: str, seconds: float) -> bool:
    """Whether Redis answers within that time (it does not while it loads its file)."""
    until = time.monotonic() + seconds
    bus = Bus(url)
    try:
        while not bus.ping():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True
    finally:
        bus.close()

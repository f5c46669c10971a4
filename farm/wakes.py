"""Wake-ups: telling a lane's workers that there is work, without ever making a caller wait.

A wake-up carries nothing, so losing one, or sending two, only costs time. A heavy lane gets no more of them than it
has work, and not more than about four a worker wait in its queue. A light lane gets one at a time from each process,
and the next when a reply comes back or 50 ms later: under load that is what fills batches.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import redis
import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from farm.celery_app import queue_name, send_wake
from farm.lanes import LANES

log = structlog.get_logger(__name__)

LIGHT_HOLD_S = 0.05
RETRY_S = 0.5


class Waker:
    """One publisher thread with one producer. Safe to call from any thread and from an event loop."""

    def __init__(self, app: Celery, redis_url: str, *, workers: int = 1) -> None:
        self._app = app
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=3)
        self._workers = workers
        self._wanted: defaultdict[str, int] = defaultdict(int)
        self._held_until: dict[str, float] = {}
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
        self._thread.start()

    def wake(self, lane: str, count: int = 1) -> None:
        """Asks for the lane to be woken; ``count`` is how many jobs or steps became ready."""
        with self._changed:
            self._wanted[lane] += count
            self._changed.notify()

    def released(self, lane: str) -> None:
        """A reply came from a light lane: its worker is free for the next wake-up."""
        with self._changed:
            if self._held_until.pop(lane, None) is not None:
                self._changed.notify()

    def close(self) -> None:
        """Ends the thread; what was not sent is left to the reconciler."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join(2)

    def _due(self) -> tuple[list[tuple[str, int]], float | None]:
        """What may be sent now, and how long to wait when nothing may."""
        present = time.monotonic()
        due, waits = [], []
        for lane, count in self._wanted.items():
            hold = self._held_until.get(lane, 0.0) - present
            if count and hold <= 0:
                due.append((lane, count))
            elif count:
                waits.append(hold)
        return due, min(waits) if waits else None

    def _run(self) -> None:
        producer: Any = None
        while True:
            with self._changed:
                due, wait = self._due()
                while self._open and not due:
                    self._changed.wait(wait)
                    due, wait = self._due()
                if not self._open:
                    return
                for lane, _ in due:
                    self._wanted[lane] = 0
                    if LANES[lane].light:
                        self._held_until[lane] = time.monotonic() + LIGHT_HOLD_S
            try:
                if producer is None:
                    producer = self._app.amqp.Producer(self._app.connection_for_write(), auto_declare=False)
                for lane, count in due:
                    self._send(lane, count, producer)
            except (OperationalError, redis.RedisError, OSError) as error:
                log.warning("wake.lost", error=f"{type(error).__name__}: {error}")
                producer = None
                time.sleep(RETRY_S)
                with self._changed:
                    for lane, count in due:
                        self._wanted[lane] = max(self._wanted[lane], min(count, 4))

    def _send(self, lane: str, count: int, producer: Any) -> None:
        if LANES[lane].light:
            send_wake(self._app, lane, producer)
            return
        waiting: Any = self._redis.llen(queue_name(lane))
        for _ in range(min(count, LANES[lane].wakes * self._workers - int(waiting))):
            send_wake(self._app, lane, producer)


class NullWaker:
    """Wakes nobody: for tests, and where a reconciler will."""

    def wake(self, lane: str, count: int = 1) -> None:
        """Does nothing."""

    def released(self, lane: str) -> None:
        """Does nothing."""

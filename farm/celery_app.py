"""The Celery application: one task a lane, whose message carries nothing.

Celery here is the wake-up, the process pool and the monitoring; what to do, and what became of it, is in the
database (docs/adr/0004-wakeups-and-claims.md). Versions are pinned (docs/adr/0005-celery-pins.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from celery import Celery
from kombu import Queue  # type: ignore[attr-defined]

from farm.lanes import HEAVY

TASK_PREFIX = "farm.lane."


class StepFailed(Exception):
    """Raised by ``run`` after a failed step's state was saved, so that Celery and Flower show a failure."""


def queue_name(lane: str) -> str:
    """The lane's queue, which is also a Redis list of that name."""
    return f"farm.{lane}"


def make_app(redis_url: str, *, lanes: Iterable[str], run: Callable[[str], str | None] | None = None) -> Celery:
    """An app that serves (or only wakes) these lanes.

    ``run(lane)`` does one wake-up's work and returns the line that Flower shows, or None when there was nothing to
    do (the task then ends as ignored). It raises :class:`StepFailed` for a failed step.
    """
    from celery.exceptions import Ignore

    lanes = tuple(lanes)
    heavy = any(lane in HEAVY for lane in lanes)
    app = Celery("farm", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_queues=[Queue(queue_name(lane)) for lane in lanes],  # type: ignore[no-untyped-call]
        task_routes={f"{TASK_PREFIX}{lane}": {"queue": queue_name(lane)} for lane in lanes},
        task_default_queue=queue_name(lanes[0]),
        task_create_missing_queues=False,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        result_backend=None,
        task_acks_late=False,
        task_serializer="json",
        accept_content=["json"],
        task_send_sent_event=False,
        worker_send_task_events=heavy,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=heavy,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_proc_alive_timeout=60.0,
        broker_connection_retry_on_startup=True,
        broker_connection_retry=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=3,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_keepalive": True,
            "socket_connect_timeout": 3,
            "health_check_interval": 15,
            "retry_on_timeout": True,
        },
        event_queue_expires=60,
        event_queue_ttl=30,
        enable_utc=True,
    )
    for lane in lanes:
        _register(app, lane, run, Ignore)
    return app


def _register(app: Celery, lane: str, run: Callable[[str], str | None] | None, nothing: type[Exception]) -> None:
    def wake() -> str:
        if run is None:
            msg = "this process only wakes lanes"
            raise RuntimeError(msg)
        line = run(lane)
        if line is None:
            raise nothing
        return line

    app.task(wake, name=f"{TASK_PREFIX}{lane}", typing=False, max_retries=0, throws=(StepFailed,))


def send_wake(app: Celery, lane: str, producer: Any) -> None:
    """One wake-up through an open producer; raises kombu's OperationalError when the broker is away."""
    app.send_task(
        f"{TASK_PREFIX}{lane}", queue=queue_name(lane), producer=producer, ignore_result=True, retry=False, expires=60
    )

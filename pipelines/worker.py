"""The role `worker-heavy`: composition root of the workers that render, encode and export.

The parent serves Celery, renews leases and stops steps (`farm/guard.py`); its children draw. Neither imports GL
before the fork: a context made there would hang every child.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import MutableMapping
from functools import cache, partial
from typing import Any

from billiard.process import current_process
from celery.signals import worker_process_init, worker_ready

from farm import log
from farm.blobs import open_blobs
from farm.cache import Keeping
from farm.celery_app import make_app, queue_name
from farm.claims import WorkerInfo
from farm.db import open_database
from farm.guard import Guard
from farm.heavy import HeavyChild
from farm.lanes import HEAVY
from farm.parts import open_parts
from farm.process import cores, tie_to_parent, watch_parent
from farm.runtime import scratch_dir
from farm.settings import Settings
from farm.wakes import Waker

STEPS_PER_CHILD = 500
"""After so many steps a child makes room for a fresh one: drivers leak."""


def capabilities() -> tuple[str, ...]:
    """What this machine can do. GL is always claimed: without it the role fails loudly instead of idling."""
    return ("gl", "ffmpeg") if shutil.which("ffmpeg") else ("gl",)


def threads(settings: Settings) -> int:
    """Threads of llvmpipe in each child."""
    return settings.render_threads or max(1, cores() // settings.heavy_children)


def device(settings: Settings, resources: MutableMapping[str, Any]) -> str:
    """Opens the child's device at the first call: the pool's first child the first of those wanted, and so on."""
    from pipelines.steps import content

    number = int(getattr(current_process(), "index", 0))
    resources.setdefault(
        "drawing",
        content.Drawing(
            device=settings.render_device or None, number=number, cache_bytes=settings.render_cache_mb * 1_000_000
        ),
    )
    return content.device(resources)


def main() -> None:
    """Serves until it is told to stop."""
    tie_to_parent()
    watch_parent()
    settings = Settings()
    log.configure("worker-heavy", settings.log_level)
    children = settings.heavy_children
    os.environ["LP_NUM_THREADS"] = str(threads(settings))
    scratch = scratch_dir(settings)
    scratch.mkdir(parents=True, exist_ok=True)
    worker = WorkerInfo(
        name=f"heavy@{socket.gethostname()}", lanes=HEAVY, capabilities=capabilities(), pid=os.getpid()
    )

    @cache
    def child() -> HeavyChild:
        """Made in the process that runs the steps, on its first wake-up; what is wrong shows in that task."""
        from pipelines.steps.registry import STEPS

        db = open_database(settings, pool_size=2)
        blobs = open_blobs(settings, db)
        return HeavyChild(
            db=db,
            blobs=blobs,
            waker=Waker(app, settings.redis_url, workers=children),
            worker=worker,
            steps=STEPS,
            scratch=scratch,
            device=partial(device, settings),
            keeping=Keeping(artifact_days=settings.artifact_days, cache_days=settings.cache_days),
            uploads=cache(lambda: open_parts(settings, blobs)),
        )

    app = make_app(settings.redis_url, lanes=HEAVY, run=lambda lane: child().run(lane))

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def start_child(**_: object) -> None:
        tie_to_parent()
        watch_parent()

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
    def start_guard(**_: object) -> None:
        Guard(open_database(settings, pool_size=2), worker, Waker(app, settings.redis_url), scratch).start()

    app.worker_main(
        [
            "worker",
            "--pool=prefork",
            f"--concurrency={children}",
            f"--hostname={worker.name}",
            f"--queues={','.join(queue_name(lane) for lane in HEAVY)}",
            f"--max-tasks-per-child={STEPS_PER_CHILD}",
            "--without-gossip",
            "--without-mingle",
            f"--loglevel={settings.log_level}",
        ]
    )


if __name__ == "__main__":
    main()

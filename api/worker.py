"""The role `worker-light`: the light lanes, in one solo process."""

from __future__ import annotations

import os
import socket
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from farm import log, workers
from farm.bus import Bus
from farm.celery_app import make_app, queue_name
from farm.claims import WorkerInfo
from farm.db import Database, open_database
from farm.lanes import LIGHT
from farm.light import drain
from farm.process import tie_to_parent, watch_parent
from farm.settings import Settings

SEEN_S = 5.0


def _say_seen(database: Database, worker: WorkerInfo) -> None:
    while True:
        try:
            workers.seen(database, worker)
        except SQLAlchemyError as error:
            structlog.get_logger(__name__).warning("worker.unseen", error=type(error).__name__)
        time.sleep(SEEN_S)


def main() -> None:
    """Serves until it is told to stop."""
    from api.commands import COMMANDS

    tie_to_parent()
    watch_parent()
    settings = Settings()
    log.configure("worker-light", settings.log_level)
    database = open_database(settings)
    bus = Bus(settings.redis_url)

    worker = WorkerInfo(name=f"light@{socket.gethostname()}", lanes=LIGHT, pid=os.getpid())
    threading.Thread(target=_say_seen, args=(database, worker), name="seen", daemon=True).start()

    def run(lane: str) -> str | None:
        count = drain(database, bus, COMMANDS, lane)
        return f"{count} jobs of {lane}" if count else None

    app = make_app(settings.redis_url, lanes=LIGHT, run=run)
    app.worker_main(
        [
            "worker",
            "--pool=solo",
            "--hostname=light@%h",
            f"--queues={','.join(queue_name(lane) for lane in LIGHT)}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            f"--loglevel={settings.log_level}",
        ]
    )


if __name__ == "__main__":
    main()

"""The role `reconciler`."""

from __future__ import annotations

import signal
import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from farm import log
from farm.blobs import open_blobs
from farm.bus import Bus, Grown
from farm.celery_app import make_app
from farm.db import open_database
from farm.errors import FarmError
from farm.lanes import LANES
from farm.parts import open_parts
from farm.process import tie_to_parent, watch_parent
from farm.reconciler import Reconciler
from farm.sessions import Sessions
from farm.settings import Settings
from farm.upload_rows import Upload
from farm.wakes import Waker

TICK_S = 0.2


def tell(bus: Bus, upload: Upload) -> None:
    """Those who watch an upload hear that it ended."""
    bus.announce_uploads([Grown(owner=upload.owner, upload_id=upload.id, revision=upload.revision)])


def main() -> None:
    """Reconciles until it is told to stop."""
    tie_to_parent()
    watch_parent()
    settings = Settings()
    log.configure("reconciler", settings.log_level)
    logger = structlog.get_logger(__name__)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    waker = Waker(make_app(settings.redis_url, lanes=LANES), settings.redis_url)
    db, bus = open_database(settings, pool_size=2), Bus(settings.redis_url)
    blobs = open_blobs(settings, db)
    reconciler = Reconciler(
        db,
        waker,
        bus,
        blobs,
        Sessions(db, open_parts(settings, blobs), lambda upload: tell(bus, upload)),
        light_job_hours=settings.light_job_hours,
    )
    while not stop.wait(TICK_S):
        try:
            done = reconciler.tick()
        except (SQLAlchemyError, OSError, FarmError) as error:
            logger.warning("reconciler.failed", error=type(error).__name__)
            stop.wait(1.0)
            continue
        told = {name: count for name, count in done.items() if name not in {"announced", "woken"}}
        if told:
            logger.info("reconciled", **told)
    waker.close()


if __name__ == "__main__":
    main()

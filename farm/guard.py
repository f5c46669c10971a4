"""The parent of heavy children: renews their leases, and stops them when their step is no longer theirs, or takes
too long.

Runs in a thread of the worker's main process, because a child may be held inside a GL call for seconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import structlog
from sqlalchemy.exc import SQLAlchemyError

from farm import workers
from farm.children import Holding, forget, holdings
from farm.claims import WorkerInfo, held, renew
from farm.db import Database
from farm.endings import fail_claim, release_step
from farm.errors import FarmFault, StepCancelled
from farm.lanes import LANES
from farm.wakes import Waker

log = structlog.get_logger(__name__)

LOOK_S = 0.2
ASK_S = 0.8
SEEN_S = 5.0
SICK_S = 60.0
"""How long a worker whose steps keep failing stays out of rotation before it tries again."""


class Guard:
    """Watches the notes in ``folder`` (:mod:`farm.children`)."""

    def __init__(self, db: Database, worker: WorkerInfo, waker: Waker, folder: Path) -> None:
        self._db = db
        self._worker = worker
        self._waker = waker
        self._folder = folder
        self._asked: dict[tuple[int, str], float] = {}
        self._renewed: dict[str, float] = {}
        self._seen = 0.0
        self._sick_since: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        """Starts watching; what a predecessor's dead children held is put back at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stops watching."""
        self._stop.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self._say_seen()
                self._look()
            except (SQLAlchemyError, OSError) as error:
                log.warning("guard.failed", error=type(error).__name__)

    def _say_seen(self) -> None:
        present = time.monotonic()
        if present - self._seen < SEEN_S:
            return
        self._seen = present
        if workers.seen(self._db, self._worker) != workers.SICK:
            self._sick_since = None
        elif self._sick_since is None:
            self._sick_since = present
        elif present - self._sick_since > SICK_S:
            workers.recovered(self._db, self._worker.name)

    def _look(self) -> None:
        notes = holdings(self._folder)
        living = [note for note in notes if note.alive]
        for note in notes:
            if note not in living:
                self._bury(note)
        if not living:
            self._asked.clear()
            self._renewed.clear()
            return
        present = time.monotonic()
        due = [n for n in living if present - self._renewed.get(n.step_id, 0.0) > LANES[n.lane].lease_s / 5]
        if due:
            renew(self._db, self._worker, [n.step_id for n in due])
            self._renewed |= {n.step_id: present for n in due}
        keep = held(self._db, self._worker, [(n.step_id, n.attempt) for n in living])
        for note in living:
            if note.step_id not in keep:
                self._halt(note, present)
            elif time.time() - note.since > LANES[note.lane].step_timeout_s:
                self._end_overdue(note)

    def _halt(self, note: Holding, present: float) -> None:
        """Asks, and kills when asking does not help. What the child started dies with it."""
        key = (note.pid, note.step_id)
        if key not in self._asked:
            self._asked[key] = present
            log.info("step.stopping", job_id=note.job_id, pid=note.pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(note.pid, signal.SIGUSR1)
        elif present - self._asked[key] > ASK_S:
            log.info("step.killed", job_id=note.job_id, pid=note.pid)
            _kill_tree(note.pid)
            forget(self._folder, note)
            del self._asked[key]

    def _end_overdue(self, note: Holding) -> None:
        """A step that takes too long is ended here: its child may hang in a driver."""
        limit = LANES[note.lane].step_timeout_s
        log.warning("step.overdue", job_id=note.job_id, pid=note.pid, seconds=limit)
        _kill_tree(note.pid)
        fault = FarmFault("farm.timeout", f"the step took more than {limit:.0f} seconds: ask for less in one job")
        with contextlib.suppress(StepCancelled):  # it ended meanwhile
            fail_claim(self._db, note.step_id, note.job_id, note.attempt, note.lane, fault)
        forget(self._folder, note)

    def _bury(self, note: Holding) -> None:
        """A dead child's step is ready again now, not when its lease runs out."""
        log.warning("child.lost", job_id=note.job_id, pid=note.pid)
        if release_step(self._db, note.step_id, note.attempt):
            self._waker.wake(note.lane)
        forget(self._folder, note)


def _kill_tree(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        child = psutil.Process(pid)
        family = [*child.children(recursive=True), child]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

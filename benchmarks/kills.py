"""A schedule of kills: every few seconds SIGKILL to one process of a farm; the supervisor starts it again.

A step that lost its worker four times fails its job by design (a file that kills its workers must not do so for
ever), so the worker is spared where a step has lost two. Every completion is hit once in its first moments, by a kill
of the worker, for it might else be over before its turn comes.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from typing import Any, Self

from farm.embedded import Embedded
from tests.faults.processes import kill9, role

MARKS = {
    "api": ("farm-api", "api.serve"),
    "ingest": ("api.ingest",),
    "worker-heavy": ("heavy@", "pipelines.worker"),
    "redis": ("redis-server",),
    "reconciler": ("api.reconcile",),
}
SPARED = 2
SOON_S = 1.0
LOOK_S = 0.05


class Kills:
    """Runs until the block ends. ``every`` seconds on average, each gap from half to one and a half of that."""

    def __init__(self, farm: Embedded, *, every: float, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.completions = 0
        """Kills of the worker while a completion ran."""
        self._farm = farm
        self._every = every
        self._random = random.Random(seed)
        self._order: list[str] = []
        self._hit: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic() + self._gap()
        soon: float | None = None
        while not self._stop.wait(LOOK_S):
            fresh = self._asked("SELECT job_id FROM steps WHERE lane = 'assemble' AND state = 'running'") - self._hit
            if fresh:
                self._hit |= fresh
                soon = time.monotonic() + self._random.uniform(0, SOON_S)
            if soon is not None and time.monotonic() >= soon:
                soon = None
                self._kill("worker-heavy")
            if time.monotonic() >= due:
                due = time.monotonic() + self._gap()
                self._kill(self._next())

    def _gap(self) -> float:
        return self._every * self._random.uniform(0.5, 1.5)

    def _next(self) -> str:
        """Every role once, in a random order, and again."""
        if not self._order:
            self._order = sorted(MARKS)
            self._random.shuffle(self._order)
        return self._order.pop()

    def _kill(self, name: str) -> None:
        if name == "worker-heavy":
            if any(losses >= SPARED for losses in self._asked("SELECT losses FROM steps WHERE finished_at IS NULL")):
                return
            self.completions += len(self._asked("SELECT id FROM steps WHERE state = 'running'"))
        if kill9(role(self._farm, *MARKS[name])):
            self.counts[name] += 1

    def _asked(self, query: str) -> set[Any]:
        """The first column."""
        path = self._farm.data_dir / "farm.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            return {row[0] for row in database.execute(query)}

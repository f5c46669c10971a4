"""What a worker's child is doing, where its parent can see it: one small file a child.

A GL call can hold the child's interpreter for seconds, so the parent must not have to ask it anything.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A child holds a step ``since`` (Unix time). ``born`` tells this child from a later process with its pid."""

    pid: int
    born: float
    step_id: str
    job_id: str
    attempt: int
    lane: str
    since: float

    @property
    def alive(self) -> bool:
        """Whether that very process runs."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.born and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@contextmanager
def holding(folder: Path, *, step_id: str, job_id: str, attempt: int, lane: str) -> Iterator[None]:
    """Says, until the block ends, that this process holds the step."""
    pid = os.getpid()
    note = Holding(
        pid=pid,
        born=psutil.Process(pid).create_time(),
        step_id=step_id,
        job_id=job_id,
        attempt=attempt,
        lane=lane,
        since=time.time(),
    )
    path = folder / f"{pid}.json"
    part = path.with_suffix(".part")
    part.write_bytes(orjson.dumps(note))
    part.replace(path)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def holdings(folder: Path) -> list[Holding]:
    """What all children of all workers of this folder hold."""
    found = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Holding(**orjson.loads(path.read_bytes())))
    return found


def forget(folder: Path, note: Holding) -> None:
    """Removes what a dead child left: its note and its scratch files."""
    for path in folder.glob(f"{note.pid}.*"):
        with contextlib.suppress(OSError):
            path.unlink()
    for scratch in folder.glob(f"{note.pid}-*"):
        shutil.rmtree(scratch, ignore_errors=True)

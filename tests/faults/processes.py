"""Finding and killing the processes of one farm."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from farm.embedded import Embedded


def family(farm: Embedded) -> list[psutil.Process]:
    """Every process below the farm's supervisor."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(farm.process.pid).children(recursive=True)
    return []


def words(process: psutil.Process) -> str:
    """The command line, or nothing for one that is gone."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def role(farm: Embedded, *marks: str) -> list[psutil.Process]:
    """Direct children of the supervisor whose command line has one of these words, with all below them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        found = []
        for child in psutil.Process(farm.process.pid).children():
            if any(mark in words(child) for mark in marks):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found += [child, *child.children(recursive=True)]
        return found
    return []


def kill9(processes: list[psutil.Process]) -> int:
    """SIGKILL to all of them at once; how many there were."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return len(processes)


def encoders(farm: Embedded) -> list[psutil.Process]:
    """The farm's running ffmpeg processes."""
    return [p for p in family(farm) if "ffmpeg" in words(p).split(" ")[0]]


def scratch_files(data_dir: Path) -> list[Path]:
    """Files that belong to a running step or an unfinished write."""
    places = [data_dir / "scratch", data_dir / "spool", data_dir / "blobs" / "tmp"]
    return [p for place in places if place.exists() for p in place.rglob("*") if p.is_file()]


def until(seconds: float, what: str, check: object) -> None:
    """Waits for ``check()`` to be true; fails with ``what``."""
    assert callable(check)
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.05)

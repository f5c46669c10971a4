"""What the processes of a farm have for themselves in memory: page cache and mapped files do not count."""

from __future__ import annotations

import re
import statistics
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from farm.embedded import Embedded
from tests.faults.processes import family

EVERY_S = 0.2
_OWN = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


def private_bytes(farm: Embedded) -> int:
    """Anonymous and shared memory of the supervisor and every process below it (Redis too); each page is counted
    once, however many processes have it.
    """
    total = 0
    with suppress(psutil.NoSuchProcess):
        for process in (psutil.Process(farm.process.pid), *family(farm)):
            with suppress(OSError):  # gone meanwhile
                text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
                total += sum(map(int, _OWN.findall(text))) << 10
    return total


def idle(farm: Embedded, seconds: float = 4.0) -> int:
    """The median over some seconds in which nothing was asked of the farm."""
    until, found = time.monotonic() + seconds, []
    while time.monotonic() < until:
        found.append(private_bytes(farm))
        time.sleep(EVERY_S)
    return int(statistics.median(found))


class Peak:
    """The most that the farm had at once while the block ran, in bytes."""

    def __init__(self, farm: Embedded) -> None:
        self.bytes = 0
        self._farm = farm
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self.bytes = max(self.bytes, private_bytes(self._farm))
            if self._stop.wait(EVERY_S):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

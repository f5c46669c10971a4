"""A ceiling over native code that allocates what a file tells it to."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")
_LOCK: Final = threading.Lock()  # the limit belongs to the process


@contextmanager
def headroom(count: int) -> Iterator[None]:
    """While it lasts this process maps at most ``count`` bytes more than it does now; then comes MemoryError.

    The other threads are under the same ceiling, so ``count`` leaves room for them and the time is short. Where
    the kernel does not say what a process maps (not Linux), nothing happens.
    """
    with _LOCK:
        try:
            mapped = int(_STATM.read_text().split()[0]) * resource.getpagesize()
        except (OSError, ValueError, IndexError):
            yield
            return
        before = resource.getrlimit(resource.RLIMIT_AS)
        soft, hard = before
        most = mapped + count
        if soft != resource.RLIM_INFINITY:
            most = min(most, soft)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)

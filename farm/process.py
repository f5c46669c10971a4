"""Dying together: nothing that the farm starts outlives it, even after SIGKILL.

Linux kills a child when the *thread* that forked it ends (prctl PR_SET_PDEATHSIG), so children are spawned from
threads that live as long as their process. A process that is not spawned by our own code watches its parent itself.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def tie_to_parent(parent: int | None = None) -> None:
    """Asks the kernel to kill this process when its parent thread ends; ``parent`` is the pid it was forked by, to
    notice a parent that died before the call. Does nothing where the kernel cannot.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def tied(parent: int) -> Callable[[], None]:
    """For ``preexec_fn``: everything is looked up before the fork, so that the child only makes a system call."""
    prctl, kill = _LIBC.prctl, int(signal.SIGKILL)

    def run() -> None:
        prctl(_PR_SET_PDEATHSIG, kill, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return run


def cores() -> int:
    """Cores that this process may use: by its affinity and by its control group's quota (cgroup v2)."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = _CPU_MAX.read_text().split()
        share = math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no such file, or "max"
        return allowed
    return max(1, min(allowed, share))


def watch_parent(interval_s: float = 0.5) -> threading.Thread:
    """A thread that ends this process when its parent is gone: for children that a library forks."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(interval_s)
        os._exit(1)

    thread = threading.Thread(target=watch, name="parent-watch", daemon=True)
    thread.start()
    return thread

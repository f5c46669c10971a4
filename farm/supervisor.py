"""Keeps child processes running: in order, restarted when they die, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from farm.process import tied

log = structlog.get_logger(__name__)

FIRST_BACKOFF_S = 0.05
LONGEST_BACKOFF_S = 5.0
SETTLED_S = 0.4
GRACE_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Child:
    """A process to keep. ``ready`` is asked before the next one starts, for at most ``ready_s`` seconds."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0
    ready: Callable[[], bool] | None = None
    ready_s: float = 30.0


class _Kept:
    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.backoff = FIRST_BACKOFF_S
        self.due = 0.0


class Supervisor:
    """Runs in the main thread, which must live as long as the process: the children die with it."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._kept = [_Kept(child) for child in children]
        self._stopping = False

    def run(self) -> int:
        """Until SIGTERM, SIGINT or SIGHUP; then ends the children, last started first. Returns the exit code."""
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        try:
            for kept in self._kept:
                if self._stopping:
                    break
                self._start(kept)
                self._await(kept)
            while not self._stopping:
                self._tend()
                time.sleep(0.05)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _start(self, kept: _Kept) -> None:
        child = kept.child
        ties = tied(os.getpid())

        def before_exec() -> None:
            ties()
            if child.nice:
                os.nice(child.nice)

        kept.process = subprocess.Popen(
            list(child.argv),
            env={**os.environ, **child.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509 - this process has no other threads
        )
        kept.started = time.monotonic()
        log.info("role.started", child=child.name, pid=kept.process.pid)

    def _await(self, kept: _Kept) -> None:
        until = time.monotonic() + kept.child.ready_s
        while kept.child.ready is not None and not self._stopping and not kept.child.ready():
            if time.monotonic() > until:
                log.warning("role.not_ready", child=kept.child.name)
                return
            self._tend()
            time.sleep(0.05)

    def _tend(self) -> None:
        """Starts again what has ended."""
        present = time.monotonic()
        for kept in self._kept:
            if kept.process is None:
                if kept.due and present >= kept.due:
                    self._start(kept)
                continue
            code = kept.process.poll()
            if code is None:
                if present - kept.started > SETTLED_S:
                    kept.backoff = FIRST_BACKOFF_S
                continue
            _kill_group(kept.process.pid)
            log.warning("role.ended", child=kept.child.name, code=code, again_in_s=kept.backoff)
            kept.process = None
            kept.due = present + kept.backoff
            kept.backoff = min(kept.backoff * 2, LONGEST_BACKOFF_S)

    def _end_all(self) -> None:
        """The roles first, then what they need (children with ``ready``), each group at once."""
        for needed in (False, True):
            self._end([kept for kept in self._kept if (kept.child.ready is not None) is needed])

    def _end(self, group: Sequence[_Kept]) -> None:
        for kept in group:
            if kept.process is not None and kept.process.poll() is None:
                kept.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + GRACE_S
        for kept in group:
            if kept.process is None:
                continue
            with contextlib.suppress(subprocess.TimeoutExpired):
                kept.process.wait(max(0.1, until - time.monotonic()))
            _kill_group(kept.process.pid)
            kept.process.wait()


def _kill_group(pid: int) -> None:
    """What a child left of its own session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)

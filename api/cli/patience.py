"""Asking again: a connection that breaks or a farm that is busy ends nothing as long as there is progress."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event

import httpx

from api.cli.client import problem
from api.cli.source import Stopped
from farm.errors import FarmError, FarmFault

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 15.0
MOST_BROKEN = 5
"""Bytes that arrive broken so often do not break on the way."""

_AGAIN = frozenset({408, 425, 429})
_NEVER = frozenset({"quota.exceeded", "farm.disk_full"})


class Patience:
    """Shared by all threads that send a file: gives up when nothing succeeded for ``give_up_s`` seconds."""

    def __init__(self, give_up_s: float, stop: Event) -> None:
        self._give_up_s = give_up_s
        self._stop = stop
        self._last = time.monotonic()

    def ask(self, send: Callable[[], httpx.Response], unsure: Callable[[], None] = lambda: None) -> httpx.Response:
        """The answer to a request that may be sent again, sent until it succeeds. ``unsure`` is called after broken
        connections, and may raise what the farm could not say.

        Raises the farm's problem when asking again cannot help or the time is up, Stopped when told to stop.
        """
        attempt = spoilt = 0
        while True:
            least = 0.0
            try:
                answer = send()
            except httpx.TransportError as error:
                why: FarmError = FarmFault(
                    "farm.unavailable", f"the connection broke ({error or type(error).__name__})"
                )
                why.__cause__ = error
            else:
                if answer.is_success:
                    self._last = time.monotonic()
                    return answer
                why = problem(answer)
                spoilt += why.code == "upload.checksum"
                if not _may_pass(answer.status_code, why.code) or spoilt >= MOST_BROKEN:
                    raise why
                least = _retry_after(answer)
            if time.monotonic() - self._last > self._give_up_s:
                raise why
            attempt += 1
            longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(attempt, 10))
            # Jitter, so that the threads of many machines do not come back together.
            if self._stop.wait(max(least, longest * random.uniform(0.5, 1.0))):
                raise Stopped
            if isinstance(why.__cause__, httpx.TransportError) and attempt > 1:
                unsure()


def _may_pass(status: int, code: str) -> bool:
    return code not in _NEVER and (status >= 500 or status in _AGAIN or code in {"upload.busy", "upload.checksum"})


def _retry_after(answer: httpx.Response) -> float:
    """Seconds; dates, which farms do not send, count as none."""
    text = answer.headers.get("retry-after", "")
    return min(60.0, float(text)) if text.isdigit() else 0.0

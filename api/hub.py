"""Events within one process: from the bus to whoever watches a job or an upload here."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from farm.errors import Refused

MAX_WATCHES = 200
"""Of one owner in one process: each costs a look at the database every two seconds."""


class Watch:
    """Wakes when what it watches changed. How, the database says, which is the record; a lost event only delays."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Something changed."""
        self._changed.set()

    async def wait(self, seconds: float) -> bool:
        """True when told within that time; changes meanwhile count."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Hub:
    """Watches by the id of a job or an upload. Belongs to one event loop."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._owners: Counter[str] = Counter()
        self.closed = False

    def __len__(self) -> int:
        return sum(len(found) for found in self._watches.values())

    @contextmanager
    def watch(self, subject: str, owner: str, watch: Watch | None = None) -> Iterator[Watch]:
        """A watch on a job or an upload until the block ends; give one to have it wake for a second thing too, which
        costs nothing more and does not count.

        Raises Refused ``rate.limited`` when the owner has too many.
        """
        counts = watch is None
        if counts and self._owners[owner] >= MAX_WATCHES:
            raise Refused("rate.limited", f"you watch {MAX_WATCHES} things here: end some, or watch by Socket.IO")
        watch = watch or Watch()
        self._owners[owner] += counts
        self._watches[subject].add(watch)
        try:
            yield watch
        finally:
            self._watches[subject].discard(watch)
            if not self._watches[subject]:
                del self._watches[subject]
            self._owners[owner] -= counts
            if not self._owners[owner]:
                del self._owners[owner]

    def tell(self, change: Mapping[str, Any]) -> None:
        """A message of the bus: the watches of its job or upload wake."""
        for watch in self._watches.get(str(change.get("job_id") or change.get("upload_id")), ()):
            watch.tell()

    def close(self) -> None:
        """Wakes everybody, for the door is closing."""
        self.closed = True
        for found in list(self._watches.values()):
            for watch in found:
                watch.tell()

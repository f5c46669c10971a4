"""A least-recently-used cache that counts bytes and gives back what it drops."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar, cast


class Resource(Protocol):
    """Something that holds memory on the device."""

    @property
    def nbytes(self) -> int:
        """Bytes on the device."""

    def release(self) -> None:
        """Frees them."""


R = TypeVar("R", bound=Resource)


class ByteCache:
    """Resources by key, at most ``limit`` bytes of them. What was asked for since the last :meth:`trim` is in
    use by the frame being drawn and stays, even when that alone is more than the limit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, Resource] = OrderedDict()
        self._used: set[Hashable] = set()
        self.nbytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: Hashable, make: Callable[[], R]) -> R:
        """The resource under ``key``, made when it is not there."""
        self._used.add(key)
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            return cast("R", self._kept[key])
        self.misses += 1
        made = make()
        self._kept[key] = made
        self.nbytes += made.nbytes
        return made

    def trim(self) -> None:
        """Frees what is over the limit, oldest first, but nothing that this frame used."""
        for key in list(self._kept):
            if self.nbytes <= self._limit:
                break
            if key not in self._used:
                gone = self._kept.pop(key)
                self.nbytes -= gone.nbytes
                gone.release()
        self._used.clear()

    def clear(self) -> None:
        """Frees everything."""
        for resource in self._kept.values():
            resource.release()
        self._kept.clear()
        self._used.clear()
        self.nbytes = 0

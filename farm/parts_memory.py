"""Uploads in memory: for tests, and for runs that leave nothing behind. One process, no durability."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Any, BinaryIO

from farm.blob_memory import MemoryBlobs
from farm.blobs import Stored, missing
from farm.errors import Refused
from farm.parts import Durable, Part, Place


class _Upload:
    def __init__(self) -> None:
        self.data = bytearray()
        self.made = time.monotonic()
        self.held: set[int | None] = set()


class _Sink:
    """Bytes on their way to a place of an upload; ``slot`` None is its end."""

    def __init__(self, upload: _Upload, slot: int | None, start: int, lock: Lock) -> None:
        self._upload = upload
        self._slot = slot
        self._start = start
        self._lock = lock
        self._buffer = bytearray()
        self._open = True
        with lock:
            if slot in upload.held:
                raise Refused("upload.busy", "another request writes there now: wait for it, or send another chunk")
            upload.held.add(slot)

    def write(self, data: bytes | memoryview) -> None:
        """Appends."""
        self._buffer += data

    def _land(self) -> int:
        with self._lock:
            end = self._start + len(self._buffer)
            if len(self._upload.data) < end:
                self._upload.data.extend(bytes(end - len(self._upload.data)))
            self._upload.data[self._start : end] = self._buffer
            return end

    def close(self) -> None:
        """Lets go."""
        if self._open:
            self._open = False
            with self._lock:
                self._upload.held.discard(self._slot)


class MemoryChunk(_Sink):
    """A chunk."""

    def __init__(self, upload: _Upload, part: Part, lock: Lock) -> None:
        super().__init__(upload, part.number, part.start, lock)
        self._part = part

    def commit(self) -> Part:
        """At its place."""
        self._land()
        return self._part

    def abort(self) -> None:
        """Lets go."""
        self.close()


class MemoryAppend(_Sink):
    """Bytes at the end."""

    def __init__(self, upload: _Upload, offset: int, lock: Lock) -> None:
        super().__init__(upload, None, offset, lock)

    def checkpoint(self) -> None:
        """Nothing is gained before the end."""
        return

    def finish(self) -> Durable:
        """At their place."""
        return Durable(received=self._land())


class MemoryParts:
    """A dict of bytes that grow."""

    least_chunk = 1
    most_chunks = 100_000
    leases = False

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._lock = Lock()
        self._uploads: dict[str, _Upload] = {}

    def _at(self, place: Place) -> _Upload:
        found = self._uploads.get(place["key"])
        if found is None:
            raise missing(place["key"])
        return found

    def create(self, upload_id: str, size: int | None, media_type: str, *, direct: bool = False) -> Place:  # noqa: ARG002
        """An empty upload."""
        self._uploads[upload_id] = _Upload()
        return {"key": upload_id}

    def chunk(self, place: Place, number: int, start: int, size: int) -> MemoryChunk:
        """Kept apart until it is committed."""
        return MemoryChunk(self._at(place), Part(number=number, start=start, size=size), self._lock)

    def append(
        self,
        place: Place,
        offset: int,
        size: int | None,  # noqa: ARG002
        parts: int,  # noqa: ARG002
        tail: Mapping[str, Any],  # noqa: ARG002
        *,
        whole: bool,  # noqa: ARG002
    ) -> MemoryAppend:
        """Kept apart until it is finished."""
        return MemoryAppend(self._at(place), offset, self._lock)

    def seal(self, place: Place, parts: Sequence[Part], tail: Mapping[str, Any], size: int) -> None:  # noqa: ARG002
        """Cuts off what was not counted."""
        del self._at(place).data[size:]

    def concatenate(
        self, place: Place, sources: Sequence[tuple[Place, int]], progress: Callable[[int], None]
    ) -> None:
        """One after the other."""
        joined = bytearray()
        for source, size in sources:
            joined += self._at(source).data[:size]
            progress(len(joined))
        self._at(place).data = joined

    def open(self, place: Place) -> BinaryIO:
        """A copy of the bytes."""
        return io.BytesIO(self._at(place).data)

    def publish(self, place: Place, digest: str, size: int) -> Stored:
        """Into the blobs."""
        assert len(self._at(place).data) == size
        return self._blobs.put_bytes(bytes(self._at(place).data), digest=digest)

    def presign(
        self,
        place: Place,  # noqa: ARG002
        size: int,  # noqa: ARG002
        media_type: str,  # noqa: ARG002
        seconds: int,  # noqa: ARG002
    ) -> None:
        """Memory has no door of its own."""
        return

    def direct_size(self, place: Place) -> int | None:  # noqa: ARG002
        """Nothing comes past the farm."""
        return None

    def remove(self, place: Place) -> None:
        """Forgets it."""
        self._uploads.pop(place["key"], None)

    def sweep(self, known: Callable[[Collection[str]], Collection[str]], older_than: float) -> int:
        """Uploads without a session."""
        old = [name for name, one in list(self._uploads.items()) if time.monotonic() - one.made >= older_than]
        gone = set(old) - set(known(old))
        for name in gone:
            self._uploads.pop(name, None)
        return len(gone)

"""Blobs in memory: for tests, and for runs that leave nothing behind."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from farm.blobs import CHUNK, Stored, checked, matched, missing


class MemoryWriter:
    """Chunks into a buffer."""

    def __init__(self, store: MemoryBlobs) -> None:
        self._store = store
        self._buffer = bytearray()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return len(self._buffer)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Appends."""
        self._buffer += chunk

    def commit(self, expected: str | None = None) -> Stored:
        """Makes the blob visible."""
        return self._store.put_bytes(bytes(self._buffer), digest=expected)

    def abort(self) -> None:
        """Forgets what was written."""
        self._buffer.clear()


class MemoryBlobs:
    """A dict of bytes with the age of each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blobs: dict[str, tuple[bytes, float]] = {}

    def put_bytes(self, data: bytes, *, digest: str | None = None) -> Stored:
        """Stores bytes; ``digest`` is checked when given."""
        actual = hashlib.sha256(data).hexdigest()
        matched(actual, digest)
        with self._lock:
            self._blobs[actual] = (data, time.monotonic())
        return Stored(digest=actual, size=len(data), key=actual)

    def put_file(self, path: Path, *, move: bool) -> Stored:
        """Stores a file's bytes."""
        stored = self.put_bytes(path.read_bytes())
        if move:
            path.unlink()
        return stored

    def writer(self) -> MemoryWriter:
        """A blob that comes in chunks."""
        return MemoryWriter(self)

    def _data(self, digest: str) -> bytes:
        with self._lock:
            found = self._blobs.get(checked(digest))
        if found is None:
            raise missing(digest)
        return found[0]

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading and seeking."""
        return io.BytesIO(self._data(digest))

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The range in chunks."""
        data = memoryview(self._data(digest))[start:end]
        return (bytes(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))

    def local_path(self, digest: str) -> Path | None:
        """There is no file."""
        self._data(digest)
        return None

    def size(self, digest: str) -> int:
        """Bytes."""
        return len(self._data(digest))

    def exists(self, digest: str) -> bool:
        """Whether the bytes are there."""
        with self._lock:
            return checked(digest) in self._blobs

    def delete(self, digest: str, *, unused_for: float = 0.0, key: str | None = None) -> bool:  # noqa: ARG002
        """Removes the bytes unless they were put again lately."""
        with self._lock:
            found = self._blobs.get(checked(digest))
            if found is None or (unused_for and time.monotonic() - found[1] < unused_for):
                return False
            del self._blobs[digest]
            return True

    def sweep_temporary(self, older_than: float) -> int:  # noqa: ARG002 - nothing temporary is ever kept
        """Writers keep their bytes to themselves: nothing to sweep."""
        return 0

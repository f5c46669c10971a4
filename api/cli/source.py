"""A local file that is being sent: read by position from several threads, and found out when it changes meanwhile."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

from farm.checksums import new
from farm.errors import Refused

PIECE = 1 << 20
SAMPLES = 64
SAMPLE = 4096


class Stopped(Exception):
    """Another thread failed, or the user interrupted."""


class Source:
    """One open file. Raises Refused ``request.invalid`` for what is none, ``blob.digest_mismatch`` where the file has
    another length or time of change than when it was opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Without O_NONBLOCK a named pipe would keep us waiting for its writer.
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            what = "there is no file" if error.errno == errno.ENOENT else f"{error.strerror}:"
            raise Refused("request.invalid", f"{what} {path}") from error
        about = os.fstat(self._file)
        self.size = about.st_size
        self._changed_at = about.st_mtime_ns
        if not stat.S_ISREG(about.st_mode):
            self.close()
            kind = "a folder: name the files in it" if stat.S_ISDIR(about.st_mode) else "no file"
            raise Refused("request.invalid", f"{path} is {kind}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    def must_be_unchanged(self) -> None:
        """Raises Refused ``blob.digest_mismatch`` when somebody wrote to the file since it was opened."""
        about = os.fstat(self._file)
        if (about.st_size, about.st_mtime_ns) != (self.size, self._changed_at):
            raise Refused("blob.digest_mismatch", f"{self.path} changed while it was sent: send it again")

    def pieces(self, start: int, size: int) -> Iterator[bytes]:
        """The bytes from ``start``, at most a MiB at a time."""
        end = start + size
        while start < end:
            piece = os.pread(self._file, min(PIECE, end - start), start)
            if not piece:
                raise Refused("blob.digest_mismatch", f"{self.path} became shorter while it was sent: send it again")
            yield piece
            start += len(piece)

    def crc32c(self, start: int, size: int) -> str:
        """The CRC-32C of a range, in hex."""
        hasher = new("crc32c")
        for piece in self.pieces(start, size):
            hasher.update(piece)
        return hasher.digest().hex()

    def fingerprint(self) -> str:
        """The mark by which any machine that has the file finds its session: a hash of its size, its first and last
        MiB, and samples between them. Two files that differ elsewhere may share one, so chunks are compared too.
        """
        hasher = hashlib.sha256(b"%d\n" % self.size)
        ranges = [(0, min(PIECE, self.size)), (max(0, self.size - PIECE), min(PIECE, self.size))]
        last = max(0, self.size - SAMPLE)
        ranges += [(last * i // (SAMPLES - 1), min(SAMPLE, self.size)) for i in range(SAMPLES)]
        for start, size in ranges:
            for piece in self.pieces(start, size):
                hasher.update(piece)
        return f"farm-cli:{hasher.hexdigest()}"


class Digest:
    """The SHA-256 of a whole file, found in a thread of its own while its bytes are on their way."""

    def __init__(self, source: Source) -> None:
        self.done = 0
        self._stop = Event()
        self._hasher = hashlib.sha256()
        self._error: Exception | None = None
        self._source = source
        self._thread = Thread(target=self._run, name="sha256", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for piece in self._source.pieces(0, self._source.size):
                if self._stop.is_set():
                    raise Stopped  # noqa: TRY301 - told to whoever asks for the result
                self._hasher.update(piece)
                self.done += len(piece)
        except (OSError, Refused, Stopped) as error:
            self._error = error

    def result(self, waiting: Callable[[int], None] = lambda _done: None) -> str:
        """In hex, once it is there; ``waiting`` hears how many bytes are hashed. Raises what reading raised."""
        while self._thread.is_alive():
            self._thread.join(0.1)
            waiting(self.done)
        if self._error is not None:
            raise self._error
        return self._hasher.hexdigest()

    def stop(self) -> None:
        """Ends it: the file may be closed afterwards."""
        self._stop.set()
        self._thread.join()

"""Uploads as sparse files beside the blobs: written at their offsets, published by a hard link, never copied.

Writers are kept apart by the kernel's open-file-description locks (fcntl(2), F_OFD_SETLK): they hold across
processes, belong to one open file, and are gone with it, however its process died. A writer takes its range before it
writes and lets go after its bytes were counted, so a range that was counted is never written again.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import struct
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from farm.blob_disk import DiskBlobs, sync_folder
from farm.blobs import Stored, disk_errors, missing
from farm.errors import Refused
from farm.ids import is_id
from farm.parts import MIB, Durable, Part, Place

SYNC_EVERY = 64 * MIB
"""How much of a long append may be lost by a kill or a power cut before it is told as received."""

SYNC_S = 5.0
"""The same in seconds, for slow networks."""

COPY = 256 * MIB
"""Bytes of one copy_file_range: small enough to be stopped in between."""

BEGIN_EVERY = 2 * MIB
"""Bytes after which the disk is told to begin, so that it works while more come and a sync has less to wait for."""

_SYNC_FILE_RANGE = getattr(ctypes.CDLL(None), "sync_file_range", None)
_WRITE = 2  # SYNC_FILE_RANGE_WRITE
_FLOCK = struct.Struct("hhqqi4x")
_TO_THE_END = 0


def busy() -> Refused:
    """Somebody else writes there."""
    return Refused("upload.busy", "another request writes there now: wait for it, or send another chunk meanwhile")


def hold(descriptor: int, start: int, length: int) -> None:
    """Takes a range of an open file, or raises Refused ``upload.busy``. Closing the file lets go."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0))
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            raise busy() from None
        raise


def _begin_writing(descriptor: int, start: int, length: int) -> None:
    """Asks the kernel to write a range back now (sync_file_range(2)); a hint, whose failure the sync will tell."""
    if _SYNC_FILE_RANGE is not None:
        _SYNC_FILE_RANGE(descriptor, ctypes.c_int64(start), ctypes.c_int64(length), ctypes.c_uint(_WRITE))


class _Writer:
    """An open upload and the range of it that is ours."""

    def __init__(self, path: Path, start: int, length: int, *, sync: bool) -> None:
        self._sync = sync
        self._at = self._begun = start
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise _gone() from error
        except PermissionError as error:  # its bytes are a blob already
            raise Refused("upload.not_open", "the upload is being completed") from error
        try:
            hold(self._file, start, length)
        except BaseException:
            os.close(self._file)
            self._file = -1
            raise

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        with disk_errors():
            while view:
                count = os.pwrite(self._file, view, self._at)
                self._at += count
                view = view[count:]
        if self._sync and self._at - self._begun >= BEGIN_EVERY:
            _begin_writing(self._file, self._begun, self._at - self._begun)
            self._begun = self._at

    def sync(self) -> None:
        if self._sync:
            with disk_errors():
                os.fdatasync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class DiskChunk(_Writer):
    """A chunk at its place in the file."""

    def __init__(self, path: Path, part: Part, *, sync: bool) -> None:
        super().__init__(path, part.start, max(1, part.size), sync=sync)
        self._part = part

    def commit(self) -> Part:
        """Durable; the range stays ours until :meth:`abort`."""
        self.sync()
        return self._part

    def abort(self) -> None:
        """Lets go. Without a commit, what was written is noise that the next writer overwrites."""
        self.close()


class DiskAppend(_Writer):
    """Bytes at the end of the file."""

    def __init__(self, path: Path, offset: int, *, sync: bool, whole: bool) -> None:
        super().__init__(path, 0, _TO_THE_END, sync=sync)
        self._at = self._begun = self._safe = offset
        self._since = time.monotonic()
        self._whole = whole

    def checkpoint(self) -> Durable | None:
        """Durable every 64 MiB, or every few seconds where they are slow to come."""
        fresh = self._at - self._safe
        if self._whole or (fresh < SYNC_EVERY and time.monotonic() - self._since < SYNC_S):
            return None
        return self.finish()

    def finish(self) -> Durable:
        """Durable up to here."""
        self.sync()
        self._safe, self._since = self._at, time.monotonic()
        return Durable(received=self._safe)


def _gone() -> Refused:
    return Refused("not_found", "there is no upload of this name: it has expired or was deleted")


class DiskParts:
    """``<blobs>/uploads/<id>``, on the blobs' own disk, so that publishing is a link."""

    least_chunk = 64 * 1024
    most_chunks = 100_000
    leases = False

    def __init__(self, blobs: DiskBlobs, *, sync: bool = True) -> None:
        self._blobs = blobs
        self._root = blobs.root / "uploads"
        self._sync = sync
        with disk_errors():
            self._root.mkdir(parents=True, exist_ok=True)

    def _path(self, place: Place) -> Path:
        name = str(place["file"])
        assert is_id(name)
        return self._root / name

    def create(self, upload_id: str, size: int | None, media_type: str, *, direct: bool = False) -> Place:  # noqa: ARG002
        """An empty sparse file, of its final length when that is known. Raises FarmFault ``farm.disk_full``."""
        place = {"file": upload_id}
        with disk_errors():
            if size is not None:
                room = os.statvfs(self._root)
                if size > room.f_bavail * room.f_frsize:
                    raise OSError(errno.ENOSPC, "no room")
            file = os.open(self._path(place), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                if size:
                    os.ftruncate(file, size)
                os.fsync(file)
            except BaseException:
                self.remove(place)
                raise
            finally:
                os.close(file)
            sync_folder(self._root)
        return place

    def chunk(self, place: Place, number: int, start: int, size: int) -> DiskChunk:
        """Written at its offset."""
        return DiskChunk(self._path(place), Part(number=number, start=start, size=size), sync=self._sync)

    def append(
        self,
        place: Place,
        offset: int,
        size: int | None,  # noqa: ARG002
        parts: int,  # noqa: ARG002
        tail: Mapping[str, Any],  # noqa: ARG002
        *,
        whole: bool,
    ) -> DiskAppend:
        """Written at the end."""
        return DiskAppend(self._path(place), offset, sync=self._sync, whole=whole)

    def seal(self, place: Place, parts: Sequence[Part], tail: Mapping[str, Any], size: int) -> None:  # noqa: ARG002
        """Cuts off what was written behind the end and not counted, and makes all of it durable."""
        path = self._path(place)
        try:
            with disk_errors():
                if path.stat().st_size != size:  # never after it was published: then it is read-only
                    os.truncate(path, size)
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise missing(str(place["file"])) from error
        try:
            with disk_errors():
                os.fsync(file)
        finally:
            os.close(file)

    def concatenate(
        self, place: Place, sources: Sequence[tuple[Place, int]], progress: Callable[[int], None]
    ) -> None:
        """Inside the kernel (copy_file_range: shared extents where the file system has them)."""
        path = self._path(place)
        try:
            if not path.stat().st_mode & stat.S_IWUSR:
                return  # joined, hashed and published before: a blob is never written
            target = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise missing(str(place["file"])) from error
        try:
            at = 0
            for source, size in sources:
                try:
                    file = os.open(self._path(source), os.O_RDONLY | os.O_CLOEXEC)
                except FileNotFoundError as error:
                    raise missing(str(source["file"])) from error
                try:
                    at = _copy(file, target, at, size, progress)
                finally:
                    os.close(file)
        finally:
            os.close(target)

    def open(self, place: Place) -> BinaryIO:
        """The file."""
        try:
            return self._path(place).open("rb")
        except FileNotFoundError as error:
            raise missing(str(place["file"])) from error

    def publish(self, place: Place, digest: str, size: int) -> Stored:
        """A second name for the same bytes."""
        return self._blobs.adopt(self._path(place), digest, size)

    def presign(
        self,
        place: Place,  # noqa: ARG002
        size: int,  # noqa: ARG002
        media_type: str,  # noqa: ARG002
        seconds: int,  # noqa: ARG002
    ) -> None:
        """A disk has no door of its own."""
        return

    def direct_size(self, place: Place) -> int | None:  # noqa: ARG002
        """Nothing comes past the farm."""
        return None

    def remove(self, place: Place) -> None:
        """The name goes; a published blob keeps its own."""
        self._path(place).unlink(missing_ok=True)

    def sweep(self, known: Callable[[Collection[str]], Collection[str]], older_than: float) -> int:
        """Files without a session."""
        old = []
        for path in self._root.iterdir():
            try:
                if is_id(path.name) and time.time() - path.stat().st_mtime >= older_than:
                    old.append(path.name)
            except FileNotFoundError:  # removed just now
                continue
        swept = 0
        for at in range(0, len(old), 500):
            group = old[at : at + 500]
            for name in set(group) - set(known(group)):
                (self._root / name).unlink(missing_ok=True)
                swept += 1
        return swept


def _copy(source: int, target: int, at: int, size: int, progress: Callable[[int], None]) -> int:
    done = 0
    while done < size:
        wanted = min(COPY, size - done)
        with disk_errors():
            try:
                count = os.copy_file_range(source, target, wanted, done, at + done)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}:
                    raise
                data = os.pread(source, min(MIB, wanted), done)
                count = os.pwrite(target, data, at + done) if data else 0
        if count == 0:
            raise missing("a part of a concatenation")
        done += count
        progress(at + done)
    return at + size

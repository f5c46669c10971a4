"""Blobs as files: ``<root>/ab/cd/<sha-256>``, read-only, written under ``<root>/tmp`` and renamed into place."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from farm.blobs import CHUNK, Stored, checked, disk_errors, matched, missing
from farm.errors import FarmFault


def sync_folder(folder: Path) -> None:
    """A rename is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DiskWriter:
    """Chunks into a temporary file, hashed as they come."""

    def __init__(self, store: DiskBlobs) -> None:
        self._store = store
        self._hash = hashlib.sha256()
        self._size = 0
        self._path = store.temporary()
        with disk_errors():
            self._file = self._path.open("xb", buffering=0)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Appends; a failure removes the temporary file."""
        view = memoryview(chunk).cast("B")
        try:
            with disk_errors():
                rest = view
                while rest:
                    rest = rest[self._file.write(rest) :]
        except (OSError, FarmFault):
            self.abort()
            raise
        self._hash.update(view)
        self._size += len(view)

    def finish(self, expected: str | None = None) -> tuple[Path, str]:
        """Durable, but not published: the temporary file, now the caller's, and its digest."""
        try:
            digest = self._hash.hexdigest()
            matched(digest, expected)
            with disk_errors():
                os.fsync(self._file.fileno())
                self._file.close()
        except BaseException:
            self.abort()
            raise
        return self._path, digest

    def commit(self, expected: str | None = None) -> Stored:
        """Durable, then visible; a failure removes the temporary file."""
        path, digest = self.finish(expected)
        try:
            with disk_errors():
                return self._store.publish(path, digest, self._size)
        finally:
            self.abort()

    def abort(self) -> None:
        """Removes the temporary file, if it is still there."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class DiskBlobs:
    """A folder of blobs. Its temporary files live on the same disk, so that publishing is a rename."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._temporary = self._root / "tmp"
        with disk_errors():
            self._temporary.mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """The folder."""
        return self._root

    def temporary(self) -> Path:
        """A new name under ``tmp``."""
        return self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}.part"

    def _path(self, digest: str) -> Path:
        name = checked(digest)
        return self._root / name[:2] / name[2:4] / name

    def publish(self, path: Path, digest: str, size: int) -> Stored:
        """Renames a finished, synced file on this disk to its digest; the file is gone afterwards."""
        stored = Stored(digest=digest, size=size, key=digest)
        target = self._path(digest)
        if self._touched(target, size):
            path.unlink()
            return stored
        self._make_room(target)
        path.chmod(0o444)
        path.replace(target)
        sync_folder(target.parent)
        return stored

    def adopt(self, path: Path, digest: str, size: int) -> Stored:
        """Gives a finished, synced file on this disk its digest as a second name; doing so again is harmless."""
        stored = Stored(digest=digest, size=size, key=digest)
        target = self._path(digest)
        if self._touched(target, size):
            return stored
        self._make_room(target)
        try:
            with disk_errors():
                path.chmod(0o444)
                held = self.temporary()
                os.link(path, held)
                held.replace(target)  # also over a file of another size, which is damaged
                held.unlink(missing_ok=True)  # rename(2) does nothing when both are one file already
        except FileNotFoundError as error:
            raise missing(digest) from error
        os.utime(target)
        sync_folder(target.parent)
        return stored

    def _make_room(self, target: Path) -> None:
        for folder in (target.parent.parent, target.parent):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)

    @staticmethod
    def _touched(target: Path, size: int) -> bool:
        """True if the blob is there whole; its age starts again, so that no collector takes it now."""
        try:
            os.utime(target)
            return target.stat().st_size == size
        except FileNotFoundError:
            return False

    def put_bytes(self, data: bytes, *, digest: str | None = None) -> Stored:
        """Stores bytes; ``digest`` is checked when given."""
        actual = hashlib.sha256(data).hexdigest()
        matched(actual, digest)
        if self._touched(self._path(actual), len(data)):
            return Stored(digest=actual, size=len(data), key=actual)
        writer = self.writer()
        writer.write(data)
        return writer.commit(actual)

    def put_file(self, path: Path, *, move: bool) -> Stored:
        """Stores a file; with ``move`` it is renamed when it is on this disk, else copied and removed."""
        if not move or path.is_symlink() or path.stat().st_dev != self._root.stat().st_dev:
            writer = self.writer()
            try:
                with path.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        writer.write(chunk)
                stored = writer.commit()
            finally:
                writer.abort()
            if move:
                path.unlink()
            return stored
        held = self.temporary()
        path.replace(held)  # from here on nobody else knows the name
        try:
            with held.open("rb") as file, disk_errors():
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
                return self.publish(held, digest, os.fstat(file.fileno()).st_size)
        finally:
            held.unlink(missing_ok=True)

    def writer(self) -> DiskWriter:
        """A blob that comes in chunks."""
        return DiskWriter(self)

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading and seeking."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise missing(digest) from error

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The range in chunks; the file stays open until the last one or until the iterator is closed."""
        file = self.open(digest)
        return self._chunks(file, start, end)

    @staticmethod
    def _chunks(file: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
        with file:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while chunk := file.read(CHUNK if left is None else min(CHUNK, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    def local_path(self, digest: str) -> Path | None:
        """The file itself, for reading only."""
        path = self._path(digest)
        if not path.exists():
            raise missing(digest)
        return path

    def size(self, digest: str) -> int:
        """Bytes."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError as error:
            raise missing(digest) from error

    def exists(self, digest: str) -> bool:
        """Whether the bytes are there."""
        return self._path(digest).exists()

    def delete(self, digest: str, *, unused_for: float = 0.0, key: str | None = None) -> bool:  # noqa: ARG002
        """Removes the file unless it was put again lately.

        It is renamed away first and judged then: a put that touches it before the rename is seen, one that comes
        after finds nothing and writes it anew.
        """
        target = self._path(digest)
        held = self.temporary()
        try:
            target.rename(held)
        except FileNotFoundError:
            return False
        if unused_for and time.time() - held.stat().st_mtime < unused_for:
            held.rename(target)
            return False
        held.unlink()
        return True

    def sweep_temporary(self, older_than: float) -> int:
        """Removes temporary files that nobody touched for so many seconds."""
        swept = 0
        for path in self._temporary.iterdir():
            try:
                if time.time() - path.stat().st_mtime >= older_than:
                    path.unlink()
                    swept += 1
            except FileNotFoundError:  # its writer finished just now
                continue
        return swept

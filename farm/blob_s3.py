"""Blobs in an S3 bucket, one object each, named by digest. An object appears whole when its upload completes.

S3 has no rename: bytes are spooled to a local temporary file until their digest is known, then uploaded under it
(in parts when large). What a broken upload leaves in the bucket is invisible parts; a lifecycle rule of the bucket
("abort incomplete multipart uploads") removes them.
"""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError

from farm.blob_disk import DiskBlobs
from farm.blobs import CHUNK, GRACE_S, Stored, checked, missing
from farm.errors import FarmFault
from farm.settings import Settings

if TYPE_CHECKING:
    from obstore import ReadableFile
    from obstore.store import S3Store

PART_BYTES = 8 << 20
"""S3 wants parts of at least 5 MiB; four in flight keep memory under 40 MiB whatever the size."""


@contextmanager
def _s3_errors(digest: str = "") -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise missing(digest) from error
    except BaseError as error:
        what = str(error).partition("\n")[0][:200]
        raise FarmFault("farm.unavailable", f"the blob store does not answer: {what}") from error


class _Seekable(io.RawIOBase):
    """obstore's reader as a Python file."""

    def __init__(self, reader: ReadableFile, digest: str) -> None:
        self._reader = reader
        self._digest = digest

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        with _s3_errors(self._digest):
            return self._reader.seek(offset, whence)

    def tell(self) -> int:
        return self._reader.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # typeshed's own signature of readinto
        with _s3_errors(self._digest):
            got = self._reader.read(len(view))
        view[: len(got)] = memoryview(got)
        return len(got)


class S3Writer:
    """Chunks into the local spool, then one upload."""

    def __init__(self, store: S3Blobs, spool: DiskBlobs) -> None:
        self._store = store
        self._spool = spool
        self._writer = spool.writer()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._writer.size

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Appends to the spool."""
        self._writer.write(chunk)

    def commit(self, expected: str | None = None) -> Stored:
        """Uploads; the spooled file is gone afterwards, whatever happened."""
        path, digest = self._writer.finish(expected)
        try:
            return self._store.upload(path, digest)
        finally:
            path.unlink(missing_ok=True)

    def abort(self) -> None:
        """Removes the spooled file."""
        self._writer.abort()


class S3Blobs:
    """A bucket (and prefix). ``spool`` is a local folder for bytes whose digest is not known yet."""

    def __init__(self, store: S3Store, *, prefix: str, spool: Path) -> None:
        self._store = store
        self._prefix = prefix.strip("/")
        self._spool = DiskBlobs(spool)

    def _key(self, digest: str) -> str:
        return f"{self._prefix}/{checked(digest)}" if self._prefix else checked(digest)

    def _fresh(self, digest: str, size: int) -> bool:
        """Whether the object is there and young enough that no collector may take it before its row is written."""
        try:
            with _s3_errors(digest):
                meta = obstore.head(self._store, self._key(digest))
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise
        age = (datetime.now(UTC) - meta["last_modified"]).total_seconds()
        return meta["size"] == size and age < GRACE_S / 2

    def upload(self, path: Path, digest: str) -> Stored:
        """Puts a local file under its digest, in parts when it is large, unless a young copy is there."""
        size = path.stat().st_size
        stored = Stored(digest=digest, size=size, key=self._key(digest))
        if not self._fresh(digest, size):
            with _s3_errors(digest):
                obstore.put(
                    self._store,
                    stored.key,
                    path,
                    use_multipart=size > PART_BYTES,
                    chunk_size=PART_BYTES,
                    max_concurrency=4,
                )
        return stored

    def put_bytes(self, data: bytes, *, digest: str | None = None) -> Stored:
        """Stores bytes; ``digest`` is checked when given."""
        writer = self.writer()
        writer.write(data)
        return writer.commit(digest)

    def put_file(self, path: Path, *, move: bool) -> Stored:
        """Stores a file. It is hashed while it is copied to the spool, so that a change meanwhile cannot matter."""
        writer = self.writer()
        try:
            with path.open("rb") as file:
                shutil.copyfileobj(file, writer, CHUNK)
            stored = writer.commit()
        finally:
            writer.abort()
        if move:
            path.unlink()
        return stored

    def writer(self) -> S3Writer:
        """A blob that comes in chunks."""
        return S3Writer(self, self._spool)

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading and seeking, fetched as it is read."""
        with _s3_errors(digest):
            reader = obstore.open_reader(self._store, self._key(digest), buffer_size=CHUNK)
        return cast("BinaryIO", io.BufferedReader(_Seekable(reader, digest), CHUNK))

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The range in chunks, streamed."""
        size = self.size(digest)
        stop = size if end is None else min(end, size)
        return self._chunks(digest, start, stop) if start < stop else iter(())

    def _chunks(self, digest: str, start: int, stop: int) -> Iterator[bytes]:
        with _s3_errors(digest):
            found = obstore.get(self._store, self._key(digest), options={"range": (start, stop)})
            for piece in found.stream(min_chunk_size=CHUNK):
                data = memoryview(piece)
                for at in range(0, len(data), CHUNK):
                    yield bytes(data[at : at + CHUNK])

    def local_path(self, digest: str) -> Path | None:
        """There is no file."""
        self.size(digest)
        return None

    def size(self, digest: str) -> int:
        """Bytes."""
        with _s3_errors(digest):
            return obstore.head(self._store, self._key(digest))["size"]

    def exists(self, digest: str) -> bool:
        """Whether the bytes are there."""
        try:
            self.size(digest)
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise
        return True

    def delete(self, digest: str, *, unused_for: float = 0.0) -> bool:
        """Removes the object unless it was put again lately."""
        try:
            with _s3_errors(digest):
                age = time.time() - obstore.head(self._store, self._key(digest))["last_modified"].timestamp()
                if unused_for and age < unused_for:
                    return False
                obstore.delete(self._store, self._key(digest))
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise
        return True

    def sweep_temporary(self, older_than: float) -> int:
        """Removes spooled files that crashed writers left on this machine."""
        return self._spool.sweep_temporary(older_than)


def open_s3(settings: Settings) -> S3Blobs:
    """The bucket of ``FARM_BLOB_URL``; keys from the settings, else from the environment of the AWS tools."""
    from obstore.store import S3Store

    target = urlsplit(settings.blob_url)
    options: dict[str, str] = {}
    if settings.s3_endpoint:
        options["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key.get_secret_value():
        options["access_key_id"] = settings.s3_access_key.get_secret_value()
        options["secret_access_key"] = settings.s3_secret_key.get_secret_value()
    store = S3Store(
        target.netloc,
        region=settings.s3_region,
        client_options={"allow_http": settings.s3_endpoint.startswith("http://"), "timeout": "120s"},
        retry_config={"max_retries": 4},
        **options,  # type: ignore[arg-type]  # keys are those of S3Config
    )
    return S3Blobs(store, prefix=target.path, spool=(settings.scratch_dir or settings.data_dir) / "spool")

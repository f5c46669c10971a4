"""Blobs in an S3 bucket, one object each, named by digest, or by the upload that it came by: the database knows which
(``blobs.key``), for S3 has no rename. An object appears whole when its upload completes.

Bytes are spooled to a local temporary file until their digest is known, then uploaded under it
(in parts when large). What a broken upload leaves in the bucket is invisible parts; a lifecycle rule of the bucket
("abort incomplete multipart uploads") removes them.
"""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError

from farm.blob_disk import DiskBlobs
from farm.blobs import CHUNK, GRACE_S, BlobKeys, Stored, checked, missing
from farm.errors import FarmFault
from farm.settings import Settings

if TYPE_CHECKING:
    from obstore import ReadableFile
    from obstore.store import S3Store

MAX_REMEMBERED = 10_000
T = TypeVar("T")
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

    def __init__(self, store: S3Store, *, prefix: str, spool: Path, keys: BlobKeys | None = None) -> None:
        self._store = store
        self._prefix = prefix.strip("/")
        self._spool = DiskBlobs(spool)
        self._keys = keys
        self._elsewhere: dict[str, str] = {}  # digest -> key of blobs that were uploads

    def _key(self, digest: str) -> str:
        return f"{self._prefix}/{checked(digest)}" if self._prefix else checked(digest)

    def _reading(self, digest: str, work: Callable[[str], T]) -> T:
        """Does it with the blob's key: the usual one, or where the database says that it is."""
        for key in self._candidates(digest):
            try:
                with _s3_errors(digest):
                    found = work(key)
            except FarmFault as fault:
                if fault.code != "blob.missing":
                    raise
                self._elsewhere.pop(digest, None)
            else:
                if key != self._key(digest):
                    self._remember(digest, key)
                return found
        raise missing(digest)

    def _candidates(self, digest: str) -> Iterator[str]:
        tried = [self._key(digest)]
        if remembered := self._elsewhere.get(digest):
            tried.insert(0, remembered)
        yield from tried
        told = self._keys.key_of(digest) if self._keys is not None else None
        if told is not None and told not in tried:
            yield told

    def _remember(self, digest: str, key: str) -> None:
        if len(self._elsewhere) >= MAX_REMEMBERED:
            self._elsewhere.clear()
        self._elsewhere[digest] = key

    def adopt(self, key: str, digest: str, size: int, copy: Callable[[str], None]) -> Stored:
        """Makes an object of this bucket the blob, where it is. If the blob's row names another object, that stays
        the blob's, for a row keeps its key; only if it was lost, ``copy`` puts the bytes where blobs usually are.
        """
        named = self._keys.key_of(digest) if self._keys is not None else None
        if named not in {None, key} and not self._whole(digest, size):
            copy(self._key(digest))
        return Stored(digest=digest, size=size, key=key)

    def _whole(self, digest: str, size: int) -> bool:
        try:
            return self.size(digest) == size
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise

    def adopted(self, key: str) -> bool:
        """Whether an object is a blob's."""
        return self._keys is not None and self._keys.is_key(key)

    def _fresh(self, key: str, digest: str, size: int) -> bool:
        """Whether the object is there and young enough that no collector may take it before its row is written."""
        try:
            with _s3_errors(digest):
                meta = obstore.head(self._store, key)
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
        if not self._fresh(stored.key, digest, size):
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
        reader = self._reading(digest, lambda key: obstore.open_reader(self._store, key, buffer_size=CHUNK))
        return cast("BinaryIO", io.BufferedReader(_Seekable(reader, digest), CHUNK))

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The range in chunks, streamed."""
        size = self.size(digest)
        stop = size if end is None else min(end, size)
        return self._chunks(digest, start, stop) if start < stop else iter(())

    def _chunks(self, digest: str, start: int, stop: int) -> Iterator[bytes]:
        found = self._reading(digest, lambda key: obstore.get(self._store, key, options={"range": (start, stop)}))
        with _s3_errors(digest):
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
        return self._reading(digest, lambda key: obstore.head(self._store, key))["size"]

    def exists(self, digest: str) -> bool:
        """Whether the bytes are there."""
        try:
            self.size(digest)
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise
        return True

    def delete(self, digest: str, *, unused_for: float = 0.0, key: str | None = None) -> bool:
        """Removes the object unless it was put again lately; ``key`` is where its row said that it was."""
        usual = self._key(digest)
        if key is None and self._keys is not None:
            key = self._keys.key_of(digest)
        self._elsewhere.pop(digest, None)
        gone = self._deleted(digest, usual, unused_for)
        if key is None or key == usual:
            return gone
        return self._deleted(digest, key, unused_for) or gone

    def _deleted(self, digest: str, key: str, unused_for: float) -> bool:
        try:
            with _s3_errors(digest):
                age = time.time() - obstore.head(self._store, key)["last_modified"].timestamp()
                if unused_for and age < unused_for:
                    return False
                obstore.delete(self._store, key)
        except FarmFault as fault:
            if fault.code == "blob.missing":
                return False
            raise
        return True

    def sweep_temporary(self, older_than: float) -> int:
        """Removes spooled files that crashed writers left on this machine."""
        return self._spool.sweep_temporary(older_than)


def open_s3(settings: Settings, keys: BlobKeys | None = None) -> S3Blobs:
    """The bucket of ``FARM_BLOB_URL``; access keys from the settings, else from the environment of the AWS tools."""
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
    return S3Blobs(store, prefix=target.path, spool=(settings.scratch_dir or settings.data_dir) / "spool", keys=keys)

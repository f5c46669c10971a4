"""Blobs: bytes by their SHA-256. One small protocol; disk, memory and S3 behind one contract suite.

A blob becomes visible whole or not at all, and only after its bytes are durable. Digests are checked before they
become names, so that no caller can reach a path of its own choosing. A store keeps bytes; who may use them is in the
``blobs`` and ``blob_owners`` tables, written by :func:`register` in the caller's transaction.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from farm import tables
from farm.db import Database, now
from farm.errors import FarmFault, Refused
from farm.jobs import BlobInfo
from farm.settings import Settings

CHUNK = 1 << 20
"""Bytes read or hashed at a time; what an open transfer costs in memory."""

GRACE_S = 24 * 3600.0
"""How long unreferenced bytes stay: long enough for whoever put them to write the row that refers to them."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a store has: SHA-256 in hex, size in bytes, and where the store keeps it."""

    digest: str
    size: int
    key: str


class BlobWriter(Protocol):
    """A blob on its way in. Exactly one of :meth:`commit` and :meth:`abort` ends it; a second ending is harmless."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Appends. Raises FarmFault ``farm.disk_full`` when the disk is."""

    def commit(self, expected: str | None = None) -> Stored:
        """Makes the blob durable and visible. Raises Refused ``blob.digest_mismatch`` when ``expected`` differs."""

    def abort(self) -> None:
        """Removes what was written."""


class BlobStore(Protocol):
    """Where the bytes are. Safe to use from several threads and processes; open it after a fork, not before.

    Every method that takes a digest raises Refused ``blob.unknown`` for text that is not one, and those that read
    raise FarmFault ``blob.missing`` when the bytes are not there.
    """

    def put_bytes(self, data: bytes, *, digest: str | None = None) -> Stored:
        """Stores bytes; ``digest`` is checked when given."""

    def put_file(self, path: Path, *, move: bool) -> Stored:
        """Stores a file. With ``move`` the file is gone afterwards, renamed into place where that is possible."""

    def writer(self) -> BlobWriter:
        """A blob that comes in chunks."""

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading and seeking."""

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Bytes ``start`` up to (not including) ``end`` in chunks of at most :data:`CHUNK`."""

    def local_path(self, digest: str) -> Path | None:
        """The store's own file, for reading only; None where there is no such file (memory, S3)."""

    def size(self, digest: str) -> int:
        """Bytes."""

    def exists(self, digest: str) -> bool:
        """Whether the bytes are there."""

    def delete(self, digest: str, *, unused_for: float = 0.0, key: str | None = None) -> bool:
        """Removes the bytes unless somebody put them again within the last ``unused_for`` seconds; True if removed.

        Every put restarts that clock, also of bytes that were there already. ``key`` is where the blob's row, which
        may be gone by now, said that the store keeps it.
        """

    def sweep_temporary(self, older_than: float) -> int:
        """Removes what crashed writers left and nobody touched for so many seconds; returns how many."""


class BlobKeys(Protocol):
    """What the database knows of keys, for a store that cannot rename."""

    def key_of(self, digest: str) -> str | None:
        """Where the blob is kept; None when there is no such blob."""

    def is_key(self, key: str) -> bool:
        """Whether some blob is kept there."""


class DatabaseKeys:
    """From the ``blobs`` table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def key_of(self, digest: str) -> str | None:
        """By primary key."""
        with self._db.read() as conn:
            query = select(tables.blobs.c.key).where(tables.blobs.c.digest == digest)
            found: str | None = conn.execute(query).scalar_one_or_none()
            return found

    def is_key(self, key: str) -> bool:
        """By index."""
        with self._db.read() as conn:
            query = select(tables.blobs.c.digest).where(tables.blobs.c.key == key).limit(1)
            return conn.execute(query).first() is not None


def checked(digest: str) -> str:
    """The digest itself, if it is one: 64 lower-case hex digits."""
    if not _DIGEST.fullmatch(digest):
        raise Refused("blob.unknown", "a blob is named by its SHA-256: 64 lower-case hexadecimal digits")
    return digest


def matched(actual: str, expected: str | None) -> None:
    """Raises Refused ``blob.digest_mismatch`` when another digest was expected."""
    if expected is not None and actual != expected:
        raise Refused(
            "blob.digest_mismatch",
            f"the bytes have the SHA-256 {actual}, not the one that was announced: send them again",
            {"digest": actual},
        )


def missing(digest: str) -> FarmFault:
    """The bytes of a known blob are gone."""
    return FarmFault("blob.missing", f"the bytes of blob {digest} are not in the store", {"digest": digest})


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full disk becomes FarmFault ``farm.disk_full``; any other failure of the disk stays what it is."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise FarmFault("farm.disk_full", "the disk of the blob store is full: free space or add some") from error
        raise


def open_blobs(settings: Settings, db: Database | None = None) -> BlobStore:
    """The store that the settings name. ``db``: where to ask for the keys of blobs that were uploads to S3.

    There are ``s3://bucket/prefix``, ``memory:``, a path or ``file:`` URL, or
    ``<data_dir>/blobs``.
    """
    target = urlsplit(settings.blob_url)
    if target.scheme == "s3":
        from farm.blob_s3 import open_s3

        return open_s3(settings, None if db is None else DatabaseKeys(db))
    if target.scheme == "memory":
        from farm.blob_memory import MemoryBlobs

        return MemoryBlobs()
    if target.scheme not in {"", "file"}:
        raise FarmFault("farm.unavailable", "FARM_BLOB_URL: give s3://bucket/prefix, a folder, or nothing")
    from farm.blob_disk import DiskBlobs

    return DiskBlobs(Path(unquote(target.path)) if settings.blob_url else settings.data_dir / "blobs")


def register(
    conn: Connection,
    stored: Stored,
    media_type: str,
    owner: str | None = None,
    inspection: Mapping[str, Any] | None = None,
) -> None:
    """Writes the blob's row, and the owner's right to it, if they are not there yet.

    An inspection (an upload that was looked into) replaces what a step only claimed about equal bytes. Writing again
    restarts the collector's grace. The key of a row that is there stays: its bytes do, as long as the row.
    """
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    row = {"digest": stored.digest, "size": stored.size, "key": stored.key}
    new = insert(tables.blobs).values(
        **row, media_type=media_type, inspection=dict(inspection or {}), created_at=now()
    )
    change: dict[str, Any] = {"created_at": now()}
    if inspection:
        change |= {"media_type": media_type, "inspection": dict(inspection)}
    conn.execute(new.on_conflict_do_update(index_elements=["digest"], set_=change))
    if owner is not None:
        right = insert(tables.blob_owners).values(digest=stored.digest, owner=owner, created_at=now())
        conn.execute(right.on_conflict_do_nothing())


def owned(conn: Connection, owner: str, digests: Sequence[str]) -> dict[str, BlobInfo]:
    """Those of the blobs that the owner has, by digest, in one statement: uploaded, or made and not yet expired."""
    blobs, rights, made = tables.blobs, tables.blob_owners, tables.artifacts
    uploaded = exists().where(rights.c.digest == blobs.c.digest, rights.c.owner == owner)
    kept = exists().where(made.c.digest == blobs.c.digest, made.c.owner == owner, made.c.expires_at > now())
    query = select(blobs.c.digest, blobs.c.size, blobs.c.media_type, blobs.c.inspection).where(
        blobs.c.digest.in_(list(digests)), or_(uploaded, kept)
    )
    return {
        row.digest: BlobInfo(digest=row.digest, size=row.size, media_type=row.media_type, inspection=row.inspection)
        for row in conn.execute(query)
    }

"""Bytes of an upload on their way to becoming a blob: one small protocol; disk, memory and S3 behind one suite.

A part store knows where the bytes of an upload are (its ``place``, JSON that the session's row keeps), and nothing of
owners, checksums or what counts: that is :mod:`farm.chunks`. An upload is written in one of two ways: chunk by chunk,
in any order (:meth:`PartStore.chunk`), or from its start to its end in appends of any length
(:meth:`PartStore.append`). Then it is sealed, read, and published as a blob without another copy of the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from farm.blobs import BlobStore, Stored
from farm.settings import Settings

Place = Mapping[str, Any]
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Part:
    """A durable piece: its number (from 0), its first byte and length, and the store's own note of it (an ETag)."""

    number: int
    start: int
    size: int
    receipt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Durable:
    """What an append has made safe so far: every byte before ``received``, the parts that are new since the last
    answer, and ``tail``, the store's note of bytes at the end that are no part yet.
    """

    received: int
    parts: tuple[Part, ...] = ()
    tail: Mapping[str, Any] = field(default_factory=dict)


class ChunkSink(Protocol):
    """Takes one chunk, and keeps other writers from it until :meth:`abort`, which always comes last."""

    def write(self, data: bytes | memoryview) -> None:
        """Appends to the chunk. Raises FarmFault ``farm.disk_full`` when the disk is."""

    def commit(self) -> Part:
        """Makes the chunk durable (``fdatasync``, or the part's upload). Only now may it be counted."""

    def abort(self) -> None:
        """Lets go; harmless when done again. Without a commit, what was written of the chunk may be overwritten."""


class AppendSink(Protocol):
    """Takes bytes from an offset on. It holds the upload against any other append until it is closed."""

    def write(self, data: bytes | memoryview) -> None:
        """Appends. Raises FarmFault ``farm.disk_full`` when the disk is."""

    def checkpoint(self) -> Durable | None:
        """Makes durable what can be, cheaply for the store; None when nothing is new. Call it now and then."""

    def finish(self) -> Durable:
        """Makes everything durable that was written."""

    def close(self) -> None:
        """Lets go. What was not made durable is dropped."""


class PartStore(Protocol):
    """Where uploads are put together. Safe to use from several threads and processes; open it after a fork."""

    least_chunk: int
    """Bytes that a chunk has at least, but for the last one."""
    most_chunks: int
    leases: bool
    """Whether writers on several hosts must be kept apart by leases in the database, for the store cannot."""

    def create(self, upload_id: str, size: int | None, media_type: str, *, direct: bool = False) -> Place:
        """A place for an upload, of a known size or of one that is told later. ``direct``: its bytes may come by a
        presigned URL (:meth:`presign`).
        """

    def chunk(self, place: Place, number: int, start: int, size: int) -> ChunkSink:
        """Opens chunk ``number`` for writing. Raises Refused ``upload.busy`` when somebody writes it now."""

    def append(
        self, place: Place, offset: int, size: int | None, parts: int, tail: Mapping[str, Any], *, whole: bool
    ) -> AppendSink:
        """Opens an upload at its end, ``offset``. ``parts`` is how many parts it has, ``tail`` the note of the last
        :class:`Durable`. With ``whole`` nothing is made durable before :meth:`AppendSink.finish` (the bytes have a
        checksum that is known last). Raises Refused ``upload.busy`` when somebody appends now.
        """

    def seal(self, place: Place, parts: Sequence[Part], tail: Mapping[str, Any], size: int) -> None:
        """Makes one readable whole of it; doing so again changes nothing. Raises JobFault ``upload.parts_changed``
        when the store has other parts than those that were counted.
        """

    def concatenate(
        self, place: Place, sources: Sequence[tuple[Place, int]], progress: Callable[[int], None]
    ) -> None:
        """Fills a new upload with sealed ones, one after the other (place and size of each), inside the store where
        it can do that. ``progress`` hears the bytes so far and may raise. Doing so again does it anew.
        """

    def open(self, place: Place) -> BinaryIO:
        """A sealed upload for reading and seeking. Raises FarmFault ``blob.missing`` when it is gone."""

    def publish(self, place: Place, digest: str, size: int) -> Stored:
        """Makes the sealed bytes the blob ``digest`` without copying them, atomically; doing so again is harmless.
        Bytes that the blob store has already are not stored twice. The upload's place stays until it is removed.
        """

    def presign(self, place: Place, size: int, media_type: str, seconds: int) -> tuple[str, Mapping[str, str]] | None:
        """A URL (and headers to send) to PUT all the bytes to at once, past the farm; None where there is none."""

    def direct_size(self, place: Place) -> int | None:
        """How many bytes came by a presigned URL; None when nothing did."""

    def remove(self, place: Place) -> None:
        """Removes what is there and not published, also of an upload that was never sealed."""

    def sweep(self, known: Callable[[Collection[str]], Collection[str]], older_than: float) -> int:
        """Removes what no session's row stands for (``known`` tells of upload ids which have one) and is older than
        so many seconds; returns how many.
        """


def open_parts(settings: Settings, blobs: BlobStore) -> PartStore:
    """The part store that belongs to a blob store."""
    from farm.blob_disk import DiskBlobs
    from farm.blob_memory import MemoryBlobs

    if isinstance(blobs, DiskBlobs):
        from farm.parts_disk import DiskParts

        return DiskParts(blobs, sync=settings.upload_sync)
    if isinstance(blobs, MemoryBlobs):
        from farm.parts_memory import MemoryParts

        return MemoryParts(blobs)
    from farm.parts_s3 import open_s3_parts

    return open_s3_parts(settings, blobs)

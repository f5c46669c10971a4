"""The core of uploads: bytes come in at their place, are verified, made durable, and only then counted.

Two ways of writing share it: chunks of a known size in any order (:meth:`Chunks.chunk`) and appends at the end
(:meth:`Chunks.append`, for tus). What counts never changes again: a chunk that is sent again is compared. Two writers
at one place are kept apart by the part store, or by a hold in the database where the store cannot (S3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Result, Select, bindparam, func, insert, select, true, update
from sqlalchemy.sql.dml import ReturningUpdate

from farm import quotas
from farm.checksums import Checksum, Sums
from farm.db import Database, in_seconds, now
from farm.errors import Refused
from farm.parts import AppendSink, ChunkSink, Durable, Part, PartStore
from farm.quotas import QUOTAS
from farm.tables import upload_parts, uploads
from farm.upload_holds import Hold
from farm.upload_rows import Counted, Upload, UploadState, find, made, one_counted

HEAD_BYTES = 64 * 1024
"""How much of the start a writer keeps, for a look at what is coming."""

MAX_REMEMBERED = 1_000
_APPEND = -1
_COUNT = insert(upload_parts)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of a chunk: ``fresh`` if it counts since now, else the same bytes were there already."""

    counted: Counted
    upload: Upload
    fresh: bool


class Chunks:
    """Opens writers. Blocking: call it from threads. ``tell`` hears of every upload that grew, after the commit."""

    def __init__(self, db: Database, parts: PartStore, tell: Callable[[Upload], None] = lambda _upload: None) -> None:
        self.db = db
        self.parts = parts
        self.tell = tell
        self._lately: dict[str, Upload] = {}

    def chunk(
        self, owner: str | None, upload_id: str, number: int, *, length: int | None, checksum: Checksum | None
    ) -> ChunkWriter:
        """A writer for chunk ``number`` of the owner's upload (of anybody's when None: a signed URL was checked).

        Raises Refused ``not_found``, ``upload.chunk_number``, ``upload.chunk_length``, ``upload.not_open`` or
        ``upload.busy``.
        """
        upload = self._seen(owner, upload_id)
        start, size = upload.span(number)
        if length is not None and length != size:
            raise _length(number, size, length)
        part = Part(number=number, start=start, size=size)
        hold = Hold(self.db, self.parts, upload_id, number)
        try:
            sink = self._sink(owner, upload, part)
            try:
                # Whoever had the place before may have counted it just now.
                with self.db.read() as conn:
                    upload = find(conn, upload_id, owner=owner)
                    known = one_counted(conn, upload_id, number)
                if known is None:
                    _must_be_open(upload)
            except BaseException:
                sink.abort()
                raise
        except BaseException:
            hold.release()
            raise
        writer = ChunkWriter(self, upload, part, checksum, known=known, sink=sink, hold=hold)
        if known is not None:
            writer.let_go()
        return writer

    def _sink(self, owner: str | None, upload: Upload, part: Part) -> ChunkSink:
        try:
            return self.parts.chunk(upload.place, part.number, part.start, part.size)
        except Refused as error:
            if error.code == "not_found":  # its place went with its end, of which the row may still tell
                with self.db.read() as conn:
                    _must_be_open(find(conn, upload.id, owner=owner))
            raise

    def _seen(self, owner: str | None, upload_id: str) -> Upload:
        """The upload as it was seen lately: good for what never changes of it."""
        upload = self._lately.get(upload_id)
        if upload is None or (owner is not None and upload.owner != owner):
            with self.db.read() as conn:
                upload = find(conn, upload_id, owner=owner)
            if len(self._lately) >= MAX_REMEMBERED:
                self._lately.clear()
            self._lately[upload_id] = upload
        return upload

    def append(
        self, owner: str, upload_id: str, offset: int, *, length: int | None, checksum: Checksum | None
    ) -> AppendWriter:
        """A writer from ``offset`` on, which must be the end of what was received.

        Raises Refused ``not_found``, ``upload.offset``, ``upload.not_open``, ``upload.too_large`` or ``upload.busy``.
        """
        with self.db.read() as conn:
            upload = find(conn, upload_id, owner=owner)
        self._may_append(upload, offset, length)
        hold = Hold(self.db, self.parts, upload_id, _APPEND)
        try:
            with self.db.read() as conn:  # its tail is ours to read only now
                upload = find(conn, upload_id, owner=owner)
                self._may_append(upload, offset, length)
                count = conn.execute(_count_of(upload_id)).scalar_one()
            sink = self.parts.append(
                upload.place, offset, upload.size, count, upload.tail, whole=checksum is not None
            )
            try:
                with self.db.read() as conn:
                    upload = find(conn, upload_id, owner=owner)
                    if upload.size is None:  # nobody reserved room for it
                        quotas.must_fit(conn, owner, upload.tier, length or 0)
                self._may_append(upload, offset, length)
            except BaseException:
                sink.close()
                raise
        except BaseException:
            hold.release()
            raise
        return AppendWriter(self, upload, sink, checksum, hold)

    @staticmethod
    def _may_append(upload: Upload, offset: int, length: int | None) -> None:
        if upload.protocol != "tus" or upload.sources:
            raise Refused("upload.not_open", "this upload is not continued by appending")
        _must_be_open(upload)
        if offset != upload.received:
            raise Refused(
                "upload.offset",
                f"the upload has {upload.received} bytes: continue there, not at {offset}",
                {"offset": upload.received},
            )
        room = (QUOTAS[upload.tier].file_bytes if upload.size is None else upload.size) - offset
        if length is not None and length > room:
            raise too_large(upload)


def _count_of(upload_id: str) -> Select[int]:
    return select(func.count()).select_from(upload_parts).where(upload_parts.c.upload_id == upload_id)


def too_large(upload: Upload) -> Refused:
    """More bytes than there is room for."""
    if upload.size is not None:
        return Refused("upload.too_large", f"the upload was announced with {upload.size:,} bytes: there are more")
    limit = QUOTAS[upload.tier].file_bytes
    return Refused("upload.too_large", f"a file of the {upload.tier} tier has at most {limit:,} bytes")


def _length(number: int, size: int, length: int) -> Refused:
    return Refused("upload.chunk_length", f"chunk {number} has {size:,} bytes, not {length:,}", {"size": size})


def _must_be_open(upload: Upload) -> None:
    if upload.state != UploadState.OPEN:
        why = f": {upload.error_detail}" if upload.error_detail else ""
        raise Refused("upload.not_open", f"the upload is {upload.state}{why}")


class ChunkWriter:
    """One chunk on its way in. :meth:`close` always comes last."""

    def __init__(
        self,
        chunks: Chunks,
        upload: Upload,
        part: Part,
        checksum: Checksum | None,
        *,
        known: Counted | None,
        sink: ChunkSink | None = None,
        hold: Hold | None = None,
    ) -> None:
        self.upload = upload
        self.head = b""
        self._chunks = chunks
        self._part = part
        self._known = known
        self._sink = sink
        self._hold = hold
        self._sums = Sums(checksum, identity=True)
        self._size = 0

    @property
    def first(self) -> bool:
        """Whether it begins the file and is new: then ``head`` says what is coming."""
        return self._part.start == 0 and self._known is None

    @property
    def checked_late(self) -> bool:
        """Whether the bytes are only known to be right at the end."""
        return self._sums.checksum is not None

    def write(self, data: bytes | memoryview) -> None:
        """Bytes in order. Raises Refused ``upload.chunk_length`` for too many."""
        size = self._size + len(data)
        if size > self._part.size:
            self._size = size
            raise _length(self._part.number, self._part.size, size)
        if self._part.start == 0 and len(self.head) < HEAD_BYTES:
            self.head += bytes(data[: HEAD_BYTES - len(self.head)])
        self._sums.update(data)
        if self._sink is not None:
            self._sink.write(data)
        self._size = size  # not before: what could not be written must not seem complete
        if self._hold is not None:
            self._hold.renew()

    def finish(self) -> Written:
        """Verifies, makes durable, counts. Raises Refused ``upload.chunk_length``, ``upload.checksum``,
        ``upload.conflict`` (other bytes are there), ``upload.not_open`` or ``upload.busy``.
        """
        if self._size != self._part.size:
            raise _length(self._part.number, self._part.size, self._size)
        self._sums.verify()
        mine = Counted(part=self._part, crc32c=self._sums.hex("crc32c"), xxh128=self._sums.hex("xxh128"))
        if self._known is not None:
            if self._known.xxh128 != mine.xxh128:
                raise Refused(
                    "upload.conflict",
                    f"chunk {self._part.number} is there with other bytes (crc32c {self._known.crc32c}); it stays",
                    {"crc32c": self._known.crc32c},
                )
            return Written(counted=self._known, upload=self.upload, fresh=False)
        assert self._sink is not None
        part = self._sink.commit()
        counted = Counted(part=part, crc32c=mine.crc32c, xxh128=mine.xxh128)
        self.upload = self._chunks.db.transact(lambda conn: self._count(conn, counted))
        self._chunks.tell(self.upload)
        return Written(counted=counted, upload=self.upload, fresh=True)

    def _count(self, conn: Connection, counted: Counted) -> Upload:
        if self._hold is not None:
            self._hold.fence(conn)
        more = {"upload": self.upload.id, "more": counted.part.size}
        upload = _still_open(conn.execute(_growing(self.upload.tier), more))
        conn.execute(_COUNT, _row(upload.id, counted))
        return upload

    def let_go(self) -> None:
        """Lets others write there; bytes that still come are only compared."""
        if self._sink is not None:
            self._sink.abort()
            self._sink = None
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    close = let_go


class AppendWriter:
    """Bytes at the end of an upload, on their way in. :meth:`close` always comes last."""

    def __init__(
        self, chunks: Chunks, upload: Upload, sink: AppendSink, checksum: Checksum | None, hold: Hold
    ) -> None:
        self.upload = upload
        self.head = b""
        self.first = upload.received == 0
        self._chunks = chunks
        self._sink: AppendSink | None = sink
        self._hold = hold
        self._sums = Sums(checksum, identity=False)
        self._at = upload.received
        self._room = QUOTAS[upload.tier].file_bytes if upload.size is None else upload.size

    @property
    def checked_late(self) -> bool:
        """Whether the bytes are only known to be right at the end."""
        return self._sums.checksum is not None

    def write(self, data: bytes | memoryview) -> None:
        """Bytes in order; those that are durable are counted as they come, unless they have a checksum. Raises
        Refused ``upload.too_large`` for too many, and ``quota.exceeded``.
        """
        assert self._sink is not None
        if self._at + len(data) > self._room:
            raise too_large(self.upload)
        if self.first and len(self.head) < HEAD_BYTES:
            self.head += bytes(data[: HEAD_BYTES - len(self.head)])
        self._sums.update(data)
        self._sink.write(data)
        self._at += len(data)
        self._hold.renew()
        durable = self._sink.checkpoint()
        if durable is not None:
            self._count(durable)

    def finish(self, *, broken: bool = False) -> Upload:
        """Counts all that came. With ``broken`` the body ended too early: bytes with a checksum are dropped then.

        Raises Refused ``upload.checksum`` or ``upload.not_open``.
        """
        assert self._sink is not None
        if self._sums.checksum is not None:
            if broken:
                return self.upload
            self._sums.verify()
        self._count(self._sink.finish())
        return self.upload

    def _count(self, durable: Durable) -> None:
        def work(conn: Connection) -> Upload:
            if self.upload.size is None:
                quotas.lock(conn, self.upload.owner)
            self._hold.fence(conn)
            unmoved = uploads.c.received == self.upload.received
            upload = _grown(conn, self.upload, durable.received, unmoved, tail=dict(durable.tail))
            if upload.size is None:
                quotas.must_fit(conn, upload.owner, upload.tier)
            elif upload.received > upload.size:  # it was announced meanwhile
                raise too_large(upload)
            for part in durable.parts:
                conn.execute(insert(upload_parts).values(**_row(upload.id, Counted(part=part, crc32c="", xxh128=""))))
            return upload

        if durable.received != self.upload.received or durable.parts:
            self.upload = self._chunks.db.transact(work)
            self._chunks.tell(self.upload)

    def close(self) -> None:
        """Lets others append."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None
            self._hold.release()


def _row(upload_id: str, counted: Counted) -> dict[str, Any]:
    part = counted.part
    return {
        "upload_id": upload_id,
        "number": part.number,
        "start": part.start,
        "size": part.size,
        "crc32c": counted.crc32c,
        "xxh128": counted.xxh128,
        "receipt": dict(part.receipt),
    }


def _grown(
    conn: Connection, upload: Upload, received: Any, condition: ColumnElement[bool] | None = None, **changes: Any
) -> Upload:
    """Counts, if the upload is still open; whoever sends keeps it from expiring."""
    grown = _growth(upload.tier, received=received, **changes).where(
        uploads.c.id == upload.id, true() if condition is None else condition
    )
    return _still_open(conn.execute(grown))


def _growth(tier: str, **changes: Any) -> ReturningUpdate[Any]:
    values = {
        "revision": uploads.c.revision + 1,
        "updated_at": now(),
        "expires_at": in_seconds(QUOTAS[tier].retention_h * 3600),
    }
    open_ = uploads.c.state == UploadState.OPEN
    return update(uploads).where(open_).values(**values, **changes).returning(*uploads.c)


@lru_cache
def _growing(tier: str) -> ReturningUpdate[Any]:
    """For every chunk the same statement: to build it anew costs more than to run it."""
    return _growth(tier, received=uploads.c.received + bindparam("more")).where(uploads.c.id == bindparam("upload"))


def _still_open(result: Result[Any]) -> Upload:
    row = result.mappings().first()
    if row is None:
        raise Refused("upload.not_open", "the upload was completed or deleted meanwhile")
    return made(row)

"""Uploads as the database has them: sessions, and the pieces that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from farm.db import now
from farm.errors import Refused
from farm.ids import is_id
from farm.jobs import UploadInfo
from farm.parts import Part
from farm.tables import upload_parts, uploads

MAX_LATER = 1_000
_FIND = select(uploads).where(uploads.c.id == bindparam("upload"))
_PART = select(upload_parts).where(
    upload_parts.c.upload_id == bindparam("upload"), upload_parts.c.number == bindparam("number")
)
MAX_RANGES = 100
"""How many ranges of missing chunks an answer names."""


class UploadState(StrEnum):
    """The life of an upload."""

    OPEN = "open"  # takes bytes
    ASSEMBLING = "assembling"  # its job hashes it and looks into it
    COMPLETE = "complete"  # a blob
    FAILED = "failed"  # cannot become one


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A session. ``received`` are durable bytes; ``digest`` is announced until the state is ``complete``."""

    id: str
    owner: str
    tier: str
    protocol: str
    state: str
    name: str
    declared_type: str | None
    size: int | None
    chunk_size: int | None
    received: int
    digest: str | None
    fingerprint: str | None
    partial: bool
    sources: Sequence[str]
    metadata: Mapping[str, Any]
    place: Mapping[str, Any]
    tail: Mapping[str, Any]
    media_type: str | None
    job_id: str | None
    error_code: str | None
    error_detail: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime

    @property
    def chunks(self) -> int:
        """How many chunks it has."""
        if self.size is None or not self.chunk_size:
            return 0
        return -(-self.size // self.chunk_size)

    def span(self, number: int) -> tuple[int, int]:
        """(first byte, length) of a chunk. Raises Refused ``upload.chunk_number`` for one that is not there."""
        if self.size is None or not self.chunk_size:
            raise Refused("upload.chunk_number", "this upload has no chunks: continue it with tus")
        if not 0 <= number < self.chunks:
            last = f"the chunks are 0 to {self.chunks - 1}" if self.chunks else "an empty file has no chunks"
            raise Refused("upload.chunk_number", f"there is no chunk {number}: {last}")
        start = number * self.chunk_size
        return start, min(self.chunk_size, self.size - start)

    @property
    def whole(self) -> bool:
        """Whether all bytes are there."""
        return self.size is not None and self.received == self.size


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A chunk that counts, with the checksums of its bytes in hex."""

    part: Part
    crc32c: str
    xxh128: str


def unknown() -> Refused:
    """No such upload, or somebody else's."""
    return Refused("not_found", "you have no such upload: it may have expired")


def made(row: RowMapping) -> Upload:
    """From a row with every column of the table."""
    return Upload(**row)


def find(conn: Connection, upload_id: str, *, owner: str | None, lock: bool = False) -> Upload:
    """The upload, the owner's when one is named. Raises Refused ``not_found``."""
    query = _FIND.with_for_update() if lock and conn.dialect.name == "postgresql" else _FIND
    row = conn.execute(query, {"upload": upload_id}).mappings().first() if is_id(upload_id) else None
    if row is None or owner not in {None, row["owner"]}:
        raise unknown()
    return made(row)


def changed(conn: Connection, upload_id: str, **changes: Any) -> Upload:
    """Writes columns of an upload, and counts its revision. Raises Refused ``not_found``."""
    query = (
        update(uploads)
        .where(uploads.c.id == upload_id)
        .values(revision=uploads.c.revision + 1, updated_at=now(), **changes)
        .returning(*uploads.c)
    )
    row = conn.execute(query).mappings().first()
    if row is None:
        raise unknown()
    return made(row)


def listed(
    conn: Connection,
    owner: str,
    *,
    limit: int,
    before: str | None = None,
    state: str | None = None,
    name: str | None = None,
    fingerprint: str | None = None,
) -> list[Upload]:
    """The owner's uploads, newest first."""
    query = select(uploads).where(uploads.c.owner == owner)
    for column, value in ((uploads.c.state, state), (uploads.c.name, name), (uploads.c.fingerprint, fingerprint)):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(uploads.c.id < before)
    return [made(row) for row in conn.execute(query.order_by(uploads.c.id.desc()).limit(limit)).mappings()]


def joined(conn: Connection, owner: str, sources: Sequence[str]) -> Upload | None:
    """The owner's upload that joins exactly these partial ones, unless it failed."""
    query = select(uploads).where(
        uploads.c.owner == owner,
        uploads.c.protocol == "tus",
        uploads.c.state != UploadState.FAILED,
        uploads.c.id > max(sources),  # ids are in the order of time
    )
    for row in conn.execute(query.order_by(uploads.c.id.desc()).limit(MAX_LATER)).mappings():
        if list(row["sources"]) == list(sources):
            return made(row)
    return None


def upload_of(conn: Connection, job_id: str) -> str | None:
    """The upload that a job completes."""
    found: str | None = conn.execute(select(uploads.c.id).where(uploads.c.job_id == job_id)).scalar()
    return found


def counted(conn: Connection, upload_id: str) -> list[Counted]:
    """What counts of it, in order."""
    query = select(upload_parts).where(upload_parts.c.upload_id == upload_id).order_by(upload_parts.c.number)
    return [
        Counted(
            part=Part(number=row.number, start=row.start, size=row.size, receipt=row.receipt),
            crc32c=row.crc32c,
            xxh128=row.xxh128,
        )
        for row in conn.execute(query)
    ]


def one_counted(conn: Connection, upload_id: str, number: int) -> Counted | None:
    """A chunk, if it counts."""
    row = conn.execute(_PART, {"upload": upload_id, "number": number}).first()
    if row is None:
        return None
    part = Part(number=row.number, start=row.start, size=row.size, receipt=row.receipt)
    return Counted(part=part, crc32c=row.crc32c, xxh128=row.xxh128)


def numbers(conn: Connection, upload_ids: Sequence[str]) -> dict[str, list[int]]:
    """Numbers of the chunks that count, in order, by upload."""
    found: dict[str, list[int]] = {upload_id: [] for upload_id in upload_ids}
    query = select(upload_parts.c.upload_id, upload_parts.c.number).where(upload_parts.c.upload_id.in_(upload_ids))
    for row in conn.execute(query.order_by(upload_parts.c.upload_id, upload_parts.c.number)):
        found[row.upload_id].append(row.number)
    return found


def gaps(present: Iterable[int], count: int) -> list[tuple[int, int]]:
    """Ranges (first, last) of what is missing among 0 … ``count`` - 1, of sorted numbers; at most 100."""
    found: list[tuple[int, int]] = []
    wanted = 0
    for number in present:
        if number > wanted:
            found.append((wanted, number - 1))
            if len(found) == MAX_RANGES:
                return found
        wanted = number + 1
    if wanted < count:
        found.append((wanted, count - 1))
    return found


def for_assembly(conn: Connection, owner: str, upload_id: str) -> UploadInfo:
    """What the job needs to know, once all bytes are there. Raises Refused ``not_found``, ``upload.incomplete`` or
    ``upload.not_open``.
    """
    upload = find(conn, upload_id, owner=owner)
    if upload.partial:
        raise Refused("upload.not_open", "a partial upload is completed by the concatenation that names it")
    if upload.state not in {UploadState.OPEN, UploadState.ASSEMBLING}:
        raise Refused("upload.not_open", f"the upload is {upload.state}")
    sources = []
    for name in upload.sources:
        source = find(conn, name, owner=owner)
        if not source.whole:
            raise Refused("upload.incomplete", f"the partial upload {name} is not complete", {"upload": name})
        sources.append(source)
    if not sources and not upload.whole:
        raise Refused("upload.incomplete", f"{upload.received:,} of {upload.size or 0:,} bytes are there")
    return UploadInfo(
        id=upload.id,
        name=upload.name,
        size=upload.size or 0,
        declared_type=upload.declared_type,
        digest=upload.digest,
        place=upload.place,
        parts=tuple(_plain(one.part) for one in counted(conn, upload_id)),
        tail=upload.tail,
        sources=tuple(
            {
                "place": source.place,
                "size": source.size,
                "parts": [_plain(one.part) for one in counted(conn, source.id)],
                "tail": source.tail,
            }
            for source in sources
        ),
    )


def _plain(part: Part) -> tuple[int, int, int, Mapping[str, Any]]:
    return part.number, part.start, part.size, part.receipt

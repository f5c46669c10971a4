"""What an owner of a tier may keep and have open. One literal table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from farm.errors import Refused
from farm.tables import blob_owners, blobs, uploads

GIB = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Quota:
    """``file_bytes``: of one upload. ``stored_bytes``: of all blobs and open uploads together. ``open_uploads``: at a
    time. ``retention_h``: how long an upload waits for its next byte. ``link_days``: the longest life of a link.
    """

    file_bytes: int
    stored_bytes: int
    open_uploads: int
    retention_h: int
    link_days: int


QUOTAS: Mapping[str, Quota] = {
    "free": Quota(file_bytes=5 * GIB, stored_bytes=20 * GIB, open_uploads=10, retention_h=24, link_days=7),
    "pro": Quota(file_bytes=50 * GIB, stored_bytes=500 * GIB, open_uploads=50, retention_h=72, link_days=30),
    "studio": Quota(
        file_bytes=200 * GIB, stored_bytes=10 * 1024 * GIB, open_uploads=200, retention_h=168, link_days=365
    ),
}


def stored(conn: Connection, owner: str) -> int:
    """Bytes that count against ``stored_bytes``: the owner's blobs, and open uploads with their announced size."""
    kept = (
        select(func.coalesce(func.sum(blobs.c.size), 0))
        .join(blob_owners, blob_owners.c.digest == blobs.c.digest)
        .where(blob_owners.c.owner == owner)
    )
    coming = select(func.coalesce(func.sum(func.coalesce(uploads.c.size, uploads.c.received)), 0)).where(
        uploads.c.owner == owner, uploads.c.state.in_(("open", "assembling"))
    )
    return int(conn.execute(kept).scalar_one()) + int(conn.execute(coming).scalar_one())


def lock(conn: Connection, owner: str) -> None:
    """Two of the owner's transactions must not both find the last room. Takes no row: call it before any is taken."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(hashtext(:owner))"), {"owner": owner})


def must_fit(conn: Connection, owner: str, tier: str, more: int = 0) -> None:
    """Raises Refused ``quota.exceeded`` when ``more`` bytes have no room."""
    limit, kept = QUOTAS[tier].stored_bytes, stored(conn, owner)
    if kept + more > limit:
        raise Refused(
            "quota.exceeded", f"you have {kept:,} of the {limit:,} bytes of the {tier} tier: delete something"
        )

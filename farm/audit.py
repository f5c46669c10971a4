"""The audit trail: who let whom at what, and who deleted what. Written in the transaction that did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from farm.db import now
from farm.ids import new_id
from farm.tables import audit

MAX_TEXT = 500


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One fact. ``actor`` is a token's id, "link" or "farm"; ``subject`` the id of what it is about."""

    id: str
    at: datetime
    owner: str
    actor: str
    action: str
    subject: str
    data: Mapping[str, Any]


def record(
    conn: Connection, *, owner: str, actor: str, action: str, subject: str, data: Mapping[str, Any] | None = None
) -> None:
    """Adds a row. Texts in ``data`` are cut to 500 characters."""
    cut = {key: value[:MAX_TEXT] if isinstance(value, str) else value for key, value in (data or {}).items()}
    conn.execute(
        insert(audit).values(
            id=new_id(),
            at=now(),
            owner=owner,
            actor=actor[:100] or "unknown",
            action=action,
            subject=subject,
            data=cut,
        )
    )


def page(conn: Connection, owner: str, *, limit: int, before: str | None = None) -> list[Entry]:
    """The owner's rows, newest first."""
    query = select(audit).where(audit.c.owner == owner)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [Entry(**row) for row in conn.execute(query.order_by(audit.c.id.desc()).limit(limit)).mappings()]

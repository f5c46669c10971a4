"""Places of an upload, held across hosts where the part store itself cannot keep writers apart (S3)."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.db import Database, in_seconds, now
from farm.errors import Refused
from farm.ids import new_id
from farm.parts import PartStore
from farm.tables import upload_holds

HOLD_S = 60.0
"""How long a writer's hold lasts without a sign of life."""


class Hold:
    """The right to write at one place of an upload, across hosts. Nothing at all where the part store itself keeps
    writers apart.
    """

    def __init__(self, db: Database, parts: PartStore, upload_id: str, slot: int) -> None:
        self._db = db
        self._place = (upload_id, slot)
        self._holder = new_id() if parts.leases else ""
        self._renewed = time.monotonic()
        if self._holder:
            self._db.transact(self._take)

    def _take(self, conn: Connection) -> None:
        make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        values = {"holder": self._holder, "until": in_seconds(HOLD_S)}
        query = make(upload_holds).values(upload_id=self._place[0], slot=self._place[1], **values)
        taken = query.on_conflict_do_update(
            index_elements=["upload_id", "slot"],
            set_=values,
            where=or_(upload_holds.c.until < now(), upload_holds.c.holder == self._holder),
        )
        # Not by the row count, which drivers do not tell of an INSERT.
        if conn.execute(taken.returning(upload_holds.c.holder)).first() is None:
            raise Refused("upload.busy", "another request writes there now: wait for it, or send another chunk")

    def _ours(self) -> Any:
        return (
            (upload_holds.c.upload_id == self._place[0])
            & (upload_holds.c.slot == self._place[1])
            & (upload_holds.c.holder == self._holder)
        )

    def renew(self) -> None:
        """A sign of life, now and then."""
        if self._holder and time.monotonic() - self._renewed > HOLD_S / 4:
            self._renewed = time.monotonic()
            self._db.transact(self._take)

    def fence(self, conn: Connection) -> None:
        """Raises Refused ``upload.busy`` when somebody else has it by now."""
        if self._holder:
            kept = update(upload_holds).where(self._ours()).values(until=in_seconds(HOLD_S))
            if conn.execute(kept).rowcount != 1:
                raise Refused("upload.busy", "this writer was silent for too long, and another took its place")

    def release(self) -> None:
        """Lets go."""
        if self._holder:
            self._db.transact(lambda conn: conn.execute(delete(upload_holds).where(self._ours())))
            self._holder = ""

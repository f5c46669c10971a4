"""What changes owners' own items: light commands of the lane `designs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from api.catalogue import reads
from api.catalogue.schemas import GoneItem, NewItem
from api.catalogue.tables import items
from farm import blobs, quotas
from farm.db import now
from farm.errors import Refused
from farm.jobs import Actor, Command, Reply
from farm.tables import blob_owners
from pipelines.closing import MODEL_TYPES

MOST: Final[Mapping[str, int]] = {"free": 100, "pro": 500, "studio": 2000}
"""Own items by tier."""


def create(conn: Connection, actor: Actor, spec: NewItem) -> Reply:
    """A new item. Raises Refused ``blob.unknown``, ``design.wrong_media_type``, ``catalogue.id_taken`` or
    ``quota.exceeded``.
    """
    quotas.lock(conn, actor.owner)
    info = blobs.owned(conn, actor.owner, [spec.blob]).get(spec.blob)
    if info is None:
        detail = f"blob: you have no blob {spec.blob}: upload it with POST /api/v1/blobs first"
        raise Refused("blob.unknown", detail, {"path": "blob"})
    if info.media_type not in MODEL_TYPES:
        wanted = ", ".join(sorted(MODEL_TYPES))
        detail = f"blob: it is {info.media_type}; upload one of {wanted}"
        raise Refused("design.wrong_media_type", detail, {"path": "blob"})
    if reads.one(conn, actor.owner, spec.id) is not None:
        detail = f"id: you have an item {spec.id!r} already; choose another id, or delete it first"
        raise Refused("catalogue.id_taken", detail, {"path": "id"})
    kept = conn.execute(select(func.count()).select_from(items).where(items.c.owner == actor.owner)).scalar_one()
    most = MOST[actor.tier]
    if kept >= most:
        raise Refused("quota.exceeded", f"you have {kept} of the {most} items of the {actor.tier} tier: delete some")
    # What a job made is kept only as long as its artifact: from now on it is a file of the owner's.
    to = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    right = to(blob_owners).values(digest=spec.blob, owner=actor.owner, created_at=now())
    conn.execute(right.on_conflict_do_nothing())
    quotas.must_fit(conn, actor.owner, actor.tier)
    facts = spec.model_dump(mode="json", exclude={"id", "kind", "blob"})
    row = {"owner": actor.owner, "id": spec.id, "kind": spec.kind, "blob": spec.blob, "facts": facts}
    conn.execute(insert(items).values(**row, created_at=now()))
    made = reads.listing(spec.id, spec.kind, spec.blob, facts)
    return Reply(status=201, body=msgspec.to_builtins(made), location=f"/api/v1/catalogue/{spec.id}")


def remove(conn: Connection, actor: Actor, spec: GoneItem) -> Reply:
    """The item goes, the model stays a blob of the owner's. Raises Refused ``not_found``."""
    gone = conn.execute(delete(items).where(items.c.owner == actor.owner, items.c.id == spec.id))
    if not gone.rowcount:
        raise Refused("not_found", "you have no item of this id")
    return Reply(status=204)


CREATE = Command(kind="catalogue.create", lane="designs", spec=NewItem, run=create, row_key=lambda spec: str(spec.id))
DELETE = Command(
    kind="catalogue.delete", lane="designs", spec=GoneItem, run=remove, row_key=lambda spec: str(spec.id)
)
COMMANDS = (CREATE, DELETE)

"""What changes cards: light commands, run in batches by the `cards` lane, each call exactly once.

Every command is written for many calls; one call is a batch of one. A call that cannot be done raises, and the lane
then runs the batch one by one, so that only that call fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from api.cards.schemas import Card, DeleteCard, NewCard, Pictured, UpdateCard
from api.cards.tables import cards
from api.etags import etag
from farm.db import now
from farm.errors import Refused
from farm.ids import new_id
from farm.jobs import Actor, Call, Command, Reply

SHOWN = tuple(cards.c[field] for field in Card.__struct_fields__)


def create_many(conn: Connection, calls: Sequence[Call]) -> list[Reply]:
    """New cards, one INSERT for all of them."""
    present = _present(conn)
    rows = []
    for call in calls:
        spec: NewCard = call.spec
        rows.append(
            {
                "id": new_id(),
                "owner": call.actor.owner,
                **spec.model_dump(),
                "version": 1,
                "created_at": present,
                "updated_at": present,
            }
        )
    conn.execute(insert(cards), rows)
    return [_reply(row, status=201) for row in rows]


def update_many(conn: Connection, calls: Sequence[Call]) -> list[Reply]:
    """Changed cards: all read and locked at once, all written at once."""
    present = _present(conn)
    before = _locked(conn, calls)
    rows = []
    for call in calls:
        row = dict(_seen(before, call))
        changes = call.spec.changes.model_dump(exclude_unset=True)
        merged = {**row["fields"], **changes.pop("fields", {})}
        fields = {key: value for key, value in merged.items() if value is not None}
        rows.append({**row, **changes, "fields": fields, "version": row["version"] + 1, "updated_at": present})
    changed = ("name", "template", "fields", "rarity", "number", "foil", "version", "updated_at")
    statement = update(cards).where(cards.c.id == bindparam("at"))
    conn.execute(
        statement.values({name: bindparam(f"new_{name}") for name in changed}),
        [{"at": row["id"], **{f"new_{name}": row[name] for name in changed}} for row in rows],
    )
    return [_reply(row) for row in rows]


def delete_many(conn: Connection, calls: Sequence[Call]) -> list[Reply]:
    """Deleted cards: the rows stay, no door shows them."""
    before = _locked(conn, calls)
    ids = [_seen(before, call)["id"] for call in calls]
    gone = {"deleted_at": now(), "updated_at": now(), "version": cards.c.version + 1}
    conn.execute(update(cards).where(cards.c.id.in_(ids)).values(gone))
    return [Reply(status=204) for _ in calls]


def pictured(conn: Connection, actor: Actor, spec: Pictured) -> Reply:
    """Remembers a card's picture. Its version stays: nobody changed the card."""
    seen = update(cards).where(cards.c.id == spec.id, cards.c.owner == actor.owner)
    conn.execute(seen.values(picture=spec.picture, picture_job=spec.job))
    return Reply(status=204)


def _present(conn: Connection) -> datetime:
    found: datetime = conn.execute(select(now())).scalar_one()
    return found


def _locked(conn: Connection, calls: Sequence[Call]) -> dict[tuple[str, str], RowMapping]:
    """The cards that the calls name, by (owner, id), locked in one order everywhere."""
    ids = sorted({call.spec.id for call in calls})
    query = select(*SHOWN, cards.c.owner).where(cards.c.id.in_(ids), cards.c.deleted_at.is_(None))
    rows = conn.execute(query.order_by(cards.c.id).with_for_update())
    return {(row["owner"], row["id"]): row for row in rows.mappings()}


def _seen(before: dict[tuple[str, str], RowMapping], call: Call) -> RowMapping:
    """The call's card, if it is its owner's and still as the caller saw it."""
    row = before.get((call.actor.owner, call.spec.id))
    if row is None:
        raise Refused("not_found", "you have no card of this id")
    versions = call.spec.versions
    if versions is not None and row["version"] not in versions:
        raise Refused("etag.mismatch", f"the card is at version {row['version']} now: read it again")
    return row


def _reply(row: dict[str, Any], status: int = 200) -> Reply:
    card = Card(**{field: row[field] for field in Card.__struct_fields__})
    location = f"/api/v1/cards/{card.id}" if status == 201 else None
    return Reply(status=status, body=msgspec.to_builtins(card), etag=etag(card.version), location=location)


def _one(actor: Actor, spec: Any) -> tuple[Call]:
    return (Call(job_id="", actor=actor, spec=spec),)


CREATE = Command(
    kind="card.create",
    lane="cards",
    spec=NewCard,
    run=lambda conn, actor, spec: create_many(conn, _one(actor, spec))[0],
    run_many=create_many,
)
UPDATE = Command(
    kind="card.update",
    lane="cards",
    spec=UpdateCard,
    run=lambda conn, actor, spec: update_many(conn, _one(actor, spec))[0],
    run_many=update_many,
    row_key=lambda spec: str(spec.id),
)
DELETE = Command(
    kind="card.delete",
    lane="cards",
    spec=DeleteCard,
    run=lambda conn, actor, spec: delete_many(conn, _one(actor, spec))[0],
    run_many=delete_many,
    row_key=lambda spec: str(spec.id),
)
PICTURED = Command(
    kind="card.pictured",
    lane="cards",
    spec=Pictured,
    run=pictured,
    row_key=lambda spec: str(spec.id),
)
COMMANDS = (CREATE, UPDATE, DELETE, PICTURED)

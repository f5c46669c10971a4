"""Reading owners' own items: SQL in, listings out. Another's item is not there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from api.catalogue.tables import items
from assets.collection import Listing, Worn

SHOWN = (items.c.id, items.c.kind, items.c.blob, items.c.facts)


def own(conn: Connection, owner: str) -> list[Listing]:
    """All of an owner's items, by id."""
    rows = conn.execute(select(*SHOWN).where(items.c.owner == owner).order_by(items.c.id))
    return [listing(row.id, row.kind, row.blob, row.facts) for row in rows]


def one(conn: Connection, owner: str, item_id: str) -> Listing | None:
    """One of them."""
    row = conn.execute(select(*SHOWN).where(items.c.owner == owner, items.c.id == item_id)).first()
    return None if row is None else listing(row.id, row.kind, row.blob, row.facts)


def user_of(conn: Connection, owner: str, digest: str) -> str | None:
    """An item of the owner's whose model is this blob."""
    query = select(items.c.id).where(items.c.owner == owner, items.c.blob == digest).limit(1)
    found: str | None = conn.execute(query).scalar()
    return found


def listing(item_id: str, kind: str, blob: str, facts: dict[str, Any]) -> Listing:
    """An own item as the catalogue lists it."""
    worn = facts.get("worn")
    return Listing(
        id=item_id,
        kind=kind,
        name_en=facts["name_en"],
        name_ko=facts.get("name_ko") or facts["name_en"],
        tags=tuple(facts.get("tags", ())),
        licence=facts["licence"],
        digest=blob,
        size=facts.get("size", ""),
        worn=None
        if worn is None
        else Worn(
            covers=tuple(worn["covers"]),
            depth=worn["depth"],
            figures=tuple(worn["figures"]),
            poses=tuple(worn["poses"]),
            cloth=worn["cloth"],
        ),
        mine=True,
        blob=blob,
    )

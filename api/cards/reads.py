"""Reading cards: SQL in, views out. Another's card is not there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from api.cards.commands import SHOWN
from api.cards.schemas import Card
from api.cards.tables import cards
from farm.errors import Refused
from farm.ids import is_id


def an_id(text: str) -> str:
    """The id itself. Raises Refused ``not_found`` for what is none."""
    if not is_id(text):
        raise unknown()
    return text


def unknown() -> Refused:
    """The same answer for what is another's and for what never was."""
    return Refused("not_found", "you have no card of this id")


def row(conn: Connection, owner: str, card_id: str, *more: ColumnElement[Any]) -> RowMapping:
    """A card's row. Raises Refused ``not_found``."""
    query = select(*SHOWN, *more).where(
        cards.c.id == an_id(card_id), cards.c.owner == owner, cards.c.deleted_at.is_(None)
    )
    found = conn.execute(query).mappings().first()
    if found is None:
        raise unknown()
    return found


def card(found: RowMapping) -> Card:
    """The card of a row."""
    return Card(**{field: found[field] for field in Card.__struct_fields__})

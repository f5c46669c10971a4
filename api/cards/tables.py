"""Cards. ``version`` is the ETag; it rises with every change."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, text

from api.tables import metadata
from farm.tables import Id, Json, UtcDateTime

cards = Table(
    "cards",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("template", String(64), nullable=False),
    Column("fields", Json, nullable=False),
    Column("rarity", String(16), nullable=False),
    Column("number", String(32)),  # as printed on the card: "7", "007/120"
    Column("foil", String(64)),  # null: the template's own for that rarity
    # The last thumbnail: what it shows (the hash of the step that draws it) and the job that made it.
    Column("picture", String(64)),
    Column("picture_job", Id),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),  # a deleted card stays for who must answer for it; no door shows it
    CheckConstraint("version > 0", name="version"),
    Index(
        "ix_cards_owner_id",
        "owner",
        "id",
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

"""Owners' own items of the catalogue: a name for a model that they uploaded, with what is known of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, String, Table

from api.tables import metadata
from farm.tables import Json, UtcDateTime

items = Table(
    "catalogue_items",
    metadata,
    Column("owner", String(64), nullable=False),
    Column("id", String(64), nullable=False),  # begins with "my-", as no item that ships does
    Column("kind", String(16), nullable=False),
    Column("blob", String(64), nullable=False),  # the model; its owner cannot give it up while the item is there
    Column("facts", Json, nullable=False),  # names, tags, size, how it is worn, licence: schemas.NewItem
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("owner", "id"),
    Index("ix_catalogue_items_owner_blob", "owner", "blob"),
)

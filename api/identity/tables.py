"""Bearer tokens. The secret itself is stored nowhere: only its SHA-256."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, Table

from api.tables import metadata
from farm.tables import Id, Json, UtcDateTime

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    CheckConstraint("tier in ('free','pro','studio')", name="tier"),
    Index("ix_tokens_owner_id", "owner", "id"),
)

"""Owners' own items of the catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from farm.tables import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_items",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name=op.f("pk_catalogue_items")),
    )
    op.create_index("ix_catalogue_items_owner_blob", "catalogue_items", ["owner", "blob"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_catalogue_items_owner_blob", table_name="catalogue_items")
    op.drop_table("catalogue_items")

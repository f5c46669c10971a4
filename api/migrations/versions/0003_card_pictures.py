"""Cards: their foil, and their last thumbnail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("foil", sa.String(length=64), nullable=True))
    op.add_column("cards", sa.Column("picture", sa.String(length=64), nullable=True))
    op.add_column("cards", sa.Column("picture_job", sa.String(length=36), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("cards") as table:
        for name in ("picture_job", "picture", "foil"):
            table.drop_column(name)

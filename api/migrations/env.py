"""How Alembic reaches the database: by the connection, and in the transaction, of `farm.db.Database.upgrade`."""

from __future__ import annotations

from alembic import context

import api.cards.tables
import api.catalogue.tables
import api.identity.tables  # noqa: F401 - all slices' tables join the metadata
from api.tables import metadata as slices
from farm.tables import metadata as farm

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[farm, slices],
    render_as_batch=False,
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()

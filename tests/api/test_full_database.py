"""A database whose disk is full."""

from __future__ import annotations

import pytest
from psycopg.errors import DiskFull
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from api.problems import as_farm_error


def test_sqlite_without_room_is_a_full_disk() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as conn:
        conn.execute(text("CREATE TABLE rows (a TEXT)"))
        conn.execute(text("PRAGMA max_page_count = 4"))
        with pytest.raises(OperationalError) as raised:
            conn.execute(text("INSERT INTO rows VALUES (:a)"), {"a": "x" * 100_000})
    engine.dispose()
    assert as_farm_error(raised.value).code == "farm.disk_full"


def test_postgresql_without_room_is_a_full_disk() -> None:
    assert as_farm_error(OperationalError("INSERT", {}, DiskFull("no space left"))).code == "farm.disk_full"


def test_a_database_that_is_away_is_not() -> None:
    assert as_farm_error(OperationalError("INSERT", {}, OSError("gone"))).code == "farm.unavailable"

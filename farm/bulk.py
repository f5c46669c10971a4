"""Many rows in one statement, in the form that each database takes fastest.

SQLite: one statement, prepared once, run by the driver's own loop. PostgreSQL: the rows as one JSON document,
unpacked on the server (list parameters cost five times as much).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

from farm.db import NOW, dumps
from farm.tables import Json

Row = tuple[Any, ...]


@lru_cache(maxsize=64)
def _sqlite_insert(table: Table, columns: tuple[str, ...], stamped: tuple[str, ...], conflict: str) -> str:
    names = ", ".join(f'"{name}"' for name in (*columns, *stamped))
    values = ", ".join(["?"] * len(columns) + [NOW["sqlite"]] * len(stamped))
    return f"INSERT INTO {table.name} ({names}) VALUES ({values}) {conflict}"  # noqa: S608 - names of our own tables


@lru_cache(maxsize=64)
def _postgresql_insert(table: Table, columns: tuple[str, ...], stamped: tuple[str, ...], conflict: str) -> str:
    names = ", ".join(f'"{name}"' for name in (*columns, *stamped))
    values = ", ".join([f'x."{name}"' for name in columns] + [NOW["postgresql"]] * len(stamped))
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in columns)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {values} "  # noqa: S608
        f"FROM jsonb_to_recordset(%s::jsonb) AS x({types}) {conflict}"
    )


@lru_cache(maxsize=64)
def json_columns(table: Table, columns: tuple[str, ...]) -> frozenset[int]:
    """Positions of the columns that hold JSON."""
    return frozenset(i for i, name in enumerate(columns) if table.c[name].type is Json)


def as_json(value: Any) -> str | None:
    """A JSON column's value for :func:`insert`: serialised once, whichever way it travels.

    Raises TypeError for what JSON or 64 bits cannot hold, ValueError for a NUL, which PostgreSQL cannot.
    """
    if value is None:
        return None
    written = dumps(value)
    if "\\u0000" in written:
        msg = "text with a NUL character cannot be stored"
        raise ValueError(msg)
    return written


def insert(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[Row],
    *,
    stamped: tuple[str, ...] = (),
    conflict: str = "",
) -> None:
    """Inserts rows; values stand in the order of ``columns``, JSON columns hold :func:`as_json`, ``stamped`` ones get
    the present. ``conflict`` is an ON CONFLICT clause. Raises SQLAlchemy's IntegrityError or DataError for a bad row.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        jsons = json_columns(table, columns)
        document = orjson.dumps(
            [
                {
                    name: orjson.Fragment(value) if i in jsons and value is not None else value
                    for i, (name, value) in enumerate(zip(columns, row, strict=True))
                }
                for row in rows
            ]
        ).decode()
        connection.exec_driver_sql(_postgresql_insert(table, columns, stamped, conflict), (document,))
    else:
        connection.exec_driver_sql(_sqlite_insert(table, columns, stamped, conflict), list(rows))

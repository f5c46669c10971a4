"""The database: one synchronous engine, explicit transactions, the database's own clock.

SQLite: Python's driver would open and commit transactions by itself, so it is put into autocommit and this file says
BEGIN. A write takes a kernel lock beside the database first, because waiters on ``flock`` are woken, while SQLite's
own busy handler sleeps. PostgreSQL needs neither.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import Pool
from sqlalchemy.sql.functions import FunctionElement

from farm.errors import FarmFault, Refused
from farm.settings import Settings
from farm.tables import UtcDateTime

T = TypeVar("T")

NOW = {
    # The text form in which SQLAlchemy keeps a DateTime on SQLite: microseconds, so that texts compare as times.
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000','now')",
    "postgresql": "statement_timestamp()",
}
"""SQL for the present by the database's clock, per dialect; for statements that are written as text."""

_RETRIED = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_UPGRADE_LOCK = 0x6661726D  # "farm"


class now(FunctionElement[Any]):  # noqa: N801 - reads like SQL where it is used
    """The present by the database's clock, in UTC. The same value throughout one statement."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_sqlite(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return NOW["sqlite"]


@compiles(now, "postgresql")
def _now_postgresql(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return NOW["postgresql"]


class in_seconds(FunctionElement[Any]):  # noqa: N801
    """The present plus so many seconds (negative: before), by the database's clock."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, seconds: Any) -> None:
        super().__init__(seconds)


@compiles(in_seconds, "sqlite")
def _in_seconds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"strftime('%Y-%m-%d %H:%M:%f000','now',({seconds}) || ' seconds')"


@compiles(in_seconds, "postgresql")
def _in_seconds_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(statement_timestamp() + make_interval(secs => CAST({seconds} AS double precision)))"


def dumps(value: Any) -> str:
    """JSON text for a column; raises TypeError for what JSON or 64 bits cannot hold."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return dict(value.items())
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    raise TypeError


class Database:
    """One database, used by any thread, and by a forked child after the fork.

    Raises what SQLAlchemy raises. A write inside a write of the same thread is a mistake of the caller's and raises
    RuntimeError, because on SQLite it would wait for itself.
    """

    def __init__(self, url: str, *, pool_size: int = 8, max_overflow: int = 8, busy_s: float = 30.0) -> None:
        parsed = make_url(url)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.drivername == "sqlite":
            parsed = parsed.set(drivername="sqlite+pysqlite")
        self.url = parsed
        self.dialect = parsed.get_backend_name()
        if self.dialect not in NOW:
            raise Refused("request.invalid", f"no database of the kind {self.dialect!r}: give sqlite or postgresql")
        self._busy_s = busy_s
        self._writer = threading.local()
        self._turn = threading.Lock()
        self._lock_fd: int | None = None
        self._pid = os.getpid()
        self._inherited: list[Pool] = []
        self.engine = self._open(pool_size, max_overflow)

    @property
    def path(self) -> Path | None:
        """SQLite's file."""
        return Path(self.url.database) if self.dialect == "sqlite" and self.url.database else None

    def _open(self, pool_size: int, max_overflow: int) -> Engine:
        common: dict[str, Any] = {
            "json_serializer": dumps,
            "json_deserializer": orjson.loads,
            "pool_size": pool_size,
            "max_overflow": max_overflow,
            "pool_timeout": self._busy_s,
        }
        if self.dialect == "postgresql":
            options = "-c timezone=UTC -c synchronous_commit=on -c idle_in_transaction_session_timeout=120000"
            engine = create_engine(
                self.url, pool_pre_ping=True, connect_args={"options": options, "connect_timeout": 10}, **common
            )
        else:
            if self.path is None:
                raise Refused("request.invalid", "SQLite needs a file: a database in memory is not durable")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(
                self.url, connect_args={"check_same_thread": False, "timeout": self._busy_s}, **common
            )
            event.listen(engine, "connect", self._on_connect)
            event.listen(engine, "begin", self._on_begin)
        return engine

    def _on_connect(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing and commits nothing by itself
        for pragma in (
            f"busy_timeout={int(self._busy_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16000",
            "wal_autocheckpoint=4000",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _on_begin(self, connection: Connection) -> None:
        writes = connection.get_execution_options().get("farm_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def _after_fork(self) -> None:
        """A child must not touch its parent's connections, not even to close them."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._inherited.append(self.engine.pool)  # kept, because collecting it would close them
            self.engine.dispose(close=False)
            self._writer = threading.local()
            self._turn = threading.Lock()
            self._lock_fd = None  # the parent's description: a lock on it would be shared with the parent

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view on SQLite, one statement's each on PostgreSQL. Nothing is kept."""
        self._after_fork()
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: durable when the block ends, undone when it raises."""
        self._after_fork()
        if getattr(self._writer, "depth", 0):
            msg = "a write inside a write: pass the connection on instead"
            raise RuntimeError(msg)
        self._writer.depth = 1
        try:
            with self._turn_taken(), self.engine.connect() as connection:
                connection.execution_options(farm_writes=True)
                with connection.begin():
                    yield connection
        finally:
            self._writer.depth = 0

    @contextmanager
    def _turn_taken(self) -> Iterator[None]:
        """Holds the right to write: the thread's turn in this process, then the process's turn on this machine."""
        if self.dialect == "postgresql":
            yield
            return
        with self._turn:
            if self._lock_fd is None:
                self._lock_fd = os.open(f"{self.url.database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            lock = self._lock_fd
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def transact(self, work: Callable[[Connection], T], *, tries: int = 4) -> T:
        """Runs ``work`` in a transaction, again when PostgreSQL broke it off for another's sake (a deadlock)."""
        for left in range(tries - 1, -1, -1):
            try:
                with self.write() as connection:
                    return work(connection)
            except OperationalError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in _RETRIED:
                    raise
        raise AssertionError

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose(close=self._pid == os.getpid())
        if self._lock_fd is not None and self._pid == os.getpid():
            os.close(self._lock_fd)
        self._lock_fd = None

    # Schema

    def upgrade(self, migrations: Path | str, revision: str = "head") -> None:
        """Brings the schema to a revision; several processes may do so at once. ``migrations``: Alembic's folder."""
        self._migrate(migrations, "upgrade", revision)

    def downgrade(self, migrations: Path | str, revision: str = "base") -> None:
        """Takes the schema back to a revision, with the data that only newer ones hold."""
        self._migrate(migrations, "downgrade", revision)

    def _migrate(self, migrations: Path | str, action: Literal["upgrade", "downgrade"], revision: str) -> None:
        from alembic import command  # a fifth of a worker's start, and workers never migrate
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(migrations).replace("%", "%%"))
        with self.write() as connection:
            if self.dialect == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
            config.attributes["connection"] = connection
            (command.upgrade if action == "upgrade" else command.downgrade)(config, revision)

    def ping(self) -> None:
        """Raises FarmFault ``farm.unavailable`` when the database does not answer."""
        try:
            with self.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except DBAPIError as error:
            raise FarmFault("farm.unavailable", "the database does not answer") from error

    def backup(self, path: Path) -> None:
        """A consistent copy while the farm runs: SQLite's online backup, or `pg_dump`'s custom format.

        The file appears only when it is complete. Raises Refused if it is there already, FarmFault if it fails.
        """
        if path.exists():
            raise Refused("request.invalid", f"{path} exists: name a new file for the backup")
        part = path.with_name(f"{path.name}.part")
        try:
            if self.path is not None:
                source, copy = sqlite3.connect(self.path), sqlite3.connect(part)
                try:
                    source.backup(copy, pages=1024)
                finally:
                    source.close()
                    copy.close()
            else:
                _postgres_tool("pg_dump", ["--format=custom", f"--file={part}"], self)
            part.replace(path)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()

    def restore(self, path: Path) -> None:
        """Replaces everything by a backup. Nothing else may use the database meanwhile.

        Raises Refused if the file is no backup of this kind of database.
        """
        if self.path is None:
            _postgres_tool("pg_restore", ["--clean", "--if-exists", "--single-transaction", str(path)], self)
            return
        try:
            source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    raise Refused("request.invalid", f"{path} is damaged: take another backup")
                source.execute("SELECT count(*) FROM jobs").fetchone()
                self._after_fork()
                self.engine.dispose()
                target = sqlite3.connect(self.path, timeout=self._busy_s)
                try:
                    source.backup(target)
                finally:
                    target.close()
            finally:
                source.close()
        except sqlite3.Error as error:
            raise Refused("request.invalid", f"{path} is no backup of a farm's SQLite database: {error}") from error


def _postgres_tool(tool: str, arguments: list[str], db: Database) -> None:
    plain = db.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, "PGPASSWORD": str(db.url.password)} if db.url.password else None
    try:
        subprocess.run([tool, f"--dbname={plain}", *arguments], check=True, capture_output=True, env=environment)
    except FileNotFoundError as error:
        raise FarmFault("farm.internal", f"{tool} is not installed: install PostgreSQL's client programs") from error
    except subprocess.CalledProcessError as error:
        raise FarmFault("farm.internal", f"{tool} failed: {error.stderr.decode(errors='replace')[:2000]}") from error


def open_database(settings: Settings, *, pool_size: int = 8) -> Database:
    """The database that the settings name."""
    return Database(settings.database, pool_size=pool_size)

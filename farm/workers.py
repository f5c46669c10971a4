"""Who works: each worker's row says what it can do, when it was last seen, and whether it takes work."""

from __future__ import annotations

import socket

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.claims import WorkerInfo
from farm.db import Database, now
from farm.tables import workers

ACTIVE, DRAINING, SICK = "active", "draining", "sick"


def seen(db: Database, worker: WorkerInfo) -> str:
    """Writes that the worker is there, and returns its state. A new process of that name starts as active."""
    facts = {
        "host": socket.gethostname(),
        "lanes": list(worker.lanes),
        "capabilities": list(worker.capabilities),
        "seen_at": now(),
    }
    with db.write() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        known = connection.execute(
            update(workers).where(workers.c.name == worker.name, workers.c.pid == worker.pid).values(**facts)
        ).rowcount
        if not known:
            fresh = {**facts, "pid": worker.pid, "state": ACTIVE, "note": "", "started_at": now()}
            connection.execute(
                insert(workers)
                .values(name=worker.name, **fresh)
                .on_conflict_do_update(index_elements=["name"], set_=fresh)
            )
    return state_of(db, worker.name)


def state_of(db: Database, name: str) -> str:
    """The worker's state; a worker without a row is active."""
    with db.read() as connection:
        found = connection.execute(select(workers.c.state).where(workers.c.name == name)).scalar_one_or_none()
    return found or ACTIVE


def named_device(db: Database, name: str, device: str) -> None:
    """Writes which device the worker draws with, once it has opened it."""
    with db.write() as connection:
        connection.execute(update(workers).where(workers.c.name == name).values(device=device[:200]))


def fell_sick(db: Database, name: str, note: str) -> None:
    """Takes the worker out of rotation and says why; a worker that drains goes on draining."""
    with db.write() as connection:
        connection.execute(
            update(workers)
            .where(workers.c.name == name, workers.c.state == ACTIVE)
            .values(state=SICK, note=note[:500])
        )


def recovered(db: Database, name: str) -> None:
    """Puts a sick worker back into rotation."""
    with db.write() as connection:
        connection.execute(
            update(workers).where(workers.c.name == name, workers.c.state == SICK).values(state=ACTIVE, note="")
        )

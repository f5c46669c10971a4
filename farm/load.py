"""How busy a heavy lane is, for who closes a spec."""

from __future__ import annotations

from sqlalchemy import Connection, func, literal, select

from farm.db import in_seconds
from farm.jobs import Load
from farm.tables import steps, workers
from farm.workers import ACTIVE

COUNTED = 10_000
SEEN_S = 60.0


def measure(connection: Connection, lane: str) -> Load:
    """The lane now; steps are counted to 10,000."""

    def count(state: str) -> int:
        # The states are spelt out in the statement, so that the partial indexes serve.
        some = select(literal(1)).where(steps.c.lane == lane, steps.c.state == literal(state, literal_execute=True))
        return int(connection.execute(select(func.count()).select_from(some.limit(COUNTED).subquery())).scalar_one())

    there = select(workers.c.lanes, workers.c.device).where(
        workers.c.state == ACTIVE, workers.c.seen_at > in_seconds(-SEEN_S)
    )
    found = [row for row in connection.execute(there) if lane in row.lanes]
    return Load(
        waiting=count("ready"),
        running=count("running"),
        workers=len(found),
        devices=tuple(sorted({row.device for row in found if row.device})),
    )

"""Back-pressure: a lane that is behind refuses work instead of taking promises that it cannot keep.

Light lanes by the age of their oldest job, heavy lanes by how much one owner has unfinished, never by another's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection, func, literal, select

from farm.db import now
from farm.errors import Refused
from farm.lanes import LANES
from farm.tables import jobs

OPEN = ("queued", "running", "paused")


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """``age_s``: of the oldest queued job (light). ``depth``: the owner's unfinished jobs, counted to the limit."""

    age_s: float = 0.0
    depth: int = 0


def measure(connection: Connection, lane: str, owner: str) -> Pressure:
    """What a lane carries now."""
    limits = LANES[lane]
    if limits.light:
        oldest = (
            select(jobs.c.created_at, now().label("present"))
            .where(jobs.c.light, jobs.c.state == "queued", jobs.c.lane == literal(lane))
            .order_by(jobs.c.id)
            .limit(1)
        )
        row = connection.execute(oldest).first()
        return Pressure(age_s=(row.present - row.created_at).total_seconds() if row else 0.0)
    counted = (
        select(literal(1))
        .where(jobs.c.owner == owner, jobs.c.lane == lane, jobs.c.state.in_(OPEN))
        .limit(limits.max_depth)
        .subquery()
    )
    return Pressure(depth=connection.execute(select(func.count()).select_from(counted)).scalar_one())


def refusal(lane: str, found: Pressure) -> Refused | None:
    """Why the lane takes nothing now: ``lane.busy`` with ``retry_after_s``, or None."""
    limits = LANES[lane]
    if limits.light and found.age_s > limits.max_age_s:
        wait = max(1, min(60, round(found.age_s / 2)))
        return Refused(
            "lane.busy",
            f"The {lane} lane is {found.age_s:.0f} s behind: send this again in {wait} s",
            {"lane": lane, "retry_after_s": wait},
        )
    if not limits.light and found.depth >= limits.max_depth:
        return Refused(
            "lane.busy",
            f"You have {found.depth:,} unfinished jobs in the {lane} lane, as many as may wait: let some end first",
            {"lane": lane, "retry_after_s": 30},
        )
    return None


class Gate:
    """Remembers what was measured for ``ttl_s`` and counts what was let in since: asking costs nothing most times."""

    def __init__(self, ttl_s: float = 0.5) -> None:
        self._ttl_s = ttl_s
        self._seen: dict[tuple[str, str], tuple[float, Pressure, int]] = {}

    def refusal(self, connection: Connection, lane: str, owner: str) -> Refused | None:
        """As :func:`refusal`, for one job more."""
        key = (lane, "" if LANES[lane].light else owner)
        present = time.monotonic()
        until, found, since = self._seen.get(key, (0.0, Pressure(), 0))
        if present >= until:
            if len(self._seen) > 10_000:
                self._seen.clear()
            until, found, since = present + self._ttl_s, measure(connection, lane, owner), 0
        refused = refusal(lane, Pressure(age_s=found.age_s, depth=found.depth + since))
        self._seen[key] = (until, found, since + (refused is None))
        return refused

"""The render cache: a step's hash and the device class name what the step leaves. Equal key, equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.db import Database, in_seconds, now
from farm.plan import Output, StepResult, digest_of
from farm.tables import cache_blobs, step_cache


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """Days that results and cache entries are kept; an entry's begin anew with each hit."""

    artifact_days: int = 30
    cache_days: int = 30


KEEPING = Keeping()


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The entries that one kind of step has, how often they served, and the seconds of work that this saved."""

    name: str
    entries: int
    hits: int
    saved_s: float


def tallies(connection: Connection) -> list[Tally]:
    """Of what is kept. Every entry was one miss, so that the hit rate is hits / (hits + entries)."""
    hits = func.sum(step_cache.c.hits)
    saved = func.sum(step_cache.c.hits * step_cache.c.seconds)
    query = select(step_cache.c.name, func.count().label("entries"), hits.label("hits"), saved.label("saved"))
    rows = connection.execute(query.group_by(step_cache.c.name).order_by(step_cache.c.name))
    return [Tally(name=row.name, entries=row.entries, hits=int(row.hits), saved_s=float(row.saved)) for row in rows]


def key_of(step_hash: str, device: str) -> str:
    """The key; ``device`` is "" for steps that no device can change."""
    return digest_of([step_hash, device])


def lookup(db: Database, key: str, days: int = KEEPING.cache_days) -> StepResult | None:
    """What such a step left, if it is still kept. Counts the hit and keeps the entry for another ``days``."""
    with db.read() as connection:
        row = connection.execute(
            select(step_cache.c.result).where(step_cache.c.key == key, step_cache.c.expires_at > now())
        ).first()
    if row is None:
        return None
    with db.write() as connection:
        connection.execute(
            update(step_cache)
            .where(step_cache.c.key == key)
            .values(hits=step_cache.c.hits + 1, used_at=now(), expires_at=in_seconds(days * 86_400))
        )
    return StepResult(
        outputs=tuple(Output(**output) for output in row.result["outputs"]), metrics=row.result.get("metrics", {})
    )


def store(
    connection: Connection,
    step_hash: str,
    device: str,
    name: str,
    result: Mapping[str, Any],
    seconds: float,
    days: int = KEEPING.cache_days,
) -> None:
    """Keeps a result under its hash and device; the later of two equal ones wins, which changes nothing."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = key_of(step_hash, device)
    values = {
        "result": dict(result),
        "seconds": seconds,
        "used_at": now(),
        "expires_at": in_seconds(days * 86_400),
    }
    connection.execute(
        insert(step_cache)
        .values(key=key, name=name, created_at=now(), **values)
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )
    for digest in dict.fromkeys(output["digest"] for output in result["outputs"]):
        connection.execute(insert(cache_blobs).values(key=key, digest=digest).on_conflict_do_nothing())

"""The render cache: a step's hash and the device class name what the step leaves. Equal key, equal bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.db import Database, in_seconds, now
from farm.plan import Output, StepResult, digest_of
from farm.tables import cache_blobs, step_cache

CACHE_DAYS = 30


def key_of(step_hash: str, device: str) -> str:
    """The key; ``device`` is "" for steps that no device can change."""
    return digest_of([step_hash, device])


def lookup(db: Database, key: str) -> StepResult | None:
    """What such a step left, if it is still kept. Counts the hit and keeps the entry for another 30 days."""
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
            .values(hits=step_cache.c.hits + 1, used_at=now(), expires_at=in_seconds(CACHE_DAYS * 86_400))
        )
    return StepResult(
        outputs=tuple(Output(**output) for output in row.result["outputs"]), metrics=row.result.get("metrics", {})
    )


def store(
    connection: Connection, step_hash: str, device: str, name: str, result: Mapping[str, Any], seconds: float
) -> None:
    """Keeps a result under its hash and device; the later of two equal ones wins, which changes nothing."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = key_of(step_hash, device)
    values = {
        "result": dict(result),
        "seconds": seconds,
        "used_at": now(),
        "expires_at": in_seconds(CACHE_DAYS * 86_400),
    }
    connection.execute(
        insert(step_cache)
        .values(key=key, name=name, created_at=now(), **values)
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )
    for digest in dict.fromkeys(output["digest"] for output in result["outputs"]):
        connection.execute(insert(cache_blobs).values(key=key, digest=digest).on_conflict_do_nothing())

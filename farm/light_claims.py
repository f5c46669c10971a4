"""Claims of light jobs: a batch is taken, run and finished inside one transaction of the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from farm.db import NOW, dumps
from farm.errors import FarmError
from farm.jobs import Actor, JobState, Reply


@dataclass(frozen=True, kw_only=True)
class LightJob:
    """A light job as it was claimed."""

    id: str
    kind: str
    actor: Actor
    spec: Mapping[str, Any]
    attempt: int
    revision: int
    reply_to: str | None


@dataclass(frozen=True, kw_only=True)
class LightOutcome:
    """What became of it: a Reply, or why it failed."""

    job: LightJob
    result: Reply | FarmError

    @property
    def state(self) -> str:
        """The job's state now."""
        return JobState.SUCCEEDED if isinstance(self.result, Reply) else JobState.FAILED

    @property
    def reply(self) -> dict[str, Any] | None:
        """The reply as it is stored and sent."""
        if not isinstance(self.result, Reply):
            return None
        return {
            "status": self.result.status,
            "body": self.result.body,
            "etag": self.result.etag,
            "location": self.result.location,
        }

    @property
    def error(self) -> dict[str, Any] | None:
        """The error as it is sent."""
        if isinstance(self.result, Reply):
            return None
        return {"code": self.result.code, "detail": self.result.detail, "data": dict(self.result.data)}


_CLAIM = """
SELECT jobs.id, kind, owner, tier, actor, spec, attempt, revision, reply_to FROM jobs
JOIN (
  SELECT id AS fair_id, row_number() OVER (PARTITION BY owner ORDER BY priority DESC, id) AS turn
  FROM (SELECT id, owner, priority FROM jobs WHERE light AND state = 'queued' AND lane = :lane
        ORDER BY id LIMIT :horizon) AS waiting
  ORDER BY turn, id LIMIT :candidates
) AS fair ON fair_id = jobs.id
WHERE state = 'queued' ORDER BY turn, jobs.id LIMIT :batch
"""

_RIVALS = 4
"""So many workers of one lane find work side by side: each sees as many batches and skips those that others hold."""


def claim_light(connection: Connection, lane: str, batch: int) -> list[LightJob]:
    """Up to ``batch`` queued jobs, owners taking turns, in order of arrival. They are locked, not marked: whoever
    dies before the commit leaves them queued.
    """
    locked = " FOR UPDATE OF jobs SKIP LOCKED" if connection.dialect.name == "postgresql" else ""
    rows = connection.execute(
        text(_CLAIM + locked),
        {"lane": lane, "batch": batch, "candidates": batch * _RIVALS, "horizon": batch * 16},
    )
    jobs = [
        LightJob(
            id=row.id,
            kind=row.kind,
            actor=_actor(row.owner, row.tier, _json(row.actor)),
            spec=_json(row.spec),
            attempt=row.attempt,
            revision=row.revision,
            reply_to=row.reply_to,
        )
        for row in rows
    ]
    return sorted(jobs, key=lambda job: job.id)


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def _actor(owner: str, tier: str, known: Mapping[str, Any]) -> Actor:
    return Actor(owner=owner, tier=tier, scopes=frozenset(known["scopes"]), token_id=known["token_id"])


_FINISH_SQLITE = f"""
UPDATE jobs SET state = ?, result = ?, error_code = ?, error_detail = ?, error_data = ?, attempt = attempt + 1,
  revision = revision + 1, announced = revision + 1, started_at = {NOW["sqlite"]}, finished_at = {NOW["sqlite"]},
  updated_at = {NOW["sqlite"]}
WHERE id = ? AND attempt = ? AND state = 'queued'
"""  # noqa: S608 - our own text

_FINISH_POSTGRESQL = f"""
UPDATE jobs SET state = x.state, result = x.result, error_code = x.code, error_detail = x.detail,
  error_data = x.data, attempt = jobs.attempt + 1, revision = jobs.revision + 1, announced = jobs.revision + 1,
  started_at = {NOW["postgresql"]}, finished_at = {NOW["postgresql"]}, updated_at = {NOW["postgresql"]}
FROM jsonb_to_recordset(%s::jsonb)
  AS x(id varchar, attempt integer, state varchar, result jsonb, code varchar, detail text, data jsonb)
WHERE jobs.id = x.id AND jobs.attempt = x.attempt AND jobs.state = 'queued'
"""  # noqa: S608


def finish_light(connection: Connection, outcomes: Sequence[LightOutcome]) -> None:
    """Writes all results by one statement, fenced on state and attempt. Raises RuntimeError, which undoes the whole
    batch, if any job was no longer as claimed.
    """
    if not outcomes:
        return
    rows = [
        (
            outcome.state,
            outcome.reply,
            outcome.error["code"] if outcome.error else None,
            outcome.error["detail"] if outcome.error else None,
            outcome.error["data"] if outcome.error else None,
            outcome.job.id,
            outcome.job.attempt,
        )
        for outcome in outcomes
    ]
    if connection.dialect.name == "postgresql":
        names = ("state", "result", "code", "detail", "data", "id", "attempt")
        document = dumps([dict(zip(names, row, strict=True)) for row in rows])
        changed = connection.exec_driver_sql(_FINISH_POSTGRESQL, (document,)).rowcount
    else:
        values = [
            (s, dumps(result) if result is not None else None, c, d, dumps(data) if data is not None else None, i, a)
            for s, result, c, d, data, i, a in rows
        ]
        changed = connection.exec_driver_sql(_FINISH_SQLITE, values).rowcount
    if changed != len(rows):
        msg = f"{len(rows)} light jobs were claimed but {changed} could be finished"
        raise RuntimeError(msg)

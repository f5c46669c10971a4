"""Claims of heavy steps: one conditional UPDATE with a lease on the database's clock. How steps end is in endings.py.

Fair sharing is stride scheduling: each owner has a `pass` in the pool of lanes that a class of workers serves; the
smallest goes next, and a turn costs 1 / the tier's weight. An owner who comes back starts at the pool's virtual time,
so that nobody saves turns up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.db import Database, dumps, in_seconds, now
from farm.jobs import JobState
from farm.lanes import LANES, TIER_WEIGHTS
from farm.plan import Output, Step, StepResult, StepState
from farm.tables import jobs, shares, steps

LOOKED_AT = 32
"""Ready steps that one claim looks through for one that did not fail on this worker."""

_ABLE = {
    "sqlite": "NOT EXISTS (SELECT 1 FROM json_each(steps.requires) AS r"
    " WHERE r.value NOT IN (SELECT value FROM json_each(:able)))",
    "postgresql": "steps.requires <@ CAST(:able AS jsonb)",
}


@dataclass(frozen=True, kw_only=True)
class WorkerInfo:
    """Who claims."""

    name: str
    lanes: tuple[str, ...]
    capabilities: tuple[str, ...] = ()
    pid: int = 0


@dataclass(frozen=True, kw_only=True)
class ClaimedStep:
    """A step that this worker holds until its lease runs out. ``attempt`` is the fence."""

    id: str
    job_id: str
    owner: str
    attempt: int
    hash: str
    step: Step
    inputs: Mapping[str, StepResult] = field(default_factory=dict)


def claim_step(db: Database, lanes: Sequence[str], worker: WorkerInfo) -> ClaimedStep | None:
    """The fairest ready step of these lanes that the worker can do, or None."""

    def work(connection: Connection) -> ClaimedStep | None:
        pool = ",".join(sorted(worker.lanes))
        row = _fairest(connection, lanes, worker, pool)
        if row is None:
            return None
        lease = LANES[row.lane].lease_s
        taken = connection.execute(
            update(steps)
            .where(steps.c.id == row.id, steps.c.state == StepState.READY, steps.c.attempt == row.attempt)
            .values(
                state=StepState.RUNNING,
                attempt=row.attempt + 1,
                worker=worker.name,
                lease_until=in_seconds(lease),
                started_at=now(),
                finished_at=None,
                done=0,
            )
        )
        if taken.rowcount != 1:
            return None
        moved = connection.execute(
            update(jobs)
            .where(jobs.c.id == row.job_id, jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)))
            .values(
                state=JobState.RUNNING,
                attempt=jobs.c.attempt + (1 if row.position == 0 else 0),
                started_at=func.coalesce(jobs.c.started_at, now()),
                revision=jobs.c.revision + 1,
                updated_at=now(),
            )
        )
        if moved.rowcount != 1:  # paused or cancelled between our look and our write (PostgreSQL)
            raise _Missed
        _charge(connection, pool, row.owner, row.tier)
        return _claimed(connection, row)

    try:
        return db.transact(work)
    except _Missed:
        return None


class _Missed(Exception):
    """The job is no longer open: undoes the claim."""


def _fairest(connection: Connection, lanes: Sequence[str], worker: WorkerInfo, pool: str) -> Row[Any] | None:
    share = shares.alias()
    virtual = select(func.coalesce(func.max(shares.c.start), 0.0)).where(shares.c.pool == pool).scalar_subquery()
    own = func.coalesce(share.c["pass"], 0.0)
    turn = _greatest(connection, own, virtual)
    query = (
        select(steps)
        .join(jobs, jobs.c.id == steps.c.job_id)
        .outerjoin(share, and_(share.c.pool == pool, share.c.owner == steps.c.owner))
        .where(
            steps.c.state == StepState.READY,
            steps.c.lane.in_(list(lanes)),
            or_(steps.c.not_before.is_(None), steps.c.not_before <= now()),
            jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)),
            # In SQL: others' steps that this worker cannot do must not fill the window.
            text(_ABLE[connection.dialect.name]).bindparams(able=dumps(list(worker.capabilities))),
        )
        .order_by(turn, steps.c.priority.desc(), steps.c.id)
        .limit(LOOKED_AT)
    )
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(of=steps, skip_locked=True)
    rows = connection.execute(query).all()
    # A worker on which the step failed takes it only when nothing else is there: it may be the only worker.
    return next((row for row in rows if worker.name not in row.avoid), rows[0] if rows else None)


def _greatest(connection: Connection, left: Any, right: Any) -> Any:
    return func.greatest(left, right) if connection.dialect.name == "postgresql" else func.max(left, right)


def _charge(connection: Connection, pool: str, owner: str, tier: str) -> None:
    """The owner's turn is over: its pass moves on by one stride."""
    virtual = connection.execute(
        select(func.coalesce(func.max(shares.c.start), 0.0)).where(shares.c.pool == pool)
    ).scalar_one()
    own = connection.execute(
        select(shares.c["pass"]).where(shares.c.pool == pool, shares.c.owner == owner)
    ).scalar_one_or_none()
    start = max(float(own or 0.0), float(virtual))
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"start": start, "pass": start + 1.0 / TIER_WEIGHTS.get(tier, 1)}
    connection.execute(
        insert(shares)
        .values(pool=pool, owner=owner, **values)
        .on_conflict_do_update(index_elements=["pool", "owner"], set_=values)
    )


def _claimed(connection: Connection, row: Row[Any]) -> ClaimedStep:
    inputs = {}
    if row.needs:
        found = connection.execute(
            select(steps.c.key, steps.c.result).where(steps.c.job_id == row.job_id, steps.c.key.in_(row.needs))
        )
        inputs = {one.key: result_from(one.result) for one in found}
    step = Step(
        key=row.key,
        name=row.name,
        lane=row.lane,
        params=row.params,
        needs=tuple(row.needs),
        version=row.version,
        total=row.total,
        unit=row.unit,
        requires=tuple(row.requires),
    )
    return ClaimedStep(
        id=row.id,
        job_id=row.job_id,
        owner=row.owner,
        attempt=row.attempt + 1,
        hash=row.hash,
        step=step,
        inputs=inputs,
    )


def result_from(stored: Mapping[str, Any]) -> StepResult:
    """A result as the database keeps it."""
    return StepResult(
        outputs=tuple(Output(**output) for output in stored["outputs"]), metrics=stored.get("metrics", {})
    )


def renew(db: Database, worker: WorkerInfo, step_ids: Collection[str]) -> frozenset[str]:
    """Extends the leases of those steps that the worker still holds, and returns them."""
    if not step_ids:
        return frozenset()
    with db.write() as connection:
        found = connection.execute(
            update(steps)
            .where(steps.c.id.in_(list(step_ids)), steps.c.state == StepState.RUNNING, steps.c.worker == worker.name)
            .values(lease_until=in_seconds(max(LANES[lane].lease_s for lane in worker.lanes)))
            .returning(steps.c.id)
        )
        return frozenset(row.id for row in found)


def held(db: Database, worker: WorkerInfo, claims: Sequence[tuple[str, int]]) -> frozenset[str]:
    """Which of the (step id, attempt) pairs are still this worker's: a cancel or a lost lease takes them away.

    One that has just succeeded is too, for its child is about to put it down.
    """
    attempts = dict(claims)
    with db.read() as connection:
        found = connection.execute(
            select(steps.c.id, steps.c.attempt).where(
                steps.c.id.in_(list(attempts)),
                steps.c.state.in_((StepState.RUNNING, StepState.SUCCEEDED)),
                steps.c.worker == worker.name,
            )
        )
        return frozenset(row.id for row in found if row.attempt == attempts[row.id])

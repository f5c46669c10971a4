"""Claims of heavy steps: one conditional UPDATE with a lease on the database's clock, results fenced on the attempt.

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

from farm.cache import KEEPING, Keeping, store
from farm.db import Database, dumps, in_seconds, now
from farm.errors import FarmError, FarmFault, StepCancelled
from farm.ids import new_id
from farm.jobs import JobState
from farm.lanes import LANES, TIER_WEIGHTS
from farm.plan import Output, Step, StepResult, StepState
from farm.tables import artifacts, job_blobs, jobs, shares, steps

LOOKED_AT = 32
"""Ready steps that one claim looks through for one that did not fail on this worker."""

"""How long results are kept; whoever wants one longer downloads it."""

_ABLE = {
    "sqlite": "NOT EXISTS (SELECT 1 FROM json_each(steps.requires) AS r"
    " WHERE r.value NOT IN (SELECT value FROM json_each(:able)))",
    "postgresql": "steps.requires <@ CAST(:able AS jsonb)",
}

BACKOFF_S = (1.0, 5.0, 20.0, 60.0)


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


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a transition led to: ``lanes`` have work now, the job's state is ``state``."""

    lanes: tuple[str, ...]
    state: JobState


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


def result_json(result: StepResult) -> dict[str, Any]:
    """A result as JSON."""
    return {
        "outputs": [
            {
                "name": o.name,
                "digest": o.digest,
                "size": o.size,
                "media_type": o.media_type,
                "role": o.role,
                "meta": dict(o.meta),
            }
            for o in result.outputs
        ],
        "metrics": dict(result.metrics),
    }


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


def release_step(db: Database, step_id: str, attempt: int) -> bool:
    """Puts a step back that its worker cannot go on with; False when it was no longer running that attempt."""
    return db.transact(lambda connection: put_back(connection, [(step_id, attempt)]) > 0)


def put_back(connection: Connection, claims: Sequence[tuple[str, int]]) -> int:
    """Running -> ready for lost claims; a step that was lost too often fails its job with ``farm.worker_lost``."""
    count = 0
    for step_id, attempt in claims:
        row = connection.execute(
            update(steps)
            .where(steps.c.id == step_id, steps.c.attempt == attempt, steps.c.state == StepState.RUNNING)
            .values(state=StepState.READY, worker=None, lease_until=None, done=0, losses=steps.c.losses + 1)
            .returning(steps.c.job_id, steps.c.losses, steps.c.lane)
        ).first()
        if row is None:
            continue
        count += 1
        if row.losses >= LANES[row.lane].max_attempts:
            lost = FarmFault("farm.worker_lost", "the worker that ran this was lost again and again: look at its log")
            _end_failed(connection, row.job_id, step_id, lost)
        else:
            _touch(connection, row.job_id)
    return count


def finish_step(
    db: Database,
    claimed: ClaimedStep,
    result: StepResult,
    *,
    source: str,
    device: str = "",
    seconds: float = 0.0,
    keeping: Keeping = KEEPING,
) -> Finished:
    """Publishes a step's outputs and moves its job on. Raises StepCancelled when the step is no longer ours."""

    def work(connection: Connection) -> Finished:
        stored = result_json(result)
        done = connection.execute(
            update(steps)
            .where(
                steps.c.id == claimed.id,
                steps.c.attempt == claimed.attempt,
                steps.c.state == StepState.RUNNING,
            )
            .values(
                state=StepState.SUCCEEDED,
                result=stored,
                source=source,
                done=steps.c.total,
                lease_until=None,
                finished_at=now(),
            )
        )
        if done.rowcount != 1:
            raise StepCancelled
        _publish(connection, claimed, result, source, device, keeping.artifact_days)
        if source != "cached" and LANES[claimed.step.lane].cached:
            store(connection, claimed.hash, device, claimed.step.name, stored, seconds, keeping.cache_days)
        return advance(connection, claimed.job_id)

    return db.transact(work)


def _publish(
    connection: Connection, claimed: ClaimedStep, result: StepResult, source: str, device: str, days: int
) -> None:
    job = connection.execute(
        select(jobs.c.stem, jobs.c.output_name, jobs.c.kind, jobs.c.created_at).where(jobs.c.id == claimed.job_id)
    ).one()
    stem = job.output_name or job.stem or "design"
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for digest in dict.fromkeys(output.digest for output in result.outputs):
        connection.execute(insert(job_blobs).values(job_id=claimed.job_id, digest=digest).on_conflict_do_nothing())
    for output in result.outputs:
        if not output.artifact:
            continue
        values = {
            "step": claimed.step.key,
            "owner": claimed.owner,
            "role": output.role,
            "media_type": output.media_type,
            "digest": output.digest,
            "size": output.size,
            "source": source,
            "meta": dict(output.meta),
            "receipt": {
                "job": claimed.job_id,
                "kind": job.kind,
                "step": claimed.step.name,
                "hash": claimed.hash,
                "version": claimed.step.version,
                "device": device,
                "attempt": claimed.attempt,
                "metrics": dict(result.metrics),
            },
            "created_at": now(),
            "expires_at": in_seconds(days * 86_400),
        }
        connection.execute(
            insert(artifacts)
            .values(id=new_id(), job_id=claimed.job_id, name=output.name.replace("{stem}", stem), **values)
            .on_conflict_do_update(index_elements=["job_id", "name"], set_=values)
        )


def advance(connection: Connection, job_id: str) -> Finished:
    """Makes ready what has all that it needs, and ends the job when everything has succeeded. From stored state."""
    if connection.dialect.name == "postgresql":  # two last steps at once must not both see the other running
        connection.execute(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update())
    rows = connection.execute(
        select(steps.c.id, steps.c.key, steps.c.lane, steps.c.state, steps.c.needs).where(steps.c.job_id == job_id)
    ).all()
    done = {row.key for row in rows if row.state == StepState.SUCCEEDED}
    ready = [row for row in rows if row.state == StepState.BLOCKED and done.issuperset(row.needs)]
    if ready:
        connection.execute(
            update(steps)
            .where(steps.c.id.in_([row.id for row in ready]), steps.c.state == StepState.BLOCKED)
            .values(state=StepState.READY)
        )
    state = JobState.SUCCEEDED if len(done) == len(rows) else JobState.RUNNING
    change: dict[str, Any] = {"revision": jobs.c.revision + 1, "updated_at": now()}
    if state is JobState.SUCCEEDED:
        change |= {"state": state, "finished_at": now(), "error_code": None, "error_detail": None}
    connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING).values(**change))
    return Finished(lanes=tuple(row.lane for row in ready), state=state)


def fail_step(db: Database, claimed: ClaimedStep, error: FarmError) -> Finished:
    """A step failed. Bad input ends its job; the farm's fault is tried again elsewhere, a few times.

    Raises StepCancelled when the step is no longer ours.
    """
    return fail_claim(db, claimed.id, claimed.job_id, claimed.attempt, claimed.step.lane, error)


def fail_claim(db: Database, step_id: str, job_id: str, attempt: int, lane: str, error: FarmError) -> Finished:
    """The same for a claim of which no more is known: its worker's parent ended it."""

    def work(connection: Connection) -> Finished:
        query = select(steps.c.failures, steps.c.avoid, steps.c.worker).where(
            steps.c.id == step_id, steps.c.attempt == attempt, steps.c.state == StepState.RUNNING
        )
        if connection.dialect.name == "postgresql":  # a cancel must not come between the look and the write
            query = query.with_for_update()
        row = connection.execute(query).first()
        if row is None:
            raise StepCancelled
        failures = row.failures + 1
        if isinstance(error, FarmFault) and failures < LANES[lane].max_attempts:
            connection.execute(
                update(steps)
                .where(steps.c.id == step_id, steps.c.attempt == attempt)
                .values(
                    state=StepState.READY,
                    failures=failures,
                    avoid=sorted({*row.avoid, row.worker}),
                    worker=None,
                    lease_until=None,
                    not_before=in_seconds(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1]),
                    error_code=error.code,
                    error_detail=error.detail,
                )
            )
            _touch(connection, job_id)
            return Finished(lanes=(), state=JobState.RUNNING)
        _end_failed(connection, job_id, step_id, error)
        return Finished(lanes=(), state=JobState.FAILED)

    return db.transact(work)


def _touch(connection: Connection, job_id: str) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(revision=jobs.c.revision + 1, updated_at=now()))


def _end_failed(connection: Connection, job_id: str, step_id: str, error: FarmError) -> None:
    """The step and its job fail; what has not begun is cancelled."""
    connection.execute(
        update(steps)
        .where(steps.c.id == step_id)
        .values(
            state=StepState.FAILED,
            lease_until=None,
            finished_at=now(),
            error_code=error.code,
            error_detail=error.detail,
            error_data=dict(error.data),
        )
    )
    connection.execute(
        update(steps)
        .where(steps.c.job_id == job_id, steps.c.state.in_((StepState.BLOCKED, StepState.READY, StepState.RUNNING)))
        .values(state=StepState.CANCELLED, lease_until=None, finished_at=now())
    )
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)))
        .values(
            state=JobState.FAILED,
            error_code=error.code,
            error_detail=error.detail,
            error_data=dict(error.data),
            finished_at=now(),
            updated_at=now(),
            revision=jobs.c.revision + 1,
        )
    )

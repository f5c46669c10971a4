"""How claimed steps end: published, failed, tried again elsewhere or put back, each fenced on the attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from farm.cache import KEEPING, Keeping, store
from farm.claims import ClaimedStep
from farm.db import Database, in_seconds, now
from farm.errors import FarmError, FarmFault, StepCancelled
from farm.ids import new_id
from farm.jobs import JobState
from farm.lanes import LANES
from farm.plan import StepResult, StepState
from farm.tables import artifacts, job_blobs, jobs, steps

BACKOFF_S = (1.0, 5.0, 20.0, 60.0)
"""Before a step that failed by the farm's fault is tried again."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a transition led to: ``lanes`` have work now, the job's state is ``state``."""

    lanes: tuple[str, ...]
    state: JobState


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

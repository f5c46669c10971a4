"""Control of jobs: cancel, pause, resume, retry. Writes directly; whose job it is, the caller has checked.

Each is one transaction of conditional updates, so that it is safe against a worker that finishes at the same moment:
whoever commits first wins, and the other sees it.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from farm.db import Database, now
from farm.endings import advance
from farm.errors import Refused
from farm.jobs import TRANSITIONS, JobState
from farm.plan import StepState
from farm.tables import jobs, steps

_OPEN_STEPS = (StepState.BLOCKED, StepState.READY, StepState.RUNNING)


def cancel(db: Database, job_id: str) -> JobState:
    """Ends a job now. A running step loses its claim; its worker's parent stops it within a second.

    Cancelling what is cancelled is no error; what has succeeded or failed is Refused ``job.conflict``.
    """

    def work(connection: Connection) -> JobState:
        state = _state(connection, job_id)
        if state is JobState.CANCELLED:
            return state
        _move(connection, job_id, state, JobState.CANCELLED, "cancelled")
        connection.execute(
            update(steps)
            .where(steps.c.job_id == job_id, steps.c.state.in_(_OPEN_STEPS))
            .values(state=StepState.CANCELLED, lease_until=None, finished_at=now())
        )
        return JobState.CANCELLED

    return db.transact(work)


def pause(db: Database, job_id: str) -> JobState:
    """Keeps a queued job from being claimed. A job of which a step has run is Refused ``job.conflict``."""

    def work(connection: Connection) -> JobState:
        state = _state(connection, job_id)
        if state is not JobState.PAUSED:
            _move(connection, job_id, state, JobState.PAUSED, "paused")
        return JobState.PAUSED

    return db.transact(work)


def resume(db: Database, job_id: str) -> tuple[JobState, tuple[str, ...]]:
    """Lets a paused job be claimed again; also returns the lanes to wake."""

    def work(connection: Connection) -> tuple[JobState, tuple[str, ...]]:
        state = _state(connection, job_id)
        if state is JobState.PAUSED:
            _move(connection, job_id, state, JobState.QUEUED, "resumed")
        elif state is not JobState.QUEUED:
            raise _conflict(state, "resumed")
        return JobState.QUEUED, _waiting_lanes(connection, job_id)

    return db.transact(work)


def retry(db: Database, job_id: str) -> tuple[JobState, tuple[str, ...]]:
    """Queues a failed or cancelled job again; steps that succeeded are kept. Also returns the lanes to wake."""

    def work(connection: Connection) -> tuple[JobState, tuple[str, ...]]:
        state = _state(connection, job_id)
        _move(connection, job_id, state, JobState.QUEUED, "tried again")
        connection.execute(
            update(steps)
            .where(steps.c.job_id == job_id, steps.c.state.in_((StepState.FAILED, StepState.CANCELLED)))
            .values(
                state=StepState.BLOCKED,
                attempt=steps.c.attempt + 1,
                failures=0,
                losses=0,
                avoid=[],
                done=0,
                worker=None,
                not_before=None,
                error_code=None,
                error_detail=None,
                error_data=None,
                finished_at=None,
            )
        )
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(error_code=None, error_detail=None, error_data=None, finished_at=None)
        )
        advance(connection, job_id)
        return JobState.QUEUED, _waiting_lanes(connection, job_id)

    return db.transact(work)


def _state(connection: Connection, job_id: str) -> JobState:
    query = select(jobs.c.state).where(jobs.c.id == job_id)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update()
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused("not_found", "there is no job of this id")
    return JobState(found)


def _move(connection: Connection, job_id: str, state: JobState, to: JobState, verb: str) -> None:
    if to not in TRANSITIONS[state]:
        raise _conflict(state, verb)
    change = {"state": to, "revision": jobs.c.revision + 1, "updated_at": now()}
    if to.final:
        change["finished_at"] = now()
    connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == state).values(**change))


def _conflict(state: JobState, verb: str) -> Refused:
    return Refused("job.conflict", f"the job is {state.value}: it cannot be {verb}", {"state": state.value})


def _waiting_lanes(connection: Connection, job_id: str) -> tuple[str, ...]:
    found = connection.execute(select(steps.c.lane).where(steps.c.job_id == job_id, steps.c.state == StepState.READY))
    lanes = [row.lane for row in found]
    if lanes:
        return tuple(lanes)
    row = connection.execute(select(jobs.c.lane, jobs.c.light).where(jobs.c.id == job_id)).one()
    return (row.lane,) if row.light else ()

"""How far a running step is, and what it says."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from farm.claims import ClaimedStep
from farm.db import Database, now
from farm.errors import StepCancelled
from farm.ids import new_id
from farm.plan import StepState
from farm.tables import jobs, step_logs, steps


def report_progress(db: Database, claimed: ClaimedStep, done: int, total: int) -> None:
    """Writes a step's progress. Raises StepCancelled when the step is no longer this worker's."""

    def work(connection: Connection) -> None:
        changed = connection.execute(
            update(steps)
            .where(steps.c.id == claimed.id, steps.c.attempt == claimed.attempt, steps.c.state == StepState.RUNNING)
            .values(done=done, total=total)
        )
        if changed.rowcount != 1:
            raise StepCancelled
        connection.execute(
            update(jobs).where(jobs.c.id == claimed.job_id).values(revision=jobs.c.revision + 1, updated_at=now())
        )

    db.transact(work)


def write_log(db: Database, claimed: ClaimedStep, level: str, message: str) -> None:
    """Adds a line to the job's log."""
    with db.write() as connection:
        connection.execute(
            insert(step_logs).values(
                id=new_id(),
                job_id=claimed.job_id,
                step=claimed.step.key,
                attempt=claimed.attempt,
                level=level[:8],
                message=message.replace("\0", "")[:2000],  # PostgreSQL refuses both
                at=now(),
            )
        )

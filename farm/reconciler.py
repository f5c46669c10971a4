"""What makes the farm whole again, whatever was lost: wake-ups, leases, announcements, expiry, collection.

Each action is conditional on stored state and the database's clock, so two reconcilers at once do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.sql.expression import Subquery

from farm.blobs import GRACE_S, BlobStore
from farm.bus import Bus, Change
from farm.db import Database, in_seconds, now
from farm.endings import put_back
from farm.intake import Waker
from farm.jobs import JobState
from farm.plan import StepState
from farm.sessions import Sessions
from farm.tables import (
    artifacts,
    batches,
    blob_owners,
    blobs,
    cache_blobs,
    job_blobs,
    jobs,
    links,
    step_cache,
    steps,
    workers,
)

log = structlog.get_logger(__name__)

BATCH = 500
KEY_HOURS = 24
LINK_DAYS = 30
"""How long an expired link is still listed, with its count."""
_OPEN = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)
TEMPORARY_S = 24 * 3600.0


@dataclass(frozen=True)
class _Duty:
    """Something to do every ``every_s`` seconds."""

    name: str
    every_s: float
    run: Callable[[], int]


class Reconciler:
    """Call :meth:`tick` about every 0.2 s; each duty knows how often it is due. The first tick does everything."""

    def __init__(
        self,
        db: Database,
        waker: Waker,
        bus: Bus,
        store: BlobStore,
        sessions: Sessions,
        *,
        light_job_hours: int = 24,
    ) -> None:
        self._db = db
        self._waker = waker
        self._bus = bus
        self._store = store
        self._light_job_s = light_job_hours * 3600.0
        self._due: dict[str, float] = {}
        self._duties = (
            _Duty("announced", 0.2, self.announce),
            _Duty("woken", 1.0, self.wake),
            _Duty("put_back", 1.0, self.put_back),
            _Duty("expired_keys", 300.0, self.expire_keys),
            _Duty("deleted_light_jobs", 300.0, self.delete_light_jobs),
            _Duty("expired_artifacts", 300.0, self.expire_artifacts),
            _Duty("deleted_links", 3600.0, self.delete_links),
            _Duty("collected_blobs", 900.0, self.collect),
            _Duty("settled_uploads", 1.0, sessions.settle),
            _Duty("reopened_uploads", 60.0, sessions.reopen),
            _Duty("expired_uploads", 60.0, sessions.expire),
            _Duty("swept_uploads", 3600.0, sessions.sweep),
            _Duty("forgotten_workers", 300.0, self.forget_workers),
        )

    def tick(self) -> Mapping[str, int]:
        """Does what is due; how much of each, where it was anything."""
        done = {}
        for duty in self._duties:
            present = time.monotonic()
            if present >= self._due.get(duty.name, 0.0):
                self._due[duty.name] = present + duty.every_s
                count = duty.run()
                if count:
                    done[duty.name] = count
        return done

    def announce(self) -> int:
        """Tells subscribers what changed since it was last told."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(jobs.c.id, jobs.c.owner, jobs.c.kind, jobs.c.state, jobs.c.revision, jobs.c.batch_id)
                .where(jobs.c.announced < jobs.c.revision)
                .order_by(jobs.c.id)
                .limit(BATCH)
            ).all()
        changes = [
            Change(owner=r.owner, job_id=r.id, kind=r.kind, state=r.state, revision=r.revision, batch_id=r.batch_id)
            for r in rows
        ]
        if not changes or not self._bus.announce(changes):
            return 0
        with self._db.write() as connection:
            for change in changes:
                connection.execute(
                    update(jobs)
                    .where(jobs.c.id == change.job_id, jobs.c.announced < change.revision)
                    .values(announced=change.revision)
                )
        return len(changes)

    def wake(self) -> int:
        """Wakes every lane that has work; the waker keeps it to what the lane can use."""
        with self._db.read() as connection:
            heavy = connection.execute(
                select(steps.c.lane, func.count())
                .join(jobs, jobs.c.id == steps.c.job_id)
                .where(
                    steps.c.state == StepState.READY,
                    or_(steps.c.not_before.is_(None), steps.c.not_before <= now()),
                    jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)),
                )
                .group_by(steps.c.lane)
            ).all()
            light = connection.execute(
                select(jobs.c.lane, literal(1)).where(jobs.c.light, jobs.c.state == JobState.QUEUED).distinct()
            ).all()
        for lane, count in (*heavy, *light):
            self._waker.wake(lane, count)
        return len(heavy) + len(light)

    def put_back(self) -> int:
        """Takes back steps whose lease has run out."""

        def work(connection: Connection) -> list[tuple[str, int, str]]:
            query = (
                select(steps.c.id, steps.c.attempt, steps.c.lane)
                .where(steps.c.state == StepState.RUNNING, steps.c.lease_until < now())
                .limit(BATCH)
            )
            if connection.dialect.name == "postgresql":
                query = query.with_for_update(skip_locked=True)
            found = [(row.id, row.attempt, row.lane) for row in connection.execute(query)]
            put_back(connection, [(step_id, attempt) for step_id, attempt, _ in found])
            return found

        found = self._db.transact(work)
        for step_id, attempt, lane in found:
            log.warning("lease.lost", step_id=step_id, attempt=attempt)
            self._waker.wake(lane)
        return len(found)

    def expire_keys(self) -> int:
        """Idempotency keys, of jobs and of batches, are kept for 24 hours."""
        with self._db.write() as connection:
            return sum(
                connection.execute(
                    update(table)
                    .where(table.c.idempotency_key.is_not(None), table.c.created_at < in_seconds(-KEY_HOURS * 3600))
                    .values(idempotency_key=None)
                ).rowcount
                for table in (jobs, batches)
            )

    def delete_light_jobs(self) -> int:
        """A light job's row is only its receipt; what it wrote stays."""
        with self._db.write() as connection:
            old = (
                select(jobs.c.id)
                .where(
                    jobs.c.light,
                    jobs.c.state.in_((JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)),
                    jobs.c.finished_at < in_seconds(-self._light_job_s),
                )
                .limit(BATCH * 10)
            )
            return connection.execute(delete(jobs).where(jobs.c.id.in_(old))).rowcount

    def expire_artifacts(self) -> int:
        """Removes artifacts and cache entries whose time is over; their bytes go when nothing else needs them."""
        with self._db.write() as connection:
            gone = connection.execute(delete(artifacts).where(artifacts.c.expires_at < now())).rowcount
            return gone + connection.execute(delete(step_cache).where(step_cache.c.expires_at < now())).rowcount

    def delete_links(self) -> int:
        """Links that expired a month ago; the audit trail keeps that they were made."""
        with self._db.write() as connection:
            old = select(links.c.id).where(links.c.expires_at < in_seconds(-LINK_DAYS * 86_400)).limit(BATCH * 10)
            return connection.execute(delete(links).where(links.c.id.in_(old))).rowcount

    def collect(self) -> int:
        """Deletes blobs that no upload, job, artifact or cache entry needs, a day after they were last put."""
        needed = [
            exists().where(table.c.digest == blobs.c.digest)
            for table in (artifacts, cache_blobs, blob_owners, _open_job_blobs())
        ]
        with self._db.read() as connection:
            rows = connection.execute(
                select(blobs.c.digest, blobs.c.key)
                .where(and_(blobs.c.created_at < in_seconds(-GRACE_S), *(~one for one in needed)))
                .limit(BATCH)
            ).all()
        count = 0
        for row in rows:
            with self._db.write() as connection:
                ended = select(jobs.c.id).where(jobs.c.state.not_in(_OPEN))  # never of a job that came meanwhile
                connection.execute(
                    delete(job_blobs).where(job_blobs.c.digest == row.digest, job_blobs.c.job_id.in_(ended))
                )
                gone = connection.execute(
                    delete(blobs).where(
                        blobs.c.digest == row.digest,
                        blobs.c.created_at < in_seconds(-GRACE_S),
                        *(~one for one in needed),
                    )
                ).rowcount
            if gone and self._store.delete(row.digest, unused_for=GRACE_S, key=row.key):
                count += 1
        return count + self._store.sweep_temporary(TEMPORARY_S)

    def forget_workers(self) -> int:
        """Workers that have not been seen for a day."""
        with self._db.write() as connection:
            return connection.execute(delete(workers).where(workers.c.seen_at < in_seconds(-86_400))).rowcount


def _open_job_blobs() -> Subquery:
    """References of jobs that may still run."""
    return (
        select(job_blobs.c.digest)
        .join(jobs, jobs.c.id == job_blobs.c.job_id)
        .where(jobs.c.state.in_(_OPEN))
        .subquery()
    )

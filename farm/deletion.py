"""What owners delete themselves: artifacts, and their right to blobs. Bytes go when nothing else needs them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, select

from farm import audit
from farm.errors import Refused
from farm.ids import is_id
from farm.jobs import Actor, JobState
from farm.tables import artifacts, blob_owners, job_blobs, jobs

_OPEN = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)


def artifact(conn: Connection, actor: Actor, artifact_id: str) -> None:
    """Removes an artifact and with it every link to it. Raises Refused ``not_found``."""
    gone = None
    if is_id(artifact_id):
        gone = conn.execute(
            delete(artifacts)
            .where(artifacts.c.id == artifact_id, artifacts.c.owner == actor.owner)
            .returning(artifacts.c.job_id, artifacts.c.name, artifacts.c.digest, artifacts.c.size)
        ).first()
    if gone is None:
        raise Refused("not_found", "you have no artifact of this id")
    audit.record(
        conn,
        owner=actor.owner,
        actor=actor.token_id,
        action="artifact.deleted",
        subject=artifact_id,
        data={"job": gone.job_id, "name": gone.name, "digest": gone.digest, "size": gone.size},
    )


def blob(conn: Connection, actor: Actor, digest: str) -> None:
    """Removes the owner's right to a blob: it no longer counts against the quota and no new job may use it.

    Raises Refused ``not_found``, or ``job.conflict`` while an unfinished job of the owner needs it. A job that was
    accepted meanwhile keeps the bytes by itself.
    """
    needing = (
        select(jobs.c.id)
        .join(job_blobs, job_blobs.c.job_id == jobs.c.id)
        .where(job_blobs.c.digest == digest, jobs.c.owner == actor.owner, jobs.c.state.in_(_OPEN))
    )
    mine = (blob_owners.c.digest == digest, blob_owners.c.owner == actor.owner)
    if conn.execute(delete(blob_owners).where(*mine, ~exists(needing))).rowcount:
        audit.record(conn, owner=actor.owner, actor=actor.token_id, action="blob.deleted", subject=digest)
        return
    if conn.execute(select(blob_owners.c.digest).where(*mine)).first() is None:
        raise Refused("not_found", "you have no blob of this digest")
    job = conn.execute(needing.limit(1)).scalar()
    raise Refused(
        "job.conflict", f"job {job or ''} still needs the blob: wait until it has ended, or cancel it", {"job": job}
    )

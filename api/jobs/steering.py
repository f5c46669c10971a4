"""Control of jobs from the door: the owner's own, told to whoever watches, and workers woken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.jobs import reads
from api.services import Services
from farm.bus import Change
from farm.db import Database

Action = Callable[[Database, str], Any]


def steer(parts: Services, owner: str, job_id: str, action: Action) -> None:
    """Cancels, retries, pauses or resumes. Blocks on the database; raises Refused ``not_found``, ``job.conflict``."""
    with parts.db.read() as conn:
        reads.row_of(conn, owner, job_id)
    found = action(parts.db, job_id)
    for lane in found[1] if isinstance(found, tuple) else ():
        parts.waker.wake(lane)
    with parts.db.read() as conn:
        row = reads.row_of(conn, owner, job_id)
    change = Change(
        owner=owner,
        job_id=job_id,
        kind=row["kind"],
        state=row["state"],
        revision=row["revision"],
        batch_id=row["batch_id"],
    )
    parts.bus.announce([change])

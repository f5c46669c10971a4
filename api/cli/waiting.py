"""Watching a job or a batch to its end, and the exit code that the end means."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.cli.failure import JOB_CANCELLED, JOB_FAILED
from api.cli.screen import note, progress
from farm.errors import FarmFault

if TYPE_CHECKING:
    from api.cli.client import Farm

BATCH_POLL_S = 1.0
_OWN_EXIT: Mapping[str, int] = {"farm.no_worker": 5, "farm.timeout": 124}


def ended(job: Mapping[str, Any]) -> int:
    """The exit code of a final job; says on stderr why it failed."""
    if job["state"] == "failed":
        error = job.get("error") or {}
        code = str(error.get("code", "farm.internal"))
        note(f"error: {code}: {error.get('detail') or error.get('title') or 'the job failed'}")
        note(f"hint: `farm job logs {job['id']}` shows what its steps said")
        return _OWN_EXIT.get(code, JOB_FAILED)
    if job["state"] == "cancelled":
        note("the job was cancelled")
        return JOB_CANCELLED
    return 0


def watch_job(farm: Farm, job_id: str, *, timeout: float | None = None, quiet: bool = False) -> dict[str, Any]:
    """Shows a job's steps until it is final; the job as it ended."""
    until = None if timeout is None else time.monotonic() + timeout
    job: dict[str, Any] = {}
    with progress() as bars:
        for job in farm.watch(job_id, until=until):
            if quiet:
                continue
            for step in job.get("steps", ()):
                mark = " (cached)" if step.get("source") == "cached" else ""
                bars(f"{step['key']} [{step.get('unit', '')}]{mark}", step.get("done", 0), step.get("total", 1))
    return job


def watch_batch(farm: Farm, batch_id: str, *, timeout: float | None = None) -> tuple[dict[str, Any], int]:
    """Shows a batch's progress until none of its jobs is open; the batch and its exit code."""
    until = None if timeout is None else time.monotonic() + timeout
    with progress("jobs") as bars:
        while True:
            batch: dict[str, Any] = farm.get(f"/batches/{batch_id}")
            counts = states_of(batch)
            total = int(batch.get("total", sum(counts.values())))
            finals = sum(counts.get(state, 0) for state in ("succeeded", "failed", "cancelled"))
            bars(f"batch {batch.get('name') or batch_id}", finals, total)
            if finals >= total:
                break
            if until is not None and time.monotonic() >= until:
                raise FarmFault(
                    "farm.timeout", f"{total - finals} of {total} jobs were not done when the time was up"
                )
            time.sleep(BATCH_POLL_S)
    if counts.get("failed"):
        note(f"{counts['failed']} of {total} jobs failed: `farm job ls --batch {batch_id} --state failed`")
        return batch, JOB_FAILED
    return batch, JOB_CANCELLED if counts.get("cancelled") else 0


def states_of(batch: Mapping[str, Any]) -> dict[str, int]:
    """How many jobs of a batch are in which state."""
    found = batch.get("states") or batch.get("counts") or {}
    return {str(state): int(count) for state, count in found.items()}

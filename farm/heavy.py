"""A child of the heavy worker: claims one step a wake-up and runs it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from farm import workers
from farm.blobs import BlobStore, register
from farm.cache import KEEPING, Keeping, lookup
from farm.celery_app import StepFailed
from farm.children import holding
from farm.claims import ClaimedStep, WorkerInfo, claim_step, held
from farm.db import Database
from farm.endings import fail_step, finish_step
from farm.errors import FarmError, FarmFault, StepCancelled
from farm.execution import Execution, code_for, scratch_folder
from farm.lanes import LANES
from farm.parts import PartStore
from farm.plan import StepResult, digest_of
from farm.progress import report_progress, write_log
from farm.steps import StepCode
from farm.wakes import Waker

log = structlog.get_logger(__name__)

SICK_AFTER = 3
"""Jobs in a row that failed by the farm's fault; then it is probably this worker."""


class HeavyChild:
    """One process, one step at a time. ``resources`` is the steps' warm cache; ``device(resources)`` names the GL
    device class and may open it.
    """

    def __init__(
        self,
        *,
        db: Database,
        blobs: BlobStore,
        waker: Waker,
        worker: WorkerInfo,
        steps: Mapping[str, StepCode],
        scratch: Path,
        device: Callable[[MutableMapping[str, Any]], str],
        uploads: Callable[[], PartStore],
        keeping: Keeping = KEEPING,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._waker = waker
        self._worker = worker
        self._steps = steps
        self._scratch = scratch
        self._device = device
        self._uploads = uploads
        self._keeping = keeping
        self._resources: dict[str, Any] = {}
        self._failing: list[str] = []
        self._named = ""
        self._stop = threading.Event()
        signal.signal(signal.SIGUSR1, lambda *_: self._stop.set())

    def run(self, lane: str) -> str | None:
        """One wake-up: a line about the step that it ran, or None when nothing was ready."""
        self._stop.clear()
        if workers.state_of(self._db, self._worker.name) != workers.ACTIVE:
            return None
        claimed = claim_step(self._db, (lane,), self._worker)
        if claimed is None:
            return None
        # There may be more than there were wake-ups; a wake-up too many ends as ignored.
        self._waker.wake(lane)
        step, began = claimed.step, time.monotonic()
        with (
            structlog.contextvars.bound_contextvars(job_id=claimed.job_id, step=step.key, attempt=claimed.attempt),
            holding(
                self._scratch, step_id=claimed.id, job_id=claimed.job_id, attempt=claimed.attempt, lane=step.lane
            ),
        ):
            line = f"{step.name} {step.key} of job {claimed.job_id}"
            try:
                source = self._work(claimed)
            except StepCancelled:
                log.info("step.cancelled")
                return f"{line}: stopped"
            except FarmError as error:
                return self._failed(claimed, error, line)
            except Exception as error:
                log.exception("step.broke")
                return self._failed(claimed, FarmFault("farm.internal", f"unexpected {type(error).__name__}"), line)
            self._failing.clear()
            seconds = time.monotonic() - began
            log.info("step.done", source=source, seconds=round(seconds, 3))
            return f"{line}: {source} in {seconds:.2f} s"

    def _failed(self, claimed: ClaimedStep, error: FarmError, line: str) -> str:
        # Where bad input was found is nobody's bug.
        cause = error.__cause__ if isinstance(error, FarmFault) else None
        log.warning("step.failed", code=error.code, detail=error.detail, exc_info=cause or False)
        if isinstance(error, FarmFault) and claimed.job_id not in self._failing:
            self._failing.append(claimed.job_id)
            if len(self._failing) >= SICK_AFTER:
                self._failing.clear()
                log.error("worker.sick", code=error.code)
                workers.fell_sick(self._db, self._worker.name, f"{SICK_AFTER} jobs in a row failed: {error.code}")
        for lane in fail_step(self._db, claimed, error).lanes:
            self._waker.wake(lane)
        raise StepFailed(f"{line}: {error.code}") from None

    def _work(self, claimed: ClaimedStep) -> str:
        step, began = claimed.step, time.monotonic()
        code = code_for(self._steps, step.name)
        device = self._device(self._resources) if "gl" in step.requires else ""
        if device and device != self._named:
            self._named = device
            workers.named_device(self._db, self._worker.name, device)
        cached = LANES[step.lane].cached
        result = lookup(self._db, digest_of([claimed.hash, device]), self._keeping.cache_days) if cached else None
        if result is not None and all(self._blobs.exists(output.digest) for output in result.outputs):
            self._finish(claimed, result, "cached", device, began)
            return "cached"
        with scratch_folder(self._scratch, f"{os.getpid()}-{step.key}") as folder:
            context = Execution(
                step=step,
                scratch=folder,
                inputs=claimed.inputs,
                resources=self._resources,
                blobs=self._blobs,
                report=lambda done, total: report_progress(self._db, claimed, done, total),
                write_log=lambda level, message: write_log(self._db, claimed, level, message),
                stop=lambda: self._stopped(claimed),
                uploads=self._uploads,
            )
            result = code(context)
        context.check()
        with self._db.write() as connection:
            for stored, media_type, inspection in context.stored.values():
                # What a step made is its owner's while an artifact of it lasts; an upload, until it is deleted.
                owner = claimed.owner if stored.digest in context.adopted else None
                register(connection, stored, media_type, owner, inspection)
        self._finish(claimed, result, "rendered", device, began)
        return "rendered"

    def _stopped(self, claimed: ClaimedStep) -> bool:
        """Whether to stop. A signal may have been meant for the step before, which ended as it was sent."""
        if self._stop.is_set():
            self._stop.clear()  # before the look: what comes after it is looked at again
            if not held(self._db, self._worker, [(claimed.id, claimed.attempt)]):
                self._stop.set()
        return self._stop.is_set()

    def _finish(self, claimed: ClaimedStep, result: StepResult, source: str, device: str, began: float) -> None:
        seconds = time.monotonic() - began
        done = finish_step(
            self._db, claimed, result, source=source, device=device, seconds=seconds, keeping=self._keeping
        )
        for lane in done.lanes:
            self._waker.wake(lane)

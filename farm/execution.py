"""Running one step's code: what it sees, where its files go, and the run without a server."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from farm.blobs import BlobStore, Stored
from farm.errors import FarmFault, StepCancelled
from farm.jobs import Closed
from farm.parts import PartStore
from farm.plan import Output, Step, StepResult
from farm.steps import StepCode

REPORT_EVERY_S = 0.5
MAX_LOG_LINES = 500


def _never() -> bool:
    return False


class Execution:
    """The :class:`farm.steps.StepContext` that steps get, in a worker and in `farm run` alike.

    ``report(done, total)`` is called at most about every half second; ``stop()`` is asked at every progress.
    """

    def __init__(
        self,
        *,
        step: Step,
        scratch: Path,
        inputs: Mapping[str, StepResult],
        resources: MutableMapping[str, Any],
        blobs: BlobStore,
        report: Callable[[int, int], None],
        write_log: Callable[[str, str], None],
        stop: Callable[[], bool] = _never,
        uploads: Callable[[], PartStore] | None = None,
    ) -> None:
        self.step = step
        self.scratch = scratch
        self.inputs = inputs
        self.resources = resources
        self.stored: dict[str, tuple[Stored, str, Mapping[str, Any]]] = {}
        self.adopted: set[str] = set()
        self._blobs = blobs
        self._report = report
        self._write_log = write_log
        self._stop = stop
        self._uploads = uploads
        self._reported = time.monotonic()
        self._lines = 0

    def blob(self, digest: str) -> bytes:
        """The blob's bytes."""
        with self._blobs.open(digest) as file:
            return file.read()

    def blob_path(self, digest: str) -> Path:
        """The blob as a local file: the store's own, or a copy in scratch."""
        own = self._blobs.local_path(digest)
        if own is not None:
            return own
        copy = self.scratch / f"blob-{digest}"
        if not copy.exists():
            part = copy.with_suffix(".part")
            with part.open("wb") as file:
                for chunk in self._blobs.read(digest):
                    file.write(chunk)
            part.replace(copy)
        return copy

    def put(self, source: bytes | Path, *, media_type: str) -> tuple[str, int]:
        """Stores bytes, or moves a scratch file in."""
        stored = (
            self._blobs.put_bytes(source) if isinstance(source, bytes) else self._blobs.put_file(source, move=True)
        )
        self.stored[stored.digest] = (stored, media_type, {})
        return stored.digest, stored.size

    @property
    def uploads(self) -> PartStore:
        """Where uploads lie. Raises FarmFault ``farm.no_worker`` where there are none, in `farm run`."""
        if self._uploads is None:
            raise FarmFault("farm.no_worker", "uploads are completed by a farm's workers alone")
        return self._uploads()

    def adopt(self, stored: Stored, media_type: str, inspection: Mapping[str, Any]) -> None:
        """Notes what is in the blob store already: an upload, which its owner keeps."""
        self.stored[stored.digest] = (stored, media_type, inspection)
        self.adopted.add(stored.digest)

    def progress(self, done: int, total: int | None = None) -> None:
        """Counts, asks whether to stop, and tells the farm now and then."""
        self.check()
        total = self.step.total if total is None else total
        present = time.monotonic()
        if present - self._reported >= REPORT_EVERY_S and done < total:
            self._reported = present
            self._report(done, total)

    def log(self, message: str, *, level: str = "info") -> None:
        """A line, cut to 2,000 characters; after 500 lines a step says no more."""
        self._lines += 1
        if self._lines <= MAX_LOG_LINES:
            self._write_log(level, message[:2000])

    def check(self) -> None:
        """Raises StepCancelled when the step should stop."""
        if self._stop():
            raise StepCancelled


@contextmanager
def scratch_folder(root: Path, name: str) -> Iterator[Path]:
    """A private folder that is gone afterwards, whatever happens short of SIGKILL."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def code_for(steps: Mapping[str, StepCode], name: str) -> StepCode:
    """The step's code; FarmFault ``farm.no_worker`` when this worker is older than the intake."""
    found = steps.get(name)
    if found is None:
        raise FarmFault("farm.no_worker", f"this worker does not know the step {name!r}: update it")
    return found


def run_eager(
    closed: Closed,
    steps: Mapping[str, StepCode],
    *,
    blobs: BlobStore,
    scratch: Path,
    resources: MutableMapping[str, Any] | None = None,
    on_progress: Callable[[Step, int, int], None] = lambda _step, _done, _total: None,
    on_log: Callable[[str, str], None] = lambda _level, _message: None,
) -> list[Output]:
    """Runs a whole plan here and now, without a database or a worker; the outputs that are artifacts, with their
    names filled in. Raises JobFault or FarmFault as a worker would record them.
    """
    shared: MutableMapping[str, Any] = {} if resources is None else resources
    results: dict[str, StepResult] = {}
    for step in closed.plan.steps:
        on_progress(step, 0, step.total)
        with scratch_folder(scratch, step.key) as folder:
            context = Execution(
                step=step,
                scratch=folder,
                inputs={need: results[need] for need in step.needs},
                resources=shared,
                blobs=blobs,
                report=lambda done, total, step=step: on_progress(step, done, total),  # type: ignore[misc]
                write_log=on_log,
            )
            results[step.key] = code_for(steps, step.name)(context)
        on_progress(step, step.total, step.total)
    return [
        named(output, closed.stem)
        for step in closed.plan.steps
        for output in results[step.key].outputs
        if output.artifact
    ]


def named(output: Output, stem: str) -> Output:
    """The output under the job's name."""
    return replace(output, name=output.name.replace("{stem}", stem))

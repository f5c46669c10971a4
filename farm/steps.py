"""What a step's code sees of the farm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Protocol

from farm.blobs import Stored
from farm.parts import PartStore
from farm.plan import Step, StepResult


class StepContext(Protocol):
    """Handed to a step's code; valid until it returns.

    ``resources`` lives as long as the worker's child process and belongs to the steps (a renderer, parsed
    models): a warm cache, never a place for state. ``scratch`` is a private folder on the blob store's disk,
    removed with everything in it whatever happens.
    """

    step: Step
    scratch: Path
    inputs: Mapping[str, StepResult]
    resources: MutableMapping[str, Any]

    @property
    def uploads(self) -> PartStore:
        """Where uploads lie until they are blobs."""

    def blob(self, digest: str) -> bytes:
        """The blob's bytes, verified against the digest."""

    def blob_path(self, digest: str) -> Path:
        """The blob as a local file for reading (the store's own file on disk, a scratch copy from S3)."""

    def put(self, source: bytes | Path, *, media_type: str) -> tuple[str, int]:
        """Stores bytes, or moves a scratch file in; returns (digest, size)."""

    def adopt(self, stored: Stored, media_type: str, inspection: Mapping[str, Any]) -> None:
        """Tells of bytes that the step put into the blob store by another way, and what it found in them."""

    def progress(self, done: int, total: int | None = None) -> None:
        """Tells how far the step is, in its own unit; cheap, call it for every frame."""

    def log(self, message: str, *, level: str = "info") -> None:
        """A line for `farm job logs`: bounded, no secrets, no content of a job."""

    def check(self) -> None:
        """Raises :class:`farm.errors.StepCancelled` when the step should stop; `progress` calls it too."""


StepCode = Callable[[StepContext], StepResult]
"""A step: a plain function, registered by name in a literal dict (`pipelines/worker.py`)."""

"""A heavy job's graph of steps. A step names its code by string, and carries everything that decides its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson


class StepState(StrEnum):
    """blocked -> ready -> running -> succeeded | failed | cancelled (running -> ready when a lease is lost)."""

    BLOCKED = "blocked"
    READY = "ready"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON (sorted keys) of a value: equal values, equal digests, on every host."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One piece of work.

    ``key`` is unique in the plan; ``name`` finds the code; ``params`` is all that the code reads (with blob and
    catalogue digests in it); ``needs`` are keys of earlier steps whose outputs it reads; ``version`` is that of
    the code and assets. ``total`` and ``unit`` size its progress ("frames"). ``requires`` are worker
    capabilities ("gl", "ffmpeg").
    """

    key: str
    name: str
    lane: str
    params: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    version: str = "1"
    total: int = 1
    unit: str = "steps"
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps in an order where everything needed comes before what needs it."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for step in self.steps:
            if step.key in seen:
                msg = f"step key {step.key!r} stands twice"
                raise ValueError(msg)
            missing = [need for need in step.needs if need not in seen]
            if missing:
                msg = f"step {step.key!r} needs {missing}, which do not come before it"
                raise ValueError(msg)
            seen.add(step.key)

    def hashes(self) -> dict[str, str]:
        """Each step's hash by key: its name, version, parameters and the hashes of what it needs. The worker
        adds its device class before it looks in the cache.
        """
        out: dict[str, str] = {}
        for step in self.steps:
            out[step.key] = digest_of([step.name, step.version, step.params, [out[need] for need in step.needs]])
        return out


@dataclass(frozen=True, kw_only=True)
class Output:
    """A file that a step made, already stored as a blob.

    ``name`` may hold ``{stem}``: the job's stem replaces it when the artifact is named, so that a cached result
    serves jobs of any name. ``artifact`` outputs become artifacts of the job; others (a segment) are only read by
    later steps. ``role`` is "primary", "part" (of a multi-file export), "preview" (to be seen before the rest is
    done) or "intermediate".
    """

    name: str
    digest: str
    size: int
    media_type: str
    role: str = "primary"
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def artifact(self) -> bool:
        """Whether the job's owner gets it."""
        return self.role != "intermediate"


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a step leaves. ``metrics`` (seconds, counts) go to the receipt and the log, never into a hash."""

    outputs: tuple[Output, ...]
    metrics: Mapping[str, Any] = field(default_factory=dict)

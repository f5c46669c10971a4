"""Jobs: their states, their kinds, and what a door hands to the intake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from farm.plan import Plan


class JobState(StrEnum):
    """The life of a job; :data:`TRANSITIONS` is the only list of what may follow what."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # at least one step was claimed
    PAUSED = "paused"  # waits until somebody resumes it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Nothing more happens by itself."""
        return self in FINAL


FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})

TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.PAUSED, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED}),
    JobState.PAUSED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}


class Spec(BaseModel):
    """Base of every job's spec: frozen, closed to unknown fields, no coercion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks."""

    owner: str
    tier: str = "free"
    scopes: frozenset[str] = frozenset()
    token_id: str = ""


@dataclass(frozen=True, kw_only=True)
class BlobInfo:
    """A stored blob. ``media_type`` was found from the content. ``inspection`` is what its reader said."""

    digest: str
    size: int
    media_type: str
    inspection: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UploadInfo:
    """An upload whose bytes are all there. ``digest`` is the SHA-256 that was announced, if any. ``place``, ``parts``
    (number, first byte, length, receipt) and ``tail`` are for the part store; ``sources`` are those of a
    concatenation, in order, as ``{"place", "size", "parts", "tail"}``: to be sealed before they are joined.
    """

    id: str
    name: str
    size: int
    declared_type: str | None
    digest: str | None
    place: Mapping[str, Any]
    parts: tuple[tuple[int, int, int, Mapping[str, Any]], ...] = ()
    tail: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Load:
    """A heavy lane at intake: steps that are ready (counted to a limit) and that run, active workers, and the devices
    that they draw with.
    """

    waiting: int = 0
    running: int = 0
    workers: int = 0
    devices: tuple[str, ...] = ()


class Resolver(Protocol):
    """What closing a spec may ask: about blobs that the owner has, and how busy a lane is."""

    def blob(self, digest: str) -> BlobInfo:
        """The owner's blob; raises :class:`farm.errors.Refused` ``blob.unknown`` for a missing or foreign one
        (the answer is the same for both).
        """

    def load(self, lane: str) -> Load:
        """What the lane carries now; asked only for a spec with a deadline or one that allows less quality."""


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A spec in which nothing is left to decide: JSON-ready ``spec``, its ``plan``, the blobs to keep, and the
    default ``stem`` of its artifacts' names. ``spec["chosen"]``, where it is, says which quality was chosen and why.
    """

    spec: Mapping[str, Any]
    plan: Plan
    blobs: tuple[str, ...] = ()
    stem: str = "design"


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A heavy job: what is accepted, and how it is closed into a plan.

    ``close(spec, resolver, stem)`` may read what the resolver tells, nothing else, and raises
    :class:`farm.errors.Refused`. ``stem`` is the output name that was asked for (a batch's template, filled in), or
    None: files that name each other carry it, so it must be known here.
    """

    name: str
    spec: type[Spec]
    close: Callable[[Any, Resolver, str | None], Closed]
    summary: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a light command answers: as an HTTP response would, so that the door can pass it on."""

    status: int
    body: Mapping[str, Any] | None = None
    etag: str | None = None
    location: str | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One light job in a batch."""

    job_id: str
    actor: Actor
    spec: Any


@dataclass(frozen=True, kw_only=True)
class Command:
    """A light job's handler.

    ``run`` does one call inside a SAVEPOINT and raises :class:`farm.errors.FarmError` to fail it alone.
    ``run_many`` (optional) does many calls of this kind with one statement, returns as many replies in order, and
    is only given calls with distinct ``row_key``; if it raises or the count differs, the batch runs one by one.
    ``row_key`` is the row that the call locks: batches are ordered by it, and two calls on one row keep their
    order of arrival.
    """

    kind: str
    lane: str
    spec: type[Spec]
    run: Callable[[Connection, Actor, Any], Reply]
    run_many: Callable[[Connection, Sequence[Call]], Sequence[Reply]] | None = None
    row_key: Callable[[Any], str | None] = lambda _spec: None


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A row for the intake. Heavy jobs carry ``closed``; light ones ``spec`` alone.

    ``request_hash`` is the digest of the body as submitted (for ``Idempotency-Key``), ``reply_to`` the channel of
    the process that waits for the outcome.
    """

    id: str
    kind: str
    lane: str
    actor: Actor
    spec: Mapping[str, Any]
    closed: Closed | None = None
    priority: int = 0
    idempotency_key: str | None = None
    request_hash: str = ""
    batch_id: str | None = None
    output_name: str | None = None
    reply_to: str | None = None

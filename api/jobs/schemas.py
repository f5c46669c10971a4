"""Jobs on the wire: what clients send, and what everybody reads. One schema a thing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec


class JobRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One job to do. ``spec`` stays unparsed until its kind is known."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    spec: msgspec.Raw
    priority: Annotated[int, msgspec.Meta(ge=-10, le=10)] = 0
    output_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class Problem(msgspec.Struct, kw_only=True, frozen=True):
    """Why a job or a step failed."""

    code: str
    title: str
    detail: str


class Progress(msgspec.Struct, kw_only=True, frozen=True):
    """How far. ``done`` of ``total`` in ``unit``; ``rate`` in units a second; ``eta_s`` seconds left, if known."""

    fraction: float = 0.0
    done: int = 0
    total: int = 0
    unit: str = ""
    rate: float | None = None
    eta_s: float | None = None


class StepView(msgspec.Struct, kw_only=True, frozen=True):
    """One step of a job. ``source`` is "rendered" or "cached" once it has succeeded."""

    key: str
    name: str
    lane: str
    state: str
    attempt: int = 0
    source: str | None = None
    done: int = 0
    total: int = 1
    unit: str = "steps"
    rate: float | None = None
    eta_s: float | None = None
    worker: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: Problem | None = None


class ArtifactView(msgspec.Struct, kw_only=True, frozen=True):
    """A file that a job made. ``url`` is signed, needs no token and ends with the hour after next."""

    id: str
    job: str
    name: str
    role: str
    media_type: str
    size: int
    digest: str
    source: str
    meta: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    url: str


class ArtifactDetail(ArtifactView, kw_only=True, frozen=True):
    """With its receipt: who, when, from what, on what."""

    receipt: dict[str, Any]


class LinkRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Who has the link may download, for ``expires_in`` seconds and ``max_downloads`` times. ``note`` is for you."""

    expires_in: Annotated[int, msgspec.Meta(ge=1, le=10**9)] | None = None
    max_downloads: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=200, pattern="^[^\\x00-\\x1f\\x7f]*$")] = ""


class LinkView(msgspec.Struct, kw_only=True, frozen=True):
    """A shared link. ``url`` needs no token and stays the same; ``downloads`` of ``max_downloads`` (null: any number)
    were begun.
    """

    id: str
    url: str
    artifact: str
    note: str
    downloads: int
    max_downloads: int | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class AuditView(msgspec.Struct, kw_only=True, frozen=True):
    """One fact. ``actor`` is the token's id, or "farm"; ``subject`` the id of what ``action`` was done to."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Any]


class JobItem(msgspec.Struct, kw_only=True, frozen=True):
    """A job in a list."""

    id: str
    kind: str
    state: str
    owner: str
    priority: int
    batch: str | None
    output_name: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    revision: int
    progress: Progress
    error: Problem | None
    links: dict[str, str]


class Chosen(msgspec.Struct, kw_only=True, frozen=True):
    """The quality that a deadline or the farm's load chose at intake. ``reason`` is fits, deadline, load or late (not
    even the lowest is expected in time); ``estimate_s`` counts what waited before, ``deadline_s`` was asked for.
    """

    quality: str
    asked: str
    reason: str
    detail: str
    estimate_s: float
    deadline_s: float | None = None


class Job(JobItem, kw_only=True, frozen=True):
    """A whole job. ``result`` is what a light command replied; ``chosen`` is there when the spec left the quality to
    the farm.
    """

    steps: list[StepView]
    artifacts: list[ArtifactView]
    result: dict[str, Any] | None = None
    chosen: Chosen | None = None


class LogLine(msgspec.Struct, kw_only=True, frozen=True):
    """A line of a step's log."""

    id: str
    step: str
    attempt: int
    level: str
    message: str
    at: datetime


class BatchView(msgspec.Struct, kw_only=True, frozen=True):
    """A batch, how many of its jobs are in which state, and how far it is."""

    id: str
    owner: str
    name: str | None
    output_name: str | None
    total: int
    states: dict[str, int]
    fraction: float
    done: bool
    created_at: datetime
    links: dict[str, str]


class BlobView(msgspec.Struct, kw_only=True, frozen=True):
    """Uploaded bytes: their type was found from the content, ``inspection`` is what their reader said."""

    digest: str
    size: int
    media_type: str
    inspection: dict[str, Any]


class KindView(msgspec.Struct, kw_only=True, frozen=True):
    """A kind of job: its JSON Schema and an example that works."""

    name: str
    summary: str
    example: dict[str, Any]
    schema: dict[str, Any] | None = None


class PlannedStep(msgspec.Struct, kw_only=True, frozen=True):
    """A step that would run. ``cached``: some worker has its result already. ``seconds`` is what such steps took."""

    key: str
    name: str
    lane: str
    hash: str
    needs: list[str]
    requires: list[str]
    total: int
    unit: str
    cached: bool
    seconds: float | None


class PlanView(msgspec.Struct, kw_only=True, frozen=True):
    """What a job would do, with nothing submitted. ``eta_s`` leaves out what is cached and whoever waits before.
    ``spec`` without its ``chosen`` can be submitted.
    """

    kind: str
    spec: dict[str, Any]
    stem: str
    blobs: list[str]
    steps: list[PlannedStep]
    eta_s: float | None
    chosen: Chosen | None = None


class LaneView(msgspec.Struct, kw_only=True, frozen=True):
    """A lane: what waits in it and since when, what runs."""

    name: str
    light: bool
    depth: int
    running: int
    oldest_s: float | None


class WorkerView(msgspec.Struct, kw_only=True, frozen=True):
    """A worker process."""

    name: str
    host: str
    pid: int
    lanes: list[str]
    capabilities: list[str]
    device: str
    state: str
    note: str
    started_at: datetime
    seen_at: datetime
    alive: bool

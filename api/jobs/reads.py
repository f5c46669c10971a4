"""Reading jobs: SQL in, views out. Everything is the owner's own, or not there."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from api.jobs.schemas import (
    ArtifactDetail,
    ArtifactView,
    Chosen,
    Job,
    JobItem,
    LinkView,
    LogLine,
    Problem,
    Progress,
    StepView,
)
from farm import links as shared_links
from farm.artifacts import sign
from farm.db import now
from farm.errors import Refused, lookup
from farm.ids import is_id
from farm.jobs import NewJob
from farm.settings import Settings
from farm.tables import artifacts, jobs, step_logs, steps

_JOB = [
    jobs.c[name]
    for name in [
        "id",
        "kind",
        "state",
        "owner",
        "priority",
        "batch_id",
        "output_name",
        "created_at",
        "started_at",
        "finished_at",
        "attempt",
        "revision",
        "error_code",
        "error_detail",
        "result",
    ]
]
_STEP = [
    steps.c[name]
    for name in [
        "job_id",
        "key",
        "name",
        "lane",
        "state",
        "attempt",
        "source",
        "done",
        "total",
        "unit",
        "worker",
        "started_at",
        "finished_at",
        "error_code",
        "error_detail",
    ]
]


class Links:
    """Signed addresses of artifacts. They change once in ``link_seconds``, so that equal jobs stay equal JSON."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret_key.get_secret_value()
        self._step = max(60, settings.link_seconds)
        self._base = settings.public_url.rstrip("/")

    def content(self, artifact_id: str, expires_at: datetime) -> str:
        """Good for one to two times ``link_seconds``, and never longer than the artifact."""
        expires = min((int(time.time()) // self._step + 2) * self._step, int(expires_at.timestamp()))
        signature = sign(self._secret, artifact_id, expires)
        return f"{self._base}/api/v1/artifacts/{artifact_id}/content?expires={expires}&signature={signature}"

    def shared(self, link: shared_links.Link) -> LinkView:
        """A shared link with its address, which stays the same for all its life."""
        signature = shared_links.sign(self._secret, link.id)
        return LinkView(
            id=link.id,
            url=f"{self._base}/api/v1/links/{link.id}/content?signature={signature}",
            artifact=link.artifact_id,
            note=link.note,
            downloads=link.downloads,
            max_downloads=link.max_downloads,
            created_at=link.created_at,
            expires_at=link.expires_at,
            revoked_at=link.revoked_at,
            last_used_at=link.last_used_at,
        )


def unknown(what: str) -> Refused:
    """The same answer for what is another's and for what never was."""
    return Refused("not_found", f"you have no {what} of this id")


def job(conn: Connection, owner: str, job_id: str, links: Links) -> Job:
    """A whole job. Raises Refused ``not_found``."""
    row = row_of(conn, owner, job_id)
    parts = conn.execute(
        select(*_STEP, now().label("present")).where(steps.c.job_id == job_id).order_by(steps.c.position)
    )
    views, progress = _steps(parts.mappings().all())
    made = artifacts_of(conn, owner, links, job_id=job_id)
    return Job(
        **_item(row, progress[job_id]),
        steps=views[job_id],
        artifacts=made,
        result=row["result"],
        chosen=chosen({"chosen": row["chosen"]}),
    )


def chosen(spec: Mapping[str, Any]) -> Chosen | None:
    """What was chosen for a closed spec, if anything was left to choose."""
    found = spec.get("chosen")
    return Chosen(**found) if found else None


def row_of(conn: Connection, owner: str, job_id: str) -> RowMapping:
    """The job's own row. Raises Refused ``not_found``."""
    found = None
    if is_id(job_id):
        whole = select(*_JOB, jobs.c.spec["chosen"].label("chosen"))
        found = conn.execute(whole.where(jobs.c.id == job_id, jobs.c.owner == owner)).mappings().first()
    if found is None:
        raise unknown("job")
    return found


def listed(
    conn: Connection,
    owner: str,
    *,
    limit: int,
    before: str | None = None,
    kind: str | None = None,
    states: Sequence[str] = (),
    batch: str | None = None,
) -> list[JobItem]:
    """Jobs, newest first; up to ``limit + 1``. Light writes are left out unless their kind is asked for."""
    query = select(*_JOB).where(jobs.c.owner == owner)
    query = query.where(jobs.c.kind == kind) if kind else query.where(~jobs.c.light)
    if states:
        query = query.where(jobs.c.state.in_(states))
    if batch is not None:
        query = query.where(jobs.c.batch_id == batch)
    if before is not None:
        query = query.where(jobs.c.id < before)
    rows = conn.execute(query.order_by(jobs.c.id.desc()).limit(limit + 1)).mappings().all()
    ids = [row["id"] for row in rows]
    parts = conn.execute(select(*_STEP, now().label("present")).where(steps.c.job_id.in_(ids)))
    _, progress = _steps(parts.mappings().all())
    return [JobItem(**_item(row, progress[row["id"]])) for row in rows]


def accepted(new: NewJob) -> Job:
    """The job as it was just stored, without asking the database. ``created_at`` is the door's clock."""
    assert new.closed is not None
    plan = new.closed.plan
    return Job(
        id=new.id,
        kind=new.kind,
        state="queued",
        owner=new.actor.owner,
        priority=new.priority,
        batch=new.batch_id,
        output_name=new.output_name,
        created_at=datetime.now(UTC),
        started_at=None,
        finished_at=None,
        attempt=0,
        revision=0,
        progress=Progress(total=sum(step.total for step in plan.steps), unit=plan.steps[0].unit),
        error=None,
        links=_links(new.id),
        steps=[
            StepView(
                key=step.key,
                name=step.name,
                lane=step.lane,
                state="blocked" if step.needs else "ready",
                total=step.total,
                unit=step.unit,
            )
            for step in plan.steps
        ],
        artifacts=[],
        chosen=chosen(new.closed.spec),
    )


def artifacts_of(
    conn: Connection, owner: str, links: Links, *, job_id: str, limit: int = 1000, before: str | None = None
) -> list[ArtifactView]:
    """A job's artifacts in the order they were made."""
    query = select(artifacts).where(artifacts.c.job_id == job_id, artifacts.c.owner == owner)
    if before is not None:
        query = query.where(artifacts.c.id > before)
    rows = conn.execute(query.order_by(artifacts.c.id).limit(limit)).mappings()
    return [ArtifactView(**_artifact(row, links)) for row in rows]


def all_artifacts(
    conn: Connection, owner: str, links: Links, *, limit: int, before: str | None
) -> list[ArtifactView]:
    """The owner's artifacts, newest first; up to ``limit + 1``."""
    query = select(artifacts).where(artifacts.c.owner == owner, artifacts.c.expires_at > now())
    if before is not None:
        query = query.where(artifacts.c.id < before)
    rows = conn.execute(query.order_by(artifacts.c.id.desc()).limit(limit + 1)).mappings()
    return [ArtifactView(**_artifact(row, links)) for row in rows]


def artifact(conn: Connection, artifact_id: str, links: Links, owner: str | None) -> ArtifactDetail:
    """One artifact; of any owner when ``owner`` is None (a signed link was checked). Raises Refused ``not_found``."""
    row = None
    if is_id(artifact_id):
        query = select(artifacts).where(artifacts.c.id == artifact_id, artifacts.c.expires_at > now())
        row = conn.execute(query if owner is None else query.where(artifacts.c.owner == owner)).mappings().first()
    if row is None:
        raise unknown("artifact")
    return ArtifactDetail(**_artifact(row, links), receipt=row["receipt"])


def logs(conn: Connection, owner: str, job_id: str, *, limit: int, after: str | None) -> list[LogLine]:
    """A job's log, oldest first; up to ``limit + 1`` lines."""
    row_of(conn, owner, job_id)
    fields = [step_logs.c[name] for name in LogLine.__struct_fields__]
    query = select(*fields).where(step_logs.c.job_id == job_id)
    if after is not None:
        query = query.where(step_logs.c.id > after)
    return [LogLine(**row) for row in conn.execute(query.order_by(step_logs.c.id).limit(limit + 1)).mappings()]


def revision(conn: Connection, owner: str, job_id: str) -> tuple[int, str]:
    """(revision, state): the cheap look of who watches. Raises Refused ``not_found``."""
    query = select(jobs.c.revision, jobs.c.state).where(jobs.c.id == job_id, jobs.c.owner == owner)
    row = conn.execute(query).first() if is_id(job_id) else None
    if row is None:
        raise unknown("job")
    return row.revision, row.state


def count_states(conn: Connection, batch_id: str) -> dict[str, int]:
    """How many of a batch's jobs are in which state."""
    query = select(jobs.c.state, func.count().label("jobs")).where(jobs.c.batch_id == batch_id).group_by(jobs.c.state)
    return {row.state: row.jobs for row in conn.execute(query)}


def _artifact(row: RowMapping, links: Links) -> dict[str, Any]:
    fields = ["id", "name", "role", "media_type", "size", "digest", "source", "meta", "created_at", "expires_at"]
    return {
        **{field: row[field] for field in fields},
        "job": row["job_id"],
        "url": links.content(row["id"], row["expires_at"]),
    }


def _links(job_id: str) -> dict[str, str]:
    here = f"/api/v1/jobs/{job_id}"
    return {"self": here, "events": f"{here}/events", "logs": f"{here}/logs", "cancel": f"{here}/cancel"}


def _item(row: RowMapping, progress: Progress) -> dict[str, Any]:
    same = [
        "id",
        "kind",
        "state",
        "owner",
        "priority",
        "output_name",
        "created_at",
        "started_at",
        "finished_at",
        "attempt",
        "revision",
    ]
    if row["state"] == "succeeded":
        progress = Progress(fraction=1.0, done=progress.total, total=progress.total, unit=progress.unit)
    return {
        **{field: row[field] for field in same},
        "batch": row["batch_id"],
        "progress": progress,
        "error": _problem(row),
        "links": _links(row["id"]),
    }


def _problem(row: RowMapping) -> Problem | None:
    code = row["error_code"]
    return Problem(code=code, title=lookup(code).title, detail=row["error_detail"] or "") if code else None


def _steps(rows: Iterable[RowMapping]) -> tuple[dict[str, list[StepView]], defaultdict[str, Progress]]:
    """Views by job, and each job's progress: its steps' totals are its weights."""
    views: defaultdict[str, list[StepView]] = defaultdict(list)
    for row in rows:
        running = row["state"] == "running" and row["started_at"] is not None and row["done"] > 0
        seconds = (row["present"] - row["started_at"]).total_seconds() if running else 0.0
        rate = row["done"] / seconds if seconds > 0 else None
        left = max(0, row["total"] - row["done"])
        views[row["job_id"]].append(
            StepView(
                **{
                    field: row[field]
                    for field in [
                        "key",
                        "name",
                        "lane",
                        "state",
                        "attempt",
                        "source",
                        "unit",
                        "worker",
                        "started_at",
                        "finished_at",
                    ]
                },
                done=row["total"] if row["state"] == "succeeded" else min(row["done"], row["total"]),
                total=row["total"],
                rate=None if rate is None else round(rate, 3),
                eta_s=None if not rate else round(left / rate, 1),
                error=_problem(row),
            )
        )
    found: defaultdict[str, Progress] = defaultdict(Progress)
    for job_id, parts in views.items():
        done, total = sum(part.done for part in parts), sum(part.total for part in parts)
        rates = [part.rate for part in parts if part.rate]
        rate = sum(rates) if rates else None
        found[job_id] = Progress(
            fraction=round(done / total, 4) if total else 0.0,
            done=done,
            total=total,
            unit=max(parts, key=lambda part: part.total).unit,
            rate=None if rate is None else round(rate, 3),
            eta_s=None if not rate else round((total - done) / rate, 1),
        )
    return views, found

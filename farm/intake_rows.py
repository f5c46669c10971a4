"""The rows of submissions: serialised before they wait for the database, inserted, found again by their keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.exc import DBAPIError

from farm.bulk import Row, as_json, insert
from farm.errors import FarmError, Refused
from farm.ids import new_id
from farm.jobs import JobState, NewJob
from farm.lanes import LANES
from farm.plan import Step, StepState
from farm.tables import batches, job_blobs, jobs, steps


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What became of a row: its job, made now or before (``created=False``: same key, same body), or why not."""

    job_id: str
    created: bool
    conflict: FarmError | None = None


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """A batch's row; ``id`` by :func:`farm.ids.new_id`."""

    id: str
    owner: str
    total: int
    name: str | None = None
    output_name: str | None = None
    idempotency_key: str | None = None
    request_hash: str = ""


JOB_COLUMNS = (
    "id",
    "kind",
    "lane",
    "light",
    "owner",
    "tier",
    "actor",
    "priority",
    "state",
    "spec",
    "stem",
    "output_name",
    "request_hash",
    "idempotency_key",
    "batch_id",
    "reply_to",
    "revision",
    "announced",
)
STEP_COLUMNS = (
    "id",
    "job_id",
    "position",
    "key",
    "name",
    "lane",
    "owner",
    "tier",
    "priority",
    "state",
    "params",
    "needs",
    "requires",
    "version",
    "hash",
    "unit",
    "total",
    "avoid",
)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A row ready to insert."""

    new: NewJob
    job: Row
    steps: tuple[Row, ...]
    blobs: tuple[Row, ...]
    wakes: Mapping[str, int]


def prepare(new: NewJob) -> Prepared | Accepted:
    """Serialises in the caller's thread; a row that cannot be stored is answered without the database."""
    closed = new.closed
    try:
        actor = as_json({"scopes": sorted(new.actor.scopes), "token_id": new.actor.token_id})
        light = LANES[new.lane].light
        job = (
            new.id,
            new.kind,
            new.lane,
            light,
            new.actor.owner,
            new.actor.tier,
            actor,
            new.priority,
            JobState.QUEUED.value,
            as_json(closed.spec if closed else new.spec),
            closed.stem if closed else None,
            new.output_name,
            new.request_hash,
            new.idempotency_key,
            new.batch_id,
            new.reply_to,
            0,
            0 if light else -1,  # who sent a light job hears of its end; nobody waits to hear that it began
        )
        found: list[Row] = []
        wakes: Counter[str] = Counter()
        if closed is not None:
            hashes = closed.plan.hashes()
            for position, step in enumerate(closed.plan.steps):
                found.append(_step(new, position, step, hashes[step.key]))
                if not step.needs:
                    wakes[step.lane] += 1
        else:
            wakes[new.lane] = 1
        blobs = tuple((new.id, digest) for digest in dict.fromkeys(closed.blobs)) if closed else ()
    except (TypeError, ValueError) as error:
        refused = Refused("request.invalid", f"this cannot be stored as JSON: {error}")
        return Accepted(job_id=new.id, created=False, conflict=refused)
    return Prepared(new=new, job=job, steps=tuple(found), blobs=blobs, wakes=wakes)


def _step(new: NewJob, position: int, step: Step, digest: str) -> Row:
    return (
        new_id(),
        new.id,
        position,
        step.key,
        step.name,
        step.lane,
        new.actor.owner,
        new.actor.tier,
        new.priority,
        (StepState.BLOCKED if step.needs else StepState.READY).value,
        as_json(step.params),
        as_json(step.needs),
        as_json(step.requires),
        step.version,
        digest,
        step.unit,
        step.total,
        "[]",
    )


def insert_jobs(connection: Connection, rows: list[Prepared]) -> set[str]:
    """Inserts jobs with their steps and references; gives the ids whose idempotency key was taken meanwhile."""
    # One order for everybody: two processes that insert the same keys must not wait for each other crosswise.
    keyed = sorted(
        (row for row in rows if row.new.idempotency_key is not None),
        key=lambda row: (row.new.actor.owner, str(row.new.idempotency_key)),
    )
    free = [row for row in rows if row.new.idempotency_key is None]
    stamps = ("created_at", "updated_at")
    insert(connection, jobs, JOB_COLUMNS, [row.job for row in free], stamped=stamps)
    lost: set[str] = set()
    if keyed:
        conflict = "ON CONFLICT (owner, idempotency_key) DO NOTHING"
        insert(connection, jobs, JOB_COLUMNS, [row.job for row in keyed], stamped=stamps, conflict=conflict)
        if connection.dialect.name == "postgresql":
            there = connection.execute(select(jobs.c.id).where(jobs.c.id.in_([row.new.id for row in keyed])))
            lost = {row.new.id for row in keyed} - set(there.scalars())
    kept = [row for row in rows if row.new.id not in lost]
    insert(connection, steps, STEP_COLUMNS, [step for row in kept for step in row.steps])
    insert(connection, job_blobs, ("job_id", "digest"), [blob for row in kept for blob in row.blobs])
    return lost


def known_keys(connection: Connection, rows: Sequence[NewJob]) -> dict[tuple[str, str], tuple[str, str]]:
    """(owner, key) -> (job id, request hash) of the keys that were used before."""
    keys = list({(row.actor.owner, row.idempotency_key) for row in rows if row.idempotency_key is not None})
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for at in range(0, len(keys), 400):
        wanted = tuple_(jobs.c.owner, jobs.c.idempotency_key).in_(keys[at : at + 400])
        query = select(jobs.c.owner, jobs.c.idempotency_key, jobs.c.id, jobs.c.request_hash).where(wanted)
        for owner, key, job_id, request_hash in connection.execute(query):
            found[owner, key] = (job_id, request_hash)
    return found


def replay(new: NewJob, before: tuple[str, str]) -> Accepted:
    """The answer for a key that was used before: its job, or a conflict if that had another body."""
    job_id, request_hash = before
    if request_hash != new.request_hash:
        return Accepted(job_id=job_id, created=False, conflict=_mismatch())
    return Accepted(job_id=job_id, created=False)


def _mismatch() -> Refused:
    return Refused("idempotency.mismatch", "Send the same body as before, or take a new Idempotency-Key")


def batch_of(connection: Connection, batch: NewBatch) -> list[Accepted] | None:
    """The jobs of the batch that was made with this key before, if there is one."""
    query = select(batches.c.id, batches.c.request_hash).where(
        batches.c.owner == batch.owner, batches.c.idempotency_key == batch.idempotency_key
    )
    before = connection.execute(query).first()
    if before is None:
        return None
    if before.request_hash != batch.request_hash:
        raise _mismatch()
    made = connection.execute(select(jobs.c.id).where(jobs.c.batch_id == before.id).order_by(jobs.c.id)).scalars()
    return [Accepted(job_id=job_id, created=False) for job_id in made]


def row_error(error: Exception) -> Refused:
    """What its sender hears of a row that the database refused."""
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    if "foreign key" in text.lower():
        return Refused("blob.unknown", "A blob that this refers to is gone: upload it again")
    return Refused("request.invalid", "The database could not store this row")


def count_wakes(rows: Sequence[Prepared | Accepted], answers: Sequence[Accepted], wakes: Counter[str]) -> None:
    """Adds the lanes that have work now to ``wakes``: those of rows that were made."""
    made = {answer.job_id for answer in answers if answer.created}
    for row in rows:
        if isinstance(row, Prepared) and row.new.id in made:
            wakes.update(row.wakes)

"""The intake: jobs become durable here, many submissions in one transaction (group commit)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from farm import pressure
from farm.bulk import Row, as_json, insert
from farm.db import Database
from farm.errors import FarmError, FarmFault, Refused
from farm.ids import new_id
from farm.jobs import JobState, NewJob
from farm.lanes import LANES
from farm.plan import Step, StepState
from farm.tables import batches, job_blobs, jobs, steps


class Waker(Protocol):
    """Tells a lane's workers that there is work."""

    def wake(self, lane: str, count: int = 1) -> None:
        """Never blocks, never raises."""


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


_JOB = [
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
]
_STEP = [
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
]
JOB_COLUMNS, STEP_COLUMNS = tuple(_JOB), tuple(_STEP)


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A row ready to insert."""

    new: NewJob
    job: Row
    steps: tuple[Row, ...]
    blobs: tuple[Row, ...]
    wakes: Mapping[str, int]


@dataclass(kw_only=True)
class _Submission:
    rows: list[_Prepared | Accepted]
    batch: NewBatch | None
    future: Future[list[Accepted]]


class Intake:
    """One writer thread in front of the database. Safe to call from any thread; nothing is answered before COMMIT."""

    def __init__(self, db: Database, waker: Waker, *, window_s: float = 0.002, max_group: int = 256) -> None:
        self._db = db
        self._waker = waker
        self._window_s = window_s
        self._max_group = max_group
        self._queue: SimpleQueue[_Submission | None] = SimpleQueue()
        self._gate = pressure.Gate()
        self._closed = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    def submit(self, rows: Sequence[NewJob]) -> Future[list[Accepted]]:
        """Rows that stand or fall alone; the answer has one entry a row, in order.

        The future raises FarmFault ``farm.unavailable`` when the database could not take them.
        """
        return self._enqueue(None, rows)

    def submit_batch(self, batch: NewBatch, rows: Sequence[NewJob]) -> Future[list[Accepted]]:
        """All rows and the batch, or nothing. A replay (same key, same body) answers with the first one's jobs,
        ``created=False``. The future raises the first bad row's error, or Refused ``idempotency.mismatch``.
        """
        return self._enqueue(batch, rows)

    def close(self) -> None:
        """Commits what was handed in, then ends; a later submission fails with ``farm.unavailable``."""
        with self._closed:
            if self._open:
                self._open = False
                self._queue.put(None)
        self._thread.join()

    def _enqueue(self, batch: NewBatch | None, rows: Sequence[NewJob]) -> Future[list[Accepted]]:
        future: Future[list[Accepted]] = Future()
        prepared = [_prepare(row) for row in rows]
        with self._closed:
            if not self._open:
                future.set_exception(FarmFault("farm.unavailable", "the farm is stopping: send this again"))
                return future
            self._queue.put(_Submission(rows=prepared, batch=batch, future=future))
        return future

    def _run(self) -> None:
        ended = False
        while not ended:
            first = self._queue.get()
            if first is None:
                return
            group, size = [first], len(first.rows)
            until = time.monotonic() + self._window_s
            while size < self._max_group:
                try:
                    following = self._queue.get(timeout=max(0.0, until - time.monotonic()))
                except Empty:
                    break
                if following is None:
                    ended = True
                    break
                group.append(following)
                size += len(following.rows)
            self._settle(group)

    def _settle(self, group: list[_Submission]) -> None:
        wakes: Counter[str] = Counter()
        loose = [submission for submission in group if submission.batch is None]
        rows = [row for submission in loose for row in submission.rows]
        try:
            answers = iter(self._commit(rows, wakes)) if loose else iter(())
            outcomes: list[list[Accepted] | BaseException] = [
                [next(answers) for _ in submission.rows] for submission in loose
            ]
        except BaseException as error:  # noqa: BLE001 - the thread must live; everyone who waits hears of it
            outcomes = [_unavailable(error)] * len(loose)
        for submission in group:
            if submission.batch is not None:
                loose.append(submission)
                try:
                    outcomes.append(self._commit_batch(submission.batch, submission.rows, wakes))
                except BaseException as error:  # noqa: BLE001
                    outcomes.append(error if isinstance(error, FarmError) else _unavailable(error))
        for lane, count in wakes.items():
            self._waker.wake(lane, count)
        for submission, outcome in zip(loose, outcomes, strict=True):
            if not submission.future.set_running_or_notify_cancel():
                continue
            if isinstance(outcome, BaseException):
                submission.future.set_exception(outcome)
            else:
                submission.future.set_result(outcome)

    def _commit(self, rows: list[_Prepared | Accepted], wakes: Counter[str]) -> list[Accepted]:
        def work(connection: Connection) -> list[Accepted]:
            return self._insert_rows(connection, rows)

        try:
            answers = self._db.transact(work)
        except (DBAPIError, _BadRow) as error:
            if not isinstance(error, _BadRow) and error.connection_invalidated:
                raise
            answers = self._db.transact(lambda connection: self._one_by_one(connection, rows))
        _count_wakes(rows, answers, wakes)
        return answers

    def _one_by_one(self, connection: Connection, rows: list[_Prepared | Accepted]) -> list[Accepted]:
        """After a group was refused: each row behind a savepoint, so that only the bad ones fail."""
        answers = []
        for row in rows:
            try:
                with connection.begin_nested():
                    answers += self._insert_rows(connection, [row])
            except (DBAPIError, _BadRow) as error:
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    raise
                job_id = row.job_id if isinstance(row, Accepted) else row.new.id
                answers.append(Accepted(job_id=job_id, created=False, conflict=_row_error(error)))
        return answers

    def _insert_rows(self, connection: Connection, rows: list[_Prepared | Accepted]) -> list[Accepted]:
        known = _known(connection, [row.new for row in rows if isinstance(row, _Prepared)])
        chosen: list[_Prepared] = []
        by_key: dict[tuple[str, str], tuple[str, str]] = dict(known)
        answers: list[Accepted] = []
        for row in rows:
            if isinstance(row, Accepted):
                answers.append(row)
                continue
            new = row.new
            if new.idempotency_key is not None:
                key = (new.actor.owner, new.idempotency_key)
                if key in by_key:
                    answers.append(_replay(new, by_key[key]))
                    continue
            refusal = self._gate.refusal(connection, new.lane, new.actor.owner)
            if refusal is not None:
                answers.append(Accepted(job_id=new.id, created=False, conflict=refusal))
                continue
            if new.idempotency_key is not None:
                by_key[new.actor.owner, new.idempotency_key] = (new.id, new.request_hash)
            chosen.append(row)
            answers.append(Accepted(job_id=new.id, created=True))
        lost = _insert(connection, chosen)
        if not lost:
            return answers
        # Another process took these keys between our look and our insert.
        theirs = _known(connection, [row.new for row in chosen if row.new.id in lost])
        news = {row.new.id: row.new for row in chosen}
        return [
            _replay(news[job_id], theirs[news[job_id].actor.owner, str(news[job_id].idempotency_key)])
            if answer.created and (job_id := answer.job_id) in lost
            else answer
            for answer in answers
        ]

    def _commit_batch(self, batch: NewBatch, rows: list[_Prepared | Accepted], wakes: Counter[str]) -> list[Accepted]:
        def work(connection: Connection) -> list[Accepted]:
            if batch.idempotency_key is not None:
                # Under PostgreSQL a rival's uncommitted row makes this wait, and then do nothing.
                before = _batch_of(connection, batch)
                if before is not None:
                    return before
            fields = ("id", "owner", "name", "output_name", "total", "idempotency_key", "request_hash")
            conflict = "ON CONFLICT (owner, idempotency_key) DO NOTHING" if batch.idempotency_key else ""
            values = tuple(getattr(batch, field) for field in fields)
            insert(connection, batches, fields, [values], stamped=("created_at",), conflict=conflict)
            if connection.execute(select(batches.c.id).where(batches.c.id == batch.id)).first() is None:
                before = _batch_of(connection, batch)
                assert before is not None
                return before
            answers = self._insert_rows(connection, rows)
            for answer in answers:
                if answer.conflict is not None:
                    raise answer.conflict
            return answers

        try:
            answers = self._db.transact(work)
        except _BadRow as error:
            raise _row_error(error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            raise _row_error(error) from error
        _count_wakes(rows, answers, wakes)
        return answers


class _BadRow(Exception):
    """A row that the database took for nobody's fault but its own."""


def _prepare(new: NewJob) -> _Prepared | Accepted:
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
    return _Prepared(new=new, job=job, steps=tuple(found), blobs=blobs, wakes=wakes)


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


def _insert(connection: Connection, rows: list[_Prepared]) -> set[str]:
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


def _known(connection: Connection, rows: Sequence[NewJob]) -> dict[tuple[str, str], tuple[str, str]]:
    """(owner, key) -> (job id, request hash) of the keys that were used before."""
    keys = list({(row.actor.owner, row.idempotency_key) for row in rows if row.idempotency_key is not None})
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for at in range(0, len(keys), 400):
        wanted = tuple_(jobs.c.owner, jobs.c.idempotency_key).in_(keys[at : at + 400])
        query = select(jobs.c.owner, jobs.c.idempotency_key, jobs.c.id, jobs.c.request_hash).where(wanted)
        for owner, key, job_id, request_hash in connection.execute(query):
            found[owner, key] = (job_id, request_hash)
    return found


def _replay(new: NewJob, before: tuple[str, str]) -> Accepted:
    job_id, request_hash = before
    if request_hash != new.request_hash:
        return Accepted(job_id=job_id, created=False, conflict=_mismatch())
    return Accepted(job_id=job_id, created=False)


def _mismatch() -> Refused:
    return Refused("idempotency.mismatch", "Send the same body as before, or take a new Idempotency-Key")


def _batch_of(connection: Connection, batch: NewBatch) -> list[Accepted] | None:
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


def _row_error(error: Exception) -> Refused:
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    if "foreign key" in text.lower():
        return Refused("blob.unknown", "A blob that this refers to is gone: upload it again")
    return Refused("request.invalid", "The database could not store this row")


def _unavailable(error: BaseException) -> FarmFault:
    fault = FarmFault("farm.unavailable", "the database could not take this: try again")
    fault.__cause__ = error if isinstance(error, SQLAlchemyError) else None
    if not isinstance(error, SQLAlchemyError):
        fault = FarmFault("farm.internal", f"the intake failed: {type(error).__name__}")
        fault.__cause__ = error
    return fault


def _count_wakes(rows: Sequence[_Prepared | Accepted], answers: Sequence[Accepted], wakes: Counter[str]) -> None:
    made = {answer.job_id for answer in answers if answer.created}
    for row in rows:
        if isinstance(row, _Prepared) and row.new.id in made:
            wakes.update(row.wakes)

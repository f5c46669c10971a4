"""The intake: jobs become durable here, many submissions in one transaction (group commit)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from farm import pressure
from farm.bulk import insert
from farm.db import Database
from farm.errors import FarmError, FarmFault
from farm.intake_rows import (
    Accepted,
    NewBatch,
    Prepared,
    batch_of,
    count_wakes,
    insert_jobs,
    known_keys,
    prepare,
    replay,
    row_error,
)
from farm.jobs import NewJob
from farm.tables import batches


class Waker(Protocol):
    """Tells a lane's workers that there is work."""

    def wake(self, lane: str, count: int = 1) -> None:
        """Never blocks, never raises."""


@dataclass(kw_only=True)
class _Submission:
    rows: list[Prepared | Accepted]
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
        prepared = [prepare(row) for row in rows]
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

    def _commit(self, rows: list[Prepared | Accepted], wakes: Counter[str]) -> list[Accepted]:
        def work(connection: Connection) -> list[Accepted]:
            return self._insert_rows(connection, rows)

        try:
            answers = self._db.transact(work)
        except (DBAPIError, _BadRow) as error:
            if not isinstance(error, _BadRow) and error.connection_invalidated:
                raise
            answers = self._db.transact(lambda connection: self._one_by_one(connection, rows))
        count_wakes(rows, answers, wakes)
        return answers

    def _one_by_one(self, connection: Connection, rows: list[Prepared | Accepted]) -> list[Accepted]:
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
                answers.append(Accepted(job_id=job_id, created=False, conflict=row_error(error)))
        return answers

    def _insert_rows(self, connection: Connection, rows: list[Prepared | Accepted]) -> list[Accepted]:
        known = known_keys(connection, [row.new for row in rows if isinstance(row, Prepared)])
        chosen: list[Prepared] = []
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
                    answers.append(replay(new, by_key[key]))
                    continue
            refusal = self._gate.refusal(connection, new.lane, new.actor.owner)
            if refusal is not None:
                answers.append(Accepted(job_id=new.id, created=False, conflict=refusal))
                continue
            if new.idempotency_key is not None:
                by_key[new.actor.owner, new.idempotency_key] = (new.id, new.request_hash)
            chosen.append(row)
            answers.append(Accepted(job_id=new.id, created=True))
        lost = insert_jobs(connection, chosen)
        if not lost:
            return answers
        # Another process took these keys between our look and our insert.
        theirs = known_keys(connection, [row.new for row in chosen if row.new.id in lost])
        news = {row.new.id: row.new for row in chosen}
        return [
            replay(news[job_id], theirs[news[job_id].actor.owner, str(news[job_id].idempotency_key)])
            if answer.created and (job_id := answer.job_id) in lost
            else answer
            for answer in answers
        ]

    def _commit_batch(self, batch: NewBatch, rows: list[Prepared | Accepted], wakes: Counter[str]) -> list[Accepted]:
        def work(connection: Connection) -> list[Accepted]:
            if batch.idempotency_key is not None:
                # Under PostgreSQL a rival's uncommitted row makes this wait, and then do nothing.
                before = batch_of(connection, batch)
                if before is not None:
                    return before
            fields = ("id", "owner", "name", "output_name", "total", "idempotency_key", "request_hash")
            conflict = "ON CONFLICT (owner, idempotency_key) DO NOTHING" if batch.idempotency_key else ""
            values = tuple(getattr(batch, field) for field in fields)
            insert(connection, batches, fields, [values], stamped=("created_at",), conflict=conflict)
            if connection.execute(select(batches.c.id).where(batches.c.id == batch.id)).first() is None:
                before = batch_of(connection, batch)
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
            raise row_error(error) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            raise row_error(error) from error
        count_wakes(rows, answers, wakes)
        return answers


class _BadRow(Exception):
    """A row that the database took for nobody's fault but its own."""


def _unavailable(error: BaseException) -> FarmFault:
    fault = FarmFault("farm.unavailable", "the database could not take this: try again")
    fault.__cause__ = error if isinstance(error, SQLAlchemyError) else None
    if not isinstance(error, SQLAlchemyError):
        fault = FarmFault("farm.internal", f"the intake failed: {type(error).__name__}")
        fault.__cause__ = error
    return fault

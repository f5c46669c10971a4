"""Uploads against a plain model of them: whatever clients, jobs, time and crashes do, what counts is what was sent.

`make test` walks a short way, always the same. ``FARM_LONG=1 .venv/bin/python -m pytest
tests/farm/uploads/test_state_machine.py`` walks another, of at least 10,000 steps, each time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from farm import parts_disk
from farm.checksums import Checksum
from farm.chunks import AppendWriter, ChunkWriter
from farm.db import Database, in_seconds
from farm.errors import FarmError, Refused, lookup
from farm.ids import new_id
from farm.jobs import JobState, UploadInfo
from farm.tables import upload_parts, uploads
from farm.upload_rows import Upload, gaps
from tests.farm.uploads.conftest import ANN, Farm, make_schema, noise, right, sha, wrong

LONG = os.environ.get("FARM_LONG") == "1"
STEPS = 10_000
SYNC_EVERY = 12

sizes = st.integers(0, 40)
seeds = st.integers(0, 5)
ENDED = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


class Killed(BaseException):
    """The process dies here."""


@dataclass(eq=False)
class Job:
    id: str
    state: JobState | None = None  # None: nobody submitted it
    code: str | None = None
    info: UploadInfo | None = None


@dataclass(eq=False)
class Model:
    """What an upload should be."""

    upload: Upload
    size: int | None
    partial: bool = False
    sources: list[Model] = field(default_factory=list)
    state: str = "open"  # as in the row, or "gone"
    chunks: dict[int, bytes] = field(default_factory=dict)
    data: bytes = b""
    received: int = 0
    announced: str | None = None
    job: Job | None = None
    error: str | None = None

    @property
    def id(self) -> str:
        return self.upload.id

    @property
    def tus(self) -> bool:
        return self.upload.protocol == "tus"

    @property
    def whole(self) -> bool:
        return self.size is not None and (bool(self.sources) or self.received == self.size)

    @property
    def content(self) -> bytes:
        if self.sources:
            return b"".join(source.content for source in self.sources)
        return self.data if self.tus else b"".join(self.chunks[number] for number in sorted(self.chunks))


@dataclass(eq=False)
class Writing:
    """A writer that is open."""

    model: Model
    writer: ChunkWriter | AppendWriter
    number: int | None  # None: an append
    known: bool = False
    checksum: Checksum | None = None
    sent: bytes = b""
    pending: bytes = b""  # of an append: sent and not counted
    room: int = 0


@contextmanager
def expect(code: str | set[str] | None) -> Iterator[list[FarmError]]:
    """The one outcome that is right."""
    caught: list[FarmError] = []
    codes = {code} if isinstance(code, str) else code or set()
    try:
        yield caught
    except FarmError as error:
        caught.append(error)
        if error.code not in codes:
            raise
    if codes and not caught:
        pytest.fail(f"{code} was not raised")


class Uploads(RuleBasedStateMachine):
    steps = 0
    template: Path

    models = Bundle("models")
    writings = Bundle("writings")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="uploads-"))
        shutil.copy(self.template, self.folder / "farm.db")
        self.all: list[Model] = []
        self.open: list[Writing] = []
        self.expired = self.deleted = 0
        self.start()

    def start(self) -> None:
        self.farm = Farm(Database(f"sqlite:///{self.folder / 'farm.db'}"), self.folder)

    def teardown(self) -> None:
        for writing in self.open:
            writing.writer.close()
        self.sweep()
        self.farm.db.close()
        shutil.rmtree(self.folder)

    @contextmanager
    def dying(self, dies: bool) -> Iterator[None]:
        """With ``dies`` the process is killed before it can remove anything."""
        if not dies:
            yield
            return

        def killed(_place: Any) -> None:
            raise Killed

        self.farm.parts.remove = killed  # type: ignore[method-assign]
        try:
            yield
        except Killed:
            pass
        finally:
            del self.farm.parts.remove  # type: ignore[method-assign]
        self.crash()

    # Sessions

    def known(self, upload: Upload, size: int | None, **more: Any) -> Model:
        model = Model(upload, size, **more)
        self.all.append(model)
        return model

    @rule(target=models, size=sizes, chunk=st.integers(1, 16))
    def create_chunks(self, size: int, chunk: int) -> Model:
        return self.known(self.farm.create(size, chunk_size=chunk), size)

    @rule(target=models, size=st.none() | sizes, partial=st.booleans())
    def create_tus(self, size: int | None, partial: bool) -> Model:
        return self.known(self.farm.create(size, protocol="tus", partial=partial), size, partial=partial)

    @rule(target=models, seeds=st.lists(seeds, min_size=1, max_size=3), size=sizes)
    def create_whole_partials(self, seeds: list[int], size: int) -> Any:
        made = []
        for seed in seeds:
            model = self.create_tus(size, partial=True)
            self.append(model, noise(size, seed), "right")
            made.append(model)
        return multiple(*made)

    @rule(target=models, sources=st.lists(models, min_size=1, max_size=3))
    def create_joined(self, sources: list[Model]) -> Any:
        code = None
        for source in sources:
            if source.state == "gone":
                code = "not_found"
                break
        else:
            for source in sources:
                if not source.partial or source.state != "open":
                    code = "upload.not_open"
                elif not source.whole:
                    code = "upload.incomplete"
                if code:
                    break
        with expect(code):
            upload = self.farm.create(None, protocol="tus", sources=[source.id for source in sources])
        if code:
            return multiple()
        return self.known(upload, sum(source.received for source in sources), sources=sources)

    @rule(model=models, size=sizes)
    def announce(self, model: Model, size: int) -> None:
        code = None
        if model.state == "gone":
            code = "not_found"
        elif (model.size is None and size < model.received) or (model.size is not None and size != model.size):
            code = "request.invalid"
        with expect(code):
            self.farm.sessions.announce_size("ann", model.id, size)
        if not code:
            model.size = size

    # Bytes

    @rule(
        target=writings,
        model=models,
        number=st.integers(0, 6),
        checksum=st.sampled_from(["none", "right", "wrong"]),
        length=st.none() | sizes,
        seed=seeds,
    )
    def open_chunk(self, model: Model, number: int, checksum: str, length: int | None, seed: int) -> Any:
        return self.begin_chunk(model, number, checksum, length, seed) or multiple()

    def begin_chunk(self, model: Model, number: int, checksum: str, length: int | None, seed: int) -> Writing | None:
        span = self.span(model, number)
        busy = any(one.model is model and one.number == number and not one.known for one in self.open)
        known = number in model.chunks and model.state in {"open", "assembling"}
        code: str | set[str] | None = None
        if model.state == "gone":
            code = {"not_found", "upload.chunk_number", "upload.chunk_length"}
        elif span is None:
            code = "upload.chunk_number"
        elif length is not None and length != span[1]:
            code = "upload.chunk_length"
        elif model.state in {"complete", "failed"}:
            code = {"upload.not_open", "upload.busy"} if busy else "upload.not_open"
        elif busy:
            code = "upload.busy"
        promised = {
            "none": None,
            "right": right(noise(0 if span is None else span[1], seed)),
            "wrong": wrong(),
        }[checksum]
        with expect(code):
            writer = self.farm.writer(model.upload, number, length=length, checksum=promised)
        if code:
            return None
        writing = Writing(model, writer, number, known=known, checksum=promised)
        self.open.append(writing)
        return writing

    @staticmethod
    def span(model: Model, number: int) -> tuple[int, int] | None:
        size = model.upload.chunk_size
        if model.size is None or not size or number * size >= model.size:
            return None
        return number * size, min(size, model.size - number * size)

    @rule(
        target=writings,
        model=models,
        off=st.sampled_from([0, 0, 0, 0, 1, -1]),
        checksum=st.sampled_from(["none", "none", "right", "wrong"]),
        length=st.none() | sizes,
    )
    def open_append(self, model: Model, off: int, checksum: str, length: int | None) -> Any:
        return self.begin_append(model, off, checksum, length) or multiple()

    def begin_append(
        self, model: Model, off: int, checksum: str, length: int | None, data: bytes = b""
    ) -> Writing | None:
        code = None
        if model.state == "gone":
            code = "not_found"
        elif not model.tus or model.sources or model.state != "open":
            code = "upload.not_open"
        elif off:
            code = "upload.offset"
        elif length is not None and model.size is not None and length > model.size - model.received:
            code = "upload.too_large"
        elif any(one.model is model for one in self.open):
            code = "upload.busy"
        promised: Checksum | None = {"none": None, "right": right(data), "wrong": wrong()}[checksum]
        with expect(code) as caught:
            writer = self.farm.appender(model.upload, model.received + off, length=length, checksum=promised)
        if code:
            if code == "upload.offset":
                assert caught[0].data == {"offset": model.received}
            return None
        room = 10**9 if model.size is None else model.size
        writing = Writing(model, writer, None, checksum=promised, room=room)
        self.open.append(writing)
        return writing

    @rule(writing=writings, size=sizes, seed=seeds)
    def write(self, writing: Writing, size: int, seed: int) -> None:
        if writing in self.open:
            self.sent(writing, noise(size, seed))

    def sent(self, writing: Writing, data: bytes) -> None:
        model = writing.model
        if writing.number is not None:
            span = self.span(model, writing.number)
            assert span is not None
            too_long = len(writing.sent) + len(data) > span[1]
            with expect("upload.chunk_length" if too_long else None):
                writing.writer.write(data)
            if too_long:  # nor can it be finished now
                with expect("upload.chunk_length"):
                    writing.writer.finish()
                self.close(writing)
            else:
                writing.sent += data
            return
        assert isinstance(writing.writer, AppendWriter)
        code = None
        at = model.received if model.state != "gone" else 0
        begun = at + len(writing.pending)
        durable = writing.checksum is None and len(writing.pending) + len(data) >= SYNC_EVERY
        if writing.writer._at + len(data) > writing.room:
            code = "upload.too_large"
        elif durable:
            code = self.why_not(model, len(writing.pending) + len(data))
        with expect(code):
            writing.writer.write(data)
        if code:
            self.close(writing)
        else:
            assert model.state == "gone" or begun == writing.writer._at - len(data)
            writing.pending += data
            if durable:
                self.count(writing)

    @staticmethod
    def why_not(model: Model, more: int) -> str | None:
        """Why so many bytes cannot be counted at the end."""
        if model.state != "open":
            return "upload.not_open"
        if model.size is not None and model.received + more > model.size:
            return "upload.too_large"
        return None

    @staticmethod
    def count(writing: Writing) -> None:
        writing.model.data += writing.pending
        writing.model.received = len(writing.model.data)
        writing.pending = b""

    @rule(writing=consumes(writings), broken=st.booleans())
    def finish(self, writing: Writing, broken: bool) -> None:
        if writing in self.open:
            if writing.number is None:
                self.finish_append(writing, broken)
            else:
                self.finish_chunk(writing)

    def finish_chunk(self, writing: Writing) -> None:
        model, number, writer = writing.model, writing.number, writing.writer
        assert number is not None
        assert isinstance(writer, ChunkWriter)
        span = self.span(model, number)
        assert span is not None
        code = None
        if len(writing.sent) != span[1]:
            code = "upload.chunk_length"
        elif not self.kept(writing.checksum, writing.sent):
            code = "upload.checksum"
        elif writing.known:
            code = None if model.chunks.get(number, writing.sent) == writing.sent else "upload.conflict"
            if model.state not in {"open", "assembling"}:
                self.close(writing)
                return
        elif model.state != "open":
            code = "upload.not_open"
        with expect(code):
            written = writer.finish()
            assert written.fresh != writing.known
            assert (written.counted.part.start, written.counted.part.size) == span
            if not writing.known:
                model.chunks[number] = writing.sent
                model.received += len(writing.sent)
                assert written.upload.received == model.received
        self.close(writing)

    @staticmethod
    def kept(promise: Checksum | None, data: bytes) -> bool:
        return promise is None or promise == right(data)

    def finish_append(self, writing: Writing, broken: bool) -> None:
        model, writer = writing.model, writing.writer
        assert isinstance(writer, AppendWriter)
        code = None
        promised = writing.checksum is not None
        if promised and broken:
            pass
        elif not self.kept(writing.checksum, writing.pending):
            code = "upload.checksum"
        elif writing.pending:
            code = self.why_not(model, len(writing.pending))
        with expect(code):
            writer.finish(broken=broken)
        if code is None and not (promised and broken) and model.state == "open":
            self.count(writing)
        self.close(writing)

    @rule(writing=consumes(writings))
    def break_off(self, writing: Writing) -> None:
        """The connection is gone: a chunk is nothing then."""
        if writing in self.open:
            self.close(writing)

    def close(self, writing: Writing) -> None:
        writing.writer.close()
        self.open.remove(writing)

    @rule(
        model=models,
        number=st.integers(0, 4),
        seed=seeds,
        checksum=st.sampled_from(["none", "right", "wrong"]),
        off=st.sampled_from([0, 0, 0, 0, -1, 1]),
        cut=st.integers(1, 20),
    )
    def put(self, model: Model, number: int, seed: int, checksum: str, off: int, cut: int) -> None:
        """A chunk in one request: right, too short, too long, again, with other bytes."""
        span = self.span(model, number)
        writing = self.begin_chunk(model, number, checksum, None, seed)
        if writing is None or span is None:
            return
        data = noise(max(0, span[1] + off), seed) if off else noise(span[1], seed)
        for at in range(0, len(data), cut):
            if writing in self.open:
                self.sent(writing, data[at : at + cut])
        if writing in self.open:
            self.finish_chunk(writing)

    @rule(model=models, seed=seeds)
    def put_the_rest(self, model: Model, seed: int) -> None:
        """Otherwise few would ever be complete."""
        if model.state != "open" or any(one.model is model for one in self.open):
            return
        if not model.tus:
            for number in range(model.upload.chunks):
                if number not in model.chunks:
                    self.put(model, number, seed, "right", 0, 7)
        elif model.size is not None and not model.sources:
            self.append(model, noise(model.size - model.received, seed), "right")

    @rule(
        model=models,
        size=sizes,
        seed=seeds,
        checksum=st.sampled_from(["none", "none", "right", "wrong"]),
        broken=st.booleans(),
    )
    def append_once(self, model: Model, size: int, seed: int, checksum: str, broken: bool) -> None:
        self.append(model, noise(size, seed), checksum, broken=broken)

    def append(self, model: Model, data: bytes, checksum: str, *, broken: bool = False) -> None:
        writing = self.begin_append(model, 0, checksum, None, data)
        if writing is None:
            return
        for at in range(0, len(data), 5):
            if writing in self.open:
                self.sent(writing, data[at : at + 5])
        if writing in self.open:
            self.finish_append(writing, broken)

    # Completing

    def settled(self, model: Model) -> bool:
        """What becomes of an upload once its job has ended."""
        job = model.job
        if model.state != "assembling" or job is None or job.state not in ENDED:
            return False
        if job.state == JobState.SUCCEEDED:
            if model.announced not in {None, sha(model.content)}:
                model.state, model.error = "failed", "blob.digest_mismatch"
            else:
                model.state, model.announced, model.received = "complete", sha(model.content), len(model.content)
            for source in model.sources:
                source.state = "gone"
        elif job.state == JobState.FAILED and job.code and lookup(job.code).status < 500:
            model.state, model.error = "failed", job.code
        else:
            model.state = "open"
        return True

    @rule(model=models, digest=st.sampled_from(["none", "none", "right", "wrong"]), submitted=st.booleans())
    def complete(self, model: Model, digest: str, submitted: bool) -> None:
        if model.state != "gone":
            self.settled(model)
        told = {"none": None, "right": sha(model.content), "wrong": sha(b"wrong")}[digest]
        code, fresh, job = self.completion(model, told)
        with expect(code) as caught:
            upload, job_id, is_fresh = self.farm.sessions.begin_assembly("ann", model.id, told)
        if code:
            self.check_missing(model, caught[0])
            return
        assert is_fresh == fresh
        assert upload.job_id == job_id
        if job is not None:
            assert job_id == job.id
        else:
            assert job_id not in {one.job.id for one in self.all if one.job}
            model.job = Job(job_id)
        if model.state != "complete":
            model.state = "assembling"
            model.announced = told or model.announced
        if fresh and submitted:
            assert model.job is not None
            model.job.info = self.farm.info(model.upload)
            model.job.state = JobState.QUEUED
            self.farm.submit(job_id)

    @staticmethod
    def completion(model: Model, told: str | None) -> tuple[str | None, bool, Job | None]:
        """(error, whether the job is to be submitted, the job if there is one already)."""
        if model.state == "gone":
            return "not_found", False, None
        if model.partial:
            return "upload.not_open", False, None
        if model.state == "failed":
            return model.error, False, None
        if told is not None and model.announced not in {None, told}:
            return "blob.digest_mismatch", False, None
        if model.state == "complete":
            return None, False, model.job
        job = model.job
        if job is not None and job.state is None and model.state == "assembling":
            return None, True, job
        if job is not None and job.state not in {None, JobState.FAILED, JobState.CANCELLED}:
            return None, False, job
        if not model.whole or any(source.state == "gone" for source in model.sources):
            return "upload.incomplete", False, None
        return None, True, None

    @staticmethod
    def check_missing(model: Model, error: FarmError) -> None:
        if error.code == "upload.incomplete" and model.size is not None and not model.sources:
            assert error.data["offset"] == model.received
            wanted = set(range(model.upload.chunks)) - set(model.chunks)
            told = [number for first, last in error.data["missing"] for number in range(first, last + 1)]
            assert told == sorted(wanted)

    @rule(
        model=models,
        outcome=st.sampled_from(["work", "work", "work", "killed", "farm", "content", "cancelled"]),
    )
    def job(self, model: Model, outcome: str) -> None:
        job = model.job
        if job is None or job.state != JobState.QUEUED:
            return
        if outcome == "cancelled":
            job.state = JobState.CANCELLED
            self.farm.end(job.id, job.state)
        elif outcome in {"farm", "content"}:
            job.state, job.code = JobState.FAILED, "farm.worker_lost" if outcome == "farm" else "image.invalid"
            self.farm.end(job.id, job.state, job.code)
        elif model.state != "gone":
            self.work(model, job, outcome)

    def work(self, model: Model, job: Job, outcome: str) -> None:
        assert job.info is not None
        code = None
        if any(source.state == "gone" for source in model.sources) or model.state == "failed":
            code = "blob.missing"
        elif job.info.digest not in {None, sha(model.content)}:
            code = "blob.digest_mismatch"
        if outcome == "killed":  # anywhere, also after its bytes were published
            with expect(code):
                self.farm.step(job.info)
            return
        assert self.farm.work(model.upload, job.id, job.info) == code
        job.state, job.code = (JobState.FAILED if code else JobState.SUCCEEDED), code

    @rule(model=models)
    def retry(self, model: Model) -> None:
        job = model.job
        if job is not None and job.state in {JobState.FAILED, JobState.CANCELLED} and model.state == "open":
            job.state, job.code = JobState.QUEUED, None
            self.farm.end(job.id, JobState.QUEUED)

    @rule(dies=st.booleans())
    def settle(self, dies: bool) -> None:
        ready = [model for model in self.all if model.state == "assembling"]
        ready = [model for model in ready if model.job and model.job.state in ENDED]
        if dies and len(ready) > 1:
            return
        died = dies and bool(ready) and self.removes(ready[0])
        with self.dying(died):
            assert self.farm.sessions.settle() == len(ready)
        if not died:  # else the next one does it, and leaves nothing
            for model in ready:
                self.settled(model)

    @staticmethod
    def removes(model: Model) -> bool:
        assert model.job is not None
        code = model.job.code
        return model.job.state == JobState.SUCCEEDED or (code is not None and lookup(code).status < 500)

    @rule(model=models)
    def reopen(self, model: Model) -> None:
        lost = model.state == "assembling" and model.job is not None and model.job.state is None
        self.farm.set(model.id, updated_at=in_seconds(-100))
        assert self.farm.sessions.reopen() == lost
        if lost:
            model.state = "open"

    @rule(model=models)
    def fail(self, model: Model) -> None:
        """A look at the first bytes found that they cannot be used."""
        self.farm.sessions.fail(model.id, Refused("model.truncated", "it is cut"))
        if model.state == "open":
            model.state, model.error = "failed", "model.truncated"

    # Ending

    @rule(model=consumes(models), dies=st.booleans())
    def delete(self, model: Model, dies: bool) -> None:
        code = {"gone": "not_found", "assembling": "upload.not_open"}.get(model.state)
        with self.dying(dies and model.state == "open"), expect(code):
            self.farm.sessions.delete(ANN, model.id)
        if code is None:
            self.deleted += 1
            model.state = "gone"

    @rule(model=models, dies=st.booleans())
    def expire(self, model: Model, dies: bool) -> None:
        self.farm.let_expire(model.id)
        ends = model.state not in {"assembling", "gone"}
        self.expired += model.state == "open"
        with self.dying(dies and model.state == "open"):
            assert self.farm.sessions.expire() == ends
        if ends:
            model.state = "gone"
        else:
            self.farm.set(model.id, expires_at=in_seconds(3600))

    @rule()
    def crash(self) -> None:
        """Its writers' files are closed by the kernel; whatever they wrote and nobody counted is noise."""
        for writing in self.open:
            sink = writing.writer._sink
            if sink is not None:
                os.close(sink._file)  # type: ignore[attr-defined]
        self.open.clear()
        self.farm.db.close()
        self.start()

    @rule()
    def crash_in_creation(self) -> None:
        self.farm.parts.create(new_id(), 10, "")
        self.crash()

    @precondition(lambda self: self.all)
    @rule()
    def sweep(self) -> None:
        rows = {model.id for model in self.all if model.state != "gone"}
        before = self.farm.files()
        assert self.farm.sessions.sweep(0) == len(before - rows)
        assert self.farm.files() == before & rows

    @initialize()
    def nothing(self) -> None:
        assert self.farm.files() == set()

    # What always holds

    @invariant()
    def what_counts_is_what_was_sent(self) -> None:
        type(self).steps += 1
        with self.farm.db.read() as conn:
            rows = {row.id: row for row in conn.execute(select(uploads))}
            parts: dict[str, list[tuple[int, int, int]]] = {}
            for row in conn.execute(select(upload_parts).order_by(upload_parts.c.number)):
                parts.setdefault(row.upload_id, []).append((row.number, row.start, row.size))
        assert set(rows) == {model.id for model in self.all if model.state != "gone"}
        assert set(parts) <= set(rows)
        files = self.farm.files()
        for model in self.all:
            if model.state != "gone":
                self.check(model, rows[model.id], parts.get(model.id, []), files)
        assert len(self.farm.audited("upload.expired")) == self.expired
        assert len(self.farm.audited("upload.deleted")) == self.deleted

    def check(self, model: Model, row: Any, parts: list[tuple[int, int, int]], files: set[str]) -> None:
        assert (row.state, row.size, row.received) == (model.state, model.size, model.received)
        assert row.job_id == (model.job.id if model.job else None)
        if model.state in {"complete", "failed"}:
            assert parts == []
            assert model.id not in files
            if model.state == "complete":
                assert row.digest == sha(model.content)
                assert b"".join(self.farm.blobs.read(row.digest)) == model.content
            return
        data = self.farm.bytes_of(model.id)
        if model.tus:
            assert parts == []
            if not model.sources:
                assert data[: model.received] == model.data
            return
        assert [part[0] for part in parts] == sorted(model.chunks)
        assert sum(part[2] for part in parts) == row.received
        for number, start, size in parts:
            assert data[start : start + size] == model.chunks[number]
        missing = [
            number
            for first, last in gaps(sorted(model.chunks), model.upload.chunks)
            for number in range(first, last + 1)
        ]
        assert missing == sorted(set(range(model.upload.chunks)) - set(model.chunks))


def test_uploads_are_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_disk, "SYNC_EVERY", SYNC_EVERY)
    monkeypatch.setattr(parts_disk, "SYNC_S", 3600.0)
    database = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    make_schema(database)
    database.backup(tmp_path / "empty.db")
    database.close()
    monkeypatch.setattr(Uploads, "template", tmp_path / "empty.db", raising=False)
    monkeypatch.setattr(Uploads, "steps", 0)
    profile = settings(
        max_examples=400 if LONG else 12,
        stateful_step_count=60 if LONG else 40,
        deadline=None,
        database=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Uploads, settings=profile)
    assert Uploads.steps >= (STEPS if LONG else 100)

"""What the tests do with uploads: a farm in a folder, without its servers. Jobs end when the tests say so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from farm.announcement import Wanted
from farm.blob_disk import DiskBlobs
from farm.blobs import register
from farm.checksums import Checksum
from farm.chunks import AppendWriter, Chunks, ChunkWriter, Written
from farm.db import Database, in_seconds, now
from farm.errors import FarmError
from farm.execution import Execution
from farm.ids import new_id
from farm.jobs import Actor, JobState, UploadInfo
from farm.parts_disk import DiskParts
from farm.plan import Output
from farm.sessions import Sessions
from farm.tables import artifacts, audit, jobs, uploads
from farm.upload_rows import Upload, counted, find, for_assembly
from pipelines import assemble
from pipelines.steps.assemble import assemble as step_code
from tests.farm.engine.conftest import db, postgresql

__all__ = ["db", "postgresql"]  # fixtures

ANN = Actor(owner="ann", tier="studio", token_id="token-of-ann")
CHUNK = 10


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes of no known type."""
    return bytes(128 + (seed * 37 + at * (seed + 3)) % 100 for at in range(size))


def wrong() -> Checksum:
    return Checksum(algorithm="crc32c", value=b"nope")


def right(data: bytes) -> Checksum:
    return Checksum(algorithm="sha256", value=hashlib.sha256(data).digest())


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[FarmError]]:
    with pytest.raises(FarmError) as raised:
        yield raised
    assert raised.value.code == code, raised.value


class Farm:
    """One process of the farm. Chunks may be as small as one byte."""

    def __init__(self, db: Database, root: Path, *, sync: bool = False) -> None:
        self.db = db
        self.root = root
        self.blobs = DiskBlobs(root / "blobs")
        self.parts = DiskParts(self.blobs, sync=sync)
        self.parts.least_chunk = 1
        self.told: list[Upload] = []
        self.chunks = Chunks(db, self.parts, self.told.append)
        self.sessions = Sessions(db, self.parts, self.told.append)

    # Sessions

    def create(self, size: int | None = 25, *, actor: Actor = ANN, **more: Any) -> Upload:
        protocol = more.pop("protocol", "chunks")
        chunk = more.pop("chunk_size", CHUNK if protocol == "chunks" else None)
        wanted = {"name": "shirt.bin", **more}
        return self.sessions.create(actor, Wanted(size=size, protocol=protocol, chunk_size=chunk, **wanted))

    def find(self, upload: Upload | str) -> Upload:
        with self.db.read() as conn:
            return find(conn, upload if isinstance(upload, str) else upload.id, owner=None)

    def exists(self, upload_id: str) -> bool:
        with self.db.read() as conn:
            return conn.execute(select(uploads.c.id).where(uploads.c.id == upload_id)).first() is not None

    def set(self, upload_id: str, **changes: Any) -> None:
        with self.db.write() as conn:
            conn.execute(update(uploads).where(uploads.c.id == upload_id).values(**changes))

    def let_expire(self, *upload_ids: str) -> None:
        for upload_id in upload_ids:
            self.set(upload_id, expires_at=in_seconds(-1))

    def numbers(self, upload: Upload) -> list[int]:
        with self.db.read() as conn:
            return [one.part.number for one in counted(conn, upload.id)]

    def audited(self, action: str) -> list[Any]:
        with self.db.read() as conn:
            return list(conn.execute(select(audit).where(audit.c.action == action).order_by(audit.c.id)))

    # Bytes

    def writer(self, upload: Upload, number: int, **more: Any) -> ChunkWriter:
        return self.chunks.chunk(upload.owner, upload.id, number, **{"length": None, "checksum": None, **more})

    def send(self, upload: Upload, number: int, data: bytes, **more: Any) -> Written:
        """One chunk with these bytes."""
        writer = self.writer(upload, number, **more)
        try:
            writer.write(data)
            return writer.finish()
        finally:
            writer.close()

    def send_all(self, upload: Upload, data: bytes) -> None:
        size = upload.chunk_size or 1
        for number in range(upload.chunks):
            self.send(upload, number, data[number * size : (number + 1) * size])

    def appender(self, upload: Upload, offset: int, **more: Any) -> AppendWriter:
        return self.chunks.append(upload.owner, upload.id, offset, **{"length": None, "checksum": None, **more})

    def append(self, upload: Upload, offset: int, data: bytes, *, broken: bool = False, **more: Any) -> Upload:
        writer = self.appender(upload, offset, **more)
        try:
            writer.write(data)
            return writer.finish(broken=broken)
        finally:
            writer.close()

    def whole(self, data: bytes = b"", **more: Any) -> Upload:
        """An upload of which everything is there."""
        upload = self.create(len(data), **more)
        if upload.protocol == "tus":
            self.append(upload, 0, data)
        else:
            self.send_all(upload, data)
        return self.find(upload)

    # Files

    def files(self) -> set[str]:
        return {path.name for path in (self.root / "blobs" / "uploads").iterdir()}

    def bytes_of(self, upload_id: str) -> bytes:
        return (self.root / "blobs" / "uploads" / upload_id).read_bytes()

    # Jobs

    def submit(self, job_id: str, state: JobState = JobState.QUEUED, **more: Any) -> None:
        """The row that the intake writes."""
        row = {
            "id": job_id,
            "kind": "assemble",
            "lane": "assemble",
            "light": False,
            "owner": "ann",
            "tier": "studio",
            "actor": {},
            "state": state,
            "spec": {},
            "created_at": now(),
            "updated_at": now(),
        }
        with self.db.write() as conn:
            conn.execute(insert(jobs).values(**row, **more))

    def end(self, job_id: str, state: JobState, code: str | None = None) -> None:
        detail = "this is why" if code else None
        with self.db.write() as conn:
            ended = update(jobs).where(jobs.c.id == job_id)
            conn.execute(ended.values(state=state, error_code=code, error_detail=detail))

    def begin(self, upload: Upload, digest: str | None = None) -> str:
        """Begins the completion and submits its job."""
        _, job_id, fresh = self.sessions.begin_assembly(upload.owner, upload.id, digest)
        assert fresh
        self.submit(job_id)
        return job_id

    def info(self, upload: Upload) -> UploadInfo:
        """What the door tells the job."""
        with self.db.read() as conn:
            return for_assembly(conn, upload.owner, upload.id)

    def step(self, info: UploadInfo) -> tuple[Output, Execution]:
        """Runs the step's code, as a worker does; nothing is recorded yet."""
        scratch = self.root / "scratch"
        scratch.mkdir(exist_ok=True)
        execution = Execution(
            step=assemble.close(info).plan.steps[0],
            scratch=scratch,
            inputs={},
            resources={},
            blobs=self.blobs,
            report=lambda _done, _total: None,
            write_log=lambda _level, _line: None,
            uploads=lambda: self.parts,
        )
        (output,) = step_code(execution).outputs
        return output, execution

    def work(self, upload: Upload, job_id: str, info: UploadInfo | None = None) -> str | None:
        """Does the job and records how it ended: its error's code, or None."""
        try:
            output, execution = self.step(info or self.info(upload))
        except FarmError as error:
            self.end(job_id, JobState.FAILED, error.code)
            return error.code
        with self.db.write() as conn:
            stored, media_type, _ = execution.stored[output.digest]
            register(conn, stored, media_type, upload.owner)
            conn.execute(
                insert(artifacts).values(
                    id=new_id(),
                    job_id=job_id,
                    step="assemble",
                    owner=upload.owner,
                    name=output.name,
                    role="result",
                    media_type=output.media_type,
                    digest=output.digest,
                    size=output.size,
                    source="rendered",
                    meta={},
                    receipt={},
                    created_at=now(),
                    expires_at=in_seconds(3600),
                )
            )
        self.end(job_id, JobState.SUCCEEDED)
        return None

    def complete(self, upload: Upload, digest: str | None = None) -> Upload:
        """From all bytes to a blob."""
        self.work(upload, self.begin(upload, digest))
        assert self.sessions.settle() == 1
        return self.find(upload)

    def jobs(self) -> int:
        with self.db.read() as conn:
            return conn.execute(select(func.count()).select_from(jobs)).scalar_one()


@pytest.fixture
def farm(db: Database, tmp_path: Path) -> Farm:
    """On both databases."""
    return Farm(db, tmp_path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Farm]:
    """On SQLite alone, with bytes that are made durable: for what no database has a part in."""
    database = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    make_schema(database)
    yield Farm(database, tmp_path, sync=True)
    database.close()


def make_schema(database: Database) -> None:
    from farm import tables

    with database.write() as conn:
        tables.metadata.create_all(conn)

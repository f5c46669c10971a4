"""Uploads to an S3 that answers 500, cuts connections, or falls silent: a coded error that another try mends."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from sqlalchemy import func, select, update

from benchmarks import senders
from farm import tables
from farm.announcement import Wanted
from farm.blob_s3 import S3Blobs
from farm.blobs import Stored, open_blobs, register
from farm.chunks import Chunks
from farm.db import Database, in_seconds
from farm.embedded import Embedded, embedded
from farm.errors import FarmFault, lookup
from farm.jobs import Actor
from farm.parts import MIB
from farm.parts_s3 import S3Parts
from farm.s3_bucket import open_bucket
from farm.sessions import Sessions
from farm.settings import Settings
from farm.upload_rows import Upload, counted, find
from tests.farm.parts.test_parts_contract import noise, sha
from tests.faults.processes import kill9, role, scratch_files, until
from tests.faults.proxy import Fault, Proxy, Way, proxy

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ANN = Actor(owner="ann", tier="pro", token_id="token-of-ann")
CHUNK = 5 * MIB
SILENCE_S = 1.0


class Trouble:
    """What happens to S3's connections: nothing, until :meth:`begin`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._way: Way
        self._fault, self._way, self._after, self._left = Fault.NONE, "up", 0, 0

    def begin(self, fault: Fault, way: Way = "up", after: int = 0, times: int = 1_000) -> None:
        """From now on, once ``after`` bytes more have passed that way, and at most so many times."""
        with self._lock:
            self._fault, self._way, self._after, self._left = fault, way, after, times

    def end(self) -> None:
        self.begin(Fault.NONE, times=0)

    @property
    def spent(self) -> bool:
        """Whether it has happened as often as it was to."""
        return self._left == 0

    def __call__(self, way: Way, piece: bytes, _passed: int) -> Fault:
        with self._lock:
            if not self._left or way != self._way:
                return Fault.NONE
            self._after -= len(piece)
            if self._after >= 0:
                return Fault.NONE
            self._left -= 1
            return self._fault


@pytest.fixture(scope="module")
def s3() -> Iterator[int]:
    """The port of a sound S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


def sound(s3: int) -> Any:
    """A client whose connections nothing happens to."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{s3}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )


def left_in(client: Any, bucket: str) -> list[str]:
    """Keys of objects and of multipart uploads."""
    objects = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    begun = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return [one["Key"] for one in (*objects, *begun)]


class Bench:
    """A process of the farm whose S3 is behind a proxy. It gives up at the first silence, so that tests are short."""

    def __init__(self, folder: Path, between: Proxy, trouble: Trouble, s3: int, bucket: str) -> None:
        settings = Settings(
            data_dir=folder,
            blob_url=f"s3://{bucket}/farm/blobs",
            s3_endpoint=between.url,
            s3_access_key=SecretStr("key"),
            s3_secret_key=SecretStr("secret"),
        )
        self.trouble, self.folder, self.name = trouble, folder, bucket
        self.db = Database(f"sqlite:///{folder / 'farm.db'}")
        with self.db.write() as conn:
            tables.metadata.create_all(conn)
        self.blobs = open_blobs(settings, self.db)
        assert isinstance(self.blobs, S3Blobs)
        found = open_bucket(settings, connect_timeout=SILENCE_S, read_timeout=SILENCE_S, tries=1)
        self.parts = S3Parts(found, self.blobs)
        self.chunks, self.sessions = Chunks(self.db, self.parts), Sessions(self.db, self.parts)
        self._sound = sound(s3)

    def close(self) -> None:
        self.db.close()
        self._sound.close()

    def create(self, size: int | None, protocol: str = "chunks") -> Upload:
        chunk = CHUNK if protocol == "chunks" else None
        return self.sessions.create(ANN, Wanted(name="a.bin", size=size, protocol=protocol, chunk_size=chunk))

    def send(self, upload: Upload, number: int, data: bytes) -> None:
        writer = self.chunks.chunk("ann", upload.id, number, length=None, checksum=None)
        try:
            writer.write(data[number * CHUNK :][:CHUNK])
            writer.finish()
        finally:
            writer.close()

    def append(self, upload: Upload, data: bytes) -> None:
        """The rest of it."""
        at = self.find(upload).received
        writer = self.chunks.append("ann", upload.id, at, length=None, checksum=None)
        try:
            for start in range(at, len(data), MIB):
                writer.write(data[start : start + MIB])
            writer.finish()
        finally:
            writer.close()

    def find(self, upload: Upload) -> Upload:
        with self.db.read() as conn:
            return find(conn, upload.id, owner="ann")

    def seal(self, upload: Upload) -> None:
        now = self.find(upload)
        with self.db.read() as conn:
            pieces = [one.part for one in counted(conn, upload.id)]
        self.parts.seal(now.place, pieces, now.tail, now.size or 0)

    def hashed(self, upload: Upload) -> str:
        with self.parts.open(upload.place) as file:
            return sha(file.read())

    def publish(self, upload: Upload, data: bytes) -> Stored:
        stored = self.parts.publish(upload.place, sha(data), len(data))
        with self.db.write() as conn:
            register(conn, stored, "application/octet-stream", "ann")
        return stored

    def whole(self, data: bytes) -> Upload:
        upload = self.create(len(data))
        for number in range(upload.chunks):
            self.send(upload, number, data)
        return upload

    def rows(self) -> int:
        """Sessions in the database."""
        with self.db.read() as conn:
            return conn.execute(select(func.count()).select_from(tables.uploads)).scalar_one()

    def left(self) -> list[str]:
        """Keys of objects and of multipart uploads, as a sound connection tells them."""
        return left_in(self._sound, self.name)


@pytest.fixture
def bench(tmp_path: Path, s3: int) -> Iterator[Bench]:
    bucket, trouble = f"b{uuid4().hex}", Trouble()
    assert httpx.put(f"http://127.0.0.1:{s3}/{bucket}").status_code == 200
    with proxy(s3, trouble) as between:
        found = Bench(tmp_path, between, trouble, s3, bucket)
        yield found
        found.close()


@contextmanager
def unavailable() -> Iterator[None]:
    """What is raised says that another try is worth it, and names neither addresses nor keys."""
    with pytest.raises(FarmFault) as raised:
        yield
    error = raised.value
    assert error.code == "farm.unavailable"
    assert lookup(error.code).status == 503
    assert "127.0.0.1" not in error.detail
    assert "secret" not in error.detail


FAULTS: list[tuple[Fault, Way]] = [
    (Fault.ERROR, "up"),
    (Fault.RESET, "up"),
    (Fault.HANG, "up"),
    (Fault.RESET, "down"),  # it was done, but nobody hears of it
    (Fault.HANG, "down"),
]
any_fault = pytest.mark.parametrize(("fault", "way"), FAULTS, ids=[f"{fault.value}-{way}" for fault, way in FAULTS])


@any_fault
def test_a_chunk_counts_once_s3_has_it(bench: Bench, fault: Fault, way: Way) -> None:
    data = noise(CHUNK + 1000)
    upload = bench.create(len(data))
    bench.send(upload, 1, data)
    bench.trouble.begin(fault, way, after=2 * MIB if way == "up" else 0)
    with unavailable():
        bench.send(upload, 0, noise(CHUNK, 9))
    assert bench.find(upload).received == 1000
    bench.trouble.end()
    bench.send(upload, 0, data)
    bench.seal(upload)
    assert bench.hashed(upload) == sha(data)


@any_fault
def test_an_append_goes_on_where_it_was_counted(bench: Bench, fault: Fault, way: Way) -> None:
    data = noise(20 * MIB + 77)
    upload = bench.create(len(data), "tus")
    bench.append(upload, data[: 3 * MIB])
    bench.trouble.begin(fault, way, after=11 * MIB if way == "up" else 400)
    with unavailable():
        bench.append(upload, data)
    assert bench.find(upload).received in {3 * MIB, 8 * MIB}
    bench.trouble.end()
    bench.append(upload, data)
    bench.seal(upload)
    assert bench.hashed(upload) == sha(data)
    bench.parts.remove(upload.place)
    assert bench.left() == []


@any_fault
def test_a_completion_is_done_again(bench: Bench, fault: Fault, way: Way) -> None:
    data = noise(CHUNK + 1000)
    upload = bench.whole(data)
    steps: list[Callable[[], Any]] = [
        lambda: bench.seal(upload),
        lambda: bench.hashed(upload),
        lambda: bench.publish(upload, data),
    ]
    for step in steps:
        for after in (0, 600):  # at the first request, and at a later one where there is any
            bench.trouble.begin(fault, way, after=after)
            if after:
                try:
                    step()
                except FarmFault as error:
                    assert error.code == "farm.unavailable"  # noqa: PT017 - or nothing is wrong yet
            else:
                with unavailable():
                    step()
            bench.trouble.end()
        step()
    assert bench.hashed(upload) == sha(data)
    bench.parts.remove(upload.place)
    assert bench.left() == [upload.place["key"]], "the one copy is the blob"


def test_a_completion_reads_on_where_a_connection_broke(bench: Bench) -> None:
    data = noise(3 * CHUNK)
    upload = bench.whole(data)
    bench.seal(upload)
    bench.trouble.begin(Fault.RESET, "down", after=6 * MIB, times=1)
    assert bench.hashed(upload) == sha(data)
    assert bench.trouble.spent, "nothing broke"


@any_fault
def test_a_session_that_was_refused_leaves_nothing(bench: Bench, fault: Fault, way: Way) -> None:
    bench.trouble.begin(fault, way)
    with unavailable():
        bench.create(CHUNK)
    bench.trouble.end()
    assert bench.rows() == 0
    lost = bench.left()  # when the answer was lost, only the bucket knows
    assert len(lost) == (way == "down")
    assert bench.sessions.sweep(0) == len(lost)
    assert bench.left() == []


@any_fault
def test_sessions_that_expire_while_s3_is_away_leave_nothing(bench: Bench, fault: Fault, way: Way) -> None:
    data = noise(CHUNK + 1000)
    bench.send(bench.create(len(data)), 0, data)
    bench.append(bench.create(len(data), "tus"), data[:1000])
    with bench.db.write() as conn:
        conn.execute(update(tables.uploads).values(expires_at=in_seconds(-1)))
    bench.trouble.begin(fault, way)
    for _ in range(2):  # each time one row goes, and its bytes do not
        with unavailable():
            bench.sessions.expire()
    bench.trouble.end()
    assert bench.rows() == 0
    bench.sessions.sweep(0)
    assert bench.left() == []
    assert not [path for path in (bench.folder / "spool").rglob("*") if path.is_file()]
    with bench.db.read() as conn:
        actions = conn.execute(select(tables.audit.c.action)).scalars().all()
    assert actions == ["upload.expired"] * 2


class Storm:
    """Every so many bytes to S3 the connection that they come by is answered with an error, cut, or held up. Every so
    many bytes from it, which only a completion reads, its worker is killed, or the connection is cut.
    """

    UP, DOWN = 7 * MIB, 11 * MIB

    def __init__(self) -> None:
        self.farm: Embedded | None = None
        self.happened: list[Fault] = []
        self.killed = 0
        self._lock = threading.Lock()
        self._next = {"up": self.UP, "down": self.DOWN}
        self._faults = itertools.cycle((Fault.ERROR, Fault.RESET, Fault.HANG))

    def __call__(self, way: Way, _piece: bytes, passed: int) -> Fault:
        with self._lock:
            if passed < self._next[way]:
                return Fault.NONE
            self._next[way] = passed + (self.UP if way == "up" else self.DOWN)
            if way == "down" and not self.killed:
                assert self.farm is not None
                self.killed = kill9(role(self.farm, "heavy@", "pipelines.worker"))
                return Fault.NONE
            fault = next(self._faults) if way == "up" else Fault.RESET
            self.happened.append(fault)
            return fault


def test_a_farm_whose_s3_is_ill_all_the_time_gets_the_file_whole(tmp_path: Path, s3: int) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(30 * MIB + 12_345))
    bucket, storm = f"b{uuid4().hex}", Storm()
    client = sound(s3)
    client.create_bucket(Bucket=bucket)
    with proxy(s3, storm) as between:
        env = {
            "FARM_BLOB_URL": f"s3://{bucket}/farm/blobs",
            "FARM_S3_ENDPOINT": between.url,
            "FARM_S3_ACCESS_KEY": "key",
            "FARM_S3_SECRET_KEY": "secret",
            "FARM_S3_TIMEOUT_S": "1",
        }
        with embedded(tmp_path / "data", roles=("api", "worker-heavy", "reconciler"), env=env) as farm:
            storm.farm = farm
            upload = senders.curl_chunks(farm, file, chunk=CHUNK)
            view = senders.settled(farm, upload)
            assert storm.killed, "the worker was not there"
            assert (view["state"], view["sha256"]) == ("complete", sha(file.read_bytes())), view
            assert set(storm.happened) == {Fault.ERROR, Fault.RESET, Fault.HANG}
            key = f"farm/blobs/uploads/{upload}"
            until(5, "more than one copy was left", lambda: left_in(client, bucket) == [key])
            until(5, "spooled bytes were left", lambda: not scratch_files(farm.data_dir))
            body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
            assert sha(body) == view["sha256"]
    client.close()

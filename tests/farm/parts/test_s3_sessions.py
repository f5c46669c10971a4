"""Sessions, leases and rows over S3: from the first byte to a blob that outlives its upload, on several hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete, update

from farm import tables
from farm.announcement import Wanted
from farm.blobs import BlobStore, open_blobs, register
from farm.chunks import Chunks
from farm.db import Database, in_seconds
from farm.errors import Refused
from farm.jobs import Actor
from farm.parts import MIB, PartStore, open_parts
from farm.sessions import Sessions
from farm.settings import Settings
from farm.upload_rows import Upload, counted, find
from tests.farm.parts.conftest import s3_settings
from tests.farm.parts.test_parts_contract import noise, sha

ANN = Actor(owner="ann", tier="pro")
CHUNK = 5 * MIB


class Host:
    """A process of the farm on some machine."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.blobs: BlobStore = open_blobs(settings, db)
        self.parts: PartStore = open_parts(settings, self.blobs)
        self.chunks = Chunks(db, self.parts)
        self.sessions = Sessions(db, self.parts)

    def create(self, size: int | None, protocol: str = "chunks") -> Upload:
        chunk = CHUNK if protocol == "chunks" else None
        return self.sessions.create(ANN, Wanted(name="a.glb", size=size, protocol=protocol, chunk_size=chunk))

    def send(self, upload: Upload, number: int, data: bytes) -> None:
        writer = self.chunks.chunk("ann", upload.id, number, length=None, checksum=None)
        try:
            writer.write(data[number * CHUNK : (number + 1) * CHUNK])
            writer.finish()
        finally:
            writer.close()

    def append(self, upload: Upload, data: bytes) -> Upload:
        writer = self.chunks.append("ann", upload.id, self.find(upload).received, length=None, checksum=None)
        try:
            for at in range(0, len(data), MIB):
                writer.write(data[at : at + MIB])
            return writer.finish()
        finally:
            writer.close()

    def find(self, upload: Upload) -> Upload:
        with self.db.read() as conn:
            return find(conn, upload.id, owner="ann")

    def publish(self, upload: Upload, data: bytes) -> None:
        """What the job does."""
        now = self.find(upload)
        with self.db.read() as conn:
            pieces = [one.part for one in counted(conn, upload.id)]
        self.parts.seal(now.place, pieces, now.tail, len(data))
        stored = self.parts.publish(now.place, sha(data), len(data))
        with self.db.write() as conn:
            register(conn, stored, "model/gltf-binary", "ann")

    def read(self, data: bytes) -> bytes:
        return b"".join(self.blobs.read(sha(data)))


@pytest.fixture
def hosts(tmp_path: Path, s3_endpoint: str) -> Iterator[tuple[Host, Host]]:
    bucket = f"b{uuid4().hex}"
    assert httpx.put(f"{s3_endpoint}/{bucket}").status_code == 200
    db = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    with db.write() as conn:
        tables.metadata.create_all(conn)
    yield (
        Host(db, s3_settings(tmp_path / "one", s3_endpoint, bucket)),
        Host(db, s3_settings(tmp_path / "two", s3_endpoint, bucket)),
    )
    db.close()


def test_chunks_by_two_hosts_become_one_blob(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    data = noise(3 * CHUNK + 7)
    upload = one.create(len(data))
    for number, host in ((3, one), (1, two), (0, one), (2, two)):
        host.send(upload, number, data)
    assert one.find(upload).received == len(data)
    two.publish(upload, data)
    one.parts.remove(upload.place)
    for host in hosts:
        assert host.read(data) == data


def test_appends_by_two_hosts_become_one_blob(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    data = noise(17 * MIB + 5)
    upload = one.create(len(data), "tus")
    one.append(upload, data[: 9 * MIB])
    two.append(upload, data[9 * MIB : 9 * MIB + 1])
    one.append(upload, data[9 * MIB + 1 :])
    two.publish(upload, data)
    one.parts.remove(upload.place)
    assert two.read(data) == data


def test_two_hosts_never_write_one_place(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    data = noise(CHUNK)
    upload = one.create(len(data))
    writer = one.chunks.chunk("ann", upload.id, 0, length=None, checksum=None)
    with pytest.raises(Refused, match=r"upload\.busy"):
        two.send(upload, 0, data)
    writer.close()
    two.send(upload, 0, data)
    tus = one.create(None, "tus")
    appending = one.chunks.append("ann", tus.id, 0, length=None, checksum=None)
    with pytest.raises(Refused, match=r"upload\.busy"):
        two.append(tus, data)
    appending.close()
    assert two.append(tus, data).received == len(data)


def test_a_host_that_lost_its_lease_counts_nothing(hosts: tuple[Host, Host]) -> None:
    one, two = hosts
    data = noise(CHUNK)
    upload = one.create(len(data))
    frozen = one.chunks.chunk("ann", upload.id, 0, length=None, checksum=None)
    frozen.write(noise(CHUNK, 9))
    with one.db.write() as conn:
        conn.execute(update(tables.upload_holds).values(until=in_seconds(-1)))
    writer = two.chunks.chunk("ann", upload.id, 0, length=None, checksum=None)
    with pytest.raises(Refused, match=r"upload\.busy"):
        frozen.finish()
    frozen.close()
    writer.write(data)
    writer.finish()
    writer.close()
    assert two.find(upload).received == len(data)
    two.publish(upload, data)
    assert one.read(data) == data


def test_the_same_file_by_two_people_is_stored_once(hosts: tuple[Host, Host]) -> None:
    data = noise(70_000)
    uploads = []
    for host in hosts:
        uploads.append(host.create(len(data)))
        host.send(uploads[-1], 0, data)
        host.publish(uploads[-1], data)
    for host, upload in zip(hosts, uploads, strict=True):
        host.parts.remove(upload.place)
        assert host.read(data) == data
    kept = [
        host.parts.direct_size({**upload.place, "put": upload.place["key"]})
        for host, upload in zip(hosts, uploads, strict=True)
    ]
    assert kept == [len(data), None]


def test_a_blob_whose_row_is_gone_is_swept_with_its_upload(hosts: tuple[Host, Host]) -> None:
    one, _ = hosts
    data = noise(70_000)
    upload = one.create(len(data))
    one.send(upload, 0, data)
    one.publish(upload, data)
    one.parts.remove(upload.place)
    with one.db.write() as conn:
        conn.execute(delete(tables.uploads))
    assert one.sessions.sweep(0) == 0
    with one.db.write() as conn:
        conn.execute(delete(tables.blob_owners))
        conn.execute(delete(tables.blobs))
    assert one.sessions.sweep(0) == 1
    assert not one.blobs.exists(sha(data))

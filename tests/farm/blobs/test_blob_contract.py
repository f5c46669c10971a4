"""One suite over every blob store: disk, memory, and S3 against a server that the test starts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from farm.blob_disk import DiskBlobs
from farm.blob_memory import MemoryBlobs
from farm.blob_s3 import PART_BYTES
from farm.blobs import CHUNK, BlobStore, open_blobs
from farm.errors import FarmFault, Refused
from farm.settings import Settings

ABSENT = "0" * 64


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["disk", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "disk":
        return open_blobs(Settings(data_dir=tmp_path))
    if request.param == "memory":
        return open_blobs(Settings(blob_url="memory:"))
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"b{abs(hash(tmp_path)):x}"
    assert httpx.put(f"{endpoint}/{bucket}").status_code == 200
    return open_blobs(
        Settings(
            data_dir=tmp_path,
            blob_url=f"s3://{bucket}/farm/blobs",
            s3_endpoint=endpoint,
            s3_access_key=SecretStr("test"),
            s3_secret_key=SecretStr("test"),
        )
    )


def test_bytes_come_back_by_their_digest(store: BlobStore) -> None:
    stored = store.put_bytes(b"a dress")
    assert stored.digest == sha(b"a dress")
    assert stored.size == store.size(stored.digest) == 7
    assert store.exists(stored.digest)
    assert b"".join(store.read(stored.digest)) == b"a dress"


def test_the_same_bytes_twice_are_one_blob(store: BlobStore) -> None:
    assert store.put_bytes(b"twice") == store.put_bytes(b"twice")


def test_no_bytes_are_a_blob_too(store: BlobStore) -> None:
    stored = store.writer().commit()
    assert stored.size == 0
    assert list(store.read(stored.digest)) == []


def test_chunks_are_hashed_as_they_come(store: BlobStore) -> None:
    writer = store.writer()
    for chunk in (b"one ", bytearray(b"two "), memoryview(b"three")):
        writer.write(chunk)
    assert writer.size == 13
    stored = writer.commit(sha(b"one two three"))
    assert b"".join(store.read(stored.digest)) == b"one two three"


def test_other_bytes_than_announced_are_refused_and_leave_nothing(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"changed on the way")
    with pytest.raises(Refused, match=r"blob\.digest_mismatch"):
        writer.commit(sha(b"as it was"))
    with pytest.raises(Refused, match=r"blob\.digest_mismatch"):
        store.put_bytes(b"changed", digest=sha(b"as it was"))
    assert not store.exists(sha(b"as it was"))
    assert not store.exists(sha(b"changed on the way"))
    assert store.sweep_temporary(0) == 0


def test_an_aborted_writer_leaves_nothing(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"never mind")
    writer.abort()
    writer.abort()
    assert not store.exists(sha(b"never mind"))
    assert store.sweep_temporary(0) == 0


@pytest.mark.parametrize("move", [True, False])
def test_a_file_is_copied_or_moved(store: BlobStore, tmp_path: Path, move: bool) -> None:
    source = tmp_path / "frame.png"
    source.write_bytes(b"pixels")
    stored = store.put_file(source, move=move)
    assert source.exists() is not move
    assert b"".join(store.read(stored.digest)) == b"pixels"


def test_a_large_file_comes_back_whole_and_in_bounded_chunks(store: BlobStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * (PART_BYTES // 256 + 4000)
    source = tmp_path / "film.mp4"
    source.write_bytes(data)
    stored = store.put_file(source, move=True)
    chunks = list(store.read(stored.digest))
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= CHUNK


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, 6, b"345"), (7, None, b"789"), (8, 99, b"89"), (4, 4, b""), (20, 30, b"")],
)
def test_a_range_is_read(store: BlobStore, start: int, end: int | None, expected: bytes) -> None:
    stored = store.put_bytes(b"0123456789")
    assert b"".join(store.read(stored.digest, start, end)) == expected


def test_an_opened_blob_seeks(store: BlobStore) -> None:
    stored = store.put_bytes(b"0123456789")
    with store.open(stored.digest) as file:
        file.seek(6)
        assert file.read(2) == b"67"
        file.seek(0)
        assert file.read() == b"0123456789"
        file.seek(-1, 2)
        assert file.read() == b"9"


def test_a_local_path_is_the_bytes_or_nothing(store: BlobStore) -> None:
    stored = store.put_bytes(b"local")
    path = store.local_path(stored.digest)
    assert path is None or path.read_bytes() == b"local"


def test_what_is_missing_is_the_farms_fault(store: BlobStore) -> None:
    assert not store.exists(ABSENT)
    for ask in (store.size, store.open, store.local_path, lambda digest: list(store.read(digest))):
        with pytest.raises(FarmFault, match=r"blob\.missing"):
            ask(ABSENT)
    assert store.delete(ABSENT) is False


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "", "A" * 64, "a" * 63, "a" * 65, f"{'a' * 64}\n"]
)
def test_only_digests_name_blobs(store: BlobStore, name: str) -> None:
    for ask in (store.size, store.open, store.local_path, store.exists, store.delete, lambda n: list(store.read(n))):
        with pytest.raises(Refused, match=r"blob\.unknown"):
            ask(name)


def test_a_deleted_blob_is_gone_and_can_come_again(store: BlobStore) -> None:
    stored = store.put_bytes(b"again")
    assert store.delete(stored.digest)
    assert not store.exists(stored.digest)
    store.put_bytes(b"again")
    assert b"".join(store.read(stored.digest)) == b"again"


def test_a_blob_that_was_put_lately_is_not_collected(store: BlobStore) -> None:
    stored = store.put_bytes(b"young")
    assert store.delete(stored.digest, unused_for=3600) is False
    assert b"".join(store.read(stored.digest)) == b"young"


def test_many_put_the_same_bytes_at_once(store: BlobStore) -> None:
    data = b"everybody" * 5000
    with ThreadPoolExecutor(8) as pool:
        stored = set(pool.map(lambda _: store.put_bytes(data).digest, range(16)))
    assert stored == {sha(data)}
    assert b"".join(store.read(sha(data))) == data
    assert store.sweep_temporary(0) == 0


def test_a_setting_that_names_no_store_is_refused() -> None:
    with pytest.raises(FarmFault, match="FARM_BLOB_URL"):
        open_blobs(Settings(blob_url="ftp://somewhere/else"))


def test_the_settings_choose_the_store(tmp_path: Path) -> None:
    assert isinstance(open_blobs(Settings(blob_url="memory:")), MemoryBlobs)
    assert isinstance(open_blobs(Settings(blob_url=str(tmp_path / "x"))), DiskBlobs)


def test_an_s3_server_that_is_down_is_the_farms_fault(tmp_path: Path) -> None:
    store = open_blobs(
        Settings(
            data_dir=tmp_path,
            blob_url="s3://bucket",
            s3_endpoint="http://127.0.0.1:9",
            s3_access_key=SecretStr("test"),
            s3_secret_key=SecretStr("test"),
        )
    )
    with pytest.raises(FarmFault, match=r"farm\.unavailable"):
        store.put_bytes(b"nobody listens")
    assert store.sweep_temporary(0) == 0

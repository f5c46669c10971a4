"""Part stores of every kind, each with the blobs that it publishes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from farm.blob_disk import DiskBlobs
from farm.blob_memory import MemoryBlobs
from farm.blob_s3 import S3Blobs, open_s3
from farm.blobs import BlobStore, Stored
from farm.parts import PartStore
from farm.parts_disk import DiskParts
from farm.parts_memory import MemoryParts
from farm.parts_s3 import S3Parts, open_s3_parts
from farm.settings import Settings


@dataclass
class Rows:
    """The ``blobs`` table: the first key of a digest stays."""

    keys: dict[str, str] = field(default_factory=dict)

    def register(self, stored: Stored) -> None:
        self.keys.setdefault(stored.digest, stored.key)

    def key_of(self, digest: str) -> str | None:
        return self.keys.get(digest)

    def is_key(self, key: str) -> bool:
        return key in self.keys.values()


@dataclass(frozen=True)
class Kit:
    """A part store, its blobs, their rows, and how another host opens both."""

    parts: PartStore
    blobs: BlobStore
    rows: Rows
    another: Callable[[], PartStore]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def s3_settings(folder: Path, endpoint: str, bucket: str = "bucket") -> Settings:
    return Settings(
        data_dir=folder,
        blob_url=f"s3://{bucket}/farm/blobs",
        s3_endpoint=endpoint,
        s3_access_key=SecretStr("test"),
        s3_secret_key=SecretStr("test"),
    )


def s3_kit(folder: Path, endpoint: str) -> Kit:
    bucket = f"b{uuid4().hex}"
    assert httpx.put(f"{endpoint}/{bucket}").status_code == 200
    settings, rows = s3_settings(folder, endpoint, bucket), Rows()

    def both() -> tuple[S3Blobs, S3Parts]:
        blobs = open_s3(settings, rows)
        return blobs, open_s3_parts(settings, blobs)

    blobs, parts = both()
    return Kit(parts, blobs, rows, lambda: both()[1])


@pytest.fixture
def s3(tmp_path: Path, s3_endpoint: str) -> Kit:
    return s3_kit(tmp_path, s3_endpoint)


@pytest.fixture(params=["disk", "memory", "s3"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Kit:
    if request.param == "disk":
        disk = DiskBlobs(tmp_path)
        return Kit(DiskParts(disk, sync=True), disk, Rows(), lambda: DiskParts(DiskBlobs(tmp_path), sync=True))
    if request.param == "memory":
        memory = MemoryBlobs()
        parts = MemoryParts(memory)
        return Kit(parts, memory, Rows(), lambda: parts)
    return s3_kit(tmp_path, request.getfixturevalue("s3_endpoint"))

"""A bucket through boto3, for what uploads need of S3: parts by number, stretches of objects, local spools.

Whatever goes wrong on the way to the server is FarmFault ``farm.unavailable``. No message has an address, a key of
the client's or a signature in it.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from farm.blobs import disk_errors, missing
from farm.errors import FarmFault, Refused
from farm.parts import MIB, Part, Place
from farm.settings import Settings

READ_AHEAD = 4 * MIB

ABSENT = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})
"""Error codes of S3, and the HTTP status where an answer has no body."""
CHANGED = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})
NO_COPY = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})


def code_of(error: ClientError) -> str:
    """What S3 calls the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def s3_errors(what: str = "") -> Iterator[None]:
    """What boto3 raises, as ours: without keys, addresses or signatures."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in ABSENT:
            raise missing(what) from error
        raise FarmFault("farm.unavailable", f"the blob store refused a request ({code[:40]}): try again") from error
    except BotoCoreError as error:
        raise FarmFault("farm.unavailable", f"the blob store does not answer ({type(error).__name__})") from error


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where the objects are."""

    client: Any
    name: str
    prefix: str
    spool: Path

    def at(self, key: str) -> dict[str, str]:
        """Names an object for boto3."""
        return {"Bucket": self.name, "Key": key}

    def spooled(self) -> BinaryIO:
        """A local file without a name: gone with its process, however that ends."""
        self.spool.mkdir(parents=True, exist_ok=True)
        with disk_errors():
            return cast("BinaryIO", tempfile.TemporaryFile(dir=self.spool, buffering=0))

    def size(self, key: str) -> int | None:
        """Of an object; None when there is none."""
        try:
            return int(self.client.head_object(**self.at(key))["ContentLength"])
        except ClientError as error:
            if code_of(error) in ABSENT:
                return None
            raise

    def fetch(self, key: str, file: BinaryIO, start: int, size: int) -> None:
        """A stretch of an object into a local file. Raises FarmFault ``blob.missing`` when there is less."""
        found = self.client.get_object(**self.at(key), Range=f"bytes={start}-{start + size - 1}")
        if sum(write_all(file, piece) for piece in found["Body"].iter_chunks(MIB)) != size:
            raise missing(key)

    def open(self, key: str) -> BinaryIO:
        """An object, streamed as it is read. Raises FarmFault ``blob.missing``."""
        with s3_errors(key):
            size = self.size(key)
        if size is None:
            raise missing(key)
        return cast("BinaryIO", io.BufferedReader(_ObjectFile(self, key, size), READ_AHEAD))

    def put(self, key: str, file: BinaryIO, used: int, size: int) -> None:
        """Writes an object from a file, ``used`` bytes into it."""
        self.client.put_object(**self.at(key), Body=_Slice(file, used, size), ContentLength=size)

    def send(self, place: Place, number: int, file: BinaryIO, start: int, size: int, *, used: int = 0) -> Part:
        """Sends a part from a file, ``used`` bytes into it. Raises Refused ``upload.not_open`` when the upload ended
        meanwhile.
        """
        try:
            answer = self.client.upload_part(
                **self.at(place["key"]),
                UploadId=place["upload"],
                PartNumber=number + 1,
                Body=_Slice(file, used, size),
                ContentLength=size,
            )
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                raise Refused("upload.not_open", "the upload was completed or deleted meanwhile") from error
            raise
        return Part(number=number, start=start, size=size, receipt={"etag": answer["ETag"]})


class _Slice(io.RawIOBase):
    """A stretch of an open file, as a file: boto3 reads it, and reads it again when it must."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._descriptor = file.fileno()
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._size

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = os.pread(
            self._descriptor, left if size is None or size < 0 else min(size, left), self._start + self._at
        )
        self._at += len(data)
        return data


def write_all(file: BinaryIO, data: bytes | memoryview) -> int:
    """Writes to an unbuffered file; the length. Raises FarmFault ``farm.disk_full``."""
    view = memoryview(data).cast("B")
    size = len(view)
    with disk_errors():
        while view:
            view = view[file.write(view) :]
    return size


class _ObjectFile(io.RawIOBase):
    """An object for reading and seeking: one streamed GET from wherever reading goes on."""

    def __init__(self, bucket: Bucket, key: str, size: int) -> None:
        self._bucket = bucket
        self._key = key
        self._size = size
        self._at = 0
        self._body: Any = None
        self._body_at = -1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._at))
        if not wanted:
            return 0
        if self._body is None or self._body_at != self._at:
            self._open()
        data = self._some(wanted)
        if not data:  # a broken stream is taken up once where it broke
            self._open()
            data = self._some(wanted)
        if not data:
            raise FarmFault("farm.unavailable", "the blob store breaks off in the middle of an object: try again")
        view[: len(data)] = data
        self._at += len(data)
        self._body_at = self._at
        return len(data)

    def _some(self, wanted: int) -> bytes:
        """At most so many bytes; none when the stream is broken."""
        try:
            data: bytes = self._body.read(wanted)
        except (OSError, BotoCoreError):
            return b""
        return data

    def _open(self) -> None:
        if self._body is not None:
            self._body.close()
        self._body = None
        with s3_errors(self._key):
            found = self._bucket.client.get_object(**self._bucket.at(self._key), Range=f"bytes={self._at}-")
        self._body, self._body_at = found["Body"], self._at

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
        super().close()


def open_bucket(
    settings: Settings, *, connect_timeout: float = 5, read_timeout: float | None = None, tries: int = 5
) -> Bucket:
    """The bucket of ``FARM_BLOB_URL``, with one client for all threads. Timeouts are seconds of silence."""
    target = urlsplit(settings.blob_url)
    given: dict[str, Any] = {}
    if settings.s3_access_key.get_secret_value():
        given["aws_access_key_id"] = settings.s3_access_key.get_secret_value()
        given["aws_secret_access_key"] = settings.s3_secret_key.get_secret_value()
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4",  # the older one signs no length into a presigned URL
            connect_timeout=connect_timeout,
            read_timeout=settings.s3_timeout_s if read_timeout is None else read_timeout,
            retries={"mode": "standard", "total_max_attempts": tries},
            max_pool_connections=32,
            s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
            # Servers that are not Amazon's do not all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **given,
    )
    spool = (settings.scratch_dir or settings.data_dir) / "spool"
    return Bucket(client=client, name=target.netloc, prefix=target.path.strip("/"), spool=spool)

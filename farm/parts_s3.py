"""Uploads as S3 multipart uploads: a chunk is a part, completion joins the parts inside the bucket.

Bytes are spooled to a local file first, so that nothing reaches the bucket that was not verified, and a part is sent
from the disk with flat memory. S3 has no rename and no copy above 5 GiB: publishing leaves the object where it is,
and the database maps the blob's digest to its key. Limits: Amazon S3 User Guide, "Multipart upload limits" (parts of
5 MiB to 5 GiB but for the last, 10,000 parts).
"""

from __future__ import annotations

import io
import math
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from farm.blob_s3 import S3Blobs
from farm.blobs import BlobStore, Stored, disk_errors, missing
from farm.errors import FarmFault, JobFault
from farm.ids import is_id
from farm.parts import MIB, Durable, Part, Place
from farm.settings import Settings

LEAST = 5 * MIB
MOST = 10_000
APPEND_PART = 8 * MIB
APPEND_PARTS = 9_000
"""Parts that an append of a known size is cut into at most: some are short, where a connection broke."""
COPY_PART = 512 * MIB
ONE_PUT = 5 * 1024 * MIB
"""The largest object of a single PUT."""
READ_AHEAD = 4 * MIB

_ABSENT = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})
_CHANGED = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})
_NO_COPY = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _errors(what: str = "") -> Iterator[None]:
    """What boto3 raises, as ours: without keys, addresses or signatures."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _ABSENT:
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
            if _code(error) in _ABSENT:
                return None
            raise

    def fetch(self, key: str, file: BinaryIO, start: int, size: int) -> None:
        """A stretch of an object into a local file. Raises FarmFault ``blob.missing`` when there is less."""
        found = self.client.get_object(**self.at(key), Range=f"bytes={start}-{start + size - 1}")
        if sum(_write(file, piece) for piece in found["Body"].iter_chunks(MIB)) != size:
            raise missing(key)

    def send(self, place: Place, number: int, file: BinaryIO, start: int, size: int) -> Part:
        """Sends a part from a file."""
        body = _Slice(file, 0, size)
        answer = self.client.upload_part(
            **self.at(place["key"]),
            UploadId=place["upload"],
            PartNumber=number + 1,
            Body=body,
            ContentLength=size,
        )
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


def _write(file: BinaryIO, data: bytes | memoryview) -> int:
    view = memoryview(data).cast("B")
    size = len(view)
    with disk_errors():
        while view:
            view = view[file.write(view) :]
    return size


class S3Chunk:
    """A chunk, spooled and then sent as a part."""

    def __init__(self, bucket: Bucket, place: Place, part: Part) -> None:
        self._bucket = bucket
        self._place = place
        self._part = part
        self._file: BinaryIO | None = bucket.spooled()

    def write(self, data: bytes | memoryview) -> None:
        """Into the spool."""
        assert self._file is not None
        _write(self._file, data)

    def commit(self) -> Part:
        """Sent: S3 answers once it is durable."""
        assert self._file is not None
        with _errors(self._place["key"]):
            return self._bucket.send(self._place, self._part.number, self._file, self._part.start, self._part.size)

    def abort(self) -> None:
        """The spooled bytes go."""
        if self._file is not None:
            self._file.close()
            self._file = None


class S3Append:
    """Bytes at the end: full parts are sent as they fill, what is left becomes the tail, an object of its own. A new
    tail has a new name, for the one that was counted must last until the new one is.
    """

    def __init__(
        self,
        bucket: Bucket,
        place: Place,
        offset: int,
        part_size: int,
        number: int,
        tail: Mapping[str, Any],
        *,
        whole: bool,
    ) -> None:
        self._bucket = bucket
        self._place = place
        self._part_size = part_size
        self._number = number
        self._whole = whole
        self._tail = tail
        self._filled = int(tail.get("size", 0))
        self._start = offset - self._filled  # of the first byte in the spool
        self._file: BinaryIO | None = bucket.spooled()
        try:
            with _errors(place["key"]):
                if tail.get("before"):
                    bucket.client.delete_object(**bucket.at(tail["before"]))
                if self._filled:
                    bucket.fetch(tail["key"], self._file, 0, self._filled)
        except BaseException:
            self.close()
            raise

    def write(self, data: bytes | memoryview) -> None:
        """Into the spool."""
        assert self._file is not None
        self._filled += _write(self._file, data)

    def checkpoint(self) -> Durable | None:
        """Sends full parts; None while there is none."""
        if self._whole or self._filled < self._part_size:
            return None
        return self._sent(last=False)

    def finish(self) -> Durable:
        """Sends full parts, and the rest as the tail."""
        return self._sent(last=True)

    def _sent(self, *, last: bool) -> Durable:
        assert self._file is not None
        parts: list[Part] = []
        used = 0
        with _errors(self._place["key"]):
            while self._filled - used >= self._part_size:
                body = _Slice(self._file, used, self._part_size)
                parts.append(self._send(body, self._part_size))
                used += self._part_size
            rest = self._filled - used
            tail: dict[str, Any] = {}
            if self._tail.get("key"):
                tail["before"] = self._tail["key"]
            if last and rest:
                tail |= {"key": f"{self._place['key']}.tail-{secrets.token_hex(8)}", "size": rest}
                self._bucket.client.put_object(
                    **self._bucket.at(tail["key"]), Body=_Slice(self._file, used, rest), ContentLength=rest
                )
        self._keep(used, rest)
        self._tail = tail
        return Durable(received=self._start + (rest if last else 0), parts=tuple(parts), tail=tail)

    def _send(self, body: _Slice, size: int) -> Part:
        if self._number >= MOST:
            raise JobFault("upload.too_large", f"an upload has at most {MOST:,} parts: begin again with its length")
        answer = self._bucket.client.upload_part(
            **self._bucket.at(self._place["key"]),
            UploadId=self._place["upload"],
            PartNumber=self._number + 1,
            Body=body,
            ContentLength=size,
        )
        part = Part(number=self._number, start=self._start, size=size, receipt={"etag": answer["ETag"]})
        self._number += 1
        self._start += size
        return part

    def _keep(self, used: int, rest: int) -> None:
        """What was not sent goes to the front of a fresh spool."""
        if not used:
            return
        assert self._file is not None
        fresh = self._bucket.spooled()
        at = 0
        while at < rest:
            piece = os.pread(self._file.fileno(), min(MIB, rest - at), used + at)
            at += _write(fresh, piece)
        self._file.close()
        self._file, self._filled = fresh, rest

    def close(self) -> None:
        """The spooled bytes go."""
        if self._file is not None:
            self._file.close()
            self._file = None


class _Object(io.RawIOBase):
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
        with _errors(self._key):
            try:
                if self._body is None or self._body_at != self._at:
                    self._open()
                data = self._body.read(wanted)
            except (OSError, BotoCoreError):  # a broken stream is taken up once where it broke
                self._open()
                data = self._body.read(wanted)
        view[: len(data)] = data
        self._at += len(data)
        self._body_at = self._at
        return len(data)

    def _open(self) -> None:
        if self._body is not None:
            self._body.close()
        found = self._bucket.client.get_object(**self._bucket.at(self._key), Range=f"bytes={self._at}-")
        self._body, self._body_at = found["Body"], self._at

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
        super().close()


class S3Parts:
    """``<prefix>/uploads/<id>`` in the blobs' own bucket."""

    least_chunk = LEAST
    most_chunks = MOST
    leases = True

    def __init__(self, bucket: Bucket, blobs: S3Blobs) -> None:
        self._bucket = bucket
        self._blobs = blobs
        self._copies = True

    @property
    def _client(self) -> Any:
        return self._bucket.client

    def create(self, upload_id: str, size: int | None, media_type: str, *, direct: bool = False) -> Place:  # noqa: ARG002
        """A multipart upload; for a direct one only the key."""
        key = f"{self._bucket.prefix}/uploads/{upload_id}".lstrip("/")
        if direct:
            return {"key": key, "upload": ""}
        with _errors(key):
            made = self._client.create_multipart_upload(**self._bucket.at(key), ContentType=media_type)
        return {"key": key, "upload": made["UploadId"]}

    def chunk(self, place: Place, number: int, start: int, size: int) -> S3Chunk:
        """A part. Writers on several hosts are kept apart by the session's holds."""
        return S3Chunk(self._bucket, place, Part(number=number, start=start, size=size))

    def append(
        self, place: Place, offset: int, size: int | None, parts: int, tail: Mapping[str, Any], *, whole: bool
    ) -> S3Append:
        """Parts of 8 MiB, or as large as the length needs."""
        part_size = max(APPEND_PART, math.ceil((size or 0) / APPEND_PARTS / MIB) * MIB)
        return S3Append(self._bucket, place, offset, part_size, parts, tail, whole=whole)

    def seal(self, place: Place, parts: Sequence[Part], tail: Mapping[str, Any], size: int) -> None:
        """CompleteMultipartUpload with the parts that were counted."""
        key = place["key"]
        with _errors(key):
            if self._bucket.size(key) == size:
                return
            if not place["upload"]:
                raise JobFault("upload.parts_changed", "the bytes are no longer in the store: upload them again")
            done = list(parts)
            left = int(tail.get("size", 0))
            if left:
                with self._bucket.spooled() as file:
                    self._bucket.fetch(tail["key"], file, 0, left)
                    done.append(self._bucket.send(place, len(done), file, size - left, left))
            if not done:
                self._client.put_object(**self._bucket.at(key), Body=b"")
                self._abort(place)
                return
            numbered = [{"PartNumber": part.number + 1, "ETag": part.receipt["etag"]} for part in done]
            self._completed(place, numbered, size)

    def _completed(self, place: Place, numbered: Sequence[Mapping[str, Any]], size: int) -> None:
        try:
            self._client.complete_multipart_upload(
                **self._bucket.at(place["key"]), UploadId=place["upload"], MultipartUpload={"Parts": numbered}
            )
        except ClientError as error:
            if self._bucket.size(place["key"]) == size:
                return  # an earlier try did it, and its answer was lost
            if _code(error) in _CHANGED | _ABSENT:
                raise JobFault(
                    "upload.parts_changed", "parts in the store are not those that were counted: upload them again"
                ) from error
            raise
        if self._bucket.size(place["key"]) != size:
            raise JobFault("upload.parts_changed", "the joined parts have another length: upload them again")

    def concatenate(
        self, place: Place, sources: Sequence[tuple[Place, int]], progress: Callable[[int], None]
    ) -> None:
        """UploadPartCopy for long stretches where the server has it; what is too short for a part is read and sent
        together with its neighbours.
        """
        total = sum(size for _, size in sources)
        key = place["key"]
        with _errors(key):
            if self._bucket.size(key) == total:
                return
            if not total:
                self._client.put_object(**self._bucket.at(key), Body=b"")
                self._abort(place)
                return
            self._completed(place, list(self._joined(place, sources, total, progress)), total)

    def _joined(
        self, place: Place, sources: Sequence[tuple[Place, int]], total: int, progress: Callable[[int], None]
    ) -> Iterator[Mapping[str, Any]]:
        """The parts of a concatenation, as they are made."""
        usual = max(APPEND_PART, -(-total // APPEND_PARTS))
        number = filled = done = 0
        spool = self._bucket.spooled()
        try:
            for source, size in sources:
                at = 0
                while at < size:
                    etag = None
                    length = min(size - at, COPY_PART)
                    if self._copies and not filled and length >= LEAST:
                        etag = self._copied(place, source["key"], at, length, number)
                    if etag is None:
                        length = min(size - at, (LEAST if self._copies else usual) - filled)
                        self._bucket.fetch(source["key"], spool, at, length)
                        filled += length
                    at += length
                    done += length
                    progress(done)
                    if filled >= LEAST and (self._copies or filled >= usual):
                        etag = self._bucket.send(place, number, spool, 0, filled).receipt["etag"]
                        spool.close()
                        spool, filled = self._bucket.spooled(), 0
                    if etag is not None:
                        number += 1
                        yield {"PartNumber": number, "ETag": etag}
            if filled:
                etag = self._bucket.send(place, number, spool, 0, filled).receipt["etag"]
                yield {"PartNumber": number + 1, "ETag": etag}
        finally:
            spool.close()

    def _copied(self, place: Place, source: str, at: int, length: int, number: int) -> str | None:
        try:
            answer = self._client.upload_part_copy(
                **self._bucket.at(place["key"]),
                UploadId=place["upload"],
                PartNumber=number + 1,
                CopySource={"Bucket": self._bucket.name, "Key": source},
                CopySourceRange=f"bytes={at}-{at + length - 1}",
            )
        except ClientError as error:
            if _code(error) not in _NO_COPY:
                raise
            self._copies = False
            return None
        return str(answer["CopyPartResult"]["ETag"])

    def open(self, place: Place) -> BinaryIO:
        """Streamed as it is read."""
        with _errors(place["key"]):
            size = self._bucket.size(place["key"])
        if size is None:
            raise missing(place["key"])
        return cast("BinaryIO", io.BufferedReader(_Object(self._bucket, place["key"], size), READ_AHEAD))

    def publish(self, place: Place, digest: str, size: int) -> Stored:
        """The object stays where it is; its key is the blob's. A blob that is there already is kept instead."""
        return self._blobs.adopt(place["key"], digest, size)

    def presign(self, place: Place, size: int, media_type: str, seconds: int) -> tuple[str, Mapping[str, str]] | None:
        """S3's own presigned PUT, which takes exactly so many bytes; None above 5 GiB."""
        if size > ONE_PUT:
            return None
        headers = {"Content-Type": media_type, "Content-Length": str(size)}
        url = self._client.generate_presigned_url(
            "put_object",
            Params={**self._bucket.at(place["key"]), "ContentType": media_type, "ContentLength": size},
            ExpiresIn=seconds,
        )
        return url, headers

    def direct_size(self, place: Place) -> int | None:
        """Of the object."""
        with _errors(place["key"]):
            return self._bucket.size(place["key"])

    def remove(self, place: Place) -> None:
        """Parts, tail and object go; but not an object that is a blob by now."""
        key = place["key"]
        with _errors(key):
            if place["upload"]:
                self._abort(place)
            for tail in self._client.list_objects_v2(Bucket=self._bucket.name, Prefix=f"{key}.tail-").get(
                "Contents", ()
            ):
                self._client.delete_object(**self._bucket.at(tail["Key"]))
            if not self._blobs.adopted(key):
                self._client.delete_object(**self._bucket.at(key))

    def _abort(self, place: Place) -> None:
        try:
            self._client.abort_multipart_upload(**self._bucket.at(place["key"]), UploadId=place["upload"])
        except ClientError as error:
            if _code(error) not in _ABSENT:
                raise

    def sweep(self, known: Callable[[Collection[str]], Collection[str]], older_than: float) -> int:
        """Multipart uploads, tails and objects without a session."""
        swept = 0
        prefix = f"{self._bucket.prefix}/uploads/".lstrip("/")
        with _errors():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket.name, Prefix=prefix
            )
            for page in pages:
                found = [(one["Key"], one["UploadId"], one["Initiated"]) for one in page.get("Uploads", ())]
                for key, upload in self._orphans(found, prefix, known, older_than):
                    self._abort({"key": key, "upload": upload})
                    swept += 1
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=prefix
            ):
                found = [(one["Key"], "", one["LastModified"]) for one in page.get("Contents", ())]
                for key, _ in self._orphans(found, prefix, known, older_than):
                    if not self._blobs.adopted(key):
                        self._client.delete_object(**self._bucket.at(key))
                        swept += 1
        return swept

    @staticmethod
    def _orphans(
        found: Sequence[tuple[str, str, Any]],
        prefix: str,
        known: Callable[[Collection[str]], Collection[str]],
        older_than: float,
    ) -> list[tuple[str, str]]:
        ids = {key: key.removeprefix(prefix).partition(".")[0] for key, _, _ in found}
        old = [
            (key, upload)
            for key, upload, when in found
            if is_id(ids[key]) and time.time() - when.timestamp() >= older_than
        ]
        present = set(known([ids[key] for key, _ in old])) if old else set()
        return [(key, upload) for key, upload in old if ids[key] not in present]


def open_s3_parts(settings: Settings, blobs: BlobStore) -> S3Parts:
    """Beside the blobs, with the same keys."""
    assert isinstance(blobs, S3Blobs)
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
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=32,
            s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
            # Servers that are not Amazon's do not all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **given,
    )
    spool = (settings.scratch_dir or settings.data_dir) / "spool"
    bucket = Bucket(client=client, name=target.netloc, prefix=target.path.strip("/"), spool=spool)
    return S3Parts(bucket, blobs)

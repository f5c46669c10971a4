"""Uploads as S3 multipart uploads: a chunk is a part, completion joins the parts inside the bucket.

Bytes are spooled to a local file first, so that nothing reaches the bucket that was not verified, and a part is sent
from the disk with flat memory. S3 has no rename and no copy above 5 GiB: publishing leaves the object where it is,
and the database maps the blob's digest to its key. Limits: Amazon S3 User Guide, "Multipart upload limits" (parts of
5 MiB to 5 GiB but for the last, 10,000 parts).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from farm.blob_s3 import S3Blobs
from farm.blobs import BlobStore, Stored, missing
from farm.errors import JobFault, Refused
from farm.ids import is_id
from farm.parts import MIB, Durable, Part, Place
from farm.s3_bucket import ABSENT, CHANGED, NO_COPY, Bucket, code_of, open_bucket, s3_errors, write_all
from farm.settings import Settings

LEAST = 5 * MIB
MOST = 10_000
APPEND_PART = 8 * MIB
"""Parts of an append, unless it needs larger ones to fit."""
COPY_PART = 512 * MIB
ONE_PUT = 5 * 1024 * MIB
"""The largest object of a single PUT."""


def part_bytes(start: int, size: int | None, number: int) -> int:
    """How large part ``number`` (from 0) of an append is, which begins at byte ``start``: so large that what is left
    fits into the parts that are left. Of an upload of unknown size, twice as large after every 1,000 parts (8 TiB in
    all).
    """
    if size is None:
        return APPEND_PART << (number // 1000)
    needed = -(-(size - start) // max(1, MOST - number))
    return max(APPEND_PART, -(-needed // MIB) * MIB)


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
        write_all(self._file, data)

    def commit(self) -> Part:
        """Sent: S3 answers once it is durable."""
        assert self._file is not None
        with s3_errors(self._place["key"]):
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
        size: int | None,
        number: int,
        tail: Mapping[str, Any],
        *,
        whole: bool,
    ) -> None:
        self._bucket = bucket
        self._place = place
        self._size = size
        self._number = number
        self._whole = whole
        self._tail = tail
        self._filled = int(tail.get("size", 0))
        self._kept = self._filled
        self._start = offset - self._filled  # of the first byte in the spool
        self._file: BinaryIO | None = bucket.spooled()
        try:
            with s3_errors(place["key"]):
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
        self._filled += write_all(self._file, data)

    @property
    def _part_size(self) -> int:
        return part_bytes(self._start, self._size, self._number)

    def checkpoint(self) -> Durable | None:
        """Sends full parts; None while there is none."""
        if self._whole or self._filled < self._part_size:
            return None
        return self._sent(last=False)

    def finish(self) -> Durable:
        """Sends full parts, and the rest as the tail."""
        if self._filled == self._kept:
            return Durable(received=self._start + self._filled, tail=self._tail)
        return self._sent(last=True)

    def _sent(self, *, last: bool) -> Durable:
        assert self._file is not None
        parts: list[Part] = []
        used = 0
        with s3_errors(self._place["key"]):
            while self._filled - used >= (size := self._part_size):
                parts.append(self._send(used, size))
                used += size
            rest = self._filled - used
            tail: dict[str, Any] = {}
            if before := self._tail.get("key") or self._tail.get("before"):
                tail["before"] = before
            if last and rest:
                tail |= {"key": f"{self._place['key']}.tail-{secrets.token_hex(8)}", "size": rest}
                self._bucket.put(tail["key"], self._file, used, rest)
        self._keep(used, rest)
        self._tail, self._kept = tail, rest if last else 0
        return Durable(received=self._start + (rest if last else 0), parts=tuple(parts), tail=tail)

    def _send(self, used: int, size: int) -> Part:
        if self._number >= MOST:
            raise Refused("upload.too_large", f"an upload has at most {MOST:,} parts: begin again with its length")
        assert self._file is not None
        part = self._bucket.send(self._place, self._number, self._file, self._start, size, used=used)
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
            at += write_all(fresh, piece)
        self._file.close()
        self._file, self._filled = fresh, rest

    def close(self) -> None:
        """The spooled bytes go."""
        if self._file is not None:
            self._file.close()
            self._file = None


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
        """A multipart upload. For a direct one, ``put`` is where its bytes come: whoever has the URL can write there
        until it expires, so that the bytes are copied before anybody trusts them.
        """
        key = f"{self._bucket.prefix}/uploads/{upload_id}".lstrip("/")
        if direct:
            return {"key": key, "upload": "", "put": f"{key}.put"}
        with s3_errors(key):
            made = self._client.create_multipart_upload(**self._bucket.at(key), ContentType=media_type)
        return {"key": key, "upload": made["UploadId"]}

    def chunk(self, place: Place, number: int, start: int, size: int) -> S3Chunk:
        """A part. Writers on several hosts are kept apart by the session's holds."""
        return S3Chunk(self._bucket, place, Part(number=number, start=start, size=size))

    def append(
        self, place: Place, offset: int, size: int | None, parts: int, tail: Mapping[str, Any], *, whole: bool
    ) -> S3Append:
        """Parts of 8 MiB, or as large as the length needs."""
        return S3Append(self._bucket, place, offset, size, parts, tail, whole=whole)

    def seal(self, place: Place, parts: Sequence[Part], tail: Mapping[str, Any], size: int) -> None:
        """CompleteMultipartUpload with the parts that were counted."""
        key = place["key"]
        with s3_errors(key):
            if self._bucket.size(key) == size:
                return
            if not place["upload"]:
                self._copy(place, size)
                return
            if sum(part.size for part in parts) + int(tail.get("size", 0)) != size:
                raise JobFault("upload.parts_changed", "the parts that were counted are not all: upload them again")
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

    def _copy(self, place: Place, size: int) -> None:
        try:
            self._client.copy_object(
                **self._bucket.at(place["key"]), CopySource={"Bucket": self._bucket.name, "Key": place["put"]}
            )
        except ClientError as error:
            if code_of(error) not in ABSENT:
                raise
        if self._bucket.size(place["key"]) != size:
            raise JobFault("upload.parts_changed", "the bytes are no longer those that came: upload them again")

    def _completed(self, place: Place, numbered: Sequence[Mapping[str, Any]], size: int) -> None:
        try:
            self._client.complete_multipart_upload(
                **self._bucket.at(place["key"]), UploadId=place["upload"], MultipartUpload={"Parts": numbered}
            )
        except ClientError as error:
            if self._bucket.size(place["key"]) == size:
                return  # an earlier try did it, and its answer was lost
            if code_of(error) in CHANGED | ABSENT:
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
        with s3_errors(key):
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
        usual = part_bytes(0, total, 0)
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
            if code_of(error) not in NO_COPY:
                raise
            self._copies = False
            return None
        return str(answer["CopyPartResult"]["ETag"])

    def open(self, place: Place) -> BinaryIO:
        """Streamed as it is read."""
        return self._bucket.open(place["key"])

    def publish(self, place: Place, digest: str, size: int) -> Stored:
        """The object stays where it is; its key is the blob's, unless the blob has one: then :meth:`remove` takes
        this one away.
        """

        def copy(key: str) -> None:
            with s3_errors(key):
                made = self._client.create_multipart_upload(**self._bucket.at(key))
            self.concatenate({"key": key, "upload": made["UploadId"]}, [(place, size)], lambda _: None)

        with s3_errors(digest):
            if self._bucket.size(place["key"]) != size:
                raise missing(digest)
        return self._blobs.adopt(place["key"], digest, size, copy)

    def presign(self, place: Place, size: int, media_type: str, seconds: int) -> tuple[str, Mapping[str, str]] | None:
        """S3's own presigned PUT, which takes exactly so many bytes; None above 5 GiB."""
        if size > ONE_PUT or "put" not in place:
            return None
        headers = {"Content-Type": media_type, "Content-Length": str(size)}
        with s3_errors():
            url = self._client.generate_presigned_url(
                "put_object",
                Params={**self._bucket.at(place["put"]), "ContentType": media_type, "ContentLength": size},
                ExpiresIn=seconds,
            )
        return url, headers

    def direct_size(self, place: Place) -> int | None:
        """Of the object."""
        if "put" not in place:
            return None
        with s3_errors(place["key"]):
            return self._bucket.size(place["put"])

    def remove(self, place: Place) -> None:
        """Parts, tail and object go; but not an object that is a blob by now."""
        key = place["key"]
        with s3_errors(key):
            if place["upload"]:
                self._abort(place)
            found = self._client.list_objects_v2(Bucket=self._bucket.name, Prefix=f"{key}.")
            for one in found.get("Contents", ()):
                self._client.delete_object(**self._bucket.at(one["Key"]))
            if not self._blobs.adopted(key):
                self._client.delete_object(**self._bucket.at(key))

    def _abort(self, place: Place) -> None:
        try:
            self._client.abort_multipart_upload(**self._bucket.at(place["key"]), UploadId=place["upload"])
        except ClientError as error:
            if code_of(error) not in ABSENT:
                raise

    def sweep(self, known: Callable[[Collection[str]], Collection[str]], older_than: float) -> int:
        """Multipart uploads, tails and objects without a session."""
        swept = 0
        prefix = f"{self._bucket.prefix}/uploads/".lstrip("/")
        with s3_errors():
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
    return S3Parts(open_bucket(settings), blobs)

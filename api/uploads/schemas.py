"""Uploads on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**50)]


class UploadRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A file that is to come. ``fingerprint`` is the client's own mark, by which it finds the session again."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    size: Size
    type: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    chunk_size: Annotated[int, msgspec.Meta(ge=1, le=2**40)] | None = None
    sha256: Sha256 | None = None
    fingerprint: Text | None = None


class PresignRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A file that is to come in one PUT, from somebody without a token. ``expires_in`` in seconds."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    size: Size
    type: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    sha256: Sha256 | None = None
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=7 * 86_400)] = 3600


class CompleteRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Asks for the completion. ``sha256`` is checked over the whole file."""

    sha256: Sha256 | None = None


class UploadProblem(msgspec.Struct, kw_only=True, frozen=True):
    """Why it failed, or why the last try to complete it did."""

    code: str
    title: str
    detail: str


class UploadProgress(msgspec.Struct, kw_only=True, frozen=True):
    """How far the bytes are (``phase`` "receiving") or the look at them ("assembling"), in bytes."""

    phase: str
    done: int
    total: int | None
    fraction: float


class ChunkView(msgspec.Struct, kw_only=True, frozen=True):
    """A chunk that counts; ``crc32c`` in hex."""

    number: int
    start: int
    size: int
    crc32c: str


class ChunkStored(msgspec.Struct, kw_only=True, frozen=True):
    """The answer to a chunk; ``received`` of the upload, and what is still missing."""

    number: int
    start: int
    size: int
    crc32c: str
    received: int
    missing_bytes: int


class UploadView(msgspec.Struct, kw_only=True, frozen=True):
    """An upload. ``type`` was declared, ``media_type`` was found; ``missing`` are ranges of chunk numbers, at most
    100; ``sha256`` was announced until the state is ``complete``, then it is true, and names the blob.
    ``links.chunks`` may be on another host or port: chunk N goes to ``links.chunks``/N.
    """

    id: str
    protocol: str
    state: str
    name: str
    size: int | None
    type: str | None
    media_type: str | None
    chunk_size: int | None
    chunks: int
    received: int
    missing: list[tuple[int, int]]
    sha256: str | None
    fingerprint: str | None
    partial: bool
    job: str | None
    artifact: str | None
    blob: str | None
    progress: UploadProgress
    error: UploadProblem | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    revision: int
    links: dict[str, str]
    stored: list[ChunkView] | None = None


class Presigned(msgspec.Struct, kw_only=True, frozen=True):
    """Where to PUT the bytes, with these headers, until then; complete the upload afterwards."""

    upload: UploadView
    url: str
    method: str
    headers: dict[str, str]
    expires_at: datetime


EXAMPLE: dict[str, Any] = {
    "name": "scan.glb",
    "size": 10_737_418_240,
    "type": "model/gltf-binary",
    "chunk_size": 16_777_216,
}

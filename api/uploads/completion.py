"""From all bytes to a job: the look at the first bytes, the completion, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from api.problems import as_farm_error
from api.services import Services
from api.uploads import reads
from api.uploads.schemas import UploadView
from assets.errors import ContentError
from farm.chunks import HEAD_BYTES, AppendWriter, ChunkWriter, Written
from farm.errors import Refused
from farm.jobs import Actor, NewJob
from farm.media import HEAD_BYTES as SNIFFED
from farm.sessions import Sessions
from farm.upload_rows import Upload, UploadState, find, for_assembly
from pipelines import assemble, preflight

LOOK_EVERY_S = 2.0
ENDED = frozenset({UploadState.COMPLETE, UploadState.FAILED})


class Look:
    """Bytes on their way to a writer, looked at while the others are still coming: what can never be used fails
    before gigabytes were sent for nothing. Bytes with a checksum are looked at once that has held. In one thread.
    """

    def __init__(self, writer: ChunkWriter | AppendWriter) -> None:
        self.found: str | None = None
        self.refused: Refused | None = None
        self._writer = writer
        self._upload = writer.upload
        self._due = writer.first and not writer.upload.partial and writer.upload.media_type is None

    def write(self, data: bytes | memoryview) -> None:
        """Raises what the writer does, and Refused when the file cannot be used."""
        self._writer.write(data)
        if self._due and not self._writer.checked_late and len(self._writer.head) >= HEAD_BYTES:
            self.now()

    @property
    def _too_few(self) -> bool:
        """A first append of some bytes is not yet a beginning that tells the type; completion will."""
        return len(self._writer.head) < min(SNIFFED, self._upload.size or SNIFFED)

    def now(self) -> None:
        """Looks, if nobody has: raises Refused when the file cannot be used."""
        if not self._due or self._too_few:
            return
        self._due = False
        try:
            self.found = preflight.header(self._writer.head, self._upload.size, self._upload.declared_type)
        except (Refused, ContentError) as error:
            why = as_farm_error(error)
            self.refused = Refused(why.code, why.detail, why.data)
            raise self.refused from None


@contextmanager
def watched(writer: ChunkWriter | AppendWriter, sessions: Sessions) -> Iterator[Look]:
    """A look at what passes to the writer, which is closed at the end; then what was found is noted."""
    look = Look(writer)
    try:
        yield look
    finally:
        writer.close()
        if look.refused is not None:
            sessions.fail(writer.upload.id, look.refused)
        elif look.found is not None:
            sessions.looked(writer.upload.id, look.found)


def land(sessions: Sessions, writer: ChunkWriter, pieces: Iterator[bytes | memoryview]) -> Written:
    """A chunk's bytes to their place, looked at if they are the first. Raises what the writer does, and Refused when
    the file cannot be used.
    """
    with watched(writer, sessions) as look:
        for piece in pieces:
            look.write(piece)
        written = writer.finish()
        look.now()
    return written


async def complete(parts: Services, actor: Actor, upload_id: str, digest: str | None = None) -> Upload:
    """Begins the completion, or finds the one that was begun. Raises Refused ``upload.incomplete`` and others."""
    sessions = parts.sessions
    upload = await parts.read(partial(find, upload_id=upload_id, owner=actor.owner))
    if upload.protocol == "direct" and not upload.whole and upload.state == UploadState.OPEN:
        upload = await parts.thread(sessions.direct_arrived, upload)
    upload, job_id, fresh = await parts.thread(sessions.begin_assembly, actor.owner, upload_id, digest)
    if fresh:
        info = await parts.read(partial(for_assembly, owner=actor.owner, upload_id=upload_id))
        closed = assemble.close(info)
        await parts.submit(
            NewJob(
                id=job_id,
                kind=assemble.NAME,
                lane=assemble.LANE,
                actor=actor,
                spec=closed.spec,
                closed=closed,
                output_name=None,
                idempotency_key=job_id,  # two requests may find the same job unsubmitted
            )
        )
    return upload


async def view(parts: Services, owner: str | None, upload_id: str, *, chunks: bool = False) -> UploadView:
    """The upload as it is now; one whose job has just ended is settled first."""
    found = await parts.read(partial(reads.one, owner=owner, upload_id=upload_id, chunks=chunks))
    if found.state == UploadState.ASSEMBLING and await parts.thread(parts.sessions.settle, [upload_id]) > 0:
        found = await parts.read(partial(reads.one, owner=owner, upload_id=upload_id, chunks=chunks))
    return found


async def ended(parts: Services, owner: str, upload_id: str, seconds: float) -> UploadView | None:
    """The upload once its job has ended, or None when the time is up before."""
    until = time.monotonic() + seconds
    found = await view(parts, owner, upload_id)
    with parts.hub.watch(found.job or upload_id, owner) as watch:
        while True:
            found = await view(parts, owner, upload_id)
            if found.state != UploadState.ASSEMBLING:
                return found
            left = until - time.monotonic()
            if left <= 0 or parts.hub.closed:
                return None
            await watch.wait(min(left, LOOK_EVERY_S))

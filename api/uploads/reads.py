"""Uploads as people read them: the session, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, select

from api.uploads.schemas import ChunkView, UploadProblem, UploadProgress, UploadView
from farm.errors import lookup
from farm.jobs import JobState
from farm.tables import artifacts, jobs, steps
from farm.upload_rows import Upload, UploadState, counted, find, gaps, listed, numbers


def one(conn: Connection, owner: str | None, upload_id: str, *, chunks: bool = False) -> UploadView:
    """An upload of the owner's (of anybody's when None), with its chunks when asked. Raises Refused ``not_found``."""
    view = views(conn, [find(conn, upload_id, owner=owner)])[0]
    if chunks:
        stored = [
            ChunkView(number=c.part.number, start=c.part.start, size=c.part.size, crc32c=c.crc32c)
            for c in counted(conn, upload_id)
        ]
        return replace(view, stored=stored)
    return view


def sent_to(view: UploadView, door: str) -> UploadView:
    """With the address of the door that takes its chunks in, where that is another one than this."""
    if not door or "chunks" not in view.links:
        return view
    return replace(view, links={**view.links, "chunks": f"{door.rstrip('/')}{view.links['chunks']}"})


def page(
    conn: Connection,
    owner: str,
    *,
    limit: int,
    before: str | None,
    state: str | None,
    name: str | None,
    fingerprint: str | None,
) -> list[UploadView]:
    """Newest first; up to ``limit + 1``."""
    found = listed(conn, owner, limit=limit + 1, before=before, state=state, name=name, fingerprint=fingerprint)
    return views(conn, found)


def views(conn: Connection, found: Sequence[Upload]) -> list[UploadView]:
    """What clients see of uploads, in the order given; three reads for all of them."""
    chunked = [upload.id for upload in found if upload.state == UploadState.OPEN and upload.chunk_size]
    present = numbers(conn, chunked) if chunked else {}
    job_ids = [upload.job_id for upload in found if upload.job_id is not None]
    made = {}
    done = {}
    if job_ids:
        query = select(artifacts.c.job_id, artifacts.c.id, artifacts.c.digest).where(artifacts.c.job_id.in_(job_ids))
        made = {row.job_id: (row.id, row.digest) for row in conn.execute(query)}
        running = (
            select(steps.c.job_id, steps.c.done, jobs.c.state)
            .join(jobs, jobs.c.id == steps.c.job_id)
            .where(steps.c.job_id.in_(job_ids))
        )
        done = {row.job_id: (row.done, row.state) for row in conn.execute(running)}
    return [
        _view(upload, present.get(upload.id), made.get(upload.job_id or ""), done.get(upload.job_id or ""))
        for upload in found
    ]


def _view(
    upload: Upload, present: list[int] | None, made: tuple[str, str] | None, job: tuple[int, str] | None
) -> UploadView:
    here = f"/api/v1/uploads/{upload.id}"
    links = {"self": here, "events": f"{here}/events", "complete": f"{here}/complete"}
    if upload.protocol == "chunks" and upload.state == UploadState.OPEN:
        links["chunks"] = f"{here}/chunks"
    if upload.job_id is not None:
        links["job"] = f"/api/v1/jobs/{upload.job_id}"
    complete = upload.state == UploadState.COMPLETE
    if complete and made is not None:
        links["artifact"] = f"/api/v1/artifacts/{made[0]}"
    return UploadView(
        id=upload.id,
        protocol=upload.protocol,
        state=upload.state,
        name=upload.name,
        size=upload.size,
        type=upload.declared_type,
        media_type=upload.media_type,
        chunk_size=upload.chunk_size,
        chunks=upload.chunks,
        received=upload.received,
        missing=[] if present is None else gaps(present, upload.chunks),
        sha256=upload.digest,
        fingerprint=upload.fingerprint,
        partial=upload.partial,
        job=upload.job_id,
        artifact=made[0] if complete and made is not None else None,
        blob=upload.digest if complete else None,
        progress=_progress(upload, job),
        error=_problem(upload),
        created_at=upload.created_at,
        updated_at=upload.updated_at,
        expires_at=upload.expires_at,
        revision=upload.revision,
        links=links,
    )


def _problem(upload: Upload) -> UploadProblem | None:
    code = upload.error_code
    return UploadProblem(code=code, title=lookup(code).title, detail=upload.error_detail or "") if code else None


def _progress(upload: Upload, job: tuple[int, str] | None) -> UploadProgress:
    size = upload.size
    if upload.state in {UploadState.ASSEMBLING, UploadState.COMPLETE}:
        total = size or 0
        ended = upload.state == UploadState.COMPLETE or (job is not None and job[1] == JobState.SUCCEEDED)
        looked = total if ended else min(total, job[0] if job else 0)
        fraction = 1.0 if ended else round(looked / total, 4) if total else 0.0
        return UploadProgress(phase="assembling", done=looked, total=total, fraction=fraction)
    fraction = round(upload.received / size, 4) if size else float(size == 0)
    return UploadProgress(phase="receiving", done=upload.received, total=size, fraction=fraction)

"""How uploads end: when their job has, when their time is over, and what a crash left of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from farm import audit
from farm.db import Database, in_seconds, now
from farm.errors import lookup
from farm.jobs import JobState
from farm.parts import PartStore, Place
from farm.tables import artifacts, jobs, upload_parts, uploads
from farm.upload_rows import Upload, UploadState, changed, find, made

RECEIPT_H = 7 * 24
"""How long the row of an upload that has ended stays readable."""
ORPHAN_S = 24 * 3600.0
LOST_S = 60.0


class Endings:
    """Settles, opens again, expires and sweeps. Blocking: call it from threads. ``tell`` hears of every upload that
    changed its state, after the commit.
    """

    def __init__(self, db: Database, parts: PartStore, tell: Callable[[Upload], None] = lambda _upload: None) -> None:
        self.db = db
        self.parts = parts
        self.tell = tell

    def settle(self, upload_ids: Collection[str] | None = None, limit: int = 100) -> int:
        """Ends uploads whose job has ended: complete, failed, or open again when the farm was at fault or the job was
        cancelled. Of all uploads, or of these.
        """
        query = (
            select(uploads.c.id, jobs.c.state.label("job_state"), jobs.c.error_code.label("job_code"))
            .join(jobs, jobs.c.id == uploads.c.job_id)
            .where(
                uploads.c.state == UploadState.ASSEMBLING,
                jobs.c.state.in_((JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)),
            )
            .limit(limit)
        )
        if upload_ids is not None:
            query = query.where(uploads.c.id.in_(list(upload_ids)))
        with self.db.read() as conn:
            rows = conn.execute(query).all()
        return sum(self._settle(row.id, row.job_state, row.job_code) for row in rows)

    def reopen(self) -> int:
        """Opens again what was to be completed by a job that nobody submitted: its door died in between."""
        lost = (
            uploads.c.state == UploadState.ASSEMBLING,
            uploads.c.updated_at < in_seconds(-LOST_S),
            ~exists().where(jobs.c.id == uploads.c.job_id),
        )
        with self.db.write() as conn:
            return conn.execute(
                update(uploads).where(*lost).values(state=UploadState.OPEN, updated_at=now())
            ).rowcount

    def _settle(self, upload_id: str, job_state: str, code: str | None) -> bool:
        """What is not needed any more goes before that is written down: whoever is killed in between leaves an upload
        that is settled again, and never gigabytes that nobody knows of.
        """
        succeeded = job_state == JobState.SUCCEEDED
        failed = job_state == JobState.FAILED and code is not None and lookup(code).status < 500

        def work(conn: Connection) -> bool:
            upload = find(conn, upload_id, owner=None, lock=True)
            if upload.state != UploadState.ASSEMBLING:
                return False
            error = conn.execute(select(jobs.c.error_detail).where(jobs.c.id == upload.job_id)).scalar_one_or_none()
            ended = {"expires_at": in_seconds(RECEIPT_H * 3600)}
            if succeeded:
                made_of = conn.execute(
                    select(artifacts.c.digest, artifacts.c.media_type).where(artifacts.c.job_id == upload.job_id)
                ).first()
                found = {} if made_of is None else {"digest": made_of.digest, "media_type": made_of.media_type}
                if upload.digest not in {None, found.get("digest", upload.digest)}:  # it was told after the job began
                    wrong = f"the file has the SHA-256 {found['digest']}, {upload.digest} was announced"
                    mismatch = {"error_code": "blob.digest_mismatch", "error_detail": wrong}
                    changed(conn, upload_id, state=UploadState.FAILED, **mismatch, **ended)
                else:
                    size = upload.size or 0
                    changed(
                        conn, upload_id, state=UploadState.COMPLETE, received=size, error_code=None, **found, **ended
                    )
            elif failed:
                changed(conn, upload_id, state=UploadState.FAILED, error_code=code, error_detail=error, **ended)
            else:
                changed(conn, upload_id, state=UploadState.OPEN, error_code=code, error_detail=error)
                return True
            conn.execute(delete(upload_parts).where(upload_parts.c.upload_id == upload_id))
            if succeeded:
                conn.execute(delete(uploads).where(*_joined_into(upload)))
            return True

        if succeeded or failed:
            for place in self._spent(upload_id, joined=succeeded):
                self.parts.remove(place)
        if not self.db.transact(work):
            return False
        with self.db.read() as conn:
            self.tell(find(conn, upload_id, owner=None))
        return True

    def _spent(self, upload_id: str, *, joined: bool) -> list[Place]:
        """Places of an upload whose job has ended for good; with ``joined`` also those of its partial uploads."""
        with self.db.read() as conn:
            upload = find(conn, upload_id, owner=None)
            if upload.state != UploadState.ASSEMBLING:
                return []
            partial = conn.execute(select(uploads.c.place).where(*_joined_into(upload))) if joined else ()
            return [upload.place, *(row.place for row in partial)]

    def expire(self, limit: int = 100) -> int:
        """Removes sessions whose time is over, with their bytes, and the rows of those that ended long ago."""
        over = (uploads.c.expires_at < now(), uploads.c.state != UploadState.ASSEMBLING)
        with self.db.read() as conn:
            ids = conn.execute(select(uploads.c.id).where(*over).limit(limit)).scalars().all()
        count = 0
        for upload_id in ids:

            def work(conn: Connection, upload_id: str = upload_id) -> Upload | None:
                row = (
                    conn.execute(delete(uploads).where(uploads.c.id == upload_id, *over).returning(*uploads.c))
                    .mappings()
                    .first()
                )
                if row is None:
                    return None
                upload = made(row)
                if upload.state == UploadState.OPEN:
                    audit.record(
                        conn,
                        owner=upload.owner,
                        actor="farm",
                        action="upload.expired",
                        subject=upload.id,
                        data={"name": upload.name, "received": upload.received},
                    )
                return upload

            upload = self.db.transact(work)
            if upload is not None:
                count += 1
                if upload.state == UploadState.OPEN:
                    self.parts.remove(upload.place)
        return count

    def sweep(self, older_than: float = ORPHAN_S) -> int:
        """Removes bytes that no session stands for: what a crash left between a place and its row."""

        def known(upload_ids: Collection[str]) -> Collection[str]:
            with self.db.read() as conn:
                return conn.execute(select(uploads.c.id).where(uploads.c.id.in_(list(upload_ids)))).scalars().all()

        return self.parts.sweep(known, older_than)


def _joined_into(upload: Upload) -> tuple[ColumnElement[bool], ...]:
    """The partial uploads that have done their duty."""
    return (uploads.c.id.in_(upload.sources), uploads.c.owner == upload.owner, uploads.c.partial)

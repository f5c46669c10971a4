"""The life of uploads: opened within a quota, completed by a job, ended, expired. Rows and places together."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from farm import audit, quotas
from farm.announcement import Wanted, checked_name, checked_type
from farm.db import in_seconds, now
from farm.errors import FarmError, Refused
from farm.ids import new_id
from farm.jobs import Actor, JobState
from farm.parts import MIB
from farm.quotas import QUOTAS
from farm.tables import jobs, upload_parts, uploads
from farm.upload_endings import RECEIPT_H, Endings
from farm.upload_rows import Upload, UploadState, changed, find, gaps, joined, made, numbers

DEFAULT_CHUNKS = ((1024 * MIB, 8 * MIB), (8 * 1024 * MIB, 16 * MIB), (math.inf, 32 * MIB))
"""Chunk sizes by the size of the file: what is sent again after a break, against what a chunk costs beside its bytes.
"""
MAX_CHUNK = 1024 * MIB
USUAL_CHUNKS = 10_000
MAX_SOURCES = 1_000


class Sessions(Endings):
    """Opens, completes and (:class:`Endings`) ends uploads."""

    # Opening

    def create(self, actor: Actor, wanted: Wanted) -> Upload:
        """A new session, or the one that joins the same partial uploads already. Raises Refused ``upload.name``,
        ``upload.too_large``, ``upload.chunk_size``, ``quota.exceeded``, FarmFault ``farm.disk_full``.
        """
        name, declared = checked_name(wanted.name), checked_type(wanted.declared_type)
        again = self._again(actor, wanted)
        if again is not None:
            return again
        size, sources = self._joined(actor, wanted)
        quota = QUOTAS[actor.tier]
        if size is not None and size > quota.file_bytes:
            raise Refused(
                "upload.too_large",
                f"the file has {size:,} bytes; the {actor.tier} tier takes files of up to {quota.file_bytes:,}",
            )
        chunk_size = None if wanted.protocol == "tus" else self._chunk_size(wanted, size or 0)
        upload_id = new_id()
        with self.db.read() as conn:
            self._within_quota(conn, actor, size, sources)
        media_type = declared or "application/octet-stream"
        place = self.parts.create(upload_id, size, media_type, direct=wanted.protocol == "direct")
        row = {
            "id": upload_id,
            "owner": actor.owner,
            "tier": actor.tier,
            "protocol": wanted.protocol,
            "state": UploadState.OPEN,
            "name": name,
            "declared_type": declared,
            "size": size,
            "chunk_size": chunk_size,
            "digest": wanted.digest,
            "fingerprint": wanted.fingerprint,
            "partial": wanted.partial,
            "sources": [source.id for source in sources],
            "metadata": dict(wanted.metadata),
            "place": dict(place),
            "tail": {},
            "created_at": now(),
            "updated_at": now(),
            "expires_at": in_seconds(quota.retention_h * 3600),
        }

        def work(conn: Connection) -> Upload:
            quotas.lock(conn, actor.owner)
            again = joined(conn, actor.owner, wanted.sources) if sources else None
            if again is not None:
                return again
            self._within_quota(conn, actor, size, sources)
            if sources:  # they must not expire under the job that joins them
                kept = update(uploads).where(uploads.c.id.in_([source.id for source in sources]))
                conn.execute(kept.values(expires_at=in_seconds(quota.retention_h * 3600)))
            return made(conn.execute(insert(uploads).values(**row).returning(*uploads.c)).mappings().one())

        try:
            upload = self.db.transact(work)
        except BaseException:
            self.parts.remove(place)
            raise
        if upload.id != upload_id:
            self.parts.remove(place)
        return upload

    def _again(self, actor: Actor, wanted: Wanted) -> Upload | None:
        """The concatenation of the same partial uploads whose answer was lost: to ask again is to mean that one."""
        if not wanted.sources:
            return None
        with self.db.read() as conn:
            return joined(conn, actor.owner, wanted.sources)

    def _chunk_size(self, wanted: Wanted, size: int) -> int:
        least, most = self.parts.least_chunk, self.parts.most_chunks
        if wanted.protocol == "direct":
            return max(size, 1)
        asked = wanted.chunk_size
        if asked is None:
            needed = -(-size // min(USUAL_CHUNKS, most))
            usual = next(chunk for limit, chunk in DEFAULT_CHUNKS if size <= limit)
            return max(usual, least, -(-needed // MIB) * MIB)
        if not 1 <= asked <= MAX_CHUNK or (asked < least and asked < size):
            raise Refused(
                "upload.chunk_size",
                f"chunks have {least:,} to {MAX_CHUNK:,} bytes here: ask for a size between, or for none",
                {"path": "chunk_size"},
            )
        if -(-size // asked) > most:
            raise Refused(
                "upload.chunk_size",
                f"that makes {-(-size // asked):,} chunks, at most {most:,} are taken: ask for larger ones, or none",
                {"path": "chunk_size"},
            )
        return asked

    def _joined(self, actor: Actor, wanted: Wanted) -> tuple[int | None, list[Upload]]:
        """The size and the sources of a concatenation."""
        if not wanted.sources:
            return wanted.size, []
        if len(wanted.sources) > MAX_SOURCES:
            raise Refused("request.invalid", f"at most {MAX_SOURCES} partial uploads can be joined")
        with self.db.read() as conn:
            sources = [find(conn, name, owner=actor.owner) for name in wanted.sources]
        for source in sources:
            if not source.partial or source.state != UploadState.OPEN:
                raise Refused("upload.not_open", f"{source.id} is no partial upload that can be joined")
            if not source.whole:
                raise Refused("upload.incomplete", f"the partial upload {source.id} is not complete")
        return sum(source.received for source in sources), sources

    @staticmethod
    def _within_quota(conn: Connection, actor: Actor, size: int | None, sources: Collection[Upload] = ()) -> None:
        """What is joined has its place and its room already: it goes once the whole is there."""
        joined = {source.id: source.received for source in sources}
        quota = QUOTAS[actor.tier]
        query = select(func.count()).where(uploads.c.owner == actor.owner, uploads.c.state == UploadState.OPEN)
        if conn.execute(query).scalar_one() - len(joined) >= quota.open_uploads:
            raise Refused(
                "quota.exceeded",
                f"you have {quota.open_uploads} uploads open, as many as the {actor.tier} tier may: "
                "complete or delete some",
            )
        quotas.must_fit(conn, actor.owner, actor.tier, max(0, (size or 0) - sum(joined.values())))

    # Changing

    def announce_size(self, owner: str, upload_id: str, size: int) -> Upload:
        """Tells the size of a deferred upload, once. Raises Refused ``upload.too_large``, ``quota.exceeded`` or
        ``request.invalid``.
        """

        def work(conn: Connection) -> Upload:
            quotas.lock(conn, owner)
            upload = find(conn, upload_id, owner=owner, lock=True)
            if upload.size is not None:
                if upload.size != size:
                    raise Refused("request.invalid", f"the upload was announced with {upload.size:,} bytes")
                return upload
            if size > QUOTAS[upload.tier].file_bytes:
                raise Refused(
                    "upload.too_large",
                    f"the {upload.tier} tier takes files of up to {QUOTAS[upload.tier].file_bytes:,} bytes",
                )
            if size < upload.received:
                raise Refused("request.invalid", f"{upload.received:,} bytes are there already, more than {size:,}")
            quotas.must_fit(conn, owner, upload.tier, size - upload.received)
            return changed(conn, upload_id, size=size)

        return self.db.transact(work)

    def looked(self, upload_id: str, media_type: str) -> None:
        """Notes the type that the first bytes have."""
        self.db.transact(lambda conn: changed(conn, upload_id, media_type=media_type))

    def fail(self, upload_id: str, error: FarmError) -> None:
        """The upload cannot become a blob: its bytes go, the reason stays. Nothing happens to one that is no longer
        open, for its job decides.
        """

        def work(conn: Connection) -> Upload | None:
            query = select(uploads.c.state).where(uploads.c.id == upload_id)
            if conn.dialect.name == "postgresql":
                query = query.with_for_update()
            if conn.execute(query).scalar_one_or_none() != UploadState.OPEN:
                return None
            conn.execute(delete(upload_parts).where(upload_parts.c.upload_id == upload_id))
            return changed(
                conn,
                upload_id,
                state=UploadState.FAILED,
                error_code=error.code,
                error_detail=error.detail,
                expires_at=in_seconds(RECEIPT_H * 3600),
            )

        upload = self.db.transact(work)
        if upload is not None:
            self.parts.remove(upload.place)
            self.tell(upload)

    def delete(self, actor: Actor, upload_id: str) -> None:
        """Removes an upload and its bytes. Raises Refused ``not_found``, or ``upload.not_open`` while its job runs
        (cancel that first).
        """

        def work(conn: Connection) -> Upload:
            upload = find(conn, upload_id, owner=actor.owner, lock=True)
            if upload.state == UploadState.ASSEMBLING:
                raise Refused(
                    "upload.not_open", f"the upload is being completed: cancel its job {upload.job_id} first"
                )
            conn.execute(delete(uploads).where(uploads.c.id == upload_id))
            audit.record(
                conn,
                owner=actor.owner,
                actor=actor.token_id,
                action="upload.deleted",
                subject=upload_id,
                data={"name": upload.name, "received": upload.received, "state": upload.state},
            )
            return upload

        upload = self.db.transact(work)
        if upload.state == UploadState.OPEN:
            self.parts.remove(upload.place)

    # Completing

    def begin_assembly(self, owner: str, upload_id: str, digest: str | None = None) -> tuple[Upload, str, bool]:
        """(upload, job id, whether the job is still to be submitted). Asking again gives the same job, unless that
        ended without having decided anything.

        Raises Refused ``upload.incomplete`` with what is missing, ``upload.not_open``, ``blob.digest_mismatch`` for a
        second, different SHA-256.
        """
        self.settle([upload_id])

        def work(conn: Connection) -> tuple[Upload, str, bool]:
            upload = find(conn, upload_id, owner=owner, lock=True)
            if upload.partial:
                raise Refused("upload.not_open", "a partial upload is completed by the concatenation that names it")
            if upload.state == UploadState.FAILED:
                raise Refused(upload.error_code or "upload.not_open", upload.error_detail or "the upload failed")
            if digest is not None and upload.digest not in {None, digest}:
                raise Refused("blob.digest_mismatch", f"the upload was announced with the SHA-256 {upload.digest}")
            if upload.state == UploadState.COMPLETE:
                assert upload.job_id is not None
                return upload, upload.job_id, False
            changes: dict[str, Any] = {"state": UploadState.ASSEMBLING, "error_code": None, "error_detail": None}
            if digest is not None:
                changes["digest"] = digest
            state = conn.execute(select(jobs.c.state).where(jobs.c.id == upload.job_id)).scalar_one_or_none()
            lost = state is None and upload.state == UploadState.ASSEMBLING
            # A job that was retried after the upload was opened again has it once more.
            if upload.job_id and (lost or state not in {None, JobState.FAILED, JobState.CANCELLED}):
                if upload.state == UploadState.OPEN or upload.digest != changes.get("digest", upload.digest):
                    return changed(conn, upload_id, **changes), upload.job_id, lost
                return upload, upload.job_id, lost
            if upload.sources:
                self._keep(conn, upload)
            elif not upload.whole:
                raise self._incomplete(conn, upload)
            job_id = new_id()
            return changed(conn, upload_id, job_id=job_id, **changes), job_id, True

        upload, job_id, fresh = self.db.transact(work)
        self.tell(upload)
        return upload, job_id, fresh

    @staticmethod
    def _keep(conn: Connection, upload: Upload) -> None:
        """The parts of a concatenation must not expire under the job that joins them."""
        kept = (
            update(uploads)
            .where(uploads.c.id.in_(upload.sources), uploads.c.owner == upload.owner)
            .values(expires_at=in_seconds(QUOTAS[upload.tier].retention_h * 3600))
            .returning(uploads.c.id)
        )
        gone = set(upload.sources).difference(conn.execute(kept).scalars())
        if gone:
            name = min(gone)
            raise Refused(
                "upload.incomplete",
                f"the partial upload {name} is gone: begin the concatenation anew",
                {"upload": name},
            )

    @staticmethod
    def _incomplete(conn: Connection, upload: Upload) -> Refused:
        if upload.size is None:
            return Refused("upload.incomplete", "the size is not known yet: tell it with Upload-Length")
        ranges = gaps(numbers(conn, [upload.id])[upload.id], upload.chunks)
        return Refused(
            "upload.incomplete",
            f"{upload.received:,} of {upload.size:,} bytes are there: send the rest first",
            {"missing": ranges, "offset": upload.received},
        )

    def direct_arrived(self, upload: Upload) -> Upload:
        """Counts what came by a presigned URL, if it has the announced length; raises Refused ``upload.incomplete``
        or ``upload.chunk_length``.
        """
        size = self.parts.direct_size(upload.place)
        if size is None:
            raise Refused("upload.incomplete", "nothing has been sent to the presigned URL yet")
        if size != upload.size:
            raise Refused("upload.chunk_length", f"{size:,} bytes came, {upload.size or 0:,} were announced")
        return self.db.transact(lambda conn: changed(conn, upload.id, received=size))

"""The farm's tables. The same on SQLite and PostgreSQL; times are UTC, ids are UUIDv7 as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import JSON

Json = JSON().with_variant(JSONB(), "postgresql")
Id = String(36)
Digest = String(64)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. SQLite drops the zone: it is written as UTC and comes back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a time without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time without a zone cannot be stored"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Back with its zone."""
        if value is None:
            return None
        when: datetime = value
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

batches = Table(
    "batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(200)),
    Column("output_name", String(200)),
    Column("total", Integer, nullable=False),
    Column("idempotency_key", String(200)),
    Column("request_hash", String(64), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "idempotency_key"),
    Index("ix_batches_owner_id", "owner", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("lane", String(32), nullable=False),
    Column("light", Boolean, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("actor", Json, nullable=False),  # scopes and token id, for light commands
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),
    Column("spec", Json, nullable=False),
    Column("stem", String(200)),
    Column("output_name", String(200)),
    Column("request_hash", String(64), nullable=False, server_default=""),
    Column("idempotency_key", String(200)),
    Column("batch_id", Id, ForeignKey("batches.id", ondelete="CASCADE")),
    Column("reply_to", String(64)),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("revision", BigInteger, nullable=False, server_default="0"),  # rises with every visible change
    Column("announced", BigInteger, nullable=False, server_default="-1"),  # last revision told to listeners
    Column("result", Json),  # light: Reply as JSON
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("error_data", Json),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("state in ('queued','running','paused','succeeded','failed','cancelled')", name="state"),
    UniqueConstraint("owner", "idempotency_key"),
    Index("ix_jobs_owner_id", "owner", "id"),
    Index("ix_jobs_batch_id_state", "batch_id", "state"),
    Index(
        "ix_jobs_open",
        "owner",
        "lane",
        sqlite_where=text("state IN ('queued','running','paused')"),
        postgresql_where=text("state IN ('queued','running','paused')"),
    ),
    Index(
        "ix_jobs_light_queue",
        "lane",
        "id",
        sqlite_where=text("light AND state = 'queued'"),
        postgresql_where=text("light AND state = 'queued'"),
    ),
    Index(
        "ix_jobs_unannounced",
        "id",
        sqlite_where=text("announced < revision"),
        postgresql_where=text("announced < revision"),
    ),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("key", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("lane", String(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),
    Column("params", Json, nullable=False),
    Column("needs", Json, nullable=False),  # keys
    Column("requires", Json, nullable=False),  # capabilities
    Column("version", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("total", BigInteger, nullable=False),  # bytes too
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),  # the fence: rises with every claim
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("losses", Integer, nullable=False, server_default="0"),  # leases that ran out
    Column("avoid", Json, nullable=False),  # workers on which it failed
    Column("worker", String(128)),
    Column("lease_until", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("source", String(16)),  # rendered | cached
    Column("result", Json),  # StepResult as JSON
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("error_data", Json),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("job_id", "key"),
    CheckConstraint("state in ('blocked','ready','running','succeeded','failed','cancelled')", name="state"),
    Index("ix_steps_job_id_position", "job_id", "position"),
    Index(
        "ix_steps_leases",
        "lease_until",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

Index(
    "ix_steps_ready",
    steps.c.lane,
    steps.c.owner,
    steps.c.priority.desc(),
    steps.c.id,
    sqlite_where=text("state = 'ready'"),
    postgresql_where=text("state = 'ready'"),
)

shares = Table(
    "shares",
    metadata,
    # The weighted round robin's memory (stride scheduling). `pool` is the set of lanes that a class of workers
    # serves: those share their turns. Whoever has the smallest `pass` goes next; `start` is the pass before the
    # owner's last turn, and the largest start of a pool is its virtual time.
    Column("pool", String(255), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("start", Float, nullable=False),
    Column("pass", Float, nullable=False),
)

step_logs = Table(
    "step_logs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("step", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("level", String(8), nullable=False),
    Column("message", String(2000), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_step_logs_job_id_id", "job_id", "id"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("key", String(255), nullable=False),  # where the store keeps it
    Column("inspection", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_blobs_key", "key"),
)

blob_owners = Table(
    "blob_owners",
    metadata,
    Column("digest", Digest, ForeignKey("blobs.digest", ondelete="CASCADE"), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

job_blobs = Table(
    "job_blobs",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Digest, ForeignKey("blobs.digest"), primary_key=True),
    Index("ix_job_blobs_digest", "digest"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("step", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("digest", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("source", String(16), nullable=False),
    Column("meta", Json, nullable=False),
    Column("receipt", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    UniqueConstraint("job_id", "name"),
    Index("ix_artifacts_owner_id", "owner", "id"),
    Index("ix_artifacts_expires_at", "expires_at"),
    Index("ix_artifacts_digest", "digest"),
)

step_cache = Table(
    "step_cache",
    metadata,
    # Step hash + device class -> what the step left. Equal key, equal bytes.
    Column("key", Digest, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("result", Json, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("hits", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_step_cache_expires_at", "expires_at"),
)

cache_blobs = Table(
    "cache_blobs",
    metadata,
    # Keeps what a cache entry needs from collection.
    Column("key", Digest, ForeignKey("step_cache.key", ondelete="CASCADE"), primary_key=True),
    Column("digest", Digest, ForeignKey("blobs.digest"), primary_key=True),
    Index("ix_cache_blobs_digest", "digest"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("host", String(128), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("lanes", Json, nullable=False),
    Column("capabilities", Json, nullable=False),
    Column("device", String(200), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),  # active | draining | sick
    Column("note", String(500), nullable=False, server_default=""),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    # A session: bytes on their way in. `received` counts durable bytes alone.
    Column("id", Id, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("protocol", String(16), nullable=False),  # chunks | tus | direct
    Column("state", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("declared_type", String(128)),
    Column("size", BigInteger),  # null: told later (tus)
    Column("chunk_size", BigInteger),  # null: appends of any length
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("digest", Digest),  # SHA-256: announced, and once complete the true one
    Column("fingerprint", String(200)),  # the client's own mark, to find the session again
    Column("partial", Boolean, nullable=False),  # only for concatenation
    Column("sources", Json, nullable=False),  # ids of the partial uploads of a concatenation
    Column("metadata", Json, nullable=False),
    Column("place", Json, nullable=False),
    Column("tail", Json, nullable=False),
    Column("media_type", String(128)),  # found in the first bytes
    Column("job_id", Id),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    CheckConstraint("state in ('open','assembling','complete','failed')", name="state"),
    Index("ix_uploads_owner_id", "owner", "id"),
    Index("ix_uploads_expires_at", "expires_at"),
    Index("ix_uploads_job_id", "job_id"),
    Index(
        "ix_uploads_assembling",
        "id",
        sqlite_where=text("state = 'assembling'"),
        postgresql_where=text("state = 'assembling'"),
    ),
)

upload_parts = Table(
    "upload_parts",
    metadata,
    # What counts: verified, durable, never written again.
    Column("upload_id", Id, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("start", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("crc32c", String(8), nullable=False, server_default=""),
    Column("xxh128", String(32), nullable=False, server_default=""),
    Column("receipt", Json, nullable=False),
)

upload_holds = Table(
    "upload_holds",
    metadata,
    # Who writes where, for stores that cannot keep writers on several hosts apart. Slot -1 is the end of an append.
    Column("upload_id", Id, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

links = Table(
    "links",
    metadata,
    # Shared downloads: revocable, counted.
    Column("id", Id, primary_key=True),
    Column("artifact_id", Id, ForeignKey("artifacts.id", ondelete="CASCADE"), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("note", String(200), nullable=False, server_default=""),
    Column("max_downloads", Integer),
    Column("downloads", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Index("ix_links_artifact_id_id", "artifact_id", "id"),
    Index("ix_links_expires_at", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    # Who let whom at what, and who deleted what. Rows are only ever added, and outlive what they are about.
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("actor", String(100), nullable=False),  # a token's id, or "link", or "farm"
    Column("action", String(64), nullable=False),  # link.created, upload.deleted, …
    Column("subject", String(64), nullable=False),
    Column("data", Json, nullable=False),
    Index("ix_audit_owner_id", "owner", "id"),
)

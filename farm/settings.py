"""Every setting, from ``FARM_*`` variables. Read once, at a composition root; nothing else reads the environment."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the farm keeps things and what it may use. The defaults run everything on one machine."""

    model_config = SettingsConfigDict(env_prefix="FARM_", frozen=True, extra="ignore", populate_by_name=True)

    data_dir: Path = Path(".farm")
    database_url: str = ""
    redis_url: str = ""
    blob_url: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_timeout_s: float = Field(default=60.0, gt=0)  # of silence; then a request for an upload is tried anew

    http_host: str = "127.0.0.1"
    http_port: int = 8420
    realtime_port: int = 8421
    flower_port: int = 8422
    metrics_port: int = 0
    public_url: str = ""
    http_workers: int = 1
    ingest_port: int = 8423
    ingest_url: str = ""  # where users reach the door for upload bytes; empty: they send them to the HTTP door
    cors_origins: str = ""  # whose pages may call the HTTP door: https://studio.example, comma-separated, or *

    secret_key: SecretStr = SecretStr("")  # signs links; made on first start in <data_dir>/secret.key when empty
    flower_user: str = "farm"
    flower_password: SecretStr = SecretStr("")  # made on first start when empty

    heavy_children: int = 1
    render_threads: int = 0  # 0: cores / children
    render_device: str = ""  # a part of GL_RENDERER; empty: the GPUs, or where there are none the CPU
    render_cache_mb: int = Field(default=1024, ge=16)  # of meshes and textures that one child keeps on its device
    max_body_bytes: int = Field(default=1_000_000, ge=1_000)
    max_blob_bytes: int = Field(default=64_000_000, ge=1_000)
    max_batch_rows: int = Field(default=10_000, ge=1)
    max_batch_bytes: int = Field(default=256_000_000, ge=1_000)
    artifact_days: int = Field(default=30, ge=1)
    cache_days: int = Field(default=30, ge=1)  # since the last use
    light_job_hours: int = 24
    link_seconds: int = 3600
    upload_sync: bool = True  # false: chunks are counted before they are on the disk; a power cut loses some
    upload_stall_s: float = Field(default=30.0, gt=0)  # without a byte for so long, a writer loses its place
    upload_bodies: int = Field(default=64, ge=1)  # bodies of chunks taken in at once by one process; others wait
    image_bytes: int = Field(default=20_000_000, ge=1_000)  # of an image sent as a form or as base64
    scratch_dir: Path | None = None
    watermark: str = Field(default="", max_length=60)  # laid over what watermark_tiers get of designs; empty: nothing
    watermark_tiers: str = "free"  # comma-separated
    log_level: str = "info"
    debug: bool = False  # the command line shows tracebacks
    token: SecretStr = SecretStr("")  # of the command line; else <data_dir>/token
    server_url: str = Field(default="", validation_alias="FARM_URL")  # of the command line; else <data_dir>/url

    @cached_property
    def database(self) -> str:
        """SQLAlchemy URL: given, or SQLite in the data directory."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'farm.db').resolve()}"

    @cached_property
    def embedded_redis(self) -> bool:
        """Whether `farm up` runs Redis itself."""
        return not self.redis_url

    @cached_property
    def url(self) -> str:
        """Where users reach the HTTP door."""
        return self.public_url or f"http://{self.http_host}:{self.http_port}"

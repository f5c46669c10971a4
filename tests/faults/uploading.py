"""What the fault tests of uploads share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx

from benchmarks import senders
from tests.e2e.client import Farm

MIB = 1 << 20
STALL_S = 5.0
"""The farm's patience with silent clients."""
API = ("farm-api", "api.serve")


def arrived(farm: Farm, upload: str, file: Path) -> dict[str, Any]:
    """The upload, once it is complete; its one artifact was downloaded and compared."""
    view = senders.settled(farm.embedded, upload)
    assert view["state"] == "complete", view
    (artifact,) = farm.job(view["job"])["artifacts"]
    assert (artifact["name"], artifact["size"]) == (file.name, file.stat().st_size)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert hashlib.sha256(farm.fetch(artifact)).hexdigest() == view["sha256"] == digest
    return view


def begun(farm: Farm, size: int, chunk: int = MIB, **more: Any) -> str:
    """A new chunk session."""
    asked = {"name": "scan.bin", "size": size, "chunk_size": chunk} | more
    made = farm.http.post("/uploads", json=asked)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def put(farm: Farm, upload: str, number: int, data: bytes) -> httpx.Response:
    return farm.http.put(f"/uploads/{upload}/chunks/{number}", content=data)


def files(farm: Farm) -> Path:
    """The folder of the uploads' files."""
    return farm.embedded.data_dir / "blobs" / "uploads"

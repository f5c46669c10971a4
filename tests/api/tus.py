"""What tests of tus share: requests as its clients make them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx

from tests.api.conftest import Farm
from tests.api.uploading import assemble

BYTES = "application/offset+octet-stream"


def b64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def made(tus: httpx.Client, size: int | None, **headers: str) -> str:
    """A new upload's id."""
    length = {"Upload-Defer-Length": "1"} if size is None else {"Upload-Length": str(size)}
    answer = tus.post("/tus", headers=length | headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    found: str = answer.headers["location"].removeprefix("/api/v1/tus/")
    return found


def append(tus: httpx.Client, upload: str, offset: int, data: Any, **headers: str) -> httpx.Response:
    rows = {"Upload-Offset": str(offset), "Content-Type": BYTES} | headers
    return tus.patch(f"/tus/{upload}", content=data, headers=rows)


def offset_of(tus: httpx.Client, upload: str) -> int:
    answer = tus.head(f"/tus/{upload}")
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def completed(farm: Farm, tus: httpx.Client, upload: str) -> dict[str, Any]:
    """The upload after its completion, which its last byte began."""
    view = tus.get(f"/uploads/{upload}").json()
    assert view["state"] == "assembling"
    assemble(farm, view["job"])
    found: dict[str, Any] = tus.get(f"/uploads/{upload}").json()
    return found


def pieces(data: bytes) -> Iterator[bytes]:
    """A body without Content-Length."""
    yield from (data[start : start + 40] for start in range(0, len(data), 40))

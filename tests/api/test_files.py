"""Blobs and artifacts over HTTP: bytes in, bytes out."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from farm.artifacts import sign
from tests.api.conftest import SPEC, Farm


def png(side: int = 4) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "#336699").save(out, "PNG")
    return out.getvalue()


def glb(document: dict[str, Any]) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<III", 0x46546C67, 2, 20 + len(text)) + struct.pack("<II", len(text), 0x4E4F534A) + text


def test_an_upload_is_named_by_its_bytes_and_typed_by_its_content(http: httpx.Client, other: httpx.Client) -> None:
    data = png()
    made = http.post("/blobs", content=data, headers={"Content-Type": "text/html"})
    assert made.status_code == 201, made.text
    info = made.json()
    assert info["digest"] == hashlib.sha256(data).hexdigest()
    assert (info["size"], info["media_type"]) == (len(data), "image/png")
    assert info["inspection"] == {"width": 4, "height": 4}
    assert http.get(f"/blobs/{info['digest']}").json() == info
    foreign = other.get(f"/blobs/{info['digest']}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    spec = {**SPEC, "design": {"layers": [{"id": "a", "model": {"item": "tshirt"},
            "material": {"texture": {"blob": info["digest"]}}}]}}  # fmt: skip
    assert http.post("/jobs", json={"kind": "still", "spec": spec}).status_code == 202
    stolen = other.post("/jobs", json={"kind": "still", "spec": spec})
    assert (stolen.status_code, stolen.json()["code"]) == (422, "blob.unknown")


def test_bytes_stream_in_without_a_length(http: httpx.Client) -> None:
    parts = [bytes([i]) * 10_000 for i in range(20)]
    made = http.post("/blobs", content=iter(parts))
    assert made.json()["digest"] == hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"x" * 300_001, 413, "request.too_large"),
        (b"", 422, "request.invalid"),
        (glb({"asset": {"version": "2.0"}})[:-6], 422, "model"),
        (png()[:20], 422, "image"),
    ],
)
def test_bad_uploads_are_refused(farm: Farm, http: httpx.Client, content: bytes, status: int, code: str) -> None:
    answer = http.post("/blobs", content=content)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"].startswith(code)
    digest = hashlib.sha256(content).hexdigest()
    assert http.get(f"/blobs/{digest}").status_code == 404


def test_a_wrong_digest_is_refused(http: httpx.Client) -> None:
    answer = http.post(f"/blobs?digest={'0' * 64}", content=png())
    assert (answer.status_code, answer.json()["code"]) == (422, "blob.digest_mismatch")


def test_a_form_is_refused(http: httpx.Client) -> None:
    answer = http.post("/blobs", files={"file": png()})
    assert (answer.status_code, answer.json()["code"]) == (415, "request.media_type")


@pytest.fixture
def artifact(farm: Farm, http: httpx.Client) -> dict[str, Any]:
    job = http.post("/jobs", json={"kind": "still", "spec": SPEC, "output_name": "Löök 한글"}).json()
    while farm.run_next(b"0123456789" * 300_000) != job["id"]:
        pass
    (found,) = http.get(f"/jobs/{job['id']}").json()["artifacts"]
    return found  # type: ignore[no-any-return]


def test_a_signed_link_needs_no_token(farm: Farm, artifact: dict[str, Any]) -> None:
    answer = httpx.get(farm.url + artifact["url"])
    assert answer.status_code == 200
    assert answer.content == b"0123456789" * 300_000
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{artifact["digest"]}"'
    assert "filename*=UTF-8''L%C3%B6%C3%B6k%20%ED%95%9C%EA%B8%80.png" in answer.headers["content-disposition"]
    again = httpx.get(farm.url + artifact["url"], headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [("bytes=100-", 100, 3_000_000), ("bytes=5-9", 5, 10), ("bytes=-7", 2_999_993, 3_000_000),
     ("bytes=2999999-9999999", 2_999_999, 3_000_000)],
)  # fmt: skip
def test_a_range_is_a_part(farm: Farm, artifact: dict[str, Any], given: str, start: int, end: int) -> None:
    answer = httpx.get(farm.url + artifact["url"], headers={"Range": given})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/3000000"
    assert answer.content == (b"0123456789" * 300_000)[start:end]


def test_ranges_outside_and_ranges_of_something_else(farm: Farm, artifact: dict[str, Any]) -> None:
    url = farm.url + artifact["url"]
    outside = httpx.get(url, headers={"Range": "bytes=3000000-"})
    assert (outside.status_code, outside.json()["code"]) == (416, "request.range")
    assert outside.headers["content-range"] == "bytes */3000000"
    stale = httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (stale.status_code, len(stale.content)) == (200, 3_000_000)
    same = httpx.get(url, headers={"Range": "bytes=0-9", "If-Range": f'"{artifact["digest"]}"'})
    assert (same.status_code, same.content) == (206, b"0123456789")


def test_head_tells_without_sending(farm: Farm, artifact: dict[str, Any]) -> None:
    answer = httpx.head(farm.url + artifact["url"])
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "3000000")


def test_links_are_good_for_their_artifact_and_time_alone(farm: Farm, artifact: dict[str, Any]) -> None:
    parts = urlsplit(artifact["url"])
    query = parse_qs(parts.query)
    later = int(query["expires"][0]) + 60
    good = query["signature"][0]
    for expires, signature in ((later, good), (later, ""), ("soon", good), (10**30, good), (later, "é" * 10)):
        answer = httpx.get(farm.url + parts.path, params={"expires": expires, "signature": signature})
        assert (answer.status_code, answer.json()["code"]) == (403, "link.invalid"), (expires, signature)
    past = int(time.time()) - 5
    old = httpx.get(farm.url + parts.path, params={"expires": past, "signature": sign("test", artifact["id"], past)})
    assert (old.status_code, old.json()["code"]) == (410, "link.expired")


def test_the_owner_downloads_with_the_token(
    http: httpx.Client, other: httpx.Client, artifact: dict[str, Any]
) -> None:
    path = f"/artifacts/{artifact['id']}/content"
    assert http.get(path).status_code == 200
    assert other.get(path).status_code == 404
    assert httpx.get(str(http.base_url) + path.lstrip("/")).status_code == 401
    assert other.get(f"/artifacts/{artifact['id']}").status_code == 404
    assert other.get("/artifacts").json()["items"] == []
    assert http.get("/artifacts").json()["items"] == [artifact]


def test_lost_bytes_are_a_problem_not_a_broken_download(farm: Farm, artifact: dict[str, Any]) -> None:
    farm.blobs.delete(artifact["digest"])
    answer = httpx.get(farm.url + artifact["url"])
    assert answer.status_code >= 400
    assert answer.json()["code"] == "blob.missing"

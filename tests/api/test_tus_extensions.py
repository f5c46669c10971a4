"""tus 1.0 through a running door: each extension by what the protocol says of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import google_crc32c
import httpx
import pytest
import xxhash

from farm.db import in_seconds
from farm.tables import uploads
from tests.api.conftest import Farm
from tests.api.tus import BYTES, append, b64, completed, made, offset_of, pieces
from tests.api.uploading import line, noise, problem, sha256, until
from tests.assets import glb

# Creation


def test_an_empty_file_is_whole_with_its_creation(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 0)
    view = completed(farm, tus, upload)
    assert (view["state"], view["blob"]) == ("complete", sha256(b""))


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "request.malformed"),
        ({"Upload-Length": "-1"}, 400, "request.malformed"),
        ({"Upload-Length": "1e3"}, 400, "request.malformed"),
        ({"Upload-Length": "1" * 19}, 400, "request.malformed"),
        ({"Upload-Length": "9" * 18}, 413, "upload.too_large"),
        ({"Upload-Defer-Length": "0"}, 400, "request.malformed"),
        ({"Upload-Defer-Length": "true"}, 400, "request.malformed"),
        ({"Upload-Length": "5", "Upload-Defer-Length": "1"}, 400, "request.malformed"),
        ({"Upload-Length": "5", "Upload-Concat": "whole"}, 400, "request.malformed"),
    ],
)
def test_what_cannot_be_created(tus: httpx.Client, headers: dict[str, str], status: int, code: str) -> None:
    assert problem(tus.post("/tus", headers=headers)) == (status, code)
    assert tus.get("/uploads").json()["items"] == []


METADATA: list[tuple[str, int, str]] = [
    ("filename not-base64!", 400, "request.malformed"),
    (f"filename {b64('a')} {b64('b')}", 400, "request.malformed"),
    (f"filename {b64('abcd')[:-1]}", 400, "request.malformed"),  # padding is missing
    (f"filename {b64('a')},filename {b64('b')}", 400, "request.malformed"),
    (f"filename {b64('a')},", 400, "request.malformed"),
    (f"filename {b64(bytes([0xFF, 0xFE]))}", 400, "request.malformed"),
    (f"filename {b64('a')},note {'A' * 8000}", 400, "request.malformed"),
    (f"filename {b64('a')},sha256 {b64('0' * 63)}", 400, "request.malformed"),
    (f"filename {b64('a')},filetype {b64('no type')}", 422, "request.invalid"),
    (f"filename {b64('../../etc/passwd')}", 422, "upload.name"),
    (f"filename {b64('C:' + chr(92) + 'a.png')}", 422, "upload.name"),
    (f"filename {b64('..')}", 422, "upload.name"),
    (f"filename {b64('a' + chr(0) + '.png')}", 422, "upload.name"),
    (f"filename {b64('a' + chr(0x202E) + 'gnp.exe')}", 422, "upload.name"),
    (f"filename {b64('a' + chr(10) + 'Set-Cookie: b')}", 422, "upload.name"),
    (f"filename {b64('가' * 67)}", 422, "upload.name"),
]


@pytest.mark.parametrize(("metadata", "status", "code"), METADATA)
def test_metadata_that_is_refused(tus: httpx.Client, metadata: str, status: int, code: str) -> None:
    answer = tus.post("/tus", headers={"Upload-Length": "10", "Upload-Metadata": metadata})
    assert problem(answer) == (status, code)
    assert tus.get("/uploads").json()["items"] == []


def test_metadata_outside_of_ascii_is_refused(tus: httpx.Client) -> None:
    rows = {b"Upload-Length": b"10", b"Upload-Metadata": "이름 YQ==".encode()}
    assert problem(tus.post("/tus", headers=list(rows.items()))) == (400, "request.malformed")


def test_metadata_that_is_taken(tus: httpx.Client) -> None:
    rows = ("", "filename", "empty ,other", f"filename  {b64('x.bin')} ,note {b64('a b, c')}")
    names = []
    for metadata in rows:
        upload = made(tus, 10, **{"Upload-Metadata": metadata})
        names.append(tus.get(f"/uploads/{upload}").json()["name"])
        assert tus.head(f"/tus/{upload}").headers.get("upload-metadata", "") == metadata
    assert names == ["upload", "upload", "upload", "x.bin"]
    marked = made(tus, 10, **{"Upload-Metadata": f"fingerprint {b64('mark')},filetype {b64('image/PNG; q=1')}"})
    (found,) = tus.get("/uploads", params={"fingerprint": "mark"}).json()["items"]
    assert (found["id"], found["type"]) == (marked, "image/png")


def test_a_declared_type_is_held_against_enough_bytes(tus: httpx.Client) -> None:
    picture = glb.png(20, 20)
    declared = {"Upload-Metadata": f"filetype {b64('image/png')}"}
    for first in (1, 8, len(picture) - 1):
        upload = made(tus, len(picture), **declared)
        assert append(tus, upload, 0, picture[:first]).status_code == 204, first
        assert append(tus, upload, first, picture[first:]).status_code == 204
        assert tus.get(f"/uploads/{upload}").json()["state"] == "assembling"
    upload = made(tus, 5_000, **declared)
    assert problem(append(tus, upload, 0, noise(5_000))) == (422, "upload.type_mismatch")
    view = tus.get(f"/uploads/{upload}").json()
    assert (view["state"], view["error"]["code"]) == ("failed", "upload.type_mismatch")
    assert problem(append(tus, upload, 0, noise(10))) == (409, "upload.not_open")


def test_a_failed_upload_is_not_taken_for_a_whole_one(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 300, **{"Upload-Metadata": f"sha256 {b64('0' * 64)}"})
    assert append(tus, upload, 0, noise(300)).status_code == 204
    assert offset_of(tus, upload) == 300
    assert completed(farm, tus, upload)["error"]["code"] == "blob.digest_mismatch"
    head = tus.head(f"/tus/{upload}")
    assert (head.status_code, head.headers["tus-resumable"], head.headers["cache-control"]) == (
        410,
        "1.0.0",
        "no-store",
    )
    assert "upload-offset" not in head.headers
    refused = append(tus, upload, 300, b"")
    assert problem(refused) == (409, "upload.not_open")
    assert "SHA-256" in refused.json()["detail"]


# Creation with upload


def test_bytes_may_come_with_the_creation(farm: Farm, tus: httpx.Client) -> None:
    data = noise(900)
    rows = {"Upload-Length": "900", "Content-Type": BYTES}
    answer = tus.post("/tus", content=data[:400], headers=rows)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "400")
    upload = answer.headers["location"].removeprefix("/api/v1/tus/")
    assert append(tus, upload, 400, data[400:]).status_code == 204
    assert completed(farm, tus, upload)["blob"] == sha256(data)
    whole = tus.post("/tus", content=data, headers=rows)
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "900")
    assert completed(farm, tus, whole.headers["location"].removeprefix("/api/v1/tus/"))["blob"] == sha256(data)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Checksum": f"sha1 {b64(bytes(20))}"}, 460, "upload.checksum"),
        ({"Upload-Checksum": "rot13 AAAA"}, 400, "upload.checksum_unknown"),
        ({"Upload-Length": "5"}, 413, "upload.too_large"),
    ],
)
def test_a_creation_that_is_refused_leaves_nothing(
    tus: httpx.Client, headers: dict[str, str], status: int, code: str
) -> None:
    rows = {"Upload-Length": "900", "Content-Type": BYTES} | headers
    answer = tus.post("/tus", content=noise(400), headers=rows)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    # Nobody was told its address: it would only take room until it expires.
    assert tus.get("/uploads").json()["items"] == []


# Creation with a length that is told later


def test_a_length_may_be_told_later(farm: Farm, tus: httpx.Client) -> None:
    data = noise(700)
    upload = made(tus, None)
    head = tus.head(f"/tus/{upload}").headers
    assert (head["upload-defer-length"], head["upload-offset"]) == ("1", "0")
    assert "upload-length" not in head
    assert append(tus, upload, 0, data[:300]).status_code == 204
    assert problem(append(tus, upload, 300, b"x", **{"Upload-Length": "299"})) == (422, "request.invalid")
    assert problem(append(tus, upload, 300, b"x", **{"Upload-Length": "9" * 18})) == (413, "upload.too_large")
    assert problem(append(tus, upload, 300, b"x", **{"Upload-Length": "many"})) == (400, "request.malformed")
    assert append(tus, upload, 300, data[300:500], **{"Upload-Length": "700"}).status_code == 204
    head = tus.head(f"/tus/{upload}").headers
    assert (head["upload-length"], head["upload-offset"]) == ("700", "500")
    assert "upload-defer-length" not in head
    changed = append(tus, upload, 500, data[500:], **{"Upload-Length": "800"})
    assert problem(changed) == (422, "request.invalid")
    assert append(tus, upload, 500, data[500:], **{"Upload-Length": "700"}).status_code == 204
    assert completed(farm, tus, upload)["blob"] == sha256(data)


def test_a_quota_that_is_used_up_on_the_way_is_told_and_what_came_stays(tus: httpx.Client) -> None:
    room = 500
    for size in (*[5 << 30] * 3, (5 << 30) - room):  # announced: their room is reserved
        other = made(tus, size)
    upload, data = made(tus, None), noise(700)
    assert append(tus, upload, 0, data[:400]).status_code == 204
    assert problem(append(tus, upload, 400, data[400:])) == (429, "quota.exceeded")
    streamed = append(tus, upload, 400, iter([data[400:]]))  # its length is known at its end alone
    assert problem(streamed) == (429, "quota.exceeded")
    assert problem(append(tus, upload, 400, b"", **{"Upload-Length": "700"})) == (429, "quota.exceeded")
    assert offset_of(tus, upload) == 400
    assert append(tus, upload, 400, data[400:500]).status_code == 204
    assert tus.delete(f"/tus/{other}").status_code == 204
    assert append(tus, upload, 500, data[500:], **{"Upload-Length": "700"}).status_code == 204


def test_the_length_may_be_told_after_the_last_byte(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, None)
    assert append(tus, upload, 0, pieces(noise(700))).status_code == 204
    assert tus.get(f"/uploads/{upload}").json()["state"] == "open"
    assert append(tus, upload, 700, b"", **{"Upload-Length": "700"}).status_code == 204
    assert completed(farm, tus, upload)["blob"] == sha256(noise(700))


# Expiration


def test_an_upload_says_when_it_expires_and_is_gone_then(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 100)
    first = parsedate_to_datetime(tus.head(f"/tus/{upload}").headers["upload-expires"])
    with farm.db.write() as conn:
        conn.execute(uploads.update().where(uploads.c.id == upload).values(expires_at=in_seconds(5)))
    answer = append(tus, upload, 0, noise(40))
    assert parsedate_to_datetime(answer.headers["upload-expires"]) >= first  # it waits anew after every byte
    with farm.db.write() as conn:
        conn.execute(uploads.update().where(uploads.c.id == upload).values(expires_at=in_seconds(-5)))
    farm.app.state.services.sessions.expire()
    assert tus.head(f"/tus/{upload}").status_code == 404
    assert problem(append(tus, upload, 40, noise(60))) == (404, "not_found")
    assert not (farm.settings.data_dir / "blobs" / "uploads" / upload).exists()


# Checksum

SUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "md5": lambda data: hashlib.md5(data).digest(),
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: google_crc32c.value(data).to_bytes(4, "big"),
    "xxh3": xxhash.xxh3_64_digest,
    "xxh128": xxhash.xxh3_128_digest,
}


def test_every_named_checksum_is_held_against_the_bytes(farm: Farm, tus: httpx.Client) -> None:
    named = tus.options("/tus").headers["tus-checksum-algorithm"].split(",")
    assert set(named) == set(SUMS)
    upload = made(tus, 100 * len(named) + 1)
    for index, name in enumerate(named):
        data = noise(100, seed=index)
        wrong = append(tus, upload, 100 * index, data, **{"Upload-Checksum": f"{name} {b64(SUMS[name](b'other'))}"})
        assert (wrong.status_code, wrong.json()["code"]) == (460, "upload.checksum"), name
        assert wrong.headers["tus-resumable"] == "1.0.0"
        assert offset_of(tus, upload) == 100 * index
        right = append(tus, upload, 100 * index, data, **{"Upload-Checksum": f"{name} {b64(SUMS[name](data))}"})
        assert (right.status_code, offset_of(tus, upload)) == (204, 100 * (index + 1)), name
    place = farm.settings.data_dir / "blobs" / "uploads" / upload
    assert place.read_bytes()[:800] == b"".join(noise(100, seed=index) for index in range(8))


@pytest.mark.parametrize(
    "given", ["rot13 AAAA", "sha1", "sha1 !!", "sha1 AAAA", "SHA1 AAAA", "", "sha1 " + "A" * 5000]
)
def test_checksums_that_are_none(tus: httpx.Client, given: str) -> None:
    upload = made(tus, 300)
    answer = append(tus, upload, 0, noise(100), **{"Upload-Checksum": given})
    assert problem(answer) == (400, "upload.checksum_unknown")
    assert offset_of(tus, upload) == 0


def test_a_break_before_the_checksum_counts_nothing(farm: Farm, tus: httpx.Client, token: str) -> None:
    upload = made(tus, 100_000)
    rows = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": BYTES}
    rows["Upload-Checksum"] = f"sha1 {b64(hashlib.sha1(noise(100_000)).digest())}"
    with line(farm, "PATCH", f"/tus/{upload}", 100_000, token, **rows) as lost:
        lost.send(noise(100_000)[:90_000])
        until(lambda: (upload, -1) in farm.app.state.services.inflows)
        lost.cut()
    until(lambda: not farm.app.state.services.inflows)
    assert offset_of(tus, upload) == 0


# Termination


def test_what_is_terminated_is_gone(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 100)
    append(tus, upload, 0, noise(50))
    answer = tus.delete(f"/tus/{upload}")
    assert (answer.status_code, answer.content, answer.headers["tus-resumable"]) == (204, b"", "1.0.0")
    assert not (farm.settings.data_dir / "blobs" / "uploads" / upload).exists()
    assert tus.head(f"/tus/{upload}").status_code == 404
    assert problem(tus.delete(f"/tus/{upload}")) == (404, "not_found")


def test_a_completion_is_not_terminated(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 50)
    append(tus, upload, 0, noise(50))
    assert problem(tus.delete(f"/tus/{upload}")) == (409, "upload.not_open")
    blob = completed(farm, tus, upload)["blob"]
    assert tus.delete(f"/tus/{upload}").status_code == 204
    assert tus.get(f"/blobs/{blob}").status_code == 200  # only the session's record goes


# Concatenation


def partial(tus: httpx.Client, data: bytes) -> str:
    upload = made(tus, len(data), **{"Upload-Concat": "partial"})
    assert append(tus, upload, 0, data).status_code == 204
    return upload


def joined(tus: httpx.Client, *parts: str, **headers: str) -> httpx.Response:
    urls = " ".join(f"/api/v1/tus/{part}" for part in parts)
    return tus.post("/tus", headers={"Upload-Concat": f"final;{urls}"} | headers)


def test_parts_are_joined_in_the_order_of_the_final_upload(farm: Farm, tus: httpx.Client) -> None:
    one, two = noise(300, seed=1), noise(500, seed=2)
    first = partial(tus, one)
    second = made(tus, 500, **{"Upload-Concat": "partial"})
    assert problem(joined(tus, first, second)) == (409, "upload.incomplete")
    assert append(tus, second, 0, two).status_code == 204
    assert tus.head(f"/tus/{first}").headers["upload-concat"] == "partial"
    assert tus.get(f"/uploads/{first}").json()["state"] == "open"  # no file of its own
    answer = joined(tus, second, first, **{"Upload-Metadata": f"filename {b64('joined.bin')}"})
    assert answer.status_code == 201
    final = answer.headers["location"].removeprefix("/api/v1/tus/")
    head = tus.head(f"/tus/{final}").headers
    assert head["upload-concat"] == f"final;/api/v1/tus/{second} /api/v1/tus/{first}"
    assert head["upload-length"] == "800"
    assert "upload-offset" not in head  # unknown until they are joined
    assert problem(append(tus, final, 0, b"x")) == (403, "auth.forbidden")
    view = completed(farm, tus, final)
    assert (view["state"], view["name"], view["blob"]) == ("complete", "joined.bin", sha256(two + one))
    assert tus.get(f"/artifacts/{view['artifact']}/content").content == two + one
    assert offset_of(tus, final) == 800
    assert tus.head(f"/tus/{first}").status_code == 404  # its bytes are in the file now


def test_a_final_upload_whose_answer_was_lost_is_asked_for_again(farm: Farm, tus: httpx.Client) -> None:
    parts = [partial(tus, noise(100, seed=number)) for number in range(2)]
    first = joined(tus, *parts).headers["location"]
    assert joined(tus, *parts).headers["location"] == first
    view = completed(farm, tus, first.removeprefix("/api/v1/tus/"))
    again = joined(tus, *parts)  # its parts are gone by now
    assert (again.status_code, again.headers["location"]) == (201, first)
    assert view["blob"] == sha256(noise(100, seed=0) + noise(100, seed=1))
    assert len(tus.get("/uploads").json()["items"]) == 1


def test_a_part_may_be_named_by_its_whole_url_and_more_than_once(farm: Farm, tus: httpx.Client) -> None:
    data = noise(300)
    url = f"{farm.url}/api/v1/tus/{partial(tus, data)}"
    answer = tus.post("/tus", headers={"Upload-Concat": f"final;{url}  {url}"})
    assert answer.status_code == 201
    final = answer.headers["location"].removeprefix("/api/v1/tus/")
    assert completed(farm, tus, final)["blob"] == sha256(data + data)


def test_a_part_is_no_upload_by_itself(tus: httpx.Client) -> None:
    part = partial(tus, noise(300))
    assert problem(tus.post(f"/uploads/{part}/complete")) == (409, "upload.not_open")


def test_what_cannot_be_joined(tus: httpx.Client, other: httpx.Client) -> None:
    whole = made(tus, 300)
    other.headers["Tus-Resumable"] = "1.0.0"
    foreign = partial(other, noise(10))
    deferred = made(tus, None, **{"Upload-Concat": "partial"})
    mine = partial(tus, noise(10))
    for parts, expected in (
        ((mine, whole), (409, "upload.not_open")),
        ((mine, foreign), (404, "not_found")),
        ((mine, deferred), (409, "upload.incomplete")),
        ((mine, "nope"), (400, "request.malformed")),
        ((), (400, "request.malformed")),
    ):
        assert problem(joined(tus, *parts)) == expected, parts
    assert problem(joined(tus, mine, **{"Upload-Length": "10"})) == (400, "request.malformed")
    evil = tus.post("/tus", headers={"Upload-Concat": "final;/etc/passwd"})
    assert problem(evil) == (400, "request.malformed")
    assert len(tus.get("/uploads").json()["items"]) == 3


def test_as_many_parts_as_may_be_open_can_be_joined(farm: Farm, tus: httpx.Client) -> None:
    parts = [partial(tus, noise(100, seed=number)) for number in range(10)]
    assert problem(tus.post("/tus", headers={"Upload-Length": "1"})) == (429, "quota.exceeded")
    answer = joined(tus, *parts)
    assert answer.status_code == 201, answer.text
    final = answer.headers["location"].removeprefix("/api/v1/tus/")
    assert completed(farm, tus, final)["size"] == 1_000

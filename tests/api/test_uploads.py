"""Chunk sessions through a running door: what counts, what is refused with which code, and what becomes of it."""

from __future__ import annotations

import base64
import hashlib
import threading
import unicodedata
from collections.abc import Callable
from typing import Any

import google_crc32c
import httpx
import pytest

from farm.db import in_seconds
from farm.tables import uploads
from tests.api.conftest import Farm
from tests.api.uploading import CHUNK, announce, assemble, line, noise, problem, put, sent, sha256, until
from tests.assets import glb

WIDE = glb.png(30_000, 2)


def crc(data: bytes) -> str:
    return f"{google_crc32c.value(data):08x}"


def stored_bytes(farm: Farm, upload_id: str) -> bytes:
    return (farm.settings.data_dir / "blobs" / "uploads" / upload_id).read_bytes()


# The way of a file


def test_a_file_in_chunks_becomes_a_blob_and_an_artifact(farm: Farm, http: httpx.Client) -> None:
    data = noise(2 * CHUNK + 500)
    upload = announce(http, len(data), name="스캔.bin", fingerprint="mark")
    assert (upload["state"], upload["protocol"], upload["chunks"]) == ("open", "chunks", 3)
    assert (upload["missing"], upload["received"], upload["fingerprint"]) == ([[0, 2]], 0, "mark")
    last = put(http, upload["id"], 2, data[2 * CHUNK :])
    assert (last.status_code, last.json()) == (
        201,
        {
            "number": 2,
            "start": 2 * CHUNK,
            "size": 500,
            "crc32c": crc(data[2 * CHUNK :]),
            "received": 500,
            "missing_bytes": 2 * CHUNK,
        },
    )
    put(http, upload["id"], 0, data[:CHUNK])
    assert http.get(f"/uploads/{upload['id']}").json()["missing"] == [[1, 1]]
    put(http, upload["id"], 1, data[CHUNK : 2 * CHUNK])
    answer = http.post(f"/uploads/{upload['id']}/complete", json={"sha256": sha256(data)})
    assert answer.status_code == 202
    view = answer.json()
    assert (view["state"], view["received"], view["missing"]) == ("assembling", 2 * CHUNK + 500, [])
    assert answer.headers["location"] == f"/api/v1/jobs/{view['job']}" == view["links"]["job"]
    job = http.get(f"/jobs/{view['job']}").json()
    assert (job["kind"], job["state"]) == ("assemble", "queued")
    again = http.post(f"/uploads/{upload['id']}/complete")
    assert (again.status_code, again.json()["job"]) == (202, view["job"])
    assemble(farm, view["job"])
    view = http.get(f"/uploads/{upload['id']}").json()
    assert (view["state"], view["sha256"], view["blob"]) == ("complete", sha256(data), sha256(data))
    assert view["progress"] == {
        "phase": "assembling",
        "done": 2 * CHUNK + 500,
        "total": 2 * CHUNK + 500,
        "fraction": 1.0,
    }
    artifact = http.get(view["links"]["artifact"].removeprefix("/api/v1")).json()
    assert (artifact["id"], artifact["name"]) == (view["artifact"], "스캔.bin")
    assert http.get(f"/artifacts/{artifact['id']}/content").content == data
    assert http.get(f"/blobs/{view['blob']}").json()["size"] == 2 * CHUNK + 500
    done = http.post(f"/uploads/{upload['id']}/complete", headers={"Prefer": "wait=1"})
    assert (done.status_code, done.json()["state"], done.headers["preference-applied"]) == (200, "complete", "wait=1")
    assert problem(put(http, upload["id"], 0, data[:CHUNK])) == (409, "upload.not_open")


def test_a_model_can_be_used_in_a_design(farm: Farm, http: httpx.Client) -> None:
    data = glb.simple().data()
    upload = sent(http, data, name="tri.glb", type="model/gltf-binary")
    assert upload["media_type"] == "model/gltf-binary"
    job = http.post(f"/uploads/{upload['id']}/complete").json()["job"]
    assemble(farm, job)
    view = http.get(f"/uploads/{upload['id']}").json()
    assert http.get(f"/blobs/{view['blob']}").json()["inspection"]["triangles"] == 1
    design = {"name": "d", "avatar": {"model": {"blob": view["blob"]}}, "layers": []}
    answer = http.post("/jobs", json={"kind": "still", "spec": {"design": design, "preset": "thumbnail"}})
    assert answer.status_code == 202, answer.text


def test_an_empty_file_is_complete_at_once(farm: Farm, http: httpx.Client) -> None:
    upload = announce(http, 0, name="empty.txt")
    assert (upload["chunks"], upload["missing"], upload["progress"]["fraction"]) == (0, [], 1.0)
    assert problem(put(http, upload["id"], 0, b"")) == (422, "upload.chunk_number")
    job = http.post(f"/uploads/{upload['id']}/complete").json()["job"]
    assemble(farm, job)
    view = http.get(f"/uploads/{upload['id']}").json()
    assert (view["state"], view["blob"], view["size"]) == ("complete", sha256(b""), 0)


def test_a_completion_can_be_waited_for(farm: Farm, http: httpx.Client) -> None:
    upload = sent(http, noise(900))
    path = f"/uploads/{upload['id']}/complete"
    early = http.post(path, headers={"Prefer": "wait=0"})
    assert (early.status_code, early.json()["state"]) == (202, "assembling")
    timer = threading.Timer(0.2, assemble, (farm, early.json()["job"]))
    timer.start()
    waited = http.get(f"/uploads/{upload['id']}", headers={"Prefer": "wait=5"})
    timer.join()
    assert (waited.json()["state"], waited.headers["preference-applied"]) == ("complete", "wait=5")


def test_a_wrong_sha256_fails_the_upload_with_its_code(farm: Farm, http: httpx.Client) -> None:
    upload = sent(http, noise(CHUNK + 500), sha256="0" * 64)
    assert problem(http.post(f"/uploads/{upload['id']}/complete", json={"sha256": "1" * 64})) == (
        422,
        "blob.digest_mismatch",
    )
    job = http.post(f"/uploads/{upload['id']}/complete").json()["job"]
    assemble(farm, job)
    view = http.get(f"/uploads/{upload['id']}").json()
    assert (view["state"], view["error"]["code"], view["artifact"]) == ("failed", "blob.digest_mismatch", None)
    assert problem(http.post(f"/uploads/{upload['id']}/complete")) == (422, "blob.digest_mismatch")


def test_a_cancelled_completion_opens_the_upload_again(farm: Farm, http: httpx.Client) -> None:
    upload = sent(http, noise(CHUNK + 500))
    job = http.post(f"/uploads/{upload['id']}/complete").json()["job"]
    assert problem(http.delete(f"/uploads/{upload['id']}")) == (409, "upload.not_open")
    http.post(f"/jobs/{job}/cancel")
    assert http.get(f"/uploads/{upload['id']}").json()["state"] == "open"
    second = http.post(f"/uploads/{upload['id']}/complete").json()["job"]
    assert second != job
    assemble(farm, second)
    assert http.get(f"/uploads/{upload['id']}").json()["state"] == "complete"


def test_deleted_is_gone_with_its_bytes(farm: Farm, http: httpx.Client) -> None:
    upload = sent(http, noise(CHUNK + 500))
    place = farm.settings.data_dir / "blobs" / "uploads" / upload["id"]
    assert place.exists()
    answer = http.delete(f"/uploads/{upload['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not place.exists()
    assert problem(http.get(f"/uploads/{upload['id']}")) == (404, "not_found")
    assert problem(put(http, upload["id"], 0, noise(CHUNK))) == (404, "not_found")
    assert problem(http.delete(f"/uploads/{upload['id']}")) == (404, "not_found")


# Announcing


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"name": "a/b.bin"}, 422, "upload.name"),
        ({"name": "..\\b.bin"}, 422, "upload.name"),
        ({"name": ".."}, 422, "upload.name"),
        ({"name": "   "}, 422, "upload.name"),
        ({"name": "a\u202egnp.exe"}, 422, "upload.name"),
        ({"name": "a\nb"}, 422, "upload.name"),
        ({"name": "a\0b"}, 422, "upload.name"),
        ({"name": "가" * 67}, 422, "upload.name"),
        ({"name": ""}, 422, "request.invalid"),
        ({"name": 5}, 422, "request.invalid"),
        ({"size": -1}, 422, "request.invalid"),
        ({"size": 1.5}, 422, "request.invalid"),
        ({"size": 2**60}, 422, "request.invalid"),
        ({"size": 6 * 2**30}, 413, "upload.too_large"),
        ({"chunk_size": 0}, 422, "request.invalid"),
        ({"chunk_size": 2**31}, 422, "upload.chunk_size"),
        ({"chunk_size": 1, "size": 2**30}, 422, "upload.chunk_size"),
        ({"sha256": "A" * 64}, 422, "request.invalid"),
        ({"sha256": "0" * 64 + "\n"}, 422, "request.invalid"),
        ({"type": "no type"}, 422, "request.invalid"),
        ({"fingerprint": ""}, 422, "request.invalid"),
        ({"else": 1}, 422, "request.invalid"),
    ],
)
def test_what_cannot_be_announced(http: httpx.Client, changes: dict[str, Any], status: int, code: str) -> None:
    assert problem(http.post("/uploads", json={"name": "a.bin", "size": 10} | changes)) == (status, code)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "request.malformed"),
        (b"", "application/json", 400, "request.malformed"),
        (b"[]", "application/json", 422, "request.invalid"),
        (b'{"name":"\xff","size":1}', "application/json", 400, "request.malformed"),
        (b'{"name":"a","size":1}', "text/plain", 415, "request.media_type"),
        (b'{"name":"a","size":1}' + b" " * 10_001, "application/json", 413, "request.too_large"),
    ],
)
def test_bodies_that_cannot_be_read(http: httpx.Client, body: bytes, kind: str, status: int, code: str) -> None:
    for path in ("/uploads", "/uploads/presign"):
        assert problem(http.post(path, content=body, headers={"Content-Type": kind})) == (status, code)


def test_names_are_kept_in_nfc_and_found_in_either_form(http: httpx.Client) -> None:
    decomposed = unicodedata.normalize("NFD", "디자인.png")
    upload = announce(http, 5, name=decomposed)
    assert upload["name"] == "디자인.png"
    for name in (decomposed, "디자인.png"):
        assert [item["id"] for item in http.get("/uploads", params={"name": name}).json()["items"]] == [upload["id"]]


def test_the_farm_chooses_a_chunk_size(http: httpx.Client) -> None:
    upload = http.post("/uploads", json={"name": "a", "size": 100_000_000}).json()
    assert (upload["chunk_size"], upload["chunks"]) == (8 << 20, 12)


def test_an_owner_has_so_many_uploads_open(http: httpx.Client) -> None:
    made = [announce(http, 10) for _ in range(10)]
    answer = http.post("/uploads", json={"name": "a", "size": 10})
    assert problem(answer) == (429, "quota.exceeded")
    assert "retry-after" in answer.headers
    http.delete(f"/uploads/{made[0]['id']}")
    announce(http, 10)


def test_room_is_reserved_by_the_announcement(http: httpx.Client) -> None:
    gib = 1 << 30
    for _ in range(4):
        announce(http, 5 * gib, chunk_size=8 << 20)
    assert problem(http.post("/uploads", json={"name": "a", "size": gib})) == (429, "quota.exceeded")


# Chunks


def test_the_same_bytes_again_are_welcome_and_others_are_not(http: httpx.Client) -> None:
    data = noise(CHUNK + 500)
    upload = announce(http, len(data))["id"]
    first = put(http, upload, 0, data[:CHUNK])
    again = put(http, upload, 0, data[:CHUNK])
    assert (first.status_code, again.status_code) == (201, 200)
    assert {**again.json()} == {**first.json()}
    other = put(http, upload, 0, data[-CHUNK:])
    assert problem(other) == (409, "upload.conflict")
    assert first.json()["crc32c"] in other.json()["detail"]
    view = http.get(f"/uploads/{upload}", params={"chunks": "true"}).json()
    assert view["stored"] == [{"number": 0, "start": 0, "size": CHUNK, "crc32c": crc(data[:CHUNK])}]
    assert http.get(f"/uploads/{upload}").json()["stored"] is None


@pytest.mark.parametrize(
    ("number", "size", "code"),
    [(0, CHUNK - 1, "upload.chunk_length"), (0, CHUNK + 1, "upload.chunk_length"), (1, CHUNK, "upload.chunk_length"),
     (0, 0, "upload.chunk_length"), (2, 500, "upload.chunk_number"), (10**12, 500, "upload.chunk_number")],
)  # fmt: skip
@pytest.mark.parametrize("streamed", [False, True])
def test_chunks_have_their_length_and_number(
    http: httpx.Client, number: int, size: int, code: str, streamed: bool
) -> None:
    upload = announce(http, CHUNK + 500)["id"]
    body: Any = iter([noise(size)]) if streamed else noise(size)
    assert problem(put(http, upload, number, body)) == (422, code)
    assert http.get(f"/uploads/{upload}").json()["received"] == 0


def test_a_negative_chunk_is_not_there(http: httpx.Client) -> None:
    upload = announce(http, CHUNK + 500)["id"]
    assert http.put(f"/uploads/{upload}/chunks/-1", content=b"x").status_code in {404, 422}
    assert http.put(f"/uploads/{upload}/chunks/one", content=b"x").status_code == 404


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


CHECKSUMS: list[tuple[str, Callable[[bytes], str]]] = [
    ("Repr-Digest", lambda data: f"sha-256=:{b64(hashlib.sha256(data).digest())}:"),
    ("Content-Digest", lambda data: f"crc32c=:{b64(bytes.fromhex(crc(data)))}:"),
    ("Content-Digest", lambda data: f"unixsum=:AAAA:, md5=:{b64(hashlib.md5(data).digest())}:"),
    ("X-Checksum", lambda data: f"crc32c {crc(data)}"),
    ("X-Checksum", lambda data: f"sha1 {hashlib.sha1(data).hexdigest().upper()}"),
    ("X-Amz-Checksum-Crc32c", lambda data: b64(bytes.fromhex(crc(data)))),
]


@pytest.mark.parametrize(("name", "value"), CHECKSUMS)
def test_checksums_are_held_against_the_bytes(http: httpx.Client, name: str, value: Callable[[bytes], str]) -> None:
    data = noise(CHUNK)
    upload = announce(http, CHUNK)["id"]
    wrong = put(http, upload, 0, data, **{name: value(b"other")})
    assert problem(wrong) == (422, "upload.checksum")
    assert http.get(f"/uploads/{upload}").json()["received"] == 0
    assert put(http, upload, 0, data, **{name: value(data)}).status_code == 201
    # Also of a chunk that is there: a proxy may have broken the second sending.
    assert problem(put(http, upload, 0, data, **{name: value(b"other")})) == (422, "upload.checksum")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Repr-Digest", "sha-256=AAAA"),
        ("Repr-Digest", "sha-256=:AAAA:"),
        ("Content-Digest", "unixsum=:AAAA:"),
        ("Content-Digest", ""),
        ("X-Checksum", "crc32c"),
        ("X-Checksum", "crc32c xyz"),
        ("X-Checksum", "crc32c 123"),
        ("X-Checksum", "rot13 1234"),
        ("X-Amz-Checksum-Sha256", "not base64!"),
        ("X-Amz-Checksum-Sha256", "AAAA"),
    ],
)
def test_checksums_that_are_none(http: httpx.Client, name: str, value: str) -> None:
    upload = announce(http, CHUNK)["id"]
    assert problem(put(http, upload, 0, noise(CHUNK), **{name: value})) == (400, "upload.checksum_unknown")


def test_what_is_missing_is_said_when_completing(http: httpx.Client) -> None:
    upload = announce(http, 5 * CHUNK + 500)["id"]
    for number in (1, 4):
        put(http, upload, number, noise(CHUNK))
    answer = http.post(f"/uploads/{upload}/complete")
    assert problem(answer) == (409, "upload.incomplete")
    assert answer.json()["missing"] == [[0, 0], [2, 3], [5, 5]]
    assert http.get(f"/uploads/{upload}").json()["state"] == "open"


def test_completing_with_junk(http: httpx.Client) -> None:
    path = f"/uploads/{sent(http, noise(10))['id']}/complete"
    assert problem(http.post(path, json={"sha256": "x"})) == (422, "request.invalid")
    assert problem(http.post(path, content=b"{")) == (400, "request.malformed")
    assert http.post(path, content=b"  ").status_code == 202


# Connections that break


def test_a_silent_writer_loses_its_place(farm: Farm, http: httpx.Client, token: str, short_stall: None) -> None:
    upload = announce(http, CHUNK)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/0", CHUNK, token) as silent:
        silent.send(noise(400))
        reply = silent.reply()
    assert (reply.status, reply.json()["code"]) == (408, "upload.stalled")
    assert http.get(f"/uploads/{upload}").json()["received"] == 0
    assert put(http, upload, 0, noise(CHUNK)).status_code == 201


def test_a_slow_writer_keeps_its_place(farm: Farm, http: httpx.Client, token: str, short_stall: None) -> None:
    upload = announce(http, CHUNK)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/0", CHUNK, token) as slow:
        pause = threading.Event()
        for start in range(0, CHUNK, CHUNK // 4):
            slow.send(noise(CHUNK)[start : start + CHUNK // 4])
            pause.wait(0.2)
        assert slow.reply().status == 201


@pytest.fixture
def short_stall(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(farm.settings.__dict__, "upload_stall_s", 0.4)


def test_a_newer_request_takes_over_from_a_silent_one(
    farm: Farm, http: httpx.Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = announce(http, CHUNK)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/0", CHUNK, token) as silent:
        silent.send(noise(400, seed=2))
        until(lambda: (upload, 0) in farm.app.state.services.inflows)
        assert problem(put(http, upload, 0, noise(CHUNK))) == (409, "upload.busy")
        monkeypatch.setattr("api.uploads.body.IDLE_S", 0.0)
        assert put(http, upload, 0, noise(CHUNK)).status_code == 201
        reply = silent.reply()
    assert (reply.status, reply.json()["code"]) == (408, "upload.stalled")
    assert "took over" in reply.json()["detail"]
    assert stored_bytes(farm, upload) == noise(CHUNK)


def test_two_writers_at_one_chunk(farm: Farm, http: httpx.Client, token: str) -> None:
    upload = announce(http, CHUNK)["id"]
    one, two = noise(CHUNK, seed=1), noise(CHUNK, seed=2)
    path = f"/uploads/{upload}/chunks/0"
    with line(farm, "PUT", path, CHUNK, token) as first:
        first.send(one[: CHUNK // 2])
        until(lambda: (upload, 0) in farm.app.state.services.inflows)
        with line(farm, "PUT", path, CHUNK, token) as second:
            second.send(two)
            refused = second.reply()
        assert (refused.status, refused.json()["code"]) == (409, "upload.busy")
        # A neighbour is not in the way.
        first.send(one[CHUNK // 2 :])
        assert first.reply().status == 201
    assert stored_bytes(farm, upload) == one
    assert http.get(f"/uploads/{upload}").json()["received"] == CHUNK


def test_many_writers_at_once_count_every_chunk_once(farm: Farm, http: httpx.Client, token: str) -> None:
    data = noise(10 * CHUNK)
    upload = announce(http, len(data))["id"]
    statuses: list[int] = []

    def work(offset: int) -> None:
        with farm.client(token) as client:
            for step in range(10):
                number = (step + offset) % 10
                statuses.append(put(client, upload, number, data[number * CHUNK :][:CHUNK]).status_code)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (0, 0, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 201, 409}
    assert statuses.count(201) == 10
    assert http.get(f"/uploads/{upload}").json()["received"] == len(data)
    assert stored_bytes(farm, upload) == data


def test_a_cut_connection_counts_nothing(farm: Farm, http: httpx.Client, token: str) -> None:
    upload = announce(http, 2 * CHUNK)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/1", CHUNK, token) as lost:
        lost.send(noise(CHUNK - 1))
        until(lambda: (upload, 1) in farm.app.state.services.inflows)
        lost.cut()
    until(lambda: not farm.app.state.services.inflows)
    view = http.get(f"/uploads/{upload}").json()
    assert (view["received"], view["missing"]) == (0, [[0, 1]])
    assert put(http, upload, 1, noise(CHUNK, seed=3)).status_code == 201
    assert stored_bytes(farm, upload)[CHUNK:] == noise(CHUNK, seed=3)


def test_an_upload_that_is_deleted_under_a_writer(farm: Farm, http: httpx.Client, token: str) -> None:
    upload = announce(http, CHUNK)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/0", CHUNK, token) as writer:
        writer.send(noise(CHUNK)[:500])
        until(lambda: (upload, 0) in farm.app.state.services.inflows)
        assert http.delete(f"/uploads/{upload}").status_code == 204
        writer.send(noise(CHUNK)[500:])
        reply = writer.reply()
    assert reply.status in {404, 409}
    assert reply.json()["code"] in {"not_found", "upload.not_open"}
    assert not (farm.settings.data_dir / "blobs" / "uploads" / upload).exists()


# Early refusal


@pytest.mark.parametrize(
    ("head", "declared", "code"),
    [
        (glb.simple().data(), "image/png", "upload.type_mismatch"),
        (WIDE, "image/png", "image.too_large"),
        (b"glTF" + (2).to_bytes(4, "little") + (10**6).to_bytes(4, "little") + bytes(100), None, "model.truncated"),
        (b"glTF" + (1).to_bytes(4, "little") + (500).to_bytes(4, "little") + bytes(100), None, "model.version"),
    ],
)
def test_what_can_never_be_used_fails_with_its_first_chunk(
    farm: Farm, http: httpx.Client, head: bytes, declared: str | None, code: str
) -> None:
    data = head[:CHUNK].ljust(3 * CHUNK, b"\0")
    upload = announce(http, len(data), type=declared)["id"]
    assert put(http, upload, 1, data[CHUNK : 2 * CHUNK]).status_code == 201
    assert problem(put(http, upload, 0, data[:CHUNK])) == (422, code)
    view = http.get(f"/uploads/{upload}").json()
    assert (view["state"], view["error"]["code"]) == ("failed", code)
    assert view["error"]["detail"]
    assert problem(put(http, upload, 2, data[2 * CHUNK :])) == (409, "upload.not_open")
    assert problem(http.post(f"/uploads/{upload}/complete")) == (422, code)
    assert not (farm.settings.data_dir / "blobs" / "uploads" / upload).exists()
    assert http.delete(f"/uploads/{upload}").status_code == 204


def test_a_large_chunk_is_refused_before_its_end(farm: Farm, http: httpx.Client, token: str) -> None:
    size = 4_000_000
    upload = announce(http, size, chunk_size=size)["id"]
    with line(farm, "PUT", f"/uploads/{upload}/chunks/0", size, token) as early:
        early.send(WIDE.ljust(100_000, b"\0"))
        reply = early.reply()
    assert (reply.status, reply.json()["code"]) == (422, "image.too_large")


# Others, lists


def test_others_see_nothing(http: httpx.Client, other: httpx.Client) -> None:
    upload = announce(http, CHUNK + 500)["id"]
    here = f"/uploads/{upload}"
    for method, path in (
        ("GET", here),
        ("PUT", f"{here}/chunks/0"),
        ("POST", f"{here}/complete"),
        ("DELETE", here),
        ("GET", f"{here}/events"),
    ):
        content = noise(CHUNK) if method == "PUT" else None
        assert problem(other.request(method, path, content=content)) == (404, "not_found"), path
    put(http, upload, 0, noise(CHUNK))  # also when the door remembers the upload
    assert problem(put(other, upload, 0, noise(CHUNK))) == (404, "not_found")
    assert other.get("/uploads").json()["items"] == []
    assert problem(http.get("/uploads/nope")) == (404, "not_found")
    assert problem(http.get(f"/uploads/{'x' * 5000}")) == (404, "not_found")


def test_a_reader_sends_nothing_and_a_sender_sees_what_arrived(farm: Farm, http: httpx.Client, owner: str) -> None:
    upload = announce(http, CHUNK)["id"]
    with farm.client(farm.token(owner, ("jobs:read",))) as reader:
        assert reader.get(f"/uploads/{upload}").status_code == 200
        assert problem(put(reader, upload, 0, noise(CHUNK))) == (403, "auth.forbidden")
        assert problem(reader.post(f"/uploads/{upload}/complete")) == (403, "auth.forbidden")
        assert problem(reader.delete(f"/uploads/{upload}")) == (403, "auth.forbidden")
    with farm.client(farm.token(owner, ("blobs:write",))) as writer:
        assert put(writer, upload, 0, noise(CHUNK)).status_code == 201
        assert writer.get(f"/uploads/{upload}").json()["missing"] == []
        assert [found["id"] for found in writer.get("/uploads").json()["items"]] == [upload]
    with farm.client(farm.token(owner, ("cards:read",))) as stranger:
        assert problem(stranger.get(f"/uploads/{upload}")) == (403, "auth.forbidden")


def test_lists_are_filtered_and_paged(http: httpx.Client) -> None:
    made = [announce(http, 10, name=f"{number}.bin", fingerprint=f"f{number % 2}")["id"] for number in range(5)]
    newest = made[::-1]

    def ids(**query: Any) -> list[str]:
        return [item["id"] for item in http.get("/uploads", params=query).json()["items"]]

    assert ids() == newest
    assert ids(name="3.bin") == [made[3]]
    assert ids(fingerprint="f1") == [made[3], made[1]]
    assert ids(state="open", fingerprint="f0", name="4.bin") == [made[4]]
    assert ids(state="complete") == []
    page = http.get("/uploads", params={"limit": 2}).json()
    seen = [item["id"] for item in page["items"]]
    while page["next"]:
        page = http.get("/uploads", params={"limit": 2, "cursor": page["next"]}).json()
        seen += [item["id"] for item in page["items"]]
    assert seen == newest
    for query, code in (
        ({"cursor": "junk"}, (400, "request.cursor")),
        ({"state": "shut"}, (422, "request.invalid")),
        ({"limit": 0}, (422, "request.invalid")),
        ({"name": "x" * 300}, (422, "request.invalid")),
    ):
        assert problem(http.get("/uploads", params=query)) == code, query


def test_titles_come_in_korean(http: httpx.Client) -> None:
    upload = announce(http, CHUNK)["id"]
    answer = put(http, upload, 0, b"short", **{"Accept-Language": "ko"})
    assert (answer.json()["title"], answer.headers["content-language"]) == ("청크 길이가 다릅니다", "ko")


def test_an_upload_stays_as_long_as_bytes_come(farm: Farm, http: httpx.Client) -> None:
    upload = announce(http, 2 * CHUNK)
    with farm.db.write() as conn:
        soon = uploads.update().where(uploads.c.id == upload["id"]).values(expires_at=in_seconds(5))
        conn.execute(soon)
    assert http.get(f"/uploads/{upload['id']}").json()["expires_at"] < upload["expires_at"]
    put(http, upload["id"], 0, noise(CHUNK))
    assert http.get(f"/uploads/{upload['id']}").json()["expires_at"] >= upload["expires_at"]


def test_the_document_names_every_route_with_an_example(farm: Farm) -> None:
    paths = httpx.get(f"{farm.url}/openapi.json").json()["paths"]
    for path, methods in {
        "/uploads": {"get", "post"},
        "/uploads/{upload_id}": {"get", "delete"},
        "/uploads/{upload_id}/chunks/{number}": {"put"},
        "/uploads/{upload_id}/complete": {"post"},
        "/uploads/{upload_id}/events": {"get"},
        "/uploads/presign": {"post"},
        "/uploads/{upload_id}/content": {"put"},
        "/uploads/image": {"post"},
        "/uploads/base64": {"post"},
        "/tus": {"post", "options"},
        "/tus/{upload_id}": {"head", "patch", "delete", "options"},
    }.items():
        found = paths[f"/api/v1{path}"]
        assert set(found) >= methods, path
        for method in methods:
            assert found[method]["summary"], (method, path)
            for media, content in found[method].get("requestBody", {}).get("content", {}).items():
                assert media != "application/json" or content["example"], (method, path)
        if "put" in methods or path == "/uploads/image":
            assert found[min(methods)]["requestBody"]["description"]

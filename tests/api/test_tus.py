"""tus 1.0 through a running door: the core protocol (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import httpx
import pytest

from tests.api.conftest import Farm
from tests.api.tus import BYTES, append, b64, completed, made, offset_of, pieces
from tests.api.uploading import announce, line, noise, problem, put, sha256, until

# The core


def test_options_tell_what_is_spoken_without_a_token(farm: Farm) -> None:
    with farm.client(None) as nobody:
        for path in ("/tus", "/tus/some-id"):
            answer = nobody.options(path)
            assert (answer.status_code, answer.content) == (204, b"")
            assert (answer.headers["tus-resumable"], answer.headers["tus-version"]) == ("1.0.0", "1.0.0")
            assert set(answer.headers["tus-extension"].split(",")) == {
                "creation",
                "creation-with-upload",
                "creation-defer-length",
                "expiration",
                "checksum",
                "termination",
                "concatenation",
            }
            assert "sha1" in answer.headers["tus-checksum-algorithm"].split(",")  # the protocol asks for it
            assert int(answer.headers["tus-max-size"]) == 200 << 30


def test_a_file_continues_where_it_broke_and_completes_itself(farm: Farm, tus: httpx.Client) -> None:
    data = noise(150_000)
    upload = made(
        tus, len(data), **{"Upload-Metadata": f"filename {b64('스캔.bin')},mark,sha256 {b64(sha256(data))}"}
    )
    first = append(tus, upload, 0, data[:100_000])
    assert (first.status_code, first.content, first.headers["upload-offset"]) == (204, b"", "100000")
    head = tus.head(f"/tus/{upload}")
    assert head.content == b""
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("100000", "150000")
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["upload-metadata"].startswith(f"filename {b64('스캔.bin')},mark,")
    last = append(tus, upload, 100_000, data[100_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, "150000")
    view = completed(farm, tus, upload)
    assert (view["state"], view["protocol"], view["name"], view["blob"]) == (
        "complete",
        "tus",
        "스캔.bin",
        sha256(data),
    )
    assert tus.get(f"/artifacts/{view['artifact']}/content").content == data
    # A client that did not hear the last answer asks again.
    assert offset_of(tus, upload) == 150_000


@pytest.mark.parametrize("version", ["0.2.2", "1.0", "2.0.0", ""])
def test_another_version_is_told_which_one(farm: Farm, http: httpx.Client, version: str) -> None:
    upload = made(http, 10, **{"Tus-Resumable": "1.0.0"})
    rows = {"Tus-Resumable": version} if version else {}
    for method, path in (("POST", "/tus"), ("HEAD", f"/tus/{upload}"), ("PATCH", f"/tus/{upload}"),
                         ("DELETE", f"/tus/{upload}"), ("POST", f"/tus/{upload}")):  # fmt: skip
        answer = http.request(method, path, headers={"Upload-Length": "10"} | rows)
        assert answer.status_code == 412, (method, path)
        assert (answer.headers["tus-version"], answer.headers["tus-resumable"]) == ("1.0.0", "1.0.0")
        assert method == "HEAD" or problem(answer) == (412, "tus.version")


@pytest.mark.parametrize("offset", [0, 99, 101, 10**17])
def test_bytes_belong_at_the_end(tus: httpx.Client, offset: int) -> None:
    upload = made(tus, 300)
    assert append(tus, upload, 0, noise(100)).status_code == 204
    answer = append(tus, upload, offset, noise(50))
    assert problem(answer) == (409, "upload.offset")
    assert "100" in answer.json()["detail"]
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert offset_of(tus, upload) == 100


@pytest.mark.parametrize("given", ["-1", "1.0", "x", "", "1" * 19, "0x10"])
def test_an_offset_is_a_number(tus: httpx.Client, given: str) -> None:
    upload = made(tus, 300)
    rows = {"Upload-Offset": given, "Content-Type": BYTES}
    assert problem(tus.patch(f"/tus/{upload}", content=b"x", headers=rows)) == (400, "request.malformed")
    assert problem(tus.patch(f"/tus/{upload}", content=b"x", headers={"Content-Type": BYTES})) == (
        400,
        "request.malformed",
    )


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", ""])
def test_an_append_has_its_own_media_type(tus: httpx.Client, kind: str) -> None:
    upload = made(tus, 300)
    answer = append(tus, upload, 0, noise(100), **{"Content-Type": kind})
    assert problem(answer) == (415, "request.media_type")
    assert offset_of(tus, upload) == 0


def test_a_media_type_may_have_parameters(tus: httpx.Client) -> None:
    upload = made(tus, 300)
    kind = {"Content-Type": "Application/Offset+octet-stream; charset=utf-8"}
    assert append(tus, upload, 0, noise(100), **kind).headers["upload-offset"] == "100"
    rows = {"Upload-Length": "300"} | kind
    assert tus.post("/tus", content=noise(100), headers=rows).headers["upload-offset"] == "100"


@pytest.mark.parametrize("encoding", ["gzip", "aws-chunked", "identity, br"])
def test_encoded_bytes_are_not_taken_for_the_files(tus: httpx.Client, encoding: str) -> None:
    upload, coded = made(tus, 300), {"Content-Encoding": encoding}
    assert problem(append(tus, upload, 0, noise(100), **coded)) == (415, "request.media_type")
    assert offset_of(tus, upload) == 0
    chunks = announce(tus, 100)["id"]
    assert problem(put(tus, chunks, 0, noise(100), **coded)) == (415, "request.media_type")
    assert put(tus, chunks, 0, noise(100), **{"Content-Encoding": "identity"}).status_code == 201


@pytest.mark.parametrize("streamed", [False, True])
def test_more_bytes_than_announced_are_refused(farm: Farm, tus: httpx.Client, streamed: bool) -> None:
    upload = made(tus, 100)
    assert append(tus, upload, 0, noise(60)).status_code == 204
    data = noise(41)
    answer = append(tus, upload, 60, pieces(data) if streamed else data)
    assert problem(answer) == (413, "upload.too_large")
    view = tus.get(f"/uploads/{upload}").json()
    assert (view["state"], view["received"]) == ("open", 60)
    place = farm.settings.data_dir / "blobs" / "uploads" / upload
    assert place.read_bytes()[:60] == noise(60)
    assert append(tus, upload, 60, noise(40)).status_code == 204


def test_an_upload_takes_nothing_after_its_last_byte(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 60)
    assert append(tus, upload, 0, noise(60)).status_code == 204
    for data in (b"", b"x"):
        assert problem(append(tus, upload, 60, data)) == (409, "upload.not_open")
    assert completed(farm, tus, upload)["state"] == "complete"
    assert problem(append(tus, upload, 60, b"x")) == (409, "upload.not_open")


def test_one_writes_at_a_time(farm: Farm, tus: httpx.Client, token: str) -> None:
    data = noise(2_000)
    upload = made(tus, 2_000)
    rows = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": BYTES}
    with line(farm, "PATCH", f"/tus/{upload}", 2_000, token, **rows) as first:
        first.send(data[:500])
        until(lambda: (upload, -1) in farm.app.state.services.inflows)
        assert problem(append(tus, upload, 0, data)) == (409, "upload.busy")
        first.send(data[500:])
        reply = first.reply()
    assert (reply.status, reply.headers["upload-offset"]) == (204, "2000")
    assert completed(farm, tus, upload)["blob"] == sha256(data)


def test_what_came_before_a_break_is_kept(farm: Farm, tus: httpx.Client, token: str) -> None:
    data = noise(200_000)
    upload = made(tus, len(data))
    rows = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": BYTES}
    with line(farm, "PATCH", f"/tus/{upload}", len(data), token, **rows) as lost:
        lost.send(data[:120_000])
        until(lambda: (upload, -1) in farm.app.state.services.inflows)
        lost.cut()
    until(lambda: not farm.app.state.services.inflows)
    offset = offset_of(tus, upload)
    assert offset <= 120_000  # the reset may have overtaken bytes
    assert append(tus, upload, offset, data[offset:]).status_code == 204
    assert completed(farm, tus, upload)["blob"] == sha256(data)


def test_others_uploads_are_not_there(tus: httpx.Client, other: httpx.Client) -> None:
    upload = made(tus, 100)
    other.headers["Tus-Resumable"] = "1.0.0"
    head = other.head(f"/tus/{upload}")
    assert (head.status_code, head.content, head.headers["tus-resumable"]) == (404, b"", "1.0.0")
    assert "upload-offset" not in head.headers
    assert problem(append(other, upload, 0, b"x")) == (404, "not_found")
    assert problem(other.delete(f"/tus/{upload}")) == (404, "not_found")
    for name in ("nope", "x" * 3000, "..%2f..", "%00"):
        assert tus.head(f"/tus/{name}").status_code == 404
        assert problem(append(tus, name, 0, b"x"))[0] == 404
    assert offset_of(tus, upload) == 0


def test_a_token_and_its_scopes_are_needed(farm: Farm, owner: str, tus: httpx.Client) -> None:
    upload = made(tus, 100)
    speaks = {"Tus-Resumable": "1.0.0"}
    with farm.client(None, **speaks) as nobody:
        answer = nobody.post("/tus", headers={"Upload-Length": "10"})
        assert problem(answer) == (401, "auth.missing")
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert nobody.head(f"/tus/{upload}").status_code == 401
        assert problem(append(nobody, upload, 0, b"x")) == (401, "auth.missing")
        rows = {"X-HTTP-Method-Override": "DELETE"}
        assert problem(nobody.post(f"/tus/{upload}", headers=rows)) == (401, "auth.missing")
    with farm.client(farm.token(owner, ("jobs:read",)), **speaks) as reader:
        assert offset_of(reader, upload) == 0
        assert problem(reader.post("/tus", headers={"Upload-Length": "10"})) == (403, "auth.forbidden")
        assert problem(append(reader, upload, 0, b"x")) == (403, "auth.forbidden")
        assert problem(reader.delete(f"/tus/{upload}")) == (403, "auth.forbidden")
        assert problem(reader.post(f"/tus/{upload}", headers=rows)) == (403, "auth.forbidden")
    with farm.client(farm.token(owner, ("blobs:write",)), **speaks) as sender:
        assert offset_of(sender, upload) == 0, "who may send must be able to resume"


def test_clients_that_can_only_post(farm: Farm, tus: httpx.Client) -> None:
    upload = made(tus, 100)
    rows = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": BYTES}
    answer = tus.post(f"/tus/{upload}", content=noise(100), headers=rows)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "100")
    assert completed(farm, tus, upload)["blob"] == sha256(noise(100))
    second = made(tus, 100)
    for method in ("", "GET", "delete me"):
        answer = tus.post(f"/tus/{second}", headers={"X-HTTP-Method-Override": method})
        assert problem(answer) == (405, "request.method")
    assert tus.post(f"/tus/{second}", headers={"X-HTTP-Method-Override": "delete"}).status_code == 204
    assert tus.head(f"/tus/{second}").status_code == 404

"""Presigned uploads through a running door: what a URL opens, for how long, and what it never opens."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.uploads.direct import sign
from tests.api.conftest import Farm
from tests.api.uploading import CHUNK, announce, assemble, line, noise, problem, sha256, until
from tests.assets import glb


def presign(http: httpx.Client, size: int, **more: Any) -> dict[str, Any]:
    answer = http.post("/uploads/presign", json={"name": "print.bin", "size": size} | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/uploads/{found['upload']['id']}"
    return found


def path_of(farm: Farm, made: dict[str, Any]) -> str:
    """The URL's path and query, on this door's port."""
    assert made["url"].startswith(farm.settings.url + "/api/v1/")
    found: str = made["url"].removeprefix(farm.settings.url + "/api/v1")
    return found


def send(farm: Farm, path: str, data: Any, **headers: str) -> httpx.Response:
    """As somebody without a token."""
    with farm.client(None) as nobody:
        return nobody.put(path, content=data, headers=headers)


def test_who_has_the_url_sends_and_the_owner_completes(farm: Farm, http: httpx.Client) -> None:
    data = noise(100_000)
    made = presign(http, len(data), name="인쇄.bin", expires_in=60, sha256=sha256(data))
    assert made["method"] == "PUT"
    assert made["headers"] == {"Content-Type": "application/octet-stream", "Content-Length": "100000"}
    assert (made["upload"]["protocol"], made["upload"]["state"]) == ("direct", "open")
    upload = made["upload"]["id"]
    assert problem(http.post(f"/uploads/{upload}/complete")) == (409, "upload.incomplete")
    answer = send(farm, path_of(farm, made), data, **made["headers"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["received"]) == (upload, 100_000)
    job = http.post(f"/uploads/{upload}/complete").json()["job"]
    assemble(farm, job)
    view = http.get(f"/uploads/{upload}").json()
    assert (view["state"], view["name"], view["blob"]) == ("complete", "인쇄.bin", sha256(data))
    assert http.get(f"/artifacts/{view['artifact']}/content").content == data


def test_the_url_says_when_it_expires(http: httpx.Client) -> None:
    made = presign(http, 10, expires_in=120)
    expires = int(parse_qs(urlsplit(made["url"]).query)["expires"][0])
    assert 115 <= expires - time.time() <= 121
    assert http.post("/uploads/presign", json={"name": "a", "size": 1}).json()["expires_at"] > made["expires_at"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"expires_in": 0}, 422, "request.invalid"),
        ({"expires_in": 7 * 86_400 + 1}, 422, "request.invalid"),
        ({"expires_in": "60"}, 422, "request.invalid"),
        ({"size": -1}, 422, "request.invalid"),
        ({"size": 6 * 2**30}, 413, "upload.too_large"),
        ({"name": "../a"}, 422, "upload.name"),
        ({"type": "no type"}, 422, "request.invalid"),
        ({"sha256": "x"}, 422, "request.invalid"),
        ({"chunk_size": 65_536}, 422, "request.invalid"),
    ],
)
def test_what_is_not_presigned(http: httpx.Client, changes: dict[str, Any], status: int, code: str) -> None:
    assert problem(http.post("/uploads/presign", json={"name": "a.bin", "size": 10} | changes)) == (status, code)


def test_presigning_needs_a_token_that_may_write(farm: Farm, owner: str) -> None:
    body = {"name": "a.bin", "size": 10}
    with farm.client(None) as nobody:
        assert problem(nobody.post("/uploads/presign", json=body)) == (401, "auth.missing")
    with farm.client(farm.token(owner, ("jobs:read",))) as reader:
        assert problem(reader.post("/uploads/presign", json=body)) == (403, "auth.forbidden")


# URLs that open nothing


def signed(farm: Farm, upload: str, expires: str, signature: str | None = None) -> str:
    made = sign(farm.settings.secret_key.get_secret_value(), upload, int(expires))
    return f"/uploads/{upload}/content?expires={expires}&signature={made if signature is None else signature}"


def test_a_changed_url_opens_nothing(farm: Farm, http: httpx.Client) -> None:
    made, second = presign(http, 10), presign(http, 10)
    upload, here = made["upload"]["id"], path_of(farm, made)
    query = parse_qs(urlsplit(here).query)
    expires, signature = query["expires"][0], query["signature"][0]
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for path in (
        f"/uploads/{upload}/content",
        f"/uploads/{upload}/content?expires={expires}",
        f"/uploads/{upload}/content?signature={signature}",
        f"/uploads/{upload}/content?expires={expires}&signature=",
        f"/uploads/{upload}/content?expires={expires}&signature={flipped}",
        f"/uploads/{upload}/content?expires={expires}&signature={signature[:-1]}",
        f"/uploads/{upload}/content?expires={expires}&signature={signature}%3D",
        f"/uploads/{upload}/content?expires={expires}&signature=%ff%00",
        f"/uploads/{upload}/content?expires={int(expires) + 1}&signature={signature}",
        f"/uploads/{upload}/content?expires=-{expires}&signature={signature}",
        f"/uploads/{upload}/content?expires=never&signature={signature}",
        f"/uploads/{upload}/content?expires={expires}.0&signature={signature}",
        f"/uploads/{second['upload']['id']}/content?expires={expires}&signature={signature}",
        f"/uploads/nope/content?expires={expires}&signature={signature}",
    ):
        assert problem(send(farm, path, noise(10))) == (403, "link.invalid"), path
    for path in (f"{here}{'x' * 200}", here.replace("expires=", "expires=1234567890123")):
        assert problem(send(farm, path, noise(10))) == (422, "request.invalid"), path
    assert problem(http.put(f"/uploads/{upload}/content", content=noise(10))) == (403, "link.invalid")
    assert http.get(f"/uploads/{upload}").json()["received"] == 0
    with farm.client(None) as nobody:  # the URL is for one thing
        for method in ("GET", "DELETE", "POST"):
            assert nobody.request(method, here).status_code == 405
        assert problem(nobody.get(f"/uploads/{upload}?{urlsplit(here).query}")) == (401, "auth.missing")


def test_a_url_of_yesterday_opens_nothing(farm: Farm, http: httpx.Client) -> None:
    upload = presign(http, 10)["upload"]["id"]
    assert problem(send(farm, signed(farm, upload, str(int(time.time()))), noise(10))) == (410, "link.expired")
    assert http.get(f"/uploads/{upload}").json()["received"] == 0
    late = signed(farm, upload, str(int(time.time()) + 5))
    assert send(farm, late, noise(10)).status_code == 200


def test_a_key_that_was_changed_ends_all_urls(farm: Farm, http: httpx.Client) -> None:
    upload = presign(http, 10)["upload"]["id"]
    expires = str(int(time.time()) + 60)
    other = sign("another key", upload, int(expires))
    assert problem(send(farm, signed(farm, upload, expires, other), noise(10))) == (403, "link.invalid")


def test_a_url_ends_with_its_upload(farm: Farm, http: httpx.Client) -> None:
    made = presign(http, 10)
    assert http.delete(f"/uploads/{made['upload']['id']}").status_code == 204
    assert problem(send(farm, path_of(farm, made), noise(10))) == (404, "not_found")


# What is sent


def test_sent_twice(farm: Farm, http: httpx.Client) -> None:
    made = presign(http, 10)
    here = path_of(farm, made)
    assert send(farm, here, noise(10)).status_code == 200
    assert send(farm, here, noise(10)).status_code == 200  # the answer may have been lost
    assert problem(send(farm, here, b"0123456789")) == (409, "upload.conflict")
    job = http.post(f"/uploads/{made['upload']['id']}/complete").json()["job"]
    assemble(farm, job)
    assert http.get(f"/uploads/{made['upload']['id']}").json()["blob"] == sha256(noise(10))
    for data in (noise(10), b"0123456789"):
        assert problem(send(farm, here, data)) == (409, "upload.not_open")


@pytest.mark.parametrize("streamed", [False, True])
def test_another_size_than_announced(farm: Farm, http: httpx.Client, streamed: bool) -> None:
    made = presign(http, 1_000)
    for length in (0, 999, 1_001, 200_000):
        data: Any = iter([noise(length)]) if streamed else noise(length)
        assert problem(send(farm, path_of(farm, made), data)) == (422, "upload.chunk_length"), length
    view = http.get(f"/uploads/{made['upload']['id']}").json()
    assert (view["state"], view["received"]) == ("open", 0)
    assert send(farm, path_of(farm, made), noise(1_000)).status_code == 200


def test_an_empty_file(farm: Farm, http: httpx.Client) -> None:
    made = presign(http, 0)
    for data in (b"x", iter([b"x"])):
        assert problem(send(farm, path_of(farm, made), data)) == (413, "request.too_large")
    assert send(farm, path_of(farm, made), b"").status_code == 200
    job = http.post(f"/uploads/{made['upload']['id']}/complete").json()["job"]
    assemble(farm, job)
    assert http.get(f"/uploads/{made['upload']['id']}").json()["blob"] == sha256(b"")


def test_another_type_than_declared(farm: Farm, http: httpx.Client) -> None:
    made = presign(http, 5_000, type="image/png")
    assert made["headers"]["Content-Type"] == "image/png"
    answer = send(farm, path_of(farm, made), noise(5_000), **made["headers"])
    assert problem(answer) == (422, "upload.type_mismatch")
    view = http.get(f"/uploads/{made['upload']['id']}").json()
    assert (view["state"], view["error"]["code"]) == ("failed", "upload.type_mismatch")
    assert problem(send(farm, path_of(farm, made), noise(5_000))) == (409, "upload.not_open")
    picture = glb.png(20, 20)
    right = presign(http, len(picture), type="image/png")
    # What the sender calls it is of no account: the content is looked at.
    answer = send(farm, path_of(farm, right), picture, **{"Content-Type": "text/html"})
    assert (answer.status_code, answer.json()["media_type"]) == (200, "image/png")


def test_a_checksum_may_be_sent_along(farm: Farm, http: httpx.Client) -> None:
    here = path_of(farm, presign(http, 10))
    wrong = send(farm, here, noise(10), **{"X-Checksum": f"sha256 {sha256(b'other')}"})
    assert problem(wrong) == (422, "upload.checksum")
    assert send(farm, here, noise(10), **{"X-Checksum": f"sha256 {sha256(noise(10))}"}).status_code == 200


def test_a_cut_connection_counts_nothing(farm: Farm, http: httpx.Client) -> None:
    made = presign(http, CHUNK)
    upload = made["upload"]["id"]
    with line(farm, "PUT", path_of(farm, made), CHUNK) as lost:
        lost.send(noise(CHUNK - 1))
        until(lambda: (upload, 0) in farm.app.state.services.inflows)
        lost.cut()
    until(lambda: not farm.app.state.services.inflows)
    assert http.get(f"/uploads/{upload}").json()["received"] == 0
    assert send(farm, path_of(farm, made), noise(CHUNK, seed=2)).status_code == 200


def test_other_sessions_have_no_presigned_url(farm: Farm, http: httpx.Client) -> None:
    """Even with a good signature: one chunk is not the whole file."""
    upload = announce(http, 2 * CHUNK)["id"]
    here = signed(farm, upload, str(int(time.time()) + 60))
    assert problem(send(farm, here, noise(CHUNK))) == (404, "not_found")
    assert http.get(f"/uploads/{upload}").json()["received"] == 0

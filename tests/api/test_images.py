"""Small pictures by a form and as base64: what becomes a blob, and what is refused with which code."""

from __future__ import annotations

import base64
from dataclasses import replace
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from farm.quotas import QUOTAS
from tests.api.conftest import Farm
from tests.api.uploading import noise, problem, sha256
from tests.assets import glb

PICTURE = glb.png(20, 10)
LIMIT = 3_000
FORM = "multipart/form-data; boundary=edge"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def saved(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (20, 10), "teal").save(file, kind)
    return file.getvalue()


def by_form(http: httpx.Client, data: bytes, name: str = "front.png", kind: str = "image/png") -> httpx.Response:
    return http.post("/uploads/image", files={"file": (name, data, kind)})


def as_base64(http: httpx.Client, data: Any, **more: Any) -> httpx.Response:
    return http.post("/uploads/base64", json={"data": data} | more)


def sent(http: httpx.Client, door: str, data: bytes) -> httpx.Response:
    return by_form(http, data) if door == "form" else as_base64(http, b64(data))


DOORS = pytest.mark.parametrize("door", ["form", "base64"])


@pytest.fixture
def small(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(farm.settings.__dict__, "image_bytes", LIMIT)


@DOORS
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_blob(http: httpx.Client, door: str, kind: str) -> None:
    data = saved(kind)
    answer = sent(http, door, data)
    assert answer.status_code == 201, answer.text
    view = answer.json()
    assert (view["digest"], view["size"], view["media_type"]) == (
        sha256(data),
        len(data),
        f"image/{kind.lower()}",
    )
    assert view["inspection"] == {"width": 20, "height": 10}
    assert answer.headers["location"] == f"/api/v1/blobs/{view['digest']}"
    assert http.get(f"/blobs/{view['digest']}").json() == view
    assert sent(http, door, data).json() == view  # again


def test_a_picture_can_be_used_in_a_design(http: httpx.Client) -> None:
    digest = as_base64(http, b64(PICTURE)).json()["digest"]
    layer = {"id": "tee", "model": {"item": "tshirt"}, "material": {"texture": {"blob": digest}}}
    spec = {"design": {"name": "tee", "layers": [layer]}, "views": ["front"], "preset": "thumbnail"}
    answer = http.post("/jobs", json={"kind": "still", "spec": spec})
    assert answer.status_code == 202, answer.text


@DOORS
def test_what_a_client_says_of_a_picture_is_not_believed(http: httpx.Client, door: str) -> None:
    jpeg = saved("JPEG")
    answer = (
        by_form(http, jpeg, "../../a\u202e.exe", "text/html")
        if door == "form"
        else as_base64(http, f"data:text/html;base64,{b64(jpeg)}", name="../../a.exe")
    )
    assert (answer.status_code, answer.json()["media_type"]) == (201, "image/jpeg")


@pytest.mark.parametrize(
    "prefix", ["data:image/png;base64,", "data:image/png;charset=utf-8;base64,", "data:image/svg+xml;base64,"]
)
def test_a_data_url_is_taken(http: httpx.Client, prefix: str) -> None:
    answer = as_base64(http, prefix + b64(PICTURE), name="앞.png")
    assert (answer.status_code, answer.json()["digest"]) == (201, sha256(PICTURE))


# Refused


@DOORS
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (noise(500), "image.type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image.type"),
        (b"GIF89a" + bytes(100), "image.type"),
        (glb.simple().data(), "image.type"),
        (PICTURE[:20], "image.invalid"),
        (b"\x89PNG\r\n\x1a\n" + noise(100), "image.invalid"),
        (glb.png(30_000, 2), "image.too_large"),
    ],
    ids=["noise", "svg", "gif", "model", "truncated", "broken", "bomb"],
)
def test_what_is_no_picture(http: httpx.Client, door: str, data: bytes, code: str) -> None:
    assert problem(sent(http, door, data)) == (422, code)
    assert http.get(f"/blobs/{sha256(data)}").status_code == 404


@DOORS
@pytest.mark.parametrize("over", [1, 5_000, 50_000])
def test_a_picture_may_be_so_large(http: httpx.Client, small: None, door: str, over: int) -> None:
    whole = PICTURE.ljust(LIMIT, b"\0")  # bytes after a PNG's end are no part of it
    assert sent(http, door, whole).status_code == 201
    assert problem(sent(http, door, whole + bytes(over))) == (413, "request.too_large")


@DOORS
def test_a_token_that_may_write_is_needed(farm: Farm, http: httpx.Client, owner: str, door: str) -> None:
    with farm.client(None) as nobody:
        assert problem(sent(nobody, door, PICTURE)) == (401, "auth.missing")
    with farm.client(farm.token(owner, ("jobs:read",))) as reader:
        assert problem(sent(reader, door, PICTURE)) == (403, "auth.forbidden")


@DOORS
def test_pictures_count_against_the_quota(
    farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    first, second = glb.png(5, 5), glb.png(6, 6)
    monkeypatch.setitem(QUOTAS, "free", replace(QUOTAS["free"], stored_bytes=len(first) + len(second) - 1))
    assert sent(http, door, first).status_code == 201
    assert sent(http, door, first).status_code == 201  # the same bytes take no more room
    assert problem(sent(http, door, second)) == (429, "quota.exceeded")
    assert problem(http.post("/blobs", content=second)) == (429, "quota.exceeded")
    assert http.get(f"/blobs/{sha256(second)}").status_code == 404
    assert http.delete(f"/blobs/{sha256(first)}").status_code == 204
    assert sent(http, door, second).status_code == 201


# Base64


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"data": "not base64!"}, 422, "request.invalid"),
        ({"data": b64(PICTURE)[:-1]}, 422, "request.invalid"),
        ({"data": f"data:image/png,{b64(PICTURE)}"}, 422, "request.invalid"),
        ({"data": f"data:image/png;base64, {b64(PICTURE)}"}, 422, "request.invalid"),
        ({"data": f"data:;;;base64,{b64(PICTURE)}"}, 422, "request.invalid"),
        ({"data": "data:" + "a/a;a=a" * 5_000}, 422, "request.invalid"),
        ({"data": "이미지"}, 422, "request.invalid"),
        ({"data": ""}, 422, "request.invalid"),
        ({"data": 5}, 422, "request.invalid"),
        ({"data": None}, 422, "request.invalid"),
        ({}, 422, "request.invalid"),
        ({"image": b64(PICTURE)}, 422, "request.invalid"),
        ({"data": b64(PICTURE), "else": 1}, 422, "request.invalid"),
        ({"data": b64(PICTURE), "name": "x" * 201}, 422, "request.invalid"),
        ([b64(PICTURE)], 422, "request.invalid"),
    ],
)
def test_base64_that_is_none(http: httpx.Client, body: Any, status: int, code: str) -> None:
    answer = http.post("/uploads/base64", json=body)
    assert problem(answer) == (status, code)


def test_bodies_that_are_no_json(http: httpx.Client) -> None:
    for content, kind, expected in (
        (b"{", "application/json", (400, "request.malformed")),
        (b'{"data": "\xff"}', "application/json", (400, "request.malformed")),
        (PICTURE, "image/png", (415, "request.media_type")),
    ):
        answer = http.post("/uploads/base64", content=content, headers={"Content-Type": kind})
        assert problem(answer) == expected, content


# Forms


def form(*parts: tuple[str, bytes]) -> bytes:
    """A form by hand: (Content-Disposition's parameters, content) of each part."""
    rows = [b"--edge\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (d.encode(), c) for d, c in parts]
    return b"".join(rows) + b"--edge--\r\n"


def posted(http: httpx.Client, body: bytes, kind: str = FORM) -> httpx.Response:
    return http.post("/uploads/image", content=body, headers={"Content-Type": kind})


def test_the_first_file_of_a_form_is_taken_under_any_name(http: httpx.Client) -> None:
    second = glb.png(4, 4)
    body = form(('name="note"', b"hello"), ('name="x"; filename="a"', PICTURE), ('name="y"; filename="b"', second))
    assert posted(http, body).json()["digest"] == sha256(PICTURE)
    quoted = FORM.replace("edge", '"edge"')
    assert posted(http, body, quoted).json()["digest"] == sha256(PICTURE)
    assert http.get(f"/blobs/{sha256(second)}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (form(), 422, "request.invalid"),
        (form(('name="file"', PICTURE)), 422, "request.invalid"),  # a field, not a file
        (form(('name="file"; filename="a.png"', b"")), 422, "request.invalid"),
        (form(('name="file"; filename="a.png"', PICTURE))[:-10], 400, "request.malformed"),
        (form(('name="file"; filename="a.png"', PICTURE)).replace(b"--edge--", b""), 400, "request.malformed"),
        (form(*((f'name="f{n}"', b"x") for n in range(30))), 400, "request.malformed"),
        (form((f'name="file"; filename="{"a" * 5_000}"', PICTURE)), 400, "request.malformed"),
        (b"--edge\r\nContent-Disposition: attachment\r\n\r\nx\r\n--edge--\r\n", 400, "request.malformed"),
        (b"--other\r\n\r\nx\r\n--other--\r\n", 400, "request.malformed"),
        (PICTURE, 400, "request.malformed"),
        (b"", 400, "request.malformed"),
    ],
)
def test_forms_without_a_file(http: httpx.Client, body: bytes, status: int, code: str) -> None:
    assert problem(posted(http, body)) == (status, code)


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 201}",
     "multipart/mixed; boundary=edge", "application/x-www-form-urlencoded", "image/png", "application/json", "junk"],
)  # fmt: skip
def test_what_is_no_form(http: httpx.Client, kind: str) -> None:
    assert problem(posted(http, form(('name="file"; filename="a.png"', PICTURE)), kind)) == (
        415,
        "request.media_type",
    )

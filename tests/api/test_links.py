"""Sharing over HTTP: links that are counted and revoked, deletion, and what the audit trail says of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jsonschema
import pytest
from sqlalchemy import update

from api.cli.app import execute
from api.identity import tokens
from farm.ids import new_id
from farm.links import sign
from farm.tables import links
from tests.api.conftest import SPEC, Farm
from tests.api.test_files import png

DATA = b"0123456789" * 300_000
DAY = 86_400


@pytest.fixture
def artifact(farm: Farm, http: httpx.Client) -> dict[str, Any]:
    return made(farm, http)


def made(farm: Farm, http: httpx.Client) -> dict[str, Any]:
    """An artifact of a job that has ended."""
    job = http.post("/jobs", json={"kind": "still", "spec": SPEC}).json()
    while farm.run_next(DATA) != job["id"]:
        pass
    (found,) = http.get(f"/jobs/{job['id']}").json()["artifacts"]
    return found  # type: ignore[no-any-return]


def share(http: httpx.Client, artifact: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = http.post(f"/artifacts/{artifact['id']}/links", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def download(farm: Farm, link: dict[str, Any], span: str | None = None, **headers: str) -> httpx.Response:
    if span is not None:
        headers["Range"] = f"bytes={span}"
    return httpx.get(farm.url + link["url"], headers=headers)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def listed(http: httpx.Client, artifact: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/artifacts/{artifact['id']}/links").json()["items"]
    return found


def test_who_has_the_link_downloads_without_a_token(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact, max_downloads=2, note="für Löö")
    assert (link["artifact"], link["downloads"], link["note"]) == (artifact["id"], 0, "für Löö")
    answer = download(farm, link)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["cache-control"] == "private, no-cache"  # a copy is not used without asking again
    (found,) = listed(http, artifact)
    assert found["url"] == link["url"]
    assert (found["downloads"], found["max_downloads"]) == (1, 2)
    assert found["last_used_at"] >= link["created_at"]


def test_ten_at_once_of_a_link_for_three_are_three(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact, max_downloads=3)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: download(farm, link), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [410] * 7
    assert {said(answer) for answer in answers if answer.status_code == 410} == {(410, "link.used_up")}
    assert all(answer.content == DATA for answer in answers if answer.status_code == 200)
    assert listed(http, artifact)[0]["downloads"] == 3


def test_a_later_range_continues_a_download_and_the_first_byte_begins_one(
    farm: Farm, http: httpx.Client, artifact: dict[str, Any]
) -> None:
    link = share(http, artifact, max_downloads=1)
    first = download(farm, link, "0-99")
    assert (first.status_code, first.content) == (206, DATA[:100])
    rest = download(farm, link, "100-")
    assert (rest.status_code, rest.content) == (206, DATA[100:])
    assert rest.headers["content-range"] == "bytes 100-2999999/3000000"
    assert said(download(farm, link, "0-0")) == (410, "link.used_up")
    assert said(download(farm, link, f"-{len(DATA)}")) == (410, "link.used_up")  # a suffix that is the whole
    assert download(farm, link, "-7").content == DATA[-7:]
    assert listed(http, artifact)[0]["downloads"] == 1
    http.delete(f"/links/{link['id']}")
    assert said(download(farm, link, "100-")) == (410, "link.revoked")


def test_a_range_of_a_link_that_was_never_used_is_answered_whole_and_counts(
    farm: Farm, http: httpx.Client, artifact: dict[str, Any]
) -> None:
    link = share(http, artifact, max_downloads=1)
    answer = download(farm, link, "1-")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert said(download(farm, link)) == (410, "link.used_up")


def test_a_range_of_other_bytes_is_a_new_download(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact, max_downloads=2)
    tag = download(farm, link).headers["etag"]
    assert download(farm, link, "5-9", **{"If-Range": tag}).content == DATA[5:10]
    assert download(farm, link, "5-9", **{"If-Range": '"other"'}).content == DATA
    assert said(download(farm, link, "5-9", **{"If-Range": '"other"'})) == (410, "link.used_up")


def test_looking_does_not_count(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact, max_downloads=1)
    for headers in ({}, {"Range": "bytes=0-9"}):
        head = httpx.head(farm.url + link["url"], headers=headers)
        assert (head.status_code, head.headers["content-length"], head.content) == (200, "3000000", b"")
    kept = download(farm, link, **{"If-None-Match": f'"{artifact["digest"]}"'})
    assert (kept.status_code, kept.content) == (304, b"")
    outside = download(farm, link, "3000000-")
    assert said(outside) == (416, "request.range")
    assert outside.headers["content-range"] == "bytes */3000000"
    assert listed(http, artifact)[0]["downloads"] == 0
    assert download(farm, link).status_code == 200


def test_what_cannot_be_sent_is_not_counted(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact, max_downloads=1)
    farm.blobs.delete(artifact["digest"])
    answer = download(farm, link)
    farm.blobs.put_bytes(DATA)
    assert answer.json()["code"] == "blob.missing"
    assert listed(http, artifact)[0]["downloads"] == 0
    assert download(farm, link).status_code == 200


def test_a_revoked_link_is_over_at_once(
    farm: Farm, http: httpx.Client, other: httpx.Client, artifact: dict[str, Any]
) -> None:
    link, kept = share(http, artifact), share(http, artifact)
    assert said(other.delete(f"/links/{link['id']}")) == (404, "not_found")
    assert download(farm, link).status_code == 200
    for _ in range(2):
        assert http.delete(f"/links/{link['id']}").status_code == 204
    assert said(download(farm, link)) == (410, "link.revoked")
    assert httpx.head(farm.url + link["url"]).status_code == 410
    assert download(farm, link, **{"If-None-Match": "*"}).status_code == 410
    assert download(farm, kept).status_code == 200
    found = {row["id"]: row["revoked_at"] for row in listed(http, artifact)}
    assert found[link["id"]] is not None
    assert found[kept["id"]] is None
    assert http.delete(f"/links/{new_id()}").status_code == 404


def test_an_expired_link_is_over(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact)
    download(farm, link)
    with farm.db.write() as conn:
        conn.execute(update(links).where(links.c.id == link["id"]).values(expires_at=links.c.created_at))
    for span in (None, "100-"):
        assert said(download(farm, link, span)) == (410, "link.expired")


def test_an_address_is_of_one_link_alone(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link, other = share(http, artifact), share(http, artifact)
    path = urlsplit(link["url"]).path
    good, foreign = (parse_qs(urlsplit(one["url"]).query)["signature"][0] for one in (link, other))
    assert httpx.get(farm.url + path, params={"signature": good}).status_code == 200
    for signature in (foreign, good[:-1], good + "A", "", "é" * 43, sign("another farm's", link["id"])):
        answer = httpx.get(farm.url + path, params={"signature": signature})
        assert said(answer) == (403, "link.invalid"), signature
    assert said(httpx.get(farm.url + path)) == (403, "link.invalid")
    assert said(httpx.get(farm.url + path, params={"signature": "x" * 201})) == (422, "request.invalid")
    expiring = httpx.get(
        farm.url + f"/api/v1/artifacts/{link['id']}/content", params={"expires": 9**9, "signature": good}
    )
    assert said(expiring) == (403, "link.invalid")


@pytest.mark.parametrize(("tier", "days"), [("free", 7), ("pro", 30), ("studio", 365)])
def test_a_tier_says_how_long_a_link_may_live(
    farm: Farm, owner: str, artifact: dict[str, Any], tier: str, days: int
) -> None:
    with farm.client(farm.token(owner, tier=tier)) as mine:
        assert share(mine, artifact, expires_in=days * DAY)["expires_at"] <= artifact["expires_at"]
        answer = mine.post(f"/artifacts/{artifact['id']}/links", json={"expires_in": days * DAY + 1})
    assert said(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["path"] == "expires_in"
    assert f"{days} days" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [{"expires_in": 0}, {"expires_in": -1}, {"expires_in": 1.5}, {"expires_in": 10**30}, {"max_downloads": 0},
     {"max_downloads": 10**9}, {"max_downloads": True}, {"note": "x" * 201}, {"note": "a\0b"}, {"note": 1},
     {"days": 7}, [], "x"],
)  # fmt: skip
def test_bad_wishes_are_refused(http: httpx.Client, artifact: dict[str, Any], body: Any) -> None:
    answer = http.post(f"/artifacts/{artifact['id']}/links", json=body)
    assert said(answer) == (422, "request.invalid")
    assert listed(http, artifact) == []


def test_a_link_needs_no_wishes(http: httpx.Client, artifact: dict[str, Any]) -> None:
    answer = http.post(f"/artifacts/{artifact['id']}/links")
    assert answer.status_code == 201
    assert answer.json()["max_downloads"] is None
    assert said(http.post(f"/artifacts/{artifact['id']}/links", content=b"{"))[0] == 400
    big = http.post(f"/artifacts/{artifact['id']}/links", json={"note": "x" * 10_001})
    assert said(big) == (413, "request.too_large")


def test_strangers_can_neither_share_nor_list_nor_delete(
    other: httpx.Client, http: httpx.Client, artifact: dict[str, Any]
) -> None:
    path = f"/artifacts/{artifact['id']}"
    for answer in (other.post(f"{path}/links", json={}), other.get(f"{path}/links"), other.delete(path)):
        assert said(answer) == (404, "not_found")
    for name in ("nope", "%00", new_id()):
        assert http.post(f"/artifacts/{name}/links", json={}).status_code == 404
        assert http.get(f"/artifacts/{name}/links").status_code == 404
        assert http.delete(f"/artifacts/{name}").status_code == 404
        assert http.delete(f"/links/{name}").status_code == 404
        assert http.delete(f"/blobs/{name}").status_code == 404
    assert http.get(path).status_code == 200


def test_lists_of_links_go_on_by_cursor(http: httpx.Client, artifact: dict[str, Any]) -> None:
    ids = [share(http, artifact)["id"] for _ in range(5)]
    first = http.get(f"/artifacts/{artifact['id']}/links?limit=3").json()
    rest = http.get(f"/artifacts/{artifact['id']}/links", params={"limit": 3, "cursor": first["next"]}).json()
    assert [row["id"] for row in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["next"] is None


def test_a_deleted_artifact_is_gone_with_its_links(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    link = share(http, artifact)
    assert http.delete(f"/artifacts/{artifact['id']}").status_code == 204
    assert said(http.delete(f"/artifacts/{artifact['id']}")) == (404, "not_found")
    assert said(http.get(f"/artifacts/{artifact['id']}")) == (404, "not_found")
    assert httpx.get(farm.url + artifact["url"]).status_code == 404
    assert said(download(farm, link)) == (410, "link.expired")
    assert http.get("/artifacts").json()["items"] == []
    assert http.get(f"/jobs/{artifact['job']}").json()["artifacts"] == []


def test_a_blob_is_given_up_unless_an_unfinished_job_needs_it(http: httpx.Client, other: httpx.Client) -> None:
    digest = http.post("/blobs", content=png()).json()["digest"]
    other.post("/blobs", content=png())
    spec = {**SPEC, "design": {"layers": [{"id": "a", "model": {"item": "tshirt"},
            "material": {"texture": {"blob": digest}}}]}}  # fmt: skip
    job = http.post("/jobs", json={"kind": "still", "spec": spec}).json()["id"]
    refused = http.delete(f"/blobs/{digest}")
    assert said(refused) == (409, "job.conflict")
    assert job in refused.json()["detail"]
    assert refused.json()["job"] == job
    http.post(f"/jobs/{job}/cancel")
    assert http.delete(f"/blobs/{digest}").status_code == 204
    assert said(http.delete(f"/blobs/{digest}")) == (404, "not_found")
    assert said(http.get(f"/blobs/{digest}")) == (404, "not_found")
    assert http.post("/jobs", json={"kind": "still", "spec": spec}).json()["code"] == "blob.unknown"
    assert other.get(f"/blobs/{digest}").status_code == 200


def test_the_audit_trail_is_the_owners_own(farm: Farm, artifact: dict[str, Any], owner: str) -> None:
    token, text = tokens.create(farm.db, owner=owner)
    with farm.client(text) as mine:
        link = share(mine, artifact, max_downloads=4)
        mine.delete(f"/links/{link['id']}")
        mine.delete(f"/artifacts/{artifact['id']}")
        first = mine.get("/audit?limit=2").json()
        rest = mine.get("/audit", params={"limit": 2, "cursor": first["next"]}).json()
        assert said(mine.get("/audit?cursor=zzz")) == (400, "request.cursor")
    rows = [*first["items"], *rest["items"]]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("artifact.deleted", artifact["id"]),
        ("link.revoked", link["id"]),
        ("link.created", link["id"]),
    ]
    assert {row["actor"] for row in rows} == {token.id}
    assert rows[0]["data"]["name"] == artifact["name"]
    assert rows[2]["data"]["max_downloads"] == 4
    assert rest["next"] is None
    with farm.client(farm.token("chief", ("admin",))) as chief:
        assert not {row["id"] for row in rows} & {row["id"] for row in chief.get("/audit?limit=200").json()["items"]}


def test_the_command_line_shares_and_deletes(
    farm: Farm,
    owner: str,
    http: httpx.Client,
    artifact: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in (("URL", farm.url), ("TOKEN", farm.token(owner)), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(f"FARM_{name}", value)

    def call(*argv: str, code: int = 0) -> str:
        assert execute(["artifact", *argv]) == code
        return capsys.readouterr().out

    url = call("share", artifact["id"], "--expires", "2h", "--max-downloads", "1", "--note", "한글").strip()
    assert httpx.get(url).content == DATA
    assert said(httpx.get(url)) == (410, "link.used_up")
    made = json.loads(call("share", artifact["id"], "-o", "json"))
    assert httpx.get(made["url"]).content == DATA
    call("unshare", made["id"])
    assert said(httpx.get(made["url"])) == (410, "link.revoked")
    rows = [json.loads(row) for row in call("links", artifact["id"], "-o", "ndjson").splitlines()]
    assert [(row["note"], row["downloads"], row["url"]) for row in rows] == [("", 1, made["url"]), ("한글", 1, url)]
    lives = datetime.fromisoformat(rows[1]["expires_at"]) - datetime.fromisoformat(rows[1]["created_at"])
    assert round(lives.total_seconds()) == 7200
    assert "한글" in call("links", artifact["id"])
    call("share", artifact["id"], "--expires", "8d", code=2)
    call("share", artifact["id"], "--expires", "soon", code=2)
    call("rm", artifact["id"])
    assert http.get(f"/artifacts/{artifact['id']}").status_code == 404
    call("rm", artifact["id"], code=7)
    call("links", "../jobs", code=7)


def test_answers_are_as_the_document_says(farm: Farm, http: httpx.Client, artifact: dict[str, Any]) -> None:
    document = httpx.get(f"{farm.url}/openapi.json").json()
    link = share(http, artifact)
    http.delete(f"/links/{link['id']}")
    for name, thing in (("LinkView", link), ("AuditView", http.get("/audit").json()["items"][0])):
        (schema,) = (key for key in document["components"]["schemas"] if key.endswith(name))
        jsonschema.validate(thing, {"$ref": f"#/components/schemas/{schema}", "components": document["components"]})
    body = document["paths"]["/api/v1/artifacts/{artifact_id}/links"]["post"]["requestBody"]["content"]
    example = body["application/json"]["example"]
    assert http.post(f"/artifacts/{artifact['id']}/links", json=example).status_code == 201

"""What holds for every route: tokens, scopes, problems, headers, the document."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import httpx
import jsonschema
import pytest

from api.identity import tokens
from api.identity.bootstrap import first_token
from api.problems import korean
from farm.settings import Settings
from tests.api.conftest import SPEC, Farm

OPEN = {
    "/health",
    "/ready",
    "/metrics",
    "/api/v1/artifacts/{artifact_id}/content",
    "/api/v1/links/{link_id}/content",
    "/api/v1/catalogue/{item_id}/thumbnail",
    "/api/v1/uploads/{upload_id}/content",
}


def operations(farm: Farm) -> list[tuple[str, str]]:
    document = httpx.get(f"{farm.url}/openapi.json").json()
    return [(method.upper(), path) for path, found in document["paths"].items() for method in found]


def filled(path: str) -> str:
    return path.replace("{number}", "0").replace("{", "").replace("}", "")


def test_every_route_wants_a_token(farm: Farm) -> None:
    checked = 0
    for method, path in operations(farm):
        if path in OPEN or method == "OPTIONS":
            continue
        for headers, code in (
            ({}, "auth.missing"),
            ({"Authorization": "Basic x"}, "auth.missing"),
            ({"Authorization": "Bearer farm_x_y"}, "auth.invalid"),
        ):
            answer = httpx.request(method, farm.url + filled(path), headers=headers)
            assert answer.status_code == 401, (method, path)
            assert method == "HEAD" or answer.json()["code"] == code, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            checked += 1
    assert checked > 60


def test_every_route_wants_its_scope(farm: Farm) -> None:
    with farm.client(farm.token("nobody", ())) as client:
        for method, path in operations(farm):
            if path not in OPEN and method != "OPTIONS":
                answer = client.request(method, farm.url + filled(path))
                assert answer.status_code == 403, (method, path)
                assert method == "HEAD" or answer.json()["code"] == "auth.forbidden", (method, path)


def test_admin_may_do_all(farm: Farm) -> None:
    with farm.client(farm.token("boss", ("admin",))) as client:
        for path in ("/jobs", "/cards", "/workers", "/lanes"):
            assert client.get(path).status_code == 200


def test_a_revoked_token_ends_when_it_is_forgotten(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.identity.auth.REMEMBERED_S", 0.3)
    made, text = tokens.create(farm.db, owner="leaver")
    with farm.client(text) as client:
        assert client.get("/jobs").status_code == 200
        assert tokens.revoke(farm.db, made.id)
        assert not tokens.revoke(farm.db, made.id)
        until = time.monotonic() + 2
        while client.get("/jobs").status_code == 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert client.get("/jobs").json()["code"] == "auth.invalid"


def test_an_expired_token_is_invalid(farm: Farm) -> None:
    with farm.client(farm.token("late", expires_in_s=-1)) as client:
        assert client.get("/jobs").json()["code"] == "auth.invalid"


def test_tokens_are_kept_as_hashes_and_listed_without_secrets(farm: Farm) -> None:
    made, text = tokens.create(farm.db, owner="careful", name="ci")
    secret = text.split("_", 2)[2]
    assert [token.name for token in tokens.list(farm.db, "careful")] == ["ci"]
    assert made.id in text
    path = farm.db.path
    assert path is not None
    # By another process: closing the file here would drop SQLite's own locks on it (POSIX).
    found = subprocess.run(["cat", path, f"{path}-wal"], capture_output=True, check=True).stdout
    assert made.id.encode() in found
    assert secret.encode() not in found


def test_the_first_token_is_private_and_kept(farm: Farm, tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path)
    path = first_token(farm.db, settings)
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert first_token(farm.db, settings).read_text() == text
    tokens.revoke(farm.db, text.split("_")[1])
    assert first_token(farm.db, settings).read_text() != text


def test_problems_come_in_korean_when_preferred(http: httpx.Client) -> None:
    english = http.get("/jobs/nope").json()
    answer = http.get("/jobs/nope", headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})
    assert (answer.json()["code"], answer.headers["content-language"]) == ("not_found", "ko")
    assert answer.json()["title"] != english["title"]
    assert any("가" <= letter <= "힣" for letter in answer.json()["title"])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("ko", True), ("en,ko;q=0.5", False), ("ko;q=0.5,en;q=0.1", True), ("", False), ("*", False), ("ko;q=x", False)],
)
def test_languages_are_weighed(value: str, wanted: bool) -> None:
    assert korean(value) is wanted


def test_unknown_places_and_methods_are_problems(farm: Farm, http: httpx.Client) -> None:
    for path in ("/nowhere", "/jobs/nope/nothing", "/../../etc/passwd", "/jobs/%00", "/cards/%00"):
        answer = http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    wrong = http.put("/jobs")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "request.method")
    assert "POST" in wrong.headers["allow"]
    assert httpx.get(f"{farm.url}/").json()["code"] == "not_found"


def test_every_answer_has_an_id_and_safe_headers(farm: Farm, http: httpx.Client) -> None:
    for answer in (http.get("/jobs"), http.get("/nope"), httpx.get(f"{farm.url}/health")):
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert http.get("/nope", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert http.get("/nope", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"


def test_the_alias_is_the_same(farm: Farm, submitted: dict[str, Any], http: httpx.Client) -> None:
    alias = httpx.get(f"{farm.url}/api/jobs/{submitted['id']}", headers=dict(http.headers))
    assert alias.json()["id"] == submitted["id"]


def test_the_document_is_openapi_with_examples(farm: Farm, http: httpx.Client) -> None:
    document = httpx.get(f"{farm.url}/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "example" in str(document["paths"]["/api/v1/cards"]["post"]["requestBody"])
    jobs = document["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]
    assert set(jobs["examples"]) == {"still", "turntable", "flat", "model", "card", "techpack", "bundle"}
    text = str(document)
    for name in set(text.split("#/components/schemas/")[1:]):
        assert name.split("'")[0] in document["components"]["schemas"]
    schema = {**jobs["schema"], "components": document["components"]}
    for example in jobs["examples"].values():
        jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_the_docs_page_needs_nothing_from_elsewhere(farm: Farm) -> None:
    page = httpx.get(f"{farm.url}/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/v1/cards" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script" not in page.text


def test_health_ready_and_metrics(farm: Farm, submitted: dict[str, Any]) -> None:
    assert httpx.get(f"{farm.url}/health").json() == {"status": "ok"}
    assert httpx.get(f"{farm.url}/ready").json()["status"] == "ready"
    metrics = httpx.get(f"{farm.url}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'farm_lane_depth{lane="render"}' in metrics.text
    assert "farm_http_requests_total" in metrics.text


def test_a_fault_of_ours_shows_nothing_of_the_inside(
    farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        msg = "the secret inside"
        raise ValueError(msg)

    monkeypatch.setattr("api.jobs.reads.job", broken)
    answer = http.get("/jobs/01a1fc15-447f-77fd-8303-03522327e1bd", headers={"X-Request-ID": "trace-me"})
    assert (answer.status_code, answer.json()["code"]) == (500, "farm.internal")
    assert "secret" not in answer.text
    assert "trace-me" in answer.json()["instance"]


def test_a_database_that_is_away_is_503(farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("api.jobs.reads.listed", away)
    answer = http.get("/jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "farm.unavailable")
    assert answer.headers["retry-after"]


def test_a_bad_idempotency_key_is_refused(http: httpx.Client) -> None:
    for key in ("", "x" * 201, "a b"):
        answer = http.post("/jobs", json={"kind": "still", "spec": SPEC}, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")

"""Jobs over HTTP."""

from __future__ import annotations

import gzip
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.conftest import SPEC, Farm


def test_a_job_is_accepted_durably_and_read_back(http: httpx.Client, submitted: dict[str, Any]) -> None:
    read = http.get(f"/jobs/{submitted['id']}").json()
    assert (read["state"], read["kind"], read["attempt"]) == ("queued", "still", 0)
    assert [step["name"] for step in read["steps"]] == ["render.still"]
    changing = {"created_at", "revision"}
    assert {k: v for k, v in read.items() if k not in changing} == {
        k: v for k, v in submitted.items() if k not in changing
    }


def test_a_finished_job_has_artifacts_with_links(farm: Farm, http: httpx.Client, submitted: dict[str, Any]) -> None:
    while farm.run_next() != submitted["id"]:
        pass
    job = http.get(f"/jobs/{submitted['id']}").json()
    assert (job["state"], job["progress"]["fraction"], job["steps"][0]["source"]) == ("succeeded", 1.0, "rendered")
    (artifact,) = job["artifacts"]
    assert (artifact["name"], artifact["media_type"], artifact["source"]) == ("tee.png", "image/png", "rendered")
    assert http.get(f"/jobs/{submitted['id']}").json() == job
    assert http.get("/artifacts", params={"job": job["id"]}).json()["items"] == [artifact]
    detail = http.get(f"/artifacts/{artifact['id']}").json()
    assert detail["receipt"] is not None


def test_an_output_name_is_the_file_name(farm: Farm, http: httpx.Client) -> None:
    job = http.post("/jobs", json={"kind": "still", "spec": SPEC, "output_name": "../Lookbook 1"}).json()
    while farm.run_next() != job["id"]:
        pass
    (artifact,) = http.get(f"/jobs/{job['id']}").json()["artifacts"]
    assert "/" not in artifact["name"]
    assert artifact["name"].endswith("Lookbook 1.png")


def test_waiting_gives_the_finished_job(farm: Farm, http: httpx.Client) -> None:
    found: list[httpx.Response] = []
    body = {"kind": "still", "spec": {**SPEC, "views": ["top"]}}
    waiting = threading.Thread(
        target=lambda: found.append(http.post("/jobs", json=body, headers={"Prefer": "wait=10"}))
    )
    waiting.start()
    while waiting.is_alive():
        time.sleep(0.05)
        try:
            farm.run_next()
        except AssertionError:
            continue
    assert found[0].status_code == 200
    assert (found[0].json()["state"], found[0].headers["preference-applied"]) == ("succeeded", "wait=10")


def test_waiting_in_vain_gives_202(http: httpx.Client) -> None:
    body = {"kind": "still", "spec": {**SPEC, "views": ["left"]}}
    answer = http.post("/jobs", json=body, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_one_key_makes_one_job(http: httpx.Client) -> None:
    body = {"kind": "still", "spec": SPEC}
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: http.post("/jobs", json=body, headers={"Idempotency-Key": "once"}), range(64))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    other = http.post("/jobs", json={**body, "priority": 1}, headers={"Idempotency-Key": "once"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


def test_control_moves_a_job_and_says_when_it_cannot(http: httpx.Client, submitted: dict[str, Any]) -> None:
    path = f"/jobs/{submitted['id']}"
    assert http.post(f"{path}/pause").json()["state"] == "paused"
    assert http.post(f"{path}/resume").json()["state"] == "queued"
    assert http.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert http.post(f"{path}/cancel").status_code == 200
    late = http.post(f"{path}/pause")
    assert (late.status_code, late.json()["code"]) == (409, "job.conflict")
    assert http.post(f"{path}/retry").json()["state"] == "queued"


def test_lists_filter_and_page(http: httpx.Client) -> None:
    ids = [http.post("/jobs", json={"kind": "still", "spec": SPEC}).json()["id"] for _ in range(5)]
    http.post(f"/jobs/{ids[0]}/cancel")
    assert [job["id"] for job in http.get("/jobs?limit=200").json()["items"]] == ids[::-1]
    assert [job["id"] for job in http.get("/jobs?state=cancelled").json()["items"]] == ids[:1]
    assert len(http.get("/jobs?state=cancelled&state=queued").json()["items"]) == 5
    assert http.get("/jobs?kind=model").json() == {"items": [], "next": None}
    first = http.get("/jobs?limit=3").json()
    second = http.get("/jobs", params={"limit": 3, "cursor": first["next"]}).json()
    assert [job["id"] for job in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None
    assert "steps" not in first["items"][0]
    wrong = http.get("/jobs?state=lost")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "request.invalid")
    assert http.get("/jobs?limit=100000").status_code == 422


def test_long_lists_come_compressed(http: httpx.Client) -> None:
    for _ in range(3):
        http.post("/jobs", json={"kind": "still", "spec": SPEC})
    with http.stream("GET", "/jobs", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert len(json.loads(gzip.decompress(b"".join(answer.iter_raw())))["items"]) == 3


def test_others_jobs_are_not_there(http: httpx.Client, other: httpx.Client, submitted: dict[str, Any]) -> None:
    path = f"/jobs/{submitted['id']}"
    assert other.get("/jobs").json()["items"] == []
    for answer in (
        other.get(path),
        other.get(f"{path}/logs"),
        other.get(f"{path}/events"),
        *(other.post(f"{path}/{action}") for action in ("cancel", "retry", "pause", "resume")),
        other.get(f"/artifacts?job={submitted['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.url
    assert http.get(path).json()["state"] == "queued"


def test_logs_are_lines(farm: Farm, http: httpx.Client, submitted: dict[str, Any]) -> None:
    assert http.get(f"/jobs/{submitted['id']}/logs").json() == {"items": [], "next": None}


def test_a_plan_submits_nothing(http: httpx.Client) -> None:
    answer = http.post("/plan", json={"kind": "turntable", "spec": {"design": SPEC["design"]}})
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert plan["stem"] == "tee"
    assert all(len(step["hash"]) == 64 for step in plan["steps"])
    assert http.get("/jobs").json()["items"] == []


def test_kinds_publish_their_schema(http: httpx.Client) -> None:
    kinds = {kind["name"]: kind for kind in http.get("/kinds").json()["items"]}
    assert set(kinds) == {"still", "turntable", "flat", "model", "card", "techpack", "bundle"}
    for name, kind in kinds.items():
        assert http.get(f"/kinds/{name}").json()["schema"]["type"] == "object"
        assert http.post("/plan", json={"kind": name, "spec": kind["example"]}).status_code == 200
    assert http.get("/kinds/nope").status_code == 404


def test_lanes_and_workers(farm: Farm, http: httpx.Client, submitted: dict[str, Any]) -> None:
    lanes = {lane["name"]: lane for lane in http.get("/lanes").json()["items"]}
    assert lanes["render"]["depth"] >= 1
    assert lanes["render"]["oldest_s"] is not None
    assert http.get("/workers").status_code == 403
    with farm.client(farm.token("operator", ("admin",))) as admin:
        assert admin.get("/workers").status_code == 200
        assert admin.post("/workers/nobody/drain").status_code == 404


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"{", "request.malformed", None),
        (b"", "request.malformed", None),
        (b"\xff\xfe", "request.malformed", None),
        (b"[]", "request.invalid", ""),
        (b'{"kind": "still"}', "request.invalid", ""),
        (b'{"kind": "nope", "spec": {}}', "job.kind_unknown", None),
        (b'{"kind": "still", "spec": {}, "extra": 1}', "request.invalid", ""),
        (b'{"kind": "still", "spec": {}, "priority": 99}', "request.invalid", "priority"),
        (b'{"kind": "still", "spec": {}}', "request.invalid", "spec.design"),
        (b'{"kind": "still", "spec": []}', "request.invalid", "spec"),
        (json.dumps({"kind": "still", "spec": {**SPEC, "width": 1}}).encode(), "request.invalid", "spec.width"),
        (
            json.dumps({"kind": "still", "spec": {**SPEC, "design": {"layers": [{"id": "a"}]}}}).encode(),
            "request.invalid",
            "spec.design.layers[0].model",
        ),
        (json.dumps({"kind": "still", "spec": {"design": {"blob": "0" * 64}}}).encode(), "blob.unknown", None),
        (b'{"kind": "still", "spec": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", None, None),
    ],
)
def test_bad_bodies_are_problems_with_a_path(
    http: httpx.Client, body: bytes, code: str | None, path: str | None
) -> None:
    answer = http.post("/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    if code is not None:
        assert problem["code"] == code, problem
    if path is not None:
        assert path in {row["path"] for row in problem["errors"]}, problem
    assert "Traceback" not in answer.text


def test_errors_are_bounded(http: httpx.Client) -> None:
    layers = [{"id": f"l{i}", "model": {"item": "tshirt"}, "bad": 1} for i in range(64)]
    answer = http.post("/jobs", json={"kind": "still", "spec": {"design": {"layers": layers}}})
    assert len(answer.json()["errors"]) == 50
    assert "and 63 more" in answer.json()["detail"]


def test_a_large_body_is_refused_before_it_is_read(http: httpx.Client) -> None:
    said = http.post("/jobs", content=b"x" * 300_000)
    assert (said.status_code, said.json()["code"]) == (413, "request.too_large")
    unsaid = http.post("/jobs", content=iter([b"x" * 50_000] * 8))
    assert (unsaid.status_code, unsaid.json()["code"]) == (413, "request.too_large")


def test_another_media_type_is_refused(http: httpx.Client) -> None:
    answer = http.post("/jobs", content=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["code"]) == (415, "request.media_type")


def test_a_full_queue_is_told_to_its_owner_only(
    farm: Farm, http: httpx.Client, other: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from farm import lanes

    small = {**lanes.LANES, "render": replace(lanes.LANES["render"], max_depth=2)}
    monkeypatch.setattr("farm.pressure.LANES", small)
    body = {"kind": "still", "spec": SPEC}
    assert [http.post("/jobs", json=body).status_code for _ in range(2)] == [202, 202]
    full = http.post("/jobs", json=body)
    assert (full.status_code, full.json()["code"]) == (429, "lane.busy")
    assert int(full.headers["retry-after"]) >= 1
    assert other.post("/jobs", json=body).status_code == 202

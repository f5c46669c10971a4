"""The doors of a running farm: idempotency, batches, events, links, Flower, metrics."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.client import DESIGN, Farm

pytestmark = pytest.mark.e2e


def test_200_submissions_with_one_key_make_one_job(farm: Farm) -> None:
    spec = {"design": DESIGN, "preset": "thumbnail", "views": ["left"]}

    def submit(_: int) -> str:
        answer = farm.http.post("/jobs", json={"kind": "still", "spec": spec}, headers={"Idempotency-Key": "once"})
        assert answer.status_code in {200, 202}, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(32) as pool:
        ids = set(pool.map(submit, range(200)))
    assert len(ids) == 1
    other = farm.http.post(
        "/jobs", json={"kind": "still", "spec": {**spec, "views": ["top"]}}, headers={"Idempotency-Key": "once"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


def test_a_batch_names_its_outputs(farm: Farm) -> None:
    rows = [
        {"kind": "still", "spec": {"design": {**DESIGN, "name": f"sku-{i}"}, "preset": "thumbnail"}} for i in range(3)
    ]
    body = "\n".join(json.dumps(row) for row in rows)
    answer = farm.http.post(
        "/batches?output_name=%7Bindex%7D-%7Bname%7D", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code in {201, 202}, answer.text
    batch = answer.json()["id"]
    jobs = farm.http.get(f"/jobs?batch={batch}").json()["items"]
    assert len(jobs) == 3
    names = {artifact["name"] for job in jobs for artifact in farm.wait(job["id"])["artifacts"]}
    assert len(names) == 3
    assert all("sku-" in name for name in names), names


def test_events_stream_until_the_job_ends(farm: Farm) -> None:
    spec = {"design": DESIGN, "preset": "thumbnail", "views": ["right"], "width": 600}
    job = farm.submit("still", spec)
    ids, states = [], []
    with farm.http.stream("GET", f"/jobs/{job['id']}/events", timeout=120) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("id:"):
                ids.append(int(line[3:]))
            if line.startswith("data:"):
                states.append(json.loads(line[5:])["state"])
    assert states[-1] == "succeeded"
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_a_signed_link_needs_no_token_and_resumes(farm: Farm) -> None:
    job = farm.run("still", {"design": DESIGN, "preset": "thumbnail"})
    artifact = job["artifacts"][0]
    url = httpx.URL(farm.embedded.url).join(artifact["url"])
    whole = httpx.get(url)
    part = httpx.get(url, headers={"Range": "bytes=100-"})
    assert (whole.status_code, part.status_code) == (200, 206)
    assert part.content == whole.content[100:]
    forged = httpx.get(str(url)[:-4] + "0000")
    assert forged.status_code in {403, 404}
    assert forged.json()["code"] == "link.invalid"


def test_logs_and_metrics_and_health(farm: Farm) -> None:
    job = farm.run("still", {"design": DESIGN, "preset": "thumbnail"})
    assert farm.http.get(f"/jobs/{job['id']}/logs").status_code == 200
    root = farm.embedded.url
    assert httpx.get(f"{root}/health").status_code == 200
    assert httpx.get(f"{root}/ready").status_code == 200
    assert "# TYPE" in httpx.get(f"{root}/metrics", headers=farm.http.headers).text


def test_unknown_things_are_problems(farm: Farm) -> None:
    for answer, status in (
        (farm.http.get("/jobs/nope"), 404),
        (farm.http.get("/nowhere"), 404),
        (farm.http.post("/jobs", content=b"{"), 400),
        (farm.http.post("/jobs", json={"kind": "nope", "spec": {}}), 422),
        (httpx.get(f"{farm.embedded.url}/api/v1/jobs"), 401),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"]
        assert "Traceback" not in answer.text


def test_a_card_is_written_read_changed_and_deleted(farm: Farm) -> None:
    made = farm.http.post("/cards", json={"name": "Fox", "template": "card-classic", "fields": {"hp": 60}})
    assert made.status_code == 201, made.text
    path = f"/cards/{made.json()['id']}"
    read = farm.http.get(path)
    assert read.json()["name"] == "Fox"
    stale = farm.http.patch(path, json={"name": "Red fox"}, headers={"If-Match": '"999"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag.mismatch")
    changed = farm.http.patch(path, json={"name": "Red fox"}, headers={"If-Match": read.headers["etag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "Red fox")
    assert farm.http.delete(path, headers={"If-Match": changed.headers["etag"]}).status_code in {200, 204}
    assert farm.http.get(path).status_code == 404

"""Pictures of cards over HTTP: thumbnails that are made when somebody looks, and renders on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import select, update

from api.cards.tables import cards
from farm.claims import claim_step
from farm.endings import fail_step
from farm.errors import FarmError, FarmFault, JobFault
from farm.tables import artifacts, jobs
from tests.api.conftest import Farm


def png(colour: str = "#336699") -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 24), colour).save(file, "PNG")
    return file.getvalue()


def make(http: httpx.Client, **changes: Any) -> str:
    digest = http.post("/blobs", content=png(), headers={"Content-Type": "application/octet-stream"}).json()["digest"]
    card = {
        "name": "Fox",
        "template": "card-classic",
        "fields": {"art": f"blob:{digest}", "hp": 60},
        "foil": "cosmos",
    }
    answer = http.post("/cards", json={**card, **changes})
    assert answer.status_code == 201, answer.text
    return f"/cards/{answer.json()['id']}"


def finished(farm: Farm, http: httpx.Client, job_id: str, data: bytes = b"RIFF picture") -> None:
    """The worker's part: whatever waits before is somebody else's."""
    while http.get(f"/jobs/{job_id}").json()["state"] != "succeeded":
        farm.run_next(data, "{stem}.webp")


def broken(farm: Farm, http: httpx.Client, job_id: str, error: FarmError) -> None:
    while http.get(f"/jobs/{job_id}").json()["state"] != "failed":
        claimed = claim_step(farm.db, farm.worker.lanes, farm.worker)
        assert claimed is not None
        fail_step(farm.db, claimed, error)


def test_a_picture_is_made_once_and_then_there(farm: Farm, http: httpx.Client) -> None:
    path = make(http)
    first = http.get(f"{path}/thumbnail")
    assert (first.status_code, first.headers["retry-after"]) == (202, "1")
    assert first.headers["location"] == f"/api/v1/jobs/{first.json()['id']}"
    assert (first.json()["kind"], first.json()["state"]) == ("card", "queued")
    assert http.get(f"{path}/thumbnail").json()["id"] == first.json()["id"]
    finished(farm, http, first.json()["id"])
    there = http.get(f"{path}/thumbnail")
    assert (there.status_code, there.content) == (200, b"RIFF picture")
    again = http.get(f"{path}/thumbnail", headers={"If-None-Match": there.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", there.headers["etag"])
    assert http.get(path).headers["etag"] == '"1"', "looking at a card does not change it"


def test_many_who_look_at_once_make_one_job(http: httpx.Client) -> None:
    path = make(http, name="Crowded")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.get(f"{path}/thumbnail"), range(24)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_the_picture_is_of_the_card_as_it_is_now(farm: Farm, http: httpx.Client) -> None:
    path = make(http)
    first = http.get(f"{path}/thumbnail").json()["id"]
    finished(farm, http, first)
    before = http.get(f"{path}/thumbnail").headers["etag"]
    assert http.patch(path, json={"fields": {"note": "kept"}}, headers={"If-Match": "*"}).status_code == 200
    assert http.get(f"{path}/thumbnail").headers["etag"] == before, "what is not printed makes no new picture"
    assert http.patch(path, json={"foil": None, "rarity": "epic"}, headers={"If-Match": "*"}).json()["foil"] is None
    changed = http.get(f"{path}/thumbnail", headers={"If-None-Match": before})
    assert changed.status_code == 202
    assert changed.json()["id"] != first
    assert http.patch(path, json={"foil": "cosmos", "rarity": "common"}, headers={"If-Match": "*"}).status_code == 200
    assert http.get(f"{path}/thumbnail").status_code == 200, "the first picture is still there"


def test_a_picture_outlives_its_key(farm: Farm, http: httpx.Client) -> None:
    path = make(http, name="Old")
    job = http.get(f"{path}/thumbnail").json()["id"]
    finished(farm, http, job)
    assert http.get(f"{path}/thumbnail").status_code == 200
    remembered = select(cards.c.picture_job).where(cards.c.id == path.rpartition("/")[2])
    for _ in range(200):
        with farm.db.read() as conn:
            if conn.execute(remembered).scalar() == job:
                break
    with farm.db.write() as conn:
        conn.execute(update(jobs).where(jobs.c.id == job).values(idempotency_key=None))
    assert http.get(f"{path}/thumbnail").status_code == 200


def test_a_picture_that_is_gone_is_made_again(farm: Farm, http: httpx.Client) -> None:
    path = make(http, name="Lost")
    seen = []
    for _ in range(2):
        job = http.get(f"{path}/thumbnail").json()["id"]
        finished(farm, http, job)
        assert http.get(f"{path}/thumbnail").status_code == 200
        with farm.db.read() as conn:
            made = conn.execute(select(artifacts.c.id).where(artifacts.c.job_id == job)).scalar_one()
        assert http.delete(f"/artifacts/{made}").status_code == 204
        seen.append(job)
    assert http.get(f"{path}/thumbnail").status_code == 202
    assert len(set(seen)) == 2


def test_who_waits_gets_the_picture_itself(farm: Farm, http: httpx.Client) -> None:
    path = make(http, name="Patient")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(http.get, f"{path}/thumbnail", headers={"Prefer": "wait=10"})
        job = None
        while job is None:
            waiting = http.get("/jobs", params={"kind": "card", "state": "queued"}).json()["items"]
            job = next((one["id"] for one in waiting), None)
        finished(farm, http, job, b"RIFF waited")
        assert (answer.result().status_code, answer.result().content) == (200, b"RIFF waited")


def test_a_card_that_cannot_be_printed_says_so(farm: Farm, http: httpx.Client) -> None:
    path = make(http, name="Long")
    job = http.get(f"{path}/thumbnail").json()["id"]
    broken(farm, http, job, JobFault("card.text_too_long", "rules: shorten the text", {"path": "card.fields.rules"}))
    answer = http.get(f"{path}/thumbnail", headers={"Accept-Language": "ko"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (
        422,
        "card.text_too_long",
        "rules: shorten the text",
    )
    assert any("가" <= letter <= "힣" for letter in problem["title"])
    assert http.get(f"{path}/thumbnail").json()["code"] == "card.text_too_long", "it is not tried again"


def test_what_the_farm_failed_to_make_is_tried_again_later(farm: Farm, http: httpx.Client) -> None:
    path = make(http, name="Unlucky")
    job = http.get(f"{path}/thumbnail").json()["id"]
    with farm.db.write() as conn:
        failed = {"state": "failed", "error_code": "render.failed", "finished_at": jobs.c.created_at}
        conn.execute(update(jobs).where(jobs.c.id == job).values(**failed))
    assert (http.get(f"{path}/thumbnail").status_code, FarmFault("render.failed").code) == (500, "render.failed")
    with farm.db.write() as conn:
        past = datetime.now(UTC) - timedelta(minutes=5)
        conn.execute(update(jobs).where(jobs.c.id == job).values(finished_at=past))
    again = http.get(f"{path}/thumbnail")
    assert again.status_code == 202
    assert again.json()["id"] != job


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"fields": {"art": "blob:nonsense"}}, "card.invalid", "fields.art"),
        ({"fields": {"art": 5}}, "card.invalid", "fields.art"),
        ({"fields": {"art": "no-such-art"}}, "catalogue.unknown_item", "card.art[0].image"),
        ({"fields": {"art": "blob:" + "e" * 64}}, "blob.unknown", "card.art[0].image"),
        ({"fields": {"back": "tshirt"}}, "catalogue.wrong_kind", "card.back"),
    ],
)
def test_a_wrong_picture_is_refused_with_its_place(
    http: httpx.Client, changes: dict[str, Any], code: str, path: str
) -> None:
    answer = http.get(f"{make(http, **changes)}/thumbnail")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert path in answer.json()["detail"]


def test_a_foil_is_known_or_refused(http: httpx.Client) -> None:
    card = {"name": "Fox", "template": "card-classic", "foil": "mithril"}
    answer = http.post("/cards", json=card)
    assert (answer.status_code, answer.json()["code"]) == (422, "foil.unknown")
    assert "cosmos" in answer.json()["detail"]
    path = make(http, foil="none")
    assert http.get(path).json()["foil"] == "none"
    assert http.patch(path, json={"foil": "mithril"}, headers={"If-Match": "*"}).json()["code"] == "foil.unknown"


def test_pictures_are_the_owners(http: httpx.Client, other: httpx.Client) -> None:
    path = make(http)
    http.get(f"{path}/thumbnail")
    assert other.get(f"{path}/thumbnail").status_code == 404
    assert other.post(f"{path}/renders", json={"outputs": ["still"]}).status_code == 404
    foreign = http.get(path).json()["fields"]["art"]
    theirs = other.post("/cards", json={"name": "Fox", "template": "card-classic", "fields": {"art": foreign}}).json()
    assert other.get(f"/cards/{theirs['id']}/thumbnail").json()["code"] == "blob.unknown"


def test_a_card_is_rendered_on_demand(http: httpx.Client) -> None:
    path = make(http, name="Ember Fox")
    body = {"outputs": ["still", {"kind": "tilt", "formats": ["mp4", "gif"]}, "model"], "priority": 3}
    answer = http.post(f"{path}/renders", json=body, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["kind"], job["priority"]) == ("card", 3)
    assert {step["name"] for step in job["steps"]} == {"card.still", "card.tilt", "card.join", "card.model"}
    again = http.post(f"{path}/renders", json=body, headers={"Idempotency-Key": "once"})
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (job["id"], "true")
    other = http.post(f"{path}/renders", json={"outputs": ["still"]}, headers={"Idempotency-Key": "once"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


@pytest.mark.parametrize("body", [{}, {"outputs": []}, {"outputs": ["poster"]}, {"outputs": ["still"], "card": {}}])
def test_a_render_says_what_it_wants(http: httpx.Client, body: dict[str, Any]) -> None:
    answer = http.post(f"{make(http)}/renders", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["errors"][0]["path"].startswith(("outputs", "card"))


def test_a_picture_needs_the_right_to_read_and_a_render_the_right_to_order(farm: Farm, owner: str) -> None:
    with farm.client(farm.token(owner)) as mine, farm.client(farm.token(owner, ("cards:read",))) as reader:
        path = make(mine)
        assert reader.get(f"{path}/thumbnail").status_code == 202
        assert reader.post(f"{path}/renders", json={"outputs": ["still"]}).status_code == 403
    with farm.client(farm.token(owner, ("jobs:read",))) as blind:
        assert blind.get(f"{path}/thumbnail").status_code == 403

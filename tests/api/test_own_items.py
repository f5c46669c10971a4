"""Owners' own models in the catalogue: put in, listed, used by designs, held to what they say, taken out."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.catalogue import commands
from farm.tables import blob_owners, blobs, job_blobs, jobs
from tests.api.conftest import Farm
from tests.assets.glb import png, simple

COAT: dict[str, Any] = {
    "id": "my-coat",
    "kind": "garment",
    "name_en": "Duffle coat",
    "name_ko": "더플코트",
    "tags": ["coat", "wool"],
    "worn": {
        "covers": ["chest", "back", "waist"],
        "depth": 30,
        "figures": ["mannequin-female"],
        "poses": ["relaxed"],
    },
}


def upload(http: httpx.Client, data: bytes) -> str:
    answer = http.post("/blobs", content=data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["digest"])


@pytest.fixture
def glb(http: httpx.Client) -> str:
    return upload(http, simple().data())


@pytest.fixture
def coat(http: httpx.Client, glb: str) -> dict[str, Any]:
    made = http.post("/catalogue", json={**COAT, "blob": glb})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/catalogue/my-coat"
    found: dict[str, Any] = made.json()
    return found


def still(http: httpx.Client, **design: Any) -> httpx.Response:
    return http.post("/jobs", json={"kind": "still", "spec": {"design": design, "preset": "thumbnail"}})


def test_an_own_item_is_listed_and_read_by_its_owner_alone(
    http: httpx.Client, other: httpx.Client, coat: dict[str, Any], glb: str
) -> None:
    assert (coat["mine"], coat["blob"], coat["digest"], coat["licence"]) == (True, glb, glb, "LicenseRef-proprietary")
    assert http.get("/catalogue/my-coat").json() == coat
    assert http.get("/catalogue", params={"mine": "true"}).json()["items"] == [coat]
    for wanted in (
        {"q": "더플"},
        {"covers": "chest", "fits": "mannequin-female-xl"},
        {"depth": "30"},
        {"tag": "wool"},
    ):
        shown = http.get("/catalogue", params={"limit": 200, **wanted}).json()["items"]
        assert "my-coat" in {one["id"] for one in shown}, wanted
    ours = http.get("/catalogue", params={"mine": "false", "limit": 200, "q": "coat"}).json()["items"]
    assert "my-coat" not in {one["id"] for one in ours}
    assert other.get("/catalogue", params={"mine": "true"}).json()["items"] == []
    for answer in (other.get("/catalogue/my-coat"), other.delete("/catalogue/my-coat")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_list_goes_on_into_own_items(http: httpx.Client, glb: str) -> None:
    for number in range(4):
        made = http.post(
            "/catalogue", json={"id": f"my-hat-{number}", "kind": "garment", "blob": glb, "name_en": "H"}
        )
        assert made.status_code == 201
        assert made.json()["name_ko"] == "H"
    seen, cursor = [], None
    while True:
        asked = {"mine": "true", "limit": 3, **({"cursor": cursor} if cursor else {})}
        page = http.get("/catalogue", params=asked).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"my-hat-{number}" for number in range(4)]


def test_a_design_may_name_it(farm: Farm, http: httpx.Client, coat: dict[str, Any], glb: str) -> None:
    avatar = {"model": {"item": "mannequin-female"}, "pose": {"animation": "relaxed"}}
    layers = [{"id": "tee", "model": {"item": "tee"}}, {"id": "coat", "model": {"item": coat["id"]}}]
    made = still(http, avatar=avatar, layers=layers)
    assert made.status_code == 202, made.text
    with farm.db.read() as conn:
        spec = conn.execute(select(jobs.c.spec).where(jobs.c.id == made.json()["id"])).scalar_one()
        kept = conn.execute(select(job_blobs.c.digest).where(job_blobs.c.job_id == made.json()["id"])).scalars().all()
    assert kept == [glb]
    assert [layer["model"] for layer in spec["design"]["layers"]] == [
        {"item": "tee", "blob": None},
        {"item": None, "blob": glb},
    ]
    bare = http.post("/jobs", json={"kind": "model", "spec": {"design": {"item": "my-coat"}, "formats": ["glb"]}})
    assert bare.status_code == 202, bare.text


@pytest.mark.usefixtures("coat")
@pytest.mark.parametrize(
    ("avatar", "pose", "worn", "code"),
    [
        ("mannequin-male", "relaxed", ["my-coat"], "design.wrong_figure"),
        ("mannequin-female", "walk", ["my-coat"], "design.wrong_pose"),
        ("mannequin-female", "relaxed", ["my-coat", "tee"], "design.wrong_order"),
        ("mannequin-female", "relaxed", ["my-cloak"], "catalogue.unknown_item"),
        ("my-coat", "relaxed", ["tee"], None),  # whoever takes a coat for a body has reasons
    ],
)
def test_what_it_says_of_itself_is_held_to(
    http: httpx.Client, avatar: str, pose: str, worn: list[str], code: str | None
) -> None:
    layers = [{"id": item, "model": {"item": item}} for item in worn]
    answer = still(http, avatar={"model": {"item": avatar}, "pose": {"animation": pose}}, layers=layers)
    assert (answer.status_code, answer.json().get("code")) == ((422, code) if code else (202, None)), answer.text


def test_anothers_item_cannot_be_used(other: httpx.Client, coat: dict[str, Any]) -> None:
    answer = still(other, layers=[{"id": "a", "model": {"item": coat["id"]}}])
    assert (answer.status_code, answer.json()["code"]) == (422, "catalogue.unknown_item")
    assert "design.layers[0].model" in answer.json()["detail"]


def test_a_stage_is_stood_on_and_not_worn(http: httpx.Client, glb: str) -> None:
    made = http.post("/catalogue", json={"id": "my-stage", "kind": "stage", "blob": glb, "name_en": "Stage"})
    assert made.status_code == 201
    avatar = {"model": {"item": "mannequin-male"}}
    assert still(http, avatar=avatar, canvas={"stage": {"item": "my-stage"}}).status_code == 202
    worn = still(http, avatar=avatar, layers=[{"id": "a", "model": {"item": "my-stage"}}])
    assert (worn.status_code, worn.json()["code"]) == (422, "catalogue.wrong_kind")


def test_rows_of_a_batch_may_name_it(http: httpx.Client, coat: dict[str, Any]) -> None:
    rows = [
        {"kind": "still", "spec": {"design": {"layers": [{"id": "a", "model": {"item": item}}]}}}
        for item in (coat["id"], "tee")
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    made = http.post("/batches", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert made.status_code in {201, 202}, made.text


def test_its_model_stays_while_it_is_there(http: httpx.Client, coat: dict[str, Any]) -> None:
    kept = http.delete(f"/blobs/{coat['blob']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "blob.in_use")
    assert "my-coat" in kept.json()["detail"]
    assert http.delete("/catalogue/my-coat").status_code == 204
    assert http.get("/catalogue/my-coat").status_code == 404
    assert http.delete("/catalogue/my-coat").status_code == 404
    assert http.delete(f"/blobs/{coat['blob']}").status_code == 204


def test_an_id_is_taken_once_by_each_owner(http: httpx.Client, other: httpx.Client, coat: dict[str, Any]) -> None:
    again = http.post("/catalogue", json={**COAT, "blob": coat["blob"]})
    assert (again.status_code, again.json()["code"]) == (409, "catalogue.id_taken")
    theirs = other.post("/catalogue", json={**COAT, "blob": upload(other, simple().data())})
    assert theirs.status_code == 201
    assert other.delete("/catalogue/my-coat").status_code == 204
    assert http.get("/catalogue/my-coat").json() == coat


@pytest.mark.parametrize(
    "change",
    [
        {"id": "coat"},
        {"id": "my-"},
        {"id": "my-Coat"},
        {"id": "my-" + "x" * 62},
        {"kind": "fabric"},
        {"blob": "abc"},
        {"name_en": " "},
        {"tags": ["x"] * 33},
        {"tags": ["x" * 41]},
        {"worn": {"depth": 101}},
        {"worn": {"figures": ["Not An Id"]}},
        {"colour": "red"},
    ],
)
def test_what_is_said_of_an_item_is_checked(http: httpx.Client, glb: str, change: dict[str, Any]) -> None:
    bad = http.post("/catalogue", json={**COAT, "blob": glb, **change})
    assert (bad.status_code, bad.json()["code"]) == (422, "request.invalid")


def test_its_model_must_be_one_of_the_owners(http: httpx.Client, other: httpx.Client, glb: str) -> None:
    foreign = other.post("/catalogue", json={**COAT, "blob": glb})
    assert (foreign.status_code, foreign.json()["code"]) == (422, "blob.unknown")
    picture = http.post("/catalogue", json={**COAT, "blob": upload(http, png(4, 4))})
    assert (picture.status_code, picture.json()["code"]) == (422, "design.wrong_media_type")


def test_a_tier_holds_so_many(http: httpx.Client, glb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST", dict.fromkeys(commands.MOST, 2))
    codes = [
        http.post("/catalogue", json={**COAT, "id": f"my-coat-{number}", "blob": glb}).status_code
        for number in range(3)
    ]
    assert codes == [201, 201, 429]


def test_what_a_job_made_becomes_the_owners_own_file(
    farm: Farm, http: httpx.Client, owner: str, submitted: dict[str, Any]
) -> None:
    while farm.run_next(simple().data()) != submitted["id"]:
        pass
    (artifact,) = http.get(f"/jobs/{submitted['id']}").json()["artifacts"]
    as_model = update(blobs).where(blobs.c.digest == artifact["digest"]).values(media_type="model/gltf-binary")
    farm.db.transact(lambda conn: conn.execute(as_model))
    rights = select(blob_owners.c.digest).where(blob_owners.c.owner == owner)
    with farm.db.read() as conn:
        assert conn.execute(rights).scalars().all() == []
    assert http.post("/catalogue", json={**COAT, "blob": artifact["digest"]}).status_code == 201
    with farm.db.read() as conn:
        assert conn.execute(rights).scalars().all() == [artifact["digest"]]

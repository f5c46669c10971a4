"""Cards over HTTP: the model of a slice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from api.cards.tables import cards
from tests.api.conftest import Farm

FOX = {"name": "Fox", "template": "card-classic", "fields": {"hp": 60}, "rarity": "rare"}


def make(http: httpx.Client, **changes: Any) -> httpx.Response:
    answer = http.post("/cards", json={**FOX, **changes})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_card_is_made_and_read(http: httpx.Client) -> None:
    made = make(http)
    assert made.headers["etag"] == '"1"'
    assert made.headers["location"] == f"/api/v1/cards/{made.json()['id']}"
    read = http.get(f"/cards/{made.json()['id']}")
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, made.json(), '"1"')
    assert http.get(f"/cards/{made.json()['id']}", headers={"If-None-Match": '"1"'}).status_code == 304


def test_a_change_needs_to_know_what_it_changes(http: httpx.Client) -> None:
    path = f"/cards/{make(http).json()['id']}"
    blind = http.patch(path, json={"name": "Red fox"})
    assert (blind.status_code, blind.json()["code"]) == (428, "request.precondition_required")
    stale = http.patch(path, json={"name": "Red fox"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag.mismatch")
    good = http.patch(path, json={"name": "Red fox", "fields": {"note": "new"}}, headers={"If-Match": '"1"'})
    assert (good.status_code, good.headers["etag"]) == (200, '"2"')
    assert good.json()["fields"] == {"hp": 60, "note": "new"}
    assert good.json()["rarity"] == "rare"
    removed = http.patch(path, json={"fields": {"hp": None}, "number": "7"}, headers={"If-Match": "*"})
    assert (removed.json()["fields"], removed.json()["number"]) == ({"note": "new"}, "7")
    assert http.get(path).json() == removed.json()


def test_a_deleted_card_is_gone(http: httpx.Client) -> None:
    path = f"/cards/{make(http).json()['id']}"
    stale = http.delete(path, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "etag.mismatch")
    gone = http.delete(path, headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        http.get(path),
        http.delete(path),
        http.patch(path, json={"name": "x"}, headers={"If-Match": "*"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_others_cards_are_not_there(http: httpx.Client, other: httpx.Client) -> None:
    path = f"/cards/{make(http).json()['id']}"
    assert other.get(path).status_code == 404
    assert other.patch(path, json={"name": "mine"}, headers={"If-Match": "*"}).status_code == 404
    assert other.delete(path).status_code == 404
    assert other.get("/cards").json()["items"] == []
    assert http.get(path).json()["name"] == "Fox"


def test_a_list_goes_on_by_cursor(http: httpx.Client) -> None:
    names = [f"Card {i}" for i in range(7)]
    for name in names:
        make(http, name=name)
    seen, cursor = [], None
    while True:
        page = http.get("/cards", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [card["name"] for card in page["items"]]
        assert len(page["items"]) <= 3
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names[::-1]
    assert [card["name"] for card in http.get("/cards", params={"name": "card 3"}).json()["items"]] == ["Card 3"]
    bad = http.get("/cards", params={"cursor": "nonsense"})
    assert (bad.status_code, bad.json()["code"]) == (400, "request.cursor")


def test_the_same_key_makes_one_card(http: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: http.post("/cards", json=FOX, headers={"Idempotency-Key": "once"}), range(16))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(http.get("/cards").json()["items"]) == 1
    other = http.post("/cards", json={**FOX, "name": "Wolf"}, headers={"Idempotency-Key": "once"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


def test_a_slow_lane_answers_202_and_does_it_later(farm: Farm, http: httpx.Client) -> None:
    farm.lane.running.clear()
    try:
        late = http.post("/cards", json=FOX, headers={"Prefer": "wait=1"})
        assert late.status_code == 202, late.text
        assert late.headers["preference-applied"] == "wait=1"
        assert http.get(late.headers["location"].removeprefix("/api/v1")).json()["state"] == "queued"
    finally:
        farm.lane.running.set()
    job = http.get(late.headers["location"].removeprefix("/api/v1"), headers={"Prefer": "wait=5"}).json()
    assert (job["state"], job["result"]["status"]) == ("succeeded", 201)
    assert http.get(f"/cards/{job['result']['body']['id']}").status_code == 200


def test_a_reply_that_redis_lost_is_found_in_the_database(
    farm: Farm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm.bus, "reply", lambda _replies: False)
    began = time.monotonic()
    assert make(http).status_code == 201
    assert time.monotonic() - began < 2


def test_writes_of_one_batch_fail_alone(farm: Farm, http: httpx.Client) -> None:
    paths = [f"/cards/{make(http).json()['id']}" for _ in range(4)]
    farm.lane.running.clear()
    answers: list[httpx.Response] = [httpx.Response(500)] * 5

    def patch(number: int, path: str, tag: str) -> None:
        answers[number] = http.patch(path, json={"name": f"new {number}"}, headers={"If-Match": tag})

    threads = [
        threading.Thread(target=patch, args=(i, path, '"9"' if i == 2 else '"1"')) for i, path in enumerate(paths)
    ]
    threads.append(threading.Thread(target=patch, args=(4, paths[0], '"2"')))
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    farm.lane.running.set()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200, 412, 200, 200]
    assert http.get(paths[0]).json()["name"] == "new 4"
    assert http.get(paths[2]).json()["name"] == "Fox"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**FOX, "surprise": 1}, "surprise"),
        ({**FOX, "name": ""}, "name"),
        ({**FOX, "name": 5}, "name"),
        ({"template": "card-classic"}, "name"),
        ({**FOX, "rarity": "mythic"}, "rarity"),
        ({**FOX, "fields": {"hp": 2**60}}, "fields.hp"),
        ({**FOX, "fields": {f"f{i}": 1 for i in range(65)}}, "fields"),
        ({**FOX, "fields": {"hp": [1]}}, "fields.hp"),
        ({**FOX, "template": "tshirt"}, "template"),
        ({**FOX, "template": "no-such"}, "template"),
    ],
)
def test_bad_cards_name_the_field(http: httpx.Client, body: dict[str, Any], path: str) -> None:
    answer = http.post("/cards", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"].startswith(path), answer.text


def test_a_nul_is_refused(farm: Farm, http: httpx.Client) -> None:
    answer = http.post("/cards", json={**FOX, "name": "a\0b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    with farm.db.read() as conn:
        assert all("\0" not in row.name for row in conn.execute(cards.select()))

"""Batches over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.jobs.naming import checked, filled
from farm.errors import Refused
from tests.api.conftest import SPEC, Farm

NDJSON = {"Content-Type": "application/x-ndjson"}


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"kind": "still", "spec": {**SPEC, "design": {**SPEC["design"], "name": f"sku {i}"}}, **changes}  # type: ignore[dict-item]
        for i in range(count)
    ]


def send(http: httpx.Client, items: list[Any], query: str = "", **headers: str) -> httpx.Response:
    body = "\n".join(json.dumps(item) if not isinstance(item, str) else item for item in items)
    return http.post(f"/batches{query}", content=body.encode(), headers={**NDJSON, **headers})


def test_many_rows_become_one_batch(http: httpx.Client) -> None:
    answer = send(http, rows(300), "?name=summer")
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert (batch["total"], batch["name"], batch["states"]) == (300, "summer", {"queued": 300})
    assert answer.headers["location"] == f"/api/v1/batches/{batch['id']}"
    assert http.get(f"/batches/{batch['id']}").json() == batch
    assert http.get("/batches").json()["items"] == [batch]
    assert len(http.get(f"/jobs?batch={batch['id']}&limit=200").json()["items"]) == 200


def test_names_come_from_the_template_unless_a_row_has_its_own(http: httpx.Client) -> None:
    items = rows(3)
    items[1]["output_name"] = "special"
    batch = send(http, items, "?output_name={index:03}-{name}").json()
    jobs = http.get(f"/jobs?batch={batch['id']}").json()["items"][::-1]
    assert [job["output_name"] for job in jobs] == ["001-sku 0", "special", "003-sku 2"]


def test_all_or_nothing_with_a_list_of_what_is_wrong(http: httpx.Client) -> None:
    items: list[Any] = rows(5)
    items[1] = {"kind": "still", "spec": {**SPEC, "width": 7}}
    items[3] = "{broken"
    answer = send(http, items)
    assert (answer.status_code, answer.json()["code"]) == (422, "batch.invalid_rows")
    problem = answer.json()
    assert [(row["row"], row["code"]) for row in problem["rows"]] == [
        (2, "request.invalid"),
        (4, "request.malformed"),
    ]
    assert problem["rows"][0]["errors"][0]["path"] == "spec.width"
    assert problem["total_bad"] == 2
    assert http.get("/batches").json()["items"] == []
    some = send(http, items, "?partial=true")
    assert some.status_code == 202
    assert (some.json()["total"], some.json()["total_refused"]) == (3, 2)


def test_a_key_makes_one_batch(http: httpx.Client) -> None:
    first = send(http, rows(3), **{"Idempotency-Key": "b1"})
    again = send(http, rows(3), **{"Idempotency-Key": "b1"})
    assert again.json()["id"] == first.json()["id"]
    assert len(http.get("/jobs").json()["items"]) == 3
    other = send(http, rows(4), **{"Idempotency-Key": "b1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


def test_a_batch_is_cancelled_and_tried_again(http: httpx.Client, other: httpx.Client) -> None:
    batch = send(http, rows(4)).json()
    path = f"/batches/{batch['id']}"
    cancelled = http.post(f"{path}/cancel").json()
    assert (cancelled["states"], cancelled["done"], cancelled["fraction"]) == ({"cancelled": 4}, True, 1.0)
    assert http.post(f"{path}/retry").json()["states"] == {"queued": 4}
    for answer in (other.get(path), other.post(f"{path}/cancel"), other.get("/batches/nope")):
        assert answer.status_code == 404
    assert other.get("/batches").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        (b"", "", "request.invalid"),
        (b"\n\n", "", "request.invalid"),
        (b"x" * 300_000, "", "request.too_large"),
        (b"[]", "?partial=true", "batch.invalid_rows"),
        (b"{}", "?output_name={secret}", "request.invalid"),
        (b"{}", "?output_name={index", "request.invalid"),
    ],
)
def test_bad_batches_are_problems(http: httpx.Client, body: bytes, query: str, code: str) -> None:
    answer = http.post(f"/batches{query}", content=body, headers=NDJSON)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code


def test_too_many_rows_are_refused(farm: Farm, http: httpx.Client) -> None:
    answer = http.post("/batches", content=b"{}\n" * (farm.settings.max_batch_rows + 1), headers=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_templates_know_their_places() -> None:
    assert filled("{index:03}_{kind}-{name}", index=7, kind="still", name="a/b", batch="b") == "007_still-a-b"
    with pytest.raises(Refused):
        checked("{name!r}")

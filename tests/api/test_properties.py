"""Whatever is sent, the answer is an answer: never a 5xx, always JSON with a code when it is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import SPEC
from tests.api.test_cards import FOX

KEYS = st.sampled_from([*SPEC, *FOX, "kind", "spec", "layers", "model", "item", "blob", "priority", "output_name"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["still", "tshirt", "#ff0000", "0" * 64, "card-classic", "\0", "\ud7ff"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, (answer.request.content, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]


@QUICK
@given(body=BODIES)
def test_any_body_to_jobs(http: httpx.Client, body: bytes) -> None:
    check(http.post("/jobs", content=body))
    check(http.post("/plan", content=body))


@QUICK
@given(spec=VALUES, changed=st.sampled_from(sorted(SPEC)))
def test_any_spec(http: httpx.Client, spec: Any, changed: str) -> None:
    for body in ({"kind": "still", "spec": spec}, {"kind": "still", "spec": {**SPEC, changed: spec}}):
        check(http.post("/jobs", content=json.dumps(body)))


@QUICK
@given(body=BODIES, field=st.sampled_from(sorted(FOX)), value=VALUES)
def test_any_card(http: httpx.Client, body: bytes, field: str, value: Any) -> None:
    check(http.post("/cards", content=body))
    check(http.post("/cards", content=json.dumps({**FOX, field: value})))


NAMES = st.sampled_from(["limit", "cursor", "state", "kind", "batch", "job", "name"])
LISTS = st.sampled_from(["/jobs", "/cards", "/batches", "/artifacts", "/audit"])
THINGS = st.sampled_from(
    [
        "jobs/{}",
        "cards/{}",
        "blobs/{}",
        "kinds/{}",
        "artifacts/{}",
        "artifacts/{}/content",
        "artifacts/{}/links",
        "links/{}/content",
    ]
)


@QUICK
@given(query=st.dictionaries(NAMES, st.text(max_size=12), max_size=3), path=LISTS)
def test_any_query(http: httpx.Client, query: dict[str, str], path: str) -> None:
    check(http.get(path, params=query))


@QUICK
@given(name=st.text(min_size=1, max_size=40), path=THINGS)
def test_any_name(http: httpx.Client, name: str, path: str) -> None:
    check(http.get(path.format(quote(name, safe=""))))

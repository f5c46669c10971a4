"""The farm's watermark lies over what free owners get, whatever they ask for, and over nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from farm.tables import jobs
from tests.api.conftest import SPEC, Farm, door

BUNDLE = {"design": SPEC["design"], "turntable": None, "flat": None, "model": None, "techpack": None}


@pytest.fixture(scope="module")
def marking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with door(tmp_path_factory.mktemp("mark"), watermark="Farm preview", watermark_tiers="free, pro") as found:
        yield found


def sent(farm: Farm, tier: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    with farm.client(farm.token(f"{tier}-owner", tier=tier)) as client:
        answer = client.post("/jobs", json={"kind": kind, "spec": spec})
        assert answer.status_code == 202, answer.text
        return closed(farm, answer.json()["id"])


def closed(farm: Farm, job_id: str) -> dict[str, Any]:
    """What a worker will read."""
    return dict(
        farm.db.transact(lambda conn: conn.execute(select(jobs.c.spec).where(jobs.c.id == job_id)).scalar_one())
    )


@pytest.mark.parametrize("tier", ["free", "pro"])
def test_the_tiers_that_are_named_get_it(marking: Farm, tier: str) -> None:
    assert sent(marking, tier, "still", SPEC)["watermark"] == "Farm preview"
    assert sent(marking, tier, "still", {**SPEC, "watermark": " mine "})["watermark"] == "Farm preview"
    assert sent(marking, tier, "bundle", BUNDLE)["still"]["watermark"] == "Farm preview"


def test_other_tiers_get_what_they_ask_for(marking: Farm) -> None:
    assert sent(marking, "studio", "still", SPEC)["watermark"] is None
    assert sent(marking, "studio", "still", {**SPEC, "watermark": "Draft"})["watermark"] == "Draft"


def test_rows_of_a_batch_are_marked(marking: Farm) -> None:
    with marking.client(marking.token("batch-owner", tier="free")) as client:
        row = json.dumps({"kind": "still", "spec": SPEC})
        answer = client.post("/batches", content=row, headers={"Content-Type": "application/x-ndjson"})
        assert answer.status_code == 202, answer.text
        (job,) = client.get(f"/jobs?batch={answer.json()['id']}").json()["items"]
        assert closed(marking, job["id"])["watermark"] == "Farm preview"


def test_a_farm_without_a_text_marks_nothing(farm: Farm) -> None:
    assert sent(farm, "free", "still", SPEC)["watermark"] is None

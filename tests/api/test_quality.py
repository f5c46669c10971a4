"""The public door: a quality chosen at intake, the presets, the sizes and the backgrounds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from farm import workers
from farm.claims import WorkerInfo
from farm.lanes import LANES
from farm.tables import steps
from tests.api.conftest import SPEC, Farm, door

_names = itertools.count(1)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Of its own: what other tests leave in the lanes would be load."""
    with door(tmp_path_factory.mktemp("quality")) as found:
        yield found


@pytest.fixture
def me(farm: Farm) -> Iterator[httpx.Client]:
    with farm.client(farm.token(f"quality-{next(_names)}")) as client:
        yield client


def submit(me: httpx.Client, **spec: Any) -> dict[str, Any]:
    answer = me.post("/jobs", json={"kind": "still", "spec": {**SPEC, **spec}})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def planned(me: httpx.Client, kind: str = "still", **spec: Any) -> dict[str, Any]:
    answer = me.post("/plan", json={"kind": kind, "spec": {**SPEC, **spec}})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def params(farm: Farm, job: str) -> list[dict[str, Any]]:
    """What the workers of a job's steps will read."""
    with farm.db.read() as conn:
        return [row.params for row in conn.execute(steps.select().where(steps.c.job_id == job))]


def test_the_job_says_what_its_deadline_chose_and_its_steps_carry_it(farm: Farm, me: httpx.Client) -> None:
    job = submit(me, preset="high-res", deadline_s=1)
    assert job["chosen"]["quality"] == "draft"
    assert (job["chosen"]["asked"], job["chosen"]["reason"], job["chosen"]["deadline_s"]) == ("final", "late", 1)
    assert me.get(f"/jobs/{job['id']}").json()["chosen"] == job["chosen"]
    assert [step["quality"] for step in params(farm, job["id"])] == ["draft"]


def test_a_job_without_a_deadline_has_nothing_chosen(farm: Farm, me: httpx.Client) -> None:
    job = submit(me)
    assert job["chosen"] is None
    assert me.get(f"/jobs/{job['id']}").json()["chosen"] is None
    assert [step["quality"] for step in params(farm, job["id"])] == ["preview"]


def test_a_plan_tells_the_choice_and_its_spec_can_be_submitted(farm: Farm, me: httpx.Client) -> None:
    plan = planned(me, preset="high-res", deadline_s=1)
    assert plan["chosen"]["quality"] == plan["spec"]["quality"] == "draft"
    spec = {key: value for key, value in plan["spec"].items() if key != "chosen"}
    job = submit(me, **spec)
    assert job["chosen"] is None
    assert [step["quality"] for step in params(farm, job["id"])] == ["draft"]


def test_a_busy_lane_lowers_only_what_allows_it_and_a_batch_is_judged_as_one(farm: Farm, me: httpx.Client) -> None:
    name = f"busy-{next(_names)}"
    workers.seen(farm.db, WorkerInfo(name=name, lanes=("render",), pid=1))
    depth = LANES["render"].busy_depth * 4
    with farm.client(farm.token(f"crowd-{next(_names)}")) as crowd:
        row = {"kind": "still", "spec": {**SPEC, "allow_lower_quality": True}}
        lines = [json.dumps(row)] * depth
        batch = crowd.post("/batches", content="\n".join(lines), headers={"content-type": "application/x-ndjson"})
        assert batch.status_code == 202, batch.text
        rows = crowd.get("/jobs", params={"limit": 200}).json()["items"]
        assert {crowd.get(f"/jobs/{each['id']}").json()["chosen"]["reason"] for each in rows} == {"fits"}
        assert submit(me, quality="final", allow_lower_quality=True)["chosen"]["reason"] == "load"
        assert params(farm, submit(me, quality="final")["id"])[0]["quality"] == "final"
        crowd.post(f"/batches/{batch.json()['id']}/cancel")


def test_the_metrics_count_the_render_cache(farm: Farm, me: httpx.Client) -> None:
    submit(me)
    farm.run_next()
    text = httpx.get(f"{farm.url}/metrics").text
    assert 'farm_render_cache_entries{step="render.still"} 1.0' in text
    assert 'farm_render_cache_hits{step="render.still"} 0.0' in text
    assert 'farm_render_cache_saved_seconds{step="render.still"}' in text


@pytest.mark.parametrize(("preset", "side"), [("thumbnail", 512), ("preview", 1024), ("high-res", 4096)])
def test_the_presets(farm: Farm, me: httpx.Client, preset: str, side: int) -> None:
    (step,) = params(farm, submit(me, preset=preset)["id"])
    assert (step["width"], step["height"]) == (side, side)


@pytest.mark.parametrize(("width", "height"), [(512, 8192), (8192, 512), (8192, 8192), (777, 1001)])
def test_any_size_from_512_to_8192(farm: Farm, me: httpx.Client, width: int, height: int) -> None:
    (step,) = params(farm, submit(me, width=width, height=height)["id"])
    assert (step["width"], step["height"]) == (width, height)


@pytest.mark.parametrize("size", [511, 8193, 1e3 + 0.5, "1024"])
def test_other_sizes_are_refused_by_name(me: httpx.Client, size: Any) -> None:
    answer = me.post("/jobs", json={"kind": "still", "spec": {**SPEC, "width": size}})
    assert answer.status_code == 422
    assert any("width" in each["path"] for each in answer.json()["errors"])


@pytest.mark.parametrize(
    "background",
    [
        {"kind": "transparent"},
        {"kind": "solid", "colour": "#102030"},
        {"kind": "gradient", "top": "#ffffff", "bottom": "#000000"},
    ],
)
def test_the_backgrounds(farm: Farm, me: httpx.Client, background: dict[str, str]) -> None:
    design = {**SPEC["design"], "canvas": {"background": background}}  # type: ignore[dict-item]
    (step,) = params(farm, submit(me, design=design)["id"])
    assert step["design"]["canvas"]["background"] == background


def test_a_transparent_jpeg_is_refused(me: httpx.Client) -> None:
    design = {**SPEC["design"], "canvas": {"background": {"kind": "transparent"}}}  # type: ignore[dict-item]
    answer = me.post("/jobs", json={"kind": "still", "spec": {**SPEC, "design": design, "format": "jpeg"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "export.jpeg_has_no_alpha")


@pytest.mark.parametrize("deadline", [0, 604_801, "soon"])
def test_a_deadline_outside_its_bounds_is_refused_by_name(me: httpx.Client, deadline: Any) -> None:
    answer = me.post("/jobs", json={"kind": "still", "spec": {**SPEC, "deadline_s": deadline}})
    assert answer.status_code == 422
    assert any("deadline_s" in each["path"] for each in answer.json()["errors"])

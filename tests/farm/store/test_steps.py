"""The life of a heavy job in the tables: intake, claims, results, failures, control."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from farm import control
from farm.blob_memory import MemoryBlobs
from farm.blobs import register
from farm.claims import ClaimedStep, WorkerInfo, claim_step
from farm.db import Database, in_seconds
from farm.endings import fail_step, finish_step, put_back
from farm.errors import FarmFault, JobFault, Refused, StepCancelled
from farm.ids import new_id
from farm.intake import Intake
from farm.jobs import Actor, Closed, NewJob
from farm.plan import Output, Plan, Step, StepResult
from farm.tables import artifacts, jobs, steps
from farm.wakes import NullWaker

LANES = ("render", "encode")
ONE = WorkerInfo(name="one", lanes=LANES)
TWO = WorkerInfo(name="two", lanes=LANES)
NOTHING = StepResult(outputs=())


@pytest.fixture
def intake(db: Database) -> Iterator[Intake]:
    made = Intake(db, NullWaker())
    yield made
    made.close()


def job(owner: str = "ann", *, joined: int = 0, tier: str = "free", priority: int = 0, **more: Any) -> NewJob:
    """A job of one step, or of so many and one that joins them."""
    first = [Step(key=f"s{i}", name="draw", lane="render", params={"i": i}) for i in range(max(1, joined))]
    if joined:
        first.append(Step(key="join", name="join", lane="encode", params={}, needs=tuple(s.key for s in first)))
    closed = Closed(spec={}, plan=Plan(steps=tuple(first)), blobs=more.pop("blobs", ()))
    actor = Actor(owner=owner, tier=tier)
    return NewJob(
        id=new_id(), kind="k", lane="render", actor=actor, spec={}, closed=closed, priority=priority, **more
    )


def states(db: Database, job_id: str) -> tuple[str, list[str]]:
    with db.read() as connection:
        state = connection.execute(select(jobs.c.state).where(jobs.c.id == job_id)).scalar_one()
        found = connection.execute(select(steps.c.state).where(steps.c.job_id == job_id).order_by(steps.c.position))
        return state, list(found.scalars())


def claimed(db: Database, worker: WorkerInfo = ONE) -> ClaimedStep:
    step = claim_step(db, LANES, worker)
    assert step is not None
    return step


def test_one_key_makes_one_job_and_refuses_another_body(db: Database, intake: Intake) -> None:
    def submit(_: int) -> Any:
        return intake.submit([job(idempotency_key="key", request_hash="same")]).result(20)[0]

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(submit, range(200)))
    assert len({answer.job_id for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    other = intake.submit([job(idempotency_key="key", request_hash="other")]).result(20)[0]
    assert other.conflict is not None
    assert other.conflict.code == "idempotency.mismatch"


def test_a_bad_row_fails_alone(db: Database, intake: Intake) -> None:
    good, bad = job(), job(blobs=("0" * 64,))
    answers = intake.submit([good, bad]).result(20)
    assert answers[0].created
    assert answers[1].conflict is not None
    assert answers[1].conflict.code == "blob.unknown"
    assert states(db, good.id) == ("queued", ["ready"])


def test_no_step_is_claimed_twice(db: Database, intake: Intake) -> None:
    intake.submit([job() for _ in range(24)]).result(20)

    def work(name: str) -> list[str]:
        worker, mine, idle = WorkerInfo(name=name, lanes=LANES), [], 0
        while idle < 20:
            step = claim_step(db, LANES, worker)
            idle = 0 if step else idle + 1
            mine += [step.id] if step else []
        return mine

    with ThreadPoolExecutor(4) as pool:
        found = [step for mine in pool.map(work, "abcd") for step in mine]
    assert len(found) == len(set(found)) == 24


def test_an_owner_with_many_jobs_does_not_starve_one_with_one(db: Database, intake: Intake) -> None:
    intake.submit([job("many") for _ in range(300)]).result(20)
    claimed(db)
    intake.submit([job("few")]).result(20)
    assert "few" in {claimed(db).owner for _ in range(2)}


def test_priority_goes_before_age(db: Database, intake: Intake) -> None:
    old, urgent = job(), job(priority=5)
    intake.submit([old, urgent]).result(20)
    assert [claimed(db).job_id, claimed(db).job_id] == [urgent.id, old.id]


def test_a_join_waits_for_all_and_the_job_ends_once(db: Database, intake: Intake) -> None:
    new = job(joined=2, output_name="hat")
    intake.submit([new]).result(20)
    finish_step(db, claimed(db), NOTHING, source="rendered")
    assert states(db, new.id) == ("running", ["succeeded", "ready", "blocked"])
    assert finish_step(db, claimed(db), NOTHING, source="rendered").lanes == ("encode",)
    stored = MemoryBlobs().put_bytes(b"film")
    with db.write() as connection:
        register(connection, stored, "video/mp4")
    output = Output(name="{stem}.mp4", digest=stored.digest, size=stored.size, media_type="video/mp4")
    finish_step(db, claimed(db), StepResult(outputs=(output,)), source="rendered")
    assert states(db, new.id) == ("succeeded", ["succeeded"] * 3)
    with db.read() as connection:
        assert connection.execute(select(artifacts.c.name)).scalars().all() == ["hat.mp4"]


def test_a_stale_attempt_changes_nothing(db: Database, intake: Intake) -> None:
    new = job()
    intake.submit([new]).result(20)
    lost = claimed(db)
    with db.write() as connection:
        assert put_back(connection, [(lost.id, lost.attempt)]) == 1
    again = claimed(db, TWO)
    for act in (
        lambda: finish_step(db, lost, NOTHING, source="rendered"),
        lambda: fail_step(db, lost, FarmFault("x")),
    ):
        with pytest.raises(StepCancelled):
            act()
    assert states(db, new.id) == ("running", ["running"])
    finish_step(db, again, NOTHING, source="rendered")


def test_bad_input_ends_the_job_and_a_retry_keeps_what_succeeded(db: Database, intake: Intake) -> None:
    new = job(joined=2)
    intake.submit([new]).result(20)
    finish_step(db, claimed(db), NOTHING, source="rendered")
    fail_step(db, claimed(db), JobFault("content.invalid", "no"))
    assert states(db, new.id) == ("failed", ["succeeded", "failed", "cancelled"])
    control.retry(db, new.id)
    assert states(db, new.id) == ("queued", ["succeeded", "ready", "blocked"])


def test_the_farms_fault_is_tried_again_later_then_fails(db: Database, intake: Intake) -> None:
    new = job()
    intake.submit([new]).result(20)
    for left in (3, 2, 1, 0):
        fail_step(db, claimed(db), FarmFault("render.failed", "no"))
        assert states(db, new.id)[1] == ["ready" if left else "failed"]
        assert claim_step(db, LANES, ONE) is None
        with db.write() as connection:
            connection.execute(update(steps).values(not_before=in_seconds(-1)))
    assert states(db, new.id)[0] == "failed"


def test_a_cancelled_step_cannot_finish_and_a_paused_job_is_not_claimed(db: Database, intake: Intake) -> None:
    first, second = job(), job()
    intake.submit([first]).result(20)
    step = claimed(db)
    with pytest.raises(Refused, match=r"job\.conflict"):
        control.pause(db, first.id)
    control.cancel(db, first.id)
    with pytest.raises(StepCancelled):
        finish_step(db, step, NOTHING, source="rendered")
    assert states(db, first.id) == ("cancelled", ["cancelled"])
    intake.submit([second]).result(20)
    control.pause(db, second.id)
    assert claim_step(db, LANES, ONE) is None
    control.resume(db, second.id)
    assert claimed(db).job_id == second.id


def test_steps_that_a_worker_cannot_do_do_not_hide_those_it_can(db: Database, intake: Intake) -> None:
    intake.submit([job() for _ in range(60)]).result(20)
    with db.write() as connection:
        connection.execute(update(steps).values(requires=["gl"]))
    assert claim_step(db, LANES, ONE) is None
    mine = job()
    intake.submit([mine]).result(20)
    assert claimed(db).job_id == mine.id
    assert claim_step(db, LANES, WorkerInfo(name="gl", lanes=LANES, capabilities=("ffmpeg", "gl"))) is not None


def test_a_step_whose_workers_die_again_and_again_fails(db: Database, intake: Intake) -> None:
    new = job()
    intake.submit([new]).result(20)
    for _ in range(4):
        step = claimed(db)
        with db.write() as connection:
            put_back(connection, [(step.id, step.attempt)])
    assert states(db, new.id) == ("failed", ["failed"])

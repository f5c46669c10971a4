"""The life of a heavy job in the database."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from farm import control
from farm.blobs import owned
from farm.claims import WorkerInfo, held, renew
from farm.endings import fail_step, put_back, release_step
from farm.errors import FarmFault, JobFault, Refused, StepCancelled
from farm.lanes import LANES
from tests.farm.engine.conftest import DIGEST, MIGRATIONS, OTHER, WORKER, Store, step


def test_the_schema_goes_down_and_up_again(store: Store) -> None:
    store.submit()
    store.db.downgrade(MIGRATIONS)
    store.db.upgrade(MIGRATIONS)
    assert store.rows("SELECT * FROM jobs") == []


def test_one_key_makes_one_job_however_many_ask(store: Store) -> None:
    with ThreadPoolExecutor(32) as pool:
        ids = set(pool.map(lambda _: store.submit(key="k", body="same"), range(200)))
    assert len(ids) == 1
    assert len(store.rows("SELECT id FROM jobs")) == 1
    assert len(store.rows("SELECT id FROM steps")) == 1
    with pytest.raises(Refused) as refused:
        store.submit(key="k", body="other")
    assert refused.value.code == "idempotency.mismatch"
    assert store.submit(key="k", body="other", owner="somebody else") not in ids


def test_a_step_is_claimed_once(store: Store) -> None:
    for _ in range(20):
        store.submit()
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda i: store.claim(WORKER if i % 2 else OTHER), range(40)))
    found = [claimed.id for claimed in claims if claimed]
    while (claimed := store.claim()) is not None:
        found.append(claimed.id)
    assert len(found) == len(set(found)) == 20


def test_a_join_waits_for_all_that_it_needs_and_the_job_ends_once(store: Store) -> None:
    job = store.submit(step("a"), step("b"), step("join", needs=("a", "b"), lane="encode"))
    first, second = store.must_claim(), store.must_claim()
    assert {first.step.key, second.step.key} == {"a", "b"}
    assert store.claim() is None
    assert store.finish(first, "a.png").lanes == ()
    assert store.claim() is None
    assert store.finish(second, "b.png").lanes == ("encode",)
    join = store.must_claim()
    assert set(join.inputs) == {"a", "b"}
    assert store.state(job) == "running"
    assert store.finish(join).state == "succeeded"
    assert store.state(job) == "succeeded"
    names = [row.name for row in store.rows("SELECT name FROM artifacts ORDER BY name")]
    assert names == ["a.png", "b.png", "tee.png"]


def test_what_a_job_made_is_its_owners_while_an_artifact_of_it_lasts(store: Store) -> None:
    store.submit(owner="ann")
    store.finish(store.must_claim())
    assert store.rows("SELECT * FROM blob_owners") == []
    with store.db.read() as conn:
        assert owned(conn, "ann", [DIGEST]).keys() == {DIGEST}
        assert owned(conn, "bob", [DIGEST]) == {}
    store.run("UPDATE artifacts SET expires_at = created_at")
    with store.db.read() as conn:
        assert owned(conn, "ann", [DIGEST]) == {}


def test_a_stale_attempt_changes_nothing(store: Store) -> None:
    job = store.submit()
    lost = store.must_claim()
    assert release_step(store.db, lost.id, lost.attempt)
    again = store.must_claim(OTHER)
    assert again.attempt > lost.attempt
    with pytest.raises(StepCancelled):
        store.finish(lost)
    with pytest.raises(StepCancelled):
        fail_step(store.db, lost, JobFault("model.invalid"))
    assert release_step(store.db, lost.id, lost.attempt) is False
    assert store.rows("SELECT id FROM artifacts") == []
    assert renew(store.db, WORKER, [lost.id]) == frozenset()
    store.finish(again)
    assert store.state(job) == "succeeded"


def test_bad_input_ends_the_job_at_once(store: Store) -> None:
    job = store.submit(step("a"), step("b", needs=("a",)))
    fail_step(store.db, store.must_claim(), JobFault("model.invalid", "the model has no triangles"))
    assert store.state(job) == "failed"
    assert store.claim() is None
    ((code, detail),) = store.rows("SELECT error_code, error_detail FROM jobs")
    assert (code, detail) == ("model.invalid", "the model has no triangles")
    assert [row.state for row in store.rows("SELECT state FROM steps ORDER BY position")] == ["failed", "cancelled"]


def test_the_farms_fault_is_tried_again_elsewhere_and_then_fails(store: Store) -> None:
    job = store.submit()
    for number in range(LANES["render"].max_attempts):
        store.run("UPDATE steps SET not_before = NULL")
        claimed = store.must_claim()
        assert store.state(job) == "running"
        fail_step(store.db, claimed, FarmFault("render.failed", f"try {number}"))
        assert store.claim() is None, "no backoff"
    assert store.state(job) == "failed"


def test_a_worker_leaves_what_it_failed_to_others(store: Store) -> None:
    store.submit()
    fail_step(store.db, store.must_claim(), FarmFault("render.failed"))
    other = store.submit()
    store.run("UPDATE steps SET not_before = NULL")
    assert store.must_claim().job_id == other


def test_a_step_whose_lease_is_lost_too_often_fails(store: Store) -> None:
    job = store.submit()
    for _ in range(LANES["render"].max_attempts):
        claimed = store.must_claim()
        with store.db.write() as connection:
            assert put_back(connection, [(claimed.id, claimed.attempt)]) == 1
    assert store.state(job) == "failed"
    assert store.rows("SELECT error_code FROM jobs")[0].error_code == "farm.worker_lost"


def test_capabilities_are_matched(store: Store) -> None:
    store.submit(step("a", requires=("gl",)))
    blind = WorkerInfo(name="w3", lanes=WORKER.lanes)
    assert store.claim(blind) is None
    assert store.claim() is not None


def test_priority_goes_before_age(store: Store) -> None:
    store.submit()
    urgent = store.submit(priority=5)
    assert store.must_claim().job_id == urgent


def test_an_owner_with_many_jobs_does_not_starve_one_with_few(store: Store) -> None:
    for _ in range(60):
        store.submit(owner="many")
    for _ in range(10):
        store.must_claim()
    few = {store.submit(owner="few") for _ in range(2)}
    next_four = [store.must_claim().job_id for _ in range(4)]
    assert few <= set(next_four)


def test_tiers_share_by_weight(store: Store) -> None:
    for owner, tier in (("free", "free"), ("studio", "studio")):
        for _ in range(30):
            store.submit(owner=owner, tier=tier)
    owners = [store.must_claim().owner for _ in range(18)]
    assert owners.count("studio") in range(14, 18), owners


def test_cancelling_takes_a_running_step_away(store: Store) -> None:
    job = store.submit(step("a"), step("b", needs=("a",)))
    claimed = store.must_claim()
    assert held(store.db, WORKER, [(claimed.id, claimed.attempt)]) == {claimed.id}
    assert control.cancel(store.db, job) == "cancelled"
    assert control.cancel(store.db, job) == "cancelled"
    assert held(store.db, WORKER, [(claimed.id, claimed.attempt)]) == frozenset()
    with pytest.raises(StepCancelled):
        store.finish(claimed)
    assert store.state(job) == "cancelled"
    assert store.claim() is None


def test_retry_runs_only_what_did_not_succeed(store: Store) -> None:
    job = store.submit(step("a"), step("b", needs=("a",)))
    store.finish(store.must_claim())
    fail_step(store.db, store.must_claim(), JobFault("model.invalid"))
    assert control.retry(store.db, job) == ("queued", ("render",))
    claimed = store.must_claim()
    assert claimed.step.key == "b"
    store.finish(claimed, "b.png")
    assert store.state(job) == "succeeded"
    with pytest.raises(Refused) as refused:
        control.retry(store.db, job)
    assert refused.value.code == "job.conflict"


def test_a_paused_job_waits(store: Store) -> None:
    job = store.submit()
    assert control.pause(store.db, job) == "paused"
    assert store.claim() is None
    assert control.resume(store.db, job) == ("queued", ("render",))
    store.must_claim()
    with pytest.raises(Refused):
        control.pause(store.db, job)


def test_an_outer_rollback_undoes_an_inner_savepoint(store: Store) -> None:
    store.submit()
    with pytest.raises(ZeroDivisionError), store.db.write() as connection:  # noqa: PT012
        with connection.begin_nested():
            connection.execute(text("UPDATE jobs SET priority = 7"))
        raise ZeroDivisionError
    assert store.rows("SELECT priority FROM jobs")[0].priority == 0


def test_any_interleaving_keeps_the_rules(store: Store) -> None:
    """Claims, losses, results, failures and control in any order: a job ends once, and never from a stale claim."""
    chance = random.Random(7)
    jobs = [store.submit(step("a"), step("b"), step("c", needs=("a", "b"))) for _ in range(6)]
    claims = []
    ended: dict[str, str] = {}
    for _ in range(260):
        action = chance.choice(
            ("claim", "claim", "finish", "finish", "lose", "fail", "cancel", "retry", "pause", "resume")
        )
        job = chance.choice(jobs)
        if action == "claim" and (claimed := store.claim(chance.choice((WORKER, OTHER)))):
            assert store.state(claimed.job_id) == "running"
            claims.append(claimed)
        elif claims and action in {"finish", "lose", "fail"}:
            claimed = chance.choice(claims)
            ((state, attempt),) = store.rows("SELECT state, attempt FROM steps WHERE id = :id", id=claimed.id)
            mine = state == "running" and attempt == claimed.attempt
            try:
                if action == "finish":
                    store.finish(claimed, f"{claimed.step.key}.png")
                elif action == "fail":
                    fail_step(store.db, claimed, JobFault("model.invalid"))
                else:
                    assert release_step(store.db, claimed.id, claimed.attempt) is mine
                    continue
            except StepCancelled:
                assert not mine
            else:
                assert mine
        elif action in {"cancel", "retry", "pause", "resume"}:
            try:
                getattr(control, action)(store.db, job)
                ended.pop(job, None) if action == "retry" else None
            except Refused as refused:
                assert refused.code == "job.conflict"  # noqa: PT017
        for one in jobs:
            state = store.state(one)
            if one in ended:
                assert state == ended[one]
            elif state == "succeeded":
                ended[one] = state
            steps = [row.state for row in store.rows("SELECT state FROM steps WHERE job_id = :id", id=one)]
            assert (state == "succeeded") == (set(steps) == {"succeeded"})
            if state in {"cancelled", "failed"}:
                assert "running" not in steps
                assert "ready" not in steps

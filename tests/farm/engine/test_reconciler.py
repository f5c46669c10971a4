"""The reconciler makes whole what was lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from farm.blob_memory import MemoryBlobs
from farm.blobs import register
from farm.bus import Bus
from farm.cache import key_of, lookup
from farm.errors import Refused
from farm.ids import new_id
from farm.intake_rows import NewBatch
from farm.parts_memory import MemoryParts
from farm.reconciler import Reconciler
from farm.sessions import Sessions
from tests.farm.engine.conftest import Store

LONG_AGO = "2020-01-01 00:00:00+00"


class Heard(Bus):
    def __init__(self) -> None:
        self.changes: list[Any] = []
        self.lost = False

    def announce(self, changes: Any) -> bool:
        if self.lost:
            return False
        self.changes += list(changes)
        return True


class Woken:
    def __init__(self) -> None:
        self.lanes: Counter[str] = Counter()

    def wake(self, lane: str, count: int = 1) -> None:
        self.lanes[lane] += count


def reconciler(store: Store) -> tuple[Reconciler, Heard, Woken, MemoryBlobs]:
    bus, waker, blobs = Heard(), Woken(), MemoryBlobs()
    sessions = Sessions(store.db, MemoryParts(blobs))
    return Reconciler(store.db, waker, bus, blobs, sessions), bus, waker, blobs


def test_a_change_is_announced_once_and_again_if_redis_lost_it(store: Store) -> None:
    job = store.submit()
    made, bus, _, _ = reconciler(store)
    bus.lost = True
    assert made.announce() == 0
    bus.lost = False
    assert made.announce() == 1
    assert made.announce() == 0
    store.must_claim()
    assert made.announce() == 1
    assert [(c.job_id, c.state) for c in bus.changes] == [(job, "queued"), (job, "running")]


def test_lanes_with_work_are_woken(store: Store) -> None:
    store.submit()
    store.submit()
    made, _, waker, _ = reconciler(store)
    made.wake()
    assert waker.lanes == {"render": 2}


def test_expired_leases_are_taken_back_and_living_ones_are_not(store: Store) -> None:
    store.submit()
    store.submit()
    lost, alive = store.must_claim(), store.must_claim()
    store.run("UPDATE steps SET lease_until = :t WHERE id = :id", t=LONG_AGO, id=lost.id)
    made, _, waker, _ = reconciler(store)
    assert made.put_back() == 1
    assert made.put_back() == 0
    assert waker.lanes == {"render": 1}
    states = {row.id: row.state for row in store.rows("SELECT id, state FROM steps")}
    assert states == {lost.id: "ready", alive.id: "running"}


def test_keys_of_jobs_and_batches_are_free_again_after_a_day(store: Store) -> None:
    def batch(body: str) -> NewBatch:
        return NewBatch(id=new_id(), owner="o", total=0, idempotency_key="again", request_hash=body)

    first = store.submit(key="again", body="one")
    store.intake.submit_batch(batch("one"), []).result(30)
    made, _, _, _ = reconciler(store)
    assert made.expire_keys() == 0
    assert store.submit(key="again", body="one") == first
    with pytest.raises(Refused, match="body"):
        store.intake.submit_batch(batch("two"), []).result(30)
    for table in ("jobs", "batches"):
        store.run(f"UPDATE {table} SET created_at = :t", t=LONG_AGO)
    assert made.expire_keys() == 2
    assert store.submit(key="again", body="two") != first
    store.intake.submit_batch(batch("two"), []).result(30)
    assert len(store.rows("SELECT id FROM batches")) == 2


def test_old_artifacts_and_cache_entries_go_and_then_their_bytes(store: Store) -> None:
    store.submit()
    claimed = store.must_claim()
    made, _, _, blobs = reconciler(store)
    stored = blobs.put_bytes(b"abc")
    keep = blobs.put_bytes(b"keep")
    store.finish(claimed)
    with store.db.write() as connection:
        register(connection, stored, "image/png")
        register(connection, keep, "image/png", "somebody")
    assert lookup(store.db, key_of(claimed.hash, "")) is not None
    for table, column in (("artifacts", "expires_at"), ("step_cache", "expires_at"), ("blobs", "created_at")):
        store.run(f"UPDATE {table} SET {column} = :t", t=LONG_AGO)
    assert made.expire_artifacts() == 2
    assert lookup(store.db, key_of(claimed.hash, "")) is None
    made.collect()
    assert [row.digest for row in store.rows("SELECT digest FROM blobs")] == [keep.digest]

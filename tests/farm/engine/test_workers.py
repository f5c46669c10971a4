"""What workers say of themselves."""

from __future__ import annotations

from dataclasses import replace

from farm import workers
from tests.farm.engine.conftest import WORKER, Store


def test_a_worker_is_seen_and_described(store: Store) -> None:
    assert workers.state_of(store.db, WORKER.name) == workers.ACTIVE
    assert workers.seen(store.db, WORKER) == workers.ACTIVE
    workers.named_device(store.db, WORKER.name, "llvmpipe")
    (row,) = store.rows("SELECT name, device, state FROM workers")
    assert tuple(row) == (WORKER.name, "llvmpipe", "active")


def test_a_sick_worker_stays_out_until_it_has_recovered(store: Store) -> None:
    workers.seen(store.db, WORKER)
    workers.fell_sick(store.db, WORKER.name, "3 jobs in a row failed: render.failed")
    assert workers.seen(store.db, WORKER) == workers.SICK
    workers.recovered(store.db, WORKER.name)
    assert workers.seen(store.db, WORKER) == workers.ACTIVE


def test_a_draining_worker_drains_until_a_new_process_takes_its_name(store: Store) -> None:
    workers.seen(store.db, WORKER)
    store.run("UPDATE workers SET state = 'draining'")
    workers.fell_sick(store.db, WORKER.name, "failing")
    workers.recovered(store.db, WORKER.name)
    assert workers.seen(store.db, WORKER) == workers.DRAINING
    assert workers.seen(store.db, replace(WORKER, pid=WORKER.pid + 1)) == workers.ACTIVE

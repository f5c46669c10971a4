"""Light jobs: claimed, run and finished in one transaction, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, text

from farm.bus import Bus, Outcome
from farm.db import Database
from farm.errors import Refused
from farm.ids import new_id
from farm.jobs import Actor, Call, Command, NewJob, Reply, Spec
from farm.light import run_batch
from farm.light_claims import claim_light
from tests.farm.engine.conftest import Store


class Write(Spec):
    row: str
    value: int
    bad: bool = False


class Silent(Bus):
    """A bus that remembers what it was told."""

    def __init__(self) -> None:
        self.replies: list[Outcome] = []

    def announce(self, changes: Any) -> bool:
        list(changes)
        return True

    def reply(self, replies: Any) -> bool:
        self.replies += [one for group in replies.values() for one in group]
        return True


def _one(connection: Connection, actor: Actor, spec: Write) -> Reply:
    connection.execute(text("INSERT INTO written VALUES (:row, :value)"), {"row": spec.row, "value": spec.value})
    if spec.bad:
        raise Refused("request.invalid", "this one is bad")
    return Reply(status=201, body={"value": spec.value, "owner": actor.owner})


def _many(connection: Connection, calls: Sequence[Call]) -> Sequence[Reply]:
    return [_one(connection, call.actor, call.spec) for call in calls]


COMMANDS = {
    "t.write": Command(
        kind="t.write", lane="cards", spec=Write, run=_one, run_many=_many, row_key=lambda spec: spec.row
    )
}


@pytest.fixture
def written(db: Database) -> Any:
    with db.write() as connection:
        connection.execute(text("CREATE TABLE written (id varchar(40), value integer)"))
    yield
    with db.write() as connection:
        connection.execute(text("DROP TABLE written"))


def send(store: Store, rows: Sequence[dict[str, Any]], owner: str = "o") -> list[str]:
    jobs = [
        NewJob(id=new_id(), kind="t.write", lane="cards", actor=Actor(owner=owner), spec=row, reply_to="door")
        for row in rows
    ]
    return [accepted.job_id for accepted in store.intake.submit(jobs).result(30)]


def values(store: Store) -> list[int]:
    return [row.value for row in store.rows("SELECT value FROM written")]


@pytest.mark.usefixtures("written")
def test_a_batch_writes_and_answers_everybody(store: Store) -> None:
    ids = send(store, [{"row": f"r{i}", "value": i} for i in range(10)])
    bus = Silent()
    assert run_batch(store.db, bus, COMMANDS, "cards") == 10
    assert sorted(values(store)) == list(range(10))
    assert {reply.job_id for reply in bus.replies} == set(ids)
    assert all(reply.result and reply.result["status"] == 201 for reply in bus.replies)
    assert run_batch(store.db, bus, COMMANDS, "cards") == 0


@pytest.mark.usefixtures("written")
def test_a_bad_one_fails_alone(store: Store) -> None:
    ids = send(store, [{"row": f"r{i}", "value": i, "bad": i == 3} for i in range(6)])
    bus = Silent()
    run_batch(store.db, bus, COMMANDS, "cards")
    assert sorted(values(store)) == [0, 1, 2, 4, 5]
    failed = [reply for reply in bus.replies if reply.state == "failed"]
    assert [(reply.job_id, reply.error and reply.error["code"]) for reply in failed] == [(ids[3], "request.invalid")]
    assert [store.state(one) for one in ids].count("succeeded") == 5


@pytest.mark.usefixtures("written")
def test_two_writes_to_one_row_keep_their_order(store: Store) -> None:
    send(store, [{"row": "same", "value": i} for i in range(8)])
    run_batch(store.db, Silent(), COMMANDS, "cards")
    assert values(store) == list(range(8))


@pytest.mark.usefixtures("written")
def test_a_crash_before_the_commit_loses_nothing(store: Store) -> None:
    ids = send(store, [{"row": "r", "value": 1}])
    with pytest.raises(ZeroDivisionError), store.db.write() as connection:  # noqa: PT012
        (job,) = claim_light(connection, "cards", 64)
        _one(connection, job.actor, Write(row="r", value=1))
        raise ZeroDivisionError
    assert store.state(ids[0]) == "queued"
    run_batch(store.db, Silent(), COMMANDS, "cards")
    assert values(store) == [1]


@pytest.mark.usefixtures("written")
def test_two_workers_write_everything_once(store: Store) -> None:
    send(store, [{"row": f"r{i}", "value": i} for i in range(300)])

    def work(_: int) -> int:
        return sum(iter(lambda: run_batch(store.db, Silent(), COMMANDS, "cards"), 0))

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 300
    assert sorted(values(store)) == list(range(300))


@pytest.mark.usefixtures("written")
def test_a_second_worker_takes_what_the_first_does_not_hold(store: Store) -> None:
    if store.db.dialect != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    send(store, [{"row": f"r{i}", "value": i} for i in range(150)])
    with store.db.engine.begin() as first, store.db.engine.begin() as second:
        mine = {job.id for job in claim_light(first, "cards", 64)}
        others = {job.id for job in claim_light(second, "cards", 64)}
    assert len(mine) == len(others) == 64
    assert not mine & others


@pytest.mark.usefixtures("written")
def test_owners_take_turns(store: Store) -> None:
    send(store, [{"row": f"m{i}", "value": i} for i in range(200)], owner="many")
    send(store, [{"row": "f", "value": 1000}], owner="few")
    run_batch(store.db, Silent(), COMMANDS, "cards")
    assert 1000 in values(store)


@pytest.mark.usefixtures("written")
def test_what_this_worker_does_not_know_fails_with_a_code(store: Store) -> None:
    (job,) = send(store, [{"row": "r", "value": 1}])
    run_batch(store.db, Silent(), {}, "cards")
    assert store.rows("SELECT error_code FROM jobs")[0].error_code == "farm.no_worker"
    assert store.state(job) == "failed"

"""Light jobs: claimed and finished in one transaction, and the schema they live in."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from farm.db import Database
from farm.ids import new_id
from farm.intake import Intake
from farm.jobs import Actor, NewJob, Reply
from farm.light_claims import LightOutcome, claim_light, finish_light
from farm.tables import jobs
from farm.wakes import NullWaker

from .conftest import MIGRATIONS


def submit(db: Database, *owners: str) -> None:
    intake = Intake(db, NullWaker())
    rows = [NewJob(id=new_id(), kind="k", lane="cards", actor=Actor(owner=owner), spec={}) for owner in owners]
    assert all(answer.created for answer in intake.submit(rows).result(20))
    intake.close()


def test_what_is_rolled_back_stays_queued_and_a_finish_is_fenced(db: Database) -> None:
    submit(db, "ann")
    with pytest.raises(ZeroDivisionError), db.write() as connection:  # noqa: PT012 - what the block undoes is the test
        (light,) = claim_light(connection, "cards", 64)
        finish_light(connection, [LightOutcome(job=light, result=Reply(status=200))])
        raise ZeroDivisionError
    with db.write() as connection:
        (light,) = claim_light(connection, "cards", 64)
        finish_light(connection, [LightOutcome(job=light, result=Reply(status=200))])
        assert connection.execute(select(jobs.c.state, jobs.c.attempt)).one() == ("succeeded", 1)
    with pytest.raises(RuntimeError), db.write() as connection:
        finish_light(connection, [LightOutcome(job=light, result=Reply(status=200))])


def test_owners_take_turns(db: Database) -> None:
    submit(db, *["many"] * 300, "few")
    with db.write() as connection:
        assert "few" in {light.actor.owner for light in claim_light(connection, "cards", 64)}


def test_up_down_and_up_again(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    for _ in range(2):
        db.upgrade(MIGRATIONS)
        assert inspect(db.engine).has_table("steps")
        db.downgrade(MIGRATIONS)
        assert not inspect(db.engine).has_table("steps")
    db.close()

"""Places of uploads held in the database, where the part store itself cannot keep writers apart."""

from __future__ import annotations

import pytest

from farm.announcement import Wanted
from farm.blob_memory import MemoryBlobs
from farm.db import Database
from farm.errors import Refused
from farm.jobs import Actor
from farm.parts_memory import MemoryParts
from farm.sessions import Sessions
from farm.upload_holds import Hold
from tests.farm.engine.conftest import Store


@pytest.fixture
def parts() -> MemoryParts:
    made = MemoryParts(MemoryBlobs())
    made.leases = True
    return made


@pytest.fixture
def upload(db: Database, parts: MemoryParts) -> str:
    return Sessions(db, parts).create(Actor(owner="ann", tier="studio"), Wanted(name="a.bin", size=100)).id


def must_be_busy(db: Database, parts: MemoryParts, upload: str) -> None:
    with pytest.raises(Refused, match=r"upload\.busy"):
        Hold(db, parts, upload, 0)


def test_a_place_is_one_writers_until_it_lets_go(db: Database, parts: MemoryParts, upload: str) -> None:
    first = Hold(db, parts, upload, 0)
    must_be_busy(db, parts, upload)
    Hold(db, parts, upload, 1).release()  # another place
    db.transact(first.fence)
    first.release()
    Hold(db, parts, upload, 0).release()


def test_a_silent_writer_loses_its_place_and_counts_nothing(
    store: Store, db: Database, parts: MemoryParts, upload: str
) -> None:
    silent = Hold(db, parts, upload, 0)
    store.run("UPDATE upload_holds SET until = (SELECT created_at FROM uploads)")
    second = Hold(db, parts, upload, 0)
    with pytest.raises(Refused, match=r"upload\.busy"):
        db.transact(silent.fence)
    silent.release()
    must_be_busy(db, parts, upload)  # a late writer takes nothing from its successor
    db.transact(second.fence)

"""Rows of blobs: who may use which bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from farm import tables
from farm.blob_memory import MemoryBlobs
from farm.blobs import DatabaseKeys, Stored, owned, register
from farm.db import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    with database.write() as conn:
        tables.metadata.create_all(conn)
    yield database
    database.close()


def test_an_owner_has_what_was_registered_for_them(db: Database) -> None:
    stored = MemoryBlobs().put_bytes(b"a hat")
    with db.write() as conn:
        register(conn, stored, "model/gltf-binary", "ann", {"triangles": 12})
    with db.read() as conn:
        found = owned(conn, "ann", [stored.digest, "0" * 64])
        assert found.keys() == {stored.digest}
        assert found[stored.digest].media_type == "model/gltf-binary"
        assert found[stored.digest].inspection == {"triangles": 12}
        assert owned(conn, "bob", [stored.digest]) == {}


def test_the_same_bytes_of_two_owners_are_one_blob(db: Database) -> None:
    stored = MemoryBlobs().put_bytes(b"a hat")
    for owner in ("ann", "bob", "ann"):
        with db.write() as conn:
            register(conn, stored, "image/png", owner)
    with db.read() as conn:
        assert len(conn.execute(select(tables.blobs)).all()) == 1
        assert len(conn.execute(select(tables.blob_owners)).all()) == 2


def test_an_inspection_replaces_what_was_only_claimed(db: Database) -> None:
    stored = MemoryBlobs().put_bytes(b"a picture")
    with db.write() as conn:
        register(conn, stored, "application/octet-stream")
        register(conn, stored, "image/png", "ann", {"width": 4})
        register(conn, stored, "text/plain", "ann")
    with db.read() as conn:
        found = owned(conn, "ann", [stored.digest])[stored.digest]
    assert (found.media_type, found.inspection) == ("image/png", {"width": 4})


def test_what_is_rolled_back_was_never_there(db: Database) -> None:
    stored = MemoryBlobs().put_bytes(b"never")

    def registers_and_fails() -> None:
        with db.write() as conn:
            register(conn, stored, "image/png", "ann")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        registers_and_fails()
    with db.read() as conn:
        assert owned(conn, "ann", [stored.digest]) == {}


def test_a_blob_keeps_the_key_that_it_had_first(db: Database) -> None:
    """Its object stays as long as its row; another object of the same bytes goes with the upload that brought it."""
    keys, digest = DatabaseKeys(db), "a" * 64
    assert keys.key_of(digest) is None
    assert not keys.is_key("uploads/1")
    for key in ("uploads/1", "uploads/2"):
        with db.write() as conn:
            register(conn, Stored(digest=digest, size=3, key=key), "image/png", "ann")
    assert keys.key_of(digest) == "uploads/1"
    assert keys.is_key("uploads/1")
    assert not keys.is_key("uploads/2")

"""One suite over every part store: disk, memory, and S3 against a server that the test starts."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from farm.errors import FarmFault, Refused
from farm.ids import new_id
from farm.parts import MIB, Part, PartStore, Place
from tests.farm.parts.conftest import Kit

CHUNK = 5 * MIB
TYPE = "model/gltf-binary"


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def everything(parts: PartStore, place: Place) -> bytes:
    with parts.open(place) as file:
        return file.read()


def send(parts: PartStore, place: Place, number: int, data: bytes, chunk: int = CHUNK) -> Part:
    """One chunk of ``data``, as the door sends it."""
    start = number * chunk
    piece = memoryview(data)[start : start + chunk]
    sink = parts.chunk(place, number, start, len(piece))
    try:
        for at in range(0, len(piece), MIB):
            sink.write(piece[at : at + MIB])
        return sink.commit()
    finally:
        sink.abort()


class Session:
    """What the session's row keeps of an upload by appends."""

    def __init__(self, parts: PartStore, size: int | None) -> None:
        self.store = parts
        self.size = size
        self.place = parts.create(new_id(), size, TYPE)
        self.received = 0
        self.parts: list[Part] = []
        self.tail: Mapping[str, Any] = {}

    def append(self, data: bytes, *, whole: bool = False, step: int = MIB, broken: bool = False) -> None:
        sink = self.store.append(self.place, self.received, self.size, len(self.parts), self.tail, whole=whole)
        try:
            for at in range(0, len(data), step):
                sink.write(memoryview(data)[at : at + step])
                durable = sink.checkpoint()
                if durable is not None:
                    assert not whole
                    self.count(durable)
            if not broken:
                self.count(sink.finish())
        finally:
            sink.close()

    def count(self, durable: Any) -> None:
        self.received, self.tail = durable.received, durable.tail
        self.parts += durable.parts

    def seal(self) -> None:
        self.store.seal(self.place, self.parts, self.tail, self.received)


def sealed(parts: PartStore, data: bytes) -> Place:
    session = Session(parts, len(data))
    session.append(data)
    session.seal()
    return session.place


def known(*ids: str) -> Any:
    def ask(asked: Collection[str]) -> Collection[str]:
        return [one for one in asked if one in ids]

    return ask


def test_chunks_come_in_any_order(kit: Kit) -> None:
    data = noise(3 * CHUNK + 12345)
    place = kit.parts.create(new_id(), len(data), TYPE)
    counted = [send(kit.parts, place, number, data) for number in (2, 0, 3, 1)]
    assert [(part.number, part.start, part.size) for part in counted] == [
        (2, 2 * CHUNK, CHUNK),
        (0, 0, CHUNK),
        (3, 3 * CHUNK, 12345),
        (1, CHUNK, CHUNK),
    ]
    kit.parts.seal(place, sorted(counted, key=lambda part: part.number), {}, len(data))
    assert everything(kit.parts, place) == data


def test_another_host_goes_on_where_the_first_stopped(kit: Kit) -> None:
    data = noise(2 * CHUNK + 9)
    place = kit.parts.create(new_id(), len(data), TYPE)
    first = send(kit.parts, place, 1, data)
    other = kit.another()
    rest = [send(other, place, number, data) for number in (0, 2)]
    other.seal(place, [rest[0], first, rest[1]], {}, len(data))
    assert everything(kit.another(), place) == data


def test_an_aborted_chunk_can_be_sent_again(kit: Kit) -> None:
    data = noise(1000)
    place = kit.parts.create(new_id(), len(data), TYPE)
    sink = kit.parts.chunk(place, 0, 0, len(data))
    sink.write(b"other bytes")
    sink.abort()
    sink.abort()
    kit.parts.seal(place, [send(kit.parts, place, 0, data)], {}, len(data))
    assert everything(kit.parts, place) == data


def test_two_writers_of_one_chunk_are_kept_apart(kit: Kit) -> None:
    if kit.parts.leases:
        pytest.skip("the database keeps them apart")
    place = kit.parts.create(new_id(), 2 * CHUNK, TYPE)
    sink = kit.parts.chunk(place, 0, 0, CHUNK)
    with pytest.raises(Refused, match=r"upload\.busy"):
        kit.another().chunk(place, 0, 0, CHUNK)
    kit.another().chunk(place, 1, CHUNK, CHUNK).abort()
    sink.abort()
    kit.another().chunk(place, 0, 0, CHUNK).abort()


def test_two_appends_are_kept_apart(kit: Kit) -> None:
    if kit.parts.leases:
        pytest.skip("the database keeps them apart")
    place = kit.parts.create(new_id(), None, TYPE)
    sink = kit.parts.append(place, 0, None, 0, {}, whole=False)
    with pytest.raises(Refused, match=r"upload\.busy"):
        kit.another().append(place, 0, None, 0, {}, whole=False)
    sink.close()
    kit.another().append(place, 0, None, 0, {}, whole=False).close()


@pytest.mark.parametrize("known_size", [True, False])
def test_appends_of_odd_lengths_add_up(kit: Kit, known_size: bool) -> None:
    data = noise(10 * MIB + 77)
    session = Session(kit.parts, len(data) if known_size else None)
    cuts = [0, 1, 8, 500_001, 6 * MIB, 6 * MIB + 3, 9 * MIB + 1, len(data)]
    for start, end in pairwise(cuts):
        session.append(data[start:end], step=333_333)
        assert session.received == end
    session.append(b"")
    assert session.received == len(data)
    session.seal()
    assert everything(kit.parts, session.place) == data


def test_a_long_append_is_counted_before_it_ends(s3: Kit) -> None:
    data = noise(20 * MIB)
    session = Session(s3.parts, 40 * MIB)
    session.append(data, broken=True)
    assert session.received == 16 * MIB
    session.append(data[16 * MIB :] + data)
    session.seal()
    assert everything(s3.parts, session.place) == data + data


def test_an_append_with_a_late_checksum_counts_at_its_end_only(kit: Kit) -> None:
    data = noise(17 * MIB)
    session = Session(kit.parts, len(data))
    session.append(data, whole=True, broken=True)
    assert session.received == 0
    assert session.parts == []
    session.append(data, whole=True)
    assert session.received == len(data)
    session.seal()
    assert everything(kit.parts, session.place) == data


def test_what_was_not_counted_does_not_matter(kit: Kit) -> None:
    """Killed between the store and the database: the session stands where it stood."""
    data = noise(9 * MIB)
    session = Session(kit.parts, len(data))
    session.append(data[: 3 * MIB])
    before = (session.received, list(session.parts), session.tail)
    session.append(data[3 * MIB : 9 * MIB])
    session.received, session.parts, session.tail = before
    session.append(data[3 * MIB : 4 * MIB])
    session.append(data[4 * MIB :])
    session.seal()
    assert everything(kit.parts, session.place) == data


def test_nothing_is_an_upload_too(kit: Kit) -> None:
    place = kit.parts.create(new_id(), 0, TYPE)
    kit.parts.seal(place, [], {}, 0)
    kit.parts.seal(place, [], {}, 0)
    assert everything(kit.parts, place) == b""
    kit.rows.register(kit.parts.publish(place, sha(b""), 0))
    assert b"".join(kit.blobs.read(sha(b""))) == b""


def test_sealing_again_changes_nothing(kit: Kit) -> None:
    data = noise(CHUNK + 5)
    place = kit.parts.create(new_id(), len(data), TYPE)
    counted = [send(kit.parts, place, number, data) for number in (0, 1)]
    for store in (kit.parts, kit.parts, kit.another()):
        store.seal(place, counted, {}, len(data))
    assert everything(kit.parts, place) == data


def test_a_sealed_upload_is_read_from_anywhere(kit: Kit) -> None:
    data = noise(3 * MIB + 3)
    place = sealed(kit.parts, data)
    with kit.parts.open(place) as file:
        assert file.seek(-10, 2) == len(data) - 10
        assert file.read() == data[-10:]
        for at in (0, 2_500_000, 17, MIB, len(data) - 1):
            file.seek(at)
            assert file.read(100) == data[at : at + 100]
        file.seek(5)
        buffer = bytearray(MIB + 1)
        got = 0
        while count := file.readinto(memoryview(buffer)[got:]):  # type: ignore[attr-defined]
            got += count
        assert bytes(buffer) == data[5 : 5 + len(buffer)]
        file.seek(len(data) + 5)
        assert file.read() == b""


def test_uploads_are_joined_in_their_order(kit: Kit) -> None:
    """Long, short and empty ones, so that neighbours have to share a part."""
    sizes = (2 * MIB, 1, 6 * MIB, 5 * MIB, 100, 0, 4 * MIB, 3 * MIB, 12 * MIB + 7, 9)
    pieces = [noise(size, seed) for seed, size in enumerate(sizes)]
    whole = b"".join(pieces)
    sources = [(sealed(kit.parts, piece), len(piece)) for piece in pieces]
    place = kit.parts.create(new_id(), len(whole), TYPE)
    told: list[int] = []
    kit.parts.concatenate(place, sources, told.append)
    kit.parts.seal(place, [], {}, len(whole))
    assert everything(kit.parts, place) == whole
    assert told == sorted(told)
    assert told[-1] == len(whole)
    kit.parts.concatenate(place, sources, told.append)
    assert everything(kit.another(), place) == whole


def test_a_join_that_was_stopped_is_done_anew(kit: Kit) -> None:
    pieces = [noise(6 * MIB, 1), noise(7 * MIB, 2)]
    sources = [(sealed(kit.parts, piece), len(piece)) for piece in pieces]
    place = kit.parts.create(new_id(), 13 * MIB, TYPE)

    def stop(done: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        kit.parts.concatenate(place, sources, stop)
    kit.parts.concatenate(place, sources, lambda _: None)
    kit.parts.seal(place, [], {}, 13 * MIB)
    assert everything(kit.parts, place) == b"".join(pieces)


def test_published_bytes_are_a_blob_and_outlive_their_upload(kit: Kit) -> None:
    data = noise(CHUNK + 99)
    place = sealed(kit.parts, data)
    stored = kit.parts.publish(place, sha(data), len(data))
    assert (stored.digest, stored.size) == (sha(data), len(data))
    kit.rows.register(stored)
    again = kit.another().publish(place, sha(data), len(data))  # its worker was killed after the first time
    kit.rows.register(again)
    assert everything(kit.parts, place) == data
    for _ in range(2):
        kit.parts.remove(place)
    assert kit.blobs.exists(sha(data))
    assert kit.blobs.size(sha(data)) == len(data)
    assert b"".join(kit.blobs.read(sha(data), 7, MIB)) == data[7:MIB]
    with kit.blobs.open(sha(data)) as file:
        assert file.read() == data


def test_bytes_that_are_a_blob_already_stay_one(kit: Kit) -> None:
    data = noise(70_000)
    kit.rows.register(kit.blobs.put_bytes(data))
    place = sealed(kit.parts, data)
    kit.rows.register(kit.parts.publish(place, sha(data), len(data)))
    kit.parts.remove(place)
    assert b"".join(kit.blobs.read(sha(data))) == data


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_same_bytes_uploaded_by_many_are_one_blob(kit: Kit, order: Sequence[int]) -> None:
    """However their publishing, their rows and their removal fall together."""
    data = noise(70_000)
    places = [sealed(kit.parts, data) for _ in range(3)]
    first, second = (kit.parts.publish(place, sha(data), len(data)) for place in places[:2])
    kit.rows.register(first)
    third = kit.another().publish(places[2], sha(data), len(data))
    for stored in (second, third):
        kit.rows.register(stored)
    for number in order:
        kit.parts.remove(places[number])
    for place in places:
        kit.parts.remove(place)
    assert b"".join(kit.blobs.read(sha(data))) == data


def test_a_blob_that_was_lost_comes_back_with_the_next_upload(kit: Kit) -> None:
    data = noise(70_000)
    for _ in range(2):
        place = sealed(kit.parts, data)
        kit.rows.register(kit.parts.publish(place, sha(data), len(data)))
        kit.parts.remove(place)
        assert b"".join(kit.blobs.read(sha(data))) == data
        assert kit.blobs.delete(sha(data))
        assert not kit.blobs.exists(sha(data))


def test_a_collected_blob_is_deleted_by_its_key(kit: Kit) -> None:
    data = noise(70_000)
    place = sealed(kit.parts, data)
    stored = kit.parts.publish(place, sha(data), len(data))
    kit.rows.register(stored)
    kit.parts.remove(place)
    kit.rows.keys.clear()  # the collector deletes the row first
    assert not kit.blobs.delete(sha(data), unused_for=3600, key=stored.key)
    assert kit.blobs.delete(sha(data), key=stored.key)
    assert not kit.blobs.exists(sha(data))


def test_a_removed_upload_is_gone(kit: Kit) -> None:
    data = noise(CHUNK + 1)
    place = sealed(kit.parts, data)
    half = Session(kit.parts, 20 * MIB)
    half.append(noise(9 * MIB))
    for gone in (place, half.place, kit.parts.create(new_id(), 5, TYPE)):
        for _ in range(2):
            kit.parts.remove(gone)
        with pytest.raises(FarmFault, match=r"blob\.missing"):
            kit.parts.open(gone)
    assert kit.parts.sweep(known(), 0) == 0


def test_what_no_session_stands_for_is_swept(kit: Kit) -> None:
    data = noise(70_000)
    kept_id = new_id()
    kept = kit.parts.create(kept_id, len(data), TYPE)
    counted = send(kit.parts, kept, 0, data)
    empty = new_id()
    kit.parts.create(empty, 1000, TYPE)
    orphan = Session(kit.parts, 9 * MIB)
    orphan.append(data)
    blob = sealed(kit.parts, noise(80_000))
    kit.rows.register(kit.parts.publish(blob, sha(noise(80_000)), 80_000))
    if not kit.parts.leases:  # the S3 server of the tests says that every multipart upload is years old
        assert kit.parts.sweep(known(kept_id, empty), 3600) == 0
    assert kit.parts.sweep(known(kept_id), 0) >= 2
    assert kit.parts.sweep(known(kept_id), 0) == 0
    kit.parts.seal(kept, [counted], {}, len(data))
    assert everything(kit.parts, kept) == data
    assert b"".join(kit.blobs.read(sha(noise(80_000)))) == noise(80_000)


def test_nothing_comes_past_a_disk(kit: Kit) -> None:
    if kit.parts.leases:
        pytest.skip("S3 has a door of its own")
    place = kit.parts.create(new_id(), 10, TYPE, direct=True)
    assert kit.parts.presign(place, 10, TYPE, 60) is None
    assert kit.parts.direct_size(place) is None


def test_an_upload_that_vanished_is_the_farms_fault(kit: Kit) -> None:
    if kit.parts.leases:
        pytest.skip("the S3 server of the tests breaks when it is asked for an upload that it does not know")
    place = sealed(kit.parts, b"gone")
    kit.parts.remove(place)
    with pytest.raises(FarmFault, match=r"blob\.missing"):
        kit.parts.seal(place, [Part(number=0, start=0, size=4)], {}, 4)

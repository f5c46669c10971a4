"""What only a disk can do wrong to an upload."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from farm import parts_disk
from farm.blob_disk import DiskBlobs
from farm.errors import FarmFault
from farm.ids import new_id
from farm.parts import Part
from farm.parts_disk import DiskAppend, DiskChunk, DiskParts
from tests.farm.parts.test_parts_contract import CHUNK, TYPE, everything, noise

HALF = CHUNK // 2


@pytest.fixture
def parts(tmp_path: Path) -> DiskParts:
    return DiskParts(DiskBlobs(tmp_path), sync=True)


def full(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_half_way(write: Callable[[int, memoryview, int], int]) -> Callable[[int, memoryview, int], int]:
    """A last short write, then nothing more."""

    def pwrite(file: int, data: memoryview, at: int) -> int:
        return full() if at >= HALF else write(file, data[: HALF - at], at)

    return pwrite


def chunk(sink: DiskChunk, data: bytes) -> Part:
    """All of it, durable."""
    sink.write(data)
    return sink.commit()


def append(sink: DiskAppend, data: bytes) -> int:
    """Bytes received so far, durable."""
    sink.write(data)
    return sink.finish().received


def test_bytes_that_come_slowly_are_durable_every_few_seconds(
    parts: DiskParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(parts_disk.time, "monotonic", lambda: now[0])
    sink = parts.append(parts.create(new_id(), None, TYPE), 0, None, 0, {}, whole=False)
    whole = parts.append(parts.create(new_id(), None, TYPE), 0, None, 0, {}, whole=True)
    received = []
    for data in (b"a", b"bc", b"d", b"e"):
        now[0] += parts_disk.SYNC_S * 0.6
        sink.write(data)
        whole.write(data)
        durable = sink.checkpoint()
        received.append(durable and durable.received)
        assert whole.checkpoint() is None, "bytes with a checksum count at the end alone"
    sink.close()
    whole.close()
    assert received == [None, 3, None, 5]


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_a_chunk_that_found_no_room_is_sent_again(
    parts: DiskParts, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Some file systems only tell when the bytes are made durable."""
    data = noise(CHUNK)
    place = parts.create(new_id(), CHUNK, TYPE)
    sink = parts.chunk(place, 0, 0, CHUNK)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full_half_way(os.pwrite) if call == "pwrite" else full)
        with pytest.raises(FarmFault, match=r"farm\.disk_full"):
            chunk(sink, data)
    sink.abort()

    again = parts.chunk(place, 0, 0, CHUNK)
    counted = chunk(again, data)
    again.abort()
    parts.seal(place, [counted], {}, CHUNK)
    assert everything(parts, place) == data


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_an_append_that_found_no_room_goes_on_where_it_was_counted(
    parts: DiskParts, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    data = noise(CHUNK)
    place = parts.create(new_id(), None, TYPE)
    first = parts.append(place, 0, None, 0, {}, whole=False)
    assert append(first, data[:1000]) == 1000
    first.close()

    second = parts.append(place, 1000, None, 0, {}, whole=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full_half_way(os.pwrite) if call == "pwrite" else full)
        with pytest.raises(FarmFault, match=r"farm\.disk_full"):
            append(second, noise(CHUNK, 2))  # bytes that never count
    second.close()

    third = parts.append(place, 1000, None, 0, {}, whole=False)
    assert append(third, data[1000:]) == CHUNK
    third.close()
    parts.seal(place, [], {}, CHUNK)
    assert everything(parts, place) == data


@pytest.mark.parametrize("call", ["open", "ftruncate", "fsync"])
def test_a_session_that_found_no_room_leaves_no_file(
    parts: DiskParts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(FarmFault, match=r"farm\.disk_full"):
            parts.create(new_id(), CHUNK, TYPE)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_more_than_the_disk_has_room_for_is_refused_at_once(parts: DiskParts, tmp_path: Path) -> None:
    room = os.statvfs(tmp_path)
    with pytest.raises(FarmFault, match=r"farm\.disk_full"):
        parts.create(new_id(), room.f_blocks * room.f_frsize, TYPE)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_join_that_found_no_room_is_done_anew(parts: DiskParts, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(CHUNK)
    source = parts.create(new_id(), CHUNK, TYPE)
    sink = parts.chunk(source, 0, 0, CHUNK)
    parts.seal(source, [chunk(sink, data)], {}, CHUNK)
    sink.abort()
    place = parts.create(new_id(), 2 * CHUNK, TYPE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "copy_file_range", full)
        with pytest.raises(FarmFault, match=r"farm\.disk_full"):
            parts.concatenate(place, [(source, CHUNK), (source, CHUNK)], lambda _: None)
    parts.concatenate(place, [(source, CHUNK), (source, CHUNK)], lambda _: None)
    assert everything(parts, place) == data + data

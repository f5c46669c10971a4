"""Quotas and disks that are used up while bytes come: what was counted stays, and it goes on with more room."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from farm import parts_disk
from farm.quotas import QUOTAS
from farm.upload_rows import UploadState
from tests.farm.uploads.conftest import ANN, Farm, noise, refused, sha

LIMIT = 100


@pytest.fixture
def small_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred bytes for everything; what is appended is counted every ten."""
    monkeypatch.setattr(parts_disk, "SYNC_EVERY", 10)
    monkeypatch.setitem(QUOTAS, "studio", replace(QUOTAS["studio"], stored_bytes=LIMIT))


def full(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_quota_that_is_used_up_ends_an_append_in_its_middle(farm: Farm, small_tier: None) -> None:
    """The size was not told before, so that no room could be reserved."""
    other = farm.create(60)
    upload, data = farm.create(None, protocol="tus"), noise(80, 2)
    writer = farm.appender(upload, 0)
    with refused("quota.exceeded"):
        for at in range(0, len(data), 10):
            writer.write(data[at : at + 10])
    writer.close()
    assert farm.find(upload).received == LIMIT - 60
    with refused("quota.exceeded"):
        farm.append(upload, 40, data[40:50], length=10)
    with refused("quota.exceeded"):
        farm.sessions.announce_size("ann", upload.id, len(data))

    farm.sessions.delete(ANN, other.id)
    farm.sessions.announce_size("ann", upload.id, len(data))
    farm.append(upload, 40, data[40:])
    done = farm.complete(farm.find(upload))
    assert (done.state, done.digest) == (UploadState.COMPLETE, sha(data))


def test_what_was_announced_has_its_room_whatever_comes_after(farm: Farm, small_tier: None) -> None:
    upload, data = farm.create(60), noise(60)
    deferred = farm.create(None, protocol="tus")
    with refused("quota.exceeded"):
        farm.append(deferred, 0, noise(50), length=50)
    with refused("quota.exceeded"):
        farm.create(41)
    farm.send_all(upload, data)
    assert farm.complete(upload).digest == sha(data)
    with refused("quota.exceeded"):  # as a blob it counts as before
        farm.create(41)
    farm.append(deferred, 0, noise(40), length=40)


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_a_full_disk_counts_nothing_and_keeps_the_place(
    disk: Farm, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    data = noise(25)
    upload = disk.create(25)
    disk.send(upload, 1, data[10:20])
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with refused("farm.disk_full"):
            disk.send(upload, 0, data[:10])
    assert disk.numbers(upload) == [1]
    disk.send(upload, 0, data[:10])
    disk.send(upload, 2, data[20:])
    assert disk.complete(upload).digest == sha(data)


def test_an_append_on_a_full_disk_keeps_what_was_counted(
    disk: Farm, monkeypatch: pytest.MonkeyPatch, small_tier: None
) -> None:
    data = noise(80)
    upload = disk.create(80, protocol="tus")
    writer = disk.appender(upload, 0)
    write: Callable[..., int] = os.pwrite

    def pwrite(file: int, piece: memoryview, at: int) -> int:
        return write(file, piece, at) if at < 40 else full()

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        with refused("farm.disk_full"):
            for at in range(0, 80, 8):
                writer.write(data[at : at + 8])
    writer.close()
    received = disk.find(upload).received
    assert received == 32
    disk.append(upload, received, data[received:])
    assert disk.complete(disk.find(upload)).digest == sha(data)

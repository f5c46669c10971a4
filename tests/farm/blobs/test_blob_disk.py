"""What only a disk can do wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farm.blob_disk import DiskBlobs
from farm.errors import FarmFault

CRASH = """
import os, sys
from pathlib import Path
from farm.blob_disk import DiskBlobs
store = DiskBlobs(Path(sys.argv[1]))
real = os.fsync
def crash(handle):
    real(handle)
    os.kill(os.getpid(), 9)  # written and durable, never renamed
os.fsync = crash
store.put_bytes(b"half way")
"""

FULL = """
import resource, sys
from pathlib import Path
from farm.blob_disk import DiskBlobs
from farm.errors import FarmFault
store = DiskBlobs(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
try:
    store.put_bytes(bytes(1 << 20))
except FarmFault as fault:
    sys.exit(0 if fault.code == "farm.disk_full" else 3)
sys.exit(4)
"""


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_lies_under_its_digest_read_only(tmp_path: Path) -> None:
    stored = DiskBlobs(tmp_path).put_bytes(b"here")
    digest = hashlib.sha256(b"here").hexdigest()
    path = tmp_path / digest[:2] / digest[2:4] / digest
    assert stored.key == digest
    assert path.read_bytes() == b"here"
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_limit_of_the_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], timeout=30, check=False)
    assert ended.returncode == 0
    assert files(tmp_path) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_at_the_end_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    store = DiskBlobs(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(FarmFault, match=r"farm\.disk_full"):
        store.put_bytes(b"no room")
    assert files(tmp_path) == []


def test_another_error_of_the_disk_is_not_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DiskBlobs(tmp_path)

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        store.put_bytes(b"bad sector")
    assert files(tmp_path) == []


def test_a_crash_before_the_rename_leaves_only_what_the_sweep_removes(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path)], timeout=30, check=False)
    assert ended.returncode == -9
    store = DiskBlobs(tmp_path)
    assert not store.exists(hashlib.sha256(b"half way").hexdigest())
    left = files(tmp_path)
    assert [path.parent.name for path in left] == ["tmp"]
    assert store.sweep_temporary(3600) == 0
    assert store.sweep_temporary(0) == 1
    assert files(tmp_path) == []


def test_a_truncated_file_is_healed_by_the_next_put(tmp_path: Path) -> None:
    store = DiskBlobs(tmp_path)
    digest = store.put_bytes(b"whole again").digest
    path = store.local_path(digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"who")
    store.put_bytes(b"whole again")
    assert path.read_bytes() == b"whole again"


def test_a_put_of_old_bytes_saves_them_from_the_collector(tmp_path: Path) -> None:
    store = DiskBlobs(tmp_path)
    digest = store.put_bytes(b"old").digest
    path = store.local_path(digest)
    assert path is not None
    long_ago = time.time() - 90_000
    os.utime(path, (long_ago, long_ago))
    store.put_bytes(b"old")
    assert store.delete(digest, unused_for=86_400) is False
    os.utime(path, (long_ago, long_ago))
    assert store.delete(digest, unused_for=86_400) is True


def test_a_moved_symlink_gives_its_target_s_bytes_and_keeps_the_target(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"not yours to move")
    link = tmp_path / "link"
    link.symlink_to(target)
    store = DiskBlobs(tmp_path / "blobs")
    stored = store.put_file(link, move=True)
    assert not link.is_symlink()
    assert target.read_bytes() == b"not yours to move"
    assert b"".join(store.read(stored.digest)) == b"not yours to move"

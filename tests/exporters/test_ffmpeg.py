"""What ffmpeg may see and use, and what comes of a full disk: a coded failure, and no file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporters import animation, gif_loop, video
from exporters import ffmpeg as program
from exporters.errors import ExportError
from tests.exporters.test_video import SIZE, frames, pour, written

FULL = Path("/dev/full")  # a disk on which nothing has room
OPENERS: dict[str, Callable[..., Any]] = {
    "mp4": video.open_writer,
    "webm": video.open_writer,
    "av1": video.open_writer,
    "webp": animation.open_writer,
    "apng": animation.open_writer,
    "gif": animation.open_writer,
}

noise = [np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 4), np.uint8) for seed in range(3)]
for picture in noise:
    picture[..., 3] = 255


@pytest.mark.parametrize("fmt", OPENERS)
def test_a_full_disk_is_told_by_its_code_and_leaves_nothing(tmp_path: Path, fmt: str) -> None:
    path = tmp_path / f"a.{fmt}"
    (tmp_path / "a.gif.raw" if fmt == "gif" else path).symlink_to(FULL)
    with pytest.raises(ExportError) as caught:
        pour(OPENERS[fmt](path, fmt, *SIZE, 30), noise * 60)
    assert caught.value.code == "export.disk_full"
    assert caught.value.ours
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fmt", ["mp4", "webm", "webp"])
def test_a_disk_that_fills_up_while_joining_is_told_too(tmp_path: Path, fmt: Any) -> None:
    part = tmp_path / f"part.{fmt}"
    pour(OPENERS[fmt](part, fmt, *SIZE, 30), noise)
    out = tmp_path / "out"
    out.symlink_to(FULL)
    join = animation.join if fmt == "webp" else video.join
    with pytest.raises(ExportError) as caught:
        join([part], out, fmt, 30)
    assert caught.value.code == "export.disk_full"
    assert not out.is_symlink()


def test_a_name_is_never_an_address(tmp_path: Path) -> None:
    path = tmp_path / "http:" / "host" / "concat:a|b,c.mp4"
    path.parent.mkdir(parents=True)
    assert video.probe(written(path, "mp4", frames(2))).frames == 2


def test_ffmpeg_may_open_pipes_and_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    class Recorded(program.Child):
        def __init__(self, command: list[str], **more: Any) -> None:
            seen.append(command)
            super().__init__(command, **more)

    monkeypatch.setattr(program, "Child", Recorded)
    for fmt in ("mp4", "webm", "av1"):
        written(tmp_path / f"a.{fmt}", fmt, frames(1))
    seen.append(gif_loop.command(tmp_path / "a.gif", *SIZE, 30))
    assert len(seen) == 4
    for command in seen:
        assert command[command.index("-protocol_whitelist") + 1] == "file,pipe"
        assert command.index("-protocol_whitelist") < command.index("-i")
        assert command[command.index("-i") + 1] == "pipe:"
        assert any(word.startswith(f"file:{tmp_path}") for word in command)


def test_an_ffmpeg_that_wants_too_much_memory_fails_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_MEMORY", 60 << 20)
    monkeypatch.setattr(program, "_MEMORY_PIXEL", 0)
    pictures = [np.full((1088, 1920, 4), 255, np.uint8)] * 60
    with pytest.raises(ExportError) as caught:
        pour(video.open_writer(tmp_path / "a.mp4", "mp4", 1920, 1088, 30), pictures)
    assert caught.value.code == "export.encode_failed"
    assert "alloc" in caught.value.message.lower()
    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_computes_for_ever_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_CPU_SECONDS", 1)
    with pytest.raises(ExportError, match="after 1 seconds of processor time") as caught:
        pour(video.open_writer(tmp_path / "a.webm", "webm", *SIZE, 30), noise * 10_000)
    assert caught.value.code == "export.encode_failed"
    assert list(tmp_path.iterdir()) == []


def test_a_limit_is_for_the_child_alone(tmp_path: Path) -> None:
    import resource

    before = [resource.getrlimit(kind) for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
    written(tmp_path / "a.mp4", "mp4", frames(1))
    after = [resource.getrlimit(kind) for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
    assert after == before

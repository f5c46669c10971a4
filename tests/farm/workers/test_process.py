"""How many cores a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from farm import process

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("max 100000\n", HERE),
        ("100000 100000\n", 1),
        ("50000 100000\n", 1),
        ("150000 100000\n", min(2, HERE)),
        ("99900000 100000\n", HERE),
        ("", HERE),
    ],
)
def test_cores_are_those_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, cores: int
) -> None:
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(process, "_CPU_MAX", tmp_path / "cpu.max")
    assert process.cores() == cores


def test_without_a_control_group_they_are_those_of_the_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_CPU_MAX", tmp_path / "nothing")
    assert process.cores() == HERE

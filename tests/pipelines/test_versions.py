"""The version of a step's code: whatever can change a pixel changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import versions


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in (
        "assets/shaders/card.frag",
        "assets/foils/cosmos.toml",
        "renderers/opengl.py",
        "assets/generators/a.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")
    monkeypatch.setattr(versions, "_ROOT", tmp_path)
    versions.version.cache_clear()
    yield tmp_path
    versions.version.cache_clear()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("assets/shaders/card.frag", True),
        ("assets/shaders/new.vert", True),
        ("assets/foils/cosmos.toml", True),
        ("renderers/opengl.py", True),
        ("assets/generators/a.py", False),
        ("assets/notes.txt", False),
    ],
)
def test_a_changed_source_is_another_version(sources: Path, name: str, counts: bool) -> None:
    before = versions.version(*versions.PICTURES)
    (sources / name).write_text("two")
    versions.version.cache_clear()
    assert (versions.version(*versions.PICTURES) != before) is counts


def test_every_kind_of_source_that_there_is_counts() -> None:
    code = {"assets/shaders", "assets/foils", "renderers", "exporters", "pipelines/steps"}
    root = Path(versions.__file__).resolve().parents[1]
    found = {
        path.suffix
        for folder in code
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found <= versions._SUFFIXES, "a file of a kind that no version counts"

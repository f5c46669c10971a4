"""What a render process is given: threads, its device, its share of the device's memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from farm.settings import Settings
from pipelines import worker
from pipelines.steps import content
from pipelines.steps.content import Drawing


class FakeRenderer:
    device = "NVIDIA H200/PCIe/SSE2"


@pytest.mark.parametrize(
    ("cores", "children", "asked", "threads"), [(16, 4, 0, 4), (16, 5, 0, 3), (2, 8, 0, 1), (16, 4, 9, 9)]
)
def test_threads_are_cores_by_children(
    monkeypatch: pytest.MonkeyPatch, cores: int, children: int, asked: int, threads: int
) -> None:
    monkeypatch.setattr(worker, "cores", lambda: cores)
    assert worker.threads(Settings(heavy_children=children, render_threads=asked)) == threads


@pytest.mark.parametrize("index", [0, 3])
def test_a_child_opens_the_device_of_its_number_once(monkeypatch: pytest.MonkeyPatch, index: int) -> None:
    asked: list[dict[str, Any]] = []

    def open_renderer(**given: Any) -> FakeRenderer:
        asked.append(given)
        return FakeRenderer()

    monkeypatch.setattr("renderers.opengl.open_renderer", open_renderer)
    monkeypatch.setattr(worker, "current_process", lambda: SimpleNamespace(index=index))
    resources: dict[str, Any] = {}
    settings = Settings(render_device="H200", render_cache_mb=100)
    assert worker.device(settings, resources) == worker.device(settings, resources) == FakeRenderer.device
    assert asked == [{"device": "H200", "number": index, "cache_bytes": 100_000_000}]


def test_without_settings_a_process_draws_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("renderers.opengl.open_renderer", lambda **given: asked.append(given) or FakeRenderer())
    content.opened({})
    assert Drawing(**asked[0]) == Drawing()

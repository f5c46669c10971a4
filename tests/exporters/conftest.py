"""Fixtures of the exporters' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assets.scene import Renderer


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    from renderers.opengl import open_renderer

    made = open_renderer()
    yield made
    made.close()

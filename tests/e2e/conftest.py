"""One real farm for the whole of the end-to-end tests: Redis child, workers and doors as processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from farm.embedded import embedded, tail
from tests.e2e.client import Farm


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    folder = tmp_path_factory.mktemp("farm") / "data"
    with embedded(folder) as running, Farm(running) as client:
        yield client
    log = tail(folder / "farm.log", 4000)
    assert "Traceback" not in log, log[log.index("Traceback") :][:4000]

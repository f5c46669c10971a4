"""The farm that fault tests of uploads share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from farm.embedded import embedded
from tests.e2e.client import Farm
from tests.faults.uploading import STALL_S


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """One farm for all tests of a module; every one of them gives it back whole."""
    data = tmp_path_factory.mktemp("faults") / "data"
    env = {"FARM_UPLOAD_STALL_S": str(STALL_S)}
    with embedded(data, roles=("api", "worker-heavy", "reconciler"), env=env) as running, Farm(running) as client:
        yield client

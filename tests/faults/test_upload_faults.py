"""Uploads under kills, stalls and full disks: what arrives is what was sent, once, and nothing else is left."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks import senders
from farm.embedded import Embedded, embedded
from tests.e2e.client import Farm
from tests.faults.processes import kill9, role
from tests.faults.proxy import Fault, Way, proxy

pytestmark = [pytest.mark.faults, pytest.mark.slow]

MIB = 1 << 20
SIZE = 40 * MIB + 12_345
STALL_S = 2.0
API = ("farm-api", "api.serve")
KILLS_AT = (5 * MIB, 19 * MIB, 33 * MIB)
"""Bytes that have passed to the door when it dies."""

Sender = Callable[[Embedded, Path], str]
SENDERS: dict[str, Sender] = {
    "curl": senders.curl_chunks,
    "tus": lambda farm, file: senders.tus_js(farm, file, parallel=4, state=file.with_name("tus.json")),
    "own": senders.own,
}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """One farm for all tests here; every one of them gives it back whole."""
    data = tmp_path_factory.mktemp("faults") / "data"
    env = {"FARM_UPLOAD_STALL_S": str(STALL_S)}
    with embedded(data, roles=("api", "worker-heavy", "reconciler"), env=env) as running, Farm(running) as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scan.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def arrived(farm: Farm, upload: str, file: Path) -> dict[str, Any]:
    """The upload, once it is complete; its one artifact was downloaded and compared."""
    view = senders.settled(farm.embedded, upload)
    assert view["state"] == "complete", view
    (artifact,) = farm.job(view["job"])["artifacts"]
    assert (artifact["name"], artifact["size"]) == (file.name, file.stat().st_size)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert hashlib.sha256(farm.fetch(artifact)).hexdigest() == view["sha256"] == digest
    return view


@pytest.mark.parametrize("client", sorted(SENDERS))
def test_a_door_that_is_killed_while_bytes_come_costs_none(farm: Farm, file: Path, client: str) -> None:
    left, lock = list(KILLS_AT), threading.Lock()

    def decide(way: Way, _piece: bytes, passed: int) -> Fault:
        with lock:
            # Some pieces are still under way to a door that is dead already.
            if way == "up" and left and passed >= left[0] and kill9(role(farm.embedded, *API)):
                left.pop(0)
        return Fault.NONE

    port = urlsplit(farm.embedded.url).port
    assert port is not None
    with proxy(port, decide) as between:
        upload = SENDERS[client](replace(farm.embedded, url=between.url), file)
    assert not left, "it was not killed so often"
    arrived(farm, upload, file)

"""A whole farm as a child process, on free loopback ports: for the demo, the tests and the benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from farm.errors import FarmFault


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A running farm: where it answers, the token of its owner, its folder, log, and supervisor."""

    url: str
    token: str
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago, each once."""
    with ExitStack() as held:
        found = []
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found.append(int(probe.getsockname()[1]))
        return found


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(path: Path, lines: int = 20) -> str:
    """The end of a log, for an error message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _wait(farm: Embedded, seconds: float) -> Embedded:
    until = time.monotonic() + seconds
    while not ((farm.data_dir / "token").exists() and _answers(f"{farm.url}/ready")):
        if farm.process.poll() is not None or time.monotonic() > until:
            what = "ended" if farm.process.poll() is not None else f"was not ready after {seconds:.0f} s"
            raise FarmFault("farm.unavailable", f"the embedded farm {what}:\n{tail(farm.log)}")
        time.sleep(0.1)
    token = (farm.data_dir / "token").read_text().strip()
    return Embedded(url=farm.url, token=token, data_dir=farm.data_dir, log=farm.log, process=farm.process)


@contextmanager
def embedded(
    data_dir: Path, *, roles: tuple[str, ...] = (), env: Mapping[str, str] | None = None, ready_s: float = 60.0
) -> Iterator[Embedded]:
    """`farm up` (all roles, or those named) until the block ends; its log is ``<data_dir>/farm.log``.

    Raises FarmFault ``farm.unavailable`` with the end of the log when it does not get ready.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    http, realtime, flower, ingest = free_ports(4)
    settings = {
        "FARM_DATA_DIR": str(data_dir),
        "FARM_HTTP_PORT": str(http),
        "FARM_REALTIME_PORT": str(realtime),
        "FARM_FLOWER_PORT": str(flower),
        "FARM_INGEST_PORT": str(ingest),
        **(env or {}),
    }
    log = data_dir / "farm.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "up", *roles],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield _wait(
            Embedded(url=f"http://127.0.0.1:{http}", token="", data_dir=data_dir, log=log, process=process), ready_s
        )
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

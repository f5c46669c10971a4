"""Redis as a child: append-only file in the data directory, loopback only."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from farm.bus import wait_for_redis
from farm.embedded import free_ports
from farm.errors import FarmFault

PORT_FILE = "redis.port"


def known_url(data_dir: Path) -> str | None:
    """The address that this data directory's Redis had, alive or not."""
    with contextlib.suppress(OSError, ValueError):
        return _url(int((data_dir / PORT_FILE).read_text()))
    return None


def choose_url(data_dir: Path) -> tuple[str, bool]:
    """The address to use, and whether a server must be started there.

    A Redis that another `farm up` of this data directory runs is shared.
    """
    known = known_url(data_dir)
    if known is not None and wait_for_redis(known, 0):
        return known, False
    (port,) = free_ports(1)
    (data_dir / PORT_FILE).write_text(str(port))
    return _url(port), True


def command(data_dir: Path, url: str) -> list[str]:
    """How to start it. Raises FarmFault when Redis is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        raise FarmFault("farm.unavailable", "redis-server is not installed: run make setup, or set FARM_REDIS_URL")
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": url.rsplit(":", 1)[1].split("/", maxsplit=1)[0],
        "protected-mode": "yes",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]


def _url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"

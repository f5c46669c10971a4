"""A real Redis for the tests of what talks through it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.bus import wait_for_redis
from farm.redis_server import choose_url, command


class RedisChild:
    """A redis-server that a test may kill and start again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.url, _ = choose_url(folder)
        self._argv = command(folder, self.url)
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL)
        assert wait_for_redis(self.url, 10)
        return self.process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis_child(tmp_path: Path) -> Iterator[RedisChild]:
    child = RedisChild(tmp_path)
    yield child
    child.kill()

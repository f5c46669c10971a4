"""Children are restarted, end together, and never outlive the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SUPERVISOR = """
import sys
from farm.supervisor import Child, Supervisor
grandchild = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
sleeper = (
    "import os, time; from farm.process import tie_to_parent; tie_to_parent();"
    "print('ready', flush=True); time.sleep(60)"
)
sys.exit(Supervisor([
    Child(name="one", argv=(sys.executable, "-c", sleeper)),
    Child(name="two", argv=(sys.executable, "-c", grandchild, sleeper)),
]).run())
"""


@pytest.fixture
def running() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert process.stdout is not None
    ready = 0
    while ready < 2:
        ready += process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_supervisor(running: subprocess.Popen[bytes], number: int) -> None:
    processes = family(running)
    assert len(processes) == 3
    running.send_signal(number)
    running.wait(15)
    assert gone(processes, 5), processes


def test_a_killed_child_is_started_again(running: subprocess.Popen[bytes]) -> None:
    before = psutil.Process(running.pid).children()
    os.kill(before[0].pid, signal.SIGKILL)
    for _ in range(100):
        after = psutil.Process(running.pid).children()
        if len(after) == 2 and {p.pid for p in after} != {p.pid for p in before}:
            break
        time.sleep(0.05)
    assert len(after) == 2
    running.terminate()
    assert running.wait(15) == 0

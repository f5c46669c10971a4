"""Broken models: a coded error or a model, whatever the bytes, within time and memory.

100 cases in normal runs; with ``FARM_LONG=1`` 5,000, and more with ``FARM_SAMPLES``, whose models are broken too.
Each batch is a process of its own with limits from the system, so that a crash of native code is a failed test
and not the end of the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets import gltf
from tests.assets.fuzz_batch import CODE, SECONDS, case, seeds
from tests.assets.seeds import SEEDS

ROOT = Path(__file__).resolve().parents[2]
LONG = os.environ.get("FARM_LONG") == "1"
BATCHES, SIZE = (20, 250) if LONG else (2, 50)
MOST_MEMORY = (1536 if os.environ.get("FARM_SAMPLES") else 512) * 2**20
SLOW = 5.0  # seconds for one case; real ones take milliseconds, samples some tenths


def run(first: int, count: int) -> tuple[dict[int, str], float, int]:
    """What came of each case, the slowest one's seconds, and the most memory in bytes."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.assets.fuzz_batch", str(first), str(count)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS * count
    )
    lines = done.stdout.splitlines()
    last = lines[-1] if lines else "nothing"
    assert done.returncode == 0, f"ended with {done.returncode} in case {last}\n{done.stderr[-4000:]}"
    rows = [line.split() for line in lines[:-1]]
    verdicts = {int(row[0]): row[1] for row in rows}
    return verdicts, max(float(row[2]) for row in rows), int(lines[-1].split()[1])


@pytest.mark.parametrize("name", SEEDS)
def test_every_seed_is_a_model(name: str) -> None:
    assert gltf.read(SEEDS[name]()).meshes


def test_a_case_is_the_same_every_time() -> None:
    sources = seeds()
    assert [case(number, sources) for number in range(20)] == [case(number, sources) for number in range(20)]
    assert len({case(number, sources) for number in range(20)}) == 20


@pytest.mark.timeout(SECONDS * SIZE if LONG else 60)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_broken_models_give_a_code_or_a_model(batch: int) -> None:
    verdicts, slowest, peak = run(batch * SIZE, SIZE)
    assert len(verdicts) == SIZE
    codes = set(verdicts.values()) - {"model"}
    assert all(CODE.match(code) for code in codes)
    assert len(codes) >= 6  # the damage gets past the container
    assert "model" in verdicts.values()
    assert slowest < SLOW
    assert peak < MOST_MEMORY

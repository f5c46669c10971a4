"""Fixtures that any test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# `make test` asks the same of everybody; with FARM_LONG=1 other examples are drawn each time.
settings.register_profile("same", derandomize=True)
if os.environ.get("FARM_LONG") != "1":
    settings.load_profile("same")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real models that ``FARM_SAMPLES`` names; skips when unset, fails when set but empty."""
    named = os.environ.get("FARM_SAMPLES")
    if not named:
        pytest.skip("FARM_SAMPLES is unset: no sample models on this machine")
    folder = Path(named)
    if not any(folder.rglob("*.glb")):
        pytest.fail(f"FARM_SAMPLES names {folder}, which holds no .glb")
    return folder

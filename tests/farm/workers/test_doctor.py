"""What `farm doctor` says about the devices."""

from __future__ import annotations

import sys

import pytest

from farm import doctor
from farm.settings import Settings

SAYS = "import sys; print('NVIDIA H200/PCIe/SSE2'); print('llvmpipe (LLVM 15.0.6, 256 bits)')"


def examined(monkeypatch: pytest.MonkeyPatch, program: str, wanted: str = "") -> doctor.Finding:
    monkeypatch.setattr(doctor, "_GL", (sys.executable, "-c", program))
    (check,) = [one for one in doctor.CHECKS if one.__name__ == "_gl"]
    return check(Settings(render_device=wanted))


def test_every_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(monkeypatch, SAYS)
    assert found.ok
    assert found.detail == "NVIDIA H200/PCIe/SSE2; llvmpipe (LLVM 15.0.6, 256 bits)"


def test_the_wanted_device_is_there_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(monkeypatch, SAYS, "h200").ok
    missing = examined(monkeypatch, SAYS, "Radeon")
    assert not missing.ok
    assert "no device is called 'Radeon'; there are: NVIDIA" in missing.detail
    assert "FARM_RENDER_DEVICE" in missing.advice


@pytest.mark.parametrize(
    "program", ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "raise SystemExit('no')"]
)
def test_a_driver_that_crashes_is_a_finding(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    found = examined(monkeypatch, program)
    assert not found.ok
    assert "libegl1" in found.advice

"""Which device a process draws with, by name and number, on machines of any make."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import moderngl
import pytest

from renderers import context
from renderers.context import device_names, open_context
from renderers.errors import RendererError
from renderers.opengl import open_renderer

CPU = "llvmpipe (LLVM 15.0.6, 256 bits)"
A, B = "NVIDIA RTX A4000/PCIe/SSE2", "NVIDIA H200/PCIe/SSE2"


@dataclass
class FakeContext:
    """A context of a machine that is not here."""

    index: int
    info: dict[str, str]
    released: bool = False
    current: bool = False

    def release(self) -> None:
        self.released = True

    def __enter__(self) -> None:
        self.current = True


@dataclass
class Machine:
    """Devices as EGL lists them; None is one that cannot be opened."""

    devices: list[str | None]
    made: list[FakeContext] = field(default_factory=list)

    def open(self, *, backend: str, device_index: int, require: int) -> FakeContext:
        assert (backend, require) == ("egl", 430)
        if device_index >= len(self.devices):
            raise Exception(f"requested device index {device_index}, but found {len(self.devices)} devices")  # noqa: TRY002 - as glcontext does
        name = self.devices[device_index]
        if name is None:
            raise Exception("eglInitialize failed (0x3001)")  # noqa: TRY002
        self.made.append(FakeContext(index=device_index, info={"GL_RENDERER": name}))
        return self.made[-1]


def opened(
    monkeypatch: pytest.MonkeyPatch, devices: list[str | None], device: str | None = None, number: int = 0
) -> int:
    """The index of the device that is opened; no other context is left open."""
    machine = Machine(devices)
    monkeypatch.setattr(moderngl, "create_standalone_context", machine.open)
    found = open_context(device, number)
    assert isinstance(found, FakeContext)
    assert [made for made in machine.made if not made.released] == [found]
    assert found.current
    return found.index


@pytest.mark.parametrize(
    ("devices", "index"),
    [([CPU], 0), ([CPU, A], 1), ([A, CPU], 0), ([None, A, CPU], 1), ([CPU, None, None, A], 3), ([CPU, CPU], 0)],
)
def test_a_gpu_goes_before_the_cpu_and_a_broken_one_hides_none(
    monkeypatch: pytest.MonkeyPatch, devices: list[str | None], index: int
) -> None:
    assert opened(monkeypatch, devices) == index


def test_each_process_gets_a_gpu_of_its_own_and_more_of_them_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [A, A, CPU, A]
    assert [opened(monkeypatch, devices, number=n) for n in range(5)] == [0, 1, 3, 0, 1]


def test_devices_are_wanted_by_a_part_of_their_name_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [A, B, CPU, B]
    assert [opened(monkeypatch, devices, "h200", n) for n in range(3)] == [1, 3, 1]
    assert opened(monkeypatch, devices, "LLVMpipe", 7) == 2


def test_an_unknown_name_is_told_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moderngl, "create_standalone_context", Machine([A, CPU]).open)
    with pytest.raises(RendererError, match=r"no OpenGL device is called 'Radeon'; there are: NVIDIA RTX.*llvmpipe"):
        open_context("Radeon")


@pytest.mark.parametrize("devices", [[], [None]])
def test_no_device_at_all(monkeypatch: pytest.MonkeyPatch, devices: list[str | None]) -> None:
    monkeypatch.setattr(moderngl, "create_standalone_context", Machine(devices).open)
    for call in (open_context, device_names):
        with pytest.raises(RendererError, match=r"no OpenGL 4\.3 device") as caught:
            call()
        assert caught.value.code == "renderer.no_gl"


def test_this_machine_lists_the_device_that_it_draws_with() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "renderers.devices"], capture_output=True, text=True, timeout=50, check=True
    )
    renderer = open_renderer(device=done.stdout.splitlines()[0][:12], number=3)
    try:
        assert renderer.device in done.stdout.splitlines()
        assert context.is_software(renderer.device) == context.is_software(done.stdout.splitlines()[0])
    finally:
        renderer.close()

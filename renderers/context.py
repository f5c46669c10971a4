"""Opening an OpenGL context without a window, on the device that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import moderngl

from renderers.errors import RendererError

_MOST_DEVICES = 64
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader")
_PAST_THE_LAST = "requested device index"  # how glcontext begins when there are not so many


def is_software(device: str) -> bool:
    """True if GL_RENDERER names a CPU rasteriser, where a sample costs what it costs."""
    return any(name in device.lower() for name in _SOFTWARE)


def open_context(device: str | None = None, number: int = 0) -> moderngl.Context:
    """A fresh EGL context of OpenGL 4.3 or newer, made current on this thread.

    ``device`` is a part of the wanted GL_RENDERER; the number of a device is no name for it, because drivers
    order them differently. None takes the hardware devices, or where there are none the CPU's. ``number`` counts
    among those that are wanted, round and round: a machine's render processes give theirs, and each gets a device
    of its own while there are enough. Make it after a fork only. Raises RendererError ``renderer.no_gl``.
    """
    seen: list[str] = []
    errors: list[str] = []
    context, again = _choose(_opened(errors, seen), device, number)
    if again is not None:
        context = _open(again)
    if context is not None:
        make_current(context)
        return context
    if not seen:
        raise _none(errors)
    message = f"no OpenGL device is called '{device}'; there are: {', '.join(seen)}"
    raise RendererError(message, code="renderer.no_gl", ours=True)


def _choose(
    devices: Iterator[tuple[int, moderngl.Context]], device: str | None, number: int
) -> tuple[moderngl.Context | None, int | None]:
    """The wanted context, the others being released; or the index of the device to open again, when the count goes
    round. Neither when nothing is wanted of what there is.
    """
    wanted: list[int] = []
    spare: moderngl.Context | None = None
    for index, context in devices:
        name = str(context.info["GL_RENDERER"])
        if device.lower() in name.lower() if device is not None else not is_software(name):
            wanted.append(index)
            if len(wanted) > number:
                if spare is not None:
                    spare.release()
                return context, None
        elif device is None and spare is None:
            spare = context
            continue
        context.release()
    if wanted and spare is not None:
        spare.release()
    return (None, wanted[number % len(wanted)]) if wanted else (spare, None)


def device_names() -> tuple[str, ...]:
    """GL_RENDERER of every device that can be opened, in the driver's order. Raises RendererError
    ``renderer.no_gl``.
    """
    seen: list[str] = []
    errors: list[str] = []
    for _, context in _opened(errors, seen):
        context.release()
    if not seen:
        raise _none(errors)
    return tuple(seen)


def _none(errors: list[str]) -> RendererError:
    found = errors[0] if errors else "there is none"
    return RendererError(f"no OpenGL 4.3 device can be opened through EGL: {found}", code="renderer.no_gl", ours=True)


def _opened(errors: list[str], seen: list[str]) -> Iterator[tuple[int, moderngl.Context]]:
    """Every device that can be opened; one that cannot, a display's without a driver say, hides no other."""
    for index in range(_MOST_DEVICES):
        try:
            context = _open(index)
        except Exception as error:  # noqa: BLE001 - glcontext raises nothing more exact
            if str(error).startswith(_PAST_THE_LAST):
                return
            errors.append(str(error))
            continue
        seen.append(str(context.info["GL_RENDERER"]))
        yield index, context


def _open(index: int) -> moderngl.Context:
    settings: dict[str, Any] = {"backend": "egl", "device_index": index, "require": 430}
    return moderngl.create_standalone_context(**settings)


def make_current(context: moderngl.Context) -> None:
    """GL calls of this thread go to ``context`` from now on; opening another one had taken them over."""
    context.__enter__()  # type: ignore[no-untyped-call]  # moderngl's name for "make current"

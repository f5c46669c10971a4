"""Opening an OpenGL context without a window, on the device that was asked for."""

from __future__ import annotations

from typing import Any

import moderngl

from renderers.errors import RendererError

_MOST_DEVICES = 16
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader")


def is_software(device: str) -> bool:
    """True if GL_RENDERER names a CPU rasteriser, where a sample costs what it costs."""
    return any(name in device.lower() for name in _SOFTWARE)


def open_context(device: str | None = None) -> moderngl.Context:
    """A fresh EGL context of OpenGL 4.3 or newer, made current on this thread.

    ``device`` is a part of the wanted GL_RENDERER; the number of a device is no name for it, because drivers
    order them differently. None takes the first hardware device, else the CPU's. Make it after a fork only.
    Raises RendererError ``renderer.no_gl``.
    """
    seen: list[str] = []
    spare: moderngl.Context | None = None
    for index in range(_MOST_DEVICES):
        try:
            context = _open(index)
        except Exception as error:
            if index == 0:
                message = f"no OpenGL 4.3 device can be opened through EGL: {error}"
                raise RendererError(message, code="renderer.no_gl", ours=True) from error
            break
        name = str(context.info["GL_RENDERER"])
        seen.append(name)
        wanted = device.lower() in name.lower() if device is not None else not is_software(name)
        if wanted:
            if spare is not None:
                spare.release()
                make_current(context)
            return context
        if device is None and spare is None:
            spare = context
        else:
            context.release()
    if spare is not None:
        make_current(spare)
        return spare
    message = f"no OpenGL device is called '{device}'; there are: {', '.join(seen)}"
    raise RendererError(message, code="renderer.no_gl", ours=True)


def _open(index: int) -> moderngl.Context:
    settings: dict[str, Any] = {"backend": "egl", "device_index": index, "require": 430}
    return moderngl.create_standalone_context(**settings)


def make_current(context: moderngl.Context) -> None:
    """GL calls of this thread go to ``context`` from now on; opening another one had taken them over."""
    context.__enter__()  # type: ignore[no-untyped-call]  # moderngl's name for "make current"

"""4K frames rendered and read back a second on a graphics card: a dressed avatar that turns, at preview quality.

Skipped with a reason where OpenGL runs on the CPU. Beside it the same at final quality, and what reading back alone
takes, which bounds both. Run as `make bench-gpu` or `python -m benchmarks.gpu`.
"""

from __future__ import annotations

import statistics
from math import pi
from time import perf_counter

import moderngl

from assets import gltf, pose
from assets.scene import Quality, Target, View
from benchmarks import report
from benchmarks.dressed import dressed_body
from benchmarks.scene import scene_of, view_of
from renderers.context import is_software
from renderers.errors import RendererError
from renderers.opengl import open_renderer

WIDTH, HEIGHT = 3840, 2160
GOAL = 60.0


def main() -> None:
    """Prints frames a second, the median of several rounds."""
    options = report.arguments(__doc__, rounds=5, frames=60, device="")
    try:
        renderer = open_renderer(device=options.device or None)
    except RendererError as error:
        report.finish({"skipped": str(error)})
        return
    if is_software(renderer.device):
        reason = f"OpenGL runs on the CPU here ({renderer.device}); this needs a graphics card with an EGL driver"
        report.say(options, f"skipped: {reason}")
        report.finish({"skipped": reason})
        return
    name, design = dressed_body()
    draws = pose.flatten(gltf.read(design))
    scene = scene_of(draws)
    figures: dict[str, float | str | int] = {"device": renderer.device, "design": name, "goal": GOAL}
    figures["triangles"] = sum(len(draw.primitive.indices) for draw in draws)
    for quality in (Quality.PREVIEW, Quality.FINAL):
        target = Target(width=WIDTH, height=HEIGHT, quality=quality)
        view = view_of(draws, target)
        turns = [2 * pi * i / options.frames for i in range(options.frames)]
        views = tuple(View(camera=view.camera, turn=turn, pivot=view.pivot) for turn in turns)
        rates = []
        for warm in (True, *[False] * options.rounds):
            began = perf_counter()
            drawn = sum(frame.shape == (HEIGHT, WIDTH, 4) for frame in renderer.frames(scene, views, target))
            rate = drawn / (perf_counter() - began)
            if not warm:
                rates.append(rate)
                report.say(options, f"{quality.value}: {rate:.1f} frames a second")
        figures[f"fps_{quality.value}"] = round(statistics.median(rates), 1)
    figures["fps_readback"] = round(_readback(options.frames), 1)
    renderer.close()
    report.finish(figures)


def _readback(frames: int) -> float:
    """Empty 4K frames read a second, in the context that is current."""
    context = moderngl.get_context()
    buffer = context.simple_framebuffer((WIDTH, HEIGHT), components=4)
    into = bytearray(WIDTH * HEIGHT * 4)
    buffer.read_into(into, components=4)
    began = perf_counter()
    for _ in range(frames):
        buffer.clear(0.5, 0.5, 0.5, 1.0)
        buffer.read_into(into, components=4)
    took = perf_counter() - began
    buffer.release()
    return frames / took


if __name__ == "__main__":
    main()

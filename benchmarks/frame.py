"""What one 1080p frame costs beside three.js in headless Chromium and pyrender, same design and machine.

Each draws the same turning dressed body from one GLB, at 1920 x 1080, with four samples a pixel, and reads the pixels
back; three.js has the same studio map as light (pyrender knows no image-based light and gets one lamp), and only ours
casts shadows. They take turns, so that a busy machine is busy for all. Install the peers with `make peers`; run as
`python -m benchmarks.frame`.
"""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from math import degrees, pi
from pathlib import Path
from time import perf_counter

import cv2

from assets import environments, framing, gltf, pose
from assets.design import CameraSettings
from assets.scene import Background, Frame, Quality, Scene, Target, View
from benchmarks import report
from benchmarks.dressed import dressed_body
from benchmarks.peers.pyrender_peer import PyRender
from benchmarks.peers.threejs import PeerError, ThreeJs
from renderers.opengl import OpenGLRenderer, open_renderer

WIDTH, HEIGHT = 1920, 1080
BACKGROUND = "#f4f4f2"


def main() -> None:
    """Alternates the three; prints medians."""
    options = report.arguments(__doc__, rounds=7, frames=4, keep="")
    name, design = dressed_body()
    draws = pose.flatten(gltf.read(design))
    scene = Scene(draws=draws, digest="benchmark", background=Background(top=BACKGROUND))
    view = framing.turntable(draws, frames=1, degrees=360, settings=CameraSettings(), aspect=WIDTH / HEIGHT)[0]
    turns = [2 * pi * i / options.frames for i in range(options.frames)]
    setup = {
        "width": WIDTH,
        "height": HEIGHT,
        "background": BACKGROUND,
        "fov": degrees(view.camera.fov_y),
        "near": view.camera.near,
        "far": view.camera.far,
        "eye": view.camera.eye,
        "target": view.camera.target,
        "up": view.camera.up,
        "pivot": view.pivot,
    }
    ours: list[float] = []
    three: list[float] = []
    pyrender: list[float] = []
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(ThreeJs(setup, design, environments.studio("softbox")))
            process = stack.enter_context(PyRender(setup, design))
        except PeerError as error:
            sys.exit(f"benchmarks.frame: {error}")
        renderer = open_renderer()
        stack.callback(renderer.close)
        report.say(options, f"{name}: ours on {renderer.device}, three.js {browser.about}")
        for warm in (True, *[False] * options.rounds):
            own, last = _ours(renderer, scene, view, turns)
            peers = browser.frames(turns), process.frames(turns)
            if not warm:
                ours += own
                three += peers[0]
                pyrender += peers[1]
                report.say(options, " ".join(f"{statistics.median(t):8.1f} ms" for t in (own, *peers)))
        if options.keep:
            for label, frame in (("ours", last), ("threejs", browser.last), ("pyrender", process.last)):
                cv2.imwrite(str(Path(options.keep) / f"{label}.png"), frame[..., [2, 1, 0]])
        device = renderer.device
    mine = statistics.median(ours)
    report.finish(
        {
            "frame_ms": round(mine, 1),
            "threejs_ms": round(statistics.median(three), 1),
            "pyrender_ms": round(statistics.median(pyrender), 1),
            "ratio_threejs": round(mine / statistics.median(three), 3),
            "ratio_pyrender": round(mine / statistics.median(pyrender), 3),
            "triangles": sum(len(d.primitive.indices) for d in draws),
            "size": [WIDTH, HEIGHT],
            "device": device,
        }
    )


def _ours(renderer: OpenGLRenderer, scene: Scene, view: View, turns: list[float]) -> tuple[list[float], Frame]:
    """Milliseconds of each frame, with its read-back, and a copy of the last one."""
    views = tuple(View(camera=view.camera, turn=turn, pivot=view.pivot) for turn in turns)
    times = []
    began = perf_counter()
    for frame in renderer.frames(scene, views, Target(width=WIDTH, height=HEIGHT, quality=Quality.PREVIEW)):
        times.append((perf_counter() - began) * 1000)
        last = frame
        began = perf_counter()
    return times, last.copy()


if __name__ == "__main__":
    main()

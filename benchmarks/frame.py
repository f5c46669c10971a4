"""What a picture of a dressed avatar costs beside three.js in headless Chromium, and how near each is to perfect.

Both draw one GLB of more than 100,000 triangles (`benchmarks/dressed.py`) at the same size, from the same camera, in
the same studio: its surround as the environment map, its key as a lamp with a filtered shadow map of as many texels,
on the design and on the ground; same tone mapping and background; the design turns, the pixels are read back. They
take turns, so that a busy machine is busy for both. Parts:

- `frame`: 1920 x 1080, warm, ours at final quality (16 samples a pixel at edges), theirs with WebGL's multisampling.
- `thumbnail`: 512 x 512, warm, ours as the farm draws thumbnails.
- `start`: from the start of a process to its first 1080p frame, read back; caches of earlier starts (compiled
  modules and shaders, the browser's profile) are there.
- `pictures`: each renderer's frame against its own converged reference (64 samples a pixel, full detail), as the mean
  structural similarity (SSIM) over the frame; and the two references against each other. The `_design` keys are
  the same over the design's rectangle alone, where the empty background lifts nothing.

`--shadow taps` gives three.js its cheaper shadow (PCFShadowMap: 17 taps at each place) instead of the one that is
made as ours is (VSMShadowMap: a blurred map of depth and variance). Install three.js with `make peers`; run as
`python -m benchmarks.frame`; `--keep FOLDER` keeps the four pictures.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from math import degrees, pi
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from unittest.mock import patch

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from assets import environments, framing, gltf, pose
from assets.scene import Draw, Frame, Lighting, Scene, Target, View
from benchmarks import report
from benchmarks.dressed import dressed_body
from benchmarks.peers.threejs import PeerError, ThreeJs
from benchmarks.scene import BACKGROUND, FULL, THUMBNAIL, scene_of, view_of
from renderers.opengl import OpenGLRenderer, open_renderer
from renderers.stage import Stage
from renderers.studio_light import key_share

_SIDE: Final = 8  # times width and height: 64 samples a pixel
_TEXELS: Final = 1024  # of the shadow maps
_SOFT: Final = 0.04  # metres that three.js blurs its one map by; ours is sharper on the design, softer on the ground


def main() -> None:
    """Runs the parts; prints medians."""
    options = report.arguments(
        __doc__, rounds=5, frames=4, starts=5, parts="frame,thumbnail,start,pictures", keep="", shadow="variance"
    )
    name, design = dressed_body()
    draws = pose.flatten(gltf.read(design))
    figures: dict[str, Any] = {"design": name, "triangles": sum(len(draw.primitive.indices) for draw in draws)}
    parts = options.parts.split(",")
    try:
        if "frame" in parts or "pictures" in parts:
            figures |= _full(options, draws, design, pictures="pictures" in parts)
        if "thumbnail" in parts:
            with ExitStack() as stack:
                ours, three = _both(options, stack, draws, design, THUMBNAIL)
                mine, theirs = _alternate(options, ours, three)
            figures |= {"thumbnail_ms": mine, "threejs_thumbnail_ms": theirs}
            figures["ratio_thumbnail"] = round(mine / theirs, 3)
        if "start" in parts:
            figures |= _starts(options, draws, design)
    except PeerError as error:
        sys.exit(f"benchmarks.frame: {error}")
    report.finish(figures)


class Ours:
    """Our renderer with a scene, drawn as the peers are."""

    def __init__(self, renderer: OpenGLRenderer, scene: Scene, view: View, target: Target) -> None:
        self.renderer, self._scene, self._view, self._target = renderer, scene, view, target
        self.last: Frame = np.zeros((target.height, target.width, 4), np.uint8)

    def frames(self, turns: list[float]) -> list[float]:
        """Draws and reads back one frame for each turn; milliseconds each."""
        times = []
        views = tuple(View(camera=self._view.camera, turn=turn, pivot=self._view.pivot) for turn in turns)
        began = perf_counter()
        for frame in self.renderer.frames(self._scene, views, self._target):
            times.append((perf_counter() - began) * 1000)
            self.last = frame.copy()
            began = perf_counter()
        return times

    def converged(self, turn: float, side: int) -> Frame:
        """A frame of ``side * side`` samples a pixel, the mean of code values, at full detail."""
        large = side // 2  # over 9 megapixels final quality has 2 x 2 samples a pixel
        target = Target(width=self._target.width * large, height=self._target.height * large)
        view = View(camera=self._view.camera, turn=turn, pivot=self._view.pivot)
        with patch.object(Stage, "fineness", lambda *_: 1e-9):
            (frame,) = self.renderer.frames(self._scene, (view,), target)
        size = (self._target.width, self._target.height)
        return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _setup(options: Any, scene: Scene, view: View, target: Target) -> dict[str, Any]:
    """The scene as three.js is told of it; lengths in metres."""
    points = framing.drawn_points(scene.draws)
    low, high = points.min(axis=0), points.max(axis=0)
    centre = np.array([view.pivot[0], (low[1] + high[1]) / 2, view.pivot[2]])
    radius = float(np.hypot(points[:, 0] - centre[0], points[:, 2] - centre[2]).max())
    half = float(high[1] - low[1]) / 2
    key = environments.key_light(scene.lighting.studio)
    rise = key.direction[1]
    across = max(radius, radius * rise + half * (1 - rise * rise) ** 0.5) * 1.08
    return {
        "width": target.width,
        "height": target.height,
        "background": BACKGROUND,
        "fov": degrees(view.camera.fov_y),
        "near": view.camera.near,
        "far": view.camera.far,
        "eye": view.camera.eye,
        "target": view.camera.target,
        "up": view.camera.up,
        "pivot": view.pivot,
        "light": {
            "direction": key.direction,
            "irradiance": key.irradiance,
            "centre": centre.tolist(),
            "across": across,
            "reach": 2 * half / rise + radius,
            "texels": _TEXELS,
            "filter": options.shadow,
            "radius": _SOFT / (2 * across) * _TEXELS,
            "lift": 3 * across / _TEXELS,
        },
        "ground": {
            "centre": [centre[0], float(low[1]), centre[2]],
            "side": 2 * max(radius * 1.8, radius + 1.6 * half),
            "opacity": min(key_share(Lighting()), 0.55),
        },
    }


def _both(
    options: Any, stack: ExitStack, draws: tuple[Draw, ...], design: bytes, target: Target
) -> tuple[Ours, ThreeJs]:
    """Both with the design loaded."""
    scene, view = scene_of(draws), view_of(draws, target)
    setup = _setup(options, scene, view, target)
    three = stack.enter_context(ThreeJs(setup, design, environments.ambient(scene.lighting.studio)))
    renderer = open_renderer()
    stack.callback(renderer.close)
    return Ours(renderer, scene, view, target), three


def _alternate(options: Any, ours: Ours, three: ThreeJs) -> tuple[float, float]:
    """Medians in milliseconds; the last frame of each looks to the front."""
    turns = [2 * pi * (i + 1) / options.frames for i in range(options.frames)]
    report.say(options, f"ours on {ours.renderer.device}, three.js {three.about}")
    mine: list[float] = []
    theirs: list[float] = []
    for warm in (True, *[False] * options.rounds):
        own, peer = ours.frames(turns), three.frames(turns)
        if not warm:
            mine += own
            theirs += peer
            report.say(options, " ".join(f"{statistics.median(t):8.1f} ms" for t in (own, peer)))
    return round(statistics.median(mine), 1), round(statistics.median(theirs), 1)


def _full(options: Any, draws: tuple[Draw, ...], design: bytes, *, pictures: bool) -> dict[str, Any]:
    with ExitStack() as stack:
        ours, three = _both(options, stack, draws, design, FULL)
        mine, theirs = _alternate(options, ours, three)
        figures: dict[str, Any] = {
            "frame_ms": mine,
            "threejs_ms": theirs,
            "ratio_threejs": round(mine / theirs, 3),
            "device": ours.renderer.device,
            "threejs": three.about,
        }
        if not pictures:
            return figures
        shown = {"ours": ours.last, "threejs": three.last.copy()}
        shown["ours_reference"] = ours.converged(2 * pi, _SIDE)
        shown["threejs_reference"] = three.converged(2 * pi, _SIDE)
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
        for label, frame in shown.items():
            cv2.imwrite(str(Path(options.keep) / f"{label}.png"), frame[..., [2, 1, 0]])
    reference = shown["ours_reference"][..., :3].astype(int)
    away = np.abs(reference - reference[0, 0]).max(axis=2) > 2
    rows, columns = np.flatnonzero(away.sum(axis=1)), np.flatnonzero(away.sum(axis=0))
    inner = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    pairs = {
        "ssim_ours": ("ours", "ours_reference"),
        "ssim_threejs": ("threejs", "threejs_reference"),
        "ssim_references": ("ours_reference", "threejs_reference"),
    }
    for key, (a, b) in pairs.items():
        figures[key] = _ssim(shown[a], shown[b])
        figures[f"{key}_design"] = _ssim(shown[a][inner], shown[b][inner])
    return figures


def _ssim(a: Frame, b: Frame) -> float:
    similarity: Any = structural_similarity
    return round(float(similarity(a[..., :3], b[..., :3], channel_axis=2, data_range=255)), 5)


def _starts(options: Any, draws: tuple[Draw, ...], design: bytes) -> dict[str, Any]:
    """Seconds from nothing to a frame in memory, by turns."""
    scene, view = scene_of(draws), view_of(draws, FULL)
    setup = _setup(options, scene, view, FULL)
    mine: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "design.glb"
        file.write_bytes(design)
        profile = Path(folder) / "profile"
        for _ in range(options.starts + 1):
            mine.append(_start(file))
            with ThreeJs(setup, design, environments.ambient(scene.lighting.studio), profile=profile) as three:
                theirs.append(three.start_s)
            report.say(options, f"start {mine[-1]:.2f} s, three.js {theirs[-1]:.2f} s")
    ours, peers = statistics.median(mine[1:]), statistics.median(theirs[1:])
    return {"start_s": round(ours, 2), "threejs_start_s": round(peers, 2), "ratio_start": round(ours / peers, 3)}


def _start(file: Path) -> float:
    """Seconds until a fresh process has drawn."""
    command = [sys.executable, "-m", "benchmarks.first_frame", str(file)]
    # Compiled modules are kept, as where a farm is installed, whatever this shell says.
    told = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    told["PYTHONPYCACHEPREFIX"] = str(file.parent / "compiled")
    began = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=told) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = perf_counter() - began
    if not line:
        sys.exit("benchmarks.frame: benchmarks.first_frame drew nothing")
    return took


if __name__ == "__main__":
    main()

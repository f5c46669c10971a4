"""What overlapping and more workers buy a turntable. Run as ``python -m benchmarks.turntable``.

Parts (``--parts``):

- ``alone``: 1080p, 5 s, 30 frames a second, MP4: rendered while it is encoded, over rendering alone plus encoding
  alone of the same frames in the same process (``ratio_alone``). Below 1 the encoder works while the renderer does.
- ``workers``: the same film from a farm whose worker has two children over one with one child (``ratio_two``), each
  with all the threads that its share of the cores gives. Both farms run; jobs take turns.
- ``slots``: a film of 10 s, 60 frames a second, from farms whose renderer sleeps instead of computing
  (:mod:`benchmarks.sleeper`): with one child over with eight (``times_eight``, ideally 8).

Farms are whole ones (Redis, database, doors, workers as processes), jobs go through the queue.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import httpx

from assets import catalogue, compose, framing
from assets.design import Design
from assets.scene import Frame, Quality, Target
from benchmarks import report, sleeper
from exporters import video
from farm.embedded import Embedded, embedded
from farm.redis_server import known_url
from renderers.opengl import open_renderer

DESIGN = {
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
        {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
    ],
}
TARGET = Target(width=1920, height=1080, quality=Quality.PREVIEW)
FPS = 30


def encode(frames: Iterator[Frame], path: Path) -> float:
    """Seconds from the first frame to the closed file."""
    began = perf_counter()
    writer = video.open_writer(path, "mp4", TARGET.width, TARGET.height, FPS, quality=TARGET.quality)
    for frame in frames:
        writer.write(frame)
    writer.close()
    return perf_counter() - began


def main() -> None:
    """Runs the parts; prints medians."""
    options = report.arguments(__doc__, parts="alone,workers,slots", frames=150, repeats=3, sleep=0.5)
    runs: dict[str, Callable[[Any], dict[str, Any]]] = {"alone": alone, "workers": workers, "slots": slots}
    figures: dict[str, Any] = {}
    for part in options.parts.split(","):
        figures |= runs[part](options)
    report.finish(figures)


def workers(options: Any) -> dict[str, Any]:
    """Alternates a farm of one child and one of two."""
    spec = {"formats": ["mp4"], "duration": 5, "fps": FPS, "resolution": "1080p", "quality": "standard"}
    taken: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        farms = {
            count: stack.enter_context(Farm.of(Path(folder) / str(count), {"FARM_HEAVY_CHILDREN": str(count)}))
            for count in taken
        }
        for farm in farms.values():
            farm.film({**spec, "duration": 3, "fps": 24}, 0)  # warms the children
        for number in range(options.repeats):
            for count, farm in farms.items():
                taken[count].append(farm.film(spec, number + 1))
                report.say(options, f"{count} of {max(taken)} children: {taken[count][-1]:.2f} s")
    ratios = [two / one for one, two in zip(taken[1], taken[2], strict=True)]
    return {
        "ratio_two": round(statistics.median(ratios), 3),
        "one_worker_s": round(statistics.median(taken[1]), 3),
        "two_workers_s": round(statistics.median(taken[2]), 3),
    }


def slots(options: Any) -> dict[str, Any]:
    """One child that sleeps, then eight."""
    spec = {"formats": ["mp4"], "duration": 10, "fps": 60, "resolution": "720p", "quality": "draft"}
    taken = {}
    for count in (1, 8):
        with (
            tempfile.TemporaryDirectory() as folder,
            Farm.of(Path(folder), {}, sleepers=count, sleep=options.sleep) as farm,
        ):
            farm.film(spec if count > 1 else {**spec, "duration": 3, "fps": 24}, 0)  # warms the children
            taken[count] = farm.film(spec, 1)
        report.say(options, f"{count} that sleep: {taken[count]:.2f} s")
    return {
        "times_eight": round(taken[1] / taken[8], 2),
        "one_sleeper_s": round(taken[1], 2),
        "eight_sleepers_s": round(taken[8], 2),
    }


class Farm:
    """A client of one embedded farm."""

    def __init__(self, running: Embedded) -> None:
        self._http = httpx.Client(
            base_url=f"{running.url}/api/v1", headers={"Authorization": f"Bearer {running.token}"}, timeout=60
        )

    @classmethod
    @contextmanager
    def of(cls, folder: Path, env: dict[str, str], *, sleepers: int = 0, sleep: float = 0.5) -> Iterator[Self]:
        """A farm until the block ends; with ``sleepers`` its heavy worker is one whose renderer sleeps."""
        roles = ("api", "worker-light", "reconciler") if sleepers else ()
        with embedded(folder, roles=roles, env=env) as running, ExitStack() as stack:
            if sleepers:
                settings = {
                    "FARM_DATA_DIR": str(folder),
                    "FARM_REDIS_URL": str(known_url(folder)),
                    "FARM_HEAVY_CHILDREN": str(sleepers),
                    sleeper.SECONDS: str(sleep),
                }
                words = [sys.executable, "-m", "benchmarks.sleeper"]
                with (folder / "sleeper.log").open("ab") as log:
                    process = subprocess.Popen(words, env={**os.environ, **settings}, stdout=log, stderr=log)
                stack.callback(process.wait, 30)
                stack.callback(process.terminate)
            farm = cls(running)
            stack.callback(farm._http.close)
            yield farm

    def film(self, spec: dict[str, Any], number: int) -> float:
        """Seconds from sending a job to its end; every ``number`` has another background, so nothing is cached."""
        canvas = {"background": {"kind": "solid", "colour": f"#e0e0{0xA0 + number:02x}"}}
        body = {"kind": "turntable", "spec": {**spec, "design": {**DESIGN, "canvas": canvas}}}
        began = perf_counter()
        sent = self._http.post("/jobs", json=body)
        sent.raise_for_status()
        while True:
            time.sleep(0.02)
            job = self._http.get(f"/jobs/{sent.json()['id']}").json()
            if job["state"] == "succeeded":
                return perf_counter() - began
            if job["state"] in {"failed", "cancelled"}:
                raise RuntimeError(str(job["error"]))


def alone(options: Any) -> dict[str, Any]:
    """Alternates the three runs of one process."""
    design = Design.model_validate_json(report.json_bytes(DESIGN))
    model = compose.compose(design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item)))
    scene = compose.scene(model, design)
    views = framing.turntable(
        scene.draws,
        frames=options.frames,
        degrees=360,
        settings=design.canvas.camera,
        aspect=TARGET.width / TARGET.height,
    )
    renderer = open_renderer()
    for _ in renderer.frames(scene, views[:3], TARGET):
        pass
    alone_render, alone_encode, together = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeats):
            began = perf_counter()
            kept = [frame.copy() for frame in renderer.frames(scene, views, TARGET)]
            alone_render.append(perf_counter() - began)
            alone_encode.append(encode(iter(kept), Path(folder) / f"alone-{number}.mp4"))
            del kept
            together.append(encode(renderer.frames(scene, views, TARGET), Path(folder) / f"both-{number}.mp4"))
            report.say(
                options,
                f"rendering {alone_render[-1]:.2f} s, encoding {alone_encode[-1]:.2f} s, both {together[-1]:.2f} s",
            )
        probed = video.probe(Path(folder) / "both-0.mp4")
    if probed.frames != options.frames:
        msg = f"{probed.frames} frames were encoded instead of {options.frames}"
        raise RuntimeError(msg)
    ratios = [b / (r + e) for b, r, e in zip(together, alone_render, alone_encode, strict=True)]
    return {
        "ratio_alone": round(statistics.median(ratios), 3),
        "render_s": round(statistics.median(alone_render), 3),
        "encode_s": round(statistics.median(alone_encode), 3),
        "together_s": round(statistics.median(together), 3),
        "frames": options.frames,
        "device": renderer.device,
    }


if __name__ == "__main__":
    main()

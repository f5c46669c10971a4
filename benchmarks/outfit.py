"""What loading an outfit of six pieces costs, over rendering its first 1080p frame: both cold, always a new process.

Loading is reading the mannequin and the garments and fitting them to it as it is posed. Composing is told apart: it
makes one scene of them, with their materials and without what is covered. The first frame comes right after, from a
renderer that is open already: textures are decoded, meshes made coarser, light and occlusion baked. Once on the
figure that the garments were draped on, once on another, in another size and pose. Processor time of all threads is
told beside the clock's, which other work on the machine stretches. Run as `python -m benchmarks.outfit`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from time import perf_counter, process_time
from typing import Any, Final

from assets import catalogue, compose, fitting, framing
from assets.design import Design, Ref
from assets.fabric import Fabric
from assets.model import Model
from assets.pose import posed
from assets.scene import Quality, Target
from benchmarks import report
from renderers.opengl import open_renderer

PIECES: Final = ("jeans", "shirt", "blazer", "scarf", "hat", "sneakers")
WEARERS: Final[Mapping[str, tuple[str, str]]] = {
    "base": ("mannequin-female", "a-pose"),
    "other": ("mannequin-male-l", "relaxed"),
}
TARGET: Final = Target(width=1920, height=1080, quality=Quality.FINAL)


def load(ref: Ref) -> Model:
    """The catalogue's model."""
    return catalogue.model(str(ref.item))


def fabric(ref: Ref) -> Fabric:
    """The catalogue's fabric."""
    return catalogue.fabric(str(ref.item))


def measured(avatar: str, pose: str) -> dict[str, float]:
    """Seconds in this process: loading, composing, the first frame and one after it; of the processor, too."""
    worn: dict[str, Any] = {"model": {"item": avatar}}
    if pose != "a-pose":
        worn["pose"] = {"animation": pose}
    layers = [{"id": item, "model": {"item": item}} for item in PIECES]
    design = Design.model_validate_json(report.json_bytes({"avatar": worn, "layers": layers}))
    renderer = open_renderer()
    began, began_cpu = perf_counter(), process_time()
    body = catalogue.model(avatar)
    if pose != "a-pose":
        body = posed(body, animation=pose, time=0.0)
    fitting.prepared(PIECES, body)
    body = fitting.standing(body, PIECES)
    for item in PIECES:
        fitting.fitted(item, body)
    loaded, loaded_cpu = perf_counter(), process_time()
    model = compose.compose(design, load, fabric)
    scene = compose.scene(model, design)
    composed, composed_cpu = perf_counter(), process_time()
    views = framing.turntable(scene.draws, frames=2, degrees=2, settings=design.canvas.camera, aspect=16 / 9)
    times = []
    for view in views:
        start, start_cpu = perf_counter(), process_time()
        for _ in renderer.frames(scene, (view,), TARGET):
            pass
        times.append((perf_counter() - start, process_time() - start_cpu))
    renderer.close()
    return {
        "load": loaded - began,
        "compose": composed - loaded,
        "first": times[0][0],
        "warm": times[1][0],
        "cpu_load": loaded_cpu - began_cpu,
        "cpu_compose": composed_cpu - loaded_cpu,
        "cpu_first": times[0][1],
    }


def main() -> None:
    """Processes by turns; prints medians."""
    options = report.arguments(__doc__, repeats=5, wearer="")
    if options.wearer:
        sys.stdout.write(json.dumps(measured(*WEARERS[options.wearer])) + "\n")
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WEARERS}
    for _ in range(options.repeats):
        for name, runs in found.items():
            command = [sys.executable, "-m", "benchmarks.outfit", "--wearer", name]
            done = subprocess.run(command, capture_output=True, check=True, text=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
            report.say(options, f"{name}: " + ", ".join(f"{key} {value:.2f} s" for key, value in runs[-1].items()))
    figures: dict[str, float] = {}
    for name, runs in found.items():
        figures[f"ratio_load_{name}"] = round(statistics.median(run["load"] / run["first"] for run in runs), 3)
        for key in runs[0]:
            figures[f"{key}_{name}_s"] = round(statistics.median(run[key] for run in runs), 3)
        whole = statistics.median((run["load"] + run["compose"]) / run["first"] for run in runs)
        figures[f"ratio_composed_{name}"] = round(whole, 3)
    report.finish(figures)


if __name__ == "__main__":
    main()

"""What a render process holds: at its largest picture, and after many renders in a row.

The peak is that of a process of its own that draws one 8192 x 8192 still of the dressed body, with a see-through
layer, a drop shadow and a ground shadow, at final quality. The growth is that of a worker that draws stills of
changing designs, sizes and backgrounds one after another, with a cache that they overflow: the median of its resident
memory over the last tenth of the renders over that of the second tenth, when all caches are full. Without a GPU the
device's memory is the process's, so that both hold all. Run as `python -m benchmarks.render_memory`;
`--renders 200` is a short run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from assets import framing, gltf, pose
from assets.design import CameraSettings
from assets.scene import Background, Draw, DropShadow, Effects, Quality, Scene, Target
from benchmarks import report
from benchmarks.dressed import dressed_body
from renderers.opengl import open_renderer

SIDE = 8192
LIMIT_GB, GROWTH = 4.0, 0.05
_CACHE = 2 << 20  # bytes: less than the designs need, so that things come and go
_SIZES = ((320, 240), (512, 512), (200, 360), (640, 480))


def main() -> None:
    """Both figures; exits with 1 when one misses its floor."""
    options = report.arguments(__doc__, renders=1000, side=SIDE, part="both")
    if options.part != "both":
        figures = _peak(options.side) if options.part == "peak" else _growth(options.renders)
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    figures = {}
    for part in ("growth", "peak"):
        figures |= _apart(part, options.renders, options.side)
        report.say(options, " ".join(f"{key} {value}" for key, value in figures.items()))
    report.finish(figures)
    if figures["peak_gb"] >= LIMIT_GB or figures["growth"] >= GROWTH:
        sys.exit(1)


def _apart(part: str, renders: int, side: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.render_memory", "--part", part]
    command += ["--renders", str(renders), "--side", str(side)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def _peak(side: int) -> dict[str, float]:
    draws = _design(half=True)
    scene = Scene(draws=draws, digest="peak", background=Background(top="#f4f4f2", bottom="#d9d8d4"))
    view = framing.view(draws, "front", settings=CameraSettings(), aspect=1)
    began = perf_counter()
    renderer = open_renderer()
    shape = next(renderer.frames(scene, (view,), Target(width=side, height=side, quality=Quality.FINAL))).shape
    renderer.close()
    assert shape == (side, side, 4)
    return {"side": side, "peak_gb": round(_status("VmHWM") / 2**20, 3), "seconds": round(perf_counter() - began, 1)}


def _growth(renders: int) -> dict[str, float]:
    renderer = open_renderer(cache_bytes=_CACHE)
    held = []
    for scene, target in _jobs(renders):
        view = framing.view(
            scene.draws, "three-quarter", settings=CameraSettings(), aspect=target.width / target.height
        )
        next(renderer.frames(scene, (view,), target))
        held.append(_status("VmRSS"))
    renderer.close()
    tenth = max(renders // 10, 1)
    first, last = median(held[tenth : 2 * tenth] or held), median(held[-tenth:])
    return {
        "renders": renders,
        "first_mb": round(first / 1024, 1),
        "last_mb": round(last / 1024, 1),
        "growth": round(last / first - 1, 4),
    }


def _jobs(renders: int) -> Iterator[tuple[Scene, Target]]:
    """Eight arrangements in turn, each in several sizes, qualities and backgrounds."""
    designs = [_design(half=half, apart=apart) for half in (False, True) for apart in (0.0, 0.01, 0.02, 0.03)]
    for number in range(1, renders + 1):
        draws = designs[number % len(designs)]
        width, height = _SIZES[number // 3 % len(_SIZES)]
        quality = (Quality.PREVIEW, Quality.DRAFT, Quality.FINAL)[number % 3]
        background = Background(top="#ffffff") if number % 2 else Background()
        scene = Scene(draws=draws, digest=str(number % len(designs)), background=background)
        yield scene, Target(width=width, height=height, quality=quality)


def _design(*, half: bool, apart: float = 0.0) -> tuple[Draw, ...]:
    """The dressed body, its last draw see-through or moved a little."""
    draws = list(pose.flatten(gltf.read(dressed_body()[1])))
    matrix = draws[-1].matrix.copy()
    matrix[0, 3] += apart
    draws[-1] = replace(draws[-1], matrix=matrix)
    if half:
        draws[-1] = replace(draws[-1], layer="outer", opacity=0.7, effects=Effects(shadow=DropShadow()))
    return tuple(draws)


def _status(field: str) -> float:
    """Kilobytes of this process as the kernel counts them."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return float(line.split()[1])
    raise SystemExit(f"benchmarks.render_memory: this system does not tell {field}")


if __name__ == "__main__":
    main()

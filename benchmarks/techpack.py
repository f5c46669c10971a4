"""Composing the tech pack of a 12-layer design over rendering one of its 2048² views at final quality.

Twelve pieces of the catalogue on a mannequin, worn as its outfits wear them; a document with every section filled:
40 points of measure in five sizes, 60 materials, 12 operations a layer, callouts, colourways, labels, fittings,
history. The other steps (flats, colour views, measures) run once before, as workers run them. Composing is the whole
step: it reads what the others left from the blob store, lays out, paints and stores the file. Rendering is one frame
with a warm renderer, read back, not encoded. Both take turns in one process; medians. Run as
``python -m benchmarks.techpack``; ``--keep FILE`` keeps the PDF.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from assets import framing
from assets.scene import Quality, Target
from benchmarks import report
from farm.blob_disk import DiskBlobs
from farm.execution import Execution, scratch_folder
from farm.jobs import BlobInfo, Load
from farm.plan import StepResult
from pipelines.steps.content import drawn
from pipelines.steps.registry import STEPS
from pipelines.techpack import TechPackSpec, close
from renderers.opengl import open_renderer

LAYERS: Final = (
    "sneakers",
    "a-line-skirt",
    "jeans",
    "tee",
    "shirt",
    "sweater",
    "hoodie",
    "blazer",
    "trench-coat",
    "scarf",
    "beanie",
    "tote-bag",
)
SIDE: Final = 2048
_SIZES: Final = ("XS", "S", "M", "L", "XL")


class _NoBlobs:
    """Such a design names items of the catalogue alone."""

    def blob(self, digest: str) -> BlobInfo:
        raise KeyError(digest)

    def load(self, lane: str) -> Load:
        raise KeyError(lane)


def document() -> dict[str, Any]:
    """The spec: every section has something on its pages."""
    both = {"en": "Hem width, along the edge", "ko": "밑단 너비, 가장자리를 따라"}
    points = [
        {"code": f"P{n}", "name": both, "cm": 40.0 + n, "half": True, "grade": {"step_cm": 4, "of_girth": True}}
        for n in range(40)
    ]
    materials = [
        {"name": f"Material {n}", "layer": LAYERS[n % 12], "width_cm": 150, "supplier": "Mill", "colour": "#1b2a49"}
        for n in range(60)
    ]
    operations = [
        {"place": layer, "what": f"Operation {n}", "stitch": "301", "per_cm": 4, "allowance_cm": 1, "layer": layer}
        for layer in LAYERS
        for n in range(12)
    ]
    callouts = [{"place": {"region": layer, "at": "front"}, "text": both} for layer in LAYERS]
    swatches = [{"part": layer, "hex": f"#{37 * n:06x}"} for n, layer in enumerate(LAYERS, start=1)]
    return {
        "design": {
            "name": "Twelve layers",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": name, "model": {"item": name}} for name in LAYERS],
            "notes": "What the studio wants the factory to know. " * 40,
        },
        "tech_pack": {
            "style": "ST-1012",
            "season": "FW27",
            "sizes": _SIZES,
            "points": points,
            "materials": materials,
            "callouts": callouts,
            "colourways": [{"name": f"Colourway {n}", "swatches": swatches} for n in range(4)],
            "construction": operations,
            "labels": [{"name": f"Label {n}", "text": "Wash cold, do not bleach"} for n in range(12)],
            "fit_notes": [{"finding": "Too wide at the hem. " * 6, "action": "Take in 1 cm"} for _ in range(12)],
            "fields": [{"name": f"Field {n}", "value": "value"} for n in range(12)],
            "revisions": [{"revision": f"R{n}", "date": "2026-11-21", "what": "Changed"} for n in range(12)],
        },
    }


def main() -> None:
    """Composes and renders by turns; prints medians."""
    options = report.arguments(__doc__, repeats=7, keep="")
    spec = TechPackSpec.model_validate_json(report.json_bytes(document()))
    closed = close(spec, _NoBlobs(), "pack")
    renderer = open_renderer()
    resources: dict[str, Any] = {"renderer": renderer}
    compose = next(step for step in closed.plan.steps if step.key == "compose")
    results: dict[str, StepResult] = {}
    with tempfile.TemporaryDirectory() as folder:
        store, scratch = DiskBlobs(Path(folder) / "blobs"), Path(folder) / "steps"

        def context(step: Any, at: Path) -> Execution:
            return Execution(
                step=step,
                scratch=at,
                inputs={need: results[need] for need in step.needs},
                resources=resources,
                blobs=store,
                report=lambda _done, _total: None,
                write_log=lambda _level, _text: None,
            )

        for step in closed.plan.steps:
            with scratch_folder(scratch, step.key) as at:
                results[step.key] = STEPS[step.name](context(step, at))
        view_step = next(step for step in closed.plan.steps if step.key == "render-front")
        design, scene = drawn(context(view_step, scratch), view_step.params["design"], view_step.params["content"])
        view = framing.view(scene.draws, "front", settings=design.canvas.camera, aspect=1.0)
        target = Target(width=SIDE, height=SIDE, quality=Quality.FINAL)
        next(iter(renderer.frames(scene, (view,), target)))  # meshes and textures of this size are on the device
        composing, rendering, processor = [], [], []
        for _ in range(int(options.repeats)):
            began, busy = perf_counter(), process_time()
            with scratch_folder(scratch, "compose") as at:
                made = STEPS[compose.name](context(compose, at))
            composing.append(perf_counter() - began)
            processor.append(process_time() - busy)
            began = perf_counter()
            next(iter(renderer.frames(scene, (view,), target)))
            rendering.append(perf_counter() - began)
            report.say(options, f"composing {composing[-1]:.2f} s, rendering {rendering[-1]:.2f} s")
        (output,) = made.outputs
        if options.keep:
            with store.open(output.digest) as opened:
                Path(str(options.keep)).write_bytes(opened.read())
    renderer.close()
    report.finish(
        {
            "ratio_techpack": round(statistics.median(a / b for a, b in zip(composing, rendering, strict=True)), 3),
            "compose_s": round(statistics.median(composing), 3),
            "compose_cpu_s": round(statistics.median(processor), 3),
            "render_s": round(statistics.median(rendering), 3),
            "pages": output.meta["pages"],
            "bytes": output.size,
        }
    )


if __name__ == "__main__":
    main()

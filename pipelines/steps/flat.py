"""`render.flat`: one technical drawing of one view, as SVG and as pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from assets.flat import Flat, LineKind
from assets.scene import Scene
from exporters import flat_pixels, image, svg
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps.content import drawn, renderer
from pipelines.steps.faults import faults

if TYPE_CHECKING:
    from renderers.opengl import OpenGLRenderer

MEDIA_TYPES = {"svg": svg.MIME, "png": "image/png"}


@faults("render.failed")
def render_flat(context: StepContext) -> StepResult:
    """Composes, draws the lines of one view, and writes them in every format that was asked for."""
    from renderers.flat_page import Page  # GL belongs to the process that draws, never to a parent
    from renderers.flats import flat

    want = context.step.params
    began = perf_counter()
    _, scene = drawn(context, want["design"], want["content"])
    scene = _only(scene, want["layers"])
    context.check()
    width, height = want["page"]
    page = Page(width_mm=width, height_mm=height, scale=1 / want["scale"] if want["scale"] else None)
    drawing = flat(
        cast("OpenGLRenderer", renderer(context)),
        scene,
        want["view"],
        page=page,
        views=want["views"],
        crease_degrees=want["crease_degrees"],
    )
    drew = perf_counter()
    context.check()
    outputs = []
    for name in want["formats"]:
        digest, size = context.put(_written(drawing, name, want), media_type=MEDIA_TYPES[name])
        outputs.append(
            Output(
                name=f"{{stem}}{want['suffix']}.{name}",
                digest=digest,
                size=size,
                media_type=MEDIA_TYPES[name],
                meta=_facts(drawing, name, want),
            )
        )
    context.progress(1, 1)
    metrics = {"draw_s": round(drew - began, 3), "encode_s": round(perf_counter() - drew, 3)}
    return StepResult(outputs=tuple(outputs), metrics=metrics)


def _only(scene: Scene, layers: list[str]) -> Scene:
    """The scene with these layers alone, each as if it were opaque: a drawing knows no half lines."""
    kept = tuple(replace(draw, opacity=1.0) for draw in scene.draws if draw.layer in layers)
    name = hashlib.sha256(f"{scene.digest} {layers}".encode()).hexdigest()
    return replace(scene, draws=kept, digest=name)


def _written(drawing: Flat, name: str, want: Mapping[str, Any]) -> bytes:
    if name == "svg":
        return svg.write_svg(drawing)
    frame = flat_pixels.pixels(drawing, dpi=want["dpi"], transparent=want["transparent"])
    return image.encode(frame, "png", density=want["dpi"])


def _facts(drawing: Flat, name: str, want: Mapping[str, Any]) -> dict[str, Any]:
    lines = {kind.value: len(drawing.of(kind)) for kind in LineKind}
    facts = {
        "view": drawing.view,
        "scale": drawing.scale_text,
        "width_mm": drawing.width_mm,
        "height_mm": drawing.height_mm,
        "lines": lines,
    }
    return {**facts, "dpi": want["dpi"]} if name == "png" else facts

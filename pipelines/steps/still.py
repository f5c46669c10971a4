"""`render.still`: one picture of one view."""

from __future__ import annotations

from time import perf_counter

from assets import compose, framing, viewpoints
from assets.scene import Quality, Target
from exporters import image, watermark
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps import content
from pipelines.steps.content import drawn, renderer
from pipelines.steps.faults import faults


@faults("render.failed")
def render_still(context: StepContext) -> StepResult:
    """Composes, frames, draws and encodes one view."""
    want = context.step.params
    began = perf_counter()
    design, scene = drawn(context, want["design"], want["content"])
    composed = perf_counter()
    aspect = want["width"] / want["height"]
    if want["view"].startswith(viewpoints.CAMERA):
        _, model = content.composed(context, want["design"], want["content"])
        view = viewpoints.view(model, want["view"], aspect=aspect)
    else:
        framed = compose.subject(scene.draws)
        view = framing.view(framed, want["view"], settings=design.canvas.camera, aspect=aspect)
        view = view if framed is scene.draws else framing.seeing(view, scene.draws)
    target = Target(width=want["width"], height=want["height"], quality=Quality(want["quality"]))
    frame = next(iter(renderer(context).frames(scene, (view,), target)))
    if want.get("watermark"):
        frame = watermark.laid_over(frame, want["watermark"])
    drew = perf_counter()
    context.check()
    data = image.encode(frame, want["format"], quality=want["compression"] or 90, density=want["dpi"])
    digest, size = context.put(data, media_type=image.MIME[want["format"]])
    context.progress(1, 1)
    output = Output(
        name=f"{{stem}}{want['suffix']}{image.SUFFIX[want['format']]}",
        digest=digest,
        size=size,
        media_type=image.MIME[want["format"]],
        meta={
            "width": target.width,
            "height": target.height,
            "view": want["view"],
            "quality": want["quality"],
            "dpi": want["dpi"],
        },
    )
    metrics = {
        "compose_s": round(composed - began, 3),
        "render_s": round(drew - composed, 3),
        "encode_s": round(perf_counter() - drew, 3),
        "device_mb": round(renderer(context).cached_bytes / 1e6, 1),
    }
    return StepResult(outputs=(output,), metrics=metrics)

"""`turntable.sides` draws four frames to be seen early; `turntable.segment` renders and encodes some frames;
`turntable.join` makes the video out of the segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

from assets import compose, framing
from assets.scene import Frame, Quality, Scene, Target, View
from exporters import image, video, watermark
from farm.errors import FarmFault
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps.content import drawn, renderer
from pipelines.steps.faults import faults
from pipelines.steps.frame_watch import watched

_PREVIEW = 85  # JPEG's quality


def _turns(context: StepContext) -> tuple[Scene, tuple[View, ...]]:
    """What is drawn, and the view of every frame."""
    want = context.step.params
    design, scene = drawn(context, want["design"], want["content"])
    framed = compose.subject(scene.draws)
    views = framing.turntable(
        framed,
        frames=want["frames"],
        degrees=want["degrees"],
        settings=design.canvas.camera,
        aspect=want["width"] / want["height"],
    )
    if framed is not scene.draws:
        views = tuple(framing.seeing(view, scene.draws) for view in views)
    return scene, views


def _frames(context: StepContext, scene: Scene, views: tuple[View, ...], target: Target) -> Iterator[Frame]:
    """The frames with what is laid over them; what the device got wrong is drawn again."""
    text = context.step.params.get("watermark")

    def again(number: int) -> Frame:
        return next(iter(renderer(context).frames(scene, (views[number],), target)))

    def note(message: str) -> None:
        context.log(message, level="warning")

    for frame in watched(renderer(context).frames(scene, views, target), again, note):
        yield watermark.laid_over(frame, text) if text else frame


@faults("render.failed")
def sides(context: StepContext) -> StepResult:
    """The frames ``at``, each a picture: what the video will look like, before the first segment is done."""
    want = context.step.params
    began = perf_counter()
    scene, turns = _turns(context)
    target = Target(width=want["width"], height=want["height"], quality=Quality(want["quality"]))
    named = sorted(want["at"].items(), key=lambda side: int(side[1]))
    outputs = []
    frames = _frames(context, scene, tuple(turns[at] for _, at in named), target)
    for done, ((name, at), frame) in enumerate(zip(named, frames, strict=True), start=1):
        digest, size = context.put(image.encode(frame, "jpeg", quality=_PREVIEW), media_type=image.MIME["jpeg"])
        outputs.append(
            Output(
                name=f"{{stem}}-turn-{name}.jpg",
                digest=digest,
                size=size,
                media_type=image.MIME["jpeg"],
                role="preview",
                meta={"width": target.width, "height": target.height, "frame": at, "side": name},
            )
        )
        context.progress(done, len(named))
    return StepResult(outputs=tuple(outputs), metrics={"seconds": round(perf_counter() - began, 3)})


@faults("render.failed")
def segment(context: StepContext) -> StepResult:
    """Frames ``start`` to ``stop``; each goes to every format's encoder while the next one is drawn."""
    want = context.step.params
    began = perf_counter()
    scene, turns = _turns(context)
    views = turns[want["start"] : want["stop"]]
    target = Target(width=want["width"], height=want["height"], quality=Quality(want["quality"]))
    files = {name: context.scratch / f"{context.step.key}.{name}" for name in want["formats"]}
    with ExitStack() as stack:
        writers = []
        for name, path in files.items():
            writer = video.open_writer(path, name, target.width, target.height, want["fps"], quality=target.quality)
            stack.callback(writer.abort)  # does nothing after close()
            writers.append(writer)
        for done, frame in enumerate(_frames(context, scene, views, target), start=1):
            for writer in writers:
                writer.write(frame)
            context.progress(done, len(views))
        for writer in writers:
            writer.close()
    outputs = []
    for name, path in files.items():
        mime = video.FORMATS[name].mime
        digest, size = context.put(path, media_type=mime)
        outputs.append(Output(name=path.name, digest=digest, size=size, media_type=mime, role="intermediate"))
    seconds = perf_counter() - began
    metrics = {
        "seconds": round(seconds, 3),
        "frames": len(views),
        "device_mb": round(renderer(context).cached_bytes / 1e6, 1),
    }
    return StepResult(outputs=tuple(outputs), metrics=metrics)


@faults("encode.failed")
def join(context: StepContext) -> StepResult:
    """Puts the segments of one format behind one another without encoding again, and counts the frames."""
    want = context.step.params
    suffix = f".{want['format']}"
    parts = []
    for need in context.step.needs:
        output = next(o for o in context.inputs[need].outputs if o.name.endswith(suffix))
        parts.append(context.blob_path(output.digest))
    kind = video.FORMATS[want["format"]]
    path = context.scratch / f"joined.{kind.container}"
    video.join(parts, path, kind.container, want["fps"])
    found = video.probe(path)
    if found.frames != want["frames"]:
        raise FarmFault("encode.failed", f"the video has {found.frames} frames instead of {want['frames']}")
    digest, size = context.put(path, media_type=kind.mime)
    context.progress(1, 1)
    meta = {
        "width": want["width"],
        "height": want["height"],
        "frames": want["frames"],
        "fps": want["fps"],
        "duration_s": want["frames"] / want["fps"],
        "codec": found.codec,
    }
    output = Output(name=f"{{stem}}{kind.suffix}", digest=digest, size=size, media_type=kind.mime, meta=meta)
    return StepResult(outputs=(output,))

"""`turntable.sides` draws four frames to be seen early; `turntable.segment` renders and encodes some frames;
`turntable.join` makes the film or loop out of the segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from assets import compose, framing
from assets.scene import Frame, Quality, Scene, Target, View
from exporters import animation, image, video, watermark
from farm.errors import FarmFault
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps.content import drawn, renderer
from pipelines.steps.faults import faults
from pipelines.steps.frame_watch import watched

_PREVIEW = 85  # quality of JPEG and WebP
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    **{name: kind.mime for name, kind in video.FORMATS.items()},
    **{name: kind.mime for name, kind in animation.FORMATS.items()},
}


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
    form: image.ImageFormat = want["format"]
    frames = _frames(context, scene, tuple(turns[at] for _, at in named), target)
    for done, ((name, at), frame) in enumerate(zip(named, frames, strict=True), start=1):
        digest, size = context.put(image.encode(frame, form, quality=_PREVIEW), media_type=image.MIME[form])
        outputs.append(
            Output(
                name=f"{{stem}}-turn-{name}{image.SUFFIX[form]}",
                digest=digest,
                size=size,
                media_type=image.MIME[form],
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
        writers: dict[str, Any] = {}
        for name, path in files.items():
            writers[name] = _writer(path, name, want, target)
            stack.callback(writers[name].abort)  # does nothing after close()
        for number, frame in enumerate(_frames(context, scene, views, target), start=want["start"]):
            for name, writer in writers.items():
                if number % want["every"][name] == 0:
                    writer.write(frame)
            context.progress(number - want["start"] + 1, len(views))
        for writer in writers.values():
            writer.close()
    outputs = []
    for name, path in files.items():
        mime = _MEDIA_TYPES[name]
        digest, size = context.put(path, media_type=mime)
        outputs.append(
            Output(
                name=path.name,
                digest=digest,
                size=size,
                media_type=mime,
                role="intermediate",
                meta=_made_by(writers[name]),
            )
        )
    seconds = perf_counter() - began
    metrics = {
        "seconds": round(seconds, 3),
        "frames": len(views),
        "device_mb": round(renderer(context).cached_bytes / 1e6, 1),
    }
    return StepResult(outputs=tuple(outputs), metrics=metrics)


def _writer(path: Path, name: Any, want: Mapping[str, Any], target: Target) -> Any:
    fps = want["fps"] // want["every"][name]
    size = (target.width, target.height)
    if name in video.FORMATS:
        wish = video.HARDWARE if want.get("encoder") == "hardware" else None
        return video.open_writer(path, name, *size, fps, quality=target.quality, encoder=wish)
    return animation.open_writer(path, name, *size, fps, quality=target.quality, longest=want["longest"][name])


def _made_by(writer: Any) -> dict[str, Any]:
    """Which encoder made a film, and why others that were asked for did not."""
    if not isinstance(writer, video.VideoWriter):
        return {}
    refused = {"encoders_refused": dict(writer.refused)} if writer.refused else {}
    return {"encoder": writer.encoder, **refused}


@faults("encode.failed")
def join(context: StepContext) -> StepResult:
    """Puts the segments of one format behind one another without encoding again, and counts the frames."""
    want = context.step.params
    name = want["format"]
    made = [
        next(output for output in context.inputs[need].outputs if output.name.endswith(f".{name}"))
        for need in context.step.needs
    ]
    parts = [context.blob_path(output.digest) for output in made]
    path = context.scratch / f"joined.{name}"
    found: video.VideoInfo | animation.LoopInfo
    facts: dict[str, Any] = dict(made[0].meta)
    if name in video.FORMATS:
        kind = video.FORMATS[name]
        suffix = kind.suffix
        found = video.join(parts, path, kind.container, want["fps"])
        facts["codec"] = found.codec
    else:
        suffix = f"-turn{animation.FORMATS[name].suffix}"  # a still may be called like the design alone
        found = animation.join(parts, path, name, want["fps"])
    if found.frames != want["frames"]:
        raise FarmFault("encode.failed", f"the video has {found.frames} frames instead of {want['frames']}")
    digest, size = context.put(path, media_type=_MEDIA_TYPES[name])
    context.progress(1, 1)
    meta = {
        "width": found.width,
        "height": found.height,
        "frames": want["frames"],
        "fps": want["fps"],
        "duration_s": want["frames"] / want["fps"],
        **facts,
    }
    output = Output(name=f"{{stem}}{suffix}", digest=digest, size=size, media_type=_MEDIA_TYPES[name], meta=meta)
    return StepResult(outputs=(output,))

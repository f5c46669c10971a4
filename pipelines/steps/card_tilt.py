"""`card.tilt` draws and encodes some frames of a loop; `card.join` makes the loop of the parts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from assets.scene import Quality, Target
from exporters import animation, video
from farm.errors import FarmFault
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps import card_paths
from pipelines.steps.card_backdrop import backdrop, before
from pipelines.steps.card_content import background, device, for_picture
from pipelines.steps.faults import faults

FILMS: Final = frozenset(video.FORMATS)
GIF: Final = "gif"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    **{name: kind.mime for name, kind in video.FORMATS.items()},
    **{name: kind.mime for name, kind in animation.FORMATS.items()},
}


@faults("render.failed")
def part(context: StepContext) -> StepResult:
    """Frames ``start`` to ``stop``; each goes to every format's encoder while the next one is drawn."""
    want = context.step.params
    began = perf_counter()
    scene = for_picture(context, want, want["width"], want["height"])
    views = card_paths.views(want["path"], want["degrees"], want["start"], want["stop"], want["frames"])
    target = Target(width=want["width"], height=want["height"], quality=Quality(want["quality"]))
    behind = backdrop(background(want["behind"]), target.width, target.height)
    opaque = frozenset(want["opaque"])
    files = {form: context.scratch / f"{context.step.key}.{form}" for form in want["formats"]}
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        for form, path in files.items():
            writers[form] = _writer(path, form, want, target)
            stack.callback(writers[form].abort)  # does nothing after close()
        for done, frame in enumerate(device(context).cards(scene, views, target), start=1):
            number = want["start"] + done - 1
            solid = before(frame, behind) if opaque else frame
            for form, writer in writers.items():
                if number % every(form, want["fps"]) == 0:
                    writer.write(solid if form in opaque else frame)
            context.progress(done, len(views))
        for writer in writers.values():
            writer.close()
    outputs = []
    for form, path in files.items():
        digest, size = context.put(path, media_type=MEDIA_TYPES[form])
        outputs.append(
            Output(name=path.name, digest=digest, size=size, media_type=MEDIA_TYPES[form], role="intermediate")
        )
    metrics = {"seconds": round(perf_counter() - began, 3), "frames": len(views)}
    return StepResult(outputs=tuple(outputs), metrics=metrics)


@faults("encode.failed")
def join(context: StepContext) -> StepResult:
    """Puts the parts of one format behind one another without encoding again, and counts the frames."""
    want = context.step.params
    form = want["format"]
    parts = []
    for need in context.step.needs:
        output = next(o for o in context.inputs[need].outputs if o.name.endswith(f".{form}"))
        parts.append(context.blob_path(output.digest))
    path = context.scratch / f"joined.{form}"
    step = every(form, want["fps"])
    frames, fps = -(-want["frames"] // step), want["fps"] // step
    found: video.VideoInfo | animation.LoopInfo
    if form in FILMS:
        video.join(parts, path, form, fps)
        found = video.probe(path)
    else:
        found = animation.join(parts, path, form, fps)
    if found.frames != frames:
        raise FarmFault("encode.failed", f"the loop has {found.frames} frames instead of {frames}")
    digest, size = context.put(path, media_type=MEDIA_TYPES[form])
    context.progress(1, 1)
    meta = {
        "width": found.width,
        "height": found.height,
        "frames": frames,
        "fps": fps,
        "duration_s": round(frames / fps, 3),
    }
    output = Output(name=want["name"], digest=digest, size=size, media_type=MEDIA_TYPES[form], meta=meta)
    return StepResult(outputs=(output,))


def every(form: str, fps: int) -> int:
    """Which frames a format takes: all, or every second one where it cannot show so many in a second."""
    return 2 if form == GIF and fps > animation.FORMATS[GIF].max_fps else 1


def _writer(path: Path, form: Any, want: Mapping[str, Any], target: Target) -> Any:
    fps = want["fps"] // every(form, want["fps"])
    size = (target.width, target.height)
    if form in FILMS:
        return video.open_writer(path, form, *size, fps, quality=target.quality)
    longest = want["formats"][form]
    return animation.open_writer(path, form, *size, fps, quality=target.quality, longest=longest)

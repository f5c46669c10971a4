"""The job kind `turntable`: a design turning, as films and loops. Segments are made apart, then joined."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assets.design import TransparentBackground
from assets.scene import Quality
from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import AnyDesign, as_design, close_design, stem_of
from pipelines.cost import Work
from pipelines.marking import Watermark
from pipelines.quality import Deadline, chosen, recorded
from pipelines.versions import PICTURES, version

SIZES: Mapping[str, tuple[int, int]] = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
QUALITIES: Mapping[str, Quality] = {
    "draft": Quality.DRAFT,
    "standard": Quality.PREVIEW,
    "high": Quality.FINAL,
}
SIDES = ("front", "right", "back", "left")
"""As they come into sight: the design turns counter-clockwise seen from above, and left is the wearer's."""
SEGMENT_FRAMES = 25
"""How many frames a lost worker may cost, and one segment keeps others waiting for; with fewer the encoder is started
and drained too often. It is less than a second of any film, so that each segment has one key picture, its first.
"""


TurnFormat = Literal["mp4", "webm", "av1", "webp", "apng", "gif"]
"""Films: H.264 in MP4, VP9 in WebM, AV1 in MP4. Loops of pictures: WebP, APNG, GIF."""
FILMS = frozenset({"mp4", "webm", "av1"})
LOOP_SIDES: Mapping[str, int] = {"webp": 960, "apng": 720, "gif": 640}
"""Pixels that a loop has on its longer side at most: what a page shows, and what loads in time."""
_GIF_FPS = 50  # pictures that last under two hundredths of a second are shown for ten


class TurntableOptions(Spec):
    """What a job of the kind `turntable` takes beside its design; see :class:`TurntableSpec`."""

    formats: Annotated[tuple[TurnFormat, ...], Field(min_length=1, max_length=6, strict=False)] = ("mp4",)
    duration: Literal[3, 5, 10] = 5
    fps: Literal[24, 30, 60] = 30
    rotation: Literal[360, 720] = 360
    resolution: Literal["720p", "1080p", "4k"] = "1080p"
    quality: Literal["draft", "standard", "high"] = "standard"
    encoder: Literal["software", "hardware"] = "software"
    watermark: Watermark | None = None

    @model_validator(mode="after")
    def _formats_once(self) -> Self:
        if len(set(self.formats)) != len(self.formats):
            msg = "name each format once"
            raise ValueError(msg)
        return self


class TurntableSpec(TurntableOptions):
    """A video of ``duration * fps`` frames in which the design turns and the light stands still.

    ``rotation`` is the whole turn in degrees; the first frame follows the last without a jump. All ``formats``
    are encoded from the same rendered frames. WebP, APNG and GIF are loops of at most 960, 720 and 640 pixels a side,
    which may be transparent; a GIF of 60 frames a second shows every second one.

    With ``encoder: hardware`` a film is made by the worker's graphics card if that encodes a frame when it is tried,
    else by software. One worker then makes all of it, and equal jobs need not give equal bytes.

    ``deadline_s`` and ``allow_lower_quality`` choose the quality as those of a still do; ``watermark`` is laid all
    over the pictures.
    """

    design: AnyDesign
    deadline_s: Deadline | None = None
    allow_lower_quality: bool = False


def segments(frames: int, most: int = SEGMENT_FRAMES) -> list[tuple[int, int]]:
    """Half-open frame ranges of at most ``most`` frames that cover ``frames``: of equal length, and so with key
    pictures at equal distances, where that needs not many more; else of nearly equal length.
    """
    least = -(-frames // most)
    count = next((n for n in range(least, 2 * least + 1) if frames % n == 0), least)
    edges = [frames * i // count for i in range(count + 1)]
    return list(pairwise(edges))


def cardinals(frames: int, rotation: int) -> dict[str, int]:
    """The frames of the first turn that are nearest to the :data:`SIDES`."""
    return {name: round(frames * quarter * 90 / rotation) for quarter, name in enumerate(SIDES)}


def every(name: str, fps: int) -> int:
    """Which frames a format takes: all, or every second one where it cannot show so many in a second."""
    return 2 if name == "gif" and fps > _GIF_FPS else 1


def close(spec: TurntableSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """First the four sides, to be seen early; then `turntable.segment` steps, and one `turntable.join` a format that
    needs them all.
    """
    clear = isinstance(as_design(spec.design).canvas.background, TransparentBackground)
    if clear and FILMS & set(spec.formats):
        raise Refused(
            "turntable.no_alpha",
            "A video cannot be transparent: give design.canvas.background a solid colour or a gradient, or ask for "
            "webp, apng or gif",
            {"path": "design.canvas.background"},
        )
    closed = close_design(spec.design, resolver, canvas=True, texts=False)
    width, height = SIZES[spec.resolution]
    frames = spec.duration * spec.fps
    formats = sorted(spec.formats)
    # Parts from encoders of several machines would not fit together.
    hardware = spec.encoder == "hardware" and bool(FILMS & set(formats))
    cuts = [(0, frames)] if hardware else segments(frames)
    code = version(*PICTURES)
    choice = chosen(
        Work(
            width=width,
            height=height,
            frames=frames + len(SIDES),
            parts=len(cuts),
            encodings=len(formats),
        ),
        spec.design,
        resolver,
        QUALITIES[spec.quality],
        deadline_s=spec.deadline_s,
        allow_lower=spec.allow_lower_quality,
        names={quality: name for name, quality in QUALITIES.items()},
    )
    quality = choice.quality if choice else spec.quality
    shared = {
        "design": closed.document,
        "content": closed.content,
        "width": width,
        "height": height,
        "frames": frames,
        "fps": spec.fps,
        "degrees": spec.rotation,
        "quality": QUALITIES[quality].value,
        **({"watermark": spec.watermark} if spec.watermark else {}),
    }
    sides = Step(
        key="sides",
        name="turntable.sides",
        lane="render",
        params={**shared, "at": cardinals(frames, spec.rotation), "format": "webp" if clear else "jpeg"},
        version=code,
        total=len(SIDES),
        unit="frames",
        requires=("gl",),
    )
    parts = [
        Step(
            key=f"segment-{index}",
            name="turntable.segment",
            lane="render",
            params={
                **shared,
                "formats": formats,
                "longest": {name: LOOP_SIDES[name] for name in formats if name in LOOP_SIDES},
                "every": {name: every(name, spec.fps) for name in formats},
                "start": start,
                "stop": stop,
                **({"encoder": "hardware"} if hardware else {}),
            },
            version=code,
            total=stop - start,
            unit="frames",
            requires=("gl", "ffmpeg"),
        )
        for index, (start, stop) in enumerate(cuts)
    ]
    joins = [
        Step(
            key=f"join-{name}",
            name="turntable.join",
            lane="encode",
            params={
                "format": name,
                "fps": spec.fps // every(name, spec.fps),
                "frames": -(-frames // every(name, spec.fps)),
            },
            needs=tuple(part.key for part in parts),
            version=code,
            unit="files",
        )
        for name in formats
    ]
    decided = {"quality": quality, "deadline_s": None, "allow_lower_quality": False}
    return Closed(
        spec=recorded(spec.model_copy(update=decided), choice),
        plan=Plan(steps=(sides, *parts, *joins)),
        blobs=closed.blobs,
        stem=stem or stem_of(spec.design),
    )


KIND = JobKind(
    name="turntable",
    spec=TurntableSpec,
    close=close,
    summary="A design turning: MP4 (H.264 or AV1), WebM (VP9), or a loop as WebP, APNG or GIF",
    example={
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": "tee", "model": {"item": "tee"}}],
        },
        "formats": ["mp4", "webm"],
        "duration": 5,
        "fps": 30,
        "resolution": "1080p",
    },
)

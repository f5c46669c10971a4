"""The encoders of films as data: what each kind of film is made by, with which settings, and which works here.

The first of each kind encodes in software, and gives equal bytes whatever the number of threads and the processor
(x264: any with SSSE3; those without, and other architectures, round some decisions differently). For x264 that takes
a fixed motion range between threads, 2 to 4 of them, and no SEI (it would name the number); for VP9, 2 to 8 (with
one, libvpx searches differently). SVT-AV1 gives the same bytes with any number.

The others are pieces of hardware, taken when somebody asks for them and they have encoded a frame here with the very
settings: that an encoder is listed says nothing (H100 and H200 lack NVENC, drivers lack codecs). Their bytes differ
from card to card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from assets.scene import Quality
from exporters.errors import ExportError

FormatName = Literal["mp4", "webm", "av1"]
Options = Mapping[str, str | int]

HARDWARE = "hardware"
"""As the wish for any encoder that is not software."""

_VAAPI_DEVICE: Options = {"vaapi_device": "/dev/dri/renderD128"}
_UPLOAD = ("format=nv12", "hwupload")


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An ffmpeg encoder, its options by quality, and the thread counts within which its bytes are equal.

    ``device`` are ffmpeg's own options, before the input; ``upload`` are filters that bring frames to the device.
    """

    name: str
    quality: Mapping[Quality, Options]
    options: Options = field(default_factory=dict)
    min_threads: int = 1
    max_threads: int = 1
    pixels: str = "yuv420p"
    device: Options = field(default_factory=dict)
    upload: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """A kind of film. ``encoders``: the software one first. ``options`` are the container's."""

    name: FormatName
    container: Literal["mp4", "webm"]
    suffix: str
    mime: str
    codec: str
    encoders: tuple[Encoder, ...]
    options: Options


def _levels(name: str, draft: int, preview: int, final: int, **more: str | int) -> Mapping[Quality, Options]:
    """One number by quality under ``name``, with what is the same for all."""
    numbers = {Quality.DRAFT: draft, Quality.PREVIEW: preview, Quality.FINAL: final}
    return {quality: {name: number, **more} for quality, number in numbers.items()}


def _nvenc(codec: str, draft: int, preview: int, final: int, **more: str | int) -> Encoder:
    presets = {Quality.DRAFT: ("p2", draft), Quality.PREVIEW: ("p4", preview), Quality.FINAL: ("p5", final)}
    return Encoder(
        name=f"{codec}_nvenc",
        quality={quality: {"preset": preset, "cq": cq} for quality, (preset, cq) in presets.items()},
        options={"rc": "vbr", "b:v": 0, "bf": 0, "no-scenecut": 1, **more},
    )


def _qsv(codec: str, draft: int, preview: int, final: int) -> Encoder:
    return Encoder(
        name=f"{codec}_qsv",
        quality=_levels("global_quality", draft, preview, final),
        options={"preset": "medium", "bf": 0},
        pixels="nv12",
    )


def _amf(codec: str, draft: int, preview: int, final: int) -> Encoder:
    numbers = {Quality.DRAFT: draft, Quality.PREVIEW: preview, Quality.FINAL: final}
    return Encoder(
        name=f"{codec}_amf",
        quality={quality: {"qp_i": qp, "qp_p": qp} for quality, qp in numbers.items()},
        options={"rc": "cqp", "usage": "transcoding", "quality": "balanced"},
        pixels="nv12",
    )


def _vaapi(codec: str, setting: str, draft: int, preview: int, final: int) -> Encoder:
    return Encoder(
        name=f"{codec}_vaapi",
        quality=_levels(setting, draft, preview, final),
        options={"rc_mode": "CQP", "bf": 0},
        pixels="vaapi",
        device=_VAAPI_DEVICE,
        upload=_UPLOAD,
    )


_X264 = Encoder(
    name="libx264",
    quality={
        Quality.DRAFT: {"preset": "superfast", "crf": 26},
        Quality.PREVIEW: {"preset": "veryfast", "crf": 22},
        Quality.FINAL: {"preset": "veryfast", "crf": 18},
    },
    options={
        "x264-params": "scenecut=0:open-gop=0:mvrange-thread=32",
        "profile:v": "high",
        "bsf:v": "filter_units=remove_types=6",
    },
    min_threads=2,
    max_threads=4,
)

_VP9 = Encoder(
    name="libvpx-vp9",
    quality={
        Quality.DRAFT: {"deadline": "realtime", "cpu-used": 8, "crf": 36},
        Quality.PREVIEW: {"deadline": "realtime", "cpu-used": 8, "crf": 30},
        Quality.FINAL: {"deadline": "good", "cpu-used": 5, "crf": 24},
    },
    options={"b:v": 0, "row-mt": 1, "tile-columns": 2},
    min_threads=2,
    max_threads=8,
)

_SVT_AV1 = Encoder(
    name="libsvtav1",
    quality={
        Quality.DRAFT: {"preset": 10, "crf": 40},
        Quality.PREVIEW: {"preset": 10, "crf": 34},
        Quality.FINAL: {"preset": 8, "crf": 27},
    },
    options={"svtav1-params": "lp=2:scd=0"},
)

_VIDEOTOOLBOX = Encoder(
    name="h264_videotoolbox",
    quality=_levels("q:v", 45, 58, 70),
    options={"profile:v": "high", "allow_sw": 0},
)

FORMATS: Mapping[FormatName, VideoFormat] = {
    "mp4": VideoFormat(
        name="mp4",
        container="mp4",
        suffix=".mp4",
        mime="video/mp4",
        codec="h264",
        encoders=(
            _X264,
            _nvenc("h264", 28, 23, 19, **{"profile:v": "high"}),
            _qsv("h264", 28, 23, 19),
            _VIDEOTOOLBOX,
            _amf("h264", 28, 23, 19),
            _vaapi("h264", "qp", 28, 23, 19),
        ),
        options={"movflags": "+faststart"},
    ),
    "webm": VideoFormat(
        name="webm",
        container="webm",
        suffix=".webm",
        mime="video/webm",
        codec="vp9",
        encoders=(_VP9, _qsv("vp9", 120, 90, 60), _vaapi("vp9", "global_quality", 120, 90, 60)),
        options={"cues_to_front": 1},
    ),
    "av1": VideoFormat(
        name="av1",
        container="mp4",
        suffix="-av1.mp4",
        mime="video/mp4",
        codec="av1",
        encoders=(
            _SVT_AV1,
            _nvenc("av1", 36, 30, 25),
            _qsv("av1", 36, 30, 25),
            _amf("av1", 140, 110, 80),
            _vaapi("av1", "global_quality", 140, 110, 80),
        ),
        options={"movflags": "+faststart"},
    ),
}


def format_of(name: str) -> VideoFormat:
    """The kind of film of that name; ``export.format_unknown``."""
    for kind in FORMATS.values():
        if kind.name == name:
            return kind
    raise ExportError("export.format_unknown", f"{name!r} is not a film format; use mp4, webm or av1")


def wanted(kind: VideoFormat, wish: str | None) -> tuple[Encoder, ...]:
    """What to try in turn: nothing before software (None, or its name), all hardware, or one encoder by its name.
    ``export.encoder_unknown`` for a name that the kind of film does not have.
    """
    software, *hardware = kind.encoders
    if wish is None or wish == software.name:
        return ()
    if wish == HARDWARE:
        return tuple(hardware)
    found = tuple(encoder for encoder in hardware if encoder.name == wish)
    if not found:
        known = ", ".join(encoder.name for encoder in kind.encoders)
        raise ExportError("export.encoder_unknown", f"{kind.name} is encoded by {known}, not {wish}")
    return found

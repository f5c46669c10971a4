"""Frames to animated pictures that loop for ever: WebP, APNG and GIF, with the interface of :mod:`exporters.video`.

Every picture is kept on its own, needing no other: they are encoded side by side while the next frame is drawn,
and loops that workers wrote apart are joined by copying pictures (:func:`join`), with exact times. The bytes do not
depend on the number of threads, nor on where a loop was cut.

===== ======================== ============== ================== =========================================
kind  pictures                 alpha          times              measured: a 1080 x 1080 card, two cores
===== ======================== ============== ================== =========================================
webp  lossy, by quality        8 bits         milliseconds       47 KB and 33 ms a picture (preview)
apng  lossless                 8 bits         exact              769 KB and 13 ms a picture
gif   256 colours each         1 bit          hundredths         81 KB and 130 ms a picture, at 540 x 540
===== ======================== ============== ================== =========================================

Memory: ``threads`` + 2 frames and their encoded pictures; for GIF four frames and ffmpeg (about 100 MB at 540 px).
Encoded pictures go to the file at once.
"""

from __future__ import annotations

from pathlib import Path

from assets.scene import Quality
from exporters.errors import ExportError
from exporters.loop import Colour, Fit, LoopInfo
from exporters.loop_files import FORMATS, AnimationFormat, FormatName, format_of, join, probe
from exporters.loop_writers import AnimationWriter, GifWriter

__all__ = [
    "EXPORTER_VERSION",
    "FORMATS",
    "AnimationFormat",
    "AnimationWriter",
    "FormatName",
    "GifWriter",
    "LoopInfo",
    "fitted",
    "join",
    "open_writer",
    "probe",
]

EXPORTER_VERSION = 1
"""Goes into step hashes, together with :func:`exporters.ffmpeg.version`."""

_MIN_SIDE = 16


def open_writer(
    path: Path,
    fmt: FormatName,
    width: int,
    height: int,
    fps: int,
    *,
    quality: Quality = Quality.PREVIEW,
    threads: int = 2,
    longest: int | None = None,
    matte: Colour | None = None,
    nice: int = 0,
) -> AnimationWriter | GifWriter:
    """Starts an animated picture at ``path``. ``width`` and ``height`` are the frames'.

    ``longest`` shrinks the pictures to that many pixels on their longer side; ``matte`` (sRGB) puts them on a colour,
    which soft edges and shadows in a GIF need; ``nice`` lowers the encoders' priority below the renderer's.

    Raises ExportError ``export.format_unknown``, ``export.animation_size``, ``export.animation_rate``; writing raises
    ``export.over_budget`` for too many frames or bytes.
    """
    kind = format_of(fmt)
    limit = min(longest or kind.max_side, kind.max_side)
    if min(width, height) < _MIN_SIDE or limit < _MIN_SIDE:
        raise ExportError("export.animation_size", f"an animated picture's sides are {_MIN_SIDE} px or more")
    if longest is None and max(width, height) > kind.max_side:
        message = f"{fmt} is written up to {kind.max_side} px a side; ask for fewer, or shrink it with longest"
        raise ExportError("export.animation_size", message)
    if not 1 <= fps <= kind.max_fps:
        message = f"{fmt} has 1 to {kind.max_fps} frames a second, not {fps}; leave some out"
        raise ExportError("export.animation_rate", message)
    size = fitted(width, height, limit)
    fit = Fit((width, height), size, matte)
    if kind.encode is None:
        return GifWriter(path, kind, fit, (width, height), size, fps, nice)
    return AnimationWriter(path, kind, kind.encode, fit, (width, height), size, fps, quality, threads, nice)


def fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """Width and height shrunk, never enlarged, to ``longest`` px on the longer side; neither under 16."""
    share = min(1.0, longest / max(width, height))
    return max(_MIN_SIDE, round(width * share)), max(_MIN_SIDE, round(height * share))

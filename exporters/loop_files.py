"""The kinds of animated pictures, how large each may be, and joining them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from assets.scene import Quality
from exporters import apng_loop, gif_loop, webp_loop
from exporters.errors import ExportError
from exporters.loop import LoopInfo, Muxer, Picture

FormatName = Literal["webp", "apng", "gif"]

_MAX_PARTS = 10_000


@dataclass(frozen=True, kw_only=True)
class AnimationFormat:
    """A kind of animated picture, and how large one may be. ``max_bytes`` is what a shop's page can still load (GIF,
    WebP) or a film's editor will take (APNG).
    """

    name: FormatName
    suffix: str
    mime: str
    max_side: int
    max_fps: int
    max_frames: int
    max_bytes: int
    muxer: Callable[[IO[bytes], int, int, int], Muxer]
    pictures: Callable[[IO[bytes]], Iterator[Picture]]
    info: Callable[[IO[bytes]], LoopInfo]
    encode: Callable[[NDArray[np.uint8], Quality], Picture] | None  # None: ffmpeg does


FORMATS: Mapping[FormatName, AnimationFormat] = {
    "webp": AnimationFormat(
        name="webp",
        suffix=".webp",
        mime="image/webp",
        max_side=4096,
        max_fps=120,
        max_frames=900,
        max_bytes=64_000_000,
        muxer=webp_loop.WebpMuxer,
        pictures=webp_loop.pictures,
        info=webp_loop.info,
        encode=webp_loop.encode,
    ),
    "apng": AnimationFormat(
        name="apng",
        suffix=".png",
        mime="image/apng",
        max_side=4096,
        max_fps=120,
        max_frames=900,
        max_bytes=512_000_000,
        muxer=apng_loop.ApngMuxer,
        pictures=apng_loop.pictures,
        info=apng_loop.info,
        encode=apng_loop.encode,
    ),
    "gif": AnimationFormat(
        name="gif",
        suffix=".gif",
        mime="image/gif",
        max_side=1080,
        max_fps=50,  # a delay of less than 2 hundredths is shown as 10
        max_frames=500,
        max_bytes=64_000_000,
        muxer=gif_loop.GifMuxer,
        pictures=gif_loop.pictures,
        info=gif_loop.info,
        encode=None,
    ),
}


def format_of(fmt: FormatName) -> AnimationFormat:
    """The kind of that name. Raises ExportError ``export.format_unknown``."""
    if fmt not in FORMATS:
        raise ExportError("export.format_unknown", f"{fmt!r} is no animated picture; use webp, apng or gif")
    return FORMATS[fmt]


def join(paths: Sequence[Path], out: Path, fmt: FormatName, fps: int) -> LoopInfo:
    """Puts loops one behind the other into ``out`` without encoding again; decodes to their pictures bit by bit.

    Every picture's time comes from its number, so that the whole is as long as its frames say. Raises ExportError
    ``export.segments``, ``export.segments_differ``, ``export.animation_unreadable`` and ``export.over_budget``.
    """
    kind = format_of(fmt)
    if not 1 <= len(paths) <= _MAX_PARTS:
        raise ExportError("export.segments", f"a loop is joined from 1 to {_MAX_PARTS} parts", ours=True)
    parts = [probe(path, fmt) for path in paths]
    sizes = {(part.width, part.height) for part in parts}
    if len(sizes) != 1:
        raise ExportError("export.segments_differ", f"the parts have several sizes: {sorted(sizes)}", ours=True)
    (size,) = sizes
    budget = Budget(kind)
    try:
        with out.open("w+b") as file:
            muxer = kind.muxer(file, *size, fps)
            for path in paths:
                with path.open("rb") as source:
                    for picture in kind.pictures(source):
                        muxer.add(picture)
                        budget.spend(muxer.size)
            muxer.finish()
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise disk_error(error) from error
        raise
    return probe(out, fmt)


def probe(path: Path, fmt: FormatName) -> LoopInfo:
    """What a loop that was written here holds. Raises ExportError ``export.animation_unreadable``."""
    try:
        with path.open("rb") as file:
            found = format_of(fmt).info(file)
    except (OSError, ValueError, ArithmeticError) as error:
        raise ExportError("export.animation_unreadable", f"{path.name} cannot be read: {error}", ours=True) from error
    if not found.frames:
        raise ExportError("export.animation_unreadable", f"{path.name} holds no pictures", ours=True)
    return found


class Budget:
    """Frames and bytes of one loop, against what its kind may have."""

    def __init__(self, kind: AnimationFormat) -> None:
        self._kind = kind
        self._frames = 0

    def frame(self) -> None:
        """Counts a frame."""
        self._frames += 1
        if self._frames > self._kind.max_frames:
            message = (
                f"a {self._kind.name} has at most {self._kind.max_frames} frames; ask for a shorter loop, for fewer "
                "frames a second, or for a film"
            )
            raise ExportError("export.over_budget", message)

    def spend(self, size: int) -> None:
        """Looks at the bytes so far."""
        if size > self._kind.max_bytes:
            message = (
                f"a {self._kind.name} has at most {self._kind.max_bytes // 1_000_000} MB; ask for fewer pixels, "
                "fewer frames a second, a shorter loop, or for a film"
            )
            raise ExportError("export.over_budget", message)


def disk_error(error: OSError) -> ExportError:
    """What a failing disk means for a loop."""
    code = "export.disk_full" if error.errno in {28, 122} else "export.encode_failed"  # ENOSPC, EDQUOT
    return ExportError(code, f"the animated picture cannot be written: {error.strerror or error}", ours=True)

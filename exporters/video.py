"""Frames to a film: H.264 or AV1 in MP4 and VP9 in WebM, encoded while the next frame is drawn.

The settings leave no choice to the machine: the same frames give the same bytes whatever the number of
threads. For x264 that takes a fixed motion range between threads, 2 to 4 of them, and no SEI (it would name
the number); for VP9, 2 to 8 (with one, libvpx searches differently). SVT-AV1 gives the same bytes with any number.

Tags are true: BT.709 primaries and matrix, limited range, the sRGB transfer curve (IEC 61966-2-1), chroma
in the middle of its pixels.
"""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame, Quality
from exporters import ffmpeg as program
from exporters.container import VideoInfo, join, probe
from exporters.errors import ExportError
from exporters.image import is_opaque
from exporters.yuv import I420

__all__ = [
    "EXPORTER_VERSION",
    "FORMATS",
    "VideoFormat",
    "VideoInfo",
    "VideoWriter",
    "join",
    "open_writer",
    "probe",
]

EXPORTER_VERSION = 1
"""Goes into step hashes, together with :func:`exporters.ffmpeg.version`."""

FormatName = Literal["mp4", "webm", "av1"]

MAX_SIDE = 8192
MAX_FPS = 120
_QUEUE = 4  # frames converted but not taken by ffmpeg: at 4K, 50 MB
_STALL = 120.0  # seconds without a frame taken before ffmpeg counts as hung
_KILL = 0.8  # seconds that an aborted child gets to vanish

Options = Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An ffmpeg encoder, its options by quality, and the thread counts within which its bytes are equal."""

    name: str
    quality: Mapping[Quality, Options]
    options: Options
    min_threads: int
    max_threads: int


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """A kind of film. ``encoders``: the default first; the others are used when asked for and when they work.
    ``options`` are the container's.
    """

    name: FormatName
    container: Literal["mp4", "webm"]
    suffix: str
    mime: str
    codec: str
    encoders: tuple[Encoder, ...]
    options: Options

    def encoder(self, name: str | None) -> Encoder:
        """The encoder of that name if it encodes a frame here, else the default (None)."""
        default = self.encoders[0]
        if name is None or name == default.name:
            return default
        found = next((entry for entry in self.encoders if entry.name == name), None)
        if found is None:
            known = ", ".join(entry.name for entry in self.encoders)
            raise ExportError("export.encoder_unknown", f"{self.name} is encoded by {known}, not {name}")
        return found if program.usable(found.name) else default


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

_NVENC = Encoder(
    name="h264_nvenc",
    quality={
        Quality.DRAFT: {"preset": "p2", "cq": 28},
        Quality.PREVIEW: {"preset": "p4", "cq": 23},
        Quality.FINAL: {"preset": "p5", "cq": 19},
    },
    options={"rc": "vbr", "b:v": 0, "no-scenecut": 1, "profile:v": "high"},
    min_threads=1,
    max_threads=1,
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
    min_threads=1,
    max_threads=1,
)

FORMATS: Mapping[FormatName, VideoFormat] = {
    "mp4": VideoFormat(
        name="mp4",
        container="mp4",
        suffix=".mp4",
        mime="video/mp4",
        codec="h264",
        encoders=(_X264, _NVENC),
        options={"movflags": "+faststart"},
    ),
    "webm": VideoFormat(
        name="webm",
        container="webm",
        suffix=".webm",
        mime="video/webm",
        codec="vp9",
        encoders=(_VP9,),
        options={"cues_to_front": 1},
    ),
    "av1": VideoFormat(
        name="av1",
        container="mp4",
        suffix="-av1.mp4",
        mime="video/mp4",
        codec="av1",
        encoders=(_SVT_AV1,),
        options={"movflags": "+faststart"},
    ),
}


def open_writer(
    path: Path,
    fmt: FormatName,
    width: int,
    height: int,
    fps: int,
    *,
    quality: Quality = Quality.PREVIEW,
    threads: int = 2,
    encoder: str | None = None,
    nice: int = 0,
) -> VideoWriter:
    """Starts an encoder that writes to ``path``. ``width`` and ``height`` are even, ``fps`` whole.

    ``threads`` is a wish, clamped to where it does not change the bytes; ``nice`` lowers the encoder's
    priority below the renderer's.
    """
    if fmt not in FORMATS:
        raise ExportError("export.format_unknown", f"{fmt!r} is not a film format; use mp4, webm or av1")
    if width % 2 or height % 2:
        raise ExportError(
            "export.video_odd_size", f"a film's sides are even, not {width} x {height}; add or drop one pixel"
        )
    if not (16 <= width <= MAX_SIDE and 16 <= height <= MAX_SIDE):
        raise ExportError("export.video_size", f"a film's sides are 16 to {MAX_SIDE} px")
    if not 1 <= fps <= MAX_FPS:
        raise ExportError("export.video_rate", f"a film has 1 to {MAX_FPS} frames a second")
    kind = FORMATS[fmt]
    chosen = kind.encoder(encoder)
    command = _command(path, kind, chosen, (width, height), fps, quality, threads)
    return VideoWriter(path, command, width=width, height=height, encoder=chosen.name, nice=nice)


def _command(
    path: Path,
    kind: VideoFormat,
    encoder: Encoder,
    size: tuple[int, int],
    fps: int,
    quality: Quality,
    threads: int,
) -> list[str]:
    frames = ffmpeg.input(
        "pipe:",
        format="rawvideo",
        pix_fmt="yuv420p",
        s=f"{size[0]}x{size[1]}",
        r=fps,
        protocol_whitelist="file,pipe",
    ).filter(
        # Says what the samples are; a converting filter would guess.
        "setparams",
        range="limited",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="iec61966-2-1",
    )
    timescale = {"video_track_timescale": fps * 512} if kind.container == "mp4" else {}
    output = ffmpeg.output(
        frames,
        program.local(path),
        format=kind.container,
        vcodec=encoder.name,
        pix_fmt="yuv420p",
        color_range="tv",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="iec61966-2-1",
        chroma_sample_location="center",
        # A second a group: seeking is quick, and segments of whole seconds join into the same pattern.
        g=fps,
        keyint_min=fps,
        threads=min(max(threads, encoder.min_threads), encoder.max_threads),
        fflags="+bitexact",
        **{"flags:v": "+bitexact+cgop"},
        **encoder.options,
        **encoder.quality[quality],
        **kind.options,
        **timescale,
    )
    command: list[str] = (
        output.global_args("-hide_banner", "-nostats", "-loglevel", "error")
        .overwrite_output()
        .compile(cmd=program.executable())
    )
    return command


class Packing(Protocol):
    """How frames become what ffmpeg reads: ``size`` bytes each."""

    size: int

    def convert(self, frame: Frame, out: NDArray[np.uint8]) -> None:
        """Writes ``frame`` (uint8[h, w, 4]) to ``out`` (uint8[size])."""


class VideoWriter:
    """A film being written. One thread calls :meth:`write` and :meth:`close`; :meth:`abort` may come from any.

    As a context manager it closes on success and aborts on an exception. ``packing`` is for what is no film: without
    one, frames are opaque and become YUV 4:2:0.
    """

    def __init__(
        self,
        path: Path,
        command: list[str],
        *,
        width: int,
        height: int,
        encoder: str,
        nice: int = 0,
        packing: Packing | None = None,
    ) -> None:
        self.path = path
        self.encoder = encoder
        self.frames = 0
        self._shape = (height, width, 4)
        self._opaque = packing is None
        self._convert = packing or I420(width, height)
        self._changed = threading.Condition()
        self._free = deque(np.empty(self._convert.size, np.uint8) for _ in range(_QUEUE))
        self._ready: deque[NDArray[np.uint8]] = deque()
        self._ended = False  # no more frames will come
        self._aborted = False
        self._error: ExportError | None = None
        self._child: program.Child | None = None
        self._feeder = threading.Thread(target=self._feed, args=(command, nice), name="ffmpeg-feed", daemon=True)
        self._feeder.start()
        with self._changed:
            self._changed.wait_for(lambda: self._child is not None or self._error is not None)
        if self._error is not None:
            raise self._error

    @property
    def pid(self) -> int | None:
        """Process id of ffmpeg, for those who watch over children."""
        return self._child.pid if self._child else None

    def write(self, frame: Frame) -> None:
        """Adds a frame (uint8[h, w, 4]; opaque in a film). The array may be reused at once. Waits while the encoder
        is four frames behind; raises the encoder's failure as soon as it is known.
        """
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ExportError(
                "export.frame_invalid",
                f"this film takes uint8{list(self._shape)}, not {frame.dtype}{list(frame.shape)}",
                ours=True,
            )
        pixels = np.ascontiguousarray(frame)
        if self._opaque and not is_opaque(pixels):
            raise ExportError(
                "export.video_has_no_alpha",
                "a film cannot be transparent; give the design a solid or gradient background",
            )
        with self._changed:
            moved = self._changed.wait_for(lambda: self._free or self._error is not None or self._aborted, _STALL)
            self._raise_failure(moved=bool(moved))
            buffer = self._free.popleft()
        self._convert.convert(pixels, buffer)
        with self._changed:
            self._ready.append(buffer)
            self.frames += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Finishes the file; afterwards it has exactly as many frames as were written."""
        if self.frames == 0:
            self.abort()
            raise ExportError("export.video_empty", "a film needs at least one frame", ours=True)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._feeder.join(_STALL + _QUEUE)
        with self._changed:
            self._raise_failure(moved=not self._feeder.is_alive())
        found = probe(self.path).frames
        if found != self.frames:
            self._remove()
            raise ExportError("export.frame_count", f"{self.frames} frames went in, {found} came out", ours=True)

    def abort(self) -> None:
        """Kills the encoder and removes the file. Safe from any thread, at any time, more than once."""
        with self._changed:
            if self._ended and not self._feeder.is_alive() and self._error is None:
                return  # closed: the file is the caller's
            self._aborted = True
            self._ended = True
            self._changed.notify_all()
        if self._child is not None:
            self._child.kill()
        if self._feeder is not threading.current_thread():
            self._feeder.join(_KILL)
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _raise_failure(self, *, moved: bool) -> None:
        if self._aborted:
            self._remove()
            raise ExportError("export.aborted", "the film was aborted", ours=True)
        if self._error is not None:
            self._remove()
            raise self._error
        if not moved:
            if self._child is not None:
                self._child.kill()
            self._remove()
            raise ExportError("export.encode_stalled", "ffmpeg took no frame for two minutes", ours=True)

    def _remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _feed(self, command: list[str], nice: int) -> None:
        """The feeder thread: spawns ffmpeg, hands it frames, waits for its end."""
        try:
            child = program.Child(command, nice=nice)
        except ExportError as error:
            self._fail(error)
            return
        with self._changed:
            self._child = child
            self._changed.notify_all()
        try:
            while batch := self._take():
                child.feed([memoryview(buffer) for buffer in batch])  # type: ignore[arg-type]  # a buffer
                with self._changed:
                    self._free.extend(batch)
                    self._changed.notify_all()
            status = child.finish(_KILL if self._aborted else _STALL)
        except (BrokenPipeError, ConnectionResetError):
            child.kill()
            self._fail(child.failure("ffmpeg stopped reading"))
        except subprocess.TimeoutExpired:
            child.kill()
            self._fail(ExportError("export.encode_stalled", "ffmpeg did not end in two minutes", ours=True))
        else:
            if status != 0:
                self._fail(child.failure("ffmpeg failed"))
        finally:
            child.reap()

    def _take(self) -> list[NDArray[np.uint8]]:
        """All the frames that are ready; empty when no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._ended)
            batch = [] if self._aborted else list(self._ready)
            self._ready.clear()
            return batch

    def _fail(self, error: ExportError) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()

"""Frames to a film: H.264 or AV1 in MP4 and VP9 in WebM, encoded while the next frame is drawn.

The settings (:mod:`exporters.encoders`) leave no choice to the machine: the same frames give the same bytes whatever
the number of threads, unless a hardware encoder is asked for.

Tags are true: BT.709 primaries and matrix, limited range, the sRGB transfer curve (IEC 61966-2-1), chroma
in the middle of its pixels.
"""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame, Quality
from exporters import ffmpeg as program
from exporters.container import VideoInfo, join, probe, timescale
from exporters.encoders import FORMATS, HARDWARE, Encoder, FormatName, VideoFormat, format_of, wanted
from exporters.errors import ExportError
from exporters.image import is_opaque
from exporters.yuv import I420

__all__ = [
    "EXPORTER_VERSION",
    "FORMATS",
    "HARDWARE",
    "Choice",
    "FormatName",
    "VideoFormat",
    "VideoInfo",
    "VideoWriter",
    "choose",
    "join",
    "open_writer",
    "probe",
]

EXPORTER_VERSION = 2
"""Goes into step hashes, together with :func:`exporters.ffmpeg.version`."""

MAX_SIDE = 8192
MAX_FPS = 120
_QUEUE = 4  # frames converted but not taken by ffmpeg: at 4K, 50 MB
_STALL = 120.0  # seconds without a frame taken before ffmpeg counts as hung
_KILL = 0.8  # seconds that an aborted child gets to vanish
_TRIED = (256, 144)  # pixels of the frame that an encoder is tried with


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The encoder that is used, and why the others that were asked for are not: what ffmpeg said of each."""

    encoder: Encoder
    refused: Mapping[str, str] = field(default_factory=dict)


def choose(fmt: FormatName, wish: str | None = None, *, quality: Quality = Quality.PREVIEW) -> Choice:
    """The encoder of a kind of film: software, or where ``wish`` is "hardware" or an encoder's name, the first of
    those that encodes a frame here. Raises ``export.format_unknown``, ``export.encoder_unknown``.
    """
    kind = format_of(fmt)
    refused: dict[str, str] = {}
    for encoder in wanted(kind, wish):
        fault = _fault(kind.name, encoder.name, quality)
        if fault is None:
            return Choice(encoder=encoder, refused=refused)
        refused[encoder.name] = fault
    return Choice(encoder=kind.encoders[0], refused=refused)


@cache
def _fault(fmt: FormatName, name: str, quality: Quality) -> str | None:
    """Why an encoder cannot be used on this machine, or None: it has encoded a frame."""
    kind = FORMATS[fmt]
    encoder = next(entry for entry in kind.encoders if entry.name == name)
    command = _command("pipe:", "null", encoder, {}, _TRIED, Fraction(30), quality, 1)
    grey = bytes([128]) * (_TRIED[0] * _TRIED[1] * 3 // 2)
    return program.fault(command, grey)


def open_writer(
    path: Path,
    fmt: FormatName,
    width: int,
    height: int,
    fps: int | Fraction,
    *,
    quality: Quality = Quality.PREVIEW,
    threads: int = 2,
    encoder: str | None = None,
    nice: int = 0,
) -> VideoWriter:
    """Starts an encoder that writes to ``path``. ``width`` and ``height`` are even; ``fps`` is exact, 30000/1001 too.

    ``threads`` is a wish, clamped to where it does not change the bytes; ``encoder`` is one for :func:`choose`;
    ``nice`` lowers the encoder's priority below the renderer's.
    """
    kind = format_of(fmt)
    if width % 2 or height % 2:
        raise ExportError(
            "export.video_odd_size", f"a film's sides are even, not {width} x {height}; add or drop one pixel"
        )
    if not (16 <= width <= MAX_SIDE and 16 <= height <= MAX_SIDE):
        raise ExportError("export.video_size", f"a film's sides are 16 to {MAX_SIDE} px")
    if not 1 <= fps <= MAX_FPS:
        raise ExportError("export.video_rate", f"a film has 1 to {MAX_FPS} frames a second")
    choice = choose(fmt, encoder, quality=quality)
    rate = Fraction(fps)
    ticks = {"video_track_timescale": timescale(rate)} if kind.container == "mp4" else {}
    command = _command(
        program.local(path),
        kind.container,
        choice.encoder,
        {**kind.options, **ticks},
        (width, height),
        rate,
        quality,
        threads,
    )
    writer = VideoWriter(path, command, width=width, height=height, encoder=choice.encoder.name, nice=nice)
    writer.refused = choice.refused
    return writer


def _command(
    target: str,
    container: str,
    encoder: Encoder,
    more: Mapping[str, str | int],
    size: tuple[int, int],
    rate: Fraction,
    quality: Quality,
    threads: int,
) -> list[str]:
    """An ffmpeg that reads YUV 4:2:0 from its input and writes to ``target``."""
    source = ffmpeg.input(
        "pipe:",
        format="rawvideo",
        pix_fmt="yuv420p",
        s=f"{size[0]}x{size[1]}",
        r=str(rate),
        protocol_whitelist="file,pipe",
        **encoder.device,
    )
    frames: Any = source.filter(
        # Says what the samples are; a converting filter would guess.
        "setparams",
        range="limited",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="iec61966-2-1",
    )
    for step in encoder.upload:
        name, _, value = step.partition("=")
        frames = frames.filter(name, value) if value else frames.filter(name)
    group = round(rate)
    output = ffmpeg.output(
        frames,
        target,
        format=container,
        vcodec=encoder.name,
        pix_fmt=encoder.pixels,
        color_range="tv",
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="iec61966-2-1",
        chroma_sample_location="center",
        # At least one key picture a second: seeking is quick.
        g=group,
        keyint_min=group,
        threads=min(max(threads, encoder.min_threads), encoder.max_threads),
        fflags="+bitexact",
        **{"flags:v": "+bitexact+cgop"},
        **encoder.options,
        **encoder.quality[quality],
        **more,
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

    As a context manager it closes on success and aborts on an exception. ``encoder`` is the one that is used,
    ``refused`` says why others that were asked for are not. ``packing`` is for what is no film: without
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
        self.refused: Mapping[str, str] = {}
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
            said = ""
            if self._child is not None:
                said = self._child.last_words
                self._child.kill()
            self._remove()
            raise ExportError("export.encode_stalled", f"ffmpeg took no frame for two minutes: {said}", ours=True)

    def _remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _feed(self, command: list[str], nice: int) -> None:
        """The feeder thread: spawns ffmpeg, hands it frames, waits for its end."""
        try:
            child = program.Child(command, nice=nice, pixels=self._shape[0] * self._shape[1])
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
            said = child.last_words
            self._fail(ExportError("export.encode_stalled", f"ffmpeg did not end in two minutes: {said}", ours=True))
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

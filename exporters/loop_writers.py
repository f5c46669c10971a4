"""Animated pictures being written: WebP and APNG by threads of ours, GIF by ffmpeg."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame, Quality
from exporters import ffmpeg as program
from exporters import gif_loop
from exporters.errors import ExportError
from exporters.loop import Fit, Picture
from exporters.loop_files import AnimationFormat, Budget, disk_error, join
from exporters.video import VideoWriter

_STALL = 120.0  # seconds for one picture before the encoder counts as hung
_MAX_THREADS = 16


class AnimationWriter:
    """An animated picture being written. One thread calls :meth:`write` and :meth:`close`; :meth:`abort` may come
    from any. As a context manager it closes on success and aborts on an exception.
    """

    def __init__(
        self,
        path: Path,
        kind: AnimationFormat,
        encode: Callable[[NDArray[np.uint8], Quality], Picture],
        fit: Fit,
        frame: tuple[int, int],
        size: tuple[int, int],
        fps: int,
        quality: Quality,
        threads: int,
        nice: int,
    ) -> None:
        self.path = path
        self.frames = 0
        self._encode, self._fit, self._quality = encode, fit, quality
        self._shape = (frame[1], frame[0], 4)
        self._budget = Budget(kind)
        self._ahead = min(max(threads, 1), _MAX_THREADS) + 2
        self._pending: deque[Future[Picture]] = deque()
        self._lock = threading.Lock()
        self._done = False
        self._aborted = False
        self._file = _created(path)
        self._muxer = kind.muxer(self._file, *size, fps)
        self._pool = ThreadPoolExecutor(
            self._ahead - 2, thread_name_prefix=f"{kind.name}-encode", initializer=_lower, initargs=(nice,)
        )

    def write(self, frame: Frame) -> None:
        """Adds a frame (uint8[h, w, 4], straight alpha). The array may be reused at once. Waits while the encoder
        is behind; raises its failure as soon as it is known.
        """
        self._check()
        _fits(frame, self._shape)
        try:
            self._budget.frame()
            self._pending.append(self._pool.submit(self._encoded, frame.copy()))
            self.frames += 1
            while len(self._pending) >= self._ahead:
                self._next()
        except BaseException as error:
            self._fail(error)
            raise

    def close(self) -> None:
        """Finishes the file; afterwards it has exactly as many pictures as frames were written."""
        self._check()
        if self.frames == 0:
            self.abort()
            raise ExportError("export.video_empty", "an animated picture needs at least one frame", ours=True)
        try:
            while self._pending:
                self._next()
            with self._lock:
                self._check()
                self._muxer.finish()
                self._file.close()
                self._done = True
        except BaseException as error:
            self._fail(error)
            raise
        self._pool.shutdown()

    def abort(self) -> None:
        """Drops what was not encoded yet and removes the file. Safe from any thread, at any time, repeatedly."""
        with self._lock:
            if self._done:
                return  # closed: the file is the caller's
            self._aborted = True
            with contextlib.suppress(OSError):  # what it still holds may have no room; the file goes anyway
                self._file.close()
            self.path.unlink(missing_ok=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _encoded(self, frame: Frame) -> Picture:
        return self._encode(self._fit.fit(frame), self._quality)

    def _next(self) -> None:
        """Puts the oldest picture into the file."""
        picture = self._pending.popleft().result(_STALL)
        with self._lock:
            self._check()
            self._muxer.add(picture)
        self._budget.spend(self._muxer.size)

    def _check(self) -> None:
        if self._aborted:
            raise ExportError("export.aborted", "the animated picture was aborted", ours=True)

    def _fail(self, error: BaseException) -> None:
        """Drops everything, and raises what ``error`` means if that is something else."""
        aborted = self._aborted
        self.abort()
        if aborted or isinstance(error, CancelledError):
            raise ExportError("export.aborted", "the animated picture was aborted", ours=True) from error
        if isinstance(error, Late):  # an OSError too
            raise ExportError("export.encode_stalled", "no picture was encoded in two minutes", ours=True) from error
        if isinstance(error, OSError):
            raise disk_error(error) from error


class GifWriter:
    """A GIF being written: frames go to ffmpeg as in a film; at the end its times and looping are put right.
    See :class:`AnimationWriter`.
    """

    def __init__(
        self,
        path: Path,
        kind: AnimationFormat,
        fit: Fit,
        frame: tuple[int, int],
        size: tuple[int, int],
        fps: int,
        nice: int,
    ) -> None:
        if not program.usable("gif"):
            raise ExportError("export.encoder_missing", "this ffmpeg cannot write GIF; install a full one", ours=True)
        self.path = path
        self._fps = fps
        self._budget = Budget(kind)
        self._raw = path.with_name(f"{path.name}.raw")
        self._writer = VideoWriter(
            self._raw,
            gif_loop.command(self._raw, *size, fps),
            width=frame[0],
            height=frame[1],
            encoder="gif",
            nice=nice,
            packing=gif_loop.Opaque(fit, *size),
        )

    @property
    def pid(self) -> int | None:
        """Process id of ffmpeg, for those who watch over children."""
        return self._writer.pid

    @property
    def frames(self) -> int:
        """How many were written."""
        return self._writer.frames

    def write(self, frame: Frame) -> None:
        """See :meth:`AnimationWriter.write`."""
        try:
            self._budget.frame()
            self._writer.write(frame)
            self._budget.spend(self._raw.stat().st_size if self._raw.exists() else 0)
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """See :meth:`AnimationWriter.close`."""
        try:
            self._writer.close()
            found = join([self._raw], self.path, "gif", self._fps)
        finally:
            self._raw.unlink(missing_ok=True)
        if found.frames != self.frames:
            self.path.unlink(missing_ok=True)
            message = f"{self.frames} frames went in, {found.frames} came out"
            raise ExportError("export.frame_count", message, ours=True)

    def abort(self) -> None:
        """See :meth:`AnimationWriter.abort`."""
        self._writer.abort()
        self._raw.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def _fits(frame: Frame, shape: tuple[int, int, int]) -> None:
    if frame.shape != shape or frame.dtype != np.uint8:
        message = f"this loop takes uint8{list(shape)}, not {frame.dtype}{list(frame.shape)}"
        raise ExportError("export.frame_invalid", message, ours=True)


def _created(path: Path) -> IO[bytes]:
    try:
        return path.open("w+b")
    except OSError as error:
        raise disk_error(error) from error


def _lower(nice: int) -> None:
    """The priority of this thread alone, as Linux has it."""
    if nice:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)

"""The ffmpeg program: where it is, what it can, and one child of it that cannot outlive us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO

import ffmpeg
import imageio_ffmpeg

from exporters.errors import ExportError

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True)
_PROBE_SECONDS = 20
_LINE = 500  # bytes of one log line that we keep
_LINES = 12
_FULL_DISK = ("No space left on device", "Disk quota exceeded")
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")  # of a thing in memory: another one each time
_MEMORY = 2 << 30  # bytes that a child may have beside what the pixels take
_MEMORY_PIXEL = 1024  # bytes for each pixel of a frame; SVT-AV1, the largest, was seen to take 460
_SIGNALLED = 255  # the status of an ffmpeg that caught a signal
_CPU_SECONDS = 4 * 3600  # of all its threads: ten seconds of 4K at 60 frames a second take an hour as VP9


@cache
def executable() -> str:
    """Path of the system's ffmpeg, else of the one that imageio-ffmpeg brings."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ExportError("export.ffmpeg_missing", "install ffmpeg, or imageio-ffmpeg", ours=True) from error


@cache
def version() -> str:
    """First line of ``ffmpeg -version``: part of what decides an encoded byte, so it belongs in hashes."""
    try:
        done = subprocess.run([executable(), "-version"], capture_output=True, timeout=_PROBE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ExportError("export.ffmpeg_missing", f"ffmpeg does not run: {error}", ours=True) from error
    return done.stdout.split(b"\n", 1)[0].decode("utf-8", "replace")


@cache
def usable(encoder: str) -> bool:
    """Whether ``encoder`` really encodes a frame here; being listed says nothing."""
    size = (256, 144)
    command = (
        ffmpeg.input("pipe:", format="rawvideo", pix_fmt="yuv420p", s=f"{size[0]}x{size[1]}", r=30)
        .output("pipe:", format="null", vcodec=encoder, **{"frames:v": 1})
        .global_args("-hide_banner", "-loglevel", "error")
        .compile(cmd=executable())
    )
    return fault(command, bytes([128]) * (size[0] * size[1] * 3 // 2)) is None


def fault(command: list[str], frame: bytes) -> str | None:
    """Why ``command`` does not encode ``frame``, which it reads from its input: ffmpeg's last words; None if it does.
    A driver that hangs gets 20 seconds.
    """
    try:
        done = subprocess.run(
            command, input=frame, capture_output=True, timeout=_PROBE_SECONDS, check=False, preexec_fn=_limited(0)
        )
    except subprocess.TimeoutExpired:
        return f"it did not encode a frame in {_PROBE_SECONDS} seconds"
    except OSError as error:
        return f"ffmpeg does not start: {error.strerror}"
    if done.returncode == 0:
        return None
    said = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return _ADDRESS.sub("", said[0])[:_LINE] if said else _ending(done.returncode)


def _limited(pixels: int) -> Callable[[], None]:
    """What a child does before it becomes ffmpeg: it may not outgrow its memory, run for ever, or leave a core.

    Only system calls happen in it, and no lock is taken.
    """
    memory = _MEMORY + _MEMORY_PIXEL * pixels

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return limit


class Child:
    """One running ffmpeg that reads standard input. Killed by the kernel when the spawning *thread* ends, so
    it must be made by the thread that feeds it.
    """

    def __init__(self, command: list[str], *, nice: int = 0, pixels: int = 0) -> None:
        """``pixels`` are a frame's: the more, the more memory it may have."""
        parent = os.getpid()
        limit = _limited(pixels)

        def die_with_parent() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)
            if nice:
                os.nice(nice)
            limit()

        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                # Only async-signal-safe system calls happen in it, and no lock is taken.
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )
        except OSError as error:
            raise ExportError("export.ffmpeg_missing", f"ffmpeg does not start: {error}", ours=True) from error
        self._log: deque[str] = deque(maxlen=_LINES)
        errors = self._process.stderr
        assert errors is not None
        self._reader = threading.Thread(target=self._read, args=(errors,), name="ffmpeg-log", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def feed(self, buffers: list[memoryview]) -> None:
        """Writes all of ``buffers``. Raises BrokenPipeError when ffmpeg has gone.

        One system call for several frames: while it blocks, the interpreter's lock is free, and the renderer
        may hold that lock for a whole draw.
        """
        pipe = self._process.stdin
        assert pipe is not None
        descriptor = pipe.fileno()
        while buffers:
            written = os.writev(descriptor, buffers)
            while buffers and written >= len(buffers[0]):
                written -= len(buffers.pop(0))
            if written:
                buffers[0] = buffers[0][written:]

    def finish(self, timeout: float) -> int:
        """Closes the input, waits, and returns the exit status; subprocess.TimeoutExpired when it hangs."""
        pipe = self._process.stdin
        assert pipe is not None
        pipe.close()
        status = self._process.wait(timeout)
        self._reader.join(timeout)
        return status

    def kill(self) -> None:
        """Ends the child at once; harmless when it has ended."""
        self._process.kill()

    def reap(self) -> None:
        """Waits for a child that was killed or has ended, so that no zombie and no descriptor stays."""
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # in the kernel, on a dead disk
            return
        finally:
            if self._process.stdin is not None:
                self._process.stdin.close()

    def failure(self, what: str) -> ExportError:
        """The error to raise, with the last lines that ffmpeg wrote; of a child that has ended, or should have."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._reader.join(1)
        lines = " / ".join(self._log) or f"no message, {_ending(self._process.poll())}"
        code = "export.disk_full" if _tells_full_disk(lines) else "export.encode_failed"
        return ExportError(code, f"{what}: {lines}", ours=True)

    @property
    def last_words(self) -> str:
        """The last lines that ffmpeg wrote so far."""
        return " / ".join(self._log)

    def _read(self, errors: IO[bytes]) -> None:
        with errors:
            while line := errors.readline(_LINE):
                text = line.decode("utf-8", "replace").strip()
                if text:
                    self._log.append(text)
                    if _tells_full_disk(text):
                        self.kill()  # some encoders wait for ever when they are to end with frames in them


def _tells_full_disk(text: str) -> bool:
    return any(words in text for words in _FULL_DISK)


def _ending(status: int | None) -> str:
    """What is known of a child that said nothing."""
    if status in {_SIGNALLED, -signal.SIGXCPU}:
        return f"it was told to end, as it is after {_CPU_SECONDS} seconds of processor time"
    if status is None or status >= 0:
        return f"status {status}"
    return f"ended by {signal.Signals(-status).name}"


def local(path: Path) -> str:
    """``path`` as an ffmpeg URL that can only mean a file, whatever colons it has."""
    return f"file:{path.resolve()}"

"""Animated GIF (GIF89a): 256 colours a picture, its own ones, and one bit of transparency.

ffmpeg chooses each picture's colours and dithers (Sierra-2-4A). Colours of its own for each picture came 1 dB nearer
to a tilting card than 256 for the whole loop, flickered no more, and need the loop neither twice nor whole. Times
are hundredths of a second: at 30 a second, pictures last 3, 3, 4 of them, and a loop is as long as it should be.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, Final

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame
from exporters import ffmpeg as program
from exporters.loop import Fit, LoopInfo, Picture, ticks

RATE: Final = 100
_TRAILER, _EXTENSION, _IMAGE, _CONTROL = b"\x3b", b"\x21", b"\x2c", b"\xf9"
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"  # 0 rounds: for ever
_BACKGROUND: Final = 2  # what is shown is cleared before the next picture
_FULL_TABLE: Final = 0x87  # a table of its own, 256 colours


class Opaque:
    """Frames to ffmpeg's RGBA: where half or more is covered a pixel is opaque, elsewhere nothing."""

    def __init__(self, fit: Fit, width: int, height: int) -> None:
        self._fit = fit
        self._shape = (height, width, 4)
        self.size = width * height * 4

    def convert(self, frame: Frame, out: NDArray[np.uint8]) -> None:
        """See :class:`exporters.yuv.I420`; ``out`` is uint8[h * w * 4] of the loop's size."""
        pixels = self._fit.fit(frame)
        solid = pixels[..., 3] >= 128
        pixels[..., 3] = 255
        np.multiply(pixels, solid[..., None], out=out.reshape(self._shape), casting="unsafe")


def command(path: Path, width: int, height: int, fps: int) -> list[str]:
    """An ffmpeg that takes RGBA frames and writes a GIF; its times and looping are put right by :class:`GifMuxer`."""
    frames = ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="rgba", s=f"{width}x{height}", r=fps, protocol_whitelist="file,pipe"
    )
    both = frames.split()
    palette = both[0].filter("palettegen", stats_mode="single", reserve_transparent=1)
    drawn = ffmpeg.filter([both[1], palette], "paletteuse", new=1, dither="sierra2_4a")
    output = ffmpeg.output(
        drawn,
        program.local(path),
        format="gif",
        vcodec="gif",
        gifflags="-offsetting-transdiff",  # pictures that need no other
        fflags="+bitexact",
        **{"flags:v": "+bitexact"},
    )
    made: list[str] = (
        output.global_args("-hide_banner", "-nostats", "-loglevel", "error")
        .overwrite_output()
        .compile(cmd=program.executable())
    )
    return made


class GifMuxer:
    """See :class:`exporters.loop.Muxer`."""

    def __init__(self, file: IO[bytes], width: int, height: int, fps: int) -> None:
        self._file, self._fps = file, fps
        self._count = 0
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0) + _LOOP)
        self.size = file.tell()

    def add(self, picture: Picture) -> None:
        """Appends a picture, whose data is the transparent colour's number (or 256) and the image's block."""
        clear = int.from_bytes(picture.data[:2], "little")
        flags = _BACKGROUND << 2 | (clear < 256)
        shown = ticks(self._count, self._fps, RATE)
        control = _EXTENSION + _CONTROL + struct.pack("<BBHBB", 4, flags, shown, clear & 0xFF, 0)
        self.size += self._file.write(control + picture.data[2:])
        self._count += 1

    def finish(self) -> None:
        """Writes the end."""
        self.size += self._file.write(_TRAILER)


def pictures(file: IO[bytes]) -> Iterator[Picture]:
    """The pictures of a GIF from :func:`command` or :class:`GifMuxer`, each with its own table of colours."""
    _, shared = _opened(file)
    clear = 256
    for name, body in _blocks(file):
        if name == _CONTROL:
            clear = body[4] if body[1] & 1 else 256
        elif name == _IMAGE:
            x, y, width, height, packed = struct.unpack("<HHHHB", body[:9])
            rest = body[9:] if packed & 0x80 else shared + body[9:]
            image = _IMAGE + struct.pack("<HHHHB", x, y, width, height, packed if packed & 0x80 else _FULL_TABLE)
            data = struct.pack("<H", clear) + image + rest
            yield Picture(data=data, x=x, y=y, width=width, height=height, alpha=clear < 256)


def info(file: IO[bytes]) -> LoopInfo:
    """What a loop holds."""
    (width, height), _ = _opened(file)
    frames = shown = 0
    endless = False
    for name, body in _blocks(file):
        if name == _CONTROL:
            shown += int.from_bytes(body[2:4], "little")
        elif name == _IMAGE:
            frames += 1
        elif body[1:12] == _LOOP[3:14]:
            endless = body[14:16] == b"\0\0"
    return LoopInfo(frames=frames, width=width, height=height, duration=Fraction(shown, RATE), endless=endless)


def _opened(file: IO[bytes]) -> tuple[tuple[int, int], bytes]:
    """Its size, and its shared table, filled up to 256 colours."""
    head = file.read(13)
    if head[:6] != b"GIF89a":
        raise ValueError("it is no animated GIF")
    width, height, packed = struct.unpack("<HHB", head[6:11])
    table = file.read(3 * (2 << (packed & 7))) if packed & 0x80 else b""
    return (width, height), table.ljust(768, b"\0")


def _blocks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """``(label, content with its sub-blocks)``: of extensions by their label, of images as ``,``."""
    while (kind := _read(file, 1)) != _TRAILER:
        if kind == _EXTENSION:
            yield _read(file, 1), _sub_blocks(file)
        elif kind == _IMAGE:
            head = _read(file, 9)
            table = _read(file, 3 * (2 << (head[8] & 7))) if head[8] & 0x80 else b""
            yield kind, head + table + _read(file, 1) + _sub_blocks(file)
        else:
            raise ValueError("it holds an unknown block")


def _sub_blocks(file: IO[bytes]) -> bytes:
    parts: list[bytes] = []
    while (length := _read(file, 1)) != b"\0":
        parts += (length, _read(file, length[0]))
    return b"".join((*parts, b"\0"))


def _read(file: IO[bytes], count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ValueError("it ends within a block")
    return data

"""Animated PNG (PNG third edition, 2025): lossless pictures with alpha, each whole and on its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from assets.scene import Quality
from exporters import png
from exporters.loop import LoopInfo, Picture

_REPLACE: Final = b"\0\0"  # dispose: leave; blend: replace every pixel, alpha too
_COUNT_AT: Final = len(png.SIGNATURE) + len(png.head(1, 1, 4))


def encode(frame: NDArray[np.uint8], quality: Quality) -> Picture:
    """The whole of ``frame`` (contiguous uint8[h, w, 4], straight alpha); lossless, whatever the ``quality``."""
    del quality
    height, width = frame.shape[:2]
    return Picture(data=b"".join(png.deflated(frame)), x=0, y=0, width=width, height=height)


class ApngMuxer:
    """See :class:`exporters.loop.Muxer`."""

    def __init__(self, file: IO[bytes], width: int, height: int, fps: int) -> None:
        self._file, self._fps = file, fps
        self._count = 0
        self._sequence = 0
        file.write(png.SIGNATURE + png.head(width, height, 4) + self._control())
        self.size = file.tell()

    def add(self, picture: Picture) -> None:
        """Appends a picture; it is shown for exactly a frame's time."""
        place = struct.pack(">IIII", picture.width, picture.height, picture.x, picture.y)
        control = self._number() + place + struct.pack(">HH", 1, self._fps) + _REPLACE
        self.size += self._file.write(png.chunk(b"fcTL", control))
        if self._count == 0:
            self.size += self._file.write(png.chunk(b"IDAT", picture.data))
        else:
            self.size += self._file.write(png.chunk(b"fdAT", self._number() + picture.data))
        self._count += 1

    def finish(self) -> None:
        """Writes the end, and the count at the start."""
        self.size += self._file.write(png.chunk(b"IEND", b""))
        self._file.seek(_COUNT_AT)
        self._file.write(self._control())

    def _control(self) -> bytes:
        return png.chunk(b"acTL", struct.pack(">II", self._count, 0))  # 0 plays: for ever

    def _number(self) -> bytes:
        self._sequence += 1
        return struct.pack(">I", self._sequence - 1)


def pictures(file: IO[bytes]) -> Iterator[Picture]:
    """The pictures of a loop that this module wrote."""
    place: tuple[int, int, int, int] = (0, 0, 0, 0)
    for name, body in _chunks(file):
        if name == b"fcTL":
            place = struct.unpack(">IIII", body[4:20])
        elif name in {b"IDAT", b"fdAT"}:
            width, height, x, y = place
            yield Picture(data=body if name == b"IDAT" else body[4:], x=x, y=y, width=width, height=height)


def info(file: IO[bytes]) -> LoopInfo:
    """What a loop holds."""
    width = height = frames = 0
    endless = False
    shown = Fraction(0)
    for name, body in _chunks(file):
        if name == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        elif name == b"acTL":
            endless = body[4:8] == bytes(4)
        elif name == b"fcTL":
            frames += 1
            shown += Fraction(*struct.unpack(">HH", body[20:24]))
    return LoopInfo(frames=frames, width=width, height=height, duration=shown, endless=endless)


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    if file.read(8) != png.SIGNATURE:
        raise ValueError("it is no PNG")
    while head := file.read(8):
        length = int.from_bytes(head[:4], "big")
        body = file.read(length + 4)
        if len(body) != length + 4:
            raise ValueError("it ends within a chunk")
        yield head[4:], body[:-4]

"""Animated WebP (RFC 9649): lossy pictures with alpha, each on its own.

libwebp's own animation encoder looks for what stays the same between pictures, and as a card tilts nothing does: at
1080 x 1080 it wrote 44.7 KB a picture in 54 ms; pictures on their own, cut to what is not transparent, are as large,
need no other picture to be encoded or joined, and take as many threads as there are.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import IO, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assets.scene import Quality
from exporters.errors import ExportError
from exporters.image import is_opaque, srgb_profile
from exporters.loop import LoopInfo, Picture, ticks

RATE: Final = 1000  # times are milliseconds
_QUALITY: Final = {Quality.DRAFT: (70, 0), Quality.PREVIEW: (82, 2), Quality.FINAL: (90, 4)}  # quality, method
_ANMF: Final = 16  # bytes of a frame's header
_ICC, _ALPHA, _ANIMATION = 0x20, 0x10, 0x02
_NO_BLEND, _CLEAR = 0x02, 0x01
_PARTS: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L"})


def encode(frame: NDArray[np.uint8], quality: Quality) -> Picture:
    """``frame`` (contiguous uint8[h, w, 4], straight alpha), cut to what is not transparent."""
    left, top, width, height = cv2.boundingRect(cv2.extractChannel(frame, 3))
    width, height = (width, height) if width else (1, 1)
    x, y = left & ~1, top & ~1  # places are counted in pairs of pixels
    part = np.ascontiguousarray(frame[y : top + height, x : left + width])
    alpha = not is_opaque(part)
    if not alpha:
        part = np.ascontiguousarray(part[..., :3])
    level, method = _QUALITY[quality]
    out = io.BytesIO()
    try:
        Image.fromarray(part).save(out, "WEBP", quality=level, method=method, alpha_quality=100)
    except (OSError, ValueError, MemoryError) as error:
        raise ExportError("export.encode_failed", f"the webp encoder failed: {error}", ours=True) from error
    out.seek(12)
    data = b"".join(name + raw for name, raw in _chunks(out) if name in _PARTS)
    return Picture(data=data, x=x, y=y, width=part.shape[1], height=part.shape[0], alpha=alpha)


class WebpMuxer:
    """See :class:`exporters.loop.Muxer`."""

    def __init__(self, file: IO[bytes], width: int, height: int, fps: int) -> None:
        self._file, self._fps = file, fps
        self._count = 0
        self._canvas = _u24(width - 1) + _u24(height - 1)
        self._alpha = False
        profile = srgb_profile()
        file.write(b"RIFF\0\0\0\0WEBP" + self._head())
        file.write(_chunk(b"ICCP", profile) + _chunk(b"ANIM", struct.pack("<IH", 0, 0)))  # clear; for ever
        self.size = file.tell()

    def add(self, picture: Picture) -> None:
        """Appends a picture; it replaces the one before."""
        shown = ticks(self._count, self._fps, RATE)
        head = b"".join(
            (
                *map(_u24, (picture.x // 2, picture.y // 2, picture.width - 1, picture.height - 1, shown)),
                bytes([_NO_BLEND | _CLEAR]),
            )
        )
        self.size += self._file.write(_chunk(b"ANMF", head + picture.data))
        self._alpha |= picture.alpha
        self._count += 1

    def finish(self) -> None:
        """Writes the length and the flags at the start."""
        self._file.seek(4)
        self._file.write(struct.pack("<I", self.size - 8))
        self._file.seek(12)
        self._file.write(self._head())

    def _head(self) -> bytes:
        # A picture that is smaller than the canvas leaves the rest transparent, whatever it is itself.
        flags = _ICC | _ANIMATION | (_ALPHA if self._alpha else 0)
        return _chunk(b"VP8X", struct.pack("<I", flags) + self._canvas)


def pictures(file: IO[bytes]) -> Iterator[Picture]:
    """The pictures of a loop that this module wrote."""
    _, chunks = _opened(file)
    for name, raw in chunks:
        if name != b"ANMF":
            continue
        body = raw[4:]
        x, y, width, height = (int.from_bytes(body[at : at + 3], "little") for at in (0, 3, 6, 9))
        data = body[_ANMF : int.from_bytes(raw[:4], "little")]
        alpha = data[:4] == b"ALPH" or (data[:4] == b"VP8L")
        yield Picture(data=data, x=2 * x, y=2 * y, width=width + 1, height=height + 1, alpha=alpha)


def info(file: IO[bytes]) -> LoopInfo:
    """What a loop holds."""
    (width, height), chunks = _opened(file)
    frames, shown, endless = 0, 0, False
    for name, raw in chunks:
        if name == b"ANIM":
            endless = raw[8:10] == b"\0\0"
        elif name == b"ANMF":
            frames += 1
            shown += int.from_bytes(raw[16:19], "little")
    return LoopInfo(frames=frames, width=width, height=height, duration=Fraction(shown, RATE), endless=endless)


def _opened(file: IO[bytes]) -> tuple[tuple[int, int], Iterator[tuple[bytes, bytes]]]:
    head = file.read(30)
    if head[:4] != b"RIFF" or head[8:16] != b"WEBPVP8X":
        raise ValueError("it is no animated WebP")
    size = (int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1)
    return size, _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """``(name, length and content as they are in the file)`` of every chunk from here on."""
    while head := file.read(8):
        length = int.from_bytes(head[4:], "little")
        body = file.read(length + length % 2)
        if len(body) != length + length % 2:
            raise ValueError("it ends within a chunk")
        yield head[:4], head[4:] + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "little")

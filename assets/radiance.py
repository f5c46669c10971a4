"""Light measured or painted elsewhere: a Radiance ``.hdr`` or an OpenEXR ``.exr`` file as an array.

The size is taken from the header and checked before a pixel is decoded; the type is told by content.
"""

from __future__ import annotations

import io
import re
from typing import Final

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from assets.errors import ImageError

MAX_BYTES: Final = 160 * 1024 * 1024
"""An uncompressed file of the largest size with four channels of 32 bits is 128 MiB."""

MAX_WIDTH: Final = 4096
MAX_HEIGHT: Final = 2048
BRIGHTEST: Final = 1e6
"""Radiance above is cut off: the sun itself is at about 1e5 of a sky of 1."""

_EXR: Final = b"\x76\x2f\x31\x01"
_CHANNELS: Final = 8
_HEADER: Final = 8192
_RUN: Final = 128  # a count above stands for a run of one value, one below for that many values
_MOST_CODES: Final = (
    6_000_000  # an encoder that saves anything needs fewer for the largest picture; about two seconds
)
_SIZE: Final = re.compile(rb"\n-Y (\d{1,6}) \+X (\d{1,6})\n")


def decode(data: bytes) -> NDArray[np.float32]:
    """Linear radiance float32[h, w, 3], top row first, finite, 0..:data:`BRIGHTEST`.

    Raises ImageError ``environment.type`` (neither format, or a kind of it that holds no picture),
    ``environment.too_large`` (over :data:`MAX_WIDTH` x :data:`MAX_HEIGHT` or :data:`MAX_BYTES`) or
    ``environment.invalid`` (damaged).
    """
    if len(data) > MAX_BYTES:
        message = f"the environment has {len(data) >> 20} MiB; at most {MAX_BYTES >> 20} MiB are accepted"
        raise ImageError(message, code="environment.too_large")
    if data[:2] == b"#?":
        pixels = _hdr(data)
    elif data[:4] == _EXR:
        pixels = _exr(data)
    else:
        raise ImageError("the environment is neither a .hdr nor an .exr file; convert it", code="environment.type")
    if not np.isfinite(pixels).all():
        message = "the environment has pixels that are not finite; save it again without them"
        raise ImageError(message, code="environment.invalid")
    return np.ascontiguousarray(np.clip(pixels, 0, BRIGHTEST), dtype=np.float32)


def _hdr(data: bytes) -> NDArray[np.float32]:
    """Radiance RGBE (Ward, "Real pixels", 1991): flat, or each channel of a row run-length encoded."""
    head = data[:_HEADER]
    size = _SIZE.search(head)
    if b"FORMAT=32-bit_rle_rgbe" not in head or size is None:
        message = "the .hdr file is not upright RGBE (-Y h +X w); save it again as Radiance RGBE"
        raise ImageError(message, code="environment.type")
    height, width = int(size[1]), int(size[2])
    _check(width, height)
    at = size.end()
    if len(data) - at == 4 * width * height:
        rgbe = np.frombuffer(data, np.uint8, offset=at).reshape(height, width, 4)
    else:
        rgbe = np.moveaxis(_runs(data, at, width, height), 1, 2)
    scale = np.ldexp(np.float32(1), rgbe[..., 3].astype(np.int32) - 136)
    return np.asarray(rgbe[..., :3] * np.where(rgbe[..., 3:] > 0, scale[..., None], 0), dtype=np.float32)


def _runs(data: bytes, at: int, width: int, height: int) -> NDArray[np.uint8]:
    """Rows of runs as uint8[height, 4, width]."""
    lead = bytes((2, 2, width >> 8, width & 255))
    out = bytearray()
    codes = 0
    try:
        for row in range(height):
            if data[at : at + 4] != lead:
                raise _damaged()
            at += 4
            for end in range((4 * row + 1) * width, (4 * row + 5) * width, width):
                while len(out) < end:
                    count = data[at]
                    if count > _RUN:
                        out += data[at + 1 : at + 2] * (count - _RUN)
                        at += 2
                    elif count:
                        out += data[at + 1 : at + 1 + count]
                        at += 1 + count
                    else:
                        raise _damaged()
                    codes += 1
                if len(out) != end or codes > _MOST_CODES:
                    raise _damaged()
    except IndexError as error:
        raise _damaged() from error
    return np.frombuffer(bytes(out), np.uint8).reshape(height, 4, width)


def _exr(data: bytes) -> NDArray[np.float32]:
    try:
        header = OpenEXR.File(io.BytesIO(data), header_only=True)
        one = len(header.parts) == 1
        facts = header.header()
        (left, top), (right, bottom) = (tuple(int(v) for v in corner) for corner in facts["dataWindow"])
        names = {channel.name for channel in facts["channels"]}
    except Exception as error:  # the binding raises bare RuntimeErrors, and whatever the file leads it to
        raise _damaged() from error
    if not one or not names >= {"R", "G", "B"} or len(names) > _CHANNELS:
        message = "the .exr file must have one part with the channels R, G and B; export it as a plain RGB picture"
        raise ImageError(message, code="environment.type")
    height, width = bottom - top + 1, right - left + 1
    _check(width, height)
    try:
        channels = OpenEXR.File(io.BytesIO(data), separate_channels=True, num_threads=0).channels()
        pixels = np.stack([np.asarray(channels[name].pixels, np.float32) for name in "RGB"], axis=-1)
    except Exception as error:  # see above
        raise _damaged() from error
    if pixels.shape != (height, width, 3):
        raise _damaged()
    return pixels


def _check(width: int, height: int) -> None:
    if width > MAX_WIDTH or height > MAX_HEIGHT:
        message = f"the environment is {width} x {height}; scale it down to at most {MAX_WIDTH} x {MAX_HEIGHT}"
        raise ImageError(message, code="environment.too_large")
    if height < 1 or width != 2 * height:
        message = f"the environment is {width} x {height}; it must be a full sphere, twice as wide as high"
        raise ImageError(message, code="environment.shape")


def _damaged() -> ImageError:
    return ImageError("the environment is truncated or damaged; save it again", code="environment.invalid")

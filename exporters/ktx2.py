"""For GPUs: KTX 2 with UASTC blocks and all mip levels (KHR_texture_basisu, KTX File Format 2.0; Khronos)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import zstandard

from exporters.uastc import BLOCK, Bytes, encode

LONGEST: Final = 4096
"""Pixels a side, as many as every GPU takes; larger pictures are made smaller."""
_MAGIC: Final = b"\xabKTX 20\xbb\r\n\x1a\n"
_ZSTD: Final = 2
_LEVEL: Final = 9  # of zstd's: above it nothing is gained on blocks
_UASTC, _BT709, _LINEAR, _SRGB = 166, 1, 1, 2
_RGB, _RGBA = 0, 3


def write(pixels: Bytes, *, colour: bool, check: Callable[[], None] = lambda: None) -> bytes:
    """One file of a picture uint8[h, w, 4]. ``colour`` says that its numbers are sRGB, not measures.

    Sides become multiples of four, as glTF demands, and at most 4096. ``check`` is called now and then.
    """
    levels = _levels(_fitting(pixels))
    clear = bool((pixels[..., 3] < 255).any())
    blocks = [encode(level, check) for level in levels]
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False, threads=0)
    packed = [packer.compress(level) for level in blocks]
    descriptor = _descriptor(clear=clear, colour=colour)
    said = _said()
    height, width = levels[0].shape[:2]
    index = 80 + 24 * len(levels)
    start = index + len(descriptor) + len(said)
    places = []
    for level in reversed(packed):  # the smallest stands first
        places.append(start)
        start += len(level)
    head = _MAGIC + struct.pack("<9I", 0, 1, width, height, 0, 0, 1, len(levels), _ZSTD)
    head += struct.pack("<4I2Q", index, len(descriptor), index + len(descriptor), len(said), 0, 0)
    for place, level, whole in zip(reversed(places), packed, blocks, strict=True):
        head += struct.pack("<3Q", place, len(level), len(whole))
    return head + descriptor + said + b"".join(reversed(packed))


def _fitting(pixels: Bytes) -> Bytes:
    height, width = pixels.shape[:2]
    share = min(1.0, LONGEST / max(height, width))
    wide, high = (max(BLOCK, round(side * share / BLOCK) * BLOCK) for side in (width, height))
    if (high, wide) == (height, width):
        return pixels
    way = cv2.INTER_AREA if wide <= width and high <= height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (wide, high), interpolation=way), np.uint8)


def _levels(pixels: Bytes) -> list[Bytes]:
    """The picture and its halves down to one pixel, each made from the one before."""
    levels = [pixels]
    while max(levels[-1].shape[:2]) > 1:
        height, width = (max(1, side // 2) for side in levels[-1].shape[:2])
        smaller = cv2.resize(levels[-1], (width, height), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(smaller, np.uint8).reshape(height, width, 4))
    return levels


def _descriptor(*, clear: bool, colour: bool) -> bytes:
    """A basic data format descriptor with one sample; a block's bytes are 0, for what is packed has no fixed size."""
    transfer = _SRGB if colour else _LINEAR
    block = struct.pack("<2H", 2, 40) + bytes([_UASTC, _BT709, transfer, 0, BLOCK - 1, BLOCK - 1, 0, 0]) + bytes(8)
    sample = struct.pack("<HBB", 0, 127, _RGBA if clear else _RGB) + bytes(4) + struct.pack("<2I", 0, 0xFFFFFFFF)
    whole = struct.pack("<I", 0) + block + sample
    return struct.pack("<I", 4 + len(whole)) + whole


def _said() -> bytes:
    entries = b""
    for key, value in (("KTXorientation", "rd"), ("KTXwriter", "render-farm")):
        text = key.encode() + b"\0" + value.encode() + b"\0"
        entries += struct.pack("<I", len(text)) + text + bytes(-len(text) % 4)
    return entries

"""For GPUs: KTX 2 with UASTC blocks and all mip levels (KHR_texture_basisu, KTX File Format 2.0; Khronos)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import zstandard

from exporters import resampling
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
    levels = _levels(pixels, colour=colour)
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


def _levels(pixels: Bytes, *, colour: bool) -> list[Bytes]:
    """The picture in sides that glTF takes, and its halves down to one pixel, each made from the one before."""
    height, width = pixels.shape[:2]
    share = min(1.0, LONGEST / max(height, width))
    width, height = (max(BLOCK, round(side * share / BLOCK) * BLOCK) for side in (width, height))
    levels = [resampling.resized(pixels, width, height, colour=colour)]
    values = resampling.light(levels[0], colour=colour)
    while max(width, height) > 1:
        width, height = max(1, width // 2), max(1, height // 2)
        values = resampling.scaled(values, width, height)
        levels.append(resampling.codes(values, colour=colour))
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

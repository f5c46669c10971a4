"""PNG files and their parts: a few lines with numpy and zlib-ng, ten times as fast as Pillow and as small.

Filtered rows of rendered pictures are mostly runs and noise: run lengths alone (Z_RLE) then make them smaller in less
time than a search for matches that are not there. Prints and patterns do have them, and line drawings are smallest
without a filter. A sample of every slab of rows decides what it gets. Slabs are deflated side by side; where they are
cut depends on the picture's size alone. zlib-ng takes the same decisions on every processor (checked under emulated
ones without SSE 4.2, AVX and AVX2), so the bytes are equal whoever writes them.

Where zlib-ng cannot be imported Pillow writes the files: the same pixels and tags, other bytes.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

fast: Any  # zlib_ng.zlib_ng, where there is a wheel of it
try:
    from zlib_ng import zlib_ng as fast
except ImportError:
    fast = None

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_RUNS: Final = (2, zlib.Z_RLE)  # level and strategy; all levels above 1 are the same here
_MATCHES: Final = (3, zlib.Z_DEFAULT_STRATEGY)
_WORTH = 0.97  # of the runs' size that matches must come to, for they take longer
_BAND = 1 << 19  # bytes filtered at a time: they stay in the processor's cache, as do their differences
_SLAB = 2  # bands deflated on their own: what a table of codes costs, 80 bytes, is lost in them
_SAMPLES, _SAMPLE = 4, 8_192  # pieces of a slab, bytes of each
_MAX_THREADS = 4
_METRES_PER_INCH = 0.0254
_GAMMA = 45_455  # 1/2.2, in hundred-thousandths: what readers take that know no sRGB chunk
_ADLER = 65_521  # RFC 1950: the largest prime below 2^16
_HEAD: Final = b"\x78\x5e"  # RFC 1950: deflate, a window of 32 KB, a fast level


def written(pixels: NDArray[np.uint8], density: float | None, *, threads: int | None = None) -> bytes:
    """A whole file (W3C PNG third edition) of ``pixels`` (contiguous uint8[h, w, 3 or 4], sRGB): no filter,
    or Sub or Up by row. ``density`` in pixels per inch. ``threads`` change the time only; as many as there are cores
    unless said.
    """
    if fast is None:
        return _by_pillow(pixels, density)
    height, width, channels = pixels.shape
    parts = [SIGNATURE, head(width, height, channels)]
    if density is not None:
        per_metre = round(density / _METRES_PER_INCH)
        parts.append(chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    parts.extend(chunk(b"IDAT", packed) for packed in deflated(pixels, threads=threads))
    parts.append(chunk(b"IEND", b""))
    return b"".join(parts)


def head(width: int, height: int, channels: int) -> bytes:
    """The chunks that come first: size, 8 bits RGB or RGBA, sRGB (and the gamma that older readers take)."""
    return b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 6, 0, 0, 0)),
            chunk(b"sRGB", b"\x00"),  # perceptual
            chunk(b"gAMA", struct.pack(">I", _GAMMA)),
        )
    )


def deflated(pixels: NDArray[np.uint8], *, threads: int | None = 1) -> Iterator[bytes]:
    """The zlib stream of ``pixels`` (contiguous uint8[h, w, n]), filtered, in pieces of up to some megabytes.

    The same bytes with any number of ``threads`` (None: as many as there are cores).
    """
    height, width, channels = pixels.shape
    rows = pixels.reshape(height, width * channels)
    depth = _SLAB * max(1, _BAND // (rows.shape[1] + 1))
    starts = range(0, height, depth)
    count = min(len(starts), _MAX_THREADS, threads or os.cpu_count() or 1)
    check = 1  # of nothing
    slabs: Iterator[Slab]
    if count == 1:
        slabs = (_slab(rows, start, depth, channels) for start in starts)
    else:
        slabs = _side_by_side(rows, starts, depth, channels, count)
    for number, (packed, own, length) in enumerate(slabs):
        check = _joined(check, own, length)
        yield packed if number else _HEAD + packed
    yield struct.pack(">I", check)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    crc = (fast or zlib).crc32
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc(data, crc(kind)))


Slab = tuple[bytes, int, int]
"""Deflated bytes that end on a byte, the Adler-32 of what they hold, and its length."""


def _side_by_side(rows: NDArray[np.uint8], starts: range, depth: int, step: int, count: int) -> Iterator[Slab]:
    """The slabs in order, made by ``count`` threads, of which none is far ahead."""
    pending: deque[Future[Slab]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="png") as pool:
        for start in starts:
            pending.append(pool.submit(_slab, rows, start, depth, step))
            if len(pending) > 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _slab(rows: NDArray[np.uint8], start: int, depth: int, step: int) -> Slab:
    """``depth`` rows from ``start`` on, filtered or as they are, deflated (RFC 1951)."""
    stop = min(start + depth, len(rows))
    lines = _filtered(rows, start, stop, step)
    runs, matches = (len(_packed(_sample(lines), way)) for way in (_RUNS, _MATCHES))
    plain = len(_packed(_sample(rows[start:stop]), _MATCHES))
    if plain < _WORTH * min(runs, matches):
        lines[:, 0] = 0
        lines[:, 1:] = rows[start:stop]
        matches = plain
    way = _MATCHES if matches < _WORTH * runs else _RUNS
    packed = _packed(lines.reshape(-1), way, zlib.Z_FINISH if stop == len(rows) else zlib.Z_SYNC_FLUSH)
    return packed, (fast or zlib).adler32(lines.reshape(-1)), lines.size


def _sample(lines: NDArray[np.uint8]) -> bytes:
    """Some pieces of the lines, one behind the other; all of them when they are few."""
    whole = lines.reshape(-1)
    return b"".join(whole[at : at + _SAMPLE].data for at in range(0, whole.size, -(-whole.size // _SAMPLES)))


def _packed(data: bytes | NDArray[np.uint8], way: tuple[int, int], flush: int = zlib.Z_FINISH) -> bytes:
    level, strategy = way
    deflate = (fast or zlib).compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    packed: bytes = deflate.compress(data) + deflate.flush(flush)
    return packed


def _joined(first: int, second: int, length: int) -> int:
    """The Adler-32 of two pieces from those of each, the second ``length`` bytes long (RFC 1950, 8.2)."""
    low, high = first & 0xFFFF, first >> 16
    total = (low + (second & 0xFFFF) - 1) % _ADLER
    return (high + (second >> 16) + (length % _ADLER) * (low - 1)) % _ADLER << 16 | total


def _filtered(rows: NDArray[np.uint8], start: int, stop: int, step: int) -> NDArray[np.uint8]:
    """uint8[stop - start, 1 + n]: of every row the filter's number, then its differences.

    The filter with the smaller sum of absolute differences wins (PNG, 12.7): 1 is Sub, 2 is Up.
    """
    width = rows.shape[1]
    depth = max(1, _BAND // (width + 1))
    out = np.empty((stop - start, width + 1), np.uint8)
    sub = np.empty((depth, width), np.uint8)
    signed = np.empty((depth, width), np.int8)
    for top in range(start, stop, depth):
        band = rows[top : min(top + depth, stop)]
        made = out[top - start : top - start + len(band)]
        ups, subs = made[:, 1:], sub[: len(band)]
        np.subtract(band[0], rows[top - 1] if top else 0, out=ups[0])
        np.subtract(band[1:], band[:-1], out=ups[1:])
        subs[:, :step] = band[:, :step]
        np.subtract(band[:, step:], band[:, :-step], out=subs[:, step:])
        better = _cost(subs, signed) < _cost(ups, signed)
        made[:, 0] = np.where(better, 1, 2)
        for row in np.flatnonzero(better):
            ups[row] = subs[row]
    return out


def _cost(differences: NDArray[np.uint8], room: NDArray[np.int8]) -> NDArray[np.int32]:
    """int32[rows]: sums of the differences read as signed (|-128| stays 128 when read unsigned again)."""
    magnitude = np.abs(differences.view(np.int8), out=room[: len(differences)]).view(np.uint8)
    return cast("NDArray[np.int32]", cv2.reduce(magnitude, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0])


def _by_pillow(pixels: NDArray[np.uint8], density: float | None) -> bytes:
    tags = PngImagePlugin.PngInfo()
    tags.add(b"sRGB", b"\x00")
    tags.add(b"gAMA", struct.pack(">I", _GAMMA))
    out = io.BytesIO()
    more = {} if density is None else {"dpi": (density, density)}
    Image.fromarray(pixels).save(out, "PNG", pnginfo=tags, **more)
    return out.getvalue()

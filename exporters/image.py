"""Frames to picture files: PNG, JPEG and WebP, every one tagged as sRGB and with the same bytes each time.

PNG is written here, because it is a few lines with numpy and ISA-L and then twenty times as fast as libpng
for the same size; JPEG and WebP go through Pillow, which can tag the colour space where OpenCV cannot.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, cast, get_args

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image, ImageCms

from assets.scene import Frame
from exporters.errors import ExportError

EXPORTER_VERSION = 1
"""Goes into step hashes: raise it when the bytes of any format change."""

ImageFormat = Literal["png", "jpeg", "webp"]

MIME: dict[ImageFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
SUFFIX: dict[ImageFormat, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
MAX_SIDE: dict[ImageFormat, int] = {"png": 32_768, "jpeg": 65_500, "webp": 16_383}

_LEVEL = 1  # ISA-L: levels 2 and 3 gain nothing on filtered rows
_BAND = 1 << 22  # bytes filtered at a time: an 8192 px frame is never held twice
_METRES_PER_INCH = 0.0254


def encode(frame: Frame, fmt: ImageFormat, *, quality: int = 90, density: float | None = None) -> bytes:
    """A whole file of ``frame`` (uint8[h, w, 4], sRGB, straight alpha, top row first).

    ``quality`` (1..100) is for JPEG and WebP; ``density`` is pixels per inch, for print. A frame that is
    opaque everywhere is written without alpha. JPEG of a frame that is not raises
    ``export.jpeg_has_no_alpha``.
    """
    _check(frame, fmt, quality, density)
    pixels = np.ascontiguousarray(frame)
    opaque = is_opaque(pixels)
    if fmt == "jpeg" and not opaque:
        raise ExportError(
            "export.jpeg_has_no_alpha",
            "JPEG cannot hold transparency; choose png or webp, or give the design a solid background",
        )
    if opaque:
        pixels = cast("NDArray[np.uint8]", cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))
    if fmt == "png":
        return _png(pixels, density)
    return _pillow(pixels, fmt, quality, density)


def is_opaque(frame: Frame) -> bool:
    """Whether every pixel's alpha is 255. ``frame`` is contiguous uint8[h, w, 4]."""
    words = frame.reshape(-1).view("<u4")
    return bool(np.bitwise_and.reduce(words) >> np.uint32(24) == 255)


def _check(frame: Frame, fmt: str, quality: int, density: float | None) -> None:
    if fmt not in get_args(ImageFormat):
        raise ExportError("export.format_unknown", f"{fmt!r} is not a picture format; use png, jpeg or webp")
    if frame.ndim != 3 or frame.shape[2] != 4 or frame.dtype != np.uint8 or 0 in frame.shape:
        raise ExportError(
            "export.frame_invalid",
            f"a frame is uint8[h, w, 4], not {frame.dtype}{list(frame.shape)}",
            ours=True,
        )
    limit = MAX_SIDE[fmt]  # type: ignore[index]  # checked against the literal above
    if max(frame.shape[:2]) > limit:
        raise ExportError("export.image_too_large", f"{fmt} holds at most {limit} px a side; ask for fewer")
    if not 1 <= quality <= 100:
        raise ExportError("export.quality_out_of_range", "quality is 1 to 100")
    if density is not None and not 1 <= density <= 10_000:
        raise ExportError("export.density_out_of_range", "density is 1 to 10000 pixels per inch")


def _png(pixels: NDArray[np.uint8], density: float | None) -> bytes:
    """PNG (W3C PNG third edition): 8 bits, RGB or RGBA, Sub or Up filter chosen row by row."""
    height, width, channels = pixels.shape
    parts = [
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 6, 0, 0, 0)),
        _chunk(b"sRGB", b"\x00"),  # perceptual
        _chunk(b"gAMA", struct.pack(">I", 45_455)),  # what readers without sRGB fall back to
    ]
    if density is not None:
        per_metre = round(density / _METRES_PER_INCH)
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    deflate = isal_zlib.compressobj(_LEVEL)
    for band in _filtered(pixels.reshape(height, width * channels), channels):
        packed = deflate.compress(band)
        if packed:
            parts.append(_chunk(b"IDAT", packed))
    parts.append(_chunk(b"IDAT", deflate.flush()))
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _filtered(rows: NDArray[np.uint8], step: int) -> Iterator[NDArray[np.uint8]]:
    """Bands of filtered rows, each uint8[k, 1 + n]: the filter's number, then the row's differences.

    The filter with the smaller sum of absolute differences wins (PNG, 12.7): 1 is Sub, 2 is Up.
    """
    height, width = rows.shape
    depth = max(1, _BAND // width)
    above = np.zeros((1, width), np.uint8)
    for start in range(0, height, depth):
        band = rows[start : start + depth]
        sub = band.copy()
        np.subtract(band[:, step:], band[:, :-step], out=sub[:, step:])
        up = band.copy()
        np.subtract(band[0], above[0], out=up[0])
        np.subtract(band[1:], band[:-1], out=up[1:])
        above = band[-1:]
        use_up = _cost(up) <= _cost(sub)
        out = np.empty((len(band), width + 1), np.uint8)
        out[:, 0] = np.where(use_up, 2, 1)
        np.copyto(out[:, 1:], sub)
        np.copyto(out[:, 1:], up, where=use_up[:, None])
        yield out


def _cost(differences: NDArray[np.uint8]) -> NDArray[np.int32]:
    """int32[rows]: sums of the differences read as signed (|-128| stays 128 when read unsigned again)."""
    magnitude = np.abs(differences.view(np.int8)).view(np.uint8)
    return cast("NDArray[np.int32]", cv2.reduce(magnitude, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0])


def _pillow(pixels: NDArray[np.uint8], fmt: ImageFormat, quality: int, density: float | None) -> bytes:
    options: dict[str, Any] = {"icc_profile": srgb_profile(), "quality": quality}
    if fmt == "jpeg":
        # Halved chroma bleeds at saturated seams and prints; it is only for the small files.
        options |= {"subsampling": "4:4:4" if quality >= 85 else "4:2:0"}
        if density is not None:
            options["dpi"] = (density, density)
    else:
        options |= {"method": 2, "alpha_quality": 100}
        if density is not None:
            exif = Image.Exif()
            exif[282] = exif[283] = density  # XResolution, YResolution
            exif[296] = 2  # ResolutionUnit: inch
            options["exif"] = exif.tobytes()
    out = io.BytesIO()
    try:
        Image.fromarray(pixels).save(out, fmt.upper(), **options)
    except (OSError, ValueError, MemoryError) as error:
        raise ExportError("export.encode_failed", f"the {fmt} encoder failed: {error}", ours=True) from error
    return out.getvalue()


@cache
def srgb_profile() -> bytes:
    """A small ICC profile of sRGB (IEC 61966-2-1), with the date fixed so that equal pictures have equal bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # ICC.1:2022, 7.2.8: date and time of creation
    profile[84:100] = bytes(16)  # the profile's MD5, which may be zero and covered the date
    return bytes(profile)

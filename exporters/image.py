"""Frames to picture files: PNG, JPEG, WebP and AVIF, every one tagged as sRGB and with the same bytes each time.

PNG is written by :mod:`exporters.png`; the others go through Pillow, which can tag the colour space where
OpenCV cannot.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any, Final, Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from assets.scene import Frame
from exporters import png
from exporters.errors import ExportError

EXPORTER_VERSION = 1
"""Goes into step hashes: raise it when the bytes of any format change."""

ImageFormat = Literal["png", "jpeg", "webp", "avif"]

MIME: dict[ImageFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
SUFFIX: dict[ImageFormat, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "avif": ".avif"}
MAX_SIDE: dict[ImageFormat, int] = {"png": 32_768, "jpeg": 65_500, "webp": 16_383, "avif": 16_384}

# More than one thread gives other bytes than one, and an edge that is almost clear is no edge.
_AVIF: Final = {"codec": "aom", "speed": 8, "max_threads": 1, "advanced": {"alpha:lossless": "1"}}


def encode(frame: Frame, fmt: ImageFormat, *, quality: int = 90, density: float | None = None) -> bytes:
    """A whole file of ``frame`` (uint8[h, w, 4], sRGB, straight alpha, top row first).

    ``quality`` (1..100) is for all but PNG; ``density`` is pixels per inch, for print. A frame that is
    opaque everywhere is written without alpha. JPEG of a frame that is not raises
    ``export.jpeg_has_no_alpha``.
    """
    _check(frame, fmt, quality, density)
    pixels = np.ascontiguousarray(frame)
    opaque = is_opaque(pixels)
    if fmt == "jpeg" and not opaque:
        raise ExportError(
            "export.jpeg_has_no_alpha",
            "JPEG cannot hold transparency; choose png, webp or avif, or give the design a solid background",
        )
    if opaque:
        pixels = cast("NDArray[np.uint8]", cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))
    if fmt == "png":
        return png.written(pixels, density)
    return _pillow(pixels, fmt, quality, density)


def is_opaque(frame: Frame) -> bool:
    """Whether every pixel's alpha is 255. ``frame`` is contiguous uint8[h, w, 4]."""
    words = frame.reshape(-1).view("<u4")
    return bool(np.bitwise_and.reduce(words) >> np.uint32(24) == 255)


def _check(frame: Frame, fmt: str, quality: int, density: float | None) -> None:
    if fmt not in get_args(ImageFormat):
        raise ExportError("export.format_unknown", f"{fmt!r} is not a picture format; use png, jpeg, webp or avif")
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


def _pillow(pixels: NDArray[np.uint8], fmt: ImageFormat, quality: int, density: float | None) -> bytes:
    options: dict[str, Any] = {"icc_profile": srgb_profile(), "quality": quality}
    if fmt == "jpeg":
        # Halved chroma bleeds at saturated seams and prints; it is only for the small files.
        options |= {"subsampling": "4:4:4" if quality >= 85 else "4:2:0"}
        if density is not None:
            options["dpi"] = (density, density)
    else:
        options |= {"method": 2, "alpha_quality": 100} if fmt == "webp" else _AVIF
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

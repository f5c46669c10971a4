"""Textures and art files: what they are, and their pixels.

The type is told by content, never by a name or a declared MIME type. Pillow's plugins are opened directly
(not through ``PIL.Image.open``), so that only these formats are ever parsed and our own size limit, which is
checked before any pixel is decoded, is the only one. KTX 2 is read by :mod:`assets.ktx2`.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFile, PngImagePlugin, features
from PIL.AvifImagePlugin import AvifImageFile
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from assets import ktx2
from assets.errors import ImageError
from assets.headroom import headroom
from assets.model import Image

MAX_SIDE: Final = 16_384
"""Pixels along one side; also the largest texture that GL 4.5 drivers commonly take."""

MAX_PIXELS: Final = 128 * 1024 * 1024
"""Pixels of one image: 512 MiB decoded."""

ART: Final = frozenset({"image/png", "image/jpeg", "image/webp"})
"""What a person uploads."""

TEXTURES: Final = ART | {"image/ktx2"} | ({"image/avif"} if features.check("avif") else set())
"""What a model may bring; AVIF where Pillow was built with it."""

PngImagePlugin.MAX_TEXT_CHUNK = 8 * 1024 * 1024
# Bytes of a compressed block beside the pixels, by Pillow 1 MB: colour profiles of presses are larger than that.

_NAMES: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WebP",
    "image/avif": "AVIF",
    "image/ktx2": "KTX 2",
}
_AVIF_SLACK: Final = 256 * 2**20  # bytes
_ORIENTATION: Final = 0x0112
_TURNED: Final = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_UPRIGHT: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_CHUNKS: Final = 10_000  # of a PNG that are looked through for its EXIF block
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,  # of the AVIF decoder
    struct.error,
    zlib.error,
    UserWarning,
)


def mime_of(data: bytes) -> str | None:
    """The type by the first bytes: PNG, JPEG, WebP, AVIF or KTX 2; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in {b"ftypavif", b"ftypavis"}:
        return "image/avif"
    if data[:12] == ktx2.MAGIC:
        return "image/ktx2"
    return None


def probe(data: bytes, *, name: str = "", kinds: frozenset[str] = ART) -> Image:
    """Reads the header alone: type, and width and height as displayed (EXIF orientation applied).

    Raises ImageError ``image.type`` (not one of ``kinds``), ``image.invalid`` (a header that cannot be
    read) or ``image.too_large`` (over :data:`MAX_SIDE` a side or :data:`MAX_PIXELS` in all).
    """
    label = f"image {name!r}" if name else "the image"
    mime = mime_of(data)
    if mime not in kinds:
        *most, last = (known for kind, known in _NAMES.items() if kind in kinds)
        msg = f"{label} is not a {', '.join(most)} or {last} file; convert it to one of these"
        raise ImageError(msg, code="image.type")
    try:
        width, height = _size(data, mime)
    except Pillow.DecompressionBombError as error:  # the WebP reader's own limit, which is higher than ours
        msg = f"{label} has more than {MAX_PIXELS // (1024 * 1024)} megapixels, so scale it down"
        raise ImageError(msg, code="image.too_large") from error
    except _BROKEN as error:
        msg = f"{label} has a damaged {mime} header; save it again and upload the new file"
        if mime == "image/ktx2":
            msg = f"{label} cannot be read, for {error}; export the model with PNG or JPEG textures"
        raise ImageError(msg, code="image.invalid") from error
    if width < 1 or height < 1:
        msg = f"{label} has no pixels ({width}x{height}); save it again with a size of at least 1x1"
        raise ImageError(msg, code="image.invalid")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        msg = (
            f"{label} is {width}x{height} px; at most {MAX_SIDE} px a side and "
            f"{MAX_PIXELS // (1024 * 1024)} megapixels are accepted, so scale it down"
        )
        raise ImageError(msg, code="image.too_large")
    digest = hashlib.sha256(data).hexdigest()
    return Image(data=data, mime=mime, width=width, height=height, digest=digest, name=name)


def decode(image: Image) -> NDArray[np.uint8]:
    """The pixels: uint8[h, w, 4], straight alpha, top row first, EXIF orientation applied.

    Colour profiles are ignored, as glTF 2.0 (3.8.2) demands. 16-bit channels are rounded to 8, palettes and
    CMYK are resolved. Of an animation the first picture is taken.
    Raises ImageError ``image.invalid`` when the file is truncated or damaged.
    """
    if image.mime == "image/ktx2":
        return _transcoded(image)
    return _rgba(upright(image), image)


def upright(image: Image) -> Pillow.Image:
    """The picture as it is stored, in its own mode, its profile in ``info``, EXIF orientation applied; the first of
    an animation. :func:`decode` makes pixels of it; a reader that minds colour profiles looks at it itself.

    Raises ImageError ``image.invalid`` when the file is truncated or damaged.
    """
    try:
        picture: ImageFile.ImageFile = _open(image.data, image.mime)
        turn = _UPRIGHT.get(_orientation(picture, image.data))
        _load(picture, image)
        return picture if turn is None else picture.transpose(turn)
    except _BROKEN as error:
        raise _damaged(image) from error


def eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """A picture of one 16-bit channel rounded to 8 bits, mode L; any other as it is."""
    if not picture.mode.startswith("I"):  # I, I;16, I;16B
        return picture
    grey = (np.clip(np.asarray(picture, dtype=np.int32), 0, 65535) + 128) // 257
    return Pillow.fromarray(grey.astype(np.uint8))


def _rgba(picture: Pillow.Image, image: Image) -> NDArray[np.uint8]:
    try:
        flat = eight_bits(picture)
        if flat.mode in {"CMYK", "YCbCr", "LAB", "HSV"}:
            flat = flat.convert("RGB")
        pixels = np.asarray(flat if flat.mode == "RGBA" else flat.convert("RGBA"))
    except _BROKEN as error:
        raise _damaged(image) from error
    if pixels.shape != (image.height, image.width, 4):
        msg = f"image {image.name!r} has another size than its header says; save it again"
        raise ImageError(msg, code="image.invalid")
    return np.ascontiguousarray(pixels)


def _damaged(image: Image) -> ImageError:
    label = f"image {image.name!r}" if image.name else "the image"
    return ImageError(f"{label} is truncated or damaged; save it again and upload the new file", code="image.invalid")


def _size(data: bytes, mime: str) -> tuple[int, int]:
    if mime == "image/ktx2":
        return ktx2.size(data)
    picture = _open(data, mime)
    width, height = picture.size
    if width >= 1 and height >= 1 and max(width, height) <= MAX_SIDE and _orientation(picture, data) in _TURNED:
        width, height = height, width
    return width, height


def _load(picture: ImageFile.ImageFile, image: Image) -> None:
    if image.mime != "image/avif":
        picture.load()
        return
    try:  # the pictures inside an AVIF say their size once more, and only to its decoder
        with headroom(_AVIF_SLACK + 16 * image.width * image.height):
            picture.load()
    except MemoryError as error:
        raise OSError("it unpacks to far more than its size") from error


def _transcoded(image: Image) -> NDArray[np.uint8]:
    try:
        return ktx2.pixels(image.data)
    except ValueError as error:
        label = f"image {image.name!r}" if image.name else "the image"
        msg = f"{label} cannot be transcoded, for {error}; export the model with PNG or JPEG textures"
        raise ImageError(msg, code="image.invalid") from error


def _open(data: bytes, mime: str) -> ImageFile.ImageFile:
    stream = io.BytesIO(data)
    if mime == "image/png":
        return PngImageFile(stream)
    if mime == "image/jpeg":
        return JpegImageFile(stream)
    if mime == "image/avif":
        return AvifImageFile(stream)
    return WebPImageFile(stream)


def _orientation(picture: ImageFile.ImageFile, data: bytes) -> int:
    """The EXIF orientation, 1 to 8, without decoding a pixel."""
    try:
        if isinstance(picture, PngImageFile):
            if "exif" not in picture.info and (late := _late_exif(data)):
                picture.info["exif"] = late
            value = Pillow.Image.getexif(picture).get(_ORIENTATION, 1)  # PngImageFile's own decodes everything first
        else:
            value = picture.getexif().get(_ORIENTATION, 1)
    except _BROKEN:  # a broken EXIF block does not break the picture
        return 1
    return value if isinstance(value, int) else 1


def _late_exif(data: bytes) -> bytes:
    """The EXIF block of a PNG that comes after its pixels, where it may stand too; empty if there is none."""
    place = 8
    for _ in range(_CHUNKS):
        if place + 8 > len(data):
            break
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"eXIf":
            return b"Exif\0\0" + data[place + 8 : place + 8 + length]
        place += 12 + length
    return b""

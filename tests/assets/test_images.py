"""Images: told by content, bounded before decoding, and right to the pixel."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from assets.errors import ImageError
from assets.images import decode, probe

RNG = np.random.default_rng(7)


def encoded(pixels: np.ndarray, fmt: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, fmt, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header promises a size and whose pixels are one short deflated run of zeros."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("fmt", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_the_type_is_told_by_content(fmt: str, mime: str) -> None:
    image = probe(encoded(np.zeros((5, 7, 3), np.uint8), fmt), name="x.gif")
    assert (image.mime, image.width, image.height, image.name) == (mime, 7, 5, "x.gif")


def test_lossless_pixels_come_back_untouched() -> None:
    pixels = RNG.integers(0, 256, (9, 6, 4), dtype=np.uint8)
    for data in (encoded(pixels), encoded(pixels, "WEBP", lossless=True, exact=True)):
        assert np.array_equal(decode(probe(data)), pixels)


def test_grey_palette_and_16_bit_become_rgba() -> None:
    grey = RNG.integers(0, 256, (4, 4), dtype=np.uint8)
    assert np.array_equal(decode(probe(encoded(grey)))[..., 1], grey)
    deep = RNG.integers(0, 65536, (4, 4), dtype=np.uint16)
    assert np.array_equal(decode(probe(encoded(deep)))[..., 2], np.rint(deep / 257).astype(np.uint8))
    out = io.BytesIO()
    palette = Pillow.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.putpixel((1, 0), 1)
    palette.save(out, "PNG", transparency=1)
    assert decode(probe(out.getvalue())).tolist() == [[[255, 0, 0, 255], [0, 255, 0, 0]]]


def test_cmyk_jpeg_is_not_inverted() -> None:
    out = io.BytesIO()
    Pillow.new("CMYK", (16, 16), (0, 255, 255, 0)).save(out, "JPEG", quality=95)  # red ink
    red, green, blue, alpha = decode(probe(out.getvalue()))[8, 8]
    assert red > 240
    assert green < 15
    assert blue < 15
    assert alpha == 255


def test_exif_orientation_is_applied_to_size_and_pixels() -> None:
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255  # the left half is white
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned 90 degrees clockwise: left becomes top
    image = probe(encoded(pixels, "PNG", exif=exif))
    assert (image.width, image.height) == (8, 16)
    upright = decode(image)
    assert upright[:8, :, 0].min() == 255
    assert upright[8:, :, 0].max() == 0


def test_an_orientation_that_comes_after_the_pixels_counts_too() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    data = encoded(np.zeros((8, 16, 3), np.uint8), "PNG", exif=exif)
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    late = data[:start] + data[end:-12] + data[start:end] + data[-12:]  # before IEND
    image = probe(late)
    assert (image.width, image.height) == (8, 16)
    assert decode(image).shape == (16, 8, 4)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_looking_at_a_header_decodes_no_pixel(fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(np.zeros((8, 16, 3), np.uint8), fmt)

    def load(self: object) -> None:
        raise AssertionError(self)

    for plugin in (PngImageFile, JpegImageFile, WebPImageFile):
        monkeypatch.setattr(plugin, "load", load)
    assert probe(data).width == 16


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (16_385, 1), (16_384, 16_384)])
def test_a_huge_image_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(ImageError, match="scale it down") as caught:
        probe(png_header(width, height))
    assert caught.value.code == "image.too_large"


def test_a_header_that_promises_more_than_the_file_holds_is_refused_when_decoding() -> None:
    with pytest.raises(ImageError) as caught:
        decode(probe(png_header(4000, 4000)))
    assert caught.value.code == "image.invalid"


def test_other_formats_and_rubbish_are_refused() -> None:
    for data in (b"", b"GIF89a" + bytes(64), b"BM" + bytes(64), b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(64)):
        with pytest.raises(ImageError) as caught:
            probe(data)
        assert caught.value.code == "image.type"


def test_any_damage_is_an_image_error() -> None:
    pixels = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    for fmt in ("PNG", "JPEG", "WEBP"):
        whole = encoded(pixels, fmt)
        for _ in range(150):
            data = bytearray(whole)
            for place in RNG.integers(0, len(data), 4):
                data[place] = RNG.integers(0, 256)
            cut = bytes(data[: RNG.integers(1, len(data) + 1)])
            try:
                decode(probe(cut))
            except ImageError:
                continue

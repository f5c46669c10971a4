"""Picture files: pixels survive, colour is tagged, bytes repeat."""

from __future__ import annotations

import hashlib
import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from exporters import image, png
from exporters.errors import ExportError


def frame(height: int = 40, width: int = 64, *, alpha: bool = False, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    across = np.linspace(0, 255, width)[None, :, None]
    down = np.linspace(0, 255, height)[:, None, None]
    pixels = (across * 0.5 + down * 0.5 + rng.normal(0, 3, (height, width, 4))).clip(0, 255).astype(np.uint8)
    if not alpha:
        pixels[..., 3] = 255
    return pixels


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (40, 64), (513, 300)])
@pytest.mark.parametrize("alpha", [False, True])
def test_png_keeps_every_pixel(size: tuple[int, int], alpha: bool) -> None:
    pixels = frame(*size, alpha=alpha)
    if alpha:
        pixels[0, 0, 3] = 17
    back = opened(image.encode(pixels, "png"))
    assert back.mode == ("RGBA" if alpha else "RGB")
    assert np.array_equal(np.asarray(back.convert("RGBA")), pixels)


def test_png_of_many_bands_and_many_idat_chunks_is_lossless() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (1500, 2000, 4), dtype=np.uint8)
    data = image.encode(pixels, "png")
    assert data.count(b"IDAT") > 2
    assert np.array_equal(np.asarray(opened(data)), pixels)


def backdrop(*, clear: bool) -> np.ndarray:
    """A garment's shape before a dithered gradient, or before nothing."""
    pixels = frame(400, 600, alpha=False)
    dither = np.random.default_rng(4).integers(0, 2, (400, 600, 1), dtype=np.uint8)
    down = np.linspace(200, 240, 400).astype(np.uint8)[:, None, None] + dither
    outside = np.hypot(*(np.mgrid[:400, :600] - np.array([200, 300])[:, None, None])) > 120
    pixels[..., :3][outside] = np.broadcast_to(down, (400, 600, 3))[outside]
    if clear:
        pixels[outside] = 0
    return pixels


def drawing() -> np.ndarray:
    """Lines and lettering in black on white."""
    rng = np.random.default_rng(2)
    pixels = np.full((400, 600, 4), 255, np.uint8)
    for _ in range(25):
        cv2.polylines(
            pixels, [rng.integers(0, (600, 400), (4, 2), dtype=np.int32)], False, (0, 0, 0, 255), 2, cv2.LINE_AA
        )
    for left, top in rng.integers(0, (500, 400), (25, 2)):
        cv2.putText(pixels, "Hem 52.5 cm", (int(left), int(top)), 0, 0.5, (20, 20, 20, 255), 1, cv2.LINE_AA)
    pixels[..., 3] = 255
    return pixels


def woven() -> np.ndarray:
    """A print: a tile of noise that repeats."""
    tile = np.random.default_rng(8).integers(0, 60, (48, 64, 4), dtype=np.uint8)
    pixels = np.tile(tile, (9, 10, 1))[:400, :600]
    pixels[..., 3] = 255
    return pixels


PICTURES = {
    "smooth": lambda: frame(400, 600),
    "before a backdrop": lambda: backdrop(clear=False),
    "cut out": lambda: backdrop(clear=True),
    "drawn": drawing,
    "woven": woven,
}


@pytest.mark.parametrize("kind", PICTURES)
def test_png_is_hardly_larger_than_libpng_s_at_level_6(kind: str) -> None:
    pixels = PICTURES[kind]()
    out = io.BytesIO()
    held = pixels if kind == "cut out" else np.ascontiguousarray(pixels[..., :3])
    Image.fromarray(held).save(out, "PNG", compress_level=6)
    assert len(image.encode(pixels, "png")) <= 1.15 * len(out.getvalue())


def test_png_is_the_same_with_any_number_of_threads() -> None:
    pixels = frame(1100, 1400, alpha=True)
    assert len({png.written(pixels, None, threads=threads) for threads in (1, 2, 7)}) == 1
    assert len({b"".join(png.deflated(pixels, threads=threads)) for threads in (1, 3)}) == 1


def test_without_zlib_ng_pillow_writes_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    for alpha in (False, True):
        pixels = frame(300, 500, alpha=alpha)
        monkeypatch.undo()
        ours = opened(image.encode(pixels, "png", density=300))
        monkeypatch.setattr(png, "fast", None)
        theirs = opened(image.encode(pixels, "png", density=300))
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
        assert ours.mode == theirs.mode
        assert ours.info == theirs.info
        rows = zlib.decompress(b"".join(png.deflated(pixels)))
        monkeypatch.undo()
        assert rows == zlib.decompress(b"".join(png.deflated(pixels, threads=2)))


def test_png_has_these_bytes_on_every_processor() -> None:
    """Of both ways to deflate; a new zlib-ng may change them, and then files that are kept have other hashes."""
    digests = [
        hashlib.sha256(image.encode(PICTURES[kind](), "png")).hexdigest()[:16] for kind in ("cut out", "drawn")
    ]
    assert digests == ["f140fe7e95daa553", "a06745735335d658"]


def test_png_says_that_it_is_srgb() -> None:
    info = opened(image.encode(frame(), "png")).info
    assert info["srgb"] == 0
    assert info["gamma"] == pytest.approx(1 / 2.2, abs=1e-4)


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_lossy_formats_carry_an_srgb_profile(fmt: image.ImageFormat) -> None:
    profile = opened(image.encode(frame(), fmt)).info["icc_profile"]
    described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    assert "sRGB" in described


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_lossy_formats_keep_a_flat_colour(fmt: image.ImageFormat) -> None:
    pixels = np.empty((64, 64, 4), np.uint8)
    pixels[:] = (200, 30, 60, 255)
    back = np.asarray(opened(image.encode(pixels, fmt, quality=95)).convert("RGB")).astype(int)
    assert np.abs(back - (200, 30, 60)).max() <= 3


@pytest.mark.parametrize("fmt", ["webp", "avif"])
def test_webp_and_avif_keep_alpha(fmt: image.ImageFormat) -> None:
    pixels = frame(alpha=True)
    back = np.asarray(opened(image.encode(pixels, fmt)))
    assert np.array_equal(back[..., 3], pixels[..., 3])


def test_jpeg_of_a_transparent_frame_is_refused() -> None:
    pixels = frame()
    pixels[3, 4, 3] = 254
    with pytest.raises(ExportError) as caught:
        image.encode(pixels, "jpeg")
    assert caught.value.code == "export.jpeg_has_no_alpha"
    assert not caught.value.ours


def test_quality_changes_the_size() -> None:
    pixels = frame(200, 300)
    assert len(image.encode(pixels, "jpeg", quality=40)) < len(image.encode(pixels, "jpeg", quality=95))
    assert len(image.encode(pixels, "webp", quality=40)) < len(image.encode(pixels, "webp", quality=95))


@pytest.mark.parametrize("fmt", ["png", "jpeg", "webp", "avif"])
def test_density_is_written(fmt: image.ImageFormat) -> None:
    picture = opened(image.encode(frame(), fmt, density=300))
    dpi = picture.info.get("dpi") or (picture.getexif()[282], picture.getexif()[283])
    assert [round(float(value)) for value in dpi] == [300, 300]


@pytest.mark.parametrize("fmt", ["png", "jpeg", "webp", "avif"])
def test_equal_frames_give_equal_bytes(fmt: image.ImageFormat) -> None:
    image.srgb_profile.cache_clear()
    first = image.encode(frame(), fmt)
    image.srgb_profile.cache_clear()
    assert image.encode(frame(), fmt) == first


def test_a_frame_with_strides_is_taken_as_it_looks() -> None:
    pixels = frame()[::-1, ::2]
    assert np.array_equal(np.asarray(opened(image.encode(pixels, "png")).convert("RGBA")), pixels)


@pytest.mark.parametrize(
    ("pixels", "fmt", "options", "code"),
    [
        (np.zeros((4, 4, 3), np.uint8), "png", {}, "export.frame_invalid"),
        (np.zeros((4, 4, 4), np.float32), "png", {}, "export.frame_invalid"),
        (np.zeros((0, 4, 4), np.uint8), "png", {}, "export.frame_invalid"),
        (np.zeros((1, 16_384, 4), np.uint8), "webp", {}, "export.image_too_large"),
        (np.zeros((4, 4, 4), np.uint8), "gif", {}, "export.format_unknown"),
        (np.zeros((4, 4, 4), np.uint8), "webp", {"quality": 0}, "export.quality_out_of_range"),
        (np.zeros((4, 4, 4), np.uint8), "png", {"density": 0.0}, "export.density_out_of_range"),
    ],
)
def test_what_cannot_be_written_is_refused_by_code(pixels: np.ndarray, fmt: str, options: dict, code: str) -> None:
    with pytest.raises(ExportError) as caught:
        image.encode(pixels, fmt, **options)
    assert caught.value.code == code

"""Art of any size, mode and profile becomes right, or is refused with a reason."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import features

from assets.art import MIN_SIDE, read
from assets.errors import ImageError
from assets.images import decode, probe
from tests.assets import icc

RNG = np.random.default_rng(11)


def saved(picture: Pillow.Image, fmt: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return out.getvalue()


def plain(mode: str, colour: object, size: tuple[int, int] = (24, 20)) -> Pillow.Image:
    return Pillow.new(mode, size, colour)  # type: ignore[arg-type]


def png(width: int, height: int, depth: int, kind: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    more = b"".join(chunk(*part) for part in extra)
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def colour(data: bytes) -> tuple[int, ...]:
    return tuple(int(v) for v in read(data).pixels[10, 10])


def without_adobe(data: bytes) -> bytes:
    """The JPEG without Adobe's marker, APP14."""
    place = data.index(b"\xff\xee")
    return data[:place] + data[place + 2 + int.from_bytes(data[place + 2 : place + 4], "big") :]


def test_plain_pictures_come_back_as_they_are_and_without_notes() -> None:
    pixels = RNG.integers(0, 256, (20, 24, 4), dtype=np.uint8)
    for data in (saved(Pillow.fromarray(pixels)), saved(Pillow.fromarray(pixels), "WEBP", lossless=True, exact=True)):
        art = read(data)
        assert np.array_equal(art.pixels, pixels)
        assert art.notes == ()


def test_grey_with_alpha_keeps_both() -> None:
    assert colour(saved(plain("LA", (90, 140)))) == (90, 90, 90, 140)
    assert colour(saved(plain("1", 1))) == (255, 255, 255, 255)


def test_a_palette_s_transparency_is_alpha() -> None:
    picture = plain("P", 1)
    picture.putpalette([0, 0, 0, 200, 100, 50, 9, 9, 9])
    assert colour(saved(picture, transparency=1)) == (200, 100, 50, 0)
    assert colour(saved(picture, transparency=2)) == (200, 100, 50, 255)
    assert colour(saved(picture, transparency=bytes([255, 77, 0]))) == (200, 100, 50, 77)


def test_a_transparent_colour_of_a_true_colour_png_is_alpha() -> None:
    assert colour(saved(plain("RGB", (1, 2, 3)), transparency=(1, 2, 3)))[3] == 0


def test_sixteen_bits_are_rounded_to_eight() -> None:
    deep = np.full((20, 24), 40_000, dtype=np.uint16)
    assert colour(saved(Pillow.fromarray(deep))) == (156, 156, 156, 255)
    row = b"\0" + struct.pack(">3H", 65535, 40_000, 257) * 24
    red, green, blue, alpha = colour(png(24, 20, 16, 2, row * 20))
    assert (red, blue, alpha) == (255, 1, 255)
    assert abs(green - 156) <= 1
    row = b"\0" + struct.pack(">2H", 40_000, 32_896) * 24
    assert colour(png(24, 20, 16, 4, row * 20))[3] == 128


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None),
        (2, Pillow.Transpose.FLIP_LEFT_RIGHT),
        (3, Pillow.Transpose.ROTATE_180),
        (4, Pillow.Transpose.FLIP_TOP_BOTTOM),
        (5, Pillow.Transpose.TRANSPOSE),
        (6, Pillow.Transpose.ROTATE_90),
        (7, Pillow.Transpose.TRANSVERSE),
        (8, Pillow.Transpose.ROTATE_270),
    ],
)
def test_pictures_stand_upright(orientation: int, turn: Pillow.Transpose | None) -> None:
    upright = Pillow.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    stored = upright if turn is None else upright.transpose(turn)
    for fmt in ("PNG", "WEBP"):
        data = saved(stored, fmt, exif=exif, **({"lossless": True} if fmt == "WEBP" else {}))
        assert np.array_equal(read(data).pixels[..., :3], np.asarray(upright))
        assert np.array_equal(read(data).pixels, decode(probe(data)))


def test_wide_gamuts_are_converted_to_srgb_and_it_is_said() -> None:
    for primaries, gamma, name in ((icc.P3, 2.2, "Display P3"), (icc.ADOBE_RGB, 2.2, "Adobe RGB (1998)")):
        profile = icc.rgb(primaries, gamma, name)
        art = read(saved(plain("RGB", (120, 180, 90)), icc_profile=profile))
        red, green, blue, _ = (int(v) for v in art.pixels[10, 10])
        assert red < 112, name  # the same green needs less red in the narrower gamut
        assert green >= 180
        assert blue < 90
        assert any(name in note for note in art.notes)
        grey = read(saved(plain("RGB", (128, 128, 128)), icc_profile=profile)).pixels[10, 10, :3].astype(int)
        assert np.abs(grey - 128).max() <= 3  # a neutral stays one


def test_a_profile_s_conversion_keeps_alpha_and_serves_every_mode() -> None:
    profile = icc.rgb(icc.ADOBE_RGB, 2.2, "Adobe RGB (1998)")
    converted = colour(saved(plain("RGB", (120, 180, 90)), icc_profile=profile))
    assert colour(saved(plain("RGBA", (120, 180, 90, 55)), icc_profile=profile)) == (*converted[:3], 55)
    picture = plain("P", 0)
    picture.putpalette([120, 180, 90])
    assert colour(saved(picture, icc_profile=profile)) == converted
    jpeg = colour(saved(plain("RGB", (120, 180, 90)), "JPEG", quality=98, icc_profile=profile))
    assert np.abs(np.subtract(jpeg, converted)).max() <= 3
    webp = colour(saved(plain("RGB", (120, 180, 90)), "WEBP", lossless=True, icc_profile=profile))
    assert webp == converted


def test_a_grey_profile_is_honoured() -> None:
    dark = colour(saved(plain("L", 128), icc_profile=icc.grey(3.0)))
    assert dark[0] == dark[1] == dark[2]
    assert dark[0] < 110
    deep = np.full((20, 24), 128 * 257, dtype=np.uint16)
    assert colour(saved(Pillow.fromarray(deep), icc_profile=icc.grey(3.0))) == dark


def test_a_grey_picture_with_a_profile_of_colours_is_converted_too() -> None:
    assert colour(saved(plain("L", 128), icc_profile=icc.rgb(icc.P3, 3.0, "steep")))[0] < 110


def test_cmyk_with_a_profile_is_converted_by_it() -> None:
    data = saved(plain("CMYK", (255, 0, 0, 0)), "JPEG", quality=98, icc_profile=icc.cmyk())
    art = read(data)
    red, green, blue, alpha = (int(v) for v in art.pixels[10, 10])
    assert green > 140  # this press has a green in cyan's place
    assert red < 90
    assert blue < 90
    assert alpha == 255
    assert any("press" in note for note in art.notes)


def test_cmyk_without_a_profile_looks_as_printed() -> None:
    expected = {(255, 0, 0, 0): (0, 159, 227), (0, 255, 255, 0): (227, 6, 19), (0, 0, 0, 0): (255, 255, 255)}
    expected[0, 0, 0, 128] = (157, 157, 156)
    expected[0, 0, 0, 255] = (29, 29, 27)
    for inks, wanted in expected.items():
        art = read(saved(plain("CMYK", inks), "JPEG", quality=100))
        assert np.abs(art.pixels[10, 10, :3].astype(int) - wanted).max() <= 3, inks
        assert any("CMYK" in note for note in art.notes)


def test_cmyk_is_inverted_only_where_adobe_s_marker_says_so() -> None:
    adobe = saved(plain("CMYK", (255, 0, 0, 0)), "JPEG", quality=100)
    # The same stored bytes without the marker mean the opposite amount of every ink.
    other = saved(plain("CMYK", (0, 255, 255, 255)), "JPEG", quality=100)
    assert b"Adobe" in adobe
    bare = read(without_adobe(other)).pixels[10, 10, :3].astype(int)
    assert np.abs(bare - read(adobe).pixels[10, 10, :3]).max() <= 3


@pytest.mark.parametrize("broken", [b"no profile at all", icc.rgb(icc.P3, 2.2, "cut")[:200], bytes(9_000_000)])
def test_a_broken_profile_is_ignored_and_it_is_said(broken: bytes) -> None:
    art = read(saved(plain("RGB", (120, 180, 90)), "WEBP", lossless=True, icc_profile=broken))
    assert tuple(art.pixels[10, 10]) == (120, 180, 90, 255)
    assert len(art.notes) == 1
    assert "ignored" in art.notes[0]


def test_a_profile_as_large_as_a_press_s_does_not_break_a_png() -> None:
    noise = RNG.integers(0, 256, 2_500_000, dtype=np.uint8).tobytes()
    art = read(saved(plain("RGB", (120, 180, 90)), icc_profile=noise))
    assert tuple(art.pixels[10, 10]) == (120, 180, 90, 255)
    assert "ignored" in art.notes[0]


def test_a_profile_of_another_kind_of_colour_is_ignored() -> None:
    art = read(saved(plain("RGB", (120, 180, 90)), icc_profile=icc.cmyk()))
    assert tuple(art.pixels[10, 10, :3]) == (120, 180, 90)
    assert "CMYK" in art.notes[0]
    art = read(saved(plain("CMYK", (255, 0, 0, 0)), "JPEG", quality=100, icc_profile=icc.rgb(icc.P3, 2.2, "P3")))
    assert np.abs(art.pixels[10, 10, :3].astype(int) - (0, 159, 227)).max() <= 3


def test_of_an_animation_the_first_picture_is_taken() -> None:
    first, second = plain("RGB", (250, 10, 10)), plain("RGB", (10, 10, 250))
    for fmt in ("PNG", "WEBP"):
        art = read(
            saved(first, fmt, save_all=True, append_images=[second], **({"lossless": True} if fmt == "WEBP" else {}))
        )
        assert tuple(art.pixels[5, 5]) == (250, 10, 10, 255)
        assert any("animation" in note for note in art.notes)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read() -> None:
    red = colour(saved(plain("RGB", (200, 30, 40)), "AVIF", quality=95))
    assert np.abs(np.subtract(red, (200, 30, 40, 255))).max() <= 6


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_what_is_too_small_is_refused_with_what_to_do(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=f"{size[0]}x{size[1]} px; art needs {MIN_SIDE} px") as caught:
        read(saved(plain("RGB", (1, 2, 3), size)))
    assert caught.value.code == "image.too_small"


def test_what_is_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageError, match="scale it down") as caught:
        read(png(100_000, 100_000, 8, 2, b""))
    assert caught.value.code == "image.too_large"


def test_a_webp_that_promises_too_much_is_refused_as_too_large() -> None:
    data = bytearray(saved(plain("RGBA", (1, 2, 3, 4)), "WEBP", lossless=True))
    place = data.index(b"VP8L") + 9
    bits = int.from_bytes(data[place : place + 4], "little") & ~0xFFFFFFF
    data[place : place + 4] = (bits | 16_382 | 16_382 << 14).to_bytes(4, "little")
    with pytest.raises(ImageError, match="scale it down") as caught:
        read(bytes(data))
    assert caught.value.code == "image.too_large"


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_file_is_refused(fmt: str) -> None:
    data = saved(Pillow.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)), fmt)
    with pytest.raises(ImageError, match="save it again") as caught:
        read(data[: len(data) // 2])
    assert caught.value.code == "image.invalid"


def test_other_types_are_refused() -> None:
    for data in (b"", b"GIF89a" + bytes(40), saved(plain("RGB", 0), "BMP"), b"<svg/>"):
        with pytest.raises(ImageError) as caught:
            read(data)
        assert caught.value.code == "image.type"


def test_no_file_does_worse_than_be_refused() -> None:
    """Files cut short and files with bytes changed: pictures or ImageError, never anything else."""
    noise = Pillow.fromarray(RNG.integers(0, 256, (24, 24, 4), dtype=np.uint8))
    profile = icc.rgb(icc.P3, 2.2, "Display P3")
    seeds = [
        saved(noise, icc_profile=profile),
        saved(noise.convert("CMYK"), "JPEG", icc_profile=icc.cmyk()),
        saved(noise.convert("RGB"), "JPEG", progressive=True),
        saved(noise, "WEBP", icc_profile=profile),
        saved(noise.convert("P")),
        saved(noise.convert("LA")),
    ]
    refused = 0
    for data in seeds:
        for _ in range(60):
            broken = bytearray(data[: int(RNG.integers(0, len(data) + 1))] if RNG.uniform() < 0.4 else data)
            for place in RNG.integers(0, max(len(broken), 1), int(RNG.integers(0, 12))):
                if place < len(broken):
                    broken[place] = int(RNG.integers(0, 256))
            try:
                art = read(bytes(broken))
            except ImageError:
                refused += 1
            else:
                assert art.pixels.dtype == np.uint8
                assert art.pixels.shape[2] == 4
    assert refused > 60

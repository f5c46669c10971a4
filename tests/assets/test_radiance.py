"""Files of measured light: both formats, their limits, and what is wrong with them."""

from __future__ import annotations

import cv2
import numpy as np
import OpenEXR
import pytest

from assets import radiance
from assets.errors import ImageError

RNG = np.random.default_rng(7)
SKY = (RNG.random((16, 32, 3)) ** 4 * 20).astype(np.float32)


def hdr(pixels: np.ndarray) -> bytes:
    """Run-length encoded by another writer."""
    return cv2.imencode(".hdr", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()


def flat_hdr(rgbe: np.ndarray, size: str = "-Y {h} +X {w}") -> bytes:
    line = size.format(h=rgbe.shape[0], w=rgbe.shape[1])
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + line.encode() + b"\n" + rgbe.tobytes()


def exr(tmp_path, pixels: np.ndarray, *, compression=OpenEXR.ZIP_COMPRESSION, names: str = "RGB") -> bytes:
    file = tmp_path / "light.exr"
    channels = {name: np.ascontiguousarray(pixels[..., i % 3]) for i, name in enumerate(names)}
    with OpenEXR.File({"compression": compression, "type": OpenEXR.scanlineimage}, channels) as out:
        out.write(str(file))
    return file.read_bytes()


def test_run_lengths_are_decoded_as_another_reader_does():
    found = radiance.decode(hdr(SKY))
    assert found.shape == (16, 32, 3)
    assert found.dtype == np.float32
    # Eight bits for the largest channel of each pixel.
    assert np.abs(found - SKY).max() <= SKY.max() / 128
    smooth = np.repeat(np.linspace(0, 3, 64, dtype=np.float32)[:, None, None], 128, axis=1) * np.ones(3, np.float32)
    assert np.abs(radiance.decode(hdr(smooth)) - smooth).max() < 3 / 128


def test_flat_pixels_have_the_value_of_their_exponent():
    rgbe = np.zeros((1, 2, 4), np.uint8)
    rgbe[0, 0] = (128, 64, 0, 129)
    rgbe[0, 1] = (200, 200, 200, 0)  # exponent 0 is black
    assert radiance.decode(flat_hdr(rgbe)).tolist() == [[[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]]]


@pytest.mark.parametrize("compression", [OpenEXR.NO_COMPRESSION, OpenEXR.ZIP_COMPRESSION, OpenEXR.PIZ_COMPRESSION])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_exr_is_read_in_every_lossless_kind(tmp_path, compression, kind):
    found = radiance.decode(exr(tmp_path, SKY.astype(kind), compression=compression))
    assert np.array_equal(found, SKY.astype(kind).astype(np.float32))


def test_negative_light_is_black_and_endless_light_is_bounded(tmp_path):
    odd = SKY.copy()
    odd[0, 0], odd[0, 1] = -1, 1e9
    found = radiance.decode(exr(tmp_path, odd))
    assert found[0, 0].max() == 0
    assert found[0, 1].max() == radiance.BRIGHTEST


def refused(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        radiance.decode(data)
    return caught.value.code


def test_what_is_no_light_is_refused_by_kind(tmp_path):
    assert refused(b"") == "environment.type"
    assert refused(b"\x89PNG\r\n\x1a\n") == "environment.type"
    assert refused(flat_hdr(np.zeros((1, 2, 4), np.uint8), size="+Y {h} +X {w}")) == "environment.type"
    assert refused(hdr(SKY).replace(b"32-bit_rle_rgbe", b"32-bit_rle_xyze")) == "environment.type"
    assert refused(exr(tmp_path, SKY, names="XYZ")) == "environment.type"
    assert refused(exr(tmp_path, SKY, names="RGBACDEFH")) == "environment.type"


def test_the_size_is_checked_in_the_header(tmp_path):
    head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 60000\n"
    assert refused(head) == "environment.too_large"
    assert refused(exr(tmp_path, np.zeros((1, 5000, 3), np.float32))) == "environment.too_large"
    assert refused(b"#?" + bytes(radiance.MAX_BYTES)) == "environment.too_large"
    assert refused(hdr(np.zeros((16, 16, 3), np.float32))) == "environment.shape"


def test_what_is_damaged_is_refused(tmp_path):
    good = hdr(SKY)
    body = good.index(b"+X 32\n") + 6
    assert refused(good[:-20]) == "environment.invalid"
    assert refused(good[:body] + bytes(4) + good[body + 4 :]) == "environment.invalid"  # no row starts so
    assert refused(good[: body + 4] + bytes(5000)) == "environment.invalid"  # runs of nothing
    assert refused(good[: body + 4] + b"\xff\x01" * 4) == "environment.invalid"  # runs over the row's end
    picture = exr(tmp_path, SKY)
    assert refused(picture[:-40]) == "environment.invalid"
    assert refused(picture[:30]) == "environment.invalid"
    holes = SKY.copy()
    holes[3, 3] = np.nan
    assert refused(exr(tmp_path, holes)) == "environment.invalid"


def test_no_change_of_a_file_does_more_than_be_refused(tmp_path):
    rng = np.random.default_rng(1)
    for good in (hdr(SKY), exr(tmp_path, SKY, compression=OpenEXR.PIZ_COMPRESSION)):
        for _ in range(300):
            broken = np.frombuffer(good, np.uint8).copy()
            for place in rng.integers(0, rng.choice([200, len(good)]), rng.choice([1, 4, 16])):
                broken[place] = rng.integers(256)
            try:
                found = radiance.decode(broken.tobytes())
            except ImageError:
                continue
            assert np.isfinite(found).all()

"""KTX 2 textures: ETC1S and UASTC become pixels; a header that lies is refused before anything is unpacked."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from assets import gltf
from assets.errors import ImageError, ModelError
from assets.images import TEXTURES, decode, probe
from exporters.gltf import write_glb
from tests.assets import seeds
from tests.assets.glb import Glb, png, simple

NAMES = ("opaque.etc1s", "alpha.uastc", "alpha.zstd")
WIDTH, HEIGHT, DEPTH, LAYERS, FACES, LEVELS, SCHEME = range(20, 48, 4)
FORMAT, BOOK_BYTES, LEVEL = 12, 72, 80


def original(alpha: bool) -> NDArray[np.int64]:
    """What the files were made of: two ramps, and a right half that is three quarters clear."""
    y, x = np.mgrid[0:16, 0:16]
    clear = np.where(x < 8, 255, 64) if alpha else np.full_like(x, 255)
    return np.stack([x * 16, y * 16, (x + y) * 8, clear], axis=-1)


@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_that_were_encoded(name: str) -> None:
    image = probe(seeds.ktx2(name), kinds=TEXTURES)
    assert (image.mime, image.width, image.height) == ("image/ktx2", 16, 16)
    error = np.abs(decode(image).astype(np.int64) - original("alpha" in name))
    assert error.mean() < (9 if "etc1s" in name else 4)  # ETC1S is as coarse as that on ramps
    assert error[..., 3].max() <= 3


@pytest.mark.parametrize(
    ("place", "kind", "value", "why"),
    [
        (FORMAT, "<I", 37, "Basis Universal"),
        (DEPTH, "<I", 2, "2D"),
        (LAYERS, "<I", 7, "2D"),
        (FACES, "<I", 6, "2D"),
        (WIDTH, "<I", 0, "size"),
        (LEVELS, "<I", 0, "mip levels"),
        (LEVELS, "<I", 200, "mip levels"),
        (SCHEME, "<I", 3, "ETC1S nor UASTC"),
        (BOOK_BYTES, "<Q", 2**40, "codebooks"),
        (LEVEL, "<Q", 2**40, "cut off"),
        (LEVEL + 16, "<Q", 2**34, "another size"),
    ],
)
def test_headers_that_lie_are_refused_before_they_are_unpacked(place: int, kind: str, value: int, why: str) -> None:
    data = bytearray(seeds.ktx2("alpha.zstd"))
    struct.pack_into(kind, data, place, value)
    tracemalloc.start()
    with pytest.raises(ImageError, match=why) as caught:
        probe(bytes(data), kinds=TEXTURES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == "image.invalid"
    assert peak < 2**20


def test_a_picture_as_large_as_it_says_is_too_large() -> None:
    data = bytearray(seeds.ktx2("opaque.etc1s"))
    struct.pack_into("<2I", data, WIDTH, 30_000, 30_000)
    with pytest.raises(ImageError) as caught:
        probe(bytes(data), kinds=TEXTURES)
    assert caught.value.code == "image.too_large"


def test_a_damaged_stream_is_said() -> None:
    data = bytearray(seeds.ktx2("alpha.zstd"))
    start, length = struct.unpack_from("<2Q", data, LEVEL)
    data[start : start + length] = bytes(length)
    with pytest.raises(ImageError, match="damaged") as caught:
        decode(probe(bytes(data), kinds=TEXTURES))
    assert caught.value.code == "image.invalid"


def test_people_upload_other_kinds() -> None:
    for data in (seeds.ktx2("alpha.uastc"), seeds.picture("AVIF")):
        with pytest.raises(ImageError, match="PNG, JPEG or WebP") as caught:
            probe(data)
        assert caught.value.code == "image.type"


def test_avif_where_pillow_can() -> None:
    image = probe(seeds.picture("AVIF"), kinds=TEXTURES)
    expected = decode(probe(seeds.picture("PNG"))).astype(np.int64)
    assert (image.mime, image.width, image.height) == ("image/avif", 8, 8)
    assert np.abs(decode(image).astype(np.int64) - expected).mean() < 40


def test_a_model_brings_them_and_leaves_with_png() -> None:
    model = gltf.read(seeds.supercompressed())
    material = model.meshes[0].primitives[0].material
    assert material.base_color_texture is not None
    assert material.base_color_texture.image.mime == "image/ktx2"
    assert material.occlusion_texture is not None
    assert material.occlusion_texture.image.mime == "image/avif"
    back = gltf.read(write_glb(model, extras={})).meshes[0].primitives[0].material
    assert back.base_color_texture is not None
    assert back.base_color_texture.image.mime == "image/png"
    assert np.array_equal(decode(back.base_color_texture.image), decode(material.base_color_texture.image))


def with_fallback() -> Glb:
    glb = simple()
    glb.texture(png())
    glb.texture(seeds.ktx2("alpha.uastc"))
    glb.doc["textures"] = [{"source": 0, "extensions": {"KHR_texture_basisu": {"source": 1}}}]
    glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": 0}})
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    return glb


def test_a_fallback_without_loss_is_taken() -> None:
    texture = gltf.read(with_fallback().data()).meshes[0].primitives[0].material.base_color_texture
    assert texture is not None
    assert texture.image.mime == "image/png"


def test_a_texture_that_only_has_what_is_not_supported_names_it() -> None:
    glb = with_fallback()
    glb.doc["textures"] = [{"extensions": {"MSFT_texture_dds": {"source": 1}}}]
    with pytest.raises(ModelError, match="MSFT_texture_dds") as caught:
        gltf.read(glb.data())
    assert caught.value.code == "model.extension_required"

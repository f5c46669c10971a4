"""KTX 2 textures: what Binomial's decoder makes of every kind of block, and how a model carries the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import opengl_basisu
import pytest
from PIL import Image as Pillow

from assets import gltf, images
from assets import ktx2 as reader
from assets.model import Texture
from exporters import ktx2, resampling, uastc
from exporters.gltf import write_glb, write_gltf
from exporters.gltf_materials import textures
from exporters.optimise import Options, optimise
from tests.exporters.test_models import errors, model_of, picture, quad, textured
from tests.exporters.test_slim import document


def smooth(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A soft picture with some grain and an alpha from clear to solid."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(5 * x + k) * np.cos(7 * y - k) for k in range(3)]
    soft = np.stack([*(128 + 90 * wave for wave in waves), 255 * x], axis=2)
    return np.clip(soft + noise.normal(0, 2, soft.shape), 0, 255).astype(np.uint8)


def noise_ratio(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, ((one.astype(float) - other) ** 2).mean())))


def opaque(pixels: np.ndarray) -> np.ndarray:
    return np.dstack([pixels[..., :3], np.full(pixels.shape[:2], 255, np.uint8)])


def test_pictures_come_back_near_and_the_same_each_time() -> None:
    clear = smooth(96, 128)
    for pixels in (clear, opaque(clear)):
        data = ktx2.write(pixels, colour=True)
        back = reader.pixels(data)
        assert noise_ratio(back[..., :3], pixels[..., :3]) > 38
        assert noise_ratio(back[..., 3], pixels[..., 3]) > 38
        assert data == ktx2.write(pixels, colour=True)


@pytest.mark.parametrize("kind", [*uastc._OPAQUE, *uastc._CLEAR])
def test_every_kind_of_block_is_read_as_it_was_meant(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder finds the error that the encoder reckoned with, on pictures that lie on no line."""
    pixels = np.random.default_rng(3).integers(0, 256, (32, 32, 4), np.uint8)
    if kind.channels == 3:
        pixels = opaque(pixels)
    monkeypatch.setattr(uastc, "_OPAQUE" if kind.channels == 3 else "_CLEAR", (kind,))
    back = reader.pixels(ktx2.write(pixels, colour=True)).astype(float)
    blocks = pixels.reshape(8, 4, 8, 4, 4).swapaxes(1, 2).reshape(64, 16, 4)
    _, _, expected = uastc._fitted(blocks[..., : kind.channels].astype(np.float32), kind)
    assert ((back - pixels) ** 2).sum() == pytest.approx(expected.sum(), rel=0.01)


def test_one_colour_stays_exactly_that() -> None:
    for colour in ((10, 20, 30, 255), (250, 1, 128, 77), (0, 0, 0, 0)):
        pixels = np.tile(np.array(colour, np.uint8), (8, 8, 1))
        assert np.array_equal(reader.pixels(ktx2.write(pixels, colour=False)), pixels)


def test_levels_and_what_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = opaque(smooth(48, 160))
    texture = opengl_basisu.open(ktx2.write(pixels, colour=True))
    assert (texture.width, texture.height, texture.levels) == (160, 48, 8)
    assert (texture.srgb, texture.has_alpha) == (True, False)
    half = texture.transcode("rgba8", level=1).data
    assert noise_ratio(half[..., :3], pixels.reshape(24, 2, 80, 2, 4).mean(axis=(1, 3))[..., :3]) > 35
    measured = opengl_basisu.open(ktx2.write(smooth(48, 160), colour=False))
    assert (measured.srgb, measured.has_alpha) == (False, True)
    assert reader.size(ktx2.write(smooth(30, 17), colour=True)) == (16, 32)  # in multiples of four
    assert reader.size(ktx2.write(smooth(1, 3), colour=True)) == (4, 4)
    monkeypatch.setattr(ktx2, "LONGEST", 64)
    assert reader.size(ktx2.write(pixels, colour=True)) == (64, 20)


@pytest.mark.parametrize(("target", "bcn", "least"), [("bc7", 7, 36), ("bc1", 1, 30)])
def test_gpus_formats_are_made_of_it(target: str, bcn: int, least: float) -> None:
    """Read by Pillow, which is not Binomial's."""
    pixels = opaque(smooth(64, 64))
    found = opengl_basisu.open(ktx2.write(pixels, colour=True)).transcode(target).data
    shown = Pillow.frombytes("RGBA", (64, 64), bytes(np.asarray(found)), "bcn", bcn)
    assert noise_ratio(np.asarray(shown)[..., :3], pixels[..., :3]) > least


def test_a_model_carries_them(tmp_path: Path) -> None:
    """A picture that is a colour here and a measure there is two files; each says which it is."""
    cloth = textured((200, 30, 60))
    both = replace(cloth, name="both", normal_texture=cloth.base_color_texture)
    third = Texture(image=picture((1, 2, 3)))
    rich = replace(both, extension_textures={"KHR_materials_sheen/sheenColorTexture": third})
    made, report = optimise(model_of(quad(cloth), quad(rich, x=2.0)), Options(textures="ktx2"))
    assert [name for name, _ in report.steps] == ["merge_materials", "textures"]
    files = write_gltf(made, extras={}, stem="d", textures="ktx2")
    errors(tmp_path, {"a.glb": write_glb(made, extras={}, textures="ktx2"), **files})
    told = json.loads(files["d.gltf"])
    assert "KHR_texture_basisu" in told["extensionsRequired"]
    names = {
        slot: told["images"][told["textures"][place]["extensions"]["KHR_texture_basisu"]["source"]]["uri"]
        for slot, place in (
            ("colour", told["materials"][1]["pbrMetallicRoughness"]["baseColorTexture"]["index"]),
            ("normal", told["materials"][1]["normalTexture"]["index"]),
            ("sheen", told["materials"][1]["extensions"]["KHR_materials_sheen"]["sheenColorTexture"]["index"]),
        )
    }
    assert {slot: opengl_basisu.open(files[name]).srgb for slot, name in names.items()} == {
        "colour": True,
        "normal": False,
        "sheen": True,
    }
    assert len(set(names.values())) == 3
    assert all(name.endswith(".ktx2") for name in names.values())
    back = gltf.read(write_glb(made, extras={}, textures="ktx2"))
    (texture,) = textures(back.meshes[0].primitives[0].material)
    assert texture.image.mime == "image/ktx2"
    assert images.decode(texture.image)[3, 3, :3].tolist() == [200, 30, 60]
    plain = document(write_glb(made, extras={}))
    assert {image["mimeType"] for image in plain["images"]} == {"image/png"}  # for everybody else
    assert "extensionsRequired" not in plain


@pytest.mark.parametrize(("colour", "mean"), [(True, 188), (False, 128)])
def test_colours_are_averaged_as_light_and_measures_as_numbers(colour: bool, mean: int) -> None:
    board = np.where((np.indices((64, 64)).sum(axis=0) % 2 == 0)[..., None], 255, 0).astype(np.uint8)
    pixels = opaque(np.repeat(board, 4, axis=2))
    texture = opengl_basisu.open(ktx2.write(pixels, colour=colour))
    for level in range(1, texture.levels):
        assert np.abs(texture.transcode("rgba8", level=level).data[..., :3].astype(int) - mean).max() <= 1
    smaller = resampling.resized(pixels, 16, 16, colour=colour)
    assert np.abs(smaller[..., :3].astype(int) - mean).max() <= 1
    every = np.arange(256, dtype=np.uint8).repeat(4).reshape(16, 16, 4)
    assert np.array_equal(resampling.codes(resampling.light(every, colour=colour), colour=colour), every)

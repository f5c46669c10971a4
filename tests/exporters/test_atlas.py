"""One sheet for many materials: every texel stays where its surface is, in every slot, and tiles are left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets import images
from assets.model import AlphaMode, Material, Model, Texture
from exporters.atlas import pack
from exporters.gltf import write_glb
from exporters.gltf_materials import textures
from exporters.optimise import Options, count, optimise
from tests.exporters.test_models import errors, model_of, picture, quad, textured


def test_an_atlas_keeps_every_colour_and_leaves_tiles_alone(tmp_path: Path) -> None:
    colours = [(200, 10, 10), (10, 200, 10), (10, 10, 200)]
    tiled = quad(textured(colours[2]), 4.0)
    assert tiled.uv0 is not None
    tiled = replace(tiled, uv0=tiled.uv0 * 3)
    model = model_of(quad(textured(colours[0])), quad(textured(colours[1]), 2.0), tiled)
    packed, report = optimise(model, Options(atlas=True))
    assert (report.before.images, report.after.images) == (3, 2)
    errors(tmp_path, {"a.glb": write_glb(packed, extras={})})
    for primitive, colour in zip(packed.meshes[0].primitives, colours, strict=True):
        texture = primitive.material.base_color_texture
        assert texture is not None
        assert primitive.uv0 is not None
        pixels = images.decode(texture.image)
        middle = primitive.uv0.mean(0) % 1.0
        x, y = (middle * [texture.image.width, texture.image.height]).astype(int)
        assert tuple(pixels[y, x, :3]) == colour


def rich(number: int, size: int = 16, kind: str = "PNG") -> Material:
    """A material with a colour of its own in three slots; the normals are half as large."""
    return Material(
        name=f"cloth {number}",
        base_color_texture=Texture(image=picture((40 * number, 10, 10), kind, size)),
        metallic_roughness_texture=Texture(image=picture((0, 40 * number, 0), kind, size)),
        normal_texture=Texture(image=picture((128, 128, 200 + number), kind, size // 2)),
    )


def middles(model: Model) -> list[list[tuple[int, ...]]]:
    """What each part shows in its middle, texture by texture."""
    found = []
    for part in model.meshes[0].primitives:
        assert part.uv0 is not None
        shown = []
        for texture in textures(part.material):
            pixels = images.decode(texture.image)
            x, y = (part.uv0.mean(0) * [texture.image.width, texture.image.height]).astype(int)
            shown.append(tuple(int(v) for v in pixels[y, x, :3]))
        found.append(shown)
    return found


def test_every_slot_has_its_sheet(tmp_path: Path) -> None:
    model = model_of(*(quad(rich(n), x=2.0 * n) for n in range(1, 5)))
    made, report = optimise(model, Options(atlas=True, combine_meshes=True))
    assert (report.before.images, report.after.images) == (12, 3)
    assert (report.before.materials, report.after.materials, report.after.primitives) == (4, 1, 1)
    apart = pack(model)
    assert middles(apart) == middles(model)
    assert {t.image.width for p in apart.meshes[0].primitives for t in textures(p.material)} == {128}
    errors(tmp_path, {"a.glb": write_glb(made, extras={})})
    assert count(pack(made)) == count(made)  # one set is nothing to pack


def test_a_slot_that_a_material_lacks_stays_empty() -> None:
    bare = replace(rich(1), normal_texture=None)
    made = pack(model_of(quad(bare), quad(rich(2), x=2.0)))
    first, second = (part.material for part in made.meshes[0].primitives)
    assert first.normal_texture is None
    assert second.normal_texture is not None
    assert middles(made) == middles(model_of(quad(bare), quad(rich(2), x=2.0)))


@pytest.mark.parametrize(
    "change",
    [
        {"alpha_mode": AlphaMode.BLEND},
        {"extension_textures": {"KHR_materials_sheen/sheenColorTexture": Texture(image=picture((1, 2, 3)))}},
        {"normal_texture": Texture(image=picture((128, 128, 255)), uv_set=1)},
        {"normal_texture": Texture(image=picture((128, 128, 255)), scale=(2.0, 2.0))},
    ],
)
def test_what_a_sheet_cannot_hold_is_left_alone(change: dict) -> None:
    odd = replace(rich(3), **change)
    made = pack(model_of(quad(rich(1)), quad(rich(2), x=2.0), quad(odd, x=4.0)))
    materials = [part.material for part in made.meshes[0].primitives]
    assert materials[2] is odd
    assert materials[0].base_color_texture is not rich(1).base_color_texture
    assert "atlas" in materials[0].base_color_texture.image.name


def test_sheets_keep_within_what_is_asked_and_stay_jpeg() -> None:
    model = model_of(*(quad(rich(n, 64, "JPEG"), x=2.0 * n) for n in range(1, 6)))
    made = pack(model, most=100)
    sheets = {t.image.digest: t.image for p in made.meshes[0].primitives for t in textures(p.material)}
    assert {image.mime for image in sheets.values()} == {"image/jpeg"}
    assert all(max(image.width, image.height) <= 100 for image in sheets.values())
    before, after = (np.array(middles(one)) for one in (model, made))
    assert np.abs(before - after).max() <= 6

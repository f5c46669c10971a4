"""A card's model: a closed slab of the card's size, whose foil is where the mask is and nowhere else."""

from __future__ import annotations

import json
import struct
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from assets import gltf
from assets.card_model import model, texture_size
from assets.card_scene import CardMap, CardScene, Lamps, Plane, Sheet
from assets.card_solid import Solid, cut, face
from assets.errors import CardError
from assets.finish import finish
from assets.foil import Film, Foil, Grating, Hue, Metal
from assets.images import decode
from assets.model import Image, Material, Model, Primitive, Texture
from assets.scene import Background
from assets.variants import chosen
from exporters.gltf import write_glb

VALIDATOR: Final = Path(__file__).resolve().parents[1] / "gltf_validator" / "validate.mjs"
SIZE: Final = (126, 176)  # width and height of the pictures
PX: Final = 176

Bytes = NDArray[np.uint8]


def foil(**parts: Any) -> Foil:
    return Foil.model_validate(
        {"id": "sample", "name_en": "Sample", "name_ko": "견본", "summary": "for tests"} | parts
    )


def picture(colour: tuple[int, int, int] = (235, 230, 220)) -> Bytes:
    pixels = np.full((SIZE[1], SIZE[0], 4), 255, np.uint8)
    pixels[..., :3] = colour
    pixels[10:20, 12:100, :3] = 10  # a line of text
    return pixels


def window() -> Bytes:
    """A mask with straight sides: rows 40 to 119, columns 20 to 105."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[40:120, 20:106] = 255
    return mask


def card(*foils: Foil, **changes: Any) -> CardScene:
    scene = CardScene(
        width_mm=63.0,
        height_mm=88.0,
        radius_mm=3.0,
        thickness_mm=0.32,
        core="#e6e2d8",
        core_line="#3c4a63",
        front=(Plane(name="art", picture=picture(), depth_mm=2.0),),
        back=picture((30, 40, 90)),
        frames=(),
        sheets=tuple(Sheet(foil=made, mask=window(), intensity=1.0) for made in foils),
        varnish=0.05,
        lamps=Lamps(),
        background=Background(),
        digest="0" * 64,
    )
    return replace(scene, **changes)


def grooves(left: float = 0.0, right: float = 90.0) -> dict[CardMap, Bytes]:
    """Maps of a grating: grooves that run one way in the left half and another way in the right one (degrees)."""
    angle = np.radians(np.where(np.arange(SIZE[0]) < SIZE[0] // 2, left, right))[None].repeat(SIZE[1], 0)
    direction = np.dstack([np.cos(angle) * 0.5 + 0.5, np.sin(angle) * 0.5 + 0.5, window() / 255])
    return {CardMap.FOIL: window(), CardMap.DIRECTION: np.round(direction * 255).astype(np.uint8)}


def made(*foils: Foil, maps: dict[CardMap, Bytes] | None = None, **changes: Any) -> Model:
    return model(card(*foils, **changes), grooves() if maps is None else maps, height=PX)


def parts(shown: Model) -> dict[str, Primitive]:
    return {part.material.name: part for part in shown.meshes[0].primitives}


def pixels(texture: Texture | None) -> Bytes:
    assert texture is not None
    return decode(texture.image)


def film(material: Material) -> Bytes:
    return pixels(material.extension_textures["KHR_materials_iridescence/iridescenceTexture"])


def outside() -> NDArray[np.bool_]:
    return window() == 0


RAINBOW: Final = foil(grating={})


def test_the_card_stands_on_its_edge_with_its_own_size_in_metres() -> None:
    positions = np.concatenate([part.positions for part in made(RAINBOW).meshes[0].primitives])
    np.testing.assert_allclose(positions.min(axis=0), (-0.0315, 0.0, -0.00016), atol=1e-8)
    np.testing.assert_allclose(positions.max(axis=0), (0.0315, 0.088, 0.00016), atol=1e-8)


@pytest.mark.parametrize("radius", [0.0, 0.02, 3.0, 40.0])
@pytest.mark.parametrize("thickness", [0.1, 0.32, 5.0])
def test_the_slab_is_closed_and_its_normals_look_outward(radius: float, thickness: float) -> None:
    solid = Solid(width=63.0, height=88.0, radius=radius, thickness=thickness)
    pieces = [face(solid, Material(), side=1.0), face(solid, Material(), side=-1.0), cut(solid, Material())]
    volume, edges = 0.0, list[frozenset[Any]]()
    for piece in pieces:
        corners = piece.positions.astype(np.float64)[piece.indices] * 1000
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        volume += np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
        assert (np.einsum("ij,ikj->ik", across, piece.normals[piece.indices]) > 0).all()
        places = [[tuple(np.round(corner, 4)) for corner in triangle] for triangle in corners]
        edges += [frozenset(pair) for a, b, c in places for pair in ((a, b), (b, c), (c, a))]
        assert piece.tangents is not None
        np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(piece.tangents[:, :3], axis=1), 1, atol=1e-6)
        np.testing.assert_allclose((piece.tangents[:, :3] * piece.normals).sum(axis=1), 0, atol=1e-6)
    assert set(Counter(edges).values()) == {2}  # every edge joins two triangles
    rounded = min(radius, 31.5)
    area = 63 * 88 - (4 - np.pi) * rounded**2
    assert volume == pytest.approx(area * thickness, rel=0.01)


def test_both_pictures_cover_the_trimmed_card_and_read_from_their_own_side() -> None:
    for name, side in (("front", 1), ("back", -1)):
        part = parts(made(RAINBOW))[name]
        assert part.uv0 is not None
        assert (part.uv0.min(), part.uv0.max()) == pytest.approx((0, 1), abs=1e-6)
        left_top = part.uv0[np.argmin(part.positions[:, 0] * side - part.positions[:, 1])]
        assert (left_top < 0.03).all()  # seen from that side


def test_metal_and_film_are_where_the_mask_is_and_nowhere_else() -> None:
    material = parts(made(RAINBOW))["front"].material
    metal, shown = pixels(material.metallic_roughness_texture), film(material)
    assert (metal[outside()][:, 2] == 0).all()
    assert (shown[outside()][:, 0] == 0).all()
    assert (metal[60:100, 40:90, 2] > 150).all()
    assert (shown[60:100, 40:90, 0] > 200).all()


def test_a_foil_leaves_the_print_beside_it_as_it_is() -> None:
    plain, gilded = (
        parts(made(made_of))["front"].material for made_of in (RAINBOW, foil(metal={"colour": "#d4a017"}))
    )
    first, second = pixels(plain.base_color_texture), pixels(gilded.base_color_texture)
    away = outside()
    assert np.abs(first[away][:, :3].astype(int) - picture()[away][:, :3]).mean() < 2
    assert np.abs(first[away].astype(int) - second[away]).mean() < 1
    inner = second[60:100, 40:90].mean(axis=(0, 1))
    assert inner[0] > inner[1] > inner[2] + 50  # gold shines through light ink


def test_cells_whose_grooves_run_differently_have_films_of_different_thickness() -> None:
    shown = film(parts(made(RAINBOW))["front"].material)[60:100, :, 1].astype(int)
    rows, columns = shown[:, 30:55], shown[:, 70:100]
    assert np.ptp(rows.mean(axis=0)) > 60  # across the grooves on the left the hue runs …
    assert np.ptp(rows, axis=0).max() <= 2  # … and along them it stays
    assert np.ptp(columns, axis=1).max() <= 2
    assert np.ptp(columns.mean(axis=1)) > 60


def test_the_sign_of_a_groove_s_direction_does_not_matter_to_its_hue() -> None:
    one, other = (film(parts(made(RAINBOW, maps=grooves(a, b)))["front"].material) for a, b in ((20, 80), (200, 260)))
    assert np.abs(one[..., 1].astype(int) - other[..., 1]).max() <= 2


def test_a_narrower_range_of_hues_gives_a_narrower_range_of_films() -> None:
    def span(hue: Hue) -> float:
        found = finish(parts(made(foil(grating={}, hue=hue.model_dump())))["front"].material)
        return found.iridescence_thickness[1] - found.iridescence_thickness[0]

    assert 0 < span(Hue(start=200, range=60)) < 0.5 * span(Hue(range=360))


def test_a_foil_that_is_a_film_is_written_as_that_film() -> None:
    pearl = foil(metal=None, film=Film(thickness_nm=400, variation_nm=50, ior=1.5).model_dump())
    found = finish(parts(made(pearl))["front"].material)
    low, high = found.iridescence_thickness
    assert found.iridescence_ior == pytest.approx(1.5)
    assert 350 <= low < 400 < high <= 450
    metal = pixels(parts(made(pearl))["front"].material.metallic_roughness_texture)
    assert (metal[..., 2] == 0).all()  # a film on paper, not on metal


def test_bare_metal_has_no_film() -> None:
    material = parts(made(foil(metal=Metal().model_dump()), maps={CardMap.FOIL: window()}))["front"].material
    assert "KHR_materials_iridescence" not in material.extensions
    assert "KHR_materials_anisotropy" not in material.extensions
    assert material.metallic_roughness_texture is not None


def test_ink_hides_the_film_below_it() -> None:
    everywhere = np.full(SIZE[::-1], 255, np.uint8)
    scene = card(RAINBOW)
    scene = replace(scene, sheets=(replace(scene.sheets[0], mask=everywhere),))
    shown = film(parts(model(scene, grooves() | {CardMap.FOIL: everywhere}, height=PX))["front"].material)
    assert shown[15, 50, 0] < 0.5 * shown[30, 50, 0]


def test_texts_are_printed_over_the_foil() -> None:
    letters = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    letters[70:74, 50:60] = (10, 10, 10, 255)
    letters[90:94, 50:60] = (255, 255, 255, 255)
    scene = card(RAINBOW, front=(*card().front, Plane(name="text", picture=letters)))
    material = parts(model(scene, grooves(), height=PX))["front"].material
    metal, shown = pixels(material.metallic_roughness_texture), film(material)
    assert (shown[letters[..., 3] > 0][:, 0] == 0).all()
    assert (metal[70:74, 50:60, 2] > 150).all()  # black ink on metal gives back no light at all …
    assert (metal[90:94, 50:60, 2] == 0).all()  # … and white ink all of it, from every side
    assert (shown[76:80, 50:60, 0] > 150).all()


def test_lights_stretch_across_the_grooves() -> None:
    material = parts(made(RAINBOW, maps=grooves(0, 90)))["front"].material
    grain = pixels(material.extension_textures["KHR_materials_anisotropy/anisotropyTexture"])
    np.testing.assert_array_equal(grain[80, 30, :2], (255, 128))
    np.testing.assert_array_equal(grain[80, 95, :2], (128, 255))
    assert (grain[outside()][:, 2] == 0).all()


def test_grooves_lean_as_a_grating_sends_light_and_only_in_the_foil() -> None:
    normal = pixels(parts(made(RAINBOW, maps=grooves(0, 0)))["front"].material.normal_texture)[..., :3].astype(int)
    assert (np.abs(normal[outside()] - (128, 128, 255)) <= 1).all()
    assert np.ptp(normal[80, 20:106, 0]) > 20  # x leans …
    assert np.ptp(normal[80, 20:106, 1]) <= 1  # … and y does not


def test_the_relief_is_the_normal_map() -> None:
    relief = np.full((SIZE[1], SIZE[0], 3), (128, 128, 255), np.uint8)
    relief[60:80, 60:80] = (160, 128, 250)
    maps = {CardMap.FOIL: window(), CardMap.NORMAL: relief}
    np.testing.assert_array_equal(
        pixels(parts(made(foil(), maps=maps))["front"].material.normal_texture)[..., :3], relief
    )
    flat = maps | {CardMap.NORMAL: np.full_like(relief, (128, 128, 255))}
    assert parts(made(foil(), maps=flat))["front"].material.normal_texture is None


def test_a_spot_gloss_is_a_clear_coat_where_its_mask_is() -> None:
    material = parts(made(foil(metal=None, varnish=True), varnish=0.55))["front"].material
    coat = pixels(material.extension_textures["KHR_materials_clearcoat/clearcoatTexture"]).astype(int)
    assert (coat[60:100, 40:90, 0] == 255).all()
    assert (coat[60:100, 40:90, 1] < 15).all()
    assert (coat[outside()][:, 0] < 128).all()
    np.testing.assert_allclose(coat[outside()][:, 1], 140, atol=1)
    assert material.metallic_roughness_texture is None


def test_the_edge_shows_the_core_and_its_line() -> None:
    edge = pixels(parts(made(RAINBOW))["edge"].material.base_color_texture)[..., :3].mean(axis=1)
    np.testing.assert_allclose(edge[2], (0xE6, 0xE2, 0xD8), atol=12)
    np.testing.assert_allclose(edge[len(edge) // 2], (0x3C, 0x4A, 0x63), atol=12)
    plain = pixels(parts(made(RAINBOW, core_line=None))["edge"].material.base_color_texture)[..., :3].mean(axis=1)
    assert np.abs(plain - (0xE6, 0xE2, 0xD8)).max() < 12


def test_lenses_give_a_variant_for_each_frame() -> None:
    frames = tuple(picture(colour) for colour in ((200, 40, 40), (40, 200, 40), (40, 40, 200)))
    shown = made(foil(lenses={}), frames=frames)
    assert shown.variants == ("frame 1", "frame 2", "frame 3")
    read = gltf.read(write_glb(shown, extras={}))
    for place, name in enumerate(read.variants):
        front = pixels(parts(chosen(read, name))["front"].material.base_color_texture)[150, 60, :3]
        assert front.argmax() == place
    default = pixels(parts(read)["front"].material.base_color_texture)[150, 60, :3]
    assert default.argmax() == 0


def test_two_foils_on_one_card_keep_to_their_masks() -> None:
    left, right = window(), window()
    left[:, 63:], right[:, :63] = 0, 0
    scene = card(RAINBOW, foil(metal={"roughness": 0.1}))
    scene = replace(scene, sheets=(replace(scene.sheets[0], mask=left), replace(scene.sheets[1], mask=right)))
    material = parts(model(scene, grooves(), height=PX))["front"].material
    shown, metal = film(material), pixels(material.metallic_roughness_texture)
    assert shown[80, 40, 0] > 200
    assert shown[80, 90, 0] == 0
    assert metal[80, 90, 1] < metal[80, 40, 1]


def test_what_the_card_is_travels_with_it(tmp_path: Path) -> None:
    design = {"name": "Aurora", "template": "card-classic"}
    shown = model(card(RAINBOW), grooves(), height=PX, name="Aurora", design=design, licence="CC0-1.0")
    glb = write_glb(shown, extras={})
    (length,) = struct.unpack_from("<I", glb, 12)
    document = json.loads(glb[20 : 20 + length])
    assert document["asset"]["copyright"] == "CC0-1.0"
    facts = document["extras"]["card"]
    assert facts["design"] == design
    assert (facts["width_mm"], facts["height_mm"], facts["thickness_mm"]) == (63.0, 88.0, 0.32)
    assert facts["foils"][0]["spacing_nm"] == Grating().spacing_nm
    assert facts["foils"][0]["cover"] == pytest.approx(window().mean() / 255, abs=1e-3)


@pytest.mark.parametrize("kind", ["rainbow", "pearl", "gloss", "lenses", "none"])
def test_every_kind_passes_the_validator_without_a_word(tmp_path: Path, kind: str) -> None:
    sheets = {
        "rainbow": (RAINBOW, foil(metal={"colour": "#d4a017"})),
        "pearl": (foil(metal=None, film={"variation_nm": 40.0}),),
        "gloss": (foil(metal=None, varnish=True),),
        "lenses": (foil(lenses={}, grating={}),),
        "none": (),
    }[kind]
    frames = (picture((200, 40, 40)), picture((40, 200, 40))) if kind == "lenses" else ()
    file = tmp_path / "card.glb"
    file.write_bytes(write_glb(made(*sheets, frames=frames), extras={}))
    done = subprocess.run(["node", str(VALIDATOR), str(file)], capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert (report["errors"], report["warnings"], report["messages"]) == (0, 0, [])


def test_equal_cards_give_equal_bytes() -> None:
    assert write_glb(made(RAINBOW), extras={}) == write_glb(made(RAINBOW), extras={})


def images(shown: Model) -> list[Image]:
    materials = [part.material for part in shown.meshes[0].primitives]
    slots = [
        slot for m in materials for slot in (m.base_color_texture, m.metallic_roughness_texture, m.normal_texture)
    ]
    return [slot.image for slot in slots if slot is not None]


def test_textures_have_the_height_that_was_asked_for_and_the_card_s_shape() -> None:
    scene = card(RAINBOW)
    assert texture_size(scene) == (733, 1024)
    assert texture_size(replace(scene, width_mm=300.0, height_mm=20.0), 2048) == (2048, 137)
    sizes = {
        (image.width, image.height) for image in images(model(scene, grooves(), height=352)) if image.name != "edge"
    }
    assert sizes == {(252, 352)}


@pytest.mark.parametrize("height", [0, 63, 2049])
def test_a_texture_of_no_use_is_refused(height: int) -> None:
    with pytest.raises(CardError, match="pixels high") as caught:
        model(card(), {}, height=height)
    assert caught.value.code == "card.texture_size"


def test_without_maps_the_card_is_printed_plain() -> None:
    material = parts(model(card(RAINBOW), {}, height=PX))["front"].material
    assert set(material.extensions) == {"KHR_materials_clearcoat"}
    assert material.metallic == 0.0

"""Composition: what is worn hides what is under it, without holes at its edges; materials; scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from assets.compose import AVATAR, compose, digest, scene
from assets.customise import measure_uv
from assets.design import Avatar, Customisation, Design, Layer, LayerEffects, Pose, Ref, Transform
from assets.environments import named
from assets.errors import ModelError
from assets.fabric import Fabric
from assets.gltf import read
from assets.images import probe
from assets.model import AlphaMode, Material, Model, Texture
from assets.pose import flatten
from assets.scene import Blend, Draw, DropShadow, Effects, Glow, Tone
from assets.srgb import light_of
from assets.transforms import apply
from assets.units import extent
from tests.assets.bodies import body, model, tube
from tests.assets.glb import png, simple
from tests.assets.test_variants import colourways

LOW, HIGH = 0.6, 1.2  # where the sleeve sits


def sleeve(radius: float, material: Material | None = None, **place: float) -> Model:
    return model(*tube(radius, LOW, HIGH, **place), material)


def design(*layers: Layer, avatar: bool = True) -> Design:
    return Design(avatar=Avatar(model=Ref(item="body")) if avatar else None, layers=layers)


def layer(name: str, **fields: object) -> Layer:
    return Layer(id=name, model=Ref(item=name), **fields)


def composed(document: Design, models: Mapping[str, Model], fabrics: Mapping[str, Fabric] | None = None) -> Model:
    known = {"body": body(), **models}
    return compose(document, lambda ref: known[str(ref.item)], lambda ref: (fabrics or {})[str(ref.item)])


def draws_of(made: Model, name: str) -> list[Draw]:
    return [draw for draw in flatten(made) if draw.layer == name]


def skin(made: Model) -> tuple[np.ndarray, np.ndarray]:
    """The drawn skin's corners (m, 3, 3): their radius about the axis and their height."""
    (draw,) = draws_of(made, AVATAR)
    corners = apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices]
    return np.hypot(corners[..., 0], corners[..., 2]), corners[..., 1]


@pytest.mark.parametrize("radius", [0.105, 0.115, 0.121, 0.125])
def test_skin_under_cloth_is_hidden_also_where_it_pokes_through(radius: float) -> None:
    made = composed(design(layer("sleeve")), {"sleeve": sleeve(radius)})
    distance, height = skin(made)
    under = ((height > LOW + 0.002) & (height < HIGH - 0.002)).all(axis=1) & (distance.max(axis=1) > 0.05)
    flat = radius * np.cos(np.pi / 48)  # the sleeve is a polygon
    assert distance[under].max() < flat
    middle = (np.abs(height - 0.9) < 0.2).all(axis=1)
    assert not middle.any()  # well inside, nothing is drawn


def test_a_margin_of_skin_stays_under_every_edge() -> None:
    _, height = skin(composed(design(layer("sleeve")), {"sleeve": sleeve(0.115)}))
    for edge, direction in ((LOW, 1), (HIGH, -1)):
        for depth in (0.0, 0.01, 0.02):
            level = edge + direction * depth
            assert ((height.min(axis=1) < level) & (height.max(axis=1) > level)).sum() >= 48


def test_skin_away_from_the_cloth_is_untouched() -> None:
    distance, height = skin(composed(design(layer("sleeve")), {"sleeve": sleeve(0.105)}))
    beside = (height < LOW - 0.06) & (height > 0.01)
    assert np.allclose(distance[beside], 0.12, atol=1e-6)
    assert beside.sum() > 1000


def test_the_push_fades_without_a_step() -> None:
    distance, _ = skin(composed(design(layer("sleeve")), {"sleeve": sleeve(0.105)}))
    edges = np.abs(np.diff(distance, axis=1))[(distance > 0.05).all(axis=1)]
    assert edges.max() < 0.012


@pytest.mark.parametrize("turned", [False, True])
def test_the_clothes_winding_does_not_matter(turned: bool) -> None:
    points, triangles = tube(0.115, LOW, HIGH)
    cloth = model(points, np.ascontiguousarray(triangles[:, ::-1]) if turned else triangles)
    _, height = skin(composed(design(layer("sleeve")), {"sleeve": cloth}))
    assert not (np.abs(height - 0.9) < 0.2).all(axis=1).any()


def test_cloth_that_hangs_far_off_hides_nothing() -> None:
    made = composed(design(layer("tent")), {"tent": sleeve(0.30)})
    (draw,) = draws_of(made, AVATAR)
    assert np.array_equal(draw.primitive.indices, body().meshes[0].primitives[0].indices)


def test_a_limb_beside_the_cloth_is_not_covered_by_it() -> None:
    hand = model(*tube(0.012, 0.7, 1.1, x=0.142, caps=True))  # 8 mm from the sleeve of the column beside it
    both = body()
    joined = replace(
        both,
        nodes=(*both.nodes, replace(hand.nodes[0], mesh=1)),
        roots=(0, 1),
        meshes=(*both.meshes, *hand.meshes),
    )
    made = composed(design(layer("sleeve")), {"body": joined, "sleeve": sleeve(0.122)})
    finger = draws_of(made, AVATAR)[1]
    assert np.array_equal(finger.primitive.indices, hand.meshes[0].primitives[0].indices)
    assert np.array_equal(finger.primitive.positions, hand.meshes[0].primitives[0].positions)


@pytest.mark.parametrize(
    "fields",
    [
        {"opacity": 0.5},
        {"blend": Blend.MULTIPLY},
        {"blend": Blend.ADD, "opacity": 0.9},
        {"effects": LayerEffects(blur=0.01)},
    ],
)
def test_see_through_layers_cut_nothing(fields: dict[str, object]) -> None:
    made = composed(design(layer("sleeve", **fields)), {"sleeve": sleeve(0.125)})
    (draw,) = draws_of(made, AVATAR)
    assert len(draw.primitive.indices) == len(body().meshes[0].primitives[0].indices)


def test_alpha_holes_cut_nothing_and_a_needless_blend_mode_does() -> None:
    def cloth(alpha: int) -> Model:
        picture = probe(png(2, 2, (255, 255, 255, alpha)))
        return sleeve(0.115, Material(alpha_mode=AlphaMode.BLEND, base_color_texture=Texture(image=picture)))

    whole = len(body().meshes[0].primitives[0].indices)
    for alpha, cut in ((128, False), (255, True)):
        (draw,) = draws_of(composed(design(layer("lace")), {"lace": cloth(alpha)}), AVATAR)
        assert (len(draw.primitive.indices) < whole) == cut


def test_inner_garments_stay_under_outer_ones() -> None:
    inner, outer = sleeve(0.135), model(*tube(0.125, 0.5, 0.9))
    made = composed(design(layer("shirt"), layer("skirt")), {"shirt": inner, "skirt": outer})
    (draw,) = draws_of(made, "shirt")
    corners = apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices]
    distance, height = np.hypot(corners[..., 0], corners[..., 2]), corners[..., 1]
    under = (height < 0.89).all(axis=1)
    assert distance[under].max(initial=0) < 0.125 * np.cos(np.pi / 48)
    assert np.allclose(distance[(height > 0.95).all(axis=1)], 0.135, atol=1e-6)
    (top,) = draws_of(made, "skirt")
    assert np.array_equal(top.primitive.positions, outer.meshes[0].primitives[0].positions)


@pytest.mark.parametrize("turned", [False, True])
def test_a_loose_shirt_is_tucked_in_inside_and_outside(turned: bool) -> None:
    points, triangles = tube(0.18, LOW, HIGH)  # 6 cm off the body, 5 cm outside the skirt
    shirt = model(points, np.ascontiguousarray(triangles[:, ::-1]) if turned else triangles)
    made = composed(design(layer("shirt"), layer("skirt")), {"shirt": shirt, "skirt": model(*tube(0.125, 0.3, 0.9))})
    (draw,) = draws_of(made, "shirt")
    corners = apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices]
    distance, height = np.hypot(corners[..., 0], corners[..., 2]), corners[..., 1]
    assert distance[(height < 0.89).all(axis=1)].max(initial=0) < 0.125
    assert np.allclose(distance[(height > 1.0).all(axis=1)], 0.18, atol=1e-6)


def test_order_decides_who_is_on_top() -> None:
    inner, outer = sleeve(0.125), sleeve(0.130)
    made = composed(design(layer("outer"), layer("inner")), {"inner": inner, "outer": outer})
    (draw,) = draws_of(made, "inner")
    assert np.array_equal(draw.primitive.positions, inner.meshes[0].primitives[0].positions)


def test_loaded_models_are_not_changed() -> None:
    known = {"body": body(), "sleeve": sleeve(0.11)}
    before = [digest(flatten(known[name])) for name in known]
    compose(design(layer("sleeve")), lambda ref: known[str(ref.item)], lambda _: pytest.fail("no fabric"))
    assert [digest(flatten(known[name])) for name in known] == before


def test_transforms_scale_then_turn_then_move() -> None:
    turned = Transform(position=(0, 1, 0), rotation=(0, 90, 0), scale=(2, 1, 1))
    made = composed(design(layer("card", transform=turned), avatar=False), {"card": read(simple().data())})
    (draw,) = flatten(made)
    assert np.allclose(apply(draw.matrix, draw.primitive.positions), [[0, 1, 0], [0, 1, -2], [0, 2, 0]])


def test_hidden_and_fully_transparent_layers_are_left_out() -> None:
    known = {"a": sleeve(0.13), "b": sleeve(0.13)}
    made = composed(design(layer("a", visible=False), layer("b", opacity=0.0)), known)
    assert {draw.layer for draw in flatten(made)} == {AVATAR}
    assert len(draws_of(made, AVATAR)[0].primitive.indices) == len(body().meshes[0].primitives[0].indices)


def test_an_invisible_avatar_is_not_drawn() -> None:
    hidden = Design(avatar=Avatar(model=Ref(item="body"), visible=False), layers=(layer("a"),))
    assert {draw.layer for draw in flatten(composed(hidden, {"a": sleeve(0.13)}))} == {"a"}


def test_a_layer_in_millimetres_is_fitted_to_the_avatar() -> None:
    points, triangles = tube(0.14, 1.5, 1.65)
    glb = simple(positions=points * np.float32(1000), indices=triangles.ravel())
    hat = read(glb.data())
    assert hat.unit_scale == 0.01  # its own size says centimetres
    made = composed(design(layer("hat")), {"hat": hat})
    low, high = extent(composed(design(layer("hat"), avatar=False), {"hat": hat}))
    assert (high - low).max() == pytest.approx(2.8, rel=0.01)
    (draw,) = draws_of(made, "hat")
    placed = apply(draw.matrix, draw.primitive.positions)
    assert placed[:, 1].max() == pytest.approx(1.65, rel=1e-3)
    assert any("too large" in warning for warning in made.warnings)


def test_nothing_visible() -> None:
    with pytest.raises(ModelError) as caught:
        compose(Design.model_construct(layers=()), lambda _: body(), lambda _: pytest.fail("no fabric"))
    assert caught.value.code == "model.empty"


def test_colour_roughness_metalness_and_sheen() -> None:
    how = Customisation(colour="#ff8000", roughness=0.3, metalness=0.6, sheen="#ffffff")
    made = composed(design(layer("a", material=how), avatar=False), {"a": sleeve(0.13, Material(name="m"))})
    (draw,) = flatten(made)
    material = draw.primitive.material
    assert material.base_color == pytest.approx((1.0, 0.2158605, 0.0, 1.0))
    assert (material.roughness, material.metallic) == (0.3, 0.6)
    assert material.sheen_color == (1.0, 1.0, 1.0)
    assert material.sheen_roughness == 0.5
    assert light_of("#000000") == (0.0, 0.0, 0.0)


def uv_sheet() -> Model:
    """One square metre, unwrapped to half a UV unit a side: 2 m for each UV unit."""
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    return model(points, np.array([[0, 1, 2], [0, 2, 3]], np.uint32), uv0=points[:, :2] * np.float32(0.5))


def test_fabric_comes_at_its_real_size() -> None:
    cloth = Fabric(
        base_color=probe(png(20, 10)),
        normal=probe(png(4, 4)),
        metallic_roughness=probe(png(5, 5)),
        repeat_mm=100,
        sheen_color=(0.1, 0.1, 0.1),
        sheen_roughness=0.6,
    )
    assert measure_uv(uv_sheet()) == pytest.approx(2.0)
    how = Customisation(texture=Ref(item="linen"))
    made = composed(design(layer("a", material=how), avatar=False), {"a": uv_sheet()}, {"linen": cloth})
    material = flatten(made)[0].primitive.material
    for texture in (material.base_color_texture, material.normal_texture, material.metallic_roughness_texture):
        assert texture is not None
        assert texture.scale == pytest.approx((20.0, 40.0))  # 2 m / 100 mm; a tile is half as high as wide
    assert (material.metallic, material.roughness, material.sheen_roughness) == (1.0, 1.0, 0.6)
    how = Customisation(texture=Ref(item="linen"), repeat=3, colour="#ff0000", roughness=0.2)
    made = composed(design(layer("a", material=how), avatar=False), {"a": uv_sheet()}, {"linen": cloth})
    material = flatten(made)[0].primitive.material
    assert material.base_color_texture is not None
    assert material.base_color_texture.scale == (3, 3)
    assert material.base_color == (1.0, 0.0, 0.0, 1.0)
    assert material.roughness == 0.2


def test_a_model_without_uvs_gets_some_for_a_fabric() -> None:
    how = Customisation(texture=Ref(item="print"))
    cloth = Fabric(base_color=probe(png()))
    made = composed(design(layer("a", material=how), avatar=False), {"a": sleeve(0.13)}, {"print": cloth})
    assert flatten(made)[0].primitive.uv0 is not None


def test_scenes_are_named_by_what_they_look_like() -> None:
    known = {"sleeve": sleeve(0.125), "other": sleeve(0.13)}
    plain = design(layer("sleeve"))
    first, again = (scene(composed(plain, known), plain) for _ in range(2))
    assert first.digest == again.digest
    assert len(first.digest) == 64
    red = design(layer("sleeve", material=Customisation(colour="#ff0000")))
    half = design(layer("sleeve", opacity=0.5))
    digests = {first.digest, *(scene(composed(d, known), d).digest for d in (red, half, design(layer("other"))))}
    assert len(digests) == 4


def test_what_a_materials_extensions_say_is_part_of_a_scenes_name() -> None:
    coats = ({}, {"KHR_materials_clearcoat": {"clearcoatFactor": 1.0}}, {"KHR_materials_ior": {"ior": 1.4}})
    plain = design(layer("sleeve"))
    made = {scene(composed(plain, {"sleeve": sleeve(0.125, Material(extensions=c))}), plain).digest for c in coats}
    assert len(made) == 3


def test_a_scene_carries_its_light() -> None:
    document = Design.model_validate(
        {
            "layers": [{"id": "a", "model": {"item": "a"}}],
            "canvas": {"lighting": {"studio": "rim", "tone": Tone.ACES}},
        }
    )
    sky = named("daylight")
    light = scene(composed(document, {"a": sleeve(0.2)}), document, sky).lighting
    assert (light.studio, light.tone, light.environment) == ("rim", Tone.ACES, sky)


def test_a_scene_carries_the_effects_of_its_layers() -> None:
    layers: list[dict[str, object]] = [
        {"id": "a", "model": {"item": "a"}, "effects": {"shadow": {"radius": 0.03, "offset": (0.01, -0.02)}}},
        {"id": "b", "model": {"item": "a"}, "effects": {"blur": 0.05, "glow": {"colour": "#FFD040", "opacity": 0.5}}},
        {"id": "c", "model": {"item": "a"}, "effects": {"shadow": {"opacity": 0.0}}},
    ]
    for i, one in enumerate(layers):
        one["transform"] = {"position": (float(2 * i), 0.0, 0.0)}  # none covers another
    document = Design.model_validate({"layers": layers})
    model_ = composed(document, {"a": sleeve(0.2)})
    made = {draw.layer: draw.effects for draw in scene(model_, document).draws}
    assert made["a"] == Effects(shadow=DropShadow(radius=0.03, offset=(0.01, -0.02)))
    assert made["b"] == Effects(blur=0.05, glow=Glow(colour="#ffd040", opacity=0.5))
    assert made["c"] is None  # nothing to be seen of it
    plain = Design.model_validate({"layers": [{"id": "a", "model": {"item": "a"}}]})
    assert scene(composed(plain, {"a": sleeve(0.2)}), plain).digest != scene(model_, document).digest
    root = next(node for node in model_.nodes if node.layer == "a")
    assert root.extras["effects"]["shadow"]["radius"] == 0.03


@pytest.mark.parametrize(
    "effects",
    [
        {"blur": 0.2},
        {"blur": -0.1},
        {"shadow": {"offset": (0.3, 0.0)}},
        {"shadow": {"radius": 1}},
        {"glow": {"opacity": 1.5}},
        {"glow": {"colour": "red"}},
        {"bevel": {}},
    ],
)
def test_effects_out_of_bounds_are_refused(effects: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Design.model_validate({"layers": [{"id": "a", "model": {"item": "a"}, "effects": effects}]})


def test_a_scene_carries_opacity_light_and_background() -> None:
    document = Design.model_validate(
        {
            "layers": [{"id": "a", "model": {"item": "a"}, "opacity": 0.25, "blend": "screen"}],
            "canvas": {
                "background": {"kind": "solid", "colour": "#112233"},
                "lighting": {"studio": "softbox", "rotation": 180.0, "exposure": 1.0, "ground_shadow": False},
            },
        }
    )
    made = scene(composed(document, {"a": sleeve(0.2)}), document)
    assert [(draw.layer, draw.opacity, draw.blend) for draw in made.draws] == [("a", 0.25, Blend.SCREEN)]
    assert made.lighting.rotation == pytest.approx(np.pi)
    assert not made.lighting.ground_shadow
    assert (made.background.top, made.background.bottom) == ("#112233", None)
    clear = document.model_copy(
        update={
            "canvas": Design.model_validate(
                {"layers": [{"id": "a", "model": {"item": "a"}}], "canvas": {"background": {"kind": "transparent"}}}
            ).canvas
        }
    )
    assert scene(composed(document, {"a": sleeve(0.2)}), clear).background.top is None


def test_a_layer_is_worn_in_its_variant_and_its_pose() -> None:
    glb = colourways()
    keys = {"input": glb.accessor(np.zeros(1, np.float32)), "output": glb.accessor(np.full((1, 3), 2, np.float32))}
    channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
    glb.doc["animations"] = [{"name": "Up", "samplers": [keys], "channels": [channel]}]
    loaded = read(glb.data())

    def worn(**fields: object) -> tuple[Draw, ...]:
        made = Design(layers=(layer("card", **fields),))
        return flatten(compose(made, lambda _: loaded, lambda _: pytest.fail("it asks for no fabric")))

    plain = worn()
    blue = worn(material=Customisation(variant="blue", roughness=0.25), pose=Pose(animation="Up"))
    assert [draw.primitive.material.base_color[:3] for draw in plain] == [(1, 1, 1), (0, 1, 0)]
    assert [draw.primitive.material.base_color[:3] for draw in blue] == [(0, 0, 1), (0, 1, 0)]
    assert blue[0].primitive.material.roughness == 0.25
    assert np.allclose(blue[0].matrix[:3, 3] - plain[0].matrix[:3, 3], 2)
    for wrong, code in (
        ({"material": Customisation(variant="mauve")}, "model.no_variant"),
        ({"pose": Pose(animation=1)}, "model.no_animation"),
    ):
        with pytest.raises(ModelError) as caught:
            worn(**wrong)
        assert caught.value.code == code

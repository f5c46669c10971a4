"""Prints on cloth: where they lie, how large, which way up, and what they leave alone."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets import catalogue, compose, placement, srgb
from assets.design import Design, Placement, Ref
from assets.errors import ModelError
from assets.images import decode, probe
from assets.model import Image, Material, Mesh, Model, Node, Primitive, Texture

BLOB = Ref(blob="0" * 64)
RED, BLUE, GREEN = (230, 20, 20), (20, 20, 230), (20, 200, 20)
CLOTH = Material(name="cloth", base_color=(0.5, 0.5, 0.5, 1), metallic=0.0)


def sheet(*, facing: float = 1.0, shift: float = 0.0, metres: float = 1.0, material: Material = CLOTH) -> Primitive:
    """A metre of cloth in squares of 5 cm, its top at 1.5 m, looking front or back; UVs as cut from the roll."""
    count = 20
    steps = np.linspace(-0.5, 0.5, count + 1)
    x, y = np.meshgrid(steps, steps)
    flat = np.stack([x.ravel(), y.ravel()], axis=1)
    corner = np.arange(count * count) // count * (count + 1) + np.arange(count * count) % count
    one, two = corner + 1, corner + count + 2
    triangles = np.concatenate([np.stack([corner, one, two]), np.stack([corner, two, corner + count + 1])], axis=1).T
    if facing < 0:
        triangles = triangles[:, ::-1]
    positions = np.stack([flat[:, 0], flat[:, 1] + 1.0, np.full(len(flat), 0.1 * facing)], axis=1)
    uv = np.stack([facing * flat[:, 0] + shift, -flat[:, 1]], axis=1) / metres
    return Primitive(
        positions=positions.astype(np.float32),
        normals=np.tile(np.array([0, 0, facing], np.float32), (len(flat), 1)),
        indices=np.ascontiguousarray(triangles, dtype=np.uint32),
        uv0=uv.astype(np.float32),
        material=material,
    )


def garment(*parts: Primitive) -> Model:
    return Model(nodes=(Node(mesh=0, matrix=np.eye(4)),), roots=(0,), meshes=(Mesh(primitives=parts),))


def picture(width: int = 80, height: int = 40, *, clear: bool = False) -> Image:
    """Red on the left, blue on the right, a green bar at the top; the lower half clear if asked."""
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, : width // 2, :3], pixels[:, width // 2 :, :3] = RED, BLUE
    pixels[: height // 4, :, :3] = GREEN
    if clear:
        pixels[height // 2 :, :, 3] = 0
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "PNG")
    return probe(out.getvalue(), name="print")


def put(model: Model, *prints: Placement, metres: float = 1.0, image: Image | None = None) -> Model:
    found = placement.spots(model, prints, uv_metres=metres)
    shown = image or picture()
    return placement.printed(model, [(one, spot, shown) for one, spot in zip(prints, found, strict=True)])


def one(**how: Any) -> Placement:
    return Placement(image=BLOB, **how)


def colour(model: Model, point: tuple[float, float], *, facing: float = 1.0) -> NDArray[np.int64]:
    """The colours (sRGB, 0 to 255) of the cloth at x and y, its textures looked up at the UV there."""
    for part in model.meshes[0].primitives:
        corners = part.positions[part.indices].astype(np.float64)
        if not (np.sign(corners[:, :, 2]) == facing).all():
            continue
        a, b, c = (corners[:, k, :2] for k in range(3))
        area = placement._cross(b - a, c - a)
        p = np.array(point)
        shares = np.stack([placement._cross(b - p, c - p), placement._cross(c - p, a - p)], axis=1) / area[:, None]
        shares = np.column_stack([shares, 1 - shares.sum(axis=1)])
        inside = np.flatnonzero((shares >= -1e-9).all(axis=1))
        if len(inside):
            assert part.uv0 is not None
            uv = shares[inside[0]] @ part.uv0[part.indices[inside[0]]].astype(np.float64)
            return looked_up(part.material, uv)
    raise AssertionError(point)


def looked_up(material: Material, uv: NDArray[np.float64]) -> NDArray[np.int64]:
    texture = material.base_color_texture
    if texture is None:
        return np.round(srgb.codes(np.array(material.base_color[:3])) * 255).astype(np.int64)
    pixels = decode(texture.image)
    at = (uv * texture.scale + texture.offset) * (pixels.shape[1], pixels.shape[0])
    assert (at >= -0.01).all()
    x, y = np.minimum(at.astype(int), (pixels.shape[1] - 1, pixels.shape[0] - 1))
    return pixels[y, x, :3].astype(np.int64)


def near(found: NDArray[np.int64], wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(found - np.array(wanted)).max() <= 12)


GREY = (188, 188, 188)  # half the light


@pytest.mark.parametrize("metres", [1.0, 0.25])
def test_a_print_is_true_to_size_and_the_right_way_round(metres: float) -> None:
    made = put(garment(sheet(metres=metres)), one(width_cm=40), metres=metres)
    middle = 0.5 + 0.62
    for (x, y), wanted in {
        (-0.19, -0.09): RED,
        (-0.02, 0.0): RED,
        (0.02, 0.0): BLUE,
        (0.19, -0.09): BLUE,
        (-0.1, 0.08): GREEN,
        (0.21, 0.0): GREY,
        (-0.21, 0.0): GREY,
        (0.0, 0.11): GREY,
        (0.0, -0.11): GREY,
        (0.45, -0.5): GREY,
    }.items():
        assert near(colour(made, (x, middle + y)), wanted), (x, y)


def test_on_the_back_right_is_right_as_one_looks_at_it() -> None:
    made = put(garment(sheet(), sheet(facing=-1.0, shift=2.0)), one(at="back", width_cm=40))
    assert near(colour(made, (0.1, 1.12), facing=-1.0), RED)
    assert near(colour(made, (-0.1, 1.12), facing=-1.0), BLUE)
    assert near(colour(made, (0.1, 1.12)), GREY)


def test_it_is_moved_and_turned_along_the_cloth() -> None:
    made = put(garment(sheet()), one(width_cm=20, offset_cm=(20, -30), rotation=90))
    x, y = 0.2, 1.12 - 0.3
    assert near(colour(made, (x, y - 0.08)), RED)  # turned counter-clockwise: left has become down
    assert near(colour(made, (x, y + 0.08)), BLUE)
    assert near(colour(made, (x - 0.04, y)), GREEN)
    assert near(colour(made, (0.0, 1.12)), GREY)


def test_the_side_is_the_worlds_where_a_node_turns_the_cloth() -> None:
    turned = np.diag([-1.0, 1.0, -1.0, 1.0])  # half round: what was modelled as the back is the front
    plain = garment(sheet(facing=-1.0))
    made = put(replace(plain, nodes=(Node(mesh=0, matrix=turned),)), one(width_cm=40))
    assert near(colour(made, (0.1, 1.12), facing=-1.0), RED)
    assert near(colour(made, (-0.1, 1.12), facing=-1.0), BLUE)


def test_later_prints_lie_over_earlier_ones() -> None:
    first, second = one(width_cm=40), one(width_cm=20, rotation=180)
    made = put(garment(sheet()), first, second)
    assert near(colour(made, (0.05, 1.11)), RED)
    assert near(colour(made, (-0.05, 1.11)), BLUE)
    assert near(colour(made, (0.15, 1.11)), BLUE)
    assert near(colour(made, (-0.15, 1.11)), RED)


def test_what_is_clear_shows_the_cloth_with_its_pattern() -> None:
    checks = np.zeros((64, 64, 3), np.uint8)
    checks[:32, :32] = checks[32:, 32:] = 255
    out = io.BytesIO()
    Pillow.fromarray(checks).save(out, "PNG")
    texture = Texture(image=probe(out.getvalue(), name="checks"), scale=(10, 10))
    material = replace(CLOTH, base_color=(1, 1, 1, 1), base_color_texture=texture)
    made = put(garment(sheet(material=material)), one(width_cm=40), image=picture(clear=True))
    for x in (-0.175, -0.125, 0.025, 0.075):
        for y in (1.075, 1.045):  # the clear half: squares of 5 cm as everywhere else on the cloth
            u, v = x % 0.1, (1.0 - y) % 0.1
            wanted = (255, 255, 255) if (u < 0.05) == (v < 0.05) else (0, 0, 0)
            assert near(colour(made, (x, y)), wanted), (x, y)
    assert near(colour(made, (-0.1, 1.14)), RED)


def test_a_print_ends_at_the_seam() -> None:
    low, high = sheet(), sheet()
    sides = [np.where(low.positions[low.indices][:, :, 0].max(axis=1) <= 0.001)[0]]
    sides.append(np.setdiff1d(np.arange(len(low.indices)), sides[0]))
    halves = []
    for place, kept in enumerate(sides):  # cut along x = 0 and laid apart on the roll
        assert high.uv0 is not None
        half = replace(high, indices=np.ascontiguousarray(low.indices[kept]))
        halves.append(replace(half, uv0=(high.uv0 + np.array([3.0 * place, 0], np.float32)).astype(np.float32)))
    points = np.concatenate([half.positions for half in halves])
    both = replace(
        high,
        positions=points,
        normals=np.concatenate([half.normals for half in halves]),
        uv0=np.concatenate([half.uv0 for half in halves if half.uv0 is not None]),
        indices=np.concatenate([halves[0].indices, halves[1].indices + np.uint32(len(halves[0].positions))]),
    )
    made = put(garment(both), one(width_cm=40, offset_cm=(-1, 0)))
    left, right = near(colour(made, (-0.1, 1.11)), RED), near(colour(made, (0.1, 1.11)), BLUE)
    assert left != right  # one of them: whichever panel the line met


def test_buttons_are_not_printed_on() -> None:
    button = replace(sheet(material=Material(name="button")), positions=sheet().positions * np.float32(0.2) + 0.9)
    made = put(garment(button, sheet()), one(width_cm=30))
    assert made.meshes[0].primitives[0].material.name == "button"
    assert near(colour(made, (0.1, 1.11)), BLUE)


@pytest.mark.parametrize("how", [{"at": "left"}, {"offset_cm": (200, 0)}])
def test_where_there_is_no_cloth_nothing_is_printed(how: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        put(garment(sheet()), one(**how))
    assert caught.value.code == "model.no_place"


@pytest.mark.parametrize(("avatar", "pose"), [("mannequin-female", "walk"), ("mannequin-male-xl", "hands-on-hips")])
def test_a_print_stays_where_it_is_on_the_cloth_whoever_wears_it(avatar: str, pose: str) -> None:
    shown = picture()

    def pieces(who: str, how: str) -> list[Primitive]:
        document = {
            "avatar": {"model": {"item": who}, "pose": {"animation": how}, "visible": False},
            "layers": [
                {"id": "tee", "model": {"item": "tee"}, "material": {"prints": [{"image": {"blob": "0" * 64}}]}}
            ],
        }
        model = compose.compose(
            Design.model_validate(document), lambda ref: catalogue.model(str(ref.item)), lambda _: _cloth(shown)
        )
        return [part for mesh in model.meshes for part in mesh.primitives if part.material.name.endswith("print")]

    (plain,), (worn,) = pieces("mannequin-female", "a-pose"), pieces(avatar, pose)
    assert not np.array_equal(plain.positions[:100], worn.positions[:100])
    for piece in (plain, worn):
        texture = piece.material.base_color_texture
        assert piece.uv0 is not None
        assert texture is not None
        # True to size on every size: as wide as asked, and the triangles about it that it touches.
        assert 0.2 <= np.ptp(piece.uv0[:, 0]) < 0.24
        assert 0.1 <= np.ptp(piece.uv0[:, 1]) < 0.14
        at = np.array([-0.05, 0.05]) + piece.uv0[:, 0].mean()
        red, blue = (looked_up(piece.material, np.array([u, piece.uv0[:, 1].mean()])) for u in at)
        assert near(red, RED)
        assert near(blue, BLUE)


def _cloth(image: Image) -> Any:
    from assets.fabric import from_image

    return from_image(image)

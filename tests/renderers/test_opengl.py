"""What the pictures must show, on small ones."""

from __future__ import annotations

from io import BytesIO
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image as Picture
from skimage.color import deltaE_ciede2000, rgb2lab

from assets import environments, framing, images
from assets.design import CameraSettings
from assets.environments import Panel, Studio
from assets.errors import CatalogueError
from assets.model import AlphaMode, Material, Sampler, Texture, Wrap
from assets.scene import Background, Blend, Camera, Lighting, Quality, Scene, Target, View
from renderers.errors import RendererError
from renderers.opengl import open_renderer
from tests.renderers.conftest import ball, card, flat

pytestmark = pytest.mark.gl

NO_SHADOW = Lighting(ground_shadow=False)
HEXES = ("#000000", "#0a0a0a", "#808080", "#ff0000", "#12ab7f", "#f4f4f2", "#ffffff")


def picture(renderer, draws, *, size=64, top=None, bottom=None, lighting=NO_SHADOW, view=None, quality=Quality.FINAL):
    scene = Scene(draws=tuple(draws), digest="test", lighting=lighting, background=Background(top=top, bottom=bottom))
    chosen = view or face()
    return next(renderer.frames(scene, (chosen,), Target(width=size, height=size, quality=quality))).copy()


def face(height: float = 2.0, eye=(0.0, 0.0, 5.0), target=(0.0, 0.0, 0.0)) -> View:
    return View(camera=Camera(eye=eye, target=target, ortho_height=height, near=0.1, far=50))


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def texture(pixels: np.ndarray, **more) -> Texture:
    file = BytesIO()
    Picture.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return Texture(image=images.probe(file.getvalue()), **more)


@pytest.mark.parametrize("colour", HEXES)
@pytest.mark.parametrize("quality", list(Quality))
def test_a_flat_unlit_patch_has_the_asked_colour(renderer, colour, quality):
    frame = picture(renderer, [card(flat(colour))], top="#336699", quality=quality)
    patch = frame[24:40, 24:40, :3]
    wanted = rgb2lab(np.array(rgb(colour)).reshape(1, 1, 3) / 255)
    assert deltaE_ciede2000(rgb2lab(patch / 255), wanted).max() < 1


def test_a_flat_texture_keeps_its_code_values(renderer):
    colours = np.array([rgb(c) for c in HEXES[:4]], np.uint8).reshape(2, 2, 3)
    drawn = texture(np.kron(colours, np.ones((16, 16, 1))), sampler=Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP))
    frame = picture(renderer, [card(Material(base_color_texture=drawn, unlit=True), side=2.0)])
    for row in (0, 1):
        for column in (0, 1):
            shown = frame[16 + 32 * row, 16 + 32 * column, :3].astype(int)
            assert np.abs(shown - colours[row, column]).max() <= 1


@pytest.mark.parametrize("colour", HEXES)
def test_a_solid_background_is_exact(renderer, colour):
    frame = picture(renderer, [], top=colour)
    assert (frame == (*rgb(colour), 255)).all()


def test_a_gradient_runs_from_the_first_row_to_the_last(renderer):
    frame = picture(renderer, [], size=101, top="#ff8000", bottom="#0080ff")
    assert tuple(frame[0, 7]) == (255, 128, 0, 255)
    assert tuple(frame[-1, 7]) == (0, 128, 255, 255)
    wanted = np.linspace(255, 0, 101)
    assert np.abs(frame[:, 50, 0] - wanted).max() <= 0.51


def test_nothing_is_behind_a_transparent_picture(renderer):
    frame = picture(renderer, [card(flat("#cc3311"))])
    assert tuple(frame[2, 2]) == (0, 0, 0, 0)
    assert tuple(frame[32, 32]) == (0xCC, 0x33, 0x11, 255)


def test_edges_have_straight_alpha(renderer):
    """The colour of a half-covered pixel is that of the surface; its alpha is the coverage."""
    frame = picture(renderer, [ball(flat("#cc3311"), y=0.0)])
    edge = (frame[..., 3] > 60) & (frame[..., 3] < 200)
    assert edge.sum() > 20
    assert np.abs(frame[edge][:, :3].astype(int) - rgb("#cc3311")).max() <= 2


def test_a_transparent_picture_over_a_colour_is_the_picture_with_that_background(renderer):
    draws = [ball(Material(base_color=(0.4, 0.1, 0.1, 1), metallic=0, roughness=0.6))]
    view = framing.view(draws, "three-quarter", settings=CameraSettings(fill=0.5), aspect=1)
    clear = picture(renderer, draws, view=view, lighting=Lighting())
    solid = picture(renderer, draws, view=view, lighting=Lighting(), top="#e0d8c8")
    alpha = clear[..., 3:] / 255
    over = clear[..., :3] * alpha + np.array(rgb("#e0d8c8")) * (1 - alpha)
    assert np.abs(over - solid[..., :3]).max() <= 2.5


def test_the_ground_shadow_lives_in_the_alpha(renderer):
    draws = [ball(Material(metallic=0))]
    view = framing.view(draws, "three-quarter", settings=CameraSettings(fill=0.4), aspect=1)
    clear = picture(renderer, draws, view=view, lighting=Lighting())
    veil = (clear[..., 3] > 0) & (clear[..., 3] < 250) & (clear[..., :3].max(axis=-1) == 0)
    assert veil.sum() > 100
    without = picture(renderer, draws, view=view)
    assert (without[0:8, :, 3] == 0).all()
    assert ((without[..., 3] > 0) & (without[..., :3].max(axis=-1) == 0)).sum() == 0


def test_the_white_furnace_gives_back_what_it_gets(renderer, monkeypatch):
    """In a room of radiance 0.5 a white body, matt or metal, rough or smooth, cannot be told from the room."""
    dark = Panel(azimuth=0, elevation=45, width=10, height=10, radiance=(0, 0, 0))
    room = Studio(key=dark, panels=(), zenith=(0.5,) * 3, horizon=(0.5,) * 3, nadir=(0.5,) * 3)
    monkeypatch.setattr(environments, "STUDIOS", MappingProxyType({"room": room}))
    code = 255 * (1.055 * (0.5 - 0.04) ** (1 / 2.4) - 0.055)  # the tone mapper takes 0.04 off
    for metallic in (0.0, 1.0):
        for roughness in (0.1, 0.5, 1.0):
            white = Material(base_color=(1, 1, 1, 1), metallic=metallic, roughness=roughness)
            light = Lighting(studio="room", ground_shadow=False)
            frame = picture(renderer, [ball(white, y=0.0)], lighting=light)
            assert np.abs(frame[22:42, 22:42, :3] - code).max() < 0.03 * 255


def test_the_light_stands_still_while_the_design_turns(renderer):
    """A ball looks the same at every turn, and another one when the studio turns."""
    draws = [ball(Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0), y=0.0)]
    camera = face().camera
    first = picture(renderer, draws, view=View(camera=camera))
    turned = picture(renderer, draws, view=View(camera=camera, turn=2.0))
    assert np.abs(first.astype(int) - turned)[22:42, 22:42].max() <= 4
    rotated = picture(renderer, draws, lighting=Lighting(rotation=2.0, ground_shadow=False))
    assert np.abs(first.astype(int) - rotated)[22:42, 22:42].max() > 20


def test_the_design_turns_counter_clockwise_seen_from_above(renderer):
    draws = [ball(flat("#ff0000"), x=0.0, y=0.0, z=0.6, size=0.2)]
    frame = picture(renderer, draws, view=View(camera=face().camera, turn=np.pi / 2))
    columns = np.nonzero(frame[32, :, 3])[0]
    assert columns.mean() > 45  # from the front to the right of the picture


BLENDS = {
    Blend.NORMAL: lambda b, s: s,
    Blend.MULTIPLY: lambda b, s: b * s,
    Blend.SCREEN: lambda b, s: b + s - b * s,
    Blend.OVERLAY: lambda b, s: np.where(b <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
    Blend.ADD: lambda b, s: np.minimum(b + s, 1),
}


@pytest.mark.parametrize("blend", list(Blend))
def test_a_layer_blends_with_what_is_behind_it(renderer, blend):
    layer = card(flat("#c08040"), z=0.2, layer="top", opacity=0.6, blend=blend)
    frame = picture(renderer, [card(flat("#4080c0"), side=1.4), layer], top="#e0e0e0")
    source = np.array(rgb("#c08040")) / 255
    for place, behind in (((32, 32), "#4080c0"),):
        b = np.array(rgb(behind)) / 255
        wanted = 0.6 * BLENDS[blend](b, source) + 0.4 * b
        assert np.abs(frame[place][:3] / 255 - wanted).max() < 2 / 255
    assert tuple(frame[1, 1, :3]) == rgb("#e0e0e0")


def test_a_layer_blends_with_the_background_too(renderer):
    layer = card(flat("#c08040"), layer="top", blend=Blend.MULTIPLY)
    frame = picture(renderer, [layer], top="#808080")
    assert np.abs(frame[32, 32, :3] - np.array(rgb("#c08040")) * 128 / 255).max() < 2


def test_a_half_opaque_layer_does_not_show_its_own_inside(renderer):
    inside = card(flat("#000000"), z=-0.2, layer="coat", opacity=0.5)
    outside = card(flat("#ffffff"), z=0.2, layer="coat", opacity=0.5)
    frame = picture(renderer, [inside, outside], top="#ff0000")
    assert np.abs(frame[32, 32, :3].astype(int) - (255, 128, 128)).max() <= 1


def test_an_opaque_layer_hides_a_half_opaque_one_behind_it(renderer):
    frame = picture(
        renderer,
        [card(flat("#00ff00"), z=-0.2, layer="shirt", opacity=0.5), card(flat("#0000ff"), z=0.2, layer="coat")],
        top="#ff0000",
    )
    assert tuple(frame[32, 32, :3]) == (0, 0, 255)


def test_blended_surfaces_go_over_each_other_from_the_back(renderer):
    front = card(flat("#ff0000", 0.5), z=0.5)
    back = card(flat("#0000ff", 0.5), z=-0.5)
    for draws in ([front, back], [back, front]):
        frame = picture(renderer, draws, top="#ffffff")
        assert np.abs(frame[32, 32, :3].astype(int) - (191, 64, 128)).max() <= 2


def test_a_mask_cuts_holes(renderer):
    pixels = np.full((32, 32, 4), 255)
    pixels[:, :16, 3] = 0
    cut = Material(base_color_texture=texture(pixels), alpha_mode=AlphaMode.MASK, unlit=True)
    frame = picture(renderer, [card(cut, side=2.0)], top="#112233")
    assert tuple(frame[32, 8, :3]) == rgb("#112233")
    assert tuple(frame[32, 56, :3]) == (255, 255, 255)


def test_the_back_of_a_single_sided_surface_is_not_drawn(renderer):
    behind = face(eye=(0.0, 0.0, -5.0))
    once = picture(renderer, [card(flat("#ffffff"))], top="#112233", view=behind)
    both = picture(renderer, [card(flat("#ffffff", double_sided=True))], top="#112233", view=behind)
    assert tuple(once[32, 32, :3]) == rgb("#112233")
    assert tuple(both[32, 32, :3]) == (255, 255, 255)


def test_texture_transforms_and_mirrored_wrap(renderer):
    """Twice across, mirrored: red, blue, blue, red."""
    pixels = np.zeros((32, 32, 3))
    pixels[:, :16, 0] = pixels[:, 16:, 2] = 255
    drawn = texture(pixels, sampler=Sampler(wrap_u=Wrap.MIRROR), scale=(2.0, 1.0))
    frame = picture(renderer, [card(Material(base_color_texture=drawn, unlit=True), side=2.0)])
    shown = ["red" if frame[32, x, 0] > 128 else "blue" for x in (8, 24, 40, 56)]
    assert shown == ["red", "blue", "blue", "red"]
    quarter = texture(pixels, rotation=np.pi / 2, sampler=Sampler(nearest=True))
    frame = picture(renderer, [card(Material(base_color_texture=quarter, unlit=True), side=2.0)])
    # Coordinates turn counter-clockwise: u' = v, so the left half of the image lies at the top.
    assert frame[16, 32, 0] > 200
    assert frame[48, 32, 2] > 200


@pytest.mark.parametrize("given", [False, True])
def test_a_bump_in_the_normal_map_faces_the_light_like_a_real_one(renderer, given):
    """Green is up: a normal map that points up brightens under a light from above, in both tangent ways."""
    tangents = np.tile(np.array([1, 0, 0, 1], np.float32), (4, 1)) if given else None
    up, down = (np.full((8, 8, 3), 0) + np.array([128, g, 200]) for g in (220, 36))
    shades = []
    for pixels in (up, down):
        material = Material(base_color=(0.5, 0.5, 0.5, 1), metallic=0, roughness=1, normal_texture=texture(pixels))
        shades.append(picture(renderer, [card(material, tangents=tangents)])[32, 32, :3].mean())
    assert shades[0] > shades[1] + 20


def test_vertex_colours_multiply(renderer):
    colours = np.tile(np.array([1, 0, 0, 1], np.float32), (4, 1))
    frame = picture(renderer, [card(flat("#ffffff"), colors=colours)])
    assert tuple(frame[32, 32, :3]) == (255, 0, 0)


def test_emission_and_exposure(renderer):
    glow = Material(base_color=(0, 0, 0, 1), metallic=0, roughness=1, emissive=(0, 0.5, 0))
    dark = Lighting(ground_shadow=False, exposure=-2)
    bright = picture(renderer, [card(glow)])[32, 32]
    dim = picture(renderer, [card(glow)], lighting=dark)[32, 32]
    assert bright[1] > bright[0] + 50
    assert dim[1] < bright[1] - 50


def test_sheen_lightens_the_rim_of_dark_cloth(renderer):
    cloth = Material(base_color=(0.02, 0.02, 0.02, 1), metallic=0, roughness=1)
    velvet = Material(
        base_color=(0.02, 0.02, 0.02, 1), metallic=0, roughness=1, sheen_color=(0.5,) * 3, sheen_roughness=0.5
    )
    plain, soft = (
        picture(renderer, [ball(m, y=0.0)], size=128).astype(int)[..., :3].sum(axis=-1) for m in (cloth, velvet)
    )
    assert (soft - plain)[64, 33] > (soft - plain)[64, 64] + 15


def test_final_edges_have_many_steps(renderer):
    """A slightly leaning edge has to run through at least twelve distinct shades."""
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(0.04), -np.sin(0.04)], [np.sin(0.04), np.cos(0.04)]]
    leaning = card(flat("#000000"))
    leaning = type(leaning)(primitive=leaning.primitive, matrix=matrix)
    frame = picture(renderer, [leaning], size=256, top="#ffffff")
    assert len(np.unique(frame[..., 0])) >= 12


def test_a_large_picture_is_drawn_in_tiles_without_seams(renderer):
    ticks = []
    tiled = open_renderer(tick=lambda: ticks.append(1))
    try:
        draws = [ball(flat("#884422"), y=0.0, size=0.9)]
        frame = picture(tiled, draws, size=2048, top="#ffffff", quality=Quality.DRAFT)
        assert len(ticks) == 4  # a draft bakes no occlusion, so these are the tiles
        dark = frame[1024, :, 0] < 200
        assert np.abs(np.diff(dark.astype(int))).sum() == 2  # one edge in, one out: no gap between tiles
        assert (frame == frame[:, ::-1]).mean() > 0.999
    finally:
        tiled.close()


def test_the_second_frame_comes_from_the_cache(renderer):
    draws = [ball(Material(metallic=0))]
    picture(renderer, draws)
    held = renderer.cached_bytes
    again = [ball(Material(metallic=0))]  # equal content, other objects
    picture(renderer, again)
    assert renderer.cached_bytes == held


def test_the_cache_is_bounded():
    small = open_renderer(cache_bytes=3_000_000)
    try:
        for i in range(4):
            picture(small, [ball(Material(metallic=0), size=0.4 + i / 10)])
            pixels = np.random.default_rng(i).integers(0, 255, (512, 512, 3))
            picture(small, [card(Material(base_color_texture=texture(pixels)))])
        assert small.cached_bytes <= 3_000_000
    finally:
        small.close()


def test_renderers_of_one_process_do_not_draw_into_each_other(renderer):
    draws = [ball(Material(metallic=0), y=0.0)]
    alone = picture(renderer, draws)
    other = open_renderer()
    beside = picture(other, [card(flat("#ff0000"))])
    assert (picture(renderer, draws) == alone).all()
    assert (picture(other, [card(flat("#ff0000"))]) == beside).all()
    other.close()
    assert (picture(renderer, draws) == alone).all()


def test_bad_targets_and_closed_renderers_are_refused(renderer):
    scene = Scene(draws=(), digest="empty")
    with pytest.raises(RendererError) as caught:
        renderer.frames(scene, (face(),), Target(width=0, height=10))
    assert caught.value.code == "renderer.bad_target"
    assert not caught.value.ours
    with pytest.raises(CatalogueError):
        picture(renderer, [], lighting=Lighting(studio="moon"))
    other = open_renderer()
    other.close()
    other.close()
    with pytest.raises(RendererError) as caught:
        other.frames(scene, (face(),), Target(width=8, height=8))
    assert caught.value.code == "renderer.closed"
    with pytest.raises(RendererError) as caught:
        open_renderer(device="no such device")
    assert caught.value.code == "renderer.no_gl"

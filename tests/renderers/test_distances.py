"""Distances are metres along the camera's axis, at the surface that is seen."""

from __future__ import annotations

import numpy as np
import pytest

from assets.model import AlphaMode, Image, Material, Texture
from assets.scene import Camera, Scene, View
from exporters import image
from renderers.errors import RendererError
from renderers.opengl import OpenGLRenderer
from tests.renderers.conftest import card, flat

pytestmark = pytest.mark.gl

ORTHO = View(camera=Camera(eye=(0, 0, 5), target=(0, 0, 0), ortho_height=2.0, near=0.1, far=20))
PINHOLE = View(camera=Camera(eye=(0, 0, 5), target=(0, 0, 0), fov_y=2 * float(np.arctan(0.2)), near=0.1, far=20))


def scene(*draws, name: str = "d") -> Scene:
    return Scene(draws=draws, digest=name)


@pytest.mark.parametrize("view", [ORTHO, PINHOLE])
def test_a_card_is_as_far_as_it_stands_and_nothing_is_infinitely_far(renderer: OpenGLRenderer, view: View) -> None:
    found = renderer.distances(scene(card(flat("#ff0000"), z=1.0, layer="a")), view, 64, 64)
    assert found.metres.shape == (64, 64)
    assert found.metres[32, 32] == pytest.approx(4.0, abs=1e-5)
    assert np.isinf(found.metres[1, 1])
    assert (found.layer[np.isinf(found.metres)] == -1).all()


def test_the_nearest_layer_owns_the_pixel_and_the_top_row_is_first(renderer: OpenGLRenderer) -> None:
    low = card(flat("#00ff00"), z=1.0, side=1.0, layer="low")
    low = type(low)(primitive=low.primitive, matrix=low.matrix @ np.diag([1, 0.5, 1, 1]), layer="low")
    low.matrix[1, 3] = -0.25
    found = renderer.distances(scene(card(flat("#ff0000"), layer="far"), low), ORTHO, 64, 64)
    assert found.layers == ("far", "low")
    assert found.layer[24, 32] == 0
    assert found.layer[40, 32] == 1


def test_the_inside_shows_only_where_it_is_asked_for(renderer: OpenGLRenderer) -> None:
    behind = View(camera=Camera(eye=(0, 0, -5), target=(0, 0, 0), ortho_height=2.0, near=0.1, far=20))
    single = scene(card(flat("#ff0000")), name="single")
    assert np.isfinite(renderer.distances(single, behind, 8, 8).metres).any()
    assert not np.isfinite(renderer.distances(single, behind, 8, 8, both_sides=False).metres).any()
    double = scene(card(flat("#ff0000", double_sided=True)), name="double")
    assert np.isfinite(renderer.distances(double, behind, 8, 8, both_sides=False).metres).any()


def test_cut_outs_are_holes(renderer: OpenGLRenderer) -> None:
    pixels = np.full((16, 16, 4), 255, np.uint8)
    pixels[:, :8, 3] = 0
    data = image.encode(pixels, "png")
    picture = Image(data=data, mime="image/png", width=16, height=16, digest="half")
    lace = Material(alpha_mode=AlphaMode.MASK, base_color_texture=Texture(image=picture))
    found = renderer.distances(scene(card(lace), name="lace"), ORTHO, 64, 64)
    assert np.isinf(found.metres[32, 20])
    assert np.isfinite(found.metres[32, 44])


def test_a_size_that_is_none_is_refused(renderer: OpenGLRenderer) -> None:
    with pytest.raises(RendererError):
        renderer.distances(scene(card(flat("#ff0000"))), ORTHO, 0, 64)

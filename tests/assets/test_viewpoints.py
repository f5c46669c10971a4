"""Cameras and lamps that a file brings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assets.errors import ContentError, ModelError
from assets.gltf import read
from assets.merging import Part, merge
from assets.model import LightKind
from assets.transforms import Matrix
from assets.viewpoints import cameras, view
from tests.assets.glb import Glb, simple


def lit() -> Glb:
    """A triangle, a perspective and an orthographic camera 2 m in front of it, a lamp of each kind."""
    glb = simple()
    glb.doc["cameras"] = [
        {"type": "perspective", "name": "near", "perspective": {"yfov": 0.8, "znear": 0.1, "aspectRatio": 0.75}},
        {
            "type": "orthographic",
            "orthographic": {"xmag": 0.5, "ymag": 1, "znear": 0.1, "zfar": 9},
            "extras": {"k": 1},
        },
    ]
    glb.doc["extensions"] = {
        "KHR_lights_punctual": {
            "lights": [
                {"type": "directional", "intensity": 3, "color": [1, 0.5, 0.25]},
                {"type": "point", "range": 4, "name": "bulb"},
                {"type": "spot", "spot": {"innerConeAngle": 0.2, "outerConeAngle": 0.4}},
            ]
        }
    }
    glb.node(camera=0, name="front", translation=[0, 1, 2])
    glb.node(camera=1, translation=[2, 1, 0], rotation=[0, math.sin(math.pi / 4), 0, math.cos(math.pi / 4)])
    for light in range(3):
        glb.node(extensions={"KHR_lights_punctual": {"light": light}})
    return glb


def test_cameras_stand_where_their_nodes_do() -> None:
    (front, first), (side, second) = cameras(read(lit().data()), aspect=0.75)
    assert (front, side) == ("front", "camera 1")
    assert np.allclose([first.eye, first.target, first.up], [(0, 1, 2), (0, 1, 1), (0, 1, 0)])
    assert np.allclose([second.eye, second.target, second.up], [(2, 1, 0), (1, 1, 0), (0, 1, 0)], atol=1e-12)
    assert (first.fov_y, first.near, first.ortho_height) == (pytest.approx(0.8), 0.1, None)
    assert (second.ortho_height, second.near, second.far) == (2, 0.1, 9)


def test_a_narrow_picture_shows_all_of_a_wide_camera() -> None:
    (_, first), (_, second) = cameras(read(lit().data()), aspect=0.25)
    assert math.tan(first.fov_y / 2) == pytest.approx(3 * math.tan(0.4))
    assert second.ortho_height == pytest.approx(4)
    (_, wide), _ = cameras(read(lit().data()), aspect=2.0)
    assert wide.fov_y == pytest.approx(0.8)


def test_a_camera_in_centimetres_is_brought_to_metres() -> None:
    glb = lit()
    glb.doc["nodes"][0]["scale"] = [100, 100, 100]
    glb.doc["nodes"][1]["translation"] = [0, 100, 200]
    (_, camera), (_, other) = cameras(read(glb.data()))
    assert np.allclose([camera.eye, camera.up], [(0, 1, 2), (0, 1, 0)])
    assert camera.near == pytest.approx(0.001)
    assert other.ortho_height == pytest.approx(0.02)
    sun, bulb, _ = read(glb.data()).lights
    assert (sun.intensity, bulb.intensity, bulb.reach) == (3, pytest.approx(1e-4), pytest.approx(0.04))


def test_a_view_from_a_camera_by_name_or_number() -> None:
    model = read(lit().data())
    front = view(model, "camera:front", aspect=1.0).camera
    assert front.eye == (0, 1, 2)
    assert (front.near, front.far) == (pytest.approx(1.0), pytest.approx(12.0))  # the triangle is 2 m away and flat
    side = view(model, "camera:1", aspect=1.0).camera
    assert side.ortho_height == pytest.approx(2)
    assert side.far == 9  # what the author cut stays cut
    with pytest.raises(ContentError, match="'front', 'camera 1'") as caught:
        view(model, "camera:back", aspect=1.0)
    assert caught.value.code == "view.no_camera"
    with pytest.raises(ContentError, match="has none"):
        view(read(simple().data()), "camera:0", aspect=1.0)


def test_lamps_keep_what_they_are() -> None:
    model = read(lit().data())
    sun, bulb, spot = (model.lights[node.light] for node in model.nodes if node.light is not None)
    assert (sun.kind, sun.intensity, sun.color) == (LightKind.DIRECTIONAL, 3, (1, 0.5, 0.25))
    assert (bulb.kind, bulb.reach, bulb.name) == (LightKind.POINT, 4, "bulb")
    assert (spot.kind, spot.inner_cone, spot.outer_cone) == (LightKind.SPOT, 0.2, 0.4)


def test_broken_cameras_and_lamps_are_left_out_with_a_warning() -> None:
    glb = lit()
    glb.doc["cameras"][0]["perspective"]["yfov"] = 99
    glb.doc["extensions"]["KHR_lights_punctual"]["lights"][0]["type"] = "laser"
    model = read(glb.data())
    assert [name for name, _ in cameras(model)] == ["camera 0"]
    assert [light.kind for light in model.lights] == [LightKind.POINT, LightKind.SPOT]
    assert [node.light for node in model.nodes] == [None, None, None, None, 0, 1]
    assert sum("left out" in warning for warning in model.warnings) == 2


@pytest.mark.parametrize("field", ["camera", "light"])
def test_cameras_and_lamps_that_do_not_exist(field: str) -> None:
    glb = lit()
    glb.node(**({"camera": 9} if field == "camera" else {"extensions": {"KHR_lights_punctual": {"light": 9}}}))
    with pytest.raises(ModelError) as caught:
        read(glb.data())
    assert caught.value.code == "model.reference"


def test_merged_models_keep_their_own_cameras() -> None:
    away: Matrix = np.eye(4)
    away[0, 3] = 5
    model = read(lit().data())
    parts = tuple(
        Part(model=model, matrix=matrix, layer=name, name=name) for name, matrix in (("a", np.eye(4)), ("b", away))
    )
    merged = merge(parts, name="both")
    assert [camera.eye[0] for _, camera in cameras(merged)] == [0, 2, 5, 7]
    assert [node.light for node in merged.nodes if node.light is not None] == [0, 1, 2, 3, 4, 5]

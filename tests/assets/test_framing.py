"""Framing is exact: the design touches the asked frame and never leaves it."""

from __future__ import annotations

import numpy as np
import pytest

from assets import framing
from assets.design import CameraSettings
from assets.errors import ContentError
from assets.model import Material, Primitive
from assets.scene import Draw, View


def cloud(seed: int = 1, scale=(0.5, 1.8, 0.3), shift=(0.4, 0.9, -0.2)) -> Draw:
    points = np.random.default_rng(seed).uniform(-0.5, 0.5, (300, 3)) * scale + shift
    return Draw(
        primitive=Primitive(
            positions=points.astype(np.float32),
            normals=np.tile(np.array([0, 0, 1], np.float32), (300, 1)),
            indices=np.arange(300, dtype=np.uint32).reshape(-1, 3),
            material=Material(),
        ),
        matrix=np.eye(4),
    )


def projected(draw: Draw, view: View, aspect: float) -> np.ndarray:
    """Vertices in -1..1 of the frame, by a camera made here from eye, target and up alone."""
    camera = view.camera
    eye, target = np.array(camera.eye), np.array(camera.target)
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross(camera.up, back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    c, s = np.cos(view.turn), np.sin(view.turn)
    pivot = np.array(view.pivot)
    points = (draw.primitive.positions - pivot) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T + pivot - eye
    x, y, depth = points @ right, points @ up, -(points @ back)
    assert camera.near < depth.min()
    assert depth.max() < camera.far
    if camera.ortho_height is not None:
        return np.stack([x / aspect, y], axis=1) / (camera.ortho_height / 2)
    return np.stack([x / aspect, y], axis=1) / (depth * np.tan(camera.fov_y / 2))[:, None]


@pytest.mark.parametrize("name", framing.VIEWS)
@pytest.mark.parametrize("aspect", [0.5, 1.0, 16 / 9])
@pytest.mark.parametrize("orthographic", [False, True])
def test_a_view_fills_the_asked_part_of_the_frame(name, aspect, orthographic):
    draw = cloud()
    settings = CameraSettings(fill=0.8, orthographic=orthographic, azimuth=-50, elevation=30)
    placed = projected(draw, framing.view([draw], name, settings=settings, aspect=aspect), aspect)
    reach = np.abs(placed).max(axis=0)
    assert reach.max() == pytest.approx(0.8, abs=1e-5)
    middle = (placed.min(axis=0) + placed.max(axis=0)) / 2
    assert np.abs(middle).min() < 1e-5  # centred where it touches


def test_named_views_look_from_where_they_say():
    draw = cloud(shift=(0, 0, 0))

    def eye(name):
        found = framing.view([draw], name, settings=CameraSettings(), aspect=1).camera.eye
        return np.array(found) / np.linalg.norm(found)

    assert eye("front")[2] > 0.9
    assert eye("back")[2] < -0.9
    assert eye("left")[0] > 0.9
    assert eye("right")[0] < -0.9
    assert eye("top")[1] > 0.9
    assert eye("three-quarter")[0] > 0.3
    assert eye("three-quarter")[2] > 0.3


def test_the_turntable_holds_the_design_at_every_turn_and_has_no_doubled_frame():
    draw = cloud()
    settings = CameraSettings(fill=0.9)
    views = framing.turntable([draw], frames=24, degrees=720, settings=settings, aspect=16 / 9)
    assert len({v.camera for v in views}) == 1
    assert np.allclose(np.degrees([v.turn for v in views]), np.arange(24) * 30)
    reach = max(np.abs(projected(draw, v, 16 / 9)).max() for v in views)
    assert 0.85 < reach <= 0.9 + 1e-6


def test_bounds_use_only_what_is_drawn():
    draw = cloud()
    low, high = framing.bounds([draw])
    assert np.allclose(low, draw.primitive.positions.min(axis=0))
    assert np.allclose(high, draw.primitive.positions.max(axis=0))
    with pytest.raises(ContentError) as caught:
        framing.bounds([])
    assert caught.value.code == "scene.empty"


def test_an_unknown_view_is_refused_by_name():
    with pytest.raises(ContentError, match="three-quarter") as caught:
        framing.view([cloud()], "upside-down", settings=CameraSettings(), aspect=1)
    assert caught.value.code == "view.unknown"


def test_a_single_point_still_gets_a_camera():
    draw = cloud(scale=(0, 0, 0))
    view = framing.view([draw], "front", settings=CameraSettings(), aspect=1)
    assert np.isfinite(view.camera.eye).all()
    assert view.camera.near < view.camera.far

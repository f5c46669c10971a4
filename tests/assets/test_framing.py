"""Framing is exact: the design touches the asked frame and never leaves it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import framing
from assets.design import CameraSettings
from assets.errors import ContentError
from assets.model import AlphaMode, Material, Primitive
from assets.scene import Draw, View


def triangles(points: np.ndarray, **more) -> Draw:
    material = more.pop("material", Material())
    extras = more.pop("extras", {})
    return Draw(
        primitive=Primitive(
            positions=np.asarray(points, np.float32),
            normals=np.tile(np.array([0, 0, 1], np.float32), (len(points), 1)),
            indices=np.arange(len(points), dtype=np.uint32).reshape(-1, 3),
            material=material,
            extras=extras,
        ),
        matrix=np.eye(4),
        **more,
    )


def cloud(seed: int = 1, scale=(0.5, 1.8, 0.3), shift=(0.4, 0.9, -0.2)) -> Draw:
    return triangles(np.random.default_rng(seed).uniform(-0.5, 0.5, (300, 3)) * scale + shift)


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
    points = (
        (draw.primitive.positions.astype(np.float64) - pivot) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
        + pivot
        - eye
    )
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


def points(draw_from) -> np.ndarray:
    """Whatever a model may be: flat, thin, tiny, huge, one triangle, far from the origin."""
    count = 3 * draw_from(st.integers(1, 12))
    seed = draw_from(st.integers(0, 2**32 - 1))
    scale = np.array([draw_from(st.sampled_from([0.0, 1e-3, 0.05, 1.0])) for _ in range(3)])
    scale[draw_from(st.integers(0, 2))] = 1.0
    size = 10.0 ** draw_from(st.floats(-4, 3))
    shift = np.array([draw_from(st.floats(-20, 20)) for _ in range(3)])
    return (np.random.default_rng(seed).uniform(-0.5, 0.5, (count, 3)) * scale + shift) * size


@given(
    st.composite(points)(),
    st.sampled_from(sorted(framing.VIEWS)),
    st.sampled_from([0.25, 0.75, 1.0, 16 / 9, 4.0]),
    st.booleans(),
    st.sampled_from([5.0, 30.0, 90.0]),
)
@settings(max_examples=300, deadline=None)
def test_any_model_fills_80_to_90_percent_of_the_frame_by_default(cloud, name, aspect, orthographic, fov):
    drawn = triangles(cloud)
    camera = CameraSettings(orthographic=orthographic, fov=fov)
    placed = projected(drawn, framing.view([drawn], name, settings=camera, aspect=aspect), aspect)
    spans = placed.max(axis=0) - placed.min(axis=0)
    world = drawn.primitive.positions.astype(float)
    size = np.ptp(world, axis=0).max()
    if spans.max() < 0.5:  # a line looked at from its end: nothing could fill the frame
        assert np.ptp(world @ across(name), axis=0).max() <= 1e-3 * size
        return
    assert np.abs(placed).max() <= 0.9
    assert spans.max() / 2 == pytest.approx(0.86, abs=0.01)


def across(name: str) -> np.ndarray:
    """Two directions at right angles to where the view looks, float64[3, 2]."""
    azimuth, elevation = np.radians((30.0, 5.0) if name == "custom" else framing.VIEWS[name])
    back = [np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)]
    return np.linalg.svd(np.array([back]))[2][1:].T


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


def square(x: float, y: float, side: float = 0.1, towards: float = 1.0, **more) -> Draw:
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * side / 2
    return triangles((corners if towards > 0 else corners * [-1, 1, 1]) + [x, y, 0.1 * towards], **more)


def test_what_cannot_be_seen_does_not_count():
    ghost = Material(base_color=(1, 1, 1, 0.0), alpha_mode=AlphaMode.BLEND)
    alone = framing.view([cloud()], "front", settings=CameraSettings(), aspect=1)
    assert (
        framing.view([cloud(), square(50, 0, material=ghost)], "front", settings=CameraSettings(), aspect=1) == alone
    )
    assert framing.view([cloud(), square(50, 0, opacity=0.0)], "front", settings=CameraSettings(), aspect=1) == alone


@pytest.mark.parametrize("orthographic", [False, True])
def test_a_detail_fills_the_frame_and_the_rest_is_still_drawn(orthographic):
    body, button = cloud(), square(0.2, 1.2, side=0.02, name="Button_3")
    camera = CameraSettings(orthographic=orthographic)
    view = framing.view([body, button], "detail:button 3@front", settings=camera, aspect=1)
    eye, target = np.array(view.camera.eye), np.array(view.camera.target)
    back = (eye - target) / np.linalg.norm(eye - target)
    depth = -(body.primitive.positions - eye) @ back
    assert view.camera.far > depth.max()
    assert view.camera.near <= max(depth.min(), 0.02 * np.linalg.norm(eye - target))
    assert np.abs(projected(button, view, 1)).max() == pytest.approx(0.86, abs=1e-4)


def test_a_detail_is_seen_from_the_side_that_it_looks_to():
    front, label = square(0, 1, side=1.0, name="front"), square(0, 1.4, name="label", towards=-1)
    view = framing.view([front, label], "detail:label", settings=CameraSettings(), aspect=1)
    assert view.camera.eye[2] < 0
    assert framing.view([front, label], "detail:front", settings=CameraSettings(), aspect=1).camera.eye[2] > 0


def test_a_detail_that_is_not_there_is_refused_with_what_is():
    with pytest.raises(ContentError, match="did you mean 'collar'") as caught:
        framing.view([square(0, 0, layer="collar")], "detail:colar", settings=CameraSettings(), aspect=1)
    assert caught.value.code == "view.no_region"
    with pytest.raises(ContentError) as caught:
        framing.view([square(0, 0, name="a")], "detail:a@nowhere", settings=CameraSettings(), aspect=1)
    assert caught.value.code == "view.unknown"


def test_a_rod_that_points_at_the_camera_is_seen_from_a_distance():
    rod = cloud(scale=(0.01, 0.01, 2.0), shift=(0, 0, 0))
    camera = framing.view([rod], "front", settings=CameraSettings(), aspect=1).camera
    assert np.linalg.norm(np.array(camera.eye) - [0, 0, 1]) > 0.45
    assert camera.fov_y < np.radians(10)

"""Measurements of forms whose measures are known: girths, openings and ways within a fifth of a centimetre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.special import ellipe

from assets import catalogue
from assets.measure import (
    MeasureError,
    Surface,
    extent,
    girth,
    openings,
    sections,
    surface,
    weld,
)
from assets.measure_paths import path
from assets.pose import flatten

UP = np.array([0.0, 1.0, 0.0])
NEAR = 0.2  # cm; what is promised is 1.0


def tube(low: tuple[float, float], high: tuple[float, float], height: float = 1.0, sides: int = 72) -> Surface:
    """An open tube about +Y: half axes (x, z) at the bottom and at the top, metres."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    levels = np.linspace(0, 1, 41)
    axes = np.outer(1 - levels, low) + np.outer(levels, high)
    points = np.stack(
        [
            axes[:, :1] * np.cos(angle),
            np.broadcast_to(levels[:, None] * height, (41, sides)),
            axes[:, 1:] * np.sin(angle),
        ],
        axis=-1,
    ).reshape(-1, 3)
    at = np.arange(40)[:, None] * sides + np.arange(sides)
    right = np.arange(40)[:, None] * sides + (np.arange(sides) + 1) % sides
    faces = np.concatenate(
        [
            np.stack([at, at + sides, right], -1).reshape(-1, 3),
            np.stack([right, at + sides, right + sides], -1).reshape(-1, 3),
        ]
    )
    return weld(points, faces)


def solid(mesh: trimesh.Trimesh) -> Surface:
    return weld(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))


def ellipse(a: float, b: float) -> float:
    return 4 * max(a, b) * float(ellipe(1 - (min(a, b) / max(a, b)) ** 2))


@pytest.mark.parametrize(("a", "b"), [(0.15, 0.15), (0.17, 0.11), (0.05, 0.04), (0.30, 0.06)])
def test_a_tape_around_an_elliptic_tube(a: float, b: float) -> None:
    taken = girth(tube((a, b), (a, b)), np.array([0.0, 0.613, 0.0]))
    assert taken.cm == pytest.approx(100 * ellipse(a, b), abs=NEAR)
    assert abs(taken.cm - 100 * ellipse(a, b)) <= 1.5 * taken.error


def test_a_tape_around_a_cone_at_any_height() -> None:
    cone = tube((0.30, 0.30), (0.10, 0.10))
    for height in (0.0001, 0.25, 0.5, 0.9):
        radius = 0.30 - 0.20 * height
        assert girth(cone, np.array([0.0, height, 0.0])).cm == pytest.approx(200 * np.pi * radius, abs=NEAR)


def test_a_plane_through_vertices_cuts_once() -> None:
    taken = girth(tube((0.2, 0.2), (0.2, 0.2)), np.array([0.0, 0.5, 0.0]))
    assert taken.cm == pytest.approx(40 * np.pi, abs=NEAR)


def test_a_tape_lies_over_a_hollow_and_cloth_goes_into_it() -> None:
    two = trimesh.util.concatenate(
        [trimesh.creation.box((0.1, 1, 0.1), trimesh.transformations.translation_matrix((x, 0, 0))) for x in (0, 0.1)]
    )
    hollow = trimesh.creation.box((0.1, 1, 0.05), trimesh.transformations.translation_matrix((0.05, 0, 0)))
    body = solid(trimesh.util.concatenate([two, hollow]))
    assert girth(body, np.zeros(3)).cm == pytest.approx(60.0)
    torus = solid(trimesh.creation.torus(0.3, 0.1, major_sections=96, minor_sections=96))
    outer = girth(torus, np.zeros(3), np.array([0.0, 0.0, 1.0]))
    assert outer.cm == pytest.approx(80 * np.pi, abs=NEAR)
    arm = girth(torus, np.zeros(3), np.array([0.0, 1.0, 0.0]), near=np.array([0.3, 0.0, 0.0]))
    assert arm.cm == pytest.approx(20 * np.pi, abs=NEAR)


def test_of_a_torso_and_its_arms_the_nearest_is_taken() -> None:
    parts = [tube((0.15, 0.1), (0.15, 0.1)), tube((0.05, 0.05), (0.05, 0.05))]
    shift = np.array([0.3, 0.0, 0.0])
    both = Surface(
        points=np.concatenate([parts[0].points, parts[1].points + shift]),
        triangles=np.concatenate([parts[0].triangles, parts[1].triangles + len(parts[0].points)]),
    )
    middle = np.array([0.0, 0.5, 0.0])
    assert len(sections(both, middle, UP)) == 2
    assert girth(both, middle).cm == pytest.approx(100 * ellipse(0.15, 0.1), abs=NEAR)
    assert girth(both, middle, near=shift).cm == pytest.approx(10 * np.pi, abs=NEAR)


def test_a_plane_that_misses_says_where_the_surface_is() -> None:
    with pytest.raises(MeasureError, match=r"from 0\.0 to 100\.0 cm") as caught:
        girth(tube((0.1, 0.1), (0.1, 0.1)), np.array([0.0, 2.0, 0.0]))
    assert caught.value.code == "measure.no_section"


def test_openings_are_the_loops_of_borders_and_heights_are_exact() -> None:
    sleeve = tube((0.20, 0.15), (0.08, 0.08), height=0.6)
    hem, cuff = openings(sleeve)
    assert hem.measured.cm == pytest.approx(100 * ellipse(0.20, 0.15), abs=NEAR)
    assert cuff.measured.cm == pytest.approx(16 * np.pi, abs=NEAR)
    assert cuff.centre == pytest.approx([0.0, 0.6, 0.0], abs=1e-6)
    assert extent(sleeve).cm == pytest.approx(60.0, abs=1e-9)
    assert openings(solid(trimesh.creation.box((1, 1, 1)))) == ()


@pytest.mark.parametrize("level", [2, 3, 4])
def test_a_quarter_of_a_great_circle(level: int) -> None:
    ball = solid(trimesh.creation.icosphere(level, 0.2))
    taken = path(ball, np.array([0.0, 0.0, 0.2]), np.array([0.0, 0.2, 0.0]))
    assert taken.cm == pytest.approx(10 * np.pi, abs=0.5 if level == 2 else NEAR)
    assert abs(taken.cm - 10 * np.pi) <= 1.5 * taken.error


def test_a_way_around_a_cylinder_is_a_helix() -> None:
    """Unrolled, it is the hypotenuse."""
    straight = tube((0.15, 0.15), (0.15, 0.15), height=0.5)
    taken = path(straight, np.array([0.15, 0.0, 0.0]), np.array([0.0, 0.5, 0.15]))
    assert taken.cm == pytest.approx(100 * np.hypot(0.15 * np.pi / 2, 0.5), abs=NEAR)


def test_a_way_over_coarse_flat_triangles_is_straight() -> None:
    sheet = solid(trimesh.creation.box((1.0, 1.0, 0.01)).subdivide())
    taken = path(sheet, np.array([-0.5, -0.5, 0.005]), np.array([0.5, 0.0, 0.005]))
    assert taken.cm == pytest.approx(100 * np.hypot(1.0, 0.5), abs=0.05)


def test_a_collar_that_is_not_joined_is_bridged_and_counts_as_error() -> None:
    body, collar = tube((0.1, 0.1), (0.1, 0.1), height=0.5), tube((0.1, 0.1), (0.1, 0.1), height=0.02)
    both = Surface(
        points=np.concatenate([body.points, collar.points + np.array([0.0, 0.52, 0.0])]),
        triangles=np.concatenate([body.triangles, collar.triangles + len(body.points)]),
    )
    taken = path(both, np.array([0.1, 0.54, 0.0]), np.array([0.1, 0.0, 0.0]))
    assert taken.cm == pytest.approx(54.0, abs=NEAR)
    assert taken.error > 0.8


def test_a_way_between_pieces_is_refused() -> None:
    near, far = trimesh.creation.box((0.1, 0.1, 0.1)), trimesh.creation.box((0.1, 0.1, 0.1))
    far.apply_translation((1, 0, 0))
    with pytest.raises(MeasureError, match="nothing joins"):
        path(solid(trimesh.util.concatenate([near, far])), np.zeros(3), np.array([1.0, 0.0, 0.0]))


def test_a_garment_is_measured_without_its_thread() -> None:
    tee = surface(flatten(catalogue.model("tshirt")))
    hem, neck, *cuffs = openings(tee)[:4]
    assert 90 < hem.measured.cm < 130
    assert 35 < neck.measured.cm < 60
    assert [cuff.measured.cm for cuff in cuffs] == pytest.approx([34.4, 34.4], abs=2.0)
    assert 90 < girth(tee, np.array([0.0, 1.3, 0.0]), cloth=True).cm < 100


def test_nothing_to_measure_is_named() -> None:
    with pytest.raises(MeasureError, match="no surface"):
        surface(())
    flat = flatten(catalogue.model("skirt"))[0]
    speck = replace(flat, primitive=replace(flat.primitive, positions=np.zeros_like(flat.primitive.positions)))
    with pytest.raises(MeasureError, match="no area"):
        surface([speck])

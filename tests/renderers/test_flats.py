"""Technical flats: what is drawn, what is hidden, and where it lies on the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import shapely
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import catalogue, gltf
from assets.errors import ContentError
from assets.flat import Flat, LineKind
from assets.model import Material, Primitive
from assets.pose import flatten
from assets.scene import Draw, Scene
from renderers.flat_page import MARGIN_MM, Page, Place, scale_of, scales
from renderers.flats import flat
from renderers.opengl import OpenGLRenderer
from tests.renderers.conftest import at, primitive

pytestmark = pytest.mark.gl

CLOTH = Material(name="cloth", double_sided=True)


def mesh(shape: trimesh.Trimesh, *, hard: bool = False, matrix=None, layer: str = "a", material=CLOTH) -> Draw:
    if hard:
        shape = shape.copy()
        shape.unmerge_vertices()
    return Draw(primitive=primitive(shape, material), matrix=np.eye(4) if matrix is None else matrix, layer=layer)


def box(size=(1.0, 1.0, 1.0), **more) -> Draw:
    return mesh(trimesh.creation.box(size), hard=True, **more)


def sheet(corners, *, columns: int = 1, material=CLOTH, uv_gap: bool = False, layer: str = "a") -> Draw:
    """An upright rectangle (left, bottom, right, top) at z = 0 in columns that share their vertices."""
    left, bottom, right, top = corners
    x = np.linspace(left, right, columns + 1)
    points, uv, faces = [], [], []
    for i in range(columns):
        n = len(points)
        points += [(x[i], bottom, 0), (x[i + 1], bottom, 0), (x[i + 1], top, 0), (x[i], top, 0)]
        shift = 2.0 * i if uv_gap else 0.0
        uv += [(a + shift, b) for a, b, _ in points[n:]]
        faces += [(n, n + 1, n + 2), (n, n + 2, n + 3)]
    part = Primitive(
        positions=np.array(points, np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (len(points), 1)),
        indices=np.array(faces, np.uint32),
        uv0=np.array(uv, np.float32),
        material=material,
    )
    return Draw(primitive=part, matrix=np.eye(4), layer=layer)


def scene(*draws: Draw) -> Scene:
    return Scene(draws=draws, digest=f"flat-{id(draws)}")


def total(drawing: Flat, kind: LineKind) -> float:
    return sum(line.length for line in drawing.of(kind))


def kinds(drawing: Flat) -> set[LineKind]:
    return {line.kind for line in drawing.lines}


def test_a_box_from_the_front_is_a_square_of_the_stated_size(renderer: OpenGLRenderer) -> None:
    drawing = flat(renderer, scene(box()), "front")
    assert drawing.scale_text == "1:6"
    (line,) = drawing.lines
    assert line.kind is LineKind.SILHOUETTE
    assert line.closed
    assert len(line.points) == 4
    assert np.ptp(line.points, axis=0) == pytest.approx([1000 / 6, 1000 / 6], abs=0.1)
    assert (line.points.min(axis=0) + line.points.max(axis=0)) / 2 == pytest.approx([105, 148.5], abs=0.05)


def test_of_a_boxs_edges_those_at_the_back_are_hidden(renderer: OpenGLRenderer) -> None:
    drawing = flat(renderer, scene(box()), "three-quarter", page=Page(scale=0.1))
    a, e = np.radians((35, 8))
    across, up = (
        np.array([np.cos(a), 0, -np.sin(a)]),
        np.array([-np.sin(a) * np.sin(e), np.cos(e), -np.cos(a) * np.sin(e)]),
    )
    inner = sum(100 * np.hypot(across[i], up[i]) for i in range(3))  # the three that meet at the near corner
    assert total(drawing, LineKind.CREASE) == pytest.approx(inner, rel=0.03)
    assert total(drawing, LineKind.SILHOUETTE) == pytest.approx(2 * inner, rel=0.01)
    assert kinds(drawing) == {LineKind.SILHOUETTE, LineKind.CREASE}


@given(st.integers(0, 2**32 - 1), st.integers(5, 9))
@settings(max_examples=12, deadline=None)
def test_of_a_cut_stone_exactly_the_edges_in_front_are_seen(renderer: OpenGLRenderer, seed: int, count: int) -> None:
    hull = trimesh.convex.convex_hull(np.random.default_rng(seed).normal(size=(count, 3)))
    drawing = flat(renderer, scene(mesh(hull, hard=True)), "front", page=Page(width_mm=400, height_mm=400))
    facing = hull.face_normals[:, 2] > 0
    first, second = hull.face_adjacency.T
    middle = (hull.vertices.min(axis=0) + hull.vertices.max(axis=0)) / 2
    ends = (hull.vertices[hull.face_adjacency_edges] - middle)[:, :, :2] * [1, -1] * 1000 * drawing.scale + 200
    outline = shapely.MultiLineString(list(ends[facing[first] != facing[second]]))
    (drawn,) = drawing.of(LineKind.SILHOUETTE)
    assert drawn.length == pytest.approx(outline.length, rel=0.01)
    assert outline.hausdorff_distance(shapely.LinearRing(drawn.points)) < 0.3
    sharp = shapely.MultiLineString(
        list(ends[facing[first] & facing[second] & (hull.face_adjacency_angles > np.radians(40))])
    )
    creases = shapely.MultiLineString([line.points for line in drawing.of(LineKind.CREASE)])
    assert creases.difference(sharp.buffer(0.3)).length < 0.5  # nothing is drawn that is not there
    apart = sharp.difference(outline.buffer(2.0))  # what runs along the outline is left to it
    missing = apart.difference(creases.buffer(0.3))
    assert all(piece.length < 8 for piece in shapely.get_parts(missing))  # and what is too short
    assert kinds(drawing) <= {LineKind.SILHOUETTE, LineKind.CREASE}


def test_a_ball_is_a_circle_and_nothing_else(renderer: OpenGLRenderer) -> None:
    drawing = flat(renderer, scene(mesh(trimesh.creation.icosphere(5, radius=0.1))), "left", page=Page(scale=0.5))
    (line,) = drawing.lines
    radius = np.linalg.norm(line.points - [105, 148.5], axis=1)
    assert radius == pytest.approx(np.full(len(radius), 50), abs=0.12)


def test_what_lies_behind_another_layer_is_hidden_by_it(renderer: OpenGLRenderer) -> None:
    front = box((0.4, 0.4, 0.1), matrix=at(0, 0, 1), layer="front")
    back = box((1.0, 0.2, 0.1), layer="back")
    drawing = flat(renderer, scene(back, front), "front", page=Page(scale=0.1))
    outline = {layer: sum(x.length for x in drawing.lines if x.layer == layer) for layer in ("front", "back")}
    assert outline["front"] == pytest.approx(160, rel=0.01)
    assert outline["back"] == pytest.approx(2 * (2 * 30 + 20), rel=0.02)
    behind = flat(renderer, scene(replace(front, matrix=at(0, 0, -1)), back), "front", page=Page(scale=0.1))
    assert sum(x.length for x in behind.lines if x.layer == "back") == pytest.approx(240, rel=0.01)


def test_open_edges_are_borders_also_on_the_inside(renderer: OpenGLRenderer) -> None:
    tube = trimesh.creation.cylinder(0.1, 0.3, sections=64)
    tube.update_faces(np.abs(tube.face_normals[:, 2]) < 0.5)
    upright = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    drawing = flat(renderer, scene(mesh(tube, matrix=upright)), "three-quarter", page=Page(scale=0.5))
    assert kinds(drawing) == {LineKind.SILHOUETTE, LineKind.BORDER}
    # The nearer half of the upper rim; the other one, and the lower rim's, are the outline.
    a, b = 50.0, 50.0 * np.sin(np.radians(8))
    half = np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b))) / 2
    assert total(drawing, LineKind.BORDER) == pytest.approx(half, rel=0.06)


def test_folds_are_drawn_where_a_surface_turns_away_in_front_of_itself(renderer: OpenGLRenderer) -> None:
    ring = mesh(trimesh.creation.torus(0.3, 0.1, 96, 48))
    assert kinds(flat(renderer, scene(ring), "front")) == {LineKind.SILHOUETTE}
    lying = np.array([[1.0, 0, 0, 0], [0, 0.8, 0.6, 0], [0, -0.6, 0.8, 0], [0, 0, 0, 1]])
    tilted = mesh(trimesh.creation.torus(0.3, 0.19, 96, 48), matrix=np.linalg.matrix_power(lying, 2))
    drawing = flat(renderer, scene(tilted), "front")
    assert LineKind.FOLD in kinds(drawing)
    assert LineKind.CREASE not in kinds(drawing)


def test_a_button_is_drawn_however_flat_it_is(renderer: OpenGLRenderer) -> None:
    cloth = sheet((-0.3, 0, 0.3, 0.7))
    button = mesh(trimesh.creation.icosphere(4), matrix=at(0, 0.4, 0.001) @ np.diag([0.009, 0.009, 0.002, 1]))
    drawing = flat(renderer, scene(cloth, button), "front", page=Page(scale=0.25))
    (ring,) = drawing.of(LineKind.FOLD)
    assert ring.closed
    assert ring.length == pytest.approx(2 * np.pi * 9 * 0.25, rel=0.1)
    bump = mesh(trimesh.creation.icosphere(4), matrix=at(0, 0.4, -0.04) @ np.diag([0.2, 0.2, 0.05, 1]))
    dented = flat(renderer, scene(cloth, bump), "front", page=Page(scale=0.25))
    assert not [line for line in dented.of(LineKind.FOLD) if line.length < 20]


def test_seams_are_where_materials_meet_and_where_panels_do(renderer: OpenGLRenderer) -> None:
    page = Page(scale=0.1)
    left, right = sheet((-0.5, 0, 0, 1)), sheet((0, 0, 0.5, 1), material=Material(name="rib"))
    joined = flat(renderer, scene(left, right), "front", page=page)
    assert total(joined, LineKind.SEAM) == pytest.approx(100, rel=0.02)
    panels = flat(renderer, scene(sheet((-0.5, 0, 0.5, 1), columns=4, uv_gap=True)), "front", page=page)
    assert total(panels, LineKind.SEAM) == pytest.approx(300, rel=0.02)
    plain = flat(renderer, scene(sheet((-0.5, 0, 0.5, 1), columns=4)), "front", page=page)
    assert kinds(plain) == {LineKind.SILHOUETTE}


def test_scraps_of_a_texture_are_no_panels(renderer: OpenGLRenderer) -> None:
    page = Page(width_mm=400, scale=0.1)
    scraps = flat(renderer, scene(sheet((-1.5, 0, 1.5, 0.5), columns=80, uv_gap=True)), "front", page=page)
    assert LineKind.SEAM not in kinds(scraps)


def test_vertices_that_meet_but_for_rounding_are_one(renderer: OpenGLRenderer) -> None:
    left, right = sheet((-0.5, 0, 0, 1)), sheet((2e-5, 0, 0.5, 1))
    assert kinds(flat(renderer, scene(left, right), "front")) == {LineKind.SILHOUETTE}


def test_triangles_that_share_no_vertex_are_one_cloth_all_the_same(renderer: OpenGLRenderer) -> None:
    whole = flatten(catalogue.model("tshirt"))[0]
    corners = whole.primitive.positions[whole.primitive.indices].reshape(-1, 3)
    torn = corners + np.random.default_rng(0).normal(0, 1e-5, corners.shape)
    drawing = flat(renderer, scene(soup_of(torn)), "front")
    assert len(drawing.of(LineKind.BORDER)) <= 6
    assert len(drawing.lines) < 25


@pytest.mark.parametrize(("degrees", "drawn"), [(30, True), (60, False)])
def test_creases_go_by_their_angle(renderer: OpenGLRenderer, degrees: float, drawn: bool) -> None:
    roof = trimesh.Trimesh(
        [[-0.5, 0, 0], [0, 0, 0.2], [0.5, 0, 0], [-0.5, 1, 0], [0, 1, 0.2], [0.5, 1, 0]],
        [[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]],
        process=False,
    )  # bends by 43.6 degrees
    drawing = flat(renderer, scene(mesh(roof, hard=True)), "front", crease_degrees=degrees)
    assert (LineKind.CREASE in kinds(drawing)) is drawn


def test_a_garment_is_drawn_as_a_factory_needs_it(renderer: OpenGLRenderer) -> None:
    tee = scene(*flatten(catalogue.model("tshirt")))
    front = flat(renderer, tee, "front", views=("front", "back"))
    back = flat(renderer, tee, "back", views=("front", "back"))
    assert front.scale == back.scale
    (outline,) = front.of(LineKind.SILHOUETTE)
    assert outline.closed
    assert len(front.of(LineKind.STITCH)) > 300
    assert 2 <= len(front.of(LineKind.SEAM)) <= 8
    others = [line for line in front.lines if line.kind is not LineKind.STITCH]
    assert len(others) < 30
    assert min(line.length for line in others) > 1.5
    inside = np.concatenate([line.points for line in others])
    assert inside.min() > MARGIN_MM - 1
    assert (inside < [210 - MARGIN_MM + 1, 297 - MARGIN_MM + 1]).all()


@pytest.mark.parametrize("item", ["tshirt", "skirt", "dress-form"])
def test_the_outline_is_that_of_the_pixels(renderer: OpenGLRenderer, item: str) -> None:
    draws = flatten(catalogue.model(item))
    assert outline_iou(flat(renderer, scene(*draws), "front"), draws) > 0.99


@pytest.mark.samples
def test_real_garments_are_drawn_clean(renderer: OpenGLRenderer, samples: Path) -> None:
    for path in sorted((samples / "garments").glob("*.glb")):
        draws = flatten(gltf.read(path.read_bytes(), name=path.stem))
        drawing = flat(renderer, scene(*draws), "front", views=("front", "back"))
        assert outline_iou(drawing, draws) > 0.985, path.stem
        assert len(drawing.lines) < 60, path.stem
        assert min(line.length for line in drawing.lines) > 1.5, path.stem
        assert drawing.of(LineKind.SEAM), path.stem


def outline_iou(drawing: Flat, draws: Sequence[Draw]) -> float:
    """How much of the front view's pixels the outline encloses, and nothing else."""
    points = np.concatenate([flatten_points(draw) for draw in draws])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = 10  # pixels a millimetre
    truth, found = np.zeros((2970, 2100), np.uint8), np.zeros((2970, 2100), np.uint8)
    for draw in draws:
        xy = (flatten_points(draw) - middle)[:, :2] * [1, -1] * 1000 * drawing.scale + [105, 148.5]
        for triangle in np.round(xy[draw.primitive.indices] * size * 16).astype(np.int32):
            cv2.fillConvexPoly(truth, triangle, 1, shift=4)
    rings = [np.round(line.points * size).astype(np.int32) for line in drawing.of(LineKind.SILHOUETTE)]
    cv2.fillPoly(found, rings, 1)
    return float((truth & found).sum() / (truth | found).sum())


def flatten_points(draw: Draw) -> np.ndarray:
    return draw.primitive.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]


def test_the_same_scene_gives_the_same_drawing(renderer: OpenGLRenderer) -> None:
    first, second = (flat(renderer, scene(*flatten(catalogue.model("skirt"))), "back") for _ in range(2))
    assert [line.kind for line in first.lines] == [line.kind for line in second.lines]
    assert all(np.array_equal(a.points, b.points) for a, b in zip(first.lines, second.lines, strict=True))


@pytest.mark.parametrize("view", ["custom", "detail:collar", "upside-down"])
def test_a_side_that_cannot_be_drawn_is_refused(renderer: OpenGLRenderer, view: str) -> None:
    with pytest.raises(ContentError) as caught:
        flat(renderer, scene(box()), view)
    assert caught.value.code == "view.unknown"


def test_a_design_that_does_not_fit_is_refused_with_what_would(renderer: OpenGLRenderer) -> None:
    with pytest.raises(ContentError, match=r"use a scale up to 0\.194") as caught:
        flat(renderer, scene(box()), "front", page=Page(scale=0.5))
    assert caught.value.code == "flat.does_not_fit"
    with pytest.raises(ContentError) as caught:
        flat(renderer, scene(), "front")
    assert caught.value.code == "scene.empty"
    with pytest.raises(ContentError) as caught:
        Page(width_mm=5)
    assert caught.value.code == "flat.bad_page"


@given(st.floats(1e-4, 1e3), st.floats(1e-4, 1e3), st.floats(20, 2000), st.floats(20, 2000))
@settings(max_examples=200, deadline=None)
def test_the_scale_is_a_round_one_and_leaves_no_page_half_empty(wide, tall, page_wide, page_tall) -> None:
    page = Page(width_mm=page_wide, height_mm=page_tall)
    high = np.array([wide, tall, 1.0])
    scale = scale_of([Place(axes=np.eye(3), low=np.zeros(3), high=high)], page)
    share = max(1000 * wide * scale / (page_wide - 2 * MARGIN_MM), 1000 * tall * scale / (page_tall - 2 * MARGIN_MM))
    assert share <= 1 + 1e-9
    known = list(scales())
    assert scale in known or scale < known[-1]
    assert share > 0.39 or scale == known[0]


@pytest.mark.parametrize("size", [1e-4, 0.01, 300.0])
def test_tiny_and_huge_designs_are_drawn_too(renderer: OpenGLRenderer, size: float) -> None:
    far = np.array([3 * size, size, -2 * size])
    drawing = flat(renderer, scene(box(matrix=at(*far, size=size))), "front")
    (line,) = drawing.of(LineKind.SILHOUETTE)
    assert np.ptp(line.points, axis=0) == pytest.approx(np.full(2, 1000 * size * drawing.scale), rel=0.005)
    assert len(drawing.lines) == 1


def test_a_single_triangle_and_a_sheet_from_its_edge_do_not_fail(renderer: OpenGLRenderer) -> None:
    triangle = mesh(trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False))
    (line,) = flat(renderer, scene(triangle), "front").lines
    assert len(line.points) == 3
    edge = flat(renderer, scene(sheet((-0.5, 0, 0.5, 1))), "left")
    assert total(edge, LineKind.BORDER) + total(edge, LineKind.SILHOUETTE) > 0


def soup_of(points: np.ndarray) -> Draw:
    part = Primitive(
        positions=np.asarray(points, np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (len(points), 1)),
        indices=np.arange(len(points), dtype=np.uint32).reshape(-1, 3),
        material=CLOTH,
    )
    return Draw(primitive=part, matrix=np.eye(4), layer="a")


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((3, 3)),  # one point
        np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0.0]]),  # a line
        np.repeat(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]), 3, axis=0),  # no triangle has three corners
        np.tile(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]), (50, 1)),  # the same triangle fifty times
        np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0.0]]),  # on edge
        np.array([[0, 0, 0], [1e6, 0, 0], [0, 1e6, 1e6]]),
    ],
)
@pytest.mark.parametrize("view", ["front", "top"])
def test_degenerate_geometry_is_drawn_as_far_as_there_is_anything(
    renderer: OpenGLRenderer, points: np.ndarray, view: str
) -> None:
    drawing = flat(renderer, scene(soup_of(points)), view)
    assert all(np.isfinite(line.points).all() for line in drawing.lines)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from(["front", "left", "three-quarter", "top"]))
@settings(max_examples=15, deadline=None)
def test_any_heap_of_triangles_stays_on_the_page(renderer: OpenGLRenderer, seed: int, count: int, view: str) -> None:
    random = np.random.default_rng(seed)
    corners = random.integers(-3, 4, (count * 3, 3)) / 2 if seed % 2 else random.normal(size=(count * 3, 3))
    drawing = flat(renderer, scene(soup_of(corners)), view)
    for line in drawing.lines:
        assert np.isfinite(line.points).all()
        assert (line.points > 0).all()
        assert (line.points < [drawing.width_mm, drawing.height_mm]).all()
        assert len(line.points) >= 2

"""Mannequins: measured with a tape they are what their table says, and they bend without breaking."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree

from assets import catalogue, compose, mannequin, regions
from assets.catalogue_mannequins import BODY, MANNEQUINS
from assets.design import Avatar, Customisation, Design, Pose, Ref
from assets.errors import ModelError
from assets.fabric import Fabric
from assets.generators import mannequin as generator
from assets.generators.mannequin_rig import NAMES, POSES, STANDING
from assets.generators.mannequin_sizes import FIGURES, TOLERANCE
from assets.model import Model, Primitive
from assets.pose import flatten, worlds

Array = NDArray[np.float64]
EVERY = [(figure.id, size) for figure in MANNEQUINS for size in figure.sizes]
FIGURE_IDS = [figure.id for figure in MANNEQUINS]
GIRTHS = ("bust", "waist", "hip", "neck", "upper_arm", "thigh", "calf")


def item_of(figure: str, size: str) -> str:
    return next(entry for entry in MANNEQUINS if entry.id == figure).item_id(size)


def part_of(item: str) -> Primitive:
    return catalogue.model(item).meshes[0].primitives[0]


@cache
def surface(item: str) -> trimesh.Trimesh:
    part = part_of(item)
    mesh = trimesh.Trimesh(part.positions.astype(np.float64), part.indices.astype(np.int64), process=False)
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    return mesh


def off_surface(item: str, points: Array) -> Array:
    """How far points are from the triangles that they are nearest to, metres: float64[n]."""
    mesh = surface(item)
    _, near = cKDTree(mesh.triangles_center).query(points, k=24)
    corners = np.tile(points[:, None], (1, near.shape[1], 1)).reshape(-1, 3)
    onto = trimesh.triangles.closest_point(mesh.triangles[near.reshape(-1)], corners)
    away: Array = np.linalg.norm(onto - corners, axis=1).reshape(near.shape).min(axis=1)
    return away


def tape(mesh: trimesh.Trimesh, girth: dict[str, list[float]]) -> float:
    """Centimetres of a tape around the loop of the section that the plane's centre lies in."""
    centre, across, along = (np.array(girth[name]) for name in ("centre", "across", "along"))
    cut = mesh.section(plane_origin=centre, plane_normal=np.cross(across, along))
    best = 0.0
    for line in cut.discrete:
        flat = np.stack([(line - centre) @ across, (line - centre) @ along], axis=1)
        hull = ConvexHull(flat)
        if (hull.equations[:, 2] < 0).all():  # the centre is inside
            best = max(best, float(hull.area))
    return 100 * best


def measured(item: str) -> dict[str, float]:
    extras: Any = part_of(item).extras
    found = {name: tape(surface(item), extras["girths"][name]) for name in GIRTHS}
    at = {name: np.array(point) for name, point in extras["landmarks"].items()}
    found["stature"] = 100 * float(at["vertex"][1] - at["sole level"][1])
    found["crotch"] = 100 * float(at["crotch point"][1] - at["sole level"][1])
    found["shoulder"] = 200 * float(at["shoulder point"][0])
    upper, lower = at["elbow"] - at["shoulder point"], at["wrist"] - at["elbow"]
    found["arm"] = 100 * float(np.linalg.norm(upper) + np.linalg.norm(lower))
    return found


@pytest.mark.parametrize(("figure", "size"), EVERY)
def test_a_tape_around_the_figure_says_what_its_table_says(figure: str, size: str) -> None:
    row = asdict(FIGURES[figure.removeprefix("mannequin-")][size])
    found = measured(item_of(figure, size))
    assert found.keys() == row.keys()
    for name, wanted in row.items():
        assert found[name] == pytest.approx(wanted, abs=TOLERANCE), name


@pytest.mark.parametrize(("figure", "size"), EVERY)
def test_landmarks_lie_on_the_skin(figure: str, size: str) -> None:
    item = item_of(figure, size)
    landmarks: Any = part_of(item).extras["landmarks"]
    inside = {"elbow", "wrist", "knee", "ankle", "sole level"}
    names = [name for name in landmarks if name not in inside]
    distance = off_surface(item, np.array([landmarks[name] for name in names]))
    assert {name: far for name, far in zip(names, distance, strict=True) if far > 0.004} == {}


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_the_surface_is_closed_and_even(figure: str) -> None:
    mesh = surface(figure)
    assert 15_000 <= len(mesh.faces) <= 30_000
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.euler_number == 2
    assert mesh.volume > 0
    low = part_of(figure).positions.min(axis=0)
    assert abs(float(low[1])) < 0.004  # it stands on the floor
    edges = mesh.edges_unique_length
    assert np.percentile(edges, 99.9) < 0.045
    assert (mesh.area_faces > 1e-9).mean() > 0.999


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_both_sides_are_alike(figure: str) -> None:
    points = part_of(figure).positions.astype(np.float64)
    far, _ = cKDTree(points).query(points * [-1.0, 1.0, 1.0])
    assert far.max() < 0.002


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_uvs_keep_their_size(figure: str) -> None:
    part = part_of(figure)
    assert part.uv0 is not None
    assert part.uv0.min() >= 0
    assert part.uv0.max() <= 1
    solid = part.positions[part.indices].astype(np.float64)
    flat = part.uv0[part.indices].astype(np.float64)
    area = np.linalg.norm(np.cross(solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0]), axis=1) / 2
    one, two = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    spread = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
    metres = np.sqrt(area.sum() / spread.sum())
    scale = np.sqrt(area / np.maximum(spread, 1e-12)) / metres
    assert area[(scale > 0.8) & (scale < 1.25)].sum() > 0.95 * area.sum()


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_no_two_pieces_of_the_uvs_overlap(figure: str) -> None:
    part = part_of(figure)
    assert part.uv0 is not None
    corner = part.uv0[part.indices].astype(np.float64).mean(axis=1)
    flat = part.uv0[part.indices].astype(np.float64)
    one, two = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
    cells = 32
    held = np.zeros((cells, cells))
    place = np.clip((corner * cells).astype(int), 0, cells - 1)
    np.add.at(held, (place[:, 1], place[:, 0]), area * cells**2)
    assert held.max() < 1.35  # cells are filled once; triangles on their edges count whole


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_weights_are_at_most_four_and_whole(figure: str) -> None:
    part = part_of(figure)
    model = catalogue.model(figure)
    assert part.joints is not None
    assert part.weights is not None
    assert part.weights.shape[1] == 4
    assert np.allclose(part.weights.sum(axis=1), 1, atol=1e-5)
    assert part.joints.max() < len(model.skins[0].joints)


def posed(model: Model, name: str) -> Primitive:
    number = [animation.name for animation in model.animations].index(name)
    (draw,) = flatten(model, animation=number)
    return draw.primitive


def volume(part: Primitive) -> float:
    p = part.positions[part.indices].astype(np.float64)
    return float(np.einsum("ij,ij->i", p[:, 0], np.cross(p[:, 1], p[:, 2])).sum() / 6)


@pytest.mark.parametrize("name", POSES)
@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_a_posed_figure_stands_on_the_floor_and_keeps_its_body(figure: str, name: str) -> None:
    model = catalogue.model(figure)
    moved = posed(model, name)
    assert float(moved.positions[:, 1].min()) == pytest.approx(0.0, abs=0.004)
    assert volume(moved) == pytest.approx(volume(part_of(figure)), rel=0.06)
    rest = part_of(figure).positions[part_of(figure).indices].astype(np.float64)
    now = moved.positions[moved.indices].astype(np.float64)
    areas = [np.linalg.norm(np.cross(c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]), axis=1) for c in (rest, now)]
    stretch = areas[1] / np.maximum(areas[0], 1e-12)
    weight = areas[0] / areas[0].sum()
    assert weight[(stretch < 0.25) | (stretch > 3.0)].sum() < 0.01


@pytest.mark.parametrize("name", STANDING)
@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_both_feet_touch_the_floor(figure: str, name: str) -> None:
    rest = part_of(figure).positions
    ankle = catalogue.model(figure).skins[0].inverse_bind[NAMES.index("ankle-l")][1, 3]
    moved = posed(catalogue.model(figure), name).positions
    for side in (1.0, -1.0):
        foot = (rest[:, 1] < -ankle) & (rest[:, 0] * side > 0)
        assert float(moved[foot, 1].min()) == pytest.approx(0.0, abs=0.004)


def test_the_a_pose_is_the_resting_one() -> None:
    model = catalogue.model("mannequin-female")
    assert [animation.name for animation in model.animations] == list(POSES)
    rest = flatten(model)[0].primitive.positions
    assert np.abs(posed(model, "a-pose").positions - rest).max() < 0.004
    assert np.abs(rest - part_of("mannequin-female").positions).max() < 1e-5


@pytest.mark.parametrize(
    ("joint", "pose"), [("knee-l", "seated"), ("knee-r", "seated"), ("elbow-l", "hands-on-hips")]
)
@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_a_bent_limb_keeps_its_girth(figure: str, joint: str, pose: str) -> None:
    model = catalogue.model(figure)
    part = part_of(figure)
    place = next(k for k, node in enumerate(model.nodes) if node.name == joint)
    half = next(k for k, node in enumerate(model.nodes) if node.name == joint.replace("-", "-half-", 1))
    assert part.joints is not None
    assert part.weights is not None
    share = np.where(np.isin(part.joints, [place, half]), part.weights, 0).sum(axis=1)
    near = share > 0.45
    centre = -model.skins[0].inverse_bind[place][:3, 3]
    near &= np.linalg.norm(part.positions - centre, axis=1) < 0.07
    thin_rest = np.linalg.svd(part.positions[near] - part.positions[near].mean(axis=0), compute_uv=False)[2]
    moved = posed(model, pose).positions[near]
    thin = np.linalg.svd(moved - moved.mean(axis=0), compute_uv=False)[2]
    assert near.sum() > 60
    assert thin > 0.72 * thin_rest


def no_cloth(ref: Ref) -> Fabric:
    raise AssertionError(ref)


def test_a_design_names_pose_and_finish() -> None:
    avatar = Avatar(
        model=Ref(item="mannequin-male"), pose=Pose(animation="walk"), material=Customisation(variant="chrome")
    )
    made = compose.compose(Design(avatar=avatar), lambda ref: catalogue.model(str(ref.item)), no_cloth)
    (draw,) = flatten(made)
    assert draw.primitive.material.metallic == 1.0
    assert np.ptp(draw.primitive.positions[:, 2]) > 0.5
    with pytest.raises(ModelError) as caught:
        compose.compose(
            Design(avatar=avatar.model_copy(update={"pose": Pose(animation="dance")})),
            lambda ref: catalogue.model(str(ref.item)),
            no_cloth,
        )
    assert caught.value.code == "model.no_animation"


@pytest.mark.parametrize("pose", POSES)
def test_a_detail_is_found_in_every_pose(pose: str) -> None:
    model = catalogue.model("mannequin-female")
    number = [animation.name for animation in model.animations].index(pose)
    draws = flatten(model, animation=number)
    hand, head = (regions.find(draws, name) for name in ("left hand", "head"))
    wrist = worlds(model, animation=number)[NAMES.index("wrist-l")][:3, 3]
    assert (hand.box[0] - 0.02 < wrist).all()
    assert (wrist < hand.box[1] + 0.02).all()
    assert np.ptp(hand.box, axis=0).max() < 0.35
    assert head.box[1][1] == pytest.approx(float(draws[0].primitive.positions[:, 1].max()), abs=1e-4)


def test_every_finish_is_there_and_the_first_is_worn() -> None:
    model = catalogue.model("mannequin-child")
    part = model.meshes[0].primitives[0]
    assert model.variants == mannequin.FINISHES
    assert [part.variants[k].name for k in range(len(model.variants))] == list(mannequin.FINISHES)
    assert part.material is part.variants[0]


def test_a_size_grows_with_its_letter() -> None:
    volumes = [volume(part_of(item_of("mannequin-female", size))) for size in ("XS", "S", "M", "L", "XL")]
    assert volumes == sorted(volumes)
    assert volumes[-1] > 1.2 * volumes[0]


def test_a_size_that_a_figure_has_not_is_refused() -> None:
    data = {name: (catalogue.DATA / name).read_bytes() for name in ("models/mannequin-child.npz", BODY)}
    with pytest.raises(KeyError):
        mannequin.read(data["models/mannequin-child.npz"], data[BODY], "XL")


def test_the_files_are_small() -> None:
    sizes = [path.stat().st_size for path in (catalogue.DATA / "models").glob("mannequin-*.npz")]
    assert max(sizes) < 600_000
    assert sum(sizes) < 4_000_000


def test_a_figure_is_rebuilt_as_it_was_baked() -> None:
    again = generator.figure("female", "M")
    held = surface("mannequin-female").vertices
    far, _ = cKDTree(again.points).query(held)
    assert far.max() < 1e-4


def test_a_coarse_figure_is_the_fine_one_with_fewer_triangles() -> None:
    coarse = generator.figure("child", "122", levels=1)
    far = off_surface("mannequin-child", coarse.points[::7])
    assert len(coarse.fine.quads) * 4 * 2 == len(surface("mannequin-child").faces)
    assert np.percentile(far, 95) < 0.002

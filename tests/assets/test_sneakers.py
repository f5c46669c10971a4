"""A pair of trainers: two shoes on level feet, each a sole, an upper in pieces, a lace with a bow."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from assets import catalogue, stance
from assets.generators import sewn_checks, sneaker_laces, sneaker_last, sneaker_surfaces, sneaker_upper, sneakers
from assets.generators.lofts import curve, flattened, grid_normals, runs, surface, tube
from assets.generators.solids import grid_triangles
from assets.model import Material, Model, Primitive

PLAIN = Material(name="plain")


@cache
def held() -> Model:
    return catalogue.model("sneakers")


@cache
def made() -> Model:
    return sneakers.model(sneaker_surfaces.looks())


def part(model: Model, name: str) -> Primitive:
    (found,) = [one for one in sewn_checks.parts(model) if one.material.name == name]
    return found


def test_the_baked_pair_is_the_one_that_is_made() -> None:
    for one, other in zip(sewn_checks.parts(held()), sewn_checks.parts(made()), strict=True):
        assert one.material.name == other.material.name
        assert np.abs(one.positions - other.positions).max() < 2e-5


def test_the_right_shoe_is_the_left_one_s_mirror_image() -> None:
    for one in sewn_checks.parts(made()):
        left, right = np.split(one.positions, 2)
        assert np.allclose(left * [-1, 1, 1], right, atol=1e-6)


def test_the_foot_is_inside_the_shoe() -> None:
    """Nothing of lining, insole or tongue is nearer to the bare foot than half a millimetre."""
    body = stance.level(catalogue.model("mannequin-female"))
    skin = stance.skin_of(body)
    points = stance.skinned(skin, stance.moves(body))
    foot = (points[:, 1] < 0.20) & (points[:, 0] > 0)
    tree = cKDTree(points[foot])
    inside = np.concatenate([part(held(), name).positions for name in ("lining", "leather", "suede")])
    inside = inside[inside[:, 0] > 0].astype(np.float64)
    far, _ = tree.query(inside)
    assert far.min() > 0.0005
    level = points[foot][:, 1].min()
    insole = part(held(), "lining").positions[:, 1].min()
    assert 0.0 < level - insole < 0.004


def test_the_soles_stand_on_one_floor() -> None:
    low = part(held(), "sole-tread").positions[:, 1]
    assert low.min() == pytest.approx(sneaker_last.FLOOR, abs=2e-5)
    assert ((low - low.min()) < 0.0005).sum() > 100
    assert min(one.positions[:, 1].min() for one in sewn_checks.parts(held())) == pytest.approx(low.min(), abs=1e-6)


def pieces(one: Primitive) -> int:
    """How many parts of a primitive have no point in common."""
    _, place = np.unique(one.positions.round(6), axis=0, return_inverse=True)
    corner = place.reshape(-1)[one.indices]
    ends = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(place.max() + 1,) * 2)
    _, piece = connected_components(graph, directed=False)
    return len(np.unique(piece[corner]))


def test_every_shoe_has_six_pairs_of_eyelets_a_bow_and_two_tips() -> None:
    assert pieces(part(made(), "eyelet")) == 2 * 2 * sneaker_laces.PAIRS
    assert pieces(part(made(), "lace")) == 2 * (1 + 2 * (sneaker_laces.PAIRS - 1) + 2 * 3 + 1)
    assert pieces(part(made(), "lace-tip")) == 2 * 2


@pytest.mark.parametrize("name", ["leather", "suede", "heel-tab"])
def test_leather_is_true_to_size(name: str) -> None:
    assert sewn_checks.true_to_size(part(held(), name), catalogue.item("sneakers").uv_metres) > 0.95


def test_normals_look_out() -> None:
    for one in sewn_checks.parts(held()):
        assert sewn_checks.turned(one) < 0.002, one.material.name


def test_pieces_of_leather_lie_over_each_other() -> None:
    lifts = [piece.lift for piece in (sneaker_upper.vamp(), sneaker_upper.toe_cap(), sneaker_upper.counter())]
    assert lifts == sorted(set(lifts))


def test_the_file_is_small_and_details_are_where_they_are_said_to_be() -> None:
    entry = catalogue.item("sneakers")
    assert entry.level_feet
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([one.positions for one in sewn_checks.parts(held())])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100


def test_a_curve_is_even_and_a_closed_one_comes_round() -> None:
    ring = curve([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], 40, closed=True)
    steps = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
    assert steps.max() / steps.min() < 1.02
    assert np.allclose(np.linalg.norm(ring, axis=1), 1, atol=0.03)
    line = curve([[0.0, 0.0], [1.0, 0.2], [2.0, 0.0]], 21)
    assert np.diff(runs(line)) == pytest.approx(runs(line)[-1] / 20, rel=0.01)


def test_a_bent_sheet_is_laid_flat_as_it_was_cut() -> None:
    """Half a cylinder of radius 1, as long as pi."""
    angle, up = np.meshgrid(np.linspace(0, np.pi, 60), np.linspace(0, 2, 30))
    sheet = np.stack([np.cos(angle), up, np.sin(angle)], axis=-1)
    flat = flattened(sheet)
    assert np.ptp(flat.reshape(-1, 2), axis=0) == pytest.approx([np.pi, 2.0], rel=0.01)


def test_a_surface_faces_the_way_it_is_told() -> None:
    x, z = np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 1, 5))
    sheet = np.stack([x, 0 * x, z], axis=-1)
    for way in (1.0, -1.0):
        one = surface(sheet, PLAIN, outward=np.array([0.0, way, 0.0]))
        assert np.allclose(one.normals, [0.0, way, 0.0])
        assert sewn_checks.turned(one) == 0
    assert np.abs(grid_normals(sheet)[..., 1]).min() == pytest.approx(1)
    assert len(grid_triangles(5, 4)) == 24


def test_a_tube_is_closed_and_looks_out() -> None:
    path = np.stack([np.linspace(0, 1, 9), 0.1 * np.linspace(0, 1, 9) ** 2, np.zeros(9)], axis=1)
    section = sneaker_laces.oblong(0.02, 0.01)
    one = tube(path, np.broadcast_to([0.0, 1.0, 0.0], path.shape), section, PLAIN)
    assert sewn_checks.turned(one) == 0
    corner = one.positions[one.indices].astype(np.float64)
    volume = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6
    ring = np.concatenate([section, section[:1]])
    area = abs((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum()) / 2
    assert volume == pytest.approx(area * runs(path)[-1], rel=0.02)

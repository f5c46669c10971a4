"""What the generators promise: sizes, fit, true-to-size UVs, and the same result again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from assets import baked, catalogue
from assets.generators import card, card_moth, card_sprint, card_summit, dress_form, torso, weave
from assets.generators.cloth import Cloth, Drape, colours, relax
from assets.generators.pattern import panel, sew
from assets.images import decode, probe
from assets.model import Model

GARMENTS = ["tshirt", "skirt"]


def points(model: Model) -> NDArray[np.float64]:
    return np.concatenate([p.positions for m in model.meshes for p in m.primitives]).astype(np.float64)


def areas(at: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = np.concatenate([at, np.zeros((*at.shape[:2], 1))], axis=2) if at.shape[2] == 2 else at
    return np.asarray(np.linalg.norm(np.cross(wide[:, 1] - wide[:, 0], wide[:, 2] - wide[:, 0]), axis=1) / 2)


@pytest.mark.parametrize(("height", "cm"), [(torso.BUST, 88.0), (torso.WAIST, 70.0), (torso.HIP, 96.0)])
def test_the_form_has_its_girths(height: float, cm: float) -> None:
    assert 100 * torso.girth(height) == pytest.approx(cm, abs=0.5)


def test_the_baked_form_has_its_girths_and_height() -> None:
    model = catalogue.model("dress-form")
    everything = points(model)
    assert everything[:, 1].min() == pytest.approx(0.0, abs=0.002)
    assert everything[:, 1].max() == pytest.approx(dress_form.HEIGHT, abs=0.01)
    skin = model.meshes[0].primitives[0].positions.astype(np.float64)
    for height, girth in torso.GIRTHS.items():
        ring = skin[np.abs(skin[:, 1] - height) < 0.009]
        angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
        support = (ring[:, [0, 2]] @ np.stack([np.cos(angle), np.sin(angle)])).max(axis=0)
        # Cauchy: the girth of a convex outline is the integral of its support function.
        assert support.mean() * 2 * np.pi == pytest.approx(girth, abs=0.012)


@pytest.mark.parametrize("name", GARMENTS)
def test_no_vertex_of_a_garment_is_inside_the_form(name: str) -> None:
    distance, _ = torso.distance()(points(catalogue.model(name)))
    assert distance.min() > 0.0004
    cloth = catalogue.model(name).meshes[0].primitives[0].positions.astype(np.float64)
    outside, _ = torso.distance()(cloth)
    assert np.percentile(outside, 5) > 0.0012
    assert np.percentile(outside, 5) < 0.006


@pytest.mark.parametrize("name", GARMENTS)
def test_prints_keep_their_size(name: str) -> None:
    entry = catalogue.item(name)
    part = catalogue.model(name).meshes[0].primitives[0]
    assert part.uv0 is not None
    solid = areas(part.positions[part.indices].astype(np.float64))
    flat = areas(part.uv0[part.indices].astype(np.float64)) * entry.uv_metres**2
    real = (solid > 1e-7) & (flat > 1e-9)
    scale = np.sqrt(solid[real] / flat[real])
    good = (scale > 0.8) & (scale < 1.25)
    assert solid[real][good].sum() > 0.95 * solid[real].sum()


def test_the_shirt_does_not_go_through_the_skirt() -> None:
    from scipy.spatial import cKDTree

    skirt = catalogue.model("skirt").meshes[0].primitives[0]
    shirt = catalogue.model("tshirt").meshes[0].primitives[0]
    tree = cKDTree(skirt.positions)
    far, nearest = tree.query(shirt.positions, distance_upper_bound=0.02)
    near = np.isfinite(far)
    near[near] &= shirt.positions[near, 1] < skirt.positions[:, 1].max() - 0.002
    offset = shirt.positions[near] - skirt.positions[nearest[near]]
    height = np.einsum("ij,ij->i", offset, skirt.normals[nearest[near]])
    assert near.sum() > 200
    assert (height < -0.0005).mean() < 0.01


def test_the_card_is_the_template_s_size_and_closed() -> None:
    import trimesh

    model = catalogue.model("card-classic")
    size = np.ptp(points(model), axis=0) * 1000
    assert size == pytest.approx([card.WIDTH_MM, card.HEIGHT_MM, card.THICK_MM], abs=0.01)
    parts = model.meshes[0].primitives
    start = np.cumsum([0, *(len(p.positions) for p in parts[:-1])])
    mesh = trimesh.Trimesh(
        np.concatenate([np.round(p.positions, 6) for p in parts]),
        np.concatenate([p.indices.astype(np.int64) + s for p, s in zip(parts, start, strict=True)]),
        process=False,
    )
    mesh.merge_vertices(merge_tex=True, merge_norm=True, digits_vertex=5)
    assert mesh.is_watertight
    assert mesh.volume > 0


def test_the_form_is_rebuilt_as_it_was_baked() -> None:
    again = dress_form.model()
    for one, two in zip(again.meshes, catalogue.model("dress-form").meshes, strict=True):
        for made, held in zip(one.primitives, two.primitives, strict=True):
            assert np.array_equal(made.indices, held.indices)
            assert np.abs(made.positions - held.positions).max() < 5e-5


def test_swatches_are_periodic() -> None:
    for make in (weave.jersey, weave.linen, weave.gabardine, weave.rib):
        swatch = make(256)
        assert np.isfinite(swatch.color).all()
        for axis in (0, 1):
            steps = np.abs(np.diff(swatch.height, axis=axis)).mean(axis=1 - axis)
            seam = np.abs(np.take(swatch.height, 0, axis=axis) - np.take(swatch.height, -1, axis=axis)).mean()
            assert seam <= steps.max() * 1.2


def test_a_hanging_strip_keeps_its_length() -> None:
    count = 11
    start = np.stack([0.1 * np.arange(count), np.zeros(count), np.zeros(count)], axis=1)
    pairs = np.stack([np.arange(count - 1), np.arange(1, count)], axis=1)
    inverse = np.full(count, 100.0)
    inverse[0] = 0.0
    cloth = Cloth(pairs=pairs, rest=np.full(10, 0.1), compliance=np.zeros(10), inverse_mass=inverse)
    free = relax(cloth, start, lambda x: (np.ones(len(x)), x), Drape(seconds=4.0, damping=4.0))
    assert free[-1] == pytest.approx([0.0, -1.0, 0.0], abs=0.03)
    assert np.linalg.norm(np.diff(free, axis=0), axis=1) == pytest.approx(np.full(10, 0.1), rel=0.02)


def test_no_two_pairs_of_a_colour_share_a_particle() -> None:
    pairs = np.random.default_rng(1).integers(0, 40, (200, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    groups = colours(pairs, 40)
    assert sum(len(g) for g in groups) == len(pairs)
    for group in groups:
        assert len(np.unique(pairs[group])) == 2 * len(group)


def test_sewn_edges_share_their_particles_and_unequal_edges_are_refused() -> None:
    def square(name: str, count: int) -> list[tuple[str, NDArray[np.float64], int]]:
        del name
        corner = np.array([(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1), (0.0, 0.0)])
        return [(side, corner[i : i + 2], count) for i, side in enumerate(("low", "right", "top", "left"))]

    one, two = panel("one", square("one", 5), 0.02), panel("two", square("two", 5), 0.02)
    assert areas(one.flat[one.triangles]).sum() == pytest.approx(0.01)
    sewn = sew([one, two], [("one", "right", "two", "left", True)])
    assert sewn.count == len(one.flat) + len(two.flat) - 6
    with pytest.raises(ValueError, match="points"):
        sew([one, panel("two", square("two", 4), 0.02)], [("one", "right", "two", "left", True)])


def test_baking_refuses_what_it_cannot_keep() -> None:
    from dataclasses import replace

    from assets.model import Skin

    skinned = replace(catalogue.model("skirt"), skins=(Skin(joints=(0,), inverse_bind=np.eye(4)[None]),))
    with pytest.raises(ValueError, match="no skins"):
        baked.write(skinned)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("summit-figure", card_summit.figure),
        ("moth-moth", card_moth.moth),
        ("sprint-runner", card_sprint.runner),
    ],
)
def test_art_of_cards_is_painted_again_as_it_is_stored(name: str, make: Callable[[], NDArray[np.uint8]]) -> None:
    held = decode(probe(catalogue.picture(f"art-{name}")))
    again = make()
    opaque = again[..., 3] == 255
    assert np.abs(held[..., 3].astype(int) - again[..., 3]).mean() < 2
    assert np.abs(held[..., :3].astype(int) - again[..., :3])[opaque].mean() < 4  # what WebP loses

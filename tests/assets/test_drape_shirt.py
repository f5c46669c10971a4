"""The button-up shirt: sewn from its pattern, clear of the skin, with a collar that folds over and seven buttons."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import catalogue
from assets.generators import box_pleat, buttons, drape_shirt, laid, sewn_checks, sewn_shirt
from assets.generators.collar import Fall, fall
from assets.generators.drape_body import Body
from assets.generators.garment import Draped
from assets.generators.panels_shirt import cut
from assets.generators.pattern import length
from assets.generators.sewn_fine import edges
from assets.model import Material, Primitive

COARSE = 0.026
MATTER = Material(name="button", base_color=(1.0, 1.0, 1.0, 1.0), metallic=0.0, roughness=0.5)


@cache
def skin() -> Body:
    return drape_shirt.skin()


@cache
def draped() -> Draped:
    return drape_shirt.finished(*drape_shirt.drape(COARSE, skin(), seconds=0.4), skin())


def parts() -> dict[str, Primitive]:
    return {part.material.name: part for part in sewn_checks.parts(catalogue.model("shirt"))}


def islands(part: Primitive) -> list[np.ndarray]:
    """The corners of each connected piece."""
    parent = np.arange(len(part.positions))
    _, same = np.unique(part.positions, axis=0, return_inverse=True)
    pairs = np.concatenate([part.indices[:, :2], part.indices[:, 1:]]).astype(np.int64)
    pairs = same.reshape(-1)[pairs]
    while True:
        low = parent.copy()
        for a, b in (pairs.T, pairs.T[::-1]):
            np.minimum.at(low, a, low[b])
        low = low[low]
        if np.array_equal(low, parent):
            break
        parent = low
    root = parent[same.reshape(-1)]
    return [part.positions[root == name] for name in np.unique(root)]


def test_the_cap_is_as_long_as_the_armhole_over_the_yoke() -> None:
    shirt = drape_shirt.pattern()
    assert length(shirt.crown(shirt.biceps)) == pytest.approx(sum(map(length, shirt.hole())), abs=1e-4)
    assert sum(map(length, shirt.hole())) == pytest.approx(2 * length(shirt.armhole), abs=1e-3)


def test_the_yoke_takes_from_the_front_what_it_has_before_the_shoulder() -> None:
    shirt = drape_shirt.pattern()
    low, strip, _, _ = shirt.cuts
    assert np.allclose(shirt.beyond(shirt.turned(strip)), -shirt.beyond(strip))
    assert shirt.beyond(low[-1:])[0] == pytest.approx(-shirt.yoke[0])
    assert np.allclose(shirt.turned(shirt.turned(strip)), strip)


def test_the_shirt_is_open_at_its_hems_only() -> None:
    sewn = cut(drape_shirt.pattern(), COARSE)
    assert sewn_checks.unsewn(sewn) == 0
    assert sewn_checks.unsewn(sewn, frozenset({"hem"})) > 10  # the stand's upper edge
    known, _, uses = edges(sewn.triangles())
    yoke = next(p for p in sewn.panels if p.name == "yoke")
    seam = sewn.particle["yoke"][np.concatenate([yoke.edges["box-left"], yoke.edges["box-right"]])]
    assert set(uses.tolist()) <= {1, 2, 4}
    assert np.isin(known[uses == 4], seam).any(axis=1).all()  # three layers of the pleat and the yoke
    assert np.isin(known[uses == 4], seam).all(axis=1).sum() == 4


def test_a_pleat_s_layers_lie_in_their_order() -> None:
    shirt = drape_shirt.pattern()
    sewn = draped().sewn
    back = next(p for p in sewn.panels if p.name == "back")
    depth = np.linspace(0.03, 0.12, 10)
    y = -shirt.yoke[1] - depth
    layers = [draped().at(back, np.stack([np.full(10, x * shirt.pleat), y], axis=1))[0] for x in (0.4, 1.6, 2.4)]
    face, under, out = (layer[:, 2] for layer in layers)
    assert (face < under + 5e-4).all()
    assert (under < out + 5e-4).all()
    assert (out - face).max() > box_pleat.LAYER


def test_a_pleat_is_folded_three_times() -> None:
    x = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, -1.5])
    laid_at, layer = box_pleat.folded(x, 1.0)
    assert np.allclose(laid_at, [0.0, 0.5, 1.0, 0.5, 0.0, 0.5, 1.0, -0.5])
    assert layer.tolist() == [2, 2, 1, 1, 0, 0, 0, 1]


def test_the_baked_shirt_is_the_one_that_is_made() -> None:
    made = sewn_shirt.model(drape_shirt.pattern(), draped())
    held = parts()["shell"].positions
    far, _ = cKDTree(held).query(made.meshes[0].primitives[0].positions)
    assert np.percentile(far, 90) < 0.016  # a coarser cloth folds a little elsewhere


def test_seven_buttons_in_the_middle_of_the_front_and_three_at_each_sleeve() -> None:
    middles = np.array([corners.mean(axis=0) for corners in islands(parts()["button"])])
    front = middles[np.abs(middles[:, 0]) < 0.03]
    assert len(front) == sewn_shirt.SHOWN == 7
    steps = -np.diff(np.sort(front[:, 1])[::-1])
    assert steps.min() > 0.035
    assert steps.max() < 0.095
    assert (front[:, 2] > 0.03).all()
    for hand in (-1, 1):
        assert (hand * middles[:, 0] > 0.4).sum() == 3


def test_the_collar_stands_and_folds_over() -> None:
    panel = next(p for p in draped().sewn.panels if p.name == "stand")
    ids = draped().sewn.particle["stand"]
    rim = draped().points[ids[panel.edges["rim"][::-1]]]
    foot = np.concatenate([panel.edges["left"], panel.edges["back"][1:], panel.edges["right"][1:]])
    under = np.concatenate([draped().sewn.particle[name] for name in ("front", "yoke")])
    assert (rim[:, 1] - draped().points[ids[foot]][:, 1]).min() > 0.015
    shape = Fall()
    made = fall(rim, draped().points[ids[foot]], draped(), under, shape)
    points = made.points.reshape(-1, shape.columns, 3)
    lowest, highest = points[0], points.max(axis=0)
    assert (highest[:, 1] - lowest[:, 1]).min() > 0.02
    assert highest[:, 1].max() - rim[:, 1].max() == pytest.approx(shape.roll, abs=0.003)
    # Its lower edge lies outside its fold all round, its points furthest apart at the front.
    centre = rim.mean(axis=0)
    assert (np.hypot(*(lowest - centre)[:, [0, 2]].T) > np.hypot(*(points[-1] - centre)[:, [0, 2]].T)).all()
    assert lowest[0, 0] - lowest[-1, 0] > 0.05
    far, nearest = cKDTree(draped().points[under]).query(lowest)
    high = np.einsum("ij,ij->i", lowest - draped().points[under][nearest], draped().normals[under][nearest])
    assert high[far < 0.03].min() > 0.5 * shape.clear


def test_a_slab_is_closed_but_where_it_lies_on_the_cloth() -> None:
    x, y = np.meshgrid(np.linspace(0, 0.04, 5), np.linspace(0, 0.06, 7))
    flat = np.stack([x, y], axis=-1)
    piece = laid.lofted("strip", flat, np.concatenate([flat, np.zeros((7, 5, 1))], axis=-1))
    assert np.allclose(piece.normals, [0, 0, 1])
    plain = laid.slab(piece, MATTER, np.zeros(2), thickness=0.002, sunk=0.001)
    lined = laid.slab(piece, MATTER, np.zeros(2), thickness=0.002, lined=True)
    for made in (plain, lined):
        assert sewn_checks.turned(made) < 0.001
    assert plain.positions[:, 2].min() == pytest.approx(-0.003)
    assert lined.positions[:, 2].min() == pytest.approx(-0.002)
    assert np.ptp(lined.positions[:, 0]) == pytest.approx(0.042, abs=1e-4)
    line = laid.within(piece, 0.005)
    assert np.allclose(line.min(axis=0), 0.005)
    assert np.allclose(line.max(axis=0), [0.035, 0.055])
    assert np.allclose(laid.spread(piece).sewn.panels[0].flat - [0.02, 0.0], flat.reshape(-1, 2) - [0.04, 0.0])


def test_a_button_lies_on_its_cloth_face_up() -> None:
    at, normal = np.array([0.1, 1.2, 0.3]), np.array([0.0, 0.6, 0.8])
    body, holes = buttons.button(at, normal, np.array([0.0, 1.0, 0.0]), MATTER, MATTER, radius=0.006)
    high = (body.positions - at) @ normal
    assert high.min() == pytest.approx(0.0, abs=1e-6)
    assert high.max() == pytest.approx(0.0024, abs=1e-5)
    assert ((holes.positions - at) @ normal).max() < 0.0024
    for part in (body, holes, buttons.cross(at, normal, np.array([0.0, 1.0, 0.0]), MATTER)):
        assert sewn_checks.turned(part) < 0.001


def test_nothing_of_the_shirt_is_under_the_skin() -> None:
    assert sewn_checks.deepest(catalogue.model("shirt"), skin()) < 0.0005


def test_prints_on_the_shirt_keep_their_size() -> None:
    assert sewn_checks.true_to_size(parts()["shell"], 1.0) > 0.95


def test_the_shirt_s_normals_look_out() -> None:
    for part in parts().values():
        assert sewn_checks.turned(part) < 0.001


def test_the_shirt_s_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("shirt")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in parts().values()])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

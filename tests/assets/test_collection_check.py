"""The check of the collection: it finds what is planted, and a sample of what is declared passes it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets import catalogue_garments, catalogue_mannequins
from assets.fitting_skin import Skin
from assets.generators import sewn_checks
from tools import collection_rules
from tools.check_collection import combinations, look, read
from tools.collection_rules import Finding, Places, Sight, both, check, cloth_of, open_edges, pokes, visible

LONG = os.environ.get("FARM_LONG") == "1"
SAMPLE = (
    ("dress", "mannequin-female", "walk"),
    ("jeans", "mannequin-male-l", "relaxed"),
    ("tee", "mannequin-neutral-xs", "seated"),
    ("outfit-suit", "mannequin-male-xl", "seated"),
    ("outfit-autumn", "mannequin-male-l", "t-pose"),
)


def plate(height: float) -> np.ndarray[tuple[int, int, int], np.dtype[np.float64]]:
    """A square of a metre at a height, as two triangles."""
    a, b, c, d = ([x, height, z] for x, z in ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)))
    return np.array([[a, b, c], [a, c, d]], dtype=np.float64)


def skin() -> Skin:
    """A flat skin at y = 0."""
    axis = np.arange(-0.2, 0.2, 0.008)
    points = np.stack([*(held.ravel() for held in np.meshgrid(axis, [0.0], axis, indexing="ij"))], axis=1)
    return Skin(points=points, normals=np.tile([0.0, 1.0, 0.0], (len(points), 1)))


def test_cloth_under_skin_is_found_where_a_camera_sees_it() -> None:
    cloth = np.array([[0.0, -0.002, 0.0], [0.05, 0.001, 0.0], [0.0, -0.0003, 0.05]])
    deep, count = visible(cloth, skin(), skin().tree, Sight(plate(-0.0021)))
    assert deep == pytest.approx(0.002, abs=1e-6)
    assert count == 1


def test_what_a_roof_hides_is_not_counted() -> None:
    roof = np.concatenate([plate(0.03) * [20, 1, 20], plate(-0.0021)])
    assert visible(np.array([[0.0, -0.002, 0.0]]), skin(), skin().tree, Sight(roof)) == (0.0, 0)


def test_cameras_look_from_all_round() -> None:
    points = np.array([[0.0, 0.1, 0.0], [0.0, -0.05, 0.0]])
    both = np.concatenate([plate(0.0), plate(-0.1)]) * [30, 1, 30]
    assert Sight(both).sees(points).tolist() == [True, False]


def test_every_fault_is_told() -> None:
    good = {
        "what": "x",
        "avatar": "y",
        "pose": "a-pose",
        "deep": 0.0,
        "seen": 0,
        "through": 0.0,
        "poking": 0,
        "where": "",
        "true": 0.97,
        "open": 0.0,
        "turned": 0.0,
    }
    assert Finding(**good).faults == ()
    assert Finding(**{**good, "deep": 0.0006}).faults == ("penetration",)
    assert Finding(**{**good, "true": 0.94}).faults == ("print",)
    assert Finding(**{**good, "true": 0.94, "pose": "seated"}).faults == ("print",)
    assert Finding(**{**good, "through": 0.0006}).faults == ("layers",)
    assert Finding(**{**good, "open": 0.03}).faults == ("open edge",)
    assert Finding(**{**good, "turned": 0.01}).faults == ("normals",)


def test_every_declared_combination_is_looked_at() -> None:
    found = list(combinations())
    alone = [one for one in catalogue_garments.GARMENTS if catalogue_mannequins.figure(one.draped_on) is not None]
    sizes = len(catalogue_mannequins.SIZES)
    wanted = sum(len(one.figures) * sizes * len(one.poses) for one in alone)
    assert sum(len(pieces) == 1 and pieces[0] == what for pieces, what, _, _ in found) == wanted
    assert len(list(combinations(["tee"], figures=["mannequin-male"], sizes=["L"], poses=["walk"]))) == 1


def test_a_hem_that_is_cut_off_is_an_open_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_edges("tee") < collection_rules.OPEN
    whole = collection_rules.bound("tee")
    inner = ~whole.outer[whole.cloth.welded]
    held = whole.cloth.triangles[~inner[whole.cloth.triangles].any(axis=1)]
    raw = replace(whole, cloth=replace(whole.cloth, triangles=held))
    monkeypatch.setattr(collection_rules, "bound", lambda _: raw)
    assert open_edges.__wrapped__("tee") > 0.5


def test_a_print_that_is_stretched_and_a_face_that_is_turned_are_found() -> None:
    whole = cloth_of("tee", collection_rules.parts(collection_rules.catalogue.model("tee")))
    assert whole.uv0 is not None
    assert sewn_checks.true_to_size(whole, 1.0) > collection_rules.TRUE
    wide = replace(whole, uv0=whole.uv0 * np.array([1.3, 1.0], np.float32))
    assert sewn_checks.true_to_size(wide, 1.0) < 0.1
    assert sewn_checks.turned(whole) == 0
    flipped = np.concatenate([whole.indices[:800, ::-1], whole.indices[800:]])
    assert sewn_checks.turned(replace(whole, indices=flipped)) > collection_rules.TURNED


def test_a_garment_that_comes_through_another_is_found() -> None:
    cloth = plate(0.0)
    points = np.array([[0.0, 0.003, 0.01], [0.1, -0.002, 0.0], [0.2, 0.0002, 0.0], [0.3, 0.03, 0.0]])
    ways = np.tile([0.0, 1.0, 0.0], (4, 1))
    middles = cloth.mean(axis=1)
    inner = Places(points, points)
    together = both(inner, Places(middles, middles * 0.1))
    depth, count = pokes(points, ways, cloth, Sight(cloth), together)
    assert depth == pytest.approx(0.003, abs=1e-6)
    assert count == 1
    roofed = Sight(np.concatenate([cloth, plate(0.02) * [20, 1, 20]]))
    assert pokes(points, ways, cloth, roofed, together) == (0.0, 0)
    assert pokes(points, ways, cloth[:, ::-1], Sight(cloth), together) == (0.0, 0)  # cloth that looks the other way
    hip = Places(middles, middles + np.array([0.0, 0.4, 0.0]))  # a cuff on it: at rest they are apart
    assert pokes(points, ways, cloth, Sight(cloth), both(inner, hip)) == (
        0.0,
        0,
    )


def test_a_small_triangle_far_along_a_ray_is_in_the_way() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([rng.uniform(-0.4, 0.4, 40), np.zeros(40), rng.uniform(-0.4, 0.4, 40)])
    axis = np.linspace(-9, 9, 60)
    fine = np.stack(np.meshgrid(axis, [0.9], axis, indexing="ij"), axis=-1).reshape(60, 60, 3)
    a, b, c, d = fine[:-1, :-1], fine[:-1, 1:], fine[1:, 1:], fine[1:, :-1]
    roof = np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)
    ground = plate(-0.001) * [40, 1, 40]
    assert not Sight(np.concatenate([roof, ground])).sees(points).any()


def test_soles_and_laces_bear_no_prints_and_the_rest_of_a_shoe_does() -> None:
    whole = collection_rules.parts(collection_rules.catalogue.model("sneakers"))
    areas = {part.material.name: len(part.indices) for part in whole}
    assert len(cloth_of("sneakers", whole).indices) == sum(
        areas[name] for name in ("leather", "suede", "lining", "thread")
    )


def test_what_was_found_is_read_again(tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"
    given = list(combinations(["hat"], figures=["mannequin-male"], sizes=["L"], poses=["walk", "t-pose"]))
    found = look(given, out)
    with out.open("a") as file:
        file.write('{"key": "cut o')
    assert list(read(out).values()) == found
    assert len(read(out)) == 2


@pytest.mark.parametrize(("what", "avatar", "pose"), SAMPLE)
def test_a_sample_of_the_collection_passes(what: str, avatar: str, pose: str) -> None:
    (given,) = (one for one in combinations([what], poses=[pose]) if one[2] == avatar)
    assert check(*given).faults == ()


@pytest.mark.skipif(not LONG, reason="every declared combination takes 40 minutes on two cores: FARM_LONG=1")
@pytest.mark.timeout(3 * 3600)
def test_the_whole_collection_passes() -> None:
    assert [found for given in combinations() if (found := check(*given)).faults] == []

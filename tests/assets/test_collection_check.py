"""The check of the collection: it finds what is planted, and a sample of what is declared passes it."""

from __future__ import annotations

import os

import numpy as np
import pytest

from assets import catalogue_garments, catalogue_mannequins
from assets.fitting_skin import Skin
from tools import check_collection
from tools.check_collection import Finding, check, combinations, seen_from_outside, visible

LONG = os.environ.get("FARM_LONG") == "1"
SAMPLE = (
    ("dress", "mannequin-female", "walk"),
    ("jeans", "mannequin-male-l", "relaxed"),
    ("tee", "mannequin-neutral-xs", "seated"),
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
    deep, count = visible(cloth, skin(), skin().tree, plate(-0.0021))
    assert deep == pytest.approx(0.002, abs=1e-6)
    assert count == 1


def test_what_a_roof_hides_is_not_counted() -> None:
    roof = np.concatenate([plate(0.03) * [20, 1, 20], plate(-0.0021)])
    assert visible(np.array([[0.0, -0.002, 0.0]]), skin(), skin().tree, roof) == (0.0, 0)


def test_cameras_look_from_all_round() -> None:
    points = np.array([[0.0, 0.1, 0.0], [0.0, -0.05, 0.0]])
    both = np.concatenate([plate(0.0), plate(-0.1)]) * [30, 1, 30]
    assert seen_from_outside(points, both).tolist() == [True, False]


def test_every_fault_is_told() -> None:
    good = {
        "what": "x",
        "avatar": "y",
        "pose": "a-pose",
        "deep": 0.0,
        "seen": 0,
        "true": 0.97,
        "open": 0.0,
        "turned": 0.0,
    }
    assert Finding(**good).faults == ()
    assert Finding(**{**good, "deep": 0.0006}).faults == ("penetration",)
    assert Finding(**{**good, "true": 0.94}).faults == ("print",)
    assert Finding(**{**good, "true": 0.94, "pose": "walk"}).faults == ()
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
    assert check_collection.open_edges("tee") < check_collection.OPEN
    whole = check_collection.bound("tee")
    inner = ~whole.outer[whole.cloth.welded]
    held = whole.cloth.triangles[~inner[whole.cloth.triangles].any(axis=1)]
    cut = type(whole.cloth)(**{**vars(whole.cloth), "triangles": held})
    raw = type(whole)(**{**vars(whole), "cloth": cut})
    monkeypatch.setattr(check_collection, "bound", lambda _: raw)
    assert check_collection.open_edges.__wrapped__("tee") > 0.5


@pytest.mark.parametrize(("item", "avatar", "pose"), SAMPLE)
def test_a_sample_of_the_collection_passes(item: str, avatar: str, pose: str) -> None:
    assert check((item,), item, avatar, pose).faults == ()


@pytest.mark.skipif(not LONG, reason="every declared combination takes an hour: FARM_LONG=1")
@pytest.mark.timeout(3 * 3600)
def test_the_whole_collection_passes() -> None:
    assert [found for given in combinations() if (found := check(*given)).faults] == []

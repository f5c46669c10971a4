"""The blouse: a shirt's draft with full sleeves and a round collar, clear of the skin and true to size."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue
from assets.generators import drape_shirt, laid, sewn_checks
from assets.generators.collar import Fall, fall
from assets.generators.panels_shirt import cut
from assets.generators.pattern import length
from assets.model import Primitive


def parts() -> dict[str, Primitive]:
    return {part.material.name: part for part in sewn_checks.parts(catalogue.model("blouse"))}


def test_a_blouse_is_a_shirt_with_fuller_sleeves() -> None:
    blouse, shirt = drape_shirt.pattern(blouse=True), drape_shirt.pattern()
    assert blouse.wrist > 2 * blouse.cuff[0]
    assert shirt.wrist < 1.5 * shirt.cuff[0]
    assert np.allclose(blouse.armhole, shirt.armhole)
    assert length(blouse.crown(blouse.biceps)) == pytest.approx(sum(map(length, blouse.hole())), abs=1e-4)
    assert sewn_checks.unsewn(cut(blouse, 0.026)) == 0


def test_its_sleeves_fall_over_its_cuffs() -> None:
    """Round the forearm the cloth stands off the skin; a shirt's lies closer."""
    found = []
    for item in ("blouse", "shirt"):
        (shell,) = (p for p in sewn_checks.parts(catalogue.model(item)) if p.material.name == "shell")
        at = shell.positions[(np.abs(shell.positions[:, 0]) > 0.40) & (np.abs(shell.positions[:, 0]) < 0.46)]
        found.append(float(np.ptp(at[:, 2])))
    assert found[0] > 1.15 * found[1]


def test_the_front_corners_of_a_round_collar_are_cut_off() -> None:
    turn = np.linspace(-np.pi, np.pi, 120)
    rim = np.stack([-0.06 * np.sin(turn), np.full(120, 1.50), -0.06 * np.cos(turn)], axis=1)
    foot = rim * [1.05, 1.0, 1.05] - [0.0, 0.03, 0.0]
    # Something that it may lie on, far below.
    flat = np.stack(np.meshgrid(np.linspace(-0.2, 0.2, 9), np.linspace(-0.2, 0.2, 9)), axis=-1)
    ground = laid.lofted("ground", flat, np.stack([flat[..., 0], np.full((9, 9), 1.2), -flat[..., 1]], axis=-1))
    pointed, rounded = (
        fall(rim, foot, ground, np.arange(81), Fall(spread=0.0, rounded=radius)) for radius in (0.0, 0.03)
    )
    low, cut_off = (made.points.reshape(-1, Fall().columns, 3)[0, :, 1] for made in (pointed, rounded))
    assert cut_off[0] - low[0] == pytest.approx(0.03, abs=0.006)
    assert np.allclose(cut_off[12:-12], low[12:-12], atol=1e-4)
    assert (np.diff((cut_off - low)[:8]) < 0).all()


def test_nothing_of_the_blouse_is_under_the_skin() -> None:
    assert sewn_checks.deepest(catalogue.model("blouse"), drape_shirt.skin()) < 0.0005


def test_prints_on_the_blouse_keep_their_size() -> None:
    assert sewn_checks.true_to_size(parts()["shell"], 1.0) > 0.95


def test_the_blouse_s_normals_look_out() -> None:
    for part in parts().values():
        assert sewn_checks.turned(part) < 0.001


def test_the_blouse_s_file_is_small_and_its_details_are_where_it_is() -> None:
    entry = catalogue.item("blouse")
    assert (catalogue.DATA / entry.files[0]).stat().st_size < 700_000
    points = np.concatenate([part.positions for part in parts().values()])
    for low, high in entry.regions.values():
        assert ((points > low) & (points < high)).all(axis=1).sum() > 100

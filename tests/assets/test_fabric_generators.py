"""How cloth is made: drafts, yarns, loops and fibres, periodic, and the same again."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from assets.catalogue import DATA, ITEMS
from assets.catalogue_fabrics import FABRICS
from assets.generators import fabric_files, fabric_range, fabric_wovens
from assets.generators.cloth_weave import PLAIN, Yarn, interlace
from assets.generators.fabric_range import RANGE
from assets.generators.fabric_swatch import Swatch, even, halved, noise, shade, smooth
from assets.generators.knit_loops import curve, lay


def test_every_fabric_of_the_catalogue_has_a_maker() -> None:
    assert {entry.id for entry in FABRICS} == set(RANGE)


def test_the_yarn_that_the_draft_has_on_top_is_seen() -> None:
    draft = fabric_wovens.twill(3, 1)
    web = interlace(draft, 8, 8, 256, warp=Yarn(), weft=Yarn(), seed=1)
    middles = (np.arange(8) * 32 + 16).astype(int)
    seen = web.warp[np.ix_(middles, middles)]
    assert np.array_equal(seen, np.tile(draft, (2, 2)))
    assert web.warp.mean() == pytest.approx(0.75, abs=0.12)


def test_a_draft_that_does_not_fit_the_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of drafts"):
        interlace(PLAIN, 7, 8, 64, warp=Yarn(), weft=Yarn(), seed=1)


def test_a_thin_yarn_leaves_gaps_and_a_thick_one_none() -> None:
    def open_share(width: float) -> float:
        yarn = Yarn(width=width, wander=0.0, uneven=0.0)
        return float(interlace(PLAIN, 8, 8, 256, warp=yarn, weft=yarn, seed=1).gap.mean())

    assert open_share(0.5) == 0.0
    assert open_share(0.25) == pytest.approx(0.25, abs=0.03)  # half of each way is free


def test_the_upper_of_two_crossing_curves_is_seen_and_wraps_round_the_edge() -> None:
    level = curve(np.array([[-10.0, 32.0, 0.0], [74.0, 32.0, 0.0]]), 4.0, 0)
    over = curve(np.array([[62.0, -10.0, 9.0], [62.0, 74.0, 9.0]]), 4.0, 1)
    from assets.generators.knit_loops import joined

    both = joined([level, over])
    laid = lay(both, 64)
    yarn = np.where(laid.bead >= 0, both.yarn[laid.bead], -1)
    assert yarn[32, 30] == 0
    assert yarn[32, 62] == yarn[10, 1] == 1
    assert yarn[10, 30] == -1
    assert laid.height[10, 62] == pytest.approx(13.0, abs=0.2)
    assert abs(laid.across[32, 30]) < 0.2


def test_blur_and_noise_go_round_the_edges() -> None:
    field = np.zeros((32, 32), dtype=np.float32)
    field[0, 0] = 1
    soft = smooth(field, 0.05)
    assert soft[0, 31] == pytest.approx(soft[0, 1], rel=1e-4)
    assert soft.sum() == pytest.approx(1.0, abs=1e-4)
    rough = noise(64, 3, 0.02)
    assert rough.mean() == pytest.approx(0.0, abs=1e-5)
    assert rough.std() == pytest.approx(1.0, abs=1e-4)
    assert halved(rough, 2).shape == (32, 32)


def test_a_pit_gets_less_light_than_a_hill() -> None:
    field = np.zeros((64, 64), dtype=np.float32)
    field[10, 10], field[40, 40] = -5, 5
    light = shade(smooth(field, 0.02), 0.1, 0.05)
    assert light[10, 10] < 0.9
    assert light[40, 40] > 0.99


@pytest.mark.parametrize("name", RANGE)
def test_swatches_are_periodic_and_in_range(name: str) -> None:
    swatch = RANGE[name].make(128)
    for field in (swatch.color, swatch.roughness, swatch.alpha, swatch.metal):
        if field is not None:
            assert field.min() >= 0
            assert field.max() <= 1.0001
    for axis in (0, 1):
        steps = np.abs(np.diff(swatch.height, axis=axis)).mean(axis=1 - axis)
        seam = np.abs(np.take(swatch.height, 0, axis=axis) - np.take(swatch.height, -1, axis=axis)).mean()
        assert seam <= steps.max() * 1.2


@pytest.mark.parametrize("name", ["leather", "suede"])
def test_a_fabric_is_rebuilt_as_it_was_baked(name: str) -> None:
    for path, data in fabric_range.files(name).items():
        held = (DATA / path).read_bytes()
        if path.endswith(".json"):
            assert held == data
            continue
        made, baked = (np.asarray(Picture.open(BytesIO(d)).convert("RGB")).astype(int) for d in (data, held))
        off = np.abs(made - baked)
        assert off.mean() < 0.5  # another machine's last bits may cross a quantisation step here and there
        assert np.quantile(off, 0.999) <= 8


@pytest.mark.parametrize("name", [name for name, recipe in RANGE.items() if recipe.reach])
def test_no_part_of_a_tile_stands_out_on_a_garment(name: str) -> None:
    colour = np.asarray(Picture.open(DATA / next(n for n in ITEMS[name].files if "-color" in n)).convert("RGB"))
    parts = colour.reshape(8, 128, 8, 128, 3).mean(axis=(1, 3))
    assert (np.abs(parts - parts.mean(axis=(0, 1))) / parts.mean(axis=(0, 1))).max() < 0.06
    for axis in (0, 1):
        lines = colour.mean(axis=axis).reshape(32, 32, 3).mean(axis=1)
        assert (np.abs(lines / lines.mean(axis=0) - 1)).max() < 0.04


def test_evening_takes_away_what_is_wide_and_keeps_what_is_fine() -> None:
    at = np.arange(128) / 128
    wide, fine = np.sin(2 * np.pi * at), np.sign(np.sin(2 * np.pi * 32 * at))
    light = (0.5 + 0.1 * wide[None, :] * np.ones((128, 1)) + 0.1 * fine[:, None] * fine[None, :]).astype(np.float32)
    swatch = Swatch(color=np.repeat(light[..., None], 3, axis=2), height=light, roughness=light)
    made = even(swatch, 0.05).color[..., 0]
    assert abs((made * wide).mean()) < 0.1 * abs((light * wide).mean())
    assert (made * fine[:, None] * fine[None, :]).mean() == pytest.approx(0.1, rel=0.1)


def test_slopes_become_normals() -> None:
    ramp = np.sin(2 * np.pi * np.arange(64) / 64)[None, :].repeat(64, axis=0).astype(np.float32)
    codes = fabric_files.normals(ramp, 6.4)
    assert codes[0, 0, 0] < 100  # rising to the right leans to the left
    assert codes[0, 32, 0] > 150
    assert np.abs(codes[..., 1].astype(int) - 128).max() <= 1

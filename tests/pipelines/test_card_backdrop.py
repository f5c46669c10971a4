"""What is behind a card."""

from __future__ import annotations

import numpy as np

from assets.scene import Background
from pipelines.steps.card_backdrop import backdrop, before

STUDIO = Background(top="#2b2e35", bottom="#0c0d10")


def test_a_gradient_has_no_bands_and_the_right_mean_everywhere() -> None:
    made = backdrop(STUDIO, 400, 300).astype(float)
    rows = made.mean(axis=1)
    ramp = np.linspace(43, 12, 601)[1::2]
    assert np.abs(rows[:, 0] - ramp).max() < 0.25
    assert all(len(np.unique(made[row, :, 0])) > 1 for row in range(300)), "no row is one value"
    assert np.abs(made[:, :, 0] - ramp[:, None]).max() <= 1.5


def test_it_stands_still_and_a_colour_is_that_colour() -> None:
    assert np.array_equal(backdrop(STUDIO, 64, 64), backdrop.__wrapped__(STUDIO, 64, 64))
    plain = backdrop(Background(top="#102030"), 64, 48)
    assert plain.shape == (48, 64, 3)
    assert np.unique(plain.reshape(-1, 3), axis=0).tolist() == [[16, 32, 48]]


def test_a_card_is_laid_over_it_by_its_alpha() -> None:
    frame = np.zeros((2, 2, 4), np.uint8)
    frame[0, 0] = (200, 100, 50, 255)
    frame[0, 1] = (200, 100, 50, 128)
    behind = np.full((2, 2, 3), 100, np.uint8)
    found = before(frame, behind)
    assert found[..., 3].min() == 255
    assert found[0, 0, :3].tolist() == [200, 100, 50]
    assert found[0, 1, :3].tolist() == [150, 100, 75]
    assert found[1, 1, :3].tolist() == [100, 100, 100]

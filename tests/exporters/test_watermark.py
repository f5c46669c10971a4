"""A watermark is seen on every ground, everywhere in the picture, and changes nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from exporters import watermark

TEXT = "Atelier Kim 미리보기"


def plain(value: int, alpha: int = 255, size: tuple[int, int] = (480, 640)) -> np.ndarray:
    return np.full((*size, 4), (value, value, value, alpha), np.uint8)


@pytest.mark.parametrize("value", [0, 60, 128, 200, 255])
def test_letters_are_seen_on_any_ground(value: int) -> None:
    """In every ninth of the picture, somewhere lighter or darker than the ground by 20 code values."""
    made = watermark.laid_over(plain(value), TEXT)[..., 0].astype(int)
    for band in np.array_split(made, 3, axis=0):
        for part in np.array_split(band, 3, axis=1):
            assert np.abs(part - value).max() >= 20


def test_most_of_a_picture_stays_as_it_was() -> None:
    before = plain(90)
    made = watermark.laid_over(before, TEXT)
    assert (made == before).all(axis=-1).mean() > 0.6
    assert (made[..., 3] == 255).all()
    assert (before == 90)[..., :3].all()


def test_letters_stand_on_nothing_where_a_picture_is_clear() -> None:
    """Straight alpha: over any colour it is what that colour would have got."""
    made = watermark.laid_over(plain(0, alpha=0), TEXT).astype(float)
    share = made[..., 3:] / 255
    over_red = made[..., :3] * share + np.array([200, 0, 0]) * (1 - share)
    red = np.full((480, 640, 4), (200, 0, 0, 255), np.uint8)
    assert np.abs(over_red - watermark.laid_over(red, TEXT)[..., :3]).max() <= 2
    assert 0.02 < (made[..., 3] > 20).mean() < 0.4


def test_the_same_picture_comes_out_twice_and_another_text_is_another_picture() -> None:
    once, twice = (watermark.laid_over(plain(128), TEXT) for _ in range(2))
    assert np.array_equal(once, twice)
    assert not np.array_equal(once, watermark.laid_over(plain(128), "Draft"))


@pytest.mark.parametrize("size", [(16, 16), (512, 8), (64, 2000)])
def test_pictures_of_any_shape_are_marked(size: tuple[int, int]) -> None:
    assert watermark.laid_over(plain(128, size=size), "가" * 60).shape == (*size, 4)

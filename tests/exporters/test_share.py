"""Pictures for posts: the card is there and whole, the backdrop is dark, smooth and of the card's colour."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from exporters import share
from exporters.errors import ExportError

RED, BLUE = (200, 30, 40), (30, 60, 210)


def card(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (300, 420)) -> np.ndarray:
    """A card of one colour with round corners, in the middle of nothing."""
    width, height = size
    frame = np.zeros((height + 120, width + 200, 4), np.uint8)
    shape = np.zeros(frame.shape[:2], np.uint8)
    cv2.rectangle(shape, (110, 70), (width + 90, height + 50), 255, 40)
    shape[70 : height + 51, 110 : width + 91] = 255
    frame[..., :3] = colour
    frame[..., 3] = cv2.GaussianBlur(shape, (0, 0), 0.8)
    return frame


def near(picture: np.ndarray, colour: tuple[int, int, int], tolerance: int = 6) -> np.ndarray:
    return np.abs(picture[..., :3].astype(int) - colour).max(axis=2) <= tolerance


@pytest.mark.parametrize(("width", "height"), share.SIZES)
@pytest.mark.parametrize("back", [None, card(BLUE)])
def test_the_card_is_whole_and_large_in_every_size(width: int, height: int, back: np.ndarray | None) -> None:
    picture = share.compose(card(), width, height, back=back)
    assert picture.shape == (height, width, 4)
    assert (picture[..., 3] == 255).all()
    left, top, wide, high = cv2.boundingRect(near(picture, RED).astype(np.uint8))
    assert left > 0.02 * width
    assert left + wide < 0.98 * width
    assert top > 0.02 * height
    assert top + high < 0.95 * height
    assert wide / high == pytest.approx(319 / 439, rel=0.03)  # with its border, not stretched
    assert max(wide / width, high / height) > 0.5


def test_the_back_stands_behind_to_the_left_and_is_darker() -> None:
    picture = share.compose(card(), 1080, 1080, back=card(BLUE))
    dim = tuple(round(channel * 0.62) for channel in BLUE)
    back = cv2.boundingRect(near(picture, dim, 5).astype(np.uint8))
    front = cv2.boundingRect(near(picture, RED).astype(np.uint8))
    assert back[0] < front[0]
    assert back[0] + back[2] <= front[0] + 2  # what is behind the front is not seen
    assert back[3] < front[3]


def test_the_floor_mirrors_the_card_and_the_mirror_image_fades() -> None:
    picture = share.compose(card(), 1080, 1080).astype(int)
    plain = share.compose(card((29, 29, 29)), 1080, 1080, tint=RED).astype(int)
    left, top, wide, high = cv2.boundingRect(near(picture, RED).astype(np.uint8))
    column = (picture - plain)[top + high + 14 :, left + wide // 2 - 40 : left + wide // 2 + 40, 0].mean(axis=1)
    assert column[:12].mean() > 20
    assert column[:12].mean() > column[40:52].mean() > column[120:132].mean()


def test_the_backdrop_is_dark_and_of_the_cards_colour() -> None:
    for colour, channel in ((RED, 0), (BLUE, 2), ((40, 190, 60), 1)):
        rim = share.compose(card(colour), 1080, 1080)[:110, :, :3].reshape(-1, 3).mean(axis=0)
        assert rim.argmax() == channel
        assert rim.max() < 90


def test_a_grey_card_has_a_grey_backdrop_and_a_tint_wins() -> None:
    grey = share.compose(card((128, 128, 128)), 1080, 1080)[:110, :, :3].reshape(-1, 3).mean(axis=0)
    assert np.ptp(grey) < 2
    blue = share.compose(card(), 1080, 1080, tint=BLUE)[:110, :, :3].reshape(-1, 3).mean(axis=0)
    assert blue.argmax() == 2


def longest_run(rows: np.ndarray) -> int:
    """How many neighbours of a row are equal at most."""
    same = np.diff(rows, axis=1) == 0
    return max(len(run) for row in same for run in "".join("x" if at else " " for at in row).split())


def test_smooth_tones_show_no_bands() -> None:
    picture = share.compose(card(), 1080, 1080)[:100, :, 0]
    tone = cv2.blur(picture.astype(np.float32), (25, 25))[20:-20, 20:-20]
    assert longest_run(np.round(tone)) > 60  # what plain rounding would give
    assert longest_run(picture) < 60
    assert np.abs(np.diff(tone, axis=1)).max() < 0.5


def test_the_same_card_gives_the_same_picture() -> None:
    first = share.compose(card(), 600, 400, back=card(BLUE))
    np.testing.assert_array_equal(first, share.compose(card(), 600, 400, back=card(BLUE)))


def test_what_is_around_the_card_does_not_matter() -> None:
    frame = card()
    wider = np.pad(frame, ((33, 90), (70, 11), (0, 0)))
    np.testing.assert_array_equal(share.compose(frame, 600, 400), share.compose(wider, 600, 400))


def test_a_small_render_is_enlarged() -> None:
    picture = share.compose(card(size=(60, 84)), 1080, 1080)
    assert near(picture, RED).sum() > 200_000


@pytest.mark.parametrize(
    ("frame", "size", "code"),
    [
        (card(), (199, 600), "export.share_size"),
        (card(), (600, 4097), "export.share_size"),
        (card()[..., :3], (600, 600), "export.frame_invalid"),
        (card().astype(np.float32), (600, 600), "export.frame_invalid"),
        (np.zeros((90, 90, 4), np.uint8), (600, 600), "export.share_empty"),
    ],
)
def test_what_cannot_be_shared_is_refused(frame: np.ndarray, size: tuple[int, int], code: str) -> None:
    with pytest.raises(ExportError) as caught:
        share.compose(frame, *size)
    assert caught.value.code == code

"""Black, frozen and flickering frames are drawn again, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.steps.frame_watch import watched

COUNT = 12


def picture(number: int) -> np.ndarray:
    """A bar that goes to the right over a gradient."""
    frame = np.full((90, 160, 4), 255, np.uint8)
    frame[..., :3] = np.linspace(40, 200, 160).astype(np.uint8)[None, :, None]
    frame[20:70, 10 + 8 * number : 24 + 8 * number, :3] = (200, 30, 60)
    return frame


class Film:
    """A device that reuses one array and gets some frames wrong the first time."""

    def __init__(self, wrong: dict[int, np.ndarray], *, always: bool = False) -> None:
        self.wrong, self.always, self.again, self.notes = wrong, always, [], []

    def frames(self) -> Iterator[np.ndarray]:
        shared = np.empty((90, 160, 4), np.uint8)
        for number in range(COUNT):
            shared[...] = self.wrong.get(number, picture(number))
            yield shared

    def once_more(self, number: int) -> np.ndarray:
        self.again.append(number)
        return self.wrong[number] if self.always and number in self.wrong else picture(number)

    def seen(self) -> list[np.ndarray]:
        return [frame.copy() for frame in watched(self.frames(), self.once_more, self.notes.append)]


BLACK = np.zeros((90, 160, 4), np.uint8)
TORN = np.where(np.arange(90)[:, None, None] > 45, 255, picture(5)).astype(np.uint8)


def test_a_good_film_comes_through_as_it_is() -> None:
    film = Film({})
    assert all(np.array_equal(a, picture(n)) for n, a in enumerate(film.seen()))
    assert (film.again, film.notes) == ([], [])


@pytest.mark.parametrize("number", [0, 1, 5, COUNT - 1])
@pytest.mark.parametrize("kind", ["black", "frozen"])
def test_wrong_frames_are_drawn_again(kind: str, number: int) -> None:
    if kind == "frozen" and number == 0:
        return
    film = Film({number: BLACK if kind == "black" else picture(number - 1)})
    made = film.seen()
    assert len(made) == COUNT
    assert all(np.array_equal(a, picture(n)) for n, a in enumerate(made))
    assert film.again == [number]
    assert film.notes == [f"frame {number} came out wrong and was drawn again"]


def test_a_frame_unlike_its_neighbours_is_drawn_again() -> None:
    film = Film({5: TORN})
    assert np.array_equal(film.seen()[5], picture(5))
    assert film.again == [5]


def test_what_comes_out_the_same_twice_is_the_film() -> None:
    film = Film({5: TORN, 8: BLACK, 9: BLACK}, always=True)
    made = film.seen()
    assert np.array_equal(made[5], TORN)
    assert np.array_equal(made[8], BLACK)
    assert film.notes == []
    assert len(made) == COUNT


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_films(count: int) -> None:
    frames = [picture(n) for n in range(count)]
    assert len(list(watched(iter(frames), lambda n: frames[n], lambda message: None))) == count

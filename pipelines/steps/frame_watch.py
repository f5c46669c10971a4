"""Frames that a device got wrong: black ones, frozen ones, single ones that flicker. They are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame

_SIGHT: Final = (64, 64)  # what a frame is judged by, pixels
_FLICKER: Final = 4.0  # times as far from both neighbours as they are from each other
_LEAST: Final = 1.5  # mean code values that a flicker is, at least

Sight = NDArray[np.float32]


def watched(frames: Iterable[Frame], again: Callable[[int], Frame], note: Callable[[str], None]) -> Iterator[Frame]:
    """The frames of a film in order, each a copy that stays valid until the next but one is asked for.

    A frame that is empty, equal to the one before, or unlike both of its neighbours is drawn once more by ``again``
    (its number): what comes out the same twice is how the film looks (a ball that turns stands still); otherwise the
    new one is taken. ``note`` hears of frames that came out differently.
    """
    held: list[tuple[Frame, Sight]] = []  # the frame before, and the one that waits for its neighbour
    for number, frame in enumerate(frames):
        copy = np.array(frame)
        sight = _sight(copy)
        if _empty(sight) or (held and _frozen(held[-1], (copy, sight))):
            copy, sight = _settled(number, copy, sight, again, note)
        if len(held) == 2:
            if _flickers(held[0][1], held[1][1], sight):
                held[1] = _settled(number - 1, *held[1], again, note)
            yield held[1][0]
            held.pop(0)
        elif held:
            yield held[0][0]
        held.append((copy, sight))
    if held:
        yield held[-1][0]


def _sight(frame: Frame) -> Sight:
    return np.asarray(cv2.resize(frame, _SIGHT, interpolation=cv2.INTER_AREA), np.float32)


def _empty(sight: Sight) -> bool:
    """Nothing but one colour."""
    return bool((np.ptp(sight.reshape(-1, 4), axis=0) == 0).all())


def _frozen(before: tuple[Frame, Sight], here: tuple[Frame, Sight]) -> bool:
    return np.array_equal(before[1], here[1]) and np.array_equal(before[0], here[0])


def _flickers(before: Sight, here: Sight, after: Sight) -> bool:
    near = min(float(np.abs(here - before).mean()), float(np.abs(here - after).mean()))
    return near > max(_LEAST, _FLICKER * float(np.abs(after - before).mean()))


def _settled(
    number: int, frame: Frame, sight: Sight, again: Callable[[int], Frame], note: Callable[[str], None]
) -> tuple[Frame, Sight]:
    other = np.array(again(number))
    if np.array_equal(other, frame):
        return frame, sight
    note(f"frame {number} came out wrong and was drawn again")
    return other, _sight(other)

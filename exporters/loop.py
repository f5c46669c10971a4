"""What the kinds of animated pictures have in common: a picture of a loop, its time, and where loops are kept."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import cv2
import numpy as np

from assets.scene import Frame

Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class LoopInfo:
    """What an animated file holds. ``duration`` in seconds, of one round; ``endless``: it starts again for ever."""

    frames: int
    width: int
    height: int
    duration: Fraction
    endless: bool


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a loop, encoded, as the format keeps it; it needs no other. Its top left corner, its size."""

    data: bytes
    x: int
    y: int
    width: int
    height: int
    alpha: bool = True


class Muxer(Protocol):
    """Puts pictures into an animated file that loops for ever."""

    size: int  # bytes so far

    def add(self, picture: Picture) -> None:
        """Appends a picture."""

    def finish(self) -> None:
        """Completes the file, which is open still."""


def ticks(number: int, fps: int, rate: int) -> int:
    """How many ``rate``-ths of a second picture ``number`` is shown for. Its start and end are rounded, not its
    length, so that no error adds up: 30 a second are 3, 3, 4 hundredths.
    """
    start, end = ((2 * at * rate + fps) // (2 * fps) for at in (number, number + 1))
    return end - start


class Fit:
    """Frames of one size made ready for a loop: shrunk to the loop's size, laid on a matte, or left as they are."""

    def __init__(self, frame: tuple[int, int], loop: tuple[int, int], matte: Colour | None) -> None:
        """Sizes as (width, height); ``loop`` is no larger than ``frame``."""
        self._shrink = loop if loop != frame else None
        self._matte = matte

    def fit(self, frame: Frame) -> Frame:
        """uint8[h, w, 4] of the loop's size. Straight alpha; what is wholly transparent is black."""
        if self._shrink is None and self._matte is None:
            blank = frame[..., 3] == 0
            out = frame.copy()
            out[blank] = 0
            return out
        # Light adds up when it is weighted by what it covers: edges would else take the colour of nothing.
        covered = frame.astype(np.float32)
        covered[..., :3] *= covered[..., 3:] / 255
        if self._shrink is not None:
            covered = cv2.resize(covered, self._shrink, interpolation=cv2.INTER_AREA).astype(np.float32)
        alpha = covered[..., 3:]
        if self._matte is not None:
            covered[..., :3] += np.array(self._matte, np.float32) * (1 - alpha / 255)
            covered[..., 3] = 255
        else:
            np.divide(covered[..., :3] * 255, alpha, out=covered[..., :3], where=alpha > 0.5)
            covered[covered[..., 3] < 0.5] = 0
        np.clip(covered + 0.5, 0, 255, out=covered)
        return covered.astype(np.uint8)

"""What is behind a card, and a card before it: dark gradients without bands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.scene import Background, Frame

_SEED: Final = 7_041


@lru_cache(maxsize=2)
def backdrop(behind: Background, width: int, height: int) -> NDArray[np.uint8]:
    """uint8[h, w, 3], read-only: the background from its top to its bottom. A gradient is rounded at random about its
    value (triangular noise of one code value: Lipshitz, Wannamaker and Vanderkooy, "Quantization and Dither", 1992),
    always the same, so that it stands still from frame to frame.
    """
    top = _rgb(behind.top or "#000000")
    bottom = _rgb(behind.bottom) if behind.bottom else top
    down = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None, None]
    light = np.broadcast_to(top + (bottom - top) * down, (height, width, 3)) + np.float32(0.5)
    if not np.array_equal(top, bottom):
        noise = np.random.default_rng(_SEED).random((2, height, width, 3), np.float32)
        light = light + noise[0] - noise[1]
    found: NDArray[np.uint8] = np.clip(np.floor(light), 0, 255).astype(np.uint8)
    found.setflags(write=False)
    return found


def before(frame: Frame, behind: NDArray[np.uint8]) -> Frame:
    """A frame with alpha (uint8[h, w, 4], straight) before an opaque picture (uint8[h, w, 3]): an opaque frame."""
    share = frame[..., 3].astype(np.float32) / np.float32(255)
    mixed = cv2.blendLinear(cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB), behind, share, 1 - share)
    return cast("Frame", cv2.cvtColor(mixed, cv2.COLOR_RGB2RGBA))


def _rgb(colour: str) -> NDArray[np.floating[Any]]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32)

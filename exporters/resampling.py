"""Pictures in other sizes. Colours are averaged as light, as graphics cards do for sRGB textures: the mean of their
codes is too dark.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from assets import srgb

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_CODES: Final = np.arange(256, dtype=np.float64) / 255
_LIGHT: Final = srgb.light(_CODES).astype(np.float32)
_PLAIN: Final = _CODES.astype(np.float32)


def light(pixels: Bytes, *, colour: bool) -> Floats:
    """uint8[h, w, 4] as float32[h, w, 4] in 0..1: the light of sRGB codes, or measures as they are; alpha too."""
    made = (_LIGHT if colour else _PLAIN)[pixels]
    made[..., 3] = _PLAIN[pixels[..., 3]]
    return made


def codes(values: Floats, *, colour: bool) -> Bytes:
    """The other way round."""
    shown = np.clip(values, 0, 1)
    if colour:
        shown[..., :3] = srgb.codes(shown[..., :3])
    return np.rint(shown * 255).astype(np.uint8)


def scaled(values: Floats, width: int, height: int) -> Floats:
    """By areas where it shrinks, else linear."""
    if values.shape[:2] == (height, width):
        return values
    shrinks = width <= values.shape[1] and height <= values.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (width, height), interpolation=way), np.float32).reshape(height, width, -1)


def resized(pixels: Bytes, width: int, height: int, *, colour: bool) -> Bytes:
    """A picture uint8[h, w, 4] in another size; ``colour`` says that it is sRGB."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return codes(scaled(light(pixels, colour=colour), width, height), colour=colour)

"""A card's pictures, masks and tables on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import Picture, Sheet

LARGEST: Final = 8192  # texels a side that stay


class CardTexture:
    """A picture of bytes with its smaller levels, top row first."""

    def __init__(self, context: moderngl.Context, pixels: NDArray[np.uint8]) -> None:
        pixels = _bounded(pixels)
        height, width, count = pixels.shape
        self.texture = context.texture((width, height), count, np.ascontiguousarray(pixels).tobytes())
        self.texture.build_mipmaps()
        self.texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.nbytes = pixels.nbytes * 4 // 3

    def release(self) -> None:
        """Frees it."""
        self.texture.release()


class CardTable:
    """A table of colours, float[rows, columns, 3], kept as square roots in bytes: fine steps in the dark."""

    def __init__(self, context: moderngl.Context, colours: NDArray[np.float64]) -> None:
        self.scale = max(float(colours.max()), 1e-6)
        code = np.rint(np.sqrt(np.clip(colours / self.scale, 0, 1)) * 255).astype(np.uint8)
        rows, columns, _ = code.shape
        full = np.dstack([code, np.full((rows, columns), 255, np.uint8)])
        self.texture = context.texture((columns, rows), 4, full.tobytes())
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.nbytes = full.nbytes

    def release(self) -> None:
        """Frees it."""
        self.texture.release()


def composed(pictures: Sequence[Picture]) -> Picture:
    """Pictures over one another, lowest first, as straight alpha in sRGB code values."""
    below = pictures[0]
    if len(pictures) == 1:
        return below
    colour, alpha = below[..., :3].astype(np.float32), below[..., 3:].astype(np.float32) / 255
    colour *= alpha
    for picture in pictures[1:]:
        over = picture[..., 3:].astype(np.float32) / 255
        colour = picture[..., :3] * over + colour * (1 - over)
        alpha = over + alpha * (1 - over)
    straight = np.divide(colour, alpha, out=np.zeros_like(colour), where=alpha > 0)
    return np.asarray(np.rint(np.concatenate([straight, alpha * 255], axis=-1)), dtype=np.uint8)


def masks(sheets: Sequence[Sheet]) -> NDArray[np.uint8]:
    """uint8[h, w, 4]: one channel for each of at most four sheets."""
    height, width = sheets[0].mask.shape
    found = np.zeros((height, width, 4), np.uint8)
    for i, sheet in enumerate(sheets):
        found[..., i] = sheet.mask
    return found


def _bounded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    longest = max(pixels.shape[:2])
    if longest <= LARGEST:
        return pixels
    height, width = (max(1, side * LARGEST // longest) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)

"""A card's pictures, masks and tables of colours on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import Mask, Picture, Sheet

LARGEST: Final = 8192  # texels a side that stay
_LARGEST_FRAME: Final = 2048  # of the frames under lenses, of which a card has many

Bytes = NDArray[np.uint8]


class CardTexture:
    """A picture of bytes with its smaller levels, top row first."""

    def __init__(self, context: moderngl.Context, pixels: Bytes) -> None:
        pixels = bounded(pixels, LARGEST)
        height, width, count = pixels.shape
        self.texture = context.texture((width, height), count, np.ascontiguousarray(pixels).tobytes(), alignment=1)
        self.texture.build_mipmaps()
        self.texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.nbytes = pixels.nbytes * 4 // 3

    def use(self, unit: int) -> None:
        """Binds it to a texture unit."""
        self.texture.use(unit)

    def release(self) -> None:
        """Frees it."""
        self.texture.release()


class CardRelief(CardTexture):
    """A height (uint8[h, w], 255 is 1) as slopes: red and green are the slopes to the right and up, 128 being level,
    blue the height. ``step`` is how much of the height per millimetre a step of a slope's byte is. ``density`` is
    pixels per millimetre, ``soft_mm`` the standard deviation of the blur that rounds its edges.
    """

    def __init__(self, context: moderngl.Context, height: Mask, density: float, *, soft_mm: float) -> None:
        pixels, self.step = slopes(height, density, soft_mm)
        super().__init__(context, pixels)


class CardFrames:
    """The pictures that lenses show, of one size, with their smaller levels."""

    def __init__(self, context: moderngl.Context, pictures: Sequence[Picture]) -> None:
        small = [bounded(printed([picture]), _LARGEST_FRAME) for picture in pictures]
        height, width, _ = small[0].shape
        data = b"".join(np.ascontiguousarray(picture).tobytes() for picture in small)
        self.texture = context.texture_array((width, height, len(small)), 4, data)
        self.texture.build_mipmaps()
        self.texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.nbytes = len(data) * 4 // 3

    def use(self, unit: int) -> None:
        """Binds them to a texture unit."""
        self.texture.use(unit)

    def release(self) -> None:
        """Frees them."""
        self.texture.release()


class CardTable:
    """A table of colours, float[rows, columns, 3], kept as square roots in bytes, which are fine in the dark;
    ``scale`` is what the squares of the bytes' shares are multiplied with.
    """

    def __init__(self, context: moderngl.Context, colours: NDArray[np.float64]) -> None:
        self.scale = max(float(colours.max()), 1e-9)
        code = np.rint(np.sqrt(np.clip(colours / self.scale, 0, 1)) * 255).astype(np.uint8)
        rows, columns, _ = code.shape
        full = np.dstack([code, np.full((rows, columns), 255, np.uint8)])
        self.texture = context.texture((columns, rows), 4, full.tobytes())
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.nbytes = full.nbytes

    def use(self, unit: int) -> None:
        """Binds it to a texture unit."""
        self.texture.use(unit)

    def release(self) -> None:
        """Frees it."""
        self.texture.release()


def layered(pictures: Sequence[Picture]) -> Bytes:
    """Pictures over one another, lowest first, in sRGB code values; premultiplied alpha."""
    first = pictures[0].astype(np.float32)
    alpha = first[..., 3:] / 255
    colour = first[..., :3] * alpha
    for picture in pictures[1:]:
        over = picture[..., 3:].astype(np.float32) / 255
        colour = picture[..., :3] * over + colour * (1 - over)
        alpha = over + alpha * (1 - over)
    return np.asarray(np.rint(np.concatenate([colour, alpha * 255], axis=-1)), dtype=np.uint8)


def printed(pictures: Sequence[Picture]) -> Bytes:
    """Pictures over one another on white paper; opaque."""
    if len(pictures) == 1 and pictures[0][..., 3].min() == 255:
        return pictures[0]
    found = layered(pictures)
    found[..., :3] += 255 - found[..., 3:]
    found[..., 3] = 255
    return found


def masks(sheets: Sequence[Sheet]) -> Bytes:
    """uint8[h, w, 4]: one channel for each of at most four sheets."""
    height, width = sheets[0].mask.shape
    found = np.zeros((height, width, 4), np.uint8)
    for i, sheet in enumerate(sheets):
        found[..., i] = sheet.mask
    return found


def slopes(height: Mask, density: float, soft_mm: float) -> tuple[Bytes, float]:
    """The pixels and the step of :class:`CardRelief`."""
    soft = cv2.GaussianBlur(height.astype(np.float32) / 255, (0, 0), max(soft_mm * density, 0.6))
    x = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3, scale=density / 8)
    y = -cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3, scale=density / 8)
    step = max(float(np.abs(x).max()), float(np.abs(y).max()), 1e-6) / 127
    found = np.dstack([x / step + 128, y / step + 128, soft * 255, np.full_like(soft, 255)])
    return np.asarray(np.rint(found), dtype=np.uint8), step


def brightness(picture: Bytes) -> Mask:
    """The picture's brightness, uint8[h, w] (BT.709 on code values)."""
    weight = np.array([0.2126, 0.7152, 0.0722], np.float32)
    return np.asarray(np.rint(picture[..., :3].astype(np.float32) @ weight), dtype=np.uint8)


def bounded(pixels: Bytes, most: int) -> Bytes:
    """The pixels, or fewer where they are more than ``most`` a side."""
    longest = max(pixels.shape[:2])
    if longest <= most:
        return pixels
    height, width = (max(1, side * most // longest) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)

"""A text laid all over a picture, seen on light and on dark: white letters with a dark rim, both half clear."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from assets.card_fonts import file
from assets.scene import Frame

_SHARE = 0.034  # of the letters' height in the picture's shorter side
_LEAST = 11  # px
_ANGLE = 24.0  # degrees
_WHITE, _DARK = 92, 64  # alphas of the letters and their rims
_FACE = "NanumBarunGothicBold"


def laid_over(frame: Frame, text: str) -> Frame:
    """``frame`` (uint8[h, w, 4], straight alpha) with ``text`` over it, as a new array. Where the frame is clear the
    letters stay as clear as they are. Raises MissingFontError.
    """
    height, width = frame.shape[:2]
    colour, alpha = _sheet(text, width, height)
    if (frame[..., 3] == 255).all():
        out = np.empty_like(frame)
        out[..., 3] = 255
        under = cv2.blendLinear(frame[..., :3], colour, 1.0 - alpha, alpha)
        out[..., :3] = under
        return out
    below = frame[..., 3].astype(np.float32) / 255
    whole = alpha + below * (1 - alpha)
    share = np.divide(alpha, whole, out=np.zeros_like(whole), where=whole > 0)
    out = np.empty_like(frame)
    out[..., :3] = np.rint(colour * share[..., None] + frame[..., :3] * (1 - share[..., None]))
    out[..., 3] = np.rint(whole * 255)
    return out


@lru_cache(maxsize=4)
def _sheet(text: str, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Colour uint8[h, w, 3] and cover float32[h, w] of the letters, in staggered rows at a slant."""
    size = max(_LEAST, round(min(width, height) * _SHARE))
    font = ImageFont.truetype(str(file(_FACE)), size)
    rim = max(1, size // 14)
    side = int(np.hypot(width, height)) + 4 * size
    white, dark = Image.new("L", (side, side)), Image.new("L", (side, side))
    pens = ImageDraw.Draw(white), ImageDraw.Draw(dark)
    step = round(font.getlength(text) + 5 * size)
    for row, top in enumerate(range(0, side, 6 * size)):
        for left in range(-step + (row % 2) * step // 2, side, step):
            pens[0].text((left, top), text, 255, font)
            pens[1].text((left, top), text, 255, font, stroke_width=rim)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), _ANGLE, 1.0)
    turn[:, 2] = turn[:, 2] + np.array([width - side, height - side]) / 2
    letters, rims = (
        cv2.warpAffine(np.asarray(page), turn, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        for page in (white, dark)
    )
    light = letters * (_WHITE / 255)
    shade = np.clip(rims - letters, 0, 1) * (_DARK / 255)
    alpha = light + shade
    grey = np.divide(light, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    colour = np.repeat(np.rint(grey * 255).astype(np.uint8)[..., None], 3, axis=2)
    for held in (colour, alpha):
        held.flags.writeable = False  # callers share it
    return np.ascontiguousarray(colour), np.ascontiguousarray(alpha, dtype=np.float32)

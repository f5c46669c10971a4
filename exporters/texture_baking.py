"""Pictures with a material's numbers in them, for formats where a texture takes the place of a number."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import srgb

Pixels = NDArray[np.uint8]

_LEVELS: Final = np.arange(256) / 255.0
_LINEAR: Final = srgb.light(_LEVELS)


def tinted(pixels: Pixels, tint: tuple[float, float, float, float], *, opaque: bool) -> Pixels:
    """Pixels in sRGB, uint8[h, w, 4], times a linear colour and alpha; ``opaque`` leaves no alpha."""
    found = pixels.copy()
    for k in range(3):
        if tint[k] != 1:
            found[..., k] = np.round(srgb.codes(_LINEAR * tint[k]) * 255).astype(np.uint8)[pixels[..., k]]
    if opaque:
        found[..., 3] = 255
    elif tint[3] != 1:
        found[..., 3] = np.round(np.clip(pixels[..., 3] * tint[3], 0, 255))
    return found


def channel(pixels: Pixels, which: int, factor: float) -> Pixels:
    """One channel times a factor, as a grey picture uint8[h, w, 4]."""
    found = np.full_like(pixels, 255)
    found[..., :3] = np.round(np.clip(_LEVELS * factor, 0, 1) * 255).astype(np.uint8)[pixels[..., which]][..., None]
    return found


def steeper(pixels: Pixels, strength: float) -> Pixels:
    """A normal map whose slopes are ``strength`` times as steep, uint8[h, w, 4]."""
    directions = pixels[..., :3].astype(np.float32) / 127.5 - 1
    directions[..., :2] *= strength
    directions[..., 2] = np.maximum(directions[..., 2], 1e-3)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    bent = np.full_like(pixels, 255)
    bent[..., :3] = np.round((directions + 1) * 127.5)
    return bent

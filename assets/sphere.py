"""Maps of what is seen all around: where a texel looks, how much of the sphere it fills, and where the lamp is."""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, radians
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Radiance = NDArray[np.float32]
"""float32[h, 2h, 3], equirectangular, linear, +Y up, top row first. Column ``(i + 0.5) / 2h`` looks to azimuth
``2 pi u - pi`` counted from +Z towards +X; row ``(j + 0.5) / h`` to elevation ``pi / 2 - pi v``."""

_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_LOWEST = 0.1  # height of a direction: a lamp on the floor throws no shadow that a ground could catch
_STANDS_OUT = 4.0  # times the mean radiance
_REGION = 0.1  # of the brightest place
_WIDEST = 25.0  # degrees from its middle: a wider light throws no shadow to speak of


@lru_cache(maxsize=4)
def directions(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit direction float64[h, 2h, 3] and solid angle float64[h, 2h] (steradians) of each texel of a map."""
    u = (np.arange(2 * height) + 0.5) / (2 * height)
    v = (np.arange(height) + 0.5) / height
    azimuth, elevation = 2 * pi * u - pi, pi / 2 - pi * v
    x = np.cos(elevation)[:, None] * np.sin(azimuth)[None, :]
    y = np.repeat(np.sin(elevation)[:, None], 2 * height, axis=1)
    z = np.cos(elevation)[:, None] * np.cos(azimuth)[None, :]
    rows = np.sin(elevation + pi / height / 2) - np.sin(elevation - pi / height / 2)
    solid = np.repeat((rows * (pi / height))[:, None], 2 * height, axis=1)
    return np.stack([x, y, z], axis=-1), solid


def lamp(whole: Radiance) -> Radiance:
    """What the strongest lamp adds to the map: the bright region about the brightest place above the horizon that
    stands out from the mean, less the level of all the rest. All zero when nothing stands out.
    """
    direction, solid = directions(whole.shape[0])
    light = whole @ _LUMINANCE
    high = np.where(direction[..., 1] > _LOWEST, light, 0.0)
    row, column = (int(i) for i in np.unravel_index(int(high.argmax()), high.shape))
    mean = float((light * solid).sum() / (4 * pi))
    # Rolled so that the region cannot be cut by the map's seam.
    away = whole.shape[1] // 2 - column
    bright = np.roll(high > max(_STANDS_OUT * mean, _REGION * float(high[row, column])), away, axis=1)
    _, regions = cv2.connectedComponents(bright.astype(np.uint8), connectivity=8)
    region = np.roll(bright & (regions == regions[row, whole.shape[1] // 2]), -away, axis=1)
    region &= direction @ direction[row, column] > cos(radians(_WIDEST))
    rest = solid * ~region
    level = np.einsum("hwc,hw->c", whole, rest) / rest.sum()
    return np.asarray(np.clip(whole - level, 0, None) * region[..., None], dtype=np.float32)

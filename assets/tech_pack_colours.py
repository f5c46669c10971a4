"""The CSS colour that is nearest to a hex, so that people can talk about it."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from assets import srgb


def parts(value: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0..255."""
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


@lru_cache(maxsize=4096)
def nearest(value: str) -> str:
    """The CSS name (CSS Color 4) nearest in OkLab (Ottosson, 2020); "grey" is spelt as CSS prefers it, "gray"."""
    names, places = _named()
    return names[int(np.linalg.norm(places - _oklab(np.array([parts(value)]))[0], axis=1).argmin())]


@cache
def _named() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    known: dict[str, str] = {}
    for name, value in sorted(ImageColor.colormap.items()):
        known.setdefault(value if isinstance(value, str) else "", name)
    known.pop("", None)
    return tuple(known.values()), _oklab(np.array([parts(value) for value in known]))


def _oklab(rgb: NDArray[np.int64]) -> NDArray[np.float64]:
    """uint8-valued [n, 3] sRGB to OkLab."""
    lms = srgb.light(rgb / 255) @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.asarray(
        np.cbrt(lms)
        @ np.array(
            [
                [0.2104542553, 1.9779984951, 0.0259040371],
                [0.7936177850, -2.4285922050, 0.7827717662],
                [-0.0040720468, 0.4505937099, -0.8086757660],
            ]
        )
    )

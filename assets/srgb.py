"""The curve of sRGB (IEC 61966-2-1) between code values and linear light, both 0..1."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound="np.floating[Any]")


def light(codes: NDArray[F]) -> NDArray[F]:
    """Linear light of code values."""
    return np.asarray(np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4))


def codes(linear: NDArray[F]) -> NDArray[F]:
    """Code values of linear light; what is over 1 is cut."""
    held = np.clip(linear, 0.0, 1.0)
    return np.asarray(np.where(held <= 0.0031308, 12.92 * held, 1.055 * held ** (1 / 2.4) - 0.055))


def light_of(colour: str) -> tuple[float, float, float]:
    """Linear light of the colour "#rrggbb"."""
    r, g, b = light(np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255.0)
    return float(r), float(g), float(b)

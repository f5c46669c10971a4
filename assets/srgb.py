"""The curve of sRGB (IEC 61966-2-1) between code values and linear light, both 0..1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def light(codes: Floats) -> Floats:
    """Linear light of code values."""
    return np.asarray(np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4))


def codes(linear: Floats) -> Floats:
    """Code values of linear light; what is over 1 is cut."""
    held = np.clip(linear, 0.0, 1.0)
    return np.asarray(np.where(held <= 0.0031308, 12.92 * held, 1.055 * held ** (1 / 2.4) - 0.055))

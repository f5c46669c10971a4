"""Colours of light that gratings and thin films take apart, as tables for a renderer.

Wavelengths are nanometres, colours linear sRGB. A light of equal energy at all wavelengths is white, (1, 1, 1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Spectrum = Callable[[Floats], Floats]
"""Power of a light at wavelengths."""

SHORTEST, LONGEST = 380.0, 780.0
_STEP: Final = 1.0
BROADEST: Final = 512.0
SHARPEST: Final = 4.0
ROWS, COLUMNS = 16, 1024
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
_TO_RGB: Final = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)


def white(wavelengths: Floats) -> Floats:
    """The light of equal energy."""
    return np.ones_like(wavelengths)


def eye(wavelengths: Floats) -> Floats:
    """The CIE 1931 observer, float64[n, 3], as sums of Gaussians (Wyman, Sloan and Shirley, "Simple Analytic
    Approximations to the CIE XYZ Color Matching Functions", 2013, the multi-lobe fit).
    """

    def lobe(middle: float, left: float, right: float) -> Floats:
        t = (wavelengths - middle) * np.where(wavelengths < middle, left, right)
        return np.asarray(np.exp(-0.5 * t * t))

    x = (
        0.362 * lobe(442.0, 0.0624, 0.0374)
        + 1.056 * lobe(599.8, 0.0264, 0.0323)
        - 0.065 * lobe(501.1, 0.0490, 0.0382)
    )
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    return np.stack([x, y, z], axis=-1)


@cache
def _axis() -> Floats:
    return np.arange(SHORTEST, LONGEST + _STEP, _STEP)


@cache
def _matching() -> Floats:
    """Linear sRGB of unit power at each wavelength of the axis, negative where the colour is out of gamut; sums
    (times the step) to white.
    """
    rgb = eye(_axis()) @ _TO_RGB.T
    return np.asarray(rgb / (rgb.sum(axis=0) * _STEP))


def in_gamut(rgb: Floats) -> Floats:
    """Colours that sRGB lacks, mixed with as much grey of their own luminance as it takes."""
    grey = (rgb @ _LUMINANCE)[..., None]
    low = rgb.min(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(low < 0, grey / (grey - low), 1.0)
    return np.maximum(grey + (rgb - grey) * np.clip(share, 0, 1), 0.0)


def grating_table(orders: int, *, light: Spectrum = white) -> Floats:
    """What a grating sends to the eye, float64[ROWS, COLUMNS, 3]: over ``path`` = spacing * |sin in + sin out| from 0
    to ``orders`` * LONGEST nanometres, and over the standard deviation of the path, from SHARPEST to BROADEST in
    equal ratios. In order ``m`` the path is ``m`` wavelengths (the grating equation); the orders share the energy as
    1 / m. White light summed over all paths is ``300`` times (1, 1, 1).
    """
    path = np.linspace(0.0, orders * LONGEST, COLUMNS)
    step = path[1] - path[0]
    power = light(_axis())[:, None] * _matching()
    share = 1.0 / np.arange(1, orders + 1)
    share /= share.sum()
    sharp = np.zeros((COLUMNS, 3))
    for m, part in enumerate(share, start=1):
        for channel in range(3):
            sharp[:, channel] += part / m * np.interp(path / m, _axis(), power[:, channel], left=0, right=0)
    rows = []
    for sigma in np.geomspace(SHARPEST, BROADEST, ROWS):
        apart = (np.abs(path[:, None] - path[None, :]) ** 2, np.abs(path[:, None] + path[None, :]) ** 2)
        kernel = sum(np.exp(-0.5 * d / sigma**2) for d in apart) * step / (sigma * np.sqrt(2 * np.pi))
        rows.append(in_gamut(kernel @ sharp) * 300.0)
    return np.stack(rows)

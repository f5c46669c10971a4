"""Colours of light that gratings and thin films take apart, as tables for a renderer.

Wavelengths and thicknesses are nanometres, colours linear sRGB. A light of equal energy at all wavelengths is white,
(1, 1, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Spectrum = Callable[[Floats], Floats]
"""Power of a light at wavelengths."""

SHORTEST, LONGEST = 380.0, 780.0
_STEP: Final = 1.0
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
_TO_RGB: Final = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
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
    """Colours that sRGB lacks, mixed with as much grey of their own luminance as it takes: hue and luminance stay."""
    grey = np.maximum(rgb @ _LUMINANCE, 0.0)[..., None]
    low = rgb.min(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(low < 0, grey / (grey - low), 1.0)
    return np.asarray(np.maximum(grey + (rgb - grey) * np.clip(share, 0, 1), 0.0))


def in_hues(rgb: Floats, start: float, span: float) -> Floats:
    """Colours with their hues (degrees of OkLCh; Ottosson, "A perceptual color space for image processing", 2020)
    pressed into ``span`` degrees from ``start`` on; lightness stays. 360 degrees from 0 are all hues as they are.
    """
    if span >= 360 and start == 0:
        return rgb
    lab = np.cbrt(rgb @ _TO_LMS.T) @ _TO_LAB.T
    chroma, hue = np.hypot(lab[..., 1], lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    # Less than all goes there and back, so that hues that touch at the circle's seam stay side by side.
    hue = start + (hue if span >= 360 else span * (1 - np.abs(hue / 180 - 1)))
    turned = np.stack([lab[..., 0], chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=-1)
    return in_gamut((turned @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T)


def grating_table(orders: int, spreads: Sequence[float], columns: int, *, light: Spectrum = white) -> Floats:
    """What a grating sends to the eye, float64[len(spreads), columns, 3]: over ``path`` = spacing * |sin in + sin
    out| in equal steps from 0 on (a column's middle counts), up to ``orders`` * LONGEST nanometres; one row for each
    standard deviation of the path. In order ``m`` the path is ``m`` wavelengths (the grating equation); the orders
    share the energy as 1 / m. White light summed over all paths is (1, 1, 1).
    """
    path = (np.arange(columns) + 0.5) * (orders * LONGEST / columns)
    step = path[1] - path[0]
    power = light(_axis())[:, None] * _matching()
    share = 1.0 / np.arange(1, orders + 1)
    share /= share.sum()
    sharp = np.zeros((columns, 3))
    for m, part in enumerate(share, start=1):
        for channel in range(3):
            sharp[:, channel] += part / m * np.interp(path / m, _axis(), power[:, channel], left=0, right=0)
    return np.stack([in_gamut(_blurred(sharp, sigma / step)) for sigma in spreads])


def _blurred(rows: Floats, sigma: float) -> Floats:
    """A Gaussian blur along the first axis, mirrored at its start, dark beyond its end; sigma in rows."""
    if sigma < 0.25:
        return rows
    count = len(rows)
    mirrored = np.concatenate([rows[::-1], rows, np.zeros_like(rows)])
    frequency = np.fft.rfftfreq(len(mirrored))[:, None]
    kernel = np.exp(-2 * (np.pi * sigma * frequency) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(mirrored, axis=0) * kernel, len(mirrored), axis=0)[count : 2 * count])


def airy(wavelengths: Floats, thickness: Floats, cosine: Floats, ior: float) -> Floats:
    """The share of light that a film of index ``ior`` in air reflects (Airy 1833; Born and Wolf, "Principles of
    Optics", 7.6), mean of both polarisations. ``cosine`` is that of the angle outside; all broadcast.
    """
    inside = np.sqrt(1 - (1 - cosine**2) / ior**2)
    phase: Floats = 4 * np.pi * ior * thickness * inside / wavelengths
    total = np.zeros(np.broadcast_shapes(phase.shape))
    for first, second in ((cosine, ior * inside), (ior * cosine, inside)):
        reflected = ((first - second) / (first + second)) ** 2
        swing = 2 * reflected * (1 - np.cos(phase))
        total += swing / ((1 - reflected) ** 2 + swing) / 2
    return total


def airy_peak(ior: float) -> float:
    """The most that :func:`airy` gets to, head-on."""
    return float(((ior**2 - 1) / (ior**2 + 1)) ** 2)


def film_table(
    thickness: float, variation: float, ior: float, *, columns: int = 256, rows: int = 64, light: Spectrum = white
) -> Floats:
    """The colour that a film gives white light, float64[rows, columns, 3]: thickness from ``thickness`` less to plus
    ``variation``, cosine of the angle outside from 0 to 1 (at the middle of columns and rows).
    """
    cosine = ((np.arange(rows) + 0.5) / rows)[:, None, None]
    across = thickness + variation * ((np.arange(columns) + 0.5) / columns * 2 - 1)
    power = light(_axis())[:, None] * _matching() * _STEP
    share = airy(_axis()[::4], np.maximum(across, 0.0)[None, :, None], cosine, ior)
    weight = np.add.reduceat(power, np.arange(0, len(power), 4))
    return in_gamut(share @ weight)

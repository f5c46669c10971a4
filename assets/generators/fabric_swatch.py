"""A swatch: what a fabric looks like over one repeat, and the periodic fields that all swatches are made of.

Everything here is periodic over the square and the same at every run. The unit of length is
the square's side unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.floating[Any]]
"""A field; float32 unless numpy made it wider on the way."""
SIZE: Final = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Swatch:
    """``color`` [s, s, 3] sRGB 0..1; ``height`` [s, s] in millimetres; ``roughness``, ``alpha`` and ``metal``
    [s, s], 0..1. The rows go down the cloth, along its warp or its wales.
    """

    color: Array
    height: Array
    roughness: Array
    alpha: Array | None = None
    metal: Array | None = None


def grid(size: int) -> tuple[Array, Array]:
    """Where the pixels' middles are: u across, v down, 0..1."""
    at = ((np.arange(size) + 0.5) / size).astype(np.float32)
    u, v = np.meshgrid(at, at)
    return u, v


def smooth(field: Array, down: float, across: float | None = None) -> Array:
    """The field blurred by Gaussians of these deviations (shares of the side), round its edges."""
    across = down if across is None else across
    rows, columns = field.shape
    fy = np.fft.fftfreq(rows, 1 / rows)[:, None]
    fx = np.fft.rfftfreq(columns, 1 / columns)[None, :]
    keep = np.exp(-2 * np.pi**2 * ((fy * down) ** 2 + (fx * across) ** 2)).astype(np.float32)
    return np.asarray(fft.irfft2(fft.rfft2(field) * keep, s=field.shape), dtype=np.float32)


def noise(size: int, seed: int, down: float, across: float | None = None) -> Array:
    """Noise of unit variance and no mean, whose grain has these deviations (shares of the side)."""
    white = np.random.default_rng(seed).standard_normal((size, size), dtype=np.float32)
    field = smooth(white, down, across)
    field -= field.mean()
    return np.asarray(field / field.std(), dtype=np.float32)


def lines(count: int, size: int, seed: int, length: float, *, across: float = 0.0) -> Array:
    """Noise along each of ``count`` yarns, [count, size], unit variance: its grain is ``length`` (share of the side)
    along the yarn and ``across`` (share of the side) over its neighbours.
    """
    field = np.random.default_rng(seed).standard_normal((count, size), dtype=np.float32)
    field = smooth(field, across, length)
    return np.asarray(field / max(float(field.std()), 1e-6), dtype=np.float32)


def halved(field: Array, times: int) -> Array:
    """Means over ``times`` by ``times`` pixels."""
    rows, columns = field.shape[0] // times, field.shape[1] // times
    shape = (rows, times, columns, times, *field.shape[2:])
    return np.asarray(field.reshape(shape).mean(axis=(1, 3)), dtype=np.float32)


def shade(height: Array, radius: float, depth: float) -> Array:
    """How open each point is to the sky, 0..1: what lies ``depth`` (in the height's unit) under its surroundings,
    seen over ``radius`` (share of the side) and a third of it, gets little light.
    """
    sunk = sum((smooth(height, r) - height) for r in (radius, radius / 3)) / 2
    return np.asarray(np.exp(-np.clip(sunk / depth, 0.0, 4.0)), dtype=np.float32)


def even(swatch: Swatch, reach: float = 0.035) -> Swatch:
    """The swatch without light and dark, high and low that are wider than ``reach`` (share of the side): over a whole
    garment they would come back in every tile and show its grid. What yarns differ by among neighbours stays.
    """
    color = np.empty_like(swatch.color)
    for channel in range(3):  # each for itself: where dye is worn off, the hue changes too
        plane = swatch.color[..., channel]
        mean = plane.mean()
        plane = plane * (mean / np.maximum(smooth(plane, reach), 1e-3))
        for axis in (0, 1):  # a yarn that runs through all of the tile is seen from further off than a spot
            line = np.broadcast_to(plane.mean(axis=axis, keepdims=True), plane.shape)
            wide = smooth(line, *((0.0, reach / 6) if axis == 0 else (reach / 6, 0.0)))
            plane = plane * (mean / np.maximum(wide, 1e-3))
        color[..., channel] = np.clip(plane, 0, 1)
    height = swatch.height - smooth(swatch.height, 1.5 * reach)
    return replace(swatch, color=color, height=height)


def srgb(value: str) -> Array:
    """The colour "#rrggbb", 0..1."""
    return np.array([int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)], dtype=np.float32)


def tinted(base: Array, light: Array) -> Array:
    """A colour (or a picture of colours) under more or less light, kept in range."""
    return np.asarray(np.clip(base * light[..., None], 0.0, 1.0), dtype=np.float32)


def mixed(one: Array, two: Array, share: Array) -> Array:
    """``one`` where the share is 0, ``two`` where it is 1."""
    part = np.clip(share, 0.0, 1.0)[..., None]
    return np.asarray(one * (1 - part) + two * part, dtype=np.float32)

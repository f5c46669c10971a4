"""Prints and yarn-dyed patterns: colours laid over a base cloth.

Stripes and checks are dyed in the yarn, so they follow the weave; dots, camouflage and tie-dye are laid on its face.
A pattern as large as camouflage needs a tile in which single yarns are finer than a texel: there the cloth is its
mean, with the unevenness that is still to be seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.generators.fabric_swatch import SIZE, Array, Swatch, grid, mixed, noise, smooth, srgb, tinted
from assets.generators.fabric_wovens import dyed_poplin


def _rows(colours: tuple[tuple[str, int], ...], count: int) -> Array:
    """One colour for each of ``count`` yarns from (colour, number of yarns), repeated; they must fit."""
    one = np.concatenate([np.repeat(srgb(name)[None], number, axis=0) for name, number in colours])
    if count % len(one):
        msg = f"{count} yarns do not hold a whole number of repeats of {len(one)}"
        raise ValueError(msg)
    return np.asarray(np.tile(one, (count // len(one), 1)), dtype=np.float32)


def stripes(size: int = SIZE) -> Swatch:
    """Bengal stripe: as many blue warps as white ones, white weft."""
    return dyed_poplin(size, _rows((("#2c4f8f", 12), ("#f3f5f8", 12)), 120), _rows((("#eef1f6", 2),), 72), seed=610)


def gingham(size: int = SIZE) -> Swatch:
    """Red and white yarns in warp and weft: where both meet, every other point is white."""
    blocks = (("#b3202c", 20), ("#f5f3ef", 20))
    return dyed_poplin(size, _rows(blocks, 120), _rows(blocks, 120), seed=620)


def polka_dots(size: int = SIZE) -> Swatch:
    """White dots in a diagonal order on navy, printed: the ink's edge follows the yarns a little."""
    base = dyed_poplin(size, _rows((("#ffffff", 2),), 128), _rows((("#ffffff", 2),), 84), seed=630)
    u, v = grid(size)
    count, radius = 2, 0.19
    edge = np.float32(0.0022) * noise(size, 631, 0.0035)
    share = np.zeros((size, size), dtype=np.float32)
    for shift in (0.25, 0.75):
        x, y = (u * count + shift) % 1 - 0.5, (v * count + shift) % 1 - 0.5
        share = np.maximum(share, np.clip((radius + edge - np.hypot(x, y)) / 0.006, 0, 1))
    whole = (size, size, 3)
    ink = mixed(np.broadcast_to(srgb("#1d2a4a"), whole), np.broadcast_to(srgb("#f4f2ec"), whole), share)
    return replace(base, color=np.clip(base.color * ink, 0, 1).astype(np.float32))


def _plain(size: int, seed: int, height_mm: float) -> Swatch:
    """The mean of a cloth whose yarns are finer than a texel."""
    fine = noise(size, seed, 0.8 / size)
    return Swatch(
        color=tinted(np.ones((size, size, 3), dtype=np.float32), 0.96 + 0.015 * fine),
        height=fine * np.float32(height_mm),
        roughness=np.clip(0.86 + 0.015 * fine, 0, 1),
    )


def camouflage(size: int = SIZE) -> Swatch:
    """Woodland: three kinds of patches over a ground, each cut from noise, the later ones over the earlier."""
    base = _plain(size, 640, 0.02)
    ink = np.broadcast_to(srgb("#8b7d5b"), (size, size, 3))
    for seed, colour, level, grain in (
        (641, "#4d5a36", -0.05, 0.034),
        (651, "#5b4330", 0.55, 0.026),
        (661, "#23241f", 1.15, 0.020),
    ):
        field = noise(size, seed, 0.7 * grain, 1.3 * grain) + np.float32(0.16) * noise(size, seed + 1, 0.006)
        share = np.clip((field - level) / 0.06 + 0.5, 0, 1)
        ink = mixed(ink, np.broadcast_to(srgb(colour), ink.shape), share)
    return replace(base, color=np.clip(base.color * ink, 0, 1).astype(np.float32))


def tie_dye(size: int = SIZE) -> Swatch:
    """Cloth twisted about two points of a tile and bound: dye in arms that wind outwards, pale where folds kept it
    out and where one twist meets the next.
    """
    base = _plain(size, 670, 0.02)
    u, v = grid(size)
    bend = 0.012 * np.stack([noise(size, 671, 0.03), noise(size, 672, 0.03)])
    nearest = np.full((size, size), np.inf, dtype=np.float32)
    second = nearest.copy()
    angle = np.zeros_like(nearest)
    for cx, cy, turn in ((0.25, 0.25, 0.0), (0.75, 0.75, 2.0)):
        x, y = ((t - c + bend[k] + 0.5) % 1 - 0.5 for k, (t, c) in enumerate(((u, cx), (v, cy))))
        radius = np.hypot(x, y)
        angle = np.where(radius < nearest, np.arctan2(y, x) + turn, angle)
        second = np.minimum(np.maximum(radius, nearest), second)
        nearest = np.minimum(radius, nearest)
    bleed = noise(size, 673, 0.010)
    arm = 5 * angle + 34 * np.sqrt(nearest + 0.01) + 0.45 * bleed
    dye = 0.5 + 0.5 * np.sin(arm)
    fold = 0.5 + 0.5 * np.sin(28 * angle + 90 * nearest + 1.6 * noise(size, 674, 0.014))
    meet = np.clip((second - nearest) / 0.10 + 0.25 * bleed, 0, 1)
    kept = np.clip(0.08 + 0.92 * dye**0.8 - 0.28 * fold * dye, 0, 1) * (0.2 + 0.8 * meet)
    hue = 0.5 + 0.5 * np.sin(2 * angle + 12 * nearest)
    whole = (size, size, 3)
    ink = mixed(np.broadcast_to(srgb("#2b4fa8"), whole), np.broadcast_to(srgb("#7d2f8e"), whole), hue)
    ink = mixed(np.broadcast_to(srgb("#f3f1ee"), whole), ink, smooth(kept.astype(np.float32), 0.002))
    return replace(base, color=np.clip(base.color * ink, 0, 1).astype(np.float32))

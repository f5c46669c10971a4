"""Leather and vinyl: skins rather than cloth."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from assets.generators.fabric_swatch import SIZE, Array, Swatch, grid, mixed, noise, shade, smooth, srgb, tinted


def cells(size: int, count: int, seed: int, *, warp: float, jitter: float = 0.9) -> tuple[Array, Array]:
    """A periodic tissue of about ``count``² cells: how far each pixel is from the nearest border (in cells), and a
    value of its own for each cell, deviation 1. ``warp`` bends the borders (cells).
    """
    rng = np.random.default_rng(seed)
    gx, gy = np.meshgrid(np.arange(count), np.arange(count))
    points = np.stack([gx, gy], axis=-1).reshape(-1, 2) + 0.5 + jitter * rng.uniform(-0.5, 0.5, (count * count, 2))
    tree = cKDTree(points % count, boxsize=count)
    u, v = grid(size)
    bend = 0.22 / count
    x = u * count + warp * noise(size, seed + 1, bend)
    y = v * count + warp * noise(size, seed + 2, bend)
    distance, index = tree.query(np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64) % count, k=2)
    own = rng.standard_normal(count * count)[index[:, 0]]
    border = distance[:, 1] - distance[:, 0]
    return border.reshape(size, size).astype(np.float32), own.reshape(size, size).astype(np.float32)


def leather(size: int = SIZE) -> Swatch:
    """Aniline-dyed full-grain calf: pebbles of two sizes between creases, pores, and a darker dye in the furrows."""
    large, tone = cells(size, 30, 410, warp=0.10, jitter=0.75)
    fine, small_tone = cells(size, 78, 420, warp=0.2)
    deep = np.sin(np.pi / 2 * np.clip(large / 0.62, 0, 1)) ** 0.8
    shallow = np.sin(np.pi / 2 * np.clip(fine / 0.6, 0, 1))
    varied = np.clip(0.75 + 0.35 * noise(size, 430, 0.05), 0.25, 1.2)  # the grain is coarser here than there
    height = varied * (1.0 * deep * (1 + 0.10 * tone)) + 0.26 * shallow * (1 + 0.1 * small_tone)
    pore = np.clip(noise(size, 431, 0.0022) - 2.5, 0, 1.2)
    height = smooth((height - 0.30 * pore).astype(np.float32), 0.9 / size) + 0.012 * noise(size, 432, 1.2 / size)
    furrow = np.clip(1 - 0.62 * deep - 0.38 * shallow, 0, 1).astype(np.float32)
    dye = mixed(np.broadcast_to(srgb("#86451f"), (size, size, 3)), np.broadcast_to(srgb("#4a2310"), (size, size, 3)),
                0.5 * furrow)  # fmt: skip
    light = 1 + 0.035 * tone * deep + 0.03 * noise(size, 433, 0.06) + 0.015 * noise(size, 434, 0.004) - 0.12 * pore
    sky = shade(height, 0.012, 0.8)
    color = tinted(dye, light * (0.82 + 0.18 * sky))
    roughness = 0.44 + 0.16 * furrow + 0.03 * noise(size, 435, 0.012)
    return Swatch(color=color, height=(height * 0.20).astype(np.float32), roughness=np.clip(roughness, 0.2, 1))


def vinyl(size: int = SIZE) -> Swatch:
    """Patent: a glossy film on knit, which lets its loops through as a faint unevenness, with a few fine creases."""
    swell = noise(size, 440, 0.03) * np.float32(0.030) + noise(size, 441, 0.010) * np.float32(0.008)
    crease, _ = cells(size, 7, 442, warp=0.25)
    fold = np.exp(-((crease / 0.035) ** 2)) * np.clip(noise(size, 443, 0.06) - 0.2, 0, 1)
    height = swell - smooth(fold.astype(np.float32), 2.5 / size) * np.float32(0.10)
    color = tinted(np.broadcast_to(srgb("#17181b"), (size, size, 3)), 1 + 0.02 * noise(size, 444, 0.03))
    roughness = 0.16 + 0.012 * noise(size, 445, 0.02) + 0.05 * fold
    return Swatch(color=color, height=height.astype(np.float32), roughness=np.clip(roughness, 0.05, 1))

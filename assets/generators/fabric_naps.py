"""Felt, fleece, suede, velvet and corduroy: what is seen of them is fibres."""

from __future__ import annotations

import numpy as np

from assets.generators.cloth_pile import Field, fibres
from assets.generators.fabric_swatch import SIZE, Array, Swatch, grid, mixed, noise, shade, smooth, srgb, tinted
from assets.generators.knit_loops import Curves, Laid, lay


def _dyes(curves: Curves, laid: Laid, shades: tuple[tuple[str, float], ...], seed: int, uneven: float) -> Array:
    """Each fibre has one of the shades (colour, share), a little lighter or darker than it."""
    rng = np.random.default_rng(seed)
    count = int(curves.yarn.max()) + 1
    share = np.array([part for _, part in shades])
    kind = rng.choice(len(shades), count, p=share / share.sum())
    table = np.stack([srgb(name) for name, _ in shades])[kind] * (1 + uneven * rng.standard_normal((count, 1)))
    return np.asarray(np.clip(table[curves.yarn[np.maximum(laid.bead, 0)]], 0, 1), dtype=np.float32)


def _height(laid: Laid) -> Array:
    empty = laid.bead < 0
    floor = float(np.quantile(laid.height[~empty], 0.01))
    return np.where(empty, floor, np.maximum(laid.height, floor)).astype(np.float32)


def felt(size: int = SIZE) -> Swatch:
    """Wool fibres matted in all directions, of three greys."""
    curves = fibres(26_000, size, length=70, radius=1.5, curl=1.1, seed=310, thick=7.0)
    laid = lay(curves, size)
    height = _height(laid)
    clump = noise(size, 311, 0.006) * np.float32(0.8) + noise(size, 312, 0.02) * np.float32(0.8)
    dyed = _dyes(curves, laid, (("#6f7278", 0.6), ("#4e5157", 0.28), ("#a3a5a8", 0.12)), 313, 0.10)
    base = mixed(dyed, np.broadcast_to(srgb("#6b6e74"), dyed.shape), np.full((size, size), 0.35, dtype=np.float32))
    whole = smooth(height, 0.6 / size) + clump
    sky = shade(whole, 0.008, 3.5)
    color = tinted(base, (0.62 + 0.38 * sky) * (1 + 0.03 * clump))
    return Swatch(color=color, height=whole * np.float32(70 / size * 0.32), roughness=0.95 - 0.03 * sky)


def fleece(size: int = SIZE) -> Swatch:
    """Brushed polyester whose curled fibres gather into soft nubs."""
    nub = noise(size, 320, 0.010) + np.float32(0.35) * noise(size, 321, 0.028)
    ground = (18 / (1 + np.exp(-1.6 * nub))).astype(np.float32)  # round on top, narrow between
    curves = fibres(46_000, size, length=40, radius=1.6, curl=2.6, seed=322, ground=ground, thick=10.0)
    laid = lay(curves, size)
    height = smooth(np.maximum(_height(laid), ground - 3), 0.6 / size)
    sky = 0.55 * shade(height, 0.022, 13.0) + 0.45 * shade(height, 0.006, 7.0)
    dyed = _dyes(curves, laid, (("#e7dcc8", 0.75), ("#f2eadb", 0.25)), 323, 0.03)
    base = mixed(dyed, np.broadcast_to(srgb("#e6dbc7"), dyed.shape), np.full((size, size), 0.45, dtype=np.float32))
    color = tinted(base, 0.5 + 0.5 * sky)
    return Swatch(color=color, height=height * np.float32(64 / size * 0.36), roughness=0.96 - 0.02 * sky)


def _brushed(size: int, seed: int, strength: float) -> tuple[Array, Array]:
    """Where a hand went over the nap: its direction (radians about straight down) and how much lighter it looks."""
    wave = noise(size, seed, 0.034, 0.024)
    stroke = np.tanh(1.6 * wave).astype(np.float32)
    return np.asarray(0.8 * stroke, dtype=np.float32), np.asarray(1 + strength * stroke, dtype=np.float32)


def suede(size: int = SIZE) -> Swatch:
    """Split hide, buffed: a short nap that shows which way it was last brushed."""
    lean, light = _brushed(size, 330, 0.024)

    def heading(x: Field, y: Field) -> Field:
        return np.pi / 2 + lean[y.astype(np.int64) % size, x.astype(np.int64) % size].astype(np.float64)

    curves = fibres(
        60_000, size, length=15, radius=1.3, curl=0.8, seed=331, heading=heading, spread=0.8, thick=4.0, stand=2.0
    )
    laid = lay(curves, size)
    height = smooth(_height(laid), 0.8 / size) + noise(size, 332, 0.004) * np.float32(0.9)
    sky = shade(height, 0.006, 2.6)
    dyed = _dyes(curves, laid, (("#a9764a", 0.7), ("#b98758", 0.2), ("#946339", 0.1)), 333, 0.05)
    base = mixed(dyed, np.broadcast_to(srgb("#a9774b"), dyed.shape), np.full((size, size), 0.3, dtype=np.float32))
    color = tinted(base, (0.70 + 0.30 * sky) * light * (1 + 0.02 * noise(size, 334, 0.012)))
    return Swatch(color=color, height=height * np.float32(60 / size * 0.22), roughness=0.93 - 0.02 * sky)


def velvet(size: int = SIZE) -> Swatch:
    """Cut pile of silk and viscose: we look between its tips, so that it is dark but where light grazes it."""
    lean, light = _brushed(size, 340, 0.04)

    def heading(x: Field, y: Field) -> Field:
        return np.pi / 2 + 0.6 * lean[y.astype(np.int64) % size, x.astype(np.int64) % size].astype(np.float64)

    curves = fibres(
        70_000, size, length=9, radius=1.3, curl=0.4, seed=341, heading=heading, spread=0.5, thick=5.0, stand=3.0
    )
    laid = lay(curves, size)
    height = smooth(_height(laid), 0.9 / size)
    sky = shade(height, 0.005, 3.0)
    crushed = noise(size, 343, 0.05, 0.012) * np.float32(3.0)  # where the pile leans it turns its side to the light
    height = height + crushed
    dyed = _dyes(curves, laid, (("#6a0f24", 0.8), ("#7c1730", 0.2)), 342, 0.06)
    base = mixed(dyed, np.broadcast_to(srgb("#640e22"), dyed.shape), np.full((size, size), 0.45, dtype=np.float32))
    color = tinted(base, (0.66 + 0.34 * sky) * light)
    return Swatch(color=color, height=height * np.float32(50 / size * 0.14), roughness=0.80 - 0.05 * sky)


def corduroy(size: int = SIZE) -> Swatch:
    """Eight-wale cotton corduroy: weft pile cut into ribs, with the ground weave at the bottom of the grooves."""
    ribs = 16
    u, _ = grid(size)
    sway = noise(size, 350, 0.10, 0.02) * np.float32(0.035) + noise(size, 351, 0.025, 0.01) * np.float32(0.018)
    phase = u * ribs + sway
    side = (phase - np.floor(phase) - 0.5) * 2  # -1..1 over a rib
    profile = np.clip(np.cos(np.clip(np.abs(side) / 0.93, 0, 1) * np.pi / 2), 0, 1) ** 0.75
    ground = (profile * 20).astype(np.float32)

    def heading(x: Field, y: Field) -> Field:
        at = side[y.astype(np.int64) % size, x.astype(np.int64) % size].astype(np.float64)
        return np.where(at > 0, 0.5, np.pi - 0.5) + 0.4 * (1 - np.abs(at)) * np.where(at > 0, 1, -1)

    curves = fibres(
        52_000,
        size,
        length=13,
        radius=1.5,
        curl=0.5,
        seed=352,
        heading=heading,
        spread=0.45,
        ground=ground,
        thick=4.0,
    )
    laid = lay(curves, size)
    height = smooth(np.maximum(_height(laid), ground), 0.8 / size)
    sky = 0.55 * shade(height, 0.016, 7.0) + 0.45 * shade(height, 0.005, 3.5)
    dyed = _dyes(curves, laid, (("#8a5a2b", 0.8), ("#9b6a37", 0.2)), 353, 0.05)
    base = mixed(dyed, np.broadcast_to(srgb("#85572a"), dyed.shape), np.full((size, size), 0.35, dtype=np.float32))
    color = tinted(base, (0.34 + 0.66 * sky) * (0.62 + 0.38 * profile))
    return Swatch(color=color, height=height * np.float32(50 / size * 0.45), roughness=0.93 - 0.05 * sky)

"""The cloth that garments wear by themselves: tiling colour and normals made from where the yarns run. The fabrics
that a design may choose are made by :mod:`assets.generators.fabric_range`.

Every fabric is a height field and an albedo of yarns over one repeat. A woven cloth is its draft (which of warp
and weft lies on top at each crossing); a knit is its rows of loops. Everything is periodic by construction.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float64]
SIZE: Final = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Swatch:
    """``color`` float64[s, s, 3] sRGB 0..1, ``height`` float64[s, s] in metres, ``roughness`` float64[s, s]."""

    color: Array
    height: Array
    roughness: Array
    repeat_mm: float
    sheen_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.0


def _grid(size: int) -> tuple[Array, Array]:
    at = (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(at, at)
    return u, v


def _noise(size: int, sigma: tuple[float, float], seed: int) -> Array:
    """Periodic noise of unit variance, smoothed by ``sigma`` pixels down and across."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((size, size)), sigma, mode="wrap")
    return np.asarray(field / field.std())


def _per_yarn(count: int, axis_share: Array, seed: int) -> Array:
    """One value per yarn of unit variance, looked up by position 0..1 across the yarns."""
    values = np.random.default_rng(seed).standard_normal(count)
    return np.asarray(values[np.floor(axis_share * count).astype(int) % count])


@dataclass(frozen=True, kw_only=True, eq=False)
class Woven:
    """What the draft makes: which yarn shows, how high, and how far across it we are (-1..1)."""

    warp_on_top: NDArray[np.bool_]
    height: Array
    across: Array
    fibre: Array
    warp_index: NDArray[np.int64]
    weft_index: NDArray[np.int64]


def weave(draft: NDArray[np.bool_], warps: int, wefts: int, size: int, *, slub: float, seed: int) -> Woven:
    """``draft[weft, warp]`` true where the warp lies on top, repeated over the tile; yarn diameter is 1 unit of
    the returned height.
    """
    u, v = _grid(size)
    # Yarns wander and vary in thickness: a real cloth is never a grid.
    wander_u = 0.10 * slub * _noise(size, (size / 14, size / 60), seed)
    wander_v = 0.10 * slub * _noise(size, (size / 60, size / 14), seed + 1)
    x, y = u * warps + wander_u, v * wefts + wander_v
    i, j = np.floor(x).astype(int) % warps, np.floor(y).astype(int) % wefts
    fx, fy = x - np.floor(x) - 0.5, y - np.floor(y) - 0.5
    rows, columns = draft.shape
    top = draft[j % rows, i % columns]

    def lift(along: Array, *, of_warp: bool) -> Array:
        """How high the yarn's axis is: up where it lies on top, eased to the next crossing."""
        step = np.where(along >= 0, 1, -1)
        share = np.abs(along)
        if of_warp:
            here, there = draft[j % rows, i % columns], draft[(j + step) % rows, i % columns]
        else:
            here, there = ~draft[j % rows, i % columns], ~draft[j % rows, (i + step) % columns]
        ease = 0.5 - 0.5 * np.cos(np.pi * np.clip(share * 2, 0, 1))
        return np.asarray(np.where(here, 1.0, -1.0) * (1 - ease / 2) + np.where(there, 1.0, -1.0) * (ease / 2))

    wide_warp = 0.49 * (1 + 0.10 * slub * _noise(size, (size / 18, size / 90), seed + 2))
    wide_weft = 0.49 * (1 + 0.10 * slub * _noise(size, (size / 90, size / 18), seed + 3))
    warp = 0.30 * lift(fy, of_warp=True) + 0.42 * np.sqrt(np.clip(1 - (fx / wide_warp) ** 2, 0, 1))
    weft = 0.30 * lift(fx, of_warp=False) + 0.42 * np.sqrt(np.clip(1 - (fy / wide_weft) ** 2, 0, 1))
    on_top = np.where(np.abs(warp - weft) < 1e-3, top, warp > weft)
    across = np.where(on_top, fx / wide_warp, fy / wide_weft).clip(-1, 1)
    # Twist: fibres run round the yarn, a fine slanted ridge along it.
    slant = np.where(on_top, fy + 0.7 * fx, fx + 0.7 * fy)
    fibre = np.sin(2 * np.pi * 2.0 * slant + 1.7 * np.where(on_top, i, j))
    height = np.maximum(warp, weft) + 0.02 * fibre
    return Woven(warp_on_top=on_top, height=height, across=across, fibre=fibre, warp_index=i, weft_index=j)


def _shade(base: Array, woven: Woven, size: int, *, seed: int, depth: float, uneven: float) -> Array:
    """Colour with the shadow between yarns, the fibres, and dye that takes unevenly."""
    low, high = np.percentile(woven.height, [2, 98])
    shadow = np.clip((woven.height - low) / (high - low), 0, 1)
    u, v = _grid(size)
    yarn = np.where(
        woven.warp_on_top,
        _per_yarn(int(woven.warp_index.max()) + 1, u, seed),
        _per_yarn(int(woven.weft_index.max()) + 1, v, seed + 1),
    )
    fuzz = _noise(size, (0.8, 0.8), seed + 2)
    light = (1 - depth) + depth * shadow + 0.02 * woven.fibre + uneven * yarn + 0.015 * fuzz
    return np.asarray(np.clip(base * light[..., None], 0, 1))


def _hex(value: str) -> Array:
    return np.array([int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def linen(size: int = SIZE) -> Swatch:
    """Plain weave of flax, 14 yarns a centimetre, with the slubs that flax has."""
    yarns, repeat = 56, 40.0
    woven = weave(np.array([[True, False], [False, True]]), yarns, yarns, size, slub=1.6, seed=11)
    tone = np.where(woven.warp_on_top[..., None], _hex("#efe9de"), _hex("#e9e2d5"))
    color = _shade(tone, woven, size, seed=12, depth=0.30, uneven=0.018)
    return Swatch(
        color=color, height=woven.height * repeat / yarns / 1000 * 0.9, roughness=0.86 + 0.06 * (1 - woven.height),
        repeat_mm=repeat, sheen_color=(0.03, 0.03, 0.028), sheen_roughness=0.6,
    )  # fmt: skip


def jersey(size: int = SIZE) -> Swatch:
    """The face of a single jersey: columns of V-shaped stitches, 14 wales and 18 courses a centimetre."""
    wales, courses, repeat = 28, 36, 20.0
    u, v = _grid(size)
    x = u * wales + 0.03 * _noise(size, (size / 10, size / 40), 41)
    y = v * courses + 0.04 * _noise(size, (size / 40, size / 10), 42)
    fx = x - np.floor(x)
    height = np.full((size, size), -1.0)
    fibre = np.zeros((size, size))
    for leg in (0.27, 0.73):
        side = 1.0 if leg < 0.5 else -1.0
        # A leg leans towards the middle of its wale as it goes down: two of them make the V.
        for turn in (-1.0, 0.0, 1.0):
            along = (y - np.floor(y)) - 0.5 + turn
            centre = leg + side * (0.10 - 0.15 * along)
            across = (fx - centre) / 0.21
            body = np.sqrt(np.clip(1 - across**2, 0, 1)) * np.clip(1.15 - (along / 0.98) ** 2, 0, 1)
            # Each stitch comes out of the one below it: its upper end dips under.
            here = np.where(np.abs(across) < 1, body - 0.28 * along, -1.0)
            win = here > height
            height = np.where(win, here, height)
            fibre = np.where(win, np.sin(2 * np.pi * (2.2 * along - side * 1.1 * across)), fibre)
    height = np.maximum(height, -0.15) + 0.025 * fibre
    low, high = np.percentile(height, [3, 97])
    shadow = np.clip((height - low) / (high - low), 0, 1)
    light = 0.80 + 0.20 * shadow + 0.012 * fibre + 0.012 * _noise(size, (0.9, 0.9), 43)
    light += 0.010 * _per_yarn(courses, v, 44)
    return Swatch(
        color=np.clip(_hex("#f4f3f0") * light[..., None], 0, 1), height=height * repeat / wales / 1000 * 0.35,
        roughness=0.84 + 0.08 * (1 - shadow), repeat_mm=repeat, sheen_color=(0.05, 0.05, 0.05), sheen_roughness=0.45,
    )  # fmt: skip


def gabardine(size: int = SIZE) -> Swatch:
    """A fine 2/1 twill, steep and smooth: what the skirt is made of unless it is told otherwise."""
    yarns, repeat = 48, 24.0
    draft = np.array([[(i + j) % 3 != 0 for i in range(3)] for j in range(3)])
    woven = weave(draft, yarns, yarns, size, slub=0.4, seed=51)
    color = _shade(np.ones((size, size, 3)), woven, size, seed=52, depth=0.3, uneven=0.02)
    return Swatch(
        color=color,
        height=woven.height * repeat / yarns / 1000 * 0.5,
        roughness=0 * woven.height + 0.78,
        repeat_mm=repeat,
    )


def oxford(size: int = SIZE) -> Swatch:
    """A basket of two thin warps and one weft: the cloth of button-up shirts."""
    yarns, repeat = 32, 14.0
    draft = np.array([[True, True, False, False], [False, False, True, True]])
    woven = weave(draft, yarns, yarns // 2, size, slub=0.5, seed=61)
    color = _shade(np.ones((size, size, 3)), woven, size, seed=62, depth=0.25, uneven=0.02)
    return Swatch(
        color=color,
        height=woven.height * repeat / yarns / 1000 * 0.5,
        roughness=0 * woven.height + 0.82,
        repeat_mm=repeat,
    )


def pique(size: int = SIZE) -> Swatch:
    """The honeycomb of a polo's knit: dimples in rows that stand between each other, 8 x 10 in a centimetre."""
    u, v = _grid(size)
    across, down, repeat = 8, 10, 10.0
    x, y = u * across, v * down
    x = x + 0.5 * (np.floor(y) % 2)
    dimple = np.exp(-((((x % 1) - 0.5) / 0.30) ** 2) - (((y % 1) - 0.5) / 0.34) ** 2)
    yarn = np.abs(np.sin(np.pi * (v * down * 4 + 0.3 * np.cos(2 * np.pi * u * across * 2))))
    height = -0.00026 * dimple + 0.00005 * yarn
    light = 0.72 + 0.28 * (1 - dimple) + 0.02 * _noise(size, (0.9, 0.9), 71)
    color = np.repeat(np.clip(light, 0, 1)[..., None], 3, axis=2)
    return Swatch(color=color, height=height, roughness=0 * u + 0.88, repeat_mm=repeat)


def rib(size: int = SIZE) -> Swatch:
    """1x1 rib: raised columns that run across the collar's length."""
    u, v = _grid(size)
    ribs, repeat = 8, 16.0
    column = np.sqrt(np.abs(np.cos(np.pi * u * ribs)))
    loops = np.abs(np.sin(np.pi * (v * 16 + 0.5 * np.cos(2 * np.pi * u * ribs))))
    height = 0.0005 * column + 0.00008 * loops
    light = 0.75 + 0.25 * column
    color = np.repeat(light[..., None], 3, axis=2)
    return Swatch(color=color, height=height, roughness=0 * u + 0.88, repeat_mm=repeat)


def normal_map(height: Array, repeat_m: float) -> NDArray[np.uint8]:
    """Tangent-space normals (OpenGL green) of a periodic height field over ``repeat_m`` metres."""
    step = repeat_m / height.shape[1]
    soft = gaussian_filter(height, 0.7, mode="wrap")
    right = (np.roll(soft, -1, axis=1) - np.roll(soft, 1, axis=1)) / (2 * step)
    down = (np.roll(soft, -1, axis=0) - np.roll(soft, 1, axis=0)) / (2 * step)
    n = np.stack([-right, down, np.ones_like(right)], axis=-1)
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return np.asarray(np.round((n * 0.5 + 0.5) * 255), dtype=np.uint8)


def encoded(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """A JPEG without chroma subsampling: normals and thin yarns need it."""
    held = io.BytesIO()
    Picture.fromarray(pixels).save(held, "JPEG", quality=quality, subsampling=0, optimize=True)
    return held.getvalue()

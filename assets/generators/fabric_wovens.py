"""Wovens of the catalogue: each is a draft, two kinds of yarn, and how they are dyed.

Counts of yarns are those of real cloths of the weight that the catalogue states; the tile is as large as 1024 pixels
can resolve them (seven pixels a yarn and more).
"""

from __future__ import annotations

import numpy as np

from assets.generators.cloth_weave import PLAIN, Draft, Web, Yarn, interlace
from assets.generators.fabric_swatch import SIZE, Array, Swatch, halved, mixed, noise, shade, srgb, tinted


def twill(over: int, under: int, *, right: bool = True) -> Draft:
    """A warp that goes over and under so many wefts, each warp one weft further than its neighbour."""
    side = over + under
    sign = 1 if right else -1
    return np.array([[(i + sign * j) % side < over for i in range(side)] for j in range(side)])


def _dyed(web: Web, warp: Array, weft: Array) -> Array:
    """Colours [s, s, 3] from one colour for each yarn: ``warp`` [warps, 3], ``weft`` [wefts, 3]."""
    return np.asarray(np.where(web.warp[..., None], warp[web.index % len(warp)], weft[web.index % len(weft)]))


def _yarns(color: str, count: int, seed: int, uneven: float) -> Array:
    """One colour for each yarn: the dye takes on each a little differently."""
    take = 1 + uneven * np.random.default_rng(seed).standard_normal((count, 1))
    return np.asarray(np.clip(srgb(color) * take, 0, 1), dtype=np.float32)


def _cloth(
    web: Web, color: Array, *, pitch_mm: float, relief: float, dark: float = 0.45, fibre: float = 0.06,
    rough: float = 0.8, gloss: float = 0.1, seed: int = 0, cloudy: float = 0.012,
) -> Swatch:  # fmt: skip
    """The swatch of a web that was drawn at twice the size: its yarns are round, throw shadow into the gaps between
    them, and shine on their crowns.
    """
    size = web.height.shape[0] // 2
    height = halved(web.height, 2)
    pitch = 1.0 / (int(web.index[web.warp].max()) + 1)
    open_sky = shade(height, 0.9 * pitch, 0.35)
    crown = np.sqrt(np.clip(1 - web.across**2, 0, 1))
    light = (0.86 + 0.14 * crown) * (1 + fibre * web.fibre)
    lit = halved(tinted(color, light), 2) * ((1 - dark) + dark * open_sky)[..., None]
    lit *= (1 + cloudy * noise(size, seed + 900, 0.03))[..., None]
    fine = halved(web.fibre, 2)
    roughness = rough - gloss * halved(crown, 2) * open_sky + 0.03 * fine
    return Swatch(
        color=np.clip(lit, 0, 1), height=height * np.float32(pitch_mm * relief), roughness=np.clip(roughness, 0.05, 1)
    )


def dyed_poplin(size: int, warp: Array, weft: Array, seed: int) -> Swatch:
    """Poplin of yarns that were dyed before: a colour for each warp [warps, 3] and each weft [wefts, 3]; 4.4 warps to
    the millimetre.
    """
    web = interlace(
        PLAIN, len(warp), len(weft), 2 * size, seed=seed,
        warp=Yarn(width=0.5, thick=0.34, bend=0.30, wander=0.03, uneven=0.06, twist=0.5),
        weft=Yarn(width=0.5, thick=0.24, bend=0.10, wander=0.025, uneven=0.07, slub=0.05, twist=0.5),
    )  # fmt: skip
    color = _dyed(web, warp, weft)
    return _cloth(web, color, pitch_mm=1 / 4.4, relief=0.55, dark=0.30, fibre=0.02, rough=0.74, gloss=0.14, seed=seed)


def poplin(size: int = SIZE) -> Swatch:
    """Shirting: twice as many fine warps as wefts, which makes faint ribs across."""
    return dyed_poplin(size, _yarns("#f6f8fb", 132, 1, 0.008), _yarns("#f3f6fa", 72, 2, 0.008), seed=110)


def oxford(size: int = SIZE) -> Swatch:
    """Two fine blue warps run side by side as one over a thick white weft: a speckled basket."""
    warps, wefts = 120, 60
    draft: Draft = np.array([[True, True, False, False], [False, False, True, True]])
    web = interlace(
        draft, warps, wefts, 2 * size, seed=120,
        warp=Yarn(width=0.47, thick=0.34, bend=0.42, wander=0.045, uneven=0.07, twist=0.45),
        weft=Yarn(width=0.5, thick=0.30, bend=0.20, wander=0.02, uneven=0.08, slub=0.10, twist=0.3),
    )  # fmt: skip
    color = _dyed(web, _yarns("#7fa3d3", warps, 1, 0.035), _yarns("#f4f5f6", wefts, 2, 0.012))
    return _cloth(web, color, pitch_mm=34 / warps, relief=0.6, dark=0.42, fibre=0.05, rough=0.82, gloss=0.1, seed=2)


def chino(size: int = SIZE) -> Swatch:
    """A 3/1 cotton twill for trousers: steep fine lines, brushed a little."""
    warps, wefts = 128, 72
    web = interlace(
        twill(3, 1), warps, wefts, 2 * size, seed=130,
        warp=Yarn(width=0.53, thick=0.40, bend=0.34, wander=0.05, uneven=0.09, twist=0.4, fibre=0.07),
        weft=Yarn(width=0.48, thick=0.26, bend=0.14, wander=0.03, uneven=0.08, slub=0.10, twist=0.4),
    )  # fmt: skip
    color = _dyed(web, _yarns("#b99f76", warps, 1, 0.030), _yarns("#b2986f", wefts, 2, 0.02))
    return _cloth(web, color, pitch_mm=32 / warps, relief=0.6, dark=0.50, fibre=0.07, rough=0.84, gloss=0.08, seed=3)


def satin(size: int = SIZE) -> Swatch:
    """Eight-end warp satin of filament silk: long floats that close over the wefts, hardly any relief."""
    warps, wefts = 144, 96
    draft: Draft = np.array([[(i - 3 * j) % 8 != 0 for i in range(8)] for j in range(8)])
    web = interlace(
        draft, warps, wefts, 2 * size, seed=140,
        warp=Yarn(width=0.62, thick=0.20, bend=0.12, wander=0.05, uneven=0.08, twist=0.06, fibre=0.03),
        weft=Yarn(width=0.48, thick=0.15, bend=0.05, wander=0.03, uneven=0.05, twist=0.06, fibre=0.03),
    )  # fmt: skip
    color = _dyed(web, _yarns("#b98173", warps, 1, 0.010), _yarns("#b98173", wefts, 2, 0.01))
    return _cloth(
        web,
        color,
        pitch_mm=24 / warps,
        relief=0.15,
        dark=0.10,
        fibre=0.012,
        rough=0.22,
        gloss=0.03,
        seed=4,
        cloudy=0.004,
    )


def _woollen(web: Web, color: Array, seed: int, flecks: tuple[str, ...], share: float) -> Array:
    """Heather: fibres of many dyes are spun together, and neps of other colours sit in the yarn."""
    size = web.height.shape[0]
    mottle = 1 + 0.10 * noise(size, seed, 0.0022) + 0.09 * web.fibre
    heather = tinted(color, mottle.astype(np.float32))
    for k, fleck in enumerate(flecks):
        spot = noise(size, seed + 1 + k, 0.0028) > np.float32(share)
        soft = halved(spot.astype(np.float32), 2).repeat(2, axis=0).repeat(2, axis=1)
        heather = mixed(heather, np.broadcast_to(srgb(fleck), heather.shape), 0.8 * soft)
    return heather


def tweed(size: int = SIZE) -> Swatch:
    """Thick woollen yarns in a 2/2 twill, peat brown and straw, with coloured neps."""
    warps, wefts = 72, 68
    web = interlace(
        twill(2, 2), warps, wefts, 2 * size, seed=150,
        warp=Yarn(width=0.52, thick=0.42, bend=0.30, wander=0.09, uneven=0.16, slub=0.35, twist=0.22, fibre=0.10),
        weft=Yarn(width=0.52, thick=0.42, bend=0.30, wander=0.09, uneven=0.16, slub=0.35, twist=0.22, fibre=0.10),
    )  # fmt: skip
    color = _dyed(web, _yarns("#5a4838", warps, 1, 0.10), _yarns("#a8997d", wefts, 2, 0.08))
    color = _woollen(web, color, 151, ("#b5562a", "#3f5a4c", "#d9c48f", "#2c2a2b"), 2.35)
    return _cloth(web, color, pitch_mm=90 / warps, relief=0.55, dark=0.5, fibre=0.10, rough=0.92, gloss=0.04, seed=5)


def herringbone(size: int = SIZE) -> Swatch:
    """A 2/2 twill whose line turns back every twelve warps: dark warp, light weft."""
    warps, wefts, width = 96, 96, 12
    turn = np.concatenate([np.arange(width), width - 2 - np.arange(width)])  # one warp is left out where it turns
    draft: Draft = np.array([[(int(turn[i]) + j) % 4 < 2 for i in range(2 * width)] for j in range(4)])
    web = interlace(
        draft, warps, wefts, 2 * size, seed=160,
        warp=Yarn(width=0.52, thick=0.40, bend=0.30, wander=0.05, uneven=0.10, twist=0.25, fibre=0.08),
        weft=Yarn(width=0.52, thick=0.40, bend=0.30, wander=0.05, uneven=0.10, twist=0.25, fibre=0.08),
    )  # fmt: skip
    color = _dyed(web, _yarns("#3a3c42", warps, 1, 0.06), _yarns("#b9b7b2", wefts, 2, 0.04))
    color = _woollen(web, color, 161, (), 3.0)
    return _cloth(web, color, pitch_mm=76 / warps, relief=0.5, dark=0.45, fibre=0.08, rough=0.9, gloss=0.05, seed=6)


def _denim(size: int, seed: int, shades: tuple[str, str, str], wear: float, fade: float) -> Swatch:
    """3/1 right-hand twill of ring-spun yarns. Rope-dyed indigo lies round a white core: abrasion takes the crowns
    first, and slubs stand out as pale streaks. ``shades`` are the dyed warp, the core and the weft.
    """
    warps, wefts = 104, 68
    web = interlace(
        twill(3, 1), warps, wefts, 2 * size, seed=seed,
        warp=Yarn(width=0.52, thick=0.42, bend=0.34, wander=0.05, uneven=0.12, slub=0.22, twist=0.3, fibre=0.09),
        weft=Yarn(width=0.48, thick=0.30, bend=0.16, wander=0.04, uneven=0.12, slub=0.20, twist=0.3, fibre=0.08),
    )  # fmt: skip
    count = np.random.default_rng(seed + 9).standard_normal(warps).astype(np.float32)[web.index % warps]
    streak = noise(2 * size, seed + 10, 0.06, 0.0012)
    crown = np.clip(1 - 1.25 * np.abs(web.across), 0, 1) * np.clip(0.5 + 0.5 * web.over, 0, 1)
    gone = fade + 0.05 * count + 0.045 * streak + 0.10 * web.fibre
    gone = gone + wear * crown * (1 + 0.12 * noise(2 * size, seed + 11, 0.012))
    whole = (2 * size, 2 * size, 3)
    warp = mixed(np.broadcast_to(srgb(shades[0]), whole), np.broadcast_to(srgb(shades[1]), whole), gone)
    weft = _dyed(web, _yarns(shades[1], warps, 1, 0.0), _yarns(shades[2], wefts, seed + 2, 0.03))
    color = np.where(web.warp[..., None], warp, weft)
    return _cloth(
        web, color, pitch_mm=42 / warps, relief=0.6, dark=0.5, fibre=0.05, rough=0.88, gloss=0.07, seed=seed
    )


def denim_raw(size: int = SIZE) -> Swatch:
    """As it comes from the loom: nothing is worn yet but the highest crowns."""
    return _denim(size, 165, ("#182543", "#6f86ae", "#a2adbd"), wear=0.20, fade=0.03)


def linen(size: int = SIZE) -> Swatch:
    """Plain weave of wet-spun flax, with the slubs that flax has, in its own colour."""
    warps, wefts = 84, 80
    web = interlace(
        PLAIN, warps, wefts, 2 * size, seed=100,
        warp=Yarn(width=0.46, thick=0.36, bend=0.30, wander=0.07, uneven=0.16, slub=0.32, twist=0.25, fibre=0.06),
        weft=Yarn(width=0.47, thick=0.36, bend=0.28, wander=0.07, uneven=0.18, slub=0.42, twist=0.25, fibre=0.06),
    )  # fmt: skip
    color = _dyed(web, _yarns("#e2d8c6", warps, 1, 0.035), _yarns("#dcd1bd", wefts, 2, 0.04))
    return _cloth(web, color, pitch_mm=50 / warps, relief=0.6, dark=0.5, fibre=0.06, rough=0.84, gloss=0.12, seed=8)


def houndstooth(size: int = SIZE) -> Swatch:
    """2/2 twill of four dark and four light yarns each way: the weave itself breaks the check into teeth."""
    warps, wefts = 80, 80
    web = interlace(
        twill(2, 2), warps, wefts, 2 * size, seed=105,
        warp=Yarn(width=0.52, thick=0.42, bend=0.30, wander=0.04, uneven=0.10, twist=0.25, fibre=0.08),
        weft=Yarn(width=0.52, thick=0.42, bend=0.30, wander=0.04, uneven=0.10, twist=0.25, fibre=0.08),
    )  # fmt: skip
    both = np.concatenate([_yarns("#242428", 4, 1, 0.0), _yarns("#ece8df", 4, 2, 0.0)])
    row = np.tile(both, (warps // 8, 1)) * (1 + 0.03 * np.random.default_rng(3).standard_normal((warps, 1)))
    color = _woollen(web, _dyed(web, row, np.roll(row, 3, axis=0)), 106, (), 3.0)
    return _cloth(web, color, pitch_mm=120 / warps, relief=0.5, dark=0.42, fibre=0.06, rough=0.9, gloss=0.05, seed=9)


def denim_mid(size: int = SIZE) -> Swatch:
    """Stone-washed."""
    return _denim(size, 170, ("#33527f", "#a9bfd9", "#b9c3d2"), wear=0.42, fade=0.16)


def denim_light(size: int = SIZE) -> Swatch:
    """Bleached: little of the indigo is left."""
    return _denim(size, 180, ("#7295bd", "#dbe6f0", "#e3e8ec"), wear=0.55, fade=0.26)


def chiffon(size: int = SIZE) -> Swatch:
    """An open plain weave of crêpe-twisted filament: it lets more light through than it stops."""
    warps, wefts = 116, 108
    web = interlace(
        PLAIN, warps, wefts, 2 * size, seed=190,
        warp=Yarn(width=0.27, thick=0.20, bend=0.16, wander=0.07, uneven=0.14, twist=1.4, fibre=0.03),
        weft=Yarn(width=0.27, thick=0.20, bend=0.16, wander=0.08, uneven=0.14, twist=1.4, fibre=0.03),
    )  # fmt: skip
    color = _dyed(web, _yarns("#e9b8bd", warps, 1, 0.02), _yarns("#e6b3b9", wefts, 2, 0.02))
    made = _cloth(web, color, pitch_mm=26 / warps, relief=0.4, dark=0.12, fibre=0.02, rough=0.55, gloss=0.1, seed=7)
    cover = halved(1 - web.gap.astype(np.float32), 2)
    return Swatch(
        color=np.clip(0.25 * made.color + 0.75 * srgb("#e9b8bd"), 0, 1),
        height=made.height, roughness=made.roughness, alpha=0.34 + 0.42 * cover,
    )  # fmt: skip

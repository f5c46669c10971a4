"""Cloth that was worked on: quilted nylon, sequins, lace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.generators.cloth_weave import PLAIN, Yarn, interlace
from assets.generators.fabric_swatch import (
    SIZE,
    Swatch,
    grid,
    halved,
    mixed,
    noise,
    shade,
    smooth,
    srgb,
    tinted,
)
from assets.generators.knit_loops import Curves, curve, joined, lay


def quilted(size: int = SIZE) -> Swatch:
    """Down-proof nylon over wadding, stitched in diamonds: it puffs between the seams and puckers along them."""
    tile, diamonds = 100.0, 2
    u, v = grid(size)
    a, b = (u + v) * diamonds, (u - v) * diamonds
    da, db = (np.abs(t - np.round(t)) for t in (a, b))  # 0 on a seam, 0.5 between two
    near = np.minimum(da, db)
    puff = (np.sin(np.pi * da) * np.sin(np.pi * db)) ** 0.55
    # Puckers run away from a seam and die out: noise that is long across it and short along it.
    along_a, along_b = np.where(da < db, b, a), np.where(da < db, a, b)
    rng = np.random.default_rng(510)
    table = rng.standard_normal(240)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 1.6) ** 2)
    table = np.convolve(np.concatenate([table[-6:], table, table[:6]]), kernel / np.sqrt((kernel**2).sum()), "valid")
    place = (along_a % (2 * diamonds)) / (2 * diamonds) * 240
    low = np.floor(place).astype(int)
    share = place - low
    line = np.round(along_b).astype(int) * 67
    pucker = table[(low + line) % 240] * (1 - share) + table[(low + 1 + line) % 240] * share
    crumple = noise(size, 511, 0.014) * 0.10 + noise(size, 512, 0.035) * 0.22
    height = 5.0 * puff + 0.34 * pucker * np.exp(-near / 0.10) * (1 - np.exp(-near / 0.012)) + crumple * puff
    seam_mm = near * tile / (np.sqrt(2) * diamonds)
    stitch = (along_a * tile / (np.sqrt(2) * diamonds)) / 2.6
    thread = np.clip(1 - np.abs(stitch - np.floor(stitch) - 0.5) / 0.40, 0, 1) ** 0.4 * (seam_mm < 0.38)
    pit = np.exp(-((seam_mm / 0.5) ** 2)) * (1 - np.clip(thread, 0, 1))
    height = smooth((height + 0.30 * thread - 0.35 * pit).astype(np.float32), 1.0 / size)
    cloth = np.sin(2 * np.pi * 200 * u) * np.sin(2 * np.pi * 200 * v)
    height = height + (0.012 * cloth).astype(np.float32)
    base = mixed(np.broadcast_to(srgb("#24324a"), (size, size, 3)), np.broadcast_to(srgb("#31425e"), (size, size, 3)),
                 thread.astype(np.float32))  # fmt: skip
    sky = shade(smooth(height, 2.0 / size), 0.02, 2.2)
    color = tinted(base, (0.55 + 0.45 * sky) * (1 + 0.02 * cloth) * (1 - 0.35 * pit))
    roughness = 0.40 + 0.25 * thread + 0.04 * np.clip(pucker, -2, 2) * np.exp(-near / 0.1)
    return Swatch(color=color, height=height, roughness=np.clip(roughness, 0.2, 1).astype(np.float32))


def sequins(size: int = SIZE) -> Swatch:
    """Cupped discs sewn in rows like scales, each by the hole in its middle; no two lie alike."""
    columns, rows = 12, 16
    u, v = grid(size)
    x, y = u * columns, v * rows
    ratio = rows / columns  # of a column's breadth to a row's height
    rng = np.random.default_rng(520)
    lean = rng.normal(0, 0.13, (rows, columns, 2))
    shift = rng.normal(0, 0.035, (rows, columns, 2))
    dye = rng.standard_normal((rows, columns))
    top = np.full((size, size), -9.0, dtype=np.float32)
    radius_at = np.ones((size, size), dtype=np.float32)
    tone, shine = np.zeros((size, size), dtype=np.float32), np.zeros((size, size), dtype=np.float32)
    for dj in (-2, -1, 0, 1, 2):
        j = np.floor(y).astype(int) + dj
        odd = 0.5 * (j % 2)
        for di in (-1, 0, 1):
            i = np.floor(x - odd).astype(int) + di
            jj, ii = j % rows, i % columns
            ox = x - (i + odd + 0.5) - shift[jj, ii, 0]
            oy = (y - (j + 0.5)) / ratio - shift[jj, ii, 1]
            r = np.hypot(ox, oy) / 0.60
            # A scale lies on the one below it: its lower edge is up. The cup rises to its rim.
            z = 0.34 * oy + lean[jj, ii, 0] * ox + lean[jj, ii, 1] * oy + 0.075 * r * r
            win = (r < 1) & (z > top)
            top = np.where(win, z, top).astype(np.float32)
            radius_at = np.where(win, r, radius_at).astype(np.float32)
            tone = np.where(win, dye[jj, ii], tone).astype(np.float32)
            shine = np.where(win, 1.0, shine).astype(np.float32)
    hole = np.clip((0.15 - radius_at) / 0.04, 0, 1) * shine
    rim = np.clip((radius_at - 0.90) / 0.08, 0, 1)
    top = np.where(shine > 0, top, -0.3)
    metal = shine * (1 - hole)
    base = mixed(
        np.broadcast_to(srgb("#3a2226"), (size, size, 3)), np.broadcast_to(srgb("#e3a387"), (size, size, 3)), metal
    )
    sky = shade(top, 0.012, 0.16)
    color = tinted(base, (0.62 + 0.38 * sky) * (1 + 0.05 * tone) * (1 - 0.12 * rim))
    pitch = 60.0 / columns
    height = smooth((top - 0.10 * hole).astype(np.float32), 0.6 / size) * np.float32(pitch * 0.75)
    roughness = np.where(metal > 0.5, 0.17 + 0.05 * rim, 0.8).astype(np.float32)
    return Swatch(color=color, height=height, roughness=roughness, metal=(0.92 * metal).astype(np.float32))


Points = NDArray[np.float64]


def _closed(points: Points) -> Points:
    return np.concatenate([points, points[:1]])


def _petals(centre: tuple[float, float], inner: float, outer: float, count: int, turn: float) -> list[Points]:
    """Outlines of a flower's petals, float64[k, 2]."""
    t = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    made = []
    for k in range(count):
        angle = turn + 2 * np.pi * k / count
        wide = (outer - inner) * 0.36
        along = inner + (outer - inner) * (0.5 - 0.5 * np.cos(t))
        side = wide * np.sin(t) * (0.65 + 0.35 * (0.5 - 0.5 * np.cos(t)))
        made.append(
            np.stack(
                [
                    centre[0] + along * np.cos(angle) - side * np.sin(angle),
                    centre[1] + along * np.sin(angle) + side * np.cos(angle),
                ],
                axis=1,
            )
        )
    return made


def _leaf(start: tuple[float, float], angle: float, length: float, wide: float) -> Points:
    t = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    along, side = length * (0.5 - 0.5 * np.cos(t)), wide * np.sin(t) * np.sin(t / 2) ** 0.6
    return np.stack(
        [
            start[0] + along * np.cos(angle) - side * np.sin(angle),
            start[1] + along * np.sin(angle) + side * np.cos(angle),
        ],
        axis=1,
    )


def _inside(outlines: list[Points], size: int) -> NDArray[np.bool_]:
    """Where closed outlines (pixels) cover the periodic square."""
    from PIL import Image as Picture
    from PIL import ImageDraw

    page = Picture.new("1", (size * 3, size * 3))
    pen = ImageDraw.Draw(page)
    for outline in outlines:
        pen.polygon([(float(x) + size, float(y) + size) for x, y in outline], fill=1)
    whole = np.asarray(page)
    return np.asarray(whole.reshape(3, size, 3, size).any(axis=(0, 2)))


def lace(size: int = SIZE) -> Swatch:
    """Leavers lace: flowers and leaves of close clothwork, outlined with a thick thread, on a hexagonal net."""
    fine = 2 * size
    unit = fine / 1024
    outlines: list[Points] = []
    veins: list[Points] = []
    for cx, cy, big, turn in ((256, 256, 175, 0.2), (768, 768, 175, 0.9), (768, 240, 105, 0.5), (256, 780, 105, 0.0)):
        centre = (cx * unit, cy * unit)
        petals = 8 if big > 150 else 5
        outlines += _petals(centre, 0.26 * big * unit, big * unit, petals, turn)
        for k in range(petals):
            angle = turn + 2 * np.pi * k / petals
            span = np.linspace(0.34, 0.82, 20)[:, None] * big * unit
            veins.append(np.array(centre) + span * np.array([np.cos(angle), np.sin(angle)]))
        t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        outlines.append(np.array(centre) + 0.20 * big * unit * np.stack([np.cos(t), np.sin(t)], axis=1))
    stems: list[Points] = []
    for sx, sy, phase in ((512, 0, 0.0), (0, 512, 1.0)):
        t = np.linspace(0, 1, 240)
        x = (sx + 70 * np.sin(2 * np.pi * t + phase * np.pi)) * unit if sx else t * fine
        y = t * fine if sx else (sy + 70 * np.sin(2 * np.pi * t)) * unit
        stem = np.stack([x * np.ones_like(t), y * np.ones_like(t)], axis=1)
        stems.append(stem)
        for k in range(8):
            at = stem[int((k + 0.5) * 30)]
            ahead = stem[min(int((k + 0.5) * 30) + 2, 239)] - at
            angle = float(np.arctan2(ahead[1], ahead[0])) + (0.9 if k % 2 else -0.9)
            outlines.append(_leaf((float(at[0]), float(at[1])), angle, 88 * unit, 21 * unit))
    solid = _inside(outlines, fine)
    parts: list[Curves] = []
    # The net: rows of hexagons, their upright sides twisted double.
    across, rows = 64, 74
    cell_w, cell_h = fine / across, fine / rows
    for row in range(rows):
        odd = 0.5 * (row % 2)
        for column in range(across):
            x0, y0 = (column + odd) * cell_w, row * cell_h
            legs = ((0.0, 0.0, 0.5, 0.30), (0.0, 0.0, -0.5, 0.30), (0.5, 0.30, 0.5, 1.0))
            for ax, ay, bx, by in legs:
                span = np.array(
                    [[x0 + ax * cell_w, y0 + ay * cell_h, 0.0], [x0 + bx * cell_w, y0 + by * cell_h, 0.0]]
                )
                thick = 2.6 if bx == ax else 2.1
                parts.append(curve(span, thick * unit / 2, row, step=1.2))
    net = joined(parts)
    # Clothwork: a close weave inside the outlines.
    web = interlace(
        PLAIN, 168, 168, fine, seed=530,
        warp=Yarn(width=0.44, thick=0.3, bend=0.2, wander=0.05, uneven=0.1),
        weft=Yarn(width=0.46, thick=0.3, bend=0.2, wander=0.05, uneven=0.1),
    )  # fmt: skip
    cords: list[Curves] = []
    for k, outline in enumerate(outlines):
        closed = _closed(outline)
        cords.append(
            curve(np.column_stack([closed, np.full(len(closed), 6.0)]), 6.2 * unit / 2 * 1.5, 1000 + k, step=1.2)
        )
    for k, line in enumerate([*veins, *stems]):
        cords.append(
            curve(np.column_stack([line, np.full(len(line), 7.0)]), 4.6 * unit / 2 * 1.5, 2000 + k, step=1.2)
        )
    laid_net, laid_cord = lay(net, fine), lay(joined(cords), fine)
    height = np.maximum(np.where(laid_net.bead >= 0, laid_net.height, -3.0), -3.0)
    cloth = np.where(web.gap, -3.0, 2.0 + 2.5 * web.height)
    height = np.where(solid, cloth, height)
    cord = laid_cord.bead >= 0
    twist = 0.9 * np.cos(2 * np.pi * (np.arcsin(laid_cord.across) / np.pi + laid_cord.run / (26 * unit)))
    height = np.where(cord, np.maximum(height, laid_cord.height + twist), height).astype(np.float32)
    opaque = (cord | (solid & ~web.gap) | (~solid & (laid_net.bead >= 0))).astype(np.float32)
    alpha = halved(opaque, 2)
    work = halved((solid & ~cord).astype(np.float32), 2)
    alpha = np.maximum(alpha * (1 - 0.2 * work), 0.72 * work)  # skin is seen through the clothwork, not the cords
    small = halved(height, 2)
    sky = shade(small, 0.006, 5.0)
    light = (0.74 + 0.26 * sky) * (1 + 0.02 * noise(size, 531, 0.004))
    whole = (size, size, 3)
    thread = mixed(np.broadcast_to(srgb("#141317"), whole), np.broadcast_to(srgb("#2b2a30"), whole), work)
    color = tinted(thread, light)
    roughness = (0.70 - 0.06 * sky).astype(np.float32)
    return Swatch(
        color=color, height=small * np.float32(80 / size * 0.5), roughness=roughness, alpha=np.clip(alpha, 0, 1)
    )

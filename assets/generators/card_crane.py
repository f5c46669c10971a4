"""Demo art in two layers, all of it gold: a crane before the sun, over waves, as on lacquer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from assets.card_outline import svg
from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon, radial
from assets.generators.card_limbs import edged, limb, smooth

_SUN = (560.0, 560.0)
_LEAF = ((0.0, "#8a5a14"), (0.35, "#d9a43a"), (0.6, "#ffe9a4"), (0.8, "#e3b04a"), (1.0, "#9a6818"))


def sun() -> Pixels:
    """Black lacquer with gold dust, a sun with rays, clouds, waves."""
    picture = Picture()
    picture.shade(picture.everything(), radial(*_SUN, 1150, ((0, "#4a3212"), (0.4, "#2a1c0c"), (1, "#0d0805"))))
    for k in range(90):
        angle = 2 * math.pi * k / 90
        near, far = 372.0, (1300.0, 620.0, 900.0)[k % 3]
        half = 0.009 if k % 3 else 0.015
        points = [
            (_SUN[0] + r * math.sin(a), _SUN[1] - r * math.cos(a))
            for r, a in ((near, angle), (far, angle - half), (far, angle + half))
        ]
        picture.shade(polygon(points), radial(*_SUN, far, ((0, "#ffdf8ad0"), (0.45, "#d9a43ab0"), (1, "#d9a43a10"))))
    picture.shade(disc(*_SUN, 330), linear((300, 240), (820, 880), _LEAF))
    for radius, wide in ((350, 6.0), (364, 2.0), (318, 2.0)):
        picture.line(disc(*_SUN, radius), "#ffe9a4" if radius > 330 else "#7a4e12", wide)
    _clouds(picture)
    _waves(picture)
    rng = np.random.default_rng(104)
    for _ in range(420):  # dust of gold leaf
        size = 0.8 + 4.2 * rng.uniform() ** 6
        picture.fill(disc(rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), size), f"#ffdf8a{rng.integers(40, 210):02x}")
    leaf = clouds(105, (HEIGHT, WIDTH), (0.16, 0.2))
    picture.spread(np.clip(leaf - 0.55, 0, 1) * 0.22, "#ffe9a4")
    return grained(picture.pixels(), 106, 1.0)


def _clouds(picture: Picture) -> None:
    for x, y, wide in ((130, 330, 190), (980, 260, 210), (70, 800, 170), (1040, 860, 180), (860, 1040, 150)):
        for k, (shift, share) in enumerate(((0, 1.0), (46, 0.72), (-60, 0.55))):
            bar_y = y + 38 * (k - 1)
            half = wide * share
            bar = limb([(x - half + shift, bar_y, 18), (x + half + shift, bar_y, 18)])
            picture.shade(bar, linear((x - half, bar_y - 20), (x + half, bar_y + 20), _LEAF))
            picture.line(bar, "#2a1a08", 3)
            inner = limb([(x - half + shift, bar_y, 9), (x + half + shift, bar_y, 9)])
            picture.line(inner, "#6b4410a0", 2)


def _waves(picture: Picture) -> None:
    for row in range(8):
        for k in range(-1, 9):
            radius = 78.0
            x = k * 2 * radius + (radius if row % 2 else 0)
            y = 1262 + 40 * row
            picture.fill(disc(x, y, radius), "#140c05")
            for share, wide in ((1.0, 5.0), (0.78, 3.4), (0.56, 3.0), (0.34, 2.6)):
                picture.line(disc(x, y, radius * share - 3), "#e3b04a" if share == 1 else "#b07c24", wide)
            picture.fill(disc(x, y, 9), "#ffe9a4")


def crane() -> Pixels:
    """The crane, wings raised, neck in a curve, one leg drawn up."""
    picture = Picture()
    picture.canvas.translate(-10, 70)
    for leg in ([(520, 960, 15), (500, 1070, 10), (512, 1190, 9)], [(572, 960, 15), (640, 1040, 10), (590, 1130, 8)]):
        _gilt(picture, limb([(float(x), float(y), float(r)) for x, y, r in leg]), "#8a5a14", "#e3b04a")
    for x, y in ((452, 1214), (512, 1222), (566, 1212)):
        _gilt(picture, limb([(512, 1188, 7), (x, y, 4)]), "#8a5a14", "#e3b04a")
    _tail(picture)
    _wing(picture, -1)
    _wing(picture, 1)
    body = smooth(
        [(470, 640), (560, 610), (640, 650), (668, 760), (650, 880), (586, 968), (510, 968), (452, 890), (436, 770)]
    )
    _gilt(picture, body, "#c08a2c", "#fff6d0")
    _scales(picture, body)
    neck = limb([(560, 660, 62), (600, 560, 43), (586, 470, 32), (540, 400, 27), (520, 330, 25), (548, 268, 27)])
    picture.shade(neck, linear((560, 700), (560, 540), ((0, "#fff2c4"), (0.3, "#d9a43a"), (1, "#4a2e0a"))))
    edged(picture, neck, "#ffe9a4", (-5.0, 3.0))
    head = smooth([(520, 262), (540, 226), (586, 222), (616, 246), (612, 276), (580, 296), (538, 294)])
    _gilt(picture, head, "#d9a43a", "#fff6d0")
    beak = polygon([(606, 244), (738, 292), (606, 280)])
    _gilt(picture, beak, "#6b4410", "#ffe9a4")
    picture.line(svg("M608 264 L716 288"), "#2a1a08", 2.4)
    cap = smooth([(528, 240), (548, 214), (588, 212), (608, 234), (572, 244)])
    picture.fill(cap, "#a8261c")
    edged(picture, cap, "#ff8a5c", (0.0, 4.0))
    picture.fill(disc(590, 256, 8), "#1a0f04")
    picture.fill(disc(593, 253, 2.6), "#ffffff")
    return grained(picture.pixels(), 107, 1.0)


def _gilt(picture: Picture, path: Any, low: str, high: str) -> None:
    box = path.getBounds()
    picture.fill(path, "#0a0502b0", blur=8)
    picture.shade(
        path, linear((box.left(), box.bottom()), (box.right(), box.top()), ((0, low), (0.6, high), (1, low)))
    )
    picture.line(path, "#2a1a08", 3)


def _feather(
    picture: Picture, root: tuple[float, float], angle: float, long: float, wide: float, tones: tuple[str, str]
) -> None:
    picture.canvas.save()
    picture.canvas.translate(*root)
    picture.canvas.rotate(math.degrees(angle))
    blade = svg(
        f"M0 {-wide * 0.3} C{long * 0.3} {-wide} {long * 0.8} {-wide * 0.9} {long} 0 "
        f"C{long * 0.85} {wide * 0.6} {long * 0.35} {wide * 0.8} 0 {wide * 0.3} Z"
    )
    picture.fill(blade, "#0a050290", blur=6)
    picture.shade(blade, linear((0, -wide), (long, wide), ((0, tones[0]), (0.55, tones[1]), (1, tones[0]))))
    picture.line(svg(f"M0 0 L{long * 0.96} 0"), "#2a1a08b0", 2.4)
    for k in range(4, 16):
        x = long * k / 17
        for way in (1, -1):
            picture.line(svg(f"M{x} 0 L{x + wide * 0.5} {way * wide * 0.5}"), "#3a240850", 1.4)
    picture.line(blade, "#2a1a08", 2.6)
    picture.canvas.restore()


def _wing(picture: Picture, side: int) -> None:
    picture.canvas.save()
    picture.canvas.translate(552, 0)
    picture.canvas.scale(side, 1)
    bone = [(60.0, 690.0), (150.0, 560.0), (256.0, 430.0), (352.0, 350.0)]
    count = 13
    for k in range(count):  # the long dark ones first, from the body outwards
        t = k / (count - 1)
        x, y = _along(bone, t)
        _feather(picture, (x, y), math.radians(66 - 104 * t), 250 + 130 * t, 30, ("#1a0f04", "#6b4410"))
    for k in range(12):
        t = k / 11
        x, y = _along(bone, t)
        _feather(picture, (x, y), math.radians(58 - 98 * t), 168 + 70 * t, 28, ("#b07c24", "#ffe9a4"))
    for k in range(12):
        t = k / 11
        x, y = _along(bone, t)
        _feather(picture, (x, y), math.radians(48 - 90 * t), 92 + 34 * t, 24, ("#d9a43a", "#fffbe4"))
    arm = limb([(20, 720, 34), (*bone[1], 24), (*bone[2], 18), (*bone[3], 10)])
    _gilt(picture, arm, "#c08a2c", "#fff6d0")
    picture.canvas.restore()


def _along(points: list[tuple[float, float]], t: float) -> tuple[float, float]:
    place = min(t, 0.9999) * (len(points) - 1)
    k = int(place)
    (ax, ay), (bx, by) = points[k], points[k + 1]
    return ax + (bx - ax) * (place - k), ay + (by - ay) * (place - k)


def _tail(picture: Picture) -> None:
    for k in range(9):
        t = k / 8
        _feather(
            picture,
            (500 + 10 * t, 880),
            math.radians(168 - 62 * t),
            240 - 40 * t,
            27,
            ("#1a0f04", "#7a4e12") if k % 2 else ("#b07c24", "#ffe9a4"),
        )


def _scales(picture: Picture, body: Any) -> None:
    picture.canvas.save()
    picture.canvas.clipPath(body, doAntiAlias=True)
    for row in range(12):
        for k in range(9):
            x = 430 + 30 * k + (15 if row % 2 else 0)
            y = 690 + 26 * row
            picture.line(svg(f"M{x - 15} {y} Q{x} {y + 26} {x + 15} {y}"), "#7a4e1290", 2.2)
    picture.canvas.restore()

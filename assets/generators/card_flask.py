"""Demo art in two layers: a flask with a night sky in it, and the circle that it was brewed on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import skia

from assets.card_outline import svg
from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon, radial
from assets.generators.card_limbs import smooth

_X = WIDTH / 2
_Y = 860.0
_R = 292.0
_GLASS = (
    f"M{_X - 74} 470 L{_X - 74} 588 C{_X - 210} 630 {_X - _R} 740 {_X - _R} {_Y} "
    f"C{_X - _R} 1030 {_X - 170} 1152 {_X} 1152 C{_X + 170} 1152 {_X + _R} 1030 {_X + _R} {_Y} "
    f"C{_X + _R} 740 {_X + 210} 630 {_X + 74} 588 L{_X + 74} 470 Z"
)


def circle() -> Pixels:
    """Dark slate with a drawn circle, its signs, and the light that the flask throws."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        radial(_X, 800, 1000, ((0, "#1f5c5a"), (0.4, "#123a42"), (0.75, "#0a1d28"), (1, "#050d16"))),
    )
    stone = clouds(61, (HEIGHT, WIDTH), (0.16, 0.2), 6)
    picture.spread(np.clip(stone - 0.4, 0, 1) * 0.4, "#3f8f86")
    picture.spread(np.clip(0.45 - stone, 0, 1) * 0.7, "#03080f")
    for k in range(72):  # light between the fingers of the dark
        angle = 2 * math.pi * k / 72 + 0.02
        far = (0.95, 0.62, 0.78)[k % 3] * 860
        half = 0.012 if k % 3 else 0.02
        tips = [(_X + far * math.sin(a), 800 - far * math.cos(a)) for a in (angle - half, angle + half)]
        picture.shade(
            polygon([(_X, 800), *tips]),
            radial(_X, 800, far, ((0, "#bff7dc50"), (0.4, "#8ff0d030"), (1, "#8ff0d000"))),
            blend="kScreen",
        )
    brass = "#e3bd6c"
    for radius, wide, strong in ((470, 5, "d8"), (452, 2, "a0"), (392, 2, "b0"), (300, 2, "60"), (510, 1.6, "70")):
        picture.line(disc(_X, 800, radius), brass + strong, wide)
    for k in range(96):
        angle = 2 * math.pi * k / 96
        near, far = 452, (430 if k % 8 == 0 else 442)
        line = polygon([(_X + r * math.sin(angle), 800 - r * math.cos(angle)) for r in (near, far)])
        picture.line(line, brass + "a0", 2.4)
    for turn in (0.0, math.pi / 4):
        corners = [
            (_X + 452 * math.sin(turn + math.pi * k / 2), 800 - 452 * math.cos(turn + math.pi * k / 2))
            for k in range(4)
        ]
        picture.line(polygon(corners), brass + "90", 2.4)
    for k in range(6):
        angle = math.pi * (k + 0.5) / 3
        place = (_X + 452 * math.sin(angle), 800 - 452 * math.cos(angle))
        picture.fill(disc(*place, 46), "#0a2028")
        picture.line(disc(*place, 46), brass, 4)
        picture.line(disc(*place, 38), brass + "90", 1.6)
        _sign(picture, k, *place, brass)
    _shelf(picture)
    picture.glow(_X, 840, 560, ((0, "#6fe8c8"), (0.4, "#1f6f74"), (1, "#000000")))
    return grained(picture.pixels(), 62, 2.0)


def _sign(picture: Picture, kind: int, x: float, y: float, colour: str) -> None:
    up = [(x, y - 20), (x + 20, y + 14), (x - 20, y + 14)]
    down = [(px, 2 * y - py) for px, py in up]
    if kind in {0, 2}:
        picture.line(polygon(up), colour, 4)
    if kind in {3, 5}:
        picture.line(polygon(down), colour, 4)
    if kind in {2, 5}:
        level = y + (2 if kind == 2 else -2)
        picture.line(polygon([(x - 18, level), (x + 18, level)]), colour, 3.4)
    if kind == 1:
        picture.line(disc(x, y, 17), colour, 4)
        picture.fill(disc(x, y, 5), colour)
    if kind == 4:
        moon = skia.Op(disc(x - 2, y, 20), disc(x + 8, y, 18), skia.PathOp.kDifference_PathOp)
        picture.fill(moon, colour)


def _shelf(picture: Picture) -> None:
    top = polygon([(-10, 1190), (WIDTH + 10, 1190), (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)])
    picture.shade(top, linear((0, 1190), (0, HEIGHT), ((0, "#3a2a20"), (0.1, "#24180f"), (1, "#0b0705"))))
    wood = clouds(66, (HEIGHT, WIDTH), (0.012, 0.7))
    below = (np.arange(HEIGHT)[:, None] > 1192) * np.ones((1, WIDTH))
    picture.spread(np.clip(wood - 0.5, 0, 1) * 0.55 * below, "#8a5a34")
    picture.line(polygon([(0, 1190), (WIDTH, 1190)]), "#f0c98a80", 3)
    picture.shade(
        disc(_X, 1240, 460, 90), radial(_X, 1240, 460, ((0, "#6fe8c890"), (1, "#6fe8c800"))), blend="kScreen", blur=14
    )
    rng = np.random.default_rng(5)
    for k, (x, w, h, colour) in enumerate(
        ((110, 150, 46, "#7a2431"), (120, 176, 40, "#24506b"), (104, 140, 52, "#3d5a2e"))
    ):
        y = 1232 - sum((46, 40, 52)[: k + 1]) + 40
        book = polygon([(x - w / 2, y), (x + w / 2, y), (x + w / 2, y + h), (x - w / 2, y + h)])
        picture.shade(book, linear((x - w / 2, y), (x + w / 2, y), ((0, "#0a0705"), (0.6, colour), (1, "#d8b070"))))
        picture.line(polygon([(x - w / 2, y + h * 0.3), (x + w / 2, y + h * 0.3)]), "#e3bd6cc0", 2.5)
        picture.line(polygon([(x - w / 2, y + h * 0.75), (x + w / 2, y + h * 0.75)]), "#e3bd6cc0", 2.5)
    candle = polygon([(950, 1020), (1014, 1020), (1018, 1236), (946, 1236)])
    picture.shade(candle, linear((946, 0), (1018, 0), ((0, "#fff0cc"), (0.5, "#d9b98a"), (1, "#5a4028"))))
    picture.fill(
        smooth(
            [
                (950, 1024),
                (982, 1010),
                (1014, 1024),
                (1010, 1080),
                (1000, 1040),
                (984, 1062),
                (966, 1036),
                (958, 1070),
            ]
        ),
        "#fff6dc",
    )
    picture.fill(smooth([(982, 930), (1000, 978), (982, 1012), (964, 978)]), "#ffcf6a")
    picture.fill(smooth([(982, 962), (990, 986), (982, 1008), (974, 986)]), "#ffffff")
    picture.glow(982, 972, 230, ((0, "#ffcf8a"), (0.3, "#8a4f22"), (1, "#000000")))
    for _ in range(26):  # motes
        picture.fill(disc(rng.uniform(0, WIDTH), rng.uniform(250, 1180), rng.uniform(1.5, 4)), "#ffe9b8b0", blur=1.4)


def flask() -> Pixels:
    """The flask alone: glass, its sky, cork, collar, label."""
    picture = Picture()
    picture.canvas.translate(_X * 0.14, 1218 - 1152 * 0.86)
    picture.canvas.scale(0.86, 0.86)
    glass = svg(_GLASS)
    picture.fill(disc(_X, 1180, 280, 34), "#020609c0", blur=20)
    picture.fill(glass, "#7df5d070", blur=46)
    picture.shade(glass, linear((_X - _R, 0), (_X + _R, 0), ((0, "#0d3440"), (0.5, "#1c5560"), (1, "#061a24"))))
    _sky(picture, glass)
    _gloss(picture, glass)
    _neck(picture)
    return grained(picture.pixels(), 63, 1.0)


def _sky(picture: Picture, glass: Any) -> None:
    level = smooth(
        [
            (_X - 320, 742),
            (_X - 200, 752),
            (_X - 80, 730),
            (_X + 60, 748),
            (_X + 200, 728),
            (_X + 320, 744),
            (_X + 340, 1200),
            (_X - 340, 1200),
        ]
    )
    inner = skia.Path(glass)
    matrix = skia.Matrix()
    matrix.setScale(0.93, 0.95, _X, 880)
    inner.transform(matrix)
    liquid = skia.Op(inner, level, skia.PathOp.kIntersect_PathOp)
    picture.canvas.save()
    picture.canvas.clipPath(liquid, doAntiAlias=True)
    picture.shade(
        picture.everything(),
        linear(
            (_X - 150, 730),
            (_X + 120, 1150),
            ((0, "#7df5d0"), (0.22, "#2fb5c4"), (0.5, "#3f4fd0"), (0.78, "#8a2fb0"), (1, "#3a0f5a")),
        ),
    )
    swirl = clouds(64, (HEIGHT, WIDTH), (0.1, 0.16), 6)
    picture.spread(np.clip(swirl - 0.52, 0, 1) * 1.3, "#ffd2f2", blend="kScreen")
    picture.spread(np.clip(0.42 - swirl, 0, 1) * 1.4, "#140a40")
    picture.spread(np.exp(-(((swirl - 0.5) / 0.03) ** 2)) * 0.5, "#bff7ff", blend="kScreen")
    rng = np.random.default_rng(65)
    for _ in range(150):
        x, y = rng.uniform(_X - 290, _X + 290), rng.uniform(750, 1150)
        picture.fill(disc(x, y, 1.0 + 2.4 * rng.uniform() ** 4), "#ffffffd8")
    for x, y, size in ((430, 900, 34), (650, 1010, 26), (600, 840, 20), (500, 1060, 18), (720, 880, 16)):
        rays = [
            (
                x + (size if k % 2 == 0 else size * 0.13) * math.sin(math.pi * k / 4),
                y - (size if k % 2 == 0 else size * 0.13) * math.cos(math.pi * k / 4),
            )
            for k in range(8)
        ]
        picture.fill(polygon(rays), "#fffbe0")
        picture.fill(disc(x, y, size * 0.9), "#fff0c060", blur=12, blend="kScreen")
    for _ in range(22):
        left, top, wide = rng.uniform(_X - 230, _X + 230), rng.uniform(760, 1120), rng.uniform(5, 15)
        picture.line(disc(left, top, wide), "#eafffaa0", 2)
        picture.fill(disc(left - wide * 0.3, top - wide * 0.35, wide * 0.22), "#ffffffd0")
    picture.line(liquid, "#0a0a30a0", 34, blur=16)
    picture.canvas.restore()
    film = svg(f"M{_X - 236} 744 Q{_X - 100} 772 {_X} 742 Q{_X + 110} 716 {_X + 236} 740")
    picture.canvas.save()
    picture.canvas.clipPath(inner, doAntiAlias=True)
    picture.line(film, "#d6fff2", 7)
    picture.line(film, "#7df5d0a0", 22, blur=9)
    picture.canvas.restore()


def _gloss(picture: Picture, glass: Any) -> None:
    picture.canvas.save()
    picture.canvas.clipPath(glass, doAntiAlias=True)
    picture.line(glass, "#d6fff270", 34, blur=12)
    window = svg("M338 760 C356 700 400 660 452 636 L470 668 C424 690 388 724 372 776 Z")
    picture.shade(window, linear((338, 640), (450, 780), ((0, "#fffffff0"), (1, "#ffffff50"))))
    picture.shade(
        svg("M326 800 L358 812 C350 880 360 930 378 972 L350 986 C326 934 318 866 326 800 Z"),
        linear((0, 800), (0, 980), ((0, "#ffffffa0"), (1, "#ffffff10"))),
    )
    picture.line(svg("M800 800 C826 900 780 1040 680 1100"), "#c9fff0a8", 13, blur=3)
    picture.line(svg(f"M{_X - 48} 500 L{_X - 48} 590"), "#ffffffb0", 12, blur=2)
    picture.line(svg(f"M{_X + 50} 500 L{_X + 50} 596"), "#ffffff58", 6, blur=1.5)
    picture.canvas.restore()
    picture.line(glass, "#0b2a30", 8)
    picture.line(glass, "#d6fff2d0", 3.4)


def _neck(picture: Picture) -> None:
    cork = svg(f"M{_X - 64} 352 C{_X - 30} 342 {_X + 30} 342 {_X + 64} 352 L{_X + 60} 470 L{_X - 60} 470 Z")
    picture.shade(
        cork, linear((_X - 64, 0), (_X + 64, 0), ((0, "#5a3820"), (0.4, "#c9935a"), (0.7, "#9a6636"), (1, "#3f2512")))
    )
    rng = np.random.default_rng(67)
    for _ in range(40):
        picture.fill(
            disc(_X + rng.uniform(-56, 56), rng.uniform(358, 440), rng.uniform(1.5, 4.5), rng.uniform(1, 2.4)),
            "#3f251290",
        )
    metal = ((0, "#5a3c14"), (0.2, "#e0b45c"), (0.34, "#fff0b8"), (0.52, "#c08a36"), (0.8, "#f0cf80"), (1, "#4a2e0c"))
    for y, tall, wide in ((438, 40, 96), (566, 34, 90)):
        band = skia.Path.RRect(skia.RRect.MakeRectXY(skia.Rect.MakeLTRB(_X - wide, y, _X + wide, y + tall), 14, 14))
        picture.fill(band, "#03080ca0", blur=8)
        picture.shade(band, linear((_X - wide, 0), (_X + wide, 0), metal))
        picture.line(band, "#3a2408", 2.5)
        for x in range(-3, 4):
            picture.fill(disc(_X + x * 25.0, y + tall / 2, 5), "#5a3c14b0")
            picture.fill(disc(_X + x * 25.0 - 1, y + tall / 2 - 1.5, 3), "#fff0b8")
    chain = [(_X + 84 + 11 * k, 590 + 26 * math.sin(math.pi * k / 19) + 5.2 * k) for k in range(20)]
    for k, place in enumerate(chain):
        picture.line(disc(*place, 8, 5.5 if k % 2 else 8), "#e0b45c", 3.2)
    tag = svg("M790 650 L860 632 L886 726 L816 746 Z")
    tag.offset(14.0, 46.0)
    picture.fill(tag, "#03080ca0", blur=9)
    picture.shade(tag, linear((800, 680), (890, 790), ((0, "#fff3d0"), (1, "#c9a468"))))
    picture.line(tag, "#5a3c14", 2.5)
    moon = skia.Op(disc(852, 738, 24), disc(863, 733, 21), skia.PathOp.kDifference_PathOp)
    picture.fill(moon, "#5a2a3c")

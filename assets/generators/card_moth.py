"""Demo art in two layers: a great moth with moons on its wings, before a moon among engraved rays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import skia

from assets.card_outline import svg
from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon, radial

_X = WIDTH / 2
_MOON = (_X, 560.0)
_UPPER = (
    "M0 -40 C40 -150 150 -300 300 -352 C370 -376 440 -372 468 -344 C482 -328 468 -300 456 -262 "
    "C438 -206 446 -160 424 -110 C400 -52 330 -14 250 0 C170 14 80 20 0 24 Z"
)
_LOWER = (
    "M0 -10 C90 -14 210 -10 286 44 C330 78 336 132 306 176 C280 214 246 226 240 270 C232 340 262 404 250 486 "
    "C246 514 220 512 212 486 C196 424 196 360 168 312 C140 270 100 250 66 204 C34 160 8 90 0 60 Z"
)


def night() -> Pixels:
    """The moon, its halo, and rays as on an old print."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        radial(*_MOON, 1050, ((0, "#2f6f7c"), (0.34, "#17465c"), (0.68, "#0c2340"), (1, "#070f24"))),
    )
    for k in range(120):
        angle = 2 * math.pi * k / 120
        reach = (1.0, 0.62, 0.78, 0.62)[k % 4] * 900
        one, two = _polar(330, angle), _polar(reach, angle)
        paint = linear(one, two, ((0, "#f3dda080"), (1, "#f3dda000")))
        wide = 2.6 if k % 4 == 0 else 1.3
        across = _polar(wide, angle + math.pi / 2, about=(0, 0))
        picture.shade(polygon([_add(one, across), two, _add(one, across, -1)]), paint)
    mist = clouds(31, (HEIGHT, WIDTH), (0.12, 0.3))
    y = np.linspace(0, 1, HEIGHT)[:, None]
    picture.spread(np.clip(mist - 0.45, 0, 1) * 0.55 * (0.25 + y), "#6fb6b0")
    _stars(picture)
    picture.glow(*_MOON, 620, ((0, "#cfe8c8"), (0.42, "#5f9c96"), (1, "#000000")))
    picture.shade(disc(*_MOON, 306), radial(470, 470, 520, ((0, "#fffbe8"), (0.5, "#f2e2b4"), (1, "#c9ae7c"))))
    seas = clouds(8, (HEIGHT, WIDTH), (0.16, 0.2))
    yy, xx = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.clip((300 - np.hypot(xx - _MOON[0], yy - _MOON[1])) / 24, 0, 1)
    picture.spread(np.clip((seas - 0.5) * 1.6, 0, 0.5) * inside, "#a98f62")
    for radius, wide in ((322, 3.0), (334, 1.2), (452, 1.2)):
        picture.line(disc(*_MOON, radius), "#f3dda0b0", wide)
    for k in range(48):
        picture.fill(disc(*_polar(393, 2 * math.pi * k / 48), 9 if k % 6 == 0 else 3.2), "#f3dda0b8")
        if k % 6 == 0:
            place = _polar(393 + 4, 2 * math.pi * k / 48)
            picture.fill(disc(*place, 8), "#123a50")  # eight phases: a bite out of each disc
    return grained(picture.pixels(), 6, 1.5)


def moth() -> Pixels:
    """The moth alone: wings, veins, eyespots, fur, feelers."""
    picture = Picture()
    for side in (1, -1):
        picture.canvas.save()
        picture.canvas.translate(_X, 640)
        picture.canvas.scale(1.08 * side, 1.08)
        _hind(picture, side)
        _fore(picture, side)
        picture.canvas.restore()
    _body(picture)
    return grained(picture.pixels(), 7, 1.5)


def _polar(radius: float, angle: float, about: tuple[float, float] = _MOON) -> tuple[float, float]:
    return (about[0] + radius * math.sin(angle), about[1] - radius * math.cos(angle))


def _add(one: tuple[float, float], two: tuple[float, float], sign: float = 1) -> tuple[float, float]:
    return (one[0] + sign * two[0], one[1] + sign * two[1])


def _stars(picture: Picture) -> None:
    rng = np.random.default_rng(3)
    for _ in range(320):
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)
        far = math.hypot(x - _MOON[0], y - _MOON[1])
        if far < 470:
            continue
        size = 0.8 + 2.2 * rng.uniform() ** 7
        picture.fill(disc(x, y, size), f"#fdf6d8{round(220 * rng.uniform(0.25, 1)):02x}")


def _clipped(picture: Picture, outline: Any) -> None:
    picture.canvas.save()
    picture.canvas.clipPath(outline, doAntiAlias=True)


def _hind(picture: Picture, side: int) -> None:
    wing = svg(_LOWER)
    picture.fill(wing, "#020a1490", blur=22)
    picture.shade(wing, radial(20, 20, 470, ((0, "#e9f2c4"), (0.28, "#9fd0a4"), (0.62, "#3f9a94"), (1, "#1d5d78"))))
    _clipped(picture, wing)
    picture.line(wing, "#0c3550", 26, blur=10)
    for k in range(9):  # veins, fanning out of the shoulder
        angle = math.radians(8 + 9.6 * k)
        reach = 470
        end = (reach * math.cos(angle), reach * math.sin(angle))
        bend = (0.5 * reach * math.cos(angle - 0.16), 0.5 * reach * math.sin(angle - 0.16))
        path = svg(f"M0 10 Q{bend[0]:.1f} {bend[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
        picture.line(path, "#0f4a5c70", 3.4)
        picture.line(path, "#effad040", 1.2)
    for k, wide in enumerate((13, 5)):
        band = svg(
            f"M{300 - 26 * k} 20 C{326 - 24 * k} 90 {300 - 24 * k} 150 {236 - 20 * k} "
            f"196 C{190 - 18 * k} 226 {120 - 8 * k} 226 {60} {210 - 18 * k}"
        )
        picture.line(band, ("#c2553fb0", "#f6e3a4c0")[k], wide)
    picture.canvas.restore()
    _eye(picture, 196, 112, 40, side)
    picture.line(wing, "#f3dda0", 4)
    picture.line(wing, "#0b2b40", 1.4)


def _fore(picture: Picture, side: int) -> None:
    wing = svg(_UPPER)
    picture.fill(wing, "#020a14a0", blur=22)
    picture.shade(
        wing,
        radial(
            30, -20, 520, ((0, "#f6efc4"), (0.24, "#bfe0ae"), (0.58, "#55ab9c"), (0.86, "#1f6480"), (1, "#163f66"))
        ),
    )
    _clipped(picture, wing)
    picture.shade(
        svg(
            "M0 -40 C40 -150 150 -300 300 -352 C370 -376 440 -372 468 -344 L440 "
            "-316 C360 -336 290 -316 220 -250 C130 -170 60 -90 0 -8 Z"
        ),
        linear((0, 0), (440, -350), ((0, "#6b2a3c"), (0.5, "#b0483f"), (1, "#e59a5c"))),
    )
    for k in range(10):
        angle = math.radians(-54 + 5.9 * k)
        end = (560 * math.cos(angle), 560 * math.sin(angle))
        bend = (280 * math.cos(angle - 0.10), 280 * math.sin(angle - 0.10))
        path = svg(f"M0 -8 Q{bend[0]:.1f} {bend[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
        picture.line(path, "#0f4a5c78", 3.6)
        picture.line(path, "#effad048", 1.3)
    band = svg("M446 -330 C400 -250 402 -180 372 -120 C344 -66 290 -36 220 -14")
    picture.line(band, "#123f5cc0", 30, blur=6)
    picture.line(band, "#f6e3a4d0", 4)
    inner = svg("M404 -326 C362 -250 364 -186 336 -130 C312 -84 262 -54 196 -30")
    picture.line(inner, "#c2553fb8", 9)
    for t in np.linspace(0.06, 0.94, 11):  # a row of scales along the edge
        x = 452 - 232 * t**1.25 - 12 * math.sin(math.pi * t)
        y = -318 + 308 * t
        picture.shade(disc(x, y, 9.5), radial(x - 3, y - 3, 11, ((0, "#fff6d2"), (1, "#d88f4c"))))
    picture.canvas.restore()
    _eye(picture, 262, -186, 52, side)
    picture.line(wing, "#f3dda0", 4.4)
    picture.line(wing, "#0b2b40", 1.5)


def _eye(picture: Picture, x: float, y: float, radius: float, side: int) -> None:
    """A moon in the wing: rings, a dark pupil with a crescent, and a point of light on the same side of both."""
    picture.fill(disc(x, y, radius * 1.22), "#0b2b4080", blur=7)
    for share, colour in (
        (1.14, "#f3dda0"),
        (1.06, "#7a2a34"),
        (0.92, "#e5a05a"),
        (0.76, "#fbeec0"),
        (0.64, "#123f5c"),
    ):
        picture.fill(disc(x, y, radius * share), colour)
    picture.shade(
        disc(x, y, radius * 0.6),
        radial(x - side * 8, y - 10, radius * 0.8, ((0, "#2f8fa4"), (0.6, "#0f3054"), (1, "#071530"))),
    )
    crescent = skia.Path(disc(x, y, radius * 0.42))
    crescent = skia.Op(
        crescent, disc(x + radius * 0.17, y - radius * 0.05, radius * 0.36), skia.PathOp.kDifference_PathOp
    )
    picture.fill(crescent, "#fdf4cc")
    picture.fill(disc(x - side * radius * 0.24, y - radius * 0.32, radius * 0.09), "#ffffff")


def _body(picture: Picture) -> None:
    for side in (1, -1):
        feeler = [(0.0, 566.0), (34.0, 500.0), (92.0, 452.0), (168.0, 428.0)]
        previous = None
        for k in range(25):
            t = k / 24
            x, y = _bezier(feeler, t)
            dx, dy = _bezier(feeler, min(t + 0.02, 1.02))
            angle = math.atan2(dy - y, dx - x)
            reach = 46 * math.sin(math.pi * min(t * 0.92 + 0.06, 1.0)) ** 0.7
            for way in (1, -1):
                tip = (x + reach * math.cos(angle + way * 1.05), y + reach * math.sin(angle + way * 1.05))
                picture.line(svg(f"M{_X + side * x} {y} L{_X + side * tip[0]} {tip[1]}"), "#7a3a30", 4.2)
                picture.line(svg(f"M{_X + side * x} {y} L{_X + side * tip[0]} {tip[1]}"), "#f0cf8c", 2.4)
            if previous is not None:
                picture.line(svg(f"M{_X + side * previous[0]} {previous[1]} L{_X + side * x} {y}"), "#7a3a30", 6)
                picture.line(svg(f"M{_X + side * previous[0]} {previous[1]} L{_X + side * x} {y}"), "#f6dfa2", 3.4)
            previous = (x, y)
    for k in range(9):  # the abdomen, ring over ring
        y = 930 - 31 * k
        wide = 19 + 30 * math.sin(math.pi * (0.14 + 0.72 * k / 9))
        ring = disc(_X, y, wide, 27)
        picture.shade(
            ring,
            linear(
                (_X - wide, y),
                (_X + wide, y),
                ((0, "#5a2430"), (0.3, "#e8b884"), (0.46, "#fdf0cc"), (0.7, "#c9805c"), (1, "#4a1c2c")),
            ),
        )
        picture.line(svg(f"M{_X - wide * 0.94} {y + 8} Q{_X} {y + 34} {_X + wide * 0.94} {y + 8}"), "#6b2a3890", 4)
    rng = np.random.default_rng(12)
    picture.shade(
        disc(_X, 640, 74, 92), radial(_X - 14, 610, 110, ((0, "#fff6dc"), (0.6, "#e6b27c"), (1, "#7a3a3a")))
    )
    for _ in range(900):  # fur
        angle = rng.uniform(0, 2 * math.pi)
        far = rng.uniform(0.1, 1.0) ** 0.5
        x, y = _X + 72 * far * math.sin(angle), 640 - 90 * far * math.cos(angle)
        tall = rng.uniform(14, 30)
        lean = (x - _X) * 0.28
        light = 0.5 + 0.5 * math.cos(angle - 0.4) * far
        colour = ("#8a4a40", "#c98a5e", "#f0cf9a", "#fff4d6")[min(int(light * 4 * rng.uniform(0.7, 1.2)), 3)]
        picture.line(
            svg(f"M{x:.1f} {y:.1f} Q{x + lean * 0.4:.1f} {y + tall * 0.6:.1f} {x + lean:.1f} {y + tall:.1f}"),
            colour + "d0",
            2.2,
        )
    picture.shade(disc(_X, 566, 40, 36), radial(_X - 8, 552, 52, ((0, "#fff6dc"), (0.6, "#d89a6a"), (1, "#6b2f36"))))
    for side in (1, -1):
        x = _X + 27 * side
        picture.fill(disc(x, 560, 17), "#1a0f1c")
        picture.shade(disc(x, 560, 15), radial(x - 4, 553, 18, ((0, "#8a5a78"), (0.5, "#2a1830"), (1, "#0c0612"))))
        picture.fill(disc(x - 4, 554, 3.6), "#ffffff")


def _bezier(points: list[tuple[float, float]], t: float) -> tuple[float, float]:
    u = 1 - t
    weight = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
    x = sum(w * p[0] for w, p in zip(weight, points, strict=True))
    y = sum(w * p[1] for w, p in zip(weight, points, strict=True))
    return x, y

"""Demo art for lenses: one harbour by day, at dusk and at night, the same to the pixel but for its light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from assets.card_outline import svg
from assets.generators.card_art import Picture, Pixels, Stops, clouds, disc, grained, linear, polygon, radial

_WIDTH: Final = 1100
_HEIGHT: Final = 1500
_SEA: Final = 930.0  # the horizon
_SHORE: Final = 1190.0
_LAMP: Final = (842.0, 560.0)


@dataclass(frozen=True, kw_only=True)
class Hour:
    """The light of one picture."""

    sky: Stops
    sun: tuple[float, float, float, str]  # x, y, radius, colour
    halo: str
    cloud: str
    far: str
    hill: tuple[str, str]
    sea: Stops
    glint: str
    lit: float  # of the faces of houses
    tint: str  # what the light multiplies colours with
    windows: str
    lamps: bool
    stars: bool


HOURS: Final = {
    "day": Hour(
        sky=((0, "#2f86c9"), (0.35, "#76b9e0"), (0.62, "#d9eef2")),
        sun=(258, 250, 62, "#fffbe6"),
        halo="#6f8fa8",
        cloud="#ffffff",
        far="#8fb6cc",
        hill=("#7fa668", "#4d7d54"),
        sea=((0, "#7cc0d4"), (0.3, "#3f97bd"), (1, "#1c5f8e")),
        glint="#ffffff",
        lit=1.0,
        tint="#ffffff",
        windows="#4a6a80",
        lamps=False,
        stars=False,
    ),
    "dusk": Hour(
        sky=((0, "#3a2f6e"), (0.26, "#8a4a86"), (0.45, "#e8776a"), (0.62, "#ffc98a")),
        sun=(330, 846, 88, "#fff0c4"),
        halo="#b8603a",
        cloud="#ff9c86",
        far="#a0607e",
        hill=("#7a4c6c", "#452f5c"),
        sea=((0, "#ffb27a"), (0.25, "#c9607a"), (1, "#3a2a63")),
        glint="#ffe6b0",
        lit=0.85,
        tint="#f0a49a",
        windows="#ffd98a",
        lamps=False,
        stars=False,
    ),
    "night": Hour(
        sky=((0, "#050a20"), (0.35, "#10224a"), (0.62, "#2c4a78")),
        sun=(258, 250, 54, "#f3f0dc"),
        halo="#2a4478",
        cloud="#32507f",
        far="#1c3158",
        hill=("#16294a", "#0c1a36"),
        sea=((0, "#2f4f80"), (0.3, "#16305c"), (1, "#081530")),
        glint="#dfe8ff",
        lit=0.5,
        tint="#5a74ac",
        windows="#ffd27a",
        lamps=True,
        stars=True,
    ),
}


def frame(name: str) -> Pixels:
    """The harbour at that hour: "day", "dusk" or "night"."""
    hour = HOURS[name]
    picture = Picture(_WIDTH, _HEIGHT)
    _sky(picture, hour)
    _sea(picture, hour)
    _headland(picture, hour)
    _town(picture, hour)
    _tower(picture, hour)
    _boats(picture, hour)
    if hour.lamps:
        _beam(picture)
    return grained(picture.pixels(), 9, 1.4)


def _tinted(colour: str, hour: Hour, shade: float = 1.0) -> str:
    one = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    two = [int(hour.tint[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{min(round(a * b / 255 * shade), 255):02x}" for a, b in zip(one, two, strict=True))


def _sky(picture: Picture, hour: Hour) -> None:
    picture.shade(picture.everything(), linear((0, 0), (0, _HEIGHT), hour.sky))
    if hour.stars:
        rng = np.random.default_rng(2)
        for _ in range(300):
            x, y = rng.uniform(0, _WIDTH), 900 * rng.uniform() ** 1.3
            alpha = round(230 * (1 - y / 940) * rng.uniform(0.3, 1))
            picture.fill(disc(x, y, 0.8 + 1.8 * rng.uniform() ** 7), f"#fff8e0{alpha:02x}")
    x, y, radius, colour = hour.sun
    picture.glow(x, y, radius * 8, ((0, hour.halo), (1, "#000000")))
    noise = clouds(4, (_HEIGHT, _WIDTH), (0.09, 0.36))
    down = np.linspace(0, 1, _HEIGHT)[:, None]
    band = np.exp(-(((down - 0.30) / 0.13) ** 2)) + 0.8 * np.exp(-(((down - 0.5) / 0.05) ** 2))
    body = np.clip((noise - 0.52) * 3, 0, 1) * np.clip(band, 0, 1)
    picture.spread(body * 0.85, hour.cloud)
    under = np.clip(np.roll(noise, -16, axis=0) - noise, 0, 1) * 3
    picture.spread(np.clip(under, 0, 1) * body * 0.5, hour.far)
    picture.glow(x, y, radius * 2.6, ((0, colour), (0.3, hour.halo), (1, "#000000")))
    picture.fill(disc(x, y, radius), colour, blur=1.0)
    if hour.stars:
        for dx, dy, r in ((-14, -10, 11), (16, 8, 8), (-4, 20, 6), (20, -18, 5)):
            picture.fill(disc(x + dx, y + dy, r), "#c9c8b890", blur=1.5)


def _sea(picture: Picture, hour: Hour) -> None:
    hills = [(x, _SEA - 34 - 30 * math.sin(x / 170) - 18 * math.sin(x / 61 + 1)) for x in range(-10, 700, 10)]
    picture.fill(polygon([(-10, _SEA + 4), *hills, (700, _SEA + 4)]), hour.far)
    water = polygon([(0, _SEA), (_WIDTH, _SEA), (_WIDTH, _HEIGHT), (0, _HEIGHT)])
    picture.shade(water, linear((0, _SEA), (0, _HEIGHT), hour.sea))
    rng = np.random.default_rng(14)
    for _ in range(420):
        depth = rng.uniform() ** 1.6
        y = _SEA + 6 + depth * (_HEIGHT - _SEA)
        off = rng.normal(0, 26 + 150 * depth)
        wide = (10 + 90 * depth) * rng.uniform(0.4, 1)
        alpha = round(190 * math.exp(-abs(off) / (60 + 120 * depth)) * rng.uniform(0.4, 1))
        x = hour.sun[0] + off
        picture.fill(disc(x, y, wide, 1.2 + 3.4 * depth), f"{hour.glint}{alpha:02x}")
    for _ in range(160):
        depth = rng.uniform() ** 1.4
        y = _SEA + 8 + depth * (_HEIGHT - _SEA)
        picture.fill(disc(rng.uniform(0, _WIDTH), y, 20 + 110 * depth, 1 + 2.4 * depth), "#0a204026")


def _headland(picture: Picture, hour: Hour) -> None:
    light, dark = hour.hill
    ridge = (
        "M430 1010 C520 960 560 890 640 850 C720 800 780 770 850 764 C930 760 1010 "
        "790 1110 740 L1110 1260 L380 1210 C380 1130 370 1060 430 1010 Z"
    )
    picture.shade(svg(ridge), linear((480, 780), (900, 1220), ((0, light), (0.55, dark), (1, dark))))
    rng = np.random.default_rng(6)
    for _ in range(240):
        x = rng.uniform(520, 1095)
        top = 1010 - 0.62 * (x - 430) if x < 760 else 790
        y = top + 40 + rng.uniform(0, 1) * 240
        size = rng.uniform(9, 22)
        picture.shade(
            disc(x, y, size, size * 0.85), radial(x - size * 0.4, y - size * 0.4, size * 1.5, ((0, light), (1, dark)))
        )
    quay = polygon([(300, _SHORE), (_WIDTH, _SHORE - 34), (_WIDTH, _SHORE + 84), (300, _SHORE + 60)])
    picture.shade(
        quay,
        linear((0, _SHORE - 20), (0, _SHORE + 80), ((0, _tinted("#b9a58c", hour)), (1, _tinted("#5a4c46", hour)))),
    )
    for k in range(16):
        x = 320 + 50 * k
        picture.line(
            svg(f"M{x} {_SHORE + 2 - k * 1.4} L{x} {_SHORE + 62 + k * 1.1}"), _tinted("#4a3e3a", hour) + "90", 2
        )
    picture.line(svg(f"M300 {_SHORE} L{_WIDTH} {_SHORE - 34}"), _tinted("#f0e2c8", hour), 4)


def _town(picture: Picture, hour: Hour) -> None:
    walls = ("#e8d3b0", "#d98a6a", "#f0e6d2", "#b5c4c0", "#e3b25e", "#c9705e", "#dcdcd0", "#8fa6b0")
    roofs = ("#a5493a", "#7c3a3a", "#5a5a6a", "#b8603e")
    rng = np.random.default_rng(21)
    for row in range(5):
        base = 930 + row * 62
        left = 640 - row * 62
        x = left + rng.uniform(-20, 20)
        while x < 1110:
            wide, tall = rng.uniform(58, 92), rng.uniform(62, 104)
            foot = base + (x - left) * -0.10 + rng.normal(0, 6)
            _house(picture, hour, (x, foot, wide, tall), walls[rng.integers(8)], roofs[rng.integers(4)], rng)
            x += wide + rng.uniform(-4, 16)


def _house(
    picture: Picture,
    hour: Hour,
    place: tuple[float, float, float, float],
    wall: str,
    roof: str,
    rng: np.random.Generator,
) -> None:
    x, foot, wide, tall = place
    side = wide * 0.3
    top = foot - tall
    ridge = top - wide * 0.34
    front = polygon([(x, foot), (x, top), (x + wide - side, top), (x + wide - side, foot)])
    gable = polygon([(x, top), (x + (wide - side) / 2, ridge), (x + wide - side, top)])
    flank = polygon([(x + wide - side, foot), (x + wide - side, top), (x + wide, top + 6), (x + wide, foot - 6)])
    slope = polygon(
        [
            (x + (wide - side) / 2, ridge),
            (x + wide - side / 2, ridge + 5),
            (x + wide + 4, top + 9),
            (x + wide - side, top),
        ]
    )
    bright = _tinted(wall, hour, 0.55 + 0.5 * hour.lit)
    picture.shade(front, linear((0, top), (0, foot), ((0, bright), (1, _tinted(wall, hour, 0.72)))))
    picture.fill(gable, bright)
    picture.fill(flank, _tinted(wall, hour, 0.55))
    picture.fill(slope, _tinted(roof, hour, 0.8))
    picture.line(
        svg(f"M{x - 4} {top + 3} L{x + (wide - side) / 2} {ridge} L{x + wide - side} {top}"),
        _tinted(roof, hour, 1.1),
        5,
    )
    dark_wall = _tinted("#3a4450", hour)
    for column in range(2):
        for floor in range(max(int(tall // 36), 1)):
            wx = x + (wide - side) * (0.2 + 0.42 * column)
            wy = top + 12 + 34 * floor
            on = rng.uniform() < 0.72
            glass = hour.windows if (on or hour.windows == "#4a6a80") else dark_wall
            window = polygon([(wx, wy), (wx + 12, wy), (wx + 12, wy + 18), (wx, wy + 18)])
            if on and hour.windows != "#4a6a80":
                picture.shade(
                    disc(wx + 6, wy + 9, 34), radial(wx + 6, wy + 9, 34, ((0, "#ffb85070"), (1, "#ffb85000")))
                )
            picture.fill(window, glass)
            picture.line(
                svg(f"M{wx + 6} {wy} L{wx + 6} {wy + 18} M{wx} {wy + 9} L{wx + 12} {wy + 9}"),
                _tinted("#f4ece0", hour),
                1.2,
            )
            picture.line(window, _tinted("#f4ece0", hour), 1.6)


def _tower(picture: Picture, hour: Hour) -> None:
    x, y = _LAMP
    body = svg(f"M{x - 30} {y + 26} L{x + 30} {y + 26} L{x + 46} {y + 236} L{x - 46} {y + 236} Z")
    white, red = _tinted("#f6f0e4", hour), _tinted("#c04438", hour)
    picture.shade(body, linear((x - 46, 0), (x + 46, 0), ((0, white), (0.4, white), (1, _tinted("#a59a98", hour)))))
    picture.canvas.save()
    picture.canvas.clipPath(body, doAntiAlias=True)
    for k in range(3):
        top = y + 62 + 68 * k
        band = svg(
            f"M{x - 60} {top} Q{x} {top + 12} {x + 60} {top} L{x + 60} "
            f"{top + 32} Q{x} {top + 44} {x - 60} {top + 32} Z"
        )
        picture.shade(band, linear((x - 46, 0), (x + 46, 0), ((0, red), (0.4, red), (1, _tinted("#6a2428", hour)))))
    picture.canvas.restore()
    picture.fill(
        polygon([(x - 42, y + 16), (x + 42, y + 16), (x + 38, y + 30), (x - 38, y + 30)]), _tinted("#3a3a48", hour)
    )
    glass = polygon([(x - 20, y - 26), (x + 20, y - 26), (x + 22, y + 16), (x - 22, y + 16)])
    picture.fill(glass, "#fff2b8" if hour.lamps else hour.windows if hour.lit < 1 else _tinted("#b9d4dc", hour))
    picture.line(
        svg(f"M{x - 8} {y - 26} L{x - 8} {y + 16} M{x + 8} {y - 26} L{x + 8} {y + 16}"), _tinted("#3a3a48", hour), 2.4
    )
    picture.fill(svg(f"M{x - 28} {y - 24} Q{x} {y - 70} {x + 28} {y - 24} Z"), red)
    picture.line(svg(f"M{x} {y - 50} L{x} {y - 82}"), _tinted("#3a3a48", hour), 3)


def _boats(picture: Picture, hour: Hour) -> None:
    for x, y, size, sail in ((196, 1110, 1.0, "#f4ead6"), (420, 1330, 1.55, "#e8b45e"), (92, 1000, 0.55, "#e9dcc8")):
        hull = svg(
            f"M{x - 62 * size} {y} Q{x} {y + 10 * size} {x + 66 * size} {y - 6 * size} "
            f"L{x + 46 * size} {y + 30 * size} "
            f"Q{x} {y + 38 * size} {x - 42 * size} {y + 30 * size} Z"
        )
        mast = f"M{x} {y + 4 * size} L{x} {y - 138 * size}"
        main = svg(
            f"M{x + 5 * size} {y - 132 * size} Q{x + 66 * size} {y - 60 * size} {x + 58 * size} {y - 14 * size} "
            f"L{x + 5 * size} {y - 8 * size} Z"
        )
        jib = svg(
            f"M{x - 5 * size} {y - 120 * size} Q{x - 44 * size} {y - 50 * size} {x - 52 * size} {y - 10 * size} "
            f"L{x - 5 * size} {y - 10 * size} Z"
        )
        picture.fill(disc(x, y + 40 * size, 70 * size, 8 * size), "#06142c80", blur=5 * size)
        picture.shade(
            main, linear((x, 0), (x + 62 * size, 0), ((0, _tinted(sail, hour, 0.78)), (1, _tinted(sail, hour, 1.05))))
        )
        picture.shade(
            jib, linear((x - 52 * size, 0), (x, 0), ((0, _tinted(sail, hour, 1.05)), (1, _tinted(sail, hour, 0.7))))
        )
        picture.line(svg(mast), _tinted("#5a4232", hour), 4 * size)
        picture.shade(
            hull, linear((0, y), (0, y + 36 * size), ((0, _tinted("#a8503c", hour)), (1, _tinted("#4a2630", hour))))
        )
        picture.line(
            svg(f"M{x - 60 * size} {y + 1} Q{x} {y + 11 * size} {x + 65 * size} {y - 5 * size}"),
            _tinted("#f4ead6", hour),
            3 * size,
        )
        if hour.lamps:
            picture.shade(
                disc(x, y - 20 * size, 60 * size),
                radial(x, y - 20 * size, 60 * size, ((0, "#ffcf70c0"), (1, "#ffb04000"))),
            )
            picture.fill(disc(x, y - 20 * size, 4 * size), "#fff4cc")


def _beam(picture: Picture) -> None:
    x, y = _LAMP
    for end, wide, strong in ((-560, 150, "c0"), (520, 130, "90")):
        beam = polygon([(x, y - 12), (x + end, y - 40 - wide), (x + end, y - 40 + wide * 0.5), (x, y + 6)])
        picture.shade(
            beam,
            linear((x, y), (x + end, y - 60), ((0, f"#fff0b8{strong}"), (1, "#fff0b800"))),
            blur=5,
            blend="kScreen",
        )
    picture.glow(x, y - 4, 210, ((0, "#fff3c4"), (0.16, "#d9a050"), (0.5, "#3a2a20"), (1, "#000000")))
    picture.shade(disc(x, y - 4, 16), radial(x, y - 4, 16, ((0, "#ffffff"), (1, "#fff3c400"))))

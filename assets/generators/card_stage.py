"""Demo art in two layers: a singer on a stage in the light of the lamps, and the show behind her."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon, radial
from assets.generators.card_limbs import edged, joined, limb, smooth

_X = WIDTH / 2
_FLOOR = 1180.0


def lights() -> Pixels:
    """Beams, a ring of lamps, haze, the floor that mirrors them."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        linear(
            (0, 0),
            (0, HEIGHT),
            ((0, "#0d0830"), (0.4, "#2d1470"), (0.72, "#8a2a96"), (0.8, "#2a0f4d"), (1, "#0a0518")),
        ),
    )
    picture.glow(_X, 620, 760, ((0, "#ff9ad5"), (0.4, "#7a3fc8"), (1, "#000000")))
    _ring(picture)
    for k, (x, lean, colour) in enumerate(
        (
            (60, 0.30, "#56d9ff"),
            (270, 0.16, "#ff7ac8"),
            (450, 0.04, "#ffe08a"),
            (650, -0.04, "#ffe08a"),
            (830, -0.16, "#ff7ac8"),
            (1040, -0.30, "#56d9ff"),
        )
    ):
        _beam(picture, x, lean + 0.12 * (-1 if k % 2 else 1), colour, 150)
        _beam(picture, x, lean - 0.34 * (1 if x < _X else -1), ("#9d7bff", "#56d9ff")[k % 2], 84)
        picture.fill(disc(x, 20, 26), "#05030f")
        picture.fill(disc(x, 34, 15), "#ffffff")
        picture.glow(x, 34, 120, ((0, "#ffffff"), (0.2, colour), (1, "#000000")))
    mist = clouds(50, (HEIGHT, WIDTH), (0.12, 0.5))
    y = np.arange(HEIGHT)[:, None]
    picture.spread(np.clip(mist - 0.35, 0, 1) * 0.5 * np.exp(-(((y - 1080) / 220) ** 2)), "#ffc1ee")
    _floor(picture)
    _paper(picture)
    return grained(picture.pixels(), 51, 2.0)


def _ring(picture: Picture) -> None:
    for radius, wide, colour in ((392, 30, "#1a0d45"), (392, 3, "#ff9ad5"), (366, 2, "#8f7bff"), (418, 2, "#8f7bff")):
        picture.line(disc(_X, 620, radius), colour, wide)
    picture.line(disc(_X, 620, 392), "#ff7ac880", 26, blur=16, blend="kScreen")
    for k in range(60):
        angle = 2 * math.pi * k / 60
        place = (_X + 392 * math.cos(angle), 620 + 392 * math.sin(angle))
        picture.fill(disc(*place, 15), "#ff8fd066", blur=8, blend="kScreen")
        picture.fill(disc(*place, 7.5), "#fff3d6")
    for k in range(48):  # rays of a screen within the ring
        angle = 2 * math.pi * k / 48
        for way, tone in ((0.0, "#ffd1f0"), (0.065, "#b08cff")):
            a = angle + way
            near, far = 150, 345
            picture.shade(
                polygon(
                    [
                        (_X + near * math.cos(a), 620 + near * math.sin(a)),
                        (_X + far * math.cos(a - 0.02), 620 + far * math.sin(a - 0.02)),
                        (_X + far * math.cos(a + 0.02), 620 + far * math.sin(a + 0.02)),
                    ]
                ),
                radial(_X, 620, 350, ((0, tone + "80"), (1, tone + "10"))),
                blend="kScreen",
            )


def _beam(picture: Picture, x: float, lean: float, colour: str, wide: float) -> None:
    reach = 1330.0
    foot = x + lean * reach
    for share, strong in ((1.0, "38"), (0.55, "4c"), (0.2, "70")):
        half = wide * share
        shape = polygon([(x - 6, 34), (x + 6, 34), (foot + half, reach), (foot - half, reach)])
        picture.shade(
            shape,
            linear((x, 34), (foot, reach), ((0, colour + strong), (0.5, colour + "28"), (1, colour + "00"))),
            blur=5,
            blend="kScreen",
        )


def _floor(picture: Picture) -> None:
    stage = polygon([(-10, _FLOOR - 60), (WIDTH + 10, _FLOOR - 60), (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)])
    picture.shade(stage, linear((0, _FLOOR - 60), (0, HEIGHT), ((0, "#7a2f9a"), (0.22, "#2a1060"), (1, "#0a0420"))))
    picture.canvas.save()
    picture.canvas.clipPath(stage, doAntiAlias=True)
    for k in range(-16, 17):
        picture.line(polygon([(_X + 34 * k, _FLOOR - 60), (_X + 130 * k, HEIGHT + 10)]), "#c79aff2c", 2)
    for k in range(9):
        y = _FLOOR - 60 + 4.2 * k * k + 6 * k
        picture.line(polygon([(0, y), (WIDTH, y)]), "#c79aff30", 2)
    for radius, strong in ((420, "20"), (300, "38"), (190, "58")):
        picture.fill(disc(_X, _FLOOR + 66, radius, radius * 0.2), "#ffd2f2" + strong, blur=20, blend="kScreen")
    picture.canvas.restore()
    picture.line(polygon([(0, _FLOOR - 60), (WIDTH, _FLOOR - 60)]), "#ffd2f270", 3)


def _paper(picture: Picture) -> None:
    rng = np.random.default_rng(27)
    for _ in range(150):  # streamers in the air
        x, y = rng.uniform(0, WIDTH), rng.uniform(60, 1120)
        size, turn, thin = rng.uniform(5, 15), rng.uniform(0, math.pi), rng.uniform(0.2, 0.6)
        ux, uy = size * math.cos(turn), size * math.sin(turn)
        colour = ("#ffe08a", "#ff9ad5", "#8be4ff", "#ffffff", "#c3a5ff")[rng.integers(5)]
        points = [
            (x + a * ux - b * thin * uy, y + a * uy + b * thin * ux) for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1))
        ]
        picture.fill(polygon(points), f"{colour}{rng.integers(110, 230):02x}")


def singer() -> Pixels:
    """She sings, one arm up; before her the hands of the crowd and their light sticks."""
    picture = Picture()
    parts = _parts()
    whole = joined([path for path, _ in parts])
    picture.fill(whole, "#ffb3e4a0", blur=26)
    picture.fill(disc(_X, 1252, 190, 22), "#0a0420c0", blur=12)
    tones = {
        "skin": ((0.0, "#1d0b3f"), (0.6, "#43206a"), (1.0, "#8a4a96")),
        "hair": ((0.0, "#0e0526"), (0.6, "#25104c"), (1.0, "#5a2a80")),
        "jacket": ((0.0, "#1a0e48"), (0.6, "#3a2a86"), (1.0, "#7d69c8")),
        "skirt": ((0.0, "#3a0c4c"), (0.6, "#7a1f78"), (1.0, "#c04aa4")),
        "boot": ((0.0, "#120a36"), (0.6, "#2f2170"), (1.0, "#6a58b4")),
        "mic": ((0.0, "#07051a"), (1.0, "#3c3466")),
    }
    for path, tone in parts:
        box = path.getBounds()
        picture.fill(path, "#1a063088", blur=7)
        picture.shade(path, linear((box.left(), box.bottom()), (box.right(), box.top()), tones[tone]))
        edged(picture, path, "#fff1ff", (-4.0, 4.5))
        edged(picture, path, "#7fe3ffd8", (5.0, 3.0))
    _details(picture)
    _crowd(picture)
    return grained(picture.pixels(), 52, 1.0)


def _parts() -> list[tuple[Any, str]]:
    back_hair = smooth(
        [
            (548, 404),
            (630, 436),
            (654, 530),
            (668, 640),
            (716, 742),
            (700, 772),
            (636, 744),
            (560, 720),
            (486, 748),
            (404, 772),
            (392, 744),
            (438, 640),
            (446, 530),
            (468, 436),
        ]
    )
    left_leg = limb([(522, 880, 46), (506, 980, 38), (500, 1040, 27)])
    right_leg = limb([(584, 880, 46), (630, 976, 38), (652, 1040, 27)])
    left_boot = joined(
        [limb([(500, 1030, 33), (494, 1100, 35), (488, 1200, 24)]), limb([(486, 1214, 26), (450, 1238, 19)])]
    )
    right_boot = joined(
        [limb([(650, 1030, 33), (674, 1100, 35), (696, 1198, 24)]), limb([(698, 1212, 26), (736, 1236, 19)])]
    )
    skirt = smooth(
        [
            (480, 790),
            (552, 780),
            (626, 790),
            (664, 868),
            (704, 930),
            (640, 926),
            (600, 952),
            (552, 932),
            (504, 952),
            (462, 926),
            (400, 930),
            (442, 868),
        ]
    )
    torso = smooth(
        [
            (484, 590),
            (550, 580),
            (618, 590),
            (640, 650),
            (622, 736),
            (632, 806),
            (552, 820),
            (474, 806),
            (484, 736),
            (462, 650),
        ]
    )
    neck = limb([(552, 540, 24), (552, 586, 25)])
    raised = limb([(624, 616, 34), (704, 540, 30), (756, 452, 27), (774, 360, 25)])
    raised_hand = joined(
        [
            limb([(776, 342, 19), (784, 312, 18)]),
            limb([(778, 310, 8), (764, 268, 6)]),
            limb([(790, 304, 8), (796, 258, 6)]),
        ]
    )
    bent = limb([(482, 616, 34), (430, 690, 31), (414, 738, 29), (452, 690, 26), (500, 598, 22)])
    hand = limb([(504, 592, 20), (516, 566, 18)])
    mic = joined([limb([(496, 606, 10), (524, 536, 11)]), disc(529, 522, 18)])
    face = smooth([(498, 440), (552, 416), (606, 440), (608, 492), (588, 528), (552, 548), (516, 528), (496, 492)])
    fringe = smooth(
        [
            (478, 500),
            (472, 430),
            (508, 388),
            (552, 376),
            (600, 388),
            (632, 430),
            (626, 506),
            (612, 470),
            (588, 446),
            (548, 462),
            (520, 448),
            (496, 470),
        ]
    )
    return [
        (back_hair, "hair"),
        (left_leg, "skin"),
        (right_leg, "skin"),
        (left_boot, "boot"),
        (right_boot, "boot"),
        (neck, "skin"),
        (skirt, "skirt"),
        (torso, "jacket"),
        (raised, "jacket"),
        (raised_hand, "skin"),
        (face, "skin"),
        (fringe, "hair"),
        (bent, "jacket"),
        (mic, "mic"),
        (hand, "skin"),
    ]


def _details(picture: Picture) -> None:
    picture.line(smooth([(550, 600), (546, 700), (552, 800)], closed=False), "#d9c8ff60", 4)
    for x, y in ((566, 650), (566, 694), (566, 738)):
        picture.fill(disc(x, y, 6), "#ffd36b")
    for points in ([(484, 762), (552, 774), (622, 762)], [(440, 900), (552, 914), (664, 900)]):
        picture.line(smooth(points, closed=False), "#ffe9a8", 6)
    for x in (490, 520, 552, 584, 614):
        picture.line(polygon([(x, 800), (x + (x - 552) * 0.72, 916)]), "#8c1f6a70", 4)
    for points in (
        [(500, 416), (470, 520), (458, 640), (424, 730)],
        [(604, 416), (640, 520), (652, 640), (686, 734)],
        [(540, 388), (506, 410), (490, 446)],
        [(566, 388), (600, 410), (616, 446)],
    ):
        picture.line(smooth(points, closed=False), "#ff9ad5a0", 4)


def _crowd(picture: Picture) -> None:
    rng = np.random.default_rng(31)
    for row in range(3):
        tone = ("#2a1058", "#190a3c", "#0b0420")[row]
        for k in range(9 - row):
            x = (k + 0.5) * WIDTH / (9 - row) + rng.normal(0, 18)
            y = 1370 + 46 * row + rng.normal(0, 8)
            size = 38 + 10 * row
            if abs(x - _X) > 70 or row == 2:
                lean = rng.uniform(-36, 36)
                tip = (x + 34 + lean, y - 118 - 16 * row - rng.uniform(0, 40))
                picture.fill(limb([(x + 40, y + 40, 17), (x + 46, y - 30, 13), (*tip, 12)]), tone)
                colour = ("#7fe9ff", "#ff8fd0", "#fff09a", "#c3a5ff")[rng.integers(4)]
                stick = (tip[0] + lean * 0.5, tip[1] - 74)
                picture.line(polygon([tip, stick]), colour + "90", 34, blur=16, blend="kScreen")
                picture.line(polygon([tip, stick]), colour, 13)
                picture.line(polygon([tip, stick]), "#ffffff", 5)
            picture.fill(joined([disc(x, y, size), disc(x, y + size * 2.1, size * 1.7)]), tone)
            edged(picture, disc(x, y, size), "#ff9ad570", (0.0, 5.0))
    picture.fill(polygon([(0, 1488), (WIDTH, 1488), (WIDTH, HEIGHT), (0, HEIGHT)]), "#0b0420")

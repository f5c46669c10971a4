"""Demo art in two layers: a lady in silhouette with the night in her, before a sun among plum blossom."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import skia

from assets.card_outline import svg
from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon
from assets.generators.card_limbs import edged, joined, limb, smooth

_SUN = (560.0, 600.0)
_FACE = (
    "M690 360 C724 392 742 432 745 472 C746 490 742 504 742 516 C746 538 774 572 788 598 C794 610 786 620 770 624 "
    "C762 627 758 632 760 640 C764 650 774 656 776 666 C777 674 768 680 762 684 C768 690 774 698 770 708 "
    "C766 717 754 722 752 734 C751 744 760 752 758 768 C754 796 728 810 700 808 C668 806 640 800 622 796 "
    "C606 830 604 880 614 922 C622 956 668 986 730 1008 C812 1038 878 1084 908 1150 C930 1204 940 1300 944 1510 "
    "L150 1510 C152 1330 168 1220 204 1150 C240 1084 318 1044 382 1004 C424 976 440 930 436 872 C434 836 428 812 "
    "414 780 C372 700 352 610 362 520 C376 398 468 318 572 318 C620 318 662 334 690 360 Z"
)
_HAIR = (
    "M690 360 C712 380 726 404 732 428 C700 424 668 432 644 452 C612 478 604 520 600 560 C598 596 590 630 566 656 "
    "C560 700 540 760 500 812 C480 836 452 846 432 842 C428 820 422 800 414 780 C372 700 352 610 362 520 "
    "C376 398 468 318 572 318 C620 318 662 334 690 360 Z"
)


def blossom() -> Pixels:
    """A pale sky, a large sun, branches in flower."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        linear((0, 0), (0, HEIGHT), ((0, "#f3d9c0"), (0.4, "#f4bfa4"), (0.75, "#d98a8a"), (1, "#8f5670"))),
    )
    haze = clouds(81, (HEIGHT, WIDTH), (0.07, 0.6))
    picture.spread(np.clip(haze - 0.45, 0, 1) * 0.75, "#fff1dc")
    picture.glow(*_SUN, 720, ((0, "#f0a070"), (0.5, "#804030"), (1, "#000000")))
    picture.shade(disc(*_SUN, 400), linear((0, 200), (0, 1000), ((0, "#e8503c"), (0.55, "#f08a58"), (1, "#f9cf9c"))))
    for radius, wide in ((420, 3.0), (434, 1.4)):
        picture.line(disc(*_SUN, radius), "#b8423aa0", wide)
    for k in range(5):  # hills far away
        y = 1080 + 78 * k
        rng = np.random.default_rng(90 + k)
        crest = [
            (x, y + 40 * math.sin(x / (150 + 22 * k) + 2.1 * k) + rng.normal(0, 5))
            for x in range(-60, WIDTH + 90, 60)
        ]
        hill = smooth([(-80, HEIGHT + 60), *crest, (WIDTH + 80, HEIGHT + 60)])
        tone = ("#d08a8e", "#b8747f", "#96586f", "#713f5f", "#4c2a4e")[k]
        picture.shade(hill, linear((0, y - 50), (0, y + 170), ((0, tone), (1, "#f0c0a8"))))
    _branch(picture, [(1130, 210), (960, 236), (820, 190), (700, 196), (560, 140), (430, 150)], 20, 83)
    _branch(picture, [(960, 236), (900, 320), (884, 420), (930, 500)], 11, 84)
    _branch(picture, [(-30, 980), (80, 900), (120, 790), (210, 720), (232, 610)], 17, 85)
    _branch(picture, [(120, 790), (60, 700), (72, 600)], 9, 86)
    rng = np.random.default_rng(87)
    for _ in range(40):
        _petal(
            picture, rng.uniform(0, WIDTH), rng.uniform(250, 1350), rng.uniform(8, 15), rng.uniform(0, 6.3), "#fff3ee"
        )
    return grained(picture.pixels(), 82, 2.0)


def _branch(picture: Picture, points: list[tuple[float, float]], thick: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints = [(x, y, thick * (1 - 0.75 * k / (len(points) - 1)) * 0.6) for k, (x, y) in enumerate(points)]
    wood = limb(joints)
    picture.fill(wood, "#3a1c2c")
    edged(picture, wood, "#8a4a4c", (0.0, 3.5))
    for one, two in pairwise(points):
        for _ in range(5):
            t = rng.uniform()
            x, y = one[0] + (two[0] - one[0]) * t, one[1] + (two[1] - one[1]) * t
            turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(10, 58)
            bx, by = x + far * math.cos(turn), y + far * math.sin(turn)
            picture.line(svg(f"M{x} {y} L{bx} {by}"), "#3a1c2c", 4)
            if rng.uniform() < 0.3:
                picture.fill(disc(bx, by, 9), "#c93a52")
                picture.fill(disc(bx - 2, by - 3, 4), "#ff9aa0")
            else:
                _flower(picture, bx, by, rng.uniform(21, 34), turn)


def _petal(picture: Picture, x: float, y: float, size: float, turn: float, colour: str) -> None:
    picture.canvas.save()
    picture.canvas.translate(x, y)
    picture.canvas.rotate(math.degrees(turn))
    picture.fill(
        svg(
            f"M0 0 C{size * 0.8} {-size * 0.3} {size * 0.8} {-size} 0 {-size * 1.1} "
            f"C{-size * 0.8} {-size} {-size * 0.8} {-size * 0.3} 0 0 Z"
        ),
        colour,
    )
    picture.canvas.restore()


def _flower(picture: Picture, x: float, y: float, size: float, turn: float) -> None:
    for grow, colour in ((1.1, "#b8424e60"), (1.0, "#fff0ec")):
        for k in range(5):
            _petal(picture, x, y, size * grow, turn + 2 * math.pi * k / 5, colour)
    picture.fill(disc(x, y, size * 0.42), "#ff9aa480", blur=4)
    for k in range(9):
        angle = turn + 2 * math.pi * k / 9
        far = size * (0.5 if k % 2 else 0.64)
        tip = (x + far * math.cos(angle), y + far * math.sin(angle))
        picture.line(svg(f"M{x} {y} L{tip[0]} {tip[1]}"), "#c93a52", 1.6)
        picture.fill(disc(*tip, 2.4), "#f6b32f")


def lady() -> Pixels:
    """Her profile, filled with a night of mountains; hair, pin and collar are drawn on it."""
    picture = Picture()
    face, hair = svg(_FACE), svg(_HAIR)
    bun = joined([disc(352, 742, 92), disc(402, 700, 66)])
    whole = joined([face, bun])
    picture.fill(whole, "#3a1030a0", blur=22)
    picture.canvas.save()
    picture.canvas.clipPath(whole, doAntiAlias=True)
    _night(picture)
    picture.canvas.restore()
    picture.shade(
        skia.Op(joined([hair, bun]), whole, skia.PathOp.kIntersect_PathOp),
        linear((360, 300), (700, 860), ((0, "#0b0a2e"), (1, "#0b0a2ed0"))),
    )
    _strands(picture, joined([hair, bun]))
    _pin(picture)
    _collar(picture, face)
    edged(picture, whole, "#ffd9a8e0", (-5.0, 4.0))
    picture.line(hair, "#f3c98a50", 2)
    return grained(picture.pixels(), 88, 1.0)


def _night(picture: Picture) -> None:
    picture.shade(
        picture.everything(),
        linear(
            (0, 320),
            (0, 1500),
            ((0, "#0c0b34"), (0.3, "#23206e"), (0.55, "#6a3f9c"), (0.72, "#d0688f"), (1, "#f4a878")),
        ),
    )
    veil = clouds(89, (HEIGHT, WIDTH), (0.14, 0.22), 6)
    picture.spread(np.clip(veil - 0.5, 0, 1) * 0.9, "#7fb4ff", blend="kScreen")
    rng = np.random.default_rng(91)
    for _ in range(420):
        x, y = rng.uniform(150, 950), rng.uniform(320, 1120)
        picture.fill(disc(x, y, 0.9 + 2.6 * rng.uniform() ** 6), f"#fff6dc{rng.integers(90, 250):02x}")
    moon = skia.Op(disc(664, 640, 44), disc(682, 628, 38), skia.PathOp.kDifference_PathOp)
    picture.glow(656, 646, 120, ((0, "#fff0c080"), (1, "#00000000")))
    picture.fill(moon, "#fff3cf")
    for k, (y, tone) in enumerate(((1130, "#7a4a96"), (1210, "#54327e"), (1300, "#331f62"), (1400, "#1a1140"))):
        steps = np.random.default_rng(95 + k)
        ridge = [
            (float(x), y + steps.uniform(-64, 46) - 60 * math.sin(x / 190 + k)) for x in range(-20, WIDTH + 80, 46)
        ]
        picture.shade(
            polygon([(-20, HEIGHT + 20), *ridge, (WIDTH + 80, HEIGHT + 20)]),
            linear((0, y - 110), (0, y + 170), ((0, tone), (1, "#f0a088" if k < 2 else tone))),
        )


def _strands(picture: Picture, hair: Any) -> None:
    picture.canvas.save()
    picture.canvas.clipPath(hair, doAntiAlias=True)
    for k in range(15):
        t = k / 14
        path = svg(
            f"M{722 - 40 * t:.0f} {424 - 92 * t:.0f} C{600 - 120 * t:.0f} {400 - 60 * t:.0f} "
            f"{520 - 160 * t:.0f} {480 + 20 * t:.0f} "
            f"{470 - 90 * t:.0f} {640 + 20 * t:.0f} C{450 - 60 * t:.0f} {700} {430 - 30 * t:.0f} {720} {400} {742}"
        )
        picture.line(path, "#8f9bff38" if k % 3 else "#ffd9a870", 2.4)
    for k in range(7):
        picture.line(disc(348 + 2 * k, 742 - k, 84 - 12 * k), "#8f9bff40" if k % 2 else "#ffd9a860", 2.4)
    picture.canvas.restore()


def _pin(picture: Picture) -> None:
    bar = limb([(226, 668, 8), (486, 812, 6)])
    picture.fill(bar, "#05041ac0", blur=6)
    picture.shade(
        bar, linear((226, 668), (486, 812), ((0, "#fff0b8"), (0.4, "#d9a441"), (0.7, "#fff0b8"), (1, "#8a5f1e")))
    )
    for k in range(5):
        _petal(picture, 222, 666, 36, 2 * math.pi * k / 5, "#3a1030")
        _petal(picture, 222, 666, 31, 2 * math.pi * k / 5, "#e8504c")
    picture.fill(disc(222, 666, 11), "#fff0b8")
    for k, (x, long) in enumerate(((206, 74), (224, 96), (242, 66))):
        for step in range(0, long, 15):
            picture.fill(disc(x, 706 + step, 4.6), ("#fff0b8", "#e8504c", "#7fd0c0")[(k + step // 15) % 3])


def _collar(picture: Picture, face: Any) -> None:
    picture.canvas.save()
    picture.canvas.clipPath(face, doAntiAlias=True)
    for d in (
        "M428 962 C480 1050 560 1120 650 1190",
        "M636 962 C618 1046 596 1104 556 1166 C516 1230 470 1340 456 1510",
    ):
        for colour, wide in (("#2a1048", 58), ("#fff4ea", 38), ("#e8d4dc", 3)):
            picture.line(svg(d), colour, wide)
    picture.canvas.restore()

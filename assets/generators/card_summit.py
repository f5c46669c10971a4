"""Demo art in three layers: a dawn sky, a range in the first light, a wanderer on a spur before it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from assets.card_outline import svg
from assets.generators.card_art import (
    HEIGHT,
    WIDTH,
    Picture,
    Pixels,
    Points,
    clouds,
    disc,
    grained,
    linear,
    polygon,
    radial,
)

_SUN = (742.0, 726.0)


def sky() -> Pixels:
    """Night giving way to dawn, with the sun behind where the range will be."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        linear(
            (0, 0),
            (0, HEIGHT),
            (
                (0, "#0b1230"),
                (0.2, "#1d2c5e"),
                (0.36, "#4f4a86"),
                (0.46, "#b0668a"),
                (0.54, "#f0a07a"),
                (0.62, "#ffd9a0"),
            ),
        ),
    )
    _stars(picture)
    picture.glow(*_SUN, 900, ((0, "#ffcf8a"), (0.22, "#e58a5a"), (0.5, "#6a3050"), (1, "#000000")))
    _clouds(picture)
    picture.glow(*_SUN, 330, ((0, "#fff2cc"), (0.35, "#ffb870"), (1, "#000000")))
    picture.fill(disc(*_SUN, 82), "#fff6dc", blur=1.2)
    picture.glow(*_SUN, 170, ((0, "#ffffff"), (0.5, "#ffcc80"), (1, "#000000")))
    return grained(picture.pixels(), 3, 1.5)


def _stars(picture: Picture) -> None:
    rng = np.random.default_rng(11)
    for _ in range(260):
        x, y = rng.uniform(0, WIDTH), 620 * rng.uniform(0, 1) ** 1.7
        size = 0.7 + 1.7 * rng.uniform() ** 6
        alpha = round(235 * (1 - y / 640) * rng.uniform(0.35, 1))
        picture.fill(disc(x, y, size), f"#f4f0ff{alpha:02x}")
    for x, y, size in ((176, 128, 15), (868, 96, 11), (508, 246, 9), (968, 318, 8)):
        picture.glow(x, y, size * 1.8, ((0, "#5a6fd0"), (0.4, "#232f70"), (1, "#000000")))
        picture.fill(_spark(x, y, size), "#ffffff")


def _spark(x: float, y: float, size: float) -> object:
    return polygon(
        [
            (
                x + (size if k % 2 == 0 else 0.13 * size) * np.sin(k * np.pi / 4),
                y - (size if k % 2 == 0 else 0.13 * size) * np.cos(k * np.pi / 4),
            )
            for k in range(8)
        ]
    )


def _clouds(picture: Picture) -> None:
    y = np.linspace(0, 1, HEIGHT)[:, None]
    for seed, at, wide, colour, strong in (
        (5, 0.30, 0.09, "#6b5f9e", 0.55),
        (8, 0.40, 0.06, "#e08a86", 0.75),
        (9, 0.452, 0.035, "#ffd0a0", 0.8),
    ):
        noise = clouds(seed, (HEIGHT, WIDTH), (0.035, 0.42))
        band = np.exp(-(((y - at) / wide) ** 2))
        picture.spread(np.clip((noise - 0.52) * 2.4, 0, 1) * band * strong, colour)
        # The sun is below them: their lower edges are lit.
        lit = np.clip(noise - np.roll(noise, -9, axis=0), 0, 1) * 6
        picture.spread(np.clip(lit, 0, 1) * np.clip((noise - 0.5) * 3, 0, 1) * band * strong * 0.7, "#ffe3b8")


def peaks() -> Pixels:
    """Four ranges, each nearer one darker; the light comes from the right and leaves the left faces blue."""
    picture = Picture()
    _range(picture, 31, 800, 150, ("#a987a6", "#d9a3a0"), "#e9c2b4", snow=False)
    _mist(picture, 850, 120, "#f6c7a4", 0.65)
    _massif(picture)
    _mist(picture, 1090, 130, "#f1b59a", 0.6)
    _range(picture, 57, 1045, 150, ("#3d3f71", "#6d5a86"), "#8a6d92", snow=False)
    _mist(picture, 1180, 110, "#c58b93", 0.5)
    _range(picture, 73, 1165, 120, ("#262a55", "#3f3a69"), "#5a4a78", snow=False)
    _forest(picture, 1268, "#161c3d", 19)
    _mist(picture, 1330, 90, "#6c5680", 0.5)
    _forest(picture, 1370, "#10152f", 23)
    picture.fill(polygon([(0, 1400), (WIDTH, 1400), (WIDTH, HEIGHT), (0, HEIGHT)]), "#0d1128")
    return grained(picture.pixels(), 4, 1.7)


def _ridge(left: tuple[float, float], right: tuple[float, float], seed: int, rough: float, depth: int = 6) -> Points:
    """A broken line between two points by midpoint displacement (Fournier, Fussell & Carpenter 1982)."""
    rng = np.random.default_rng(seed)
    points = [left, right]
    for _ in range(depth):
        fine: list[tuple[float, float]] = []
        for one, two in pairwise(points):
            wide = abs(two[0] - one[0]) + 0.4 * abs(two[1] - one[1])
            middle = (
                (one[0] + two[0]) / 2 + rng.normal(0, 0.05) * wide,
                (one[1] + two[1]) / 2 + rng.normal(0, rough) * wide,
            )
            fine += [one, middle]
        points = [*fine, points[-1]]
    return points


def _range(
    picture: Picture, seed: int, base: float, high: float, faces: tuple[str, str], edge: str, *, snow: bool
) -> None:
    """A chain of summits: for each a dark left face and a lit right one, meeting along a broken crest."""
    rng = np.random.default_rng(seed)
    x = -120.0
    while x < WIDTH + 120:
        tall = high * rng.uniform(0.55, 1.0)
        half = tall * rng.uniform(1.2, 2.0)
        _mountain(picture, (x, base - tall), half, base + 260, int(rng.integers(1 << 30)), faces, edge, snow=snow)
        x += half * rng.uniform(0.75, 1.1)


def _massif(picture: Picture) -> None:
    faces = ("#454a80", "#b9838f")
    for seed, x, y, half in ((101, 210, 700, 330), (103, 930, 760, 300), (105, 720, 800, 240), (107, 455, 520, 430)):
        _mountain(picture, (x, y), half, 1260, seed, faces, "#ffd9b4", snow=True)


def _mountain(
    picture: Picture,
    top: tuple[float, float],
    half: float,
    foot: float,
    seed: int,
    faces: tuple[str, str],
    edge: str,
    *,
    snow: bool,
) -> None:
    x, y = top
    drop = foot - y
    left = _ridge(top, (x - half * 1.25, foot), seed, 0.05)
    right = _ridge(top, (x + half * 1.2, foot), seed + 1, 0.05)
    crest = _ridge(top, (x + half * 0.12, foot), seed + 2, 0.10)
    shadow, light = faces
    picture.shade(
        polygon([*left, (x, foot), *reversed(crest)]), linear((0, y), (0, foot), ((0, shadow), (1, shadow)))
    )
    picture.shade(
        polygon([*crest, *reversed(right)]),
        linear((x, y), (x + half, y + drop * 0.7), ((0, edge), (0.35, light), (1, shadow))),
    )
    rng = np.random.default_rng(seed + 3)
    for way in (1, -1):
        for _ in range(7):  # spurs: slivers of light on the dark face, of shade on the lit one
            start = crest[int(rng.uniform(0.08, 0.75) * len(crest))]
            reach = rng.uniform(0.18, 0.5) * half
            end = (start[0] + way * reach, start[1] + reach * rng.uniform(1.0, 1.7))
            inside = _ridge(start, end, int(rng.integers(1 << 30)), 0.12, 4)
            back = (start[0] + way * reach * 0.25, end[1] + 40)
            colour = f"{shadow}8c" if way > 0 else f"{light}46"
            picture.fill(polygon([*inside, back]), colour)
    if snow:
        _snow(picture, top, half, left, right, crest, seed)


def _snow(
    picture: Picture, top: tuple[float, float], half: float, left: Points, right: Points, crest: Points, seed: int
) -> None:
    """The cap: each face down to a line of tongues."""
    x, y = top
    line = y + 0.62 * half
    rng = np.random.default_rng(seed + 9)

    def above(points: Points) -> list[tuple[float, float]]:
        return [point for point in points if point[1] <= line]

    def tongues(start: tuple[float, float], end: tuple[float, float], count: int) -> list[tuple[float, float]]:
        out = []
        for k in range(1, 2 * count):
            t = k / (2 * count)
            down = (rng.uniform(0.03, 0.17) if k % 2 else -rng.uniform(0.0, 0.1)) * half
            out.append((start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t + down))
        return out

    cap_left, cap_right, middle = above(left), above(right), above(crest)
    if min(len(cap_left), len(cap_right), len(middle)) < 2:
        return
    dark = [*cap_left, *tongues(cap_left[-1], middle[-1], 7), *reversed(middle)]
    bright = [*middle, *tongues(middle[-1], cap_right[-1], 7), *reversed(cap_right)]
    picture.shade(polygon(dark), linear((x - half, line), (x, y), ((0, "#6f78b4"), (1, "#a9aedb"))))
    picture.shade(
        polygon(bright), linear((x + half * 0.7, line), (x, y), ((0, "#ffb98c"), (0.6, "#ffe2bd"), (1, "#fff6e2")))
    )


def _mist(picture: Picture, at: float, wide: float, colour: str, strong: float) -> None:
    y = np.arange(HEIGHT)[:, None]
    noise = clouds(int(at), (HEIGHT, WIDTH), (0.07, 0.6))
    band = np.exp(-(((y - at) / wide) ** 2))
    drawn = picture.pixels()[..., 3] / 255.0
    picture.spread(np.clip(band * strong * (0.55 + 0.75 * noise), 0, 1) * drawn, colour)


def _forest(picture: Picture, at: float, colour: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for x in np.arange(-20, WIDTH + 20, 13.0):
        foot = at + 16 * np.sin(x / 130.0 + seed) + rng.normal(0, 4)
        _pine(picture, x + rng.normal(0, 4), foot + 60, rng.uniform(58, 118), colour)
    picture.fill(polygon([(0, at + 20), (WIDTH, at + 20), (WIDTH, HEIGHT), (0, HEIGHT)]), colour)


def _pine(picture: Picture, x: float, foot: float, tall: float, colour: str) -> None:
    points = [(x, foot - tall)]
    for k in range(1, 7):
        wide = tall * 0.035 * k
        points += [(x + wide, foot - tall + tall * k / 6.5), (x + wide * 0.45, foot - tall + tall * (k - 0.25) / 6.5)]
    mirrored = [(2 * x - px, py) for px, py in reversed(points)]
    picture.fill(polygon([*points, (x, foot), *mirrored]), colour)


def figure() -> Pixels:
    """The wanderer, cloak and scarf in the wind, on a spur of rock; the sun draws a bright edge on both."""
    picture = Picture()
    _spur(picture)
    for x, foot, tall in ((36, 1240, 330), (112, 1300, 250), (186, 1346, 170), (1052, 1420, 300), (985, 1452, 200)):
        _pine(picture, x, foot, tall, "#070a18")
    _wanderer(picture)
    return grained(picture.pixels(), 5, 1.5)


def _spur(picture: Picture) -> None:
    top = [
        (-10, 1236),
        (60, 1222),
        (150, 1228),
        (214, 1204),
        (286, 1196),
        (352, 1178),
        (430, 1168),
        (506, 1150),
        (560, 1147),
    ]
    down = [
        (592, 1156),
        (604, 1186),
        (598, 1204),
        (632, 1228),
        (648, 1262),
        (640, 1284),
        (690, 1312),
        (716, 1352),
        (744, 1368),
        (792, 1420),
        (868, 1446),
        (930, 1470),
        (1010, 1474),
        (1110, 1492),
    ]
    edge = [*top, *down]
    whole = polygon([*edge, (1110, 1510), (-10, 1510)])
    picture.shade(whole, linear((0, 1150), (0, 1480), ((0, "#1c1c3a"), (0.4, "#10122a"), (1, "#070916"))))
    rng = np.random.default_rng(77)
    for k in range(len(down) - 1):  # facets of rock that face the light
        (ax, ay), (bx, by) = down[k], down[k + 1]
        for _ in range(2):
            reach = rng.uniform(40, 120)
            picture.fill(
                polygon([(ax, ay), (bx, by), (bx - reach, by + rng.uniform(20, 70)), (ax - reach * 0.5, ay + 24)]),
                "#5a3a552e",
            )
    for one, two in pairwise(edge):
        path = svg(f"M{one[0]} {one[1]} L{two[0]} {two[1]}")
        strong = 0.25 + 0.75 * np.clip((one[0] - 60) / 480, 0, 1) * (1.0 if one[0] < 700 else 0.4)
        picture.line(path, f"#ffbf86{round(230 * strong):02x}", 3.2)
        picture.line(path, f"#ff9a5c{round(90 * strong):02x}", 12, blur=7)
    for _ in range(70):  # grass on the crest
        place = int(rng.integers(0, len(top) - 1))
        t = rng.uniform()
        x = top[place][0] + (top[place + 1][0] - top[place][0]) * t
        y = top[place][1] + (top[place + 1][1] - top[place][1]) * t
        tall, lean = rng.uniform(10, 30), rng.uniform(-14, -2)
        picture.line(svg(f"M{x} {y + 2} Q{x + lean * 0.3} {y - tall * 0.6} {x + lean} {y - tall}"), "#15152f", 2.0)


def _wanderer(picture: Picture) -> None:
    cloak = (
        "M492 905 C470 922 452 962 442 1010 C430 1068 404 1120 372 1146 C400 1158 430 1150 452 1158 "
        "C486 1166 520 1160 548 1148 C556 1100 552 1040 540 986 C534 950 524 922 508 905 Z"
    )
    picture.shade(
        svg(cloak), linear((400, 0), (560, 0), ((0, "#141532"), (0.55, "#2a2148"), (0.85, "#6b3550"), (1, "#c9695a")))
    )
    for fold in (
        "M486 950 C470 1020 450 1090 414 1142",
        "M502 950 C498 1030 486 1100 462 1152",
        "M516 956 C522 1030 520 1096 508 1154",
    ):
        picture.line(svg(fold), "#0b0c20b0", 7, blur=3)
        picture.line(svg(fold), "#7a456044", 2.5)
    scarf = (
        "M510 900 C480 892 452 902 424 888 C396 874 372 886 340 866 "
        "C362 898 386 898 408 910 C438 926 470 918 502 922 Z"
    )
    picture.shade(svg(scarf), linear((340, 0), (512, 0), ((0, "#5c1528"), (0.6, "#a32a38"), (1, "#f0795a"))))
    picture.line(svg("M506 910 C474 910 446 914 416 900 C396 890 372 892 352 876"), "#2a0a1880", 2.5)
    picture.shade(
        svg(
            "M470 906 C460 884 462 850 480 834 C490 826 506 824 518 834 "
            "C534 846 542 868 536 892 C530 910 488 914 470 906 Z"
        ),
        linear((470, 0), (542, 0), ((0, "#10112a"), (0.6, "#281d3e"), (1, "#8a4656"))),
    )
    picture.shade(
        svg("M520 860 C532 862 540 874 537 890 C530 898 522 896 518 890 C524 880 524 870 520 860 Z"),
        radial(536, 876, 24, ((0, "#ffd2a0"), (1, "#b8705a"))),
    )
    rim = (
        "M492 827 C504 825 511 829 518 835 C536 848 543 868 537 892 M512 908 "
        "C530 930 538 962 544 996 C554 1046 556 1100 549 1146"
    )
    picture.line(svg(rim), "#ffb06a", 9, blur=6)
    picture.line(svg(rim), "#ffe3b4", 3.4)
    picture.line(svg("M578 850 C574 940 578 1040 584 1148"), "#1a1026", 7)
    picture.line(svg("M581 850 C577 940 581 1040 587 1146"), "#ffcf94", 2.2)
    picture.line(svg("M536 962 C552 964 566 968 580 964"), "#2a1d3c", 13)
    picture.line(svg("M540 956 C554 958 568 962 582 959"), "#ffbf86", 2.6)
    picture.line(svg("M578 852 C584 838 600 838 602 852"), "#1a1026", 4)
    picture.shade(disc(602, 880, 92), radial(602, 880, 92, ((0, "#ffd98ac0"), (0.25, "#ffb45a60"), (1, "#ff9a3c00"))))
    picture.shade(
        svg("M592 860 L612 860 L616 896 L588 896 Z"),
        radial(602, 880, 26, ((0, "#fffbe6"), (0.5, "#ffd27a"), (1, "#d9812e"))),
    )
    picture.line(svg("M592 860 L612 860 L616 896 L588 896 Z M602 860 L602 896"), "#2a1830", 2.4)

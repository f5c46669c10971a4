"""Demo art in two layers: a sprinter of plain shapes, as on a poster, and the track in the light of evening."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from assets.generators.card_art import HEIGHT, WIDTH, Picture, Pixels, clouds, disc, grained, linear, polygon
from assets.generators.card_limbs import edged, joined, limb, smooth

_AIM: Final = (1240.0, 640.0)  # where the lanes of the track meet
_SKIN: Final = ((0.0, "#4a1c2c"), (0.45, "#8d3c35"), (1.0, "#e58a55"))
_SHIRT: Final = ((0.0, "#0b2a6b"), (0.5, "#1559c7"), (1.0, "#3aa0f2"))
_SHORTS: Final = ((0.0, "#0a0f2b"), (0.6, "#141c4a"), (1.0, "#27347a"))


def track() -> Pixels:
    """Sun, stands as bars, lanes that run together, and streaks of speed."""
    picture = Picture()
    picture.shade(
        picture.everything(),
        linear(
            (0, 0),
            (0, HEIGHT),
            ((0, "#12103f"), (0.3, "#3b1c6e"), (0.47, "#b8325e"), (0.56, "#ff8a3c"), (1, "#2a0d3c")),
        ),
    )
    picture.glow(700, 640, 720, ((0, "#ffd07a"), (0.35, "#d0562f"), (1, "#000000")))
    picture.shade(
        disc(700, 600, 330), linear((0, 270), (0, 930), ((0, "#fff2b0"), (0.55, "#ffb347"), (1, "#ff5e4a")))
    )
    picture.canvas.save()
    picture.canvas.clipPath(disc(700, 600, 330), doAntiAlias=True)
    for k in range(7):  # the sun is cut by bars that grow towards the ground
        y = 610 + 44 * k
        picture.shade(
            polygon([(300, y), (1100, y), (1100, y + 5 + 3.4 * k), (300, y + 5 + 3.4 * k)]),
            linear((300, 0), (1100, 0), ((0, "#c33a58"), (0.5, "#ef6a41"), (1, "#c33a58"))),
        )
    picture.canvas.restore()
    _stands(picture)
    _lanes(picture)
    _streaks(picture)
    return grained(picture.pixels(), 41, 2.0)


def _stands(picture: Picture) -> None:
    rng = np.random.default_rng(14)
    for side in (0, 1):
        near = 0 if side == 0 else WIDTH
        far = 424 if side == 0 else 906
        wall = polygon([(near, 476), (far, 530), (far, 556), (near + (far - near) * 0.45, 910), (near, 930)])
        picture.shade(wall, linear((near, 0), (far, 0), ((0, "#170d3c"), (1, "#57205f"))))
        for row in range(9):
            top, reach = 520 + 36 * row, 420 - 34 * row if side == 0 else 190 - 16 * row
            way = 1 if side == 0 else -1
            drop = 16
            picture.fill(
                polygon(
                    [
                        (near, top - 40),
                        (near + way * reach, top + drop),
                        (near + way * reach, top + drop + 15),
                        (near, top - 8),
                    ]
                ),
                ("#1b1247d8", "#2a185ad8")[row % 2],
            )
            for _ in range(30):
                t = rng.uniform()
                x = near + way * reach * t
                y = top - 44 + (drop + 40) * t
                picture.fill(
                    disc(x, y, 2 + 4 * (1 - t)), ("#ffd98a", "#ff8f6b", "#9fb4ff", "#ffffff")[rng.integers(4)] + "90"
                )


def _lanes(picture: Picture) -> None:
    ground = polygon([(-10, 905), (WIDTH + 10, 838), (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)])
    picture.shade(ground, linear((900, 850), (200, 1500), ((0, "#ff8a4a"), (0.3, "#c63a45"), (1, "#5a1440"))))
    picture.canvas.save()
    picture.canvas.clipPath(ground, doAntiAlias=True)
    for k in range(9):
        low = -1500 + 420 * k
        picture.shade(
            polygon([(_AIM[0] + 60, 800), (low, 1560), (low + 26, 1560)]),
            linear((1100, 850), (300, 1500), ((0, "#fff4d0"), (1, "#ffe9c0a0"))),
        )
        if k % 2:
            picture.fill(polygon([(_AIM[0] + 60, 800), (low, 1560), (low + 420, 1560)]), "#20063018")
    noise = clouds(71, (HEIGHT, WIDTH), (0.012, 0.09))
    picture.spread(np.clip(noise - 0.5, 0, 1) * 0.3, "#2a0628")
    picture.canvas.restore()


def _streaks(picture: Picture) -> None:
    rng = np.random.default_rng(9)
    for _ in range(58):
        y = rng.uniform(120, 1380)
        x = rng.uniform(-300, 760)
        long, thick = rng.uniform(160, 640), rng.choice([2.0, 3.0, 6.0, 10.0], p=[0.4, 0.3, 0.2, 0.1])
        colour = ("#ffffff", "#7fe3ff", "#ffd36b", "#ff6f91")[rng.integers(4)]
        shape = polygon([(x, y), (x + long, y - long * 0.07 - thick / 2), (x + long, y - long * 0.07 + thick / 2)])
        picture.shade(shape, linear((x, 0), (x + long, 0), ((0, colour + "00"), (1, colour + "b0"))), blend="kScreen")


def runner() -> Pixels:
    """The sprinter at full stride, with echoes of where she was."""
    parts = _parts()
    whole = joined([path for path, _ in parts])
    picture = Picture()
    for k in range(5, 0, -1):
        picture.canvas.save()
        picture.canvas.translate(-58 * k, 7 * k)
        colour = ("#ff4f7b", "#ff8a3c", "#ffd36b", "#55d6ff", "#3a7bff")[k - 1]
        picture.shade(whole, linear((120, 0), (820, 0), ((0, colour + "00"), (1, f"{colour}{92 - 13 * k:02x}"))))
        picture.canvas.restore()
    picture.fill(disc(560, 1246, 330, 26), "#1a032860", blur=18)
    for path, tone in parts:
        bounds = path.getBounds()
        picture.fill(path, "#16031f60", blur=9)
        picture.shade(
            path,
            linear(
                (bounds.left(), bounds.bottom()),
                (bounds.right(), bounds.top()),
                {
                    "skin": _SKIN,
                    "shirt": _SHIRT,
                    "shorts": _SHORTS,
                    "shoe": ((0.0, "#e8f04a"), (1.0, "#fbffb8")),
                    "hair": ((0.0, "#0c0718"), (1.0, "#4a2240")),
                }[tone],
            ),
        )
        edged(picture, path, "#ffe2a0d0" if tone != "hair" else "#ff9a6a", (-5.0, 5.0))
        edged(picture, path, "#5b1fa060", (7.0, -5.0), blur=2)
    picture.line(smooth([(522, 790), (560, 660), (600, 560)], closed=False), "#ffffffb0", 9)
    picture.line(smooth([(548, 806), (590, 680), (634, 570)], closed=False), "#ffd36bd0", 5)
    return grained(picture.pixels(), 42, 1.5)


def _parts() -> list[tuple[Any, str]]:
    """From the far side to the near one."""
    torso = smooth(
        [
            (606, 496),
            (668, 500),
            (692, 548),
            (672, 640),
            (628, 740),
            (600, 842),
            (540, 866),
            (484, 838),
            (492, 760),
            (524, 650),
            (556, 550),
        ]
    )
    hips = smooth(
        [
            (484, 800),
            (544, 786),
            (612, 806),
            (700, 812),
            (712, 904),
            (610, 926),
            (548, 930),
            (520, 1000),
            (434, 972),
            (456, 880),
        ]
    )
    ponytail = smooth([(632, 372), (560, 352), (470, 372), (398, 346), (448, 408), (536, 424), (620, 420)])
    far_arm = limb([(652, 536, 36), (720, 600, 31), (786, 650, 24), (824, 590, 25), (872, 512, 17)])
    far_hand = limb([(874, 506, 19), (896, 474, 13)])
    far_leg = limb([(512, 850, 74), (470, 960, 64), (434, 1062, 42), (350, 1094, 47), (222, 1132, 22)])
    far_shoe = limb([(226, 1128, 26), (196, 1176, 27), (192, 1236, 17)])
    near_leg = limb([(556, 852, 78), (660, 862, 70), (778, 872, 46), (756, 968, 50), (716, 1112, 23)])
    near_shoe = limb([(708, 1128, 27), (760, 1152, 25), (818, 1162, 15)])
    near_arm = limb([(616, 536, 42), (540, 584, 36), (446, 622, 27), (430, 690, 27), (424, 776, 18)])
    near_hand = limb([(424, 784, 20), (442, 818, 13)])
    head = smooth(
        [
            (652, 366),
            (690, 342),
            (734, 356),
            (752, 396),
            (764, 424),
            (750, 434),
            (750, 462),
            (720, 474),
            (690, 468),
            (680, 516),
            (634, 506),
            (640, 440),
        ]
    )
    hair = smooth(
        [
            (634, 440),
            (622, 384),
            (650, 340),
            (706, 328),
            (750, 352),
            (744, 378),
            (706, 376),
            (688, 406),
            (676, 440),
            (656, 462),
        ]
    )
    return [
        (far_arm, "skin"),
        (far_hand, "skin"),
        (far_leg, "skin"),
        (far_shoe, "shoe"),
        (near_leg, "skin"),
        (near_shoe, "shoe"),
        (hips, "shorts"),
        (ponytail, "hair"),
        (head, "skin"),
        (torso, "shirt"),
        (hair, "hair"),
        (near_arm, "skin"),
        (near_hand, "skin"),
    ]

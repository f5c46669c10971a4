"""Draws docs/gallery/card-templates.webp: ``python -m tools.gallery.cards``.

Every template of the catalogue as a common, a rare and a legendary card with the foils that it brings, turned a
little, and its back. ``--apart DIR`` writes each template's row as PNG instead and leaves the docs alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from assets import catalogue
from assets.card import CardDesign
from assets.card_build import build, density_for
from assets.card_scene import CardRenderer, CardView
from assets.card_template import names, template
from assets.design import Ref
from assets.scene import Background, Target
from renderers.opengl import open_renderer

SHEET: Final = Path(__file__).parents[2] / "docs" / "gallery" / "card-templates.webp"
STUDIO: Final = Background(top="#2b2e35", bottom="#0c0d10")
WIDE: Final = 0.74  # a picture's width over its height
FILL: Final = 0.94
DRAWN, SHOWN, QUALITY = 600, 300, 72
COLUMNS: Final = 2
MARGIN, LABEL = 6, 22
FONTS: Final = (("NanumGothic.ttf", 15), ("DejaVuSans.ttf", 10))
VIEWS: Final[tuple[tuple[Literal["common", "rare", "legendary"], float], ...]] = (
    ("common", -12.0),
    ("rare", -14.0),
    ("legendary", 12.0),
    ("common", 180.0),
)
TEXTS: Final[Mapping[str, tuple[Mapping[str, str | int], ...]]] = MappingProxyType(
    {
        "card-classic": (
            {
                "title": "Summit Ranger",
                "cost": 3,
                "kind": "Wanderer",
                "rules": "She was up before the light.",
                "hp": 40,
            },
            {"title": "Warden of the High Passes", "cost": 5, "kind": "Wanderer · Guide", "hp": 90},
            {
                "title": "새벽의 나그네",
                "cost": 7,
                "kind": "전설 · 나그네",
                "rules": "빛보다 먼저 일어나 산을 넘는다.",
                "hp": 120,
            },
        ),
        "card-fullart": (
            {"title": "Moon Moth", "cost": 2, "kind": "Night Creature", "rules": "It comes to no lamp but one."},
            {"title": "Mother of Moths", "cost": 6, "kind": "Night Creature", "rules": "Eight moons, eight wings."},
            {"title": "달나방", "cost": 8, "kind": "밤의 생물", "rules": "달이 기울 때마다 날개가 하나씩 자란다."},
        ),
        "card-idol": (
            {"title": "Haneul", "cost": 3, "kind": "Main vocal", "rules": "See you at the encore!"},
            {
                "title": "Seo-yeon",
                "cost": 7,
                "kind": "First tour · Seoul",
                "rules": "Every light in the hall was you.",
            },
            {"title": "하늘", "cost": 1, "kind": "데뷔 기념", "rules": "오늘 밤 가장 빛나는 건 여러분이에요."},
        ),
        "card-item": (
            {"title": "Flask of Night", "cost": 2, "kind": "Potion", "rules": "Drink: see in the dark for an hour."},
            {"title": "Bottled Constellation", "cost": 6, "kind": "Relic", "rules": "Once a day, move one star."},
            {"title": "밤하늘을 담은 병", "cost": 9, "kind": "전설 유물", "rules": "마개를 열면 잠시 밤이 된다."},
        ),
        "card-minimal": (
            {
                "title": "Before the Light",
                "cost": 1,
                "kind": "No. 1 of twelve views",
                "rules": "Summit, from the east.",
            },
            {"title": "Eleven Degrees", "cost": 4, "kind": "No. 4 of twelve views", "rules": "Wind from the north."},
            {"title": "빛보다 먼저", "cost": 12, "kind": "열두 풍경 가운데 열둘째", "rules": "동쪽에서 본 봉우리."},
        ),
        "card-portrait": (
            {"title": "Lady of the Plum", "cost": 4, "kind": "Poet", "rules": "She writes by the moon."},
            {
                "title": "The Astronomer's Daughter",
                "cost": 6,
                "kind": "Scholar",
                "rules": "She has counted them all.",
            },
            {"title": "매화 아씨", "cost": 8, "kind": "시인", "rules": "달빛에 먹을 갈아 밤새 시를 쓴다."},
        ),
        "card-secret": (
            {"title": "Golden Crane", "cost": 5, "kind": "Bird of the Sun", "rules": "A thousand years are a day."},
            {"title": "Crane of a Thousand Years", "cost": 8, "kind": "Bird of the Sun", "rules": "It dances once."},
            {"title": "황금 두루미", "cost": 10, "kind": "태양의 새", "rules": "천 년에 한 번, 물결 위에서 춤춘다."},
        ),
        "card-sports": (
            {"title": "Mina Park", "cost": 7, "kind": "Sprint · 100 m", "rules": "Season best 11.42 s."},
            {"title": "Adaeze Okafor", "cost": 21, "kind": "Sprint · 200 m", "rules": "National record 22.31 s."},
            {"title": "박미나", "cost": 7, "kind": "단거리 · 100 m", "rules": "시즌 최고 기록 11초 42."},
        ),
    }
)

Pixels = NDArray[np.uint8]


def design(template_id: str, rarity: Literal["common", "rare", "legendary"]) -> CardDesign:
    """The card of that rarity, with texts that suit the template where there are some."""
    place = [name for name, _ in VIEWS].index(rarity)
    fields = dict(TEXTS[template_id][place]) if template_id in TEXTS else {}
    known = {"number": f"{8 * place + 7:03d}/120", **fields}
    wanted = {name: text for name, text in known.items() if template(template_id).field(name) is not None}
    return CardDesign(name=template_id, template=template_id, rarity=rarity, fields=wanted)


def _image(ref: Ref) -> bytes:
    return catalogue.picture(str(ref.item))


def row(renderer: CardRenderer, template_id: str, height: int) -> Pixels:
    """The cards of a template side by side: uint8[height, 4 * width, 3]."""
    width = round(height * WIDE)
    cells = []
    for rarity, yaw in VIEWS:
        card = design(template_id, rarity)
        scene = replace(build(card, _image, density_for(card, width, height)), background=STUDIO)
        view = CardView(yaw=yaw, fill=FILL)
        cells += [f.copy() for f in renderer.cards(scene, (view,), Target(width=width, height=height))]
    return np.concatenate(cells, axis=1)[..., :3]


def sheet(rows: Mapping[str, Pixels], height: int) -> Picture.Image:
    """All templates with their names in both languages."""
    width = round(len(VIEWS) * height * WIDE)
    lines = -(-len(rows) // COLUMNS)
    page = Picture.new(
        "RGB", (COLUMNS * (width + MARGIN) + MARGIN, lines * (height + LABEL + MARGIN) + MARGIN), (255, 255, 255)
    )
    pen = ImageDraw.Draw(page)
    name_font, note_font = (ImageFont.truetype(*font) for font in FONTS)
    for k, (template_id, pixels) in enumerate(rows.items()):
        x = MARGIN + k % COLUMNS * (width + MARGIN)
        y = MARGIN + k // COLUMNS * (height + LABEL + MARGIN)
        page.paste(Picture.fromarray(pixels).resize((width, height), Picture.Resampling.LANCZOS), (x, y))
        found = catalogue.item(template_id)
        pen.text((x + 2, y + height + 3), f"{found.name_en} · {found.name_ko}", fill=(20, 20, 22), font=name_font)
        note = f"{template_id}: common, rare, legendary, back"
        right = x + width - 2 - pen.textlength(note, font=note_font)
        pen.text((right, y + height + 6), note, fill=(110, 110, 114), font=note_font)
    return page


def main() -> None:
    """Draws and writes."""
    asked = argparse.ArgumentParser(description="Pictures of the templates of cards.")
    asked.add_argument("--apart", type=Path)
    told = asked.parse_args()
    renderer = open_renderer()
    rows = {name: row(renderer, name, DRAWN) for name in names()}
    renderer.close()
    if told.apart is not None:
        told.apart.mkdir(parents=True, exist_ok=True)
        for name, pixels in rows.items():
            Picture.fromarray(pixels).save(told.apart / f"{name}.png")
        return
    SHEET.parent.mkdir(parents=True, exist_ok=True)
    sheet(rows, SHOWN).save(SHEET, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()

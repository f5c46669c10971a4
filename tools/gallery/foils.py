"""Draws the pictures of the foils for docs/cards.md: ``python -m tools.gallery.foils [foil …]``.

One strip a foil (the card at three tilts) and the contact sheet of them all. ``--apart DIR`` writes the strips as
PNG, ``--height`` pixels high; ``--shuffled DIR`` writes them under numbers in an order that ``--seed`` decides, and
which is which into ``DIR-key.json``, to test whether somebody else can name them. Neither touches the docs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from assets import catalogue
from assets.card import CardDesign, FoilUse, Stand
from assets.card_build import build, density_for
from assets.card_scene import CardRenderer, CardView
from assets.design import Ref
from assets.foil import foil, names
from assets.scene import Background, Target
from renderers.opengl import open_renderer

GALLERY: Final = Path(__file__).parents[2] / "docs" / "images" / "cards"
YAWS: Final = (-18.0, 0.0, 18.0)
STUDIO: Final = Background(top="#2b2e35", bottom="#0c0d10")
WIDE: Final = 0.74  # a picture's width over its height
FILL: Final = 0.94
STRIP, SHEET, QUALITY = 210, 264, 64
COLUMNS: Final = 2
MARGIN, LABEL = 6, 22
FONTS: Final = (("NanumGothic.ttf", 15), ("DejaVuSans.ttf", 10))
FIELDS: Final = MappingProxyType({"title": "Summit Ranger", "rules": "She was up before the light, and saw it come."})
CHANGES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    # As printers make it, gloss upon matt laminate; what there is to see of it is the reflection of broad light.
    {
        "spot-gloss": MappingProxyType(
            {"template": "card-fullart", "varnish": "matte", "stand": Stand(preset="window")}
        )
    }
)
MASKS: Final[Mapping[str, str]] = MappingProxyType({"spot-gloss": "subject"})  # the figure, less the panels on it

Pixels = NDArray[np.uint8]


def design(foil_id: str) -> CardDesign:
    """The card that shows a foil: the template's own art, the foil where its file puts it or MASKS says."""
    use = FoilUse(foil=foil_id, mask=MASKS.get(foil_id))
    return CardDesign(name=foil_id, fields=dict(FIELDS), foils=(use,), **CHANGES.get(foil_id, {}))


def _image(ref: Ref) -> bytes:
    return catalogue.picture(str(ref.item))


def strip(renderer: CardRenderer, foil_id: str, height: int) -> Pixels:
    """The card at three tilts, side by side: uint8[height, 3 * width, 3]."""
    card, width = design(foil_id), round(height * WIDE)
    scene = replace(build(card, _image, density_for(card, width, height)), background=STUDIO)
    views = tuple(CardView(yaw=yaw, fill=FILL) for yaw in YAWS)
    frames = [frame.copy() for frame in renderer.cards(scene, views, Target(width=width, height=height))]
    return np.concatenate(frames, axis=1)[..., :3]


def sheet(strips: Mapping[str, Pixels], height: int) -> Picture.Image:
    """All strips with their names in both languages, the same foils in the same places each time."""
    width = round(3 * height * WIDE)
    rows = -(-len(strips) // COLUMNS)
    page = Picture.new(
        "RGB", (COLUMNS * (width + MARGIN) + MARGIN, rows * (height + LABEL + MARGIN) + MARGIN), (255, 255, 255)
    )
    pen = ImageDraw.Draw(page)
    name_font, note_font = (ImageFont.truetype(*font) for font in FONTS)
    for k, (foil_id, pixels) in enumerate(strips.items()):
        x = MARGIN + k % COLUMNS * (width + MARGIN)
        y = MARGIN + k // COLUMNS * (height + LABEL + MARGIN)
        page.paste(Picture.fromarray(pixels).resize((width, height), Picture.Resampling.LANCZOS), (x, y))
        found = foil(foil_id)
        title = f"{found.name_en} · {found.name_ko}"
        pen.text((x + 2, y + height + 3), title, fill=(20, 20, 22), font=name_font)
        note = f"{foil_id}, on {MASKS.get(foil_id, found.mask)}; yaw {YAWS[0]:g}°, {YAWS[1]:g}°, {YAWS[2]:g}°"
        right = x + width - 2 - pen.textlength(note, font=note_font)
        pen.text((right, y + height + 6), note, fill=(110, 110, 114), font=note_font)
    return page


def shuffle(folder: Path, strips: Mapping[str, Pixels], seed: int) -> None:
    """The strips without their names, and the key apart from them."""
    folder.mkdir(parents=True, exist_ok=True)
    order = [tuple(strips)[k] for k in np.random.default_rng(seed).permutation(len(strips))]
    for number, name in enumerate(order, 1):
        Picture.fromarray(strips[name]).save(folder / f"{number:02d}.png")
    key = {f"{number:02d}": name for number, name in enumerate(order, 1)}
    folder.with_name(f"{folder.name}-key.json").write_text(json.dumps(key, indent=1) + "\n")


def main() -> None:
    """Draws and writes."""
    asked = argparse.ArgumentParser(description="Pictures of the foils.")
    asked.add_argument("foils", nargs="*")
    asked.add_argument("--apart", type=Path)
    asked.add_argument("--shuffled", type=Path)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--height", type=int, default=480)
    told = asked.parse_args()
    renderer = open_renderer()
    strips = {name: strip(renderer, name, told.height) for name in names() if not told.foils or name in told.foils}
    renderer.close()
    if told.apart is not None:
        told.apart.mkdir(parents=True, exist_ok=True)
        for name, pixels in strips.items():
            Picture.fromarray(pixels).save(told.apart / f"{name}.png")
    if told.shuffled is not None:
        shuffle(told.shuffled, strips, told.seed)
    if told.apart is not None or told.shuffled is not None:
        return
    GALLERY.mkdir(parents=True, exist_ok=True)
    for name, pixels in strips.items():
        small = Picture.fromarray(pixels).resize((round(3 * STRIP * WIDE), STRIP), Picture.Resampling.LANCZOS)
        small.save(GALLERY / f"{name}.webp", quality=QUALITY, method=6)
    if not told.foils:
        sheet(strips, SHEET).save(GALLERY / "foils.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()

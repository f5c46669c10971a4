"""Draws the contact sheets of garments and outfits: ``python -m tools.gallery.garments``.

``--shuffled DIR --seed N`` writes each garment from the front and the back under a number, without its name, and
the key beside the folder, for somebody who is to say what they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from PIL import Image as Picture

from assets import catalogue, compose, framing
from assets.catalogue_garments import GARMENTS
from assets.catalogue_garments import Entry as Garment
from assets.catalogue_mannequins import MANNEQUINS
from assets.catalogue_outfits import OUTFITS
from assets.catalogue_outfits import Entry as Outfit
from assets.design import Design
from assets.scene import Renderer, Target
from renderers.opengl import open_renderer
from tools.gallery.mannequins import GALLERY, Pixels, labelled

SIZE: Final = (300, 400)
COLUMNS: Final = 6
CLOSE: Final = frozenset({"head", "feet", "neck"})
"""What covers only one of these is shown from near."""


def garment(renderer: Renderer, entry: Garment, view: str, pose: str = "relaxed") -> Pixels:
    """A garment alone on the figure that it was draped on: uint8[height, width, 3]."""
    avatar: dict[str, Any] = {"model": {"item": entry.draped_on}}
    if pose in entry.poses:
        avatar["pose"] = {"animation": pose}
    document = {"avatar": avatar, "layers": [{"id": entry.id, "model": {"item": entry.id}}]}
    return drawn(renderer, document, view, close=set(entry.covers) <= CLOSE)


def drawn(renderer: Renderer, document: dict[str, Any], view: str, *, close: bool = False) -> Pixels:
    """A design from a side; ``close`` frames what is worn and not who wears it."""
    design = Design.model_validate_json(orjson.dumps({"name": "gallery", **document}))
    model = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    scene = compose.scene(model, design)
    width, height = SIZE
    framed = tuple(draw for draw in scene.draws if not close or draw.layer != compose.AVATAR)
    settings = design.canvas.camera.model_copy(update={"fov": 20.0, "fill": 0.62 if close else 0.9})
    seen = framing.seeing(framing.view(framed, view, settings=settings, aspect=width / height), scene.draws)
    (frame,) = renderer.frames(scene, (seen,), Target(width=width, height=height))
    return np.array(frame[..., :3])


def outfit(renderer: Renderer, look: Outfit) -> list[Pixels]:
    """A look on each mannequin that all its pieces are made for, the one that it was put together on first."""
    made_for = [set(catalogue.item(piece.item).figures) for piece in look.pieces]
    wearers = [entry for entry in MANNEQUINS if all(entry.id in some for some in made_for)]
    if not wearers:
        return [labelled(drawn(renderer, look.design, "three-quarter"), look.id)]
    avatar = dict(look.design["avatar"])
    pictures = []
    for entry in sorted(wearers, key=lambda entry: entry.id != look.figure):
        document = {**look.design, "avatar": {**avatar, "model": {"item": entry.item_id(entry.base)}}}
        who = entry.id.removeprefix("mannequin-")
        pictures.append(labelled(drawn(renderer, document, "three-quarter"), f"{look.id}, {who}"))
    return pictures


def sheet(pictures: list[Pixels], name: str, columns: int = COLUMNS) -> None:
    """Writes rows of pictures as one small WebP."""
    pictures = pictures + [np.full_like(pictures[0], 255)] * (-len(pictures) % columns)
    rows = [np.concatenate(pictures[at : at + columns], axis=1) for at in range(0, len(pictures), columns)]
    Picture.fromarray(np.concatenate(rows)).save(GALLERY / name, "WEBP", quality=80, method=6)


def shuffled(renderer: Renderer, folder: Path, seed: int) -> None:
    """Front and back of each garment of the mannequins under a number, in a random order, and the key beside."""
    folder.mkdir(parents=True, exist_ok=True)
    worn = [entry for entry in GARMENTS if entry.draped_on != "dress-form"]
    key = {}
    for number, k in enumerate(np.random.default_rng(seed).permutation(len(worn)).tolist(), 1):
        both = [garment(renderer, worn[k], view) for view in ("three-quarter", "back")]
        Picture.fromarray(np.concatenate(both, axis=1)).save(folder / f"{number:02d}.png")
        key[f"{number:02d}"] = worn[k].id
    (folder.parent / f"{folder.name}-key.json").write_text(json.dumps(key, indent=1) + "\n")


def main() -> None:
    """Both sheets, or the pictures without names."""
    asked = argparse.ArgumentParser(description="Contact sheets of garments and outfits.")
    asked.add_argument("--shuffled", type=Path)
    asked.add_argument("--seed", type=int, default=1)
    told = asked.parse_args()
    renderer = open_renderer()
    try:
        if told.shuffled is not None:
            shuffled(renderer, told.shuffled, told.seed)
            return
        sheet([labelled(garment(renderer, entry, "three-quarter"), entry.id) for entry in GARMENTS], "garments.webp")
        looks = [picture for look in OUTFITS for picture in outfit(renderer, look)]
        sheet(looks, "outfits.webp", columns=9)
    finally:
        renderer.close()


if __name__ == "__main__":
    main()

"""Bakes the catalogue's files: ``python -m assets.generators [part of a name …]``. The same bytes each time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from assets import baked, fitting_bind, fitting_ties
from assets.catalogue import DATA
from assets.generators import (
    card,
    card_art,
    card_crane,
    card_flask,
    card_harbour,
    card_moth,
    card_profile,
    card_sprint,
    card_stage,
    card_summit,
    dress_form,
    fabric_range,
    garment_range,
    mannequin,
    skirt,
    stages,
    tshirt,
    weave,
)
from assets.generators.pressed import pressed
from assets.generators.textures import tiled

Files = dict[str, bytes]


def _dress_form() -> Files:
    color, normal = tiled("linen", weave.linen(512), tone=0.35)
    return {"models/dress-form.npz": baked.write(dress_form.model(color, normal))}


def _tshirt() -> Files:
    _, normal = tiled("jersey", weave.jersey(512))
    _, rib = tiled("rib", weave.rib(256))
    return {"models/tshirt.npz": baked.write(pressed(tshirt.model(tshirt.drape(skirt.drape()), normal, rib)))}


def _skirt() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(512))
    return {"models/skirt.npz": baked.write(pressed(skirt.model(skirt.drape(), normal)))}


def _art() -> Files:
    layers = {
        "summit-sky": card_summit.sky(),
        "summit-peaks": card_summit.peaks(),
        "summit-figure": card_summit.figure(),
        "moth-night": card_moth.night(),
        "moth-moth": card_moth.moth(),
        **{f"harbour-{hour}": card_harbour.frame(hour) for hour in card_harbour.HOURS},
    }
    return {f"art/art-{name}.webp": card_art.webp(pixels) for name, pixels in layers.items()}


def _cast() -> Files:
    layers = {
        "sprint-track": card_sprint.track(),
        "sprint-runner": card_sprint.runner(),
        "stage-lights": card_stage.lights(),
        "stage-singer": card_stage.singer(),
        "flask-circle": card_flask.circle(),
        "flask-flask": card_flask.flask(),
        "profile-blossom": card_profile.blossom(),
        "profile-lady": card_profile.lady(),
        "crane-sun": card_crane.sun(),
        "crane-crane": card_crane.crane(),
    }
    return {f"art/art-{name}.webp": card_art.webp(pixels, 78) for name, pixels in layers.items()}


def _card() -> Files:
    return {"models/card-classic.npz": baked.write(card.model())}


def _stages() -> Files:
    made = (stages.plinth_round(), stages.plinth_steps(), stages.floor_parquet())
    return {f"models/{model.name}.npz": baked.write(model) for model in made}


def _fabric(name: str) -> Callable[[], Files]:
    return lambda: fabric_range.files(name)


def _ties(item: str) -> Callable[[], Files]:
    return lambda: {
        fitting_bind.baked_at(item): fitting_ties.write(fitting_bind.packed(item), fitting_bind.made_of(item))
    }


def _mannequin(name: str) -> Callable[[], Files]:
    return lambda: {f"models/mannequin-{name}.npz": mannequin.files(name)}


def _mannequin_body(name: str) -> Callable[[], Files]:
    return lambda: {f"models/mannequin-{name}.npz": mannequin.body(name)}


MAKERS: Final[dict[str, Callable[[], Files]]] = {
    "dress-form": _dress_form,
    "tshirt": _tshirt,
    "skirt": _skirt,
    "card-classic": _card,
    "card-art": _art,
    "card-cast": _cast,
    "stages": _stages,
    **{f"mannequin-{name}": _mannequin_body(name) for name in mannequin.PATTERNS},
    **{f"mannequin-{name}": _mannequin(name) for name in mannequin.BUILDS},
    **garment_range.RANGE,  # after the mannequins that they are draped on
    **{f"ties-{item}": _ties(item) for item in fitting_bind.tied()},  # of what was written before
    **{name: _fabric(name) for name in fabric_range.RANGE},
}


def main(wanted: list[str]) -> None:
    """Makes everything, or what the words name, and writes it under :data:`assets.catalogue.DATA`."""
    for name, make in MAKERS.items():
        if wanted and not any(word == name or (word not in MAKERS and word in name) for word in wanted):
            continue
        for path, data in make().items():
            target = DATA / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            sys.stderr.write(f"{path}: {len(data):,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""From a closed card to a composed one, kept warm between the steps of a worker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from assets import catalogue
from assets.card import CardDesign
from assets.card_scene import CardScene
from assets.design import Ref
from assets.foil import Foil
from assets.scene import Background
from farm.plan import digest_of
from farm.steps import StepContext
from pipelines.steps.content import renderer

if TYPE_CHECKING:
    from renderers.opengl import OpenGLRenderer

KEPT_BYTES: Final = 600_000_000
"""Of composed cards; the one in use stays, however large it is."""


def described(want: Mapping[str, Any]) -> tuple[CardDesign, tuple[Foil, ...]]:
    """The card of a step's parameters, and its foils with everything decided."""
    # By JSON, as it came: in strict mode a Python list is no tuple.
    card = CardDesign.model_validate_json(orjson.dumps({"name": "card", **want["card"]}))
    unnamed = {"name_en": "foil", "name_ko": "foil", "summary": "foil"}
    foils = tuple(Foil.model_validate_json(orjson.dumps({**unnamed, **foil})) for foil in want["foils"])
    return card, foils


def composed(context: StepContext, want: Mapping[str, Any], density: float, *, bleed_mm: float = 0.0) -> CardScene:
    """The card with ``density`` pixels a millimetre, the same object again while it is warm."""
    from assets.card_build import build  # its typesetting library belongs to the workers

    key = digest_of([want["card"], want["foils"], want["content"], density, bleed_mm])
    shelf = cast("OrderedDict[str, CardScene]", context.resources.setdefault("cards", OrderedDict()))
    if key not in shelf:
        context.check()
        card, foils = described(want)
        shelf[key] = build(
            card,
            lambda ref: _picture(context, ref),
            density,
            bleed_mm=bleed_mm,
            foils=foils,
            note=lambda text: context.log(text, level="warning"),
        )
        while len(shelf) > 1 and sum(_size(scene) for scene in shelf.values()) > KEPT_BYTES:
            shelf.popitem(last=False)
    shelf.move_to_end(key)
    return shelf[key]


def for_picture(context: StepContext, want: Mapping[str, Any], width: int, height: int) -> CardScene:
    """The card composed for a picture of that size, with nothing behind it."""
    from assets.card_build import density_for

    card, _ = described(want)
    scene = composed(context, want, density_for(card, width, height))
    return replace(scene, background=Background())


def background(document: Mapping[str, Any]) -> Background:
    """What is behind a card, from a step's parameters."""
    if document["kind"] == "solid":
        return Background(top=document["colour"])
    if document["kind"] == "gradient":
        return Background(top=document["top"], bottom=document["bottom"])
    return Background()


def device(context: StepContext) -> OpenGLRenderer:
    """The step's renderer of cards."""
    return cast("OpenGLRenderer", renderer(context))


def _picture(context: StepContext, ref: Ref) -> bytes:
    if ref.blob is not None:
        return context.blob(ref.blob)
    assert ref.item is not None
    return catalogue.picture(ref.item)


def _size(scene: CardScene) -> int:
    pictures = [plane.picture for plane in scene.front] + [scene.back, *scene.frames]
    return sum(picture.nbytes for picture in pictures) + sum(sheet.mask.nbytes for sheet in scene.sheets)

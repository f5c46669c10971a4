"""A card of the slice as the document that is drawn."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from api.cards.schemas import Card
from assets import card_template
from assets.card import ArtLayer, CardDesign, FoilUse
from assets.design import Ref
from assets.errors import ContentError
from assets.scene import Quality
from farm.errors import Refused
from pipelines.card import CardSpec
from pipelines.card_outputs import MIN_SIDE, StillOutput

ART, BACK, NUMBER = "art", "back", "number"
BLOB = "blob:"
NO_FOIL = "none"
THUMBNAIL = 512
"""Pixels of a thumbnail's longer side."""


def document(card: Card) -> CardDesign:
    """What is printed of a card: fields that its template does not have are the community's own, and stay out.

    Raises Refused with the path of what cannot be printed at all.
    """
    try:
        template = card_template.template(card.template)
    except ContentError as error:
        raise Refused(error.code, f"template: {error}", {"path": "template"}) from error
    known = {field.name for field in template.fields}
    shown: dict[str, Any] = {
        name: value for name, value in card.fields.items() if name in known and not isinstance(value, bool)
    }
    if card.number is not None and NUMBER in known:
        shown.setdefault(NUMBER, card.number)
    art, back = _picture(card, ART), _picture(card, BACK)
    foils = None if card.foil is None else () if card.foil == NO_FOIL else (FoilUse(foil=card.foil),)
    try:
        return CardDesign(
            name=card.name,
            template=card.template,
            art=() if art is None else (ArtLayer(image=art),),
            back=back,
            fields=shown,
            rarity=card.rarity,  # type: ignore[arg-type]  # checked when it was written
            foils=foils,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"][:2])
        raise Refused("card.invalid", f"{path}: {first['msg']}", {"path": path}) from error


def thumbnail(card: Card) -> CardSpec:
    """The job that makes a card's thumbnail: a transparent WebP of the front."""
    design = document(card)
    width, height = card_template.template(design.template).size_mm
    scale = THUMBNAIL / max(width, height)
    still = StillOutput(
        kind="still",
        width=max(MIN_SIDE, round(width * scale)),
        height=max(MIN_SIDE, round(height * scale)),
        format="webp",
        quality=Quality.PREVIEW,
    )
    return CardSpec(card=design, outputs=(still,))


def _picture(card: Card, name: str) -> Ref | None:
    """A picture that a field names: a blob's digest after "blob:", or an item of the catalogue."""
    value = card.fields.get(name)
    if value is None or value == "":
        return None
    text = str(value)
    try:
        return Ref(blob=text.removeprefix(BLOB)) if text.startswith(BLOB) else Ref(item=text)
    except ValidationError:
        path = f"fields.{name}"
        said = f"{path}: give blob: and the digest of a picture, or an item of the catalogue"
        raise Refused("card.invalid", said, {"path": path}) from None

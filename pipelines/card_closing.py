"""Closing a card: the template's defaults filled in, every reference a digest, every foil all its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from assets import card_template
from assets.card import CardDesign, FoilUse
from assets.card_template import Template
from assets.design import Ref
from assets.errors import ContentError
from assets.foil import Foil
from farm.errors import Refused
from farm.jobs import Resolver
from pipelines.closing import IMAGE_TYPES, blob_digest, item_digest, ref_key

PICTURE_KINDS: Final = frozenset({"card-art", "card-back", "fabric"})
_TEXTS: Final = ("name_en", "name_ko", "summary")


@dataclass(frozen=True, kw_only=True)
class ClosedCard:
    """``document`` is the card as JSON (without its name, unless the card shows it), ``foils`` its foils as JSON, one
    for each of the document's; ``content`` maps "item:card-classic" and "blob:<sha>" to digests; ``blobs`` are those
    that must be kept.
    ``width_mm`` and ``height_mm`` are those of the trimmed card.
    """

    document: Mapping[str, Any]
    foils: tuple[Mapping[str, Any], ...]
    content: Mapping[str, str]
    blobs: tuple[str, ...]
    width_mm: float
    height_mm: float
    bleed_mm: float

    def params(self, *, lit: bool) -> dict[str, Any]:
        """What a step reads of the card: not its background, which a step is told, nor the lamps where none shine."""
        unread = {"background"} if lit else {"background", "stand"}
        document = {name: value for name, value in self.document.items() if name not in unread}
        return {"card": document, "foils": list(self.foils), "content": dict(self.content)}


def close_card(card: CardDesign, resolver: Resolver) -> ClosedCard:
    """Raises Refused with the path (from "card") of what is at fault; nothing is decoded here."""
    try:
        card_template.check(card)
        whole = card_template.completed(card)
    except ContentError as error:
        where = error.path or "card"
        raise Refused(error.code, f"{where}: {error}", {"path": where}) from error
    template = card_template.template(whole.template)
    layout = Ref(item=whole.template)
    content = {ref_key(layout): item_digest(layout, frozenset({"card-template"}), "card.template")}
    for where, ref in places(whole):
        if ref.item is not None:
            content[ref_key(ref)] = item_digest(ref, PICTURE_KINDS, where)
        else:
            content[ref_key(ref)] = blob_digest(ref, IMAGE_TYPES, where, resolver)
    uses = whole.foils or ()
    foils = tuple(_used(foil, use) for foil, use in zip(card_template.foils(whole), uses, strict=True))
    document = whole.model_dump(mode="json", exclude=set() if _shows_name(whole, template) else {"name"})
    document["foils"] = [_decided(use, foil) for use, foil in zip(uses, foils, strict=True)]
    return ClosedCard(
        document=document,
        foils=tuple(_without_texts(foil) for foil in foils),
        content=content,
        blobs=tuple(dict.fromkeys(key[5:] for key in content if key.startswith("blob:"))),
        width_mm=whole.stock.width_mm or template.size_mm[0],
        height_mm=whole.stock.height_mm or template.size_mm[1],
        bleed_mm=template.bleed_mm,
    )


def places(card: CardDesign) -> list[tuple[str, Ref]]:
    """(path, reference) of every picture of a card, in document order."""
    found = [(f"card.art[{at}].image", layer.image) for at, layer in enumerate(card.art)]
    found += [(f"card.frames[{at}]", ref) for at, ref in enumerate(card.frames)]
    if card.back is not None:
        found.append(("card.back", card.back))
    for at, use in enumerate(card.foils or ()):
        if isinstance(use.mask, Ref):
            found.append((f"card.foils[{at}].mask", use.mask))
    return found


def _used(foil: Foil, use: FoilUse) -> Foil:
    """The foil as it is on this card."""
    intensity = foil.intensity if use.intensity is None else use.intensity
    seed = foil.seed if use.seed is None else use.seed
    return foil.model_copy(update={"intensity": intensity, "seed": seed})


def _decided(use: FoilUse, foil: Foil) -> dict[str, Any]:
    """How the foil is used, with nothing left to what its file says."""
    mask = foil.mask if use.mask is None else use.mask
    decided: dict[str, Any] = {"mask": mask, "intensity": foil.intensity, "seed": foil.seed, "parameters": {}}
    return use.model_copy(update=decided).model_dump(mode="json")


def _shows_name(card: CardDesign, template: Template) -> bool:
    """Whether the card's name is printed: a field that the card leaves to its default may hold it."""
    return any("{name}" in field.default and field.name not in card.fields for field in template.fields)


def _without_texts(foil: Foil) -> dict[str, Any]:
    """What a foil is called changes no pixel."""
    document = foil.model_dump(mode="json")
    for name in _TEXTS:
        del document[name]
    return document

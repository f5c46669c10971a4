"""The catalogue as a shopper sees it: every item, outfit and foil with what is known of it, to list and to search."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from assets import card_template, catalogue, catalogue_mannequins, catalogue_outfits, compatibility, foil
from assets.catalogue import DATA, LICENCE, Corner, Item
from assets.errors import CatalogueError

FOIL: Final = "foil"
OUTFIT: Final = "outfit"
KINDS: Final = ("avatar", "garment", "outfit", "fabric", "studio", "stage", "card-template", "card-art", "foil")
THUMBNAILS: Final = DATA / "thumbs"
"""Small pictures that the farm drew of what it has, by id."""
MARK: Final = 16
"""Letters of a picture's SHA-256 that stand in its address."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """One size of a figure, and the item that has it."""

    name: str
    item: str


@dataclass(frozen=True, kw_only=True)
class Worn:
    """How a garment is worn. ``covers`` are the body regions that it hides, ``depth`` how far out it is worn (10 next
    to the skin, 20 over that, 30 outerwear, 40 what is carried); ``figures`` are the avatars that it is made to fit,
    in any of their sizes, ``poses`` those in which it is shown, ``cloth`` the fabric that it is meant to be of.
    """

    covers: tuple[str, ...] = ()
    depth: int = 0
    figures: tuple[str, ...] = ()
    poses: tuple[str, ...] = ()
    draped_on: str = ""
    cloth: str = ""
    level_feet: bool = False


@dataclass(frozen=True, kw_only=True)
class Cloth:
    """What a fabric is made of: grams for a square metre, per cent of mass by fibre, the width of one repeat in
    millimetres on the cloth, care in words.
    """

    weight_gsm: float
    composition: Mapping[str, float]
    repeat_mm: float
    care: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Region:
    """A detail of a model: lowest and highest corner in metres."""

    low: Corner
    high: Corner


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One entry of the catalogue.

    ``size`` is an avatar's own, ``sizes`` all that it comes in; of a garment those of the figures that it fits.
    ``pieces`` are an outfit's garments from the inside out, ``design`` the document that shows it. ``digest``
    changes when the content does. ``blob`` is the model's of an owner's own item, "" of ours. ``details`` are a
    foil's parameters, or what a card template takes; None in lists.
    """

    id: str
    kind: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...] = ()
    licence: str = LICENCE
    digest: str = ""
    size: str = ""
    sizes: tuple[Size, ...] = ()
    worn: Worn | None = None
    fabric: Cloth | None = None
    regions: Mapping[str, Region] = field(default_factory=dict)
    uv_metres: float = 0.0
    pieces: tuple[str, ...] = ()
    design: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None
    thumbnail: str | None = None
    mine: bool = False
    blob: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a listing must be; None and "" ask for nothing.

    ``text``: every word of it stands in the id, the names (English and Korean), the tags or the cloth. ``size``: an
    avatar of this size, a garment that is worn in it. ``fits``: garments and outfits for this avatar. ``covers``:
    garments that hide this part of the body. ``cloth``: garments meant to be of it, and outfits with it. ``fibre``:
    fabrics that have some of it. ``licence``: the exact one.
    """

    kind: str | None = None
    tag: str | None = None
    text: str | None = None
    size: str | None = None
    fits: str | None = None
    pose: str | None = None
    covers: str | None = None
    depth: int | None = None
    cloth: str | None = None
    fibre: str | None = None
    licence: str | None = None

    def matches(self, one: Listing) -> bool:
        """Whether the listing is all that is asked for."""
        worn = one.worn or Worn()
        sizes = {plain(one.size)} if one.size else {plain(own.name) for own in one.sizes}
        cloths = {worn.cloth, *_fabrics(one)} - {""}
        fibres = one.fabric.composition if one.fabric is not None else ()
        asked: tuple[tuple[Any, Callable[[Any], bool]], ...] = (
            (self.kind, lambda kind: one.kind == kind),
            (self.tag, lambda tag: plain(tag) in map(plain, one.tags)),
            (self.text, lambda text: all(word in words(one) for word in plain(text).split())),
            (self.size, lambda size: plain(size) in sizes),
            (self.fits, lambda avatar: compatibility.figure_of(avatar) in worn.figures),
            (self.pose, lambda pose: pose in worn.poses),
            (self.covers, lambda part: plain(part) in map(plain, worn.covers)),
            (self.depth, lambda depth: one.worn is not None and worn.depth == depth),
            (self.cloth, lambda cloth: cloth in cloths),
            (self.fibre, lambda fibre: plain(fibre) in map(plain, fibres)),
            (self.licence, lambda licence: one.licence == licence),
        )
        return all(test(value) for value, test in asked if value not in {None, ""})


def plain(text: str) -> str:
    """Without case and without ways of writing: full-width letters, composed and decomposed Hangul are one."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def words(one: Listing) -> str:
    """Everything of a listing that a search looks into."""
    cloth = one.worn.cloth if one.worn else ""
    return plain(" ".join((one.id, one.id.replace("-", " "), one.name_en, one.name_ko, *one.tags, cloth)))


def _fabrics(one: Listing) -> tuple[str, ...]:
    return tuple(
        layer["material"]["texture"]["item"]
        for layer in (one.design or {}).get("layers", ())
        if "texture" in layer.get("material", {})
    )


@cache
def listings() -> Mapping[str, Listing]:
    """Everything that ships, by id, in the catalogue's order. Reads every item's files on first use."""
    ids = (*catalogue.ITEMS, *(look.id for look in catalogue_outfits.OUTFITS), *foil.names())
    found = sorted((_listing(one) for one in ids), key=lambda one: KINDS.index(one.kind))
    return {one.id: one for one in found}


@cache
def _listing(item_id: str) -> Listing:
    """Reads the files of this item alone. Raises KeyError for what is none."""
    if item_id in catalogue.ITEMS:
        return _item(catalogue.ITEMS[item_id])
    look = next((look for look in catalogue_outfits.OUTFITS if look.id == item_id), None)
    if look is not None:
        return _outfit(look)
    if item_id in foil.names():
        return _foil(item_id)
    raise KeyError(item_id)


def listing(item_id: str) -> Listing:
    """One of them, with its details. Raises CatalogueError ``catalogue.unknown_item``."""
    try:
        found = _listing(item_id)
    except KeyError:
        msg = f"the catalogue has no item {item_id!r}; look for it with a word of its name"
        raise CatalogueError(msg) from None
    if found.kind == FOIL:
        return replace(found, details=_parameters(item_id))
    return replace(found, details=_layout(item_id)) if found.kind == "card-template" else found


def thumbnail(item_id: str) -> bytes | None:
    """The WebP of something that :func:`listings` has; None where none was drawn."""
    path = THUMBNAILS / f"{item_id}.webp"
    return path.read_bytes() if item_id in listings() and path.is_file() else None


def _item(one: Item) -> Listing:
    entry = catalogue_mannequins.figure(one.id) if one.kind == "avatar" else None
    worn = None
    if one.kind == "garment":
        worn = Worn(
            covers=one.covers,
            depth=one.depth,
            figures=one.figures,
            poses=one.poses,
            draped_on=one.draped_on,
            cloth=one.cloth,
            level_feet=one.level_feet,
        )
    return Listing(
        id=one.id,
        kind=one.kind,
        name_en=one.name_en,
        name_ko=one.name_ko,
        tags=one.tags,
        licence=one.licence,
        digest=catalogue.digest(one.id),
        size=one.size,
        sizes=_sizes(entry) if entry else _sizes_of(one.figures),
        worn=worn,
        fabric=_cloth(one) if one.kind == "fabric" else None,
        regions={name: Region(low=low, high=high) for name, (low, high) in one.regions.items()},
        uv_metres=one.uv_metres,
        thumbnail=_thumbnail(one.id),
    )


def _sizes(entry: catalogue_mannequins.Entry) -> tuple[Size, ...]:
    return tuple(Size(name=size, item=entry.item_id(size)) for size in entry.sizes)


def _sizes_of(figures: tuple[str, ...]) -> tuple[Size, ...]:
    """The sizes of the first of the figures: all of them come in the same ones."""
    entries = [entry for name in figures if (entry := catalogue_mannequins.figure(name)) is not None]
    return _sizes(entries[0]) if entries else ()


def _cloth(one: Item) -> Cloth:
    facts = json.loads((DATA / one.files[0]).read_bytes())
    return Cloth(
        weight_gsm=float(facts.get("weight_gsm", 0.0)),
        composition={str(fibre): float(share) for fibre, share in facts.get("composition", {}).items()},
        repeat_mm=float(facts.get("repeat_mm", 0.0)),
        care=tuple(facts.get("care", ())),
    )


def _outfit(look: catalogue_outfits.Entry) -> Listing:
    pieces = tuple(piece.item for piece in look.pieces)
    garments = [catalogue.item(piece) for piece in pieces]
    figures = tuple(name for name in garments[0].figures if all(name in one.figures for one in garments))
    shown = [one for one in garments if one.poses]
    poses = tuple(pose for pose in shown[0].poses if all(pose in one.poses for one in shown)) if shown else ()
    used = (look.figure, *pieces, *look.fabrics)
    content = json.dumps([look.design, *(catalogue.digest(one) for one in used)], sort_keys=True)
    return Listing(
        id=look.id,
        kind=OUTFIT,
        name_en=look.name_en,
        name_ko=look.name_ko,
        tags=look.tags,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        sizes=_sizes_of(figures),
        worn=Worn(
            covers=tuple(dict.fromkeys(part for one in garments for part in one.covers)),
            depth=max(one.depth for one in garments),
            figures=figures,
            poses=poses,
            draped_on=look.figure,
            level_feet=any(one.level_feet for one in garments),
        ),
        pieces=pieces,
        design=look.design,
        thumbnail=_thumbnail(look.id),
    )


def _foil(name: str) -> Listing:
    one = foil.foil(name)
    content = json.dumps(one.model_dump(mode="json"), sort_keys=True)
    return Listing(
        id=one.id,
        kind=FOIL,
        name_en=one.name_en,
        name_ko=one.name_ko,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        thumbnail=_thumbnail(one.id),
    )


def _parameters(name: str) -> dict[str, Any]:
    """Of a foil, without what the listing says already."""
    return {
        key: value
        for key, value in foil.foil(name).model_dump(mode="json").items()
        if key not in {"id", "name_en", "name_ko"}
    }


def _layout(name: str) -> dict[str, Any]:
    """What a template takes: its size, its fields, where foil may be put, its rarities."""
    one = card_template.template(name)
    return {
        "size_mm": list(one.size_mm),
        "bleed_mm": one.bleed_mm,
        "safe_mm": one.safe_mm,
        "fields": [{"name": place.name, "kind": place.kind, "takes": list(place.takes)} for place in one.fields],
        "masks": list(one.masks),
        "rarities": list(one.rarities),
    }


def _thumbnail(item_id: str) -> str | None:
    """Where the picture is served, with a mark of its content, so that it may be kept for ever."""
    path = THUMBNAILS / f"{item_id}.webp"
    if not path.is_file():
        return None
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:MARK]
    return f"/api/v1/catalogue/{item_id}/thumbnail?v={mark}"

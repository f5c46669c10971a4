"""The collection that ships with the farm: ids, names, and where their content lies.

The table is literal; the content is made by :mod:`assets.generators`, baked once into small files under
``assets/catalogue_data`` and read from there. Importing this module reads nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import Final

from assets import (
    baked,
    catalogue_cards,
    catalogue_fabrics,
    catalogue_garments,
    catalogue_mannequins,
    catalogue_studios,
    mannequin,
    regions,
)
from assets.catalogue_item import LICENCE, Corner, Item, Kind
from assets.errors import CatalogueError
from assets.fabric import Fabric, from_facts
from assets.images import probe
from assets.model import Image, Model

__all__ = [
    "DATA",
    "ITEMS",
    "LICENCE",
    "OWN",
    "Corner",
    "Item",
    "Kind",
    "digest",
    "fabric",
    "item",
    "model",
    "picture",
]

DATA: Final = Path(__file__).resolve().parent / "catalogue_data"
OWN: Final = "my-"
"""How the ids of owners' own items begin; none that ships does."""
_MODEL_KINDS: Final = frozenset({"avatar", "garment", "stage", "card-template"})

_TABLE: Final = (
    Item(
        id="dress-form",
        kind="avatar",
        name_en="Dress form, female EU 38",
        name_ko="여성 드레스폼 (EU 38)",
        tags=("dress form", "mannequin", "female", "stand"),
        files=("models/dress-form.npz",),
        regions={"neck": ((-0.10, 1.44, -0.10), (0.10, 1.63, 0.10)), "bust": ((-0.2, 1.20, -0.05), (0.2, 1.40, 0.2))},
    ),
    *(
        Item(
            id=figure.item_id(size),
            kind="avatar",
            name_en=f"{figure.name_en}, {size}",
            name_ko=f"{figure.name_ko} ({size})",
            tags=(*figure.tags, size),
            files=figure.files,
            size=size,
        )
        for figure in catalogue_mannequins.MANNEQUINS
        for size in figure.sizes
    ),
    *(
        Item(
            id=worn.id,
            kind="garment",
            name_en=worn.name_en,
            name_ko=worn.name_ko,
            tags=worn.tags,
            files=worn.files,
            uv_metres=1.0,
            covers=worn.covers,
            depth=worn.depth,
            regions=worn.regions,
            draped_on=worn.draped_on,
            figures=worn.figures,
            poses=worn.poses,
            cloth=worn.cloth,
            level_feet=worn.level_feet,
        )
        for worn in catalogue_garments.GARMENTS
    ),
    *(
        Item(
            id=cloth.id,
            kind="fabric",
            name_en=cloth.name_en,
            name_ko=cloth.name_ko,
            tags=cloth.tags,
            files=cloth.files,
        )
        for cloth in catalogue_fabrics.FABRICS
    ),
    *catalogue_studios.STUDIOS,
    *catalogue_cards.CARDS,
)

ITEMS: Final[Mapping[str, Item]] = MappingProxyType({entry.id: entry for entry in _TABLE})
_READING: Final = RLock()


def item(item_id: str) -> Item:
    """The entry. Raises CatalogueError ``catalogue.unknown_item`` for an id that is not in :data:`ITEMS`."""
    found = ITEMS.get(item_id)
    if found is None:
        msg = f"the catalogue has no item {item_id!r}; it has {', '.join(sorted(ITEMS))}"
        raise CatalogueError(msg)
    return found


def model(item_id: str) -> Model:
    """The model of an avatar, a garment or a card template, in metres, feet on y = 0, front towards +Z.

    Read once per process and shared. Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``.
    """
    found = item(item_id)
    if found.kind in _MODEL_KINDS and not any(name.endswith(".npz") for name in found.files):
        msg = f"{item_id!r} has no model of its own; make a card of it, or give another item"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    if found.kind not in _MODEL_KINDS:
        msg = f"{item_id!r} is a {found.kind}; give an avatar, a garment, a stage or a card template instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    # Threads that ask at the same time must get one model: its materials are told apart by which they are.
    with _READING:
        return _model(item_id)


def fabric(item_id: str) -> Fabric:
    """A fabric with its textures. Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``."""
    found = item(item_id)
    if found.kind != "fabric":
        msg = f"{item_id!r} is a {found.kind}; give a fabric instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    return _fabric(item_id)


def picture(item_id: str) -> bytes:
    """The image file of a picture for cards, or of a fabric's colours, as it is stored.

    Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``.
    """
    found = item(item_id)
    if found.kind not in {"card-art", "fabric"}:
        msg = f"{item_id!r} is a {found.kind}; give a picture for cards or a fabric instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    name = next(name for name in found.files if not name.endswith(".json"))
    return (DATA / name).read_bytes()


@cache
def digest(item_id: str) -> str:
    """SHA-256 (hex) over the item's files: it changes when the content does. Computed once per process."""
    total = hashlib.sha256(item_id.encode())
    for name in item(item_id).files:
        data = (DATA / name).read_bytes()
        total.update(f"\0{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


@cache
def _model(item_id: str) -> Model:
    found = ITEMS[item_id]
    if found.size:
        own, body = ((DATA / name).read_bytes() for name in found.files)
        return mannequin.read(own, body, found.size)
    name = next(name for name in found.files if name.endswith(".npz"))
    return _with_regions(baked.read((DATA / name).read_bytes()), found.regions)


def _with_regions(model: Model, boxes: Mapping[str, tuple[Corner, Corner]]) -> Model:
    """The model whose primitives name their regions, so that layers, posing and exporters carry them along."""
    if not boxes:
        return model
    named = {name: [list(low), list(high)] for name, (low, high) in boxes.items()}
    meshes = []
    for mesh in model.meshes:
        parts = (replace(part, extras={**part.extras, regions.KEY: named}) for part in mesh.primitives)
        meshes.append(replace(mesh, primitives=tuple(parts)))
    return replace(model, meshes=tuple(meshes))


@cache
def _fabric(item_id: str) -> Fabric:
    described, *pictures = ITEMS[item_id].files
    facts = json.loads((DATA / described).read_bytes())
    color, normal, roughness = (_image(name) for name in pictures)
    return from_facts(facts, color, normal, roughness, name=item_id)


def _image(name: str) -> Image:
    return probe((DATA / name).read_bytes(), name=Path(name).stem)

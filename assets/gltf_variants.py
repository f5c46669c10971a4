"""KHR_materials_variants of a glTF: their names, and which primitive wears what in each."""

from __future__ import annotations

from typing import Final

from assets.gltf_json import Document, Item
from assets.model import Material

VARIANTS: Final = "KHR_materials_variants"
_MAPPINGS: Final = 4_096


def read_variants(document: Document) -> tuple[str, ...]:
    """The names of the file's variants, in order; a variant without a name is called by its number."""
    extension = document.root.extension(VARIANTS)
    if extension is None:
        return ()
    items = extension.items("variants", document.limits.variants)
    return tuple(item.text("name") or f"variant {place}" for place, item in enumerate(items))


def read_mappings(item: Item, materials: tuple[Material, ...], variants: int) -> dict[int, Material]:
    """A primitive's material for each variant that names one; of two that do, the first counts.

    Raises ModelError ``model.schema`` or ``model.reference``.
    """
    extension = item.extension(VARIANTS)
    if extension is None:
        return {}
    found: dict[int, Material] = {}
    for mapping in extension.items("mappings", _MAPPINGS):
        index = mapping.index("material", len(materials), "materials")
        if index is None:
            raise mapping.fail("material", "present")
        for variant in mapping.indices("variants", variants, "variants"):
            found.setdefault(variant, materials[index])
    return found

"""Colourways of one model: KHR_materials_variants."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from assets.errors import ModelError
from assets.model import Model

_SHOWN: Final = 10


def chosen(model: Model, name: str) -> Model:
    """The model as it looks in a variant. What the variant does not mention keeps its own material.

    The model keeps its variants, but what one has changed another does not change back: choose from the model
    as it was read. Raises ModelError ``model.no_variant`` for a name that the model does not have.
    """
    places = {place for place, known in enumerate(model.variants) if known == name}
    if not places:
        names = ", ".join(repr(known) for known in model.variants[:_SHOWN]) or "none"
        msg = f"the model has no variant {name!r}; it has {names}"
        raise ModelError(msg, code="model.no_variant")
    place = min(places)  # of two that share a name the first is meant
    return replace(
        model,
        meshes=tuple(
            replace(
                mesh,
                primitives=tuple(
                    replace(part, material=part.variants.get(place, part.material)) for part in mesh.primitives
                ),
            )
            for mesh in model.meshes
        ),
    )

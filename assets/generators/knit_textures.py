"""Knits of the catalogue's fabrics as textures of a garment whose UVs are metres: small and light, to be tinted."""

from __future__ import annotations

import numpy as np

from assets.generators.fabric_files import normals
from assets.generators.fabric_swatch import Swatch
from assets.generators.weave import encoded
from assets.images import probe
from assets.model import Texture


def knitted(name: str, swatch: Swatch, repeat_mm: float, *, quality: int = 72) -> tuple[Texture, Texture]:
    """Colour, without hue and light, and normals of a swatch that repeats every ``repeat_mm``."""
    grey = np.asarray(swatch.color).mean(axis=2)
    light = np.clip(0.80 * grey / grey.mean(), 0, 1)
    color = encoded(np.repeat(np.round(light * 255).astype(np.uint8)[..., None], 3, axis=2), quality)
    relief = encoded(normals(swatch.height, repeat_mm), quality)
    times = 1000.0 / repeat_mm
    return (
        Texture(image=probe(color, name=f"{name}-color"), scale=(times, times)),
        Texture(image=probe(relief, name=f"{name}-normal"), scale=(times, times)),
    )

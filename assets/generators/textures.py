"""Swatches as textures of a model whose UVs are metres."""

from __future__ import annotations

import numpy as np

from assets.generators.weave import Swatch, encoded, normal_map
from assets.images import probe
from assets.model import Texture


def tiled(name: str, swatch: Swatch, quality: int = 84, *, tone: float = 1.0) -> tuple[Texture, Texture]:
    """Colour and normal map of a swatch, repeated at its true size on a model with 1 UV unit a metre. ``tone`` is how
    much of the colour's contrast stays; its mean becomes near white, to be tinted by the material.
    """
    times = 1000.0 / swatch.repeat_mm
    mean = swatch.color.mean(axis=(0, 1))
    paled = np.clip(swatch.color if tone == 1.0 else 0.93 + (swatch.color - mean) * tone, 0, 1)
    color = encoded(np.round(paled * 255).astype(np.uint8), quality)
    normal = encoded(normal_map(swatch.height, swatch.repeat_mm / 1000), quality)
    return (
        Texture(image=probe(color, name=f"{name}-color"), scale=(times, times)),
        Texture(image=probe(normal, name=f"{name}-normal"), scale=(times, times)),
    )

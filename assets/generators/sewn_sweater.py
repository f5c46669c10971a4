"""The draped sweater as a model: cables down front, back and sleeves, rib where it ends."""

from __future__ import annotations

from typing import Final

from assets.generators.garment import Draped
from assets.generators.sewn_ribbed import faces, whole
from assets.model import Material, Model, Texture

NAME: Final = "sweater"
REPEAT: Final = (140.0, 72.0)
"""Millimetres over which cables and rib repeat."""
_MIDDLE: Final = 0.147 * REPEAT[0] / 1000
"""Where the middle of the first cable is on its swatch, metres: it runs down the middle of each panel."""
_LAID: Final = {
    "front": (_MIDDLE, 0.0),
    "back": (_MIDDLE + 0.84, 0.0),
    "sleeve-left": (_MIDDLE + 1.68, 0.0),
    "sleeve-right": (_MIDDLE + 2.24, 0.0),
    "band-front": (0.0, 0.8),
    "band-back": (0.8, 0.8),
    "cuff-left": (1.6, 0.8),
    "cuff-right": (2.2, 0.8),
    "collar": (0.0, 1.1),
}
"""Where each panel lies on the cloth, metres."""


def model(worn: Draped, cable: tuple[Texture, Texture], rib: tuple[Texture, Texture]) -> Model:
    """The garment, 1 UV unit per metre: knit, rib. Both come with colour and normals."""

    def wool(name: str, look: tuple[Texture, Texture], scale: float) -> Material:
        return Material(
            name=name,
            base_color=(0.83, 0.72, 0.56, 1.0),
            base_color_texture=look[0],
            metallic=0.0,
            roughness=0.92,
            normal_texture=look[1],
            normal_scale=scale,
            double_sided=True,
            sheen_color=(0.07, 0.06, 0.045),
            sheen_roughness=0.6,
        )

    parts = faces(worn, wool("knit", cable, 1.0), wool("rib", rib, 1.0), _LAID, lip=0.0055)
    return whole(NAME, (parts.cloth, parts.ribs))

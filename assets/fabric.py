"""Fabrics: the textures that tile over a garment, and how wide one tile is on the body."""

from __future__ import annotations

from dataclasses import dataclass

from assets.model import Image

Rgb = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fabric:
    """What a material takes over from a cloth.

    ``base_color`` is sRGB; ``normal`` is a tangent-space normal map (OpenGL green, +Y up); ``metallic_roughness``
    is packed as glTF has it (G roughness, B metalness). ``repeat_mm`` is the width of one tile in millimetres on
    the cloth; 0 means "as the model's UVs say". ``sheen_color`` is linear; black means no sheen.
    """

    base_color: Image
    normal: Image | None = None
    metallic_roughness: Image | None = None
    repeat_mm: float = 0.0
    sheen_color: Rgb = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.0
    name: str = ""


def from_image(image: Image) -> Fabric:
    """A picture that somebody uploaded, as a fabric: colours only, tiled as the model's UVs say."""
    return Fabric(base_color=image, name=image.name)

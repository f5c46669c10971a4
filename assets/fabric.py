"""Fabrics: the textures that tile over a garment, how wide one tile is on the body, and what the cloth is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from assets.errors import CatalogueError
from assets.model import AlphaMode, Image

Rgb = tuple[float, float, float]

HEAVIEST: Final = 2000.0
"""Grams for a square metre; saddlery leather has about 3 mm and 2,700, and no garment is cut from it."""
PLAIN_IOR: Final = 1.5
DENSEST: Final = 3.0
"""Index of refraction; over that of diamond nothing is a cloth."""
_COMPOSITION: Final = 100.0
_SHARES: Final = ("sheen_roughness", "anisotropy", "translucency", "clearcoat", "clearcoat_roughness", "alpha_cutoff")


@dataclass(frozen=True, kw_only=True, eq=False)
class Fabric:
    """What a material takes over from a cloth.

    ``base_color`` is sRGB, its alpha the holes; ``normal`` is a tangent-space normal map (OpenGL green, +Y up);
    ``metallic_roughness`` is packed as glTF has it (G roughness, B metalness). ``repeat_mm`` is the width of one
    tile in millimetres on the cloth; 0 means "as the model's UVs say". ``sheen_color`` is linear; black: no sheen.

    ``anisotropy`` (strength; ``anisotropy_rotation`` radians from the weft) is the streak of a satin;
    ``translucency`` the share of matt light that comes through from behind, in ``translucency_color`` (linear);
    ``clearcoat`` a film of varnish; ``ior`` how strongly the surface mirrors (1.5 is plain; the many surfaces of a
    filament yarn send back more than one does). ``alpha_mode`` says what the alpha of the colours means.

    For the bill of materials: ``weight_gsm`` in grams for a square metre, 0 if unknown; ``composition`` in per cent
    of mass by the fibre's generic name (ISO 2076), 100 together or empty; ``care`` in words.
    Raises CatalogueError ``catalogue.fabric_invalid`` for a number out of its range.
    """

    base_color: Image
    normal: Image | None = None
    metallic_roughness: Image | None = None
    repeat_mm: float = 0.0
    sheen_color: Rgb = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.0
    anisotropy: float = 0.0
    anisotropy_rotation: float = 0.0
    translucency: float = 0.0
    translucency_color: Rgb = (1.0, 1.0, 1.0)
    ior: float = PLAIN_IOR
    clearcoat: float = 0.0
    clearcoat_roughness: float = 0.0
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    weight_gsm: float = 0.0
    composition: Mapping[str, float] = field(default_factory=dict)
    care: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        for key in _SHARES:
            self._in_range(key, getattr(self, key), 1.0)
        for key in ("sheen_color", "translucency_color"):
            for share in getattr(self, key):
                self._in_range(key, share, 1.0)
        self._in_range("repeat_mm", self.repeat_mm, 10_000.0)
        self._in_range("weight_gsm", self.weight_gsm, HEAVIEST)
        if not 1.0 <= self.ior <= DENSEST:
            raise self._wrong("ior", f"from 1 to {DENSEST:g}, not {self.ior!r}")
        if not isfinite(self.anisotropy_rotation):
            raise self._wrong("anisotropy_rotation", "an angle in radians")
        for share in self.composition.values():
            self._in_range("composition", share, _COMPOSITION)
        if self.composition and abs(sum(self.composition.values()) - _COMPOSITION) > 1e-6:
            raise self._wrong("composition", f"100 per cent together, not {sum(self.composition.values()):g}")

    def _in_range(self, key: str, value: float, most: float) -> None:
        if not 0.0 <= value <= most:  # NaN is not
            raise self._wrong(key, f"from 0 to {most:g}, not {value!r}")

    def _wrong(self, key: str, wanted: str) -> CatalogueError:
        return CatalogueError(f"fabric {self.name!r}: {key} must be {wanted}", code="catalogue.fabric_invalid")

    def extensions(self) -> dict[str, dict[str, Any]]:
        """What a material's extensions say of the cloth, as the JSON that :mod:`assets.finish` reads."""
        found: dict[str, dict[str, Any]] = {}
        if self.anisotropy:
            found["KHR_materials_anisotropy"] = {
                "anisotropyStrength": self.anisotropy,
                "anisotropyRotation": self.anisotropy_rotation,
            }
        if self.translucency:
            found["KHR_materials_diffuse_transmission"] = {
                "diffuseTransmissionFactor": self.translucency,
                "diffuseTransmissionColorFactor": list(self.translucency_color),
            }
        if self.ior != PLAIN_IOR:
            found["KHR_materials_ior"] = {"ior": self.ior}
        if self.clearcoat:
            found["KHR_materials_clearcoat"] = {
                "clearcoatFactor": self.clearcoat,
                "clearcoatRoughnessFactor": self.clearcoat_roughness,
            }
        return found


def from_image(image: Image) -> Fabric:
    """A picture that somebody uploaded, as a fabric: colours only, tiled as the model's UVs say."""
    return Fabric(base_color=image, name=image.name)


def from_facts(
    facts: Mapping[str, Any], base_color: Image, normal: Image, metallic_roughness: Image, *, name: str
) -> Fabric:
    """A catalogue's fabric from its baked JSON (the fields of :class:`Fabric` that are not pictures) and pictures.

    Raises CatalogueError ``catalogue.fabric_invalid``.
    """
    numbers = ("repeat_mm", "ior", "weight_gsm", "anisotropy_rotation", *_SHARES)
    plain: dict[str, Any] = {key: float(facts[key]) for key in numbers if key in facts}
    for key in ("sheen_color", "translucency_color"):
        if key in facts:
            r, g, b = facts[key]
            plain[key] = (float(r), float(g), float(b))
    return Fabric(
        base_color=base_color,
        normal=normal,
        metallic_roughness=metallic_roughness,
        alpha_mode=AlphaMode(facts.get("alpha_mode", "OPAQUE")),
        composition={str(fibre): float(share) for fibre, share in facts.get("composition", {}).items()},
        care=tuple(facts.get("care", ())),
        name=name,
        **plain,
    )

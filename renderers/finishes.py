"""What a material asks of the surface shader: its features, the maps that they read, and their numbers.

A feature is a preprocessor definition of ``surface.frag``. One whose factor is zero is left out together with
its maps, so that a plain material runs the plain shader.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, inf, sin
from typing import Final

from assets.finish import Finish
from assets.model import Material, Texture

_MAPS: Final = (
    # shader name, feature that reads it ("" for all), field of the material or the finish, holds colour
    ("BASE", "", "base_color_texture", True),
    ("ROUGH", "LIT", "metallic_roughness_texture", False),
    ("NORMAL", "LIT", "normal_texture", False),
    ("OCCLUSION", "LIT", "occlusion_texture", False),
    ("EMISSIVE", "LIT", "emissive_texture", True),
    ("SHEEN_COLOR", "SHEEN", "sheen_color_texture", True),
    ("SHEEN_ROUGH", "SHEEN", "sheen_roughness_texture", False),
    ("REFLECTION", "REFLECTION", "specular_texture", False),
    ("REFLECTION_COLOR", "REFLECTION", "specular_color_texture", True),
    ("COAT", "COAT", "clearcoat_texture", False),
    ("COAT_ROUGH", "COAT", "clearcoat_roughness_texture", False),
    ("COAT_NORMAL", "COAT", "clearcoat_normal_texture", False),
    ("ANISOTROPY", "ANISOTROPY", "anisotropy_texture", False),
    ("FILM", "FILM", "iridescence_texture", False),
    ("FILM_THICKNESS", "FILM", "iridescence_thickness_texture", False),
    ("TRANSMISSION", "TRANSMISSION", "transmission_texture", False),
    ("THICKNESS", "VOLUME", "thickness_texture", False),
    ("TRANSLUCENCY", "TRANSLUCENCY", "translucency_texture", False),
    ("TRANSLUCENCY_COLOR", "TRANSLUCENCY", "translucency_color_texture", True),
)

Numbers = tuple[float, ...]


def features(material: Material, finish: Finish) -> tuple[str, ...]:
    """The definitions that the material's factors switch on."""
    if material.unlit:
        return ("UNLIT",)
    through = finish.transmission > 0
    plain = finish.ior == 1.5 and finish.specular == 1 and finish.specular_color == (1, 1, 1)
    wanted = (
        ("SHEEN", max(material.sheen_color) > 0),
        ("REFLECTION", not plain or bool(finish.specular_texture or finish.specular_color_texture)),
        ("COAT", finish.clearcoat > 0),
        ("ANISOTROPY", finish.anisotropy > 0),
        ("FILM", finish.iridescence > 0),
        ("TRANSLUCENCY", finish.translucency > 0),
        ("TRANSMISSION", through),
        ("VOLUME", through and finish.thickness > 0),
        ("DISPERSION", through and finish.thickness > 0 and finish.dispersion > 0),
    )
    return tuple(name for name, on in wanted if on)


def maps(material: Material, finish: Finish) -> Iterator[tuple[str, Texture, bool]]:
    """The textures that the features read: shader name, texture, and whether it holds sRGB colour."""
    on = {"", *features(material, finish)}
    if not material.unlit:
        on.add("LIT")
    for name, feature, field, colour in _MAPS:
        texture: Texture | None = getattr(material if hasattr(material, field) else finish, field)
        if texture is not None and feature in on:
            yield name, texture, colour


def uniforms(material: Material, finish: Finish) -> dict[str, Numbers]:
    """The numbers of the material's own uniforms; colours are linear, lengths in metres, films in nanometres."""
    on = features(material, finish)
    found: dict[str, Numbers] = {
        "u_base": material.base_color,
        "u_factors": (material.metallic, material.roughness, material.normal_scale, material.occlusion_strength),
        "u_emissive": (*(e * material.emissive_strength for e in material.emissive), material.alpha_cutoff),
    }
    if "SHEEN" in on:
        found["u_sheen"] = (*material.sheen_color, material.sheen_roughness)
    if "REFLECTION" in on:
        head_on = ((finish.ior - 1) / (finish.ior + 1)) ** 2
        found["u_reflection"] = (*(head_on * c for c in finish.specular_color), finish.specular)
    if "COAT" in on:
        found["u_coat"] = (finish.clearcoat, finish.clearcoat_roughness, finish.clearcoat_normal_scale)
    if "ANISOTROPY" in on:
        turn = finish.anisotropy_rotation
        found["u_anisotropy"] = (cos(turn), sin(turn), finish.anisotropy)
    if "FILM" in on:
        found["u_film"] = (finish.iridescence, finish.iridescence_ior, *finish.iridescence_thickness)
    if "TRANSLUCENCY" in on:
        found["u_translucency"] = (*finish.translucency_color, finish.translucency)
    if "TRANSMISSION" in on:
        found["u_transmission"] = (finish.transmission, finish.ior, finish.thickness, finish.dispersion)
    if "VOLUME" in on:
        found["u_attenuation"] = (
            *finish.attenuation_color,
            0.0 if finish.attenuation_distance == inf else 1 / finish.attenuation_distance,
        )
    return found

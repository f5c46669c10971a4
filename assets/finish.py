"""What a material's extensions say about its surface, as numbers and textures that a renderer can use.

:class:`assets.model.Material` keeps extensions as the JSON that they came in, so that exporters lose nothing.
Here that JSON is read, once, with the ranges and the defaults of the ratified Khronos extensions
(github.com/KhronosGroup/glTF, extensions/2.0/Khronos, 2020 to 2024). A default changes nothing in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from assets.gltf_json import Item
from assets.model import Material, Texture

_COAT: Final = "KHR_materials_clearcoat"
_SHEEN: Final = "KHR_materials_sheen"
_SPECULAR: Final = "KHR_materials_specular"
_IOR: Final = "KHR_materials_ior"
_TRANSMISSION: Final = "KHR_materials_transmission"
_VOLUME: Final = "KHR_materials_volume"
_ANISOTROPY: Final = "KHR_materials_anisotropy"
_IRIDESCENCE: Final = "KHR_materials_iridescence"
_DISPERSION: Final = "KHR_materials_dispersion"
_GLOW: Final = "KHR_materials_diffuse_transmission"

Rgb = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Finish:
    """The surface beyond metallic-roughness. Colours are linear, 0..1 unless said otherwise; a texture
    multiplies its factor, and the channels are those of the extension.
    """

    clearcoat: float = 0.0
    clearcoat_texture: Texture | None = None  # red
    clearcoat_roughness: float = 0.0
    clearcoat_roughness_texture: Texture | None = None  # green
    clearcoat_normal_texture: Texture | None = None
    clearcoat_normal_scale: float = 1.0
    sheen_color_texture: Texture | None = None  # sRGB
    sheen_roughness_texture: Texture | None = None  # alpha
    specular: float = 1.0
    specular_texture: Texture | None = None  # alpha
    specular_color: Rgb = (1.0, 1.0, 1.0)  # may be over 1
    specular_color_texture: Texture | None = None  # sRGB
    ior: float = 1.5  # 0 is a perfect mirror, from the archived specular-glossiness model
    transmission: float = 0.0
    transmission_texture: Texture | None = None  # red
    thickness: float = 0.0  # of the volume under the surface, in the mesh's own metres; 0 is thin-walled
    thickness_texture: Texture | None = None  # green
    attenuation_distance: float = inf  # metres after which light has the attenuation colour
    attenuation_color: Rgb = (1.0, 1.0, 1.0)
    anisotropy: float = 0.0
    anisotropy_rotation: float = 0.0  # radians, counter-clockwise from the tangent
    anisotropy_texture: Texture | None = None  # red and green: direction; blue: strength
    iridescence: float = 0.0
    iridescence_texture: Texture | None = None  # red
    iridescence_ior: float = 1.3
    iridescence_thickness: tuple[float, float] = (100.0, 400.0)  # of the thin film, nanometres: least, most
    iridescence_thickness_texture: Texture | None = None  # green
    dispersion: float = 0.0  # 20 over the Abbe number
    translucency: float = 0.0  # share of the matt light that comes from behind (diffuse transmission)
    translucency_texture: Texture | None = None  # alpha
    translucency_color: Rgb = (1.0, 1.0, 1.0)
    translucency_color_texture: Texture | None = None  # sRGB


def finish(material: Material, *, path: str = "material") -> Finish:
    """Reads a material's extensions. ``path`` is where its JSON is ("materials/3"), for the errors.

    Raises ModelError ``model.schema`` for a value that the extension does not allow; its ``path`` names the field.
    """
    extensions = Item(material.extensions, f"{path}/extensions")
    textures = material.extension_textures
    coat, specular, ior = (_part(extensions, name) for name in (_COAT, _SPECULAR, _IOR))
    transmission, volume = (_part(extensions, name) for name in (_TRANSMISSION, _VOLUME))
    anisotropy, film, dispersion = (_part(extensions, n) for n in (_ANISOTROPY, _IRIDESCENCE, _DISPERSION))
    glow = _part(extensions, _GLOW)
    coat_normal = coat.item("clearcoatNormalTexture")
    return Finish(
        clearcoat=coat.number("clearcoatFactor", 0.0, low=0, high=1),
        clearcoat_texture=textures.get(f"{_COAT}/clearcoatTexture"),
        clearcoat_roughness=coat.number("clearcoatRoughnessFactor", 0.0, low=0, high=1),
        clearcoat_roughness_texture=textures.get(f"{_COAT}/clearcoatRoughnessTexture"),
        clearcoat_normal_texture=textures.get(f"{_COAT}/clearcoatNormalTexture"),
        clearcoat_normal_scale=coat_normal.number("scale", 1.0) if coat_normal is not None else 1.0,
        sheen_color_texture=textures.get(f"{_SHEEN}/sheenColorTexture"),
        sheen_roughness_texture=textures.get(f"{_SHEEN}/sheenRoughnessTexture"),
        specular=specular.number("specularFactor", 1.0, low=0, high=1),
        specular_texture=textures.get(f"{_SPECULAR}/specularTexture"),
        specular_color=_colour(specular, "specularColorFactor", high=1e6),
        specular_color_texture=textures.get(f"{_SPECULAR}/specularColorTexture"),
        ior=_ior(ior),
        transmission=transmission.number("transmissionFactor", 0.0, low=0, high=1),
        transmission_texture=textures.get(f"{_TRANSMISSION}/transmissionTexture"),
        thickness=volume.number("thicknessFactor", 0.0, low=0),
        thickness_texture=textures.get(f"{_VOLUME}/thicknessTexture"),
        attenuation_distance=_distance(volume),
        attenuation_color=_colour(volume, "attenuationColor", high=1),
        anisotropy=anisotropy.number("anisotropyStrength", 0.0, low=0, high=1),
        anisotropy_rotation=anisotropy.number("anisotropyRotation", 0.0),
        anisotropy_texture=textures.get(f"{_ANISOTROPY}/anisotropyTexture"),
        iridescence=film.number("iridescenceFactor", 0.0, low=0, high=1),
        iridescence_texture=textures.get(f"{_IRIDESCENCE}/iridescenceTexture"),
        iridescence_ior=film.number("iridescenceIor", 1.3, low=1, high=100),
        iridescence_thickness=(
            film.number("iridescenceThicknessMinimum", 100.0, low=0, high=1e6),
            film.number("iridescenceThicknessMaximum", 400.0, low=0, high=1e6),
        ),
        iridescence_thickness_texture=textures.get(f"{_IRIDESCENCE}/iridescenceThicknessTexture"),
        dispersion=dispersion.number("dispersion", 0.0, low=0, high=1e3),
        translucency=glow.number("diffuseTransmissionFactor", 0.0, low=0, high=1),
        translucency_texture=textures.get(f"{_GLOW}/diffuseTransmissionTexture"),
        translucency_color=_colour(glow, "diffuseTransmissionColorFactor", high=1),
        translucency_color_texture=textures.get(f"{_GLOW}/diffuseTransmissionColorTexture"),
    )


def _part(extensions: Item, name: str) -> Item:
    """The extension's object; an empty one, which gives the defaults, when the material does not use it."""
    found = extensions.item(name)
    return found if found is not None else Item({}, f"{extensions.path}/{name}")


def _colour(item: Item, key: str, *, high: float) -> Rgb:
    r, g, b = item.numbers(key, 3, (1.0, 1.0, 1.0), low=0, high=high)
    return r, g, b


def _ior(item: Item) -> float:
    value = item.number("ior", 1.5, low=0, high=100)
    if 0 < value < 1:
        raise item.fail("ior", "0, or a number from 1 to 100")
    return value


def _distance(volume: Item) -> float:
    if "attenuationDistance" not in volume:
        return inf
    value = volume.number("attenuationDistance", 1.0, low=0, high=1e30)
    if value == 0:
        raise volume.fail("attenuationDistance", "more than 0")
    return value

"""Materials and textures as FBX programs know them, with the pictures embedded.

Every material says its look twice: as Phong, which all programs read, and as the Arnold Standard Surface that Maya
writes, from which Blender (by ufbx) and assimp take metalness and roughness. A texture takes the place of a number
there, so numbers are in the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from assets import srgb
from assets.finish import Finish, finish
from assets.images import decode
from assets.model import AlphaMode, Image, Material, Texture, Wrap
from exporters import image as pictures
from exporters.fbx_objects import Objects, colour, number, properties, text
from exporters.gltf import texture_name
from exporters.texture_baking import Pixels, channel, steeper, tinted

_EMBEDDED: Final = frozenset({"image/png", "image/jpeg"})
_ARNOLD: Final = 1138001
"""Maya's number for an Arnold Standard Surface."""
_ENTRIES: Final = (
    "base",
    "baseColor",
    "metalness",
    "specularRoughness",
    "specularIOR",
    "opacity",
    "emission",
    "emissionColor",
    "transmission",
    "coat",
    "coatRoughness",
    "sheen",
    "sheenColor",
    "sheenRoughness",
    "normalCamera",
)
Bake = Callable[[Pixels], Pixels]


class Materials:
    """Each material and each picture once."""

    def __init__(self, objects: Objects, stem: str) -> None:
        self._objects, self._stem = objects, stem
        self._made: dict[int, int] = {}
        self._videos: dict[tuple[str, str], tuple[int, str]] = {}
        self._files: dict[str, bytes] = {}

    def get(self, material: Material) -> int:
        """The id of a material's object."""
        if id(material) not in self._made:
            self._made[id(material)] = self._make(material)
        return self._made[id(material)]

    def _make(self, material: Material) -> int:
        name = self._objects.unique("material", material.name or "material")
        found, record = self._objects.make("Material", name, "")
        record.add("Version", 102)
        record.add("ShadingModel", "phong")
        record.add("MultiLayer", 0)
        properties(record, *_phong(material), *_arnold(material, finish(material)))
        self._textures(found, material)
        self._shader(found, name)
        return found

    def _shader(self, owner: int, name: str) -> None:
        """Says which shader the numbers under "Maya" are for, and what it calls them."""
        made, record = self._objects.make("Implementation", f"{name} Arnold", "")
        record.add("Version", 100)
        properties(
            record,
            text("ShaderLanguage", "ArnoldShadingLanguage"),
            text("ShaderLanguageVersion", "1.0"),
            text("RenderAPI", "ARNOLD_SHADER_ID"),
            text("RenderAPIVersion", "4.0"),
            text("RootBindingName", "root"),
        )
        table, record = self._objects.make("BindingTable", "root", "")
        record.add("Version", 100)
        properties(record, text("TargetName", "root"), text("TargetType", "shader"))
        for entry in _ENTRIES:
            record.add("Entry", f"Maya|{entry}", "FbxPropertyEntry", entry, "FbxSemanticEntry")
        self._objects.join(table, made)
        self._objects.join(owner, made)

    def _textures(self, owner: int, material: Material) -> None:
        base = material.base_color_texture
        if base is not None:
            opaque, tint = material.alpha_mode is AlphaMode.OPAQUE, material.base_color

            def dyed(pixels: Pixels) -> Pixels:
                return tinted(pixels, tint, opaque=opaque)

            plain = tint == (1.0, 1.0, 1.0, 1.0) and (not opaque or not _see_through(base.image))
            label = "" if plain else f"dyed {tint} {opaque}"
            self._use(owner, base, ("DiffuseColor", f"Maya|{_base(material)}"), label, dyed)
            if not opaque:
                self._use(owner, base, ("TransparentColor",), label, dyed, alpha=True)
        normal, scale = material.normal_texture, material.normal_scale
        if normal is not None:
            label = "" if scale == 1 else f"steeper {scale}"
            self._use(owner, normal, ("NormalMap", "Maya|normalCamera"), label, lambda p: steeper(p, scale))
        rough = material.metallic_roughness_texture
        if rough is not None:
            self._use(
                owner,
                rough,
                ("ShininessExponent", "Maya|specularRoughness", "Maya|TEX_roughness_map"),
                f"roughness {material.roughness}",
                lambda p: channel(p, 1, material.roughness),
            )
            if material.metallic > 0:
                self._use(
                    owner,
                    rough,
                    ("ReflectionFactor", "Maya|metalness"),
                    f"metallic {material.metallic}",
                    lambda p: channel(p, 2, material.metallic),
                )
        glow = material.emissive_texture
        if glow is not None and any(material.emissive) and not material.unlit:
            red, green, blue = material.emissive
            self._use(
                owner,
                glow,
                ("EmissiveColor", "Maya|emissionColor"),
                "" if (red, green, blue) == (1, 1, 1) else f"dyed {material.emissive}",
                lambda p: tinted(p, (red, green, blue, 1.0), opaque=False),
            )
        if material.occlusion_texture is not None:
            self._use(owner, material.occlusion_texture, ("Maya|TEX_ao_map",), "", lambda p: p)

    def _use(
        self, owner: int, texture: Texture, slots: tuple[str, ...], label: str, bake: Bake, *, alpha: bool = False
    ) -> None:
        """Lets a texture decide properties; ``label`` names what ``bake`` does to it, if anything."""
        video, file = self._video(texture.image, label, bake)
        name = self._objects.unique("texture", file.rsplit(".", 1)[0])
        found, record = self._objects.make("Texture", name, "")
        record.add("Type", "TextureVideoClip")
        record.add("Version", 202)
        record.add("TextureName", f"{name}\x00\x01Texture")
        wraps = [int(wrap is Wrap.CLAMP) for wrap in (texture.sampler.wrap_u, texture.sampler.wrap_v)]
        properties(
            record,
            text("UVSet", f"UVSet{texture.uv_set}"),
            ("WrapModeU", "enum", "", "", wraps[0]),
            ("WrapModeV", "enum", "", "", wraps[1]),
            ("UseMaterial", "bool", "", "", 1),
        )
        record.add("Media", f"{name}\x00\x01Video")
        record.add("FileName", file)
        record.add("RelativeFilename", file)
        record.add("ModelUVTranslation", 0.0, 0.0)
        record.add("ModelUVScaling", 1.0, 1.0)
        record.add("Texture_Alpha_Source", "Alpha_Black" if alpha else "None")
        record.add("Cropping", 0, 0, 0, 0)
        for slot in slots:
            self._objects.drive(found, owner, slot)
        self._objects.join(video, found)

    def _video(self, image: Image, label: str, bake: Bake) -> tuple[int, str]:
        """The embedded file of an image, or of what was baked from it."""
        key = (image.digest, label)
        if key not in self._videos:
            data, mime = image.data, image.mime
            if label:
                data, mime = pictures.encode(bake(decode(image)), "png"), "image/png"
            elif mime not in _EMBEDDED:
                data, mime = pictures.encode(decode(image), "png"), "image/png"
            kind = label.split(" ", 1)[0]
            title = f"{image.name or 'texture'}-{kind}" if label else image.name
            plain = Image(data=data, mime=mime, width=image.width, height=image.height, digest="", name=title)
            file = texture_name(plain, self._stem, self._files)
            self._files[file] = data
            found, record = self._objects.make("Video", file, "Clip")
            record.add("Type", "Clip")
            properties(record, text("Path", file))
            record.add("UseMipMap", 0)
            record.add("Filename", file)
            record.add("RelativeFilename", file)
            record.add("Content", data)
            self._videos[key] = (found, file)
        return self._videos[key]


def _phong(material: Material) -> list[tuple[Any, ...]]:
    red, green, blue, alpha = material.base_color
    opacity = alpha if material.alpha_mode is AlphaMode.BLEND else 1.0
    base = _WHITE if material.base_color_texture is not None else _srgb(red, green, blue)
    # Blinn's exponent for a roughness, as readers turn it back: roughness = 1 - sqrt(shininess) / 10.
    shine = (10.0 * (1.0 - material.roughness)) ** 2
    glow = any(material.emissive)
    return [
        colour("DiffuseColor", base),
        number("DiffuseFactor", 1.0, animated=True),
        colour(
            "EmissiveColor", _WHITE if glow and material.emissive_texture is not None else _srgb(*material.emissive)
        ),
        number("EmissiveFactor", float(material.emissive_strength) if glow else 0.0, animated=True),
        colour("SpecularColor", base if material.metallic > 0.5 else _WHITE),
        number("SpecularFactor", 0.25, animated=True),  # what programs take for an index of 1.5
        number("ShininessExponent", shine, animated=True),
        number("Shininess", shine, animated=True),
        number("ReflectionFactor", material.metallic, animated=True),
        colour("TransparentColor", _WHITE),
        number("TransparencyFactor", 1.0 - opacity, animated=True),
        number("Opacity", opacity),
        ("Metallic", "double", "Number", "U", float(material.metallic)),
        ("Roughness", "double", "Number", "U", float(material.roughness)),
    ]


def _arnold(material: Material, looks: Finish) -> list[tuple[Any, ...]]:
    """The Standard Surface, in linear colours. Its specular weight is left out: 1 is its default, and Blender takes
    another one for that of an index of 1.5.
    """
    red, green, blue, alpha = material.base_color
    base = _WHITE if material.base_color_texture is not None else (red, green, blue)
    opacity = alpha if material.alpha_mode is AlphaMode.BLEND else 1.0
    glow = _WHITE if material.emissive_texture is not None else material.emissive
    light = material.emissive_strength if any(material.emissive) else 0.0
    if material.unlit:
        base, glow, light = (0.0, 0.0, 0.0), base, 1.0
    numbers = {
        "base": 0.0 if material.unlit else 1.0,
        "metalness": material.metallic,
        "specularRoughness": material.roughness,
        "specularIOR": looks.ior if looks.ior >= 1 else 1.5,
        "emission": light,
        "transmission": looks.transmission,
        "coat": looks.clearcoat,
        "coatRoughness": looks.clearcoat_roughness,
        "sheen": float(any(material.sheen_color)),
        "sheenRoughness": material.sheen_roughness,
    }
    colours = {
        "baseColor": base,
        "opacity": (opacity, opacity, opacity),
        "emissionColor": glow,
        "sheenColor": material.sheen_color,
    }
    return [
        ("Maya", "Compound", "", ""),
        ("Maya|TypeId", "int", "Integer", "", _ARNOLD),
        *((f"Maya|{name}", "Float", "", "A", float(value)) for name, value in numbers.items()),
        *((f"Maya|{name}", "Vector3D", "Vector", "A", *map(float, value)) for name, value in colours.items()),
        ("Maya|normalCamera", "Vector3D", "Vector", "A", 0.0, 0.0, 0.0),
        # What assimp calls them, after another shader of Maya's.
        ("Maya|metallic", "Float", "", "A", float(material.metallic)),
        ("Maya|roughness", "Float", "", "A", float(material.roughness)),
    ]


def _base(material: Material) -> str:
    """What of the Standard Surface shows the base colour: what is unlit glows with it."""
    return "emissionColor" if material.unlit else "baseColor"


_WHITE: Final = (1.0, 1.0, 1.0)


def _see_through(image: Image) -> bool:
    return image.mime != "image/jpeg" and bool((decode(image)[..., 3] != 255).any())


def _srgb(red: float, green: float, blue: float) -> tuple[float, float, float]:
    r, g, b = srgb.codes(np.array([red, green, blue], np.float64)).tolist()
    return r, g, b

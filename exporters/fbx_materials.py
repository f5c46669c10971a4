"""Materials and textures as FBX knows them: Phong numbers that every program reads, the metallic-roughness ones
beside them, and the pictures embedded.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.images import decode
from assets.model import AlphaMode, Image, Material, Texture, Wrap
from exporters import image as pictures
from exporters.fbx_objects import Objects, colour, number, properties, text
from exporters.gltf import texture_name

_EMBEDDED: Final = frozenset({"image/png", "image/jpeg"})


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
        red, green, blue, alpha = material.base_color
        opacity = alpha if material.alpha_mode is AlphaMode.BLEND else 1.0
        base = (_srgb(red), _srgb(green), _srgb(blue))
        glow = max(material.emissive)
        properties(
            record,
            colour("DiffuseColor", base),
            number("DiffuseFactor", 1.0, animated=True),
            colour("EmissiveColor", _glow(material)),
            number("EmissiveFactor", float(material.emissive_strength) if glow else 0.0, animated=True),
            colour("SpecularColor", base if material.metallic > 0.5 else (1.0, 1.0, 1.0)),
            number("SpecularFactor", 0.25, animated=True),  # what programs take for an index of 1.5
            # Blinn's exponent for a roughness, as readers turn it back: roughness = 1 - sqrt(shininess) / 10.
            number("ShininessExponent", (10.0 * (1.0 - material.roughness)) ** 2, animated=True),
            number("Shininess", (10.0 * (1.0 - material.roughness)) ** 2, animated=True),
            number("ReflectionFactor", material.metallic, animated=True),
            colour("TransparentColor", (1.0, 1.0, 1.0)),
            number("TransparencyFactor", 1.0 - opacity, animated=True),
            number("Opacity", opacity),
            ("Metallic", "double", "Number", "U", float(material.metallic)),
            ("Roughness", "double", "Number", "U", float(material.roughness)),
        )
        self._textures(found, material)
        return found

    def _textures(self, owner: int, material: Material) -> None:
        base = material.base_color_texture
        if base is not None:
            self._use(owner, base, "DiffuseColor", "")
            if material.alpha_mode is not AlphaMode.OPAQUE:
                self._use(owner, base, "TransparentColor", "")
        if material.normal_texture is not None:
            self._use(owner, material.normal_texture, "NormalMap", "")
        if material.metallic_roughness_texture is not None:
            self._use(owner, material.metallic_roughness_texture, "ShininessExponent", "roughness")
            if material.metallic > 0:
                self._use(owner, material.metallic_roughness_texture, "ReflectionFactor", "metallic")
        if material.emissive_texture is not None:
            self._use(owner, material.emissive_texture, "EmissiveColor", "")

    def _use(self, owner: int, texture: Texture, slot: str, channel: str) -> None:
        video, file = self._video(texture.image, channel)
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
        record.add("Texture_Alpha_Source", "Alpha_Black" if slot == "TransparentColor" else "None")
        record.add("Cropping", 0, 0, 0, 0)
        self._objects.drive(found, owner, slot)
        self._objects.join(video, found)

    def _video(self, image: Image, channel: str) -> tuple[int, str]:
        """The embedded file of an image, or of one channel of it."""
        key = (image.digest, channel)
        if key not in self._videos:
            data, mime = image.data, image.mime
            if channel:
                grey = decode(image)[..., {"roughness": 1, "metallic": 2}[channel]]
                data, mime = pictures.encode(_grey(grey), "png"), "image/png"
            elif mime not in _EMBEDDED:
                data, mime = pictures.encode(decode(image), "png"), "image/png"
            label = f"{image.name or 'texture'}-{channel}" if channel else image.name
            plain = Image(data=data, mime=mime, width=image.width, height=image.height, digest="", name=label)
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


def _grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    frame = np.empty((*values.shape, 4), np.uint8)
    frame[..., :3] = values[..., None]
    frame[..., 3] = 255
    return frame


def _glow(material: Material) -> tuple[float, float, float]:
    red, green, blue = material.emissive
    return _srgb(red), _srgb(green), _srgb(blue)


def _srgb(value: float) -> float:
    value = min(max(float(value), 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055

"""Materials, textures, samplers and images of a glTF that is being written; equal ones are written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from assets.images import decode
from assets.model import AlphaMode, Image, Material, Sampler, Texture, Wrap
from exporters.image import encode

_WRAPS: Final = {Wrap.REPEAT: 10497, Wrap.MIRROR: 33648, Wrap.CLAMP: 33071}
_TRANSFORM: Final = "KHR_texture_transform"
_SHEEN: Final = "KHR_materials_sheen"
_WRITTEN: Final = frozenset(
    {_SHEEN, "KHR_materials_unlit", "KHR_materials_emissive_strength", "KHR_materials_variants"}
)
TextureKind = Literal["keep", "webp", "ktx2"]
COLOURS: Final = frozenset({"base_color_texture", "emissive_texture"})
"""Slots whose numbers are sRGB; the others are measures."""
_EXTENSIONS: Final = {"image/webp": "EXT_texture_webp", "image/ktx2": "KHR_texture_basisu"}
_CORE_MIMES: Final = frozenset({"image/png", "image/jpeg"})

Json = dict[str, Any]
StoreImage = Callable[[Image], Json]


class Materials:
    """Collects the JSON. ``store`` puts an image's bytes somewhere and says where ("uri" or "bufferView").

    WebP or KTX 2, whichever ``textures`` names, stays what it is, by an extension; else they become PNG.
    """

    def __init__(self, store: StoreImage, *, textures: TextureKind = "keep") -> None:
        self.materials: list[Json] = []
        self.textures: list[Json] = []
        self.samplers: list[Json] = []
        self.images: list[Json] = []
        self._store, self._kind = store, f"image/{textures}"
        self._extended: dict[int, str] = {}  # images that only an extension may name: which
        self._by_id: dict[int, int] = {}
        self._by_json: dict[str, int] = {}
        self._kept: list[Material] = []  # ids are only unique while the objects live
        self._textures: dict[tuple[int, Sampler], int] = {}
        self._samplers: dict[Sampler, int] = {}
        self._images: dict[str, int] = {}

    def add(self, material: Material) -> int:
        """The material's index."""
        known = self._by_id.get(id(material))
        if known is not None:
            return known
        entry = self._material(material)
        place = self._by_json.setdefault(repr(entry), len(self.materials))
        if place == len(self.materials):
            self.materials.append(entry)
        self._by_id[id(material)] = place
        self._kept.append(material)
        return place

    def required(self) -> set[str]:
        """The extensions without which textures are not found."""
        return set(self._extended.values())

    def _material(self, material: Material) -> Json:
        pbr: Json = {
            "baseColorFactor": [_unit(v) for v in material.base_color],
            "metallicFactor": _unit(material.metallic),
            "roughnessFactor": _unit(material.roughness),
        }
        entry: Json = {"name": material.name} if material.name else {}
        entry["pbrMetallicRoughness"] = pbr
        self._texture(pbr, "baseColorTexture", material.base_color_texture)
        self._texture(pbr, "metallicRoughnessTexture", material.metallic_roughness_texture)
        self._texture(entry, "normalTexture", material.normal_texture, scale=material.normal_scale)
        self._texture(
            entry, "occlusionTexture", material.occlusion_texture, strength=_unit(material.occlusion_strength)
        )
        self._texture(entry, "emissiveTexture", material.emissive_texture)
        if any(material.emissive):
            entry["emissiveFactor"] = [_unit(v) for v in material.emissive]
        if material.alpha_mode is not AlphaMode.OPAQUE:
            entry["alphaMode"] = material.alpha_mode.value
        if material.alpha_mode is AlphaMode.MASK:
            entry["alphaCutoff"] = max(0.0, material.alpha_cutoff)
        if material.double_sided:
            entry["doubleSided"] = True
        extensions = self._extensions(material)
        if extensions:
            entry["extensions"] = extensions
        if material.extras:
            entry["extras"] = dict(material.extras)
        return entry

    def _extensions(self, material: Material) -> Json:
        found: Json = {}
        if material.unlit:
            found["KHR_materials_unlit"] = {}
        if material.emissive_strength != 1.0:
            found["KHR_materials_emissive_strength"] = {"emissiveStrength": max(0.0, material.emissive_strength)}
        sheen = self._rebuilt({}, _SHEEN, material.extension_textures)
        if sheen or any(material.sheen_color) or material.sheen_roughness:
            sheen["sheenColorFactor"] = [_unit(v) for v in material.sheen_color]
            sheen["sheenRoughnessFactor"] = _unit(material.sheen_roughness)
            found[_SHEEN] = sheen
        for name, value in material.extensions.items():
            if name in _WRITTEN or not isinstance(value, Mapping):
                continue
            rebuilt = self._rebuilt(value, name, material.extension_textures)
            if not _names_an_index(rebuilt, name, material.extension_textures):
                found[name] = rebuilt
        return found

    def _rebuilt(self, value: Mapping[str, Any], name: str, textures: Mapping[str, Texture]) -> Json:
        """An extension with its textures' indices as they are in this file; a texture that is not here goes."""
        entry: Json = {}
        for key, part in value.items():
            if isinstance(part, Mapping) and "index" in part:
                if f"{name}/{key}" in textures:
                    more = {k: v for k, v in part.items() if k not in {"index", "texCoord", "extensions", "extras"}}
                    self._texture(entry, key, textures[f"{name}/{key}"], **more)
            else:
                entry[key] = part
        for path, texture in textures.items():
            owner, _, key = path.partition("/")
            if owner == name and key not in entry:
                self._texture(entry, key, texture)
        return entry

    def _texture(self, owner: Json, key: str, texture: Texture | None, **more: Any) -> None:
        if texture is None:
            return
        info: Json = {"index": self._index(texture)}
        if texture.uv_set:
            info["texCoord"] = texture.uv_set
        info |= {name: value for name, value in more.items() if value != 1.0}
        transform: Json = {}
        if texture.offset != (0.0, 0.0):
            transform["offset"] = list(texture.offset)
        if texture.rotation:
            transform["rotation"] = texture.rotation
        if texture.scale != (1.0, 1.0):
            transform["scale"] = list(texture.scale)
        extensions = dict(texture.extensions)
        if transform:
            extensions[_TRANSFORM] = transform
        if extensions:
            info["extensions"] = extensions
        if texture.extras:
            info["extras"] = dict(texture.extras)
        owner[key] = info

    def _index(self, texture: Texture) -> int:
        key = (self._image(texture.image), texture.sampler)
        if key not in self._textures:
            self._textures[key] = len(self.textures)
            source: Json = {"source": key[0]}
            if key[0] in self._extended:
                source = {"extensions": {self._extended[key[0]]: source}}
            self.textures.append({"sampler": self._sampler(texture.sampler), **source})
        return self._textures[key]

    def _sampler(self, sampler: Sampler) -> int:
        if sampler not in self._samplers:
            self._samplers[sampler] = len(self.samplers)
            self.samplers.append(
                {
                    "magFilter": 9728 if sampler.nearest else 9729,
                    "minFilter": sampler.minify.value,
                    "wrapS": _WRAPS[sampler.wrap_u],
                    "wrapT": _WRAPS[sampler.wrap_v],
                }
            )
        return self._samplers[sampler]

    def _image(self, image: Image) -> int:
        if image.digest not in self._images:
            kept = image.mime == self._kind
            entry = self._store(image if kept else interchangeable(image))
            self._images[image.digest] = len(self.images)
            if kept:
                self._extended[len(self.images)] = _EXTENSIONS[image.mime]
            self.images.append(entry)
        return self._images[image.digest]


def interchangeable(image: Image) -> Image:
    """The image as PNG or JPEG, which every program reads; others are only in extensions of glTF."""
    if image.mime in _CORE_MIMES:
        return image
    pixels = decode(image)
    return Image(
        data=encode(pixels, "png"),
        mime="image/png",
        width=pixels.shape[1],
        height=pixels.shape[0],
        digest=image.digest,
        name=image.name,
    )


def textures(material: Material) -> tuple[Texture, ...]:
    """Every texture of a material, its extensions' too."""
    slots = (
        material.base_color_texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    )
    return (*(slot for slot in slots if slot is not None), *material.extension_textures.values())


def _names_an_index(value: Any, name: str, known: Mapping[str, Texture]) -> bool:
    """Whether an extension still points into the file that it came from: such pointers mean nothing here."""
    if isinstance(value, Mapping):
        return any(
            key in {"index", "bufferView", "accessor", "source", "node", "mesh"}
            or (f"{name}/{key}" not in known and _names_an_index(part, name, known))
            for key, part in value.items()
        )
    return isinstance(value, list) and any(_names_an_index(part, name, known) for part in value)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, float(value)))

"""Images, textures and materials of a glTF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from assets.errors import ContentError, ImageError, ModelError
from assets.finish import finish
from assets.gltf_accessors import Accessors
from assets.gltf_json import Document, Item, data_uri
from assets.gltf_passthrough import stale
from assets.gltf_uv_sets import UV_SETS, Sources, two_sets
from assets.images import TEXTURES, probe
from assets.model import AlphaMode, Image, Material, Minify, Sampler, Texture, Wrap

_WRAPS: Final = {33071: Wrap.CLAMP, 33648: Wrap.MIRROR, 10497: Wrap.REPEAT}
_NEAREST: Final = 9728
_TRANSFORM: Final = "KHR_texture_transform"
_UNLIT: Final = "KHR_materials_unlit"
_EMISSIVE: Final = "KHR_materials_emissive_strength"
_SHEEN: Final = "KHR_materials_sheen"
_GLOSSY: Final = "KHR_materials_pbrSpecularGlossiness"
_READ: Final = frozenset({_UNLIT, _EMISSIVE, _SHEEN, _GLOSSY})


class Materials:
    """The materials of one document, read in order; images are probed, never decoded."""

    def __init__(self, document: Document, accessors: Accessors) -> None:
        limits = document.limits
        self._document = document
        self._accessors = accessors
        self._image_items = document.root.items("images", limits.images)
        self._samplers = tuple(_sampler(item) for item in document.root.items("samplers", limits.textures))
        self._textures = document.root.items("textures", limits.textures)
        self._images: dict[int, Image] = {}
        items = document.root.items("materials", limits.materials)
        read = [two_sets(document, self._material(item), item.path) for item in items]
        self.items = tuple(material for material, _ in read)
        self.uv_sources = tuple(sources for _, sources in read)
        self._sources = {id(material): sources for material, sources in read}

    def sources_of(self, material: Material) -> Sources:
        """The file's UV sets that a material of the file uses."""
        return self._sources[id(material)]

    @property
    def images(self) -> tuple[Image, ...]:
        """The images that materials use."""
        return tuple(self._images.values())

    def _image(self, index: int) -> Image:
        if index not in self._images:
            item = self._image_items[index]
            view = item.index("bufferView", self._accessors.views, "buffer views")
            if view is not None:
                data = bytes(self._accessors.view_bytes(view))
            elif "uri" in item:
                data = data_uri(item, "uri")
            else:
                raise item.fail("bufferView", "present: the image has no data")
            try:
                image = probe(data, name=item.text("name") or f"image {index}", kinds=TEXTURES)
            except ImageError as error:
                raise ImageError(str(error), code=error.code, path=item.path) from error
            total = image.width * image.height + sum(i.width * i.height for i in self._images.values())
            if total > self._document.limits.image_pixels:
                limit = self._document.limits.image_pixels // 2**20
                msg = f"the model's images have more than {limit} megapixels together; scale them down"
                raise ModelError(msg, code="model.too_large", path=item.path)
            self._images[index] = image
        return self._images[index]

    def _texture(self, info: Item | None) -> Texture | None:
        if info is None:
            return None
        index = info.index("index", len(self._textures), "textures")
        if index is None:
            raise info.fail("index", "present")
        item = self._textures[index]
        source = self._source(item)
        if source is None:
            self._document.warn(f"{item.path} has no image and is left out")
            return None
        sampler = item.index("sampler", len(self._samplers), "samplers")
        uv_set = info.integer("texCoord", 0)
        transform = info.extension(_TRANSFORM)
        offset, rotation, scale = (0.0, 0.0), 0.0, (1.0, 1.0)
        if transform is not None:
            offset = _pair(transform.numbers("offset", 2, offset))
            scale = _pair(transform.numbers("scale", 2, scale))
            rotation = transform.number("rotation", 0.0)
            uv_set = transform.integer("texCoord", uv_set)
        if uv_set >= UV_SETS:
            self._document.warn(f"{info.path} uses UV set {uv_set}; there are at most {UV_SETS}, so 0 is used")
            uv_set = 0
        return Texture(
            image=self._image(source),
            sampler=self._samplers[sampler] if sampler is not None else Sampler(),
            uv_set=uv_set,
            offset=offset,
            rotation=rotation,
            scale=scale,
            extensions=self._carried(info),
            extras=info.extras,
        )

    def _carried(self, info: Item) -> dict[str, Any]:
        extensions = info.item("extensions")
        told = extensions.value.items() if extensions is not None else ()
        return {
            name: value
            for name, value in told
            if name != _TRANSFORM and isinstance(value, dict) and not stale(name, value)
        }

    def _source(self, item: Item) -> int | None:
        """The image of a texture: WebP or AVIF before the fallback, for they are what the author made; the
        fallback before KTX 2, which loses more than it does.
        """
        for name in ("EXT_texture_webp", *(["EXT_texture_avif"] if "image/avif" in TEXTURES else [])):
            index = self._named(item.extension(name))
            if index is not None:
                return index
        index = self._named(item)
        if index is None:
            index = self._named(item.extension("KHR_texture_basisu"))
        if index is None:
            for name in ("MSFT_texture_dds", "EXT_texture_avif"):
                if item.extension(name) is not None:
                    msg = f"{item.path} needs {name}, which is not supported; export with PNG, JPEG or WebP textures"
                    raise ModelError(msg, code="model.extension_required", path=item.path)
        return index

    def _named(self, item: Item | None) -> int | None:
        return item.index("source", len(self._image_items), "images") if item is not None else None

    def _material(self, item: Item) -> Material:
        pbr = item.item("pbrMetallicRoughness") or Item({}, item.path)
        normal, occlusion = item.item("normalTexture"), item.item("occlusionTexture")
        sheen = item.extension(_SHEEN)
        strength = item.extension(_EMISSIVE)
        mode = item.text("alphaMode", "OPAQUE")
        if mode not in AlphaMode.__members__:
            raise item.fail("alphaMode", "OPAQUE, MASK or BLEND")
        extensions = item.item("extensions")
        raw = extensions.value if extensions is not None else {}
        lost = {name for name, value in raw.items() if stale(name, value)}
        for name in sorted(lost):
            self._document.warn(f"{name[:100]} points into its file by number, so it is left out")
        fields: dict[str, Any] = {
            "base_color": pbr.numbers("baseColorFactor", 4, (1.0, 1.0, 1.0, 1.0), low=0, high=1),
            "base_color_texture": self._texture(pbr.item("baseColorTexture")),
            "metallic": pbr.number("metallicFactor", 1.0, low=0, high=1),
            "roughness": pbr.number("roughnessFactor", 1.0, low=0, high=1),
            "metallic_roughness_texture": self._texture(pbr.item("metallicRoughnessTexture")),
        }
        glossy = item.extension(_GLOSSY)
        if glossy is not None and "pbrMetallicRoughness" not in item:
            fields |= self._from_glossiness(item, glossy)
        material = Material(
            name=item.text("name"),
            **fields,
            normal_texture=self._texture(normal),
            normal_scale=normal.number("scale", 1.0) if normal is not None else 1.0,
            occlusion_texture=self._texture(occlusion),
            occlusion_strength=occlusion.number("strength", 1.0, low=0, high=1) if occlusion is not None else 1.0,
            emissive=_triple(item.numbers("emissiveFactor", 3, (0.0, 0.0, 0.0), low=0, high=1)),
            emissive_strength=strength.number("emissiveStrength", 1.0, low=0, high=1e6) if strength else 1.0,
            emissive_texture=self._texture(item.item("emissiveTexture")),
            alpha_mode=AlphaMode(mode),
            alpha_cutoff=item.number("alphaCutoff", 0.5, low=0),
            double_sided=item.flag("doubleSided"),
            unlit=_UNLIT in raw,
            sheen_color=_triple(sheen.numbers("sheenColorFactor", 3, (0.0,) * 3, low=0, high=1))
            if sheen
            else (0.0,) * 3,
            sheen_roughness=sheen.number("sheenRoughnessFactor", 0.0, low=0, high=1) if sheen else 0.0,
            extensions={name: value for name, value in raw.items() if name not in _READ and name not in lost},
            extension_textures=dict(self._extension_textures(extensions)),
            extras=item.extras,
        )
        finish(material, path=item.path)  # a value that an extension does not allow is refused here, not in a worker
        return material

    def _from_glossiness(self, item: Item, glossy: Item) -> Mapping[str, Any]:
        """The archived specular-glossiness model as a dielectric: its diffuse colour, roughness 1 - glossiness."""
        self._document.warn(f"{item.path} uses specular-glossiness; it is drawn as a non-metal of the same colour")
        return {
            "base_color": glossy.numbers("diffuseFactor", 4, (1.0, 1.0, 1.0, 1.0), low=0, high=1),
            "base_color_texture": self._texture(glossy.item("diffuseTexture")),
            "metallic": 0.0,
            "roughness": 1.0 - glossy.number("glossinessFactor", 1.0, low=0, high=1),
        }

    def _extension_textures(self, extensions: Item | None) -> Iterator[tuple[str, Texture]]:
        if extensions is None:
            return
        for name, extension in extensions.value.items():
            if not isinstance(extension, dict) or name == _GLOSSY:
                continue
            for key, info in extension.items():
                if key.endswith("Texture") and isinstance(info, dict) and "index" in info:
                    try:
                        texture = self._texture(Item(info, f"{extensions.path}/{name}/{key}"))
                    except ContentError as error:
                        if name.startswith("KHR_"):
                            raise
                        self._document.warn(f"{name}/{key} cannot be read and is left out ({error})")
                        continue
                    if texture is not None:
                        yield f"{name}/{key}", texture


def _sampler(item: Item) -> Sampler:
    wraps = []
    for key in ("wrapS", "wrapT"):
        value = item.integer(key, 10497)
        if value not in _WRAPS:
            raise item.fail(key, "33071, 33648 or 10497")
        wraps.append(_WRAPS[value])
    nearest = item.integer("magFilter", 9729) == _NEAREST
    told = item.value.get("minFilter")
    minify = next((known for known in Minify if told == known), Minify.BEST)
    return Sampler(wrap_u=wraps[0], wrap_v=wraps[1], nearest=nearest, minify=minify)


def _pair(values: tuple[float, ...]) -> tuple[float, float]:
    return values[0], values[1]


def _triple(values: tuple[float, ...]) -> tuple[float, float, float]:
    return values[0], values[1], values[2]

"""Materials as UsdPreviewSurface: what every USD program draws, with pictures that ARKit reads."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdShade

from assets.finish import finish
from assets.images import decode
from assets.model import AlphaMode, Image, Material, Texture, Wrap
from exporters import image as pictures
from exporters.gltf import texture_name
from exporters.texture_baking import steeper
from exporters.usd_names import Names, identifier

_READ: Final = frozenset({"image/png", "image/jpeg"})  # of all kinds, those that ARKit reads
_WRAPS: Final = {Wrap.REPEAT: "repeat", Wrap.MIRROR: "mirror", Wrap.CLAMP: "clamp"}
_CLEAR: Final = 0.85  # of what is behind clear glass is seen; all of it would leave nothing to see of the glass
_ONES: Final = (1.0, 1.0, 1.0, 1.0)
_FLOAT: Final = Sdf.ValueTypeNames.Float
_COLOUR: Final = Sdf.ValueTypeNames.Color3f

Colour = tuple[float, float, float, float]
Placing = tuple[int, tuple[float, float], float, tuple[float, float]]


class Materials:
    """Each material and each picture once."""

    def __init__(self, stage: Usd.Stage, names: Names, stem: str) -> None:
        self.stage, self._names, self._stem = stage, names, stem
        self._made: dict[tuple[int, bool, Colour], UsdShade.Material] = {}
        self._images: dict[tuple[str, float], str] = {}
        self.files: dict[str, bytes] = {}
        """The textures that the materials name, by file name."""

    def get(self, material: Material, *, tint: Colour = _ONES, painted: bool = False) -> UsdShade.Material:
        """The material, its base colour times ``tint``; ``painted`` meshes bring the base colour as their display
        colour and opacity.
        """
        key = (id(material), painted, tint)
        if key not in self._made:
            self._made[key] = self._make(material, tint, painted=painted)
        return self._made[key]

    def _make(self, material: Material, tint: Colour, *, painted: bool) -> UsdShade.Material:
        path = self._names.path("Materials", material.name or "material")
        made = UsdShade.Material.Define(self.stage, path)
        if material.name and material.name != made.GetPrim().GetName():
            made.GetPrim().SetDisplayName(material.name)
        surface = UsdShade.Shader.Define(self.stage, f"{path}/Surface")
        surface.CreateIdAttr("UsdPreviewSurface")
        made.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
        readers = _Readers(self, path, surface, placings(material))
        red, green, blue, alpha = (a * b for a, b in zip(material.base_color, tint, strict=True))
        base = (red, green, blue, alpha)
        self._base(readers, material, base, painted=painted)
        self._opacity(readers, material, base, painted=painted)
        if material.unlit:
            return made
        rough = material.metallic_roughness_texture
        factors = (1.0, material.roughness, material.metallic, 1.0)
        readers.number("roughness", material.roughness, rough, "g", factors)
        readers.number("metallic", material.metallic, rough, "b", factors)
        if material.normal_texture is not None:
            readers.normal(material.normal_texture, material.normal_scale)
        if material.occlusion_texture is not None:
            depth = material.occlusion_strength
            scale, bias = (depth, depth, depth, 1.0), (1 - depth, 1 - depth, 1 - depth, 0.0)
            readers.connect("occlusion", _FLOAT, material.occlusion_texture, "r", scale, bias)
        glow = [value * material.emissive_strength for value in material.emissive]
        if any(glow):
            readers.colour("emissiveColor", (glow[0], glow[1], glow[2], 1.0), material.emissive_texture)
        looks = finish(material)
        if looks.clearcoat:
            coat = (looks.clearcoat, 1.0, 1.0, 1.0)
            readers.number("clearcoat", looks.clearcoat, looks.clearcoat_texture, "r", coat)
            smooth = (1.0, looks.clearcoat_roughness, 1.0, 1.0)
            texture = looks.clearcoat_roughness_texture
            readers.number("clearcoatRoughness", looks.clearcoat_roughness, texture, "g", smooth)
        if looks.ior >= 1:
            surface.CreateInput("ior", _FLOAT).Set(looks.ior)
        return made

    def _base(self, readers: _Readers, material: Material, base: Colour, *, painted: bool) -> None:
        """The base colour; what is unlit glows with it and is black and dull else, for USD has no such surface."""
        slot = "diffuseColor"
        if material.unlit:
            slot = "emissiveColor"
            surface = readers.surface
            surface.CreateInput("diffuseColor", _COLOUR).Set(Gf.Vec3f(0, 0, 0))
            surface.CreateInput("useSpecularWorkflow", Sdf.ValueTypeNames.Int).Set(1)
            surface.CreateInput("specularColor", _COLOUR).Set(Gf.Vec3f(0, 0, 0))
            surface.CreateInput("roughness", _FLOAT).Set(1.0)
        if painted:
            readers.painted(slot, _COLOUR, "displayColor", "float3")
        else:
            readers.colour(slot, base, material.base_color_texture)

    def _opacity(self, readers: _Readers, material: Material, base: Colour, *, painted: bool) -> None:
        if material.alpha_mode is AlphaMode.OPAQUE:
            seen = finish(material).transmission
            if seen:
                readers.surface.CreateInput("opacity", _FLOAT).Set(1.0 - _CLEAR * seen)
            return
        if painted:
            readers.painted("opacity", _FLOAT, "displayOpacity", "float")
        elif material.base_color_texture is not None:
            readers.connect("opacity", _FLOAT, material.base_color_texture, "a", base, space="sRGB")
        else:
            readers.surface.CreateInput("opacity", _FLOAT).Set(base[3])
        if material.alpha_mode is AlphaMode.MASK:
            readers.surface.CreateInput("opacityThreshold", _FLOAT).Set(material.alpha_cutoff)

    def file(self, image: Image, strength: float = 1.0) -> str:
        """The name of an image's file in the package; what ARKit does not read becomes PNG. ``strength`` is by how
        much a normal map bends more.
        """
        key = (image.digest, strength)
        if key not in self._images:
            data, mime = image.data, image.mime
            if strength != 1:
                data, mime = pictures.encode(steeper(decode(image), strength), "png"), "image/png"
            elif mime not in _READ:
                data, mime = pictures.encode(decode(image), "png"), "image/png"
            plain = Image(data=data, mime=mime, width=image.width, height=image.height, digest="", name=image.name)
            name = texture_name(plain, identifier(self._stem), self.files)
            self.files[name] = data
            self._images[key] = name
        return self._images[key]


class _Readers:
    """The nodes that feed one surface: one for each texture and way of reading it."""

    def __init__(
        self, materials: Materials, path: str, surface: UsdShade.Shader, placed: tuple[Placing, ...]
    ) -> None:
        self._materials, self._path, self._placings = materials, path, placed
        self.surface = surface
        self._made: dict[tuple[Any, ...], UsdShade.Shader] = {}
        self._sets: dict[int, UsdShade.Shader] = {}

    def number(self, name: str, value: float, texture: Texture | None, channel: str, factor: Colour) -> None:
        """A number, or a channel of a texture times its part of ``factor``."""
        if texture is not None:
            self.connect(name, _FLOAT, texture, channel, factor)
        else:
            self.surface.CreateInput(name, _FLOAT).Set(value)

    def colour(self, name: str, factor: Colour, texture: Texture | None) -> None:
        """A linear colour, or a texture in sRGB times it."""
        if texture is not None:
            self.connect(name, _COLOUR, texture, "rgb", factor, space="sRGB")
        else:
            self.surface.CreateInput(name, _COLOUR).Set(Gf.Vec3f(*factor[:3]))

    def painted(self, name: str, kind: Any, primvar: str, form: str) -> None:
        """A primvar of the mesh decides an input."""
        node = UsdShade.Shader.Define(self._materials.stage, f"{self._path}/{primvar}")
        node.CreateIdAttr(f"UsdPrimvarReader_{form}")
        node.CreateInput("varname", Sdf.ValueTypeNames.String).Set(primvar)
        plain = _FLOAT if form == "float" else Sdf.ValueTypeNames.Float3
        self.surface.CreateInput(name, kind).ConnectToSource(node.CreateOutput("result", plain))

    def connect(
        self,
        name: str,
        kind: Any,
        texture: Texture,
        channel: str,
        factor: Colour,
        bias: Colour = (0.0, 0.0, 0.0, 0.0),
        *,
        space: str = "raw",
    ) -> None:
        """Lets a channel of a texture, times a factor, decide an input."""
        reader = self._reader(texture, factor, bias, space)
        form = Sdf.ValueTypeNames.Float3 if channel == "rgb" else _FLOAT
        self.surface.CreateInput(name, kind).ConnectToSource(reader.CreateOutput(channel, form))

    def normal(self, texture: Texture, scale: float) -> None:
        """A normal map: 0..1 to -1..1; its strength is in the picture, for validators allow no other factors."""
        reader = self._reader(texture, (2.0, 2.0, 2.0, 1.0), (-1.0, -1.0, -1.0, 0.0), "raw", strength=scale)
        output = reader.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)
        self.surface.CreateInput("normal", Sdf.ValueTypeNames.Normal3f).ConnectToSource(output)

    def _reader(
        self, texture: Texture, scale: Colour, bias: Colour, space: str, *, strength: float = 1.0
    ) -> UsdShade.Shader:
        key = (id(texture), scale, bias, space, strength)
        if key in self._made:
            return self._made[key]
        reader = UsdShade.Shader.Define(self._materials.stage, f"{self._path}/Texture_{len(self._made)}")
        reader.CreateIdAttr("UsdUVTexture")
        names = Sdf.ValueTypeNames
        reader.CreateInput("file", names.Asset).Set(Sdf.AssetPath(self._materials.file(texture.image, strength)))
        reader.CreateInput("sourceColorSpace", names.Token).Set(space)
        reader.CreateInput("wrapS", names.Token).Set(_WRAPS[texture.sampler.wrap_u])
        reader.CreateInput("wrapT", names.Token).Set(_WRAPS[texture.sampler.wrap_v])
        if scale != _ONES:
            reader.CreateInput("scale", names.Float4).Set(Gf.Vec4f(*scale))
        if any(bias):
            reader.CreateInput("bias", names.Float4).Set(Gf.Vec4f(*bias))
        number = self._placings.index(_placing(texture))
        reader.CreateInput("st", names.Float2).ConnectToSource(self._coordinates(number))
        self._made[key] = reader
        return reader

    def _coordinates(self, number: int) -> UsdShade.Output:
        if number not in self._sets:
            node = UsdShade.Shader.Define(self._materials.stage, f"{self._path}/Coordinates_{number}")
            node.CreateIdAttr("UsdPrimvarReader_float2")
            node.CreateInput("varname", Sdf.ValueTypeNames.String).Set(uv_name(number))
            self._sets[number] = node
        return self._sets[number].CreateOutput("result", Sdf.ValueTypeNames.Float2)


def uv_name(number: int) -> str:
    """What a mesh calls the coordinates of the ``number``-th of a material's :func:`placings`."""
    return "st" if number == 0 else f"st{number}"


def _placing(texture: Texture) -> Placing:
    return texture.uv_set, texture.offset, texture.rotation, texture.scale


def placings(material: Material) -> tuple[Placing, ...]:
    """The ways in which the material's textures lie on the mesh, each baked into coordinates of its own: programs
    that leave UsdTransform2d out, or read two sets at most, show the usual material right all the same.
    """
    looks = finish(material)
    used = (
        material.base_color_texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
        *((looks.clearcoat_texture, looks.clearcoat_roughness_texture) if looks.clearcoat else ()),
    )
    return tuple(dict.fromkeys(_placing(texture) for texture in used if texture is not None))


def placed(uv: NDArray[np.float64], placing: Placing) -> NDArray[np.float32]:
    """Coordinates float[n, 2] under KHR_texture_transform, then V up."""
    _, offset, rotation, scale = placing
    cos, sin = np.cos(rotation), np.sin(rotation)
    uv = (uv * np.asarray(scale)) @ np.array([[cos, sin], [-sin, cos]]).T + np.asarray(offset)
    return np.ascontiguousarray(np.column_stack([uv[:, 0], 1.0 - uv[:, 1]]), np.float32)

"""Models to USDZ: posed meshes with UsdPreviewSurface materials, for Quick Look, Omniverse and other USD programs.

Metres, +Y up. What stands still is written: the pose that the design has; skins and animations are left out.
"""

from __future__ import annotations

import io
import re
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdShade, UsdValidation, Vt

from assets.finish import finish
from assets.images import decode
from assets.model import AlphaMode, Image, Material, Model, Texture, Wrap
from assets.pose import flatten
from assets.scene import Draw
from exporters import image as pictures
from exporters.errors import ExportError
from exporters.gltf import GENERATOR, texture_name

EXPORTER_VERSION: Final = 1
"""Goes into step hashes: raise it when the bytes change."""

_READ: Final = frozenset({"image/png", "image/jpeg"})  # of all kinds, those that ARKit reads
_WRAPS: Final = {Wrap.REPEAT: "repeat", Wrap.MIRROR: "mirror", Wrap.CLAMP: "clamp"}
_ZIP_HEADER, _EXTRA_HEADER, _ALIGNMENT = 30, 4, 64  # bytes
_PADDING: Final = 0x1986  # the extra field that USD's own writer fills gaps with
Placing = tuple[int, tuple[float, float], float, tuple[float, float]]


def write_usdz(model: Model, *, extras: Mapping[str, Any], stem: str) -> bytes:
    """The model as one USDZ package. ``extras`` (design, layers, units, licence, …: JSON) are its layer's data.

    Raises ExportError ``export.empty`` or ``export.not_finite``.
    """
    draws = [draw for draw in flatten(model) if len(draw.primitive.indices)]
    if not draws:
        raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
    with tempfile.TemporaryDirectory(prefix="usdz-") as folder:
        source = Path(folder) / f"{_identifier(stem)}.usdc"
        textures = _Scene(source, stem).write(model, draws, extras)
        return _package({source.name: source.read_bytes(), **textures})


def faults(path: Path) -> list[str]:
    """What USD's own validators, those of packages among them, find wrong with a file; nothing, if it will open."""
    known = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    stage = Usd.Stage.Open(str(path))
    if stage is None:
        return ["it cannot be opened"]
    found = UsdValidation.ValidationContext(known).Validate(stage)
    return [f"{error.GetIdentifier()}: {error.GetMessage()}" for error in found]


def _package(files: Mapping[str, bytes]) -> bytes:
    """A zip as USD wants it: the layer first, nothing compressed, every file at a multiple of 64 bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            gap = -(out.tell() + _ZIP_HEADER + len(name.encode()) + _EXTRA_HEADER) % _ALIGNMENT
            entry.extra = struct.pack("<HH", _PADDING, gap) + bytes(gap)
            package.writestr(entry, data)
    return out.getvalue()


def _identifier(name: str) -> str:
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    return plain if plain and not plain[0].isdigit() else f"_{plain}"


class _Scene:
    """One layer as it is made, beside its textures."""

    def __init__(self, path: Path, stem: str) -> None:
        self._stem = stem
        self._stage = Usd.Stage.CreateNew(str(path))
        UsdGeom.SetStageUpAxis(self._stage, UsdGeom.Tokens.y)
        UsdGeom.SetStageMetersPerUnit(self._stage, 1.0)
        self._root = UsdGeom.Xform.Define(self._stage, f"/{_identifier(stem)}")
        self._stage.SetDefaultPrim(self._root.GetPrim())
        Usd.ModelAPI(self._root.GetPrim()).SetKind(Kind.Tokens.component)
        self._taken: set[str] = set()
        self._materials: dict[int, UsdShade.Material] = {}
        self._files: dict[str, bytes] = {}
        self._images: dict[tuple[str, float], str] = {}

    def write(self, model: Model, draws: list[Draw], extras: Mapping[str, Any]) -> dict[str, bytes]:
        """Saves the layer; the textures that it names, by file name."""
        layer = self._stage.GetRootLayer()
        about = {"creator": GENERATOR, "copyright": model.copyright}
        if extras:
            about["about"] = orjson.dumps(extras).decode()
        layer.customLayerData = {name: value for name, value in about.items() if value}
        for draw in draws:
            self._mesh(draw)
        layer.Save()
        return self._files

    def _path(self, group: str, name: str) -> str:
        base = f"{self._root.GetPath()}/{group}/{_identifier(name)}"
        path, number = base, 1
        while path in self._taken:
            number += 1
            path = f"{base}_{number}"
        self._taken.add(path)
        return path

    def _mesh(self, draw: Draw) -> None:
        part = draw.primitive
        points = part.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        normals = part.normals.astype(np.float64) @ np.linalg.pinv(draw.matrix[:3, :3])
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        normals /= np.where(lengths > 0, lengths, 1.0)
        if not (np.isfinite(points).all() and np.isfinite(normals).all()):
            raise ExportError("export.not_finite", f"layer {draw.layer!r} has vertices that are no numbers")
        mesh = UsdGeom.Mesh.Define(self._stage, self._path("Geometry", draw.layer or draw.name or "part"))
        if draw.name:
            mesh.GetPrim().SetDisplayName(draw.name)
        mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(part.indices), 3, np.int32)))
        mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(part.indices.astype(np.int32).ravel()))
        mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points.astype(np.float32)))
        mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals.astype(np.float32)))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
        low, high = points.min(axis=0), points.max(axis=0)
        mesh.CreateExtentAttr([Gf.Vec3f(*low.tolist()), Gf.Vec3f(*high.tolist())])
        mesh.CreateDoubleSidedAttr(part.material.double_sided)
        sets = (part.uv0, part.uv1)
        for number, placing in enumerate(_placings(part.material)):
            uv = sets[placing[0]] if placing[0] < len(sets) else None
            if uv is not None:
                api = UsdGeom.PrimvarsAPI(mesh)
                values = api.CreatePrimvar(_set(number), Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
                values.Set(Vt.Vec2fArray.FromNumpy(_placed(uv.astype(np.float64), placing)))
        if part.colors is not None:
            mesh.CreateDisplayColorPrimvar(UsdGeom.Tokens.vertex).Set(
                Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(part.colors[:, :3], np.float32))
            )
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(self._material(part.material))

    def _material(self, material: Material) -> UsdShade.Material:
        if id(material) in self._materials:
            return self._materials[id(material)]
        path = self._path("Materials", material.name or "material")
        made = UsdShade.Material.Define(self._stage, path)
        surface = UsdShade.Shader.Define(self._stage, f"{path}/Surface")
        surface.CreateIdAttr("UsdPreviewSurface")
        made.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
        readers = _Readers(self, path, _placings(material))
        red, green, blue, alpha = material.base_color
        number, colour = Sdf.ValueTypeNames.Float, Sdf.ValueTypeNames.Color3f
        base = material.base_color_texture
        if base is not None:
            factor = (red, green, blue, alpha)
            readers.connect(surface, "diffuseColor", colour, base, "rgb", factor, colour_space="sRGB")
        else:
            surface.CreateInput("diffuseColor", colour).Set(Gf.Vec3f(red, green, blue))
        if material.alpha_mode is not AlphaMode.OPAQUE:
            if base is not None:
                readers.connect(surface, "opacity", number, base, "a", (red, green, blue, alpha), colour_space="sRGB")
            else:
                surface.CreateInput("opacity", number).Set(alpha)
            if material.alpha_mode is AlphaMode.MASK:
                surface.CreateInput("opacityThreshold", number).Set(material.alpha_cutoff)
        rough = material.metallic_roughness_texture
        for name, value, channel in (("roughness", material.roughness, "g"), ("metallic", material.metallic, "b")):
            if rough is not None:
                readers.connect(
                    surface, name, number, rough, channel, (1.0, material.roughness, material.metallic, 1.0)
                )
            else:
                surface.CreateInput(name, number).Set(value)
        if material.normal_texture is not None:
            readers.normal(surface, material.normal_texture, material.normal_scale)
        if material.occlusion_texture is not None:
            readers.connect(surface, "occlusion", number, material.occlusion_texture, "r", (1.0, 1.0, 1.0, 1.0))
        glow = tuple(value * material.emissive_strength for value in material.emissive)
        if material.emissive_texture is not None:
            readers.connect(
                surface, "emissiveColor", colour, material.emissive_texture, "rgb", (*glow, 1.0), colour_space="sRGB"
            )
        elif any(glow):
            surface.CreateInput("emissiveColor", colour).Set(Gf.Vec3f(*glow))
        looks = finish(material)
        if looks.clearcoat:
            surface.CreateInput("clearcoat", number).Set(looks.clearcoat)
            surface.CreateInput("clearcoatRoughness", number).Set(looks.clearcoat_roughness)
        if looks.ior >= 1:
            surface.CreateInput("ior", number).Set(looks.ior)
        self._materials[id(material)] = made
        return made

    @property
    def stage(self) -> Usd.Stage:
        """What it is written to."""
        return self._stage

    def file(self, image: Image, strength: float = 1.0) -> str:
        """The name of an image's file in the package; what ARKit does not read becomes PNG. ``strength`` is by how
        much a normal map bends more.
        """
        key = (image.digest, strength)
        if key not in self._images:
            data, mime = image.data, image.mime
            if strength != 1:
                data, mime = pictures.encode(_bent(decode(image), strength), "png"), "image/png"
            elif mime not in _READ:
                data, mime = pictures.encode(decode(image), "png"), "image/png"
            plain = Image(data=data, mime=mime, width=image.width, height=image.height, digest="", name=image.name)
            name = texture_name(plain, _identifier(self._stem), self._files)
            self._files[name] = data
            self._images[key] = name
        return self._images[key]


class _Readers:
    """The texture nodes of one material: one for each texture and way of reading it."""

    def __init__(self, scene: _Scene, path: str, placings: tuple[Placing, ...]) -> None:
        self._scene, self._path, self._placings = scene, path, placings
        self._made: dict[tuple[Any, ...], UsdShade.Shader] = {}
        self._sets: dict[int, UsdShade.Shader] = {}

    def connect(
        self,
        surface: UsdShade.Shader,
        name: str,
        kind: Any,
        texture: Texture,
        channel: str,
        factor: tuple[float, ...],
        *,
        colour_space: str = "raw",
    ) -> None:
        """Lets a channel of a texture, times a factor, decide an input."""
        reader = self._reader(texture, factor, (0.0, 0.0, 0.0, 0.0), colour_space)
        form = Sdf.ValueTypeNames.Float3 if channel == "rgb" else Sdf.ValueTypeNames.Float
        surface.CreateInput(name, kind).ConnectToSource(reader.CreateOutput(channel, form))

    def normal(self, surface: UsdShade.Shader, texture: Texture, scale: float) -> None:
        """A normal map: 0..1 to -1..1; its strength is in the picture, for validators allow no other factors."""
        reader = self._reader(texture, (2.0, 2.0, 2.0, 1.0), (-1.0, -1.0, -1.0, 0.0), "raw", strength=scale)
        output = reader.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)
        surface.CreateInput("normal", Sdf.ValueTypeNames.Normal3f).ConnectToSource(output)

    def _reader(
        self,
        texture: Texture,
        scale: tuple[float, ...],
        bias: tuple[float, ...],
        colour_space: str,
        *,
        strength: float = 1.0,
    ) -> UsdShade.Shader:
        key = (id(texture), scale, bias, colour_space, strength)
        if key in self._made:
            return self._made[key]
        reader = UsdShade.Shader.Define(self._scene.stage, f"{self._path}/Texture_{len(self._made)}")
        reader.CreateIdAttr("UsdUVTexture")
        names = Sdf.ValueTypeNames
        reader.CreateInput("file", names.Asset).Set(Sdf.AssetPath(self._scene.file(texture.image, strength)))
        reader.CreateInput("sourceColorSpace", names.Token).Set(colour_space)
        reader.CreateInput("wrapS", names.Token).Set(_WRAPS[texture.sampler.wrap_u])
        reader.CreateInput("wrapT", names.Token).Set(_WRAPS[texture.sampler.wrap_v])
        if scale != (1.0, 1.0, 1.0, 1.0):
            reader.CreateInput("scale", names.Float4).Set(Gf.Vec4f(*scale))
        if any(bias):
            reader.CreateInput("bias", names.Float4).Set(Gf.Vec4f(*bias))
        number = self._placings.index(_placing(texture))
        reader.CreateInput("st", names.Float2).ConnectToSource(self._coordinates(number))
        self._made[key] = reader
        return reader

    def _coordinates(self, number: int) -> UsdShade.Output:
        if number not in self._sets:
            node = UsdShade.Shader.Define(self._scene.stage, f"{self._path}/Coordinates_{number}")
            node.CreateIdAttr("UsdPrimvarReader_float2")
            node.CreateInput("varname", Sdf.ValueTypeNames.String).Set(_set(number))
            self._sets[number] = node
        return self._sets[number].CreateOutput("result", Sdf.ValueTypeNames.Float2)


def _bent(pixels: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """A normal map whose slopes are ``strength`` times as steep, uint8[h, w, 4]."""
    directions = pixels[..., :3].astype(np.float32) / 127.5 - 1
    directions[..., :2] *= strength
    directions[..., 2] = np.maximum(directions[..., 2], 1e-3)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    bent = np.full_like(pixels, 255)
    bent[..., :3] = np.round((directions + 1) * 127.5)
    return bent


def _set(number: int) -> str:
    return "st" if number == 0 else f"st{number}"


def _placing(texture: Texture) -> Placing:
    return texture.uv_set, texture.offset, texture.rotation, texture.scale


def _placings(material: Material) -> tuple[Placing, ...]:
    """The ways in which the material's textures lie on the mesh, each baked into coordinates of its own."""
    used = (
        material.base_color_texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    )
    return tuple(dict.fromkeys(_placing(texture) for texture in used if texture is not None))


def _placed(uv: NDArray[np.float64], placing: Placing) -> NDArray[np.float32]:
    """KHR_texture_transform, then V up."""
    _, offset, rotation, scale = placing
    cos, sin = np.cos(rotation), np.sin(rotation)
    uv = (uv * np.asarray(scale)) @ np.array([[cos, sin], [-sin, cos]]).T + np.asarray(offset)
    return np.ascontiguousarray(np.column_stack([uv[:, 0], 1.0 - uv[:, 1]]), np.float32)

"""Models to USDZ: meshes, skeletons with their clips, blend shapes and UsdPreviewSurface materials, for Quick Look,
Omniverse and other USD programs. Metres, +Y up.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypedDict

import numpy as np
import orjson
from numpy.typing import NDArray
from pxr import Gf, Kind, Sdf, Usd, UsdGeom, UsdShade, UsdValidation, Vt

from assets.model import AlphaMode, Animation, Model, Primitive
from assets.pose import drawing, flatten
from assets.scene import Draw
from assets.transforms import Matrix
from exporters import arkit
from exporters.errors import ExportError
from exporters.gltf import GENERATOR
from exporters.rigs import Held, left_behind, rigs, skinned
from exporters.see_through import faded
from exporters.skeleton_scale import unscaled
from exporters.usd_materials import Materials, placed, placings, uv_name
from exporters.usd_names import Names, free, identifier
from exporters.usd_skeleton import CODES, Skeleton, code

EXPORTER_VERSION: Final = 2
"""Goes into step hashes: raise it when the bytes change."""

_ZIP_HEADER, _EXTRA_HEADER, _ALIGNMENT = 30, 4, 64  # bytes
_PADDING: Final = 0x1986  # the extra field that USD's own writer fills gaps with
_MOMENTS: Final = 5  # of the clip that plays: how far it reaches is seen at these
_CLIPS: Final = "clip"  # the variants of which one plays


def write_usdz(model: Model, *, extras: Mapping[str, Any], stem: str, moving: bool | None = None) -> bytes:
    """The model as one USDZ package. ``extras`` (design, layers, units, licence, …: JSON) are its layer's data.

    ``moving`` keeps skeletons, blend shapes and animations; without it the pose as it stands is written. None keeps
    them unless some layers would stay behind when others move. The first animation plays; with several, the variant
    set "clip" of the root says which, and "still" is the pose as it stands.
    Raises ExportError ``export.empty`` or ``export.not_finite``.
    """
    if moving is None:
        moving = not left_behind(model)
    plain = replace(
        faded(model), animations=tuple(a for a in model.animations if any(len(c.times) for c in a.channels))
    )
    with tempfile.TemporaryDirectory(prefix="usdz-") as folder:
        source = Path(folder) / f"{identifier(stem)}.usdc"
        textures = _Scene(source, stem, unscaled(plain, animated=True) if moving else plain).write(
            extras, moving=moving
        )
        return _package({source.name: source.read_bytes(), **textures})


def faults(path: Path) -> list[str]:
    """What USD's own validators, those of packages among them, find wrong with a file, and what ARKit would not read;
    nothing, if it will open.
    """
    known = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    stage = Usd.Stage.Open(str(path))
    if stage is None:
        return ["it cannot be opened"]
    found = UsdValidation.ValidationContext(known).Validate(stage)
    return [*(f"{error.GetIdentifier()}: {error.GetMessage()}" for error in found), *arkit.faults(stage, path)]


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


def _parts(model: Model, draws: Sequence[Draw]) -> list[tuple[int, int, Draw]]:
    """Each draw with its node and with which of its mesh's primitives it is."""
    found = []
    rest = iter(draws)
    for place in drawing(model):
        node = model.nodes[place]
        assert node.mesh is not None
        for _ in range(node.copies):
            found += [(place, k, next(rest)) for k in range(len(model.meshes[node.mesh].primitives))]
    return found


class _Span(TypedDict):
    """A clip as the layer's data lists it: the variant's and the animation's name, seconds."""

    clip: str
    name: str
    start: float
    end: float


class _Scene:
    """One layer as it is made, beside its textures."""

    def __init__(self, path: Path, stem: str, model: Model) -> None:
        self._model = model
        self._stage = Usd.Stage.CreateNew(str(path))
        UsdGeom.SetStageUpAxis(self._stage, UsdGeom.Tokens.y)
        UsdGeom.SetStageMetersPerUnit(self._stage, 1.0)
        self._root = UsdGeom.Xform.Define(self._stage, f"/{identifier(stem)}")
        self._stage.SetDefaultPrim(self._root.GetPrim())
        Usd.ModelAPI(self._root.GetPrim()).SetKind(Kind.Tokens.component)
        self._names = Names(self._stage, str(self._root.GetPath()))
        self._materials = Materials(self._stage, self._names, stem)
        self._skeletons: dict[int, Skeleton] = {}

    def write(self, extras: Mapping[str, Any], *, moving: bool) -> dict[str, bytes]:
        """Saves the layer; the textures that it names, by file name."""
        model = self._model
        parts = _parts(model, flatten(model))
        if not any(len(draw.primitive.indices) for _, _, draw in parts):
            raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
        found, held = rigs(model) if moving else ((), {})
        hung: dict[int, int] = {}
        copies: dict[tuple[int, int], int] = {}
        for number, (place, part, draw) in enumerate(parts):
            copy = copies[place, part] = copies.get((place, part), -1) + 1
            if not len(draw.primitive.indices):
                continue
            hold = held.get((place, skinned(model.nodes[place], self._primitive(place, part))))
            if hold is None:
                self._standing(draw)
                continue
            hung[number] = hold.rig
            if hold.rig not in self._skeletons:
                name = draw.layer or draw.name or "rig"
                self._skeletons[hold.rig] = Skeleton(self._stage, self._names, name, found[hold.rig], model)
            self._moving(place, part, copy, draw, hold)
        playing, clips = self._clips()
        for rig, skeleton in self._skeletons.items():
            mine = [number for number, held_by in hung.items() if held_by == rig]
            self._reach(skeleton, found[rig].base, mine, playing)
        layer = self._stage.GetRootLayer()
        about: dict[str, Any] = {"creator": GENERATOR, "copyright": model.copyright}
        if extras:
            about["about"] = orjson.dumps(extras).decode()
        if clips:
            about["clips"] = orjson.dumps(clips).decode()
        layer.customLayerData = {name: value for name, value in about.items() if value}
        layer.Save()
        return self._materials.files

    def _primitive(self, place: int, part: int) -> Primitive:
        mesh = self._model.nodes[place].mesh
        assert mesh is not None
        return self._model.meshes[mesh].primitives[part]

    # -- clips ---------------------------------------------------------------------------------------------

    def _clips(self) -> tuple[int | None, list[_Span]]:
        """Writes the animations that move a skeleton; the number of the one that plays, and all with their spans."""
        skeletons = list(self._skeletons.values())
        known = [
            (number, animation)
            for number, animation in enumerate(self._model.animations)
            if any(skeleton.moved_by(animation) for skeleton in skeletons)
        ]
        if not known:
            for skeleton in skeletons:
                skeleton.play(skeleton.still())
            return None, []
        spans: list[_Span] = []
        sources: dict[str, list[Sdf.Path]] = {}
        for number, animation in known:
            name = free(identifier(animation.name or f"clip {number}"), sources)
            begin, end = _span(animation)
            spans.append(_Span(clip=name, name=animation.name, start=begin, end=end))
            sources[name] = [skeleton.clip(animation, name) for skeleton in skeletons]
        first = spans[0]
        self._stage.SetTimeCodesPerSecond(CODES)
        self._stage.SetFramesPerSecond(CODES)
        self._stage.SetStartTimeCode(code(first["start"]))
        self._stage.SetEndTimeCode(code(first["end"]))
        if len(known) == 1:
            for skeleton, source in zip(skeletons, sources[first["clip"]], strict=True):
                skeleton.play(source)
            return known[0][0], spans
        sources[free("still", sources)] = [skeleton.still() for skeleton in skeletons]
        choice = self._root.GetPrim().GetVariantSets().AddVariantSet(_CLIPS)
        for name, paths in sources.items():
            choice.AddVariant(name)
            choice.SetVariantSelection(name)
            with choice.GetVariantEditContext():
                for skeleton, source in zip(skeletons, paths, strict=True):
                    skeleton.play(source)
        choice.SetVariantSelection(first["clip"])
        return known[0][0], spans

    def _reach(self, skeleton: Skeleton, base: Matrix, mine: Sequence[int], playing: int | None) -> None:
        """Says within which box a skeleton's meshes stay while the clip plays."""
        moments: list[dict[str, Any]] = [{}]
        if playing is not None:
            begin, end = _span(self._model.animations[playing])
            moments += [{"animation": playing, "time": float(t)} for t in np.linspace(begin, end, _MOMENTS)]
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        back = np.linalg.pinv(base)
        for moment in moments:
            draws = flatten(self._model, **moment)
            for number in mine:
                draw = draws[number]
                matrix = back @ draw.matrix
                points = draw.primitive.positions @ matrix[:3, :3].T + matrix[:3, 3]
                low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
        skeleton.root.CreateExtentAttr([Gf.Vec3f(*low.tolist()), Gf.Vec3f(*high.tolist())])

    # -- meshes --------------------------------------------------------------------------------------------

    def _standing(self, draw: Draw) -> None:
        """A mesh that never moves, where it stands."""
        self._mesh(draw, draw.primitive, draw.matrix, self._names)

    def _moving(self, place: int, part: int, copy: int, draw: Draw, held: Held) -> None:
        """A mesh that hangs on a skeleton, where it was bound."""
        node = self._model.nodes[place]
        assert node.mesh is not None
        mesh = self._model.meshes[node.mesh]
        primitive = mesh.primitives[part]
        matrix = held.matrix
        if node.instances is not None:
            matrix = matrix @ node.instances[copy]
        skeleton = self._skeletons[held.rig]
        rigid = held.joints is None
        if rigid and np.linalg.det(matrix[:3, :3]) < 0:
            primitive = replace(primitive, indices=primitive.indices[:, ::-1])
        made = self._mesh(draw, primitive, matrix, skeleton.names)
        skeleton.hold(made, primitive, held)
        if primitive.targets:
            skeleton.morph(made, place, primitive, matrix, node.morph_weights or mesh.morph_weights)

    def _mesh(self, draw: Draw, part: Primitive, matrix: Matrix, names: Names) -> UsdGeom.Mesh:
        points = part.positions.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        normals = part.normals.astype(np.float64) @ np.linalg.pinv(matrix[:3, :3])
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        normals /= np.where(lengths > 0, lengths, 1.0)
        if not (np.isfinite(points).all() and np.isfinite(normals).all()):
            raise ExportError("export.not_finite", f"layer {draw.layer!r} has vertices that are no numbers")
        mesh = UsdGeom.Mesh.Define(self._stage, names.path("Geometry", draw.layer or draw.name or "part"))
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
        for number, placing in enumerate(placings(part.material)):
            uv = sets[placing[0]] if placing[0] < len(sets) else None
            if uv is not None:
                api = UsdGeom.PrimvarsAPI(mesh)
                values = api.CreatePrimvar(uv_name(number), Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
                values.Set(Vt.Vec2fArray.FromNumpy(placed(uv.astype(np.float64), placing)))
        self._paint(mesh, part)
        return mesh

    def _paint(self, mesh: UsdGeom.Mesh, part: Primitive) -> None:
        """Binds the material. Colours of vertices become the base colour; UsdPreviewSurface cannot multiply them
        with a texture, so that only the same colour everywhere goes over one.
        """
        material, colours = part.material, part.colors
        binding = UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim())
        if colours is None:
            binding.Bind(self._materials.get(material))
            return
        even = bool((colours == colours[0]).all())
        if even:
            red, green, blue, alpha = colours[0].tolist()
            binding.Bind(self._materials.get(material, tint=(red, green, blue, alpha)))
            return
        painted = material.base_color_texture is None
        shown = colours * np.array(material.base_color, np.float32) if painted else colours
        mesh.CreateDisplayColorPrimvar(UsdGeom.Tokens.vertex).Set(
            Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(shown[:, :3], np.float32))
        )
        if material.alpha_mode is not AlphaMode.OPAQUE:
            mesh.CreateDisplayOpacityPrimvar(UsdGeom.Tokens.vertex).Set(
                Vt.FloatArray.FromNumpy(np.ascontiguousarray(shown[:, 3], np.float32))
            )
        binding.Bind(self._materials.get(material, painted=painted))


def _span(animation: Animation) -> tuple[float, float]:
    times: list[NDArray[np.float32]] = [channel.times for channel in animation.channels if len(channel.times)]
    return min(float(one[0]) for one in times), max(float(one[-1]) for one in times)

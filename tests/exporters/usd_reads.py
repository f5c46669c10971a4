"""Reads a USDZ back with USD itself: what stands in the stage at a time, skinned and morphed by UsdSkel."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdShade, UsdSkel, Vt

from assets import images
from assets.model import AlphaMode, Material, Mesh, Model, Node, Primitive, Sampler, Texture, Wrap

Points = NDArray[np.float64]


def points(stage: Usd.Stage, time: float | None = None) -> dict[str, Points]:
    """The vertices of every mesh in the world, by path, at a time code."""
    at = Usd.TimeCode.Default() if time is None else Usd.TimeCode(time)
    places = UsdGeom.XformCache(at)
    found = {}
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.Mesh) and not prim.HasAPI(UsdSkel.BindingAPI):
            own = np.array(UsdGeom.Mesh(prim).GetPointsAttr().Get(), np.float64)
            found[str(prim.GetPath())] = _moved(own, places.GetLocalToWorldTransform(prim))
        if prim.IsA(UsdSkel.Root):
            found |= _skinned(UsdSkel.Root(prim), places, at)
    return {str(p.GetPath()): found[str(p.GetPath())] for p in stage.Traverse() if p.IsA(UsdGeom.Mesh)}


def _skinned(root: UsdSkel.Root, places: UsdGeom.XformCache, at: Usd.TimeCode) -> dict[str, Points]:
    cache = UsdSkel.Cache()
    assert cache.Populate(root, Usd.PrimDefaultPredicate)
    found = {}
    for binding in cache.ComputeSkelBindings(root, Usd.PrimDefaultPredicate):
        skeleton = cache.GetSkelQuery(binding.GetSkeleton())
        for query in binding.GetSkinningTargets():
            mesh = query.GetPrim()
            moved = Vt.Vec3fArray(UsdGeom.Mesh(mesh).GetPointsAttr().Get())
            if query.HasBlendShapes():
                shapes = UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(mesh))
                weights = skeleton.GetAnimQuery().ComputeBlendShapeWeights(at)
                if (order := query.GetBlendShapeMapper()) is not None:
                    weights = order.Remap(weights)
                assert shapes.ComputeDeformedPoints(
                    *shapes.ComputeSubShapeWeights(weights),
                    shapes.ComputeBlendShapePointIndices(),
                    shapes.ComputeSubShapePointOffsets(),
                    moved,
                )
            assert query.ComputeSkinnedPoints(skeleton.ComputeSkinningTransforms(at), moved, at)
            place = places.GetLocalToWorldTransform(binding.GetSkeleton().GetPrim())
            found[str(mesh.GetPath())] = _moved(np.array(moved, np.float64), place)
    return found


def _moved(rows: Points, matrix: Any) -> Points:
    m = np.array(matrix)
    return rows @ m[:3, :3] + m[3, :3]


def model(path: Path, time: float | None = None) -> Model:
    """The stage as one of our models, at rest or at a time code: geometry where it stands, materials as they are
    drawn (skinned normals are those of the triangles' sides, averaged as USD gave them at rest if nothing moves).
    """
    stage = Usd.Stage.Open(str(path))
    placed = points(stage, time)
    package = zipfile.ZipFile(path)
    nodes, meshes = [], []
    for name, rows in placed.items():
        mesh = UsdGeom.Mesh(stage.GetPrimAtPath(name))
        shown = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0]
        primvars = UsdGeom.PrimvarsAPI(mesh)
        sets = [primvars.GetPrimvar(one).Get() if primvars.HasPrimvar(one) else None for one in ("st", "st1")]
        uvs = [None if uv is None else np.float32(uv) * np.float32([1, -1]) + np.float32([0, 1]) for uv in sets]
        colours = _colours(mesh) if shown.GetPrim().GetChild("displayColor") else None
        part = Primitive(
            positions=rows.astype(np.float32),
            normals=np.float32(mesh.GetNormalsAttr().Get()),
            indices=np.array(mesh.GetFaceVertexIndicesAttr().Get(), np.uint32).reshape(-1, 3),
            material=_material(shown, package, double_sided=mesh.GetDoubleSidedAttr().Get()),
            uv0=uvs[0],
            uv1=uvs[1],
            colors=colours,
        )
        nodes.append(Node(matrix=np.eye(4), mesh=len(meshes), name=name))
        meshes.append(Mesh(primitives=(part,)))
    return Model(nodes=tuple(nodes), roots=tuple(range(len(nodes))), meshes=tuple(meshes))


def _colours(mesh: UsdGeom.Mesh) -> NDArray[np.float32]:
    found = np.ones((len(mesh.GetPointsAttr().Get()), 4), np.float32)
    found[:, :3] = mesh.GetDisplayColorAttr().Get()
    if mesh.GetDisplayOpacityAttr().HasAuthoredValue():
        found[:, 3] = mesh.GetDisplayOpacityAttr().Get()
    return found


def _material(made: UsdShade.Material, package: zipfile.ZipFile, *, double_sided: bool) -> Material:
    surface = UsdShade.Shader(made.GetPrim().GetChild("Surface"))

    def value(name: str, default: Any) -> Any:
        given = surface.GetInput(name)
        return default if not given or given.Get() is None else given.Get()

    def texture(name: str) -> tuple[Texture, list[float]] | None:
        given = surface.GetInput(name)
        if not given or not given.HasConnectedSource():
            return None
        reader = UsdShade.Shader(given.GetConnectedSource()[0].GetPrim())
        if reader.GetShaderId() != "UsdUVTexture":
            return None
        data = package.read(reader.GetInput("file").Get().path)
        wraps = [Wrap(reader.GetInput(one).Get()) for one in ("wrapS", "wrapT")]
        varname = UsdShade.Shader(reader.GetInput("st").GetConnectedSource()[0].GetPrim()).GetInput("varname").Get()
        scale = reader.GetInput("scale")
        sampler = Sampler(wrap_u=wraps[0], wrap_v=wraps[1])
        found = Texture(image=images.probe(data), sampler=sampler, uv_set=int(varname[2:] or 0))
        return found, list(scale.Get()) if scale else [1.0] * 4

    unlit = value("useSpecularWorkflow", 0) == 1
    slot = "emissiveColor" if unlit else "diffuseColor"
    base, rough, metal = texture(slot), texture("roughness"), texture("metallic")
    normal, shade, glow = texture("normal"), texture("occlusion"), texture("emissiveColor")
    faded = texture("opacity")
    opacity = value("opacity", 1.0)
    cut = value("opacityThreshold", 0.0)
    mode = AlphaMode.OPAQUE
    if surface.GetInput("opacity"):
        mode = AlphaMode.MASK if cut else AlphaMode.BLEND
    colour = base[1] if base else [*value(slot, (1.0, 1.0, 1.0)), opacity]
    if faded is not None:
        colour[3] = faded[1][3]
    shining = glow[1][:3] if glow else list(value("emissiveColor", (0.0, 0.0, 0.0)))
    strength = max(*shining, 1.0)
    return Material(
        name=made.GetPrim().GetName(),
        base_color=(colour[0], colour[1], colour[2], colour[3]),
        base_color_texture=base[0] if base else None,
        metallic=metal[1][2] if metal else value("metallic", 0.0),
        roughness=rough[1][1] if rough else value("roughness", 0.5),
        metallic_roughness_texture=rough[0] if rough else None,
        normal_texture=normal[0] if normal else None,
        occlusion_texture=shade[0] if shade else None,
        occlusion_strength=shade[1][0] if shade else 1.0,
        emissive=(0.0, 0.0, 0.0) if unlit else tuple(one / strength for one in shining),  # type: ignore[arg-type]
        emissive_strength=strength,
        emissive_texture=None if unlit or not glow else glow[0],
        alpha_mode=mode,
        alpha_cutoff=cut or 0.5,
        double_sided=double_sided,
        unlit=unlit,
    )

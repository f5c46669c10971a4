"""Applies a layer's customisation to its materials."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import srgb
from assets.design import Customisation
from assets.fabric import Fabric
from assets.model import AlphaMode, Material, Mesh, Model, Primitive, Texture
from assets.trimmings import trimmings

_SHEEN_ROUGHNESS: Final = 0.5  # where sheen is asked for and nobody says how rough


def customise(
    model: Model, how: Customisation, fabric: Fabric | None, *, uv_metres: float = 0.0, sewn: bool = False
) -> Model:
    """The model with every material changed as asked; trimmings of one that is ``sewn`` stay.

    A colour takes the place of the base colour factor and multiplies the texture; roughness and metalness
    likewise multiply a texture that has them. A fabric brings its own textures, sheen, grain, holes and
    varnish, at its real size: ``uv_metres`` are metres on the cloth for each UV unit, 0 to measure them.
    ``repeat`` (tiles for each UV unit) overrides the real size.
    """
    if how == Customisation(variant=how.variant) or not model.meshes:
        return model
    if fabric is not None:
        model = replace(model, meshes=tuple(_with_uvs(mesh) for mesh in model.meshes))
    tiles = _tiles(model, how, fabric, uv_metres) if fabric is not None else (1.0, 1.0)
    kept = trimmings(model) if sewn else frozenset()
    made: dict[int, Material] = {}
    meshes = []
    for mesh in model.meshes:
        primitives = []
        for primitive in mesh.primitives:
            key = id(primitive.material)
            if key not in made:
                made[key] = primitive.material if key in kept else _material(primitive.material, how, fabric, tiles)
            primitives.append(replace(primitive, material=made[key]))
        meshes.append(replace(mesh, primitives=tuple(primitives)))
    return replace(model, meshes=tuple(meshes))


def _material(material: Material, how: Customisation, fabric: Fabric | None, tiles: tuple[float, float]) -> Material:
    if fabric is not None:
        material = _clothed(material, fabric, tiles)
    if how.colour is not None:
        material = replace(material, base_color=(*srgb.light_of(how.colour), material.base_color[3]))
    if how.roughness is not None:
        material = replace(material, roughness=how.roughness)
    if how.metalness is not None:
        material = replace(material, metallic=how.metalness)
    if how.sheen is not None:
        roughness = material.sheen_roughness or _SHEEN_ROUGHNESS
        material = replace(material, sheen_color=srgb.light_of(how.sheen), sheen_roughness=roughness)
    if how.sheen_roughness is not None:
        material = replace(material, sheen_roughness=how.sheen_roughness)
    return material


def _clothed(material: Material, fabric: Fabric, tiles: tuple[float, float]) -> Material:
    def tiled(image: object) -> Texture | None:
        return None if image is None else Texture(image=image, scale=tiles)  # type: ignore[arg-type]

    packed = fabric.metallic_roughness is not None
    normal = tiled(fabric.normal)
    brought = fabric.extensions()
    holed = fabric.alpha_mode is not AlphaMode.OPAQUE
    return replace(
        material,
        base_color=(1.0, 1.0, 1.0, material.base_color[3]),
        base_color_texture=tiled(fabric.base_color),
        normal_texture=normal if normal is not None else material.normal_texture,
        normal_scale=1.0 if normal is not None else material.normal_scale,
        metallic_roughness_texture=tiled(fabric.metallic_roughness)
        if packed
        else material.metallic_roughness_texture,
        metallic=1.0 if packed else material.metallic,
        roughness=1.0 if packed else material.roughness,
        sheen_color=fabric.sheen_color if any(fabric.sheen_color) else material.sheen_color,
        sheen_roughness=fabric.sheen_roughness if any(fabric.sheen_color) else material.sheen_roughness,
        alpha_mode=fabric.alpha_mode if holed else material.alpha_mode,
        alpha_cutoff=fabric.alpha_cutoff if holed else material.alpha_cutoff,
        double_sided=holed or material.double_sided,  # through its holes the inside is seen
        extensions={**material.extensions, **brought},
        extension_textures={
            key: texture for key, texture in material.extension_textures.items() if key.split("/")[0] not in brought
        },
    )


def _tiles(model: Model, how: Customisation, fabric: Fabric, uv_metres: float) -> tuple[float, float]:
    """How often the fabric's tile fits into one UV unit, across and along."""
    if how.repeat is not None:
        return how.repeat, how.repeat
    if fabric.repeat_mm <= 0:
        return 1.0, 1.0
    metres = uv_metres or measure_uv(model)
    across = metres * 1000.0 / fabric.repeat_mm
    return across, across * fabric.base_color.width / fabric.base_color.height


def measure_uv(model: Model) -> float:
    """Metres for each UV unit: the square root of all the surface over all the UV area (1 where there is none)."""
    surface = area = 0.0
    for mesh in model.meshes:
        for primitive in mesh.primitives:
            if primitive.uv0 is None:
                continue
            a, b, c = (primitive.positions[primitive.indices[:, k]].astype(np.float64) for k in range(3))
            u, v, w = (primitive.uv0[primitive.indices[:, k]].astype(np.float64) for k in range(3))
            surface += float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())
            one, two = v - u, w - u
            area += float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())
    metres = float(np.sqrt(surface / area)) * model.unit_scale if area > 1e-12 and surface > 0 else 1.0
    return metres if np.isfinite(metres) else 1.0


def _with_uvs(mesh: Mesh) -> Mesh:
    if all(primitive.uv0 is not None for primitive in mesh.primitives):
        return mesh
    return replace(mesh, primitives=tuple(_boxed(p) if p.uv0 is None else p for p in mesh.primitives))


def _boxed(primitive: Primitive) -> Primitive:
    """UVs in metres where a model has none, from the side that each vertex faces."""
    side = np.abs(primitive.normals).argmax(axis=1)
    x, y, z = primitive.positions.T
    u = np.where(side == 0, z, x)
    v = np.where(side == 1, z, y)
    uv: NDArray[np.float32] = np.stack([u, -v], axis=1).astype(np.float32)
    return replace(primitive, uv0=uv)

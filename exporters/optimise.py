"""What may be done to a model on its way out: materials merged, meshes combined, textures packed, budgets kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np

from assets.model import Image, Material, Mesh, Model, Primitive, Texture
from exporters import slim
from exporters.atlas import pack
from exporters.errors import ExportError

EXPORTER_VERSION: Final = 1
"""Goes into step hashes: raise it when the bytes change."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """``combine_meshes`` joins primitives of one layer that share a material and have neither skin nor morph
    targets; ``atlas`` packs textures of materials that do not tile. ``simplify`` is by how many metres surfaces may
    move; ``longest`` bounds textures, in pixels a side, and ``webp`` makes them WebP. ``ordered`` sorts triangles and
    vertices for compression.
    """

    merge_materials: bool = True
    combine_meshes: bool = False
    atlas: bool = False
    max_triangles: int = 5_000_000
    simplify: float = 0.0
    longest: int | None = None
    webp: bool = False
    ordered: bool = False


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a model costs."""

    triangles: int
    vertices: int
    primitives: int
    materials: int
    images: int
    image_bytes: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """Before and after."""

    before: Counts
    after: Counts

    def summary(self) -> dict[str, Any]:
        """As JSON, for the artifact's metadata."""
        return {
            side: {one.name: getattr(counts, one.name) for one in fields(counts)}
            for side, counts in (("before", self.before), ("after", self.after))
        }


def optimise(model: Model, options: Options) -> tuple[Model, Report]:
    """The model after what was asked, and what it cost before and costs now.

    Raises ExportError ``export.over_budget``, which names the layer that dominates.
    """
    before = count(model)
    if options.merge_materials:
        model = merge_materials(model)
    if options.combine_meshes:
        model = combine_meshes(model)
    if options.atlas:
        model = pack(model)
    if options.simplify > 0:
        model = slim.simplified(model, options.simplify)
    if options.longest is not None or options.webp:
        model = slim.lighter_textures(model, webp=options.webp, longest=options.longest)
    if options.ordered:
        model = slim.ordered(model)
    after = count(model)
    if after.triangles > options.max_triangles:
        _over_budget(model, after.triangles, options.max_triangles)
    return model, Report(before=before, after=after)


def _over_budget(model: Model, triangles: int, most: int) -> None:
    by_layer: defaultdict[str, int] = defaultdict(int)
    for place, layer in _layers(model).items():
        node = model.nodes[place]
        if node.mesh is not None:
            triangles_once = sum(len(p.indices) for p in model.meshes[node.mesh].primitives)
            by_layer[layer or "the model"] += triangles_once * node.copies
    name, largest = max(by_layer.items(), key=lambda pair: pair[1])
    raise ExportError(
        "export.over_budget",
        f"the design has {triangles:,} triangles and {most:,} are allowed; {name} has {largest:,} of them: "
        "reduce that layer or raise optimise.max_triangles",
    )


def textures_of(material: Material) -> list[Texture]:
    """Every texture that a material uses."""
    own = (
        material.base_color_texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    )
    return [texture for texture in own if texture is not None] + list(material.extension_textures.values())


def primitives_of(model: Model) -> list[Primitive]:
    """Every primitive, in the order of the meshes."""
    return [primitive for mesh in model.meshes for primitive in mesh.primitives]


def count(model: Model) -> Counts:
    """What the model costs: triangles as drawn, so a mesh that stands twice counts twice."""
    drawn = [
        p for node in model.nodes if node.mesh is not None for p in model.meshes[node.mesh].primitives * node.copies
    ]
    materials = {id(p.material): p.material for p in drawn}
    images: dict[str, Image] = {t.image.digest: t.image for m in materials.values() for t in textures_of(m)}
    return Counts(
        triangles=sum(len(p.indices) for p in drawn),
        vertices=sum(len(p.positions) for p in primitives_of(model)),
        primitives=len(drawn),
        materials=len(materials),
        images=len(images),
        image_bytes=sum(len(image.data) for image in images.values()),
    )


def _same(value: Any) -> Any:
    """A value that is equal for equal content, for the key of a material."""
    if isinstance(value, Texture):
        return (
            value.image.digest,
            value.sampler,
            value.uv_set,
            value.offset,
            value.rotation,
            value.scale,
            _same(value.extensions),
            _same(value.extras),
        )
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _same(one)) for key, one in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_same(one) for one in value)
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def merge_materials(model: Model) -> Model:
    """Materials that look the same become one, whatever they are called; the first name stays."""
    kept: dict[str, Material] = {}

    def one(material: Material) -> Material:
        key = repr([_same(getattr(material, f.name)) for f in fields(material) if f.name != "name"])
        return kept.setdefault(key, material)

    return replace(
        model,
        meshes=tuple(
            replace(
                mesh,
                primitives=tuple(
                    replace(
                        p,
                        material=one(p.material),
                        variants={place: one(material) for place, material in p.variants.items()},
                    )
                    for p in mesh.primitives
                ),
            )
            for mesh in model.meshes
        ),
    )


def _layers(model: Model) -> dict[int, str]:
    """The layer of every node that is in the tree, inherited from its parent."""
    found: dict[int, str] = {}
    stack = [(root, "") for root in model.roots]
    while stack:
        place, layer = stack.pop()
        found[place] = model.nodes[place].layer or layer
        stack += [(child, found[place]) for child in model.nodes[place].children]
    return found


def combine_meshes(model: Model) -> Model:
    """Joins what can be drawn at once: primitives of one mesh with one material and the same attributes, without
    morph targets. Meshes of different nodes stay apart, since nodes may be moved, animated or skinned.
    """
    return replace(model, meshes=tuple(replace(mesh, primitives=_combined(mesh)) for mesh in model.meshes))


def _combined(mesh: Mesh) -> tuple[Primitive, ...]:
    groups: dict[Any, list[Primitive]] = {}
    for number, primitive in enumerate(mesh.primitives):
        arrays = (getattr(primitive, name) for name in ("tangents", "uv0", "uv1", "colors", "joints", "weights"))
        shape = tuple(0 if array is None else array.shape[1] for array in arrays)
        own = (primitive.targets, primitive.extras, primitive.extensions, primitive.variants, primitive.attributes)
        alone = number if any(own) else -1
        groups.setdefault((id(primitive.material), shape, alone), []).append(primitive)
    return tuple(_joined(group) for group in groups.values())


def _joined(group: list[Primitive]) -> Primitive:
    first = group[0]
    if len(group) == 1:
        return first
    starts = np.cumsum([0, *(len(p.positions) for p in group[:-1])])
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(p, name) for p in group])
        for name in ("positions", "normals", "tangents", "uv0", "uv1", "colors", "joints", "weights")
        if getattr(first, name) is not None
    }
    indices = np.concatenate([p.indices + np.uint32(s) for p, s in zip(group, starts, strict=True)])
    return replace(first, indices=indices.astype(np.uint32), **arrays)

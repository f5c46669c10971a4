"""Meshes of a glTF before they are decoded: references, counts and types, all checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from assets.errors import ModelError
from assets.gltf_accessors import Accessors
from assets.gltf_json import Document, Item
from assets.gltf_materials import Materials
from assets.gltf_uv_sets import Sources
from assets.gltf_variants import read_mappings
from assets.model import Material

TRIANGLES: Final = 4
STRIP: Final = 5
DRACO: Final = "KHR_draco_mesh_compression"
UV: Final = "TEXCOORD_"
_OTHERS: Final = re.compile(r"_[A-Z0-9_]{1,60}|TEXCOORD_[0-7]")
_VECTORS: Final = frozenset({"SCALAR", "VEC2", "VEC3", "VEC4"})
_KINDS: Final[dict[str, frozenset[str]]] = {
    "POSITION": frozenset({"VEC3"}),
    "NORMAL": frozenset({"VEC3"}),
    "TANGENT": frozenset({"VEC4"}),
    "COLOR_0": frozenset({"VEC3", "VEC4"}),
    "JOINTS_0": frozenset({"VEC4"}),
    "JOINTS_1": frozenset({"VEC4"}),
    "WEIGHTS_0": frozenset({"VEC4"}),
    "WEIGHTS_1": frozenset({"VEC4"}),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A primitive that was checked but not decoded."""

    item: Item
    mode: int
    vertices: int
    triangles: int
    attributes: Mapping[str, int]
    others: Mapping[str, int]  # that nothing here reads
    uv: Sources
    indices: int | None
    material: Material
    variants: Mapping[int, Material]
    targets: tuple[Mapping[str, int], ...]
    flat: bool  # no usable normals: they are made, and vertices split


@dataclass(frozen=True, kw_only=True)
class LoosePlan:
    """Points or lines that were checked but not decoded."""

    item: Item
    mode: int
    vertices: int
    attributes: Mapping[str, int]
    indices: int | None
    material: Material | None


@dataclass(frozen=True, kw_only=True)
class MeshPlan:
    """A mesh whose primitives were checked but not decoded."""

    item: Item
    primitives: tuple[Plan, ...]
    loose: tuple[LoosePlan, ...]
    target_count: int
    morph_weights: tuple[float, ...]
    target_names: tuple[str, ...]

    @property
    def triangles(self) -> int:
        """How many the mesh has."""
        return sum(plan.triangles for plan in self.primitives)

    @property
    def vertices(self) -> int:
        """How many it has once decoded."""
        surfaces = sum(3 * plan.triangles if plan.flat else plan.vertices for plan in self.primitives)
        return surfaces + sum(plan.vertices for plan in self.loose)


def plan_meshes(
    document: Document, accessors: Accessors, materials: Materials, variants: int
) -> tuple[MeshPlan, ...]:
    """Checks all meshes' structure: references, counts, types. Decodes nothing."""
    limits = document.limits
    plans: list[MeshPlan] = []
    total = 0
    for item in document.root.items("meshes", limits.meshes):
        primitives = item.items("primitives", limits.primitives)
        total += len(primitives)
        if total > limits.primitives:
            msg = f"the model has more than {limits.primitives:,} primitives; join meshes that share a material"
            raise ModelError(msg, code="model.too_many", path="meshes")
        planned = tuple(_plan(document, accessors, materials, variants, primitive) for primitive in primitives)
        surfaces = tuple(plan for plan in planned if isinstance(plan, Plan))
        counts = {len(plan.targets) for plan in surfaces}
        weights = item.numbers("weights", None, ())
        if len(counts) > 1 or (weights and counts and len(weights) not in counts):
            raise item.fail("weights", "one for each morph target, alike in all primitives", "model.morph_targets")
        count = counts.pop() if counts else 0
        names = item.extras.get("targetNames")
        plans.append(
            MeshPlan(
                item=item,
                primitives=surfaces,
                loose=tuple(plan for plan in planned if isinstance(plan, LoosePlan)),
                target_count=count,
                morph_weights=weights or (0.0,) * count,
                target_names=tuple(str(name)[:1024] for name in names) if isinstance(names, list) else (),
            )
        )
    return tuple(plans)


def _plan(
    document: Document, accessors: Accessors, materials: Materials, variants: int, item: Item
) -> Plan | LoosePlan | None:
    mode = item.integer("mode", TRIANGLES, high=6)
    index = item.index("material", len(materials.items), "materials")
    uv = materials.uv_sources[index] if index is not None else (0, 1)
    attributes, others = _attributes(document, accessors, item, uv)
    if "POSITION" not in attributes:
        document.warn(f"{item.path} has no positions and is left out")
        return None
    vertices = accessors.layout(attributes["POSITION"]).count
    for name, accessor in attributes.items():
        if accessors.layout(accessor).count != vertices:
            raise item.fail(f"attributes/{name}", f"of {vertices} elements like POSITION", "model.attribute_count")
    for name in [name for name, accessor in others.items() if accessors.layout(accessor).count != vertices]:
        document.warn(f"{item.path} has another number of {name[:40]} than of positions; it is left out")
        del others[name]
    indices = item.index("indices", len(accessors), "accessors")
    corners = vertices
    if indices is not None:
        layout = accessors.layout(indices)
        if layout.kind != "SCALAR" or layout.dtype.kind != "u" or layout.normalized:
            raise item.fail("indices", "an accessor of unsigned integers", "model.accessor_type")
        corners = layout.count
    material = materials.items[index] if index is not None else None
    if mode < TRIANGLES:
        document.warn(f"{item.path} is points or lines and is not drawn; only triangles are")
        return LoosePlan(
            item=item,
            mode=mode,
            vertices=vertices,
            attributes=attributes | others,
            indices=indices,
            material=material,
        )
    triangles = corners // 3 if mode == TRIANGLES else max(corners - 2, 0)
    if mode == TRIANGLES and corners % 3:
        document.warn(f"{item.path} has {corners} corners, no multiple of 3; the last ones are left out")
    if triangles == 0:
        document.warn(f"{item.path} has no triangle and is left out")
        return None
    worn = read_mappings(item, materials.items, variants)
    if any(materials.sources_of(material) not in {uv, (0, 1)} for material in worn.values()):
        document.warn(f"{item.path} has a variant with other UV sets than its own material; it is drawn with those")
    return Plan(
        item=item,
        mode=mode,
        vertices=vertices,
        triangles=triangles,
        attributes=attributes,
        others=others,
        indices=indices,
        uv=uv,
        material=material or Material(),
        variants=worn,
        targets=_targets(document, accessors, item, vertices),
        flat="NORMAL" not in attributes,
    )


def _attributes(
    document: Document, accessors: Accessors, owner: Item, uv: Sources
) -> tuple[dict[str, int], dict[str, int]]:
    """Accessors by name: of the attributes that are read, and of those that only travel.

    ``uv`` are the UV sets that are read; set 0 or 1, where another is read in its place, travels under that one's
    name.
    """
    item = owner.item("attributes")
    if item is None:
        raise owner.fail("attributes", "present")
    kinds = _KINDS | {f"{UV}{told}": frozenset({"VEC2"}) for told in uv}
    swapped = {f"{UV}{slot}": f"{UV}{told}" for slot, told in enumerate(uv)}
    found: dict[str, int] = {}
    others: dict[str, int] = {}
    for name in item.value:
        index = item.index(name, len(accessors), "accessors")
        assert index is not None
        layout = accessors.layout(index)
        if name not in kinds:
            travels = _OTHERS.fullmatch(name) is not None and owner.extension(DRACO) is None
            if travels and layout.kind in _VECTORS and layout.dtype != np.uint32:
                others[swapped.get(name, name)] = index
            else:
                document.warn(f"the attribute {name[:40]} is not read")
            continue
        if layout.kind not in kinds[name]:
            raise item.fail(name, " or ".join(sorted(kinds[name])), "model.accessor_type")
        found[name] = index
    return found, others


def _targets(document: Document, accessors: Accessors, item: Item, vertices: int) -> tuple[Mapping[str, int], ...]:
    targets = []
    for target in item.items("targets", document.limits.morph_targets):
        found: dict[str, int] = {}
        for name in ("POSITION", "NORMAL", "TANGENT"):
            index = target.index(name, len(accessors), "accessors")
            if index is None:
                continue
            layout = accessors.layout(index)
            if layout.kind != "VEC3" or layout.count != vertices:
                raise target.fail(name, f"{vertices} VEC3 elements like POSITION", "model.attribute_count")
            found[name] = index
        targets.append(found)
    return tuple(targets)

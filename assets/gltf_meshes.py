"""Meshes of a glTF, decoded: every primitive becomes indexed triangles with normals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import normals
from assets.errors import ModelError
from assets.gltf_accessors import Accessors
from assets.gltf_compression import decode_draco
from assets.gltf_json import Document, Item
from assets.gltf_passthrough import Passthrough
from assets.gltf_plan import DRACO, STRIP, TRIANGLES, UV, LoosePlan, MeshPlan, Plan
from assets.model import Loose, Mesh, MorphTarget, Primitive

_FARTHEST: Final = 1e9
"""Coordinates beyond this lose all detail in float32 and overflow when squared."""


def read_mesh(document: Document, accessors: Accessors, plan: MeshPlan, through: Passthrough) -> Mesh:
    """Decodes a mesh. Raises ModelError ``model.index_range``, ``model.not_finite`` and those of the decoders."""
    return Mesh(
        primitives=tuple(_read(document, accessors, primitive, plan, through) for primitive in plan.primitives),
        loose=tuple(_read_loose(document, accessors, loose, through) for loose in plan.loose),
        name=plan.item.text("name"),
        morph_weights=plan.morph_weights,
        extensions=through.of(plan.item),
        extras=plan.item.extras,
    )


def _read(document: Document, accessors: Accessors, plan: Plan, mesh: MeshPlan, through: Passthrough) -> Primitive:
    item = plan.item
    draco = item.extension(DRACO)
    arrays: dict[str, NDArray[Any]] = {}
    indices: NDArray[np.uint32] | None = None
    if draco is not None:
        indices, arrays = _read_draco(document, accessors, plan, draco)
    for name, index in plan.attributes.items():
        if name not in arrays:
            arrays[name] = accessors.raw(index) if name.startswith("JOINTS") else accessors.floats(index)
    if indices is None:
        indices = _corners(document, accessors, plan)
    _in_range(indices, plan)
    positions = arrays["POSITION"]
    _finite(positions, item, "POSITION")
    targets = tuple(_read_target(document, accessors, plan, mesh, place) for place in range(len(plan.targets)))
    joints, weights = _influences(document, arrays, item)
    primitive = Primitive(
        positions=positions,
        normals=_normals(document, arrays, positions, indices, plan),
        indices=indices,
        material=plan.material,
        tangents=_tangents(document, arrays, plan),
        uv0=_uv(document, arrays, plan, 0),
        uv1=_uv(document, arrays, plan, 1),
        colors=_colors(document, arrays.get("COLOR_0"), item),
        joints=joints,
        weights=weights,
        targets=targets,
        variants=plan.variants,
        attributes={name: _as_meant(accessors, index) for name, index in plan.others.items()},
        extensions=through.of(item),
        extras=item.extras,
    )
    return _flatten_faces(document, primitive) if plan.flat else primitive


def _read_loose(document: Document, accessors: Accessors, plan: LoosePlan, through: Passthrough) -> Loose:
    arrays = {name: _as_meant(accessors, index) for name, index in plan.attributes.items()}
    _finite(arrays["POSITION"], plan.item, "POSITION")
    indices: NDArray[np.uint32] | None = None
    if plan.indices is not None:
        document.take(accessors.layout(plan.indices).count * 4)
        indices = accessors.raw(plan.indices).reshape(-1).astype(np.uint32)
        _in_range(indices, plan)
    finite = {name: array for name, array in arrays.items() if array.dtype.kind != "f" or np.isfinite(array).all()}
    return Loose(
        mode=plan.mode,
        attributes=finite,
        indices=indices,
        material=plan.material,
        extensions=through.of(plan.item),
        extras=plan.item.extras,
    )


def _in_range(indices: NDArray[np.uint32], plan: Plan | LoosePlan) -> None:
    if indices.size and int(indices.max()) >= plan.vertices:
        msg = f"{plan.item.path} points to vertex {int(indices.max())} of {plan.vertices}; export the model again"
        raise ModelError(msg, code="model.index_range", path=f"{plan.item.path}/indices")


def _uv(document: Document, arrays: Mapping[str, NDArray[Any]], plan: Plan, slot: int) -> NDArray[np.float32] | None:
    name = f"{UV}{plan.uv[slot]}"
    return _clean(document, arrays.get(name), plan.item, name, 0.0)


def _as_meant(accessors: Accessors, index: int) -> NDArray[Any]:
    return accessors.floats(index) if accessors.layout(index).normalized else accessors.raw(index)


def _read_draco(
    document: Document, accessors: Accessors, plan: Plan, draco: Item
) -> tuple[NDArray[np.uint32], dict[str, NDArray[Any]]]:
    view = draco.index("bufferView", accessors.views, "buffer views")
    ids = draco.item("attributes")
    if view is None or ids is None or plan.indices is None or plan.mode != TRIANGLES:
        raise draco.fail("bufferView", "present, with attributes, and its primitive indexed triangles", "model.draco")
    wanted = {name: ids.integer(name, high=2**31) for name in plan.attributes if name in ids}
    widths = {name: accessors.layout(plan.attributes[name]) for name in wanted}
    expected = plan.triangles * 24 + plan.vertices * 8 * sum(layout.width for layout in widths.values())
    document.take(expected)
    indices, stored = decode_draco(
        draco,
        accessors.view_bytes(view),
        wanted,
        vertices=plan.vertices,
        triangles=plan.triangles,
        expected=expected,
    )
    arrays: dict[str, NDArray[Any]] = {}
    for name, array in stored.items():
        layout = widths[name]
        if array.shape != (plan.vertices, layout.width):
            raise draco.fail(f"attributes/{name}", f"{layout.width} numbers wide", "model.draco")
        if name.startswith("JOINTS"):
            arrays[name] = array
            continue
        floats = array.astype(np.float32)
        if layout.normalized and layout.dtype.kind in "iu" and array.dtype.kind in "iu":
            floats = np.maximum(floats / np.float32(np.iinfo(layout.dtype).max), np.float32(-1.0))
        arrays[name] = floats
    return indices, arrays


def _corners(document: Document, accessors: Accessors, plan: Plan) -> NDArray[np.uint32]:
    """uint32[m, 3] from a list, a strip or a fan (glTF 2.0, 3.7.2.1)."""
    document.take(plan.triangles * 12)
    if plan.indices is None:
        flat = np.arange(plan.vertices, dtype=np.uint32)
    else:
        flat = accessors.raw(plan.indices).reshape(-1).astype(np.uint32)
    if plan.mode == TRIANGLES:
        return np.ascontiguousarray(flat[: plan.triangles * 3].reshape(-1, 3))
    step = np.arange(plan.triangles)
    if plan.mode == STRIP:
        triangles = np.stack([flat[step], flat[step + 1 + step % 2], flat[step + 2 - step % 2]], axis=1)
    else:
        triangles = np.stack([flat[step + 1], flat[step + 2], np.broadcast_to(flat[0], len(step))], axis=1)
    a, b, c = triangles.T
    return np.ascontiguousarray(triangles[(a != b) & (b != c) & (c != a)])  # strips turn with degenerate ones


def _finite(array: NDArray[np.float32], item: Item, name: str) -> None:
    # A NaN fails both comparisons, so one pass of each is enough.
    if not (array.min(initial=0.0) >= -_FARTHEST and array.max(initial=0.0) <= _FARTHEST):
        msg = f"{item.path} has a {name} that is not a finite number below 1e9; export the model again"
        raise ModelError(msg, code="model.not_finite", path=f"{item.path}/attributes/{name}")


def _clean(
    document: Document, array: NDArray[np.float32] | None, item: Item, name: str, fallback: float
) -> NDArray[np.float32] | None:
    if array is None or np.isfinite(array).all():
        return array
    document.warn(f"{item.path} has a {name} that is not finite; {fallback:g} is used there")
    return np.nan_to_num(array, nan=fallback, posinf=fallback, neginf=fallback)


def _normals(
    document: Document,
    arrays: Mapping[str, NDArray[Any]],
    positions: NDArray[np.float32],
    indices: NDArray[np.uint32],
    plan: Plan,
) -> NDArray[np.float32]:
    given = arrays.get("NORMAL")
    if given is None:
        return np.zeros_like(positions)  # made face by face afterwards
    document.take(given.nbytes)
    with np.errstate(invalid="ignore", over="ignore"):
        square = np.einsum("ij,ij->i", given, given)
    bad = ~((square > 1e-12) & (square < 1e12))
    if bad.any():
        document.warn(f"{plan.item.path} has normals without a direction; they were made from the faces")
        made = normals.smooth(positions, indices)
        return np.where(bad[:, None], made, normals.unit(np.where(bad[:, None], made, given)))
    if np.abs(square - 1.0).max() < 1e-5:
        result: NDArray[np.float32] = given
        return result
    unit: NDArray[np.float32] = given / np.sqrt(square)[:, None]
    return unit


def _tangents(document: Document, arrays: Mapping[str, NDArray[Any]], plan: Plan) -> NDArray[np.float32] | None:
    given = arrays.get("TANGENT")
    if given is None or plan.flat:  # glTF 2.0: tangents without normals are ignored
        return None
    if not np.isfinite(given).all() or not (np.abs(given[:, :3]).max(axis=1) > 1e-6).all():
        document.warn(f"{plan.item.path} has tangents without a direction; they are made when needed")
        return None
    tangents: NDArray[np.float32] = np.concatenate(
        [normals.unit(given[:, :3]), np.where(given[:, 3:] < 0, np.float32(-1), np.float32(1))], axis=1
    )
    return tangents


def _colors(document: Document, array: NDArray[np.float32] | None, item: Item) -> NDArray[np.float32] | None:
    colors = _clean(document, array, item, "COLOR_0", 1.0)
    if colors is not None and colors.shape[1] == 3:
        colors = np.concatenate([colors, np.ones((len(colors), 1), np.float32)], axis=1)
    return colors


def _influences(
    document: Document, arrays: Mapping[str, NDArray[Any]], item: Item
) -> tuple[NDArray[np.uint16] | None, NDArray[np.float32] | None]:
    """Four or eight joints of each vertex, weights summing to 1."""
    sets = [s for s in ("0", "1") if f"JOINTS_{s}" in arrays and f"WEIGHTS_{s}" in arrays]
    if not sets:
        return None, None
    joints = np.concatenate([arrays[f"JOINTS_{s}"] for s in sets], axis=1)
    weights = np.concatenate([arrays[f"WEIGHTS_{s}"] for s in sets], axis=1)
    if joints.dtype.kind not in "iu" or joints.dtype.itemsize > 4 or (joints.size and int(joints.max()) > 65_535):
        raise item.fail("attributes/JOINTS_0", "bytes or shorts without sign", "model.accessor_type")
    _finite(weights, item, "WEIGHTS_0")
    weights = np.maximum(weights, 0)
    if len(sets) > 1 and not weights[:, 4:].any():  # many writers always write both
        joints, weights = joints[:, :4], weights[:, :4]
    total = weights.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        document.warn(f"{item.path} has vertices that no joint moves; they follow the first joint")
        first = np.zeros((1, weights.shape[1]), np.float32)
        first[0, 0] = 1.0
        weights = np.where(total > 0, weights, first)
        total = weights.sum(axis=1, keepdims=True)
    joints = np.where(weights > 0, joints, 0).astype(np.uint16)  # stale ids with no weight are common
    return joints, (weights / total).astype(np.float32)


def _read_target(document: Document, accessors: Accessors, plan: Plan, mesh: MeshPlan, place: int) -> MorphTarget:
    arrays = {name: accessors.floats(index) for name, index in plan.targets[place].items()}
    for name, array in arrays.items():
        document.use(array.nbytes)
        _finite(array, plan.item, f"targets/{place}/{name}")
    return MorphTarget(
        positions=arrays.get("POSITION"),
        normals=arrays.get("NORMAL"),
        tangents=arrays.get("TANGENT") if "TANGENT" in plan.attributes else None,
        name=mesh.target_names[place] if place < len(mesh.target_names) else "",
    )


def _flatten_faces(document: Document, primitive: Primitive) -> Primitive:
    """Flat normals, as glTF 2.0 (3.7.2.1) wants where there are none: each triangle gets its own vertices."""
    corners = primitive.indices.ravel()
    per_vertex = ("positions", "uv0", "uv1", "colors", "joints", "weights")
    arrays = {name: getattr(primitive, name) for name in per_vertex if getattr(primitive, name) is not None}
    others = primitive.attributes
    row = 24 + sum(array[:1].nbytes for array in (*arrays.values(), *others.values()))
    document.take(len(corners) * row)
    document.take(len(corners) * 24 * sum((t.positions is not None) for t in primitive.targets))
    split = {name: array[corners] for name, array in arrays.items()}
    indices = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
    faces = normals.unit(normals.face_vectors(split["positions"], indices))
    targets = tuple(_flat_target(target, corners, indices, split["positions"], faces) for target in primitive.targets)
    return replace(
        primitive,
        **split,
        normals=np.repeat(faces, 3, axis=0),
        indices=indices,
        tangents=None,
        targets=targets,
        attributes={name: array[corners] for name, array in others.items()},
    )


def _flat_target(
    target: MorphTarget,
    corners: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    positions: NDArray[np.float32],
    faces: NDArray[np.float32],
) -> MorphTarget:
    """A target of a faceted mesh: its normals go where the moved faces look."""
    if target.positions is None:
        return MorphTarget(name=target.name)
    moved = target.positions[corners]
    turned = normals.unit(normals.face_vectors(positions + moved, indices)) - faces
    return MorphTarget(positions=moved, normals=np.repeat(turned, 3, axis=0), name=target.name)

"""Meshes of a glTF that is being written, repaired to what the specification demands of vertex data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets.model import Loose, Material, Mesh, MorphTarget, Primitive
from exporters.gltf_buffer import INDICES, VERTICES, Attribute, Buffer, Grid
from exporters.gltf_cameras import carried
from exporters.gltf_materials import Materials, textures

VARIANTS: Final = "KHR_materials_variants"

Json = dict[str, Any]


class Meshes:
    """Collects meshes; one that is used with and without a skin becomes two."""

    def __init__(self, buffer: Buffer, materials: Materials) -> None:
        self.meshes: list[Json] = []
        self.grids: list[Grid | None] = []  # of each mesh: whoever carries it undoes it
        self._buffer = buffer
        self._materials = materials
        self._known: dict[tuple[int, bool, bool], int | None] = {}

    def add(self, place: int, mesh: Mesh, *, skinned: bool, wanted: bool = True) -> int | None:
        """Index of the mesh written for ``mesh`` (number ``place`` of its model), or None where it would be
        empty. ``skinned`` says that a skin moves it; then ``wanted`` chooses the primitives that have joints
        (True) or those that have none (False), for a mesh may mix them and a skinned node may not.
        """
        key = (place, skinned, wanted)
        if key not in self._known:
            chosen = [p for p in mesh.primitives if not skinned or (p.joints is not None) == wanted]
            chosen = [p for p in chosen if len(p.indices) and len(p.positions)]
            joints = skinned and wanted
            some = chosen or (mesh.loose and not joints)
            self._known[key] = self._write(mesh, chosen, joints=joints) if some else None
        return self._known[key]

    def _write(self, mesh: Mesh, primitives: list[Primitive], *, joints: bool) -> int:
        targets = max((len(primitive.targets) for primitive in primitives), default=0)
        entry: Json = {"name": mesh.name} if mesh.name else {}
        self._buffer.grid = None
        if primitives:
            ends = [(p.positions.min(axis=0), p.positions.max(axis=0)) for p in primitives]
            low = np.min([end for end, _ in ends], axis=0).astype(np.float64)
            self._buffer.enter(low, np.max([end for _, end in ends], axis=0).astype(np.float64))
        entry["primitives"] = [self._primitive(p, targets, joints=joints) for p in primitives]
        if not joints and not targets:  # all primitives of a mesh have the same targets, and no skin moves these
            entry["primitives"] += [self._loose(loose) for loose in mesh.loose]
        if mesh.extensions:
            entry["extensions"] = dict(mesh.extensions)
        extras = dict(mesh.extras)
        if targets:
            entry["weights"] = fit(mesh.morph_weights, targets)
            names = next(p.targets for p in primitives if len(p.targets) == targets)
            if any(target.name for target in names):
                extras["targetNames"] = [target.name for target in names]
        if extras:
            entry["extras"] = extras
        self.meshes.append(entry)
        self.grids.append(self._buffer.grid)
        return len(self.meshes) - 1

    def _primitive(self, primitive: Primitive, targets: int, *, joints: bool) -> Json:
        count = len(primitive.positions)
        corners = primitive.indices.reshape(-1)
        kind = np.uint16 if count <= 65_535 else np.uint32  # 65535 itself would restart the strip
        arrays = _attributes(primitive, joints=joints)
        entry = self._buffer.geometry(arrays, corners.astype(kind), morphs=targets > 0)
        entry["material"] = self._materials.add(primitive.material)
        if targets:
            padding = (MorphTarget(),) * (targets - len(primitive.targets))
            bent = primitive.tangents is not None
            entry["targets"] = [self._target(t, count, bent=bent) for t in (*primitive.targets, *padding)]
        extensions = {**primitive.extensions, **entry.get("extensions", {})}
        if primitive.variants:
            extensions[VARIANTS] = {"mappings": self._mappings(primitive.variants)}
        if extensions:
            entry["extensions"] = extensions
        if primitive.extras:
            entry["extras"] = dict(primitive.extras)
        return entry

    def _loose(self, loose: Loose) -> Json:
        grid = self._buffer.grid
        attributes = {
            name: self._buffer.accessor(
                values if grid is None or name != "POSITION" else (values - grid.offset) / grid.scale,
                target=VERTICES,
                bounds=name == "POSITION",
            )
            for name, values in loose.attributes.items()
            if not name.startswith(("JOINTS_", "WEIGHTS_"))
        }
        entry: Json = {"mode": loose.mode, "attributes": attributes}
        if loose.indices is not None:
            entry["indices"] = self._buffer.accessor(loose.indices, target=INDICES)
        if loose.material is not None:
            entry["material"] = self._materials.add(loose.material)
        return entry | carried(loose.extensions, loose.extras)

    def _mappings(self, variants: Mapping[int, Material]) -> list[Json]:
        """One mapping for each material, with all the variants that wear it."""
        worn: dict[int, list[int]] = {}
        for variant, material in sorted(variants.items()):
            worn.setdefault(self._materials.add(material), []).append(variant)
        return [{"material": material, "variants": places} for material, places in worn.items()]

    def _target(self, target: MorphTarget, count: int, *, bent: bool) -> Json:
        still = np.zeros((count, 3), np.float32)
        moved = target.positions if target.positions is not None else still
        if self._buffer.grid is not None:
            moved = moved / np.float32(self._buffer.grid.scale)
        entry: Json = {"POSITION": self._buffer.sparse(moved, bounds=True)}
        if target.normals is not None:
            entry["NORMAL"] = self._buffer.sparse(target.normals)
        if target.tangents is not None and bent:
            entry["TANGENT"] = self._buffer.sparse(target.tangents)
        return entry


def _attributes(primitive: Primitive, *, joints: bool) -> dict[str, Attribute]:
    """What the file says of each vertex, by glTF's names; ``joints`` says that a skin moves them."""
    found = {
        "POSITION": Attribute(primitive.positions, "POSITION"),
        "NORMAL": Attribute(unit(primitive.normals), "NORMAL"),
    }
    if primitive.tangents is not None:
        found["TANGENT"] = Attribute(_tangents(primitive.tangents, primitive.normals), "TANGENT")
    for number, uv in enumerate(_uv_sets(primitive)):
        found[f"TEXCOORD_{number}"] = Attribute(uv, "TEXCOORD")
    for name, values in primitive.attributes.items():
        if values.dtype.kind != "f" or np.isfinite(values).all():
            found[name] = Attribute(values)
    if primitive.colors is not None:
        found["COLOR_0"] = Attribute(np.clip(primitive.colors, 0, 1), "COLOR")
    if joints and primitive.joints is not None and primitive.weights is not None:
        ids, weights = influences(primitive.joints, primitive.weights)
        small = ids.astype(np.uint8) if ids.max(initial=0) < 256 else ids
        for number in range(ids.shape[1] // 4):
            part = slice(4 * number, 4 * number + 4)
            found[f"JOINTS_{number}"] = Attribute(small[:, part], "JOINTS")
            found[f"WEIGHTS_{number}"] = Attribute(weights[:, part], "WEIGHTS")
    return found


def fit(weights: tuple[float, ...], count: int) -> list[float]:
    """Morph weights, one for each of ``count`` targets."""
    return [float(weight) for weight in (*weights, *(0.0,) * count)[:count]]


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length one; a row that has no direction points up."""
    exact = vectors.astype(np.float64)
    length = np.linalg.norm(exact, axis=1, keepdims=True)
    made: NDArray[np.float32] = np.where(length > 1e-12, exact / np.maximum(length, 1e-12), (0.0, 1.0, 0.0)).astype(
        np.float32
    )
    return made


def _tangents(tangents: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit tangents with a sign of exactly 1 or -1; missing ones are any vector across the normal."""
    along = tangents[:, :3].astype(np.float64)
    lost = np.linalg.norm(along, axis=1) <= 1e-12
    if lost.any():
        axis = np.where(np.abs(normals[lost, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
        along[lost] = np.cross(normals[lost], axis)
    sign = np.where(tangents[:, 3:] < 0, -1.0, 1.0)
    return np.concatenate([unit(along.astype(np.float32)), sign.astype(np.float32)], axis=1)


def _uv_sets(primitive: Primitive) -> list[NDArray[np.float32]]:
    """UV sets without a gap: a set that a texture or a later set needs, and that is missing, is zero."""
    worn = (primitive.material, *primitive.variants.values())
    used = [texture.uv_set for material in worn for texture in textures(material)]
    sets = [primitive.uv0, primitive.uv1]
    count = max([n + 1 for n, uv in enumerate(sets) if uv is not None] + [n + 1 for n in used], default=0)
    if any(name.startswith("TEXCOORD_") for name in primitive.attributes):
        count = len(sets)
    zero = np.zeros((len(primitive.positions), 2), np.float32)
    return [uv if uv is not None else zero for uv in sets[:count]]


def influences(
    joints: NDArray[np.uint16], weights: NDArray[np.float32]
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Joints each named once a vertex, with weights that add up to 1 (glTF 2.0, 3.7.3.3)."""
    exact = np.maximum(weights.astype(np.float64), 0)
    ids = joints.astype(np.uint16)
    for later in range(1, ids.shape[1]):
        for earlier in range(later):
            same = (ids[:, later] == ids[:, earlier]) & (exact[:, later] > 0)
            exact[same, earlier] += exact[same, later]
            exact[same, later] = 0
    total = exact.sum(axis=1)
    exact[total <= 0, 0] = 1
    narrow = (exact / exact.sum(axis=1, keepdims=True)).astype(np.float32)
    ids = np.where(narrow > 0, ids, 0).astype(np.uint16)
    return ids, narrow

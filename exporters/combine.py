"""A model in fewer pieces that looks the same: equal materials, vertices and meshes once, still parts in one mesh."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.model import AlphaMode, Material, Mesh, Model, Node, Primitive, Texture
from assets.pose import worlds
from assets.vertices import ARRAYS, arrays_of, with_vertices

Array = NDArray[Any]


def layers(model: Model) -> dict[int, str]:
    """The layer of every node that is in the tree, inherited from its parent."""
    found: dict[int, str] = {}
    stack = [(root, "") for root in model.roots]
    while stack:
        place, layer = stack.pop()
        found[place] = model.nodes[place].layer or layer
        stack += [(child, found[place]) for child in model.nodes[place].children]
    return found


def merge_materials(model: Model) -> Model:
    """Materials that look the same become one, whatever they are called; the first name stays."""
    kept: dict[str, Material] = {}
    known: dict[int, Material] = {}

    def one(material: Material) -> Material:
        if id(material) not in known:
            key = repr([_same(getattr(material, f.name)) for f in fields(material) if f.name != "name"])
            known[id(material)] = kept.setdefault(key, material)
        return known[id(material)]

    def dressed(part: Primitive) -> Primitive:
        variants = {place: one(material) for place, material in part.variants.items()}
        return replace(part, material=one(part.material), variants=variants)

    meshes = (replace(mesh, primitives=tuple(dressed(part) for part in mesh.primitives)) for mesh in model.meshes)
    return replace(model, meshes=tuple(meshes))


def _same(value: Any) -> Any:
    """A value that is equal for equal content, for the key of a material."""
    if isinstance(value, Texture):
        own = [_same(getattr(value, f.name)) for f in fields(value) if f.name != "image"]
        return (value.image.digest, *own)
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _same(one)) for key, one in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_same(one) for one in value)
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def deduplicate(model: Model) -> Model:
    """Vertices that are equal in all that is said of them become one, and so do equal meshes; nothing moves."""
    welded = tuple(replace(mesh, primitives=tuple(_welded(p) for p in mesh.primitives)) for mesh in model.meshes)
    firsts: dict[bytes, int] = {}
    place = [firsts.setdefault(_digest(mesh), number) for number, mesh in enumerate(welded)]
    kept = sorted(firsts.values())
    moved = {old: new for new, old in enumerate(kept)}
    nodes = tuple(node if node.mesh is None else replace(node, mesh=moved[place[node.mesh]]) for node in model.nodes)
    return replace(model, nodes=nodes, meshes=tuple(welded[number] for number in kept))


def _welded(part: Primitive) -> Primitive:
    rows = [np.ascontiguousarray(a.reshape(len(a), -1)) for _, a in arrays_of(part)]
    if not len(part.positions):
        return part
    # A zero has two signs; adding one makes them equal.
    plain = [(row + 0.0).astype(row.dtype) if row.dtype.kind == "f" else row for row in rows]
    table = np.concatenate([row.view(np.uint8).reshape(len(row), -1) for row in plain], axis=1)
    table = np.ascontiguousarray(table)
    names = table.view(np.dtype((np.void, table.shape[1]))).reshape(-1)
    _, first, place = np.unique(names, return_index=True, return_inverse=True)
    if len(first) == len(part.positions):
        return part
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    indices = rank[place.reshape(-1)[part.indices]].astype(np.uint32)
    return with_vertices(part, first[order], indices)


def _digest(mesh: Mesh) -> bytes:
    """Equal for meshes that are drawn alike; points and lines keep theirs apart."""
    total = hashlib.sha256()
    about = (mesh.morph_weights, mesh.extensions, mesh.extras, [id(loose) for loose in mesh.loose])
    total.update(repr(about).encode())
    for part in mesh.primitives:
        worn = {place: id(material) for place, material in part.variants.items()}
        names = [target.name for target in part.targets]
        total.update(repr((id(part.material), worn, names, part.extensions, part.extras)).encode())
        total.update(part.indices.tobytes())
        for name, array in arrays_of(part):
            total.update(f"{name} {array.dtype} {array.shape}".encode())
            total.update(np.ascontiguousarray(array).tobytes())
    return total.digest()


def combine_meshes(model: Model) -> Model:
    """Joins what can be drawn at once: parts of one layer that stand still, with one material and the same
    attributes. Never across alpha modes (they differ in material), variants, skins or morph targets; what an
    animation or a joint moves, what stands in several places, and what carries extras or unknown extensions stays
    alone.
    """
    at, layer, nodes, meshes = worlds(model), layers(model), list(model.nodes), list(model.meshes)
    uses = Counter(node.mesh for node in nodes)
    moved = _moved(model)
    groups: dict[str, list[int]] = {}
    for place, node in enumerate(nodes):
        if place in at and place not in moved and _still(node) and uses[node.mesh] == 1:
            assert node.mesh is not None
            if _plain(meshes[node.mesh]) and abs(np.linalg.det(at[place][:3, :3])) > 1e-12:
                groups.setdefault(layer[place], []).append(place)
    for first, *others in groups.values():
        home, base = nodes[first].mesh, np.linalg.inv(at[first])
        assert home is not None
        parts = list(meshes[home].primitives)
        for place in others:
            away = nodes[place].mesh
            assert away is not None
            parts += [_turned(part, base @ at[place]) for part in meshes[away].primitives]
            nodes[place] = replace(nodes[place], mesh=None)
        meshes[home] = replace(meshes[home], primitives=tuple(parts))
    used = sorted({node.mesh for node in nodes if node.mesh is not None})
    new = {old: number for number, old in enumerate(used)}
    return replace(
        model,
        nodes=tuple(node if node.mesh is None else replace(node, mesh=new[node.mesh]) for node in nodes),
        meshes=tuple(replace(meshes[old], primitives=_combined(meshes[old])) for old in used),
    )


def _moved(model: Model) -> set[int]:
    """Nodes that an animation or a skin's joint moves or hides, and those under them."""
    heads = {channel.node for animation in model.animations for channel in animation.channels}
    heads |= {joint for skin in model.skins for joint in skin.joints}
    heads |= {place for place, node in enumerate(model.nodes) if not node.visible}
    found: set[int] = set()
    stack = list(heads)
    while stack:
        place = stack.pop()
        if place not in found:
            found.add(place)
            stack += model.nodes[place].children
    return found


def _still(node: Node) -> bool:
    others = (node.camera, node.light, node.instances, node.skin)
    return node.mesh is not None and all(one is None for one in others) and not (node.extensions or node.extras)


def _plain(mesh: Mesh) -> bool:
    return not (
        mesh.loose
        or mesh.extensions
        or mesh.extras
        or any(p.material.alpha_mode is AlphaMode.BLEND for p in mesh.primitives)  # sorted by their places
        or any(p.targets or p.variants or p.extensions or p.extras or p.joints is not None for p in mesh.primitives)
    )


def _turned(part: Primitive, matrix: NDArray[np.float64]) -> Primitive:
    """The primitive as it stands after ``matrix``; a mirror turns its triangles round."""
    linear = matrix[:3, :3]
    straight = part.normals.astype(np.float64) @ np.linalg.inv(linear)
    straight /= np.maximum(np.linalg.norm(straight, axis=1, keepdims=True), 1e-30)
    mirrored = bool(np.linalg.det(linear) < 0)
    tangents = part.tangents
    if tangents is not None:
        along = tangents[:, :3].astype(np.float64) @ linear.T
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-30)
        sign = -tangents[:, 3:] if mirrored else tangents[:, 3:]
        tangents = np.concatenate([along, sign], axis=1).astype(np.float32)
    return replace(
        part,
        positions=(part.positions.astype(np.float64) @ linear.T + matrix[:3, 3]).astype(np.float32),
        normals=straight.astype(np.float32),
        tangents=tangents,
        indices=np.ascontiguousarray(part.indices[:, ::-1]) if mirrored else part.indices,
    )


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
        name: np.concatenate([getattr(p, name) for p in group]) for name in ARRAYS if getattr(first, name) is not None
    }
    indices = np.concatenate([p.indices + np.uint32(s) for p, s in zip(group, starts, strict=True)])
    return replace(first, indices=indices.astype(np.uint32), **arrays)

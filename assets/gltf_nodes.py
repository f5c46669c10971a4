"""Nodes, skins and animations of a glTF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.errors import ModelError
from assets.gltf_accessors import Accessors
from assets.gltf_cameras import LIGHTS, Listed
from assets.gltf_instancing import read_instances
from assets.gltf_json import Document, Item
from assets.gltf_passthrough import Passthrough
from assets.gltf_plan import MeshPlan
from assets.model import Animation, Channel, Node, NodeCamera, NodeLight, Skin
from assets.transforms import compose_trs


@dataclass(frozen=True, kw_only=True)
class Around:
    """What nodes point to."""

    meshes: tuple[MeshPlan, ...]
    skins: int
    cameras: Listed[NodeCamera]
    lights: Listed[NodeLight]
    through: Passthrough
    accessors: Accessors


VISIBILITY: Final = "KHR_node_visibility"
_WIDTHS: Final = {"translation": 3, "rotation": 4, "scale": 3}
_INTERPOLATIONS: Final = frozenset({"LINEAR", "STEP", "CUBICSPLINE"})


def read_nodes(document: Document, around: Around) -> tuple[Node, ...]:
    """All nodes; their tree is checked: one parent at most, no cycle, bounded depth.

    Raises ModelError ``model.node_parents``, ``model.node_cycle`` or ``model.node_depth``.
    """
    items = document.root.items("nodes", document.limits.nodes)
    nodes = tuple(_node(document, item, len(items), around) for item in items)
    parents: dict[int, int] = {}
    for place, node in enumerate(nodes):
        for child in node.children:
            if child in parents or child == place:
                what = "is its own child" if child == place else f"is a child of nodes {parents[child]} and {place}"
                code = "model.node_cycle" if child == place else "model.node_parents"
                raise ModelError(f"node {child} {what}; export the model again", code=code, path=f"nodes/{child}")
            parents[child] = place
    level = [place for place in range(len(nodes)) if place not in parents]
    seen = 0
    depth = 0
    while level:
        seen += len(level)
        depth += 1
        if depth > document.limits.node_depth:
            msg = f"the model's nodes are nested deeper than {document.limits.node_depth} levels; flatten its tree"
            raise ModelError(msg, code="model.node_depth", path="nodes")
        level = [child for place in level for child in nodes[place].children]
    if seen < len(nodes):  # whoever cannot be reached from a root hangs on a cycle
        msg = "the model's nodes form a cycle: a node is its own ancestor; export the model again"
        raise ModelError(msg, code="model.node_cycle", path="nodes")
    return nodes


def _node(document: Document, item: Item, count: int, around: Around) -> Node:
    meshes = around.meshes
    mesh = item.index("mesh", len(meshes), "meshes")
    weights = item.numbers("weights", None, ())
    if weights and (mesh is None or len(weights) != meshes[mesh].target_count):
        raise item.fail("weights", "one for each morph target of the node's mesh", "model.morph_targets")
    if "matrix" in item:
        matrix = np.array(item.numbers("matrix", 16, ())).reshape(4, 4).T.copy()
        matrix[3] = (0.0, 0.0, 0.0, 1.0)
    else:
        matrix = compose_trs(
            np.array(item.numbers("translation", 3, (0.0, 0.0, 0.0))),
            np.array(item.numbers("rotation", 4, (0.0, 0.0, 0.0, 1.0))),
            np.array(item.numbers("scale", 3, (1.0, 1.0, 1.0))),
        )
    camera = item.index("camera", around.cameras.count, "cameras")
    lamp, shown = item.extension(LIGHTS), item.extension(VISIBILITY)
    light = lamp.index("light", around.lights.count, "lights") if lamp is not None else None
    skin = item.index("skin", around.skins, "skins")
    instances = read_instances(document, around.accessors, item) if mesh is not None else None
    if instances is not None and skin is not None:
        document.warn(f"{item.path} is both skinned and instanced; its skin is left out")
        skin = None
    return Node(
        matrix=matrix,
        name=item.text("name"),
        mesh=mesh,
        skin=skin,
        instances=instances,
        visible=shown is None or shown.value.get("visible") is not False,
        camera=around.cameras.places.get(camera) if camera is not None else None,
        light=around.lights.places.get(light) if light is not None else None,
        children=item.indices("children", count, "nodes"),
        morph_weights=weights,
        extensions=around.through.of(item),
        extras=item.extras,
    )


def read_roots(document: Document, nodes: tuple[Node, ...]) -> tuple[int, ...]:
    """The nodes that the file's scene shows; all parentless ones where it has no scene."""
    scenes = document.root.items("scenes", document.limits.nodes)
    index = document.root.index("scene", len(scenes), "scenes")
    children = {child for node in nodes for child in node.children}
    if not scenes:
        return tuple(place for place in range(len(nodes)) if place not in children)
    scene = scenes[index if index is not None else 0]
    roots = tuple(dict.fromkeys(scene.indices("nodes", len(nodes), "nodes")))
    nested = next((root for root in roots if root in children), None)
    if nested is not None:
        raise scene.fail("nodes", f"roots, but node {nested} has a parent", "model.node_parents")
    return roots


def read_skins(document: Document, accessors: Accessors, through: Passthrough) -> tuple[Skin, ...]:
    """All skins. Raises ModelError ``model.skin`` or ``model.reference``."""
    nodes = len(document.root.items("nodes", document.limits.nodes))
    skins = []
    for item in document.root.items("skins", document.limits.skins):
        joints = item.indices("joints", nodes, "nodes")
        if not 1 <= len(joints) <= document.limits.joints:
            raise item.fail("joints", f"1 to {document.limits.joints} nodes", "model.skin")
        index = item.index("inverseBindMatrices", len(accessors), "accessors")
        bind: NDArray[np.float64] = np.broadcast_to(np.eye(4), (len(joints), 4, 4)).copy()
        if index is not None:
            layout = accessors.layout(index)
            if layout.kind != "MAT4" or layout.dtype.kind != "f" or layout.count < len(joints):
                raise item.fail("inverseBindMatrices", f"{len(joints)} float MAT4 elements", "model.skin")
            columns = accessors.floats(index)[: len(joints)].astype(np.float64)
            if not (np.abs(columns) <= 1e9).all():
                raise item.fail("inverseBindMatrices", "finite", "model.not_finite")
            bind = np.ascontiguousarray(columns.reshape(-1, 4, 4).transpose(0, 2, 1))
            bind[:, 3] = (0.0, 0.0, 0.0, 1.0)
        skeleton = item.index("skeleton", nodes, "nodes")
        more = through.of(item)
        skins.append(
            Skin(
                joints=joints,
                inverse_bind=bind,
                skeleton=skeleton,
                name=item.text("name"),
                extensions=more,
                extras=item.extras,
            )
        )
    return tuple(skins)


def read_animations(
    document: Document, accessors: Accessors, nodes: tuple[Node, ...], around: Around
) -> tuple[Animation, ...]:
    """All animations. Raises ModelError ``model.animation`` when keys and values do not match."""
    limits = document.limits
    total = 0
    animations = []
    for item in document.root.items("animations", limits.animations):
        samplers = item.items("samplers", limits.channels)
        channels = []
        for channel in item.items("channels", limits.channels):
            total += 1
            if total > limits.channels:
                msg = f"the model animates more than {limits.channels:,} properties; remove some animations"
                raise ModelError(msg, code="model.too_many", path=item.path)
            read = _channel(document, accessors, nodes, around.meshes, samplers, channel)
            channels += [read] if read is not None else []
        if channels:
            more = around.through.of(item)
            name = item.text("name")
            animations.append(Animation(channels=tuple(channels), name=name, extensions=more, extras=item.extras))
    return tuple(animations)


def _channel(
    document: Document,
    accessors: Accessors,
    nodes: tuple[Node, ...],
    meshes: tuple[MeshPlan, ...],
    samplers: tuple[Item, ...],
    item: Item,
) -> Channel | None:
    target = item.item("target")
    index = item.index("sampler", len(samplers), "samplers")
    if target is None or index is None:
        raise item.fail("target", "present, and so must sampler", "model.animation")
    node = target.index("node", len(nodes), "nodes")
    path = target.text("path")
    mesh = nodes[node].mesh if node is not None else None
    width = _WIDTHS.get(path)
    if path == "weights" and mesh is not None:
        width = meshes[mesh].target_count or None
    if node is None or width is None:
        document.warn(f"{item.path} animates nothing that is drawn ({path[:40] or 'no path'}) and is left out")
        return None
    sampler = samplers[index]
    keys = sampler.index("input", len(accessors), "accessors")
    values = sampler.index("output", len(accessors), "accessors")
    interpolation = sampler.text("interpolation", "LINEAR")
    if keys is None or values is None or interpolation not in _INTERPOLATIONS:
        raise sampler.fail("input", "present, with output and a known interpolation", "model.animation")
    per_key = 3 if interpolation == "CUBICSPLINE" else 1
    time_layout, layout = accessors.layout(keys), accessors.layout(values)
    wanted = time_layout.count * per_key * width
    if time_layout.kind != "SCALAR" or layout.count * layout.width != wanted:
        raise sampler.fail("output", f"{wanted} numbers for {time_layout.count} keys", "model.animation")
    times = accessors.floats(keys).reshape(-1)
    data = accessors.floats(values).reshape(-1, width)
    document.use(times.nbytes + data.nbytes)
    if not (np.isfinite(times).all() and times[0] >= 0 and (np.diff(times) >= 0).all()):
        raise sampler.fail("input", "seconds that increase from key to key", "model.animation")
    if not (np.abs(data) <= 1e9).all():
        raise sampler.fail("output", "finite", "model.not_finite")
    return Channel(node=node, path=path, times=times, values=data, interpolation=interpolation)

"""Skeletons without scale: many programs and engines want bones whose scale is 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.model import Animation, Channel, Mesh, Model, Node
from assets.transforms import decompose

_UNIFORM = 1e-4


def unscaled(model: Model, *, animated: bool = False) -> Model:
    """The same model whose joints, and the nodes that these hang from, have no uniform scale of their own: it goes
    into the places of what hangs from them, into inverse bind matrices, and into nodes of their own for meshes.
    A node whose scale is not uniform, or is animated, keeps it. ``animated`` does it for all that animations move.
    """
    parents = {child: place for place, node in enumerate(model.nodes) for child in node.children}
    spine: set[int] = set()
    wanted = {joint for skin in model.skins for joint in skin.joints}
    if animated:
        wanted |= {c.node for a in model.animations for c in a.channels}
    for joint in sorted(wanted):
        place: int | None = joint
        while place is not None and place not in spine:
            spine.add(place)
            place = parents.get(place)
    if not spine:
        return model
    growing = {c.node for a in model.animations for c in a.channels if c.path == "scale"}
    nodes = list(model.nodes)
    inside: dict[int, float] = {}  # by which what hangs from a node grows
    outside: dict[int, float] = {}  # by which its own place does
    stack = [(root, 1.0) for root in model.roots]
    while stack:
        place, factor = stack.pop()
        node = nodes[place]
        outside[place] = factor
        if place not in spine:
            matrix = node.matrix.copy()
            matrix[:3] *= factor
            nodes[place] = replace(node, matrix=matrix)
            continue
        scale = decompose(node.matrix)[2]
        sizes = np.abs(scale)  # a mirror stays
        own = float(sizes.mean())
        even = own > 0 and float(np.ptp(sizes)) < _UNIFORM * own and place not in growing
        matrix = node.matrix.copy()
        matrix[:3, 3] *= factor
        if even:
            matrix[:3, :3] /= own
        inside[place] = factor * own if even else factor
        nodes[place] = replace(node, matrix=matrix)
        stack += [(child, inside[place]) for child in node.children]
    hung = _hang_meshes(nodes, inside)
    skins = []
    factors = []
    for skin in model.skins:
        grown = skin.inverse_bind.copy()
        for k, joint in enumerate(skin.joints):
            grown[k, :3] *= inside.get(joint, 1.0)
        # Where a joint stood when the skin was bound is a place without a scale if the mesh takes it.
        volume = float(np.median(np.abs(np.linalg.det(grown[:, :3, :3])))) if len(grown) else 1.0
        factor = volume ** (1 / 3) if volume > 0 else 1.0
        grown[:, :3, :3] /= factor
        factors.append(factor)
        skins.append(replace(skin, inverse_bind=grown))
    meshes = list(model.meshes)
    _grow_meshes(nodes, meshes, factors)
    animations = tuple(_moved(animation, outside, spine, hung) for animation in model.animations)
    return replace(model, nodes=tuple(nodes), skins=tuple(skins), meshes=tuple(meshes), animations=animations)


def _grow_meshes(nodes: list[Node], meshes: list[Mesh], factors: list[float]) -> None:
    """Gives each skinned mesh the scale that its skin lost, once for each skin."""
    made: dict[tuple[int, float], int] = {}
    for place, node in enumerate(nodes):
        if node.mesh is None or node.skin is None or abs(factors[node.skin] - 1) < _UNIFORM:
            continue
        key = (node.mesh, factors[node.skin])
        if key not in made:
            meshes.append(_times_mesh(meshes[node.mesh], np.float32(key[1])))
            made[key] = len(meshes) - 1
        nodes[place] = replace(node, mesh=made[key])


def _times_mesh(mesh: Mesh, factor: np.float32) -> Mesh:
    parts = []
    for part in mesh.primitives:
        targets = tuple(
            replace(target, positions=None if target.positions is None else target.positions * factor)
            for target in part.targets
        )
        parts.append(replace(part, positions=part.positions * factor, targets=targets))
    return replace(mesh, primitives=tuple(parts))


def _hang_meshes(nodes: list[Node], inside: dict[int, float]) -> dict[int, int]:
    """A mesh at a node of the skeleton gets a node with the scale that this one lost: which, by where it was."""
    hung: dict[int, int] = {}
    for place, factor in inside.items():
        node = nodes[place]
        if node.mesh is None or node.skin is not None or factor == 1.0:
            continue
        matrix = np.diag([factor, factor, factor, 1.0])
        held = Node(
            matrix=matrix,
            name=f"{node.name} mesh" if node.name else "",
            mesh=node.mesh,
            instances=node.instances,
            morph_weights=node.morph_weights,
        )
        nodes.append(held)
        hung[place] = len(nodes) - 1
        children = (*node.children, hung[place])
        nodes[place] = replace(node, mesh=None, instances=None, morph_weights=(), children=children)
    return hung


def _moved(animation: Animation, outside: dict[int, float], spine: set[int], hung: dict[int, int]) -> Animation:
    channels = []
    for channel in animation.channels:
        if channel.path == "weights":
            channels.append(replace(channel, node=hung.get(channel.node, channel.node)))
            continue
        factor = outside.get(channel.node, 1.0)
        grows = channel.path == "translation" or (channel.path == "scale" and channel.node not in spine)
        if grows and factor != 1.0:
            channels.append(_times(channel, factor))
        else:
            channels.append(channel)
    return replace(animation, channels=tuple(channels))


def _times(channel: Channel, factor: float) -> Channel:
    return replace(channel, values=channel.values * np.float32(factor))

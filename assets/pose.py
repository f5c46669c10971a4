"""Poses a model: world matrices, morph targets and skins applied, at rest or at a moment of an animation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import regions
from assets.curves import sampled
from assets.errors import ModelError
from assets.model import Mesh, Model, Node, Primitive, Skin
from assets.normals import unit
from assets.scene import Draw
from assets.transforms import Matrix, compose_trs, decompose

_IDENTITY: Final = np.eye(4)
_BLOCK: Final = 1 << 16  # vertices skinned at once; a matrix for each is 96 bytes, several times over


def flatten(model: Model, *, animation: int | None = None, time: float = 0.0) -> tuple[Draw, ...]:
    """The model's triangles where they stand, in the order of the tree (depth first).

    At rest without ``animation``; with one, at ``time`` seconds, clamped to its first and last key. A mirrored
    node's triangles are turned round, so that counter-clockwise is the front everywhere. Nodes without a
    layer inherit their parent's. An instanced node gives its draws once for each place.
    Raises ModelError ``model.no_animation`` for an index that does not exist.
    """
    nodes, weights = _at(model, animation, time)
    world, layers = _walk(model, nodes)
    draws: list[Draw] = []
    palettes: dict[int, Matrix] = {}
    for place in drawing(model):
        node = nodes[place]
        assert node.mesh is not None
        mesh = model.meshes[node.mesh]
        if node.skin is not None and node.skin not in palettes:
            palettes[node.skin] = _palette(model.skins[node.skin], world)
        palette = palettes[node.skin] if node.skin is not None else None
        shape = weights.get(place) or node.morph_weights or mesh.morph_weights
        places = [world[place]]
        if node.instances is not None:
            places = [world[place] @ instance for instance in node.instances]
        drawn = _draws(mesh, shape, palette, places, layers[place])
        draws += [replace(draw, name=node.name or mesh.name) for draw in drawn]
    return tuple(draws)


def drawing(model: Model) -> tuple[int, ...]:
    """The nodes that draw something, in the order in which :func:`flatten` gives their draws."""
    found = []
    stack = list(reversed(model.roots))
    while stack:
        place = stack.pop()
        node = model.nodes[place]
        if not node.visible:
            continue
        stack += reversed(node.children)
        if node.mesh is not None:
            found.append(place)
    return tuple(found)


def posed(model: Model, *, animation: int | str, time: float) -> Model:
    """The model held at a moment of an animation (its number or its name): its nodes and their morph weights moved.

    The animations stay. Raises ModelError ``model.no_animation``.
    """
    if isinstance(animation, str):
        names = [known.name for known in model.animations]
        if animation not in names:
            shown = ", ".join(repr(name) for name in names[:10]) or "none"
            msg = f"the model has no animation {animation!r}; it has {shown}"
            raise ModelError(msg, code="model.no_animation")
        animation = names.index(animation)
    nodes, weights = _at(model, animation, time)
    if weights:
        nodes = tuple(
            replace(node, morph_weights=weights.get(place, node.morph_weights)) for place, node in enumerate(nodes)
        )
    return replace(model, nodes=nodes)


def worlds(model: Model, *, animation: int | None = None, time: float = 0.0) -> dict[int, Matrix]:
    """Where each node of the scene stands: float64[4, 4] to the world by node, in the order of the tree.

    The pose is that of :func:`flatten`, with its errors.
    """
    nodes, _ = _at(model, animation, time)
    return _walk(model, nodes)[0]


def _at(model: Model, animation: int | None, time: float) -> tuple[tuple[Node, ...], dict[int, tuple[float, ...]]]:
    """The nodes at a moment, and the morph weights that the animation sets."""
    if animation is None:
        return model.nodes, {}
    if not 0 <= animation < len(model.animations):
        msg = f"the model has {len(model.animations)} animations; there is no number {animation}"
        raise ModelError(msg, code="model.no_animation")
    return _animate(model, animation, time)


def _walk(model: Model, nodes: tuple[Node, ...]) -> tuple[dict[int, Matrix], dict[int, str]]:
    """World matrices and layers of the nodes in the scene, depth first."""
    world: dict[int, Matrix] = {}
    layers: dict[int, str] = {}
    stack = [(root, _IDENTITY, "") for root in reversed(model.roots)]
    while stack:
        place, parent, layer = stack.pop()
        node = nodes[place]
        world[place] = parent @ node.matrix
        layers[place] = node.layer if node.layer is not None else layer
        stack += [(child, world[place], layers[place]) for child in reversed(node.children)]
    return world, layers


def _draws(
    mesh: Mesh,
    weights: tuple[float, ...],
    palette: Matrix | None,
    places: list[Matrix],
    layer: str,
) -> list[Draw]:
    """Every primitive at every place, one place after the other; copies share their arrays."""
    posed: list[Primitive] = []
    for primitive in mesh.primitives:
        morphed = _morph(primitive, weights)
        if palette is not None and primitive.joints is not None and primitive.weights is not None:
            morphed = _skin(morphed, palette)
        posed.append(morphed)
    turned: dict[int, Primitive] = {}
    found = []
    for matrix in places:
        for number, (primitive, source) in enumerate(zip(posed, mesh.primitives, strict=True)):
            skinned = palette is not None and source.joints is not None and source.weights is not None
            place, shown = _IDENTITY if skinned else matrix, primitive
            if np.linalg.det(place[:3, :3]) < 0:
                shown = turned[number] = turned.get(number) or _turn_round(primitive)
            found.append(Draw(primitive=shown, matrix=place, layer=layer))
    return found


def _turn_round(primitive: Primitive) -> Primitive:
    tangents = primitive.tangents
    if tangents is not None:
        tangents = tangents * np.array([1, 1, 1, -1], np.float32)
    return replace(primitive, indices=np.ascontiguousarray(primitive.indices[:, ::-1]), tangents=tangents)


def _morph(primitive: Primitive, weights: tuple[float, ...]) -> Primitive:
    moving = [(target, w) for target, w in zip(primitive.targets, weights, strict=False) if w]
    if not moving:
        return primitive
    positions, bent = primitive.positions.copy(), primitive.normals.copy()
    tangents = primitive.tangents
    if tangents is not None and any(target.tangents is not None for target, _ in moving):
        tangents = tangents.copy()
    for target, weight in moving:
        if target.positions is not None:
            positions += np.float32(weight) * target.positions
        if target.normals is not None:
            bent += np.float32(weight) * target.normals
        if target.tangents is not None and tangents is not None:
            tangents[:, :3] += np.float32(weight) * target.tangents
    if tangents is not primitive.tangents and tangents is not None:
        tangents[:, :3] = unit(tangents[:, :3])
    return replace(primitive, positions=positions, normals=unit(bent), tangents=tangents)


def _palette(skin: Skin, world: Mapping[int, Matrix]) -> Matrix:
    """What each joint does to a vertex at rest: float64[joints, 4, 4]."""
    places = np.stack([world.get(joint, _IDENTITY) for joint in skin.joints])
    moved: Matrix = places @ skin.inverse_bind
    return moved


def _skin(primitive: Primitive, palette: Matrix) -> Primitive:
    """Linear blend skinning (glTF 2.0, 3.7.3.3): the result is in world space, the node's own place is ignored."""
    assert primitive.joints is not None
    assert primitive.weights is not None
    positions, bent = np.empty_like(primitive.positions), np.empty_like(primitive.normals)
    tangents = None if primitive.tangents is None else primitive.tangents.copy()
    for first in range(0, len(positions), _BLOCK):
        part = slice(first, first + _BLOCK)
        weights, joints = primitive.weights[part], primitive.joints[part]
        blend = np.zeros((len(weights), 3, 4))
        for influence in range(weights.shape[1]):
            blend += weights[:, influence, None, None] * palette[joints[:, influence], :3]
        linear = blend[:, :, :3]
        positions[part] = np.einsum("nij,nj->ni", linear, primitive.positions[part]) + blend[:, :, 3]
        # Cofactors are the inverse transpose but for a factor, and exist for flattened joints too.
        x, y, z = linear.transpose(1, 0, 2)
        cofactor = np.stack([np.cross(y, z), np.cross(z, x), np.cross(x, y)], axis=1)
        bent[part] = unit(np.einsum("nij,nj->ni", cofactor, primitive.normals[part]).astype(np.float32))
        if tangents is not None:
            along = np.einsum("nij,nj->ni", linear, tangents[part, :3])
            tangents[part, :3] = unit(along.astype(np.float32))
    extras = regions.moved(primitive.extras, primitive.positions, positions)
    return replace(primitive, positions=positions, normals=bent, tangents=tangents, extras=extras)


def _animate(model: Model, index: int, time: float) -> tuple[tuple[Node, ...], dict[int, tuple[float, ...]]]:
    parts: dict[int, dict[str, NDArray[np.float64]]] = {}
    for channel in model.animations[index].channels:
        parts.setdefault(channel.node, {})[channel.path] = sampled(channel, np.array([time]))[0]
    nodes = list(model.nodes)
    weights: dict[int, tuple[float, ...]] = {}
    for place, moved in parts.items():
        if "weights" in moved:
            weights[place] = tuple(float(value) for value in moved["weights"])
        if moved.keys() - {"weights"}:
            translation, rotation, scale = decompose(nodes[place].matrix)
            matrix = compose_trs(
                moved.get("translation", translation), moved.get("rotation", rotation), moved.get("scale", scale)
            )
            nodes[place] = replace(nodes[place], matrix=matrix)
    return tuple(nodes), weights

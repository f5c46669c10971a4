"""Which parts of a model move, and the skeletons that UsdSkel moves them by.

In USD everything that moves together hangs on one skeleton: the joints of skins, and every node that an animation
moves or whose mesh has morph targets, with the nodes above them. A mesh that is no skin is held by its node alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from assets.model import Model, Node, Primitive, Skin
from assets.pose import drawing, worlds
from assets.transforms import Matrix

_SINGULAR: Final = 1e-9  # volume of a unit cube, times the cube of its largest side, that counts as none
_SAME: Final = 2e-6  # by which two skins may differ, as a share of what they hold
_EYE: Final = np.eye(4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rig:
    """One skeleton. ``joints`` are nodes, parents first, ``parents`` where each one's parent is in them (-1: none);
    ``bind`` and ``rest`` float64[k, 4, 4] are where each stood in the skeleton when it was bound, and where it stands
    to its parent in the model; ``base`` float64[4, 4] is where the skeleton stands.
    """

    joints: tuple[int, ...]
    parents: tuple[int, ...]
    bind: Matrix
    rest: Matrix
    base: Matrix


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """How what a node draws hangs on a rig: ``matrix`` takes its vertices to where they were bound. With ``joints``
    (a joint of the rig for each of its skin's) by its weights; else the one ``joint`` holds all of it.
    """

    rig: int
    matrix: Matrix
    joint: int = 0
    joints: tuple[int, ...] | None = None


def rigs(model: Model) -> tuple[tuple[Rig, ...], dict[tuple[int, bool], Held]]:
    """The skeletons of a model's moving parts, and how what moves hangs on them: by node, and whether it is the
    node's primitives with weights or those without.

    A mesh whose joints were bound where nothing has a size is no part of it: it can only stand.
    """
    tree = _Tree(model)
    drawn = drawing(model)
    skins = {place: skin for place in drawn if (skin := tree.skin(place)) is not None}
    moving = {c.node for a in model.animations for c in a.channels if c.path != "weights" and len(c.times)}
    moving |= {joint for skin in skins.values() for joint in model.skins[skin].joints}
    rigid = [place for place in drawn if tree.moves(place, moving)]
    found: list[Rig] = []
    held: dict[tuple[int, bool], Held] = {}
    for group in _groups(model, tree, skins, rigid):
        loose = {place: tree.anchor(place, moving) for place in rigid if tree.root[place] in group}
        for draft in _drafts(model, {p: s for p, s in skins.items() if tree.root[p] in group}):
            draft.rigid, loose = loose, {}  # the first skeleton of a group holds them
            rig = _rig(model, tree, draft, moving)
            number = {node: k for k, node in enumerate(rig.joints)}
            for place, (skin, matrix) in draft.skinned.items():
                joints = tuple(number[joint] for joint in model.skins[skin].joints)
                held[place, True] = Held(rig=len(found), matrix=matrix, joints=joints)
            for place, anchor in draft.rigid.items():
                matrix = rig.bind[number[anchor]] @ tree.between(anchor, place)
                held[place, False] = Held(rig=len(found), matrix=matrix, joint=number[anchor])
            found.append(rig)
    return tuple(found), held


def left_behind(model: Model) -> bool:
    """Whether animations would move some layers of a design out of others that only stand."""
    channels = [channel for animation in model.animations for channel in animation.channels if len(channel.times)]
    if not channels:
        return False
    tree = _Tree(model)
    moving = {channel.node for channel in channels if channel.path != "weights"}
    morphing = {channel.node for channel in channels if channel.path == "weights"}
    layers: dict[str, bool] = {}
    for place in drawing(model):
        node = model.nodes[place]
        assert node.mesh is not None
        layer = next((model.nodes[at].layer for at in tree.above(place) if model.nodes[at].layer is not None), None)
        for part in model.meshes[node.mesh].primitives:
            if len(part.indices):
                held = model.skins[node.skin].joints if skinned(node, part) and node.skin is not None else (place,)
                moves = place in morphing or any(at in moving for one in held for at in tree.above(one))
                layers[layer or ""] = layers.get(layer or "", False) or moves
    return len(set(layers.values())) > 1


def one_bind(model: Model) -> Model:
    """The model with skins that say the same of joints that they share, where the meshes can be moved to say so: some
    programs know one place a joint at which it was bound.
    """
    _, held = rigs(model)
    nodes, meshes, skins = list(model.nodes), list(model.meshes), list(model.skins)
    made: dict[tuple[int, int], int] = {}
    for (place, _), how in held.items():
        node = model.nodes[place]
        if how.joints is None or node.mesh is None or node.skin is None or np.array_equal(how.matrix, _EYE):
            continue
        skin = model.skins[node.skin]
        skins[node.skin] = replace(skin, inverse_bind=skin.inverse_bind @ np.linalg.inv(how.matrix))
        if (node.mesh, node.skin) not in made:
            mesh = model.meshes[node.mesh]
            parts = tuple(_moved(p, how.matrix) if skinned(node, p) else p for p in mesh.primitives)
            made[node.mesh, node.skin] = len(meshes)
            meshes.append(replace(mesh, primitives=parts))
        nodes[place] = replace(node, mesh=made[node.mesh, node.skin])
    return replace(model, nodes=tuple(nodes), meshes=tuple(meshes), skins=tuple(skins))


def _moved(part: Primitive, matrix: Matrix) -> Primitive:
    """A primitive's vertices elsewhere; its triangles stay as they are, for a skin turns none round."""
    linear = matrix[:3, :3]
    turn = np.linalg.inv(linear)
    normals = part.normals @ turn
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    lengths = np.where(lengths > 0, lengths, 1.0)
    targets = tuple(
        replace(
            target,
            positions=None if target.positions is None else (target.positions @ linear.T).astype(np.float32),
            normals=None if target.normals is None else (target.normals @ turn / lengths).astype(np.float32),
            tangents=None,
        )
        for target in part.targets
    )
    positions = part.positions @ linear.T + matrix[:3, 3]
    return replace(
        part,
        positions=positions.astype(np.float32),
        normals=(normals / lengths).astype(np.float32),
        tangents=None,
        targets=targets,
    )


@dataclass
class _Draft:
    """A skeleton as it grows: where its joints were bound, the meshes with their skin and what takes them there, and
    the meshes that one joint holds, with it.
    """

    bind: dict[int, Matrix] = field(default_factory=dict)
    skinned: dict[int, tuple[int, Matrix]] = field(default_factory=dict)
    rigid: dict[int, int] = field(default_factory=dict)


class _Tree:
    """The scene's nodes: their parents, their roots, in the order of the tree."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.world = worlds(model)
        self.parent = {child: place for place in self.world for child in model.nodes[place].children}
        self.root: dict[int, int] = {}
        for place in self.world:
            above = self.parent.get(place)
            self.root[place] = place if above is None else self.root[above]

    def above(self, place: int) -> Iterator[int]:
        """The node and those above it, upwards."""
        at: int | None = place
        while at is not None:
            yield at
            at = self.parent.get(at)

    def anchor(self, place: int, moving: set[int]) -> int:
        """The node that moves a mesh: the nearest one, for a joint's own scale has 11 bits."""
        return next((node for node in self.above(place) if node in moving), self.root[place])

    def between(self, anchor: int, place: int) -> Matrix:
        """From a node to one below it."""
        found = _EYE
        for node in self.above(place):
            if node == anchor:
                break
            found = self._model.nodes[node].matrix @ found
        return found

    def moves(self, place: int, moving: set[int]) -> bool:
        """Whether a node has primitives that no skin moves, but the node or its morph targets."""
        node = self._model.nodes[place]
        assert node.mesh is not None
        own = [part for part in self._model.meshes[node.mesh].primitives if not skinned(node, part)]
        return any(part.targets for part in own) or (bool(own) and any(node in moving for node in self.above(place)))

    def skin(self, place: int) -> int | None:
        """The skin that moves the node's mesh, if USD can say it."""
        node = self._model.nodes[place]
        assert node.mesh is not None
        if node.skin is None or not any(skinned(node, p) for p in self._model.meshes[node.mesh].primitives):
            return None
        skin = self._model.skins[node.skin]
        whole = all(joint in self.world for joint in skin.joints)
        return node.skin if whole and not any(map(_flat, skin.inverse_bind)) else None


def skinned(node: Node, part: Primitive) -> bool:
    """Whether the node's skin moves a primitive of its mesh."""
    return node.skin is not None and part.joints is not None and part.weights is not None


def _flat(matrix: Matrix) -> bool:
    """Whether a matrix has no inverse."""
    linear = matrix[:3, :3]
    size = float(np.abs(linear).max())
    return not np.isfinite(matrix).all() or size == 0 or abs(float(np.linalg.det(linear / size))) < _SINGULAR


def _groups(model: Model, tree: _Tree, skins: Mapping[int, int], rigid: list[int]) -> list[set[int]]:
    """Roots of the scene that one skeleton holds together, in the order of the tree."""
    wanted = [
        {tree.root[place], *(tree.root[joint] for joint in model.skins[skin].joints)} for place, skin in skins.items()
    ]
    groups: list[set[int]] = []
    for roots in [*wanted, *({tree.root[place]} for place in rigid)]:
        touching = [group for group in groups if group & roots]
        groups = [group for group in groups if not group & roots]
        groups.append(set().union(roots, *touching))
    position = {place: i for i, place in enumerate(tree.world)}
    return sorted(groups, key=lambda group: min(position[root] for root in group))


def _drafts(model: Model, skins: Mapping[int, int]) -> list[_Draft]:
    """One skeleton for all skins of a group, or more where two skins say different things of one joint."""
    drafts: list[_Draft] = []
    for place, number in skins.items():
        skin = model.skins[number]
        matrix, draft = _EYE, _Draft()
        for known in drafts:
            shared = _shared(known.bind, skin)
            if shared is not None:
                matrix, draft = shared, known
                break
        else:
            drafts.append(draft)
        for joint, inverse in zip(skin.joints, skin.inverse_bind, strict=True):
            draft.bind.setdefault(joint, matrix @ np.linalg.inv(inverse))
        draft.skinned[place] = (number, matrix)
    return drafts or [_Draft()]


def _shared(bind: Mapping[int, Matrix], skin: Skin) -> Matrix | None:
    """What takes a skin's vertices to where a skeleton was bound; None if there is no one such place."""
    pairs = [(joint, inverse) for joint, inverse in zip(skin.joints, skin.inverse_bind, strict=True) if joint in bind]
    if not pairs:
        return _EYE
    places = np.stack([bind[joint] @ inverse for joint, inverse in pairs])
    return places[0] if np.abs(places - places[0]).max() <= _SAME * max(np.abs(places[0]).max(), 1.0) else None


def _rig(model: Model, tree: _Tree, draft: _Draft, moving: set[int]) -> Rig:
    wanted = {*draft.bind, *draft.rigid.values()}
    whole = {node for place in wanted for node in tree.above(place)}
    joints = [place for place in tree.world if place in whole]
    single = sum(place not in tree.parent for place in joints) == 1
    while single and joints[0] not in wanted | moving:
        if sum(tree.parent.get(place) == joints[0] for place in joints) != 1:
            break
        joints = joints[1:]
    number = {node: k for k, node in enumerate(joints)}
    parents = tuple(number.get(tree.parent.get(node, -1), -1) for node in joints)
    rest = np.stack([model.nodes[node].matrix for node in joints])
    base = _EYE
    if single:
        # What stands still above all that moves is the skeleton's own place: exact, unlike a joint's.
        above = tree.parent.get(joints[0])
        base = _EYE if above is None else tree.world[above]
        if joints[0] not in moving:
            base, rest[0] = tree.world[joints[0]], _EYE
    places = np.empty_like(rest)
    for k, parent in enumerate(parents):
        places[k] = rest[k] if parent < 0 else places[parent] @ rest[k]
    bind = [draft.bind.get(node, _EYE if _flat(places[k]) else places[k]) for k, node in enumerate(joints)]
    return Rig(joints=tuple(joints), parents=parents, bind=np.stack(bind), rest=rest, base=base)

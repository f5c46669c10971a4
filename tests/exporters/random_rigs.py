"""Models as nobody draws them: trees of nodes with turns and scales, skins over them, meshes that hang on joints,
mirrors, morph targets, and animations of every kind of interpolation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.model import Animation, Channel, Material, Mesh, Model, MorphTarget, Node, Primitive, Skin
from assets.pose import worlds
from assets.transforms import compose_trs

STRAIGHT = ("LINEAR", "STEP")


def rig(
    seed: int,
    *,
    stretched: bool = False,
    mirrored: bool = True,
    plain: bool = False,
    kinds: tuple[str, ...] = STRAIGHT,
) -> Model:
    """A model of about a metre; ``stretched`` nodes have scales that differ by axis. Its animations take a second,
    with keys at thirtieths of it, and interpolate in the ways of ``kinds``. In ``plain`` ones
    nothing that hangs on a joint moves by itself.
    """
    dice = np.random.default_rng(seed)
    count = int(dice.integers(4, 12))
    nodes = [
        Node(
            matrix=compose_trs(
                dice.uniform(-0.3, 0.3, 3), dice.normal(size=4), _scale(dice, stretched=stretched, mirrored=mirrored)
            ),
            name=str(dice.choice(["bone", "뼈", "a::b", "", "bone.L", "x/y", "1"])),
        )
        for _ in range(count)
    ]
    parent = [int(dice.integers(0, k)) if k else -1 for k in range(count)]
    nodes = [
        replace(node, children=tuple(k for k in range(count) if parent[k] == place))
        for place, node in enumerate(nodes)
    ]
    tree = Model(nodes=tuple(nodes), roots=(0,), meshes=())
    places = worlds(tree)
    meshes, skins = [], []
    for _ in range(int(dice.integers(1, 3))):
        joints = tuple(dice.permutation(count)[: int(dice.integers(1, min(count, 6) + 1))].tolist())
        bind = compose_trs(dice.uniform(-0.2, 0.2, 3), dice.normal(size=4), np.ones(3))
        # Some skins are bound where the tree stands, some elsewhere.
        shift = bind if dice.random() < 0.5 else np.eye(4)
        inverse = np.stack([np.linalg.inv(shift @ places[joint]) for joint in joints])
        meshes.append(_mesh(dice, joints=len(joints), targets=int(dice.integers(0, 3))))
        skins.append(Skin(joints=joints, inverse_bind=inverse))
        nodes.append(Node(matrix=np.eye(4), name="skinned", mesh=len(meshes) - 1, skin=len(skins) - 1))
    for _ in range(int(dice.integers(0, 3))):
        meshes.append(_mesh(dice, joints=0, targets=int(dice.integers(0, 2))))
        held = int(dice.integers(0, count))
        nodes.append(
            Node(matrix=compose_trs(dice.uniform(-0.2, 0.2, 3), dice.normal(size=4), np.ones(3)), name="hat")
        )
        nodes[-1] = replace(nodes[-1], mesh=len(meshes) - 1)
        nodes[held] = replace(nodes[held], children=(*nodes[held].children, len(nodes) - 1))
    below = {child for node in nodes for child in node.children}
    whole = Model(
        nodes=tuple(nodes),
        roots=tuple(k for k in range(len(nodes)) if k not in below),
        meshes=tuple(meshes),
        skins=tuple(skins),
        name="rig",
    )
    held = {place for place, node in enumerate(nodes) if plain and node.name == "hat"}
    clips = tuple(_clip(dice, whole, f"clip {k}", kinds, held) for k in range(int(dice.integers(0, 4))))
    return replace(whole, animations=clips)


def _scale(dice: np.random.Generator, *, stretched: bool, mirrored: bool) -> np.ndarray:
    scale = dice.uniform(0.7, 1.3, 3) if stretched else np.full(3, dice.choice([1.0, 1.0, 0.5, 2.0, 0.7]))
    if mirrored and dice.random() < 0.2:
        scale[dice.integers(0, 3)] *= -1
    return scale


def _mesh(dice: np.random.Generator, *, joints: int, targets: int) -> Mesh:
    count = int(dice.integers(3, 30))
    normals = dice.normal(size=(count, 3))
    part = Primitive(
        positions=dice.uniform(-0.3, 0.3, (count, 3)).astype(np.float32),
        normals=(normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        uv0=dice.uniform(-1, 2, (count, 2)).astype(np.float32),
        indices=np.stack([dice.permutation(count)[:3] for _ in range(count)]).astype(np.uint32),
        material=Material(name="재료", metallic=float(dice.random()), roughness=float(dice.random())),
        targets=tuple(
            MorphTarget(positions=dice.uniform(-0.1, 0.1, (count, 3)).astype(np.float32), name=name)
            for name in ("smile", "")[:targets]
        ),
    )
    if joints:
        weights = dice.random((count, 4)).astype(np.float32) * (dice.random((count, 4)) < 0.6)
        weights[:, 0] += np.float32(0.01)
        part = replace(
            part,
            joints=dice.integers(0, joints, (count, 4)).astype(np.uint16),
            weights=(weights / weights.sum(axis=1, keepdims=True)).astype(np.float32),
        )
    return Mesh(primitives=(part,), name="망토", morph_weights=tuple(dice.random(targets)))


def _clip(dice: np.random.Generator, model: Model, name: str, kinds: tuple[str, ...], held: set[int]) -> Animation:
    channels = []
    for place, node in enumerate(model.nodes):
        for path in ("translation", "rotation"):
            if dice.random() < 0.4 and node.skin is None and place not in held:
                channels.append(_channel(dice, place, path, 3 if path == "translation" else 4, kinds))
        targets = 0 if node.mesh is None else len(model.meshes[node.mesh].primitives[0].targets)
        if targets and dice.random() < 0.7:
            channels.append(_channel(dice, place, "weights", targets, kinds))
    return Animation(channels=tuple(channels), name=name)


def _channel(dice: np.random.Generator, node: int, path: str, width: int, kinds: tuple[str, ...]) -> Channel:
    count = int(dice.integers(1, 6))
    kind = str(dice.choice(kinds))
    times = np.sort(dice.choice(np.arange(0, 31), count, replace=False) / 30).astype(np.float32)
    values = dice.normal(size=(count * (3 if kind == "CUBICSPLINE" else 1), width)) * (
        1.0 if path == "rotation" else 0.2
    )
    if path == "weights":
        values = np.abs(values)  # Blender knows no others
    if kind == "CUBICSPLINE" and path == "rotation":
        values[1::3] += np.array([0, 0, 0, 4])  # turns that a file would hold: no way through nowhere
    return Channel(node=node, path=path, times=times, values=values.astype(np.float32), interpolation=kind)

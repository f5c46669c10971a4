"""Animations for programs that play one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.model import Animation, Channel, Model
from assets.transforms import decompose


def settled(model: Model) -> Model:
    """The model with animations that leave nothing of each other behind: what only another one moves is held where it
    stands, by one key.
    """
    whole = []
    for animation in model.animations:
        own = _moved(animation)
        held = [_held(model, node, path) for node, path in _known(model) if (node, path) not in own]
        whole.append(replace(animation, channels=(*animation.channels, *held)))
    return replace(model, animations=tuple(whole))


def still_first(model: Model) -> Model:
    """The model with an animation before the others that holds, where it stands, all that these move."""
    known = _known(model)
    if not known:
        return model
    still = Animation(channels=tuple(_held(model, node, path) for node, path in known), name="still")
    return replace(model, animations=(still, *model.animations))


def _moved(animation: Animation) -> dict[tuple[int, str], None]:
    """What an animation moves, in its order."""
    return dict.fromkeys((channel.node, channel.path) for channel in animation.channels if len(channel.times))


def _known(model: Model) -> dict[tuple[int, str], None]:
    """What any animation moves, and morph targets that stand in part: three.js knows these from animations alone."""
    known = {moved: None for animation in model.animations for moved in _moved(animation)}
    for place, node in enumerate(model.nodes):
        if known and node.mesh is not None and any(node.morph_weights or model.meshes[node.mesh].morph_weights):
            known.setdefault((place, "weights"))
    return known


def _held(model: Model, place: int, path: str) -> Channel:
    """A property as it stands."""
    node = model.nodes[place]
    if path == "weights":
        mesh = model.meshes[node.mesh] if node.mesh is not None else None
        weights = node.morph_weights or (mesh.morph_weights if mesh is not None else ())
        count = max((len(part.targets) for part in mesh.primitives), default=0) if mesh is not None else 0
        values = np.array([*weights[:count], *[0.0] * (count - len(weights))])
    else:
        values = decompose(node.matrix)[("translation", "rotation", "scale").index(path)]
    return Channel(node=place, path=path, times=np.zeros(1, np.float32), values=values[None].astype(np.float32))

"""Animations for programs that play one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.model import Animation, Channel, Model
from assets.transforms import decompose


def settled(model: Model, *, still: bool) -> Model:
    """The model with animations that leave nothing of each other behind: what only another one moves is held where it
    stands, by one key. With ``still`` the first one holds everything so, and moves nothing.
    """
    moving = [a for a in model.animations if any(len(channel.times) for channel in a.channels)]
    known = dict.fromkeys((c.node, c.path) for a in moving for c in a.channels if len(c.times))
    if still and moving:
        moving.insert(0, Animation(channels=(), name="still"))
    whole = []
    for animation in moving:
        own = {(channel.node, channel.path) for channel in animation.channels if len(channel.times)}
        held = [_held(model, node, path) for node, path in known if (node, path) not in own]
        whole.append(replace(animation, channels=(*animation.channels, *held)))
    return replace(model, animations=tuple(whole))


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

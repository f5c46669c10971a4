"""Many small draws of one material as one: a thousand buttons are a thousand calls, each dearer than a button.

Buttons, beads, sequins and stitches are merged in the world as they stand, which needs no shader of its own and holds
for every pass (light, shadow, occlusion). What lets light through or is mixed as a layer stays by itself, and so does
what is large enough for a level of detail of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from assets.finish import finish
from assets.model import AlphaMode, Primitive
from assets.scene import Blend, Draw, Scene
from renderers import order
from renderers.simplify import ASSEMBLED, LEAST

FEWEST = 16
"""Draws that are worth merging."""
LARGEST = 50_000
"""Triangles of one batch: those outside a tile of a large picture are left out of it batch by batch."""

_Key = tuple[str, bytes, tuple[str, ...]]
_OPTIONAL = ("uv0", "uv1", "colors", "tangents")
_batched: WeakKeyDictionary[Scene, tuple[Draw, ...]] = WeakKeyDictionary()


def batched(scene: Scene) -> tuple[Draw, ...]:
    """The scene's visible draws, small equal-looking ones merged; the same objects again for the same scene."""
    known = _batched.get(scene)
    if known is None:
        drawn = [draw for draw in scene.draws if draw.opacity > 0 and len(draw.primitive.indices)]
        known = _batched[scene] = _merged(drawn)
    return known


def _merged(draws: Sequence[Draw]) -> tuple[Draw, ...]:
    if len(draws) < FEWEST:
        return tuple(draws)
    groups: dict[_Key, list[Draw]] = {}
    for draw in draws:
        if _fits(draw):
            groups.setdefault(_key(draw), []).append(draw)
    instead: dict[int, tuple[Draw, ...]] = {}
    for members in groups.values():
        if len(members) >= FEWEST:
            instead |= {id(draw): () for draw in members}
            instead[id(members[0])] = tuple(_one(part) for part in _parts(sorted(members, key=_place)))
    return tuple(one for draw in draws for one in instead.get(id(draw), (draw,)))


def _fits(draw: Draw) -> bool:
    material = draw.primitive.material
    return (
        draw.opacity >= 1
        and draw.blend is Blend.NORMAL
        and draw.effects is None
        and len(draw.primitive.indices) < LEAST
        and material.alpha_mode is not AlphaMode.BLEND
        and finish(material).transmission == 0
        and float(np.linalg.det(draw.matrix[:3, :3])) > 0  # a mirrored one would show its inside
    )


def _key(draw: Draw) -> _Key:
    primitive = draw.primitive
    has = tuple(name for name in _OPTIONAL if getattr(primitive, name) is not None)
    return draw.layer, order.material(primitive.material), has


def _place(draw: Draw) -> tuple[float, float, float, bytes]:
    """From the ground up, so that a batch is together in space; in an order that no order of submission changes."""
    x, y, z = (float(value) for value in draw.matrix[:3, 3])
    return y, x, z, order.content(draw)


def _parts(members: Sequence[Draw]) -> list[list[Draw]]:
    """The members in pieces of at most LARGEST triangles."""
    parts: list[list[Draw]] = [[]]
    triangles = 0
    for draw in members:
        triangles += len(draw.primitive.indices)
        if triangles > LARGEST and parts[-1]:
            parts.append([])
            triangles = len(draw.primitive.indices)
        parts[-1].append(draw)
    return parts


def _one(members: Sequence[Draw]) -> Draw:
    """One draw that looks like all of them."""
    first = members[0].primitive
    starts = np.cumsum([0, *(len(draw.primitive.positions) for draw in members[:-1])])

    def joined(name: str) -> NDArray[np.float32] | None:
        if getattr(first, name) is None:
            return None
        return np.concatenate([getattr(draw.primitive, name) for draw in members])

    primitive = Primitive(
        positions=np.concatenate([_positions(draw) for draw in members]),
        normals=np.concatenate([_normals(draw) for draw in members]),
        indices=np.concatenate(
            [draw.primitive.indices + np.uint32(start) for draw, start in zip(members, starts, strict=True)]
        ).astype(np.uint32),
        material=first.material,
        tangents=None if first.tangents is None else np.concatenate([_tangents(draw) for draw in members]),
        uv0=joined("uv0"),
        uv1=joined("uv1"),
        colors=joined("colors"),
        extras={ASSEMBLED: len(members)},
    )
    return replace(members[0], primitive=primitive, matrix=np.eye(4))


def _positions(draw: Draw) -> NDArray[np.float32]:
    places = draw.primitive.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
    return np.asarray(places, np.float32)


def _normals(draw: Draw) -> NDArray[np.float32]:
    return _unit(draw.primitive.normals.astype(np.float64) @ np.linalg.inv(draw.matrix[:3, :3]))


def _tangents(draw: Draw) -> NDArray[np.float32]:
    tangents = draw.primitive.tangents
    assert tangents is not None
    along = _unit(tangents[:, :3].astype(np.float64) @ draw.matrix[:3, :3].T)
    return np.concatenate([along, tangents[:, 3:].astype(np.float32)], axis=1)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-30), np.float32)

"""Several models as one: every list one behind the other, every index moved along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.model import Animation, Model, Node


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A model, the place it goes to, and the layer that its nodes belong to."""

    model: Model
    matrix: NDArray[np.float64]
    layer: str
    name: str
    extras: Mapping[str, Any] = field(default_factory=dict)


def merge(parts: tuple[Part, ...], *, name: str) -> Model:
    """One model with one root node for each part, in order. Skins and animations stay whole."""
    nodes: list[Node] = []
    roots: list[int] = []
    merged: dict[str, list[Any]] = {"meshes": [], "skins": [], "animations": []}
    warnings: list[str] = []
    for part in parts:
        model, first = part.model, len(nodes) + 1
        roots.append(first - 1)
        nodes.append(
            Node(
                matrix=part.matrix,
                name=part.name,
                children=tuple(first + root for root in model.roots),
                layer=part.layer,
                extras=part.extras,
            )
        )
        first_mesh, first_skin = len(merged["meshes"]), len(merged["skins"])
        nodes += [
            replace(
                node,
                mesh=None if node.mesh is None else node.mesh + first_mesh,
                skin=None if node.skin is None else node.skin + first_skin,
                children=tuple(first + child for child in node.children),
                layer=part.layer,
            )
            for node in model.nodes
        ]
        merged["meshes"] += model.meshes
        merged["skins"] += [
            replace(
                skin,
                joints=tuple(first + joint for joint in skin.joints),
                skeleton=None if skin.skeleton is None else skin.skeleton + first,
            )
            for skin in model.skins
        ]
        merged["animations"] += [_moved(animation, first) for animation in model.animations]
        warnings += [f"{part.name}: {warning}" for warning in model.warnings]
    return Model(
        nodes=tuple(nodes),
        roots=tuple(roots),
        meshes=tuple(merged["meshes"]),
        skins=tuple(merged["skins"]),
        animations=tuple(merged["animations"]),
        name=name,
        copyright="; ".join(dict.fromkeys(part.model.copyright for part in parts if part.model.copyright)),
        extras=dict(parts[0].model.extras) if len(parts) == 1 else {},
        warnings=tuple(warnings),
    )


def _moved(animation: Animation, first: int) -> Animation:
    return replace(
        animation, channels=tuple(replace(channel, node=channel.node + first) for channel in animation.channels)
    )

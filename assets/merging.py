"""Several models as one: every list one behind the other, every index moved along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.model import Animation, Mesh, Model, Node


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
    merged: dict[str, list[Any]] = {"meshes": [], "skins": [], "animations": [], "cameras": [], "lights": []}
    variants: list[str] = []
    warnings: list[str] = []
    lost = _ambiguous(parts)
    warnings += [f"{name} says different things in several files, so it is left out" for name in sorted(lost)]
    for part in parts:
        model, first = part.model, len(nodes) + 1
        roots.append(first - 1)
        nodes.append(
            Node(
                matrix=part.matrix,
                name=part.name,
                children=tuple(first + root for root in model.roots),
                layer=part.layer,
                extras={**part.extras, **_source(model, alone=len(parts) == 1)},
            )
        )
        first_mesh, first_skin = len(merged["meshes"]), len(merged["skins"])
        first_camera, first_light = len(merged["cameras"]), len(merged["lights"])
        nodes += [
            replace(
                node,
                mesh=None if node.mesh is None else node.mesh + first_mesh,
                skin=None if node.skin is None else node.skin + first_skin,
                camera=None if node.camera is None else node.camera + first_camera,
                light=None if node.light is None else node.light + first_light,
                children=tuple(first + child for child in node.children),
                layer=part.layer,
                extensions=_kept(node.extensions, lost),
            )
            for node in model.nodes
        ]
        merged["meshes"] += _meshes(model, variants, lost)
        merged["cameras"] += model.cameras
        merged["lights"] += model.lights
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
        cameras=tuple(merged["cameras"]),
        lights=tuple(merged["lights"]),
        variants=tuple(variants),
        name=name,
        copyright="; ".join(dict.fromkeys(part.model.copyright for part in parts if part.model.copyright)),
        extensions={name: value for part in parts for name, value in _kept(part.model.extensions, lost).items()},
        extras=dict(parts[0].model.extras) if len(parts) == 1 else {},
        asset=dict(parts[0].model.asset) if len(parts) == 1 else {},
        scene=dict(parts[0].model.scene) if len(parts) == 1 else {},
        warnings=tuple(warnings),
    )


def _kept(extensions: Mapping[str, Any], lost: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in extensions.items() if name not in lost}


def _ambiguous(parts: tuple[Part, ...]) -> frozenset[str]:
    """Unknown extensions with something different at the roots of several parts: their nodes point into it."""
    seen: dict[str, Any] = {}
    lost: set[str] = set()
    for part in parts:
        for name, value in part.model.extensions.items():
            if seen.setdefault(name, value) != value:
                lost.add(name)
    return frozenset(lost)


def _source(model: Model, *, alone: bool) -> dict[str, Any]:
    """What one of several files says about itself, for the extras of its root node."""
    if alone:
        return {}
    found = {"asset": model.asset.get("extras"), "scene": model.scene.get("extras"), "file": model.extras}
    told = {key: dict(value) for key, value in found.items() if value}
    return {"source": told} if told else {}


def _meshes(model: Model, variants: list[str], lost: frozenset[str]) -> tuple[Mesh, ...]:
    """The model's meshes, their variants numbered by name in ``variants``, which grows; without ``lost``."""
    if not model.variants and not lost:
        return model.meshes
    places: dict[int, int] = {}
    for place, name in enumerate(model.variants):
        if name not in variants:
            variants.append(name)
        places[place] = variants.index(name)
    return tuple(
        replace(
            mesh,
            primitives=tuple(
                replace(
                    part,
                    variants={places[k]: material for k, material in sorted(part.variants.items(), reverse=True)},
                    extensions=_kept(part.extensions, lost),
                )
                for part in mesh.primitives
            ),
            extensions=_kept(mesh.extensions, lost),
        )
        for mesh in model.meshes
    )


def _moved(animation: Animation, first: int) -> Animation:
    return replace(
        animation, channels=tuple(replace(channel, node=channel.node + first) for channel in animation.channels)
    )

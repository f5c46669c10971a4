"""The dressed body that the frame benchmarks draw, as one GLB that every renderer reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assets import catalogue, gltf
from assets.model import Mesh, Model, Node, Skin
from exporters.gltf import write_glb


def dressed_body() -> tuple[str, bytes]:
    """What it is, and the file: the sample body and suit of FARM_SAMPLES, else the catalogue's dressed form."""
    samples = os.environ.get("FARM_SAMPLES")
    if samples:
        folder = Path(samples)
        files = (folder / "avatars/mh_avatar_female.glb", folder / "garments/mh_female_casualsuit01.glb")
        models = [gltf.read(file.read_bytes(), name=file.name) for file in files]
        return "sample body and suit", write_glb(_together(models), extras={})
    items = ("dress-form", "tshirt", "skirt")
    return "catalogue form, T-shirt and skirt", write_glb(_together([catalogue.model(i) for i in items]), extras={})


def _together(models: Sequence[Model]) -> Model:
    """All models side by side in one."""
    nodes: list[Node] = []
    roots: list[int] = []
    meshes: list[Mesh] = []
    skins: list[Skin] = []
    for model in models:
        first_node, first_mesh, first_skin = len(nodes), len(meshes), len(skins)
        nodes += [
            replace(
                node,
                mesh=None if node.mesh is None else node.mesh + first_mesh,
                skin=None if node.skin is None else node.skin + first_skin,
                children=tuple(child + first_node for child in node.children),
            )
            for node in model.nodes
        ]
        roots += [root + first_node for root in model.roots]
        meshes += model.meshes
        skins += [
            replace(
                skin,
                joints=tuple(joint + first_node for joint in skin.joints),
                skeleton=None if skin.skeleton is None else skin.skeleton + first_node,
            )
            for skin in model.skins
        ]
    return Model(nodes=tuple(nodes), roots=tuple(roots), meshes=tuple(meshes), skins=tuple(skins))

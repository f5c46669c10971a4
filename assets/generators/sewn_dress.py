"""The draped dress as a model: faced neck and armholes, turned hem, stitches, UVs from the paper pattern."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators.drape_dress import BOUND, TURNED
from assets.generators.garment import Draped, face_of, hem, inset, stitches
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

_LAID: Final = {"front": (0.0, 0.0), "back": (0.6, 0.0), "skirt-front": (1.4, 0.0), "skirt-back": (2.7, 0.0)}
"""Where each panel lies on the cloth, metres."""

NAME: Final = "dress"
EDGES: Final = ("hem", "neck", "armhole-left", "armhole-right")


def model(draped: Draped, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: crepe, thread."""
    crepe = Material(
        name="crepe",
        base_color=(0.27, 0.046, 0.068, 1.0),
        metallic=0.0,
        roughness=0.68,
        normal_texture=normal,
        normal_scale=0.6,
        double_sided=True,
        sheen_color=(0.10, 0.03, 0.04),
        sheen_roughness=0.4,
    )
    thread = Material(name="thread", base_color=(0.21, 0.036, 0.054, 1.0), metallic=0.0, roughness=0.6)
    cloth: list[Primitive] = []
    seams: list[Primitive] = []
    for p in draped.sewn.panels:
        shift = -np.array(_LAID[p.name])
        cloth.append(face_of(draped, p, crepe, shift))
        for edge in (name for name in EDGES if name in p.edges):
            deep = TURNED if edge == "hem" else BOUND
            cloth.append(hem(draped, p, edge, crepe, shift, depth=deep, thickness=0.0014))
            seams.append(stitches(draped, p, inset(p, edge, deep - 0.0015), thread, every=0.005, wide=0.0006))
    mesh = Mesh(name=NAME, primitives=(joined(cloth), joined(seams)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")

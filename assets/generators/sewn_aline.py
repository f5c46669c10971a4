"""The A-line skirt as a model: darts, waistband, faced hem, a zip in the side seam, UVs from the pattern."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators.drape_aline import TURNED
from assets.generators.garment import Draped, face_of, hem, inset, stitches
from assets.generators.panels_aline import ALineDraft
from assets.generators.solids import joined
from assets.generators.zipper import slider
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

_LAID: Final = {"front": (0.0, 0.0), "back": (0.8, 0.0), "band": (0.0, 0.2)}
"""Where each panel lies on the cloth, metres."""

NAME: Final = "a-line-skirt"


def model(draped: Draped, skirt: ALineDraft, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, thread, zip."""
    shell = Material(
        name="shell",
        base_color=(0.080, 0.150, 0.118, 1.0),
        metallic=0.0,
        roughness=0.78,
        normal_texture=normal,
        normal_scale=0.5,
        double_sided=True,
        sheen_color=(0.04, 0.05, 0.045),
        sheen_roughness=0.5,
    )
    thread = Material(name="thread", base_color=(0.060, 0.118, 0.092, 1.0), metallic=0.0, roughness=0.6)
    metal = Material(name="zip", base_color=(0.30, 0.34, 0.32, 1.0), metallic=1.0, roughness=0.4)
    cloth: list[Primitive] = []
    seams: list[Primitive] = []
    zips: list[Primitive] = []
    for p in draped.sewn.panels:
        shift = -np.array(_LAID[p.name])
        cloth.append(face_of(draped, p, shell, shift))
        if p.name == "band":
            cloth.append(hem(draped, p, "rim", shell, shift, depth=0.032, thickness=0.0022))
            continue
        cloth.append(hem(draped, p, "hem", shell, shift, depth=TURNED, thickness=0.0018))
        seams.append(stitches(draped, p, inset(p, "hem", TURNED - 0.002), thread, every=0.008, long=0.0016))
        if p.name == "front":
            side = skirt.side(0)[::-1]
            spots = np.array([(np.interp(-d, side[::-1, 1], side[::-1, 0]) - 0.008, -d) for d in (0.006, 0.026)])
            points, normals = draped.at(p, spots)
            down = points[1] - points[0]
            zips.append(slider(points[0], normals[0], down / np.linalg.norm(down), metal, tab=0.014))
    mesh = Mesh(name=NAME, primitives=(joined(cloth), joined(seams), joined(zips)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")

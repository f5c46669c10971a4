"""The draped T-shirt as a model: turned hems, rib collar with its fold, stitches, UVs from the paper pattern."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators.garment import Draped, face_of, hem, inset, stitches
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

_LAID: Final = {
    "front": (0.0, 0.0),
    "back": (0.6, 0.0),
    "sleeve-left": (1.2, 0.0),
    "sleeve-right": (1.7, 0.0),
    "collar": (0.0, 0.8),
}
"""Where each panel lies on the cloth, metres."""

NAME: Final = "tee"
TURNED: Final = 0.022  # metres that hems are deep
TONES: Final = {"tee": (0.33, 0.39, 0.40), "long-sleeve": (0.38, 0.17, 0.12)}
"""Linear colours of the jersey: a mist blue, a brick red."""
ROWS: Final = (0.0190, 0.0245)  # metres of the twin needle's rows above the edge


def model(draped: Draped, normal: Texture | None = None, rib: Texture | None = None, name: str = NAME) -> Model:
    """The garment, 1 UV unit per metre: jersey, rib, thread."""
    tone = np.array(TONES[name])
    jersey = Material(
        name="jersey",
        base_color=(*tone, 1.0),
        metallic=0.0,
        roughness=0.88,
        normal_texture=normal,
        normal_scale=0.5,
        double_sided=True,
        sheen_color=(0.05, 0.05, 0.05),
        sheen_roughness=0.5,
    )
    ribbed = Material(
        name="rib",
        base_color=(*(0.94 * tone), 1.0),
        metallic=0.0,
        roughness=0.88,
        normal_texture=rib,
        double_sided=True,
    )
    thread = Material(name="thread", base_color=(*(0.82 * tone), 1.0), metallic=0.0, roughness=0.6)
    cloth: list[Primitive] = []
    ribs: list[Primitive] = []
    seams: list[Primitive] = []
    for p in draped.sewn.panels:
        shift = -np.array(_LAID[p.name])
        if p.name == "collar":
            ribs.append(face_of(draped, p, ribbed, shift))
            ribs.append(hem(draped, p, "rim", ribbed, shift, depth=0.016, thickness=0.0024))
            continue
        cloth.append(face_of(draped, p, jersey, shift))
        cloth.append(hem(draped, p, "hem", jersey, shift, depth=TURNED))
        seams += [stitches(draped, p, inset(p, "hem", up), thread) for up in ROWS]
        if p.name in {"front", "back"}:
            neck = p.flat[p.edges["neck"]]
            tangent = np.gradient(neck, axis=0)
            tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
            inward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
            seams.append(stitches(draped, p, (neck + 0.004 * inward)[1:-1], thread))
    mesh = Mesh(name=name, primitives=(joined(cloth), joined(ribs), joined(seams)))
    node = Node(matrix=np.eye(4), name=name, mesh=0)
    return Model(name=name, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")

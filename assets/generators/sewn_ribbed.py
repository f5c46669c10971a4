"""What tops that end in rib have in common once they are draped: faces, ribs with a doubled rim, stitched seams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from assets.generators.garment import Draped, face_of, hem, stitches
from assets.generators.sewn_patch import beside
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Spot = tuple[float, float]


class Parts(NamedTuple):
    """Primitives of the cloth, of the ribs and of the thread."""

    cloth: list[Primitive]
    ribs: list[Primitive]
    seams: list[Primitive]


def faces(
    body: Draped,
    cloth: Material,
    rib: Material,
    laid: Mapping[str, Spot],
    *,
    thread: Material | None = None,
    lip: float = 0.0036,
) -> Parts:
    """The body's panels at their places on the cloth, metres. Ribs are those with an edge "rim", where they are
    doubled, ``lip`` metres thick; ``thread`` sews along the seams of hem and wrists.
    """
    parts = Parts([], [], [])
    for p in body.sewn.panels:
        shift = -np.array(laid[p.name])
        if "rim" not in p.edges:
            parts.cloth.append(face_of(body, p, cloth, shift))
            continue
        parts.ribs.append(face_of(body, p, rib, shift))
        deep = 0.55 * float(np.ptp(p.flat[:, 1]))
        parts.ribs.append(hem(body, p, "rim", rib, shift, depth=deep, thickness=lip))
        if thread is not None and "top" in p.edges:
            parts.seams.append(stitches(body, p, beside(p, "top", 0.003), thread))
    return parts


def broad(look: tuple[Texture, Texture], times: float) -> tuple[Texture, Texture]:
    """Colour and normals of a rib knitted ``times`` as coarse."""
    color, normal = (replace(texture, scale=(texture.scale[0] / times, texture.scale[1] / times)) for texture in look)
    return color, normal


def whole(name: str, groups: Sequence[Sequence[Primitive]]) -> Model:
    """One model, a primitive for each group of one material; groups without any are left out."""
    mesh = Mesh(name=name, primitives=tuple(joined(list(group)) for group in groups if group))
    node = Node(matrix=np.eye(4), name=name, mesh=0)
    return Model(name=name, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
